// How a torrent's bytes are cut into pieces and blocks. Not here: which file a byte belongs to (PieceStore).

/// Numbers a peer within one torrent, for as long as it is connected; never used twice.
package typealias PeerNumber = Int

/// One block: what is asked for at a time.
package struct BlockIndex: Hashable, Sendable, Comparable {
  package var piece: Int
  /// From 0 within its piece.
  package var number: Int

  package init(piece: Int, number: Int) {
    self.piece = piece
    self.number = number
  }

  package static func < (a: BlockIndex, b: BlockIndex) -> Bool { (a.piece, a.number) < (b.piece, b.number) }
}

/// The lengths of pieces and blocks; the last of each may be shorter.
package struct BlockGrid: Sendable, Hashable {
  /// Unit: bytes.
  package let totalLength: Int64
  /// Unit: bytes.
  package let pieceLength: Int
  package let pieceCount: Int

  /// What everybody asks for at a time. Unit: bytes.
  package static let blockBytes = 16_384

  /// Nil: there are no such pieces.
  package init?(totalLength: Int64, pieceLength: Int) {
    guard totalLength >= 0, pieceLength > 0, let count = Int(exactly: totalLength / Int64(pieceLength) + (totalLength % Int64(pieceLength) == 0 ? 0 : 1))
    else { return nil }
    self.totalLength = totalLength
    self.pieceLength = pieceLength
    pieceCount = count
  }

  /// Unit: bytes.
  package func length(of piece: Int) -> Int {
    guard piece >= 0, piece < pieceCount else { return 0 }
    return Int(min(Int64(pieceLength), totalLength - offset(of: piece)))
  }

  /// Where the piece begins. Unit: bytes.
  package func offset(of piece: Int) -> Int64 { Int64(piece) * Int64(pieceLength) }

  package func blockCount(of piece: Int) -> Int { (length(of: piece) + Self.blockBytes - 1) / Self.blockBytes }

  /// Where the block begins in its piece. Unit: bytes.
  package func begin(of block: BlockIndex) -> Int { block.number * Self.blockBytes }

  /// Unit: bytes.
  package func length(of block: BlockIndex) -> Int { max(0, min(Self.blockBytes, length(of: block.piece) - begin(of: block))) }

  /// The block that begins at `begin` and is `length` long; nil: there is none.
  package func block(piece: Int, begin: Int, length: Int) -> BlockIndex? {
    guard piece >= 0, piece < pieceCount, begin >= 0, begin % Self.blockBytes == 0 else { return nil }
    let block = BlockIndex(piece: piece, number: begin / Self.blockBytes)
    return length > 0 && self.length(of: block) == length ? block : nil
  }
}
