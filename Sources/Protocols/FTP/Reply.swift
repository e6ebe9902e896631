// One reply: a code for programs, text for people, on one line or several. Read and written here; what is replied is ReplyTo.swift's.
public import Bytes
public import World

/// A reply.
public struct Reply: Sendable, Hashable, CustomStringConvertible {
  /// 100 to 599.
  public var code: Int
  /// The lines' texts, without code and line ends; at least one.
  public var lines: [Buffer]

  public init(_ code: Int, _ text: Buffer) {
    self.code = code
    lines = [text]
  }

  public init(_ code: Int, _ text: String) { self.init(code, Buffer(text)) }

  public init(_ code: Int, lines: [Buffer]) {
    self.code = code
    self.lines = lines.isEmpty ? [Buffer()] : lines
  }

  /// What the first digit says.
  // RFC 959 §4.2
  public enum Kind: Sendable, Hashable {
    /// More will follow.
    case preliminary
    case completed
    /// The next command belongs to it.
    case intermediate
    /// Not now; later perhaps.
    case failedForNow
    case failed
  }

  public var kind: Kind {
    switch code / 100 {
    case 1: .preliminary
    case 2: .completed
    case 3: .intermediate
    case 4: .failedForNow
    default: .failed
    }
  }

  /// The last line's text, for people.
  public var text: String { lines.last?.text ?? "" }

  public var description: String { "\(code) \(lines.map(\.text).joined(separator: " / "))" }

  /// The reply as bytes.
  // RFC 959 §4.2: between the first and the last line of several stands anything that does not look like the last one; a space does that, and
  // RFC 2389 §3.2 and RFC 3659 §7.2 ask for it.
  public var bytes: Buffer {
    var bytes = Buffer(capacity: lines.reduce(0) { $0 + $1.count + 8 })
    for (index, line) in lines.enumerated() {
      let isLast = index == lines.count - 1
      if index == 0 || isLast {
        for digit in [code / 100 % 10, code / 10 % 10, code % 10] { bytes.append(0x30 + UInt8(truncatingIfNeeded: digit)) }
        bytes.append(isLast ? UInt8(ascii: " ") : UInt8(ascii: "-"))
      } else {
        bytes.append(UInt8(ascii: " "))
      }
      bytes.append(Telnet.escaped(line))
      bytes.append("\r\n")
    }
    return bytes
  }
}

/// Finds replies at the front of a buffer that grows.
public struct ReplyReader: Sendable {
  private var framer: LineFramer
  private var code = 0
  private var lines: [Buffer] = []
  private let linesMax: Int

  public init(limits: Limits = Limits()) {
    // Servers of old end lines with LF alone; nothing stands between us and them that could see it otherwise.
    framer = LineFramer(
      LineRules(lineBytesMax: limits.lineBytesMax, bareLineFeed: .endsLine, bareCarriageReturn: .isContent, pastTheBound: .fails))
    linesMax = limits.replyLinesMax
  }

  /// Whether the first lines of a reply are taken and the rest has not come.
  public var isInside: Bool { !lines.isEmpty }

  /// The next whole reply; nil: it has not come wholly.
  public mutating func next(from bytes: inout Buffer) throws(SyntaxError) -> Reply? {
    while let found = framer.next(from: &bytes) {
      guard case .line(let line) = found else {
        throw SyntaxError(expected: "a reply's line within \(framer.rules.lineBytesMax) bytes", at: framer.rules.lineBytesMax, rule: "RFC 959 §4.2")
      }
      if let reply = try take(Telnet.plain(line)) { return reply }
    }
    return nil
  }

  private mutating func take(_ line: Buffer) throws(SyntaxError) -> Reply? {
    let mark = Self.mark(of: line)
    if lines.isEmpty {
      guard let mark else { throw SyntaxError(expected: "three digits and a space or hyphen", found: "\(line[0..<16])", at: 0, rule: "RFC 959 §4.2") }
      if !mark.continues { return Reply(mark.code, Self.text(of: line)) }
      code = mark.code
      lines = [Self.text(of: line)]
      return nil
    }
    guard lines.count < linesMax else { throw SyntaxError(expected: "a reply of at most \(linesMax) lines", at: 0, rule: "RFC 959 §4.2") }
    // RFC 959 §4.2: the last line begins with the code again and a space; all else is text, also lines with another code or a hyphen.
    guard let mark, mark.code == code, !mark.continues else {
      lines.append(line[at: 0] == 0x20 ? line[1..<line.count] : line)
      return nil
    }
    defer { lines = [] }
    return Reply(code, lines: lines + [Self.text(of: line)])
  }

  /// What follows the code and the byte after it.
  static func text(of line: Buffer) -> Buffer { line[min(4, line.count)..<line.count] }

  /// The code a line begins with, and whether a hyphen follows it; nil: neither.
  static func mark(of line: Buffer) -> (code: Int, continues: Bool)? {
    guard let first = line[at: 0], let second = line[at: 1], let third = line[at: 2], (0x31...0x35).contains(first),
      CharacterClass.digits.contains(second), CharacterClass.digits.contains(third)
    else { return nil }
    let next = line[at: 3]
    // A bare code without text is seen in the wild.
    guard next == nil || next == 0x20 || next == 0x2D else { return nil }
    return (Int(first - 0x30) * 100 + Int(second - 0x30) * 10 + Int(third - 0x30), next == 0x2D)
  }
}
