// The real clock: the only place that asks the system for the time.
// Read next: World/Instant.swift, which says what an instant is.
import Glibc
public import World

/// Anchored to the wall clock when it is made, then following the clock that counts on while the machine sleeps: it never
/// goes backwards, and is not behind after a suspend.
public struct SystemClock: WorldClock {
  /// What to add to the time since boot. Unit: nanoseconds.
  private let anchor: Int64

  public init() {
    anchor = SystemClock.read(CLOCK_REALTIME) &- SystemClock.read(CLOCK_BOOTTIME)
  }

  public var now: Instant { Instant(nanoseconds: anchor &+ SystemClock.read(CLOCK_BOOTTIME)) }

  public func sleep(until deadline: Instant) async throws {
    try await Task.sleep(for: max(.zero, now.duration(to: deadline)), tolerance: .zero)
  }

  private static func read(_ clock: clockid_t) -> Int64 {
    var time = timespec()
    clock_gettime(clock, &time)
    return Int64(time.tv_sec) &* 1_000_000_000 &+ Int64(time.tv_nsec)
  }
}
