// How many connections a destination gets: a few at first, more while it takes them, fewer while it does not, none for a while when it is dead.
// A value. Not here: whose turn it is (MailQueue.swift).
import World

/// What is known of one destination.
struct DestinationGate: Sendable, Hashable {
  /// Connections that are open to it.
  private(set) var busy = 0
  /// How many there may be; a fraction, since success counts a little at a time.
  private var window: Double
  private var deadUntil: Instant?

  init(_ limits: TransferLimits) { window = Double(limits.connectionsPerDestinationFirst) }

  /// When one more connection may be made.
  enum Opening: Sendable, Hashable {
    case now
    case at(Instant)
    /// When one of those that are open ends.
    case afterAnother
  }

  func opening(at now: Instant) -> Opening {
    if let deadUntil, now < deadUntil { return .at(deadUntil) }
    return busy < max(1, Int(window)) ? .now : .afterAnother
  }

  mutating func begin() { busy += 1 }

  /// A connection has ended; `wasAlive` when the destination answered as a mail server does.
  mutating func end(wasAlive: Bool, at now: Instant, limits: TransferLimits) {
    busy = max(0, busy - 1)
    if wasAlive {
      deadUntil = nil
      // One more for each round of all that are allowed, but never far beyond what is used.
      window = min(Double(limits.connectionsPerDestinationMax), window + 1 / max(1, window), Double(busy + 1 + limits.connectionsPerDestinationFirst))
    } else {
      window -= 1
      guard window < 1 else { return }
      window = 1
      deadUntil = now + limits.deadDestinationPause
    }
  }

  /// Whether forgetting it loses nothing.
  func isForgettable(at now: Instant) -> Bool { busy == 0 && (deadUntil.map { $0 <= now } ?? true) }
}
