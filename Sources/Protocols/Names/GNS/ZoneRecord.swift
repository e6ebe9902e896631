// Records of the GNU Name System: what a block holds once it is opened, read from bytes and written to bytes.
// Not here: what the data of GNS's own types says (RecordData.swift), the block around them (ZoneBlock.swift).
import Bytes
public import World

/// One record.
// RFC 9498 §5
public struct ZoneRecord: Sendable, Hashable {
  public var type: RecordType
  public var flags: Flags
  /// Unit: microseconds since 1970-01-01T00:00:00Z.
  public var expiration: UInt64
  public var data: [UInt8]

  public init(_ type: RecordType, _ data: [UInt8], expiration: UInt64, flags: Flags = []) {
    self.type = type
    self.flags = flags
    self.expiration = expiration
    self.data = data
  }

  /// Sixteen bits, of which three mean something.
  // RFC 9498 §5
  public struct Flags: OptionSet, Sendable, Hashable, CustomStringConvertible {
    public var rawValue: UInt16
    public init(rawValue: UInt16) { self.rawValue = rawValue }

    /// Who does not know the type must not use the set.
    public static let critical = Flags(rawValue: 1)
    /// Counts only when every other record of its type has expired.
    public static let shadow = Flags(rawValue: 2)
    /// Goes along with the set, whatever was asked for.
    public static let supplemental = Flags(rawValue: 4)

    static let names: [(Flags, String)] = [(.critical, "critical"), (.shadow, "shadow"), (.supplemental, "supplemental")]

    public var description: String {
      let known = Self.names.filter { contains($0.0) }.map(\.1)
      let rest = rawValue & ~7
      return (known + (rest == 0 ? [] : ["0x\(String(rest, radix: 16))"])).joined(separator: " ")
    }
  }

  public func isExpired(at now: Instant) -> Bool { expiration <= now.microseconds }
}

/// The records under one label, as they stand in a block.
public struct RecordSet: Sendable, Hashable {
  public var records: [ZoneRecord]

  public init(_ records: [ZoneRecord] = []) { self.records = records }

  static let headSize = 16

  /// Reads what a block held, with the zeros at its end.
  // RFC 9498 §6.2 RDATA
  public init(reading bytes: [UInt8], limits: Limits = Limits()) throws(SyntaxError) {
    records = []
    var offset = 0
    while let range = Self.nextRecord(in: bytes, at: offset) {
      guard records.count < limits.recordsMax else {
        throw SyntaxError(expected: "at most \(limits.recordsMax) records", at: offset, rule: "RFC 9498 §6.2")
      }
      guard range.upperBound <= bytes.count else {
        throw SyntaxError(expected: "\(range.count - Self.headSize) bytes of data", found: "the end", at: offset + Self.headSize, rule: "RFC 9498 §5")
      }
      func number(_ at: Int, _ size: Int) -> UInt64 { bytes[(offset + at)..<(offset + at + size)].reduce(0) { $0 << 8 | UInt64($1) } }
      let record = ZoneRecord(
        RecordType(rawValue: UInt32(number(12, 4))), Array(bytes[(offset + Self.headSize)..<range.upperBound]), expiration: number(0, 8),
        flags: ZoneRecord.Flags(rawValue: UInt16(number(10, 2))))
      records.append(record)
      offset = range.upperBound
    }
    guard bytes[offset...].allSatisfy({ $0 == 0 }) else { throw SyntaxError(expected: "a record or zeros", at: offset, rule: "RFC 9498 §6.2") }
  }

  /// Where the record at `offset` stands, by what its head says; nil: there is none, only padding.
  static func nextRecord(in bytes: [UInt8], at offset: Int) -> Range<Int>? {
    guard bytes.count - offset >= headSize else { return nil }
    // A record that never was valid, of no type and without data, is padding.
    guard bytes[offset..<(offset + headSize)].contains(where: { $0 != 0 }) else { return nil }
    let length = Int(bytes[offset + 8]) << 8 | Int(bytes[offset + 9])
    return offset..<(offset + headSize + length)
  }

  /// The records in bytes, padded with zeros so that the block's length tells little: to a power of two, but a lone delegation as it is.
  // RFC 9498 §6.2
  public var bytes: [UInt8] {
    var bytes: [UInt8] = []
    for record in records {
      for shift in stride(from: 56, through: 0, by: -8) { bytes.append(UInt8(truncatingIfNeeded: record.expiration >> UInt64(shift))) }
      let data = record.data.prefix(Int(UInt16.max))
      for value in [UInt16(data.count), record.flags.rawValue, UInt16(record.type.rawValue >> 16), UInt16(truncatingIfNeeded: record.type.rawValue)] {
        bytes += [UInt8(value >> 8), UInt8(truncatingIfNeeded: value)]
      }
      bytes += data
    }
    if records.count == 1, records[0].type.isDelegation { return bytes }
    var size = 1
    while size < bytes.count { size *= 2 }
    return bytes + [UInt8](repeating: 0, count: bytes.isEmpty ? 0 : size - bytes.count)
  }

  /// When the block that holds these expires: with the first record that does, where shadows of its type lengthen the life of a record.
  // RFC 9498 §6.3 EXPIRATION
  public var expiration: UInt64 {
    let own = records.filter { !$0.flags.contains(.shadow) }
    let times = (own.isEmpty ? records : own).map { record in
      records.filter { $0.type == record.type && $0.flags.contains(.shadow) }.reduce(record.expiration) { max($0, $1.expiration) }
    }
    return times.min() ?? 0
  }

  /// The records that count at `now`: none that has expired, and shadows only of types that have nothing else left.
  // RFC 9498 §7.3
  public func current(at now: Instant) -> [ZoneRecord] {
    let alive = records.filter { !$0.isExpired(at: now) }
    let own = Set(alive.filter { !$0.flags.contains(.shadow) }.map(\.type))
    return alive.filter { !$0.flags.contains(.shadow) || !own.contains($0.type) }
  }
}
