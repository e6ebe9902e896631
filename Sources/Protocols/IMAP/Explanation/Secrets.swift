// Where passwords stand in what a client says, so that a trace shows asterisks in their place.
public import Bytes

/// Finds secrets in one message.
enum Secrets {
  /// The ranges to be masked.
  static func ranges(in bytes: Buffer) -> [Range<Int>] {
    let end = bytes.count - (bytes.count >= 2 && bytes[(bytes.count - 2)..<bytes.count] == "\r\n" ? 2 : 0)
    var scanner = LooseScanner(bytes)
    let first = scanner.word()
    // Who forgets the tag has still written a password.
    if isKey(first) { return range(scanner.index, end) }
    guard scanner.skipSpace() else { return isResponse(bytes[0..<end]) ? range(0, end) : [] }
    let second = scanner.word()
    guard isKey(second), scanner.skipSpace() else { return [] }
    // LOGIN's user, AUTHENTICATE's mechanism: everybody may see them.
    scanner.skipString()
    _ = scanner.skipSpace()
    return range(scanner.index, end)
  }

  private static func isKey(_ word: Buffer) -> Bool { Keyword.areSame(word.text, "LOGIN") || Keyword.areSame(word.text, "AUTHENTICATE") }

  private static func range(_ start: Int, _ end: Int) -> [Range<Int>] { start < end ? [start..<end] : [] }

  /// Whether a line may be the answer to a challenge: base64 and nothing else.
  private static func isResponse(_ line: Buffer) -> Bool {
    let digits = CharacterClass.letters.union(.digits).union(CharacterClass("+/="))
    return !line.isEmpty && !Keyword.areSame(line.text, "DONE") && line.withUnsafeBytes { $0.allSatisfy(digits.contains) }
  }
}

/// Steps over words and strings without judging them.
private struct LooseScanner {
  private let bytes: Buffer
  private(set) var index = 0

  init(_ bytes: Buffer) { self.bytes = bytes }

  mutating func word() -> Buffer {
    let start = index
    while let byte = bytes[at: index], byte > 0x20 { index += 1 }
    return bytes[start..<index]
  }

  mutating func skipSpace() -> Bool {
    let start = index
    while bytes[at: index] == 0x20 { index += 1 }
    return index > start
  }

  /// Steps over an atom, a quoted string or a literal, as far as it is there.
  mutating func skipString() {
    guard bytes[at: index] == UInt8(ascii: "\"") else {
      let word = word()
      if let literal = Literal(endOf: word), bytes[at: index] == 0x0D { index += 2 + Int(min(literal.size, Int64(bytes.count - index))) }
      index = min(index, bytes.count)
      return
    }
    index += 1
    while let byte = bytes[at: index] {
      index += byte == UInt8(ascii: "\\") ? 2 : 1
      if byte == UInt8(ascii: "\"") { return }
    }
  }
}

extension ServerConversation {
  public static func secrets(in bytes: Buffer) -> [Range<Int>] { Secrets.ranges(in: bytes) }
}

extension ClientConversation {
  public static func secrets(in bytes: Buffer) -> [Range<Int>] { Secrets.ranges(in: bytes) }
}
