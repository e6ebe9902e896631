// What the data of records says: GNS's own types whole, addresses and text of DNS's; other types' data is DNS's wire format and stays bytes here.
// Not here: the record around it (ZoneRecord.swift).
import Bytes
public import World

/// The data of a record, understood.
public enum RecordData: Sendable, Hashable {
  case address(Address)
  case text(String)
  /// PKEY, EDKEY: another zone.
  case delegation(ZoneKey)
  /// NICK: what the zone would like to be called.
  case nick(String)
  /// LEHO: the name in DNS.
  case legacyHost(String)
  /// REDIRECT: the name to go on with; with `+` at its end, within the same zone.
  case redirect(String)
  /// GNS2DNS: the name to go on with in DNS, and the server to ask.
  case dns(name: String, server: String)
  /// BOX: a record for a service.
  case box(protocol: UInt16, service: UInt16, type: RecordType, data: [UInt8])
  /// Any other type.
  case other([UInt8])

  /// What `record` says; nil: its data is not what its type asks for.
  public init?(_ record: ZoneRecord) {
    let data = record.data
    switch record.type {
    case .a, .aaaa:
      guard data.count == (record.type == .a ? 4 : 16), let address = Address(bytes: data) else { return nil }
      self = .address(address)
    case .txt:
      guard let text = Self.text(data) else { return nil }
      self = .text(text)
    case .pkey, .edkey:
      guard let kind = ZoneKind(rawValue: record.type.rawValue), let key = ZoneKey(kind, data) else { return nil }
      self = .delegation(key)
    case .nick:
      // RFC 9498 §5.3.2: not ended by a zero, and itself a label.
      guard let text = Self.text(data), let label = try? ZoneLabel(text), label != .apex else { return nil }
      self = .nick(label.text)
    case .leho:
      guard let text = Self.text(data), !text.isEmpty else { return nil }
      self = .legacyHost(text)
    case .redirect:
      // RFC 9498 §5.2.1
      guard let (name, rest) = Self.endedText(data[...]), rest.isEmpty, !name.isEmpty else { return nil }
      self = .redirect(name)
    case .gns2dns:
      // RFC 9498 §5.2.2
      guard let (name, rest) = Self.endedText(data[...]), let (server, end) = Self.endedText(rest), end.isEmpty, !name.isEmpty, !server.isEmpty else { return nil }
      self = .dns(name: name, server: server)
    case .box:
      // RFC 9498 §5.3.3
      guard data.count >= 8 else { return nil }
      func number(_ range: Range<Int>) -> UInt32 { data[range].reduce(0) { $0 << 8 | UInt32($1) } }
      self = .box(
        protocol: UInt16(number(0..<2)), service: UInt16(number(2..<4)), type: RecordType(rawValue: number(4..<8)), data: Array(data[8...]))
    default: self = .other(data)
    }
  }

  /// The data in bytes.
  public var bytes: [UInt8] {
    switch self {
    case .address(let address): address.bytes
    case .text(let text), .nick(let text), .legacyHost(let text): Array(text.utf8)
    case .delegation(let key): key.bytes
    case .redirect(let name): Array(name.utf8) + [0]
    case .dns(let name, let server): Array(name.utf8) + [0] + Array(server.utf8) + [0]
    case .box(let number, let service, let type, let data):
      [UInt8(number >> 8), UInt8(number & 255), UInt8(service >> 8), UInt8(service & 255)]
        + (0..<4).map { UInt8(truncatingIfNeeded: type.rawValue >> UInt32(24 - 8 * $0)) } + data
    case .other(let data): data
    }
  }

  /// UTF-8 without zeros; nil: anything else.
  private static func text(_ bytes: some Collection<UInt8>) -> String? { bytes.contains(0) ? nil : String(validating: bytes, as: UTF8.self) }

  /// Text up to a zero, and what comes after it.
  private static func endedText(_ bytes: ArraySlice<UInt8>) -> (String, ArraySlice<UInt8>)? {
    guard let end = bytes.firstIndex(of: 0), let text = text(bytes[..<end]) else { return nil }
    return (text, bytes[(end + 1)...])
  }

  /// The data a person wrote for a record of `type`. Words between which any room stands; a text may stand in quotation marks.
  public init(_ type: RecordType, written words: [String]) throws(SyntaxError) {
    func bad(_ expected: String) -> SyntaxError { SyntaxError(expected: expected, found: words.joined(separator: " "), at: 0, rule: "RFC 9498 §5") }
    let joined = words.joined(separator: " ")
    var made: RecordData?
    switch type {
    case .a, .aaaa: made = Address(joined).map { .address($0) }
    case .txt: made = .text(joined)
    case .pkey, .edkey:
      let key = try ZoneKey(joined)
      guard key.kind.recordType == type else { throw bad("the key of a zone of type \(type)") }
      made = .delegation(key)
    case .nick: made = .nick(joined)
    case .leho: made = .legacyHost(joined)
    case .redirect: made = .redirect(joined)
    case .gns2dns: made = words.count == 2 ? .dns(name: words[0], server: words[1]) : nil
    case .box:
      if words.count == 4, let number = UInt16(words[0]), let service = UInt16(words[1]), let boxed = RecordType(words[2]), let data = Hexadecimal.bytes(words[3].utf8) {
        made = .box(protocol: number, service: service, type: boxed, data: data)
      }
    default:
      // RFC 3597 §5
      if words.count >= 2, words[0] == "\\#", let data = Hexadecimal.bytes(words.dropFirst(2).joined().utf8), words[1] == "\(data.count)" { made = .other(data) }
    }
    guard let made, let again = RecordData(ZoneRecord(type, made.bytes, expiration: 0)), again.bytes == made.bytes else { throw bad("the data of a record of type \(type)") }
    self = again
  }
}

extension RecordData: CustomStringConvertible {
  public var description: String {
    switch self {
    case .address(let address): "\(address)"
    case .text(let text), .nick(let text), .legacyHost(let text), .redirect(let text): text
    case .delegation(let key): key.text
    case .dns(let name, let server): "\(name) \(server)"
    case .box(let number, let service, let type, let data): "\(number) \(service) \(type) \(Hexadecimal.text(data))"
    case .other(let data): "\\# \(data.count) \(Hexadecimal.text(data))"
    }
  }
}

extension ZoneRecord: CustomStringConvertible {
  /// `A 192.0.2.80`
  public var description: String { "\(type) \(RecordData(self) ?? .other(data))" }
}
