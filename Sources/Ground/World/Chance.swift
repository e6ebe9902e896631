// Randomness and tickets as values. The host seeds from the system, the simulator from its seed; below the host nobody else does.

/// A seeded generator (SplitMix64): the same seed gives the same numbers, on every machine. Not for secrets.
public struct SeededRandom: RandomNumberGenerator, Sendable {
  private var state: UInt64

  public init(seed: UInt64) { state = seed }

  public mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var z = state
    z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    return z ^ (z >> 31)
  }

  /// A generator of its own for `label`, so that one part's use does not shift another's.
  public func derived(_ label: String) -> SeededRandom {
    var mixed = state
    for byte in label.utf8 { mixed = (mixed ^ UInt64(byte)) &* 0x100_0000_01B3 }
    return SeededRandom(seed: mixed)
  }
}

/// A number that goes out with a question and comes back with its answer, so that late answers are recognised.
public struct Ticket: Hashable, Sendable {
  public private(set) var number: UInt64

  @inlinable
  public init(number: UInt64 = 0) { self.init(raw: number) }

  @usableFromInline
  init(raw: UInt64) { number = raw }

  /// The current ticket; the next call returns the next one.
  public mutating func taken() -> Ticket {
    let ticket = self
    number &+= 1
    return ticket
  }
}
