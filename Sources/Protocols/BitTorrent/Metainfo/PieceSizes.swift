// How a run of bytes is cut into pieces, and pieces into blocks: the arithmetic that indices of peers are held against.
// Not here: files (PieceLayout.swift).

/// The sizes of all pieces of one torrent.
// BEP 3: all pieces are of one length but the last, which may be shorter.
public struct PieceSizes: Sendable, Hashable {
  /// Unit: bytes; at least one.
  public let pieceLength: Int
  /// Unit: bytes.
  public let totalLength: Int

  /// Sizes; nil: lengths that no torrent has.
  public init?(pieceLength: Int, totalLength: Int) {
    guard pieceLength > 0, pieceLength <= UInt32.max, totalLength >= 0, totalLength <= Int(Int64.max) - pieceLength,
      (totalLength + pieceLength - 1) / pieceLength <= UInt32.max
    else { return nil }
    self.pieceLength = pieceLength
    self.totalLength = totalLength
  }

  /// How many pieces there are.
  public var count: Int { (totalLength + pieceLength - 1) / pieceLength }

  /// How long this piece is; zero: there is none.
  public func size(of piece: Int) -> Int {
    guard piece >= 0, piece < count else { return 0 }
    return min(pieceLength, totalLength - piece * pieceLength)
  }

  /// Where this piece lies in all the bytes.
  public func range(of piece: Int) -> Range<Int> {
    let start = min(max(0, piece), count) * pieceLength
    return start..<(start + size(of: piece))
  }

  /// How many blocks this piece is asked for in.
  public func blockCount(of piece: Int) -> Int { (size(of: piece) + BlockRequest.lengthMax - 1) / BlockRequest.lengthMax }

  /// The block `index` of this piece, in the order of their bytes; nil: there is none.
  public func block(_ index: Int, of piece: Int) -> BlockRequest? {
    guard index >= 0, index < blockCount(of: piece) else { return nil }
    let offset = index * BlockRequest.lengthMax
    return BlockRequest(piece: piece, offset: offset, length: min(BlockRequest.lengthMax, size(of: piece) - offset))
  }

  /// Whether there are such bytes.
  public func contains(_ request: BlockRequest) -> Bool {
    request.offset >= 0 && request.length > 0 && request.offset <= size(of: request.piece) - request.length
  }
}
