// Every bound of this library, with its unit, its default and what happens past it.

/// What one end is prepared to read, to hold and to wait for.
public struct Limits: Sendable, Hashable {
  /// Largest block that may be asked for or sent. Unit: bytes. Past it: the peer broke the protocol, and the connection is closed.
  public var blockBytesMax = 16_384

  public init() {}
}
