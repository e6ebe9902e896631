// A few threads for calls that may wait for a disk, so that no event loop and no task has to: opening, listing, writing, synchronising.
// Not here: waiting together for one synchronisation (SharedWait.swift).
import Synchronization

/// Threads that do what they are given, first come first served.
public final class DiskThreads: Sendable {
  private let queue = Queue()

  private final class Queue: Sendable {
    let waiting = Mutex<(work: [@Sendable () -> Void], next: Int, isOver: Bool)>(([], 0, false))
    let signal = Signal()

    func take() -> (work: (@Sendable () -> Void)?, isOver: Bool) {
      waiting.withLock { state in
        guard state.next < state.work.count else { return (nil, state.isOver) }
        let work = state.work[state.next]
        state.next += 1
        if state.next == state.work.count {
          state.work.removeAll(keepingCapacity: true)
          state.next = 0
        }
        return (work, false)
      }
    }
  }

  /// Starts `count` threads. They end, what was given being done, when this is forgotten.
  public init(count: Int) throws(StorageError) {
    for _ in 0..<max(1, count) {
      let queue = queue
      try startThread {
        while true {
          queue.signal.wait()
          let (work, isOver) = queue.take()
          work?()
          if isOver {
            // The next thread learns it too.
            queue.signal.give()
            return
          }
        }
      }
    }
  }

  deinit {
    queue.waiting.withLock { $0.isOver = true }
    queue.signal.give()
  }

  /// Does `work` soon, on one of the threads. How much waits is for those to bound who give it.
  public func perform(_ work: @escaping @Sendable () -> Void) {
    queue.waiting.withLock { $0.work.append(work) }
    queue.signal.give()
  }
}
