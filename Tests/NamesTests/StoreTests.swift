// Nodes that keep blocks: messages, and a few nodes that pass requests on to whoever is nearest.
@testable import Names
import Bytes
import Testing
import Trace
import World

@Suite struct StoreTests {
  private static let now = Instant.simulationStart
  private static func endpoint(_ last: UInt8) -> Endpoint { Endpoint(Address(192, 0, 2, last), StoreNode.port) }
  private static let client = Endpoint(Address(203, 0, 113, 1), 50_000)

  /// Nodes 1 to `count`, all of which know each other.
  private static func nodes(_ count: UInt8) -> [Endpoint: StoreNode] {
    var nodes: [Endpoint: StoreNode] = [:]
    for last in 1...count {
      nodes[endpoint(last)] = StoreNode(
        NodePlace(of: "store\(last)"), neighbours: (1...count).filter { $0 != last }.map { StoreNode.Neighbour(NodePlace(of: "store\($0)"), endpoint($0)) })
    }
    return nodes
  }

  private static func block(_ label: String) throws -> ZoneBlock {
    var chance = SeededRandom(seed: 4)
    let record = ZoneRecord(.a, [192, 0, 2, 9], expiration: now.microseconds + 60_000_000)
    return try #require(ZoneBlock(RecordSet([record]), under: try ZoneLabel(label), by: ZoneSecret(.pkey, using: &chance)))
  }

  /// Hands `request` to the node at `endpoint` and carries what is said from node to node until the client gets an answer.
  private static func ask(_ nodes: inout [Endpoint: StoreNode], _ request: StoreMessage, at endpoint: Endpoint) throws -> StoreMessage? {
    var waiting = [(from: client, to: endpoint, bytes: request.bytes)]
    while !waiting.isEmpty {
      let (from, to, bytes) = waiting.removeFirst()
      if to == client { return try StoreMessage(reading: bytes) }
      var actions: [DatagramAction<Never>] = []
      nodes[to]?.handle(.received(bytes, from: from), at: now, into: &actions)
      for case .send(let bytes, let next) in actions { waiting.append((to, next, bytes)) }
    }
    return nil
  }

  @Test("wherever a block is handed in it lands at one node, and is found from every other", arguments: ["www", "ftp", "mail", "shop", "@"])
  func finding(_ label: String) throws {
    var nodes = Self.nodes(6)
    let block = try Self.block(label)
    let stored = try Self.ask(&nodes, StoreMessage(.put, id: 7, query: block.query, block: block.bytes), at: Self.endpoint(1))
    #expect(stored?.kind == .stored && stored?.id == 7)
    #expect(nodes.values.map(\.shelf.count).sorted() == [0, 0, 0, 0, 0, 1])
    for last in UInt8(1)...6 {
      let found = try Self.ask(&nodes, StoreMessage(.get, id: 9, query: block.query), at: Self.endpoint(last))
      #expect(found?.kind == .found && found?.block == block.bytes && found?.id == 9)
      #expect(found?.hops == (nodes[Self.endpoint(last)]?.shelf.count == 1 ? 0 : 1))
    }
    let other = try Self.block("other")
    #expect(try Self.ask(&nodes, StoreMessage(.get, id: 1, query: other.query), at: Self.endpoint(2))?.kind == .missing)
    #expect(try Self.ask(&nodes, StoreMessage(.put, id: 1, query: other.query, block: block.bytes), at: Self.endpoint(2))?.kind == .refused)
  }

  @Test("a full shelf lets go what was put longest ago, however far off it expires; what is put again is new")
  func full() throws {
    let (first, second, third) = (try Self.block("a"), try Self.block("b"), try Self.block("c"))
    for bounds in [(2, 1_000_000), (100, 2 * first.bytes.count)] {
      var limits = Limits()
      (limits.blocksMax, limits.shelfBytesMax) = bounds
      var shelf = BlockShelf(limits: limits)
      try shelf.put(first.query, first.bytes, at: Self.now)
      try shelf.put(second.query, second.bytes, at: Self.now)
      try shelf.put(first.query, first.bytes, at: Self.now)
      try shelf.put(third.query, third.bytes, at: Self.now)
      #expect(shelf.get(first.query, at: Self.now) == first.bytes && shelf.get(third.query, at: Self.now) == third.bytes)
      #expect(shelf.get(second.query, at: Self.now) == nil)
      #expect(shelf.count == 2 && shelf.byteCount == first.bytes.count + third.bytes.count)
      for _ in 0..<1_000 { try shelf.put(first.query, first.bytes, at: Self.now) }
      #expect(shelf.get(first.query, at: Self.now + .seconds(61)) == nil && shelf.byteCount == third.bytes.count)
    }
  }

