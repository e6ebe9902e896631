// What the world's peers do on purpose to whoever calls itself so: the front of its peer id says what it wants to see.
// Not here: doing it (Swarm/Download/Session).
import BitTorrent
import Swarm

/// The misdeeds of the world's peers.
enum FailPeers {
  static let misdeeds: [(prefix: String, misdeed: Misdeed)] = [
    ("bad-piece", .spoil), ("choke-forever", .choke), ("lying-have", .lie), ("vanish", .vanish),
  ]

  @Sendable static func misdeed(to peer: PeerID) -> Misdeed? { misdeeds.first { peer.bytes.starts(with: $0.prefix.utf8) }?.misdeed }
}
