// uTP as a network: the same ends as over TCP, in the simulator and on real sockets; who may come in, and what strangers get.
import BitTorrent
import Bytes
import SimulatedTransport
@testable import Swarm
import Synchronization
import TestKit
import Testing
import Trace
import Transport
import World

@Suite("uTP ports")
struct UTPPortTests {
  static let place = Endpoint(Address(198, 51, 100, 1), 6_881)
  static let caller = Endpoint(Address(203, 0, 113, 2), 6_881)

  /// Two hosts with a link between them.
  private func internet(_ link: Link = Link(delay: .milliseconds(10)), seed: UInt64 = 1) -> (SimulatedInternet, SimulatedNetwork, SimulatedNetwork) {
    let internet = SimulatedInternet(seed: seed) { _, _ in link }
    return (internet, internet.addHost("caller", Self.caller.address), internet.addHost("called", Self.place.address))
  }

  @Test("bytes go both ways, and both ends hear the end", arguments: [
    Link(delay: .milliseconds(10)), Link(delay: .milliseconds(10), loss: 0.02), Link(delay: .milliseconds(5), reorder: 0.1, duplicate: 0.1),
    Link(delay: .milliseconds(10), mtu: 1_280), Link(delay: .milliseconds(10), bandwidth: 2_000_000, queueBytesMax: 20_000),
  ])
  func both(_ link: Link) throws {
    let (internet, one, other) = internet(link)
    let text = content(200_000)
    let answer = content(50_000)
    let heard = try internet.run { () -> [Buffer] in
      let server = ScriptedEnd()
      let client = ScriptedEnd()
      let called = try await UTPPort.open(at: Self.place, on: other, chance: SeededRandom(seed: 1))
      _ = try await called.listen(at: Self.place) { remote, _ in remote == Self.caller ? server : nil }
      let calling = try await UTPPort.open(at: Self.caller, on: one, chance: SeededRandom(seed: 2))
      try await calling.dial(Self.place) { client }
      client.say(text)
      let there = await hear(server, text.count, calling)
      server.say(answer)
      let back = await hear(client, answer.count, calling)
      client.close()
      #expect(await server.hearClose(within: .seconds(30)))
      server.close()
      #expect(await client.hearClose(within: .seconds(30)))
      await calling.close(grace: .seconds(5))
      await called.close(grace: .seconds(5))
      return [there, back]
    }
    #expect(heard == [text, answer])
  }

  @Test("the same seed gives the same packets")
  func repeats() throws {
    func play() throws -> [String] {
      let recorder = TestRecorder()
      let (internet, one, other) = internet(Link(delay: .milliseconds(10), loss: 0.05))
      internet.logPackets(.everything, into: recorder)
      try internet.run {
        let server = ScriptedEnd()
        let client = ScriptedEnd()
        let called = try await UTPPort.open(at: Self.place, on: other, chance: SeededRandom(seed: 1))
        _ = try await called.listen(at: Self.place) { _, _ in server }
        let calling = try await UTPPort.open(at: Self.caller, on: one, chance: SeededRandom(seed: 2))
        try await calling.dial(Self.place) { client }
        client.say(content(100_000))
        _ = await hear(server, 100_000, calling)
        await calling.close(grace: .zero)
        await called.close(grace: .seconds(1))
      }
      return recorder.events.map { "\($0.time) \($0.bytes)" }
    }
    let first = try play()
    #expect(first.count > 100)
    #expect(try play() == first)
  }

  @Test("nobody listens: the call is refused; nobody is there: it times out")
  func refusals() throws {
    let (internet, one, other) = internet()
    let failures = try internet.run { () -> [NetworkError?] in
      let called = try await UTPPort.open(at: Self.place, on: other, chance: SeededRandom(seed: 1))
      let calling = try await UTPPort.open(at: Self.caller, on: one, chance: SeededRandom(seed: 2))
      let silent = await failure { () async throws(NetworkError) in try await calling.dial(Self.place, options: DialOptions(timeout: .seconds(2))) { ScriptedEnd() } }
      _ = try await called.listen(at: Self.place) { _, _ in nil }
      let refused = await failure { () async throws(NetworkError) in try await calling.dial(Self.place) { ScriptedEnd() } }
      let nobody = await failure { () async throws(NetworkError) in try await calling.dial(Endpoint(Address(198, 51, 100, 9), 1)) { ScriptedEnd() } }
      await calling.close(grace: .zero)
      await called.close(grace: .zero)
      return [silent, refused, nobody]
    }
    #expect(failures[0] == .timedOut(Self.place))
    // The called side learns who calls only when the caller is open: then it breaks off.
    #expect(failures[1] == nil)
    #expect(failures[2] == .timedOut(Endpoint(Address(198, 51, 100, 9), 1)))
  }

