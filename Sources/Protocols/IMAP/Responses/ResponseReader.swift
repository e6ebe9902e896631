// Responses out of a byte stream: lines, with the literals in them. The content of messages is handed on as it comes; everything else of a
// response is held until it is whole, within bounds, in a buffer that grows with what came and not with what was announced.
// Read next: ResponseParser.swift (what a text means), ClientConversation.swift.
public import Bytes
public import World

/// Reads what a server says.
public struct ResponseReader: Sendable {
  /// What stands at the front.
  public enum Found: Sendable, Hashable {
    case response(Response)
    /// A whole response that cannot be understood; the next one can.
    case malformed(SyntaxError)
    /// A section of the message with this number comes, this many bytes of it.
    case contentBegins(number: UInt32, FetchAnswer.Part, size: Int64)
    case content(Buffer)
    /// The section is whole. The rest of the response follows.
    case contentEnds
    /// Nothing that follows can be told apart any more.
    case broken(String)
  }

  private enum Mode: Sendable {
    case text
    case content(left: Int64)
    case nothing
  }

  private let limits: Limits
  /// For the texts of answers, which nest deeper and list more than commands.
  private let textLimits: Limits
  private var mode = Mode.text
  private var framer: LineFramer
  /// What was taken of the response already: up to a section whose content was handed on. Its literal stands there as an empty one.
  private var taken = Buffer()
  /// Up to where the rest of the response at the front is known.
  private var known = 0
  private var literalBytes = 0
  private var literals = 0

  public init(limits: Limits = Limits()) {
    self.limits = limits
    var textLimits = limits
    textLimits.depthMax = limits.answerDepthMax
    textLimits.keysMax = limits.answerListMax
    self.textLimits = textLimits
    // A bare CR or LF is taken for what a sloppy server says to people.
    framer = LineFramer(
      LineRules(lineBytesMax: limits.answerLineBytesMax, bareLineFeed: .isContent, bareCarriageReturn: .isContent, pastTheBound: .fails))
  }

  /// The next thing off the front of `bytes`; nil: it is not whole yet.
  public mutating func next(from bytes: inout Buffer) -> Found? {
    switch mode {
    case .text: nextText(&bytes)
    case .content(let left): nextContent(&bytes, left)
    case .nothing: nil
    }
  }

  private mutating func nextText(_ bytes: inout Buffer) -> Found? {
    while bytes.count > known {
      var rest = known == 0 ? bytes : bytes[known..<bytes.count]
      switch framer.next(from: &rest) {
      case nil: return nil
      case .tooLong, .refused: return fail("a line is longer than \(limits.answerLineBytesMax) bytes")
      case .line(let line):
        let end = bytes.count - rest.count
        guard taken.count + end - literalBytes <= limits.answerLineBytesMax else { return fail("a response is longer than \(limits.answerLineBytesMax) bytes") }
        guard let literal = Literal(endOf: line) else {
          taken.append(bytes.take(end - 2) ?? Buffer())
          bytes.drop(2)
          return parse()
        }
        if let content = content(bytes[0..<(end - 2 - literal.written)], literal.size) {
          guard literal.size <= limits.contentBytesMax else { return fail("content of more than \(limits.contentBytesMax) bytes") }
          taken.append(bytes.take(end - 2 - literal.written) ?? Buffer())
          taken.append("{0}\r\n" as StaticString)
          bytes.drop(literal.written + 2)
          known = 0
          mode = .content(left: literal.size)
          return content
        }
        guard literal.size <= limits.answerLiteralBytesMax, literalBytes + Int(literal.size) <= limits.answerLiteralsBytesMax,
          literals < limits.answerLiteralsMax
        else {
          return fail("more literals than are held")
        }
        literals += 1
        literalBytes += Int(literal.size)
        known = end + Int(literal.size)
      }
    }
    return nil
  }

  private mutating func fail(_ why: String) -> Found {
    mode = .nothing
    return .broken(why)
  }

