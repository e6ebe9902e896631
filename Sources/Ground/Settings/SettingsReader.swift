// How settings are looked up: a reader per mapping gives typed values, keeps every problem, and knows which keys nobody asked for.
// A value that is wrong is replaced by its default so that reading goes on; `SettingsDocument.read` throws in the end.
// Read next: SettingsForm.swift for the forms a value can have.

/// The problems found so far, shared by all readers of one document.
final class SettingsLedger {
  private var found: [(place: Place, sentence: String)] = []

  var isEmpty: Bool { found.isEmpty }

  func note(_ sentence: String, at place: Place) { found.append((place, sentence)) }

  func problems(in file: String, _ limits: SettingsLimits) -> SettingsProblems {
    // In the order of the file; problems of one place in the order they were found.
    let ordered = found.enumerated().sorted { ($0.element.place, $0.offset) < ($1.element.place, $1.offset) }.map(\.element)
    var problems = ordered.prefix(limits.problemsMax).map { SettingsProblem(file: file, place: $0.place, sentence: $0.sentence) }
    if let last = ordered.last, ordered.count > limits.problemsMax {
      problems.append(SettingsProblem(file: file, place: last.place, sentence: "and \(ordered.count - limits.problemsMax) more problems"))
    }
    return SettingsProblems(problems)
  }
}

/// Reads one mapping.
public final class SettingsReader {
  /// Where the mapping begins.
  public let place: Place
  private let entries: [SettingsNode.Entry]
  private let ledger: SettingsLedger
  private var asked: [String] = []

  private init(_ entries: [SettingsNode.Entry], at place: Place, _ ledger: SettingsLedger) {
    self.entries = entries
    self.place = place
    self.ledger = ledger
  }

  /// Reads `node` as a mapping by `read`, then complains about the keys that nobody asked for. Nil: it is no mapping.
  static func run<Value>(over node: SettingsNode, _ ledger: SettingsLedger, _ read: (SettingsReader) -> Value) -> Value? {
    guard case .mapping(let entries) = node.content else {
      ledger.note("expected a mapping, found \(node.found)", at: node.place)
      return nil
    }
    let reader = SettingsReader(entries, at: node.place, ledger)
    let value = read(reader)
    reader.refuseUnknown()
    return value
  }

  // MARK: One value

  /// The value of `key`, or `fallback` when the key is absent.
  public func value<Value>(_ key: String, _ form: SettingsForm<Value>, default fallback: Value) -> Value {
    optional(key, form) ?? fallback
  }

  /// The value of `key`; nil when the key is absent.
  public func optional<Value>(_ key: String, _ form: SettingsForm<Value>) -> Value? {
    item(key)?.value(form)
  }

  /// The value of `key`, which must be there. When it is not, the problem is kept and the form's stand-in returned.
  public func required<Value>(_ key: String, _ form: SettingsForm<Value>) -> Value {
    guard let item = item(key) else {
      ledger.note("expected key `\(key)` with \(form.expected), which is missing", at: place)
      return form.standIn
    }
    return item.value(form) ?? form.standIn
  }

  /// The value of `key` untyped; nil when the key is absent.
  public func item(_ key: String) -> SettingsItem? {
    asked.append(key)
    return entries.first { $0.key == key }.map { SettingsItem($0.value, ledger) }
  }

  // MARK: Values inside values

  /// Reads the mapping under `key`; nil when the key is absent or no mapping.
  public func mapping<Value>(_ key: String, _ read: (SettingsReader) -> Value) -> Value? { item(key)?.mapping(read) }

  /// The items of the list under `key`; none when the key is absent.
  public func list(_ key: String) -> [SettingsItem] { item(key)?.list() ?? [] }

  /// The values of the list under `key`, those of the wrong form left out (and complained about).
  public func list<Value>(_ key: String, _ form: SettingsForm<Value>) -> [Value] { list(key).compactMap { $0.value(form) } }

  /// The entries of the mapping under `key`, whose keys are names chosen by the user.
  public func entries(_ key: String) -> [SettingsEntry] { item(key)?.entries() ?? [] }

  // MARK: Problems only the caller sees

  /// Complains at `key`'s value, or at the mapping when the key is absent.
  public func problem(at key: String, _ sentence: String) {
    ledger.note(sentence, at: entries.first { $0.key == key }?.value.place ?? place)
  }

  /// Where the value of `key` stands.
  public func place(of key: String) -> Place? { entries.first { $0.key == key }?.value.place }

