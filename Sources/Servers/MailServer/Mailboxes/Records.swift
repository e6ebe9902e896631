// What the mail store writes: its tables, and each record as bytes, written and read here. Numbers in network order, so that keys sort.
//
//   mail-account       name                    → account, quota
//   mail-usage         account                 → what it uses
//   mail-mailbox       account mailbox         → name, what it is for, validity, keywords
//   mail-counters      account mailbox         → next identifier, counts
//   mail-subscription  account hash-of-name    → name
//   mail-message       mailbox uid             → content, date, size, flags
//   mail-content       content                 → prefix, bytes or where they are
//   mail-summary       content                 → what FETCH and SEARCH ask most
//   mail-holder        content holder          → nothing: while one is there, the content stays
//   mail-grave         content                 → nothing: perhaps nobody holds it any more
//   mail-dead          mailbox                 → account: a mailbox that is gone, its messages not yet
//   mail-store         "next" or "settled"     → the numbers to be given next; up to where blobs were compared with contents
//
// Not here: when they are written (MailStore, Account, MailboxSession).
import Bytes
import Crypto
import IMAP
import Storage

/// The names of the tables.
enum Table {
  static let account = "mail-account"
  static let usage = "mail-usage"
  static let mailbox = "mail-mailbox"
  static let counters = "mail-counters"
  static let subscription = "mail-subscription"
  static let message = "mail-message"
  static let content = "mail-content"
  static let summary = "mail-summary"
  static let holder = "mail-holder"
  static let grave = "mail-grave"
  static let dead = "mail-dead"
  static let store = "mail-store"
}

/// Keys made of numbers.
enum Key {
  static let next = Buffer("next")
  static let settled = Buffer("settled")

  static func of(_ number: UInt32) -> Buffer {
    var key = Buffer(capacity: 4)
    key.append(integer: number)
    return key
  }

  static func of(_ first: UInt32, _ second: UInt32) -> Buffer {
    var key = Buffer(capacity: 8)
    key.append(integer: first)
    key.append(integer: second)
    return key
  }

  static func of(_ content: ContentID) -> Buffer {
    var key = Buffer(capacity: 8)
    key.append(integer: content.number)
    return key
  }

  /// A name can be longer than a key: its hash stands for it.
  static func of(_ account: UInt32, _ name: MailboxName) -> Buffer {
    var key = of(account)
    var hash = SHA256()
    hash.update(data: Array(name.text.utf8))
    key.append(hash.finalize())
    return key
  }

  /// A message that holds `content`.
  static func holder(_ content: ContentID, _ mailbox: UInt32, _ uid: UInt32) -> Buffer {
    var key = of(content)
    key.append(UInt8(0))
    key.append(integer: mailbox)
    key.append(integer: uid)
    return key
  }

  /// Somebody else who does.
  static func holder(_ content: ContentID, _ other: Buffer) -> Buffer {
    var key = of(content)
    key.append(UInt8(1))
    key.append(other)
    return key
  }

  /// The first key behind all that begin with `number`; nil: there is none.
  static func after(_ number: UInt32) -> Buffer? { number == .max ? nil : of(number + 1) }
}

extension Buffer {
  /// Takes a number off the front; nil when there is none.
  mutating func takeInteger<T: FixedWidthInteger & Sendable>(_ type: T.Type = T.self) -> T? {
    guard let bytes = take(MemoryLayout<T>.size) else { return nil }
    return bytes.withUnsafeBytes { T(bigEndian: $0.loadUnaligned(as: T.self)) }
  }

  /// Takes a counted text off the front.
  mutating func takeText() -> String? {
    guard let count = takeInteger(UInt16.self), let bytes = take(Int(count)) else { return nil }
    return bytes.text
  }

  /// Adds a text with its length before it.
  mutating func append(counted text: String) {
    append(integer: UInt16(clamping: text.utf8.count))
    append(text)
  }

  /// Adds bytes with their length before them.
  mutating func append(counted bytes: Buffer) {
    append(integer: UInt32(clamping: bytes.count))
    append(bytes)
  }

  /// Takes counted bytes off the front.
  mutating func takeCounted() -> Buffer? { takeInteger(UInt32.self).flatMap { take(Int($0)) } }
}

