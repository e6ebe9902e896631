// A message explained word by word: commands with their arguments, responses with what they tell.
// Not here: cutting the text (ExplainTokens.swift), the sentences (ExplainWords.swift).
public import Bytes
public import Trace
import World

/// Explains what a client or a server said: one command, one or several responses, or a piece of a message.
public func explain(_ bytes: Buffer) -> Explanation {
  var tokenizer = Tokenizer(bytes)
  var lines: [(title: String, field: Field)] = []
  while tokenizer.index < bytes.count, lines.count < 200 {
    let line = tokenizer.line()
    lines.append(LineExplainer(bytes, line.tokens, line.range).explanation())
  }
  if tokenizer.index < bytes.count {
    let rest = tokenizer.index..<bytes.count
    lines.append(("more", Field("more", "\(rest.count) bytes", rest, meaning: "More of the same.", source: "RFC 3501 §2.2.2")))
  }
  guard let first = lines.first else { return Explanation(title: "nothing", fields: []) }
  if lines.count == 1 { return Explanation(title: first.title, fields: first.field.children.isEmpty ? [first.field] : first.field.children, problem: problem(bytes)) }
  return Explanation(title: "\(first.title), and \(lines.count - 1) more", fields: lines.map(\.field), problem: nil)
}

/// What is wrong with a single command; nil: nothing, or it is none.
private func problem(_ bytes: Buffer) -> String? {
  var tokenizer = Tokenizer(bytes)
  guard LineExplainer(bytes, tokenizer.line().tokens, 0..<bytes.count).isCommand else { return nil }
  var reader = CommandReader()
  reader.noteLogin()
  var rest = unmasked(bytes)
  while true {
    switch reader.next(from: &rest) {
    case .bad(_, let error): return error.description
    case .broken(_, let why): return why
    case .literalAwaited: continue
    default: return nil
    }
  }
}

/// The command with letters for the stars that stand where a trace masked a secret: nothing is wrong with those.
private func unmasked(_ bytes: Buffer) -> Buffer {
  var letters = bytes.array
  for range in ServerConversation.secrets(in: bytes) where letters[range].allSatisfy({ $0 == UInt8(ascii: "*") }) {
    for index in range { letters[index] = UInt8(ascii: "x") }
  }
  return Buffer(letters)
}

/// Explains one line with its literals.
private struct LineExplainer {
  private let bytes: Buffer
  private let tokens: [Token]
  private let range: Range<Int>

  init(_ bytes: Buffer, _ tokens: [Token], _ range: Range<Int>) {
    self.bytes = bytes
    self.tokens = tokens
    self.range = range
  }

  private func text(_ token: Token) -> String {
    switch token.shape {
    case .atom: shortened(token.range)
    case .string(let content): shortened(content)
    case .list: shortened(token.range)
    }
  }

  private func shortened(_ range: Range<Int>) -> String {
    range.count <= 200 ? bytes[range].text : bytes[range.lowerBound..<(range.lowerBound + 200)].text + "\u{2026}"
  }

  private func word(_ place: Int) -> String {
    guard place < tokens.count, case .atom = tokens[place].shape else { return "" }
    return text(tokens[place]).uppercased()
  }

  /// Whether a client said it.
  var isCommand: Bool { word(0) != "*" && word(0) != "+" && Words.commands[word(1)] != nil }

  func explanation() -> (title: String, field: Field) {
    let children: [Field]
    let title: String
    switch word(0) {
    case "*": (title, children) = untagged()
    case "+": (title, children) = continuation()
    case "DONE" where tokens.count == 1: (title, children) = ("DONE", [field(Words.commands["DONE"], "end of idling", tokens[0])])
    case _ where isCommand: (title, children) = command()
    case _ where Response.Status(rawValue: word(1)) != nil: (title, children) = tagged()
    default:
      let meaning = tokens.count <= 1 ? "An answer to a challenge, or a piece of a message." : "A piece of a message, or no command."
      return ("\(range.count) bytes", Field("data", shortened(range), range, meaning: meaning, source: "RFC 3501 §2.2"))
    }
    return (title, Field("line", shortened(range), range, meaning: title, source: "RFC 3501 §2.2", children: children))
  }

  // MARK: Commands

  private func command() -> (String, [Field]) {
    var place = 1
    var fields = [field(Word("The client's name for this command; the answer bears it.", "RFC 3501 §2.2.1"), "tag", tokens[0])]
    var title = word(1)
    if title == "UID", Words.commands[word(2)] != nil {
      fields.append(field(Words.commands["UID"], "numbering", tokens[1]))
      title += " " + word(2)
      place = 2
    }
    let command = Words.commands[word(place)]
    fields.append(field(command, "command", tokens[place]))
    var names = (command?.arguments ?? [])[...]
    // A title tells what is asked, and no password.
    var shown = 0
    for token in tokens[(place + 1)...] {
      var name = names.first
      if name != .keys, name != .names, !(names.count == 1 && name == .flags) { names = names.dropFirst() }
      if word(place) == "APPEND", let wanted = name { name = appendArgument(wanted, token, &names) }
      fields.append(argument(name, token))
      guard name != .password, name != .response, name != .message, shown < 3 else { continue }
      shown += 1
      title += " " + String(text(token).prefix(60))
    }
    return (title, fields)
  }

