// A message to be handed to a server, and what became of it for each recipient.
// Read next: ClientConversation.swift.
public import Bytes
public import Mail
public import World

/// One message and its envelope.
public struct Delivery: Sendable, Equatable {
  /// One stretch of a message.
  public enum Part: Sendable, Equatable {
    case bytes(Buffer)
    /// Read in pieces, by the owner.
    case file(FileSlice)

    /// Unit: bytes.
    public var count: Int64 {
      switch self {
      case .bytes(let bytes): Int64(bytes.count)
      case .file(let slice): slice.length
      }
    }
  }

  public var sender: ReversePath
  public var recipients: [MailAddress]
  /// The message: lines that end in CR LF, without dots added. A CR or LF that stands alone leaves as a space.
  public var content: [Part]
  /// Whether there are bytes above 127 in it.
  public var isEightBit: Bool

  public init(sender: ReversePath, recipients: [MailAddress], content: [Part], isEightBit: Bool = false) {
    self.sender = sender
    self.recipients = recipients
    self.content = content
    self.isEightBit = isEightBit
  }

  /// Unit: bytes.
  public var size: Int64 { content.reduce(0) { $0 + $1.count } }
}

/// What became of a message for one recipient.
public enum Fate: Sendable, Hashable {
  /// The server has taken it over.
  case accepted(Reply)
  /// Not now.
  case temporary(Reply)
  /// Never.
  case permanent(Reply)
  /// The connection came to nothing before the server had decided.
  case undecided(Failure)

  /// What a refusal means.
  init(refusedBy reply: Reply) { self = reply.outcome == .permanent ? .permanent(reply) : .temporary(reply) }
}

/// How far a conversation had come.
public enum Step: String, Sendable, Hashable {
  case greeting
  case hello = "EHLO"
  case startTLS = "STARTTLS"
  case handshake = "TLS handshake"
  case authentication = "AUTH"
  case idle = "between messages"
  case sender = "MAIL"
  case recipient = "RCPT"
  case data = "DATA"
  case content
  /// The whole message was sent, and no word came: it may have arrived.
  case verdict = "end of content"
  case farewell = "QUIT"
}

/// Why a connection came to nothing.
public enum Failure: Error, Sendable, Hashable {
  /// The server does not want us.
  case refused(Reply, at: Step)
  /// The server closes.
  case closing(Reply, at: Step)
  /// The connection went.
  case lost(at: Step)
  /// No word in time.
  case silent(at: Step)
  /// TLS is wanted and not to be had.
  case tlsUnavailable
  /// Logging in is wanted and not to be had.
  case authenticationUnavailable(String)
  /// The server broke the protocol.
  case broken(String, at: Step)
  /// Our own copy of the message could not be read.
  case unreadable
}

extension Failure: CustomStringConvertible {
  public var description: String {
    switch self {
    case .refused(let reply, let step): "\(step.rawValue): \(reply)"
    case .closing(let reply, let step): "\(step.rawValue): the server closes: \(reply)"
    case .lost(let step): "\(step.rawValue): the connection went"
    case .silent(let step): "\(step.rawValue): no answer in time"
    case .tlsUnavailable: "the server does not offer TLS"
    case .authenticationUnavailable(let why): "cannot log in: \(why)"
    case .broken(let what, let step): "\(step.rawValue): \(what)"
    case .unreadable: "the message could not be read"
    }
  }
}