/// How much an account may use, or does.
package struct Usage: Sendable, Hashable {
  /// Unit: bytes.
  package var bytes: Int64
  /// Unit: messages.
  package var messages: Int64

  package init(bytes: Int64 = 0, messages: Int64 = 0) {
    self.bytes = bytes
    self.messages = messages
  }

  var record: Buffer {
    var record = Buffer(capacity: 16)
    record.append(integer: bytes)
    record.append(integer: messages)
    return record
  }

  init?(record: Buffer) {
    var record = record
    guard let bytes = record.takeInteger(Int64.self), let messages = record.takeInteger(Int64.self) else { return nil }
    self.init(bytes: bytes, messages: messages)
  }
}

/// An account as it is kept.
struct AccountRecord: Sendable, Hashable {
  var id: UInt32
  var quota: Usage

  var record: Buffer {
    var record = Buffer()
    record.append(integer: id)
    record.append(quota.record)
    return record
  }

  init(id: UInt32, quota: Usage) {
    self.id = id
    self.quota = quota
  }

  init?(record: Buffer) {
    var record = record
    guard let id = record.takeInteger(UInt32.self), let quota = Usage(record: record) else { return nil }
    self.init(id: id, quota: quota)
  }
}

/// What a mailbox is, apart from its messages.
struct MailboxRecord: Sendable, Hashable {
  var name: MailboxName
  var uidValidity: UInt32
  /// False: only a level above others. RFC 3501 §7.2.2 `\Noselect`.
  var isSelectable: Bool
  var specialUse: SpecialUse?
  /// The first bit of a message's keywords is the first of these.
  var keywords: [String] = []

  var record: Buffer {
    var record = Buffer()
    record.append(integer: uidValidity)
    record.append(UInt8(isSelectable ? 1 : 0))
    record.append(counted: specialUse?.rawValue ?? "")
    record.append(counted: name.text)
    record.append(integer: UInt16(clamping: keywords.count))
    for keyword in keywords { record.append(counted: keyword) }
    return record
  }

  init(_ name: MailboxName, uidValidity: UInt32, isSelectable: Bool = true, specialUse: SpecialUse? = nil) {
    self.name = name
    self.uidValidity = uidValidity
    self.isSelectable = isSelectable
    self.specialUse = specialUse
  }

  init?(record: Buffer) {
    var record = record
    guard let validity = record.takeInteger(UInt32.self), let selectable = record.takeInteger(UInt8.self), let use = record.takeText(),
      let text = record.takeText(), let name = try? MailboxName(text), let count = record.takeInteger(UInt16.self)
    else { return nil }
    self.init(name, uidValidity: validity, isSelectable: selectable != 0, specialUse: SpecialUse(rawValue: use))
    for _ in 0..<count {
      guard let keyword = record.takeText() else { return nil }
      keywords.append(keyword)
    }
  }
}

/// What is counted in a mailbox.
struct Counters: Sendable, Hashable {
  var uidNext: UInt32 = 1
  /// Unit: messages.
  var messages: UInt32 = 0
  var unseen: UInt32 = 0
  /// From here on no session has seen the messages as recent.
  var recentFrom: UInt32 = 1
  /// Of the last change.
  var modification: UInt64 = 0
  /// Unit: bytes.
  var bytes: Int64 = 0

  var record: Buffer {
    var record = Buffer(capacity: 32)
    record.append(integer: uidNext)
    record.append(integer: messages)
    record.append(integer: unseen)
    record.append(integer: recentFrom)
    record.append(integer: modification)
    record.append(integer: bytes)
    return record
  }

  init() {}

  init?(record: Buffer) {
    var record = record
    guard let uidNext = record.takeInteger(UInt32.self), let messages = record.takeInteger(UInt32.self), let unseen = record.takeInteger(UInt32.self),
      let recentFrom = record.takeInteger(UInt32.self), let modification = record.takeInteger(UInt64.self), let bytes = record.takeInteger(Int64.self)
    else { return nil }
    self.uidNext = uidNext
    self.messages = messages
    self.unseen = unseen
    self.recentFrom = recentFrom
    self.modification = modification
    self.bytes = bytes
  }
}

