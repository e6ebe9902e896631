// A block: the records under one label of one zone, as strangers store them. Who does not know zone and label sees a key that
// belongs to nobody, a signature by it, and noise; and can still check that the block is whole and by its owner.
// Read next: ZoneSecret.swift (how it is signed), BlockStorage.swift (where it is kept).
import Bytes
public import World

/// The records under one label, sealed and signed.
///
///      0     8    16    24    32
///      +-----+-----+-----+-----+
///      |         SIZE          |   of the whole block
///      +-----+-----+-----+-----+
///      |       ZONE TYPE       |
///      +-----+-----+-----+-----+
///      |  ZONE KEY (32 bytes)  |   blinded for the label
///      +-----+-----+-----+-----+
///      |  SIGNATURE (64 bytes) |   over size, purpose, expiration and data
///      +-----+-----+-----+-----+
///      |      EXPIRATION       |
///      |                       |
///      +-----+-----+-----+-----+
///      |        BDATA          /   the records, sealed
///      +-----+-----+-----+-----+
// RFC 9498 §6.3
public struct ZoneBlock: Sendable, Hashable {
  /// The zone's key blinded for the label.
  public let blindedKey: ZoneKey
  /// 64 bytes.
  public let signature: [UInt8]
  /// Unit: microseconds since 1970.
  public let expiration: UInt64
  /// The sealed records.
  public let sealed: [UInt8]

  static let headSize = 112
  /// What a signature of a block is for.
  // RFC 9498 §6.3
  static let purpose: UInt32 = 15

  private init(blindedKey: ZoneKey, signature: [UInt8], expiration: UInt64, sealed: [UInt8]) {
    (self.blindedKey, self.signature, self.expiration, self.sealed) = (blindedKey, signature, expiration, sealed)
  }

  /// Reads one whole block.
  public init(reading bytes: [UInt8], limits: Limits = Limits()) throws(SyntaxError) {
    let rule = "RFC 9498 §6.3"
    guard bytes.count >= Self.headSize else { throw SyntaxError(expected: "a block of at least \(Self.headSize) bytes", found: "\(bytes.count)", at: 0, rule: rule) }
    guard bytes.count <= limits.blockBytesMax else { throw SyntaxError(expected: "a block of at most \(limits.blockBytesMax) bytes", found: "\(bytes.count)", at: 0, rule: rule) }
    func number(_ range: Range<Int>) -> UInt64 { bytes[range].reduce(0) { $0 << 8 | UInt64($1) } }
    guard number(0..<4) == bytes.count else { throw SyntaxError(expected: "the size \(bytes.count)", found: "\(number(0..<4))", at: 0, rule: rule) }
    guard let kind = ZoneKind(rawValue: UInt32(number(4..<8))), let key = ZoneKey(kind, bytes[8..<40]) else {
      throw SyntaxError(expected: "a zone's type, 65536 or 65556", found: "\(number(4..<8))", at: 4, rule: rule)
    }
    self.init(blindedKey: key, signature: Array(bytes[40..<104]), expiration: number(104..<112), sealed: Array(bytes[112...]))
  }

  /// Seals and signs `records` for `label` in the zone of `secret`. Nil: they are too many for a block.
  public init?(_ records: RecordSet, under label: ZoneLabel, by secret: ZoneSecret, limits: Limits = Limits()) {
    let plain = records.bytes
    guard records.records.count <= limits.recordsMax, plain.count + Self.headSize + 16 <= limits.blockBytesMax,
      records.records.allSatisfy({ $0.data.count <= Int(UInt16.max) }), let blinded = secret.publicKey.blinded(for: label)
    else { return nil }
    let expiration = records.expiration
    let sealed = secret.publicKey.sealed(plain, for: label, expiration: expiration)
    let signature = secret.signature(of: Self.signed(sealed, expiration), for: label)
    self.init(blindedKey: blinded, signature: signature, expiration: expiration, sealed: sealed)
  }

  /// What the signature is over.
  private static func signed(_ sealed: [UInt8], _ expiration: UInt64) -> [UInt8] {
    var message = Buffer(capacity: sealed.count + 16)
    message.append(integer: UInt32(truncatingIfNeeded: sealed.count + 16))
    message.append(integer: purpose)
    message.append(integer: expiration)
    message.append(sealed)
    return message.array
  }

  /// How long it is in bytes.
  var byteCount: Int { Self.headSize + sealed.count }

  /// The block in bytes.
  public var bytes: [UInt8] {
    var block = Buffer(capacity: Self.headSize + sealed.count)
    block.append(integer: UInt32(truncatingIfNeeded: Self.headSize + sealed.count))
    block.append(blindedKey.identifier)
    block.append(signature)
    block.append(integer: expiration)
    block.append(sealed)
    return block.array
  }

  /// Under what it is stored.
  public var query: BlockQuery { BlockQuery(of: blindedKey) }

  /// Whether it is whole and signed by its key: what everybody can check who stores it.
  public var isGenuine: Bool {
    let message = Self.signed(sealed, expiration)
    switch blindedKey.kind {
    case .pkey:
      guard let key = CurvePoint(blindedKey.bytes) else { return false }
      return CurveECDSA.verifies(signature, message, by: key)
    case .edkey: return CurveEdDSA.verifies(signature, message, by: blindedKey.bytes)
    }
  }

  public func isExpired(at now: Instant) -> Bool { expiration <= now.microseconds }

  /// What is wrong with a block that was to be opened.
  public enum Refusal: Error, Sendable, Hashable, CustomStringConvertible {
    /// It is of another zone or another label.
    case foreign
    /// Its signature is not its key's.
    case forged
    /// It is genuine, and does not open: whoever signed it sealed it for something else.
    case sealed
    case malformed(SyntaxError)

    public var description: String {
      switch self {
      case .foreign: "the block is of another zone or label"
      case .forged: "the block's signature is not by its key"
      case .sealed: "the block does not open with the zone's key and the label"
      case .malformed(let error): "the records in the block: \(error)"
      }
    }
  }

  /// The records, for who knows zone and label.
  // RFC 9498 §7.2: the block is checked before it is opened.
  public func records(of zone: ZoneKey, under label: ZoneLabel, limits: Limits = Limits()) throws(Refusal) -> RecordSet {
    guard zone.blinded(for: label) == blindedKey else { throw .foreign }
    guard isGenuine else { throw .forged }
    guard let plain = zone.opened(sealed, for: label, expiration: expiration) else { throw .sealed }
    do { return try RecordSet(reading: plain, limits: limits) } catch { throw .malformed(error) }
  }
}
