// What is noted about a message: the flags that the protocol knows, and keywords that clients make up.
// \Recent is not among them: it belongs to one connection, not to the message (RFC 3501 §2.3.2), and the conversation keeps it.

/// The flags of one message.
// RFC 3501 §2.3.2
public struct Flags: Sendable, Hashable {
  /// The flags of the protocol, one bit each.
  public struct System: OptionSet, Sendable, Hashable {
    public var rawValue: UInt8
    public init(rawValue: UInt8) { self.rawValue = rawValue }

    public static let answered = System(rawValue: 1)
    public static let flagged = System(rawValue: 2)
    public static let deleted = System(rawValue: 4)
    public static let seen = System(rawValue: 8)
    public static let draft = System(rawValue: 16)

    /// All of them with their names, in the order the RFC has them.
    static let names: [(System, String)] = [
      (.answered, "\\Answered"), (.flagged, "\\Flagged"), (.deleted, "\\Deleted"), (.seen, "\\Seen"), (.draft, "\\Draft"),
    ]
  }

  public var system: System
  /// Each once, whatever its case; spelled as first seen.
  public private(set) var keywords: [String] = []

  public init(_ system: System = [], keywords: [String] = []) {
    self.system = system
    for keyword in keywords { insert(keyword: keyword) }
  }

  public var isEmpty: Bool { system.isEmpty && keywords.isEmpty }

  private func place(of keyword: String) -> Int? { keywords.firstIndex { Keyword.areSame($0, keyword) } }

  public func contains(keyword: String) -> Bool { place(of: keyword) != nil }

  public mutating func insert(keyword: String) { if !contains(keyword: keyword) { keywords.append(keyword) } }

  public mutating func formUnion(_ other: Flags) {
    system.formUnion(other.system)
    for keyword in other.keywords { insert(keyword: keyword) }
  }

  public mutating func subtract(_ other: Flags) {
    system.subtract(other.system)
    keywords.removeAll { other.contains(keyword: $0) }
  }

  /// The names, as they are written.
  public var names: [String] { System.names.filter { system.contains($0.0) }.map(\.1) + keywords }
}

/// Names of keywords.
public enum Keyword {
  // RFC 5788 §2: the case of ASCII letters makes no difference.
  public static func areSame(_ a: String, _ b: String) -> Bool {
    a.utf8.count == b.utf8.count && zip(a.utf8, b.utf8).allSatisfy { lowered($0) == lowered($1) }
  }

  private static func lowered(_ byte: UInt8) -> UInt8 { (0x41...0x5A).contains(byte) ? byte | 0x20 : byte }
}

/// One flag, as searches name it.
public enum Flag: Sendable, Hashable {
  case system(Flags.System)
  case keyword(String)
}
