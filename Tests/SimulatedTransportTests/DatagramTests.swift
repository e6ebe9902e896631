// Datagrams over virtual links: lost, late, twice, out of order, too big, to nobody; and links that do not disturb each other.
import Bytes
import SimulatedTransport
import TestKit
import Testing
import Trace
import Transport
import World

/// A datagram port's end for tests.
final class NotingPort: DatagramEnd, @unchecked Sendable {
  // Unchecked: touched on the simulation's thread only.
  var carrier: (any DatagramCarrier)?
  var heard: [(bytes: Buffer, from: Endpoint, at: Instant)] = []
  var isClosed = false
  var deadline: Instant?

  func opened(on carrier: any DatagramCarrier) { self.carrier = carrier }
  func received(_ bytes: Buffer, from remote: Endpoint) { heard.append((bytes, remote, carrier?.now ?? .simulationStart)) }
  func deadlineReached() { deadline = nil }
  func closed() { isClosed = true }

  func say(_ bytes: Buffer, to remote: Endpoint) {
    carrier?.send(bytes, to: remote)
    carrier?.flush()
  }
}

@Suite("Simulated datagrams")
struct DatagramTests {
  static let place = Endpoint(Address(198, 51, 100, 1), 53)

  /// Sends `count` numbered datagrams of `size` bytes, `gap` apart, over `link`; returns the numbers that arrived, and when, counted from
  /// the first one's start.
  private func arrivals(_ link: Link, count: Int = 2_000, size: Int = 100, gap: Duration = .milliseconds(1), seed: UInt64 = 1) throws -> [(Int, Duration)] {
    let internet = SimulatedInternet(seed: seed) { _, _ in link }
    let client = internet.addHost("pc", Address(203, 0, 113, 2))
    let server = internet.addHost("ns", Self.place.address)
    let (one, other) = (NotingPort(), NotingPort())
    let start = internet.now
    try internet.run {
      _ = try await server.bind(Self.place, options: BindOptions()) { other }
      _ = try await client.bind(Endpoint(.any, 0), options: BindOptions()) { one }
      for number in 0..<count {
        var bytes = Buffer()
        bytes.append(integer: UInt32(number))
        bytes.append([UInt8](repeating: 0, count: size - 4))
        one.say(bytes, to: Self.place)
        try await client.clock.sleep(until: client.clock.now + gap)
      }
    }
    #expect(internet.runUntilQuiet())
    return other.heard.map { heard in (heard.bytes.array.prefix(4).reduce(0) { $0 << 8 | Int($1) }, heard.at - start) }
  }

  @Test("a perfect link")
  func perfect() throws {
    let arrived = try arrivals(.perfect, count: 50)
    #expect(arrived.map(\.0) == Array(0..<50))
    #expect(arrived.map(\.1) == (0..<50).map { .milliseconds($0) })
  }

  @Test("loss is the share it says", arguments: [0.05, 0.3, 1.0])
  func loss(_ loss: Double) throws {
    let arrived = try arrivals(Link(delay: .milliseconds(5), loss: loss))
    #expect(abs(Double(2_000 - arrived.count) / 2_000 - loss) < 0.03)
    #expect(arrived.map(\.0) == arrived.map(\.0).sorted())
  }

  @Test("delay and jitter lie where they should, and keep the order")
  func jitter() throws {
    let arrived = try arrivals(Link(delay: .milliseconds(20), jitter: .milliseconds(5)), gap: .milliseconds(20))
    let delays = arrived.map { $0.1 - .milliseconds(20 * $0.0) }
    #expect(delays.allSatisfy { $0 >= .milliseconds(15) && $0 <= .milliseconds(25) })
    #expect(Set(delays).count > 1_000)
    #expect(arrived.map(\.0) == Array(0..<2_000))
  }

  @Test("reordering and duplication are the shares they say")
  func reorderAndDuplicate() throws {
    let reordered = try arrivals(Link(delay: .milliseconds(20), reorder: 0.1)).map(\.0)
    let overtaken = zip(reordered, reordered.dropFirst()).filter { $0 > $1 }.count
    #expect(reordered.sorted() == Array(0..<2_000))
    #expect(overtaken > 100 && overtaken < 220)
    let duplicated = try arrivals(Link(delay: .milliseconds(20), duplicate: 0.1)).count - 2_000
    #expect(abs(duplicated - 200) < 50)
  }

