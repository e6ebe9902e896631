// Every bound and every wait of uTP, with its unit, its default and what happens past it.

/// What one uTP connection, and the port it lives at, are prepared to hold and to wait for.
public struct UTPLimits: Sendable, Hashable {
  public init() {}

  // MARK: One connection

  /// Most bytes held for an end that does not read, those out of order included: the window we offer.
  ///
  /// Unit: bytes. Past it: packets are dropped and will be sent again.
  public var receiveBytesMax = 1_048_576
  /// Most bytes under way. Unit: bytes. Past it: the rest waits.
  public var windowBytesMax = 1_048_576
  /// Most bytes queued and not sent before the end is told that it is enough. Unit: bytes. Past it: `congested`.
  public var outgoingBytesMax = 262_144
  /// Most packets under way, and furthest a packet may be ahead of the one awaited. Unit: packets. Past it: the rest waits; what comes is dropped.
  public var packetsMax = 2_048
  /// Largest datagram tried. Unit: bytes, without the headers of IP and UDP. An Ethernet's 1,500 less 28.
  public var datagramBytesMax = 1_472
  /// What passes everywhere. Unit: bytes, without the headers of IP and UDP. RFC 791 §3.1: 576 less 28.
  public var datagramBytesSafe = 548

  // MARK: LEDBAT

  /// The queueing delay aimed at (BEP 29, RFC 6817 §2.5). Unit: time.
  public var delayTarget = Duration.milliseconds(100)
  /// How fast the window grows while no delay is felt. Unit: bytes per round trip. BEP 29: 3,000.
  public var gainBytes = 3_000
  /// How many one-minute minima the base delay is taken from (RFC 6817 §2.5: ten). Unit: minutes.
  public var baseDelayMinutes = 10
  /// The window at the beginning. Unit: packets. RFC 6817 §2.5: two.
  public var initialPackets = 2

  // MARK: Waiting

  /// The first wait before something is sent again. BEP 29: a second.
  public var timeoutFirst = Duration.seconds(1)
  /// Shortest wait before something is sent again. BEP 29: 500 ms.
  public var timeoutMin = Duration.milliseconds(500)
  /// Longest wait before something is sent again.
  public var timeoutMax = Duration.seconds(60)
  /// How often a SYN is sent again. Unit: times. Past it: the call has failed.
  public var openResendsMax = 2
  /// How often data is sent again by the clock while nothing is heard. Unit: times. Past it: the connection is dead.
  public var dataResendsMax = 5
  /// How often a FIN is sent again by the clock. Unit: times. Past it: the connection ends without its answer.
  public var finishResendsMax = 2
  /// How long an acknowledgement waits for data to ride on, or for a second packet.
  public var acknowledgementDelay = Duration.milliseconds(20)
  /// How long nothing may be sent before a packet keeps the path open. BEP 29's programs: 29 s.
  public var keepAliveTime = Duration.seconds(29)
  /// How long a caller may take to prove that it hears us. Past it: it is forgotten.
  public var halfOpenTime = Duration.seconds(10)
  /// How long a peer may take nothing of what it is sent. Past it: the connection is dead.
  public var stallTime = Duration.seconds(30)
  /// How long the peer is listened to after our last byte has arrived. Past it: the connection is gone.
  public var lingerTime = Duration.seconds(2)

  // MARK: One port

  /// Most connections of one port. Unit: connections. Past it: SYNs are ignored.
  public var connectionsMax = 8_192
  /// Most connections from one address. Unit: connections. Past it: SYNs are ignored.
  public var connectionsPerAddressMax = 512
  /// Most callers that have not proved that they hear us. Unit: connections. Past it: the one that has been waited for longest is forgotten.
  public var halfOpenMax = 4_096
  /// What all connections may hold together, both directions. Unit: bytes. Past it: packets ahead of the one awaited are dropped.
  public var heldBytesMax = 268_435_456
  /// Most RESETs for packets that belong to nothing. Unit: packets per second. Past it: such packets are ignored.
  public var resetsPerSecondMax = 100
}

extension Duration {
  /// Unit: nanoseconds.
  var wholeNanoseconds: Int64 { components.seconds &* 1_000_000_000 &+ components.attoseconds / 1_000_000_000 }
}
