// Works an expression out over the facts of one trace. Pure: the same facts give the same value. Bounded: by nodes visited and items looked
// at. It also keeps which messages it looked into, so that a wrong answer can be told what to read.
// Read next: ExpressionFunction.swift; Facts/TraceFacts.swift, where the facts come from.

extension Expression {
  /// What an evaluation came to.
  package struct Outcome: Sendable, Equatable {
    package var value: LessonValue
    /// The numbers of the events that the value came from, without repeats, in the order they were looked into.
    package var messages: [UInt64]
  }

  /// The value over `trace`, the fact that has all others as members.
  package func value(over trace: LessonFact, limits: ExpressionLimits = ExpressionLimits()) throws(ExpressionError) -> Outcome {
    var evaluation = ExpressionEvaluation(trace: trace, limits: limits)
    let value = try evaluation.value(of: root)
    evaluation.note(value)
    return Outcome(value: value, messages: evaluation.messages)
  }
}

/// One evaluation.
private struct ExpressionEvaluation {
  let trace: LessonFact
  let limits: ExpressionLimits
  private(set) var messages: [UInt64] = []
  private var seen: Set<UInt64> = []
  private var items: [LessonFact] = []
  private var steps = 0

  init(trace: LessonFact, limits: ExpressionLimits) {
    self.trace = trace
    self.limits = limits
  }

  /// Most messages kept. Unit: messages. Past it: the rest is not named.
  private static var messagesMax: Int { 64 }

  private mutating func spend(_ count: Int, at column: Int) throws(ExpressionError) {
    steps += count
    guard steps <= limits.stepsMax else { throw ExpressionError(at: column, "expected less work than \(limits.stepsMax) steps") }
  }

  /// Keeps the messages that a value stands for.
  mutating func note(_ value: LessonValue) {
    switch value {
    case .fact(let fact):
      if let message = fact.message, messages.count < Self.messagesMax, seen.insert(message).inserted { messages.append(message) }
    case .list(let list): for item in list.prefix(Self.messagesMax) { note(item) }
    default: break
    }
  }

  mutating func value(of node: ExpressionNode) throws(ExpressionError) -> LessonValue {
    try spend(1, at: node.column)
    switch node.content {
    case .literal(let value): return value
    case .list(let nodes):
      var values: [LessonValue] = []
      for node in nodes { values.append(try value(of: node)) }
      return .list(values)
    case .name(let name):
      for item in items.reversed() where item.kind.shape(of: name) != nil { return item.members[name] ?? .nothing }
      return trace.members[name] ?? .nothing
    case .member(let base, let name): return try member(name, of: try value(of: base), at: node.column)
    case .index(let base, let place): return try element(of: try value(of: base), try value(of: place), at: node.column)
    case .negated(let inner):
      switch try value(of: inner) {
      case .number(let number): return .number(-number)
      case .duration(let duration): return .duration(-duration)
      case .nothing: return .nothing
      case let other: throw ExpressionError(at: inner.column, "expected a number after `-`, found \(other.kind)")
      }
    case .not(let inner): return .truth(!(try truth(of: inner)))
    case .chosen(let list, let condition): return try chosen(list, condition)
    case .operation(.and, let left, let right):
      guard try truth(of: left) else { return .truth(false) }
      return .truth(try truth(of: right))
    case .operation(.or, let left, let right):
      if try truth(of: left) { return .truth(true) }
      return .truth(try truth(of: right))
    case .operation(let operation, let left, let right):
      return try value(operation, try value(of: left), try value(of: right), at: right.column)
    case .call(.if, let arguments) where arguments.count == 3:
      return try value(of: try truth(of: arguments[0]) ? arguments[1] : arguments[2])
    case .call(let function, let arguments):
      var values: [LessonValue] = []
      for argument in arguments { values.append(try value(of: argument)) }
      if case .list(let list)? = values.first {
        // Distinct compares each with each.
        try spend(function == .distinct ? list.count &* Swift.min(list.count, 4_096) : list.count, at: node.column)
        // One item is taken from the list, so only that one is where the value came from; else all are.
        if function != .first && function != .last { values.first.map { note($0) } }
      }
      let value = try function.value(values, at: arguments.first?.column ?? node.column)
      if case .text(let text) = value, text.utf8.count > limits.textBytesMax {
        throw ExpressionError(at: node.column, "expected a text of at most \(limits.textBytesMax) bytes")
      }
      return value
    }
  }

  /// What is not there is not true.
  private mutating func truth(of node: ExpressionNode) throws(ExpressionError) -> Bool {
    switch try value(of: node) {
    case .truth(let truth): return truth
    case .nothing: return false
    case let other: throw ExpressionError(at: node.column, "expected a truth, found \(other.kind)")
    }
  }

  private mutating func chosen(_ list: ExpressionNode, _ condition: ExpressionNode) throws(ExpressionError) -> LessonValue {
    let all: [LessonValue]
    switch try value(of: list) {
    case .list(let items): all = items
    case .nothing: return .list([])
    case let other: throw ExpressionError(at: list.column, "expected a list before `where`, found \(other.kind)")
    }
    var found: [LessonValue] = []
    for item in all {
      guard case .fact(let fact) = item else { throw ExpressionError(at: list.column, "expected things with members before `where`, found \(item.kind)") }
      // What the condition looks into is not what the answer came from.
      let before = (messages, seen)
      items.append(fact)
      let isChosen = try truth(of: condition)
      items.removeLast()
      (messages, seen) = before
      if isChosen { found.append(item) }
    }
    return .list(found)
  }

