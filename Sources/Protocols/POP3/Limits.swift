// Every bound of this library, with its unit, its default and what happens past it.
public import Mail

/// What one end of a connection is prepared to hold and to wait for.
public struct Limits: Sendable, Hashable {
  /// Longest command, its end included. Unit: bytes. RFC 2449 §4 asks for 255. Past it: -ERR.
  public var commandBytesMax = 255
  /// What an authentication may cost.
  public var sasl = SASL.Limits()
  /// Most faults of a client that has not logged in: bad commands, and passwords that are wrong. Unit: replies. At it: -ERR and close.
  public var faultsBeforeLoginMax = 3
  /// Most faults of a client that has logged in. Unit: replies. At it: -ERR and close.
  public var faultsMax = 20
  /// Longest silence where a command is awaited. RFC 1939 §3 asks for 600 s. Past it: close, and nothing is deleted.
  public var commandTimeout = Duration.seconds(600)
  /// The same before login.
  public var loginTimeout = Duration.seconds(180)
  /// Longest handshake of TLS begun by STLS. Past it: close.
  public var handshakeTimeout = Duration.seconds(60)
  /// Longest wait for the owner's answer to a question. Past it: -ERR [SYS/TEMP] and close.
  public var answerTimeout = Duration.seconds(600)
  /// Longest time a client takes nothing of what is sent. Past it: close.
  public var writeTimeout = Duration.seconds(180)
  /// How much of a message is asked for at a time. Unit: bytes.
  public var contentPieceBytes = 65_536

  // MARK: The client

  /// Longest line of an answer, its end included. Unit: bytes. RFC 1939 §3 says 512. Past it: the connection fails.
  public var answerLineBytesMax = 2_048
  /// Most lines of a listing. Unit: lines. Past it: the connection fails.
  public var listingLinesMax = 1_000_000
  /// How much of a message may be with the owner undecided. Unit: bytes. Past it: reading pauses until the owner has taken some.
  public var contentUntakenBytesMax = 262_144
  /// Longest wait for an answer or the next part of one. Past it: the connection fails.
  public var replyTimeout = Duration.seconds(300)
  /// Longest wait for the farewell. Past it: close.
  public var farewellTimeout = Duration.seconds(60)
  /// How long a connection is kept for a further order. Past it: farewell.
  public var idleTimeout = Duration.seconds(300)

  public init() {}
}
