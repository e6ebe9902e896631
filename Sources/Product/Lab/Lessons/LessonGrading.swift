// Keys and verdicts: each answer is held against an expression over the learner's own trace. A wrong answer is told which messages to read,
// never what they say. Not here: asking (the executable, the console), reports (LessonReport).

/// The answer to one question, and where it can be read.
package struct LessonKey: Sendable, Equatable {
  package var question: String
  package var value: LessonValue
  /// The numbers of the messages to read, in the question's own run.
  package var messages: [UInt64]
}

/// What became of one answer.
package struct LessonVerdict: Sendable, Equatable {
  package var question: String
  package var outcome: Outcome
  package var points: Int
  /// The messages to read when it is not right.
  package var messages: [UInt64]
  package var hint: String

  package enum Outcome: Sendable, Equatable {
    case right, wrong, unanswered
    /// It does not have the form of an answer: what form that is.
    case unreadable(String)
  }

  package var isRight: Bool { outcome == .right }
}

/// The verdicts on all questions of a lesson.
package struct LessonScore: Sendable, Equatable {
  package var verdicts: [LessonVerdict]
  package var points: Int { verdicts.reduce(0) { $0 + ($1.isRight ? $1.points : 0) } }
  package var possible: Int { verdicts.reduce(0) { $0 + $1.points } }
}

/// Why a key cannot be worked out: the lesson, not the learner, is at fault.
package struct LessonKeyError: Error, Sendable, Equatable, CustomStringConvertible {
  package var question: String
  package var sentence: String
  package var description: String { "question \(question): \(sentence)" }
}

extension LessonRun {
  /// Most messages that one verdict names. Unit: messages.
  private static var messagesMax: Int { 5 }

  /// The key of one question.
  package func key(of question: LessonQuestion) throws(LessonKeyError) -> LessonKey {
    guard let leg = leg(question.variant) else { throw LessonKeyError(question: question.id, sentence: "there is no run `\(question.variant)`") }
    do throws(ExpressionError) {
      let outcome = try question.key.value(over: leg.facts)
      if case .nothing = outcome.value { throw ExpressionError(at: 1, "the key `\(question.key.text)` comes to nothing in this trace") }
      var messages = outcome.messages
      if let read = question.read { messages = try read.value(over: leg.facts).messages }
      // Both ends number a message; the one to show is the one to read.
      var shown: [UInt64] = []
      for message in messages.map({ leg.mirrors[$0] ?? $0 }) where !shown.contains(message) { shown.append(message) }
      return LessonKey(question: question.id, value: outcome.value, messages: shown)
    } catch { throw LessonKeyError(question: question.id, sentence: error.description) }
  }

  /// All keys, in the order of the questions.
  package func keys() throws(LessonKeyError) -> [LessonKey] {
    var keys: [LessonKey] = []
    for question in lesson.questions { keys.append(try key(of: question)) }
    return keys
  }

  /// Judges `answers`, which are texts by the questions' names.
  package func score(_ answers: [String: String]) throws(LessonKeyError) -> LessonScore {
    var verdicts: [LessonVerdict] = []
    for question in lesson.questions {
      let key = try key(of: question)
      let answer = (answers[question.id] ?? "").trimmed
      let outcome = answer.isEmpty ? LessonVerdict.Outcome.unanswered : judge(answer, question, key)
      verdicts.append(
        LessonVerdict(
          question: question.id, outcome: outcome, points: question.points,
          messages: outcome == .right ? [] : Array(key.messages.prefix(Self.messagesMax)), hint: outcome == .right ? "" : question.hint))
    }
    return LessonScore(verdicts: verdicts)
  }

  private func judge(_ answer: String, _ question: LessonQuestion, _ key: LessonKey) -> LessonVerdict.Outcome {
    switch question.kind {
    case .predict where question.options.isEmpty, .number: return judgeNumber(answer, question, key.value)
    case .text: return AnswerText.same(answer, key.value.description) ? .right : .wrong
    case .predict, .choice:
      guard let chosen = AnswerText.choice(answer, question.options) else { return .unreadable("one of the options, or its number") }
      return AnswerText.same(chosen, key.value.description) ? .right : .wrong
    case .set:
      let (given, wanted) = (AnswerText.items(answer), AnswerText.items(of: key.value))
      // An empty answer is none; an empty set has to be said.
      if wanted.isEmpty { return AnswerText.same(answer, "none") ? .right : .wrong }
      let isSame = given.allSatisfy { item in wanted.contains { AnswerText.same($0, item) } } && wanted.allSatisfy { item in given.contains { AnswerText.same($0, item) } }
      return isSame ? .right : .wrong
    case .order:
      let (given, wanted) = (AnswerText.items(answer), AnswerText.items(of: key.value))
      return given.count == wanted.count && zip(given, wanted).allSatisfy { AnswerText.same($0, $1) } ? .right : .wrong
    case .fill:
      guard let given = AnswerText.bytes(answer) else { return .unreadable("bytes in hexadecimal digits, such as `1f 90`") }
      return given == AnswerText.bytes(key.value.description) ? .right : .wrong
    case .mark:
      guard let number = UInt64(answer.drop { $0 == "#" }) else { return .unreadable("the number of a message") }
      let mirrors = leg(question.variant)?.mirrors ?? [:]
      return key.messages.contains(mirrors[number] ?? number) ? .right : .wrong
    }
  }

