// Time's arithmetic at its ends: a peer's numbers must not move it past them.
import TestKit
import Testing
import World

@Suite("Instant")
struct InstantTests {
  static let earliest = Instant(nanoseconds: .min)
  static let latest = Instant(nanoseconds: .max)

  struct Case: Sendable {
    var start: Instant
    var duration: Duration
    var end: Instant
  }

  @Test("moving stops at the ends", arguments: [
    Case(start: Instant(nanoseconds: 0), duration: .seconds(1), end: Instant(secondsSince1970: 1)),
    Case(start: Instant(nanoseconds: 0), duration: .milliseconds(-1), end: Instant(nanoseconds: -1_000_000)),
    Case(start: Instant(nanoseconds: 5), duration: .zero, end: Instant(nanoseconds: 5)),
    Case(start: latest, duration: .nanoseconds(1), end: latest),
    Case(start: latest, duration: .seconds(1), end: latest),
    Case(start: earliest, duration: .nanoseconds(-1), end: earliest),
    Case(start: earliest, duration: .seconds(-1), end: earliest),
    Case(start: Instant(nanoseconds: 0), duration: .seconds(Int64.max), end: latest),
    Case(start: Instant(nanoseconds: 0), duration: .seconds(Int64.min), end: earliest),
    Case(start: .simulationStart, duration: .seconds(Int64.max / 2), end: latest),
    Case(start: latest, duration: .nanoseconds(-1), end: Instant(nanoseconds: .max - 1)),
    Case(start: Instant(nanoseconds: -1), duration: .seconds(9_223_372_036) + .nanoseconds(854_775_808), end: latest),
  ])
  func moving(_ c: Case) { #expect(c.start + c.duration == c.end) }

  @Test("whole seconds are rounded down, also before 1970", arguments: [
    (0, 0), (999_999_999, 0), (1_000_000_000, 1), (-1, -1), (-1_000_000_000, -1), (-1_000_000_001, -2),
    (.max, 9_223_372_036), (.min, -9_223_372_037), (-9_223_372_036_000_000_000, -9_223_372_036),
  ] as [(Int64, Int64)])
  func seconds(_ nanoseconds: Int64, _ seconds: Int64) { #expect(Instant(nanoseconds: nanoseconds).secondsSince1970 == seconds) }

  @Test("differences")
  func differences() {
    let start = Instant.simulationStart
    #expect((start + .milliseconds(1_500)) - start == .milliseconds(1_500))
    #expect(start - (start + .milliseconds(1)) == .milliseconds(-1))
    #expect(start < start + .nanoseconds(1))
  }
}
