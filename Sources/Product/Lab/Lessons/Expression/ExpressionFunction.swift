// The functions of the expression language: how many arguments each takes, of which kind, and what it makes of them.
// All are pure; what does not fit is told with the place of the argument. Not here: operators (ExpressionEvaluation).

/// A function of the expression language.
package enum ExpressionFunction: String, Sendable, Equatable, CaseIterable {
  case count, sum, min, max, mean, first, last, distinct, sorted, reversed, join
  case length, lower, upper, text, word, words, number, decodeBase64, occurrences
  case round, floor, ceil, abs, seconds, milliseconds
  case exists, `if`

  var arity: ClosedRange<Int> {
    switch self {
    case .if: 3...3
    case .join: 1...2
    case .word, .occurrences: 2...2
    case .words: 3...3
    default: 1...1
    }
  }

  /// One sentence for the grammar's page.
  package var meaning: String {
    switch self {
    case .count: "how many items a list has"
    case .sum: "numbers or durations added up; 0 for none"
    case .min: "the smallest item; nothing for none"
    case .max: "the largest item; nothing for none"
    case .mean: "the sum divided by the count; nothing for none"
    case .first: "the first item; nothing for none"
    case .last: "the last item; nothing for none"
    case .distinct: "each item once, in the order of first appearance"
    case .sorted: "the items from the smallest to the largest"
    case .reversed: "the items from the last to the first"
    case .join: "texts in one, with the second argument between them (a comma and a space when it is left out)"
    case .length: "how many bytes of UTF-8 a text has"
    case .lower: "a text in small letters"
    case .upper: "a text in capital letters"
    case .text: "a value as a text"
    case .word: "one of a text's words, counted from 0; nothing past the last"
    case .words: "so many of a text's words from one on, counted from 0; nothing past the last"
    case .number: "the number that a text's first word is; nothing when it is none"
    case .decodeBase64: "the text that was written in base64; nothing when it was not"
    case .occurrences: "how often a text has another in it"
    case .round: "the nearest whole number"
    case .floor: "the next whole number below"
    case .ceil: "the next whole number above"
    case .abs: "a number without its sign"
    case .seconds: "a duration as a number of seconds"
    case .milliseconds: "a duration as a number of milliseconds"
    case .exists: "whether a value is there"
    case .if: "the second argument when the first is true, else the third"
    }
  }

  func shape(_ arguments: [ExpressionNode], _ check: ExpressionCheck) throws(ExpressionError) -> ValueShape {
    guard let first = arguments.first else { return .anything }
    switch self {
    case .count:
      try check.want(.list(.anything), first)
      return .number
    case .sum, .mean, .min, .max:
      let item = try item(of: first, check)
      guard item.fits(.number) || item.fits(.duration) || (self == .min || self == .max) && item == .text else {
        throw ExpressionError(at: first.column, "expected a list of numbers or durations, found a list of \(item.name)")
      }
      return item
    case .first, .last: return try item(of: first, check)
    case .distinct, .sorted, .reversed: return .list(try item(of: first, check))
    case .join:
      try check.want(.list(.text), first)
      if let between = arguments.dropFirst().first { try check.want(.text, between) }
      return .text
    case .length, .number:
      try check.want(.text, first)
      return .number
    case .lower, .upper, .decodeBase64:
      try check.want(.text, first)
      return .text
    case .text:
      _ = try check.shape(of: first)
      return .text
    case .word:
      try check.want(.text, first)
      try check.want(.number, arguments[1])
      return .text
    case .words:
      try check.want(.text, first)
      for argument in arguments.dropFirst() { try check.want(.number, argument) }
      return .text
    case .occurrences:
      for argument in arguments { try check.want(.text, argument) }
      return .number
    case .round, .floor, .ceil, .abs:
      let kind = try check.shape(of: first)
      guard kind.fits(.number) || self == .abs && kind.fits(.duration) else {
        throw ExpressionError(at: first.column, "expected a number, found \(kind.name)")
      }
      return kind
    case .seconds, .milliseconds:
      try check.want(.duration, first)
      return .number
    case .exists:
      _ = try check.shape(of: first)
      return .truth
    case .if:
      try check.want(.truth, first)
      let (yes, no) = (try check.shape(of: arguments[1]), try check.shape(of: arguments[2]))
      return yes == no ? yes : .anything
    }
  }

  private func item(of node: ExpressionNode, _ check: ExpressionCheck) throws(ExpressionError) -> ValueShape {
    switch try check.shape(of: node) {
    case .list(let item): return item
    case .anything: return .anything
    case let kind: throw ExpressionError(at: node.column, "expected a list, found \(kind.name)")
    }
  }

  /// Works the function out; `column` is the first argument's place.
  func value(_ arguments: [LessonValue], at column: Int) throws(ExpressionError) -> LessonValue {
    guard let first = arguments.first else { return .nothing }
    switch self {
    case .exists:
      if case .nothing = first { return .truth(false) }
      return .truth(true)
    case .count, .sum, .min, .max, .mean, .first, .last, .distinct, .sorted, .reversed, .join:
      guard case .list(let items) = first else { throw ExpressionError(at: column, "`\(rawValue)` expects a list, found \(first.kind)") }
      return try value(of: items, arguments, at: column)
    // The branch was chosen before.
    case .if: return first
    default: break
    }
    if case .nothing = first { return .nothing }
    switch (self, first) {
    case (.length, .text(let text)): return .number(Double(text.utf8.count))
    case (.lower, .text(let text)): return .text(text.lowercased())
    case (.upper, .text(let text)): return .text(text.uppercased())
    case (.text, _): return .text(first.description)
    case (.word, .text(let text)):
      let words = text.split(separator: " ")
      guard arguments.count > 1, case .number(let place) = arguments[1], let index = Int(exactly: place), words.indices.contains(index) else { return .nothing }
      return .text(String(words[index]))
    case (.words, .text(let text)):
      let words = text.split(separator: " ")
      guard arguments.count > 2, case .number(let from) = arguments[1], case .number(let count) = arguments[2], let start = Int(exactly: from),
        let length = Int(exactly: count), start >= 0, length > 0, length <= words.count, start <= words.count - length
      else { return .nothing }
      return .text(words[start..<(start + length)].joined(separator: " "))
    case (.number, .text(let text)):
      guard let word = text.split(separator: " ").first, let number = Double(word), number.isFinite else { return .nothing }
      return .number(number)
    case (.occurrences, .text(let text)):
      guard arguments.count > 1, case .text(let part) = arguments[1], !part.isEmpty else { return .nothing }
      return .number(Double(text.split(separator: part, omittingEmptySubsequences: false).count - 1))
    case (.decodeBase64, .text(let text)): return Base64Text.decoded(text).map { .text($0) } ?? .nothing
    case (.round, .number(let number)): return .number(number.rounded())
    case (.floor, .number(let number)): return .number(number.rounded(.down))
    case (.ceil, .number(let number)): return .number(number.rounded(.up))
    case (.abs, .number(let number)): return .number(Swift.abs(number))
    case (.abs, .duration(let duration)): return .duration(Swift.abs(duration))
    case (.seconds, .duration(let duration)): return .number(duration / 1e9)
    case (.milliseconds, .duration(let duration)): return .number(duration / 1e6)
    default: throw ExpressionError(at: column, "`\(rawValue)` does not take \(first.kind)")
    }
  }

  private func value(of items: [LessonValue], _ arguments: [LessonValue], at column: Int) throws(ExpressionError) -> LessonValue {
    switch self {
    case .count: return .number(Double(items.count))
    case .first: return items.first ?? .nothing
    case .last: return items.last ?? .nothing
    case .reversed: return .list(items.reversed())
    case .distinct:
      var seen: [LessonValue] = []
      guard items.count <= 4_096 else { throw ExpressionError(at: column, "`distinct` takes at most 4096 items, found \(items.count)") }
      for item in items where !seen.contains(item) { seen.append(item) }
      return .list(seen)
    case .sum: return try sum(items, at: column) ?? .number(0)
    case .mean:
      switch try sum(items, at: column) {
      case .number(let total)?: return .number(total / Double(items.count))
      case .duration(let total)?: return .duration(total / Double(items.count))
      default: return .nothing
      }
    case .sorted, .min, .max:
      let sorted = try ordered(items, at: column)
      return self == .sorted ? .list(sorted) : (self == .min ? sorted.first : sorted.last) ?? .nothing
    case .join:
      var between = ", "
      if arguments.count > 1, case .text(let text) = arguments[1] { between = text }
      return .text(items.map(\.description).joined(separator: between))
    default: return .nothing
    }
  }

  /// Nil: there is nothing to add up.
  private func sum(_ items: [LessonValue], at column: Int) throws(ExpressionError) -> LessonValue? {
    var total: LessonValue?
    for item in items {
      switch (total, item) {
      case (nil, .number), (nil, .duration): total = item
      case (.number(let a)?, .number(let b)): total = .number(a + b)
      case (.duration(let a)?, .duration(let b)): total = .duration(a + b)
      // What is not there adds nothing.
      case (_, .nothing): break
      default: throw ExpressionError(at: column, "`\(rawValue)` cannot add \(item.kind)")
      }
    }
    return total
  }

  private func ordered(_ items: [LessonValue], at column: Int) throws(ExpressionError) -> [LessonValue] {
    var keyed: [(key: SortKey, item: LessonValue)] = []
    for item in items {
      switch item {
      case .number(let number): keyed.append((SortKey(kind: 0, number: number, text: ""), item))
      case .duration(let duration): keyed.append((SortKey(kind: 1, number: duration, text: ""), item))
      case .text(let text): keyed.append((SortKey(kind: 2, number: 0, text: text), item))
      case .nothing: continue
      default: throw ExpressionError(at: column, "`\(rawValue)` cannot order \(item.kind)")
      }
    }
    if let first = keyed.first, keyed.contains(where: { $0.key.kind != first.key.kind }) {
      throw ExpressionError(at: column, "`\(rawValue)` cannot order values of different kinds")
    }
    return keyed.enumerated().sorted { a, b in a.element.key < b.element.key || !(b.element.key < a.element.key) && a.offset < b.offset }
      .map(\.element.item)
  }

  private struct SortKey: Comparable {
    var kind: Int
    var number: Double
    var text: String
    static func < (a: SortKey, b: SortKey) -> Bool { a.number != b.number ? a.number < b.number : a.text < b.text }
  }
}

/// Text written in base64 (RFC 4648 §4).
enum Base64Text {
  static func decoded(_ text: String) -> String? {
    let units = text.utf8.filter { $0 != 0x3D }
    guard units.count % 4 != 1 else { return nil }
    var bytes: [UInt8] = []
    var bits: UInt32 = 0
    var count = 0
    for unit in units {
      guard let value = value(of: unit) else { return nil }
      bits = bits << 6 | value
      count += 6
      guard count >= 8 else { continue }
      count -= 8
      bytes.append(UInt8(truncatingIfNeeded: bits >> UInt32(count)))
      bits &= 1 << UInt32(count) &- 1
    }
    return String(decoding: bytes, as: UTF8.self)
  }

  private static func value(of unit: UInt8) -> UInt32? {
    switch unit {
    case 0x41...0x5A: UInt32(unit - 0x41)
    case 0x61...0x7A: UInt32(unit - 0x61) + 26
    case 0x30...0x39: UInt32(unit - 0x30) + 52
    case 0x2B: 62
    case 0x2F: 63
    default: nil
    }
  }
}
