// The sentences of explanations: what each bit, type, option and piece of data means, and where that is defined.
import Trace

/// What things mean, in one sentence each.
enum Meanings {
  /// The four counts of the header.
  static let counts: [(name: String, meaning: String)] = [
    ("Questions", "How many questions follow."),
    ("Answers", "How many records answer the question."),
    ("Authorities", "How many records name servers of the zone, or say that there is no answer."),
    ("Additionals", "How many more records are given in the hope that they spare a question."),
  ]

  /// One part of the header's flags.
  struct Bit: Sendable {
    let name: String
    /// Of the lowest bit, from the right.
    let shift: UInt16
    let width: UInt16
    let source: String
    /// For one bit: what 0 and 1 mean.
    let meanings: (zero: String, one: String)

    /// The field for this part; `start` is where the flags stand.
    func field(in flags: Flags, at start: Int) -> Field {
      let value = flags.rawValue >> shift & (1 << width &- 1)
      let byte = start + (shift >= 8 ? 0 : 1)
      let text: String
      let meaning: String
      switch (name, width) {
      case ("Opcode", _): (text, meaning) = ("\(flags.opcode) (\(value))", "What is wanted: \(Meanings.opcode(flags.opcode)).")
      case ("RCODE", _):
        (text, meaning) = ("\(flags.responseCode) (\(value))", flags.isResponse ? "How it went: \(Meanings.response(flags.responseCode))." : "Means nothing in a query.")
      default: (text, meaning) = ("\(value)", value == 0 ? meanings.zero : meanings.one)
      }
      return Field(name, text, byte..<(byte + 1), meaning: meaning, source: source)
    }
  }

  static let bits: [Bit] = [
    Bit(name: "QR", shift: 15, width: 1, source: "RFC 1035 §4.1.1", meanings: ("This is a query.", "This is an answer.")),
    Bit(name: "Opcode", shift: 11, width: 4, source: "RFC 6895 §2.2", meanings: ("", "")),
    Bit(name: "AA", shift: 10, width: 1, source: "RFC 1035 §4.1.1", meanings: ("Not said by an authority for the name.", "The server is an authority for the name.")),
    Bit(name: "TC", shift: 9, width: 1, source: "RFC 1035 §4.1.1", meanings: ("The message is whole.", "Something did not fit: ask again over TCP.")),
    Bit(name: "RD", shift: 8, width: 1, source: "RFC 1035 §4.1.1", meanings: ("The server need not ask others.", "The server is asked to find the answer by asking others.")),
    Bit(name: "RA", shift: 7, width: 1, source: "RFC 1035 §4.1.1", meanings: ("The server does not ask others, or this is a query.", "The server asks others for its clients.")),
    Bit(name: "Z", shift: 6, width: 1, source: "RFC 1035 §4.1.1", meanings: ("Reserved, and zero as it must be.", "Reserved, and set although it must be zero.")),
    Bit(name: "AD", shift: 5, width: 1, source: "RFC 4035 §3.2.3", meanings: ("The data was not validated.", "The data was validated, or in a query: the asker wants to know.")),
    Bit(name: "CD", shift: 4, width: 1, source: "RFC 4035 §3.2.2", meanings: ("The server may withhold what fails validation.", "The asker validates for itself and wants everything.")),
    Bit(name: "RCODE", shift: 0, width: 4, source: "RFC 6895 §2.3", meanings: ("", "")),
  ]

  /// DO and the reserved bits of EDNS.
  static func ednsBits(_ flags: UInt16, at start: Int) -> [Field] {
    let wants = flags & 0x8000 != 0
    let rest = flags & 0x7FFF
    return [
      Field(
        "DO", wants ? "1" : "0", start..<(start + 1), meaning: wants ? "The asker wants signatures too." : "The asker wants no signatures.",
        source: "RFC 3225 §3"),
      Field(
        "Z", format(hex: rest), start..<(start + 2), meaning: rest == 0 ? "Reserved, and zero as it must be." : "Reserved, and not zero: to be ignored.",
        source: "RFC 6891 §6.1.4"),
    ]
  }

  static func opcode(_ opcode: Opcode) -> String {
    switch opcode {
    case .query: "an answer to a question"
    case .notify: "to be told that a zone has changed"
    case .update: "a change of a zone"
    case .status, .inverseQuery: "something that is no longer in use"
    case .stateful: "a standing session"
    default: "something that is not defined"
    }
  }

  static func response(_ code: ResponseCode) -> String {
    switch code {
    case .noError: "without an error"
    case .formatError: "the server could not read the query"
    case .serverFailure: "the server could not find out"
    case .noSuchName: "the name does not exist"
    case .notImplemented: "the server does not do this"
    case .refused: "the server does not want to"
    case .nameExists: "a name exists that should not"
    case .recordsExist: "records exist that should not"
    case .noSuchRecords: "records do not exist that should"
    case .notAuthoritative: "the server has no say over the zone, or does not take the signature"
    case .notInZone: "a name lies outside the zone"
    default: "see the registry for \(code)"
    }
  }

