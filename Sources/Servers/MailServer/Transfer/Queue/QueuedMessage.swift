// An entry of the queue: one message for recipients of one destination; as a value and as a record.
// Not here: the order of entries (MailQueue.swift), the message's bytes (Mailboxes/Content.swift).
import Bytes
package import Mail
package import SMTP
package import Trace
package import World

/// The number of an entry.
package struct QueueID: Hashable, Sendable, Comparable, CustomStringConvertible {
  package var number: UInt64

  package init(_ number: UInt64) { self.number = number }

  package var description: String { String(number, radix: 16) }

  package static func < (a: QueueID, b: QueueID) -> Bool { a.number < b.number }

  /// The key of its record, and by it the name under which it holds its content.
  var key: Buffer {
    var key = Buffer(capacity: 8)
    key.append(integer: number)
    return key
  }

  init?(key: Buffer) {
    var key = key
    guard key.count == 8, let number = key.takeInteger(UInt64.self) else { return nil }
    self.number = number
  }
}

/// A message that is to be passed on.
package struct QueuedMessage: Sendable, Hashable {
  package var id: QueueID
  package var content: ContentID
  /// Who hears of failures; empty for reports.
  package var sender: ReversePath
  package var body: BodyKind
  package var destination: MailDomain
  /// Where what is passed on begins: behind what was written above it for mailboxes here. Unit: bytes.
  package var start = 0
  /// Those who still have to get it.
  package var recipients: [MailAddress]
  package var arrived: Instant
  /// How often it was tried.
  package var attempts = 0
  /// When it is tried next, as the record says: before an attempt begins this is moved on, so that a message that stops the server does not
  /// stop it again at once.
  package var nextAttempt: Instant
  /// How many reports of delay were sent.
  package var delayReports = 0
  /// What the last attempt came to.
  package var lastFailure = ""
  /// The conversation that brought it; only as long as this process runs.
  package var cause: ConversationID?

  package var isReport: Bool { sender == .empty }
}

extension QueuedMessage {
  private static let version: UInt8 = 1

  //   1 version   8 content   8 arrived   8 next attempt   4 attempts   4 start   1 delay reports   1 body
  //   then texts, each with 4 bytes of length before it: sender, destination, last failure, recipients
  var record: Buffer {
    var record = Buffer(capacity: 128)
    record.append(Self.version)
    record.append(integer: content.number)
    record.append(integer: arrived.nanoseconds)
    record.append(integer: nextAttempt.nanoseconds)
    record.append(integer: UInt32(clamping: attempts))
    record.append(integer: UInt32(clamping: start))
    record.append(UInt8(clamping: delayReports))
    record.append(UInt8(body == .eightBit ? 1 : 0))
    for text in [sender.description, destination.description, lastFailure] + recipients.map(\.description) {
      record.append(integer: UInt32(clamping: text.utf8.count))
      record.append(text)
    }
    return record
  }

  /// Nil: the record is not one of ours.
  init?(_ id: QueueID, record: Buffer) {
    var record = record
    func number<N: FixedWidthInteger & Sendable>(_ type: N.Type) -> N? { record.takeInteger(type) }
    guard number(UInt8.self) == Self.version, let content = number(UInt64.self), let arrived = number(Int64.self), let next = number(Int64.self),
      let attempts = number(UInt32.self), let start = number(UInt32.self), let reports = number(UInt8.self), let body = number(UInt8.self)
    else { return nil }
    var texts: [String] = []
    while let length = number(UInt32.self) {
      guard let text = record.take(Int(length)) else { return nil }
      texts.append(text.text)
    }
    guard texts.count >= 3, let sender = try? ReversePath(texts[0]), let destination = try? MailDomain(texts[1]) else { return nil }
    let recipients = texts[3...].compactMap { try? MailAddress($0) }
    guard recipients.count == texts.count - 3 else { return nil }
    self.init(
      id: id, content: ContentID(content), sender: sender, body: body == 1 ? .eightBit : .sevenBit, destination: destination,
      start: Int(start), recipients: recipients, arrived: Instant(nanoseconds: arrived), attempts: Int(attempts), nextAttempt: Instant(nanoseconds: next),
      delayReports: Int(reports), lastFailure: texts[2])
  }
}
