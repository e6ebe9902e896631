// A small trace for the tests of this target: a look-up with both ends recorded, a web page, a connection inside TLS.
import Bytes
import Trace
import World

extension Sample {
  /// A query for www.garnet.test A, its ID in the first two bytes.
  static let query = Buffer(
    [0x1A, 0x2B, 0x01, 0x00, 0, 1, 0, 0, 0, 0, 0, 0, 3] + Array("www".utf8) + [6] + Array("garnet".utf8) + [4] + Array("test".utf8)
      + [0, 0, 1, 0, 1])
  /// Its answer, with one address.
  static let answer = Buffer(
    [0x1A, 0x2B, 0x84, 0x00, 0, 1, 0, 1, 0, 0, 0, 0, 3] + Array("www".utf8) + [6] + Array("garnet".utf8) + [4] + Array("test".utf8)
      + [0, 0, 1, 0, 1, 0xC0, 12, 0, 1, 0, 1, 0, 0, 0x0E, 0x10, 0, 4, 198, 51, 100, 80])
  static let page = Buffer(String(repeating: "<p>Hello from the lab.</p>\n", count: 200))
  static let request: Buffer = "GET /index.html HTTP/1.1\r\nHost: www.garnet.test\r\n\r\n"
  static var response: Buffer {
    var response = Buffer("HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: \(page.count)\r\n\r\n")
    response.append(page)
    return response
  }

  static let names: [(address: Address, name: String)] = [
    (Address(203, 0, 113, 10), "pc"), (Address(198, 51, 100, 1), "ns1.garnet.test"), (.v6(0x2001_0db8_0000_0000, 1), "six.garnet.test"),
  ]

  /// Explains just enough of DNS to see titles and fields.
  static let explain: ExplainMessage = { dialect, _, _, bytes in
    guard dialect == .dns else { return nil }
    return Explanation(
      title: bytes[at: 2] == 0x01 ? "query www.garnet.test A" : "answer www.garnet.test A",
      fields: [
        Field("ID", "6699", 0..<2, meaning: "Pairs the answer with its question.", source: "RFC 1035 §4.1.1"),
        Field(
          "question", "www.garnet.test A", 12..<33, meaning: "What is asked.", source: "RFC 1035 §4.1.2",
          children: [Field("name", "www.garnet.test", 12..<29, meaning: "The name.", source: "RFC 1035 §3.1")]),
      ])
  }

  /// Both ends of a look-up: the client's query is lost once, then answered.
  static func recordLookup(in store: TraceStore, client: Endpoint = client, server: Endpoint = server, from start: Int64 = 0) {
    let pc = store.open(info("pc", .client, local: client, remote: server), at: at(start))
    store.record(.sent, in: pc, at: at(start), query, text: "asking")
    store.record(.sent, in: pc, at: at(start + 1_000), query, text: "asking")
    let ns = store.open(info("ns1.garnet.test", .server, local: server, remote: client), at: at(start + 1_010))
    store.record(.received, in: ns, at: at(start + 1_010), query, text: "ready")
    store.record(.sent, in: ns, at: at(start + 1_011), answer, text: "ready")
    store.record(.received, in: pc, at: at(start + 1_021), answer, text: "done")
    store.record(.closed, in: pc, at: at(start + 1_022), text: "answered")
  }

  /// Both ends of a page's retrieval; the client sees the response in two parts.
  static func recordPage(in store: TraceStore, client: Endpoint, server: Endpoint, from start: Int64 = 0) {
    let pc = store.open(info("pc", .client, .tcp, .http, local: client, remote: server), at: at(start))
    let www = store.open(info("www.garnet.test", .server, .tcp, .http, local: server, remote: client), at: at(start))
    store.record(.sent, in: pc, at: at(start + 1), request)
    store.record(.received, in: www, at: at(start + 11), request, text: "reading")
    store.record(.sent, in: www, at: at(start + 12), response, text: "answered")
    store.record(.received, in: pc, at: at(start + 22), response[0..<1_000])
    store.record(.received, in: pc, at: at(start + 23), response[1_000..<response.count])
    store.record(.closed, in: pc, at: at(start + 30), text: "said everything")
    store.record(.closed, in: www, at: at(start + 40), text: "peer closed")
  }
}

