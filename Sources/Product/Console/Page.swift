// A request to the console and its answer, as values. The HTTP server is told about them in ConsoleService only.
package import Bytes
import HTTP
import World

/// What somebody asks of the console.
package struct ConsoleRequest: Sendable {
  package var method: String
  /// Decoded, without the query: `/message/12`.
  package var path: String
  /// Decoded pairs in the order they came; none of a query that is too long.
  package var query: [(name: String, value: String)]
  /// The `Host` field; empty: none came.
  package var host: String
  /// The `Cookie` field; empty: none came.
  package var cookie: String

  /// From a request's target in origin form: `/conversations?q=dns`.
  package init(method: String = "GET", target: String, host: String = "localhost", cookie: String = "") {
    self.method = method
    self.host = host
    self.cookie = cookie
    let parts = target.split(separator: "?", maxSplits: 1, omittingEmptySubsequences: false)
    let raw = String(parts.first ?? "")
    // A percent sign without two digits leads nowhere, as it stands.
    path = PercentText.decoded(Buffer(raw))?.text ?? raw
    query = ((try? FormFields(parsing: Buffer(String(parts.count > 1 ? parts[1] : "")))) ?? FormFields()).all.map { (name: $0.name, value: $0.value) }
  }

  /// The first value of this name; empty: none.
  func value(_ name: String) -> String { query.first { $0.name == name }?.value ?? "" }
}

/// What the console answers.
package struct Page: Sendable {
  package var status: Int
  package var contentType: String
  package var body: Buffer
  /// Fields besides the content's type and the safety fields.
  package var fields: [(name: String, value: String)] = []

  package init(status: Int = 200, contentType: String, body: Buffer) {
    self.status = status
    self.contentType = contentType
    self.body = body
  }

  /// What every answer says so that a browser runs nothing but the console's own files and shows it nowhere else.
  package static let safetyFields: [(name: String, value: String)] = [
    (
      "Content-Security-Policy",
      "default-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'; object-src 'none'"
    ),
    ("X-Content-Type-Options", "nosniff"),
    ("Referrer-Policy", "no-referrer"),
    ("Cross-Origin-Opener-Policy", "same-origin"),
    ("Cross-Origin-Resource-Policy", "same-origin"),
  ]

  /// All fields of the answer but the length.
  package var allFields: [(name: String, value: String)] { [("Content-Type", contentType)] + Self.safetyFields + fields }
}

/// Which `Host` fields the console answers: names that an attacker's page cannot point at us (DNS rebinding).
package struct HostRule: Sendable {
  /// Names besides the loopback ones: the world's own.
  package var names: Set<String>

  package init(names: some Sequence<String> = []) { self.names = Set(names.map { $0.lowercased() }) }

  /// Whether `host`, with or without a port, is one of ours: a loopback name, an address, one of `names`.
  package func allows(_ host: String) -> Bool {
    let host = Self.withoutPort(host).lowercased()
    if host == "localhost" || host.hasSuffix(".localhost") || names.contains(host) { return true }
    // An address cannot be rebound: whoever uses it already knows where it leads.
    let bare = host.hasPrefix("[") && host.hasSuffix("]") ? String(host.dropFirst().dropLast()) : host
    return Address(bare) != nil
  }

  private static func withoutPort(_ host: String) -> String {
    guard let colon = host.lastIndex(of: ":"), host[host.index(after: colon)...].allSatisfy(\.isWholeNumber) else { return host }
    let front = host[..<colon]
    // The colons of an IPv6 address in brackets are no port's.
    return front.hasPrefix("[") != front.hasSuffix("]") ? host : String(front)
  }
}
