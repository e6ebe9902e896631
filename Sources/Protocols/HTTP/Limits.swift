// Every bound of this library, with its unit, its default and what happens past it.

/// What one end of a connection is prepared to hold and to wait for.
public struct Limits: Sendable, Hashable {
  // MARK: The head

  /// Longest request line or status line. Unit: bytes. RFC 9112 §3 asks for at least 8,000. Past it: 414 and close.
  public var startLineBytesMax = 8_192
  /// Longest method. Unit: bytes. Past it: 400 and close.
  public var methodBytesMax = 32
  /// Largest head after the start line, and largest trailer section read by a client. Unit: bytes. Past it: 431 and close.
  public var fieldsBytesMax = 32_768
  /// Most fields of one head. Unit: fields. Past it: 431 and close.
  public var fieldsMax = 100
  /// Most empty lines before a request line. Unit: lines. RFC 9112 §2.2 asks for at least one. Past it: 400 and close.
  public var leadingLinesMax = 2

  // MARK: The body

  /// Largest request body. Unit: bytes. Past it: 413 and close. A body is handed on as it comes; this many bytes are never held.
  public var bodyBytesMax: Int64 = 1_073_741_824
  /// How much of a request body is handed to the owner before it asks for more. Unit: bytes. Past it: reading pauses.
  public var bodyUnaskedBytesMax = 65_536
  /// How much of a response body a client hands to its owner before it asks for more. Unit: bytes. Past it: reading pauses.
  public var responseUnaskedBytesMax = Int.max
  /// Most interim responses (1xx) a client takes before the final one. Unit: responses. Past it: the request fails.
  public var interimMax = 8
  /// How much of a body that nobody wants is read and thrown away to keep the connection. Unit: bytes. Past it: close.
  public var bodyDrainedBytesMax: Int64 = 65_536
  /// Longest extensions of one chunk. Unit: bytes. Past it: 400 and close.
  public var chunkExtensionBytesMax = 256
  /// Extensions of all chunks of one body together. Unit: bytes. Past it: 400 and close.
  public var chunkExtensionsBytesMax = 16_384
  /// Largest trailer section. Unit: bytes. Past it: 431 and close.
  public var trailerBytesMax = 8_192

  /// What is done with a request that gives both a length and a transfer coding.
  public var lengthConflict = LengthConflict.refused

  // MARK: The connection

  /// Most requests read but not yet answered. Unit: requests. Past it: reading pauses.
  public var pipelinedMax = 64
  /// Most parts of streamed responses held because an earlier response is not finished. Unit: bytes. Past it: close.
  public var partsHeldBytesMax = 1_048_576
  /// Longest time from the first byte of a head (or from the connection's start) to its end. Past it: 408 (or close) .
  public var headTimeout = Duration.seconds(10)
  /// How often the speed of a request body is looked at; also its grace at the start. Past it with too few bytes: 408 and close.
  public var bodyInterval = Duration.seconds(5)
  /// Slowest request body. Unit: bytes per second.
  public var bodyBytesPerSecondMin = 240
  /// Longest silence between two requests. Past it: close.
  public var idleTimeout = Duration.seconds(60)
  /// Longest time a connection may stay congested, besides the time its last response takes at `writeBytesPerSecondMin`. Past it: close.
  public var writeTimeout = Duration.seconds(30)
  /// Slowest reader of a response. Unit: bytes per second.
  public var writeBytesPerSecondMin = 1_024
  /// Longest silence in a tunnel, both directions together. Past it: close.
  public var tunnelTimeout = Duration.seconds(600)
  /// Longest wait of a client for the next bytes of a response. Past it: the request fails.
  public var responseTimeout = Duration.seconds(60)
  /// Longest wait of a client for `100 Continue` before it sends the body anyway.
  public var continueTimeout = Duration.seconds(1)

  public init() {}
}

/// What is done with a request that says in two ways where it ends (RFC 9112 §6.1). Two servers behind one another that choose differently take
/// one stream of bytes for different requests: that is how requests are smuggled.
public enum LengthConflict: String, Sendable, Hashable, CaseIterable {
  /// 400 and close. Whatever others do, nobody is deceived.
  case refused = "refuse"
  /// The length counts and the coding is passed on as any field, as old proxies do. For showing what comes of it.
  case lengthCounts = "length"
  /// The coding counts, and the connection goes on; RFC 9112 §6.1 allows the one and forbids the other. For showing what comes of it.
  case codingCounts = "coding"
}
