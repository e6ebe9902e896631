// One command: how it is read from a line and written as one. Not here: finding lines (Bytes/LineFramer), what is done (ServerConversation).
public import Bytes
public import World

/// A command: a verb and what follows it.
public struct Command: Sendable, Hashable, CustomStringConvertible {
  public var verb: Verb
  /// As bytes, since names have no encoding that could be relied on; nil: nothing followed the verb.
  public var argument: Buffer?

  public init(_ verb: Verb, _ argument: Buffer? = nil) {
    self.verb = verb
    self.argument = argument
  }

  /// Longest verb. Unit: bytes. Past it: no command.
  static let verbBytesMax = 16

  /// Reads a line, without its end.
  // RFC 959 §5.3: a verb of letters, a space, an argument.
  public init(reading line: Buffer) throws(SyntaxError) {
    let text = Telnet.plain(line)
    let space = text.firstIndex(of: 0x20)
    let word = text[0..<(space ?? text.count)]
    guard !word.isEmpty else { throw SyntaxError(expected: "a command", found: text.isEmpty ? "an empty line" : "a space", at: 0, rule: "RFC 959 §5.3") }
    for index in 0..<min(word.count, Self.verbBytesMax + 1) {
      // ASCII only: what else counts as a letter differs from place to place.
      guard let byte = word[at: index], CharacterClass.letters.contains(byte), index < Self.verbBytesMax else {
        throw SyntaxError(expected: "a command's letters", at: index, rule: "RFC 959 §5.3")
      }
    }
    verb = Verb(rawValue: String(decoding: word.array.map { $0 & 0xDF }, as: UTF8.self))
    argument = space.map { text[($0 + 1)..<text.count] }
  }

  /// The command as a line with its end.
  public var line: Buffer {
    var line = Buffer(verb.rawValue)
    if let argument {
      line.append(0x20)
      line.append(Telnet.escaped(argument))
    }
    line.append("\r\n")
    return line
  }

  /// Without a password.
  public var description: String {
    guard let argument else { return verb.rawValue }
    return "\(verb.rawValue) \(verb == .pass || verb == .acct ? "*****" : argument.description)"
  }
}

/// What is left of Telnet on a control connection.
// RFC 959 §3.1, RFC 854: the control connection follows Telnet, whose commands begin with IAC and come from old clients beside an ABOR.
enum Telnet {
  private static let iac: UInt8 = 0xFF

  /// `line` without Telnet's commands, with 0xFF once where it was sent twice, and CR NUL as CR.
  static func plain(_ line: Buffer) -> Buffer {
    guard line.firstIndex(of: iac) != nil || line.firstIndex(of: 0x0D) != nil else { return line }
    var plain = Buffer(capacity: line.count)
    var index = 0
    while let byte = line[at: index] {
      let next = line[at: index + 1]
      switch (byte, next) {
      case (iac, iac?):
        plain.append(iac)
        index += 2
      // WILL, WONT, DO, DONT carry an option.
      case (iac, (0xFB...0xFE)?): index += 3
      case (iac, (0xF0...0xFA)?): index += 2
      // A mark that was sent as urgent data is taken out of the stream by the system; its IAC stays.
      case (iac, _): index += 1
      case (0x0D, 0x00?):
        plain.append(0x0D)
        index += 2
      default:
        plain.append(byte)
        index += 1
      }
    }
    return plain
  }

  /// `bytes` as they are sent.
  static func escaped(_ bytes: Buffer) -> Buffer {
    guard bytes.firstIndex(of: iac) != nil || bytes.firstIndex(of: 0x0D) != nil else { return bytes }
    var escaped = Buffer(capacity: bytes.count + 8)
    for byte in bytes.array {
      escaped.append(byte)
      if byte == iac { escaped.append(iac) }
      if byte == 0x0D { escaped.append(UInt8(0)) }
    }
    return escaped
  }
}
