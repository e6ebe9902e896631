// A message explained: its fields with names, values, byte ranges, meanings and the section of the document that defines them.
// Each protocol makes these from bytes (`DNS.explain`, `HTTP.explain`); the console and the tools only show them.

/// One field of a message.
public struct Field: Sendable, Hashable, Codable {
  public var name: String
  /// The value as a human writes it.
  public var value: String
  /// Where it stands. Unit: bytes from the start of the message.
  public var range: Range<Int>
  /// One sentence: what it means here.
  public var meaning: String
  /// `RFC 1035 §4.1.1`.
  public var source: String
  /// Parts of this field.
  public var children: [Field]

  public init(_ name: String, _ value: String, _ range: Range<Int>, meaning: String, source: String, children: [Field] = []) {
    self.name = name
    self.value = value
    self.range = range
    self.meaning = meaning
    self.source = source
    self.children = children
  }
}

/// A whole message explained.
public struct Explanation: Sendable, Hashable, Codable {
  /// One line for lists and ladders: `query www.garnet.test A`, `200 OK text/html 1,024 bytes`.
  public var title: String
  public var fields: [Field]
  /// What is wrong with the message; nil: nothing.
  public var problem: String?

  public init(title: String, fields: [Field], problem: String? = nil) {
    self.title = title
    self.fields = fields
    self.problem = problem
  }
}
