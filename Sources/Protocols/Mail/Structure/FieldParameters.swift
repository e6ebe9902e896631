// Fields of the shape `word; name=value; name*0*=utf-8''caf%C3%A9`, as Content-Type and Content-Disposition have it: read leniently.
public import Bytes

/// One parameter, its pieces put together.
public struct FieldParameter: Hashable, Sendable {
  /// In lower case, without `*`.
  public var name: String
  /// Without quotes, backslashes and percent signs.
  public var value: Buffer
  /// The character set the sender named; nil: the value was written plainly.
  // RFC 2231 §4
  public var charset: String?
  public var language: String?

  public init(name: String, value: Buffer, charset: String? = nil, language: String? = nil) {
    self.name = name
    self.value = value
    self.charset = charset
    self.language = language
  }

  /// The value for people.
  public var text: String {
    guard let charset, !charset.isEmpty else { return Charset.assumed(value) }
    return Charset.text(of: value, named: charset)
  }

  /// The value for people, where programs put encoded words that do not belong there.
  // RFC 2047 §5 forbids them in parameters; file names have them all the same.
  public var decodedText: String { charset == nil ? EncodedWords.text(of: value) : text }

  /// How a client that knows nothing of pieces is told: the name, with `*` if the value has a character set, and the value for it.
  // RFC 2231 §4
  public var wire: (name: String, value: Buffer) {
    guard let charset else { return (name, value) }
    var out = Buffer("\(charset)'\(language ?? "")'")
    for byte in value.array {
      if Self.attributeBytes.contains(byte) { out.append(byte) } else { out.append(Self.percent(byte)) }
    }
    return (name + "*", out)
  }

  // RFC 2231 §7 attribute-char
  static let attributeBytes = CharacterClass.visible.subtracting(CharacterClass("*'%()<>@,;:\\\"/[]?="))

  static func percent(_ byte: UInt8) -> String { "%" + Hexadecimal.text(byte).uppercased() }
}

/// A field taken apart.
public struct FieldParameters: Hashable, Sendable {
  /// What stands before the first `;`, in lower case, without blanks and comments.
  public var word: String
  public var parameters: [FieldParameter] = []

  public subscript(name: String) -> FieldParameter? { parameters.first { $0.name == name } }

  /// A piece of a parameter.
  private struct Piece {
    var number: Int
    var isEncoded: Bool
    var value: [UInt8]
  }

  // RFC 2045 §5.1, RFC 2231 §3, §4
  public init(reading value: Buffer, limits: Limits = Limits()) {
    var scanner = ByteScanner(value.array)
    word = ASCII.lowercased(Self.plainValue(&scanner).filter { !ASCII.isSpace($0) })
    var pieces: [String: [Piece]] = [:]
    var order: [String] = []
    var count = 0
    while scanner.skip(";"), count < limits.parametersMax {
      Self.skipBlanks(&scanner)
      let raw = ASCII.trimmed(scanner.take(while: Self.nameBytes))
      guard scanner.skip("=") else {
        // No parameter: up to the next one.
        _ = Self.plainValue(&scanner)
        continue
      }
      count += 1
      Self.skipBlanks(&scanner)
      let isQuoted = scanner.peek == UInt8(ascii: "\"")
      let content = isQuoted ? Self.quotedValue(&scanner) : Self.plainValue(&scanner)
      // Behind a quoted value nothing counts before the next `;`.
      if isQuoted { _ = Self.plainValue(&scanner) }
      guard let (name, number, isEncoded) = Self.name(raw) else { continue }
      if pieces[name] == nil { order.append(name) }
      pieces[name, default: []].append(Piece(number: number, isEncoded: isEncoded, value: content))
    }
    parameters = order.compactMap { name in pieces[name].map { Self.joined(name, $0) } }
  }

  private static let nameBytes = CharacterClass("=;\"").inverted

