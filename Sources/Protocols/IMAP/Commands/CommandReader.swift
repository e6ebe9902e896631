// Commands out of a byte stream: lines, and the literals that make one command of several lines.
// A command stays where it is until it is whole; so nothing is copied as it grows, and a trace shows it in one piece with its secrets
// masked. The message of APPEND is the exception: it is handed on as it comes.
// Not here: what a command's text means (CommandParser.swift). Read next: ServerConversation.swift.
public import Bytes
public import World

/// Reads what a client says.
public struct CommandReader: Sendable {
  /// What stands at the front.
  public enum Found: Sendable, Hashable {
    case command(tag: String, Command)
    /// A whole command that is none; without a tag when not even that can be read.
    case bad(tag: String?, SyntaxError)
    /// The client waits to be asked for a literal. Found once for each; the command is still where it was.
    case literalAwaited
    /// The client announced more than is taken, and waits: it is told that it need not come.
    case literalRefused(tag: String?, LimitReached)
    /// An APPEND whose message comes next: when `isAwaited`, only after it was asked for.
    case append(tag: String, AppendHead, size: Int64, isAwaited: Bool)
    /// A piece of that message.
    case content(Buffer)
    /// The message is whole, and the command ends there, as it has to.
    case contentEnd
    /// The message is whole, but something follows in the command.
    case contentSpoiled(SyntaxError)
    /// A line that is not a command: of an authentication, or the end of IDLE.
    case line(Buffer)
    /// Nothing that follows can be told apart any more.
    case broken(tag: String?, String)
  }

  /// What the next bytes are.
  private enum Mode: Sendable {
    case command
    case line
    case content(left: Int64)
    case contentEnd
    case nothing
  }

  private let limits: Limits
  private var isLoggedIn = false
  private var mode = Mode.command
  private var framer: LineFramer
  /// Up to where the command at the front is known: behind its last literal, which may not have come yet.
  private var known = 0
  private var lineBytes = 0
  private var literals = 0
  private var literalBytes = 0

  public init(limits: Limits = Limits()) {
    self.limits = limits
    framer = Self.framer(limits.lineBytesBeforeLoginMax)
  }

  private static func framer(_ lineBytesMax: Int) -> LineFramer {
    // RFC 3501 §2.2: lines end in CR LF; what holds a bare one of them was written by somebody who counts differently.
    LineFramer(LineRules(lineBytesMax: lineBytesMax, pastTheBound: .fails))
  }

  private var lineBytesMax: Int { isLoggedIn ? limits.lineBytesMax : limits.lineBytesBeforeLoginMax }

  // MARK: Told by the conversation

  /// From here on the larger bounds hold, and APPEND is read.
  public mutating func noteLogin() {
    isLoggedIn = true
    expectCommand()
  }

  /// The next line is no command.
  mutating func expectLine() {
    mode = .line
    framer = Self.framer(limits.responseLineBytesMax)
  }

  /// The next line is a command.
  mutating func expectCommand() {
    mode = .command
    framer = Self.framer(lineBytesMax)
  }

  /// The message that was announced does not come.
  mutating func forgetContent() { mode = .command }

  // MARK: Bytes

  /// The next thing off the front of `bytes`; nil: it is not whole yet.
  public mutating func next(from bytes: inout Buffer) -> Found? {
    switch mode {
    case .command: nextCommand(&bytes)
    case .line: nextLine(&bytes).map { .line($0) } ?? broken(&bytes)
    case .content(let left): nextContent(&bytes, left)
    case .contentEnd: nextContentEnd(&bytes)
    case .nothing: nil
    }
  }

  /// Why nothing can be read any more, if that is so since the last line.
  private var breakage: String?

  private mutating func broken(_ bytes: inout Buffer) -> Found? {
    guard let why = breakage else { return nil }
    breakage = nil
    mode = .nothing
    return .broken(tag: nil, why)
  }

  /// A line off the front of `bytes`, without its end. Nil: not whole, or broken.
  private mutating func nextLine(_ bytes: inout Buffer) -> Buffer? {
    switch framer.next(from: &bytes) {
    case .line(let line): return line
    case .refused(let octet, _): breakage = "\(octet.rawValue): lines end in CR LF"
    case .tooLong: breakage = "a line is longer than \(framer.rules.lineBytesMax) bytes"
    case nil: break
    }
    return nil
  }

  private mutating func nextCommand(_ bytes: inout Buffer) -> Found? {
    while true {
      guard bytes.count > known else { return nil }
      var rest = known == 0 ? bytes : bytes[known..<bytes.count]
      guard let line = nextLine(&rest) else {
        guard breakage != nil else { return nil }
        let tag = tag(of: bytes)
        return broken(&bytes).map { if case .broken(_, let why) = $0 { .broken(tag: tag, why) } else { $0 } }
      }
      let end = bytes.count - rest.count
      lineBytes += end - known
      guard lineBytes <= lineBytesMax else { return fail(&bytes, "a command is longer than \(lineBytesMax) bytes") }
      guard let literal = Literal(endOf: line) else {
        forgetProgress()
        return parse(bytes.take(end) ?? Buffer())
      }
      // Two literals at most belong to an APPEND: its mailbox and its message.
      if isLoggedIn, literals <= 1, let append = append(bytes, upTo: end - 2 - literal.written, literal) {
        forgetProgress()
        bytes.drop(end)
        mode = .content(left: literal.size)
        return append
      }
      if let reached = reached(by: literal) {
        guard literal.isAwaited else { return fail(&bytes, "\(reached)") }
        let tag = tag(of: bytes)
        forgetProgress()
        bytes.drop(end)
        return .literalRefused(tag: tag, reached)
      }
      literals += 1
      literalBytes += Int(literal.size)
      known = end + Int(literal.size)
      if literal.isAwaited { return .literalAwaited }
    }
  }

