// Reads the small pieces that commands and responses share: atoms, strings, literals, numbers, parentheses.
// One scanner for both ends: a literal stands in the text as it came, `{5}` CR LF and five bytes, and is read like any other string.
// Read next: CommandParser.swift, ResponseReader.swift.
import Bytes
import World

/// A place in a text that is being read.
struct Scanner {
  let bytes: [UInt8]
  var index: Int
  let limits: Limits
  /// How many parentheses and search keys are open.
  var depth = 0
  /// Whether a literal may hold NUL: servers tell of messages as they are.
  private let takesNUL: Bool

  init(_ bytes: [UInt8], from index: Int = 0, limits: Limits, takesNUL: Bool = false) {
    self.bytes = bytes
    self.index = index
    self.limits = limits
    self.takesNUL = takesNUL
  }

  var isAtEnd: Bool { index >= bytes.count }
  var next: UInt8? { index < bytes.count ? bytes[index] : nil }

  func failure(_ expected: String, rule: String = "RFC 3501 §9") -> SyntaxError {
    let found = next.map { Buffer([$0]).description } ?? "the end"
    return SyntaxError(expected: expected, found: found, at: index, rule: rule)
  }

  mutating func skip(_ byte: UInt8) -> Bool {
    guard next == byte else { return false }
    index += 1
    return true
  }

  mutating func expect(_ character: Unicode.Scalar, _ expected: String) throws(SyntaxError) {
    guard skip(UInt8(truncatingIfNeeded: character.value)) else { throw failure(expected) }
  }

  mutating func space() throws(SyntaxError) { try expect(" ", "SP") }

  func expectEnd() throws(SyntaxError) { guard isAtEnd else { throw failure("CRLF") } }

  /// One or more bytes of `set`.
  mutating func run(of set: CharacterClass, _ expected: String) throws(SyntaxError) -> ArraySlice<UInt8> {
    let start = index
    while index < bytes.count, set.contains(bytes[index]) { index += 1 }
    guard index > start else { throw failure(expected) }
    return bytes[start..<index]
  }

  mutating func atom(_ expected: String = "atom") throws(SyntaxError) -> ArraySlice<UInt8> { try run(of: Characters.atom, expected) }

  /// A word of the protocol, in capitals.
  mutating func word(_ expected: String) throws(SyntaxError) -> String {
    String(decoding: try atom(expected).map(Characters.uppercased), as: UTF8.self)
  }

  /// Takes `word` in any case if it stands here.
  mutating func skip(word: StaticString) -> Bool {
    let count = word.utf8CodeUnitCount
    guard bytes.count - index >= count else { return false }
    let matches = word.withUTF8Buffer { word in (0..<count).allSatisfy { Characters.uppercased(bytes[index + $0]) == word[$0] } }
    if matches { index += count }
    return matches
  }

  // RFC 3501 §9 number: 32 bits without a sign.
  mutating func number(_ expected: String = "number") throws(SyntaxError) -> UInt32 {
    let start = index
    let digits = try run(of: .digits, expected)
    guard digits.count <= 10, let number = UInt32(String(decoding: digits, as: UTF8.self)) else {
      index = start
      throw failure("\(expected) of at most 32 bits")
    }
    return number
  }

  // RFC 3501 §9 nz-number
  mutating func nonZeroNumber(_ expected: String = "nz-number") throws(SyntaxError) -> UInt32 {
    let start = index
    guard next != UInt8(ascii: "0") else { throw failure(expected) }
    let number = try number(expected)
    guard number > 0 else {
      index = start
      throw failure(expected)
    }
    return number
  }

  /// A number of bytes: up to 63 bits, which is more than the RFC's 32.
  // RFC 9051 §9 number64
  mutating func size(_ expected: String = "number") throws(SyntaxError) -> Int64 {
    let start = index
    let digits = try run(of: .digits, expected)
    guard digits.count <= 19, let number = Int64(String(decoding: digits, as: UTF8.self)) else {
      index = start
      throw failure("\(expected) of at most 63 bits")
    }
    return number
  }

  // MARK: Strings

  // RFC 3501 §9 astring
  mutating func astring(_ expected: String = "astring") throws(SyntaxError) -> Buffer {
    if let string = try stringIfAny() { return string }
    return Buffer(try run(of: Characters.astring, expected))
  }

