// Streams over virtual links: what arrives, when it arrives, and how a connection ends, on good and on bad links.
import Bytes
import SimulatedTransport
import TestKit
import Testing
import Transport
import World

/// A server's end for tests: notes what happens, and can be told not to read.
final class NotingEnd: StreamEnd, @unchecked Sendable {
  // Unchecked: touched on the simulation's thread only.
  var carrier: (any Carrier)?
  var heard = Buffer()
  var events: [String] = []
  var lastHeard: Instant?
  var deadline: Instant?
  var wantsWire: Bool { false }
  var greeting: Buffer?
  var reads = true
  var closesWithPeer = true

  func opened(on carrier: any Carrier) {
    self.carrier = carrier
    events.append("opened")
    if !reads { carrier.setReading(false) }
    if let greeting {
      carrier.send(greeting)
      carrier.flush()
    }
  }
  func received(_ bytes: Buffer) {
    heard.append(bytes)
    lastHeard = carrier?.now
  }
  func peerClosed() {
    events.append("peer closed")
    if closesWithPeer { carrier?.close(.afterFlush) }
  }
  func deadlineReached() { events.append("deadline") }
  func congested(_ isCongested: Bool) { events.append(isCongested ? "congested" : "relieved") }
  func closed(because reason: String) { events.append("closed: \(reason)") }
  func wire(_ bytes: Buffer, sent: Bool) {}
}

/// Two hosts and what lies between them.
struct Pair {
  let internet: SimulatedInternet
  let client: SimulatedNetwork
  let server: SimulatedNetwork
  static let clientAddress = Address(203, 0, 113, 2)
  static let place = Endpoint(Address(198, 51, 100, 1), 80)

  init(_ link: Link = .perfect, seed: UInt64 = 1, limits: SimulationLimits = SimulationLimits()) {
    internet = SimulatedInternet(seed: seed, limits: limits) { _, _ in link }
    client = internet.addHost("pc", Self.clientAddress)
    server = internet.addHost("www", Self.place.address)
  }

  /// Connects two ends; returns when that is done.
  func connect(_ one: NotingEnd, _ other: NotingEnd, options: ListenOptions = ListenOptions()) throws {
    let (client, server) = (client, server)
    try internet.run {
      _ = try await server.listen(at: Self.place, options: options) { _, _ in other }
      try await client.dial(Self.place, options: DialOptions()) { one }
    }
  }
}

/// Bytes that differ from place to place.
func pattern(_ count: Int) -> Buffer { Buffer((0..<count).map { UInt8(truncatingIfNeeded: $0 &* 31 &+ $0 >> 8) }) }

func say(_ bytes: Buffer, on end: NotingEnd) {
  end.carrier?.send(bytes)
  end.carrier?.flush()
}

@Suite("Simulated streams")
struct StreamTests {
  @Test("every byte arrives in order on every kind of link", arguments: [
    Link.perfect,
    Link(delay: .milliseconds(20)),
    Link(delay: .milliseconds(20), loss: 0.02),
    Link(delay: .milliseconds(20), loss: 0.2),
    Link(delay: .milliseconds(10), jitter: .milliseconds(9), reorder: 0.1, duplicate: 0.1),
    Link(delay: .milliseconds(5), bandwidth: 2_000_000, queueBytesMax: 20_000),
    Link(delay: .milliseconds(5), loss: 0.05, bandwidth: 5_000_000, reorder: 0.05, duplicate: 0.05, mtu: 576),
  ], [1, 2, 3])
  func everyByte(_ link: Link, _ seed: Int) throws {
    let pair = Pair(link, seed: UInt64(seed))
    let (one, other) = (NotingEnd(), NotingEnd())
    let (up, down) = (pattern(300_000), pattern(50_000))
    other.greeting = down
    try pair.connect(one, other)
    say(up, on: one)
    one.carrier?.close(.afterFlush)
    #expect(pair.internet.runUntilQuiet())
    #expect(other.heard == up)
    #expect(other.events.filter { $0 != "congested" && $0 != "relieved" } == ["opened", "peer closed", "closed: closed by the peer"])
    #expect(one.events.last == "closed: closed")
  }

  @Test("both ways to the end, whoever goes first")
  func bothWays() throws {
    let pair = Pair(Link(delay: .milliseconds(10), loss: 0.1), seed: 4)
    let (one, other) = (NotingEnd(), NotingEnd())
    other.greeting = pattern(100_000)
    try pair.connect(one, other)
    pair.internet.run(for: .seconds(60))
    #expect(one.heard == pattern(100_000))
    other.carrier?.close(.afterFlush)
    #expect(pair.internet.runUntilQuiet())
    #expect(one.events == ["opened", "peer closed", "closed: closed by the peer"])
    #expect(other.events == ["opened", "closed: closed"])
  }

