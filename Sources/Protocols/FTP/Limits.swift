// Every bound of this library, with its unit, its default and what happens past it.

/// What one end of a session is prepared to hold and to wait for.
public struct Limits: Sendable, Hashable {
  // MARK: The control connection

  /// Longest command or reply line, its end included. Unit: bytes. Past it: 500, and the line is passed over; a client gives up.
  public var lineBytesMax = 4_096
  /// Longest path that commands add up to. Unit: bytes. Past it: 501.
  public var pathBytesMax = 4_096
  /// Most folders below one another in a path. Unit: folders. Past it: 501.
  public var pathDepthMax = 128
  /// Longest user name. Unit: bytes. Past it: 501.
  public var userBytesMax = 127
  /// Longest password. Unit: bytes. Past it: 501.
  public var passwordBytesMax = 512
  /// Most commands that wait while a transfer is under way. Unit: commands. Past it: reading pauses, and an ABOR behind them waits too.
  public var heldCommandsMax = 16
  /// Most commands that are none, or come out of order, before somebody has logged in. Unit: commands. Past it: 421 and close.
  public var strayCommandsMax = 10
  /// Most wrong passwords. Unit: tries. Past it: 421 and close.
  public var loginTriesMax = 3
  /// How long the answer to a wrong password is held back, so that guessing takes time.
  public var loginPenalty = Duration.seconds(3)
  /// Most folders asked for that are not there. Unit: commands. Past it: 421 and close: somebody is guessing names.
  public var failedEntriesMax = 50
  /// Longest time from the connection's start to a login. Past it: 421 and close.
  public var loginTimeout = Duration.seconds(60)
  /// Longest silence of a client between two commands. RFC 1123 §4.1.3.2 asks for at least five minutes. Past it: 421 and close.
  public var idleTimeout = Duration.seconds(300)
  /// Longest wait of a client for a reply. Past it: the session fails.
  public var replyTimeout = Duration.seconds(60)
  /// Longest wait of a client for the end of a transfer after its last byte. Past it: the session fails.
  public var transferReplyTimeout = Duration.seconds(300)
  /// Most lines of one reply. Unit: lines. Past it: a client gives up.
  public var replyLinesMax = 1_024
  /// Most commands a client holds back because a reply is awaited. Unit: commands. Past it: the command fails.
  public var waitingCommandsMax = 64

  // MARK: The data connection

  /// How long a passive port waits for its connection. Past it: 425.
  public var passiveTimeout = Duration.seconds(30)
  /// How long calling a client's port may take. Past it: 425.
  public var activeTimeout = Duration.seconds(60)
  /// Longest time in which nothing comes of an upload. Past it: 426.
  public var stallTimeout = Duration.seconds(300)
  /// How much of an upload is handed to the owner before it asks for more. Unit: bytes. Past it: reading pauses.
  public var unaskedBytesMax = 2_097_152

  // MARK: Listings

  /// Most names of one listing, sent or read. Unit: names. Past it: the rest is left out.
  public var listingItemsMax = 10_000
  /// Longest line of a listing read by a client. Unit: bytes. Past it: the line is passed over.
  public var listingLineBytesMax = 8_192

  public init() {}
}
