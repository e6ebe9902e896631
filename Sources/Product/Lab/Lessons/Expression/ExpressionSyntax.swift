// An expression as a tree, each node with its place in the text, and the words the text is cut into.
// The grammar stands in docs/lessons/EXPRESSIONS.md. Read next: ExpressionParser.swift.

/// An expression, read but not worked out.
package struct ExpressionNode: Sendable, Equatable {
  /// Where it begins. Unit: characters from 1.
  var column: Int
  var content: Content

  indirect enum Content: Sendable, Equatable {
    case literal(LessonValue)
    case list([ExpressionNode])
    case name(String)
    case member(ExpressionNode, String)
    case index(ExpressionNode, ExpressionNode)
    case call(ExpressionFunction, [ExpressionNode])
    case negated(ExpressionNode)
    case not(ExpressionNode)
    case operation(Operator, ExpressionNode, ExpressionNode)
    /// `list where condition`
    case chosen(ExpressionNode, ExpressionNode)
  }

  /// Two values make one.
  enum Operator: String, Sendable, Equatable {
    case or, and, contains, `in`
    case equal = "==", unequal = "!=", less = "<", lessOrEqual = "<=", greater = ">", greaterOrEqual = ">="
    case plus = "+", minus = "-", times = "*", over = "/", modulo = "%"
  }
}

/// One word of an expression's text.
struct ExpressionToken: Equatable {
  enum Content: Equatable {
    case number(Double)
    case duration(Double)
    case text(String)
    case word(String)
    /// An operator or a bracket.
    case sign(String)
    case end
  }

  var content: Content
  var column: Int

  /// In the words of an error.
  var found: String {
    switch content {
    case .number, .duration: "a number"
    case .text: "a text"
    case .word(let word): "`\(word)`"
    case .sign(let sign): "`\(sign)`"
    case .end: "the end"
    }
  }
}

/// Cuts a text into words.
struct ExpressionLexer {
  private let characters: [Character]
  private var index = 0

  init(_ text: String) { characters = Array(text) }

  private var current: Character? { index < characters.count ? characters[index] : nil }
  private var following: Character? { index + 1 < characters.count ? characters[index + 1] : nil }

  mutating func next() throws(ExpressionError) -> ExpressionToken {
    while let character = current, character.isWhitespace { index += 1 }
    let column = index + 1
    guard let first = current else { return ExpressionToken(content: .end, column: column) }
    if first.isASCII, first.isNumber { return ExpressionToken(content: try number(column), column: column) }
    if first == "\"" { return ExpressionToken(content: .text(try text(column)), column: column) }
    if Self.beginsWord(first) {
      let start = index
      while let character = current, Self.beginsWord(character) || character.isASCII && character.isNumber { index += 1 }
      return ExpressionToken(content: .word(String(characters[start..<index])), column: column)
    }
    for sign in ["==", "!=", "<=", ">="] where first == sign.first && following == sign.last {
      index += 2
      return ExpressionToken(content: .sign(sign), column: column)
    }
    guard "<>+-*/%()[].,".contains(first) else { throw ExpressionError(at: column, "expected a value or an operator, found `\(first)`") }
    index += 1
    return ExpressionToken(content: .sign(String(first)), column: column)
  }

  private static func beginsWord(_ character: Character) -> Bool { character == "_" || character.isASCII && character.isLetter }

  /// Units a number may carry, in nanoseconds.
  static let units: [(name: String, nanoseconds: Double)] = [
    ("ns", 1), ("us", 1e3), ("ms", 1e6), ("s", 1e9), ("min", 60e9), ("h", 3_600e9), ("d", 86_400e9),
  ]

  private mutating func number(_ column: Int) throws(ExpressionError) -> ExpressionToken.Content {
    let start = index
    while let character = current, character.isASCII, character.isNumber || character == "_" { index += 1 }
    if current == ".", let digit = following, digit.isASCII, digit.isNumber {
      index += 1
      while let character = current, character.isASCII, character.isNumber { index += 1 }
    }
    guard let value = Double(String(characters[start..<index].filter { $0 != "_" })), value.isFinite, value <= 1e18 else {
      throw ExpressionError(at: column, "expected a number up to 10^18")
    }
    let unitStart = index
    while let character = current, Self.beginsWord(character) { index += 1 }
    let unit = String(characters[unitStart..<index])
    if unit.isEmpty { return .number(value) }
    guard let known = Self.units.first(where: { $0.name == unit }) else {
      throw ExpressionError(at: unitStart + 1, "expected a unit of time (\(Self.units.map(\.name).joined(separator: ", "))), found `\(unit)`")
    }
    return .duration(value * known.nanoseconds)
  }

  private mutating func text(_ column: Int) throws(ExpressionError) -> String {
    index += 1
    var text = ""
    while let character = current, character != "\"" {
      index += 1
      guard character == "\\" else {
        text.append(character)
        continue
      }
      guard let escaped = current else { break }
      index += 1
      switch escaped {
      case "n": text.append("\n")
      case "r": text.append("\r")
      case "t": text.append("\t")
      case "\"", "\\": text.append(escaped)
      default: throw ExpressionError(at: index - 1, "expected \\n, \\r, \\t, \\\" or \\\\, found `\\\(escaped)`")
      }
    }
    guard current == "\"" else { throw ExpressionError(at: column, "expected a closing quote") }
    index += 1
    return text
  }
}
