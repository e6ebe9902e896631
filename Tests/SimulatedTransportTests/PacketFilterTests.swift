// A host's packet filter: silence for strangers, nothing for those named and for the host itself.
import SimulatedTransport
import TestKit
import Testing
import Transport
import World

@Suite("Packet filters")
struct PacketFilterTests {
  @Test("a filtered port is silent, an empty one refuses, those named get through")
  func filters() throws {
    let internet = SimulatedInternet(seed: 3) { _, _ in Link(delay: .milliseconds(10)) }
    let server = internet.addHost("srv", Address(192, 0, 2, 1))
    let (pc, pc2) = (internet.addHost("pc", Address(203, 0, 113, 2)), internet.addHost("pc2", Address(203, 0, 113, 3)))
    let place = Endpoint(server.addresses[0], 7_000)
    /// How long a dial takes, and whether there is a connection then.
    @Sendable func dial(_ network: SimulatedNetwork, _ place: Endpoint) async -> (took: Duration, isOpen: Bool) {
      let begin = network.clock.now
      do {
        try await network.dial(place, options: DialOptions(timeout: .seconds(3))) { ScriptedEnd() }
        return (network.clock.now - begin, true)
      } catch { return (network.clock.now - begin, false) }
    }
    try internet.run {
      _ = try await server.listen(at: Endpoint(.any, 7_000), options: ListenOptions()) { _, _ in ScriptedEnd() }
      #expect(await dial(pc, place).isOpen)
      server.setFilters([PacketFilter(.tcp, port: 7_000, exceptions: [pc2.addresses[0]])])
      let filtered = await dial(pc, place)
      #expect(!filtered.isOpen && filtered.took == .seconds(3))
      #expect(await dial(pc2, place).isOpen)
      #expect(await dial(server, Endpoint(.loopback, 7_000)).isOpen)
      let empty = await dial(pc, Endpoint(server.addresses[0], 7_001))
      #expect(!empty.isOpen && empty.took == .milliseconds(20))
      server.setFilters([])
      #expect(await dial(pc, place).isOpen)
    }
  }
}
