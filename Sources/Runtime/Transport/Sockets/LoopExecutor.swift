// Tasks on an event loop: what they await from connections of the same loop costs no change of threads, which for a short piece of work is most
// of what it costs. Used by SocketNetwork.startOnLoop.
// Not here: the simulator's executor (SimulatedTransport/SeededExecutor.swift).
import NIOCore
import Synchronization

/// Runs the pieces of tasks between the events of one loop.
final class LoopExecutor: TaskExecutor {
  private let eventLoop: any EventLoop
  private let isOver = Mutex(false)

  init(_ eventLoop: any EventLoop) { self.eventLoop = eventLoop }

  /// The loop is about to end: what is left of its tasks goes on elsewhere.
  func end() { isOver.withLock { $0 = true } }

  func enqueue(_ job: consuming ExecutorJob) {
    let job = UnownedJob(job)
    // What a loop has taken before its end it still does; what would come later it would throw away.
    isOver.withLock { isOver in
      if isOver {
        globalConcurrentExecutor.enqueue(job)
      } else {
        eventLoop.execute { job.runSynchronously(on: self.asUnownedTaskExecutor()) }
      }
    }
  }
}