  /// `name`, `name*`, `name*3`, `name*3*`; a plain name has the number -1.
  private static func name(_ raw: ArraySlice<UInt8>) -> (String, Int, Bool)? {
    let words = raw.split(separator: UInt8(ascii: "*"), maxSplits: 3, omittingEmptySubsequences: false)
    guard let first = words.first, !first.isEmpty, words.count <= 3 else { return nil }
    let name = ASCII.lowercased(first)
    switch words.count {
    case 1: return (name, -1, false)
    case 2 where words[1].isEmpty: return (name, -1, true)
    default:
      guard words[1].count <= 4, let number = Int(String(decoding: words[1], as: UTF8.self)), number >= 0, words.count == 2 || words[2].isEmpty else { return nil }
      return (name, number, words.count == 3)
    }
  }

  /// A value in one piece wins over pieces, an encoded one over a plain one; pieces count as far as no number is missing.
  private static func joined(_ name: String, _ pieces: [Piece]) -> FieldParameter {
    if let whole = pieces.first(where: { $0.number < 0 && $0.isEncoded }) ?? pieces.first(where: { $0.number < 0 }) { return joined(name, inOrder: [whole]) }
    var ordered: [Piece] = []
    for piece in pieces.sorted(by: { $0.number < $1.number }) where piece.number == ordered.count { ordered.append(piece) }
    return joined(name, inOrder: ordered)
  }

  private static func joined(_ name: String, inOrder pieces: [Piece]) -> FieldParameter {
    var parameter = FieldParameter(name: name, value: Buffer())
    for (index, piece) in pieces.enumerated() {
      guard piece.isEncoded else {
        parameter.value.append(piece.value)
        continue
      }
      var rest = piece.value[...]
      // RFC 2231 §4.1: only the first piece names the character set.
      if index == 0 {
        let words = rest.split(separator: UInt8(ascii: "'"), maxSplits: 2, omittingEmptySubsequences: false)
        if words.count == 3 {
          parameter.charset = ASCII.lowercased(words[0])
          parameter.language = words[1].isEmpty ? nil : String(decoding: words[1], as: UTF8.self)
          rest = words[2]
        }
      }
      parameter.value.append(TransferDecoder.percentDecoded(rest))
    }
    return parameter
  }

  private static func skipBlanks(_ scanner: inout ByteScanner) {
    while let byte = scanner.peek {
      if byte == UInt8(ascii: "(") { skipComment(&scanner) } else if ASCII.isSpace(byte) { scanner.index += 1 } else { return }
    }
  }

  private static func skipComment(_ scanner: inout ByteScanner) {
    var depth = 0
    while let byte = scanner.next() {
      switch byte {
      case UInt8(ascii: "("): depth += 1
      case UInt8(ascii: ")"):
        depth -= 1
        if depth == 0 { return }
      case UInt8(ascii: "\\"): _ = scanner.next()
      default: break
      }
    }
  }

  /// Everything up to the next `;`, comments left out, blanks at the ends taken off.
  private static func plainValue(_ scanner: inout ByteScanner) -> [UInt8] {
    var value: [UInt8] = []
    while let byte = scanner.peek, byte != UInt8(ascii: ";") {
      // A parenthesis inside a word is part of a file name, not a comment.
      if byte == UInt8(ascii: "("), value.last.map(ASCII.isSpace) ?? true {
        skipComment(&scanner)
      } else {
        scanner.index += 1
        value.append(byte)
      }
    }
    return Array(ASCII.trimmed(value[...]))
  }

  private static func quotedValue(_ scanner: inout ByteScanner) -> [UInt8] {
    scanner.index += 1
    var value: [UInt8] = []
    while let byte = scanner.next(), byte != UInt8(ascii: "\"") {
      if byte == UInt8(ascii: "\\") { if let next = scanner.next() { value.append(next) } } else if byte != 0x0D, byte != 0x0A { value.append(byte) }
    }
    return value
  }
}
