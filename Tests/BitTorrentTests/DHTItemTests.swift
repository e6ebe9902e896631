// Items in the table: given to the nearest nodes, found from elsewhere, refused without proof or room, and never sent to who has not shown a token.
// Read before: DHTNodeTests.swift, which has the crowd and the bench. Not here: blocks of names, the items there are (HostTests/NameTableTests).
@testable import BitTorrent
import Bytes
import TestKit
import Testing
import World

/// Items for tests: twenty bytes of target, one that says after how many seconds it expires, one that is 1 in what is genuine, and anything.
private struct PlainRule: DHTItemRule {
  /// Whether it lets everything pass.
  var isCareless = false

  func head(of item: Buffer) throws(SyntaxError) -> DHTItemHead {
    guard let target = Bits160(item[0..<20]), let seconds = item[at: 20], item.count >= 22 else { throw SyntaxError(expected: "22 bytes", at: 0, rule: "test") }
    return DHTItemHead(target: target, expires: .simulationStart + .seconds(Int(seconds) * 1_000))
  }

  func isGenuine(_ item: Buffer) -> Bool { isCareless || item[at: 21] == 1 }
}

private let target = Bits160(Array("where the item is...".utf8)) ?? .zero

/// An item that expires after so many thousand seconds.
private func item(_ thousands: UInt8, genuine: Bool = true, at target: Bits160 = target, _ more: Int = 0) -> Buffer {
  Buffer(target.bytes + [thousands, genuine ? 1 : 0] + Array(repeating: 7, count: more))
}

private func keeping(_ setting: inout DHTSetting) { setting.items = PlainRule() }

@Suite("DHT: items among nodes", .serialized)
struct DHTItemCrowdTests {
  private func give(_ crowd: inout Crowd, _ item: Buffer, by number: Int) throws -> LookUpReport {
    crowd.give(.itemGiven(Ticket(), item), to: endpoint(number))
    crowd.run(for: .seconds(20))
    return try needed(crowd.report(of: endpoint(number)))
  }

  private func find(_ crowd: inout Crowd, by number: Int) throws -> LookUpReport {
    crowd.give(.itemWanted(Ticket(number: 1), target), to: endpoint(number))
    crowd.run(for: .seconds(20))
    return try needed(crowd.report(of: endpoint(number)))
  }

  @Test("the nearest nodes keep what one gives, whoever asks finds it, and the one that holds longest stands", arguments: [3, 24])
  func meeting(_ count: Int) throws {
    var crowd = crowd(count, keeping)
    #expect(try find(&crowd, by: 2).item == nil)
    let given = try give(&crowd, item(2), by: 1)
    #expect(given.keptBy >= min(8, count) && given.refusal == nil)
    let nearest = crowd.order.sorted { a, b in (crowd.nodes[a]?.id.bits ?? .zero) ^ target < (crowd.nodes[b]?.id.bits ?? .zero) ^ target }.prefix(8)
    #expect(nearest.count { crowd.nodes[$0]?.storedItems == 1 } >= min(7, count))
    for number in 0..<count { #expect(try find(&crowd, by: number).item == item(2)) }
    #expect(try give(&crowd, item(3), by: 0).keptBy >= min(8, count))
    #expect(try find(&crowd, by: 2).item == item(3))
    let old = try give(&crowd, item(1), by: 2)
    #expect(old.keptBy == 0 && old.refusal?.code == 302)
    // It is forgotten two hours after it was put last, whatever it says of itself.
    let long = try give(&crowd, item(200), by: 1)
    #expect(long.keptBy > 0)
    crowd.run(for: .seconds(7_200))
    #expect(try find(&crowd, by: 2).item == nil)
  }

  @Test("who only asks gives and finds too, keeps nothing, and gets past silent holders")
  func client() throws {
    var crowd = crowd(24, keeping)
    crowd.add(endpoint(99), Crowd.setting { setting in
      keeping(&setting)
      setting.isReadOnly = true
      setting.bootstrap = [endpoint(0)]
    })
    #expect(try give(&crowd, item(2), by: 99).keptBy == 8)
    #expect(crowd.nodes[endpoint(99)]?.storedItems == 0)
    let holders = crowd.order.filter { crowd.nodes[$0]?.storedItems == 1 }
    crowd.silent = Set(holders.dropLast())
    #expect(try find(&crowd, by: 99).item == item(2))
  }

  @Test("who claims to have one that holds longer, and sends what is none, is passed over")
  func liars() throws {
    var crowd = crowd(12, keeping)
    #expect(try give(&crowd, item(2), by: 1).keptBy == 8)
    // Nodes that believe anything, nearest of all; somebody like them puts a forgery.
    for number in 50..<54 {
      var bytes = target.bytes
      bytes[19] ^= UInt8(number)
      crowd.add(endpoint(number), Crowd.setting { setting in
        setting.items = PlainRule(isCareless: true)
        setting.bootstrap = [endpoint(0)]
        setting.restored = DHTState(id: NodeID(Bits160(bytes) ?? .zero), contacts: [])
      })
      crowd.run(for: .seconds(10))
    }
    let forged = try give(&crowd, item(9, genuine: false), by: 50)
    #expect((1...4).contains(forged.keptBy) && forged.refusal?.code == 206)
    #expect(try find(&crowd, by: 3).item == item(2))
    // Too long for a datagram: nobody is asked.
    let long = try give(&crowd, item(9, 1_000), by: 1)
    #expect(long.refusal?.code == 205 && long.asked == 0)
  }
}

@Suite("DHT: items at one node")
struct DHTItemTests {
  private typealias Bench = DHTAttackTests.Bench