  private mutating func member(_ name: String, of base: LessonValue, at column: Int) throws(ExpressionError) -> LessonValue {
    switch base {
    case .fact(let fact):
      note(base)
      return fact.members[name] ?? .nothing
    case .list(let items):
      try spend(items.count, at: column)
      var values: [LessonValue] = []
      for item in items { values.append(try member(name, of: item, at: column)) }
      return .list(values)
    case .nothing: return .nothing
    default: throw ExpressionError(at: column, "\(base.kind) has no members, so no `\(name)`")
    }
  }

  private mutating func element(of base: LessonValue, _ place: LessonValue, at column: Int) throws(ExpressionError) -> LessonValue {
    switch (base, place) {
    case (.list(let items), .number(let number)):
      guard let index = Int(exactly: number) else { throw ExpressionError(at: column, "expected a whole number between the brackets") }
      // Negative places count from the end.
      let place = index < 0 ? items.count + Swift.max(index, -items.count - 1) : index
      return items.indices.contains(place) ? items[place] : .nothing
    case (.list(let items), .text):
      try spend(items.count, at: column)
      var values: [LessonValue] = []
      for item in items { values.append(try element(of: item, place, at: column)) }
      return .list(values)
    case (.fact(let fact), .text(let name)) where fact.kind.isOpen:
      note(base)
      return fact.members[name.lowercased()] ?? .nothing
    case (.nothing, _), (_, .nothing): return .nothing
    default: throw ExpressionError(at: column, "\(base.kind) has no place \(place.description)")
    }
  }

  // MARK: Operators

  private mutating func value(_ operation: ExpressionNode.Operator, _ a: LessonValue, _ b: LessonValue, at column: Int) throws(ExpressionError) -> LessonValue {
    switch operation {
    case .equal: return .truth(Self.same(a, b))
    case .unequal: return .truth(!Self.same(a, b))
    case .contains, .in:
      let (whole, part) = operation == .contains ? (a, b) : (b, a)
      switch (whole, part) {
      case (.list(let items), _):
        try spend(items.count, at: column)
        return .truth(items.contains { Self.same($0, part) })
      case (.text(let text), .text(let piece)):
        try spend(text.utf8.count / 16, at: column)
        return .truth(piece.isEmpty || text.lowercased().contains(piece.lowercased()))
      case (.nothing, _): return .truth(false)
      default: throw ExpressionError(at: column, "\(whole.kind) cannot contain \(part.kind)")
      }
    default: break
    }
    // A calculation with what is not there is not there either; a comparison with it is not true.
    if a == .nothing || b == .nothing { return [.less, .lessOrEqual, .greater, .greaterOrEqual].contains(operation) ? .truth(false) : .nothing }
    switch (a, b) {
    case (.number(let x), .number(let y)): return try numbers(operation, x, y, at: column)
    case (.duration(let x), .duration(let y)): return try durations(operation, x, y, at: column)
    case (.duration(let x), .number(let y)) where operation == .times: return .duration(x * y)
    case (.number(let x), .duration(let y)) where operation == .times: return .duration(x * y)
    case (.duration(let x), .number(let y)) where operation == .over: return .duration(try quotient(x, y, at: column))
    case (.text(let x), .text(let y)): return try texts(operation, x, y, at: column)
    default: throw ExpressionError(at: column, "`\(operation.rawValue)` does not go with \(a.kind) and \(b.kind)")
    }
  }

  /// Texts are the same in any case: names in the DNS and fields of HTTP are.
  private static func same(_ a: LessonValue, _ b: LessonValue) -> Bool {
    if case .text(let x) = a, case .text(let y) = b { return x == y || x.lowercased() == y.lowercased() }
    return a == b
  }

  private func compared<Value: Comparable>(_ operation: ExpressionNode.Operator, _ x: Value, _ y: Value) -> LessonValue? {
    switch operation {
    case .less: .truth(x < y)
    case .lessOrEqual: .truth(x <= y)
    case .greater: .truth(x > y)
    case .greaterOrEqual: .truth(x >= y)
    default: nil
    }
  }

  private func quotient(_ x: Double, _ y: Double, at column: Int) throws(ExpressionError) -> Double {
    guard y != 0 else { throw ExpressionError(at: column, "cannot divide by zero") }
    return x / y
  }

  private func numbers(_ operation: ExpressionNode.Operator, _ x: Double, _ y: Double, at column: Int) throws(ExpressionError) -> LessonValue {
    if let truth = compared(operation, x, y) { return truth }
    switch operation {
    case .plus: return .number(x + y)
    case .minus: return .number(x - y)
    case .times: return .number(x * y)
    case .over: return .number(try quotient(x, y, at: column))
    case .modulo:
      guard y != 0 else { throw ExpressionError(at: column, "cannot divide by zero") }
      return .number(x.truncatingRemainder(dividingBy: y))
    default: throw ExpressionError(at: column, "`\(operation.rawValue)` does not go with numbers")
    }
  }

  private func durations(_ operation: ExpressionNode.Operator, _ x: Double, _ y: Double, at column: Int) throws(ExpressionError) -> LessonValue {
    if let truth = compared(operation, x, y) { return truth }
    switch operation {
    case .plus: return .duration(x + y)
    case .minus: return .duration(x - y)
    case .over: return .number(try quotient(x, y, at: column))
    default: throw ExpressionError(at: column, "`\(operation.rawValue)` does not go with durations")
    }
  }

  private mutating func texts(_ operation: ExpressionNode.Operator, _ x: String, _ y: String, at column: Int) throws(ExpressionError) -> LessonValue {
    if let truth = compared(operation, x, y) { return truth }
    guard operation == .plus else { throw ExpressionError(at: column, "`\(operation.rawValue)` does not go with texts") }
    guard x.utf8.count + y.utf8.count <= limits.textBytesMax else {
      throw ExpressionError(at: column, "expected a text of at most \(limits.textBytesMax) bytes")
    }
    return .text(x + y)
  }
}
