// Commands out of their text. Each function is a rule of the grammar; what is not in the grammar is told with its place.
// Not here: where a command ends (CommandReader.swift), dates (DateParser.swift), FETCH (FetchParser.swift), SEARCH (SearchParser.swift).
import Bytes
import World

extension Scanner {
  // RFC 3501 §9 tag
  mutating func tag() throws(SyntaxError) -> String {
    let tag = try run(of: Characters.tag, "tag")
    guard tag.count <= limits.tagBytesMax else {
      throw SyntaxError(expected: "tag of at most \(limits.tagBytesMax) bytes", at: limits.tagBytesMax, rule: "RFC 3501 §9")
    }
    return String(decoding: tag, as: UTF8.self)
  }

  /// What stands behind the tag, to the end.
  // RFC 3501 §9 command
  mutating func command() throws(SyntaxError) -> Command {
    try space()
    let start = index
    let name = try word("command")
    let command: Command
    switch name {
    case "CAPABILITY": command = .capability
    case "NOOP": command = .noop
    case "LOGOUT": command = .logout
    case "ID": command = .id(try identification())
    case "STARTTLS": command = .startTLS
    case "AUTHENTICATE": command = try authenticate()
    case "LOGIN":
      try space()
      let user = try astring("userid")
      try space()
      command = .logIn(user: user, password: try astring("password"))
    case "SELECT": command = .select(try mailbox())
    case "EXAMINE": command = .examine(try mailbox())
    case "CREATE": command = .create(try mailbox())
    case "DELETE": command = .delete(try mailbox())
    case "RENAME":
      let old = try mailbox()
      command = .rename(old, to: try mailbox())
    case "SUBSCRIBE": command = .subscribe(try mailbox())
    case "UNSUBSCRIBE": command = .unsubscribe(try mailbox())
    case "LIST":
      let reference = try mailbox()
      command = .list(reference: reference, pattern: try pattern(after: reference))
    case "LSUB":
      let reference = try mailbox()
      command = .lsub(reference: reference, pattern: try pattern(after: reference))
    case "STATUS": command = try status()
    case "APPEND":
      // Whole APPENDs are never read here: the literal of one that is right was found before (`appendHead`).
      _ = try appendHead()
      throw failure("literal")
    case "NAMESPACE": command = .namespace
    case "IDLE": command = .idle
    case "ENABLE": command = try enable()
    case "CHECK": command = .check
    case "CLOSE": command = .close
    case "UNSELECT": command = .unselect
    case "EXPUNGE": command = .expunge
    case "SEARCH", "FETCH", "STORE", "COPY", "MOVE": command = try numbered(name, .sequence)
    case "UID":
      try space()
      let start = index
      let name = try word("COPY, EXPUNGE, FETCH, MOVE, SEARCH or STORE")
      switch name {
      case "SEARCH", "FETCH", "STORE", "COPY", "MOVE": command = try numbered(name, .uid)
      case "EXPUNGE":
        try space()
        command = .uidExpunge(try sequenceSet())
      default:
        index = start
        throw failure("COPY, EXPUNGE, FETCH, MOVE, SEARCH or STORE")
      }
    default:
      index = start
      throw failure("command")
    }
    try expectEnd()
    return command
  }

  private mutating func numbered(_ name: String, _ numbering: Command.Numbering) throws(SyntaxError) -> Command {
    try space()
    if name == "SEARCH" { return .search(try search(numbering)) }
    let set = try sequenceSet()
    switch name {
    case "FETCH":
      try space()
      return .fetch(.init(numbering, set, try fetchItems()))
    case "STORE": return .store(try store(numbering, set))
    case "COPY": return .copy(numbering, set, to: try mailbox())
    default: return .move(numbering, set, to: try mailbox())
    }
  }

  // RFC 3501 §9 mailbox, with the space before it
  private mutating func mailbox() throws(SyntaxError) -> Buffer {
    try space()
    return try astring("mailbox")
  }

  private mutating func pattern(after reference: Buffer) throws(SyntaxError) -> Buffer {
    try space()
    let start = index
    let pattern = try listMailbox()
    guard reference.count + pattern.count <= limits.patternBytesMax else {
      index = start
      throw failure("list-mailbox of at most \(limits.patternBytesMax) bytes")
    }
    return pattern
  }

