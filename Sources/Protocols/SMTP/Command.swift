// What a client says: one line, read into a command.
// Not here: which command is allowed when (ServerConversation.swift), what is answered to lines that cannot be read (ReplyTo.swift).
// Read next: CommandReader.swift (the grammar of paths and parameters).
public import Bytes
public import Mail
public import World

/// One command.
// RFC 5321 §4.1.1
public enum Command: Sendable, Hashable {
  case hello(Hello)
  case mail(Sender)
  case recipient(ForwardPath)
  case data
  /// So many bytes of content follow, the last ones or not.
  // RFC 3030 §2
  case chunk(bytes: Int64, isLast: Bool)
  case reset
  case noOperation
  case quit
  // RFC 3207 §4
  case startTLS
  /// The mechanism's name as it came.
  // RFC 4954 §4
  case authenticate(String, initialResponse: Buffer?)
  case verify
  case expand
  case help
  /// A command that others know.
  case foreign(String)

  /// Why a line is no command.
  public enum Fault: Error, Sendable, Hashable {
    /// Its first word is no command we know of.
    case unknown
    /// Its arguments are not in the grammar.
    case malformed(SyntaxError)
    /// What stands for the sender is no address.
    case malformedSender(SyntaxError)
    /// What stands for the recipient is no address.
    case malformedRecipient(SyntaxError)
    /// A parameter that was not offered.
    case unknownParameter(SyntaxError)
  }

  /// Reads a line without its end.
  public init(_ line: Buffer, limits: Limits = Limits()) throws(Fault) {
    var reader = CommandReader(line, limits: limits)
    switch reader.verb() {
    case "EHLO": self = .hello(Hello(name: try reader.name(), isExtended: true))
    case "HELO": self = .hello(Hello(name: try reader.name(), isExtended: false))
    case "MAIL": self = .mail(try reader.sender())
    case "RCPT": self = .recipient(try reader.recipient())
    case "DATA": self = try reader.alone(.data)
    case "BDAT": self = try reader.chunk()
    case "RSET": self = try reader.alone(.reset)
    case "QUIT": self = try reader.alone(.quit)
    case "STARTTLS": self = try reader.alone(.startTLS)
    case "AUTH": self = try reader.authentication()
    // RFC 5321 §4.1.1.9: whatever stands behind NOOP is looked at by nobody. What others ask about users is not told anyway.
    case "NOOP": self = .noOperation
    case "VRFY": self = .verify
    case "EXPN": self = .expand
    case "HELP": self = .help
    case let verb where ["ETRN", "TURN", "ATRN", "SEND", "SOML", "SAML"].contains(verb): self = .foreign(verb)
    default: throw .unknown
    }
  }
}
