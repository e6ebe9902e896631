// Routing table, look-ups and nodes among one another, on a network that is nothing but a list of datagrams on their way.
@testable import BitTorrent
import Bytes
import TestKit
import Testing
import World

/// Many nodes, each a value; datagrams take 20 ms; time is where the next thing happens.
struct Crowd {
  struct Flying { var at: Instant; var from: Endpoint; var to: Endpoint; var bytes: Buffer }

  var now = Instant.simulationStart
  var nodes: [Endpoint: DHTNode] = [:]
  var order: [Endpoint] = []
  var deadlines: [Endpoint: Instant] = [:]
  var flying: [Flying] = []
  var told: [Endpoint: [DHTNode.Question]] = [:]
  /// Endpoints whose datagrams get lost.
  var silent: Set<Endpoint> = []
  var sent = 0

  static func setting(_ change: (inout DHTSetting) -> Void = { _ in }) -> DHTSetting {
    var setting = DHTSetting()
    setting.spread = .relaxed
    setting.limits.queriesPerAddressMax = 100_000
    setting.limits.replyBytesPerSecondMax = 1_000_000
    change(&setting)
    return setting
  }

  mutating func add(_ endpoint: Endpoint, _ setting: DHTSetting) {
    nodes[endpoint] = DHTNode(setting, key: HashKey(UInt64(endpoint.port), 7), chance: SeededRandom(seed: UInt64(endpoint.port) &* 31), at: now)
    order.append(endpoint)
    give(.opened, to: endpoint)
  }

  mutating func give(_ input: DHTNode.Input, to endpoint: Endpoint) {
    var actions: [DatagramAction<DHTNode.Question>] = []
    nodes[endpoint]?.handle(input, at: now, into: &actions)
    deadlines[endpoint] = nodes[endpoint]?.deadline
    for action in actions {
      switch action {
      case .send(let bytes, let remote):
        sent += 1
        #expect(bytes.count <= 1_200)
        if !silent.contains(endpoint) { flying.append(Flying(at: now + .milliseconds(20), from: endpoint, to: remote, bytes: bytes)) }
      case .ask(let question): told[endpoint, default: []].append(question)
      case .note: break
      }
    }
  }

  mutating func run(for duration: Duration) {
    let end = now + duration
    while true {
      let arrival = flying.indices.min { flying[$0].at < flying[$1].at }
      let timer = order.compactMap { endpoint in deadlines[endpoint].map { (endpoint, $0) } }.min { $0.1 < $1.1 }
      let next = min(arrival.map { flying[$0].at } ?? end, timer?.1 ?? end)
      guard next < end else { break }
      now = max(now, next)
      if let arrival, flying[arrival].at <= now {
        let datagram = flying.remove(at: arrival)
        if !silent.contains(datagram.to) { give(.received(datagram.bytes, from: datagram.from), to: datagram.to) }
      } else if let timer {
        give(.deadlineReached, to: timer.0)
      }
    }
    now = end
  }

  func report(of endpoint: Endpoint) -> LookUpReport? {
    for case .finished(_, let report)? in (told[endpoint] ?? []).reversed().map(Optional.some) { return report }
    return nil
  }

  func peers(of endpoint: Endpoint) -> Set<Endpoint> {
    let found = (told[endpoint] ?? []).flatMap { question -> [Endpoint] in
      guard case .peers(_, let peers) = question else { return [] }
      return Array(peers)
    }
    return Set(found)
  }
}

func endpoint(_ number: Int) -> Endpoint { Endpoint(Address(10, UInt8(number / 250 + 1), UInt8(number % 250), 1), UInt16(6_881 + number)) }
private let torrent = InfoHash(Bits160(Array("a torrent's info hash".utf8.prefix(20))) ?? .zero)

