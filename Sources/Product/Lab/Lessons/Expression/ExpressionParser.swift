// Reads an expression by recursive descent, within bounds. Weakest first: where, or, and, not, comparisons, sums, products, minus, paths.
// Read next: ExpressionCheck.swift, which tells misspelled paths and mismatched kinds before anything runs.
import Settings

/// An expression of the lesson language.
package struct Expression: Sendable, Equatable {
  package let text: String
  let root: ExpressionNode

  /// The expression that stands where none could be read.
  static let nothing = Expression()

  private init() {
    text = "nothing"
    root = ExpressionNode(column: 1, content: .literal(.nothing))
  }

  /// Reads `text` and checks it against the kinds of facts there are.
  package init(_ text: String, limits: ExpressionLimits = ExpressionLimits()) throws(ExpressionError) {
    guard text.count <= limits.charactersMax else {
      throw ExpressionError(at: limits.charactersMax + 1, "expected at most \(limits.charactersMax) characters")
    }
    var parser = try ExpressionParser(text, depthMax: limits.depthMax)
    root = try parser.whole()
    self.text = text
    _ = try ExpressionCheck().shape(of: root)
  }
}

/// Reads one expression.
struct ExpressionParser {
  private var lexer: ExpressionLexer
  private var token: ExpressionToken
  private var depth = 0
  private let depthMax: Int

  init(_ text: String, depthMax: Int) throws(ExpressionError) {
    lexer = ExpressionLexer(text)
    token = try lexer.next()
    self.depthMax = depthMax
  }

  mutating func whole() throws(ExpressionError) -> ExpressionNode {
    let node = try expression()
    guard token.content == .end else { throw ExpressionError(at: token.column, "expected an operator or the end, found \(token.found)") }
    return node
  }

  private mutating func advance() throws(ExpressionError) { token = try lexer.next() }

  private mutating func take(_ sign: String) throws(ExpressionError) -> Bool {
    guard token.content == .sign(sign) else { return false }
    try advance()
    return true
  }

  private mutating func take(word: String) throws(ExpressionError) -> Bool {
    guard token.content == .word(word) else { return false }
    try advance()
    return true
  }

  private mutating func expect(_ sign: String) throws(ExpressionError) {
    guard try take(sign) else { throw ExpressionError(at: token.column, "expected `\(sign)`, found \(token.found)") }
  }

  private func node(_ column: Int, _ content: ExpressionNode.Content) -> ExpressionNode { ExpressionNode(column: column, content: content) }

  /// Runs `read` one level deeper.
  private mutating func deeper(_ read: (inout ExpressionParser) throws(ExpressionError) -> ExpressionNode) throws(ExpressionError) -> ExpressionNode {
    depth += 1
    guard depth <= depthMax else { throw ExpressionError(at: token.column, "expected an expression at most \(depthMax) deep") }
    defer { depth -= 1 }
    return try read(&self)
  }

  // MARK: Levels

  private mutating func expression() throws(ExpressionError) -> ExpressionNode {
    try deeper { (parser) throws(ExpressionError) in
      var left = try parser.either()
      var count = 0
      while try parser.take(word: "where") {
        count += 1
        guard count <= parser.depthMax else { throw ExpressionError(at: parser.token.column, "expected at most \(parser.depthMax) conditions") }
        left = parser.node(left.column, .chosen(left, try parser.either()))
      }
      return left
    }
  }

  private mutating func either() throws(ExpressionError) -> ExpressionNode {
    try chain(["or": .or]) { (parser) throws(ExpressionError) in
      try parser.chain(["and": .and]) { (parser) throws(ExpressionError) in try parser.negation() }
    }
  }

  private mutating func negation() throws(ExpressionError) -> ExpressionNode {
    let column = token.column
    guard try take(word: "not") else { return try comparison() }
    return try deeper { (parser) throws(ExpressionError) in parser.node(column, .not(try parser.negation())) }
  }

  private mutating func comparison() throws(ExpressionError) -> ExpressionNode {
    let left = try sum()
    let comparing: ExpressionNode.Operator?
    switch token.content {
    case .sign(let sign): comparing = ["==", "!=", "<", "<=", ">", ">="].contains(sign) ? .init(rawValue: sign) : nil
    case .word(let word): comparing = ["in", "contains"].contains(word) ? .init(rawValue: word) : nil
    default: comparing = nil
    }
    guard let comparing else { return left }
    try advance()
    return node(left.column, .operation(comparing, left, try sum()))
  }

