// How a torrent is doing, for whoever asks. Not here: what it is (BitTorrent's Torrent).
package import BitTorrent

/// How a torrent is doing.
package struct TorrentStatus: Sendable, Hashable {
  package enum Phase: String, Sendable, Hashable { case learning, checking, downloading, seeding, stopped }

  package var phase: Phase
  package var infoHash: InfoHash
  package var name: String?
  /// Unit: bytes.
  package var totalLength: Int64?
  package var left: Int64?
  package var pieces = 0
  package var piecesHad = 0
  package var peers = 0
  package var seeds = 0
  /// Unit: bytes.
  package var downloaded: Int64 = 0
  package var uploaded: Int64 = 0
  package var wasted: Int64 = 0
  /// Unit: bytes per second.
  package var downloadRate = 0.0
  package var uploadRate = 0.0
  /// Why it cannot go on at all.
  package var failure: String?
  /// What is in its way for the moment: a full disk, a tracker that does not answer.
  package var trouble: String?
}
