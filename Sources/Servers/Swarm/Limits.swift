// Every bound of the swarm's servers, with its unit, its default and what happens past it.

/// What one node is prepared to hold.
public struct SwarmLimits: Sendable, Hashable {
  /// Most connected peers of one torrent. Unit: peers. Past it: whoever calls is turned away, and nobody is called.
  public var peersMax = 200

  public init() {}
}
