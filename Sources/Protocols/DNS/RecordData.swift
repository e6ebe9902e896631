// What a record says, by type. Types that are not here are kept as bytes (RFC 3597).
// Not here: the wire form (RecordDataWire.swift), the text form (RecordDataText.swift, RecordDataParsing.swift).
public import World

/// The data of one record, and with it the record's type.
public enum RecordData: Hashable, Sendable {
  /// RFC 1035 §3.4.1: an IPv4 address, its first byte highest.
  case a(UInt32)
  /// RFC 3596 §2.2: an IPv6 address, its first eight bytes first.
  case aaaa(UInt64, UInt64)
  /// RFC 1035 §3.3.11: a server of the zone.
  case ns(Name)
  /// RFC 1035 §3.3.1: the name this one stands for.
  case cname(Name)
  /// RFC 1035 §3.3.12: the name an address leads back to.
  case ptr(Name)
  /// RFC 6672 §2.1: what the tree below this name stands for.
  case dname(Name)
  /// RFC 1035 §3.3.9: where mail goes; the lowest preference first.
  case mx(preference: UInt16, exchange: Name)
  /// RFC 1035 §3.3.13: the start of a zone.
  indirect case soa(StartOfAuthority)
  /// RFC 1035 §3.3.14: one or more strings of up to 255 bytes.
  case txt([[UInt8]])
  /// RFC 2782: where a service is.
  case srv(priority: UInt16, weight: UInt16, port: UInt16, target: Name)
  /// RFC 4398: a certificate or key.
  case cert(Certificate)
  /// RFC 8659: who may issue certificates.
  case caa(flags: UInt8, tag: [UInt8], value: [UInt8])
  /// RFC 1035 §3.3.2; RFC 8482 §4.2 answers ANY with it.
  case hinfo(cpu: [UInt8], system: [UInt8])
  /// Any other type, and known types in a class that gives them another form, and the empty data of updates (RFC 2136).
  case unknown(RecordType, [UInt8])

  /// The type this is the data of.
  public var type: RecordType {
    switch self {
    case .a: .a
    case .aaaa: .aaaa
    case .ns: .ns
    case .cname: .cname
    case .ptr: .ptr
    case .dname: .dname
    case .mx: .mx
    case .soa: .soa
    case .txt: .txt
    case .srv: .srv
    case .cert: .cert
    case .caa: .caa
    case .hinfo: .hinfo
    case .unknown(let type, _): type
    }
  }

  /// A or AAAA, by the address.
  public init(_ address: Address) {
    switch address {
    case .v4(let value): self = .a(value)
    case .v6(let high, let low): self = .aaaa(high, low)
    }
  }

  /// The address in A and AAAA.
  public var address: Address? {
    switch self {
    case .a(let value): .v4(value)
    case .aaaa(let high, let low): .v6(high, low)
    default: nil
    }
  }

  /// The one name the data leads to, in NS, CNAME, PTR, DNAME, MX and SRV.
  public var target: Name? {
    switch self {
    case .ns(let name), .cname(let name), .ptr(let name), .dname(let name), .mx(_, let name), .srv(_, _, _, let name): name
    default: nil
    }
  }

  /// TXT of one text, cut into strings of 255 bytes.
  public static func txt(_ text: String) -> RecordData {
    let bytes = Array(text.utf8)
    if bytes.isEmpty { return .txt([[]]) }
    return .txt(stride(from: 0, to: bytes.count, by: 255).map { Array(bytes[$0..<Swift.min($0 + 255, bytes.count)]) })
  }
}

/// RFC 1035 §3.3.13: the data of a SOA record. Times in seconds.
public struct StartOfAuthority: Hashable, Sendable {
  /// The server the zone comes from.
  public var primary: Name
  /// Who answers for the zone: a mail address with its first dot for the `@`.
  public var mailbox: Name
  public var serial: UInt32
  /// How often a secondary asks for a newer serial.
  public var refresh: UInt32
  /// How long it waits after a failure.
  public var retry: UInt32
  /// After how long without contact it stops answering.
  public var expire: UInt32
  /// RFC 2308 §4: how long "there is no such thing" may be kept.
  public var minimum: UInt32

  public init(primary: Name, mailbox: Name, serial: UInt32, refresh: UInt32, retry: UInt32, expire: UInt32, minimum: UInt32) {
    self.primary = primary
    self.mailbox = mailbox
    self.serial = serial
    self.refresh = refresh
    self.retry = retry
    self.expire = expire
    self.minimum = minimum
  }
}

/// RFC 4398 §2: the data of a CERT record.
public struct Certificate: Hashable, Sendable {
  /// What kind of certificate it is: 1 PKIX, 2 SPKI, 3 PGP and so on.
  public var kind: UInt16
  public var keyTag: UInt16
  public var algorithm: UInt8
  public var body: [UInt8]

  public init(kind: UInt16, keyTag: UInt16, algorithm: UInt8, body: [UInt8]) {
    self.kind = kind
    self.keyTag = keyTag
    self.algorithm = algorithm
    self.body = body
  }
}
