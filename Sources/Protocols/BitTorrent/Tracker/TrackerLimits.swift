// Every bound of a tracker's two protocols and of their clients, with its unit, its default and what happens past it.
// Not here: how many torrents and peers a tracker holds (Swarm/Tracker).

/// What one end of a tracker's dialogue is prepared to read, to send and to wait for.
public struct TrackerLimits: Sendable, Hashable {
  /// Most torrents asked about in one scrape. Unit: torrents. BEP 15 names about 74. Past it: over UDP the rest is not answered, over HTTP the request is refused.
  public var scrapeHashesMax = 74
  /// Most peers told in one reply over IPv4: it stays below what passes every network in one datagram. Unit: peers. Past it: fewer are told than were asked for.
  public var replyPeersMax = 200
  /// The same over IPv6. Unit: peers.
  public var replyPeersMax6 = 74
  /// Peers told to somebody who does not say how many. Unit: peers. BEP 3 has 50.
  public var peersWantedDefault = 50

  /// How long a connection id is accepted. BEP 15 has two minutes. Past it: the request is refused with an error, and the client connects anew.
  public var connectionIDAcceptedMax = Duration.seconds(120)
  /// How long a client uses a connection id. BEP 15 has one minute. Past it: it asks for another.
  public var connectionIDUsedMax = Duration.seconds(60)
  /// How long a client waits before it asks again the first time; each further wait is twice as long. BEP 15 has 15 seconds.
  public var resendWait = Duration.seconds(15)
  /// How often a client asks again. BEP 15 has 8. Past it: the request has failed.
  public var resendsMax = 8
  /// Most requests a client has open with one tracker. Unit: requests. Past it: a further one fails at once.
  public var pendingMax = 256

  /// Longest URL data of BEP 41. Unit: bytes. Past it: the rest is not read.
  public var urlDataBytesMax = 1_024
  /// Longest query of a request over HTTP. Unit: bytes. Past it: the request is refused.
  public var queryBytesMax = 8_192
  /// Longest reply over HTTP. Unit: bytes. Past it: the tracker broke the protocol.
  public var replyBytesMax = 1_048_576
  /// Most peers read from one reply. Unit: peers. Past it: the rest is left out.
  public var replyPeersReadMax = 2_000

  public init() {}
}
