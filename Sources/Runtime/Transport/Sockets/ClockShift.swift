// How far a world's clock stands ahead of the real one. A jump wakes whoever waits by that clock: loops turn their wheels at once, sleepers look
// anew whether their time has come.
// Not here: the clock itself (SystemClock.swift), the wheels (SocketLoop.swift).
import Synchronization
import World

/// What is added to the real time; it only grows.
public final class ClockShift: Sendable {
  /// Unit: nanoseconds.
  private let nanoseconds = Atomic<Int64>(0)
  private let watchers = Mutex(Watchers())

  private struct Watchers {
    var next: UInt64 = 0
    var told: [UInt64: @Sendable () -> Void] = [:]
  }

  /// The farthest a clock may stand ahead. Past it: it stays where it is.
  public static let aheadMax = Duration.seconds(20 * 365 * 86_400)

  public init() {}

  /// How far the clock stands ahead.
  public var ahead: Duration { .nanoseconds(nanoseconds.load(ordering: .relaxed)) }

  /// Lets the clock jump forward; false: it would stand farther ahead than `aheadMax`, or go back, and stays.
  public func advance(by time: Duration) -> Bool {
    guard time >= .zero, time <= Self.aheadMax, ahead + time <= Self.aheadMax else { return false }
    let (seconds, attoseconds) = time.components
    nanoseconds.wrappingAdd(seconds * 1_000_000_000 + attoseconds / 1_000_000_000, ordering: .relaxed)
    for watcher in watchers.withLock({ $0.told.sorted { $0.key < $1.key }.map(\.value) }) { watcher() }
    return true
  }

  /// Calls `action` after each jump, until `stopTelling` is called with the number that is returned.
  @discardableResult
  func whenJumped(_ action: @escaping @Sendable () -> Void) -> UInt64 {
    watchers.withLock { watchers in
      watchers.next += 1
      watchers.told[watchers.next] = action
      return watchers.next
    }
  }

  func stopTelling(_ number: UInt64) { watchers.withLock { $0.told[number] = nil } }

  /// Returns once `deadline` has come by `clock`, which is ahead by this shift.
  func sleep(until deadline: Instant, by clock: SystemClock) async throws {
    // Watched from before the first look at the clock, so that no jump falls between.
    let (jumps, jump) = AsyncStream<Void>.makeStream(bufferingPolicy: .bufferingNewest(1))
    let number = whenJumped { jump.yield() }
    defer { stopTelling(number) }
    var jumped = jumps.makeAsyncIterator()
    while clock.now < deadline {
      let wait = clock.now.duration(to: deadline)
      let timer = Task {
        try await Task.sleep(for: wait, tolerance: .zero)
        jump.yield()
      }
      _ = await jumped.next()
      timer.cancel()
      try Task.checkCancellation()
    }
  }
}
