// What the clock of one host says: ahead or behind from the start, and too fast or too slow from then on.
// Not here: asking a clock and sleeping by it (Instant.swift), which host has which (SimulatedTransport/SimulatedNetwork.swift).

/// A clock that need not be right, as a function of the true time.
///
/// It never goes backwards, and to every reading belongs a first true time at which it says that much: so a deadline on it is one in true time.
public struct HostClock: Hashable, Sendable {
  /// How far ahead it is at the start; negative: behind.
  public let offset: Duration
  /// How much it gains while a million parts of time pass; negative: loses. Unit: parts per million (ppm).
  public let drift: Int

  /// Largest drift, either way. Unit: parts per million. A quartz has 20 to 100, and NTP follows up to 500 (RFC 5905). Past it: it is held there.
  public static let driftMax = 100_000
  /// Largest offset, either way: as far as from 1970 to the start of a simulation. Past it: it is held there.
  public static let offsetMax = Duration.seconds(20_000 * 86_400)

  /// A clock that is right, or wrong by so much.
  public init(offset: Duration = .zero, drift: Int = 0) {
    self.offset = max(.zero - Self.offsetMax, min(offset, Self.offsetMax))
    self.drift = max(-Self.driftMax, min(drift, Self.driftMax))
  }

  /// What it says at `time`, rounded down. Before `start` it runs as fast as time does.
  public func reading(at time: Instant, since start: Instant) -> Instant {
    let (millions, rest) = Self.elapsed(from: start, to: time).quotientAndRemainder(dividingBy: Self.million)
    let gained = rest * Int64(drift)
    // Down, also below zero.
    let part = gained / Self.million - (gained % Self.million < 0 ? 1 : 0)
    return time.advanced(by: offset + .nanoseconds(millions * Int64(drift) + part))
  }

  /// The first time at which it says `reading` or more: never a nanosecond early, so that what was due then is due.
  public func time(when reading: Instant, since start: Instant) -> Instant {
    let time = reading.advanced(by: .zero - offset)
    guard drift != 0, time > start else { return time }
    let rate = Self.million + Int64(drift)
    let (whole, rest) = Self.elapsed(from: start, to: time).quotientAndRemainder(dividingBy: rate)
    return start.advanced(by: .nanoseconds(whole) * Int(Self.million) + .nanoseconds((rest * Self.million + rate - 1) / rate))
  }

  private static let million: Int64 = 1_000_000

  /// Unit: nanoseconds. Never negative.
  private static func elapsed(from start: Instant, to time: Instant) -> Int64 {
    guard time > start else { return 0 }
    let (elapsed, overflow) = time.nanoseconds.subtractingReportingOverflow(start.nanoseconds)
    return overflow ? .max : elapsed
  }
}
