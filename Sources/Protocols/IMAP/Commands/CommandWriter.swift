// Commands as bytes, cut where a literal has to be asked for.
// Read next: CommandParser.swift, the other way.
public import Bytes
import World

extension Command {
  /// The command as it is sent: in one piece where the server takes literals unasked, else cut behind the announcement of each.
  public func pieces(tag: String, takesLiterals: Bool) -> [Buffer] {
    var writer = CommandWriter(tag: tag, takesLiterals: takesLiterals)
    writer.add(self)
    return writer.end()
  }
}

/// Writes one command.
struct CommandWriter {
  /// What is sent in one go: all but the last end in the announcement of a literal, and the server's `+` is awaited behind each.
  private(set) var pieces: [Buffer] = []
  private var bytes = Buffer()
  /// Whether the server takes literals unasked.
  // RFC 7888 §4
  private let takesLiterals: Bool

  init(tag: String, takesLiterals: Bool) {
    self.takesLiterals = takesLiterals
    add(tag)
    add(" ")
  }

  private mutating func add(_ text: String) { bytes.append(text) }

  mutating func end() -> [Buffer] {
    add("\r\n")
    pieces.append(bytes.takeAll())
    return pieces
  }

  /// Ends with the announcement of a literal of this size; what follows is sent by somebody else.
  mutating func end(literal size: Int64) -> [Buffer] {
    add(" {\(size)\(takesLiterals ? "+" : "")}\r\n")
    pieces.append(bytes.takeAll())
    return pieces
  }

  // MARK: Strings

  // RFC 3501 §9 string
  private mutating func add(string: Buffer) {
    let isQuotable = string.count <= 1_024 && string.withUnsafeBytes { $0.allSatisfy { (0x01...0x7F).contains($0) && $0 != 0x0D && $0 != 0x0A } }
    guard isQuotable else {
      add("{\(string.count)\(takesLiterals ? "+" : "")}\r\n")
      if !takesLiterals { pieces.append(bytes.takeAll()) }
      return bytes.append(string)
    }
    add("\"")
    for byte in string.array {
      if byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\") { add("\\") }
      bytes.append(byte)
    }
    add("\"")
  }

  // RFC 3501 §9 astring
  private mutating func add(astring: Buffer, atoms: CharacterClass = Characters.atom) {
    let isAtom = !astring.isEmpty && astring.withUnsafeBytes { $0.allSatisfy(atoms.contains) } && !Keyword.areSame(astring.text, "NIL")
    if isAtom { bytes.append(astring) } else { add(string: astring) }
  }

  // MARK: Commands

  mutating func add(_ command: Command) {
    switch command {
    case .capability: add("CAPABILITY")
    case .noop: add("NOOP")
    case .logout: add("LOGOUT")
    case .startTLS: add("STARTTLS")
    case .namespace: add("NAMESPACE")
    case .idle: add("IDLE")
    case .check: add("CHECK")
    case .close: add("CLOSE")
    case .unselect: add("UNSELECT")
    case .expunge: add("EXPUNGE")
    case .id(let fields): add(fields)
    case .authenticate(let mechanism, let response):
      add("AUTHENTICATE \(mechanism)")
      if let response {
        add(" ")
        bytes.append(response)
      }
    case .logIn(let user, let password): add("LOGIN", user, password)
    case .select(let name): add("SELECT", name)
    case .examine(let name): add("EXAMINE", name)
    case .create(let name): add("CREATE", name)
    case .delete(let name): add("DELETE", name)
    case .rename(let old, let new): add("RENAME", old, new)
    case .subscribe(let name): add("SUBSCRIBE", name)
    case .unsubscribe(let name): add("UNSUBSCRIBE", name)
    case .list(let reference, let pattern): add("LIST", reference, pattern: pattern)
    case .lsub(let reference, let pattern): add("LSUB", reference, pattern: pattern)
    case .status(let name, let items):
      add("STATUS", name)
      add(" (\(items.map(\.rawValue).joined(separator: " ")))")
    case .enable(let names): add("ENABLE \(names.joined(separator: " "))")
    case .uidExpunge(let set): add("UID EXPUNGE \(set)")
    case .search(let search):
      add(search.numbering, "SEARCH")
      if let charset = search.charset {
        add(" CHARSET ")
        add(astring: Buffer(charset))
      }
      add(" ")
      add(search.key, isTop: true)
    case .fetch(let fetch):
      add(fetch.numbering, "FETCH \(fetch.messages) ")
      add(fetch.items)
    case .store(let store):
      let sign = store.change == .add ? "+" : store.change == .remove ? "-" : ""
      add(store.numbering, "STORE \(store.messages) \(sign)FLAGS\(store.isSilent ? ".SILENT" : "") (\(store.flags.names.joined(separator: " ")))")
    case .copy(let numbering, let set, let name):
      add(numbering, "COPY \(set)")
      add("", name)
    case .move(let numbering, let set, let name):
      add(numbering, "MOVE \(set)")
      add("", name)
    }
  }

  private mutating func add(_ numbering: Command.Numbering, _ text: String) { add(numbering == .uid ? "UID \(text)" : text) }

