// Steering: the decision as a table, the answers' bytes, and edges that come and go in virtual time.
// Not here: the programs of other people (PeerTests), real edges (PeerTests, Scenarios).
import Bytes
import DNS
import SimulatedTransport
import Synchronization
import TestKit
import Testing
import Trace
import Transport
import World

@testable import NameServer

private let edges = [
  SteeredEdge(name: "edge1", addresses: [Address(192, 0, 2, 1), .v6(0x2001_0DB8_0000_0000, 1)]),
  SteeredEdge(name: "edge2", addresses: [Address(192, 0, 2, 2)]), SteeredEdge(name: "edge3", addresses: [Address(192, 0, 2, 3)]),
]

private func range(_ a: UInt8, _ b: UInt8, _ c: UInt8, _ length: Int) -> AddressRange { AddressRange(Address(a, b, c, 0), length: length) }

private func name(_ policy: SteeringPolicy) throws -> SteeredName {
  SteeredName(name: try Name("video.cdn.test"), policy: policy, timeToLive: 5, edges: edges, networks: [
    SteeringRow(range(10, 0, 0, 8), ranking: [1, 0]), SteeringRow(range(10, 20, 0, 16), ranking: [2]), SteeringRow(range(203, 0, 113, 24), ranking: [0, 2, 1]),
  ])
}

private let now = Instant.simulationStart

@Suite("steering: the choice")
struct SteeringChoiceTests {
  struct Case: Sendable, CustomTestStringConvertible {
    var policy = SteeringPolicy.nearest
    var client = Address(203, 0, 113, 9)
    /// Nil: the whole address is known.
    var known: Int?
    /// The loads reported just now; nil: no report.
    var loads: [Double?] = [0.1, 0.1, 0.1]
    /// How old the reports are.
    var age = Duration.zero
    var turn = 0
    var edges: [Int]
    var scope = 0
    var testDescription: String { "\(policy) \(client)/\(known ?? 32) \(loads) turn \(turn)" }
  }

  @Test("who is told which edges, and for whom that holds", .spec("RFC 7871", "7.2.1"), arguments: [
    // The client's network decides; its length is the scope.
    Case(edges: [0], scope: 24),
    Case(client: Address(10, 99, 0, 1), edges: [1], scope: 10),
    Case(client: Address(10, 20, 3, 1), edges: [2], scope: 16),
    Case(client: Address(10, 128, 0, 1), edges: [1], scope: 9),
    // Not enough is known to say that it lies in the more specific network; the scope says how much would have been needed.
    Case(client: Address(10, 20, 0, 0), known: 12, edges: [1], scope: 16),
    // In no network: the edges in their own order, for as wide a block as touches no network.
    Case(client: Address(198, 51, 100, 1), edges: [0], scope: 5),
    Case(client: Address(203, 0, 112, 1), edges: [0], scope: 24),
    // Another kind of address than all networks have.
    Case(client: .v6(0x2001_0DB8_0000_0000, 9), edges: [0]),
    // The nearest is silent, or its word is too old; all are silent.
    Case(loads: [nil, 0.1, 0.1], edges: [2], scope: 24), Case(loads: [nil, 0.1, nil], edges: [1], scope: 24),
    Case(loads: [nil, nil, nil], edges: [0], scope: 24), Case(age: .seconds(4), edges: [0], scope: 24),
    // Least load, whoever asks; the first of equals.
    Case(policy: .leastLoad, loads: [0.5, 0.2, 0.9], edges: [1]), Case(policy: .leastLoad, loads: [0.5, nil, 0.9], edges: [0]),
    Case(policy: .leastLoad, loads: [0.5, 0.5, 0.5], edges: [0]), Case(policy: .leastLoad, loads: [nil, nil, nil], edges: [0]),
    // In turns, all of them that are alive.
    Case(policy: .roundRobin, edges: [0, 1, 2]), Case(policy: .roundRobin, turn: 1, edges: [1, 2, 0]), Case(policy: .roundRobin, turn: 5, edges: [2, 0, 1]),
    Case(policy: .roundRobin, loads: [0.1, nil, 0.1], turn: 1, edges: [2, 0]), Case(policy: .roundRobin, turn: -1, edges: [0, 1, 2]),
    // The whole list, the nearest first.
    Case(policy: .ranked, edges: [0, 2, 1], scope: 24), Case(policy: .ranked, loads: [nil, 0.1, 0.1], edges: [2, 1], scope: 24),
    Case(policy: .ranked, client: Address(10, 20, 1, 1), edges: [2, 0, 1], scope: 16),
  ])
  func choosing(_ c: Case) throws {
    let health = c.loads.map { load in load.map { EdgeHealth(reported: now.advanced(by: .zero - c.age), isUp: true, load: $0) } ?? EdgeHealth() }
    let client = c.known.map { SteeringClient(c.client, knownLength: $0) } ?? SteeringClient(c.client)
    let choice = SteeringChoice.choose(among: [0, 1, 2], of: try name(c.policy), health: health, client: client, turn: c.turn, at: now)
    #expect(choice.edges == c.edges)
    #expect(choice.scopeLength == c.scope)
  }

