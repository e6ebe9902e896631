// Record data from text: the right half of a master file's entry (RFC 1035 §5.1, RFC 3597 §5 and the documents of each type).
// Not here: the text from data (RecordDataText.swift).
import Bytes
public import World

extension RecordData {
  /// The data of a record of `type` written as `text`; names without a final dot continue with `origin`.
  public init(
    _ type: RecordType, _ text: String, class: RecordClass = .internet, origin: Name = .root
  ) throws(SyntaxError) {
    self = try Buffer(text).withUnsafeBytes { (bytes) throws(SyntaxError) in
      var scanner = TextScanner(bytes)
      var tokens: [TextToken] = []
      try scanner.entry(into: &tokens)
      guard scanner.isAtEnd else {
        throw SyntaxError(expected: "the end of the data", found: "another line", at: scanner.index, rule: "RFC 1035 §5.1")
      }
      var fields = TextFields(bytes, tokens, origin: origin)
      return try RecordData(type, class: `class`, from: &fields)
    }
  }

  /// The data in all the fields that are left.
  init(_ type: RecordType, class: RecordClass, from fields: inout TextFields) throws(SyntaxError) {
    if let token = fields.peeked, !token.isQuoted, token.end - token.start == 2, fields.bytes[token.start] == UInt8(ascii: "\\"),
      fields.bytes[token.start + 1] == UInt8(ascii: "#")
    {
      self = try RecordData(generic: type, class: `class`, from: &fields)
      return
    }
    self = try RecordData(known: type, class: `class`, from: &fields)
    try fields.finish("the \(type) record")
  }

  private init(known type: RecordType, class: RecordClass, from fields: inout TextFields) throws(SyntaxError) {
    switch type {
    case .a where `class` == .internet: self = .a(try fields.address4())
    case .aaaa where `class` == .internet: self = try fields.address6()
    case .ns: self = .ns(try fields.name("the server"))
    case .cname: self = .cname(try fields.name("the target"))
    case .ptr: self = .ptr(try fields.name("the target"))
    case .dname: self = .dname(try fields.name("the target"))
    case .mx:
      let preference: UInt16 = try fields.number("the preference", "RFC 1035 §3.3.9")
      self = .mx(preference: preference, exchange: try fields.name("the exchange"))
    case .soa: self = .soa(try StartOfAuthority(from: &fields))
    case .txt:
      var strings = [try fields.characterString("a text")]
      while !fields.isAtEnd { strings.append(try fields.characterString("a text")) }
      self = .txt(strings)
    case .srv where `class` == .internet:
      let priority: UInt16 = try fields.number("the priority", "RFC 2782")
      let weight: UInt16 = try fields.number("the weight", "RFC 2782")
      let port: UInt16 = try fields.number("the port", "RFC 2782")
      self = .srv(priority: priority, weight: weight, port: port, target: try fields.name("the target"))
    case .cert: self = .cert(try Certificate(from: &fields))
    case .caa:
      let flags: UInt8 = try fields.number("the flags", "RFC 8659 §4.1.1")
      let tag = try fields.characterString("the tag")
      let value = try fields.unescaped(try fields.token("the value", "RFC 8659 §4.1.1"))
      self = .caa(flags: flags, tag: tag, value: value)
    case .hinfo:
      let cpu = try fields.characterString("the CPU")
      self = .hinfo(cpu: cpu, system: try fields.characterString("the operating system"))
    default:
      self = .unknown(type, try RecordData.bytes(type, from: &fields))
    }
  }

  /// RFC 3597 §5: `\# length hexadecimal`, also for types that are known.
  private init(generic type: RecordType, class: RecordClass, from fields: inout TextFields) throws(SyntaxError) {
    let start = fields.place
    _ = try fields.token("\\#", "RFC 3597 §5")
    let length: UInt16 = try fields.number("the length of the data", "RFC 3597 §5")
    let bytes = try fields.hex("the data", "RFC 3597 §5")
    guard bytes.count == Int(length) else {
      throw SyntaxError(expected: "\(length) bytes of data", found: "\(bytes.count)", at: start, rule: "RFC 3597 §5")
    }
    self = try Buffer(bytes).withUnsafeBytes { (bytes) throws(SyntaxError) in
      // RFC 3597 §5: what is written here is not compressed.
      var limits = Limits()
      limits.pointersMax = 0
      var reader = MessageReader(bytes, limits: limits)
      do throws(SyntaxError) {
        return try reader.within(bytes.count, "the data of the \(type) record", "RFC 3597 §5") { (reader) throws(SyntaxError) in
          try RecordData(type: type, class: `class`, from: &reader)
        }
      } catch {
        throw SyntaxError(expected: "data of a \(type) record: \(error.expected)", found: error.found, at: start, rule: error.rule)
      }
    }
  }

