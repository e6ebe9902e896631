// A place in bytes that only moves forward: what every small grammar of this library reads with. It never reads past the end.
import Bytes
import World

/// Bytes, and how far they are read.
struct ByteScanner {
  let bytes: [UInt8]
  var index: Int

  init(_ bytes: [UInt8], at index: Int = 0) {
    self.bytes = bytes
    self.index = max(0, min(index, bytes.count))
  }

  var isAtEnd: Bool { index >= bytes.count }

  /// The next byte, left where it is; nil at the end.
  var peek: UInt8? { index < bytes.count ? bytes[index] : nil }

  /// The byte `distance` after the next; nil past the end.
  func peek(at distance: Int) -> UInt8? {
    let place = index + distance
    return place < bytes.count ? bytes[place] : nil
  }

  /// Takes the next byte; nil at the end.
  mutating func next() -> UInt8? {
    guard index < bytes.count else { return nil }
    defer { index += 1 }
    return bytes[index]
  }

  /// Passes over `scalar` when it is next; says whether it was.
  mutating func skip(_ scalar: Unicode.Scalar) -> Bool {
    guard let byte = peek, UInt32(byte) == scalar.value else { return false }
    index += 1
    return true
  }

  /// Passes over `word`, written in lower case, when it is next in any case; says whether it was.
  mutating func skipWord(_ word: StaticString) -> Bool {
    let length = word.utf8CodeUnitCount
    guard length <= bytes.count - index else { return false }
    for offset in 0..<length where ASCII.lowercased(bytes[index + offset]) != word.utf8Start[offset] { return false }
    index += length
    return true
  }

  /// Takes bytes as long as they are in `set`.
  mutating func take(while set: CharacterClass) -> ArraySlice<UInt8> {
    let start = index
    while index < bytes.count, set.contains(bytes[index]) { index += 1 }
    return bytes[start..<index]
  }

  /// Takes a decimal number of 1 to `digitsMax` digits; nil, and nothing taken, when there is none.
  mutating func takeNumber(digitsMax: Int = 9) -> Int? {
    var value = 0
    let start = index
    while let byte = peek, (0x30...0x39).contains(byte), index - start < digitsMax {
      value = value * 10 + Int(byte - 0x30)
      index += 1
    }
    return index == start ? nil : value
  }

  /// The bytes from `start` to here, as text.
  func text(from start: Int) -> String { String(decoding: bytes[start..<index], as: UTF8.self) }

  /// That something else was expected here.
  func error(_ expected: String, _ rule: String) -> SyntaxError {
    let found =
      switch peek {
      case nil: "the end"
      case .some(let byte) where (0x21...0x7E).contains(byte): "'\(Unicode.Scalar(byte))'"
      case .some(let byte): "byte \(byte)"
      }
    return SyntaxError(expected: expected, found: found, at: index, rule: rule)
  }
}

/// Letters without a locale.
enum ASCII {
  static func lowercased(_ byte: UInt8) -> UInt8 { (0x41...0x5A).contains(byte) ? byte | 0x20 : byte }

  /// `bytes` as text in lower case; what is not UTF-8 is repaired.
  static func lowercased(_ bytes: some Sequence<UInt8>) -> String { String(decoding: bytes.map(lowercased), as: UTF8.self) }

  /// Whether the two are the same but for the case of ASCII letters.
  static func areSame(_ a: some Sequence<UInt8>, _ b: some Sequence<UInt8>) -> Bool { a.elementsEqual(b) { lowercased($0) == lowercased($1) } }

  /// `bytes` without blanks and line ends at both ends.
  static func trimmed(_ bytes: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
    let front = bytes.drop(while: isSpace)
    guard let last = front.lastIndex(where: { !isSpace($0) }) else { return front.prefix(0) }
    return front[...last]
  }

  /// Space, tab, CR and LF.
  static func isSpace(_ byte: UInt8) -> Bool { byte == 0x20 || byte == 0x09 || byte == 0x0D || byte == 0x0A }
}
