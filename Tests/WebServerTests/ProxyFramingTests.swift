// The framing table through a proxy: what is refused reaches no upstream, not even as a connection.
import Bytes
import Entrances
import HTTP
import TestKit
import Testing
import Transport
import World

@testable import WebServer

@Suite("Framing through a proxy")
struct ProxyFramingTests {
  static let refused = FramingCase.all.filter { c in
    if case .ends(let statuses) = c.outcome { [[400], [414], [431], [505]].contains(statuses) } else { false }
  }

  @Test("what is refused reaches nobody", arguments: refused)
  func refusing(_ c: FramingCase) throws {
    let network = Nowhere(runsWork: true)
    var settings = ProxySettings(.reverse(UpstreamServer(host: "127.0.0.1", port: 80)))
    settings.limits.hopsMax = 10
    let proxy = Proxy(settings, network: network, lookUp: { _, _ in [.loopback] }, cache: try WebCache(CacheSettings()))
    let service = WebService(sites: SiteSwitch(SiteSet([Site(names: [], content: .proxy(proxy))])), names: nil, trace: nil, start: { network.start($1) })
    let connection = TestConnection(service)
    connection.end.received(Buffer(latin: c.input))
    connection.carrier.runWaiting()
    // A head that was whole before the body went wrong has been passed on; then the upstream hears that it breaks off.
    let hasBadBody = c.input.contains("\r\n\r\n") && c.id.hasPrefix("chunk")
    if !hasBadBody { #expect(network.dialled == 0, "\(connection.carrier.sent)") }
    #expect(connection.carrier.closing != nil)
  }

  @Test("the control: what is right is passed on")
  func control() throws {
    let network = Nowhere(runsWork: true)
    let proxy = Proxy(ProxySettings(.reverse(UpstreamServer(host: "127.0.0.1", port: 80))), network: network, lookUp: { _, _ in [.loopback] })
    let service = WebService(sites: SiteSwitch(SiteSet([Site(names: [], content: .proxy(proxy))])), names: nil, trace: nil, start: { network.start($1) })
    let connection = TestConnection(service)
    connection.end.received("GET / HTTP/1.1\r\nHost: a.test\r\n\r\n")
    connection.carrier.runWaiting()
    #expect(network.dialled == 1 && connection.carrier.sent.text.hasPrefix("HTTP/1.1 502 "))
  }
}
