// The three failures. The type shows who is at fault: the peer's grammar, the peer's order of doing things, or its appetite.

/// The bytes are not in the grammar.
public struct SyntaxError: Error, Hashable, Sendable, CustomStringConvertible {
  /// The document's own word for what should have stood there.
  public var expected: String
  /// What stood there instead, in a few words; empty when the offset says enough.
  public var found: String
  /// Of the first offending byte. Unit: bytes from the start of the message or line.
  public var offset: Int
  /// The document and section, `RFC 9112 §5.1`.
  public var rule: String

  public init(expected: String, found: String = "", at offset: Int, rule: String) {
    self.expected = expected
    self.found = found
    self.offset = offset
    self.rule = rule
  }

  public var description: String {
    "expected \(expected)\(found.isEmpty ? "" : ", found \(found)") at byte \(offset) (\(rule))"
  }
}

/// Right in the grammar, wrong at this moment.
public struct Violation: Error, Hashable, Sendable, CustomStringConvertible {
  public var what: String
  /// The state it came in.
  public var state: String
  public var rule: String

  public init(_ what: String, in state: String, rule: String) {
    self.what = what
    self.state = state
    self.rule = rule
  }

  public var description: String { "\(what) while \(state) (\(rule))" }
}

/// More than we agreed to hold.
public struct LimitReached: Error, Hashable, Sendable, CustomStringConvertible {
  /// The limit's name as in `Limits`.
  public var limit: String
  public var allowed: Int
  public var unit: String

  public init(_ limit: String, allowed: Int, unit: String) {
    self.limit = limit
    self.allowed = allowed
    self.unit = unit
  }

  public var description: String { "\(limit): at most \(allowed) \(unit)" }
}
