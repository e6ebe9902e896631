// A thread for calls that wait for the disk: who comes while it waits is served together with the others the next time.
// Not here: what is done for them (FileBlobs.swift), calls that have nothing to share (DiskThreads.swift). SQLite's thread is GRDB's.
import Glibc
import Synchronization

/// Collects jobs and does all that have come together, on a thread of its own.
final class SharedWait<Job: Sendable>: Sendable {
  private let queue = Queue()

  /// A job and who waits for it.
  private struct Waiting: Sendable {
    var job: Job
    var continuation: CheckedContinuation<StorageError?, Never>
  }

  /// What the thread and those who come share. It outlives the owner until the thread has ended.
  private final class Queue: Sendable {
    let waiting = Mutex<(jobs: [Waiting], isOver: Bool)>(([], false))
    let signal = Signal()
  }

  /// `work` does the jobs it is given, and says for each what went wrong.
  init(_ work: @escaping @Sendable ([Job]) -> [StorageError?]) throws(StorageError) {
    let queue = queue
    try startThread {
      while true {
        queue.signal.wait()
        let (due, isOver) = queue.waiting.withLock { state in
          defer { state.jobs = [] }
          return state
        }
        if !due.isEmpty {
          for (waiting, outcome) in zip(due, work(due.map(\.job))) { waiting.continuation.resume(returning: outcome) }
        }
        if isOver { return }
      }
    }
  }

  deinit {
    queue.waiting.withLock { $0.isOver = true }
    queue.signal.give()
  }

  /// Returns when `job` is done.
  func perform(_ job: Job) async throws(StorageError) {
    let failure = await withCheckedContinuation { continuation in
      queue.waiting.withLock { $0.jobs.append(Waiting(job: job, continuation: continuation)) }
      queue.signal.give()
    }
    if let failure { throw failure }
  }
}

/// Wakes a thread.
final class Signal: @unchecked Sendable {
  // Unchecked: a semaphore is made to be used from many threads.
  private let semaphore = UnsafeMutablePointer<sem_t>.allocate(capacity: 1)

  init() { sem_init(semaphore, 0, 0) }

  deinit {
    sem_destroy(semaphore)
    semaphore.deallocate()
  }

  func give() { sem_post(semaphore) }
  func wait() { while sem_wait(semaphore) != 0 && errno == EINTR {} }
}

/// What a thread runs.
private final class ThreadBody {
  let run: @Sendable () -> Void

  init(_ run: @escaping @Sendable () -> Void) { self.run = run }
}

func startThread(_ run: @escaping @Sendable () -> Void) throws(StorageError) {
  let body = Unmanaged.passRetained(ThreadBody(run))
  var thread = pthread_t()
  let failure = pthread_create(
    &thread, nil,
    { context in
      if let context { Unmanaged<ThreadBody>.fromOpaque(context).takeRetainedValue().run() }
      return nil
    }, body.toOpaque())
  guard failure == 0 else {
    body.release()
    throw .failed("no thread for the disk: \(String(cString: strerror(failure)))")
  }
  pthread_detach(thread)
}
