// How long an answer takes, and how long to wait for one. Unit of everything here: nanoseconds.

/// The round trip of one connection.
struct RoundTrip: Sendable {
  private(set) var smoothed: Int64?
  private(set) var variation: Int64 = 0
  /// How long to wait before something is sent again.
  private(set) var timeout: Int64
  private let timeoutMin: Int64
  private let timeoutMax: Int64

  init(_ limits: UTPLimits) {
    timeout = limits.timeoutFirst.wholeNanoseconds
    timeoutMin = limits.timeoutMin.wholeNanoseconds
    timeoutMax = limits.timeoutMax.wholeNanoseconds
  }

  /// A packet sent once was acknowledged after `sample`. BEP 29: `delta = rtt - sample; var += (|delta| - var) / 4; rtt += (sample - rtt) / 8`.
  mutating func note(_ sample: Int64) {
    let sample = max(0, sample)
    if let known = smoothed {
      variation += (abs(known - sample) - variation) / 4
      smoothed = known + (sample - known) / 8
    } else {
      smoothed = sample
      variation = sample / 2
    }
    timeout = min(max((smoothed ?? 0) + 4 * variation, timeoutMin), timeoutMax)
  }

  /// BEP 29: each wait in vain is followed by one twice as long.
  mutating func backOff() { timeout = min(timeout * 2, timeoutMax) }
}
