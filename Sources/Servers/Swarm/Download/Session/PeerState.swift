// One connected peer as its torrent knows it. Not here: the connection (PeerLink), what is decided about it (Participation).
package import BitTorrent
package import World

/// What a peer does to another because whoever runs it says so, to see what the other does then.
package enum Misdeed: Sendable, Hashable {
  /// One bit of each block is wrong.
  case spoil
  /// It is never served.
  case choke
  /// It is told of pieces, and gets none.
  case lie
  /// When it asks for something the connection ends.
  case vanish
}

/// What is known about one connected peer.
package struct PeerState: Sendable {
  package let number: PeerNumber
  /// The other end of the connection.
  package let remote: Endpoint
  package let id: PeerID
  package let joined: Instant
  /// Whether we called.
  package let isCalled: Bool
  /// Where it can be called; nil: it does not say.
  package var callable: Endpoint?
  package var client: String?
  /// What is done to it on purpose; nil: nothing.
  package var misdeed: Misdeed?

  /// What it has; nil: it has not said, or the pieces are not known.
  package var holdings: PieceSet?
  /// It has everything, and is counted so.
  var isSeed = false
  /// It says that it wants nothing.
  package var isUploadOnly = false
  /// Pieces that it has and we want.
  package var wantedCount = 0

  /// Whether it serves us.
  package var isChokingUs = true
  /// Whether we said that we want something.
  package var isInterestingUs = false
  /// Whether it said that it wants something.
  package var isInterested = false
  /// Whether we serve it.
  package var isServed = false
  /// Why we serve it, or do not any more; nil: it never came to that.
  package var servedBecause: String?
  /// What it was asked for and has not sent, the oldest first.
  package var asked: [BlockIndex] = []
  package var depth = RequestDepth()
  /// Pieces it gives even while it does not serve us.
  var allowedFast: Set<Int> = []
  /// Requests refused in a row.
  var refusals = 0

  /// Bytes of blocks that came from it and that went to it: all, since the last round, since it was last unchoked.
  package var came: Int64 = 0
  package var went: Int64 = 0
  var cameSinceRound: Int64 = 0
  var wentSinceRound: Int64 = 0
  var wentSinceUnchoke: Int64 = 0
  package var uploadMeter = RateMeter()
  var unchokedAt: Instant?
  var chokedAt: Instant?

  /// How long the description it has is; nil: it gives none. Unit: bytes.
  var metadataSize: Int?
  /// Whether it takes lists of peers, and what was told by them.
  var takesExchange = false
  var told: Set<Endpoint> = []
  var toldAt: Instant?

  init(number: PeerNumber, remote: Endpoint, id: PeerID, joined: Instant, isCalled: Bool) {
    self.number = number
    self.remote = remote
    self.id = id
    self.joined = joined
    self.isCalled = isCalled
    callable = isCalled ? remote : nil
  }

  /// Whether it may be asked for this piece now.
  func offers(_ piece: Int) -> Bool {
    guard let holdings, holdings.contains(piece) else { return false }
    return !isChokingUs || allowedFast.contains(piece)
  }

  /// As the choker sees it; nil: it shall not.
  var candidate: ChokeCandidate? {
    if misdeed == .choke { return nil }
    var candidate = ChokeCandidate(number, joined: joined)
    candidate.isInterested = isInterested
    candidate.isUnchoked = isServed
    candidate.isSnubbing = depth.isSnubbing
    candidate.cameSinceRound = cameSinceRound
    candidate.wentSinceRound = wentSinceRound
    candidate.unchokedAt = unchokedAt
    candidate.chokedAt = chokedAt
    candidate.wentSinceUnchoke = wentSinceUnchoke
    return candidate
  }
}
