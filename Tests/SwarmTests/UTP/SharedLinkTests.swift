// One slow link, a TCP flow and a uTP flow: who gets how much, and how long packets wait. Delay-based congestion control gives way.
import BitTorrent
import Bytes
import SimulatedTransport
import Swarm
import Testing
import TestKit
import Transport
import World

/// Says bytes for as long as it may.
final class EndlessEnd: StreamEnd, @unchecked Sendable {
  // Unchecked: touched on the simulation's thread only.
  private var carrier: (any Carrier)?
  private(set) var deadline: Instant?
  private let piece = Buffer(repeatElement(0x2E, count: 65_536))
  private var isCongested = false
  private let ends: Instant

  init(until ends: Instant) { self.ends = ends }

  func opened(on carrier: any Carrier) {
    self.carrier = carrier
    say()
  }
  func received(_ bytes: Buffer) {}
  func peerClosed() {}
  func deadlineReached() { say() }
  func congested(_ isCongested: Bool) {
    self.isCongested = isCongested
    say()
  }
  func closed(because reason: String) { carrier = nil }
  func wire(_ bytes: Buffer, sent: Bool) {}
  var wantsWire: Bool { false }

  private func say() {
    guard let carrier else { return }
    guard carrier.now < ends else {
      deadline = nil
      return carrier.close(.now)
    }
    deadline = carrier.now + .milliseconds(50)
    guard !isCongested else { return }
    // Little at a time, so that what is queued at the end is little.
    for _ in 0..<2 { carrier.send(piece) }
    carrier.flush()
  }
}

/// Counts what it hears.
final class CountingEnd: StreamEnd, @unchecked Sendable {
  // Unchecked: touched on the simulation's thread only.
  private var carrier: (any Carrier)?
  private(set) var heardAt: [(at: Instant, bytes: Int)] = []
  let deadline: Instant? = nil

  func opened(on carrier: any Carrier) { self.carrier = carrier }
  func received(_ bytes: Buffer) { if let carrier { heardAt.append((carrier.now, bytes.count)) } }
  func peerClosed() { carrier?.close(.afterFlush) }
  func deadlineReached() {}
  func congested(_ isCongested: Bool) {}
  func closed(because reason: String) { carrier = nil }
  func wire(_ bytes: Buffer, sent: Bool) {}
  var wantsWire: Bool { false }

  /// Bytes heard from `start` to `end`, both counted from `zero`.
  func heard(from start: Duration, to end: Duration, since zero: Instant) -> Int {
    heardAt.filter { $0.at >= zero + start && $0.at < zero + end }.reduce(0) { $0 + $1.bytes }
  }
}

@Suite("A shared link")
struct SharedLinkTests {
  /// 5 Mbit/s with half a second of queue, as an access link has.
  static let link = Link(delay: .milliseconds(20), bandwidth: 5_000_000, queueBytesMax: 312_500)
  static let server = Address(198, 51, 100, 1)
  static let client = Address(203, 0, 113, 2)

  /// What came of it. Unit: bytes, by flow and stretch of time.
  struct Outcome: Sendable {
    var utpAlone: Int
    var utpBeside: Int
    var tcpBeside: Int
    var utpAfter: Int
  }

  /// uTP from the beginning to 90 s; TCP from 30 s to 60 s. `clock`: the receiver's.
  func play(seed: UInt64, clock: HostClock) throws -> Outcome {
    let internet = SimulatedInternet(seed: seed) { source, _ in source == Self.server ? Self.link : Link(delay: .milliseconds(20)) }
    let server = internet.addHost("server", Self.server)
    let client = internet.addHost("client", at: [Self.client], clock: clock)
    let start = internet.now
    let (utp, tcp) = (CountingEnd(), CountingEnd())
    try internet.run {
      let sending = try await UTPPort.open(at: Endpoint(Self.server, 6_881), on: server, chance: SeededRandom(seed: seed))
      _ = try await sending.listen(at: sending.endpoint) { _, _ in EndlessEnd(until: start + .seconds(90)) }
      let receiving = try await UTPPort.open(at: Endpoint(Self.client, 6_881), on: client, chance: SeededRandom(seed: seed + 1))
      let listener = try await server.listen(at: Endpoint(Self.server, 80), options: ListenOptions()) { _, _ in EndlessEnd(until: start + .seconds(60)) }
      try await receiving.dial(sending.endpoint) { utp }
      try await internet.clock.sleep(until: start + .seconds(30))
      try await client.dial(Endpoint(Self.server, 80), options: DialOptions()) { tcp }
      try await internet.clock.sleep(until: start + .seconds(91))
      await listener.close(grace: .zero)
      await receiving.close(grace: .zero)
      await sending.close(grace: .zero)
    }
    return Outcome(
      utpAlone: utp.heard(from: .seconds(10), to: .seconds(30), since: start), utpBeside: utp.heard(from: .seconds(40), to: .seconds(60), since: start),
      tcpBeside: tcp.heard(from: .seconds(40), to: .seconds(60), since: start), utpAfter: utp.heard(from: .seconds(70), to: .seconds(90), since: start))
  }

  @Test("uTP takes what TCP leaves, and takes it back when TCP is gone", .spec("RFC 6817", "4.2"), arguments: [UInt64(1)], [
    HostClock(), HostClock(drift: 3_000), HostClock(drift: -500),
  ])
  func yields(seed: UInt64, clock: HostClock) throws {
    let outcome = try play(seed: seed, clock: clock)
    // Twenty seconds of 5 Mbit/s are 12.5 million bytes.
    let whole = 12_500_000
    #expect(outcome.utpAlone > whole * 85 / 100, "\(outcome)")
    #expect(outcome.tcpBeside > whole * 75 / 100, "\(outcome)")
    #expect(outcome.utpBeside < whole * 15 / 100, "\(outcome)")
    #expect(outcome.utpBeside > 0, "it is not starved to death: \(outcome)")
    #expect(outcome.utpAfter > whole * 75 / 100, "\(outcome)")
  }
}
