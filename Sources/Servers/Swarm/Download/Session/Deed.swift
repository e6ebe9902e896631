// What a torrent's participation orders, for its session to do. Read next: Participation.swift, TorrentSession.swift.
package import BitTorrent
package import Bytes
package import World

/// One thing to do.
package enum Deed: Sendable {
  case tell(PeerNumber, [PeerOrder])
  /// Hash this block, and the piece when it is whole.
  case store(BlockIndex, Buffer, wantsDigests: Bool)
  /// Forget what came of this piece.
  case discard(Int)
  /// Read this block and send it.
  case serve(PeerNumber, BlockRequest)
  case call(Endpoint)
  /// These bytes are the torrent's description: their hash is right.
  case learned(Buffer)
  /// Everything that is wanted has come.
  case satisfied
}
