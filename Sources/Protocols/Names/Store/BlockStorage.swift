// Where blocks are kept: the port that a distributed hash table fills, and a store in memory that is one node of such a table.
// A store learns of a block what everybody can: its blinded key, when it expires, how long it is. Never name, zone or records.
// Read next: ZoneBlock.swift.
public import World

/// Keeps blocks and finds them again: what a zone's owner publishes to and a resolver asks.
public protocol BlockStorage: Sendable {
  /// Keeps `block` under `query`. False: it was refused.
  func put(_ query: BlockQuery, _ block: [UInt8], at now: Instant) async -> Bool
  /// What is kept under `query`; nil: nothing.
  func get(_ query: BlockQuery, at now: Instant) async -> [UInt8]?
}

/// The blocks one node keeps. It checks before it keeps: what is not genuine, not of its query, expired or older than what it has is refused.
public struct BlockShelf: Sendable {
  private struct Kept: Sendable {
    var block: ZoneBlock
    /// When it was put last, counted in puts.
    var number: UInt64
  }

  private var blocks: [BlockQuery: Kept] = [:]
  /// What was put, in that order, from `first` on; what was put again since stands here more than once.
  private var order: [(query: BlockQuery, number: UInt64)] = []
  private var first = 0
  private var puts: UInt64 = 0
  /// What all blocks have. Unit: bytes.
  public private(set) var byteCount = 0
  private let limits: Limits

  public init(limits: Limits = Limits()) { self.limits = limits }

  public var count: Int { blocks.count }

  /// Why a block was not kept.
  public enum Refusal: Error, Sendable, Hashable, CustomStringConvertible {
    case malformed(SyntaxError)
    case otherQuery
    case forged
    case expired
    /// One that expires later is kept already: who publishes lets each block outlive the one before.
    case older

    public var description: String {
      switch self {
      case .malformed(let error): "\(error)"
      case .otherQuery: "the block's key is not what is hashed in the query"
      case .forged: "the signature is not by the block's key"
      case .expired: "the block has expired"
      case .older: "a block that expires later is kept already"
      }
    }
  }

  /// Whether this very block is kept.
  func holds(_ bytes: [UInt8], under query: BlockQuery) -> Bool { blocks[query]?.block.bytes == bytes }

  // RFC 9498 §6.3: storage checks a block as far as it can.
  public mutating func put(_ query: BlockQuery, _ bytes: [UInt8], at now: Instant) throws(Refusal) {
    let block: ZoneBlock
    do throws(SyntaxError) { block = try ZoneBlock(reading: bytes, limits: limits) } catch { throw .malformed(error) }
    guard block.query == query else { throw .otherQuery }
    guard !block.isExpired(at: now) else { throw .expired }
    if let kept = blocks[query]?.block, kept != block {
      guard kept.expiration <= block.expiration else { throw .older }
      guard block.isGenuine else { throw .forged }
    } else if blocks[query] == nil {
      guard block.isGenuine else { throw .forged }
    }
    remove(query)
    puts += 1
    blocks[query] = Kept(block: block, number: puts)
    byteCount += block.byteCount
    order.append((query, puts))
    makeRoom()
  }

  /// Takes away what was put longest ago: who publishes puts its blocks again and again, and how far off they expire is for anybody to say.
  private mutating func makeRoom() {
    while blocks.count > limits.blocksMax || byteCount > limits.shelfBytesMax, first < order.count {
      let oldest = order[first]
      first += 1
      if blocks[oldest.query]?.number == oldest.number { remove(oldest.query) }
    }
    guard order.count > 2 * blocks.count + 64 else { return }
    order = order[first...].filter { blocks[$0.query]?.number == $0.number }
    first = 0
  }

  private mutating func remove(_ query: BlockQuery) { if let gone = blocks.removeValue(forKey: query) { byteCount -= gone.block.byteCount } }

  /// Takes away what is kept under `query` when it has expired.
  public mutating func get(_ query: BlockQuery, at now: Instant) -> [UInt8]? {
    guard let block = blocks[query]?.block else { return nil }
    guard !block.isExpired(at: now) else {
      remove(query)
      return nil
    }
    return block.bytes
  }

  /// Everything the node's keeper sees, in the order of the queries.
  public var view: [ZoneBlock] { blocks.sorted { $0.key.description < $1.key.description }.map(\.value.block) }
}
