// Responses out of their text. A server that is not quite right is still understood: what cannot be taken apart is handed on as it is.
// Not here: where a response ends (ResponseReader.swift), envelopes and structures (StructureReader.swift).
import Bytes
import World

extension Scanner {
  /// A whole response, without its end.
  // RFC 3501 §9 response
  mutating func response() throws(SyntaxError) -> Response {
    if skip(UInt8(ascii: "+")) {
      _ = skip(UInt8(ascii: " "))
      return .continuation(rest())
    }
    guard skip(UInt8(ascii: "*")) else {
      let tag = String(decoding: try run(of: Characters.tag, "tag"), as: UTF8.self)
      try space()
      guard let completion = try completion(), completion.status != .bye, completion.status != .preAuthenticated else { throw failure("OK, NO or BAD") }
      return .status(tag: tag, completion)
    }
    try space()
    let start = index
    if let completion = try completion() { return .status(tag: nil, completion) }
    if let digit = next, CharacterClass.digits.contains(digit) { return try numbered() }
    let name = try word("response name")
    switch name {
    case "CAPABILITY": return .capability(words())
    case "LIST": return .list(try listedName())
    case "LSUB": return .subscribed(try listedName())
    case "SEARCH": return .search(try numbers())
    case "FLAGS":
      try space()
      return .flags(try flagNames())
    case "STATUS": return try mailboxStatus()
    case "ENABLED": return .enabled(words())
    case "ID": return .id(try identificationAnswer())
    default:
      index = start
      return .other(rest())
    }
  }

  private mutating func rest() -> Buffer {
    defer { index = bytes.count }
    return Buffer(bytes[index...])
  }

  /// Words with spaces between them, to the end.
  private mutating func words() -> [String] {
    rest().array.split(separator: UInt8(ascii: " ")).prefix(limits.keysMax).map { String(decoding: $0, as: UTF8.self) }
  }

  /// `OK [CODE] text`; nil: not a status response.
  // RFC 3501 §9 resp-cond-state
  private mutating func completion() throws(SyntaxError) -> Response.Completion? {
    let start = index
    guard let name = try? word("status"), let status = Response.Status(rawValue: name), isAtEnd || skip(UInt8(ascii: " ")) else {
      index = start
      return nil
    }
    guard next == UInt8(ascii: "[") else { return .init(status, nil, rest()) }
    let code = try responseCode()
    _ = skip(UInt8(ascii: " "))
    return .init(status, code, rest())
  }

  // RFC 3501 §9 resp-text-code, with its brackets
  private mutating func responseCode() throws(SyntaxError) -> ResponseCode {
    index += 1
    let start = index
    guard let end = codeEnd() else { throw failure("]") }
    defer { index = end + 1 }
    // A code that is not as it should be is kept as it is.
    let name = (try? word("code")) ?? ""
    if let word = ResponseCode.Word(rawValue: name), index == end { return .word(word) }
    if let code = try? argued(name), index == end { return code }
    return .other(Buffer(bytes[start..<end]))
  }

  /// Where the code ends: at the first `]` that stands in no quoted string.
  private func codeEnd() -> Int? {
    var isQuoted = false
    var place = index
    while place < bytes.count {
      switch bytes[place] {
      case UInt8(ascii: "\\") where isQuoted: place += 1
      case UInt8(ascii: "\""): isQuoted.toggle()
      case UInt8(ascii: "]") where !isQuoted: return place
      default: break
      }
      place += 1
    }
    return nil
  }

  private mutating func argued(_ name: String) throws(SyntaxError) -> ResponseCode {
    if name == "BADCHARSET", next != UInt8(ascii: " ") { return .badCharset([]) }
    try space()
    switch name {
    case "UIDNEXT": return .uidNext(try nonZeroNumber())
    case "UIDVALIDITY": return .uidValidity(try nonZeroNumber())
    case "UNSEEN": return .unseen(Int(try nonZeroNumber()))
    case "PERMANENTFLAGS": return .permanentFlags(try flagNames())
    case "CAPABILITY":
      var names: [String] = []
      repeat { names.append(String(decoding: try atom(), as: UTF8.self)) } while names.count < limits.keysMax && skip(UInt8(ascii: " "))
      return .capability(names)
    case "BADCHARSET":
      var names: [String] = []
      try list(allowsNone: false, countMax: limits.keysMax) { scanner throws(SyntaxError) in names.append(try scanner.astring().text) }
      return .badCharset(names)
    case "APPENDUID":
      let validity = try nonZeroNumber()
      try space()
      return .appendUID(validity: validity, uid: try nonZeroNumber())
    case "COPYUID":
      let validity = try nonZeroNumber()
      try space()
      let from = try uidSet()
      try space()
      return .copyUID(validity: validity, from: from, to: try uidSet())
    default: throw failure("known code")
    }
  }

