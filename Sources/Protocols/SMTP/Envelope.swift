// What is said about a message before it comes: by whom, for whom, in which session.
// Read next: Command.swift (how it is read), ServerConversation.swift (when).
public import Mail

/// What a listener is for.
public enum Role: Sendable, Hashable, CaseIterable {
  /// Mail from other servers, for recipients here. Port 25.
  case relay
  /// Mail from users, who log in first, for anybody. Ports 587 and 465.
  // RFC 6409 §3, RFC 8314 §3.3
  case submission
}

/// Who a client says it is.
public struct Hello: Sendable, Hashable {
  /// A domain name or an address in brackets, as it came: one word of visible ASCII.
  public var name: String
  /// Whether it came with EHLO.
  public var isExtended: Bool

  public init(name: String, isExtended: Bool) {
    self.name = name
    self.isExtended = isExtended
  }
}

/// A session as far as it has come.
public struct Session: Sendable, Hashable {
  public var role: Role
  /// Nil: the client has not said hello.
  public var hello: Hello?
  public var isEncrypted: Bool
  /// Nil: nobody has logged in.
  public var user: String?

  public init(role: Role, hello: Hello? = nil, isEncrypted: Bool = false, user: String? = nil) {
    self.role = role
    self.hello = hello
    self.isEncrypted = isEncrypted
    self.user = user
  }

  /// The word for this way of sending, for the `with` of a Received field: `ESMTPSA`.
  // RFC 3848 §1
  public var protocolName: String {
    guard hello?.isExtended == true else { return "SMTP" }
    return "ESMTP" + (isEncrypted ? "S" : "") + (user == nil ? "" : "A")
  }
}

/// How a message's content is written.
// RFC 6152 §2
public enum BodyKind: String, Sendable, Hashable, CaseIterable {
  case sevenBit = "7BIT"
  case eightBit = "8BITMIME"
}

/// Who sends a message: where word of a failure goes.
public struct Sender: Sendable, Hashable {
  /// Empty in a report, about which there are no reports.
  // RFC 5321 §4.5.5
  public var path: ReversePath
  /// How big the client says the message is; nil: it does not say. Unit: bytes.
  // RFC 1870 §6
  public var size: Int64?
  public var body: BodyKind?
  /// Who the client says submitted the message: of worth only from a client one trusts. Empty: it does not know.
  // RFC 4954 §5
  public var submitter: String?

  public init(_ path: ReversePath, size: Int64? = nil, body: BodyKind? = nil, submitter: String? = nil) {
    self.path = path
    self.size = size
    self.body = body
    self.submitter = submitter
  }
}

/// One transaction: a sender and recipients. It is replaced whole, never mended.
public struct Envelope: Sendable, Hashable {
  public var sender: Sender
  public var recipients: [MailAddress]

  public init(sender: Sender, recipients: [MailAddress] = []) {
    self.sender = sender
    self.recipients = recipients
  }
}