  @Test("an end that does not read is felt as a closed window, and reading goes on")
  func backpressure() throws {
    let (internet, one, other) = internet(Link(delay: .milliseconds(1)))
    let text = content(3_000_000)
    let heard = try internet.run { () -> Buffer in
      let server = ScriptedEnd()
      let client = ScriptedEnd()
      let called = try await UTPPort.open(at: Self.place, on: other, chance: SeededRandom(seed: 1))
      _ = try await called.listen(at: Self.place) { _, _ in server }
      let calling = try await UTPPort.open(at: Self.caller, on: one, chance: SeededRandom(seed: 2))
      try await calling.dial(Self.place) { client }
      client.say("x")
      _ = await hear(server, 1, calling)
      server.setReading(false)
      client.say(text)
      try await one.clock.sleep(until: one.clock.now + .seconds(10))
      server.setReading(true)
      let heard = await hear(server, text.count, calling, within: .seconds(300))
      await calling.close(grace: .zero)
      await called.close(grace: .seconds(1))
      return heard
    }
    #expect(heard == text)
  }

  @Test("what is no uTP goes to the other end at the port")
  func others() throws {
    let (internet, one, other) = internet()
    let node = HeardDatagrams()
    let asking = HeardDatagrams()
    try internet.run {
      let called = try await UTPPort.open(at: Self.place, on: other, chance: SeededRandom(seed: 1), makeOther: { node })
      let listener = try await one.bind(Endpoint(.any, 0), options: BindOptions()) { asking }
      for text in ["d1:ad2:id20:abcdefghij0123456789e1:q4:ping1:t2:aa1:y1:qe", "x", ""] { asking.say(Buffer(text), to: Self.place) }
      asking.say(UTPPacket(.state, connection: 5, sequence: 1, acknowledgement: 1).bytes, to: Self.place)
      try await one.clock.sleep(until: one.clock.now + .seconds(1))
      await called.close(grace: .zero)
      await listener.close(grace: .zero)
    }
    #expect(node.heard.map(\.count) == [56, 1, 0])
    // A packet of no connection is answered by one RESET, not longer than itself.
    #expect(asking.heard.count == 1)
    #expect(asking.heard.first.flatMap { try? UTPPacket.read($0) }?.kind == .reset)
  }

  @Test("a flood of SYNs from made-up addresses keeps out nobody who answers at once")
  func strangers() throws {
    let (internet, one, other) = internet(Link(delay: .milliseconds(1)))
    let flood = HeardDatagrams()
    var limits = UTPLimits()
    limits.halfOpenMax = 50
    let bounds = limits
    try internet.run {
      let called = try await UTPPort.open(at: Self.place, on: other, chance: SeededRandom(seed: 1), limits: bounds)
      let server = ScriptedEnd()
      _ = try await called.listen(at: Self.place) { remote, _ in remote.port == Self.caller.port + 1 ? server : nil }
      let listener = try await one.bind(Self.caller, options: BindOptions()) { flood }
      let calling = try await UTPPort.open(at: Endpoint(Self.caller.address, Self.caller.port + 1), on: one, chance: SeededRandom(seed: 2))
      // 5,000 in a second, a second before the call and on.
      one.start {
        for number in UInt16(0)..<10_000 {
          flood.say(UTPPacket(.open, connection: number &* 2, sequence: 1, acknowledgement: 0).bytes, to: Self.place)
          if number % 5 == 4 { try? await one.clock.sleep(until: one.clock.now + .milliseconds(1)) }
        }
      }
      try await one.clock.sleep(until: one.clock.now + .seconds(1))
      let client = ScriptedEnd()
      try await calling.dial(Self.place, options: DialOptions(timeout: .seconds(2))) { client }
      client.say("x")
      #expect(await hear(server, 1, calling) == "x")
      #expect(await called.connectionCount() <= 51)
      await calling.close(grace: .zero)
      await called.close(grace: .zero)
      await listener.close(grace: .zero)
    }
  }

