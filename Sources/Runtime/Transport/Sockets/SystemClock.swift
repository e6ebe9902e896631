// The real clock: the only place that asks the system for the time.
// Read next: World/Instant.swift, which says what an instant is.
import Glibc
public import World

/// Anchored to the wall clock when it is made, then following the clock that counts on while the machine sleeps: it never
/// goes backwards, and is not behind after a suspend. A lab's may be ahead, and jump.
public struct SystemClock: WorldClock {
  /// What to add to the time since boot. Unit: nanoseconds.
  private let anchor: Int64
  let shift: ClockShift?

  public init() { self.init(aheadBy: nil) }

  /// The real clock, ahead by `shift`; nil: not ahead.
  public init(aheadBy shift: ClockShift?) {
    anchor = SystemClock.read(CLOCK_REALTIME) &- SystemClock.read(CLOCK_BOOTTIME)
    self.shift = shift
  }

  public var now: Instant {
    let now = Instant(nanoseconds: anchor &+ SystemClock.read(CLOCK_BOOTTIME))
    return shift.map { now + $0.ahead } ?? now
  }

  public func sleep(until deadline: Instant) async throws {
    if let shift { return try await shift.sleep(until: deadline, by: self) }
    try await Task.sleep(for: max(.zero, now.duration(to: deadline)), tolerance: .zero)
  }

  private static func read(_ clock: clockid_t) -> Int64 {
    var time = timespec()
    clock_gettime(clock, &time)
    return Int64(time.tv_sec) &* 1_000_000_000 &+ Int64(time.tv_nsec)
  }
}
