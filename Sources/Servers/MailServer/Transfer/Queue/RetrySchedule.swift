// When a message that could not be passed on is tried again, and when that is given up: numbers only.
package import World

/// The times of further attempts.
package struct RetrySchedule: Sendable, Hashable {
  /// The waits after the first attempts; the last one is kept to.
  ///
  /// Differs from RFC 5321 §4.5.4.1: the first waits are shorter than half an hour, since most failures are greylisting and restarts.
  package var waits: [Duration] = [5, 10, 20, 40, 60].map { .seconds($0 * 60) }
  /// Each wait is longer or shorter by up to this share, so that what failed together does not come back together.
  package var spread = 0.2
  /// How long a message is tried. RFC 5321 §4.5.4.1 asks for four to five days. Past it: a report says that it failed.
  package var lifetime = Duration.seconds(5 * 86_400)
  /// The same for reports.
  package var reportLifetime = Duration.seconds(2 * 86_400)
  /// The ages at which the sender is told that a message is late.
  package var delayReports: [Duration] = [.seconds(4 * 3_600), .seconds(86_400)]

  package init() {}

  /// How long to wait after `attempts` of them have failed.
  package func wait(after attempts: Int, using random: inout some RandomNumberGenerator) -> Duration {
    let wait = waits.isEmpty ? .zero : waits[min(max(attempts, 1), waits.count) - 1]
    return wait * Double.random(in: (1 - spread)...(1 + spread), using: &random)
  }

  /// When a message that arrived at `arrival` is given up.
  package func end(of arrival: Instant, isReport: Bool) -> Instant { arrival + (isReport ? reportLifetime : lifetime) }

  /// How many reports of delay are due at `age`.
  package func delayReportsDue(at age: Duration) -> Int { delayReports.count { $0 <= age } }
}