  /// Where the first character of a text under `key` stands when its lines stand there one by one; nil: they are folded, quoted or absent.
  public func textPlace(of key: String) -> Place? { entries.first { $0.key == key }?.value.textPlace }

  private func refuseUnknown() {
    for entry in entries where !asked.contains(entry.key) {
      let known = NearestWord.of(entry.key, among: asked)
      ledger.note("unknown key `\(entry.key)`" + (known.map { "; did you mean `\($0)`?" } ?? ""), at: entry.place)
    }
  }
}

/// One value, not yet typed.
public struct SettingsItem {
  private let node: SettingsNode
  private let ledger: SettingsLedger

  init(_ node: SettingsNode, _ ledger: SettingsLedger) {
    self.node = node
    self.ledger = ledger
  }

  public var place: Place { node.place }

  /// Whether it is a plain text, a list or a mapping, for keys that take more than one shape.
  public var shape: Shape {
    switch node.content {
    case .scalar: .text
    case .sequence: .list
    case .mapping: .mapping
    }
  }

  public enum Shape: Sendable { case text, list, mapping }

  /// The value in this form; nil, and a problem kept, when it has another.
  public func value<Value>(_ form: SettingsForm<Value>) -> Value? {
    guard case .scalar(let text, let isQuoted) = node.content, isQuoted || !text.isEmpty, let value = form.read(text) else {
      ledger.note("expected \(form.expected), found \(node.found)" + form.hint(for: node), at: place)
      return nil
    }
    return value
  }

  /// Reads it as a mapping; nil, and a problem kept, when it is none.
  public func mapping<Value>(_ read: (SettingsReader) -> Value) -> Value? { SettingsReader.run(over: node, ledger, read) }

  /// The items of the list; none, and a problem kept, when it is no list.
  public func list() -> [SettingsItem] {
    guard case .sequence(let nodes) = node.content else {
      ledger.note("expected a list, found \(node.found)", at: place)
      return []
    }
    return nodes.map { SettingsItem($0, ledger) }
  }

  /// The entries of the mapping; none, and a problem kept, when it is no mapping.
  public func entries() -> [SettingsEntry] {
    guard case .mapping(let entries) = node.content else {
      ledger.note("expected a mapping, found \(node.found)", at: place)
      return []
    }
    return entries.map { SettingsEntry(name: $0.key, place: $0.place, value: SettingsItem($0.value, ledger)) }
  }

  /// Complains here, or at another place of the same file.
  public func problem(at place: Place? = nil, _ sentence: String) { ledger.note(sentence, at: place ?? self.place) }
}

/// An entry whose key is a name chosen by the user.
public struct SettingsEntry {
  public let name: String
  /// Where the name stands.
  public let place: Place
  public let value: SettingsItem
}

/// The word a misspelled one was probably meant to be.
public enum NearestWord {
  /// The word of `known` nearest to `word`, if one is near enough to be a slip of the hand; the first of equals.
  public static func of(_ word: String, among known: [String]) -> String? {
    let bound = max(1, word.count / 3)
    var best: (distance: Int, word: String)?
    for candidate in known {
      let distance = distance(word, candidate)
      if distance <= bound, distance < best?.distance ?? .max { best = (distance, candidate) }
    }
    return best?.word
  }

  /// How many letters must be added, removed, changed or swapped with their neighbour. Words past 64 letters are compared by their beginnings.
  static func distance(_ first: String, _ second: String) -> Int {
    let a = Array(first.lowercased().unicodeScalars.prefix(64))
    let b = Array(second.lowercased().unicodeScalars.prefix(64))
    var rows = [[Int]](repeating: Array(repeating: 0, count: b.count + 1), count: a.count + 1)
    for i in 0...a.count { rows[i][0] = i }
    for j in 0...b.count { rows[0][j] = j }
    guard !a.isEmpty, !b.isEmpty else { return max(a.count, b.count) }
    for i in 1...a.count {
      for j in 1...b.count {
        let change = rows[i - 1][j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1)
        rows[i][j] = min(rows[i - 1][j] + 1, rows[i][j - 1] + 1, change)
        if i > 1, j > 1, a[i - 1] == b[j - 2], a[i - 2] == b[j - 1] { rows[i][j] = min(rows[i][j], rows[i - 2][j - 2] + 1) }
      }
    }
    return rows[a.count][b.count]
  }
}