  private mutating func add(_ name: String, _ arguments: Buffer..., pattern: Buffer? = nil) {
    add(name)
    for argument in arguments {
      add(" ")
      add(astring: argument)
    }
    guard let pattern else { return }
    add(" ")
    add(astring: pattern, atoms: Characters.list)
  }

  private mutating func add(_ fields: [IDField]) {
    add("ID ")
    guard !fields.isEmpty else { return add("NIL") }
    for (index, field) in fields.enumerated() {
      add(index == 0 ? "(" : " ")
      add(string: field.name)
      add(" ")
      if let value = field.value { add(string: value) } else { add("NIL") }
    }
    add(")")
  }

  private mutating func add(_ items: [FetchItem]) {
    add("(")
    for (index, item) in items.enumerated() {
      if index > 0 { add(" ") }
      switch item {
      case .uid: add("UID")
      case .flags: add("FLAGS")
      case .internalDate: add("INTERNALDATE")
      case .size: add("RFC822.SIZE")
      case .envelope: add("ENVELOPE")
      case .body: add("BODY")
      case .bodyStructure: add("BODYSTRUCTURE")
      case .section(let request):
        add(request.spelling == .body && request.peeks ? "BODY.PEEK" : request.spelling.rawValue)
        if request.spelling == .body {
          var writer = ResponseWriter()
          writer.add(request.section)
          bytes.append(writer.bytes)
        }
        if let partial = request.partial { add("<\(partial.offset).\(partial.count)>") }
      }
    }
    add(")")
  }

  /// `APPEND name (flags) "date"`, up to the literal.
  mutating func add(append head: AppendHead) {
    add("APPEND", head.mailbox)
    if !head.flags.isEmpty { add(" (\(head.flags.names.joined(separator: " ")))") }
    if let date = head.date { add(" \"\(date)\"") }
  }

  // MARK: Search keys

  private mutating func add(_ key: WrittenSearchKey, isTop: Bool = false) {
    switch key {
    case .plain(let key): add(key, isTop: isTop)
    case .and(let keys): add(list: keys, isTop: isTop) { $0.add($1) }
    case .or(let a, let b):
      add("OR ")
      add(a)
      add(" ")
      add(b)
    case .not(let key):
      add("NOT ")
      add(key)
    case .sequence(let set): add("\(set)")
    case .uids(let set): add("UID \(set)")
    case .recent: add("RECENT")
    case .unseenRecent: add("NEW")
    case .old: add("OLD")
    }
  }

  private mutating func add(_ key: SearchKey, isTop: Bool = false) {
    switch key {
    case .all: add("ALL")
    case .and(let keys): add(list: keys, isTop: isTop) { $0.add($1) }
    case .or(let a, let b):
      add("OR ")
      add(a)
      add(" ")
      add(b)
    case .not(let key):
      add("NOT ")
      add(key)
    case .flag(.system(let flag), let isSet):
      // Without its backslash a flag's name is its key.
      add((isSet ? "" : "UN") + (Flags(flag).names.first?.dropFirst() ?? "").uppercased())
    case .flag(.keyword(let keyword), let isSet): add("\(isSet ? "" : "UN")KEYWORD \(keyword)")
    case .messages(let set): add(set.isEmpty ? "NOT ALL" : "UID \(set)")
    case .before(let day): add("BEFORE \(day)")
    case .on(let day): add("ON \(day)")
    case .since(let day): add("SINCE \(day)")
    case .sentBefore(let day): add("SENTBEFORE \(day)")
    case .sentOn(let day): add("SENTON \(day)")
    case .sentSince(let day): add("SENTSINCE \(day)")
    case .larger(let size): add("LARGER \(size)")
    case .smaller(let size): add("SMALLER \(size)")
    case .header(let name, let text):
      if ["BCC", "CC", "FROM", "SUBJECT", "TO"].contains(name.uppercased()) { add("\(name.uppercased()) ") } else { add("HEADER", Buffer(name)); add(" ") }
      add(astring: Buffer(text))
    case .body(let text):
      add("BODY ")
      add(astring: Buffer(text))
    case .text(let text):
      add("TEXT ")
      add(astring: Buffer(text))
    }
  }

  /// Keys with a space between them, in parentheses unless they are the whole search.
  private mutating func add<Key>(list keys: [Key], isTop: Bool, _ one: (inout CommandWriter, Key) -> Void) {
    guard !keys.isEmpty else { return add("ALL") }
    if !isTop { add("(") }
    for (index, key) in keys.enumerated() {
      if index > 0 { add(" ") }
      one(&self, key)
    }
    if !isTop { add(")") }
  }
}

extension Command.Search {
  /// A search for messages that meet `key`, whose sets are identifiers.
  public init(_ numbering: Command.Numbering, _ key: SearchKey) {
    self.init(numbering: numbering, charset: key.isASCII ? nil : "UTF-8", key: .plain(key))
  }
}

extension SearchKey {
  /// Whether all its texts are ASCII.
  var isASCII: Bool {
    switch self {
    case .and(let keys): keys.allSatisfy(\.isASCII)
    case .or(let a, let b): a.isASCII && b.isASCII
    case .not(let key): key.isASCII
    case .header(_, let text), .body(let text), .text(let text): text.utf8.allSatisfy { $0 < 0x80 }
    default: true
    }
  }
}
