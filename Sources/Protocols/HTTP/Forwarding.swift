// What a proxy passes on of a message's fields, and what it leaves out: fields of one connection, fields that only trusted proxies may set,
// and fields that another program could take for a framing field. Everything is written anew.
// Read next: Caching/StoredHead.swift, which keeps the same fields.
import Bytes

/// Which way a message goes.
public enum ForwardedKind: Sendable, Hashable { case request, response }

extension FieldLines {
  /// Appends the fields that may be passed on, save those that `leavesOut`. A Date goes along, and the writer then adds none.
  // RFC 9110 §7.6.1
  public mutating func append(forwarding fields: Fields, _ kind: ForwardedKind, leavesOut: (FieldName) -> Bool = { _ in false }) {
    let listed = ForwardingRules.listed(in: fields)
    for index in fields.places.indices {
      let place = fields.places[index]
      guard let name = fields.name(at: index) else { continue }
      if place.code != 0 ? ForwardingRules.isOfConnection(name) : ForwardingRules.isDoubtful(name.unlisted) { continue }
      if kind == .request, ForwardingRules.isProxysOwn(name) { continue }
      if !listed.isEmpty, listed.contains(name.text.lowercased()), !ForwardingRules.isProtected(name) { continue }
      if leavesOut(name) { continue }
      append(received: place, of: fields.bytes, name)
    }
  }
}

/// The lists behind forwarding.
enum ForwardingRules {
  /// Most names taken from Connection fields. Unit: names. Past it: the rest is passed over, and the fields they name go along.
  static let listedMax = 64

  /// The names that the Connection fields list, in lower case.
  static func listed(in fields: Fields) -> Set<String> {
    var names: Set<String> = []
    for value in fields.values(of: .connection) {
      value.withUnsafeBytes { bytes in
        bytes.eachElement(of: 0..<bytes.count) { element in
          if !element.isEmpty { names.insert(String(decoding: bytes[element], as: UTF8.self).lowercased()) }
          return names.count < listedMax
        }
      }
    }
    return names
  }

  /// Fields of one connection; framing and Date's neighbours are the writer's. Upgrade is left out: nothing here goes on with another protocol.
  static func isOfConnection(_ name: FieldName) -> Bool {
    switch name {
    case .connection, .keepAlive, .proxyConnection, .proxyAuthenticate, .proxyAuthenticationInfo, .proxyAuthorization, .te, .trailer,
      .transferEncoding, .upgrade, .contentLength, .http2Settings: true
    default: false
    }
  }

  /// What a request's next proxy or server would believe of us: written anew from what we know ourselves. Host and Expect are the writer's.
  static func isProxysOwn(_ name: FieldName) -> Bool {
    switch name {
    case .host, .expect, .forwarded, .forwardedFor, .forwardedHost, .forwardedProto: true
    default: false
    }
  }

  /// Names outside the registry that some server takes for another: `Proxy` becomes HTTP_PROXY in CGI, an underscore becomes a hyphen, and
  /// the rest changes addresses behind the cache's back.
  static func isDoubtful(_ name: String) -> Bool {
    if name.utf8.contains(UInt8(ascii: "_")) { return true }
    let lower = name.lowercased()
    return lower == "proxy" || lower == "x-original-url" || lower == "x-rewrite-url" || lower.hasPrefix("x-forwarded-") || lower == "x-real-ip"
  }

  /// What Connection may not take out, since the message would mean something else without it.
  static func isProtected(_ name: FieldName) -> Bool {
    switch name {
    case .host, .authorization, .cookie, .forwarded, .via, .cacheControl, .range, .date, .setCookie, .vary, .cdnLoop: true
    default: name.text.lowercased().hasPrefix("content-") || name.text.lowercased().hasPrefix("x-forwarded-")
    }
  }
}

/// How often a message has been passed on, and may still be.
public enum ProxyPath {
  /// How many more servers may pass a request on; nil: nobody said.
  // RFC 9110 §7.6.2
  public static func hopsLeft(of fields: Fields) -> Int? {
    guard let digits = fields.text(of: .maxForwards), (1...9).contains(digits.utf8.count), digits.utf8.allSatisfy(Characters.isDigit) else { return nil }
    return Int(digits)
  }


  /// The entries of all fields called `name` (Via, CDN-Loop).
  // RFC 9110 §7.6.3, RFC 8586 §2
  public static func hops(_ name: FieldName, in fields: Fields) -> Int {
    fields.values(of: name).reduce(0) { sum, value in
      value.withUnsafeBytes { bytes in
        var count = 0
        bytes.eachElement(of: 0..<bytes.count) { element in
          if !element.isEmpty { count &+= 1 }
          return true
        }
        return sum &+ count
      }
    }
  }
}
