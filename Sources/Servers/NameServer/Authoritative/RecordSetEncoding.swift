// Writes the records of one set as they will stand in messages, with the places where names end in pointers.
// Only the types of RFC 1035 have compressed names (RFC 3597 §4). Not here: pointers in the message itself (ReplyWriter.swift).
import DNS

/// The wire of one record set; see the picture in ZoneImage.swift.
struct RecordSetEncoding {
  private(set) var bytes: [UInt8] = []
  /// Where pointers stand that depend on the message. Rising.
  private(set) var patches: [Int] = []
  /// For each record, where the name in its data stands; zero for types without one.
  private(set) var targets: [Int] = []
  private let apex: Name
  /// Names written so far and where, so that later ones end in pointers to them.
  private var known: [Name: Int] = [:]
  private let remembers: Bool

  init(_ set: ZoneDraft.RecordSet, apex: Name) {
    self.apex = apex
    remembers = set.data.count > 1 || set.type == .soa
    for data in set.data {
      append(UInt16(0xC00C))
      append(set.type.rawValue)
      append(RecordClass.internet.rawValue)
      append(set.ttl)
      let lengthAt = bytes.count
      append(UInt16(0))
      targets.append(0)
      append(data)
      let length = UInt16(truncatingIfNeeded: bytes.count - lengthAt - 2)
      bytes[lengthAt] = UInt8(truncatingIfNeeded: length >> 8)
      bytes[lengthAt + 1] = UInt8(truncatingIfNeeded: length)
    }
  }

  private mutating func append(_ data: RecordData) {
    switch data {
    case .a(let address): append(address)
    case .aaaa(let high, let low):
      append(high)
      append(low)
    case .ns(let name), .cname(let name), .ptr(let name): append(compressing: name)
    case .dname(let name): append(whole: name)
    case .mx(let preference, let exchange):
      append(preference)
      append(compressing: exchange)
    case .soa(let soa):
      append(compressing: soa.primary)
      append(compressing: soa.mailbox)
      for number in [soa.serial, soa.refresh, soa.retry, soa.expire, soa.minimum] { append(number) }
    case .txt(let strings): for string in strings { append(string: string) }
    case .srv(let priority, let weight, let port, let target):
      for number in [priority, weight, port] { append(number) }
      append(whole: target)
    case .cert(let certificate):
      append(certificate.kind)
      append(certificate.keyTag)
      bytes.append(certificate.algorithm)
      bytes += certificate.body
    case .caa(let flags, let tag, let value):
      bytes.append(flags)
      append(string: tag)
      bytes += value
    case .hinfo(let cpu, let system):
      append(string: cpu)
      append(string: system)
    case .unknown(_, let raw): bytes += raw
    }
  }

  private mutating func append(whole name: Name) {
    targets[targets.count - 1] = bytes.count
    bytes += name.wire
  }

  /// The labels of `name` up to one that stands already in this set, or up to the zone's apex.
  private mutating func append(compressing name: Name) {
    targets[targets.count - 1] = bytes.count
    var rest = name
    while !rest.isRoot {
      // A pointer to the root's one byte saves nothing.
      if rest == apex { return append(patch: RecordSetView.apexMark) }
      if let place = known[rest] { return append(patch: 0xC000 | UInt16(place)) }
      if remembers, bytes.count < RecordSetView.reach { known[rest] = bytes.count }
      guard let parent = rest.parent else { break }
      bytes += rest.wire.prefix(rest.wire.count - parent.wire.count)
      rest = parent
    }
    bytes.append(0)
  }

  private mutating func append(patch value: UInt16) {
    patches.append(bytes.count)
    append(value)
  }

  private mutating func append(string: [UInt8]) {
    bytes.append(UInt8(clamping: string.count))
    bytes += string.prefix(255)
  }

  private mutating func append(_ value: some FixedWidthInteger) {
    withUnsafeBytes(of: value.bigEndian) { bytes.append(contentsOf: $0) }
  }
}
