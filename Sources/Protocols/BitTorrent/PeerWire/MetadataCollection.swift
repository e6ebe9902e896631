// A torrent's description put together from parts that several peers send, for whoever knows only its hash.
// Not here: whom to ask (the owner's), the messages (MetadataMessage.swift).
public import Bytes
import World

/// The parts of one description: one run of memory for each torrent, whoever sends them.
public struct MetadataCollection: Sendable {
  /// What became of a part.
  public enum Outcome: Sendable, Hashable {
    /// More are missing.
    case more
    /// The exact bytes of the `info` value: they have the hash.
    case whole(Buffer)
    /// Everything is here and has another hash: somebody lied. All parts are missing again.
    case wrong
  }

  public let infoHash: InfoHash
  /// Unit: bytes.
  public let size: Int
  private var parts: [Buffer?]
  private var missingCount: Int

  /// Room for a description of `size` bytes; nil: it is larger than any that is taken.
  public init?(of infoHash: InfoHash, size: Int, limits: WireLimits = WireLimits()) {
    guard size > 0, size <= limits.metadataBytesMax else { return nil }
    self.infoHash = infoHash
    self.size = size
    missingCount = MetadataMessage.partCount(of: size)
    parts = Array(repeating: nil, count: missingCount)
  }

  /// The parts that are missing, in order.
  public var missing: [Int] { parts.indices.filter { parts[$0] == nil } }

  /// Takes a part; one that is there already, or no part of this description, changes nothing.
  public mutating func add(_ part: Int, _ bytes: Buffer) -> Outcome {
    guard parts.indices.contains(part), parts[part] == nil, bytes.count == MetadataMessage.range(of: part, in: size)?.count else { return .more }
    parts[part] = bytes
    missingCount -= 1
    guard missingCount == 0 else { return .more }
    var whole = Buffer(capacity: size)
    for case let part? in parts { whole.append(part) }
    if InfoHash(hashing: whole) == infoHash { return .whole(whole) }
    missingCount = parts.count
    parts = Array(repeating: nil, count: missingCount)
    return .wrong
  }
}