  /// Flags and date may be left out; the message is a literal.
  private func appendArgument(_ wanted: Word.Argument, _ token: Token, _ names: inout ArraySlice<Word.Argument>) -> Word.Argument {
    guard wanted != .mailbox else { return wanted }
    switch token.shape {
    case .list: return .flags
    case .string where bytes[at: token.range.lowerBound] == UInt8(ascii: "\""): return .date
    case .string, .atom:
      names = []
      return .message
    }
  }

  private func argument(_ name: Word.Argument?, _ token: Token) -> Field {
    guard let name, let word = Words.arguments[name] else {
      return field(Word("More than the command has arguments for.", "RFC 3501 §9"), "argument", token)
    }
    switch name {
    case .mailbox, .oldName, .newName: return mailbox(name.rawValue, token)
    case .keys: return item(token, Words.keys, "key", word)
    case .names: return item(token, Words.capabilities, "capability", word)
    case .items: return field(word, name.rawValue, token, items(in: token, Words.items, "item"))
    case .flags: return field(word, name.rawValue, token, items(in: token, Words.flags, "flag"))
    default: return field(word, name.rawValue, token)
    }
  }

  // MARK: Responses

  private func untagged() -> (String, [Field]) {
    var fields = [field(Word("Not the answer to one command: something the server tells.", "RFC 3501 §2.2.2"), "untagged", tokens[0])]
    let isNumbered = UInt32(word(1)) != nil
    let place = isNumbered ? 2 : 1
    let name = word(place)
    if isNumbered { fields.append(field(Word("The number of a message, or how many.", "RFC 3501 §7"), "number", tokens[1])) }
    guard place < tokens.count else { return ("untagged", fields) }
    if Response.Status(rawValue: name) != nil { return status(name, at: place, fields) }
    fields.append(field(Words.responses[name] ?? Word("Something this program has no description of.", "RFC 3501 §7"), "response", tokens[place]))
    let rest = tokens[(place + 1)...]
    switch name {
    case "FETCH": if let list = rest.first { fields += fetched(list) }
    case "CAPABILITY", "ENABLED": fields += rest.map { item($0, Words.capabilities, "capability", Word("An extension this program does not know.", "RFC 3501 §7.2.1")) }
    case "FLAGS": fields += rest.map { field(Words.arguments[.flags], "flags", $0, items(in: $0, Words.flags, "flag")) }
    case "LIST", "LSUB":
      for (place, token) in rest.enumerated() {
        switch place {
        case 0: fields.append(field(Word("What kind of mailbox it is.", "RFC 3501 §7.2.2"), "attributes", token, items(in: token, Words.flags, "attribute")))
        case 1: fields.append(field(Word("What stands between two levels of a name.", "RFC 3501 §7.2.2"), "delimiter", token))
        default: fields.append(mailbox("mailbox", token))
        }
      }
    case "STATUS":
      for (place, token) in rest.enumerated() {
        fields.append(place == 0 ? mailbox("mailbox", token) : field(Word("Figures.", "RFC 3501 §7.2.4"), "figures", token, pairs(in: token, Words.items)))
      }
    default: fields += rest.map { field(Word("Part of the answer.", "RFC 3501 §7"), "value", $0) }
    }
    let shown = name == "FETCH" ? fetchedNames(rest.first) : rest.prefix(3).map { String(text($0).prefix(60)) }.joined(separator: " ")
    return ("\(isNumbered ? word(1) + " " : "")\(name)\(shown.isEmpty ? "" : " " + shown)", fields)
  }

  private func tagged() -> (String, [Field]) {
    status(word(1), at: 1, [field(Word("The command that this answers.", "RFC 3501 §2.2.2"), "tag", tokens[0])])
  }

  /// A status response from its word on.
  private func status(_ name: String, at place: Int, _ before: [Field]) -> (String, [Field]) {
    var fields = before + [field(Words.responses[name], "status", tokens[place])]
    var next = place + 1
    var title = name
    if next < tokens.count, bytes[at: tokens[next].range.lowerBound] == UInt8(ascii: "[") {
      let code = tokens[next].range
      var inside = Tokenizer(bytes[code.lowerBound..<max(code.lowerBound, code.upperBound - 1)], from: 1)
      let words = inside.line().tokens
      let codeName = words.first.map { bytes[code][$0.range].text.uppercased() } ?? ""
      fields.append(field(Words.codes[codeName] ?? Word("A code this program has no description of.", "RFC 3501 §7.1"), "code", tokens[next]))
      title += " [\(codeName)]"
      next += 1
    }
    if next < tokens.count {
      let rest = tokens[next].range.lowerBound..<max(tokens[next].range.lowerBound, range.upperBound)
      let words = bytes[rest].text.split(whereSeparator: \.isNewline).first.map(String.init) ?? ""
      fields.append(Field("text", words, rest, meaning: "For people; programs do not look at it.", source: "RFC 3501 §7.1"))
      title += " " + words.prefix(60)
    }
    return (title, fields)
  }

