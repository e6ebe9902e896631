// Messages between the nodes that keep blocks: a small protocol of our own, in the manner of R5N, GNUnet's hash table: keys are hashes, and who is
// further from a key passes a message on to who is nearer. Not R5N itself: no GNUnet node speaks this.
// Read next: StoreNode.swift (who keeps), StoreClient.swift (who asks).
public import Bytes
import Crypto
public import World

/// One message: what is wanted or said, about one query.
///
///     +------+------+-------------+
///     | kind | hops |     id      |
///     +------+------+-------------+
///     |     query (64 bytes)      |
///     +---------------------------+
///     |  block (put and found)    /
public struct StoreMessage: Sendable, Hashable {
  /// What it is.
  public enum Kind: UInt8, Sendable, Hashable, CaseIterable {
    case get = 1
    case put
    case found
    case missing
    case stored
    case refused

    /// Whether it asks; the others answer.
    public var isRequest: Bool { self == .get || self == .put }
    var carriesBlock: Bool { self == .put || self == .found }
  }

  public var kind: Kind
  /// How many nodes have passed the request on; in an answer, as many as the request had when it was answered.
  public var hops: UInt8
  /// Ties an answer to its request.
  public var id: UInt16
  public var query: BlockQuery
  public var block: [UInt8]

  static let headSize = 68

  public init(_ kind: Kind, hops: UInt8 = 0, id: UInt16, query: BlockQuery, block: [UInt8] = []) {
    (self.kind, self.hops, self.id, self.query, self.block) = (kind, hops, id, query, block)
  }

  public init(reading bytes: Buffer, limits: Limits = Limits()) throws(SyntaxError) {
    let rule = "block store"
    let array = bytes.array
    guard let first = array.first, let kind = Kind(rawValue: first) else { throw SyntaxError(expected: "a kind from 1 to 6", at: 0, rule: rule) }
    guard array.count >= Self.headSize, let query = BlockQuery(array[4..<68]) else { throw SyntaxError(expected: "\(Self.headSize) bytes", found: "\(array.count)", at: 0, rule: rule) }
    let length = array.count - Self.headSize
    guard kind.carriesBlock ? (1...limits.blockBytesMax).contains(length) : length == 0 else {
      throw SyntaxError(expected: kind.carriesBlock ? "a block" : "no block", found: "\(length) bytes", at: Self.headSize, rule: rule)
    }
    self.init(kind, hops: array[1], id: UInt16(array[2]) << 8 | UInt16(array[3]), query: query, block: Array(array[68...]))
  }

  public var bytes: Buffer {
    var bytes = Buffer(capacity: Self.headSize + block.count)
    bytes.append(kind.rawValue)
    bytes.append(hops)
    bytes.append(integer: id)
    bytes.append(query.bytes)
    bytes.append(block)
    return bytes
  }
}

/// How near a node is to a query.
// Kademlia: the distance of two keys is what they differ in, read as a number.
public struct NodePlace: Sendable, Hashable {
  /// 64 bytes.
  public let bytes: [UInt8]

  /// The place of a node by its name, which only has to be another's than anybody else's.
  public init(of name: String) { bytes = Array(SHA512.hash(data: Array(name.utf8))) }

  func isNearer(to query: BlockQuery, than other: NodePlace) -> Bool {
    for (index, byte) in query.bytes.enumerated() where bytes[index] != other.bytes[index] { return bytes[index] ^ byte < other.bytes[index] ^ byte }
    return false
  }
}
