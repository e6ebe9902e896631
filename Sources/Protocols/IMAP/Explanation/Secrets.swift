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
    guard scanner.skipSpace() else { return [] }
    let second = scanner.word()
    guard isKey(second), scanner.skipSpace() else { return [] }
    // LOGIN's user, AUTHENTICATE's mechanism: everybody may see them.
    scanner.skipString()
    _ = scanner.skipSpace()
    return range(scanner.index, end)
  }

  private static func isKey(_ word: Buffer) -> Bool { Keyword.areSame(word.text, "LOGIN") || Keyword.areSame(word.text, "AUTHENTICATE") }

  private static func range(_ start: Int, _ end: Int) -> [Range<Int>] { start < end ? [start..<end] : [] }
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

  public func secretsNow(in bytes: Buffer, sent: Bool) -> [Range<Int>] {
    if !sent, isInsideAuthentication { return [0..<bytes.count] }
    return Self.secrets(in: bytes)
  }

  /// Whether what the client says is a response, which is a secret as a whole.
  private var isInsideAuthentication: Bool {
    if case .authentication = exchange { true } else { endedInsideAuthentication }
  }
}

extension ClientConversation {
  public static func secrets(in bytes: Buffer) -> [Range<Int>] { Secrets.ranges(in: bytes) }

  public func secretsNow(in bytes: Buffer, sent: Bool) -> [Range<Int>] {
    let secrets = Self.secrets(in: bytes)
    // An answer to a challenge is a secret as a whole; what begins with the tag is the command.
    if sent, secrets.isEmpty, case .running(let running) = state, case .logIn(_?) = running.kind, !bytes.array.starts(with: "\(running.tag) ".utf8) {
      return [0..<bytes.count]
    }
    return secrets
  }
}