  @Test("a connection costs one round trip, an answer another", .spec("RFC 9293", "3.5"))
  func roundTrips() throws {
    let pair = Pair(Link(delay: .milliseconds(40)))
    let (one, other) = (NotingEnd(), NotingEnd())
    let start = pair.internet.now
    try pair.connect(one, other)
    #expect(pair.internet.now - start == .milliseconds(80))
    say("hello", on: one)
    pair.internet.run(for: .seconds(1))
    #expect(other.lastHeard.map { $0 - start } == .milliseconds(120))
  }

  @Test("slow start: 10, 20, 40 segments in successive round trips", .spec("RFC 5681", "3.1"), .spec("RFC 6928", "2"))
  func slowStart() throws {
    let pair = Pair(Link(delay: .milliseconds(50)))
    let (one, other) = (NotingEnd(), NotingEnd())
    try pair.connect(one, other)
    pair.internet.run(for: .milliseconds(500))
    let start = pair.internet.now
    say(pattern(70 * 1_460), on: one)
    var counts: [Int] = []
    for _ in 0..<4 {
      pair.internet.run(until: start + .milliseconds(100 * counts.count + 50))
      counts.append(other.heard.count / 1_460)
    }
    #expect(counts == [10, 30, 70, 70])
  }

  @Test("bandwidth shows in the time", arguments: [1_000_000, 10_000_000])
  func bandwidth(_ bandwidth: Int) throws {
    let pair = Pair(Link(delay: .milliseconds(10), bandwidth: bandwidth))
    let (one, other) = (NotingEnd(), NotingEnd())
    try pair.connect(one, other)
    let start = pair.internet.now
    say(pattern(1_000_000), on: one)
    pair.internet.run(for: .seconds(60))
    let took = try #require(other.lastHeard) - start
    let least = Duration.milliseconds(8_000_000_000 / bandwidth)
    #expect(other.heard.count == 1_000_000)
    #expect(took > least && took < least * 1.3 + .milliseconds(300))
  }

  @Test("loss shows in the time, and a single one is mended by fast retransmit", .spec("RFC 5681", "3.2"))
  func lossTakesTime() throws {
    func time(_ loss: Double) throws -> Duration {
      let pair = Pair(Link(delay: .milliseconds(25), loss: loss), seed: 11)
      let (one, other) = (NotingEnd(), NotingEnd())
      try pair.connect(one, other)
      let start = pair.internet.now
      say(pattern(500_000), on: one)
      #expect(pair.internet.run(for: .seconds(120)))
      #expect(other.heard.count == 500_000)
      return try #require(other.lastHeard) - start
    }
    let times = try [0, 0.01, 0.1].map(time)
    #expect(times[0] < times[1] && times[1] < times[2])
    #expect(times[0] < .milliseconds(500))
  }

  @Test("an end that does not read stops its peer, and nothing is lost", .spec("RFC 9293", "3.8.6"))
  func backpressure() throws {
    var limits = SimulationLimits()
    limits.receiveBytesMax = 20_000
    let pair = Pair(Link(delay: .milliseconds(5), loss: 0.02), seed: 5, limits: limits)
    let (one, other) = (NotingEnd(), NotingEnd())
    other.reads = false
    try pair.connect(one, other)
    say(pattern(400_000), on: one)
    pair.internet.run(for: .seconds(600))
    #expect(other.heard.isEmpty)
    #expect(one.events.contains("congested"))
    #expect(!one.events.contains("relieved"))
    other.carrier?.setReading(true)
    let start = pair.internet.now
    pair.internet.run(for: .seconds(60))
    #expect(other.heard == pattern(400_000))
    #expect(one.events.last == "relieved")
    // The peer hears of the room at once and does not wait for its next probe.
    #expect(try #require(other.lastHeard) - start < .seconds(10))
  }

  @Test("a peer that only goes away is noticed by the next thing said")
  func cut() throws {
    let pair = Pair(Link(delay: .milliseconds(5)))
    let (one, other) = (NotingEnd(), NotingEnd())
    try pair.connect(one, other)
    pair.internet.partition([Pair.clientAddress], from: [Pair.place.address])
    say("anybody there?", on: one)
    #expect(pair.internet.runUntilQuiet())
    #expect(one.events == ["opened", "closed: connection timed out"])
    #expect(other.events == ["opened"])
  }

  @Test("a link that comes back within the patience of TCP loses nothing")
  func mended() throws {
    let pair = Pair(Link(delay: .milliseconds(5)))
    let (one, other) = (NotingEnd(), NotingEnd())
    try pair.connect(one, other)
    pair.internet.partition([Pair.clientAddress], from: [Pair.place.address])
    say("still there?", on: one)
    pair.internet.run(for: .seconds(10))
    pair.internet.partition([Pair.clientAddress], from: [Pair.place.address], isDown: false)
    pair.internet.run(for: .seconds(30))
    #expect(other.heard == "still there?")
  }

