// What a tracker answers: when to come back, how many there are, and some of them. One value for both protocols that carry it.
// Not here: how it stands in a datagram (UDPTrackerReply.swift) or in bencoding (TrackerReplyText.swift).
public import World

/// A peer as a tracker tells it.
public struct TrackerPeer: Sendable, Hashable {
  public var endpoint: Endpoint
  /// Nil: not told.
  public var id: PeerID?

  public init(_ endpoint: Endpoint, id: PeerID? = nil) {
    self.endpoint = endpoint
    self.id = id
  }
}

/// The answer to an announcement.
public struct AnnounceReply: Sendable, Hashable {
  /// When to announce again. Unit: seconds.
  public var interval: UInt32
  /// How long to wait at least; nil: not told. Unit: seconds.
  public var intervalMin: UInt32?
  /// Peers that have everything.
  public var seeders: UInt32 = 0
  /// Peers that have not.
  public var leechers: UInt32 = 0
  public var peers: [TrackerPeer] = []
  /// The address the tracker sees the peer at; nil: not told.
  // BEP 24
  public var externalAddress: Address?
  /// For people; nil: none.
  public var warning: String?
  /// To be repeated in the next announcement; empty: nothing.
  public var trackerID: [UInt8] = []

  public init(interval: UInt32) { self.interval = interval }
}

/// How a torrent stands.
public struct ScrapeCounts: Sendable, Hashable {
  public var seeders: UInt32
  /// How often somebody got the last piece.
  public var completed: UInt32
  public var leechers: UInt32

  public init(seeders: UInt32 = 0, completed: UInt32 = 0, leechers: UInt32 = 0) {
    self.seeders = seeders
    self.completed = completed
    self.leechers = leechers
  }
}

extension TrackerPeer {
  /// The first `count` peers of a compact list, of the address family of `address`.
  // BEP 23, BEP 7
  public static func peers(_ count: Int, in list: RawSpan, like address: Address) -> [TrackerPeer] {
    let isV6 = address.isV6
    return (0..<count).compactMap { list.compactPeer(at: $0 * Endpoint.compactBytes(isV6: isV6), isV6: isV6).map { TrackerPeer($0) } }
  }
}