/// A network of nodes, each of which was told of the first one only.
func crowd(_ count: Int, _ change: (inout DHTSetting) -> Void = { _ in }) -> Crowd {
  var crowd = Crowd()
  for number in 0..<count {
    crowd.add(endpoint(number), Crowd.setting { setting in
      if number > 0 { setting.bootstrap = [endpoint(0)] }
      change(&setting)
    })
    crowd.run(for: .milliseconds(200))
  }
  crowd.run(for: .seconds(20))
  return crowd
}

@Suite("DHT: routing table")
struct RoutingTableTests {
  let now = Instant.simulationStart
  static let own = NodeID(.zero)

  /// An id that shares `depth` bits with the own one.
  static func id(_ depth: Int, _ number: UInt8) -> NodeID {
    var bytes = [UInt8](repeating: 0, count: 20)
    bytes[depth >> 3] = UInt8(0x80) >> UInt8(depth & 7)
    bytes[19] |= number
    return Bits160(bytes).map { NodeID($0) } ?? own
  }

  static func contact(_ depth: Int, _ number: UInt8, network: UInt8? = nil) -> NodeContact {
    NodeContact(id(depth, number), Endpoint(Address(10, UInt8(depth), network ?? number, number), 6_881))
  }

  func table(_ spread: NodeSpread = .strict) -> RoutingTable { RoutingTable(own: Self.own, spread: spread, limits: DHTLimits(), at: now) }