  // RFC 3501 §9 flag-list, with `\*` and whatever servers make up
  private mutating func flagNames() throws(SyntaxError) -> [String] {
    let names = CharacterClass("(){ \"").union(.controls).inverted
    var flags: [String] = []
    try list(allowsNone: true, countMax: limits.keysMax) { scanner throws(SyntaxError) in
      flags.append(String(decoding: try scanner.run(of: names, "flag"), as: UTF8.self))
    }
    return flags
  }

  // RFC 3501 §9 mailbox-list
  private mutating func listedName() throws(SyntaxError) -> Response.ListedName {
    try space()
    let attributes = try flagNames()
    try space()
    let delimiter = try nstring()
    guard delimiter?.count ?? 1 == 1 else { throw failure("one QUOTED-CHAR") }
    try space()
    let scalar = delimiter?[at: 0].map { Unicode.Scalar($0) }
    let name = try astring("mailbox")
    // RFC 5258 §6: what follows is extension data.
    _ = rest()
    return .init(attributes, delimiter: scalar, name)
  }

  private mutating func numbers() throws(SyntaxError) -> [UInt32] {
    var numbers: [UInt32] = []
    while skip(UInt8(ascii: " ")), !isAtEnd {
      // RFC 7162 §3.1.5: a modification sequence may stand behind the numbers.
      if next == UInt8(ascii: "(") {
        _ = rest()
        break
      }
      numbers.append(try nonZeroNumber())
    }
    try expectEnd()
    return numbers
  }

  // RFC 3501 §9 mailbox-data STATUS
  private mutating func mailboxStatus() throws(SyntaxError) -> Response {
    try space()
    let name = try astring("mailbox")
    try space()
    var items: [Command.StatusItem: UInt32] = [:]
    try list(allowsNone: true, countMax: limits.keysMax) { scanner throws(SyntaxError) in
      let item = Command.StatusItem(rawValue: try scanner.word("status-att"))
      try scanner.space()
      let value = try scanner.size()
      if let item { items[item] = UInt32(clamping: value) }
    }
    return .mailbox(name, items)
  }

  private mutating func identificationAnswer() throws(SyntaxError) -> [IDField] {
    try space()
    if skip(word: "NIL") { return [] }
    var fields: [IDField] = []
    try list(allowsNone: true, countMax: limits.keysMax) { scanner throws(SyntaxError) in
      let name = try scanner.string("field name")
      try scanner.space()
      fields.append(IDField(name, try scanner.nstring()))
    }
    return fields
  }

  // RFC 3501 §9 message-data and mailbox-data with a number
  private mutating func numbered() throws(SyntaxError) -> Response {
    let start = index
    let number = try number()
    try space()
    switch try word("EXISTS, RECENT, EXPUNGE or FETCH") {
    case "EXISTS": return .exists(number)
    case "RECENT": return .recent(number)
    case "EXPUNGE": return .expunge(number)
    case "FETCH":
      try space()
      return .fetch(try fetchAnswer(number))
    default:
      index = start
      return .other(rest())
    }
  }

  // RFC 3501 §9 msg-att
  private mutating func fetchAnswer(_ number: UInt32) throws(SyntaxError) -> FetchAnswer {
    var answer = FetchAnswer(number: number)
    try list(allowsNone: true, countMax: limits.keysMax) { scanner throws(SyntaxError) in try scanner.fetched(into: &answer) }
    return answer
  }

  private mutating func fetched(into answer: inout FetchAnswer) throws(SyntaxError) {
    let start = index
    let name = String(decoding: try run(of: Self.itemName, "msg-att").map(Characters.uppercased), as: UTF8.self)
    if name == "BODY", next == UInt8(ascii: "[") {
      let section = try section()
      var offset: UInt32?
      if skip(UInt8(ascii: "<")) {
        offset = try number("offset")
        try expect(">", ">")
      }
      try space()
      return answer.sections.append(.init(section, offset: offset, bytes: try nstring()))
    }
    try space()
    switch name {
    case "UID": answer.uid = try nonZeroNumber()
    case "FLAGS": answer.flags = try flagNames()
    case "INTERNALDATE": answer.internalDate = try dateTime()
    case "RFC822.SIZE": answer.size = try size()
    case "ENVELOPE": answer.envelope = try envelope()
    case "BODY", "BODYSTRUCTURE": answer.structure = try bodyStructure()
    case "RFC822": answer.sections.append(.init(Section(), bytes: try nstring()))
    case "RFC822.HEADER": answer.sections.append(.init(Section(text: .header), bytes: try nstring()))
    case "RFC822.TEXT": answer.sections.append(.init(Section(text: .text), bytes: try nstring()))
    default:
      index = start
      throw failure("msg-att")
    }
  }
}