  @Test("bandwidth spaces datagrams, and a full queue drops them")
  func bandwidth() throws {
    // 100 bytes and 28 of headers are 1,024 bits: 1,024 µs each at a million bits per second.
    let arrived = try arrivals(Link(bandwidth: 1_000_000, queueBytesMax: 1_280), count: 100, gap: .zero)
    #expect(arrived.count == 10)
    #expect(arrived.map(\.1) == (1...10).map { .microseconds(1_024 * $0) })
  }

  @Test("what is larger than the link's packets is dropped")
  func mtu() throws {
    #expect(try arrivals(Link(mtu: 1_500), count: 3, size: 1_472).count == 3)
    #expect(try arrivals(Link(mtu: 1_500), count: 3, size: 1_473).isEmpty)
  }

  @Test("a cut in one direction lets the other pass; nobody at the port is nobody; a filter takes one peer")
  func cutAndFilter() throws {
    let internet = SimulatedInternet(seed: 1) { _, _ in Link(delay: .milliseconds(1)) }
    let recorder = TestRecorder()
    internet.logPackets(.losses, into: recorder)
    let client = internet.addHost("pc", Address(203, 0, 113, 2))
    let server = internet.addHost("ns", Self.place.address)
    let (one, other) = (NotingPort(), NotingPort())
    let asked = Endpoint(Address(203, 0, 113, 2), 4_000)
    let listener = try internet.run {
      _ = try await client.bind(asked, options: BindOptions(peer: Self.place)) { one }
      return try await server.bind(Self.place, options: BindOptions()) { other }
    }
    internet.setLink(Link(isDown: true), from: asked.address, to: Self.place.address)
    one.say("lost", to: Self.place)
    other.say("heard", to: asked)
    other.say("nobody", to: Endpoint(asked.address, 4_001))
    internet.runUntilQuiet()
    #expect(other.heard.isEmpty)
    #expect(one.heard.map(\.bytes) == ["heard"])
    #expect(recorder.texts(.lost) == ["the link is down: datagram of 4 bytes", "nobody listens there: datagram of 6 bytes"])
    let stranger = NotingPort()
    try internet.run {
      _ = try await server.bind(Endpoint(Self.place.address, 54), options: BindOptions()) { stranger }
      stranger.say("forged", to: asked)
      await listener.close(grace: .zero)
    }
    internet.runUntilQuiet()
    #expect(one.heard.count == 1)
    #expect(other.isClosed)
  }

  @Test("traffic on one link does not change what another loses")
  func independence() throws {
    func losses(withOthers: Bool) throws -> [Int] {
      let internet = SimulatedInternet(seed: 9) { _, _ in Link(delay: .milliseconds(1), loss: 0.5) }
      let hosts = (1...3).map { internet.addHost("h\($0)", Address(192, 0, 2, UInt8($0))) }
      let ends = hosts.map { _ in NotingPort() }
      try internet.run {
        for (host, end) in zip(hosts, ends) { _ = try await host.bind(Endpoint(.any, 53), options: BindOptions()) { end } }
        for number in 0..<100 {
          if withOthers { ends[2].say("noise", to: Endpoint(hosts[1].addresses[0], 53)) }
          ends[0].say(Buffer([UInt8(number)]), to: Endpoint(hosts[1].addresses[0], 53))
        }
      }
      internet.runUntilQuiet()
      return ends[1].heard.filter { $0.bytes.count == 1 }.compactMap { $0.bytes[at: 0].map { Int($0) } }
    }
    #expect(try losses(withOthers: true) == losses(withOthers: false))
  }

  @Test("IPv6 beside IPv4")
  func both() throws {
    let internet = SimulatedInternet(seed: 1)
    let six = try #require(Address("2001:db8::1"))
    let client = internet.addHost("pc", Address(203, 0, 113, 2), try #require(Address("2001:db8::2")))
    let server = internet.addHost("ns", Self.place.address, six)
    let (one, other) = (NotingPort(), NotingPort())
    try internet.run {
      _ = try await server.bind(Endpoint(.v6(0, 0), 53), options: BindOptions()) { other }
      _ = try await client.bind(Endpoint(.v6(0, 0), 0), options: BindOptions()) { one }
      one.say("hello", to: Endpoint(six, 53))
    }
    internet.runUntilQuiet()
    #expect(other.heard.map(\.from.address) == [Address("2001:db8::2")])
  }
}