  // RFC 3501 §9 authenticate, RFC 4959 §3: an initial response may stand behind the mechanism.
  private mutating func authenticate() throws(SyntaxError) -> Command {
    try space()
    let mechanism = try word("auth-type")
    guard skip(UInt8(ascii: " ")) else { return .authenticate(mechanism: mechanism, initialResponse: nil) }
    let digits = CharacterClass.letters.union(.digits).union(CharacterClass("+/="))
    return .authenticate(mechanism: mechanism, initialResponse: Buffer(try run(of: digits, "base64 or =")))
  }

  // RFC 3501 §9 status
  private mutating func status() throws(SyntaxError) -> Command {
    let name = try mailbox()
    try space()
    var items: [Command.StatusItem] = []
    try list(allowsNone: false, countMax: limits.keysMax) { scanner throws(SyntaxError) in
      let start = scanner.index
      guard let item = Command.StatusItem(rawValue: try scanner.word("status-att")) else {
        scanner.index = start
        throw scanner.failure("status-att")
      }
      if !items.contains(item) { items.append(item) }
    }
    return .status(name, items)
  }

  // RFC 2971 §3.3
  private mutating func identification() throws(SyntaxError) -> [IDField] {
    try space()
    if skip(word: "NIL") { return [] }
    var fields: [IDField] = []
    // RFC 2971 §3.3: at most 30 pairs, names of at most 30 bytes, values of at most 1,024.
    try list(allowsNone: true, countMax: 30) { scanner throws(SyntaxError) in
      let name = try scanner.string("field name")
      try scanner.space()
      let value = try scanner.nstring()
      guard name.count <= 30, value?.count ?? 0 <= 1_024 else { throw scanner.failure("field of at most 30 and 1024 bytes", rule: "RFC 2971 §3.3") }
      fields.append(IDField(name, value))
    }
    return fields
  }

  // RFC 5161 §3.1
  private mutating func enable() throws(SyntaxError) -> Command {
    var names: [String] = []
    repeat {
      try space()
      guard names.count < limits.keysMax else { throw failure("at most \(limits.keysMax) capabilities") }
      names.append(try word("capability"))
    } while !isAtEnd
    return .enable(names)
  }

  // RFC 3501 §9 store
  private mutating func store(_ numbering: Command.Numbering, _ set: SequenceSet) throws(SyntaxError) -> Command.Store {
    try space()
    let change: StoreOrder.Change = skip(UInt8(ascii: "+")) ? .add : skip(UInt8(ascii: "-")) ? .remove : .replace
    guard skip(word: "FLAGS") else { throw failure("FLAGS") }
    let isSilent = skip(word: ".SILENT")
    try space()
    if next == UInt8(ascii: "(") { return .init(numbering, set, change, try flagList(), isSilent: isSilent) }
    var flags = Flags()
    repeat { try flag(into: &flags) } while skip(UInt8(ascii: " "))
    return .init(numbering, set, change, flags, isSilent: isSilent)
  }

  // RFC 3501 §9 flag-list
  mutating func flagList() throws(SyntaxError) -> Flags {
    var flags = Flags()
    try list(allowsNone: true, countMax: limits.keysMax) { scanner throws(SyntaxError) in try scanner.flag(into: &flags) }
    return flags
  }

  // RFC 3501 §9 flag. \Recent is none that a client may name.
  private mutating func flag(into flags: inout Flags) throws(SyntaxError) {
    let start = index
    if next == UInt8(ascii: "\\") {
      index += 1
      let name = "\\" + (try word("flag"))
      guard let known = Flags.System.names.first(where: { Keyword.areSame($0.1, name) }) else {
        index = start
        throw failure("flag that can be stored")
      }
      flags.system.insert(known.0)
      return
    }
    flags.insert(keyword: try keyword())
    guard flags.keywords.count <= limits.keywordsMax else {
      index = start
      throw failure("at most \(limits.keywordsMax) keywords")
    }
  }

  // RFC 3501 §9 flag-keyword
  mutating func keyword() throws(SyntaxError) -> String {
    let start = index
    let keyword = try atom("flag-keyword")
    guard keyword.count <= limits.keywordBytesMax else {
      index = start
      throw failure("flag-keyword of at most \(limits.keywordBytesMax) bytes")
    }
    return String(decoding: keyword, as: UTF8.self)
  }

  // RFC 3501 §9 append, from behind the name of the command up to the space before the literal.
  mutating func appendHead() throws(SyntaxError) -> AppendHead {
    var head = AppendHead(mailbox: try mailbox(), flags: Flags())
    try space()
    if next == UInt8(ascii: "(") {
      head.flags = try flagList()
      try space()
    }
    if next == UInt8(ascii: "\"") {
      head.date = try dateTime()
      try space()
    }
    return head
  }
}
