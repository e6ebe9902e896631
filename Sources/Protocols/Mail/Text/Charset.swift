// Bytes in a named character set as text. Who is not known here keeps its ASCII, the rest is shown as U+FFFD.
// Not done: the sets of East Asia with two and more bytes (ISO-2022-JP, Shift_JIS, EUC, GB 18030, Big5): their tables are large.
// Read next: CharsetTables.swift.
public import Bytes

/// A character set that can be read.
public enum Charset: Hashable, Sendable {
  case utf8
  /// The byte order is told by a mark at the start; without one it is as here.
  case utf16(isLittleEndian: Bool)
  /// One byte for each character; the lower half is ASCII.
  case table(String)
  /// Only ASCII is understood.
  case unknown

  /// The set called `name` in the registry, or by one of the names that mail uses for it.
  public init(_ name: some StringProtocol) {
    let name = name.lowercased()
    switch name {
    case "utf-8", "utf8", "unicode-1-1-utf-8", "x-unicode-2-0-utf-8": self = .utf8
    // What is called so holds what Windows-1252 has above: its curly quotes and the Euro.
    case "us-ascii", "ascii", "ansi_x3.4-1968", "iso-8859-1", "latin1", "iso8859-1", "iso_8859-1", "l1", "cp819": self = .table("windows-1252")
    case "utf-16", "utf-16be", "utf16", "unicodefffe": self = .utf16(isLittleEndian: false)
    case "utf-16le", "unicode": self = .utf16(isLittleEndian: true)
    case "latin2", "l2": self = .table("iso-8859-2")
    case "latin9", "latin-9": self = .table("iso-8859-15")
    case "koi8": self = .table("koi8-r")
    case "tis-620": self = .table("windows-874")
    case "mac", "x-mac-roman": self = .table("macintosh")
    default:
      var canonical = name
      for (prefix, meant) in [("iso_8859-", "iso-8859-"), ("iso8859-", "iso-8859-"), ("cp125", "windows-125"), ("x-cp125", "windows-125"), ("cp", "ibm"), ("dos-", "ibm")]
      where name.hasPrefix(prefix) {
        canonical = meant + name.dropFirst(prefix.utf8.count)
        break
      }
      // RFC 1556 §4: the direction of Hebrew and Arabic is no matter of the bytes.
      for suffix in ["-i", "-e"] where canonical.hasPrefix("iso-8859-") && canonical.hasSuffix(suffix) { canonical.removeLast(2) }
      self = CharsetTables.tables[canonical] == nil ? .unknown : .table(canonical)
    }
  }

  /// `bytes` as text.
  public func text(of bytes: Buffer) -> String {
    switch self {
    case .utf8: return bytes.text
    case .utf16(let isLittle): return Self.utf16(bytes.array, isLittle)
    case .table(let name):
      guard let table = CharsetTables.tables[name] else { return Charset.unknown.text(of: bytes) }
      return bytes.withUnsafeBytes { Self.text($0, table) }
    case .unknown: return bytes.withUnsafeBytes { Self.text($0, []) }
    }
  }

  /// `bytes` of the set called `name`, as text.
  public static func text(of bytes: Buffer, named name: some StringProtocol) -> String {
    let charset = Charset(name)
    let isPlain = ["us-ascii", "ascii"].contains(name.lowercased())
    return charset == .unknown || isPlain ? (isPlain ? assumed(bytes) : charset.text(of: bytes)) : charset.text(of: bytes)
  }

  /// Bytes of which nobody says what they are: UTF-8 if they are that, else Windows-1252.
  public static func assumed(_ bytes: Buffer) -> String {
    if let text = bytes.withUnsafeBytes({ String(validating: $0, as: UTF8.self) }) { return text }
    return Charset.table("windows-1252").text(of: bytes)
  }

  private static func text(_ bytes: UnsafeRawBufferPointer, _ upper: [UInt16]) -> String {
    let first = 256 - upper.count
    var text = String.UnicodeScalarView()
    text.reserveCapacity(bytes.count)
    for byte in bytes {
      if byte < 0x80 || (upper.count == 96 && byte < 0xA0) {
        text.append(Unicode.Scalar(byte))
      } else {
        let place = Int(byte) - first
        text.append(upper.indices.contains(place) ? Unicode.Scalar(upper[place]) ?? "\u{FFFD}" : "\u{FFFD}")
      }
    }
    return String(text)
  }

  // RFC 2781 §3.2, §4.3
  private static func utf16(_ bytes: [UInt8], _ isLittleByDefault: Bool) -> String {
    var isLittle = isLittleByDefault
    var start = 0
    if bytes.count >= 2 {
      if bytes[0] == 0xFE, bytes[1] == 0xFF { (isLittle, start) = (false, 2) }
      if bytes[0] == 0xFF, bytes[1] == 0xFE { (isLittle, start) = (true, 2) }
    }
    var units: [UInt16] = []
    var index = start
    while index + 1 < bytes.count {
      let (a, b) = (UInt16(bytes[index]), UInt16(bytes[index + 1]))
      units.append(isLittle ? b << 8 | a : a << 8 | b)
      index += 2
    }
    if index < bytes.count { units.append(0xFFFD) }
    return String(decoding: units, as: UTF16.self)
  }
}
