// Every bound of this library, with its unit, its default and what happens past it.

/// What one end of a connection is prepared to hold and to wait for.
public struct Limits: Sendable, Hashable {
  // MARK: Commands

  /// Longest command before login, without its literals. Unit: bytes. Past it: `BYE` and close.
  public var lineBytesBeforeLoginMax = 8_192
  /// Longest command after login, without its literals. Unit: bytes. Past it: `BYE` and close.
  public var lineBytesMax = 65_536
  /// Longest line of an authentication or behind IDLE, its end included. Unit: bytes. Past it: `BYE` and close.
  public var responseLineBytesMax = 12_290
  /// Longest tag. Unit: bytes. Past it: `BAD`.
  public var tagBytesMax = 128
  /// Deepest nesting of parentheses, and of search keys in one another. Unit: levels. Past it: `BAD`.
  public var depthMax = 50
  /// Most keys of one search, and most items of one fetch. Unit: keys, items. Past it: `BAD`.
  public var keysMax = 1_000
  /// Most keywords one command names. Unit: keywords. Past it: `BAD`.
  public var keywordsMax = 100
  /// Longest keyword. Unit: bytes. Past it: `BAD`.
  public var keywordBytesMax = 128
  /// Longest pattern of LIST and LSUB, with its reference. Unit: bytes. Past it: `BAD`.
  public var patternBytesMax = 1_024

  // MARK: Literals

  /// Largest literal before login. Unit: bytes. Past it: `BAD`; when it comes unasked, `BYE` and close, since its bytes cannot be told from commands.
  public var literalBytesBeforeLoginMax = 4_096
  /// Most literals of one command before login. Unit: literals. Past it: as above.
  public var literalsBeforeLoginMax = 4
  /// Largest literal after login, the message of APPEND apart. Unit: bytes. Past it: as above.
  public var literalBytesMax = 100_000
  /// All literals of one command together. Unit: bytes. Past it: as above.
  public var literalsBytesMax = 1_000_000
  /// Most literals of one command. Unit: literals. Past it: as above.
  public var literalsMax = 1_000
  /// Largest message of APPEND. Unit: bytes. Past it: `NO [TOOBIG]`; when it comes unasked, `BYE` and close too.
  public var messageBytesMax: Int64 = 52_428_800

  // MARK: Behaviour

  /// Bad commands before login. Unit: commands. At it: `BYE` and close.
  public var badCommandsBeforeLoginMax = 3
  /// Bad commands after login. Unit: commands. At it: `BYE` and close.
  public var badCommandsMax = 20
  /// Refused logins on one connection. Unit: logins. At it: `BYE` and close.
  public var loginFailuresMax = 3
  /// Commands in one minute. Unit: commands. Past it: nothing more is read until the minute is over.
  public var commandsPerMinuteMax = 2_000

  // MARK: Waiting

  /// Longest silence before login. RFC 3501 §5.4 speaks of the time after it. Past it: `BYE` and close.
  public var loginTimeout = Duration.seconds(60)
  /// Longest silence after login, IDLE included. RFC 3501 §5.4: at least 30 minutes. Past it: `BYE` and close.
  public var idleTimeout = Duration.seconds(1_800)
  /// How often a client in IDLE hears that the server is still there, so that no box on the way forgets the connection.
  public var stillHereInterval = Duration.seconds(120)
  /// Longest time a peer may take nothing of what is sent. Past it: close.
  public var writeTimeout = Duration.seconds(120)
  /// Longest wait of a client for the next piece of an answer. Past it: the command fails.
  public var answerTimeout = Duration.seconds(60)

  // MARK: Answers

  /// Messages the owner is asked for at once when content is fetched. Unit: messages.
  public var contentBatchMax = 64
  /// Messages the owner is asked for at once when only what stands in the index is fetched. Unit: messages.
  public var indexBatchMax = 256
  /// How much of an answer there may be in memory before fewer messages are asked for at once. Unit: bytes.
  public var batchBytesMax = 262_144

  /// Most bytes of a FETCH's answers that are written in one go. Unit: bytes. Past it: others have their turn, and the carrier may say that the
  /// peer takes nothing.
  public var burstBytesMax = 524_288

  // MARK: What a client takes from a server

  /// Longest line of an answer. Unit: bytes. Past it: the connection ends.
  public var answerLineBytesMax = 1_048_576
  /// Largest literal that is held in memory; the content of messages is handed on as it comes. Unit: bytes. Past it: the connection ends.
  public var answerLiteralBytesMax = 1_048_576
  /// All literals of one answer that are held. Unit: bytes. Past it: the connection ends.
  public var answerLiteralsBytesMax = 8_388_608
  /// Most literals of one answer that are held. Unit: literals. Past it: the connection ends.
  public var answerLiteralsMax = 10_000
  /// Deepest nesting of an answer. Unit: levels. Past it: the answer is not understood.
  public var answerDepthMax = 250
  /// Most elements of one list in an answer. Unit: elements. Past it: the answer is not understood.
  public var answerListMax = 100_000
  /// Largest message content. Unit: bytes. Past it: the connection ends.
  public var contentBytesMax: Int64 = 1_073_741_824

  public init() {}
}
