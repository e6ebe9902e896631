// The kinds of records of the GNU Name System: those of DNS with their numbers, and its own from 65536 on.

/// A record's type.
// RFC 9498 §5: numbers below 2^16 are those of DNS, those above are kept by the GNUnet Assigned Numbers Authority.
public struct RecordType: RawRepresentable, Hashable, Sendable {
  public var rawValue: UInt32
  public init(rawValue: UInt32) { self.rawValue = rawValue }

  /// Any type: for asking, never in a record.
  public static let any = RecordType(rawValue: 0)
  public static let a = RecordType(rawValue: 1)
  public static let ns = RecordType(rawValue: 2)
  public static let cname = RecordType(rawValue: 5)
  public static let soa = RecordType(rawValue: 6)
  public static let ptr = RecordType(rawValue: 12)
  public static let mx = RecordType(rawValue: 15)
  public static let txt = RecordType(rawValue: 16)
  public static let aaaa = RecordType(rawValue: 28)
  public static let srv = RecordType(rawValue: 33)
  public static let tlsa = RecordType(rawValue: 52)
  /// A zone with a key for ECDSA over edwards25519.
  public static let pkey = RecordType(rawValue: 65_536)
  /// What a zone's owner would like the zone to be called.
  public static let nick = RecordType(rawValue: 65_537)
  /// The name in DNS that a server expects to be called by.
  public static let leho = RecordType(rawValue: 65_538)
  /// The rest of the name is asked of DNS.
  public static let gns2dns = RecordType(rawValue: 65_540)
  /// A record for a service under the name, such as SRV or TLSA.
  public static let box = RecordType(rawValue: 65_541)
  /// Another name to go on with.
  public static let redirect = RecordType(rawValue: 65_551)
  /// A zone with a key for EdDSA.
  public static let edkey = RecordType(rawValue: 65_556)

  private static let names: [(String, RecordType)] = [
    ("ANY", .any), ("A", .a), ("NS", .ns), ("CNAME", .cname), ("SOA", .soa), ("PTR", .ptr), ("MX", .mx), ("TXT", .txt), ("AAAA", .aaaa), ("SRV", .srv),
    ("TLSA", .tlsa), ("PKEY", .pkey), ("NICK", .nick), ("LEHO", .leho), ("GNS2DNS", .gns2dns), ("BOX", .box), ("REDIRECT", .redirect), ("EDKEY", .edkey),
  ]

  /// The type of this name, or of `TYPE` with its number.
  // RFC 3597 §5
  public init?(_ name: some StringProtocol) {
    let name = name.uppercased()
    if let known = Self.names.first(where: { $0.0 == name }) {
      self = known.1
    } else {
      guard name.hasPrefix("TYPE"), let number = UInt32(name.dropFirst(4)), name == "TYPE\(number)" else { return nil }
      rawValue = number
    }
  }

  /// Whether what stands under the label is another zone.
  public var isDelegation: Bool { self == .pkey || self == .edkey }

  /// Whether the type is one that this library knows how to follow or to show.
  public var isKnown: Bool { self != .any && Self.names.contains { $0.1 == self } }
}

extension RecordType: CustomStringConvertible {
  public var description: String { Self.names.first { $0.1 == self }?.0 ?? "TYPE\(rawValue)" }
}
