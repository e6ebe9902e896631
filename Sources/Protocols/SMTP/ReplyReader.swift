// Replies out of a stream, line by line: the read side of Reply.swift.
import Bytes
import World

/// Reads the replies of one server.
struct ReplyReader: Sendable {
  /// What stands at the front of the stream.
  enum Found: Sendable, Hashable {
    case reply(Reply)
    /// What came is no reply, and nothing after it will be understood.
    case broken(String)
  }

  private var framer: LineFramer
  /// The lines of a reply that is not whole.
  private var begun: Reply?
  private let linesMax: Int

  init(limits: Limits) {
    framer = LineFramer(LineRules(lineBytesMax: limits.replyLineBytesMax, pastTheBound: .fails))
    linesMax = limits.replyLinesMax
  }

  /// Takes the next reply off the front. Nil: there is no whole one yet.
  mutating func next(from bytes: inout Buffer) -> Found? {
    while let found = framer.next(from: &bytes) {
      switch found {
      case .tooLong: return .broken("expected a reply line of at most \(framer.rules.lineBytesMax) bytes")
      case .refused(let octet, let offset): return .broken("expected CR LF, found a \(octet.rawValue) at byte \(offset) (RFC 5321 §2.3.8)")
      case .line(let line):
        do throws(SyntaxError) {
          if let reply = try take(line) { return .reply(reply) }
        } catch { return .broken("\(error)") }
      }
    }
    return nil
  }

  /// Adds a line; a reply when that was its last one.
  // RFC 5321 §4.2 Reply-line
  private mutating func take(_ line: Buffer) throws(SyntaxError) -> Reply? {
    let rule = "RFC 5321 §4.2"
    let digits = line[0..<3].array
    guard digits.count == 3, (0x32...0x35).contains(digits[0]), CharacterClass.digits.containsAll(digits), let code = UInt16(line[0..<3].text) else {
      throw SyntaxError(expected: "Reply-code", at: 0, rule: rule)
    }
    let mark = line[at: 3] ?? 0x20
    guard mark == 0x20 || mark == UInt8(ascii: "-") else { throw SyntaxError(expected: "a space or a hyphen", at: 3, rule: rule) }
    var text = line[min(4, line.count)..<line.count].text
    // RFC 2034 §4: the enhanced code says the same as the code in more detail; else it is no such code but text.
    var enhanced: EnhancedCode?
    let word = text.prefix { $0 != " " }
    if let found = EnhancedCode(word), found.category == code / 100 {
      enhanced = found
      text = String(text[word.endIndex...].drop { $0 == " " })
    }
    if begun == nil {
      begun = Reply(code, enhanced, text)
    } else {
      guard begun?.code == code else { throw SyntaxError(expected: "the code of the first line", found: "\(code)", at: 0, rule: "RFC 5321 §4.2.1") }
      guard begun.map({ $0.lines.count < linesMax }) == true else { throw SyntaxError(expected: "at most \(linesMax) lines", at: 0, rule: rule) }
      begun?.lines.append(text)
    }
    guard mark == 0x20 else { return nil }
    defer { begun = nil }
    return begun
  }
}