  private func judgeNumber(_ answer: String, _ question: LessonQuestion, _ key: LessonValue) -> LessonVerdict.Outcome {
    let wanted: Double
    var given: Double?
    switch key {
    case .number(let number):
      wanted = number
      given = AnswerText.number(answer)
    case .duration(let duration):
      // Counted in the question's unit, so that its tolerance is too.
      let unit = ExpressionLexer.units.first { $0.name == question.unit }?.nanoseconds ?? 1e6
      wanted = duration / unit
      given = AnswerText.duration(answer, unit: unit)
    default: return AnswerText.same(answer, key.description) ? .right : .wrong
    }
    guard let given else {
      if case .duration = key { return .unreadable("a number of \(question.unit)") }
      return .unreadable("a number")
    }
    let allowed: Double
    switch question.tolerance {
    case .absolute(let number): allowed = number
    case .share(let share): allowed = abs(wanted) * share
    }
    return abs(given - wanted) <= allowed + 1e-9 * max(1, abs(wanted)) ? .right : .wrong
  }
}

/// Answers as people write them.
enum AnswerText {
  /// Same in any case, whatever stands around, with or without a dot at the end.
  static func same(_ a: String, _ b: String) -> Bool { plain(a) == plain(b) }

  private static func plain(_ text: String) -> String {
    var text = text.trimmed.lowercased().split(whereSeparator: \.isWhitespace).joined(separator: " ")
    if text.count > 1, text.hasPrefix("\""), text.hasSuffix("\"") { text = String(text.dropFirst().dropLast()) }
    return text.count > 1 && text.hasSuffix(".") ? String(text.dropLast()) : text
  }

  /// A number, perhaps with digits grouped or a percent sign behind it.
  static func number(_ text: String) -> Double? {
    var digits = text.filter { $0 != "_" && $0 != " " && $0 != "\u{202F}" }
    if digits.hasSuffix("%") { digits.removeLast() }
    // `1,024` groups, `0,5` does not.
    if digits.wholeMatch(of: /-?[0-9]{1,3}(,[0-9]{3})+(\.[0-9]+)?/) != nil { digits.removeAll { $0 == "," } }
    digits = digits.replacing(",", with: ".")
    guard digits.wholeMatch(of: /-?[0-9]{1,18}(\.[0-9]{1,18})?/) != nil else { return nil }
    return Double(digits)
  }

  /// A duration in units of `unit` nanoseconds; a unit written behind it wins.
  static func duration(_ text: String, unit: Double) -> Double? {
    let letters = String(text.reversed().prefix { $0.isLetter }.reversed())
    guard !letters.isEmpty else { return number(text) }
    guard let written = ExpressionLexer.units.first(where: { $0.name == letters }) else { return nil }
    return number(String(text.dropLast(letters.count))).map { $0 * written.nanoseconds / unit }
  }

  /// Bytes written as two hexadecimal digits each, whatever stands between them.
  static func bytes(_ text: String) -> [UInt8]? {
    let digits = text.filter { !" :,-".contains($0) }
    guard !digits.isEmpty, digits.count.isMultiple(of: 2), digits.allSatisfy(\.isHexDigit) else { return nil }
    return stride(from: 0, to: digits.count, by: 2).map { UInt8(digits.dropFirst($0).prefix(2), radix: 16) ?? 0 }
  }

  /// The option an answer names: by its text, or its number from 1.
  static func choice(_ answer: String, _ options: [String]) -> String? {
    if let option = options.first(where: { same($0, answer) }) { return option }
    guard let number = Int(answer), options.indices.contains(number - 1) else { return nil }
    return options[number - 1]
  }

  static func items(_ text: String) -> [String] { text.split { $0 == "," || $0 == ";" || $0 == "\n" }.map { String($0).trimmed }.filter { !$0.isEmpty } }

  static func items(of value: LessonValue) -> [String] {
    if case .list(let items) = value { items.map(\.description) } else { [value.description] }
  }
}

extension StringProtocol {
  /// Without white space at its ends.
  var trimmed: String { String(drop(while: \.isWhitespace).reversed().drop(while: \.isWhitespace).reversed()) }
}
