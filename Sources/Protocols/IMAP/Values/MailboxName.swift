// The name of a mailbox: levels of text with a slash between them, and what no name may be.
// Names are for people; a store keeps mailboxes by numbers of its own and never makes a path of a name.
// Read next: MailboxPattern.swift (LIST), ModifiedUTF7.swift (the wire).
public import Bytes

/// A mailbox's name.
public struct MailboxName: Sendable, Hashable, Comparable, CustomStringConvertible {
  /// Why something is no name.
  public enum Fault: Error, Sendable, Hashable {
    /// Not text, an empty level, `.` or `..`, a control character, a wildcard.
    case malformed(String)
    /// More levels than `depthMax`.
    case tooDeep
    /// A level of more than `levelBytesMax`.
    case tooLong
  }

  /// Between two levels.
  public static let delimiter: Character = "/"
  /// Most levels of a name. Unit: levels. Past it: `NO [LIMIT]`.
  public static let depthMax = 20
  /// Longest level. Unit: bytes of UTF-8. Past it: `NO [LIMIT]`.
  public static let levelBytesMax = 255
  /// The mailbox that every account has.
  public static let inbox = MailboxName(unchecked: "INBOX")

  /// The whole name.
  public let text: String

  private init(unchecked text: String) { self.text = text }

  /// The name that `text` is; INBOX in any case is INBOX.
  public init(_ text: some StringProtocol) throws(Fault) {
    var levels: [String] = text.split(separator: Self.delimiter, maxSplits: .max, omittingEmptySubsequences: false).map { String($0) }
    guard levels.count <= Self.depthMax else { throw .tooDeep }
    for level in levels {
      guard !level.isEmpty else { throw .malformed("a level of the name is empty") }
      guard level.utf8.count <= Self.levelBytesMax else { throw .tooLong }
      guard level != ".", level != ".." else { throw .malformed("a level of the name is . or ..") }
      guard level.unicodeScalars.allSatisfy(Self.isFit) else { throw .malformed("the name has a control character, a backslash or a wildcard") }
    }
    // RFC 3501 §5.1: INBOX is not case-sensitive. Here neither is it as the parent of others, so that nobody has two of them.
    if levels[0].utf8.count == 5, levels[0].uppercased() == "INBOX" { levels[0] = "INBOX" }
    self.text = levels.joined(separator: String(Self.delimiter))
  }

  private static func isFit(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar.value {
    case 0..<0x20, 0x7F...0x9F, 0x2028, 0x2029: false
    case 0x25, 0x2A, 0x5C: false
    default: true
    }
  }

  /// The name written as `bytes` in a command.
  public init(wire bytes: Buffer) throws(Fault) {
    guard let text = ModifiedUTF7.text(bytes) else { throw .malformed("the name is not modified UTF-7") }
    try self.init(text)
  }

  /// As it stands on the wire, not yet quoted.
  public var wire: Buffer { ModifiedUTF7.bytes(text) }

  public var levels: [Substring] { text.split(separator: Self.delimiter) }

  /// The name one level up; nil: there is none.
  public var parent: MailboxName? { text.lastIndex(of: Self.delimiter).map { MailboxName(unchecked: String(text[..<$0])) } }

  /// Whether this name lies below `other`.
  public func isBelow(_ other: MailboxName) -> Bool { text.utf8.starts(with: (other.text + "/").utf8) }

  /// The name with `old` at its front replaced by `new`; nil: it does not lie below `old`, or it would be no name any more.
  public func moved(from old: MailboxName, to new: MailboxName) -> MailboxName? {
    isBelow(old) ? try? MailboxName(new.text + text.dropFirst(old.text.count)) : nil
  }

  /// By bytes, level for level, so that what lies below a mailbox follows it.
  public static func < (a: MailboxName, b: MailboxName) -> Bool {
    a.text.utf8.lexicographicallyPrecedes(b.text.utf8) { ($0 == 0x2F ? 0 : $0) < ($1 == 0x2F ? 0 : $1) }
  }

  // Two texts that look alike but have different bytes are two names, as they are on the wire.
  public static func == (a: MailboxName, b: MailboxName) -> Bool { a.text.utf8.elementsEqual(b.text.utf8) }

  public func hash(into hasher: inout Hasher) {
    for byte in text.utf8 { hasher.combine(byte) }
    hasher.combine(UInt8(0xFF))
  }

  public var description: String { text }
}

/// What a mailbox is for.
// RFC 6154 §2
public enum SpecialUse: String, Sendable, Hashable, CaseIterable {
  case all = "\\All"
  case archive = "\\Archive"
  case drafts = "\\Drafts"
  case flagged = "\\Flagged"
  case junk = "\\Junk"
  case sent = "\\Sent"
  case trash = "\\Trash"
}
