// The text of a message cut into words, strings and lists with their places. Nothing is judged: what is broken is shown as far as it goes.
// Read next: Explain.swift.
import Bytes

/// A piece of a line.
struct Token: Sendable {
  enum Shape: Sendable {
    case atom
    /// A quoted string or a literal; `content` is what it holds.
    case string(content: Range<Int>)
    case list([Token])
  }

  var shape: Shape
  /// Unit: bytes from the start of the message.
  var range: Range<Int>
}

/// Cuts a message.
struct Tokenizer {
  /// Most pieces of one message that are told apart. Past it: the rest is one.
  private static let tokensMax: Int = 2_000
  private static let depthMax: Int = 60

  private let bytes: Buffer
  private(set) var index: Int
  private var count = 0

  init(_ bytes: Buffer, from index: Int = 0) {
    self.bytes = bytes
    self.index = index
  }

  /// The pieces up to the line's end, which is taken too. Literals belong to the line.
  mutating func line() -> (tokens: [Token], range: Range<Int>) {
    let start = index
    let tokens = tokens(isList: false, depth: 0)
    if bytes[at: index] == 0x0D { index += 1 }
    if bytes[at: index] == 0x0A { index += 1 }
    return (tokens, start..<index)
  }

  private mutating func tokens(isList: Bool, depth: Int) -> [Token] {
    var tokens: [Token] = []
    while let byte = bytes[at: index] {
      switch byte {
      case 0x0D, 0x0A: return tokens
      case 0x20: index += 1
      case UInt8(ascii: ")"):
        if isList { return tokens }
        index += 1
      default:
        guard count < Self.tokensMax else {
          let start = index
          while let byte = bytes[at: index], byte != 0x0A { index += 1 }
          return tokens + [Token(shape: .atom, range: start..<index)]
        }
        count += 1
        tokens.append(token(byte, depth: depth))
      }
    }
    return tokens
  }

  private mutating func token(_ first: UInt8, depth: Int) -> Token {
    let start = index
    switch first {
    case UInt8(ascii: "(") where depth < Self.depthMax:
      index += 1
      let inside = tokens(isList: true, depth: depth + 1)
      if bytes[at: index] == UInt8(ascii: ")") { index += 1 }
      return Token(shape: .list(inside), range: start..<index)
    case UInt8(ascii: "\""):
      index += 1
      while let byte = bytes[at: index], byte != UInt8(ascii: "\""), byte != 0x0D { index += byte == UInt8(ascii: "\\") ? 2 : 1 }
      let end = min(index, bytes.count)
      index = min(bytes.count, bytes[at: end] == UInt8(ascii: "\"") ? end + 1 : end)
      return Token(shape: .string(content: (start + 1)..<end), range: start..<index)
    case UInt8(ascii: "{"): return literal()
    default: return atom()
    }
  }

  private mutating func literal() -> Token {
    let start = index
    while let byte = bytes[at: index], byte != 0x0D, byte != 0x20 { index += 1 }
    guard let literal = Literal(endOf: bytes[start..<index]), bytes[at: index] == 0x0D, bytes[at: index + 1] == 0x0A else {
      return Token(shape: .atom, range: start..<index)
    }
    let begin = index + 2
    index = begin + Int(min(literal.size, Int64(bytes.count - begin)))
    return Token(shape: .string(content: begin..<index), range: start..<index)
  }

  /// A word; what stands in brackets inside it belongs to it, spaces and all.
  private mutating func atom() -> Token {
    let start = index
    var brackets = 0
    while let byte = bytes[at: index], byte != 0x0D, byte != 0x0A {
      switch byte {
      case UInt8(ascii: "["): brackets += 1
      case UInt8(ascii: "]"): brackets = max(0, brackets - 1)
      case 0x20, UInt8(ascii: "("), UInt8(ascii: ")"):
        if brackets == 0, index > start { return Token(shape: .atom, range: start..<index) }
      default: break
      }
      index += 1
    }
    return Token(shape: .atom, range: start..<index)
  }
}
