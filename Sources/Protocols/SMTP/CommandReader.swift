// The grammar of command lines: words, paths, parameters, in the order they stand.
// Not here: the grammar of paths and addresses (Mail/Addresses).
import Bytes
import Mail
import World

/// Reads one line from the front.
struct CommandReader {
  private let line: Buffer
  private let bytes: [UInt8]
  private var place = 0
  private let limits: Limits

  init(_ line: Buffer, limits: Limits) {
    var bytes = line.array
    // RFC 5321 §4.1.1: white space at the end of a line is suffered.
    while let last = bytes.last, last == 0x20 || last == 0x09 { bytes.removeLast() }
    self.line = line
    self.bytes = bytes
    self.limits = limits
  }

  // MARK: Words

  /// The first word in capitals; empty: there is none.
  // RFC 5321 §2.4: the case of verbs does not matter.
  mutating func verb() -> String {
    let end = bytes.firstIndex { !CharacterClass.letters.contains($0) } ?? bytes.count
    guard end == bytes.count || bytes[end] == 0x20 else { return "" }
    place = end
    return String(decoding: bytes[..<end].map { $0 & 0xDF }, as: UTF8.self)
  }

  /// The next word, after spaces; nil: there is none.
  private mutating func word() -> ArraySlice<UInt8>? {
    while place < bytes.count, bytes[place] == 0x20 { place += 1 }
    guard place < bytes.count else { return nil }
    let end = bytes[place...].firstIndex(of: 0x20) ?? bytes.count
    defer { place = end }
    return bytes[place..<end]
  }

  /// A command that has no arguments.
  mutating func alone(_ command: Command) throws(Command.Fault) -> Command {
    try end(rule: "RFC 5321 §4.1.1")
    return command
  }

  private mutating func end(rule: String) throws(Command.Fault) {
    if word() != nil { throw .malformed(SyntaxError(expected: "the end of the line", at: place, rule: rule)) }
  }

  /// A domain name or an address in brackets.
  ///
  /// Differs from RFC 5321 §4.1.1.1: underscores and single labels are let through, since half the clients there are say such names.
  mutating func name() throws(Command.Fault) -> String {
    let rule = "RFC 5321 §4.1.1.1"
    guard let word = word(), word.count <= limits.nameBytesMax, CommandReader.nameBytes.containsAll(word) else {
      throw .malformed(SyntaxError(expected: "Domain or address-literal", at: place, rule: rule))
    }
    try end(rule: rule)
    return String(decoding: word, as: UTF8.self)
  }

  private static let nameBytes = CharacterClass.letters.union(.digits).union(CharacterClass(".-_[]:"))

  // MARK: MAIL and RCPT

  /// `FROM:<path> *(SP parameter)`
  // RFC 5321 §4.1.1.2
  mutating func sender() throws(Command.Fault) -> Sender {
    var sender = Sender(.empty)
    do throws(SyntaxError) {
      try keyword("FROM:", rule: "RFC 5321 §4.1.1.2")
      sender.path = try ReversePath(reading: line, at: &place)
      try gap()
    } catch { throw .malformedSender(error) }
    while let (name, value) = try parameter() { try note(name, value, in: &sender) }
    return sender
  }

  /// `TO:<path>`: there are no parameters we offer.
  // RFC 5321 §4.1.1.3
  mutating func recipient() throws(Command.Fault) -> ForwardPath {
    let path: ForwardPath
    do throws(SyntaxError) {
      try keyword("TO:", rule: "RFC 5321 §4.1.1.3")
      path = try ForwardPath(reading: line, at: &place)
      try gap()
    } catch { throw .malformedRecipient(error) }
    if let (name, _) = try parameter() {
      throw .unknownParameter(SyntaxError(expected: "no parameter", found: name, at: place, rule: "RFC 5321 §4.1.1.11"))
    }
    return path
  }

  private mutating func keyword(_ keyword: StaticString, rule: String) throws(SyntaxError) {
    while place < bytes.count, bytes[place] == 0x20 { place += 1 }
    let length = keyword.utf8CodeUnitCount
    guard keyword.withUTF8Buffer({ bytes[place...].prefix(length).lazy.map(uppercase).elementsEqual($0) }) else {
      throw SyntaxError(expected: "\(keyword)", at: place, rule: rule)
    }
    place += length
    // Differs from RFC 5321 §3.3: spaces behind the colon are suffered; they cannot mean anything else.
    while place < bytes.count, bytes[place] == 0x20 { place += 1 }
  }

  /// The end of the line, or a space before what follows.
  private func gap() throws(SyntaxError) {
    guard place >= bytes.count || bytes[place] == 0x20 else { throw SyntaxError(expected: "a space", at: place, rule: "RFC 5321 §4.1.1.2") }
  }

  // MARK: Parameters

