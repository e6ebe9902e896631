// Which pieces somebody has: one bit each, the first piece in the highest bit of the first byte, as it goes over the wire.
// Read next: PeerMessage.swift.
public import Bytes

/// A set of pieces of one torrent.
public struct PieceSet: Sendable, Hashable {
  /// How many pieces the torrent has.
  public private(set) var pieceCount: Int
  /// How many of them are in the set.
  public private(set) var count: Int
  private var bits: [UInt8]

  /// None of `pieceCount` pieces.
  public init(pieceCount: Int) {
    self.pieceCount = max(0, pieceCount)
    count = 0
    bits = Array(repeating: 0, count: (self.pieceCount + 7) / 8)
  }

  /// All of `pieceCount` pieces.
  public init(allOf pieceCount: Int) {
    self.init(pieceCount: pieceCount)
    bits = Array(repeating: 0xFF, count: bits.count)
    if let last = bits.indices.last { bits[last] = ~Self.spare(pieceCount) }
    count = self.pieceCount
  }

  /// The set that a bitfield says; nil: it is longer or shorter than `pieceCount` asks for, or a bit is set that stands for no piece.
  // BEP 3 bitfield: spare bits at the end are set to zero.
  public init?(_ bitfield: Buffer, pieceCount: Int) {
    guard pieceCount >= 0, bitfield.count == (pieceCount + 7) / 8 else { return nil }
    self.pieceCount = pieceCount
    bits = bitfield.array
    if let last = bits.last, last & Self.spare(pieceCount) != 0 { return nil }
    count = bits.reduce(0) { $0 + $1.nonzeroBitCount }
  }

  /// The bits of the last byte that stand for no piece.
  private static func spare(_ pieceCount: Int) -> UInt8 { pieceCount % 8 == 0 ? 0 : 0xFF >> UInt8(pieceCount % 8) }

  public var isEmpty: Bool { count == 0 }
  /// Whether nothing is missing.
  public var isFull: Bool { count == pieceCount }

  public func contains(_ piece: Int) -> Bool {
    guard piece >= 0, piece < pieceCount else { return false }
    return bits[piece >> 3] & (0x80 >> UInt8(piece & 7)) != 0
  }

  /// Adds a piece. False: it was there, or the torrent has no such piece.
  @discardableResult
  public mutating func insert(_ piece: Int) -> Bool {
    guard piece >= 0, piece < pieceCount, !contains(piece) else { return false }
    bits[piece >> 3] |= 0x80 >> UInt8(piece & 7)
    count += 1
    return true
  }

  /// Adds a piece of a torrent whose number of pieces is not known: the set is made to reach so far.
  mutating func insertGrowing(_ piece: Int) {
    if piece >= pieceCount {
      pieceCount = piece + 1
      bits.append(contentsOf: repeatElement(0, count: (pieceCount + 7) / 8 - bits.count))
    }
    insert(piece)
  }

  /// Takes a piece out. False: it was not there.
  @discardableResult
  public mutating func remove(_ piece: Int) -> Bool {
    guard contains(piece) else { return false }
    bits[piece >> 3] &= ~(0x80 >> UInt8(piece & 7))
    count -= 1
    return true
  }

  /// Whether `other` has a piece that is not in this set.
  public func lacksAny(of other: PieceSet) -> Bool { zip(bits, other.bits).contains { $1 & ~$0 != 0 } }

  /// The pieces in their order.
  public var pieces: [Int] { (0..<pieceCount).filter(contains) }

  /// The bits as a bitfield has them.
  public var bitfield: Buffer { Buffer(bits) }
}
