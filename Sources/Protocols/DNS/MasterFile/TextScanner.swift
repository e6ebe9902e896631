// Cuts master-file text into entries and tokens (RFC 1035 §5.1): comments, parentheses, quotes, escapes.
// Not here: what the tokens mean (TextFields.swift, MasterFileReader.swift).
import World

/// A word or quoted string: a range of the text, quotes not included, escapes still in.
struct TextToken: Sendable {
  var start: Int
  var end: Int
  var isQuoted: Bool
}

/// A place in a master file, moving entry by entry. It borrows the bytes.
struct TextScanner {
  let bytes: UnsafeRawBufferPointer
  private(set) var index = 0
  /// Whether the entry read last began with a blank, so that its owner is that of the one before.
  private(set) var beganBlank = false

  init(_ bytes: UnsafeRawBufferPointer) { self.bytes = bytes }

  var isAtEnd: Bool { index >= bytes.count }

  /// Reads the next entry, which may span lines inside parentheses, into `tokens`; none for a line without any.
  /// After an error the rest of the line is skipped, so that reading can go on.
  mutating func entry(into tokens: inout [TextToken]) throws(SyntaxError) {
    tokens.removeAll(keepingCapacity: true)
    beganBlank = index < bytes.count && (bytes[index] == 0x20 || bytes[index] == 0x09)
    var opened: [Int] = []
    while index < bytes.count {
      let byte = bytes[index]
      switch byte {
      case 0x20, 0x09, 0x0D: index &+= 1
      case 0x0A:
        index &+= 1
        if opened.isEmpty { return }
      case UInt8(ascii: ";"): skipComment()
      case UInt8(ascii: "("):
        opened.append(index)
        index &+= 1
      case UInt8(ascii: ")"):
        if opened.popLast() == nil {
          let place = index
          skipLine()
          throw SyntaxError(expected: "an opening parenthesis before this one", at: place, rule: "RFC 1035 §5.1")
        }
        index &+= 1
      case UInt8(ascii: "\""): tokens.append(try quoted())
      default: tokens.append(try word())
      }
    }
    if let place = opened.last {
      throw SyntaxError(expected: "a closing parenthesis for this one", found: "the end of the file", at: place, rule: "RFC 1035 §5.1")
    }
  }

  private mutating func skipComment() {
    while index < bytes.count, bytes[index] != 0x0A { index &+= 1 }
  }

  /// Goes to the start of the next line.
  private mutating func skipLine() {
    skipComment()
    if index < bytes.count { index &+= 1 }
  }

  private mutating func word() throws(SyntaxError) -> TextToken {
    let start = index
    while index < bytes.count {
      switch bytes[index] {
      case 0x20, 0x09, 0x0D, 0x0A, UInt8(ascii: ";"), UInt8(ascii: "("), UInt8(ascii: ")"), UInt8(ascii: "\""):
        return TextToken(start: start, end: index, isQuoted: false)
      case UInt8(ascii: "\\"): try skipEscape()
      default: index &+= 1
      }
    }
    return TextToken(start: start, end: index, isQuoted: false)
  }

  private mutating func quoted() throws(SyntaxError) -> TextToken {
    let start = index
    index &+= 1
    while index < bytes.count {
      switch bytes[index] {
      case UInt8(ascii: "\""):
        index &+= 1
        return TextToken(start: start &+ 1, end: index &- 1, isQuoted: true)
      case 0x0A:
        index &+= 1
        throw SyntaxError(expected: "a closing quote for this one", found: "the end of the line", at: start, rule: "RFC 1035 §5.1")
      case UInt8(ascii: "\\"): try skipEscape()
      default: index &+= 1
      }
    }
    throw SyntaxError(expected: "a closing quote for this one", found: "the end of the file", at: start, rule: "RFC 1035 §5.1")
  }

  private mutating func skipEscape() throws(SyntaxError) {
    let place = index
    guard index &+ 1 < bytes.count, bytes[index &+ 1] != 0x0A, bytes[index &+ 1] != 0x0D else {
      skipLine()
      throw SyntaxError(expected: "a character after the backslash", found: "the end of the line", at: place, rule: "RFC 1035 §5.1")
    }
    index &+= 2
  }
}