  @Test("refused, timed out, unreachable, not here")
  func failures() throws {
    let pair = Pair(Link(delay: .milliseconds(5)))
    func dial(_ endpoint: Endpoint, from: Address? = nil) throws -> NetworkError? {
      let client = pair.client
      return try pair.internet.run {
        do throws(NetworkError) {
          try await client.dial(endpoint, options: DialOptions(from: from, timeout: .seconds(5))) { NotingEnd() }
          return nil
        } catch { return error }
      }
    }
    #expect(try dial(Pair.place) == .refused(Pair.place))
    #expect(try dial(Endpoint(Address(192, 0, 2, 99), 80)) == .unreachable(Endpoint(Address(192, 0, 2, 99), 80)))
    #expect(try dial(Pair.place, from: Address(192, 0, 2, 98)) == .addressNotHere(Endpoint(Address(192, 0, 2, 98), 0)))
    pair.internet.partition([Pair.clientAddress], from: [Pair.place.address])
    let start = pair.internet.now
    #expect(try dial(Pair.place) == .timedOut(Pair.place))
    #expect(pair.internet.now - start == .seconds(5))
  }

  @Test("a reset reaches the peer; a refused connection too")
  func resets() throws {
    let pair = Pair(Link(delay: .milliseconds(5)))
    let (one, other) = (NotingEnd(), NotingEnd())
    try pair.connect(one, other)
    say("lost", on: one)
    one.carrier?.close(.now)
    #expect(pair.internet.runUntilQuiet())
    #expect(one.events == ["opened", "closed: closed with a reset"])
    #expect(other.events == ["opened", "closed: reset by the peer"])

    let refusing = Endpoint(Pair.place.address, 81)
    let third = NotingEnd()
    let (client, server) = (pair.client, pair.server)
    try pair.internet.run {
      _ = try await server.listen(at: refusing, options: ListenOptions()) { _, _ in nil }
      try await client.dial(refusing, options: DialOptions()) { third }
    }
    #expect(pair.internet.runUntilQuiet())
    #expect(third.events == ["opened", "closed: reset by the peer"])
  }

  @Test("a listener's limits, its address, and its end")
  func listeners() throws {
    let pair = Pair(Link(delay: .milliseconds(5)))
    let (client, server) = (pair.client, pair.server)
    try pair.internet.run {
      let limits = ListenLimits(connectionsMax: 2)
      let listener = try await server.listen(at: Pair.place, options: ListenOptions(limits: limits)) { _, _ in
        let end = NotingEnd()
        end.closesWithPeer = false
        return end
      }
      await #expect(throws: NetworkError.addressInUse(Pair.place)) {
        try await server.listen(at: Pair.place, options: ListenOptions()) { _, _ in nil }
      }
      let elsewhere = Endpoint(Address(192, 0, 2, 77), 80)
      await #expect(throws: NetworkError.addressNotHere(elsewhere)) {
        try await server.listen(at: elsewhere, options: ListenOptions()) { _, _ in nil }
      }
      let ends = [NotingEnd(), NotingEnd()]
      for end in ends { try await client.dial(Pair.place, options: DialOptions()) { end } }
      await #expect(throws: NetworkError.refused(Pair.place)) { try await client.dial(Pair.place, options: DialOptions()) { NotingEnd() } }
      ends[0].carrier?.close(.afterFlush)
      let start = client.clock.now
      await listener.close(grace: .seconds(30))
      #expect(client.clock.now - start == .seconds(30))
      await #expect(throws: NetworkError.refused(Pair.place)) { try await client.dial(Pair.place, options: DialOptions()) { NotingEnd() } }
      try await client.clock.sleep(until: client.clock.now + .seconds(1))
      #expect(ends[1].events == ["opened", "closed: reset by the peer"])
    }
  }

  @Test("port 0 is a free port, any address is every address, loopback is the host itself")
  func places() throws {
    let pair = Pair()
    let (client, server) = (pair.client, pair.server)
    let counts = try pair.internet.run {
      var opened: [NotingEnd] = []
      let listener = try await server.listen(at: Endpoint(.any, 0), options: ListenOptions()) { _, _ in
        let end = NotingEnd()
        end.greeting = "hi"
        return end
      }
      #expect(listener.endpoint.port >= 49_152)
      for (network, address) in [(client, Pair.place.address), (server, Pair.place.address), (server, .loopback)] {
        let end = NotingEnd()
        try await network.dial(Endpoint(address, listener.endpoint.port), options: DialOptions()) { end }
        opened.append(end)
      }
      try await client.clock.sleep(until: client.clock.now + .seconds(1))
      return opened.map(\.heard.text)
    }
    #expect(counts == ["hi", "hi", "hi"])
  }

  @Test("deadlines come when they should, and one that does not move does not stop time")
  func deadlines() throws {
    let pair = Pair()
    let (one, other) = (NotingEnd(), NotingEnd())
    try pair.connect(one, other)
    one.deadline = pair.internet.now + .seconds(1)
    say("x", on: other)
    pair.internet.run(for: .milliseconds(999))
    #expect(one.events == ["opened"])
    pair.internet.run(for: .milliseconds(6))
    let count = one.events.count
    #expect(count > 1 && count < 10)
  }
}
