// The framing cases as data: what comes in, and what has to come of it. Heads here; bodies and sequences in FramingTableBodies.swift.
// Read next: HTTPTests/FramingTests.swift and WebServerTests/ProxyFramingTests.swift, which play them.
package import Bytes

/// One case of the framing table.
package struct FramingCase: CustomStringConvertible, Sendable {
  /// What has to come of the input.
  package enum Outcome: Sendable {
    /// These statuses, and the next request on the connection is answered too.
    case goesOn([UInt16])
    /// These statuses, the last with `Connection: close`, then the end; nothing later is a request.
    case ends([UInt16])
    /// Nothing until a deadline; then this and the end. Zero: the end without an answer.
    case timesOut(UInt16)
  }

  package var id: String
  package var input: String
  package var outcome: Outcome
  /// The bodies the site must have seen; nil: not checked.
  package var bodies: [String]?

  package init(_ id: String, _ input: String, _ outcome: Outcome, bodies: [String]? = nil) {
    self.id = id
    self.input = input
    self.outcome = outcome
    self.bodies = bodies
  }

  package var description: String { "\(id): \(Buffer(latin: String(input.prefix(120))))" }
}

extension FramingCase {
  private static let host = "Host: a.test\r\n"

  /// A GET with one more field line.
  private static func get(_ field: String) -> String { "GET / HTTP/1.1\r\n\(host)\(field)\r\n\r\n" }
  /// A POST with these field lines and what follows.
  static func post(_ fields: String..., then body: String) -> String {
    "POST / HTTP/1.1\r\n\(host)" + fields.map { $0 + "\r\n" }.joined() + "\r\n" + body
  }
  private static func line(_ line: String) -> String { "\(line)\r\n\(host)\r\n" }
  private static let r = Outcome.ends([400])
  private static let ok = Outcome.goesOn([200])

