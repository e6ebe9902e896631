// Text beyond ASCII in fields: `=?utf-8?q?caf=C3=A9?=`, read and written.
// Not here: file names, which have a form of their own (Structure/FieldParameters.swift).
public import Bytes

/// Encoded words.
// RFC 2047
public enum EncodedWords {
  /// Longest word that is written. Unit: bytes. RFC 2047 §2.
  private static let wordBytesMax = 75

  /// `value`, on one line, for people.
  public static func text(of value: Buffer) -> String {
    let bytes = value.array
    guard let first = bytes.firstIndex(of: UInt8(ascii: "=")), bytes.count > first + 7 else { return Charset.assumed(value) }
    var out = ""
    /// Bytes of neighbouring words of one character set: a character may be cut between them.
    var run: (charset: String, bytes: Buffer)?
    var plain = 0
    var index = 0
    func endRun() {
      if let ended = run { out += Charset.text(of: ended.bytes, named: ended.charset) }
      run = nil
    }
    while index < bytes.count {
      guard bytes[index] == UInt8(ascii: "="), let word = Word(bytes, at: index) else {
        index += 1
        continue
      }
      // RFC 2047 §6.2: blanks between two words are not shown.
      let between = bytes[plain..<index]
      if run == nil || !between.allSatisfy(ASCII.isSpace) {
        endRun()
        out += Charset.assumed(Buffer(between))
      }
      if let open = run, open.charset == word.charset {
        run?.bytes.append(word.content)
      } else {
        endRun()
        run = (word.charset, word.content)
      }
      index = word.end
      plain = word.end
    }
    endRun()
    return out + Charset.assumed(Buffer(bytes[plain...]))
  }

  /// One encoded word.
  // RFC 2047 §2
  private struct Word {
    var charset: String
    var content: Buffer
    var end: Int

    /// Longest that is read. Unit: bytes. RFC 2047 §2 allows 75; longer ones are written all the same.
    private static let bytesMax = 2_048

    init?(_ bytes: [UInt8], at start: Int) {
      var scanner = ByteScanner(bytes, at: start)
      guard scanner.skip("="), scanner.skip("?") else { return nil }
      let name = scanner.take(while: Self.nameBytes)
      guard !name.isEmpty, scanner.skip("?"), let code = scanner.next(), scanner.skip("?") else { return nil }
      let contentStart = scanner.index
      while let byte = scanner.peek, byte != UInt8(ascii: "?"), byte > 0x1F, scanner.index - start < Self.bytesMax { scanner.index += 1 }
      let raw = bytes[contentStart..<scanner.index]
      guard scanner.skip("?"), scanner.skip("=") else { return nil }
      // RFC 2231 §5: a language may stand behind the name.
      charset = ASCII.lowercased(name.prefix { $0 != UInt8(ascii: "*") })
      switch ASCII.lowercased(code) {
      case UInt8(ascii: "b"): content = TransferDecoder.decoded(Buffer(raw), .base64)
      case UInt8(ascii: "q"): content = Self.decodedQ(raw)
      default: return nil
      }
      end = scanner.index
    }

    private static let nameBytes = CharacterClass.visible.subtracting(CharacterClass("()<>@,;:\"/[]?="))

    // RFC 2047 §4.2
    private static func decodedQ(_ raw: ArraySlice<UInt8>) -> Buffer {
      var scanner = ByteScanner(Array(raw))
      var out = Buffer(capacity: raw.count)
      while let byte = scanner.next() {
        if byte == UInt8(ascii: "_") {
          out.append(0x20 as UInt8)
        } else if byte == UInt8(ascii: "="), let a = scanner.peek, let b = scanner.peek(at: 1), let code = hex(a, b) {
          out.append(code)
          scanner.index += 2
        } else {
          out.append(byte)
        }
      }
      return out
    }

    private static func hex(_ a: UInt8, _ b: UInt8) -> UInt8? { Hexadecimal.bytes([a, b])?.first }
  }

  /// Where the text is to stand: a name in front of an address may hold less.
  public enum Place: Hashable, Sendable { case unstructured, phrase }

  /// `text` as it may stand in a field: as it is where that is possible, else in encoded words parted by blanks. Line ends become blanks.
  public static func written(_ text: String, in place: Place = .unstructured) -> String {
    let text = cleaned(text)
    // A word that no fold can break would make a line too long.
    let isASCII = text.utf8.allSatisfy { (0x20...0x7E).contains($0) } && !text.contains("=?") && text.split(separator: " ").allSatisfy { $0.utf8.count <= 400 }
    switch place {
    // Blanks at the ends of a value, and several of them at a fold, would be lost.
    case .unstructured where isASCII && text.first != " " && text.last != " " && !text.contains("  "): return text
    case .phrase where isASCII && Self.isAtoms(text): return text
    case .phrase where isASCII && !text.contains("  "): return Self.quoted(text)
    default: break
    }
    return words(for: text).joined(separator: " ")
  }

  /// Control bytes as blanks: nothing that was typed may end a line.
  static func cleaned(_ text: String) -> String {
    guard text.utf8.contains(where: { $0 < 0x20 || $0 == 0x7F }) else { return text }
    return String(String.UnicodeScalarView(text.unicodeScalars.map { $0.value < 0x20 || $0.value == 0x7F ? " " : $0 }))
  }

  private static func isAtoms(_ text: String) -> Bool {
    !text.isEmpty && text.split(separator: " ", omittingEmptySubsequences: false).allSatisfy { !$0.isEmpty && CharacterClass.atom.containsAll($0.utf8) }
  }

  // RFC 5322 §3.2.4
  private static func quoted(_ text: String) -> String {
    "\"" + text.unicodeScalars.reduce(into: "") { out, scalar in
      if scalar == "\"" || scalar == "\\" { out += "\\" }
      out.unicodeScalars.append(scalar)
    } + "\""
  }

  /// The text cut into words of at most 75 bytes, none inside a character.
  private static func words(for text: String) -> [String] {
    let isMostlyASCII = text.utf8.count { $0 < 0x80 } * 2 > text.utf8.count
    let room = wordBytesMax - "=?utf-8?q??=".utf8.count
    var words: [String] = []
    var chunk: [UInt8] = []
    var length = 0
    func end() {
      if !chunk.isEmpty { words.append(isMostlyASCII ? "=?utf-8?q?\(encodedQ(chunk))?=" : "=?utf-8?b?\(Base64.text(chunk))?=") }
      chunk = []
      length = 0
    }
    for scalar in text.unicodeScalars {
      let bytes = Array(UTF8.encode(scalar).map { Array($0) } ?? [])
      let cost = isMostlyASCII ? encodedQ(bytes).utf8.count : bytes.count
      let isFull = isMostlyASCII ? length + cost > room : (length + cost + 2) / 3 * 4 > room
      if isFull { end() }
      chunk += bytes
      length += cost
    }
    end()
    return words
  }

  // RFC 2047 §5: what may stand in a word of a phrase may stand everywhere.
  private static func encodedQ(_ bytes: [UInt8]) -> String {
    var out = ""
    for byte in bytes {
      switch byte {
      case 0x20: out += "_"
      case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, UInt8(ascii: "!"), UInt8(ascii: "*"), UInt8(ascii: "+"), UInt8(ascii: "-"), UInt8(ascii: "/"):
        out.unicodeScalars.append(Unicode.Scalar(byte))
      default: out += "=" + FieldParameter.percent(byte).dropFirst()
      }
    }
    return out
  }
}
