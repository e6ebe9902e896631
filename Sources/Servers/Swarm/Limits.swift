// Every bound of a download, with its unit, its default and what happens past it. Others' bounds: TrackerLimits, DHTLimits, UTPLimits; those of
// the address book, of slots and of requests are with their policies (Download/Policy).

/// What one torrent is prepared to hold.
public struct SwarmLimits: Sendable, Hashable {
  /// Most connected peers of one torrent. Unit: peers. Past it: nobody is called, and whoever calls takes the place of one that has been of no use
  /// for `uselessTime`, or is turned away.
  public var peersMax = 200
  /// How long a peer may be there when all places are taken, and nothing has gone either way.
  public var uselessTime = Duration.seconds(30)
  /// How long a call may take. Past it: it failed.
  public var callTimeout = Duration.seconds(15)
  /// Bytes that came and are not written, with those asked for: what all begun pieces come to. Unit: bytes. Past it: no further piece is begun; a single
  /// one always is, however long.
  public var heldBytesMax = 104_857_600
  /// Most requests that one peer may refuse in a row. Unit: requests. Past it: it is left.
  public var refusalsMax = 50
  /// After a full disk nothing is asked for during this time, then it is tried again.
  public var fullDiskPause = Duration.seconds(600)
  /// How long a peer may take to send a part of the torrent's description. Past it: another is asked.
  public var metadataTimeout = Duration.seconds(20)
  /// How long it may take for the whole description. Past it: another is asked, if there is one.
  public var metadataTimeMax = Duration.seconds(120)
  /// How often the peers' list is exchanged with each.
  public var exchangeInterval = Duration.seconds(60)
  /// How often what was written is made durable and recorded.
  public var recordInterval = Duration.seconds(10)
  /// Blocks of one peer that are read from the disk at a time. Unit: blocks.
  public var servedAtOnceMax = 16

  public init() {}
}
