// What is wrong in a master file, and where.

/// A place in a master file.
public struct MasterFilePlace: Hashable, Sendable, CustomStringConvertible {
  public var file: String
  /// The first line is 1.
  public var line: Int
  /// Unit: bytes from the start of the line; the first is 1.
  public var column: Int

  public init(file: String, line: Int, column: Int) {
    self.file = file
    self.line = line
    self.column = column
  }

  public var description: String { "\(file):\(line):\(column)" }
}

/// One thing wrong in a master file.
public struct MasterFileProblem: Error, Hashable, Sendable, CustomStringConvertible {
  public var place: MasterFilePlace
  public var expected: String
  /// What stood there instead; empty when the place says enough.
  public var found: String
  /// The document and section.
  public var rule: String

  public init(_ place: MasterFilePlace, expected: String, found: String = "", rule: String) {
    self.place = place
    self.expected = expected
    self.found = found
    self.rule = rule
  }

  public var description: String { "\(place): expected \(expected)\(found.isEmpty ? "" : ", found \(found)") (\(rule))" }
}
