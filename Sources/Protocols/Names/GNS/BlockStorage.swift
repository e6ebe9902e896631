// Where blocks are kept: the port that a distributed hash table fills, or a file. A store learns of a block what everybody can: its blinded key, when it
// expires, how long it is. Never name, zone or records. Read next: ZoneBlock.swift.

/// Keeps blocks and finds them again: what a zone's owner publishes to and a resolver asks.
public protocol BlockStorage: Sendable {
  /// Has `block` kept under its query. Throws why nobody keeps it.
  func put(_ block: ZoneBlock) async throws(BlockNotKept)
  /// What is kept under `query`; nil: nothing. It may be anything: who asks checks it.
  func get(_ query: BlockQuery) async -> [UInt8]?
}

/// Why nobody keeps a block.
public struct BlockNotKept: Error, Sendable, Hashable, CustomStringConvertible {
  public var description: String

  public init(_ description: String) { self.description = description }
}
