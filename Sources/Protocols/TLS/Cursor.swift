// A place in bytes that moves forward: what every reader of this module reads with. Numbers are in network order, lists say their bytes first.
import Bytes
import World

/// Reads `bytes` from `offset` to `end`.
struct Cursor {
  let bytes: Buffer
  private(set) var offset: Int
  let end: Int
  /// The section that says what stands here.
  let rule: String

  init(_ bytes: Buffer, _ range: Range<Int>, rule: String) {
    self.bytes = bytes
    let range = range.clamped(to: 0..<bytes.count)
    (offset, end) = (range.lowerBound, range.upperBound)
    self.rule = rule
  }

  var isAtEnd: Bool { offset >= end }
  var rest: Range<Int> { offset..<end }

  /// The next `count` bytes' place.
  mutating func range(_ count: Int, _ what: String) throws(SyntaxError) -> Range<Int> {
    guard count >= 0, count <= end - offset else { throw SyntaxError(expected: what, found: "\(end - offset) bytes", at: offset, rule: rule) }
    defer { offset += count }
    return offset..<(offset + count)
  }

  /// A number of `width` bytes, at most three.
  mutating func number(_ width: Int, _ what: String) throws(SyntaxError) -> Int {
    try range(width, what).reduce(0) { $0 << 8 | Int(bytes[at: $1] ?? 0) }
  }

  /// What stands behind a length of `width` bytes.
  mutating func block(_ width: Int, _ what: String) throws(SyntaxError) -> Cursor {
    let length = try number(width, "the length of \(what)")
    return Cursor(bytes, try range(length, what), rule: rule)
  }

  func text(_ range: Range<Int>) -> String { bytes[range].text }
}
