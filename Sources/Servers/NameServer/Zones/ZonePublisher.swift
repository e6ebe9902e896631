// A zone's blocks handed to who keeps them, label by label, and again before they are forgotten.
// Not here: sealing and signing (Names/GNS/Zone.swift), who keeps them (a port: Host/NameTable.swift is one).
package import Names
package import World

/// Publishes a zone.
package struct ZonePublisher: Sendable {
  private let zone: Names.Zone
  private let secret: ZoneSecret
  private let storage: any BlockStorage
  private let clock: any WorldClock

  /// What one round came to.
  package struct Round: Sendable, Equatable {
    /// How many labels' blocks are kept.
    package var kept = 0
    /// Which are not, and why.
    package var failures: [Failure] = []

    package struct Failure: Sendable, Equatable {
      package var label: ZoneLabel
      package var why: String
    }
  }

  /// How long after a round the next one begins: nodes of the table forget after two hours.
  package static let interval = Duration.seconds(3_600)
  /// Between one block and the next: nodes do not answer who asks without a pause.
  private static let pause = Duration.milliseconds(250)

  package init(_ zone: Names.Zone, by secret: ZoneSecret, to storage: any BlockStorage, clock: any WorldClock) {
    (self.zone, self.secret, self.storage, self.clock) = (zone, secret, storage, clock)
  }

  /// One round. Records with a life count it from now on, so each round's blocks take the place of the last one's.
  package func publish() async throws(CancellationError) -> Round {
    var round = Round()
    let now = clock.now
    for (place, set) in zone.sets(at: now).enumerated() {
      if place > 0 { do { try await clock.sleep(until: clock.now + Self.pause) } catch { throw CancellationError() } }
      do throws(BlockNotKept) {
        guard let block = ZoneBlock(set.records, under: set.label, by: secret) else { throw BlockNotKept("its records are too many for a block") }
        try await storage.put(block)
        round.kept += 1
      } catch { round.failures.append(Round.Failure(label: set.label, why: "\(error)")) }
    }
    return round
  }

  /// Rounds without end, until the task is cancelled.
  package func keepPublishing(tell: @Sendable (Round) async -> Void) async throws(CancellationError) {
    while true {
      await tell(try await publish())
      do { try await clock.sleep(until: clock.now + Self.interval) } catch { throw CancellationError() }
    }
  }
}
