// Where peers come from besides other peers, as ports that the host fills. Read next: Announcer.swift.
package import BitTorrent
package import World

/// What a download needs of others to find peers.
package struct PeerSources: Sendable {
  /// Tells a tracker, by its URL, and hears its answer. Throws when there is none, with a sentence.
  package typealias Announce = @Sendable (_ request: AnnounceRequest, _ url: String, _ timeout: Duration) async throws -> AnnounceReply
  /// Asks the hash table for peers of a torrent and tells it that we have it; what is found goes to `found`, as often as something is.
  package typealias Search = @Sendable (_ infoHash: InfoHash, _ port: UInt16, _ found: @escaping @Sendable ([Endpoint]) -> Void) async -> Void
  /// A peer said where its node of the hash table listens.
  package typealias NodeHeard = @Sendable (Endpoint) -> Void

  /// Nil: trackers are not asked.
  package var announce: Announce?
  /// Nil: there is no hash table.
  package var search: Search?
  package var nodeHeard: NodeHeard?

  package init(announce: Announce? = nil, search: Search? = nil, nodeHeard: NodeHeard? = nil) {
    self.announce = announce
    self.search = search
    self.nodeHeard = nodeHeard
  }
}