  @Test("answers have a bound together, since who asks may be somewhere else than he says")
  func answers() throws {
    let block = try Self.block("www")
    var limits = Limits()
    limits.answerBytesPerSecondMax = 5_000
    var node = StoreNode(NodePlace(of: "store1"), neighbours: [], limits: limits)
    var actions: [DatagramAction<Never>] = []
    func answered(at now: Instant) -> Int {
      actions = []
      for id in UInt16(0)..<100 { node.handle(.received(StoreMessage(.get, id: id, query: block.query).bytes, from: Self.client), at: now, into: &actions) }
      return actions.reduce(0) { if case .send(let bytes, _) = $1 { $0 + bytes.count } else { $0 } }
    }
    node.handle(.received(StoreMessage(.put, id: 1, query: block.query, block: block.bytes).bytes, from: Self.client), at: Self.now, into: &actions)
    #expect(node.shelf.count == 1)
    #expect((4_000...5_000).contains(answered(at: Self.now)) && answered(at: Self.now) == 0)
    #expect((2_000...2_600).contains(answered(at: Self.now + .milliseconds(500))))
    #expect((4_000...5_000).contains(answered(at: Self.now + .seconds(50_000))))
    // What is to be kept is looked at only so often.
    limits.checksPerSecondMax = 3
    node = StoreNode(NodePlace(of: "store1"), neighbours: [], limits: limits)
    func looked(at now: Instant) throws -> Int {
      actions = []
      for label in ["a", "b", "c", "d", "e"] {
        let block = try Self.block(label)
        node.handle(.received(StoreMessage(.put, id: 1, query: block.query, block: block.bytes).bytes, from: Self.client), at: now, into: &actions)
      }
      return actions.count { if case .send = $0 { true } else { false } }
    }
    #expect(try looked(at: Self.now) == 3 && node.shelf.count == 3)
    // Those that are kept need no look.
    #expect(try looked(at: Self.now + .milliseconds(300)) == 3)
    #expect(try looked(at: Self.now + .milliseconds(400)) == 4)
  }

  @Test("an answer from another than was asked is not passed back; nobody answering is told as nothing found")
  func overdue() throws {
    let place = NodePlace(of: "store1")
    var request: StoreMessage?
    for label in 0..<64 {
      let query = try Self.block("l\(label)").query
      if NodePlace(of: "store2").isNearer(to: query, than: place) { request = StoreMessage(.get, id: 5, query: query) }
    }
    let asked = try #require(request)
    var node = StoreNode(place, neighbours: [StoreNode.Neighbour(NodePlace(of: "store2"), Self.endpoint(2))])
    var actions: [DatagramAction<Never>] = []
    node.handle(.received(asked.bytes, from: Self.client), at: Self.now, into: &actions)
    guard case .send(let passed, Self.endpoint(2))? = actions.last else { return #expect(Bool(false), "\(actions)") }
    var answer = try StoreMessage(reading: passed)
    #expect(answer.hops == 1)
    answer.kind = .missing
    actions = []
    node.handle(.received(answer.bytes, from: Self.endpoint(3)), at: Self.now, into: &actions)
    #expect(actions == [.note("ignored: 192.0.2.3:2086 was not asked", about: Self.endpoint(3))])
    let deadline = try #require(node.deadline)
    actions = []
    node.handle(.answerOverdue, at: deadline, into: &actions)
    #expect(actions == [.send(StoreMessage(.missing, id: 5, query: asked.query).bytes, to: Self.client)] && node.deadline == nil)
  }

  @Test("a client asks three times and gives up; an answer to something else is not taken")
  func client() throws {
    let query = try Self.block("www").query
    var client = StoreClient(StoreMessage(.get, id: 3, query: query), to: Self.endpoint(1))
    var now = Self.now
    var actions: [DatagramAction<StoreClient.Question>] = []
    client.handle(.opened, at: now, into: &actions)
    client.handle(.received(StoreMessage(.missing, id: 4, query: query).bytes, from: Self.endpoint(1)), at: now, into: &actions)
    while let deadline = client.deadline {
      now = deadline
      client.handle(.answerOverdue, at: now, into: &actions)
    }
    #expect(actions.filter { if case .send = $0 { true } else { false } }.count == 3)
    #expect(actions.last == .ask(.finished(nil)))
    #expect(Self.now.duration(to: now) == .seconds(9))
  }

  @Test("messages are read as they were written, and what is none is refused")
  func messages() throws {
    let block = try Self.block("www")
    for message in [StoreMessage(.get, hops: 3, id: 0xABCD, query: block.query), StoreMessage(.found, id: 1, query: block.query, block: block.bytes)] {
      #expect(try StoreMessage(reading: message.bytes) == message)
    }
    let get = StoreMessage(.get, id: 1, query: block.query).bytes.array
    for bytes: [UInt8] in [[], [0], [7], Array(get.dropLast()), get + [0], [2] + Array(get.dropFirst())] { #expect(throws: SyntaxError.self) { try StoreMessage(reading: Buffer(bytes)) } }
  }

  @Test("explained: every byte, and with the key what is inside")
  func explained() throws {
    let vector = zoneVectors[1]
    let (zone, label) = (try ZoneKey(vector.zTLD), try ZoneLabel(vector.label))
    let block = try ZoneBlock(reading: vector.block.unhexed)
    let message = StoreMessage(.put, id: 1, query: block.query, block: block.bytes)
    let explained = explain(message.bytes, as: .blockStore)
    let explanation = try #require(explained)
    #expect(explanation.problem == nil)
    #expect(explanation.fields.map(\.name) == ["kind", "hops", "id", "query", "block"])
    #expect(explanation.fields.map(\.range.count).reduce(0, +) == message.bytes.count)
    #expect(explanation.fields[4].children.map(\.name) == ["size", "zone type", "zone key", "signature", "expiration", "data"])
    let stranger = explain(block: Buffer(block.bytes))
    #expect(stranger.fields[5].children.isEmpty && stranger.problem == nil)
    let owner = explain(block: Buffer(block.bytes), zone: zone, label: label)
    #expect(owner.fields[5].children.map(\.value) == ["::dead:beef", "\u{611B}\u{79F0}", "Hello World (supplemental)"])
    var forged = block.bytes
    forged[50] ^= 1
    #expect(explain(block: Buffer(forged)).problem == "the signature is not by the block's key")
    #expect(explain(block: "short").problem != nil)
  }
}
