// Every bound of this library, with its unit, its default and what happens past it.
// Not here: what a server as a whole bears (connections, volume, the queue): MailServer's limits.
public import Mail

/// What one end of a connection is prepared to hold and to wait for.
public struct Limits: Sendable, Hashable {
  // MARK: Lines

  /// Longest command, its end included. Unit: bytes. RFC 5321 §4.5.3.1.4 asks for 512 and more with extensions. Past it: 500 5.5.2.
  /// The command AUTH may be as long as a response of its exchange.
  public var commandBytesMax = 2_048
  /// Most commands that are too long. Unit: commands. At it: 421 and close.
  public var longCommandsMax = 3
  /// Longest name in EHLO and HELO. Unit: bytes. RFC 5321 §4.5.3.1.2 asks for 255. Past it: 501.
  public var nameBytesMax = 255
  /// What an authentication may cost.
  public var sasl = SASL.Limits()

  // MARK: The transaction

  /// Largest message. Unit: bytes. RFC 5321 §4.5.3.1.7 asks for 65,536. Past it: 552 5.3.4, at MAIL when announced, else at the message's end.
  public var messageBytesMax: Int64 = 52_428_800
  /// Largest message that is read to its end although nobody wants it. Unit: bytes. Past it: 421 and close.
  public var messageDiscardedBytesMax: Int64 = 104_857_600
  /// Most recipients of one transaction. Unit: recipients. RFC 5321 §4.5.3.1.8 asks for 100. Past it: 452 4.5.3; those before stand.
  public var recipientsMax = 1_000
  /// Longest line of a message, its end included. Unit: bytes. RFC 5321 §4.5.3.1.6 asks for 1,000. Past it: 554 5.6.0 at the message's end.
  public var contentLineBytesMax = 131_072
  /// How much content may be with the owner undecided. Unit: bytes. Past it: reading pauses until the owner has taken some.
  public var contentUntakenBytesMax = 262_144

  // MARK: Patience

  /// From how many refusals on each further one is said late. Unit: replies. A message taken begins the count anew.
  public var errorsPromptMax = 10
  /// How late.
  public var errorDelay = Duration.seconds(1)
  /// Most refusals. Unit: replies. At it: 421 and close. A message taken begins the count anew.
  public var errorsMax = 20
  /// Most commands that bring nothing on (NOOP, RSET, VRFY, a second EHLO …). Unit: commands. Past it: each counts as a refusal.
  public var idleCommandsMax = 100
  /// Most authentications that fail. Unit: exchanges. At it: 421 and close.
  public var authenticationsMax = 3
  /// Longest silence where a command is awaited. RFC 5321 §4.5.3.2.7 asks for 300 s. Past it: 421 and close.
  public var commandTimeout = Duration.seconds(300)
  /// How far content may fall behind `contentBytesPerSecondMin`, and how long the first of it may take. Past it: 421 and close.
  public var contentTimeout = Duration.seconds(300)
  /// Slowest content. Unit: bytes per second.
  public var contentBytesPerSecondMin = 500
  /// Longest handshake of TLS begun by STARTTLS. Past it: close.
  public var handshakeTimeout = Duration.seconds(60)
  /// Longest wait for the owner's answer to a question. Past it: 421 and close.
  public var answerTimeout = Duration.seconds(600)
  /// Longest time a peer takes nothing of what is said to it. Past it: close.
  public var writeTimeout = Duration.seconds(180)

  // MARK: The client

  /// Longest line of a reply, its end included. Unit: bytes. RFC 5321 §4.5.3.1.5 asks for 512. Past it: the connection fails.
  public var replyLineBytesMax = 2_048
  /// Most lines of one reply. Unit: lines. Past it: the connection fails.
  public var replyLinesMax = 128
  /// Most commands sent before their replies have come. Unit: commands. Past it: the rest waits.
  public var pipelinedMax = 100
  /// How much content is asked for at a time. Unit: bytes.
  public var contentPieceBytes = 65_536
  /// Longest wait for the greeting. RFC 5321 §4.5.3.2.1 asks for 300 s. Past it: the connection fails.
  public var greetingTimeout = Duration.seconds(300)
  /// Longest wait for the reply to a command. RFC 5321 §4.5.3.2.2 and §4.5.3.2.3 ask for 300 s. Past it: the connection fails.
  public var replyTimeout = Duration.seconds(300)
  /// Longest wait for leave to send the content. RFC 5321 §4.5.3.2.4 asks for 120 s. Past it: the connection fails.
  public var dataTimeout = Duration.seconds(120)
  /// Longest wait for the verdict on a message. RFC 5321 §4.5.3.2.6 asks for 600 s. Past it: the connection fails.
  public var verdictTimeout = Duration.seconds(600)
  /// Longest wait for the farewell. Past it: close.
  public var farewellTimeout = Duration.seconds(10)
  /// How long a connection is kept for a further message. Past it: farewell.
  public var idleTimeout = Duration.seconds(60)

  public init() {}

  /// For a server under stress: nobody may be slow.
  public static var stressed: Limits {
    var limits = Limits()
    limits.commandTimeout = .seconds(10)
    limits.contentTimeout = .seconds(10)
    limits.handshakeTimeout = .seconds(10)
    limits.errorsMax = 1
    return limits
  }
}