  @Test("a far bucket holds eight; buckets split only towards the own id", .spec("BEP 5"))
  func splitting() {
    var table = table()
    for number in 1...20 as ClosedRange<UInt8> {
      let noted = table.noteAnswer(Self.contact(0, number), at: now)
      #expect((noted == .kept) == (number <= 8))
    }
    #expect(table.count == 8)
    for depth in 1..<12 { for number in 1...3 as ClosedRange<UInt8> { #expect(table.noteAnswer(Self.contact(depth, number), at: now) == .kept) } }
    #expect(table.count == 41)
    #expect(table.bucketCount > 5)
    #expect(table.noteAnswer(NodeContact(Self.own, endpoint(1)), at: now) == .refused("it has our id"))
    #expect(table.nearest(to: Self.own.bits, count: 3).map(\.id) == [Self.id(11, 1), Self.id(11, 2), Self.id(11, 3)])
  }

  @Test("who fails twice makes room for who has answered, who is doubted is asked first", .spec("BEP 5"))
  func replacing() {
    var table = table()
    for number in 1...8 as ClosedRange<UInt8> { _ = table.noteAnswer(Self.contact(0, number), at: now + .seconds(Int(number))) }
    #expect(table.noteAnswer(Self.contact(0, 9), at: now + .seconds(60)) == .spare(doubted: nil))
    let later = now + .seconds(1_000)
    #expect(table.noteAnswer(Self.contact(0, 10), at: later) == .spare(doubted: Self.contact(0, 1)))
    // Who asked lately is as good as who answered lately.
    table.noteQuery(Self.contact(0, 1), at: later)
    #expect(table.noteAnswer(Self.contact(0, 11), at: later) == .spare(doubted: Self.contact(0, 2)))
    table.noteFailure(Self.contact(0, 2), at: later)
    #expect(table.entries.contains { $0.contact == Self.contact(0, 2) })
    table.noteFailure(Self.contact(0, 2), at: later)
    #expect(!table.entries.contains { $0.contact == Self.contact(0, 2) })
    #expect(table.entries.contains { $0.contact == Self.contact(0, 11) })
    #expect(table.count == 8)
  }

  @Test("one node of an address, one of a network in a bucket, unless all is one machine", arguments: [NodeSpread.strict, .relaxed])
  func crowding(_ spread: NodeSpread) {
    var table = table(spread)
    let isStrict = spread == .strict
    #expect(table.noteAnswer(Self.contact(3, 1, network: 7), at: now) == .kept)
    #expect((table.noteAnswer(Self.contact(3, 2, network: 7), at: now) == .kept) == !isStrict)
    let sameAddress = NodeContact(Self.id(90, 1), Endpoint(Self.contact(3, 1, network: 7).endpoint.address, 9))
    #expect((table.noteAnswer(sameAddress, at: now) == .kept) == !isStrict)
    #expect(table.hasRoom(for: Self.contact(3, 3, network: 7)) == !isStrict)
    #expect(table.hasRoom(for: Self.contact(3, 3, network: 8)))
  }

  @Test("a stranger does not take the id of somebody who answers")
  func impostor() {
    var table = table()
    _ = table.noteAnswer(Self.contact(3, 1), at: now)
    let impostor = NodeContact(Self.id(3, 1), endpoint(77))
    #expect(table.noteAnswer(impostor, at: now) == .refused("its id is another node's"))
    for _ in 0..<2 { table.noteFailure(Self.contact(3, 1), at: now) }
    #expect(table.noteAnswer(impostor, at: now) == .kept)
    #expect(table.count == 1)
  }

  @Test("every bucket is refreshed after fifteen minutes, by an id of its own", .spec("BEP 5"))
  func refreshing() {
    var table = table()
    var chance = SeededRandom(seed: 1)
    for depth in 0..<6 { for number in 1...6 as ClosedRange<UInt8> { _ = table.noteAnswer(Self.contact(depth, number), at: now) } }
    #expect(table.refresh(at: now + .seconds(899), using: &chance) == nil)
    #expect(table.refreshDue == now + .seconds(900))
    var depths: [Int] = []
    while let id = table.refresh(at: now + .seconds(900), using: &chance) { depths.append(id.bits.leadingZeroBitCount) }
    #expect(depths.count == table.bucketCount)
    #expect(depths.dropLast().elementsEqual(0..<(table.bucketCount - 1)))
    #expect((depths.last ?? 0) >= table.bucketCount - 1)
  }
}

@Suite("DHT: nodes among one another", .serialized)
struct DHTNodeTests {
  @Test("from one entrance all get to know one another, and a peer announced by one is found by another", .spec("BEP 5"), arguments: [3, 12, 24])
  func meeting(_ count: Int) {
    var crowd = crowd(count)
    for number in 0..<count { #expect((crowd.nodes[endpoint(number)]?.contacts.count ?? 0) >= min(count - 1, 8)) }
    crowd.give(.peersWanted(Ticket(), torrent, announcing: PeerAnnouncement(port: 50_000)), to: endpoint(1))
    crowd.run(for: .seconds(20))
    let announced = crowd.report(of: endpoint(1))
    #expect(announced?.announcedTo == min(8, count - 1))
    crowd.give(.peersWanted(Ticket(number: 1), torrent, announcing: nil), to: endpoint(2))
    crowd.run(for: .seconds(20))
    #expect(crowd.peers(of: endpoint(2)) == [Endpoint(endpoint(1).address, 50_000)])
    // The eight nearest of all have it, as far as they are not the announcer himself.
    let nearest = crowd.order.filter { $0 != endpoint(1) }.sorted { a, b in
      (crowd.nodes[a]?.id.bits ?? .zero) ^ torrent.bits < (crowd.nodes[b]?.id.bits ?? .zero) ^ torrent.bits
    }.prefix(8)
    #expect(nearest.count { (crowd.nodes[$0]?.storedPeers ?? 0) == 1 } >= min(7, count - 1))
  }

  @Test("two nodes alone: what one announced is found by the other, at itself")
  func pair() {
    var crowd = crowd(2)
    crowd.give(.peersWanted(Ticket(), torrent, announcing: PeerAnnouncement(port: 50_000)), to: endpoint(1))
    crowd.run(for: .seconds(20))
    #expect(crowd.report(of: endpoint(1))?.announcedTo == 1 && crowd.peers(of: endpoint(1)) == [])
    crowd.give(.peersWanted(Ticket(number: 1), torrent, announcing: nil), to: endpoint(0))
    crowd.run(for: .seconds(20))
    #expect(crowd.peers(of: endpoint(0)) == [Endpoint(endpoint(1).address, 50_000)] && crowd.report(of: endpoint(0))?.peersFound == 1)
  }

  @Test("what is kept here and there is told once")
  func twice() {
    var crowd = crowd(3)
    crowd.give(.peersWanted(Ticket(), torrent, announcing: PeerAnnouncement(port: 50_000)), to: endpoint(2))
    crowd.run(for: .seconds(20))
    #expect([0, 1].allSatisfy { crowd.nodes[endpoint($0)]?.storedPeers == 1 })
    crowd.give(.peersWanted(Ticket(number: 1), torrent, announcing: nil), to: endpoint(0))
    crowd.run(for: .seconds(20))
    let found = crowd.told[endpoint(0)]?.flatMap { report -> [Endpoint] in if case .peers(Ticket(number: 1), let peers) = report { Array(peers) } else { [] } }
    #expect(found == [Endpoint(endpoint(2).address, 50_000)])
  }

  @Test("a look-up gets past nodes that are silent, and past those that are gone it comes back to the rest")
  func silence() {
    var crowd = crowd(24)
    for number in stride(from: 3, to: 24, by: 3) { crowd.silent.insert(endpoint(number)) }
    crowd.give(.peersWanted(Ticket(), torrent, announcing: PeerAnnouncement(port: 50_000)), to: endpoint(1))
    crowd.run(for: .seconds(60))
    #expect(crowd.report(of: endpoint(1))?.announcedTo == 8)
    crowd.give(.peersWanted(Ticket(number: 1), torrent, announcing: nil), to: endpoint(2))
    crowd.run(for: .seconds(60))
    #expect(crowd.peers(of: endpoint(2)).count == 1)
  }

  @Test("a node comes back as itself, from what it wrote down")
  func restoring() throws {
    var crowd = crowd(12)
    crowd.give(.stateWanted, to: endpoint(5))
    guard case .state(let state)? = crowd.told[endpoint(5)]?.last else { throw Missing("the state") }
    #expect(state.contacts.count >= 8)
    #expect(DHTState(state.bytes) == state)
    #expect(DHTState("d2:id3:abce") == nil)
    crowd.nodes[endpoint(5)] = nil
    crowd.deadlines[endpoint(5)] = nil
    crowd.order.removeAll { $0 == endpoint(5) }
    crowd.add(endpoint(5), Crowd.setting { $0.restored = DHTState(state.bytes) })
    crowd.run(for: .seconds(10))
    #expect(crowd.nodes[endpoint(5)]?.id == state.id)
    // The nearest ones at least have been asked.
    #expect((crowd.nodes[endpoint(5)]?.contacts.count ?? 0) >= 6)
  }

  @Test("without anybody a look-up ends at once, and the entrance is tried again")
  func alone() {
    var crowd = Crowd()
    crowd.add(endpoint(1), Crowd.setting { $0.bootstrap = [endpoint(0)] })
    crowd.run(for: .seconds(30))
    crowd.give(.nodesWanted(Ticket(), NodeID(torrent.bits)), to: endpoint(1))
    crowd.run(for: .seconds(10))
    #expect(crowd.report(of: endpoint(1))?.nodes == [])
    crowd.add(endpoint(0), Crowd.setting())
    crowd.run(for: .seconds(60))
    #expect(crowd.nodes[endpoint(1)]?.contacts.count == 1)
  }

  @Test("who only asks is answered, and nobody gets to know him", .spec("BEP 43"))
  func readOnly() {
    var crowd = crowd(10)
    crowd.add(endpoint(99), Crowd.setting { setting in
      setting.isReadOnly = true
      setting.bootstrap = [endpoint(0)]
    })
    crowd.run(for: .seconds(20))
    #expect((crowd.nodes[endpoint(99)]?.contacts.count ?? 0) >= 8)
    for number in 0..<10 { #expect(crowd.nodes[endpoint(number)]?.contacts.contains { $0.endpoint == endpoint(99) } == false) }
  }

  @Test("a node that several see at one address takes an id that belongs there", .spec("BEP 42"))
  func renaming() {
    var crowd = Crowd()
    func outside(_ number: Int) -> Endpoint { Endpoint(Address(80, UInt8(number), 7, 9), UInt16(6_881 + number)) }
    for number in 0..<12 { crowd.add(outside(number), Crowd.setting { if number > 0 { $0.bootstrap = [outside(0)] } }) }
    crowd.run(for: .seconds(120))
    for number in 0..<12 { #expect(crowd.nodes[outside(number)]?.id.belongs(to: outside(number).address) == true) }
    #expect(crowd.told[outside(3)]?.contains { if case .renamed = $0 { true } else { false } } == true)
  }

  @Test("the same seeds, the same datagrams") func repeatable() { #expect(crowd(10).sent == crowd(10).sent) }
}

@Suite("DHT: attacks")
struct DHTAttackTests {
  let now = Instant.simulationStart
  static let (honest, attacker) = (Endpoint(Address(203, 0, 113, 2), 6_881), Endpoint(Address(198, 51, 100, 66), 6_881))

  /// Hands datagrams to one node and reads what it sends.
  final class Bench {
    var node: DHTNode
    var now = Instant.simulationStart
    init(_ change: (inout DHTSetting) -> Void = { _ in }) {
      var setting = DHTSetting()
      change(&setting)
      node = DHTNode(setting, key: HashKey(1, 2), chance: SeededRandom(seed: 1), at: .simulationStart)
    }
    func receive(_ bytes: Buffer, from remote: Endpoint) -> [(bytes: Buffer, to: Endpoint)] {
      var actions: [DatagramAction<DHTNode.Question>] = []
      node.handle(.received(bytes, from: remote), at: now, into: &actions)
      return actions.compactMap { if case .send(let bytes, let remote) = $0 { (bytes, remote) } else { nil } }
    }
    func ask(_ method: KRPCQuery.Method, from remote: Endpoint, id: NodeID = DHTMessageTests.abc) -> KRPCMessage.Body? {
      receive(KRPCMessage(transaction: "aa", .query(KRPCQuery(from: id, method))).bytes, from: remote).compactMap { try? KRPCMessage($0.bytes) }.first { $0.transaction == "aa" }?.body
    }
    func token(for remote: Endpoint) -> Buffer? {
      guard case .reply(let reply) = ask(.getPeers(torrent), from: remote) else { return nil }
      return reply.token
    }
  }

  @Test("a token of another address is refused, so nobody announces a stranger", .spec("BEP 5"))
  func token() throws {
    let bench = Bench()
    let token = try #require(bench.token(for: Self.honest))
    let announcement = KRPCQuery.Method.announcePeer(torrent, port: 80, impliesPort: false, token: token)
    #expect(bench.ask(announcement, from: Self.attacker) == .failure(KRPCFailure(.malformed, "bad token")))
    #expect(bench.node.storedPeers == 0)
    guard case .reply = bench.ask(announcement, from: Self.honest) else { throw Missing("an answer") }
    guard case .reply(let reply) = bench.ask(.getPeers(torrent), from: Self.attacker) else { throw Missing("an answer") }
    #expect(reply.peers == [Endpoint(Self.honest.address, 80)])
    #expect(bench.ask(.announcePeer(torrent, port: 0, impliesPort: false, token: token), from: Self.honest) == .failure(KRPCFailure(.malformed, "expected a port from 1 to 65535")))
    #expect(bench.ask(.other("vote"), from: Self.honest) == .failure(KRPCFailure(.unknownMethod, "no method is called vote")))
  }

  @Test("a method that nobody knows draws no longer answer than its question", arguments: [1, 20, 200, 2_000, 20_000])
  func echo(_ length: Int) {
    let query = KRPCMessage(transaction: "aa", .query(KRPCQuery(from: DHTMessageTests.abc, .other(Buffer(repeatElement(0x80, count: length)))))).bytes
    let answers = Bench().receive(query, from: Self.attacker).map(\.bytes.count)
    #expect((answers.max() ?? 0) <= query.count + 120, "\(answers) for \(query.count)")
  }

  @Test("who asks under a false address is not got to know")
  func spoofed() {
    let bench = Bench()
    var chance = SeededRandom(seed: 1)
    for number in 0..<1_000 {
      _ = bench.ask(.ping, from: Endpoint(.v4(UInt32(number) << 8 | 1), 6_881), id: .random(using: &chance))
    }
    #expect(bench.node.contacts.isEmpty)
    #expect(bench.node.pending.count <= DHTLimits().strangersMax)
  }

  @Test("answers to queries that were never sent change nothing")
  func unasked() {
    let bench = Bench()
    var chance = SeededRandom(seed: 1)
    for _ in 0..<300 {
      var reply = KRPCReply(from: .random(using: &chance))
      reply.nodes = [NodeContact(.random(using: &chance), Self.attacker)]
      var transaction = Buffer()
      transaction.append(integer: UInt32.random(in: .min ... .max, using: &chance))
      #expect(bench.receive(KRPCMessage(transaction: transaction, .reply(reply)).bytes, from: Self.attacker).isEmpty)
    }
    #expect(bench.node.contacts.isEmpty)
  }

  @Test("one attacker with many ids and one network gets one place in a bucket, and with proper ids asked for, none")
  func sybil() {
    for requires in [false, true] {
      var crowd = Crowd()
      func honest(_ number: Int) -> Endpoint { Endpoint(Address(80, UInt8(number), 7, 9), 6_881) }
      let victim = honest(0)
      crowd.add(victim, Crowd.setting { setting in
        setting.spread = .strict
        setting.requiresProperIDs = requires
      })
      var chance = SeededRandom(seed: 3)
      for number in 1..<20 {
        let id = NodeID.random(for: honest(number).address, using: &chance)
        crowd.add(honest(number), Crowd.setting { setting in
          setting.bootstrap = [victim]
          setting.restored = DHTState(id: id, contacts: [])
        })
      }
      crowd.run(for: .seconds(60))
      // Many ids beside the torrent's, all from one network.
      for number in 1..<30 {
        var bytes = torrent.bits.bytes
        bytes[19] = UInt8(number)
        bytes[18] = 0
        var setting = Crowd.setting { $0.bootstrap = [victim] }
        setting.restored = DHTState(id: NodeID(Bits160(bytes) ?? .zero), contacts: [])
        setting.limits.votesNeeded = 1_000
        crowd.add(Endpoint(Address(66, 66, 66, UInt8(number)), 6_881), setting)
      }
      crowd.run(for: .seconds(30))
      let known = crowd.nodes[victim]?.contacts ?? []
      #expect(known.count { $0.endpoint.address.network == Address(66, 66, 66, 0) } <= (requires ? 0 : 1))
      crowd.give(.peersWanted(Ticket(), torrent, announcing: PeerAnnouncement(port: 1)), to: victim)
      crowd.run(for: .seconds(30))
      let nodes = crowd.report(of: victim)?.nodes ?? []
      #expect(nodes.count == 8)
      #expect(nodes.count { $0.endpoint.address.network == Address(66, 66, 66, 0) } <= (requires ? 0 : 1))
    }
  }

  @Test("one address that asks without end is not answered without end, and garbage is not answered at all")
  func flood() {
    let bench = Bench()
    var sent = 0
    for number in 0..<5_000 {
      bench.now = .simulationStart + .milliseconds(number)
      sent += bench.receive(KRPCMessage(transaction: "aa", .query(KRPCQuery(from: DHTMessageTests.abc, .getPeers(torrent)))).bytes, from: Self.attacker).count
    }
    #expect(sent <= 60)
    var chance = SeededRandom(seed: 1)
    for _ in 0..<1_000 {
      let bytes = (0..<Int.random(in: 0...60, using: &chance)).map { _ in UInt8.random(in: 0...255, using: &chance) }
      #expect(bench.receive(Buffer([UInt8(ascii: "d")] + bytes), from: Self.honest).isEmpty)
    }
  }
}
