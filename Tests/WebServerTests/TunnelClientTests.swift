// https through our own forward proxy, with certificates of an authority of the test's own: what passes, what is refused, what the trace shows.
// Not here: the client's conversation by itself (HTTPTests/ClientTunnelTests), other people's proxies (PeerTests).
import Bytes
import HTTP
import TestKit
import Testing
import Trace
import Transport
import World

@testable import WebServer

@Suite("https through a proxy", .timeLimit(.minutes(1)))
struct TunnelClientTests {
  /// An origin inside TLS for `secure.test`, a proxy, a client that trusts the origin's authority and is recorded.
  private func withTunnel(_ body: (WebClient, _ origin: UInt16, _ proxy: UInt16, TraceStore) async throws -> Void) async throws {
    let network = SocketNetwork(loops: 2)
    let now = network.clock.now
    let authority = try CertificateAuthority(at: now)
    let site = SiteSwitch(SiteSet([Site(names: [], content: .application(Origin()))]))
    let origin = try await WebService.start(
      network: network, endpoint: Endpoint(.loopback, 0), sites: site, tls: TLSServerOptions(identities: [try authority.issue(for: ["secure.test"], at: now)]))
    var rules = ForwardRules()
    rules.reachesInside = true
    rules.tunnelPorts = [origin.endpoint.port]
    let proxy = Proxy(ProxySettings(.forward(rules)), network: network, lookUp: { _, _ in [.loopback] })
    let proxied = try await WebService.start(
      network: network, endpoint: Endpoint(.loopback, 0), sites: SiteSwitch(SiteSet([Site(names: [], content: .proxy(proxy))])))
    let store = TraceStore()
    var client = WebClient(network: network) { _, _ in [.loopback] }
    client.authorities = authority.authorityPEM
    client.trace = TraceContext(recorder: store, host: "client", role: .client)
    let outcome: Result<Void, any Error>
    do { outcome = .success(try await body(client, origin.endpoint.port, proxied.endpoint.port, store)) } catch { outcome = .failure(error) }
    for listener in [proxied, origin] { await listener.close(grace: .zero) }
    proxy.close()
    await network.shutDown()
    try outcome.get()
  }

  private func ask(_ address: String, through proxy: UInt16) throws -> WebClient.Ask {
    var ask = WebClient.Ask(try #require(WebAddress(address)))
    ask.proxy = WebAddress("http://proxy.test:\(proxy)")
    return ask
  }

  @Test("a page comes through the tunnel, and the trace shows both parts of the conversation")
  func passes() async throws {
    try await withTunnel { client, origin, proxy, store in
      let (fetched, body) = try await client.get(ask("https://secure.test:\(origin)/a?size=70000", through: proxy), bytesMax: 1 << 20)
      #expect(fetched.head.status == .ok && body == Origin.content(70_000))
      let events = store.events(after: 0).events
      let begins = try needed(events.firstIndex { $0.kind == .tlsBegun })
      let (clear, inside) = (events[..<begins], events[begins...])
      #expect(clear.filter(\.kind.isMessage).map { explain($0.bytes).title } == ["CONNECT secure.test:\(origin)", "200 OK"])
      #expect(!clear.contains { $0.kind.isWire } && inside.contains { $0.kind == .wireSent })
      let asked = try needed(inside.first { $0.kind == .sent })
      #expect(explain(asked.bytes).title == "GET /a?size=70000" && asked.bytes.text.contains("Host: secure.test:\(origin)\r\n"))
      #expect(!store.tlsSecrets.isEmpty && store.conversations().count == 1)
    }
  }

  @Test("a tunnel that is refused, a certificate for somebody else, one that nobody vouches for")
  func refused() async throws {
    try await withTunnel { client, origin, proxy, store in
      func failure(_ client: WebClient, _ address: String) async throws -> ClientConversation.Failure {
        do {
          _ = try await client.get(ask(address, through: proxy), bytesMax: 1_000)
          Issue.record("\(address) was answered")
        } catch let failure as ClientConversation.Failure { return failure }
        throw Abandoned()
      }
      let forbidden = try await failure(client, "https://secure.test:1/")
      #expect(forbidden.kind == .tunnelRefused(.forbidden) && forbidden.explanation == "the proxy opens no tunnel to secure.test:1: 403 Forbidden")
      let other = try await failure(client, "https://other.test:\(origin)/")
      #expect(other.kind == .insecure && other.explanation.contains("other.test:\(origin)") && other.explanation.contains("TLS: "), "\(other)")
      var strict = client
      strict.authorities = try CertificateAuthority(at: SystemClock().now).authorityPEM
      #expect(try await failure(strict, "https://secure.test:\(origin)/").kind == .insecure)
      strict.acceptsAnything = true
      let anybody = try await strict.get(ask("https://other.test:\(origin)/", through: proxy), bytesMax: 1_000).fetched.head.status
      // Whoever believes anybody is told by the server itself that it is not the one.
      #expect(anybody == .misdirectedRequest)
      // A certificate for an address would be compared with the proxy's own.
      await #expect(throws: WebClientFailure.self) { try await client.get(ask("https://192.0.2.1:\(origin)/", through: proxy), bytesMax: 1_000) }
    }
  }
}
