// One settings file as a tree of texts with places: what stands where, before anybody says what it means.
// Not here: reading YAML (SettingsDocument), typing the texts (SettingsForm), looking values up (SettingsReader).

/// A place in a settings file. Lines and columns count from 1; columns count characters.
public struct Place: Hashable, Sendable, Comparable, CustomStringConvertible {
  public var line: Int
  public var column: Int

  public init(line: Int, column: Int) {
    self.line = line
    self.column = column
  }

  public var description: String { "\(line):\(column)" }

  public static func < (a: Place, b: Place) -> Bool { (a.line, a.column) < (b.line, b.column) }
}

/// Where a text that is read as settings stands inside another file.
public struct TextPlace: Hashable, Sendable {
  /// Of its first character.
  public var start: Place
  /// Whether line follows line there as in the text; otherwise (a folded or quoted text) everything is told at its beginning.
  public var isLineByLine: Bool

  public init(start: Place, isLineByLine: Bool) {
    self.start = start
    self.isLineByLine = isLineByLine
  }

  /// A file of its own.
  public static let file = TextPlace(start: Place(line: 1, column: 1), isLineByLine: true)

  /// The place in the file of a place in the text.
  public func place(of place: Place) -> Place {
    isLineByLine ? Place(line: start.line + place.line - 1, column: start.column + place.column - 1) : start
  }
}

/// A value of a settings file, untyped.
public struct SettingsNode: Sendable {
  public var place: Place
  public var content: Content
  /// Where the first character of a literal block (`|`) stands, or of a plain text; nil: anything else.
  public var textPlace: Place?

  public enum Content: Sendable {
    /// The text as written, quotes and folding undone. What it means is for the form that reads it: `no` may be a country.
    case scalar(String, isQuoted: Bool)
    case sequence([SettingsNode])
    /// In the order of the file, no key twice.
    case mapping([Entry])
  }

  /// One `key: value`.
  public struct Entry: Sendable {
    public var key: String
    public var place: Place
    public var value: SettingsNode
  }

  /// The same with other keys and texts. Nesting is bounded by the document's limits.
  func replacingTexts(_ replace: (String) -> String) -> SettingsNode {
    var node = self
    switch content {
    case .scalar(let text, let isQuoted): node.content = .scalar(replace(text), isQuoted: isQuoted)
    case .sequence(let nodes): node.content = .sequence(nodes.map { $0.replacingTexts(replace) })
    case .mapping(let entries): node.content = .mapping(entries.map { Entry(key: replace($0.key), place: $0.place, value: $0.value.replacingTexts(replace)) })
    }
    return node
  }

  /// What it is, in the words of an error: "`soon`", "a list", "nothing".
  var found: String {
    switch content {
    case .scalar("", isQuoted: false): "nothing"
    case .scalar(let text, _): "`\(text.prefix(60))\(text.count > 60 ? "…" : "")`"
    case .sequence: "a list"
    case .mapping: "a mapping"
    }
  }
}

/// One thing that is wrong with a settings file, and where.
public struct SettingsProblem: Hashable, Sendable, CustomStringConvertible {
  public var file: String
  public var place: Place
  /// What was expected and what was found.
  public var sentence: String

  public init(file: String, place: Place, sentence: String) {
    self.file = file
    self.place = place
    self.sentence = sentence
  }

  /// `netstead.yaml:3:7: expected a whole number, found `soon``.
  public var description: String { "\(file):\(place): \(sentence)" }
}

/// Everything that is wrong with a settings file, in the order of the file.
public struct SettingsProblems: Error, Hashable, Sendable, CustomStringConvertible {
  public var problems: [SettingsProblem]

  public init(_ problems: [SettingsProblem]) { self.problems = problems }

  public var description: String { problems.map(\.description).joined(separator: "\n") }
}

/// How much of a settings file is read.
public struct SettingsLimits: Hashable, Sendable {
  /// Largest file. Unit: bytes. Past it: the file is refused unread.
  public var bytesMax: Int
  /// Deepest nesting. Unit: lists and mappings inside one another. Past it: the file is refused where it goes deeper.
  public var depthMax: Int
  /// Most values in all. Unit: values. Past it: the file is refused there.
  public var nodesMax: Int
  /// Most problems told of at a time. Unit: problems. Past it: one line says how many more there are.
  public var problemsMax: Int

  public init(bytesMax: Int = 1_048_576, depthMax: Int = 32, nodesMax: Int = 100_000, problemsMax: Int = 50) {
    self.bytesMax = bytesMax
    self.depthMax = depthMax
    self.nodesMax = nodesMax
    self.problemsMax = problemsMax
  }
}
