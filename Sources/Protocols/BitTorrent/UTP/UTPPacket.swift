// One uTP packet (BEP 29): twenty bytes of head, a chain of extensions, the payload. Read and write stand together.
// Not here: what a packet means to a connection (UTPConnection.swift), its explanation (UTPExplain.swift).
public import Bytes
public import World

/// A packet of uTP.
///
///     0       4       8               16              24              32
///     +-------+-------+---------------+---------------+---------------+
///     | type  |   1   | extension     | connection id                 |
///     +-------+-------+---------------+---------------+---------------+
///     | timestamp, microseconds                                       |
///     +---------------+---------------+---------------+---------------+
///     | timestamp difference, microseconds                            |
///     +---------------+---------------+---------------+---------------+
///     | window, bytes                                                 |
///     +---------------+---------------+---------------+---------------+
///     | sequence number               | acknowledgement number        |
///     +---------------+---------------+---------------+---------------+
public struct UTPPacket: Equatable, Sendable {
  /// BEP 29, type: the five kinds there are.
  public enum Kind: UInt8, Sendable, CaseIterable {
    case data = 0
    /// The sender says nothing after this packet's number.
    case finish = 1
    /// An acknowledgement without data; it uses no number.
    case state = 2
    case reset = 3
    /// Opens a connection.
    case open = 4
  }

  public var kind: Kind
  public var connectionID: UInt16
  /// When it was sent, by the sender's clock. Unit: microseconds, of which the low 32 bits count.
  public var timestamp: UInt32 = 0
  /// How long the last packet from the other side was under way, as far as the two clocks can tell. Unit: microseconds.
  public var difference: UInt32 = 0
  /// How much the sender of this packet has room for. Unit: bytes.
  public var window: UInt32 = 0
  public var sequence: UInt16
  /// The last number before which nothing is missing.
  public var acknowledgement: UInt16
  /// Which packets came out of order: bit 0 of the first byte is `acknowledgement + 2`. Empty: not said.
  public var selective = Buffer()
  /// Bytes that only make the packet larger, in extensions that nobody knows: how large a packet passes is tried without risking its payload.
  public var padding = 0
  public var payload = Buffer()

  public init(_ kind: Kind, connection: UInt16, sequence: UInt16, acknowledgement: UInt16) {
    self.kind = kind
    connectionID = connection
    self.sequence = sequence
    self.acknowledgement = acknowledgement
  }

  /// Length of the head without extensions. Unit: bytes.
  public static let headBytes = 20
  /// BEP 29, extension 1: selective acknowledgement.
  static let selectiveExtension: UInt8 = 1
  /// A number that no document gives a meaning to.
  static let paddingExtension: UInt8 = 0xE0

  /// Its length on the wire. Unit: bytes.
  public var count: Int { Self.headBytes + (selective.isEmpty ? 0 : 2 + selective.count) + padding + payload.count }

  /// Whether `bytes` can be a uTP packet at all: version 1, a type that exists, a whole head. Neither KRPC (`d`) nor a tracker's answer can.
  public static func isLikely(_ bytes: Buffer) -> Bool {
    guard bytes.count >= headBytes, let first = bytes[at: 0] else { return false }
    return first & 0x0F == 1 && first >> 4 <= 4
  }

  // MARK: Reading

  /// The packet in `bytes`, a whole datagram. The payload shares its storage.
  public static func read(_ bytes: Buffer) throws(SyntaxError) -> UTPPacket {
    var (packet, next) = try bytes.withUnsafeBytes { raw throws(SyntaxError) in try head(raw) }
    var offset = headBytes
    // Each turn takes two bytes at least, so a datagram's length bounds them.
    while next != 0 {
      guard let following = bytes[at: offset], let length = bytes[at: offset + 1].map(Int.init), offset + 2 + length <= bytes.count else {
        throw SyntaxError(expected: "a whole extension", found: "the end of the datagram", at: offset, rule: "BEP 29, extension")
      }
      // Differs from BEP 29, selective ACK: any number of bytes is taken, not only multiples of four, since libtorrent sends as many as it needs.
      if next == selectiveExtension, length > 0, packet.selective.isEmpty {
        packet.selective = bytes[(offset + 2)..<(offset + 2 + length)]
      } else {
        // BEP 29, extension: what is not known is skipped; so is a second mask, whose sender has a reason that is not ours.
        packet.padding += 2 + length
      }
      offset += 2 + length
      next = following
    }
    if offset < bytes.count { packet.payload = bytes[offset..<bytes.count] }
    return packet
  }