  @Test("half-open connections, connections of one address and answers to strangers are bounded")
  func bounds() throws {
    let (internet, one, other) = internet(Link(delay: .milliseconds(10)))
    let flood = HeardDatagrams()
    var limits = UTPLimits()
    limits.halfOpenMax = 10
    limits.resetsPerSecondMax = 7
    let bounds = limits
    try internet.run {
      let called = try await UTPPort.open(at: Self.place, on: other, chance: SeededRandom(seed: 1), limits: bounds)
      _ = try await called.listen(at: Self.place) { _, _ in ScriptedEnd() }
      let listener = try await one.bind(Self.caller, options: BindOptions()) { flood }
      for number in UInt16(0)..<1_000 { flood.say(UTPPacket(.open, connection: number &* 2, sequence: 1, acknowledgement: 0).bytes, to: Self.place) }
      try await one.clock.sleep(until: one.clock.now + .seconds(1))
      #expect(await called.connectionCount() == 10)
      // Each is answered by one packet, as long as its own.
      let answers = flood.heard.count
      #expect(answers <= 1_000)
      #expect(flood.heard.allSatisfy { $0.count == 20 })
      for number in UInt16(0)..<1_000 { flood.say(UTPPacket(.data, connection: number &* 2, sequence: 1, acknowledgement: 0).bytes, to: Self.place) }
      try await one.clock.sleep(until: one.clock.now + .seconds(1))
      #expect(flood.heard.count <= answers + 7 * 3)
      // Who never proves that it hears us is forgotten.
      try await one.clock.sleep(until: one.clock.now + .seconds(15))
      #expect(await called.connectionCount() == 0)
      await called.close(grace: .zero)
      await listener.close(grace: .zero)
    }
  }

  @Test("SYNs in somebody's name do not use up that one's connections, and connections do")
  func inItsName() throws {
    let (internet, one, other) = internet(Link(delay: .milliseconds(1)))
    let flood = HeardDatagrams()
    var limits = UTPLimits()
    limits.connectionsPerAddressMax = 2
    let bounds = limits
    try internet.run {
      let called = try await UTPPort.open(at: Self.place, on: other, chance: SeededRandom(seed: 1), limits: bounds)
      _ = try await called.listen(at: Self.place) { _, _ in ScriptedEnd() }
      let listener = try await one.bind(Self.caller, options: BindOptions()) { flood }
      for number in UInt16(0)..<100 { flood.say(UTPPacket(.open, connection: number &* 2, sequence: 1, acknowledgement: 0).bytes, to: Self.place) }
      try await one.clock.sleep(until: one.clock.now + .milliseconds(100))
      let calling = try await UTPPort.open(at: Endpoint(Self.caller.address, Self.caller.port + 1), on: one, chance: SeededRandom(seed: 2))
      for _ in 0..<2 {
        let client = ScriptedEnd()
        try await calling.dial(Self.place, options: DialOptions(timeout: .seconds(2))) { client }
        client.say("x")
      }
      try await one.clock.sleep(until: one.clock.now + .seconds(1))
      await #expect(throws: NetworkError.self) { try await calling.dial(Self.place, options: DialOptions(timeout: .seconds(2))) { ScriptedEnd() } }
      await calling.close(grace: .zero)
      await called.close(grace: .zero)
      await listener.close(grace: .zero)
    }
  }

