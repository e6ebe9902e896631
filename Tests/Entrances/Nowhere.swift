// A network on which nobody can be reached, for tests and fuzzers of what must reach nobody. Not here: networks that carry (SimulatedTransport).
import Synchronization
package import Transport
package import World

/// Refuses everything, and counts the attempts. Its time stands still.
package final class Nowhere: Network {
  private struct Stopped: WorldClock {
    var now: Instant { .simulationStart }
    func sleep(until deadline: Instant) async throws {}
  }

  private let attempts = Atomic<Int>(0)
  private let runs: Bool

  /// With `runsWork`, work is begun at once, and is over when `start` returns, since nothing here really waits; otherwise it is let be.
  package init(runsWork: Bool) { runs = runsWork }

  /// How often somebody was dialled.
  package var dialled: Int { attempts.load(ordering: .relaxed) }

  package var clock: any WorldClock { Stopped() }

  package func listen(
    at endpoint: Endpoint, options: ListenOptions, accept: @escaping @Sendable (_ remote: Endpoint, _ local: Endpoint) -> (any StreamEnd)?
  ) async throws(NetworkError) -> any Listener { throw .refused(endpoint) }

  package func dial(_ endpoint: Endpoint, options: DialOptions, makeEnd: @escaping @Sendable () -> any StreamEnd) async throws(NetworkError) {
    attempts.add(1, ordering: .relaxed)
    throw .refused(endpoint)
  }

  package func bind(_ endpoint: Endpoint, options: BindOptions, makeEnd: @escaping @Sendable () -> any DatagramEnd) async throws(NetworkError) -> any Listener {
    throw .refused(endpoint)
  }

  package func start(_ work: @escaping @Sendable () async -> Void) { if runs { Task.immediate { await work() } } }
}
