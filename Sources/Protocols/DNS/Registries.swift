// The smaller registries of RFC 6895 and RFC 6891: classes, opcodes, response codes, EDNS option codes, extended errors.
// Each keeps values it does not know. Record types have a file of their own.
import Bytes

/// Numbers and their names, both ways.
struct Registry: Sendable {
  private let names: [UInt16: String]
  private let values: [String: UInt16]
  /// The same for names of up to eight bytes, packed into one number: no String is made to look one up.
  private let short: [UInt64: UInt16]

  init(_ table: [(UInt16, String)]) {
    names = Dictionary(table, uniquingKeysWith: { first, _ in first })
    values = Dictionary(table.map { ($0.1, $0.0) }, uniquingKeysWith: { first, _ in first })
    let packed = table.compactMap { value, name in Buffer(name).withUnsafeBytes { Registry.packed($0) }.map { ($0, value) } }
    short = Dictionary(packed, uniquingKeysWith: { first, _ in first })
  }

  /// Up to eight bytes in upper case as one number.
  private static func packed(_ word: UnsafeRawBufferPointer) -> UInt64? {
    guard word.count <= 8 else { return nil }
    var number: UInt64 = 0
    for byte in word { number = number << 8 | UInt64(byte &- 0x61 < 26 ? byte & 0xDF : byte) }
    return number
  }

  /// The number called `word` in any case, or written as `prefix` and a decimal number.
  func value(_ word: UnsafeRawBufferPointer, prefix: String) -> UInt16? {
    if let packed = Registry.packed(word), let value = short[packed] { return value }
    guard word.count <= 16 else { return nil }
    return value(String(decoding: word, as: UTF8.self), prefix: prefix)
  }

  func name(_ value: UInt16) -> String? { names[value] }

  /// The number called `text` in any case, or written as `prefix` and a decimal number.
  func value(_ text: some StringProtocol, prefix: String) -> UInt16? {
    if let value = values[String(text)] { return value }
    let upper = text.uppercased()
    if let value = values[upper] { return value }
    guard upper.hasPrefix(prefix) else { return nil }
    let digits = upper.utf8.dropFirst(prefix.utf8.count)
    guard (1...5).contains(digits.count), digits.allSatisfy({ $0 &- 0x30 < 10 }) else { return nil }
    let number = digits.reduce(0) { $0 * 10 + Int($1 &- 0x30) }
    return UInt16(exactly: number)
  }
}

/// A class of records (RFC 6895 §3.2).
public struct RecordClass: RawRepresentable, Hashable, Sendable, Comparable, CustomStringConvertible {
  public var rawValue: UInt16
  @inlinable public init(rawValue: UInt16) { self.rawValue = rawValue }

  /// The Internet.
  public static let internet = RecordClass(rawValue: 1)
  public static let chaos = RecordClass(rawValue: 3)
  public static let hesiod = RecordClass(rawValue: 4)
  /// RFC 2136 §2.4: in prerequisites and updates only.
  public static let none = RecordClass(rawValue: 254)
  /// In questions only.
  public static let any = RecordClass(rawValue: 255)

  private static let names = Registry([(1, "IN"), (3, "CH"), (4, "HS"), (254, "NONE"), (255, "ANY")])

  /// The class written as `text`, a registered name or CLASSnnn, in any case.
  public init?(_ text: some StringProtocol) {
    guard let value = RecordClass.names.value(text, prefix: "CLASS") else { return nil }
    self.init(rawValue: value)
  }

  init?(word: UnsafeRawBufferPointer) {
    guard let value = RecordClass.names.value(word, prefix: "CLASS") else { return nil }
    self.init(rawValue: value)
  }

  public var description: String { RecordClass.names.name(rawValue) ?? "CLASS\(rawValue)" }
  public static func < (a: RecordClass, b: RecordClass) -> Bool { a.rawValue < b.rawValue }
}

/// What a message is for (RFC 6895 §2.2). Four bits.
public struct Opcode: RawRepresentable, Hashable, Sendable, CustomStringConvertible {
  public var rawValue: UInt8
  @inlinable public init(rawValue: UInt8) { self.rawValue = rawValue & 15 }

  public static let query = Opcode(rawValue: 0)
  public static let inverseQuery = Opcode(rawValue: 1)
  public static let status = Opcode(rawValue: 2)
  public static let notify = Opcode(rawValue: 4)
  public static let update = Opcode(rawValue: 5)
  public static let stateful = Opcode(rawValue: 6)

  private static let names = Registry([(0, "QUERY"), (1, "IQUERY"), (2, "STATUS"), (4, "NOTIFY"), (5, "UPDATE"), (6, "DSO")])

  public init?(_ text: some StringProtocol) {
    guard let value = Opcode.names.value(text, prefix: "OPCODE"), value < 16 else { return nil }
    self.init(rawValue: UInt8(truncatingIfNeeded: value))
  }

  public var description: String { Opcode.names.name(UInt16(rawValue)) ?? "OPCODE\(rawValue)" }
}

/// How it went (RFC 6895 §2.3). Twelve bits: four in the header, eight in the OPT record.
public struct ResponseCode: RawRepresentable, Hashable, Sendable, CustomStringConvertible {
  public var rawValue: UInt16
  @inlinable public init(rawValue: UInt16) { self.rawValue = rawValue & 0xFFF }

