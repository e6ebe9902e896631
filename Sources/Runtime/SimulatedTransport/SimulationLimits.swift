// What the simulated network holds and how long it waits. The TCP model's constants are those of Linux where Linux has them.

/// The bounds of a simulated internet.
public struct SimulationLimits: Sendable, Hashable {
  /// Most bytes a connection holds for an end that does not read: the largest receive window.
  ///
  /// Unit: bytes. Past it: the peer may not send, and its own queue grows.
  public var receiveBytesMax = 1_048_576
  /// How many segments a connection sends before the first acknowledgement (RFC 6928 §2).
  public var initialSegments = 10
  /// Shortest wait before a segment is sent again. RFC 6298 §2.4 asks for a second; Linux waits 200 ms.
  public var retransmissionTimeMin = Duration.milliseconds(200)
  /// Longest wait before a segment is sent again.
  public var retransmissionTimeMax = Duration.seconds(60)
  /// How often a segment is sent again before the connection is given up. Unit: times.
  public var retransmissionsMax = 15
  /// How long a closed connection goes on reading and throwing away, so that no reset destroys the last answer.
  public var lingerTime = Duration.seconds(2)
  /// How long the end that closed first remembers the connection.
  public var timeWait = Duration.seconds(60)
  /// Largest datagram. Unit: bytes. Past it: it is dropped.
  public var datagramBytesMax = 65_507
  /// Most flows that the packet log tells apart at a time. Unit: flows. Past it: all get new numbers.
  public var flowsMax = 65_536
  /// Most events in one call of `run`. Unit: events. Past it: the call returns and says that it did not come to rest.
  public var eventsMax = 50_000_000

  public init() {}
}
