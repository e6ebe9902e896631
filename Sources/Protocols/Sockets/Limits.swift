// What the services of this module hold and how long they wait. Every bound of the module is here.

/// The bounds of the uppercase and ping services.
public struct Limits: Sendable, Hashable {
  /// Longest line over TCP, its end included.
  ///
  /// Unit: bytes. No document asks for a least value. Past it: the connection is closed.
  public var lineBytesMax = 1_024
  /// How long a client that is being served may say nothing.
  ///
  /// Past it: the connection is closed, and in the iterative form the next client is served.
  public var idleTimeMax = Duration.seconds(60)
  /// How long a client waits for an answer.
  ///
  /// Past it: a stream client gives up; a datagram client counts the datagram as lost and goes on.
  public var answerTimeMax = Duration.seconds(5)
  /// Most clients that wait for their turn in the iterative form.
  ///
  /// Unit: clients. Past it: the connection is closed at once.
  public var clientsWaitingMax = 64
  /// Lowest port a datagram is answered to.
  ///
  /// Below it live services. Two services that answer each other's answers would never stop, so such a datagram is thrown away.
  public var clientPortMin: UInt16 = 1_024

  public init() {}
}
