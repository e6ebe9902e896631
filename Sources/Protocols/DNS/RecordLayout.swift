// What stands in the data of the types that are kept as bytes: one table serves reading old compressed names, and the text form both ways.
// Types with a case of their own in `RecordData` are not here.

/// One piece of a record's data.
enum RecordPiece: Sendable {
  case uint8(String)
  case uint16(String)
  case uint32(String)
  case name(String)
  /// RFC 1035 §3.3: a length byte and bytes.
  case string(String)
  /// One or more of those, to the end.
  case strings(String)
  /// Bytes to the end, in text hexadecimal.
  case hex(String)
  /// Bytes to the end, in text base64.
  case base64(String)
  /// Bytes to the end, in text one quoted string.
  case text(String)

  /// What it is called.
  var label: String {
    switch self {
    case .uint8(let label), .uint16(let label), .uint32(let label), .name(let label), .string(let label), .strings(let label),
      .hex(let label), .base64(let label), .text(let label):
      label
    }
  }
}

extension RecordType {
  /// The pieces of this type's data, and where they are defined; nil: not known here, the data is only bytes.
  var layout: (pieces: [RecordPiece], source: String)? {
    switch self {
    case .md, .mf: ([.name("mail host")], "RFC 1035 §3.3.4")
    case .mb, .mg, .mr: ([.name("mailbox")], "RFC 1035 §3.3.3")
    case .minfo: ([.name("responsible mailbox"), .name("error mailbox")], "RFC 1035 §3.3.7")
    case .rp: ([.name("mailbox"), .name("text at")], "RFC 1183 §2.2")
    case .afsdb: ([.uint16("subtype"), .name("host")], "RFC 1183 §1")
    case .rt: ([.uint16("preference"), .name("host")], "RFC 1183 §3.3")
    case .px: ([.uint16("preference"), .name("mail domain"), .name("X.400 domain")], "RFC 2163 §4")
    case .kx: ([.uint16("preference"), .name("exchanger")], "RFC 2230 §3.1")
    case .naptr:
      (
        [.uint16("order"), .uint16("preference"), .string("flags"), .string("services"), .string("regular expression"), .name("replacement")],
        "RFC 3403 §4.1"
      )
    case .ds: ([.uint16("key tag"), .uint8("algorithm"), .uint8("digest type"), .hex("digest")], "RFC 4034 §5.1")
    case .dnskey: ([.uint16("flags"), .uint8("protocol"), .uint8("algorithm"), .base64("public key")], "RFC 4034 §2.1")
    case RecordType(rawValue: 59): ([.uint16("key tag"), .uint8("algorithm"), .uint8("digest type"), .hex("digest")], "RFC 7344 §3.1")
    case RecordType(rawValue: 60): ([.uint16("flags"), .uint8("protocol"), .uint8("algorithm"), .base64("public key")], "RFC 7344 §3.2")
    case RecordType(rawValue: 44): ([.uint8("algorithm"), .uint8("fingerprint type"), .hex("fingerprint")], "RFC 4255 §3.1")
    case RecordType(rawValue: 49): ([.base64("identity")], "RFC 4701 §3.1")
    case RecordType(rawValue: 52), RecordType(rawValue: 53):
      ([.uint8("certificate usage"), .uint8("selector"), .uint8("matching type"), .hex("association")], "RFC 6698 §2.1")
    case RecordType(rawValue: 61): ([.base64("OpenPGP key")], "RFC 7929 §2.1")
    case RecordType(rawValue: 63): ([.uint32("serial"), .uint8("scheme"), .uint8("hash algorithm"), .hex("digest")], "RFC 8976 §2.2")
    case RecordType(rawValue: 99): ([.strings("text")], "RFC 7208 §3.1")
    case RecordType(rawValue: 256): ([.uint16("priority"), .uint16("weight"), .text("target")], "RFC 7553 §4")
    default: nil
    }
  }

  /// RFC 3597 §4: older types in which a reader must undo compression although it keeps them as bytes.
  var mayHoldCompressedNames: Bool {
    switch self {
    case .md, .mf, .mb, .mg, .mr, .minfo, .rp, .afsdb, .rt, .px, .kx, .naptr: true
    default: false
    }
  }
}
