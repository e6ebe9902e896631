// Clocks that are wrong: what they say, and when they will say it, exact to the nanosecond and back.
import TestKit
import Testing
import World

@Suite("A host's clock")
struct HostClockTests {
  private static let start = Instant.simulationStart

  struct Case: Sendable {
    var clock: HostClock
    /// Since the start. Unit: nanoseconds.
    var time: Int64
    var reading: Int64
  }

  @Test("what it says", arguments: [
    Case(clock: HostClock(), time: 123_456_789, reading: 123_456_789),
    Case(clock: HostClock(offset: .seconds(2)), time: 5, reading: 2_000_000_005),
    Case(clock: HostClock(offset: .seconds(-2)), time: 5, reading: -1_999_999_995),
    Case(clock: HostClock(drift: 50), time: 1_000_000_000, reading: 1_000_050_000),
    Case(clock: HostClock(drift: -50), time: 1_000_000_000, reading: 999_950_000),
    // A day at 100 ppm is 8.64 s.
    Case(clock: HostClock(offset: .milliseconds(1), drift: -100), time: 86_400_000_000_000, reading: 86_400_000_000_000 - 8_640_000_000 + 1_000_000),
    // Rounded down: a nanosecond of a slow clock takes longer than one of time.
    Case(clock: HostClock(drift: 1), time: 999_999, reading: 999_999), Case(clock: HostClock(drift: 1), time: 1_000_000, reading: 1_000_001),
    Case(clock: HostClock(drift: -1), time: 1, reading: 0), Case(clock: HostClock(drift: -1), time: 1_000_000, reading: 999_999),
    // Before the start it runs as time does.
    Case(clock: HostClock(offset: .nanoseconds(7), drift: 100_000), time: -1_000_000, reading: -999_993),
  ])
  func says(_ c: Case) {
    #expect(c.clock.reading(at: Self.start + .nanoseconds(c.time), since: Self.start) == Self.start + .nanoseconds(c.reading))
  }

  @Test("a reading's time is the first at which it says that much", arguments: [0, 1, -1, 20, -20, 333, -500, 99_999, HostClock.driftMax, -HostClock.driftMax])
  func inverse(_ drift: Int) {
    var random = SeededRandom(seed: UInt64(drift + 1_000_000))
    let clock = HostClock(offset: .milliseconds(drift), drift: drift)
    for _ in 0..<2_000 {
      let span: Int64 = [10, 10_000_000, 100_000_000_000_000][Int.random(in: 0..<3, using: &random)]
      let time = Self.start + .nanoseconds(Int64.random(in: 0...span, using: &random))
      let reading = clock.reading(at: time, since: Self.start)
      let first = clock.time(when: reading, since: Self.start)
      #expect(first <= time && clock.reading(at: first, since: Self.start) == reading)
      // What lies between two readings of a fast clock is due at the later one.
      let wanted = reading + .nanoseconds(1)
      let due = clock.time(when: wanted, since: Self.start)
      #expect(clock.reading(at: due, since: Self.start) >= wanted)
      #expect(clock.reading(at: due + .nanoseconds(-1), since: Self.start) < wanted)
    }
  }

  @Test("the ends of time are no trap", arguments: [HostClock.driftMax, -HostClock.driftMax, 0])
  func ends(_ drift: Int) {
    for offset in [Duration.zero, HostClock.offsetMax, .zero - HostClock.offsetMax] {
      let clock = HostClock(offset: offset, drift: drift)
      for time in [Instant(nanoseconds: .min), Instant(nanoseconds: .max)] {
        for start in [Self.start, Instant(nanoseconds: 0), Instant(nanoseconds: .min)] {
          _ = (clock.reading(at: time, since: start), clock.time(when: time, since: start))
        }
      }
    }
  }

  @Test("it is held at its bounds")
  func bounds() {
    #expect(HostClock(drift: .max).drift == HostClock.driftMax && HostClock(drift: .min).drift == -HostClock.driftMax)
    #expect(HostClock(offset: .seconds(Int64.max)).offset == HostClock.offsetMax && HostClock(offset: .seconds(Int64.min)).offset == .zero - HostClock.offsetMax)
  }
}
