// A world and a trace as the lab makes them, for the console's tests: a cold look-up, a page, a page inside TLS, a lost question, garbage.
import Bytes
import Console
import DNS
import HTTP
import Trace
import World

/// A small internet with something to see in it.
struct SampleWorld {
  let store = TraceStore()
  private var now = Instant(secondsSince1970: 1_767_225_600 + 43_200)
  private var nextPort: UInt16 = 40_000
  private var nextID: UInt16 = 0x1A2B

  static let hosts: [ConsoleModel.Host] = [
    host("root1", "core", 192, 0, 2, 1, dns: "."), host("root2", "core", 192, 0, 2, 2, dns: "."), host("root3", "core", 192, 0, 2, 3, dns: "."),
    host("tld1", "core", 192, 0, 2, 11, dns: "test, example, arpa"), host("tld2", "core", 192, 0, 2, 12, dns: "test, example, arpa"),
    host("www.garnet.test", "sites", 198, 51, 100, 10, web: "www.garnet.test"), host("ns1.garnet.test", "sites", 198, 51, 100, 11, dns: "garnet.test"),
    host("ns2.garnet.test", "sites", 198, 51, 100, 12, dns: "garnet.test"),
    host("www.cobalt.test", "sites", 198, 51, 100, 20, web: "www.cobalt.test"), host("ns1.cobalt.test", "sites", 198, 51, 100, 21, dns: "cobalt.test"),
    host("ns2.cobalt.test", "sites", 198, 51, 100, 22, dns: "cobalt.test"), host("srv", "sites", 198, 51, 100, 80, program: true),
    host("pc", "access", 203, 0, 113, 10), host("pc2", "access", 203, 0, 113, 11), host("phone", "access", 203, 0, 113, 12),
    host("resolver", "access", 203, 0, 113, 53, dns: "answers everybody", role: "resolver"),
  ]

  private static func host(
    _ name: String, _ net: String, _ a: UInt8, _ b: UInt8, _ c: UInt8, _ d: UInt8, dns: String = "", web: String = "", program: Bool = false,
    role: String? = nil
  ) -> ConsoleModel.Host {
    var services: [ConsoleModel.Service] = []
    if !dns.isEmpty { services += [.init("DNS", port: "53/udp", detail: dns), .init("DNS", port: "53/tcp", detail: dns)] }
    if !web.isEmpty { services += [.init("HTTP", port: "80/tcp", detail: "http://\(web)/"), .init("HTTPS", port: "443/tcp", detail: "https://\(web)/")] }
    if program { services += [.init("uppercase", port: "9876/udp"), .init("uppercase", port: "6789/tcp"), .init("ping", port: "12000/udp")] }
    let isClient = services.isEmpty
    return ConsoleModel.Host(
      name: name, role: role ?? (isClient ? "client" : "server"), net: net,
      addresses: [Address(a, b, c, d), .v6(0x2001_0db8_0000_0000 | UInt64(c), UInt64(d))], services: services)
  }

  var model: ConsoleModel {
    ConsoleModel(
      title: "A small internet", subtitle: "Offline, in this process. Client host pc, seed 7.",
      nets: [
        .init(name: "core", prefixes: ["192.0.2.0/24", "2001:db8:2::/48"], attachment: "1 ms"),
        .init(name: "sites", prefixes: ["198.51.100.0/24", "2001:db8:100::/48"], attachment: "1 ms"),
        .init(name: "access", prefixes: ["203.0.113.0/24", "2001:db8:113::/48"], attachment: "2 ms, 20 Mbit/s down, 5 Mbit/s up"),
      ], hosts: Self.hosts, links: [.init("resolver", "ns2.cobalt.test", quality: "30 % loss")],
      hints: [
        .init("netstead lab exec -- dig +trace www.garnet.test", "Walks from the root to the answer, as a resolver does."),
        .init("netstead lab exec -- curl -v http://www.garnet.test/", "One page; do it twice and look for what is not asked again."),
        .init("netstead lab shell", "A shell on host pc, inside this internet."),
      ], trace: store, explain: Self.explain)
  }

  /// By the protocols' own libraries.
  static let explain: ExplainMessage = { dialect, info, kind, bytes in
    if dialect == .dns { return DNS.explain(bytes, framing: info.carrier == .tcp ? .lengthPrefixed : .bare) }
    return dialect == .http ? HTTP.explain(bytes) : nil
  }

  // MARK: What happens

  private mutating func wait(_ microseconds: Int) { now = now + .microseconds(microseconds) }

  private func address(_ name: String) -> Address { Self.hosts.first { $0.name == name }?.addresses.first ?? .loopback }

  private mutating func port() -> UInt16 {
    nextPort += 7
    return nextPort
  }

  /// One question and its answer, both ends recorded; the first copies of the question may be lost. `meanwhile` is what the server does because
  /// of the question, before it answers.
  mutating func ask(_ client: String, _ server: String, _ question: String, _ type: RecordType = .a, answers: [String] = [], authorities: [String] = [], additionals: [String] = [], lost: Int = 0, recursion: Bool = false, recordsClient: Bool = true, because cause: ConversationID? = nil, meanwhile: (inout SampleWorld, ConversationID) throws -> Void = { _, _ in }) throws {
    nextID &+= 0x0713
    let query = Message.query(try Name(question), type, id: nextID, recursionDesired: recursion)
    var reply = query.reply(answers.isEmpty && authorities.isEmpty ? .noSuchName : .noError, edns: EDNS())
    reply.answers = try answers.map { try ResourceRecord($0) }
    reply.authorities = try authorities.map { try ResourceRecord($0) }
    reply.additionals = try additionals.map { try ResourceRecord($0) }
    let from = Endpoint(address(client), port())
    let to = Endpoint(address(server), 53)
    let asking = recordsClient ? store.open(.init(host: client, role: .client, carrier: .udp, dialect: .dns, local: from, remote: to, because: cause), at: now) : nil
    for _ in 0..<lost {
      if let asking { put(.sent, asking, query.wire(), "asking") }
      wait(800_000)
    }
    if let asking { put(.sent, asking, query.wire(), "asking") }
    wait(2_113)
    let answering = store.open(.init(host: server, role: .server, carrier: .udp, dialect: .dns, local: to, remote: from), at: now)
    put(.received, answering, query.wire(), "ready")
    try meanwhile(&self, answering)
    wait(87)
    put(.sent, answering, reply.wire(), "ready")
    wait(2_040)
    if let asking {
      put(.received, asking, reply.wire(), "answered")
      store.record(.closed, in: asking, at: now, text: "answered")
    }
  }

