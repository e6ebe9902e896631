// One cookie as a client sends it back, and the Cookie field that carries all of them.
// Not here: what a server asks to be remembered (SetCookie.swift), remembering it (CookieJar.swift).
public import Bytes

/// A name and a value that a server once gave. Both are bytes, since cookies promise no encoding.
public struct Cookie: Sendable, Hashable, CustomStringConvertible {
  public var name: Buffer
  public var value: Buffer

  public init(name: Buffer, value: Buffer) {
    self.name = name
    self.value = value
  }

  /// As in a Cookie field: `name=value`; a cookie without a name is its value alone.
  // RFC 6265 §5.4 step 4
  public var bytes: Buffer {
    if name.isEmpty { return value }
    var bytes = name
    bytes.append(UInt8(ascii: "="))
    bytes.append(value)
    return bytes
  }

  public var description: String { bytes.text }
}

/// The cookies of one request, in the order they were sent.
public struct Cookies: Sendable, Hashable {
  public private(set) var all: [Cookie] = []

  /// Reads the value of a Cookie field. A pair without `=` counts as a value without a name; empty pairs are passed over.
  // RFC 6265 §4.2.1 cookie-string, read as leniently as §5.2 reads Set-Cookie: browsers send what servers once set.
  public init(parsing field: Buffer, limits: CookieLimits = CookieLimits()) {
    field.withUnsafeBytes { bytes in
      var start = 0
      while start < bytes.count, all.count < limits.cookiesOfRequestMax {
        let end = bytes.first(UInt8(ascii: ";"), in: start, bytes.count)
        let pair = bytes.trimmed(start, end)
        if !pair.isEmpty {
          let equals = bytes.first(UInt8(ascii: "="), in: pair.lowerBound, pair.upperBound)
          let hasName = equals < pair.upperBound
          let name = hasName ? bytes.trimmed(pair.lowerBound, equals) : pair.lowerBound..<pair.lowerBound
          let value = hasName ? bytes.trimmed(equals + 1, pair.upperBound) : pair
          all.append(Cookie(name: field[name], value: field[value]))
        }
        start = end + 1
      }
    }
  }

  /// The cookies of a request; none when it has no Cookie field.
  public init(of request: RequestHead, limits: CookieLimits = CookieLimits()) {
    self.init(parsing: request.fields.joined(.cookie) ?? Buffer(), limits: limits)
  }

  /// The value of the first cookie called `name`.
  public subscript(name: String) -> Buffer? {
    let wanted = Buffer(name)
    return all.first { $0.name == wanted }?.value
  }
}

/// How much is read and remembered of cookies.
public struct CookieLimits: Sendable, Hashable {
  /// Most cookies read from one request. Unit: cookies. Past it: the rest is ignored.
  public var cookiesOfRequestMax = 1_000
  /// Longest name and value together. Unit: bytes. RFC 6265 §6.1 asks for at least 4,096. Past it: the cookie is not stored.
  public var cookieBytesMax = 4_096
  /// Longest attribute value. Unit: bytes. Past it: the attribute is ignored.
  public var attributeBytesMax = 1_024
  /// Most attributes read of one cookie. Unit: attributes. Past it: the rest is ignored.
  public var attributesMax = 64
  /// Most cookies of one domain. Unit: cookies. RFC 6265 §6.1 asks for at least 50. Past it: the one longest unused is forgotten.
  public var cookiesPerDomainMax = 180
  /// Most cookies of one jar. Unit: cookies. RFC 6265 §6.1 asks for at least 3,000. Past it: the one longest unused is forgotten.
  public var cookiesMax = 3_000
  /// How far ahead a cookie may expire. Past it: it expires then.
  public var lifetimeMax = Duration.seconds(400 * 86_400)

  public init() {}
}
