// The header of a message as IMAP tells it: a list of its most asked-for fields, each as bytes.
// Not here: reading a header (Mail), writing and reading the list (StructureWriter.swift, StructureReader.swift).
public import Bytes

/// The structured form of a message's header.
// RFC 3501 §7.4.2 ENVELOPE
public struct Envelope: Sendable, Hashable {
  /// The text of the Date field; nil: there is none. So for the others: an absent field is nil, an empty one is empty.
  public var date: Buffer?
  public var subject: Buffer?
  /// Never empty when a message has a From field: without Sender and Reply-To the server repeats From there.
  public var from: [EnvelopeAddress] = []
  public var sender: [EnvelopeAddress] = []
  public var replyTo: [EnvelopeAddress] = []
  public var to: [EnvelopeAddress] = []
  public var cc: [EnvelopeAddress] = []
  public var bcc: [EnvelopeAddress] = []
  public var inReplyTo: Buffer?
  public var messageID: Buffer?

  public init() {}
}

/// An address, or a mark where a group of addresses begins or ends.
// RFC 3501 §7.4.2: a group begins with its name as mailbox and no host, and ends with neither.
public struct EnvelopeAddress: Sendable, Hashable {
  /// The name for people, encoded words not decoded.
  public var name: Buffer?
  /// RFC 822's source route.
  public var route: Buffer?
  public var mailbox: Buffer?
  public var host: Buffer?

  public init(name: Buffer? = nil, route: Buffer? = nil, mailbox: Buffer?, host: Buffer?) {
    self.name = name
    self.route = route
    self.mailbox = mailbox
    self.host = host
  }
}