  private func put(_ kind: Event.Kind, _ id: ConversationID, _ bytes: Buffer, _ state: String) {
    store.record(kind, in: id, at: now, bytes: bytes.span, length: bytes.count, text: state)
  }

  /// A page from a web server, recorded by the server alone, as with a browser of the machine.
  mutating func get(_ path: String, from server: String, tls: Bool = false, status: String = "200 OK", body: String, agent: String = "curl/7.88.1") {
    let from = Endpoint(address("pc"), port())
    let to = Endpoint(address(server), tls ? 443 : 80)
    let id = store.open(.init(host: server, role: .server, carrier: .tcp, dialect: .http, local: to, remote: from, encrypted: tls), at: now)
    wait(2_300)
    put(.received, id, Buffer("GET \(path) HTTP/1.1\r\nHost: \(server)\r\nUser-Agent: \(agent)\r\nAccept: */*\r\n\r\n"), "request read")
    wait(240)
    put(.sent, id, Buffer("HTTP/1.1 \(status)\r\nDate: Thu, 01 Jan 2026 12:00:00 GMT\r\nServer: Netstead\r\nContent-Type: text/html; charset=utf-8\r\nContent-Length: \(body.utf8.count)\r\nETag: \"5f3a-1c\"\r\nLast-Modified: Wed, 31 Dec 2025 09:30:00 GMT\r\n\r\n\(body)"), "ready")
    wait(4_100)
    store.record(.closed, in: id, at: now, text: "peer closed")
  }

  /// Everything at once: what a first quarter of an hour in the lab looks like.
  static func lively() throws -> SampleWorld {
    var world = SampleWorld()
    try world.ask("pc", "resolver", "www.garnet.test.", answers: ["www.garnet.test. 300 IN A 198.51.100.10"], recursion: true, recordsClient: false) { world, cause in
      try world.ask("resolver", "root1", "www.garnet.test.", authorities: ["test. 86400 IN NS tld1.test.", "test. 86400 IN NS tld2.test."], additionals: ["tld1.test. 86400 IN A 192.0.2.11", "tld2.test. 86400 IN A 192.0.2.12"], because: cause)
      try world.ask("resolver", "tld1", "www.garnet.test.", authorities: ["garnet.test. 3600 IN NS ns1.garnet.test."], additionals: ["ns1.garnet.test. 3600 IN A 198.51.100.11"], because: cause)
      try world.ask("resolver", "ns1.garnet.test", "www.garnet.test.", answers: ["www.garnet.test. 300 IN A 198.51.100.10"], because: cause)
    }
    world.wait(400)
    world.get("/", from: "www.garnet.test", body: "<!doctype html>\n<html lang=\"en\">\n<title>Garnet</title>\n<h1>Stones and stories</h1>\n<p>Every stone has one.</p>\n</html>\n")
    world.wait(900_000)
    world.get("/", from: "www.garnet.test", status: "304 Not Modified", body: "")
    world.wait(300_000)
    world.get("/stones/ruby.html", from: "www.garnet.test", tls: true, body: "<h1>Ruby</h1>\n", agent: "Mozilla/5.0")
    world.wait(1_200_000)
    try world.ask("resolver", "ns2.cobalt.test", "www.cobalt.test.", answers: ["www.cobalt.test. 60 IN A 198.51.100.20"], lost: 1)
    try world.ask("pc2", "resolver", "www.cobalt.test.", answers: ["www.cobalt.test. 60 IN A 198.51.100.20"], recursion: true)
    try world.ask("phone", "resolver", "nothing.garnet.test.", recursion: true)
    let srv = world.store.open(.init(host: "srv", role: .server, carrier: .tcp, dialect: .uppercase, local: Endpoint(Address(198, 51, 100, 80), 6_789), remote: Endpoint(Address(203, 0, 113, 11), 51_234)), at: world.now)
    world.put(.received, srv, "hello, lab\r\n", "reading")
    world.put(.sent, srv, "HELLO, LAB\r\n", "reading")
    world.wait(2_000)
    let bad = world.store.open(.init(host: "www.cobalt.test", role: .server, carrier: .tcp, dialect: .http, local: Endpoint(Address(198, 51, 100, 20), 80), remote: Endpoint(Address(203, 0, 113, 12), 51_000)), at: world.now)
    world.put(.received, bad, "GET / HTTP/1.1\nHost: www.cobalt.test\n\n", "refused")
    world.store.record(.problem, in: bad, at: world.now, text: "expected CRLF at the end of the request line, found a bare LF (RFC 9112 §2.2)")
    world.put(.sent, bad, "HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\nConnection: close\r\n\r\n", "closing")
    world.store.record(.closed, in: bad, at: world.now, text: "said everything")
    return world
  }
}