  static let heads: [FramingCase] = [
    FramingCase("line-lf", "GET / HTTP/1.1\n\(host)\r\n", r), FramingCase("line-lf", "GET / HTTP/1.1\r\nHost: a.test\n\r\n", r),
    FramingCase("line-lf", "GET / HTTP/1.1\r\nHost: a.test\r\n\n", r),
    FramingCase("line-cr", "GET / HTTP/1.1\rHost: a.test\r\r", r), FramingCase("line-cr", "GET / HTTP/1.1\r\nHost: a.test\rX: y\r\n\r\n", r),
    FramingCase("line-lead", "\r\n" + line("GET / HTTP/1.1"), ok), FramingCase("line-lead", "\r\n\r\n" + line("GET / HTTP/1.1"), ok),
    FramingCase("line-lead", "\r\n\r\n\r\n" + line("GET / HTTP/1.1"), r),
    FramingCase("req-space", line("GET  / HTTP/1.1"), r), FramingCase("req-space", line("GET /  HTTP/1.1"), r),
    FramingCase("req-space", line("GET\t/ HTTP/1.1"), r), FramingCase("req-space", line("GET /\tHTTP/1.1"), r),
    FramingCase("req-space", line("GET /a b HTTP/1.1"), r), FramingCase("req-space", line("GET HTTP/1.1"), r),
    FramingCase("req-space", line(" GET / HTTP/1.1"), r), FramingCase("req-space", line("GET / HTTP/1.1 "), r),
    FramingCase("req-09", "GET /\r\n", r), FramingCase("req-09", "GET / \r\n", r),
    FramingCase("ver-syntax", line("GET / HTTP/1"), r), FramingCase("ver-syntax", line("GET / HTTP/01.01"), r),
    FramingCase("ver-syntax", line("GET / HTTP/ 1.1"), r), FramingCase("ver-syntax", line("GET / http/1.1"), r),
    FramingCase("ver-syntax", line("GET / HTTP/1.1x"), r), FramingCase("ver-syntax", line("GET / HTTP/a.b"), r),
    FramingCase("ver-number", line("GET / HTTP/1.2"), ok), FramingCase("ver-number", line("GET / HTTP/9.9"), .ends([505])),
    FramingCase("h2-preface", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", .ends([505])),
    FramingCase("target-bytes", line("GET /\u{0} HTTP/1.1"), r), FramingCase("target-bytes", line("GET /\u{80} HTTP/1.1"), r),
    FramingCase("target-bytes", line("GET /\u{FF} HTTP/1.1"), r), FramingCase("target-bytes", line("GET /\u{C0}\u{AF} HTTP/1.1"), r),
    FramingCase("target-bytes", line("GET /\\x HTTP/1.1"), r), FramingCase("target-bytes", line("GET /a#b HTTP/1.1"), r),
    FramingCase("target-bytes", line("GET a HTTP/1.1"), r), FramingCase("target-bytes", line("GET /\"x\" HTTP/1.1"), r),
    FramingCase("target-pct", line("GET /%0d%0aX:%20y HTTP/1.1"), ok),
    FramingCase("target-star", line("OPTIONS * HTTP/1.1"), ok), FramingCase("target-star", line("GET * HTTP/1.1"), r),
    FramingCase("target-abs", line("GET http://a.test/x HTTP/1.1"), ok), FramingCase("target-abs", line("GET http://b.test:81/x?y HTTP/1.1"), ok),
    FramingCase("target-abs", line("GET http://b.test HTTP/1.1"), ok), FramingCase("target-abs", line("GET http:///x HTTP/1.1"), r),
    FramingCase("target-abs", line("GET http://u@b.test/ HTTP/1.1"), r), FramingCase("target-abs", line("GET ftp://b.test/ HTTP/1.1"), r),
    FramingCase("target-connect", line("CONNECT a.test:443 HTTP/1.1"), .ends([405])),
    FramingCase("target-connect", line("CONNECT / HTTP/1.1"), r), FramingCase("target-connect", line("CONNECT a.test HTTP/1.1"), r),
    FramingCase("target-connect", line("GET a.test:443 HTTP/1.1"), r),
    FramingCase("target-len", line("GET /" + String(repeating: "a", count: 7_999) + " HTTP/1.1"), ok),
    FramingCase("target-len", line("GET /" + String(repeating: "a", count: 100_000) + " HTTP/1.1"), .ends([414])),
    FramingCase("method", line("get / HTTP/1.1"), .ends([501])), FramingCase("method", line("FOOBAR / HTTP/1.1"), .ends([501])),
    FramingCase("method", line(String(repeating: "A", count: 100_000) + " / HTTP/1.1"), r), FramingCase("method", line("G(T / HTTP/1.1"), r),
    FramingCase("trace", line("TRACE / HTTP/1.1"), .ends([405])),
    FramingCase("trace", "TRACE / HTTP/1.1\r\n\(host)Content-Length: 1\r\n\r\nx", r),
    FramingCase("fld-syntax", get("X : y"), r), FramingCase("fld-syntax", "GET / HTTP/1.1\r\n \(host)\r\n", r),
    FramingCase("fld-syntax", get("X: a\r\n b"), r), FramingCase("fld-syntax", get("X: a\r\n\tb"), r), FramingCase("fld-syntax", get("X"), r),
    FramingCase("fld-syntax", get(": y"), r), FramingCase("fld-syntax", get("X:"), ok), FramingCase("fld-syntax", get("X:y"), ok),
    FramingCase("fld-name", get("X[: y"), r), FramingCase("fld-name", get("X\tY: y"), r), FramingCase("fld-name", get("X\u{C3}\u{A4}: y"), r),
    FramingCase("fld-value", get("X: a\u{0}b"), r), FramingCase("fld-value", get("X: a\rb"), r), FramingCase("fld-value", get("X: a\u{1}b"), r),
    FramingCase("fld-value", get("X: a\u{7F}b"), r), FramingCase("fld-value", get("X: a\tb\u{E4}"), ok),
    FramingCase("fld-size", get(String(repeating: "n", count: 100_000) + ": y"), .ends([431])),
    FramingCase("fld-size", get("X: " + String(repeating: "v", count: 100_000)), .ends([431])),
    FramingCase("fld-size", get((0..<10_000).map { "X: \($0)" }.joined(separator: "\r\n")), .ends([431])),
    FramingCase("fld-size", get((0..<101).map { "X: \($0)" }.joined(separator: "\r\n")), .ends([431])),
    FramingCase("fld-size", get((0..<99).map { "X: \($0)" }.joined(separator: "\r\n")), ok),
    FramingCase("fld-size", get("Cookie: " + String(repeating: "c", count: 65_536)), .ends([431])),
    FramingCase("fld-size", get(String(repeating: "n", count: 256) + ": y"), .ends([431])),
    FramingCase("fld-dup", get("Content-Type: a/b\r\nContent-Type: a/b"), r),
    FramingCase("host", "GET / HTTP/1.1\r\n\r\n", r), FramingCase("host", get("Host: a.test"), r), FramingCase("host", get("HOST: b.test"), r),
    FramingCase("host", "GET / HTTP/1.1\r\nHost:\r\n\r\n", r), FramingCase("host", "GET / HTTP/1.1\r\nHost: a, b\r\n\r\n", r),
    FramingCase("host", "GET / HTTP/1.1\r\nHost: a,b\r\n\r\n", r), FramingCase("host", "GET / HTTP/1.1\r\nHost: u@h\r\n\r\n", r),
    FramingCase("host", "GET / HTTP/1.1\r\nHost: h/p\r\n\r\n", r), FramingCase("host", "GET / HTTP/1.1\r\nHost: h:x\r\n\r\n", r),
    FramingCase("host", "GET / HTTP/1.1\r\nHost: h:99999\r\n\r\n", r), FramingCase("host", "GET / HTTP/1.1\r\nHost: h:8:0\r\n\r\n", r),
    FramingCase("host", "GET / HTTP/1.1\r\nHost: :80\r\n\r\n", r), FramingCase("host", "GET / HTTP/1.1\r\nHost: [::1\r\n\r\n", r),
    FramingCase("host", "GET / HTTP/1.1\r\nHost: [::1]:8080\r\n\r\n", ok), FramingCase("host", "GET / HTTP/1.1\r\nHost: h:\r\n\r\n", ok),
    FramingCase("host-10", "GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n", ok), FramingCase("host-10", "GET / HTTP/1.0\r\n\r\n", .ends([200])),
    FramingCase("cookie", get("Cookie: a=1\r\nCookie: b=2"), ok), FramingCase("cookie", get("Cookie:"), ok),
    FramingCase("cookie", get("Cookie: ===;;;"), ok),
    FramingCase("cookie", get("Cookie: " + (0..<1_000).map { "c\($0)=\($0)" }.joined(separator: "; ")), ok),
    FramingCase("upgrade", "POST / HTTP/1.1\r\n\(host)Connection: upgrade\r\nUpgrade: websocket\r\n\r\n", ok),
    FramingCase("upgrade", get("Upgrade: websocket"), ok), FramingCase("upgrade", get("Connection: upgrade\r\nUpgrade: unknown"), ok),
    FramingCase("seq-close", get("Connection: close"), .ends([200])), FramingCase("seq-close", get("Connection: x, CLOSE ,y"), .ends([200])),
    FramingCase("seq-close", get("Connection: keep-alive, close"), .ends([200])),
    FramingCase("head-short", "", .timesOut(0)), FramingCase("head-short", "GET / HT", .timesOut(408)),
    FramingCase("head-short", "GET / HTTP/1.1\r\nHost: a.te", .timesOut(408)), FramingCase("head-short", "\r\n", .timesOut(408)),
    FramingCase("head-short", "\u{16}\u{3}\u{1}\u{2}\u{0}\u{1}", r), FramingCase("head-short", "\u{FE}\u{FF}\u{80}\u{81}", .timesOut(408)),
  ]
}

extension Buffer {
  /// Bytes from text, each scalar below 256 one byte: so that a table can write any byte as `\u{FF}`.
  package init(latin text: String) { self.init(text.unicodeScalars.map { UInt8(truncatingIfNeeded: $0.value) }) }
}
