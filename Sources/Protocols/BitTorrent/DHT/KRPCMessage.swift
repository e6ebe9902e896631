// What nodes of the hash table say to one another: a query, its reply, or an error, each one datagram of bencoding.
// Not here: what is answered (DHTAnswering.swift). Read next: KRPCReading.swift, KRPCWriting.swift.
public import Bytes
public import World

/// One datagram between nodes.
// BEP 5
public struct KRPCMessage: Sendable, Hashable {
  /// Chosen by who asks, repeated by who answers.
  public var transaction: Buffer
  public var body: Body
  /// Whether the sender does not answer queries.
  // BEP 43
  public var isReadOnly = false
  /// The address at which the receiver is seen; nil: not told.
  // BEP 42
  public var observed: Endpoint?
  /// The sender's program; nil: not told.
  public var version: Buffer?

  public enum Body: Sendable, Hashable {
    case query(KRPCQuery)
    case reply(KRPCReply)
    case failure(KRPCFailure)
  }

  public init(transaction: Buffer, _ body: Body) {
    self.transaction = transaction
    self.body = body
  }

  /// Whether a datagram at a port that is shared with others is one of these: no other begins so.
  public static func begins(_ datagram: Buffer) -> Bool { datagram[at: 0] == UInt8(ascii: "d") }
}

/// A question to a node.
public struct KRPCQuery: Sendable, Hashable {
  /// Who asks.
  public var sender: NodeID
  public var method: Method

  public enum Method: Sendable, Hashable {
    case ping
    case findNode(target: NodeID)
    case getPeers(InfoHash)
    case announcePeer(InfoHash, port: UInt16, impliesPort: Bool, token: Buffer)
    /// What is kept there? Only who shows a token gets the item itself.
    // BEP 44
    case get(target: Bits160, token: Buffer?)
    /// Keep this, where it says itself that it belongs.
    case put(item: Buffer, token: Buffer)
    /// One that we do not know; it has a name and no more.
    case other(Buffer)
  }

  /// The families of addresses wanted; empty: the one the query came over.
  // BEP 32
  public var wants: Set<Family> = []

  /// A family of addresses, as queries name it.
  public enum Family: String, Sendable, Hashable, CaseIterable {
    case v4 = "n4"
    case v6 = "n6"
  }

  public init(from sender: NodeID, _ method: Method) {
    self.sender = sender
    self.method = method
  }
}

/// The answer to a question.
public struct KRPCReply: Sendable, Hashable {
  /// Who answers.
  public var sender: NodeID
  /// Nodes nearer to what was asked for; nil: not told.
  public var nodes: [NodeContact]?
  public var nodes6: [NodeContact]?
  /// To be shown when a peer is announced; nil: none was given.
  public var token: Buffer?
  /// Peers of the torrent asked for; nil: none is known.
  public var peers: [Endpoint]?
  /// Until when the item asked for holds; nil: none is kept.
  public var itemExpires: Instant?
  /// The item itself; nil: none is kept, or no token was shown.
  public var item: Buffer?

  public init(from sender: NodeID) { self.sender = sender }
}

/// The answer to a question that cannot be answered.
public struct KRPCFailure: Error, Sendable, Hashable {
  public var code: Int64
  public var message: String

  public init(_ code: Code, _ message: String) {
    self.code = code.rawValue
    self.message = message
  }

  init(code: Int64, message: String) {
    self.code = code
    self.message = message
  }

  /// The codes of BEP 5.
  public enum Code: Int64, Sendable {
    case generic = 201
    case server = 202
    /// A message that is none, missing arguments, a bad token.
    case malformed = 203
    case unknownMethod = 204
    // BEP 44
    case itemTooLong = 205
    case itemForged = 206
    /// A newer item is kept.
    case itemOld = 302
  }
}
