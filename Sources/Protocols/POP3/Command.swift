// What a client says: one line, read into a command.
// Not here: which command is allowed when (ServerConversation.swift).
public import Bytes
public import World

/// One command.
// RFC 1939 §4 to §7, RFC 2449 §5, RFC 2595 §4, RFC 5034 §4
public enum Command: Sendable, Hashable {
  case user(String)
  case password(String)
  case authenticate(String, initialResponse: Buffer?)
  case startTLS
  case capabilities
  case quit
  case status
  /// Nil: all of them.
  case list(Int?)
  case uniqueIDs(Int?)
  case retrieve(Int)
  case top(Int, lines: Int)
  case delete(Int)
  case reset
  case noOperation

  /// Reads a line without its end.
  public init(_ line: Buffer) throws(SyntaxError) {
    guard let text = String(validating: line.array, as: UTF8.self), text.utf8.allSatisfy({ $0 >= 0x20 && $0 != 0x7F }) else {
      throw SyntaxError(expected: "printable text", at: 0, rule: "RFC 1939 §3")
    }
    let parts = text.split(separator: " ", maxSplits: 1, omittingEmptySubsequences: false)
    let keyword = parts[0].uppercased()
    let rest = parts.count > 1 ? parts[1] : nil
    // RFC 1939 §7: a password may hold spaces, so the line's rest is all of it.
    if keyword == "PASS" {
      guard let rest, !rest.isEmpty else { throw SyntaxError(expected: "a password", at: 4, rule: "RFC 1939 §7") }
      self = .password(String(rest))
      return
    }
    let words = (rest ?? "").split(separator: " ")
    func word(_ index: Int) -> Substring? { index < words.count ? words[index] : nil }
    switch (keyword, words.count) {
    case ("USER", 1): self = .user(String(words[0]))
    case ("AUTH", 1), ("AUTH", 2): self = .authenticate(String(words[0]), initialResponse: word(1).map { Buffer($0.utf8) })
    case ("STLS", 0): self = .startTLS
    case ("CAPA", 0): self = .capabilities
    case ("QUIT", 0): self = .quit
    case ("STAT", 0): self = .status
    case ("LIST", 0), ("LIST", 1): self = .list(try word(0).map { word throws(SyntaxError) in try Self.number(word) })
    case ("UIDL", 0), ("UIDL", 1): self = .uniqueIDs(try word(0).map { word throws(SyntaxError) in try Self.number(word) })
    case ("RETR", 1): self = .retrieve(try Self.number(words[0]))
    case ("TOP", 2): self = .top(try Self.number(words[0]), lines: try Self.number(words[1]))
    case ("DELE", 1): self = .delete(try Self.number(words[0]))
    case ("RSET", 0): self = .reset
    case ("NOOP", 0): self = .noOperation
    case ("USER", _), ("AUTH", _), ("STLS", _), ("CAPA", _), ("QUIT", _), ("STAT", _), ("LIST", _), ("UIDL", _), ("RETR", _), ("TOP", _), ("DELE", _), ("RSET", _),
      ("NOOP", _):
      throw SyntaxError(expected: "other arguments", found: "\(words.count)", at: keyword.utf8.count, rule: "RFC 1939 §9")
    default: throw SyntaxError(expected: "a command", at: 0, rule: "RFC 1939 §9")
    }
  }

  /// A number as it stands in commands: digits. One too large to count is no message's.
  private static func number(_ word: Substring) throws(SyntaxError) -> Int {
    guard word.utf8.count <= 20, word.utf8.allSatisfy({ (0x30...0x39).contains($0) }) else {
      throw SyntaxError(expected: "a number", at: 0, rule: "RFC 1939 §3")
    }
    return Int(word) ?? .max
  }
}
