// The server's half of one IMAP connection: which command is allowed when, what is asked of the mailboxes, and what is answered.
// Not here: reading commands (CommandReader, CommandParser), writing responses (ResponseWriter), what mailboxes hold (the owner).
// Read next: Question.swift (the seam to the owner).
public import Bytes
public import World

/// One IMAP4rev1 connection, seen from the server.
public struct ServerConversation: StreamConversation {
  /// What the place of the connection decides.
  public struct Options: Sendable, Hashable {
    /// Whether the connection is inside TLS from its first byte (port 993).
    public var isSecure: Bool
    /// Whether STARTTLS can be begun.
    public var offersTLS: Bool
    /// Whether a password may cross the connection in the clear. Only where nobody listens: on loopback.
    public var allowsClearPasswords: Bool
    /// The name of the host, for the greeting.
    public var hostName: String

    public init(isSecure: Bool, offersTLS: Bool, allowsClearPasswords: Bool, hostName: String) {
      self.isSecure = isSecure
      self.offersTLS = offersTLS
      self.allowsClearPasswords = allowsClearPasswords
      self.hostName = hostName
    }
  }

  public enum Input: Sendable {
    // From the connection.
    case connection(ConnectionEvent)
    // From the owner.
    case answered(Ticket, Answer)
    /// Something happened to the mailbox that was selected under this ticket.
    case changed(Ticket, MailboxChange)
    /// Something the person has to be shown (RFC 3501 §7.1 ALERT).
    case alert(String)
  }

  public typealias Question = IMAP.Question
  public typealias Action = StreamAction<Question>

  public static var dialect: Dialect { .imap }

  public let options: Options
  let limits: Limits

  public init(_ options: Options, limits: Limits = Limits()) {
    self.options = options
    self.limits = limits
  }

  public var stateName: String { "not authenticated" }
  public var acceptsBytes: Bool { false }
  public var deadline: Instant? { nil }

  public mutating func next(from bytes: inout Buffer) -> Input? { nil }
  public func input(for event: ConnectionEvent) -> Input? { .connection(event) }
  public mutating func handle(_ input: Input, at now: Instant, into actions: inout [Action]) {}
}
