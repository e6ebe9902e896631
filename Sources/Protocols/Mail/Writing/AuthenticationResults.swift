// What a server found out about where a message comes from, as a field for those who read it later; and whose such a field claims to be.
// Read before: SPF/SenderCheck.swift, DKIM/SignatureCheck.swift.
public import Bytes

/// One Authentication-Results field.
// RFC 8601 §2.2
public struct AuthenticationResults: Hashable, Sendable {
  /// One method and what it brought.
  public struct Entry: Hashable, Sendable {
    public var method: String
    public var result: String
    /// For people.
    public var reason: String?
    /// `smtp.mailfrom` and its value, in order.
    public var properties: [Property]

    public init(_ method: String, _ result: String, reason: String? = nil, properties: [Property] = []) {
      self.method = method
      self.result = result
      self.reason = reason
      self.properties = properties
    }
  }

  /// `smtp.mailfrom=x.test`.
  public struct Property: Hashable, Sendable {
    public var name: String
    public var value: String

    public init(_ name: String, _ value: String) {
      self.name = name
      self.value = value
    }
  }

  /// Who says it: the authserv-id, one name for all servers of a site.
  public var server: String
  public var entries: [Entry]

  public init(server: String, entries: [Entry] = []) {
    self.server = server
    self.entries = entries
  }

  /// Adds what SPF said about the MAIL FROM of `sender`, or with `<>` about the HELO name.
  // RFC 8601 §2.7.2
  public mutating func add(_ verdict: SenderVerdict, sender: ReversePath) {
    let property = sender == .empty ? Property("smtp.helo", verdict.domain) : Property("smtp.mailfrom", sender.address?.description ?? verdict.domain)
    entries.append(Entry("spf", verdict.result.rawValue, reason: verdict.problem, properties: [property]))
  }

  /// Adds what DKIM said about each signature; that there are none is said too.
  // RFC 8601 §2.7.1, RFC 6008 §4
  public mutating func add(_ verdicts: [SignatureVerdict]) {
    if verdicts.isEmpty { entries.append(Entry("dkim", "none")) }
    for verdict in verdicts {
      var properties: [Property] = []
      if !verdict.domain.isEmpty { properties.append(Property("header.d", verdict.domain)) }
      if !verdict.selector.isEmpty { properties.append(Property("header.s", verdict.selector)) }
      if !verdict.algorithm.isEmpty { properties.append(Property("header.a", verdict.algorithm)) }
      if !verdict.mark.isEmpty { properties.append(Property("header.b", verdict.mark)) }
      entries.append(Entry("dkim", verdict.result.rawValue, reason: verdict.problem ?? (verdict.isTest ? "the domain is only trying it out" : nil), properties: properties))
    }
  }

  /// Adds what DMARC said about the author's domain.
  // RFC 8601 §2.7.5; RFC 7489 §11.1: policy.dmarc is what is asked for.
  public mutating func add(_ verdict: AuthorVerdict) {
    var properties = [Property("header.from", verdict.domain)]
    if verdict.policyDomain != nil { properties.append(Property("policy.dmarc", verdict.request.rawValue)) }
    entries.append(Entry("dmarc", verdict.result.rawValue, reason: verdict.problem, properties: properties))
  }

  /// The field with its line end, one line for each method.
  public var field: Buffer {
    var out = "Authentication-Results: \(Self.value(server))"
    if entries.isEmpty { out += "; none" }
    for entry in entries {
      out += ";\r\n\t\(entry.method)=\(entry.result)"
      if let reason = entry.reason { out += " reason=\(Self.quoted(reason))" }
      for property in entry.properties { out += "\r\n\t \(property.name)=\(Self.value(property.value))" }
    }
    return Buffer(out + "\r\n")
  }

  /// Whose results the value of a field claims to be, in lower case; nil: it names nobody.
  // RFC 8601 §2.2 authserv-id. Comments and quotes hide nothing: a field that bears our name is recognised however it is written.
  public static func server(of value: Buffer) -> String? {
    var scanner = ByteScanner(value.array)
    var name: [UInt8] = []
    var depth = 0
    while let byte = scanner.next() {
      switch byte {
      case UInt8(ascii: "("): depth += 1
      case UInt8(ascii: ")"): depth = max(0, depth - 1)
      case UInt8(ascii: "\\") where depth > 0: _ = scanner.next()
      case _ where depth > 0: break
      case UInt8(ascii: "\"") where name.isEmpty:
        while let inner = scanner.next(), inner != UInt8(ascii: "\"") { if let meant = inner == UInt8(ascii: "\\") ? scanner.next() : inner { name.append(meant) } }
        return name.isEmpty ? nil : ASCII.lowercased(name)
      case UInt8(ascii: ";"): return name.isEmpty ? nil : ASCII.lowercased(name)
      case _ where ASCII.isSpace(byte): if !name.isEmpty { return ASCII.lowercased(name) }
      default: name.append(byte)
      }
      // A name in front of a comment ends there.
      if depth > 0, !name.isEmpty { return ASCII.lowercased(name) }
    }
    return name.isEmpty ? nil : ASCII.lowercased(name)
  }

  /// The fields of `head` that claim to be `server`'s own: those that arrive are somebody else's work and are removed.
  // RFC 8601 §5
  public static func claims(of server: String, in head: MessageHead) -> [HeadField] {
    head.all("authentication-results").filter { Self.server(of: head.rawValue(of: $0)) == server.lowercased() }
  }

  private static let bare = CharacterClass.letters.union(.digits).union(CharacterClass("-._@+/="))

  private static func value(_ text: String) -> String {
    !text.isEmpty && bare.containsAll(text.utf8) && text.utf8.count <= 900 ? text : quoted(text)
  }

  // RFC 5322 §3.2.4
  private static func quoted(_ text: String) -> String {
    text.unicodeScalars.prefix(500).reduce(into: "\"") { out, scalar in
      guard (0x20...0x7E).contains(scalar.value) else { return }
      if scalar == "\"" || scalar == "\\" { out += "\\" }
      out.unicodeScalars.append(scalar)
    } + "\""
  }
}