/// A message in a mailbox: all that is kept of it in memory while the mailbox is open.
struct Entry: Sendable, Hashable {
  var content: ContentID
  /// One bit for each keyword of the mailbox.
  var keywords: UInt64 = 0
  /// Of the last change of this message.
  var modification: UInt64 = 0
  /// Unit: seconds since 1970.
  var date: Int64
  var uid: UInt32
  /// Unit: bytes.
  var size: UInt32
  /// Of the date. Unit: minutes east of Greenwich.
  var zone: Int16
  var flags: Flags.System

  static let recordLength = 39

  init(uid: UInt32, content: ContentID, size: UInt32, date: InternalDate, flags: Flags.System) {
    self.uid = uid
    self.content = content
    self.size = size
    self.date = date.seconds
    zone = date.zone
    self.flags = flags
  }

  var internalDate: InternalDate { InternalDate(seconds: date, zone: zone) }

  var record: Buffer {
    var record = Buffer(capacity: Self.recordLength)
    record.append(integer: content.number)
    record.append(integer: keywords)
    record.append(integer: modification)
    record.append(integer: date)
    record.append(integer: size)
    record.append(integer: zone)
    record.append(flags.rawValue)
    return record
  }

  /// Nil for what is no message's record.
  init?(_ row: Record) {
    guard row.key.count == 8, row.value.count == Self.recordLength else { return nil }
    uid = row.key.withUnsafeBytes { UInt32(bigEndian: $0.loadUnaligned(fromByteOffset: 4, as: UInt32.self)) }
    // In place: a mailbox of 100,000 messages is read when it is opened.
    (content, keywords, modification, date, size, zone, flags) = row.value.withUnsafeBytes { bytes in
      (
        ContentID(UInt64(bigEndian: bytes.loadUnaligned(as: UInt64.self))), UInt64(bigEndian: bytes.loadUnaligned(fromByteOffset: 8, as: UInt64.self)),
        UInt64(bigEndian: bytes.loadUnaligned(fromByteOffset: 16, as: UInt64.self)),
        Int64(bigEndian: bytes.loadUnaligned(fromByteOffset: 24, as: Int64.self)),
        UInt32(bigEndian: bytes.loadUnaligned(fromByteOffset: 32, as: UInt32.self)),
        Int16(bigEndian: bytes.loadUnaligned(fromByteOffset: 36, as: Int16.self)), Flags.System(rawValue: bytes[38])
      )
    }
  }
}

/// Content as it is kept: small ones here, large ones in a blob.
struct ContentRecord: Sendable, Hashable {
  var prefix: Buffer
  /// Nil: in the blob of this content.
  var inline: Buffer?

  var record: Buffer {
    var record = Buffer(capacity: 5 + prefix.count + (inline?.count ?? 0))
    record.append(UInt8(inline == nil ? 1 : 0))
    record.append(counted: prefix)
    if let inline { record.append(inline) }
    return record
  }

  init(prefix: Buffer, inline: Buffer?) {
    self.prefix = prefix
    self.inline = inline
  }

  init?(record: Buffer) {
    var record = record
    guard let kind = record.takeInteger(UInt8.self), let prefix = record.takeCounted() else { return nil }
    self.init(prefix: prefix, inline: kind == 0 ? record : nil)
  }
}

/// The numbers that are given next, for the whole store.
struct StoreCounters: Sendable, Hashable {
  var account: UInt32 = 1
  var mailbox: UInt32 = 1
  /// The last one given.
  var uidValidity: UInt32 = 0
  var content: UInt64 = 1

  var record: Buffer {
    var record = Buffer(capacity: 20)
    record.append(integer: account)
    record.append(integer: mailbox)
    record.append(integer: uidValidity)
    record.append(integer: content)
    return record
  }

  init() {}

  init?(record: Buffer) {
    var record = record
    guard let account = record.takeInteger(UInt32.self), let mailbox = record.takeInteger(UInt32.self), let validity = record.takeInteger(UInt32.self),
      let content = record.takeInteger(UInt64.self)
    else { return nil }
    self.account = account
    self.mailbox = mailbox
    uidValidity = validity
    self.content = content
  }
}