  private mutating func forgetProgress() { (known, lineBytes, literals, literalBytes) = (0, 0, 0, 0) }

  private mutating func fail(_ bytes: inout Buffer, _ why: String) -> Found {
    mode = .nothing
    return .broken(tag: tag(of: bytes), why)
  }

  /// The bound that one more literal would pass; nil: none.
  private func reached(by literal: Literal) -> LimitReached? {
    if !isLoggedIn {
      if literal.size > limits.literalBytesBeforeLoginMax {
        return LimitReached("literalBytesBeforeLoginMax", allowed: limits.literalBytesBeforeLoginMax, unit: "bytes")
      }
      if literals >= limits.literalsBeforeLoginMax {
        return LimitReached("literalsBeforeLoginMax", allowed: limits.literalsBeforeLoginMax, unit: "literals")
      }
    }
    if literal.size > limits.literalBytesMax { return LimitReached("literalBytesMax", allowed: limits.literalBytesMax, unit: "bytes") }
    if literalBytes + Int(literal.size) > limits.literalsBytesMax {
      return LimitReached("literalsBytesMax", allowed: limits.literalsBytesMax, unit: "bytes")
    }
    return literals >= limits.literalsMax ? LimitReached("literalsMax", allowed: limits.literalsMax, unit: "literals") : nil
  }

  private func scanner(_ text: Buffer) -> Scanner { Scanner(text.array, limits: limits) }

  /// The tag at the front of `bytes`; nil: there is none.
  private func tag(of bytes: Buffer) -> String? {
    var scanner = scanner(bytes[0..<(limits.tagBytesMax + 1)])
    guard let tag = try? scanner.tag(), scanner.next == UInt8(ascii: " ") else { return nil }
    return tag
  }

  private func parse(_ text: Buffer) -> Found {
    var scanner = scanner(text[0..<(text.count - 2)])
    let tag: String
    do throws(SyntaxError) {
      tag = try scanner.tag()
      if !scanner.isAtEnd, scanner.next != UInt8(ascii: " ") { throw scanner.failure("SP") }
    } catch { return .bad(tag: nil, error) }
    do throws(SyntaxError) { return .command(tag: tag, try scanner.command()) } catch { return .bad(tag: tag, error) }
  }

  // MARK: The message of APPEND

  /// The APPEND whose text before its message ends at `end`; nil: it is another command, or one of APPEND's other literals.
  private func append(_ bytes: Buffer, upTo end: Int, _ literal: Literal) -> Found? {
    var scanner = scanner(bytes[0..<end])
    guard let tag = try? scanner.tag(), scanner.skip(UInt8(ascii: " ")), scanner.skip(word: "APPEND"), let head = try? scanner.appendHead(), scanner.isAtEnd
    else { return nil }
    return .append(tag: tag, head, size: literal.size, isAwaited: literal.isAwaited)
  }

  private mutating func nextContent(_ bytes: inout Buffer, _ left: Int64) -> Found? {
    guard left > 0 else {
      mode = .contentEnd
      return nextContentEnd(&bytes)
    }
    guard !bytes.isEmpty, let piece = bytes.take(Int(min(left, Int64(bytes.count)))) else { return nil }
    mode = .content(left: left - Int64(piece.count))
    return .content(piece)
  }

  private mutating func nextContentEnd(_ bytes: inout Buffer) -> Found? {
    guard let line = nextLine(&bytes) else { return broken(&bytes) }
    mode = .command
    if line.isEmpty { return .contentEnd }
    // Not done: RFC 3502 (MULTIAPPEND). Another literal that does not wait to be asked for cannot be told from commands.
    if let literal = Literal(endOf: line), !literal.isAwaited {
      mode = .nothing
      return .broken(tag: nil, "one message in one APPEND")
    }
    return .contentSpoiled(SyntaxError(expected: "CRLF", found: "\(line[0..<20])", at: 0, rule: "RFC 3501 §9 append"))
  }
}

/// The announcement of a literal at the end of a line.
// RFC 3501 §9 literal, RFC 7888 §8
struct Literal: Hashable, Sendable {
  /// What does not fit is the largest number, which is past every bound. Unit: bytes.
  var size: Int64
  /// Whether the client waits to be asked for it.
  var isAwaited: Bool
  /// How many bytes announce it.
  var written: Int

  /// Nil: the line does not end in one. `{-1}`, `{}` and `{1,000}` are none either.
  init?(endOf line: Buffer) {
    var index = line.count - 1
    guard line[at: index] == UInt8(ascii: "}") else { return nil }
    index -= 1
    isAwaited = line[at: index] != UInt8(ascii: "+")
    if !isAwaited { index -= 1 }
    size = 0
    var place: Int64 = 1
    let last = index
    while let byte = line[at: index], (0x30...0x39).contains(byte) {
      let (product, isTooLarge) = Int64(byte - 0x30).multipliedReportingOverflow(by: place)
      let (sum, isTooLargeNow) = size.addingReportingOverflow(product)
      size = isTooLarge || isTooLargeNow ? .max : sum
      let (next, isEnd) = place.multipliedReportingOverflow(by: 10)
      // Zeros in front are harmless, anything else there is too large.
      place = isEnd ? .max : next
      index -= 1
    }
    guard index < last, line[at: index] == UInt8(ascii: "{") else { return nil }
    written = line.count - index
  }
}
