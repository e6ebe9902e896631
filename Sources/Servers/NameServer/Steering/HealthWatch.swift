// Asks every edge again and again how it is, and tells steering. How an edge is asked is the host's business: a port.
// Not here: what follows from a report (SteeringChoice.swift).
package import Transport
import World

/// Watches the edges of a steering.
package enum HealthWatch {
  /// Asks one edge for its load; nil: it does not answer, or says that it is not well.
  package typealias Probe = @Sendable (SteeredEdge) async -> Double?

  /// Begins to watch, one task for each edge, until `steering` is stopped.
  package static func start(_ steering: Steering, on network: any Network, probe: @escaping Probe) {
    for (index, edge) in steering.edges.enumerated() {
      network.start {
        while await steering.attention() {
          if let load = await probe(edge) { steering.note(load: load, of: index) } else { steering.noteDown(index) }
          do { try await network.clock.sleep(until: network.clock.now + steering.limits.checkInterval) } catch { return }
        }
      }
    }
  }
}
