// Every bound of a node of the distributed hash table, with its unit, its default and what happens past it.
import World

/// What one node is prepared to hold, to answer and to wait for.
public struct DHTLimits: Sendable, Hashable {
  /// Nodes in one bucket of the routing table. Unit: nodes. BEP 5 has 8.
  public var bucketNodesMax = 8
  /// Nodes kept beside a full bucket, for when one of it fails. Unit: nodes. Past it: the oldest is forgotten.
  public var sparesMax = 8
  /// Unanswered queries after which a node is bad. Unit: queries.
  public var failuresMax = 2
  /// How long a node that has answered is good, and a bucket is fresh. BEP 5 has 15 minutes. Past it: it is asked again.
  public var freshMax = Duration.seconds(900)

  /// Queries of one look-up that are out at once. Unit: queries.
  public var lookUpParallel = 5
  /// Nodes that one look-up remembers. Unit: nodes. Past it: the farthest are forgotten.
  public var lookUpNodesMax = 128
  /// Most look-ups at a time. Unit: look-ups. Past it: a further one ends at once with nothing found.
  public var lookUpsMax = 64
  /// Most peers one look-up tells. Unit: peers. Past it: the rest is left out.
  public var lookUpPeersMax = 2_000
  /// Most unanswered queries of ours. Unit: queries. Past it: no further ones are sent until one is answered or given up.
  public var pendingMax = 512
  /// After this long without an answer another query takes the place of this one; its answer still counts.
  public var slowAfter = Duration.seconds(1)
  /// After this long a query counts as lost.
  public var answerTimeout = Duration.seconds(5)

  /// Most torrents whose peers are stored. Unit: torrents. Past it: announcements of others are refused.
  public var torrentsMax = 2_000
  /// Most stored peers of one torrent. Unit: peers. Past it: of the address that has the most, the oldest goes.
  public var peersPerTorrentMax = 500
  /// Most stored torrents announced from one address. Unit: torrents. Past it: announcements of others from there are refused.
  public var torrentsPerAddressMax = 200
  /// How long a stored peer is told. Past it: it is forgotten unless it has announced itself again.
  public var peerAgeMax = Duration.seconds(1_800)
  /// Longest item that is kept or taken. Unit: bytes. BEP 44 has 1,000: with what is around it, it passes every network in one datagram. Past it: refused.
  public var itemBytesMax = 1_000
  /// Most items kept for others. Unit: items. Past it: of the address that has put the most, the one put longest ago makes room.
  public var itemsMax = 5_000
  /// Most items kept for one address (of IPv6: for one /64). Unit: items. Past it: further ones from there are refused.
  public var itemsPerAddressMax = 200
  /// How long an item is kept that is not put again. BEP 44 has two hours. Past it, or when it expires: it is forgotten.
  public var itemAgeMax = Duration.seconds(7_200)
  /// Most items whose proof is checked: that is a signature. Unit: items in a second. Past it: refused, and who put one puts it again.
  public var itemChecksPerSecondMax = 100
  /// Most peers in one answer: it stays below what passes every network in one datagram. Unit: peers.
  public var replyPeersMax = 50
  /// The same over IPv6. Unit: peers.
  public var replyPeersMax6 = 25
  /// How long a token's secret is the newest one; it is accepted twice as long. BEP 5 has five minutes.
  public var tokenAge = Duration.seconds(300)

  /// Queries of one address that are answered. Unit: queries in ten seconds. Past it: nothing from there is answered for `banTime`.
  public var queriesPerAddressMax = 50
  public var banTime = Duration.seconds(300)
  /// Addresses whose queries are counted at a time. Unit: addresses. Past it: the one heard of longest ago is forgotten.
  public var metersMax = 256
  /// What all answers together may have. Unit: bytes in a second. Past it: queries are not answered.
  public var replyBytesPerSecondMax = 32_000
  /// Longest transaction id that is repeated. Unit: bytes. Past it: the query is ignored.
  public var transactionBytesMax = 32
  /// So much of an unknown method's name is repeated: who asks under a false address must not draw longer answers than his questions. Unit: bytes.
  public var methodBytesMax = 20
  /// Longest token that is kept. Unit: bytes. Past it: nothing is announced to who gave it.
  public var tokenBytesMax = 64
  /// Unanswered pings of strangers that wait at a time. Unit: pings. Past it: a stranger is not got to know.
  public var strangersMax = 16
  /// How many nodes must agree on what our address is before it is believed. Unit: nodes.
  public var votesNeeded = 5

  public init() {}
}