  /// The next `esmtp-keyword ["=" esmtp-value]`, its name in capitals; nil: there is none.
  // RFC 5321 §4.1.2
  private mutating func parameter() throws(Command.Fault) -> (name: String, value: ArraySlice<UInt8>?)? {
    guard let word = word() else { return nil }
    let equals = word.firstIndex(of: UInt8(ascii: "=")) ?? word.endIndex
    let name = word[..<equals]
    let value = equals == word.endIndex ? nil : word[(equals + 1)...]
    guard !name.isEmpty, name.first != UInt8(ascii: "-"), Self.keywordBytes.containsAll(name), value.map({ !$0.isEmpty && Self.valueBytes.containsAll($0) }) != false else {
      throw .malformed(SyntaxError(expected: "esmtp-param", at: word.startIndex, rule: "RFC 5321 §4.1.2"))
    }
    return (String(decoding: name.map(uppercase), as: UTF8.self), value)
  }

  private static let keywordBytes = CharacterClass.letters.union(.digits).union(CharacterClass("-"))
  private static let valueBytes = CharacterClass.visible.subtracting(CharacterClass("="))

  private func note(_ name: String, _ value: ArraySlice<UInt8>?, in sender: inout Sender) throws(Command.Fault) {
    switch (name, value) {
    case ("SIZE", let value?) where sender.size == nil:
      // RFC 1870 §3: up to twenty digits. More than we can count is too big in any case.
      guard value.count <= 20, CharacterClass.digits.containsAll(value) else {
        throw .malformed(SyntaxError(expected: "size-value", at: value.startIndex, rule: "RFC 1870 §3"))
      }
      sender.size = Int64(String(decoding: value, as: UTF8.self)) ?? .max
    case ("BODY", let value?) where sender.body == nil:
      guard let body = BodyKind(rawValue: String(decoding: value.map(uppercase), as: UTF8.self)) else {
        throw .unknownParameter(SyntaxError(expected: "7BIT or 8BITMIME", at: value.startIndex, rule: "RFC 6152 §2"))
      }
      sender.body = body
    case ("AUTH", let value?) where sender.submitter == nil:
      sender.submitter = value.elementsEqual("<>".utf8) ? "" : try xtext(value)
    case ("SIZE", _), ("BODY", _), ("AUTH", _):
      throw .malformed(SyntaxError(expected: "\(name) once and with a value", at: place, rule: "RFC 5321 §4.1.2"))
    default:
      throw .unknownParameter(SyntaxError(expected: "SIZE, BODY or AUTH", found: name, at: place, rule: "RFC 5321 §4.1.1.11"))
    }
  }

  /// Text in which `+` and two digits stand for a byte.
  // RFC 3461 §4: xtext
  private func xtext(_ value: ArraySlice<UInt8>) throws(Command.Fault) -> String {
    var text: [UInt8] = []
    var index = value.startIndex
    while index < value.endIndex {
      if value[index] == UInt8(ascii: "+") {
        let digits = value[(index + 1)...].prefix(2)
        guard digits.count == 2, CharacterClass.digits.union(CharacterClass("ABCDEF")).containsAll(digits),
          let byte = UInt8(String(decoding: digits, as: UTF8.self), radix: 16)
        else { throw .malformed(SyntaxError(expected: "hexchar", at: index, rule: "RFC 3461 §4")) }
        text.append(byte)
        index += 3
      } else {
        text.append(value[index])
        index += 1
      }
    }
    guard let text = String(validating: text, as: UTF8.self) else {
      throw .malformed(SyntaxError(expected: "xtext", at: value.startIndex, rule: "RFC 4954 §5"))
    }
    return text
  }

  // MARK: BDAT and AUTH

  /// `chunk-size [SP "LAST"]`
  // RFC 3030 §2
  mutating func chunk() throws(Command.Fault) -> Command {
    let rule = "RFC 3030 §2"
    guard let digits = word(), digits.count <= 20, CharacterClass.digits.containsAll(digits) else {
      throw .malformed(SyntaxError(expected: "chunk-size", at: place, rule: rule))
    }
    let size = Int64(String(decoding: digits, as: UTF8.self)) ?? .max
    guard let mark = word() else { return .chunk(bytes: size, isLast: false) }
    guard mark.lazy.map(uppercase).elementsEqual("LAST".utf8) else { throw .malformed(SyntaxError(expected: "LAST", at: mark.startIndex, rule: rule)) }
    try end(rule: rule)
    return .chunk(bytes: size, isLast: true)
  }

  /// `mechanism [SP initial-response]`
  // RFC 4954 §4
  mutating func authentication() throws(Command.Fault) -> Command {
    let rule = "RFC 4954 §4"
    guard let mechanism = word(), mechanism.count <= 20, CharacterClass.visible.containsAll(mechanism) else {
      throw .malformed(SyntaxError(expected: "mechanism", at: place, rule: rule))
    }
    let response = word().map { Buffer($0) }
    try end(rule: rule)
    return .authenticate(String(decoding: mechanism, as: UTF8.self), initialResponse: response)
  }
}

/// A lower-case letter in upper case, every other byte as it is.
func uppercase(_ byte: UInt8) -> UInt8 { (0x61...0x7A).contains(byte) ? byte & 0xDF : byte }
