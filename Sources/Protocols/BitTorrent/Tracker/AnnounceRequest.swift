// What a peer tells a tracker: which torrent, who it is, how far it is. One value for both protocols that carry it.
// Not here: how it stands in a datagram (UDPTrackerRequest.swift) or in a query (AnnounceQuery.swift).
public import World

/// Why a peer announces itself.
public enum AnnounceEvent: Sendable, Hashable, CaseIterable {
  /// Because the interval is over.
  case none
  /// It has just got the last piece.
  case completed
  case started
  case stopped
  /// It wants no more pieces although some are missing.
  // BEP 21
  case paused

  /// Its number in a datagram.
  // BEP 15: 0 none, 1 completed, 2 started, 3 stopped; BEP 21 adds 4.
  var number: UInt32 {
    switch self {
    case .none: 0
    case .completed: 1
    case .started: 2
    case .stopped: 3
    case .paused: 4
    }
  }

  /// The event with this number; one that nobody has defined is none.
  init(number: UInt32) { self = Self.allCases.first { $0.number == number } ?? .none }

  /// Its word in a query; empty: the key is left out.
  // BEP 3
  public var word: String {
    switch self {
    case .none: ""
    case .completed: "completed"
    case .started: "started"
    case .stopped: "stopped"
    case .paused: "paused"
    }
  }
}

/// One announcement.
public struct AnnounceRequest: Sendable, Hashable {
  public var infoHash: InfoHash
  public var peerID: PeerID
  /// Where the peer listens.
  public var port: UInt16
  /// Since it started. Unit: bytes.
  public var uploaded: UInt64 = 0
  public var downloaded: UInt64 = 0
  /// What it has still to get. Unit: bytes.
  public var left: UInt64 = 0
  public var event = AnnounceEvent.none
  /// How many peers it asks for; nil: as many as the tracker likes.
  public var peersWanted: Int?
  /// A number that proves that it is the same peer when its address has changed; nil: none.
  public var key: UInt32?
  /// The address the peer says it has; nil: the one it sends from.
  public var address: Address?
  /// What the tracker said it wants to hear again; empty: nothing.
  // BEP 3: over HTTP only.
  public var trackerID: [UInt8] = []
  /// Path and query of the tracker's URL; empty: not told.
  // BEP 41: over UDP only.
  public var urlData: [UInt8] = []

  public init(infoHash: InfoHash, peerID: PeerID, port: UInt16) {
    self.infoHash = infoHash
    self.peerID = peerID
    self.port = port
  }

  /// Whether the peer has everything.
  public var isSeeder: Bool { left == 0 }
}
