// The bytes of messages: stored once, whoever holds them. A message in a mailbox is one holder, an entry of the queue another.
// Content goes when its last holder does.
// Read next: ContentDraft.swift (content on its way in), MailStore.swift (delivering it).
package import Bytes
package import IMAP
package import Storage
import World

/// The number of a content. Never given twice to content that somebody held.
package struct ContentID: Hashable, Sendable, Comparable, CustomStringConvertible {
  package var number: UInt64

  package init(_ number: UInt64) { self.number = number }

  package var description: String {
    let digits = String(number, radix: 16)
    return String(repeating: "0", count: 16 - digits.utf8.count) + digits
  }

  package static func < (a: ContentID, b: ContentID) -> Bool { a.number < b.number }
}

/// Content that is kept, ready to be sent: first the fields that were put before it, then what came in.
package struct MessageContent: Sendable {
  /// Trace fields that were written when the rest had been read already; CRLF lines, may be empty.
  package let prefix: Buffer
  /// Everything else, as it came.
  package let rest: BlobContent

  package init(prefix: Buffer, rest: BlobContent) {
    self.prefix = prefix
    self.rest = rest
  }

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
  package var flags: Flags
  /// RFC 3501 §2.3.3; nil: now.
  package var internalDate: InternalDate?

  package init(
    to account: String, _ mailbox: MailboxName = .inbox, fallsBack: Bool = true, flags: Flags = Flags(), internalDate: InternalDate? = nil
  ) {
    self.account = account
    self.mailbox = mailbox
    self.fallsBack = fallsBack
    self.flags = flags
    self.internalDate = internalDate
  }
}

/// Where a message was put.
package struct Delivered: Sendable, Hashable {
  package var mailbox: MailboxName
  package var uidValidity: UInt32
  package var uid: UInt32
}