  private static let (honest, attacker) = (DHTAttackTests.honest, DHTAttackTests.attacker)

  private static func code(_ body: KRPCMessage.Body?) -> Int64? {
    switch body {
    case .failure(let failure): failure.code
    case .reply: 0
    default: nil
    }
  }

  private static func put(_ item: Buffer, at bench: Bench, from remote: Endpoint = honest, token: Buffer? = nil) throws -> Int64? {
    code(bench.ask(.put(item: item, token: try token ?? needed(bench.token(for: remote))), from: remote))
  }

  private static func lookup(_ bench: Bench, from remote: Endpoint = attacker, token: Buffer? = nil) throws -> KRPCReply {
    guard case .reply(let reply) = bench.ask(.get(target: target, token: token), from: remote) else { throw Missing("an answer") }
    return reply
  }

  @Test("what is not kept, and why: 0 is kept")
  func refusing() throws {
    let bench = Bench(keeping)
    bench.now = .simulationStart + .seconds(1_000)
    #expect(try Self.put(item(2), at: bench, token: bench.token(for: Self.attacker)) == 203)
    #expect(try Self.put(item(2, 979), at: bench) == 205)
    #expect(try Self.put("short", at: bench) == 203)
    #expect(try Self.put(item(1), at: bench) == 203)
    #expect(try Self.put(item(2, genuine: false), at: bench) == 206)
    #expect(bench.node.storedItems == 0)
    #expect(try Self.put(item(3, 978), at: bench) == 0)
    #expect(try Self.put(item(2), at: bench) == 302)
    #expect(try Self.put(item(3, 978), at: bench, from: Self.attacker) == 0)
    #expect(bench.node.storedItems == 1)
    bench.now = .simulationStart + .seconds(3_000)
    #expect(try Self.lookup(bench).itemExpires == nil)
    #expect(try Self.put(item(9), at: Bench()) == 202)
  }

