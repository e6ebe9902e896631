// Where peers come from besides other peers, as ports: the host fills the trackers', the service that of its node. Read next: Announcer.swift.
package import BitTorrent
import World

/// What a download needs of others to find peers.
package struct PeerSources: Sendable {
  /// Tells a tracker, by its URL, and hears its answer. Throws when there is none, with a sentence.
  package typealias Announce = @Sendable (_ request: AnnounceRequest, _ url: String, _ timeout: Duration) async throws -> AnnounceReply
  /// Asks the hash table for peers of a torrent and tells it that we have it; what is found goes to `found`, as often as something is. Returns to how
  /// many nodes it told it.
  typealias Search = @Sendable (_ infoHash: InfoHash, _ port: UInt16, _ found: @escaping @Sendable ([Endpoint]) -> Void) async -> Int
  /// A peer said where its node of the hash table listens.
  typealias NodeHeard = @Sendable (Endpoint) -> Void

  /// Nil: trackers are not asked.
  package var announce: Announce?
  /// Nil: there is no hash table.
  var search: Search?
  var nodeHeard: NodeHeard?

  package init(announce: Announce? = nil) { self.announce = announce }

  /// With a node of our own.
  mutating func add(_ node: NodeService) {
    search = { infoHash, port, found in await node.findPeers(of: infoHash, announcing: PeerAnnouncement(port: port), found: found).announcedTo }
    nodeHeard = { node.heard(of: $0) }
  }
}
