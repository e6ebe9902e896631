// What an expression over a trace comes to: numbers, stretches of time, texts, truths, lists, and facts, which are what the trace tells.
// Not here: which facts there are (Facts/), how expressions are read (ExpressionParser) and worked out (ExpressionEvaluation).

/// A value of the expression language.
package enum LessonValue: Sendable, Equatable {
  /// Counts, bytes, ports, statuses. Whole up to 2^53.
  case number(Double)
  /// Unit: nanoseconds. Points in time are durations since the run began.
  case duration(Double)
  case text(String)
  case truth(Bool)
  case list([LessonValue])
  case fact(LessonFact)
  /// What is not there: a field that a message does not have, a place past a list's end.
  case nothing

  /// What it is called in the words of an error.
  package var kind: String {
    switch self {
    case .number: "a number"
    case .duration: "a duration"
    case .text: "a text"
    case .truth: "a truth"
    case .list: "a list"
    case .fact(let fact): "a \(fact.kind.name)"
    case .nothing: "nothing"
    }
  }

  /// As a key or a report shows it.
  package var description: String {
    switch self {
    case .number(let number): NumberText.of(number)
    case .duration(let nanoseconds): NumberText.ofDuration(nanoseconds)
    case .text(let text): text
    case .truth(let truth): truth ? "yes" : "no"
    case .list(let items): items.map(\.description).joined(separator: ", ")
    case .fact(let fact): fact.message.map { "message \($0)" } ?? fact.kind.name
    case .nothing: "nothing"
    }
  }
}

/// Something the trace tells: a request, an answer, a connection. Its members are values by name.
package struct LessonFact: Sendable, Equatable {
  package var kind: FactKind
  package var members: [String: LessonValue]
  /// The number of the event that tells it; nil: no single event does.
  package var message: UInt64?

  package init(_ kind: FactKind, _ members: [String: LessonValue] = [:], message: UInt64? = nil) {
    self.kind = kind
    self.members = members
    self.message = message
  }
}

/// Numbers as people write them.
enum NumberText {
  /// Whole numbers without a point, others with at most six digits after it.
  static func of(_ number: Double) -> String {
    guard number.isFinite else { return "not a number" }
    if let whole = Int(exactly: number) { return String(whole) }
    guard abs(number) < 1e12 else { return "\(number)" }
    let millionths = Int((abs(number) * 1_000_000).rounded())
    let digits = String(millionths % 1_000_000)
    var fraction = String(repeating: "0", count: 6 - digits.count) + digits
    while fraction.hasSuffix("0") { fraction.removeLast() }
    return (number < 0 ? "-" : "") + "\(millionths / 1_000_000)" + (fraction.isEmpty ? "" : "." + fraction)
  }

  /// In milliseconds, or in seconds from ten seconds on.
  static func ofDuration(_ nanoseconds: Double) -> String {
    abs(nanoseconds) < 10e9 ? "\(of((nanoseconds / 1_000).rounded() / 1_000)) ms" : "\(of((nanoseconds / 1_000_000).rounded() / 1_000)) s"
  }
}

/// What is wrong with an expression, and where in its text.
package struct ExpressionError: Error, Sendable, Equatable, CustomStringConvertible {
  /// Unit: characters from the start of the text, from 1.
  package var column: Int
  package var sentence: String

  package init(at column: Int, _ sentence: String) {
    self.column = column
    self.sentence = sentence
  }

  package var description: String { "column \(column): \(sentence)" }
}

/// How much an expression may be and do.
package struct ExpressionLimits: Sendable, Equatable {
  /// Longest text. Unit: characters. Past it: the expression is refused.
  package var charactersMax = 4_096
  /// Deepest nesting. Unit: operators, calls and brackets inside one another. Past it: the expression is refused.
  package var depthMax = 64
  /// Most work. Unit: nodes visited, with one for each item of a list that is looked at. Past it: the evaluation fails.
  package var stepsMax = 2_000_000
  /// Longest text a value may become. Unit: bytes of UTF-8. Past it: the evaluation fails.
  package var textBytesMax = 1_048_576

  package init() {}
}
