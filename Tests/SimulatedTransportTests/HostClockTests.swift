// Hosts whose clocks are wrong: they wait by them, are told their time, and the trace keeps the true one.
import Bytes
import SimulatedTransport
import Sockets
import Synchronization
import TestKit
import Testing
import Trace
import Transport
import World

/// Wants to be called a second after the last time, and notes what its clock says then.
private final class SecondsEnd: DatagramEnd, StreamEnd, @unchecked Sendable {
  // Unchecked: touched on the simulation's thread only.
  private var clock: (() -> Instant)?
  private let internet: SimulatedInternet
  private(set) var deadline: Instant?
  /// By its own clock, and in the simulation's time.
  private(set) var calls: [(reading: Instant, time: Instant)] = []

  init(of internet: SimulatedInternet) { self.internet = internet }

  private func begin(_ clock: @escaping () -> Instant) {
    self.clock = clock
    deadline = clock() + .seconds(1)
  }

  func opened(on carrier: any DatagramCarrier) { begin { carrier.now } }
  func opened(on carrier: any Carrier) { begin { carrier.now } }

  func deadlineReached() {
    guard let clock, let due = deadline else { return }
    calls.append((clock(), internet.now))
    deadline = calls.count < 10 ? due + .seconds(1) : nil
  }

  func received(_ bytes: Buffer, from remote: Endpoint) {}
  func received(_ bytes: Buffer) {}
  func peerClosed() {}
  func congested(_ isCongested: Bool) {}
  func closed() {}
  func closed(because reason: String) {}
  func wire(_ bytes: Buffer, sent: Bool) {}
  var wantsWire: Bool { false }
}

@Suite("Hosts with clocks of their own")
struct HostClockTests {
  private static let start = Instant.simulationStart
  private static let (one, other) = (Address(192, 0, 2, 1), Address(192, 0, 2, 2))
  static let clocks = [
    HostClock(), HostClock(drift: 500), HostClock(drift: -500), HostClock(offset: .seconds(7), drift: 77_777), HostClock(offset: .seconds(-3_600), drift: -100_000),
  ]

  /// When `seconds` have passed on a clock, rounded up to where it says so.
  private static func due(_ seconds: Int64, _ clock: HostClock) -> Instant {
    let rate = 1_000_000 + Int64(clock.drift)
    return start + .nanoseconds((seconds * 1_000_000_000 * 1_000_000 + rate - 1) / rate)
  }

  @Test("a deadline comes when the host's clock says so, once", arguments: clocks)
  func deadlines(_ clock: HostClock) throws {
    // A deadline that were due again and again would run into this.
    var limits = SimulationLimits()
    limits.eventsMax = 200
    let internet = SimulatedInternet(seed: 1, limits: limits)
    let host = internet.addHost("a", at: [Self.one], clock: clock)
    let peer = internet.addHost("b", Self.other)
    let ends = (0..<4).map { _ in SecondsEnd(of: internet) }
    try internet.run {
      _ = try await host.bind(Endpoint(Self.one, 9), options: BindOptions()) { ends[0] }
      _ = try await host.background.bind(Endpoint(Self.one, 10), options: BindOptions()) { ends[1] }
      for (number, network) in [host, host.background].enumerated() {
        let place = Endpoint(Self.other, UInt16(80 + number))
        _ = try await peer.listen(at: place, options: ListenOptions()) { _, _ in SecondsEnd(of: internet) }
        try await network.dial(place, options: DialOptions()) { ends[2 + number] }
      }
    }
    #expect(internet.now == Self.start)
    #expect(internet.run(for: .seconds(20)))
    for end in ends {
      #expect(end.calls.map(\.time) == (1...10).map { Self.due($0, clock) })
      // The clock has just come to the deadline: a nanosecond of time is not two of any clock here.
      for (number, call) in end.calls.enumerated() {
        let late = call.reading - (Self.start + clock.offset + .seconds(number + 1))
        #expect(late >= .zero && late <= .nanoseconds(1))
      }
    }
  }

  @Test("who sleeps is woken when the host's clock says so", arguments: clocks)
  func sleep(_ clock: HostClock) throws {
    let internet = SimulatedInternet(seed: 1)
    let host = internet.addHost("a", at: [Self.one], clock: clock)
    try internet.run {
      let begin = host.clock.now
      #expect(begin == Self.start + clock.offset)
      for second in 1...5 as ClosedRange<Int64> {
        try await host.clock.sleep(until: begin + .seconds(second))
        #expect(internet.now == Self.due(second, clock))
      }
      // What is over already is waited for by nobody.
      try await host.background.clock.sleep(until: begin)
      #expect(internet.now == Self.due(5, clock))
    }
  }

  @Test("two clocks run apart by what they gain, and no more")
  func apart() {
    let internet = SimulatedInternet(seed: 1)
    let fast = internet.addHost("fast", at: [Self.one], clock: HostClock(drift: 40))
    let slow = internet.addHost("slow", at: [Self.other], clock: HostClock(offset: .seconds(1), drift: -60))
    for hours in 1...100 as ClosedRange<Int64> {
      #expect(internet.run(for: .seconds(3_600)))
      #expect(fast.clock.now - slow.clock.now == .microseconds(100 * 3_600 * hours) - .seconds(1))
      #expect(internet.clock.now == internet.now && internet.now == Self.start + .seconds(3_600 * hours))
    }
  }

  /// Somebody says two words over TCP; the trace of both.
  private func trace(_ clock: HostClock) throws -> [String] {
    let recorder = TestRecorder()
    let internet = SimulatedInternet(seed: 3) { _, _ in Link(delay: .milliseconds(10)) }
    let (server, client) = (internet.addHost("srv", at: [Self.one], clock: clock), internet.addHost("pc", at: [Self.other], clock: clock))
    let told = internet.recorder(into: recorder)
    let service = UppercaseService(.concurrent)
    internet.start {
      _ = try? await server.listen(at: Endpoint(Self.one, 6_789), options: ListenOptions()) { remote, _ in
        service.end(for: remote, trace: TraceContext(recorder: told, host: "srv", role: .server))
      }
      _ = try? await client.connect(
        UppercaseStreamClient(lines: ["one", "two"]), to: Endpoint(Self.one, 6_789), trace: TraceContext(recorder: told, host: "pc", role: .client)) { _, _ in nil }
    }
    #expect(internet.run(for: .seconds(5)))
    return recorder.lines
  }

  @Test("the trace has the simulation's time, whatever the clocks say")
  func traced() throws {
    let right = try trace(HostClock())
    #expect(right.count > 8)
    for clock in Self.clocks { #expect(try trace(clock) == right) }
  }
}
