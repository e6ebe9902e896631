// Nodes of the hash table on virtual links: they find one another, lose one another, and come back from what they wrote down.
import BitTorrent
import Bytes
import SimulatedTransport
import Storage
import Synchronization
import TestKit
import Testing
import Trace
import Transport
import World

@testable import Swarm

private func address(_ number: Int) -> Address { .v4(0x0A00_0001 + UInt32(number) << 8) }

@Suite("DHT node on virtual links")
struct NodeTests {
  private final class Found: Sendable {
    let peers = Mutex<[Endpoint]>([])
    func add(_ new: [Endpoint]) { peers.withLock { $0 += new } }
  }

  private func run(seed: UInt64, loss: Double) throws -> (trace: [String], found: [Endpoint], report: LookUpReport) {
    let recorder = TestRecorder()
    let internet = SimulatedInternet(seed: seed) { _, _ in Link(delay: .milliseconds(15), loss: loss) }
    internet.logPackets(.everything, into: recorder)
    let hosts = (0..<24).map { internet.addHost("node\($0)", address($0)) }
    let torrent = InfoHash(.zero)
    let found = Found()
    let report = try internet.run {
      var nodes: [NodeService] = []
      for (number, host) in hosts.enumerated() {
        var setting = DHTSetting()
        setting.spread = .relaxed
        setting.limits.queriesPerAddressMax = 1_000
        if number > 0 { setting.bootstrap = [Endpoint(address(0), 6_881)] }
        nodes.append(
          try await NodeService.start(
            network: host, endpoint: Endpoint(address(number), 6_881), setting: setting, trace: TraceContext(recorder: recorder, host: "node\(number)", role: .server),
            chance: SeededRandom(seed: seed &* 100 &+ UInt64(number))))
        try await host.clock.sleep(until: host.clock.now + .seconds(1))
      }
      try await hosts[0].clock.sleep(until: hosts[0].clock.now + .seconds(30))
      await nodes[3].findPeers(of: torrent, announcing: PeerAnnouncement(port: 50_003))
      await nodes[4].findPeers(of: torrent, announcing: PeerAnnouncement(port: 0, impliesPort: true))
      let report = await nodes[20].findPeers(of: torrent) { found.add($0) }
      for node in nodes { await node.close() }
      #expect(await nodes[20].findNodes(near: NodeID(.zero)) == LookUpReport())
      #expect(await nodes[20].currentState() == nil)
      return report
    }
    return (recorder.lines, found.peers.withLock { $0 }, report)
  }

  @Test("peers announced at two nodes are found from a third, also over bad links; the same seed, the same trace", arguments: [(UInt64(1), 0.0), (2, 0.1)])
  func meeting(_ seed: UInt64, _ loss: Double) throws {
    let first = try run(seed: seed, loss: loss)
    #expect(Set(first.found) == [Endpoint(address(3), 50_003), Endpoint(address(4), 6_881)])
    #expect(first.report.nodes.count == 8)
    #expect(first.trace == (try run(seed: seed, loss: loss)).trace)
  }

  @Test("a node is the same after a new start, and knows whom it knew")
  func restart() throws {
    let internet = SimulatedInternet(seed: 1) { _, _ in Link(delay: .milliseconds(15)) }
    let hosts = (0..<6).map { internet.addHost("node\($0)", address($0)) }
    let store = MemoryRecords()
    try internet.run {
      var others: [NodeService] = []
      for number in 0..<5 {
        var setting = DHTSetting()
        setting.bootstrap = number > 0 ? [Endpoint(address(0), 6_881)] : []
        setting.spread = .relaxed
        others.append(try await NodeService.start(network: hosts[number], endpoint: Endpoint(address(number), 6_881), setting: setting, chance: SeededRandom(seed: UInt64(number))))
      }
      var setting = DHTSetting()
      setting.bootstrap = [Endpoint(address(0), 6_881)]
      let kept = NodeService.Kept(store: store, name: "home")
      let first = try await NodeService.start(network: hosts[5], endpoint: Endpoint(address(5), 6_881), setting: setting, kept: kept, chance: SeededRandom(seed: 77))
      try await hosts[5].clock.sleep(until: hosts[5].clock.now + .seconds(20))
      let before = try #require(await first.currentState())
      #expect(before.contacts.count >= 1)
      await first.close()
      // No entrance this time: what was written down is all there is.
      let second = try await NodeService.start(network: hosts[5], endpoint: Endpoint(address(5), 6_881), kept: kept, chance: SeededRandom(seed: 78))
      try await hosts[5].clock.sleep(until: hosts[5].clock.now + .seconds(20))
      let after = try #require(await second.currentState())
      #expect(after.id == before.id)
      #expect(after.contacts.count >= before.contacts.count)
      await second.close()
      for node in others { await node.close() }
    }
  }
}
