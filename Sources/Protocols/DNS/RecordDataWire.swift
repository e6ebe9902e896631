// The wire form of record data, both ways (RFC 1035 §3.3, §3.4 and the documents of each type).
import World

extension RecordData {
  /// The data between here and the reader's end. Names inside come out uncompressed also in types that are kept as bytes.
  init(type: RecordType, class: RecordClass, from reader: inout MessageReader) throws(SyntaxError) {
    // RFC 2136 §2.4, §2.5: deletions and prerequisites carry no data.
    if reader.remaining == 0, `class` == .any || `class` == .none {
      self = .unknown(type, [])
      return
    }
    switch type {
    // RFC 3597 §4: A, AAAA and SRV have these forms in the class IN only.
    case .a where `class` == .internet: self = .a(try reader.uint32("four bytes of an IPv4 address", "RFC 1035 §3.4.1"))
    case .aaaa where `class` == .internet:
      let high = try reader.uint64("sixteen bytes of an IPv6 address", "RFC 3596 §2.2")
      self = .aaaa(high, try reader.uint64("sixteen bytes of an IPv6 address", "RFC 3596 §2.2"))
    case .srv where `class` == .internet:
      let priority = try reader.uint16("the priority", "RFC 2782")
      let weight = try reader.uint16("the weight", "RFC 2782")
      let port = try reader.uint16("the port", "RFC 2782")
      self = .srv(priority: priority, weight: weight, port: port, target: try reader.name())
    case .ns: self = .ns(try reader.name())
    case .cname: self = .cname(try reader.name())
    case .ptr: self = .ptr(try reader.name())
    case .dname: self = .dname(try reader.name())
    case .mx:
      let preference = try reader.uint16("the preference", "RFC 1035 §3.3.9")
      self = .mx(preference: preference, exchange: try reader.name())
    case .soa: self = .soa(try StartOfAuthority(from: &reader))
    case .txt:
      var strings = [try reader.characterString("the text")]
      while reader.remaining > 0 { strings.append(try reader.characterString("the text")) }
      self = .txt(strings)
    case .hinfo:
      let cpu = try reader.characterString("the CPU")
      self = .hinfo(cpu: cpu, system: try reader.characterString("the operating system"))
    case .cert: self = .cert(try Certificate(from: &reader))
    case .caa:
      let flags = try reader.uint8("the flags", "RFC 8659 §4.1")
      let tag = try reader.characterString("the tag")
      self = .caa(flags: flags, tag: tag, value: try reader.take(reader.remaining, "the value", "RFC 8659 §4.1"))
    default: self = .unknown(type, try RecordData.bytes(of: type, from: &reader))
    }
  }

  private static func bytes(of type: RecordType, from reader: inout MessageReader) throws(SyntaxError) -> [UInt8] {
    var bytes: [UInt8] = []
    // RFC 3597 §4, RFC 2535 §4.1, §5.2: SIG begins with eighteen bytes and a name, NXT with a name; both older than the rule against
    // compressing such names.
    if type == .sig { bytes += try reader.take(18, "18 bytes before the signer", "RFC 2535 §4.1") }
    if type == .sig || type == .nxt { bytes += try reader.name().wire }
    guard type.mayHoldCompressedNames, let layout = type.layout else {
      return bytes + (try reader.take(reader.remaining, "the data", "RFC 3597 §3"))
    }
    for piece in layout.pieces {
      switch piece {
      case .uint16(let label): bytes += try reader.take(2, label, layout.source)
      case .string(let label):
        let string = try reader.characterString(label)
        bytes.append(UInt8(truncatingIfNeeded: string.count))
        bytes += string
      case .name: bytes += try reader.name().wire
      default: bytes += try reader.take(reader.remaining, piece.label, layout.source)
      }
    }
    return bytes
  }

  /// The data as bytes, names whole and in their own case.
  public var wire: [UInt8] {
    withUnsafeTemporaryAllocation(byteCount: Limits.Format.messageMax, alignment: 8) { memory in
      var writer = MessageWriter(into: memory, compression: .none)
      write(to: &writer)
      return Array(memory[..<writer.count])
    }
  }

  /// Writes the data. RFC 3597 §4: only the names in types of RFC 1035 are compressed.
  func write(to writer: inout MessageWriter) {
    switch self {
    case .a(let address): writer.append(address)
    case .aaaa(let high, let low):
      writer.append(high)
      writer.append(low)
    case .ns(let name), .cname(let name), .ptr(let name): writer.append(name, .compressed)
    case .dname(let name): writer.append(name, .whole)
    case .mx(let preference, let exchange):
      writer.append(preference)
      writer.append(exchange, .compressed)
    case .soa(let soa): soa.write(to: &writer)
    case .txt(let strings): for string in strings { writer.append(characterString: string) }
    case .srv(let priority, let weight, let port, let target):
      writer.append(priority)
      writer.append(weight)
      writer.append(port)
      writer.append(target, .whole)
    case .cert(let certificate): certificate.write(to: &writer)
    case .caa(let flags, let tag, let value):
      writer.append(flags)
      writer.append(characterString: tag)
      writer.append(bytes: value)
    case .hinfo(let cpu, let system):
      writer.append(characterString: cpu)
      writer.append(characterString: system)
    case .unknown(_, let bytes): writer.append(bytes: bytes)
    }
  }
}

extension StartOfAuthority {
  init(from reader: inout MessageReader) throws(SyntaxError) {
    primary = try reader.name()
    mailbox = try reader.name()
    serial = try reader.uint32("the serial", "RFC 1035 §3.3.13")
    refresh = try reader.uint32("the refresh time", "RFC 1035 §3.3.13")
    retry = try reader.uint32("the retry time", "RFC 1035 §3.3.13")
    expire = try reader.uint32("the expiry time", "RFC 1035 §3.3.13")
    minimum = try reader.uint32("the minimum", "RFC 1035 §3.3.13")
  }

  func write(to writer: inout MessageWriter) {
    writer.append(primary, .compressed)
    writer.append(mailbox, .compressed)
    writer.append(serial)
    writer.append(refresh)
    writer.append(retry)
    writer.append(expire)
    writer.append(minimum)
  }
}

extension Certificate {
  init(from reader: inout MessageReader) throws(SyntaxError) {
    kind = try reader.uint16("the certificate's type", "RFC 4398 §2")
    keyTag = try reader.uint16("the key tag", "RFC 4398 §2")
    algorithm = try reader.uint8("the algorithm", "RFC 4398 §2")
    body = try reader.take(reader.remaining, "the certificate", "RFC 4398 §2")
  }

  func write(to writer: inout MessageWriter) {
    writer.append(kind)
    writer.append(keyTag)
    writer.append(algorithm)
    writer.append(bytes: body)
  }
}