  public static let noError = ResponseCode(rawValue: 0)
  public static let formatError = ResponseCode(rawValue: 1)
  public static let serverFailure = ResponseCode(rawValue: 2)
  public static let noSuchName = ResponseCode(rawValue: 3)
  public static let notImplemented = ResponseCode(rawValue: 4)
  public static let refused = ResponseCode(rawValue: 5)
  public static let nameExists = ResponseCode(rawValue: 6)
  public static let recordsExist = ResponseCode(rawValue: 7)
  public static let noSuchRecords = ResponseCode(rawValue: 8)
  public static let notAuthoritative = ResponseCode(rawValue: 9)
  public static let notInZone = ResponseCode(rawValue: 10)
  /// RFC 6891 §9. In a TSIG record the same number is BADSIG.
  public static let badVersion = ResponseCode(rawValue: 16)
  // RFC 8945 §3: these stand in TSIG records.
  public static let badSignature = ResponseCode(rawValue: 16)
  public static let badKey = ResponseCode(rawValue: 17)
  public static let badTime = ResponseCode(rawValue: 18)
  public static let badTruncation = ResponseCode(rawValue: 22)
  public static let badCookie = ResponseCode(rawValue: 23)

  private static let names = Registry([
    (0, "NOERROR"), (1, "FORMERR"), (2, "SERVFAIL"), (3, "NXDOMAIN"), (4, "NOTIMP"), (5, "REFUSED"), (6, "YXDOMAIN"), (7, "YXRRSET"),
    (8, "NXRRSET"), (9, "NOTAUTH"), (10, "NOTZONE"), (11, "DSOTYPENI"), (16, "BADVERS"), (17, "BADKEY"), (18, "BADTIME"),
    (19, "BADMODE"), (20, "BADNAME"), (21, "BADALG"), (22, "BADTRUNC"), (23, "BADCOOKIE"),
  ])

  public init?(_ text: some StringProtocol) {
    guard let value = ResponseCode.names.value(text, prefix: "RCODE"), value < 4096 else { return nil }
    self.init(rawValue: value)
  }

  public var description: String { ResponseCode.names.name(rawValue) ?? "RCODE\(rawValue)" }
}

/// What an EDNS option is (RFC 6891 §9).
public struct OptionCode: RawRepresentable, Hashable, Sendable, CustomStringConvertible {
  public var rawValue: UInt16
  @inlinable public init(rawValue: UInt16) { self.rawValue = rawValue }

  public static let nsid = OptionCode(rawValue: 3)
  public static let clientSubnet = OptionCode(rawValue: 8)
  public static let expire = OptionCode(rawValue: 9)
  public static let cookie = OptionCode(rawValue: 10)
  public static let keepalive = OptionCode(rawValue: 11)
  public static let padding = OptionCode(rawValue: 12)
  public static let extendedError = OptionCode(rawValue: 15)

  private static let names = Registry([
    (1, "LLQ"), (2, "UL"), (3, "NSID"), (5, "DAU"), (6, "DHU"), (7, "N3U"), (8, "CLIENT-SUBNET"), (9, "EXPIRE"), (10, "COOKIE"),
    (11, "KEEPALIVE"), (12, "PADDING"), (13, "CHAIN"), (14, "KEY-TAG"), (15, "EDE"), (16, "CLIENT-TAG"), (17, "SERVER-TAG"),
    (18, "REPORT-CHANNEL"), (19, "ZONEVERSION"),
  ])

  public var description: String { OptionCode.names.name(rawValue) ?? "OPT\(rawValue)" }
}

/// Why an answer is as it is (RFC 8914 §4).
public struct ExtendedErrorCode: RawRepresentable, Hashable, Sendable, CustomStringConvertible {
  public var rawValue: UInt16
  @inlinable public init(rawValue: UInt16) { self.rawValue = rawValue }

  public static let other = ExtendedErrorCode(rawValue: 0)
  public static let staleAnswer = ExtendedErrorCode(rawValue: 3)
  public static let dnssecBogus = ExtendedErrorCode(rawValue: 6)
  public static let cachedError = ExtendedErrorCode(rawValue: 13)
  public static let notReady = ExtendedErrorCode(rawValue: 14)
  public static let blocked = ExtendedErrorCode(rawValue: 15)
  public static let filtered = ExtendedErrorCode(rawValue: 17)
  public static let prohibited = ExtendedErrorCode(rawValue: 18)
  public static let staleNoSuchName = ExtendedErrorCode(rawValue: 19)
  public static let notAuthoritative = ExtendedErrorCode(rawValue: 20)
  public static let notSupported = ExtendedErrorCode(rawValue: 21)
  public static let noReachableAuthority = ExtendedErrorCode(rawValue: 22)
  public static let networkError = ExtendedErrorCode(rawValue: 23)
  public static let invalidData = ExtendedErrorCode(rawValue: 24)
  public static let tooEarly = ExtendedErrorCode(rawValue: 26)

  private static let names = Registry([
    (0, "Other"), (1, "Unsupported DNSKEY Algorithm"), (2, "Unsupported DS Digest Type"), (3, "Stale Answer"), (4, "Forged Answer"),
    (5, "DNSSEC Indeterminate"), (6, "DNSSEC Bogus"), (7, "Signature Expired"), (8, "Signature Not Yet Valid"), (9, "DNSKEY Missing"),
    (10, "RRSIGs Missing"), (11, "No Zone Key Bit Set"), (12, "NSEC Missing"), (13, "Cached Error"), (14, "Not Ready"), (15, "Blocked"),
    (16, "Censored"), (17, "Filtered"), (18, "Prohibited"), (19, "Stale NXDOMAIN Answer"), (20, "Not Authoritative"),
    (21, "Not Supported"), (22, "No Reachable Authority"), (23, "Network Error"), (24, "Invalid Data"),
    (25, "Signature Expired before Valid"), (26, "Too Early"), (27, "Unsupported NSEC3 Iterations Value"),
    (28, "Unable to conform to policy"), (29, "Synthesized"),
  ])

  public var description: String { ExtendedErrorCode.names.name(rawValue) ?? "EDE\(rawValue)" }
}
