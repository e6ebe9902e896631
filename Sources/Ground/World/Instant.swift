// A point in time as a value: deadlines, TTLs and dates all come from it. Nothing below the host asks the system for one.
// Not here: calendar text (HTTP's dates are HTTP's, DNS's are DNS's), timers (Transport/Sockets/TimerWheel.swift).

/// A point in time: nanoseconds since 1970-01-01T00:00:00Z, on a clock that never goes backwards.
///
/// The real clock is anchored to the wall clock when the process starts and then follows the monotonic clock, so one value serves
/// both for deadlines and for dates. The simulator's clock starts at `Instant.simulationStart`.
public struct Instant: Comparable, Hashable, Sendable, Codable {
  /// Unit: nanoseconds since 1970-01-01T00:00:00Z.
  public var nanoseconds: Int64

  @inlinable
  public init(nanoseconds: Int64) { self.nanoseconds = nanoseconds }

  @inlinable
  public init(secondsSince1970 seconds: Int64) { nanoseconds = seconds &* 1_000_000_000 }

  /// Microseconds since 1970, as far as an instant reaches: to the year 2262.
  public init(microseconds: UInt64) { nanoseconds = Int64(min(microseconds, UInt64(Int64.max / 1_000))) * 1_000 }

  /// Unit: microseconds since 1970; what lies before is 0.
  public var microseconds: UInt64 { nanoseconds < 0 ? 0 : UInt64(nanoseconds / 1_000) }

  /// Where every simulated run begins: 2026-01-01T00:00:00Z.
  public static let simulationStart = Instant(secondsSince1970: 1_767_225_600)

  /// Whole seconds since 1970, rounded down.
  @inlinable
  public var secondsSince1970: Int64 {
    let (seconds, rest) = nanoseconds.quotientAndRemainder(dividingBy: 1_000_000_000)
    return rest < 0 ? seconds - 1 : seconds
  }

  @inlinable
  public static func < (a: Instant, b: Instant) -> Bool { a.nanoseconds < b.nanoseconds }

  /// This instant moved by `duration`; a result past the type's range stays at its end.
  @inlinable
  public func advanced(by duration: Duration) -> Instant {
    let (seconds, attoseconds) = duration.components
    let (high, overflow) = seconds.multipliedReportingOverflow(by: 1_000_000_000)
    let (sum, overflow2) = nanoseconds.addingReportingOverflow(overflow ? (seconds < 0 ? .min : .max) : high)
    let base = overflow2 ? (seconds < 0 ? Int64.min : Int64.max) : sum
    let (total, overflow3) = base.addingReportingOverflow(attoseconds / 1_000_000_000)
    return Instant(nanoseconds: overflow3 ? (attoseconds < 0 ? .min : .max) : total)
  }

  /// How long it is from here to `other`; negative when `other` lies before.
  @inlinable
  public func duration(to other: Instant) -> Duration {
    .nanoseconds(other.nanoseconds.subtractingReportingOverflow(nanoseconds).partialValue)
  }

  @inlinable
  public static func + (instant: Instant, duration: Duration) -> Instant { instant.advanced(by: duration) }

  @inlinable
  public static func - (late: Instant, early: Instant) -> Duration { early.duration(to: late) }
}

/// Where a part that has to know the time asks for it. The host hands in the real one, the simulator its own.
public protocol WorldClock: Sendable {
  var now: Instant { get }
  /// Returns once `deadline` has come. Throws `CancellationError` when the task is cancelled first.
  func sleep(until deadline: Instant) async throws
}