  @Test("a client in the scope's block is always told the same")
  func scopes() throws {
    let name = try name(.ranked)
    var random = SeededRandom(seed: 7)
    let health = edges.map { _ in EdgeHealth(reported: now, isUp: true, load: 0) }
    func choose(_ value: UInt32) -> SteeringChoice {
      SteeringChoice.choose(among: [0, 1, 2], of: name, health: health, client: SteeringClient(.v4(value)), turn: 0, at: now)
    }
    for _ in 0..<2_000 {
      // Half of them close to the networks' borders.
      let base: [UInt32] = [0x0A00_0000, 0x0A14_0000, 0xCB00_7100, 0, 0xFFFF_FFFF]
      let value = base[Int.random(in: 0..<5, using: &random)] ^ (UInt32.random(in: 0...UInt32.max, using: &random) >> UInt32.random(in: 0..<32, using: &random))
      let choice = choose(value)
      let mask: UInt32 = choice.scopeLength == 0 ? 0 : ~0 << UInt32(32 - choice.scopeLength)
      let neighbour = value & mask | UInt32.random(in: 0...UInt32.max, using: &random) & ~mask
      #expect(choose(neighbour) == choice, "\(Address.v4(value)) and \(Address.v4(neighbour))/\(choice.scopeLength)")
    }
  }
}

@Suite("steering: the answers")
struct SteeringAnswerTests {
  private let clock = StillClock()

  /// A clock that stands still.
  private struct StillClock: WorldClock {
    var now: Instant { .simulationStart }
    func sleep(until deadline: Instant) async throws {}
  }

  private func responder(_ policy: SteeringPolicy, reporting: Bool = true) throws -> (AuthorityResponder, Steering) {
    let text = head("cdn.test", "ns1.cdn.test.") + """
      ns1.cdn.test. 60 A 192.0.2.53
      video.cdn.test. 5 A 192.0.2.1
      video.cdn.test. 5 A 192.0.2.2
      video.cdn.test. 5 A 192.0.2.3
      video.cdn.test. 5 AAAA 2001:db8::1
      alias.cdn.test. 60 CNAME video.cdn.test.
      plain.cdn.test. 60 A 192.0.2.99

      """
    let steering = Steering([try name(policy)], clock: clock)
    if reporting { for index in 0..<3 { steering.note(load: 0.1 * Double(3 - index), of: index) } }
    let authority = Authority(zones: [try Zone(records: records(text))], steering: steering)
    return (AuthorityResponder(AuthoritySource(authority)), steering)
  }