  /// The bytes of a type that is known by its layout only.
  private static func bytes(_ type: RecordType, from fields: inout TextFields) throws(SyntaxError) -> [UInt8] {
    guard let layout = type.layout else {
      throw SyntaxError(
        expected: "\\#, a length and hexadecimal digits, since \(type) has no text form here,",
        found: fields.peeked.map { "'\(fields.text(of: $0))'" } ?? "the end of the entry", at: fields.place, rule: "RFC 3597 §5")
    }
    var bytes: [UInt8] = []
    for piece in layout.pieces {
      switch piece {
      case .uint8(let label): bytes.append(try fields.number(label, layout.source))
      case .uint16(let label): bytes += bigEndian(try fields.number(label, layout.source, as: UInt16.self))
      case .uint32(let label): bytes += bigEndian(try fields.number(label, layout.source, as: UInt32.self))
      case .name(let label): bytes += try fields.name("the \(label)").wire
      case .string(let label): bytes += prefixed(try fields.characterString("the \(label)"))
      case .strings(let label):
        repeat { bytes += prefixed(try fields.characterString("the \(label)")) } while !fields.isAtEnd
      case .hex(let label): bytes += try fields.hex("the \(label)", layout.source)
      case .base64(let label): bytes += try fields.base64("the \(label)", layout.source)
      case .text(let label): bytes += try fields.unescaped(try fields.token("the \(label)", layout.source))
      }
    }
    guard bytes.count <= 65_535 else {
      throw SyntaxError(expected: "at most 65,535 bytes of data", found: "\(bytes.count)", at: fields.place, rule: "RFC 1035 §3.2.1")
    }
    return bytes
  }

  private static func prefixed(_ string: [UInt8]) -> [UInt8] { [UInt8(truncatingIfNeeded: string.count)] + string }

  private static func bigEndian(_ value: some FixedWidthInteger) -> [UInt8] { withUnsafeBytes(of: value.bigEndian) { Array($0) } }
}

extension TextFields {
  /// RFC 1035 §3.4.1: four decimal numbers.
  mutating func address4() throws(SyntaxError) -> UInt32 {
    let token = try token("an IPv4 address", "RFC 1035 §3.4.1")
    var value: UInt32 = 0
    var part = 0
    var digits = 0
    var dots = 0
    for index in token.start..<token.end {
      let byte = bytes[index]
      if byte == UInt8(ascii: "."), digits > 0, dots < 3 {
        value = value << 8 | UInt32(truncatingIfNeeded: part)
        (part, digits, dots) = (0, 0, dots + 1)
      } else if byte &- 0x30 < 10, digits == 0 || part > 0 {
        part = part * 10 + Int(byte &- 0x30)
        digits += 1
        guard part <= 255 else { throw unexpected(token, "an IPv4 address", "RFC 1035 §3.4.1") }
      } else {
        throw unexpected(token, "an IPv4 address", "RFC 1035 §3.4.1")
      }
    }
    guard dots == 3, digits > 0 else { throw unexpected(token, "an IPv4 address", "RFC 1035 §3.4.1") }
    return value << 8 | UInt32(truncatingIfNeeded: part)
  }

  /// RFC 3596 §2.4.
  mutating func address6() throws(SyntaxError) -> RecordData {
    let token = try token("an IPv6 address", "RFC 3596 §2.4")
    guard case .v6(let high, let low) = Address(text(of: token)) else { throw unexpected(token, "an IPv6 address", "RFC 3596 §2.4") }
    return .aaaa(high, low)
  }
}

extension StartOfAuthority {
  /// RFC 1035 §3.3.13, §5.2.
  init(from fields: inout TextFields) throws(SyntaxError) {
    primary = try fields.name("the primary server")
    mailbox = try fields.name("the responsible mailbox")
    serial = try fields.number("the serial", "RFC 1035 §3.3.13")
    refresh = try fields.time("the refresh time", "RFC 1035 §3.3.13")
    retry = try fields.time("the retry time", "RFC 1035 §3.3.13")
    expire = try fields.time("the expiry time", "RFC 1035 §3.3.13")
    minimum = try fields.time("the minimum", "RFC 1035 §3.3.13")
  }
}

extension Certificate {
  /// RFC 4398 §2.1: what the certificate types are called.
  static let kinds = Registry([
    (1, "PKIX"), (2, "SPKI"), (3, "PGP"), (4, "IPKIX"), (5, "ISPKI"), (6, "IPGP"), (7, "ACPKIX"), (8, "IACPKIX"), (253, "URI"), (254, "OID"),
  ])
  /// RFC 8624 §3.1: what the algorithms are called.
  static let algorithms = Registry([
    (1, "RSAMD5"), (3, "DSA"), (5, "RSASHA1"), (6, "DSA-NSEC3-SHA1"), (7, "RSASHA1-NSEC3-SHA1"), (8, "RSASHA256"), (10, "RSASHA512"),
    (12, "ECC-GOST"), (13, "ECDSAP256SHA256"), (14, "ECDSAP384SHA384"), (15, "ED25519"), (16, "ED448"), (252, "INDIRECT"),
    (253, "PRIVATEDNS"), (254, "PRIVATEOID"),
  ])

  /// RFC 4398 §2.2: type and algorithm by name or number.
  init(from fields: inout TextFields) throws(SyntaxError) {
    let first = try fields.token("the certificate's type", "RFC 4398 §2.2")
    guard let kind = Certificate.kinds.value(fields.text(of: first), prefix: "") else {
      throw fields.unexpected(first, "a certificate type, PKIX or a number,", "RFC 4398 §2.2")
    }
    self.kind = kind
    keyTag = try fields.number("the key tag", "RFC 4398 §2.2")
    let second = try fields.token("the algorithm", "RFC 4398 §2.2")
    guard let value = Certificate.algorithms.value(fields.text(of: second), prefix: ""), let algorithm = UInt8(exactly: value) else {
      throw fields.unexpected(second, "an algorithm's name or number", "RFC 4398 §2.2")
    }
    self.algorithm = algorithm
    body = try fields.base64("the certificate", "RFC 4398 §2.2")
  }
}
