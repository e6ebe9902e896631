// The clocks of a simulated internet, its own and its hosts': time stands still until everything that is to happen now has happened.
public import World

/// The simulator's time as one clock shows it.
public final class SimulatedClock: WorldClock, @unchecked Sendable {
  // Unchecked: `internet` is set once, before anybody sees the clock.
  weak var internet: SimulatedInternet?
  private let clock: HostClock
  /// Whether no run goes on for those who sleep by it alone.
  private let isBackground: Bool

  init(_ clock: HostClock, isBackground: Bool = false) {
    self.clock = clock
    self.isBackground = isBackground
  }

  public var now: Instant { internet?.reading(of: clock) ?? .simulationStart }

  /// When it will say `reading`, in the simulation's time.
  func time(when reading: Instant) -> Instant { internet?.time(when: reading, on: clock) ?? reading }

  public func sleep(until deadline: Instant) async throws {
    guard let internet else { throw CancellationError() }
    let sleeper = Sleeper(time(when: deadline), isBackground: isBackground)
    try await withTaskCancellationHandler {
      try await withCheckedThrowingContinuation { continuation in
        internet.locked {
          sleeper.begin(continuation)
          internet.schedule(sleeper)
        }
      }
    } onCancel: {
      internet.locked { sleeper.cancel() }
    }
  }
}

/// One task that sleeps.
private final class Sleeper: Wakeable, @unchecked Sendable {
  // Unchecked: touched under the internet's lock only.
  /// In the simulation's time.
  private let deadline: Instant
  private var continuation: CheckedContinuation<Void, any Error>?
  private var isCancelled = false
  var scheduledWake: Instant?

  let wakesInBackground: Bool

  init(_ deadline: Instant, isBackground: Bool) {
    self.deadline = deadline
    wakesInBackground = isBackground
  }

  var nextWake: Instant? { continuation == nil ? nil : deadline }

  func begin(_ continuation: CheckedContinuation<Void, any Error>) {
    if isCancelled { continuation.resume(throwing: CancellationError()) } else { self.continuation = continuation }
  }

  func cancel() {
    isCancelled = true
    continuation?.resume(throwing: CancellationError())
    continuation = nil
  }

  func wake(at now: Instant) {
    continuation?.resume()
    continuation = nil
  }
}