  private mutating func parse() -> Found {
    defer { (taken, known, literals, literalBytes) = (Buffer(), 0, 0, 0) }
    var scanner = Scanner(taken.array, limits: textLimits, takesNUL: true)
    do throws(SyntaxError) { return .response(try scanner.response()) } catch { return .malformed(error) }
  }

  private mutating func nextContent(_ bytes: inout Buffer, _ left: Int64) -> Found? {
    guard left > 0 else {
      mode = .text
      return .contentEnds
    }
    guard !bytes.isEmpty, let piece = bytes.take(Int(min(left, Int64(bytes.count)))) else { return nil }
    mode = .content(left: left - Int64(piece.count))
    return .content(piece)
  }

  /// The section whose content comes behind `text`, which follows on what was taken; nil: what comes is another string.
  private func content(_ text: Buffer, _ size: Int64) -> Found? {
    // A name within an earlier string is part of that string.
    guard let place = SectionPlaceInText(endOf: text), place.start >= known else { return nil }
    var scanner = Scanner((taken.isEmpty ? text : taken)[0..<32].array, limits: textLimits)
    guard scanner.skip(UInt8(ascii: "*")), scanner.skip(UInt8(ascii: " ")), let number = try? scanner.number(), scanner.skip(word: " FETCH (") else { return nil }
    var section = Scanner(text[place.start..<text.count].array, limits: textLimits)
    guard let part = try? section.contentName() else { return nil }
    return .contentBegins(number: number, part, size: size)
  }
}

/// Where the name of a section begins that stands at the end of a text.
private struct SectionPlaceInText {
  var start: Int

  /// Longest name of a section. Unit: bytes. Past it: what comes is held like any other string.
  private static let nameBytesMax: Int = 4_096

  /// Nil: no section's name stands there.
  init?(endOf text: Buffer) {
    var end = text.count - 1
    guard text[at: end] == UInt8(ascii: " ") else { return nil }
    for name in ["RFC822.HEADER", "RFC822.TEXT", "RFC822"] {
      let begin = end - name.utf8.count
      guard begin > 0, let before = text[at: begin - 1], before == UInt8(ascii: " ") || before == UInt8(ascii: "(") else { continue }
      if Keyword.areSame(text[begin..<end].text, name) {
        start = begin
        return
      }
    }
    if text[at: end - 1] == UInt8(ascii: ">") {
      end -= 1
      while end > 0, let byte = text[at: end - 1], CharacterClass.digits.contains(byte) { end -= 1 }
      guard text[at: end - 1] == UInt8(ascii: "<") else { return nil }
      end -= 1
    }
    guard text[at: end - 1] == UInt8(ascii: "]") else { return nil }
    // The bracket that this one closes: between them stands no other, since what holds one would be a string.
    var begin = end - 2
    while begin >= max(0, end - Self.nameBytesMax), let byte = text[at: begin], byte != UInt8(ascii: "[") { begin -= 1 }
    guard begin >= 5, let before = text[at: begin - 5], before == UInt8(ascii: " ") || before == UInt8(ascii: "("), text[at: begin] == UInt8(ascii: "["),
      Keyword.areSame(text[(begin - 4)..<begin].text, "BODY") else { return nil }
    start = begin - 4
  }
}

extension Scanner {
  /// The name of a section with the space behind it, up to the end.
  fileprivate mutating func contentName() throws(SyntaxError) -> FetchAnswer.Part {
    let name = String(decoding: try run(of: Self.itemName, "msg-att").map(Characters.uppercased), as: UTF8.self)
    var part: FetchAnswer.Part
    switch name {
    case "RFC822": part = .init(Section(), bytes: nil)
    case "RFC822.HEADER": part = .init(Section(text: .header), bytes: nil)
    case "RFC822.TEXT": part = .init(Section(text: .text), bytes: nil)
    default:
      part = .init(try section(), bytes: nil)
      if skip(UInt8(ascii: "<")) {
        part.offset = try number()
        try expect(">", ">")
      }
    }
    try space()
    try expectEnd()
    return part
  }
}
