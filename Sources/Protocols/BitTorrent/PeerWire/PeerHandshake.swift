// The 68 bytes that each end of a peer connection begins with.
// Read next: PeerConversation.swift.
public import Bytes
public import World

/// What an end says first.
// BEP 3 peer protocol: 19, the protocol's name, eight reserved bytes, the hash of the info value, the peer's name.
public struct PeerHandshake: Sendable, Hashable {
  /// How long it is. Unit: bytes.
  public static let length = 68
  /// The nineteen and the name.
  static let opening = Buffer("\u{13}BitTorrent protocol")

  /// The reserved bytes, the first in the highest eight bits.
  public var reserved: UInt64
  public var infoHash: InfoHash
  public var peer: PeerID

  public init(infoHash: InfoHash, peer: PeerID, offering: Offer = []) {
    reserved = offering.rawValue
    self.infoHash = infoHash
    self.peer = peer
  }

  /// What the reserved bytes can say.
  public struct Offer: OptionSet, Sendable, Hashable {
    public let rawValue: UInt64
    public init(rawValue: UInt64) { self.rawValue = rawValue }

    /// The extension protocol.
    // BEP 10: reserved_byte[5] & 0x10
    public static let extensions = Offer(rawValue: 0x10 << 16)
    /// The fast extension.
    // BEP 6: reserved[7] |= 0x04
    public static let fast = Offer(rawValue: 0x04)
    /// The sender has a node in the hash table.
    // BEP 5: the last bit
    public static let hashTable = Offer(rawValue: 0x01)
    /// A hybrid torrent's other half could be spoken too.
    // BEP 52: the fourth most significant bit in the last byte
    public static let version2 = Offer(rawValue: 0x10)
  }

  /// What is offered of what we know.
  public var offer: Offer { Offer(rawValue: reserved) }

  /// Takes the handshake at the front of `bytes`; nil: it is not whole yet. What begins in another way is refused at its first wrong byte.
  public static func next(from bytes: inout Buffer) throws(SyntaxError) -> PeerHandshake? {
    for offset in 0..<min(opening.count, bytes.count) where bytes[at: offset] != opening[at: offset] {
      throw SyntaxError(expected: "\\x13BitTorrent protocol", found: "\"\(bytes[offset..<(offset + 1)])\"", at: offset, rule: "BEP 3 peer protocol")
    }
    guard bytes.count >= length, let all = bytes.take(length), let infoHash = InfoHash(all[28..<48]), let peer = PeerID(all[48..<68]) else { return nil }
    var handshake = PeerHandshake(infoHash: infoHash, peer: peer)
    handshake.reserved = UInt64(all.number(at: 20) ?? 0) << 32 | UInt64(all.number(at: 24) ?? 0)
    return handshake
  }

  /// The bytes of this handshake.
  public var encoded: Buffer {
    var bytes = Buffer(capacity: Self.length)
    bytes.append(Self.opening)
    bytes.append(integer: reserved)
    bytes.append(infoHash.bits)
    bytes.append(peer.bits)
    return bytes
  }
}
