// How large a datagram passes: begins with what passes everywhere and tries larger ones, one at a time. A trial is a packet of ordinary payload
// blown up by padding, so that its loss costs nothing but itself, and is no sign of congestion. RFC 8899 describes the art.

/// The search for the largest packet of one path. Unit: bytes, without the headers of IP and UDP.
struct PacketSize: Sendable {
  /// What is known to pass.
  private(set) var known: Int
  /// What is not known not to pass.
  private var ceiling: Int
  private let safe: Int
  private let largest: Int
  private var isTrying = false
  /// How often the size last tried was lost: one loss may be bad luck.
  private var losses = 0

  /// The search ends when it is as exact as this. Unit: bytes.
  private static let precision = 16

  init(safe: Int, largest: Int) {
    self.safe = max(150, safe)
    self.largest = max(self.safe, largest)
    known = self.safe
    ceiling = self.largest
  }

  /// The size to try now; nil: none, or one is under way.
  var trial: Int? {
    // Padding has two bytes at least.
    guard !isTrying, ceiling - known >= (ceiling == largest ? 2 : Self.precision) else { return nil }
    // Most paths carry what an Ethernet does, so that is tried first.
    return ceiling == largest ? largest : (known + ceiling + 1) / 2
  }

  mutating func began() { isTrying = true }

  mutating func passed(_ size: Int) {
    isTrying = false
    losses = 0
    known = max(known, size)
  }

  mutating func lost(_ size: Int) {
    isTrying = false
    losses += 1
    guard losses >= 2 else { return }
    losses = 0
    ceiling = max(known, size - 1)
  }

  /// The path seems to have changed: nothing is known any more.
  mutating func restart() { self = PacketSize(safe: safe, largest: largest) }
}
