// Blocks and peers as numbers, as the policies count them. Not here: how long blocks are (BitTorrent's PieceSizes).
package import BitTorrent

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

extension PieceSizes {
  /// The block that is asked for in this way; nil: it is none of ours.
  package func index(of request: BlockRequest) -> BlockIndex? {
    guard request.offset >= 0, request.offset % BlockRequest.lengthMax == 0 else { return nil }
    let number = request.offset / BlockRequest.lengthMax
    return block(number, of: request.piece) == request ? BlockIndex(piece: request.piece, number: number) : nil
  }

  /// How the block is asked for; nil: there is none.
  package func request(for index: BlockIndex) -> BlockRequest? { block(index.number, of: index.piece) }
}