  @Test("without a token there is no item, and no answer is much longer than its question")
  func amplifying() throws {
    let bench = Bench(keeping)
    // Eight nodes that it can name.
    for number in 0..<8 {
      _ = bench.node.table.noteAnswer(NodeContact(RoutingTableTests.id(0, UInt8(number + 1)), endpoint(number)), at: bench.now)
    }
    #expect(try Self.put(item(2, 978), at: bench) == 0)
    let plain = try Self.lookup(bench)
    #expect(plain.item == nil && plain.itemExpires == .simulationStart + .seconds(2_000) && plain.nodes?.count == 8)
    // The shortest question there is.
    var question: Buffer = "d1:ad2:id20:abcdefghij01234567896:target20:"
    question.append(target.bytes)
    question.append("e1:q3:get1:t0:1:y1:qe" as StaticString)
    let longest = bench.receive(question, from: Self.attacker).map(\.bytes.count).max() ?? 0
    #expect(longest > 0 && longest <= 5 * question.count, "\(longest) for \(question.count)")
    let shown = try Self.lookup(bench, token: plain.token)
    #expect(shown.item == item(2, 978) && shown.nodes == nil && shown.token == nil)
    #expect(try Self.lookup(bench, from: Self.honest, token: plain.token).item == nil)
  }

  @Test("signatures are checked only so often, and what is kept already needs no check")
  func checking() throws {
    let bench = Bench { setting in
      keeping(&setting)
      setting.limits.itemChecksPerSecondMax = 3
    }
    let items = (0..<5).map { item(9, at: NodeID.random(for: Self.honest.address, number: $0).bits) }
    #expect(try items.map { try Self.put($0, at: bench) } == [0, 0, 0, 202, 202])
    #expect(try items.map { try Self.put($0, at: bench) } == [0, 0, 0, 202, 202])
    bench.now = bench.now + .seconds(1)
    #expect(try items.map { try Self.put($0, at: bench) } == [0, 0, 0, 0, 0])
  }

  @Test("an item counts for who put it first, whoever puts it again")
  func owners() throws {
    let bench = Bench { setting in
      keeping(&setting)
      setting.limits.itemsPerAddressMax = 1
    }
    let items = (0..<3).map { item(9, at: NodeID.random(for: Self.honest.address, number: $0).bits) }
    #expect(try Self.put(items[0], at: bench) == 0)
    #expect(try Self.put(items[0], at: bench, from: Self.attacker) == 0)
    #expect(try Self.put(items[1], at: bench) == 202)
    #expect(try Self.put(items[2], at: bench, from: Self.attacker) == 0)
  }

  @Test("each address has its share, and when all is full whoever has put the most gives way")
  func room() {
    var limits = DHTLimits()
    (limits.itemsMax, limits.itemsPerAddressMax) = (10, 8)
    var store = ItemStore(limits: limits)
    let now = Instant.simulationStart
    func id(_ number: Int) -> Bits160 { NodeID.random(for: .loopback, number: number).bits }
    func keep(_ number: Int, _ address: Address, _ now: Instant) -> Bool {
      guard store.hasRoom(for: id(number), of: address, at: now) else { return false }
      store.keep("item", DHTItemHead(target: id(number), expires: now + .seconds(100_000)), of: address, at: now)
      return true
    }
    let (greedy, modest) = (Address.v6(0x2001_0DB8_0000_0000, 1), Address(10, 0, 0, 1))
    // One network of IPv6 is one.
    #expect((0..<8).allSatisfy { keep($0, .v6(0x2001_0DB8_0000_0000, UInt64($0)), now) })
    #expect(!keep(8, greedy, now) && keep(3, greedy, now))
    #expect((20..<25).allSatisfy { keep($0, modest, now) })
    #expect(store.count == 10)
    // What it put again is its newest.
    #expect((0..<8).filter { store.item(at: id($0), at: now) != nil } == [3, 4, 5, 6, 7])
    #expect((20..<25).allSatisfy { store.item(at: id($0), at: now) != nil })
    // After two hours there is room again.
    let later = now + .seconds(7_200)
    #expect(store.item(at: id(20), at: later) == nil)
    #expect((30..<38).allSatisfy { keep($0, greedy, later) } && store.count == 8)
  }
}

extension NodeID {
  fileprivate static func random(for address: Address, number: Int) -> NodeID {
    var chance = SeededRandom(seed: UInt64(number) + 1)
    return random(for: address, using: &chance)
  }
}
