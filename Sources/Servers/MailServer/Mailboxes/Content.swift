// The bytes of messages: stored once, whoever holds them. A message in a mailbox is one holder, an entry of the queue another.
// Content goes when its last holder does.
// Not here: who holds what (MailStore.swift), how bytes become durable (Storage).
package import Bytes
package import Storage
package import World

/// The number of a content. Never given twice to content that somebody held.
package struct ContentID: Hashable, Sendable, Comparable, CustomStringConvertible {
  package var number: UInt64

  package init(_ number: UInt64) { self.number = number }

  package var description: String { String(number, radix: 16) }

  package static func < (a: ContentID, b: ContentID) -> Bool { a.number < b.number }
}

/// Content that is kept, ready to be sent: first the fields that were put before it, then what came in.
package struct MessageContent: Sendable {
  package let id: ContentID
  /// Trace fields that were written when the rest had been read already; CRLF lines, may be empty.
  package let prefix: Buffer
  /// Everything else, as it came.
  package let rest: BlobContent

  /// Unit: bytes.
  package var size: Int64 { Int64(prefix.count) + rest.count }

  /// The bytes of `range`, cut at the end; nil when the disk fails.
  package func bytes(_ range: Range<Int64>) -> Buffer? {
    let start = Int64(prefix.count)
    let low = max(0, min(range.lowerBound, size))
    let high = max(low, min(range.upperBound, size))
    if high <= start { return prefix[Int(low)..<Int(high)] }
    guard let tail = rest.bytes((max(low, start) - start)..<(high - start)) else { return nil }
    if low >= start { return tail }
    var whole = prefix[Int(low)..<prefix.count]
    whole.append(tail)
    return whole
  }
}

/// A message's place in a mailbox that it is to be put into.
package struct Delivery: Sendable, Hashable {
  /// The account's name.
  package var account: String
  package var mailbox: MailboxName
  /// Where to, when there is no such mailbox: INBOX instead of an error.
  package var fallsBack: Bool
  package var flags: MessageFlags
  package var keywords: [String]
  /// RFC 3501 §2.3.3; nil: now.
  package var internalDate: Instant?

  package init(
    to account: String, _ mailbox: MailboxName = .inbox, fallsBack: Bool = true, flags: MessageFlags = [], keywords: [String] = [], internalDate: Instant? = nil
  ) {
    self.account = account
    self.mailbox = mailbox
    self.fallsBack = fallsBack
    self.flags = flags
    self.keywords = keywords
    self.internalDate = internalDate
  }
}

/// Where a message was put.
package struct Delivered: Sendable, Hashable {
  package var mailbox: MailboxName
  package var uidValidity: UInt32
  package var uid: UInt32
}

/// The flags every mailbox has.
// RFC 3501 §2.3.2; \Recent is a session's, not a message's.
package struct MessageFlags: OptionSet, Hashable, Sendable {
  package let rawValue: UInt8
  package init(rawValue: UInt8) { self.rawValue = rawValue }

  package static let seen = MessageFlags(rawValue: 1)
  package static let answered = MessageFlags(rawValue: 2)
  package static let flagged = MessageFlags(rawValue: 4)
  package static let deleted = MessageFlags(rawValue: 8)
  package static let draft = MessageFlags(rawValue: 16)
}
