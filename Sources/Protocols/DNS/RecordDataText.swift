// Record data and whole records as text: the form of master files and of `dig` (RFC 1035 §5.1, RFC 3597 §5).
// Not here: reading it back (RecordDataParsing.swift).
import Bytes
import World

extension RecordData: CustomStringConvertible {
  /// The data as it stands in a master file, names with their final dots.
  public var description: String {
    switch self {
    case .a, .aaaa: address?.description ?? ""
    case .ns(let name), .cname(let name), .ptr(let name), .dname(let name): name.description
    case .mx(let preference, let exchange): "\(preference) \(exchange)"
    case .soa(let soa): soa.description
    case .txt(let strings): strings.map(RecordData.quoted).joined(separator: " ")
    case .srv(let priority, let weight, let port, let target): "\(priority) \(weight) \(port) \(target)"
    case .cert(let certificate): certificate.description
    case .caa(let flags, let tag, let value): "\(flags) \(RecordData.word(tag)) \(RecordData.quoted(value))"
    case .hinfo(let cpu, let system): "\(RecordData.quoted(cpu)) \(RecordData.quoted(system))"
    case .unknown(let type, let bytes): RecordData.text(of: bytes, as: type) ?? RecordData.generic(bytes)
    }
  }

  /// RFC 3597 §5.
  static func generic(_ bytes: [UInt8]) -> String { bytes.isEmpty ? "\\# 0" : "\\# \(bytes.count) \(Hexadecimal.text(bytes))" }

  /// RFC 1035 §5.1: a string between quotes.
  static func quoted(_ bytes: [UInt8]) -> String {
    var text = "\""
    for byte in bytes {
      switch byte {
      case UInt8(ascii: "\""), UInt8(ascii: "\\"):
        text += "\\"
        text.unicodeScalars.append(Unicode.Scalar(byte))
      case 0x20...0x7E: text.unicodeScalars.append(Unicode.Scalar(byte))
      default: Name.appendDecimal(byte, to: &text)
      }
    }
    return text + "\""
  }

  /// A string as a bare word where that can be, else between quotes.
  private static func word(_ bytes: [UInt8]) -> String {
    let isPlain = bytes.allSatisfy { byte in
      byte &- 0x30 < 10 || (byte | 0x20) &- 0x61 < 26 || byte == UInt8(ascii: "-") || byte == UInt8(ascii: "_")
    }
    return isPlain && !bytes.isEmpty ? String(decoding: bytes, as: UTF8.self) : quoted(bytes)
  }

  /// The text of data whose layout is known; nil: it is not, or the bytes are not laid out so.
  private static func text(of bytes: [UInt8], as type: RecordType) -> String? {
    guard let layout = type.layout else { return nil }
    return Buffer(bytes).withUnsafeBytes { buffer in
      var limits = Limits()
      limits.pointersMax = 0
      var reader = MessageReader(buffer, limits: limits)
      do throws(SyntaxError) {
        var words: [String] = []
        for piece in layout.pieces { words.append(try reader.text(of: piece)) }
        return reader.remaining == 0 ? words.joined(separator: " ") : nil
      } catch {
        return nil
      }
    }
  }
}

extension MessageReader {
  /// The next piece of a record's data as text.
  mutating func text(of piece: RecordPiece) throws(SyntaxError) -> String {
    switch piece {
    case .uint8(let label): return "\(try uint8(label, ""))"
    case .uint16(let label): return "\(try uint16(label, ""))"
    case .uint32(let label): return "\(try uint32(label, ""))"
    case .name: return try name().description
    case .string(let label): return RecordData.quoted(try characterString(label))
    case .strings(let label):
      var words = [RecordData.quoted(try characterString(label))]
      while remaining > 0 { words.append(RecordData.quoted(try characterString(label))) }
      return words.joined(separator: " ")
    case .hex(let label):
      // An empty run of digits could not be read back.
      guard remaining > 0 else { throw SyntaxError(expected: label, at: offset, rule: "RFC 3597 §5") }
      return Hexadecimal.text(try take(remaining, label, ""))
    case .base64(let label):
      guard remaining > 0 else { throw SyntaxError(expected: label, at: offset, rule: "RFC 3597 §5") }
      return Base64.text(try take(remaining, label, ""))
    case .text(let label): return RecordData.quoted(try take(remaining, label, ""))
    }
  }
}

extension StartOfAuthority: CustomStringConvertible {
  public var description: String { "\(primary) \(mailbox) \(serial) \(refresh) \(retry) \(expire) \(minimum)" }
}

extension Certificate: CustomStringConvertible {
  public var description: String {
    let name = Certificate.kinds.name(kind) ?? "\(kind)"
    return "\(name) \(keyTag) \(algorithm)\(body.isEmpty ? "" : " " + Base64.text(body))"
  }
}

extension ResourceRecord: CustomStringConvertible {
  /// Owner, TTL, class, type, data, with single blanks.
  public var description: String { "\(name) \(ttl) \(self.class) \(type) \(data)" }
}
