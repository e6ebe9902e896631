// Runs async work on one thread in an order drawn from a seed: each seed is one interleaving, and it repeats.
// Read next: SimulatedInternet.swift, which runs it between events.
public import World
import Synchronization

/// A task executor without threads of its own: jobs wait until `runUntilIdle` runs them on the calling thread.
public final class SeededExecutor: TaskExecutor, @unchecked Sendable {
  // Unchecked: all state is behind the two mutexes.
  private let waiting = Mutex<[UnownedJob]>([])
  private let chance: Mutex<SeededRandom>

  public init(chance: SeededRandom) { self.chance = Mutex(chance) }

  public func enqueue(_ job: consuming ExecutorJob) {
    let job = UnownedJob(job)
    waiting.withLock { $0.append(job) }
  }

  /// Whether anything could run.
  public var isIdle: Bool { waiting.withLock { $0.isEmpty } }

  /// Runs jobs, also those that they make, until none is left or `jobsMax` have run. Returns how many ran.
  @discardableResult
  public func runUntilIdle(jobsMax: Int = .max) -> Int {
    var count = 0
    while count < jobsMax, let next = draw() {
      next.runSynchronously(on: asUnownedTaskExecutor())
      count += 1
    }
    return count
  }

  private func draw() -> UnownedJob? {
    waiting.withLock { jobs in
      guard !jobs.isEmpty else { return nil }
      let index = jobs.count == 1 ? 0 : chance.withLock { Int.random(in: 0..<jobs.count, using: &$0) }
      return jobs.remove(at: index)
    }
  }
}
