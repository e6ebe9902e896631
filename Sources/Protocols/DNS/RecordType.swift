// The registry of record types (RFC 6895 §3.1): known ones by name, every other as TYPEnnn (RFC 3597 §5).

/// A record type.
public struct RecordType: RawRepresentable, Hashable, Sendable, Comparable {
  public var rawValue: UInt16
  @inlinable public init(rawValue: UInt16) { self.rawValue = rawValue }

  public static let a = RecordType(rawValue: 1)
  public static let ns = RecordType(rawValue: 2)
  public static let md = RecordType(rawValue: 3)
  public static let mf = RecordType(rawValue: 4)
  public static let cname = RecordType(rawValue: 5)
  public static let soa = RecordType(rawValue: 6)
  public static let mb = RecordType(rawValue: 7)
  public static let mg = RecordType(rawValue: 8)
  public static let mr = RecordType(rawValue: 9)
  public static let ptr = RecordType(rawValue: 12)
  public static let hinfo = RecordType(rawValue: 13)
  public static let minfo = RecordType(rawValue: 14)
  public static let mx = RecordType(rawValue: 15)
  public static let txt = RecordType(rawValue: 16)
  public static let rp = RecordType(rawValue: 17)
  public static let afsdb = RecordType(rawValue: 18)
  public static let rt = RecordType(rawValue: 21)
  public static let sig = RecordType(rawValue: 24)
  public static let px = RecordType(rawValue: 26)
  public static let aaaa = RecordType(rawValue: 28)
  public static let nxt = RecordType(rawValue: 30)
  public static let srv = RecordType(rawValue: 33)
  public static let naptr = RecordType(rawValue: 35)
  public static let kx = RecordType(rawValue: 36)
  public static let cert = RecordType(rawValue: 37)
  public static let dname = RecordType(rawValue: 39)
  public static let opt = RecordType(rawValue: 41)
  public static let ds = RecordType(rawValue: 43)
  public static let rrsig = RecordType(rawValue: 46)
  public static let nsec = RecordType(rawValue: 47)
  public static let dnskey = RecordType(rawValue: 48)
  public static let nsec3 = RecordType(rawValue: 50)
  public static let svcb = RecordType(rawValue: 64)
  public static let https = RecordType(rawValue: 65)
  public static let tsig = RecordType(rawValue: 250)
  public static let ixfr = RecordType(rawValue: 251)
  public static let axfr = RecordType(rawValue: 252)
  public static let any = RecordType(rawValue: 255)
  public static let caa = RecordType(rawValue: 257)

  /// RFC 6895 §3.1: 128 to 255 are for questions and for the message itself, never for data in a zone; nor are 0 and OPT.
  public var isData: Bool { rawValue != 0 && self != .opt && !(128...255).contains(rawValue) }

  public static func < (a: RecordType, b: RecordType) -> Bool { a.rawValue < b.rawValue }

  /// What each type is called, in the registry's order.
  private static let registry: [(UInt16, String)] = [
    (1, "A"), (2, "NS"), (3, "MD"), (4, "MF"), (5, "CNAME"), (6, "SOA"), (7, "MB"), (8, "MG"), (9, "MR"), (10, "NULL"), (11, "WKS"),
    (12, "PTR"), (13, "HINFO"), (14, "MINFO"), (15, "MX"), (16, "TXT"), (17, "RP"), (18, "AFSDB"), (19, "X25"), (20, "ISDN"), (21, "RT"),
    (22, "NSAP"), (23, "NSAP-PTR"), (24, "SIG"), (25, "KEY"), (26, "PX"), (27, "GPOS"), (28, "AAAA"), (29, "LOC"), (30, "NXT"),
    (31, "EID"), (32, "NIMLOC"), (33, "SRV"), (34, "ATMA"), (35, "NAPTR"), (36, "KX"), (37, "CERT"), (38, "A6"), (39, "DNAME"),
    (40, "SINK"), (41, "OPT"), (42, "APL"), (43, "DS"), (44, "SSHFP"), (45, "IPSECKEY"), (46, "RRSIG"), (47, "NSEC"), (48, "DNSKEY"),
    (49, "DHCID"), (50, "NSEC3"), (51, "NSEC3PARAM"), (52, "TLSA"), (53, "SMIMEA"), (55, "HIP"), (56, "NINFO"), (57, "RKEY"),
    (58, "TALINK"), (59, "CDS"), (60, "CDNSKEY"), (61, "OPENPGPKEY"), (62, "CSYNC"), (63, "ZONEMD"), (64, "SVCB"), (65, "HTTPS"),
    (66, "DSYNC"), (99, "SPF"), (100, "UINFO"), (101, "UID"), (102, "GID"), (103, "UNSPEC"), (104, "NID"), (105, "L32"), (106, "L64"),
    (107, "LP"), (108, "EUI48"), (109, "EUI64"), (128, "NXNAME"), (249, "TKEY"), (250, "TSIG"), (251, "IXFR"), (252, "AXFR"),
    (253, "MAILB"), (254, "MAILA"), (255, "ANY"), (256, "URI"), (257, "CAA"), (258, "AVC"), (259, "DOA"), (260, "AMTRELAY"),
    (261, "RESINFO"), (262, "WALLET"), (32768, "TA"), (32769, "DLV"),
  ]
  private static let names = Registry(registry)

  /// The type written as `text`, a registered name or TYPEnnn, in any case.
  public init?(_ text: some StringProtocol) {
    guard let value = RecordType.names.value(text, prefix: "TYPE") else { return nil }
    self.init(rawValue: value)
  }

  init?(word: UnsafeRawBufferPointer) {
    guard let value = RecordType.names.value(word, prefix: "TYPE") else { return nil }
    self.init(rawValue: value)
  }
}

extension RecordType: CustomStringConvertible {
  public var description: String { RecordType.names.name(rawValue) ?? "TYPE\(rawValue)" }
}
