// The clock of a simulated internet: time stands still until everything that is to happen now has happened.
public import World

/// The simulator's clock.
public final class SimulatedClock: WorldClock, @unchecked Sendable {
  // Unchecked: `internet` is set once, before anybody sees the clock.
  weak var internet: SimulatedInternet?
  /// Whether no run goes on for those who sleep by it alone.
  private let isBackground: Bool

  init(isBackground: Bool = false) { self.isBackground = isBackground }

  public var now: Instant { internet?.now ?? .simulationStart }

  public func sleep(until deadline: Instant) async throws {
    guard let internet else { throw CancellationError() }
    let sleeper = Sleeper(deadline, isBackground: isBackground)
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
