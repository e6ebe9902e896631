// The items of FETCH out of their text, and the sections inside them.
import Bytes
import World

extension Scanner {
  // RFC 3501 §9 fetch
  mutating func fetchItems() throws(SyntaxError) -> [FetchItem] {
    if skip(wholeWord: "ALL") { return [.flags, .internalDate, .size, .envelope] }
    if skip(wholeWord: "FULL") { return [.flags, .internalDate, .size, .envelope, .body] }
    if skip(wholeWord: "FAST") { return [.flags, .internalDate, .size] }
    guard next == UInt8(ascii: "(") else { return [try fetchItem()] }
    var items: [FetchItem] = []
    try list(allowsNone: false, countMax: limits.keysMax) { scanner throws(SyntaxError) in
      let item = try scanner.fetchItem()
      if !items.contains(item) { items.append(item) }
    }
    return items
  }

  /// Takes `word` if it stands here up to the end.
  private mutating func skip(wholeWord word: StaticString) -> Bool {
    guard bytes.count - index == word.utf8CodeUnitCount else { return false }
    return skip(word: word)
  }

  // RFC 3501 §9 fetch-att
  mutating func fetchItem() throws(SyntaxError) -> FetchItem {
    let start = index
    // `[` is an atom's character, so a name is read only up to it.
    let name = String(decoding: try run(of: Self.itemName, "fetch-att").map(Characters.uppercased), as: UTF8.self)
    switch name {
    case "UID": return .uid
    case "FLAGS": return .flags
    case "INTERNALDATE": return .internalDate
    case "RFC822.SIZE": return .size
    case "ENVELOPE": return .envelope
    case "BODYSTRUCTURE": return .bodyStructure
    case "RFC822": return .section(.rfc822)
    case "RFC822.HEADER": return .section(.rfc822Header)
    case "RFC822.TEXT": return .section(.rfc822Text)
    case "BODY" where next != UInt8(ascii: "["): return .body
    case "BODY": return .section(try sectionRequest(peeks: false))
    case "BODY.PEEK": return .section(try sectionRequest(peeks: true))
    default:
      index = start
      throw failure("fetch-att")
    }
  }

  static let itemName = CharacterClass.letters.union(.digits).union(CharacterClass("."))

  private mutating func sectionRequest(peeks: Bool) throws(SyntaxError) -> SectionRequest {
    var request = SectionRequest(try section(), peeks: peeks)
    guard skip(UInt8(ascii: "<")) else { return request }
    let offset = try number("offset")
    try expect(".", ".")
    request.partial = .init(offset: offset, count: try nonZeroNumber("count"))
    try expect(">", ">")
    return request
  }

  // RFC 3501 §9 section
  mutating func section() throws(SyntaxError) -> Section {
    try expect("[", "[")
    var section = Section()
    while let byte = next, CharacterClass.digits.contains(byte) {
      section.path.append(try nonZeroNumber())
      guard section.path.count <= limits.depthMax else { throw failure("at most \(limits.depthMax) levels") }
      guard skip(UInt8(ascii: ".")) else {
        try expect("]", "]")
        return section
      }
    }
    if section.path.isEmpty, skip(UInt8(ascii: "]")) { return section }
    section.text = try sectionText(allowsMIME: !section.path.isEmpty)
    try expect("]", "]")
    return section
  }

  // RFC 3501 §9 section-msgtext and section-text
  private mutating func sectionText(allowsMIME: Bool) throws(SyntaxError) -> Section.Text {
    let start = index
    let name = String(decoding: try run(of: Self.itemName, "section-text").map(Characters.uppercased), as: UTF8.self)
    switch name {
    case "HEADER": return .header
    case "TEXT": return .text
    case "MIME" where allowsMIME: return .mime
    case "HEADER.FIELDS", "HEADER.FIELDS.NOT":
      try space()
      var names: [String] = []
      try list(allowsNone: false, countMax: limits.keysMax) { scanner throws(SyntaxError) in names.append(try scanner.fieldName()) }
      return .fields(names, isNot: name.utf8.count > 13)
    default:
      index = start
      throw failure("section-text")
    }
  }

  // RFC 3501 §9 header-fld-name
  mutating func fieldName() throws(SyntaxError) -> String {
    let start = index
    let name = try astring("header-fld-name").array
    guard !name.isEmpty, Characters.fieldName.containsAll(name) else {
      index = start
      throw failure("header-fld-name")
    }
    return String(decoding: name, as: UTF8.self)
  }
}
