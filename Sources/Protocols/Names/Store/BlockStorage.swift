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
  private var blocks: [BlockQuery: ZoneBlock] = [:]
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

  // RFC 9498 §6.3: storage checks a block as far as it can.
  public mutating func put(_ query: BlockQuery, _ bytes: [UInt8], at now: Instant) throws(Refusal) {
    let block: ZoneBlock
    do throws(SyntaxError) { block = try ZoneBlock(reading: bytes, limits: limits) } catch { throw .malformed(error) }
    guard block.query == query else { throw .otherQuery }
    guard !block.isExpired(at: now) else { throw .expired }
    if let kept = blocks[query], kept.expiration > block.expiration { throw .older }
    guard block.isGenuine else { throw .forged }
    if blocks[query] == nil, blocks.count >= limits.blocksMax { makeRoom() }
    blocks[query] = block
  }

  /// Takes away the block that expires first; of two, the one whose query comes first.
  private mutating func makeRoom() {
    let first = blocks.min { ($0.value.expiration, $0.key.description) < ($1.value.expiration, $1.key.description) }
    if let first { blocks[first.key] = nil }
  }

  /// Takes away what is kept under `query` when it has expired.
  public mutating func get(_ query: BlockQuery, at now: Instant) -> [UInt8]? {
    guard let block = blocks[query] else { return nil }
    guard !block.isExpired(at: now) else {
      blocks[query] = nil
      return nil
    }
    return block.bytes
  }

  /// Everything the node's keeper sees, in the order of the queries.
  public var view: [ZoneBlock] { blocks.sorted { $0.key.description < $1.key.description }.map(\.value) }
}
