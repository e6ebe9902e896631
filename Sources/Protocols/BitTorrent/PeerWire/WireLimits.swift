// Every bound of a conversation between peers, with its unit, its default and what happens past it.

/// What one end is prepared to read, to hold and to wait for.
public struct WireLimits: Sendable, Hashable {
  /// How long a handshake may take. Past it: close.
  public var handshakeTimeout = Duration.seconds(10)
  /// Longest time in which we say nothing. Past it: a keep-alive.
  public var keepAliveInterval = Duration.seconds(100)
  /// Longest silence of a peer. Past it: close. Two minutes and ten seconds, since some programs say something every two minutes exactly.
  public var silenceTimeout = Duration.seconds(130)
  /// Most pieces of a torrent. Unit: pieces. Past it: a bitfield is refused and the connection closed.
  public var piecesMax = 2_097_152
  /// Longest extended message. Unit: bytes. Past it: close.
  public var extendedBytesMax = 131_072
  /// Longest message of a kind that we do not know. Unit: bytes. Past it: close.
  public var unknownBytesMax = 16_384
  /// Most requests of a peer that wait for their blocks; the peer is told. Unit: requests. Past it: reject, or close where rejects are not spoken.
  public var requestsHeldMax = 2_000
  /// Most of these that the owner is asked for at one time. Unit: requests.
  public var requestsServedMax = 16
  /// Most requests of ours on the way, whatever the peer would take. Unit: requests. Past it: the owner gets them back.
  public var requestsSentMax = 500
  /// What a peer takes that does not say. Unit: requests.
  public var requestsAssumedMax = 250
  /// Most rejects in a row to a peer that asks although it is choked. Unit: requests. Past it: close.
  public var chokedRequestsMax = 50
  /// Most refusals that wait while the network does not keep up: twice as many as requests may. Unit: messages. Past it: close.
  public var refusalsWaitingMax = 4_000
  /// How long after a choke requests are not counted that may have met it on the way.
  public var chokeGrace = Duration.seconds(10)
  /// How often a block is sent to a choked peer that may have it all the same. Unit: times. Past it: reject.
  public var allowedFastServesMax = 3
  /// Most pieces named by allowed fast, either way. Unit: pieces. Past it: the others are not heeded.
  public var allowedFastMax = 64
  /// Largest description of a torrent. Unit: bytes. Past it: close.
  public var metadataBytesMax = 31_457_280
  /// How often each part of it is sent to one peer. Unit: times. Past it: reject.
  public var metadataServesMax = 3
  /// Most parts of it that wait while the network does not keep up. Unit: parts. Past it: reject.
  public var metadataHeldMax = 64
  /// Most parts of it that we ask one peer for at a time. Unit: parts. Past it: the owner gets them back.
  public var metadataAskedMax = 8
  /// Shortest time between two lists of peers that we send. Past it: the list is not sent.
  public var exchangeInterval = Duration.seconds(60)
  /// Shortest time between two lists of peers that we heed: clocks and networks differ. Past it: the list is not heeded.
  public var exchangeIntervalHeeded = Duration.seconds(30)
  /// Most peers added or dropped by one list. Unit: peers. Past it: the others are not heeded. The first list of a connection is exempt, up to
  /// four times as many.
  public var exchangedPeersMax = 50
  /// Longest name a program gives itself. Unit: bytes. Past it: cut.
  public var clientBytesMax = 100
  /// Most handshakes of the extension protocol on one connection. Unit: messages. Past it: close.
  public var extensionHandshakesMax = 100

  public init() {}
}
