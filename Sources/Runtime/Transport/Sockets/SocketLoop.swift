// One event loop with its clock and its one timer wheel.
// Read next: TimerWheel.swift; SocketCarrier.swift, the main thing that sleeps here.
import NIOCore
import World

/// Something with a deadline that lives on a loop.
protocol Sleeper: AnyObject {
  /// When to be woken; nil: never. Asked after each event.
  var deadline: Instant? { get }
  /// Where it stands in the wheel. Kept here for `SocketLoop` only.
  var filing: Filing? { get set }
  /// `deadline` has come.
  func deadlineCame()
}

/// An entry in the wheel and the time it is filed under.
struct Filing {
  var key: TimerKey
  var instant: Instant
}

/// What all connections of one event loop share. Used on that loop only.
final class SocketLoop: @unchecked Sendable {
  // Unchecked: everything that changes is touched on `eventLoop` alone.
  let eventLoop: any EventLoop
  let clock: SystemClock
  /// Runs tasks that stay on this loop.
  let executor: LoopExecutor
  private var wheel: TimerWheel<any Sleeper>
  private var armed: Scheduled<Void>?
  private var armedFor: Instant?
  private var due: [any Sleeper] = []
  private var isTurning = false

  init(_ eventLoop: any EventLoop, clock: SystemClock) {
    self.eventLoop = eventLoop
    self.clock = clock
    executor = LoopExecutor(eventLoop)
    wheel = TimerWheel(now: clock.now)
    clock.shift?.whenJumped { [weak self] in
      guard let loop = self else { return }
      loop.eventLoop.execute { loop.jumped() }
    }
  }

  /// The clock jumped: what is due by it now is not waited for any longer.
  private func jumped() {
    armed?.cancel()
    turn()
  }

  /// Makes sure that `sleeper` is woken not later than its deadline. A deadline that moved back costs nothing: the entry is filed anew when
  /// it comes up too early.
  func file(_ sleeper: any Sleeper) {
    guard let deadline = sleeper.deadline else { return }
    if let filing = sleeper.filing {
      if filing.instant <= deadline { return }
      wheel.remove(filing.key)
    }
    sleeper.filing = Filing(key: wheel.file(sleeper, at: deadline), instant: deadline)
    guard !isTurning else { return }
    let time = wheel.dueTime(of: deadline)
    if let armedFor, armedFor <= time { return }
    arm(for: time)
  }

  /// Forgets `sleeper`, so that nothing keeps it.
  func forget(_ sleeper: any Sleeper) {
    guard let filing = sleeper.filing else { return }
    wheel.remove(filing.key)
    sleeper.filing = nil
  }

  private func arm(for deadline: Instant) {
    armed?.cancel()
    armedFor = deadline
    let wait = max(0, deadline.nanoseconds &- clock.now.nanoseconds)
    armed = eventLoop.scheduleTask(in: .nanoseconds(wait)) { self.turn() }
  }

  private func turn() {
    armed = nil
    armedFor = nil
    isTurning = true
    let now = clock.now
    wheel.advance(to: now, into: &due)
    let awake = due
    due.removeAll(keepingCapacity: true)
    for sleeper in awake { sleeper.filing = nil }
    for sleeper in awake {
      if let deadline = sleeper.deadline, deadline <= now { sleeper.deadlineCame() }
      file(sleeper)
    }
    isTurning = false
    if let next = wheel.nextDue { arm(for: next) }
  }
}