  /// What a type is, after a colon.
  static func type(_ type: RecordType) -> String {
    switch type {
    case .a: "the IPv4 address of a host"
    case .aaaa: "the IPv6 address of a host"
    case .ns: "a server of the zone"
    case .cname: "the name that this one is another name for"
    case .soa: "where the zone begins and how its copies are kept"
    case .ptr: "the name that an address belongs to"
    case .mx: "a host that takes mail for the name"
    case .txt: "text"
    case .srv: "host and port of a service"
    case .cert: "a certificate or key"
    case .dname: "the name under which everything below this one is found"
    case .caa: "who may issue certificates"
    case .hinfo: "hardware and system of a host"
    case .opt: "what the sender can do beyond the basic protocol"
    case .any: "whatever there is"
    case .axfr: "the whole zone"
    case .ixfr: "what changed in the zone"
    case .ds, .dnskey, .rrsig, .nsec, .nsec3: "part of the zone's signature"
    case .svcb, .https: "how a service is reached"
    case .tsig: "who signed the message, and with which code"
    default: "see the registry for \(type)"
    }
  }

  /// What a record of a type says, as a sentence.
  static func record(_ type: RecordType) -> String {
    let words = Meanings.type(type)
    return "Gives \(words)."
  }

  /// What a record in an update asks for; nil: it stands in no such section.
  // RFC 2136 §2.4, §2.5
  static func change(_ section: String, _ class: RecordClass, _ type: RecordType) -> String? {
    let what = type == .any ? "any record" : "\(type) records"
    switch (section, `class`) {
    case ("Prerequisite", .any): return "Only if the name has \(what)."
    case ("Prerequisite", .none): return "Only if the name has no \(what)."
    case ("Prerequisite", _): return "Only if the name has this record."
    case ("Update", .any): return type == .any ? "Everything at the name is to be removed." : "All \(what) of the name are to be removed."
    case ("Update", .none): return "This record is to be removed."
    case ("Update", _): return "This record is to be added."
    default: return nil
    }
  }

  static func option(_ code: OptionCode) -> String {
    switch code {
    case .nsid: "Which of many servers it was."
    case .clientSubnet: "Where the asker's client is, roughly."
    case .expire: "When a secondary's copy of the zone ends."
    case .cookie: "A token by which asker and server know each other again."
    case .keepalive: "How long the connection may stay idle."
    case .padding: "Fills the message up, so that its length tells nothing."
    case .extendedError: "Why the answer is as it is."
    default: "An option that is not taken apart here."
    }
  }

  static func source(of code: OptionCode) -> String {
    switch code {
    case .nsid: "RFC 5001 §2.2"
    case .clientSubnet: "RFC 7871 §6"
    case .expire: "RFC 7314 §3"
    case .cookie: "RFC 7873 §4"
    case .keepalive: "RFC 7828 §3"
    case .padding: "RFC 7830 §3"
    case .extendedError: "RFC 8914 §2"
    default: "RFC 6891 §6.1.2"
    }
  }

  /// Where the data of a type is defined.
  static func source(of type: RecordType) -> String {
    switch type {
    case .a: "RFC 1035 §3.4.1"
    case .ns: "RFC 1035 §3.3.11"
    case .cname: "RFC 1035 §3.3.1"
    case .soa: "RFC 1035 §3.3.13"
    case .ptr: "RFC 1035 §3.3.12"
    case .hinfo: "RFC 1035 §3.3.2"
    case .mx: "RFC 1035 §3.3.9"
    case .txt: "RFC 1035 §3.3.14"
    case .aaaa: "RFC 3596 §2.2"
    case .srv: "RFC 2782"
    case .cert: "RFC 4398 §2"
    case .dname: "RFC 6672 §2.1"
    case .caa: "RFC 8659 §4.1"
    case .tsig: TransactionSignature.rule
    default: type.layout?.source ?? "RFC 3597 §3"
    }
  }

  /// The pieces of a type's data with their meanings; nil: not known.
  static func pieces(of type: RecordType) -> [(RecordPiece, String)]? {
    switch type {
    case .ns: [(.name("server"), "A server that answers for the zone.")]
    case .cname: [(.name("target"), "The name to go on with.")]
    case .ptr: [(.name("target"), "The name that belongs to the address.")]
    case .dname: [(.name("target"), "The ending that replaces this record's name.")]
    case .mx: [(.uint16("preference"), "The lowest is tried first."), (.name("exchange"), "The host that takes the mail.")]
    case .soa:
      [
        (.name("primary"), "The server the zone comes from."), (.name("mailbox"), "Who answers for the zone; the first dot stands for @."),
        (.uint32("serial"), "Goes up with every change of the zone."), (.uint32("refresh"), "After so many seconds a secondary asks for changes."),
        (.uint32("retry"), "After so many seconds it asks again when that failed."),
        (.uint32("expire"), "After so many seconds without success it stops answering."),
        (.uint32("minimum"), "So many seconds it may be remembered that something does not exist (RFC 2308 §4)."),
      ]
    case .txt: [(.strings("text"), "A string of up to 255 bytes.")]
    case .hinfo: [(.string("hardware"), "What machine it is."), (.string("system"), "What operating system it runs.")]
    case .srv:
      [
        (.uint16("priority"), "The lowest is tried first."), (.uint16("weight"), "Among equals, how often this one is chosen."),
        (.uint16("port"), "The port of the service."), (.name("target"), "The host of the service."),
      ]
    case .cert:
      [
        (.uint16("certificate type"), "What kind of certificate it is."), (.uint16("key tag"), "A number to pick the key by."),
        (.uint8("algorithm"), "The key's algorithm."), (.base64("certificate"), "The certificate itself."),
      ]
    case .caa:
      [
        (.uint8("flags"), "128 forbids what the issuer does not understand."), (.string("tag"), "What kind of permission it is."),
        (.text("value"), "To whom or how it is given."),
      ]
    default: type.layout?.pieces.map { ($0, "The \($0.label) of the record.") }
    }
  }
}
