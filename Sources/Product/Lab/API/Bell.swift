// Waiting for something new, for a bounded time: one rings, all that wait look again.
import Synchronization

/// Wakes those who wait for what it is rung for.
final class Bell: Sendable {
  private let waiting = Mutex(Waiting())

  private struct Waiting {
    var next: UInt64 = 0
    var ears: [UInt64: AsyncStream<Void>.Continuation] = [:]
  }

  func ring() { for ear in waiting.withLock({ Array($0.ears.values) }) { ear.yield() } }

  /// What `look` finds, now or after a ring within `time` of the real clock; nil: nothing, or `given(up)` was called.
  func wait<Found: Sendable>(
    _ time: Duration, givenUp: (@escaping @Sendable () -> Void) -> Void, until look: () -> Found?
  ) async -> Found? {
    // Listened from before the first look, so that no ring falls between.
    let (rings, ear) = AsyncStream<Void>.makeStream(bufferingPolicy: .bufferingNewest(1))
    let number = waiting.withLock { waiting in
      waiting.next += 1
      waiting.ears[waiting.next] = ear
      return waiting.next
    }
    defer { waiting.withLock { $0.ears[number] = nil } }
    if let found = look() { return found }
    guard time > .zero else { return nil }
    givenUp { ear.finish() }
    let timer = Task {
      try await Task.sleep(for: time)
      ear.finish()
    }
    defer { timer.cancel() }
    for await _ in rings { if let found = look() { return found } }
    return look()
  }
}