  private static func head(_ raw: UnsafeRawBufferPointer) throws(SyntaxError) -> (UTPPacket, extension: UInt8) {
    guard raw.count >= headBytes else {
      throw SyntaxError(expected: "a head of \(headBytes) bytes", found: "\(raw.count) bytes", at: raw.count, rule: "BEP 29, header format")
    }
    guard raw[0] & 0x0F == 1 else {
      throw SyntaxError(expected: "version 1", found: "\(raw[0] & 0x0F)", at: 0, rule: "BEP 29, version")
    }
    guard let kind = Kind(rawValue: raw[0] >> 4) else {
      throw SyntaxError(expected: "a type from 0 to 4", found: "\(raw[0] >> 4)", at: 0, rule: "BEP 29, type")
    }
    func word(_ offset: Int) -> UInt32 { UInt32(bigEndian: raw.loadUnaligned(fromByteOffset: offset, as: UInt32.self)) }
    func half(_ offset: Int) -> UInt16 { UInt16(bigEndian: raw.loadUnaligned(fromByteOffset: offset, as: UInt16.self)) }
    var packet = UTPPacket(kind, connection: half(2), sequence: half(16), acknowledgement: half(18))
    packet.timestamp = word(4)
    packet.difference = word(8)
    packet.window = word(12)
    return (packet, raw[1])
  }

  // MARK: Writing

  /// Appends everything before the payload.
  public func writeHead(to out: inout Buffer) {
    out.append(integer: UInt32(kind.rawValue) << 28 | 1 << 24 | UInt32(firstExtension) << 16 | UInt32(connectionID))
    out.append(integer: UInt64(timestamp) << 32 | UInt64(difference))
    out.append(integer: UInt64(window) << 32 | UInt64(sequence) << 16 | UInt64(acknowledgement))
    if !selective.isEmpty {
      out.append(padding >= 2 ? Self.paddingExtension : 0)
      out.append(UInt8(clamping: selective.count))
      out.append(selective)
    }
    if padding >= 2 { writePadding(to: &out) }
  }

  /// The datagram.
  public var bytes: Buffer {
    var out = Buffer(capacity: count)
    writeHead(to: &out)
    out.append(payload)
    return out
  }

  private var firstExtension: UInt8 {
    if !selective.isEmpty { return Self.selectiveExtension }
    return padding >= 2 ? Self.paddingExtension : 0
  }

  /// Extensions of at most 257 bytes, the last one not alone with a single byte.
  private func writePadding(to out: inout Buffer) {
    var left = padding
    while left >= 2 {
      var length = min(left, 257)
      if left - length == 1 { length -= 1 }
      left -= length
      out.append(left >= 2 ? Self.paddingExtension : 0)
      out.append(UInt8(clamping: length - 2))
      out.append(repeatElement(0, count: length - 2))
    }
  }
}

extension UTPPacket: CustomStringConvertible {
  /// `DATA 17, 1432 bytes, ACK 4`, for lists and ladders.
  public var description: String {
    let words: String =
      switch kind {
      case .data: "DATA \(sequence), \(payload.count) bytes, ACK \(acknowledgement)"
      case .finish: "FIN \(sequence), ACK \(acknowledgement)"
      case .state: "STATE \(sequence), ACK \(acknowledgement)"
      case .reset: "RESET, ACK \(acknowledgement)"
      case .open: "SYN \(sequence)"
      }
    return words + (selective.isEmpty ? "" : ", SACK") + (padding == 0 ? "" : ", padded by \(padding)")
  }
}