  // RFC 3501 §9 string
  mutating func string(_ expected: String = "string") throws(SyntaxError) -> Buffer {
    guard let string = try stringIfAny() else { throw failure(expected) }
    return string
  }

  // RFC 3501 §9 nstring: nil for NIL.
  mutating func nstring() throws(SyntaxError) -> Buffer? {
    if let string = try stringIfAny() { return string }
    guard skip(word: "NIL") else { throw failure("nstring") }
    return nil
  }

  // RFC 3501 §9 list-mailbox
  mutating func listMailbox() throws(SyntaxError) -> Buffer {
    if let string = try stringIfAny() { return string }
    return Buffer(try run(of: Characters.list, "list-mailbox"))
  }

  /// A quoted string or a literal; nil: neither begins here.
  mutating func stringIfAny() throws(SyntaxError) -> Buffer? {
    switch next {
    case UInt8(ascii: "\""): try quoted()
    case UInt8(ascii: "{"): try literal()
    default: nil
    }
  }

  private mutating func quoted() throws(SyntaxError) -> Buffer {
    index += 1
    var content: [UInt8] = []
    while let byte = next {
      if byte == UInt8(ascii: "\"") {
        index += 1
        return Buffer(content)
      }
      if byte == UInt8(ascii: "\\") {
        index += 1
        guard let escaped = next, escaped == UInt8(ascii: "\"") || escaped == UInt8(ascii: "\\") else { throw failure("quoted-specials") }
        content.append(escaped)
      } else {
        guard Characters.quoted.contains(byte) else { throw failure("QUOTED-CHAR") }
        content.append(byte)
      }
      index += 1
    }
    throw failure("DQUOTE")
  }

  private mutating func literal() throws(SyntaxError) -> Buffer {
    index += 1
    let size = try size("number of octets")
    _ = skip(UInt8(ascii: "+"))
    try expect("}", "}")
    try expect("\r", "CRLF")
    try expect("\n", "CRLF")
    guard size <= Int64(bytes.count - index) else { throw failure("\(size) octets") }
    let end = index + Int(size)
    // RFC 3501 §9 CHAR8: anything but NUL.
    if !takesNUL, let zero = bytes[index..<end].firstIndex(of: 0) {
      index = zero
      throw failure("CHAR8")
    }
    defer { index = end }
    return Buffer(bytes[index..<end])
  }

  // MARK: Lists

  /// One level down; the parentheses and keys of one text nest only so far.
  mutating func descend() throws(SyntaxError) {
    depth += 1
    guard depth <= limits.depthMax else { throw failure("at most \(limits.depthMax) levels") }
  }

  /// `(` elements with one space between them `)`; none only where `allowsNone`.
  mutating func list(allowsNone: Bool, countMax: Int, _ element: (inout Scanner) throws(SyntaxError) -> Void) throws(SyntaxError) {
    try expect("(", "(")
    try descend()
    if allowsNone, skip(UInt8(ascii: ")")) {
      depth -= 1
      return
    }
    var count = 0
    repeat {
      count += 1
      guard count <= countMax else { throw failure("at most \(countMax) elements") }
      try element(&self)
    } while skip(UInt8(ascii: " "))
    try expect(")", ")")
    depth -= 1
  }

  // RFC 3501 §9 sequence-set
  mutating func sequenceSet() throws(SyntaxError) -> SequenceSet {
    var spans: [SequenceSet.Span] = []
    repeat {
      let from = try bound()
      spans.append(.init(from, skip(UInt8(ascii: ":")) ? try bound() : from))
    } while skip(UInt8(ascii: ","))
    return SequenceSet(spans)
  }

  private mutating func bound() throws(SyntaxError) -> SequenceSet.Bound {
    skip(UInt8(ascii: "*")) ? .last : .number(try nonZeroNumber("seq-number"))
  }

  // RFC 4315 §4 uid-set: without `*`.
  mutating func uidSet() throws(SyntaxError) -> UIDSet {
    let set = try sequenceSet()
    guard !set.namesLast else { throw failure("uid-set") }
    return set.numbers(last: 0)
  }
}
