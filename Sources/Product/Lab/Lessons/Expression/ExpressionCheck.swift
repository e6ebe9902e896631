// Tells what kind of value each part of an expression has, from the tables of facts alone: a misspelled path, a number compared with a text,
// a sum of truths are refused where they stand, before any lesson has run. What depends on the trace is left to the evaluation.
import Settings

/// What kind of value an expression makes.
package indirect enum ValueShape: Sendable, Equatable {
  case number, duration, text, truth
  case fact(FactKind)
  case list(ValueShape)
  /// It depends on the trace.
  case anything

  var name: String {
    switch self {
    case .number: "a number"
    case .duration: "a duration"
    case .text: "a text"
    case .truth: "a truth"
    case .fact(let kind): "a \(kind.name)"
    case .list(let item): item == .anything ? "a list" : "a list of \(item.name.split(separator: " ").dropFirst().joined(separator: " "))s"
    case .anything: "anything"
    }
  }

  /// Whether a value of this kind may stand where one of `other` is wanted.
  func fits(_ other: ValueShape) -> Bool {
    switch (self, other) {
    case (.anything, _), (_, .anything): true
    case (.list(let a), .list(let b)): a.fits(b)
    default: self == other
    }
  }
}

/// Checks expressions.
struct ExpressionCheck {
  /// The items whose members names stand for, the innermost last.
  private var items: [FactKind] = []

  func shape(of node: ExpressionNode) throws(ExpressionError) -> ValueShape {
    switch node.content {
    case .literal(let value): return shape(of: value)
    case .list(let nodes):
      var shapes: [ValueShape] = []
      for node in nodes { shapes.append(try shape(of: node)) }
      let first = shapes.first ?? .anything
      return .list(shapes.allSatisfy { $0 == first } ? first : .anything)
    case .name(let name): return try shape(ofName: name, at: node.column)
    case .member(let base, let name): return try member(name, of: try shape(of: base), at: node.column)
    case .index(let base, let place): return try element(of: try shape(of: base), place, at: node.column)
    case .negated(let inner):
      let kind = try shape(of: inner)
      guard kind.fits(.number) || kind.fits(.duration) else { throw ExpressionError(at: node.column, "expected a number after `-`, found \(kind.name)") }
      return kind
    case .not(let inner):
      try want(.truth, inner)
      return .truth
    case .chosen(let list, let condition):
      let kind = try shape(of: list)
      guard case .list(let item) = kind else {
        if kind == .anything { return .anything }
        throw ExpressionError(at: list.column, "expected a list before `where`, found \(kind.name)")
      }
      guard case .fact(let fact) = item else { throw ExpressionError(at: list.column, "expected a list of things with members before `where`") }
      var inner = self
      inner.items.append(fact)
      try inner.want(.truth, condition)
      return kind
    case .operation(let operation, let left, let right): return try shape(operation, left, right)
    case .call(let function, let arguments): return try function.shape(arguments, self)
    }
  }

  /// Refuses what is not of kind `wanted`.
  func want(_ wanted: ValueShape, _ node: ExpressionNode) throws(ExpressionError) {
    let kind = try shape(of: node)
    guard kind.fits(wanted) else { throw ExpressionError(at: node.column, "expected \(wanted.name), found \(kind.name)") }
  }

  private func shape(of value: LessonValue) -> ValueShape {
    switch value {
    case .number: .number
    case .duration: .duration
    case .text: .text
    case .truth: .truth
    case .fact(let fact): .fact(fact.kind)
    case .list, .nothing: .anything
    }
  }

  private func shape(ofName name: String, at column: Int) throws(ExpressionError) -> ValueShape {
    for kind in items.reversed() { if let shape = kind.shape(of: name) { return shape } }
    if let shape = FactKind.trace.shape(of: name) { return shape }
    throw unknown(name, (items.last?.names ?? []) + FactKind.trace.names, "there is no `\(name)`", at: column)
  }

  private func member(_ name: String, of kind: ValueShape, at column: Int) throws(ExpressionError) -> ValueShape {
    switch kind {
    case .anything: return .anything
    // A member of a list is the list of its items' members.
    case .list(let item): return .list(try member(name, of: item, at: column))
    case .fact(let fact):
      if let shape = fact.shape(of: name) { return shape }
      throw unknown(name, fact.names, "a \(fact.name) has no `\(name)`", at: column)
    default: throw ExpressionError(at: column, "\(kind.name) has no members, so no `\(name)`")
    }
  }

  private func unknown(_ name: String, _ known: [String], _ sentence: String, at column: Int) -> ExpressionError {
    ExpressionError(at: column, sentence + (NearestWord.of(name, among: known).map { "; did you mean `\($0)`?" } ?? ""))
  }

  private func element(of kind: ValueShape, _ place: ExpressionNode, at column: Int) throws(ExpressionError) -> ValueShape {
    switch kind {
    case .anything:
      _ = try shape(of: place)
      return .anything
    case .fact(let fact) where fact.isOpen:
      try want(.text, place)
      return fact.openShape
    case .list(let item):
      // A text goes to each item, as a member's name does.
      if case .fact(let fact) = item, fact.isOpen, try shape(of: place) == .text { return .list(fact.openShape) }
      try want(.number, place)
      return item
    default: throw ExpressionError(at: column, "expected a list before `[`, found \(kind.name)")
    }
  }

  private func shape(_ operation: ExpressionNode.Operator, _ left: ExpressionNode, _ right: ExpressionNode) throws(ExpressionError) -> ValueShape {
    if operation == .and || operation == .or {
      try want(.truth, left)
      try want(.truth, right)
      return .truth
    }
    let (a, b) = (try shape(of: left), try shape(of: right))
    func refuse() -> ExpressionError { ExpressionError(at: right.column, "`\(operation.rawValue)` does not go with \(a.name) and \(b.name)") }
    switch operation {
    case .equal, .unequal:
      guard a.fits(b) else { throw refuse() }
      return .truth
    case .less, .lessOrEqual, .greater, .greaterOrEqual:
      guard a.fits(b), a.fits(.number) || a.fits(.duration) || a.fits(.text) else { throw refuse() }
      return .truth
    case .contains:
      if case .list(let item) = a, b.fits(item) { return .truth }
      guard a.fits(.text), b.fits(.text) else { throw refuse() }
      return .truth
    case .in:
      if case .list(let item) = b, a.fits(item) { return .truth }
      guard b == .anything else { throw refuse() }
      return .truth
    case .plus where a.fits(.text) && b.fits(.text): return a == .anything ? b : a
    case .plus, .minus:
      guard a.fits(b), a.fits(.number) || a.fits(.duration) else { throw refuse() }
      return a == .anything ? b : a
    case .times:
      if a.fits(.number), b.fits(.number) { return a == .number && b == .number ? .number : .anything }
      guard a.fits(.number) && b.fits(.duration) || a.fits(.duration) && b.fits(.number) else { throw refuse() }
      return .duration
    case .over:
      if a.fits(.number), b.fits(.number) { return a == .number && b == .number ? .number : .anything }
      guard a.fits(.duration), b.fits(.number) || b.fits(.duration) else { throw refuse() }
      return b == .duration ? .number : b == .number ? .duration : .anything
    case .modulo:
      guard a.fits(.number), b.fits(.number) else { throw refuse() }
      return .number
    case .and, .or: return .truth
    }
  }
}
