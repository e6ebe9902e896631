// Zones of the GNU Name System in the hash table, from the owner's records to the name resolved, by production nodes on virtual links.
// Not here: which items nodes keep (BitTorrentTests/DHTItemTests), resolution (NamesTests).
import BitTorrent
import Bytes
import NameServer
import Names
import SimulatedTransport
import Swarm
import Testing
import Trace
import Transport
import World

@testable import Host

private func address(_ number: Int) -> Address { .v4(0x0A00_0001 + UInt32(number) << 8) }

private func secret(_ kind: ZoneKind, _ seed: UInt64) -> ZoneSecret {
  var chance = SeededRandom(seed: seed)
  return ZoneSecret(kind, using: &chance)
}

@Suite("zones in the hash table")
struct NameTableTests {
  /// Runs `work` with `count` nodes that keep blocks, and a table that is entered at the first of them.
  private func withTable<Value: Sendable>(
    _ count: Int, _ work: @escaping @Sendable (_ table: TableBlocks, _ nodes: [NodeService], _ network: any Network) async throws -> Value
  ) throws -> Value {
    let internet = SimulatedInternet(seed: 5) { _, _ in Link(delay: .milliseconds(15)) }
    let hosts = (0...count).map { internet.addHost("node\($0)", address($0)) }
    return try internet.run(atMost: .seconds(86_400)) {
      var nodes: [NodeService] = []
      for (number, host) in hosts.enumerated() {
        var setting = DHTSetting(bootstrap: number > 0 ? [Endpoint(address(0), 6_881)] : [], at: address(number), items: ZoneBlockRule())
        setting.spread = .relaxed
        // The last one only asks.
        setting.isReadOnly = number == count
        nodes.append(try await NodeService.start(network: host, endpoint: Endpoint(address(number), 6_881), setting: setting, chance: SeededRandom(seed: UInt64(number))))
        try await host.clock.sleep(until: host.clock.now + .milliseconds(500))
      }
      let value = try await work(TableBlocks(nodes[count]), nodes, hosts[0])
      for node in nodes { await node.close() }
      return value
    }
  }

  private static func resolve(_ name: String, _ table: TableBlocks, _ clock: any WorldClock) async throws -> [String] {
    let resolver = ZoneResolver(table, zones: StartZones(), clock: clock) { _, _, _ in nil }
    guard case .records(let records, _) = await resolver.resolve(try ZoneName(name), .a) else { return [] }
    return records.filter { $0.type == .a }.compactMap { RecordData($0).map { "\($0)" } }
  }

  @Test("published at one node, resolved from another through two zones; a key's owner replaces what was there", arguments: [ZoneKind.edkey, .pkey])
  func publishing(_ kind: ZoneKind) throws {
    let (alice, bob) = (secret(kind, 1), secret(.edkey, 2))
    let found = try withTable(6) { table, nodes, network in
      let clock = network.clock
      func publish(_ lines: String, _ secret: ZoneSecret, _ table: TableBlocks) async throws -> ZonePublisher.Round {
        try await ZonePublisher(Zone.reading(Buffer(lines)).zone, by: secret, to: table, clock: clock).publish()
      }
      var rounds = [try await publish("www A 1h 192.0.2.80\nbob EDKEY 1h critical \(bob.publicKey.text)", alice, table)]
      rounds.append(try await publish("www A 1h 192.0.2.81", bob, TableBlocks(nodes[2])))
      #expect(rounds.map(\.kept) == [2, 1] && rounds.allSatisfy { $0.failures.isEmpty })
      var found = [try await Self.resolve("www.bob.\(alice.publicKey.text)", TableBlocks(nodes[4]), clock)]
      _ = try await publish("www A 2h 192.0.2.99", alice, TableBlocks(nodes[3]))
      found.append(try await Self.resolve("www.\(alice.publicKey.text)", table, clock))
      // Whoever says less now is not heard.
      let late = try await publish("www A 1m 192.0.2.98", alice, table)
      #expect(late.kept == 0 && late.failures.map(\.why) == ["one that holds longer is kept"])
      // More than a node takes.
      let long = try await publish("long TXT 1h \(String(repeating: "x", count: 900))", alice, table)
      #expect(long.failures.map(\.why) == ["expected at most 1000 bytes, found \(kind == .pkey ? 1_136 : 1_152)"])
      return found
    }
    #expect(found == [["192.0.2.81"], ["192.0.2.99"]])
  }

  @Test("nodes forget after two hours, and who stays publishes again")
  func republishing() throws {
    let alice = secret(.edkey, 1)
    let name = "www.\(alice.publicKey.text)"
    let found = try withTable(4) { table, _, network in
      let clock = network.clock
      let publisher = ZonePublisher(Zone.reading("www A 1d 192.0.2.80").zone, by: alice, to: table, clock: clock)
      _ = try await publisher.publish()
      try await clock.sleep(until: clock.now + .seconds(7_300))
      var found = [try await Self.resolve(name, table, clock)]
      network.start { try? await publisher.keepPublishing { _ in } }
      try await clock.sleep(until: clock.now + .seconds(20_000))
      found.append(try await Self.resolve(name, table, clock))
      return found
    }
    #expect(found == [[], ["192.0.2.80"]])
  }

  @Test("what nodes say of a block is explained to its last byte")
  func explained() throws {
    let block = try #require(Zone.reading("www A 1h 192.0.2.80").zone.blocks(by: secret(.edkey, 1), at: .simulationStart).first?.block)
    var reply = KRPCReply(from: NodeID(.zero))
    reply.item = Buffer(block.bytes)
    for body in [KRPCMessage.Body.query(KRPCQuery(from: NodeID(.zero), .put(item: Buffer(block.bytes), token: "secret"))), .reply(reply)] {
      let bytes = KRPCMessage(transaction: "aa", body).bytes
      let explanation = try #require(explainNodes(bytes))
      let item = explanation.fields[0].children.flatMap(\.children).first { $0.name == "item" }
      let parts = try #require(item?.children)
      #expect(parts.map(\.name) == ["size", "zone type", "zone key", "signature", "expiration", "data"])
      #expect(bytes[parts[0].range.lowerBound..<parts[5].range.upperBound] == Buffer(block.bytes))
    }
    #expect(block.query.target.bytes == Array(block.query.bytes.prefix(20)))
  }
}