  private func ask(
    _ responder: AuthorityResponder, _ name: String, _ type: RecordType = .a, subnet: ClientSubnet? = nil, from client: Address = Address(203, 0, 113, 9),
    edns: Bool = true
  ) throws -> Message {
    let options = subnet.map { [EDNSOption.clientSubnet($0)] } ?? []
    let query = Message.query(try Name(name), type, id: 9, recursionDesired: false, edns: edns ? EDNS(options: options) : nil)
    return try Message(reading: try #require(responder.answer(query.wire(), from: client, over: .udp)))
  }

  @Test("the asker's own address decides, unless the question tells of its client", .spec("RFC 7871", "7.2.1"))
  func places() throws {
    let (responder, _) = try responder(.nearest)
    let own = try ask(responder, "video.cdn.test")
    #expect(own.answers.map(\.data.address) == [Address(192, 0, 2, 1)] && own.answers[0].ttl == 5 && own.flags.isAuthoritative)
    #expect(own.edns?.options == [], "no option is answered where none was asked")
    let told = try ask(responder, "VIDEO.cdn.test", subnet: ClientSubnet(Address(10, 20, 5, 0), sourceLength: 24))
    #expect(told.answers.map(\.data.address) == [Address(192, 0, 2, 3)])
    #expect(told.edns?.options.first?.clientSubnet == ClientSubnet(Address(10, 20, 5, 0), sourceLength: 24, scopeLength: 16))
    // Who wishes not to be placed is answered by the asker's address, for everybody.
    let hidden = try ask(responder, "video.cdn.test", subnet: ClientSubnet(.any, sourceLength: 0), from: Address(10, 1, 1, 1))
    #expect(hidden.answers.map(\.data.address) == [Address(192, 0, 2, 2)] && hidden.edns?.options.first?.clientSubnet?.scopeLength == 0)
    let bare = try ask(responder, "video.cdn.test", edns: false)
    #expect(bare.answers.count == 1 && bare.edns == nil)
  }

  @Test("other types and names come from the zone, and hold for everybody")
  func plain() throws {
    let (responder, _) = try responder(.nearest)
    let subnet = ClientSubnet(Address(10, 20, 5, 0), sourceLength: 24)
    let plain = try ask(responder, "plain.cdn.test", subnet: subnet)
    #expect(plain.answers.map(\.data.address) == [Address(192, 0, 2, 99)] && plain.edns?.options.first?.clientSubnet == subnet)
    let text = try ask(responder, "video.cdn.test", .txt, subnet: subnet)
    #expect(text.answers.isEmpty && text.responseCode == .noError && text.authorities.first?.type == .soa)
    #expect(try ask(responder, "none.cdn.test", subnet: subnet).responseCode == .noSuchName)
    let six = try ask(responder, "video.cdn.test", .aaaa, subnet: subnet)
    #expect(six.answers.map(\.data.address) == [.v6(0x2001_0DB8_0000_0000, 1)], "only one edge has an address of this kind")
    // An alias ends where choosing begins: the asker asks for that name by itself.
    let alias = try ask(responder, "alias.cdn.test")
    #expect(alias.answers.map(\.type) == [.cname] && alias.authorities.isEmpty && alias.responseCode == .noError)
  }

  @Test("a damaged option is answered with FORMERR", .spec("RFC 7871", "7.1.2"))
  func damaged() throws {
    let (responder, _) = try responder(.nearest)
    let query = Message.query(try Name("video.cdn.test"), .a, id: 9, edns: EDNS(options: [EDNSOption(.clientSubnet, [0, 1, 24, 0, 1])]))
    let answer = try Message(reading: try #require(responder.answer(query.wire(), from: .loopback, over: .udp)))
    #expect(answer.responseCode == .formatError)
  }

  @Test("turns, loads and lists")
  func policies() throws {
    let (turns, _) = try responder(.roundRobin)
    let first = try (0..<4).map { _ in try ask(turns, "video.cdn.test").answers.first?.data.address }
    #expect(first == [1, 2, 3, 1].map { Address(192, 0, 2, $0) })
    let (least, steering) = try responder(.leastLoad)
    #expect(try ask(least, "video.cdn.test").answers.map(\.data.address) == [Address(192, 0, 2, 3)])
    steering.note(load: 9, of: 2)
    #expect(try ask(least, "video.cdn.test").answers.map(\.data.address) == [Address(192, 0, 2, 2)])
    let (ranked, down) = try responder(.ranked)
    #expect(try ask(ranked, "video.cdn.test").answers.map(\.data.address) == [1, 3, 2].map { Address(192, 0, 2, $0) })
    down.noteDown(0)
    #expect(try ask(ranked, "video.cdn.test").answers.map(\.data.address) == [3, 2].map { Address(192, 0, 2, $0) })
    #expect(down.alive == ["edge2", "edge3"])
  }
}

@Suite("steering: edges that come and go")
struct HealthWatchTests {
  @Test("a dead edge leaves the answers within seconds, and comes back; nobody is asked while nobody cares")
  func watching() throws {
    let internet = SimulatedInternet(seed: 1) { _, _ in Link(delay: .milliseconds(10)) }
    let host = internet.addHost("ns1", Address(192, 0, 2, 53))
    let isDead = Atomic(false)
    let asked = Atomic(0)
    let steering = Steering([try name(.nearest)], clock: host.clock)
    let client = SteeringClient(Address(203, 0, 113, 9))
    @Sendable func first() -> Address? { steering.addresses(forName: 0, areV6: false, client: client)?.addresses.first }
    try internet.run {
      HealthWatch.start(steering, on: host) { edge in
        asked.wrappingAdd(1, ordering: .relaxed)
        return edge.name == "edge1" && isDead.load(ordering: .relaxed) ? nil : 0.5
      }
      try await host.clock.sleep(until: host.clock.now + .seconds(2))
      #expect(first() == Address(192, 0, 2, 1))
      isDead.store(true, ordering: .relaxed)
      try await host.clock.sleep(until: host.clock.now + .seconds(2))
      #expect(first() == Address(192, 0, 2, 3), "the next in this network's order")
      isDead.store(false, ordering: .relaxed)
      try await host.clock.sleep(until: host.clock.now + .seconds(2))
      #expect(first() == Address(192, 0, 2, 1))
      try await host.clock.sleep(until: host.clock.now + .seconds(60))
      let before = asked.load(ordering: .relaxed)
      try await host.clock.sleep(until: host.clock.now + .seconds(60))
      #expect(asked.load(ordering: .relaxed) == before, "nobody asked for a name, so nobody asks the edges")
      _ = first()
      try await host.clock.sleep(until: host.clock.now + .seconds(2))
      #expect(asked.load(ordering: .relaxed) > before)
      steering.stop()
    }
    #expect(internet.runUntilQuiet(atMost: .seconds(30)))
  }
}