  private mutating func sum() throws(ExpressionError) -> ExpressionNode {
    try chain(["+": .plus, "-": .minus]) { (parser) throws(ExpressionError) in
      try parser.chain(["*": .times, "/": .over, "%": .modulo]) { (parser) throws(ExpressionError) in try parser.signed() }
    }
  }

  /// Operands joined by operators of one level, from the left.
  private mutating func chain(
    _ operators: [String: ExpressionNode.Operator], _ operand: (inout ExpressionParser) throws(ExpressionError) -> ExpressionNode
  ) throws(ExpressionError) -> ExpressionNode {
    var left = try operand(&self)
    var count = 0
    while true {
      let found: ExpressionNode.Operator?
      switch token.content {
      case .sign(let text), .word(let text): found = operators[text]
      default: found = nil
      }
      guard let found else { return left }
      count += 1
      // The tree leans to the left, so each operator makes it one deeper.
      guard count <= depthMax else { throw ExpressionError(at: token.column, "expected at most \(depthMax) operators in a row") }
      try advance()
      left = node(left.column, .operation(found, left, try operand(&self)))
    }
  }

  private mutating func signed() throws(ExpressionError) -> ExpressionNode {
    let column = token.column
    guard try take("-") else { return try path() }
    return try deeper { (parser) throws(ExpressionError) in parser.node(column, .negated(try parser.signed())) }
  }

  /// A value, then `.name` and `[index]` as often as they come.
  private mutating func path() throws(ExpressionError) -> ExpressionNode {
    var left = try primary()
    var count = 0
    while true {
      let column = token.column
      if try take(".") {
        guard case .word(let name) = token.content else { throw ExpressionError(at: token.column, "expected a name after the point, found \(token.found)") }
        left = node(token.column, .member(left, name))
        try advance()
      } else if try take("[") {
        left = node(column, .index(left, try expression()))
        try expect("]")
      } else {
        return left
      }
      count += 1
      guard count <= depthMax else { throw ExpressionError(at: column, "expected a path of at most \(depthMax) steps") }
    }
  }

  private mutating func primary() throws(ExpressionError) -> ExpressionNode {
    let column = token.column
    switch token.content {
    case .number(let number):
      try advance()
      return node(column, .literal(.number(number)))
    case .duration(let duration):
      try advance()
      return node(column, .literal(.duration(duration)))
    case .text(let text):
      try advance()
      return node(column, .literal(.text(text)))
    case .word(let word): return try named(word, column)
    case .sign("("):
      try advance()
      let inner = try expression()
      try expect(")")
      return inner
    case .sign("["):
      try advance()
      return node(column, .list(try items(until: "]")))
    case .sign, .end:
      throw ExpressionError(at: column, "expected a value, found \(token.found)")
    }
  }

  private mutating func named(_ word: String, _ column: Int) throws(ExpressionError) -> ExpressionNode {
    if ["where", "and", "or", "not", "in", "contains"].contains(word) { throw ExpressionError(at: column, "expected a value, found `\(word)`") }
    try advance()
    if word == "true" || word == "false" { return node(column, .literal(.truth(word == "true"))) }
    if word == "nothing" { return node(column, .literal(.nothing)) }
    guard try take("(") else { return node(column, .name(word)) }
    guard let function = ExpressionFunction(rawValue: word) else {
      let near = NearestWord.of(word, among: ExpressionFunction.allCases.map(\.rawValue))
      throw ExpressionError(at: column, "there is no function `\(word)`" + (near.map { "; did you mean `\($0)`?" } ?? ""))
    }
    let arguments = try items(until: ")")
    guard function.arity.contains(arguments.count) else {
      let counts = function.arity.lowerBound == function.arity.upperBound ? "\(function.arity.lowerBound)" : "\(function.arity.lowerBound) to \(function.arity.upperBound)"
      throw ExpressionError(at: column, "`\(word)` takes \(counts) argument\(counts == "1" ? "" : "s"), found \(arguments.count)")
    }
    return node(column, .call(function, arguments))
  }

  /// Expressions between commas, up to and with the closing sign.
  private mutating func items(until closing: String) throws(ExpressionError) -> [ExpressionNode] {
    var items: [ExpressionNode] = []
    if try take(closing) { return items }
    repeat { items.append(try expression()) } while try take(",")
    try expect(closing)
    return items
  }
}
