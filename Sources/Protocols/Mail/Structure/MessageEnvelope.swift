// What IMAP's ENVELOPE tells of a message: its date, subject, addresses and identifiers, still as they were written.
// Read before: Addresses/AddressList.swift.
public import Bytes

/// The fields of a head that people see first.
// RFC 9051 §7.5.2
public struct MessageEnvelope: Hashable, Sendable {
  /// On one line, as written; nil: there is no such field. So in the others.
  public var date: Buffer?
  /// Encoded words still in it.
  public var subject: Buffer?
  public var from = AddressList()
  /// As `from` where the message does not say.
  public var sender = AddressList()
  /// As `from` where the message does not say.
  public var replyTo = AddressList()
  public var to = AddressList()
  public var cc = AddressList()
  public var bcc = AddressList()
  public var inReplyTo: Buffer?
  public var messageID: Buffer?

  public init() {}

  public init(_ head: MessageHead) {
    date = head.value("date")
    subject = head.value("subject")
    from = head.addresses("from")
    sender = head.addresses("sender")
    replyTo = head.addresses("reply-to")
    // RFC 9051 §7.5.2: the server puts From where these are missing or empty.
    if sender.items.isEmpty { sender = from }
    if replyTo.items.isEmpty { replyTo = from }
    to = head.addresses("to")
    cc = head.addresses("cc")
    bcc = head.addresses("bcc")
    inReplyTo = head.value("in-reply-to")
    messageID = head.value("message-id")
  }
}