  @Test("what all hold together stays near its bound, although those who do not read are sent more")
  func held() throws {
    let (internet, one, other) = internet(Link(delay: .milliseconds(1)))
    var limits = UTPLimits()
    limits.heldBytesMax = 100_000
    let bounds = limits
    let servers = Mutex<[ScriptedEnd]>([])
    try internet.run {
      let called = try await UTPPort.open(at: Self.place, on: other, chance: SeededRandom(seed: 1), limits: bounds)
      _ = try await called.listen(at: Self.place) { _, _ in
        let server = ScriptedEnd()
        servers.withLock { $0.append(server) }
        return server
      }
      let calling = try await UTPPort.open(at: Self.caller, on: one, chance: SeededRandom(seed: 2))
      var clients: [ScriptedEnd] = []
      for _ in 0..<8 {
        let client = ScriptedEnd()
        clients.append(client)
        try await calling.dial(Self.place) { client }
        client.say("x")
      }
      try await one.clock.sleep(until: one.clock.now + .seconds(1))
      for server in servers.withLock({ $0 }) { server.setReading(false) }
      for client in clients { client.say(content(200_000)) }
      try await one.clock.sleep(until: one.clock.now + .seconds(10))
      #expect(await called.heldBytes() <= 100_000 + 8 * 1_472)
      for server in servers.withLock({ $0 }) { server.setReading(true) }
      for server in servers.withLock({ $0 }) { #expect(await hear(server, 200_001, calling).count == 200_001) }
      await calling.close(grace: .zero)
      await called.close(grace: .zero)
    }
  }

  @Test("closing the port lets its connections end, and breaks off those that do not")
  func closing() throws {
    let (internet, one, other) = internet()
    try internet.run {
      let server = ScriptedEnd()
      let client = ScriptedEnd()
      let called = try await UTPPort.open(at: Self.place, on: other, chance: SeededRandom(seed: 1))
      _ = try await called.listen(at: Self.place) { _, _ in server }
      let calling = try await UTPPort.open(at: Self.caller, on: one, chance: SeededRandom(seed: 2))
      try await calling.dial(Self.place) { client }
      client.say("x")
      _ = await hear(server, 1, calling)
      await called.close(grace: .seconds(3))
      #expect(await server.hearClose(within: .seconds(1)))
      #expect(await client.hearClose(within: .seconds(1)))
      #expect(await calling.connectionCount() == 0)
      await calling.close(grace: .zero)
      let late = await failure { () async throws(NetworkError) in try await calling.dial(Self.place) { ScriptedEnd() } }
      #expect(late == .unreachable(Self.place))
    }
  }

  // A port bound to any address answers from the one that was called, else the caller would not know it.
  @Test("on real sockets: a million bytes each way", arguments: [
    (Address.loopback, Address.loopback), (.loopback6, .loopback6), (.any, Address(127, 0, 0, 2)), (.v6(0, 0), .loopback6),
  ])
  func real(_ bound: Address, _ called: Address) async throws {
    let network = SocketNetwork(loops: 1)
    let server = ScriptedEnd()
    let client = ScriptedEnd()
    let answering = try await UTPPort.open(at: Endpoint(bound, 0), on: network, chance: SeededRandom(seed: 1))
    _ = try await answering.listen(at: answering.endpoint) { _, local in
      #expect(local == Endpoint(called, answering.endpoint.port))
      return server
    }
    let calling = try await UTPPort.open(at: Endpoint(called == .loopback6 ? .loopback6 : .loopback, 0), on: network, chance: SeededRandom(seed: 2))
    try await calling.dial(Endpoint(called, answering.endpoint.port)) { client }
    let text = content(1_000_000)
    client.say(text)
    #expect(await hear(server, text.count, network) == text)
    server.say(text)
    #expect(await hear(client, text.count, network) == text)
    client.close()
    #expect(await server.hearClose(within: .seconds(10)))
    server.close()
    #expect(await client.hearClose(within: .seconds(10)))
    await calling.close(grace: .seconds(5))
    await answering.close(grace: .seconds(5))
    await network.shutDown()
  }

  @Test("deadlines come up in order, whatever is filed, moved and removed")
  func heap() {
    final class Member: HeapMember {
      var heapIndex = -1
      var heapTime = Int64.max
    }
    var chance = SeededRandom(seed: 4)
    var heap = DeadlineHeap<Member>()
    let members = (0..<200).map { _ in Member() }
    for _ in 0..<5_000 {
      let member = members[Int.random(in: 0..<200, using: &chance)]
      if Bool.random(using: &chance) { heap.file(member, at: Int64.random(in: 0..<1_000, using: &chance)) } else { heap.remove(member) }
      let soonest = members.filter { $0.heapIndex >= 0 }.map(\.heapTime).min()
      #expect(heap.first?.heapTime == soonest)
    }
  }
}

/// Waits for `count` bytes at an end that may not be connected yet.
func hear(_ end: ScriptedEnd, _ count: Int, _ network: some Network, within time: Duration = .seconds(120)) async -> Buffer {
  for _ in 0..<1_000 where !end.isConnected {
    do { try await network.clock.sleep(until: network.clock.now + .milliseconds(10)) } catch { break }
  }
  return await end.hear(count, within: time).bytes
}

func failure(_ body: () async throws(NetworkError) -> Void) async -> NetworkError? {
  do throws(NetworkError) {
    try await body()
    return nil
  } catch { return error }
}

/// `count` bytes that tell where they stand.
func content(_ count: Int) -> Buffer {
  var random = SeededRandom(seed: 5)
  return Buffer((0..<count).map { _ in UInt8(truncatingIfNeeded: random.next()) })
}

/// A datagram end that keeps what it hears.
final class HeardDatagrams: DatagramEnd, @unchecked Sendable {
  // Unchecked: touched on the simulation's thread only.
  private var carrier: (any DatagramCarrier)?
  private(set) var heard: [Buffer] = []
  let deadline: Instant? = nil

  func opened(on carrier: any DatagramCarrier) { self.carrier = carrier }
  func received(_ bytes: Buffer, from remote: Endpoint) { heard.append(bytes) }
  func deadlineReached() {}
  func closed() {}

  func say(_ bytes: Buffer, to remote: Endpoint) {
    carrier?.send(bytes, to: remote)
    carrier?.flush()
  }
}
