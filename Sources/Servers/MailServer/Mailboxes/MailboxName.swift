// The name of a mailbox: levels under one root, any text in them. A name is looked up, never made into a file's name.
// Not here: how protocols write it (modified UTF-7 is IMAP's), where it is kept (Account.swift).

/// Where a mailbox stands in an account's tree.
package struct MailboxName: Hashable, Sendable, Comparable, CustomStringConvertible {
  /// From the root down; at least one, none empty.
  package let levels: [String]

  /// What stands between two levels of a name.
  package static let delimiter: Character = "/"
  /// The name new mail goes to. RFC 3501 §5.1: however its letters are written.
  package static let inbox = MailboxName(levels: ["INBOX"])

  private init(levels: [String]) { self.levels = levels }

  /// Nil when `text` is no name: an empty level, `.` or `..`, control characters, wildcards, too deep or too long.
  package init?(_ text: String, limits: MailboxLimits = MailboxLimits()) {
    var levels = text.split(separator: Self.delimiter, omittingEmptySubsequences: false).map(String.init)
    guard (1...limits.depthMax).contains(levels.count), levels.allSatisfy({ Self.isLevel($0, limits) }) else { return nil }
    // RFC 3501 §5.1: INBOX is one name in all its spellings; the same for what stands below it, or there would be two of them.
    if levels[0].utf8.count == 5, levels[0].uppercased() == "INBOX" { levels[0] = "INBOX" }
    self.levels = levels
  }

  private static func isLevel(_ level: String, _ limits: MailboxLimits) -> Bool {
    guard (1...limits.levelBytesMax).contains(level.utf8.count), level != ".", level != ".." else { return false }
    // RFC 3501 §5.1: wildcards in names would make LIST ambiguous; control characters would reach terminals and logs.
    return level.unicodeScalars.allSatisfy { scalar in
      scalar.value >= 0x20 && !(0x7F...0x9F).contains(scalar.value) && scalar != "%" && scalar != "*"
    }
  }

  package var isInbox: Bool { self == Self.inbox }

  /// The name one level up; nil at the root.
  package var parent: MailboxName? { levels.count > 1 ? MailboxName(levels: levels.dropLast()) : nil }

  /// Whether this name stands somewhere below `other`.
  package func isBelow(_ other: MailboxName) -> Bool { levels.count > other.levels.count && levels.starts(with: other.levels) }

  /// This name, which stands below `old` or is it, when `old` is called `new`; nil when it gets too deep.
  func moved(from old: MailboxName, to new: MailboxName, limits: MailboxLimits) -> MailboxName? {
    let levels = new.levels + levels.dropFirst(old.levels.count)
    return levels.count <= limits.depthMax ? MailboxName(levels: levels) : nil
  }

  package var description: String { levels.joined(separator: String(Self.delimiter)) }

  /// INBOX first, then level by level by bytes, so that what is below a mailbox follows it.
  package static func < (a: MailboxName, b: MailboxName) -> Bool {
    if (a.levels[0] == "INBOX") != (b.levels[0] == "INBOX") { return a.levels[0] == "INBOX" }
    return a.levels.lexicographicallyPrecedes(b.levels) { $0.utf8.lexicographicallyPrecedes($1.utf8) }
  }
}

/// What a mailbox is for.
// RFC 6154 §2
package enum SpecialUse: UInt8, Sendable, Hashable, CaseIterable {
  case drafts = 1, sent, trash, junk, archive

  /// What it is called in a new account.
  package var defaultName: String {
    switch self {
    case .drafts: "Drafts"
    case .sent: "Sent"
    case .trash: "Trash"
    case .junk: "Junk"
    case .archive: "Archive"
    }
  }
}
