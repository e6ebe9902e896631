// What a node of the hash table is known by, how far two are apart, and ids that belong to an address.
// Read next: RoutingTable.swift.
public import Bytes
public import World

/// The id of a node: a point in the space that torrents lie in too.
// BEP 5
public struct NodeID: Hashable, Sendable, Comparable, CustomStringConvertible {
  public var bits: Bits160

  public init(_ bits: Bits160) { self.bits = bits }

  /// The id in twenty bytes; nil for any other number.
  public init?(_ bytes: Buffer) {
    guard let bits = Bits160(bytes) else { return nil }
    self.bits = bits
  }

  public var bytes: [UInt8] { bits.bytes }
  public var description: String { bits.hex }
  public static func < (a: NodeID, b: NodeID) -> Bool { a.bits < b.bits }

  /// An id by chance.
  public static func random(using chance: inout some RandomNumberGenerator) -> NodeID { NodeID(.random(using: &chance)) }

  // MARK: BEP 42

  /// An id that a node at `address` may have: 21 of its bits are a checksum of the address and of three more bits.
  // BEP 42
  public static func random(for address: Address, using chance: inout some RandomNumberGenerator) -> NodeID {
    var bytes = Bits160.random(using: &chance).bytes
    let prefix = prefix(for: address, seed: bytes[19])
    bytes[0] = UInt8(truncatingIfNeeded: prefix >> 24)
    bytes[1] = UInt8(truncatingIfNeeded: prefix >> 16)
    bytes[2] = UInt8(truncatingIfNeeded: prefix >> 8) & 0xF8 | bytes[2] & 7
    return Bits160(bytes).map { NodeID($0) } ?? NodeID(.zero)
  }

  /// Whether a node at `address` may have this id. In local networks any will do.
  // BEP 42
  public func belongs(to address: Address) -> Bool {
    if address.isLocal { return true }
    let own = bytes
    let prefix = Self.prefix(for: address, seed: own[19])
    return own[0] == UInt8(truncatingIfNeeded: prefix >> 24) && own[1] == UInt8(truncatingIfNeeded: prefix >> 16)
      && own[2] & 0xF8 == UInt8(truncatingIfNeeded: prefix >> 8) & 0xF8
  }

  private static func prefix(for address: Address, seed: UInt8) -> UInt32 {
    let mask: [UInt8] =
      switch address {
      case .v4: [0x03, 0x0F, 0x3F, 0xFF]
      case .v6: [0x01, 0x03, 0x07, 0x0F, 0x1F, 0x3F, 0x7F, 0xFF]
      }
    var masked = zip(address.bytes, mask).map { $0 & $1 }
    masked[0] |= (seed & 7) << 5
    return CRC32C.checksum(of: masked)
  }
}

extension Address {
  /// Whether it means nothing outside a local network.
  // BEP 42 exempts these from its rule.
  var isLocal: Bool { AddressRange.inner.contains { $0.contains(self) } }
}

/// The checksum of iSCSI.
// RFC 3720 appendix B.4
enum CRC32C {
  static func checksum(of bytes: some Sequence<UInt8>) -> UInt32 {
    var value: UInt32 = ~0
    for byte in bytes {
      value ^= UInt32(byte)
      for _ in 0..<8 { value = value & 1 == 1 ? value >> 1 ^ 0x82F6_3B78 : value >> 1 }
    }
    return ~value
  }
}

/// A node and where it is.
public struct NodeContact: Hashable, Sendable, CustomStringConvertible {
  public var id: NodeID
  public var endpoint: Endpoint

  public init(_ id: NodeID, _ endpoint: Endpoint) {
    self.id = id
    self.endpoint = endpoint
  }

  public var description: String { "\(id) at \(endpoint)" }
}

extension Buffer {
  /// Appends a node in 26 or 38 bytes.
  // BEP 5, BEP 32
  mutating func append(compact node: NodeContact) {
    append(node.id.bits)
    append(compact: node.endpoint)
  }

  /// The nodes of 26 or 38 bytes each; a rest too short for one more is passed over.
  func compactNodes(isV6: Bool, countMax: Int) -> [NodeContact] {
    let each = Bits160.byteCount + Endpoint.compactBytes(isV6: isV6)
    return (0..<min(count / each, countMax)).compactMap { index in
      guard let id = Bits160(span, at: index * each), let endpoint = span.compactPeer(at: index * each + Bits160.byteCount, isV6: isV6) else { return nil }
      return NodeContact(NodeID(id), endpoint)
    }
  }
}
