// Search keys out of their text.
import Bytes
import World

extension Scanner {
  /// What stands behind SEARCH and its space.
  // RFC 3501 §9 search
  mutating func search(_ numbering: Command.Numbering) throws(SyntaxError) -> Command.Search {
    var charset: String?
    if skip(word: "CHARSET ") {
      charset = String(decoding: try astring("charset").array.map(Characters.uppercased), as: UTF8.self)
      try space()
    }
    // Texts in a charset that is not ours cannot be read; the command is refused for it, and by then must have been read to its end.
    var keys = SearchKeyParser(isTextOurs: charset == nil || SearchKeyParser.charsets.contains(charset ?? ""), countMax: limits.keysMax)
    return .init(numbering: numbering, charset: charset, key: try keys.sequence(&self))
  }
}

/// Reads search keys, counting them.
struct SearchKeyParser {
  /// The charsets that texts may be in.
  // RFC 3501 §6.4.4: US-ASCII must be among them.
  static let charsets = ["US-ASCII", "UTF-8"]

  let isTextOurs: Bool
  let countMax: Int
  private var count = 0

  init(isTextOurs: Bool, countMax: Int) {
    self.isTextOurs = isTextOurs
    self.countMax = countMax
  }

  /// Keys with one space between them, all of which have to hold.
  mutating func sequence(_ scanner: inout Scanner) throws(SyntaxError) -> WrittenSearchKey {
    var keys: [WrittenSearchKey] = []
    repeat { keys.append(try key(&scanner)) } while scanner.skip(UInt8(ascii: " "))
    return keys.count == 1 ? keys[0] : .and(keys)
  }

  // RFC 3501 §9 search-key
  private mutating func key(_ scanner: inout Scanner) throws(SyntaxError) -> WrittenSearchKey {
    count += 1
    guard count <= countMax else { throw scanner.failure("at most \(countMax) search keys") }
    try scanner.descend()
    defer { scanner.depth -= 1 }
    switch scanner.next {
    case UInt8(ascii: "("):
      scanner.index += 1
      let keys = try sequence(&scanner)
      try scanner.expect(")", ")")
      return keys
    case .some(UInt8(ascii: "*")), .some(UInt8(ascii: "0")...UInt8(ascii: "9")): return .sequence(try scanner.sequenceSet())
    default: break
    }
    let start = scanner.index
    let name = try scanner.word("search-key")
    if let key = Self.words[name] { return key }
    guard let key = try argued(name, &scanner) else {
      scanner.index = start
      throw scanner.failure("search-key")
    }
    return key
  }

  /// The keys without arguments.
  private static let words: [String: WrittenSearchKey] = [
    "ALL": .plain(.all), "RECENT": .recent, "NEW": .unseenRecent, "OLD": .old,
    "ANSWERED": flag(.answered, true), "DELETED": flag(.deleted, true), "DRAFT": flag(.draft, true), "FLAGGED": flag(.flagged, true),
    "SEEN": flag(.seen, true), "UNANSWERED": flag(.answered, false), "UNDELETED": flag(.deleted, false), "UNDRAFT": flag(.draft, false),
    "UNFLAGGED": flag(.flagged, false), "UNSEEN": flag(.seen, false),
  ]

  private static func flag(_ flag: Flags.System, _ isSet: Bool) -> WrittenSearchKey { .plain(.flag(.system(flag), isSet: isSet)) }

  /// The keys with arguments; nil: no such key.
  private mutating func argued(_ name: String, _ scanner: inout Scanner) throws(SyntaxError) -> WrittenSearchKey? {
    switch name {
    case "NOT":
      try scanner.space()
      return .not(try key(&scanner))
    case "OR":
      try scanner.space()
      let first = try key(&scanner)
      try scanner.space()
      return .or(first, try key(&scanner))
    case "UID":
      try scanner.space()
      return .uids(try scanner.sequenceSet())
    case "KEYWORD", "UNKEYWORD":
      try scanner.space()
      return .plain(.flag(.keyword(try scanner.keyword()), isSet: name == "KEYWORD"))
    case "LARGER", "SMALLER":
      try scanner.space()
      let size = try scanner.size()
      return .plain(name == "LARGER" ? .larger(size) : .smaller(size))
    case "HEADER":
      try scanner.space()
      let field = try scanner.fieldName()
      return .plain(.header(name: field, contains: try text(&scanner)))
    case "BCC", "CC", "FROM", "SUBJECT", "TO": return .plain(.header(name: name, contains: try text(&scanner)))
    case "BODY": return .plain(.body(try text(&scanner)))
    case "TEXT": return .plain(.text(try text(&scanner)))
    default: return try dated(name, &scanner).map { .plain($0) }
    }
  }

  private func dated(_ name: String, _ scanner: inout Scanner) throws(SyntaxError) -> SearchKey? {
    guard ["BEFORE", "ON", "SINCE", "SENTBEFORE", "SENTON", "SENTSINCE"].contains(name) else { return nil }
    try scanner.space()
    let day = try scanner.date()
    switch name {
    case "BEFORE": return .before(day)
    case "ON": return .on(day)
    case "SINCE": return .since(day)
    case "SENTBEFORE": return .sentBefore(day)
    case "SENTON": return .sentOn(day)
    default: return .sentSince(day)
    }
  }

  /// A text with the space before it.
  private func text(_ scanner: inout Scanner) throws(SyntaxError) -> String {
    try scanner.space()
    let start = scanner.index
    let bytes = try scanner.astring().array
    if let text = String(validating: bytes, as: UTF8.self) { return text }
    guard isTextOurs else { return "" }
    scanner.index = start
    throw scanner.failure("text in UTF-8")
  }
}