  private func continuation() -> (String, [Field]) {
    var fields = [field(Word("The server waits for the rest of the command.", "RFC 3501 §7.5"), "continuation", tokens[0])]
    if tokens.count > 1 {
      let rest = tokens[1].range.lowerBound..<range.upperBound
      fields.append(Field("text", shortened(rest), rest, meaning: "A challenge in base64, or words for people.", source: "RFC 3501 §7.5"))
    }
    return ("go on", fields)
  }

  /// Item and value, one after the other.
  private func fetched(_ list: Token) -> [Field] {
    guard case .list(let inside) = list.shape else { return [field(Word("What is told.", "RFC 3501 §7.4.2"), "items", list)] }
    return pairs(inside, Words.items)
  }

  private func fetchedNames(_ list: Token?) -> String {
    guard let list, case .list(let inside) = list.shape else { return "" }
    return inside.enumerated().filter { $0.offset % 2 == 0 }.prefix(6).map { String(text($0.element).prefix(60)) }.joined(separator: " ")
  }

  private func pairs(in token: Token, _ words: [String: Word]) -> [Field] {
    if case .list(let inside) = token.shape { pairs(inside, words) } else { [] }
  }

  private func pairs(_ tokens: [Token], _ words: [String: Word]) -> [Field] {
    var fields: [Field] = []
    var place = 0
    while place < tokens.count {
      let name = item(tokens[place], words, "item", Word("An item this program has no description of.", "RFC 3501 §7.4.2"))
      guard place + 1 < tokens.count else { return fields + [name] }
      let value = tokens[place + 1]
      var children: [Field] = []
      if name.value.uppercased() == "FLAGS" { children = items(in: value, Words.flags, "flag") }
      if name.value.uppercased() == "ENVELOPE" { children = envelope(value) }
      fields.append(
        Field(name.value, text(value), tokens[place].range.lowerBound..<value.range.upperBound, meaning: name.meaning, source: name.source, children: children))
      place += 2
    }
    return fields
  }

  /// The ten fields of an envelope.
  private func envelope(_ token: Token) -> [Field] {
    guard case .list(let inside) = token.shape else { return [] }
    let names = ["date", "subject", "from", "sender", "reply-to", "to", "cc", "bcc", "in-reply-to", "message-id"]
    return zip(names, inside).map { name, token in field(Word("The message's \(name) field.", "RFC 3501 §7.4.2"), name, token) }
  }

  // MARK: Fields

  private func field(_ word: Word?, _ name: String, _ token: Token, _ children: [Field] = []) -> Field {
    Field(name, text(token), token.range, meaning: word?.meaning ?? "", source: word?.source ?? "RFC 3501 §9", children: children)
  }

  private func mailbox(_ name: String, _ token: Token) -> Field {
    let raw: Buffer = if case .string(let content) = token.shape { bytes[content] } else { bytes[token.range] }
    let text = ModifiedUTF7.text(raw)
    let isEncoded = text.map { $0 != raw.text } ?? false
    let meaning = isEncoded ? "\(text ?? ""), written in modified UTF-7." : text == nil ? "Not a name: no modified UTF-7." : "Which mailbox."
    return Field(name, self.text(token), token.range, meaning: meaning, source: "RFC 3501 §5.1", children: [])
  }

  /// A word that stands in a table, or does not.
  private func item(_ token: Token, _ words: [String: Word], _ name: String, _ otherwise: Word) -> Field {
    if case .list(let inside) = token.shape {
      return field(otherwise, name, token, inside.map { item($0, words, name, otherwise) })
    }
    let upper = text(token).uppercased()
    if upper.hasPrefix("BODY["), case .atom = token.shape {
      return field(Word("A section of the message; reading it says that it was seen.", "RFC 3501 §6.4.5"), name, token)
    }
    if upper.hasPrefix("BODY.PEEK[") { return field(Word("A section of the message, read without saying so.", "RFC 3501 §6.4.5"), name, token) }
    return field(words[upper] ?? otherwise, name, token)
  }

  private func items(in token: Token, _ words: [String: Word], _ name: String) -> [Field] {
    guard case .list(let inside) = token.shape else { return [] }
    return inside.map { item($0, words, name, name == "flag" ? Word("A keyword that clients agree on.", "RFC 5788 §2") : Word("Nothing this program has a description of.", "RFC 3501 §9")) }
  }
}
