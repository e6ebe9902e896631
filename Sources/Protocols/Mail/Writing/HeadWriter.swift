// Writes fields: folded at blanks so that lines stay short, and never ended by what stands in a value.
// Read next: MessageDraft.swift, TraceFields.swift.
public import Bytes
import World

/// A head as it is being written.
public struct HeadWriter: Sendable {
  /// What was written; the empty line is not.
  public private(set) var bytes = Buffer()

  /// Longest line that is written where blanks allow it, without its end. Unit: bytes. RFC 5322 §2.1.1.
  static let lineBytesWanted = 78
  /// Longest line of mail at all, without its end. Unit: bytes. RFC 5322 §2.1.1.
  static let lineBytesMax = 998

  public init() {}

  /// Adds a field; `value` is one line of ASCII, where it is not, its bytes become blanks.
  // RFC 5322 §2.2.3
  public mutating func add(_ name: String, _ value: String) {
    var line = "\(name):"
    // A value must not be folded before its first word: a line of blanks alone is no fold.
    var isFirst = true
    for word in value.split(separator: " ", omittingEmptySubsequences: false) {
      let clean = Self.clean(word)
      if !isFirst, !clean.isEmpty, line.utf8.count + 1 + clean.utf8.count > Self.lineBytesWanted {
        bytes.append(line)
        bytes.append("\r\n" as StaticString)
        line = " " + clean
      } else {
        line += " " + clean
      }
      if !clean.isEmpty { isFirst = false }
    }
    bytes.append(line)
    bytes.append("\r\n" as StaticString)
  }

  /// Adds a field with parameters, each on a line of its own when the first line would be too long.
  mutating func add(_ name: String, _ word: String, parameters: [String]) {
    var line = "\(name): \(word)"
    for parameter in parameters {
      line += ";"
      if line.utf8.count + 1 + parameter.utf8.count > Self.lineBytesWanted {
        bytes.append(line + "\r\n")
        line = "\t" + parameter
      } else {
        line += " " + parameter
      }
    }
    bytes.append(line + "\r\n")
  }

  /// Ends the head.
  mutating func end() { bytes.append("\r\n" as StaticString) }

  private static func clean(_ word: Substring) -> String {
    guard word.utf8.contains(where: { !(0x21...0x7E).contains($0) }) else { return String(word) }
    return String(decoding: word.utf8.map { (0x21...0x7E).contains($0) ? $0 : 0x20 }, as: UTF8.self)
  }

  /// A value of a parameter: bare where it may be, in quotes, or percent-coded and cut, each with its name and no longer than a line.
  // RFC 2045 §5.1, RFC 2231 §3, §4
  static func parameter(_ name: String, _ value: String) -> [String] {
    if !value.isEmpty, CharacterClass.token.containsAll(value.utf8), value.utf8.count <= 60 { return ["\(name)=\(value)"] }
    if value.utf8.count <= 60, value.utf8.allSatisfy({ (0x20...0x7E).contains($0) }) {
      return ["\(name)=\"" + value.unicodeScalars.reduce(into: "") { out, scalar in
        if scalar == "\"" || scalar == "\\" { out += "\\" }
        out.unicodeScalars.append(scalar)
      } + "\""]
    }
    var pieces: [String] = []
    var piece = "utf-8''"
    for byte in value.utf8 {
      // A code is not cut.
      let code = FieldParameter.attributeBytes.contains(byte) ? String(Unicode.Scalar(byte)) : FieldParameter.percent(byte)
      if piece.utf8.count + code.utf8.count > 60 {
        pieces.append(piece)
        piece = ""
      }
      piece += code
    }
    pieces.append(piece)
    return pieces.count == 1 ? ["\(name)*=\(pieces[0])"] : pieces.enumerated().map { "\(name)*\($0.offset)*=\($0.element)" }
  }

  /// Refuses what could end a field, or a C string.
  static func check(_ value: String, _ what: String) throws(SyntaxError) {
    guard !value.utf8.contains(where: { $0 == 0x0D || $0 == 0x0A || $0 == 0 }) else {
      throw SyntaxError(expected: "a \(what) of one line", at: 0, rule: "RFC 5322 §2.2")
    }
  }
}

/// An address with a name, to be written.
public struct NamedAddress: Hashable, Sendable {
  public var name: String?
  public var address: MailAddress

  public init(_ address: MailAddress, name: String? = nil) {
    self.address = address
    self.name = name
  }

  /// As it stands in a field.
  // RFC 5322 §3.4 mailbox
  var written: String {
    guard let name, !name.isEmpty else { return address.description }
    return "\(EncodedWords.written(name, in: .phrase)) <\(address)>"
  }
}
