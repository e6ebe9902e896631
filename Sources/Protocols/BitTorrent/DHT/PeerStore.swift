// Which peers have announced which torrents to a node: bounded in torrents, in peers of each, and in what one address may put there.
// Not here: tokens (NodeTokens.swift), who may announce (DHTAnswering.swift).
import Bytes
import World

/// Peers by torrent.
struct PeerStore: Sendable {
  private struct Stored: Sendable {
    var endpoint: Endpoint
    var announced: Instant
  }

  private var torrents: [InfoHash: [Stored]] = [:]
  /// In how many torrents an address stands.
  private var torrentsOf: [Address: Int] = [:]
  private let limits: DHTLimits

  init(limits: DHTLimits) { self.limits = limits }

  var torrentCount: Int { torrents.count }
  var peerCount: Int { torrents.values.reduce(0) { $0 + $1.count } }

  /// Keeps a peer; false: there is no room.
  mutating func note(_ endpoint: Endpoint, of torrent: InfoHash, at now: Instant) -> Bool {
    expire(torrent, at: now)
    var peers = torrents[torrent] ?? []
    if let known = peers.firstIndex(where: { $0.endpoint == endpoint }) {
      peers.remove(at: known)
    } else {
      if torrents[torrent] == nil, torrents.count >= limits.torrentsMax {
        expireAll(at: now)
        guard torrents.count < limits.torrentsMax else { return false }
      }
      let isFirst = !peers.contains { $0.endpoint.address == endpoint.address }
      if isFirst {
        guard torrentsOf[endpoint.address, default: 0] < limits.torrentsPerAddressMax else { return false }
        torrentsOf[endpoint.address, default: 0] += 1
      }
      if peers.count >= limits.peersPerTorrentMax {
        let gone = peers.remove(at: Self.placeToGiveWay(peers, to: endpoint.address))
        release([gone], left: peers + [Stored(endpoint: endpoint, announced: now)])
      }
    }
    peers.append(Stored(endpoint: endpoint, announced: now))
    torrents[torrent] = peers
    return true
  }

  /// The oldest one of the address that has the most, with the one that comes: who announces a thousand ports takes nobody else's place.
  private static func placeToGiveWay(_ peers: [Stored], to newcomer: Address) -> Int {
    var counts = [newcomer: 1]
    for peer in peers { counts[peer.endpoint.address, default: 0] += 1 }
    let most = peers.reduce(0) { max($0, counts[$1.endpoint.address] ?? 0) }
    return peers.firstIndex { counts[$0.endpoint.address] == most } ?? 0
  }

  /// Up to `count` peers of a torrent, from a place chosen by chance on.
  mutating func peers(of torrent: InfoHash, count: Int, at now: Instant, using chance: inout some RandomNumberGenerator) -> [Endpoint] {
    expire(torrent, at: now)
    guard let peers = torrents[torrent], !peers.isEmpty else { return [] }
    let start = Int.random(in: 0..<peers.count, using: &chance)
    return (0..<min(count, peers.count)).map { peers[(start + $0) % peers.count].endpoint }
  }

  /// Peers stand in the order they announced themselves, so the old ones stand in front.
  private mutating func expire(_ torrent: InfoHash, at now: Instant) {
    guard var peers = torrents[torrent] else { return }
    let old = peers.prefix { now - $0.announced >= limits.peerAgeMax }
    guard !old.isEmpty else { return }
    peers.removeFirst(old.count)
    torrents[torrent] = peers.isEmpty ? nil : peers
    release(Array(old), left: peers)
  }

  private mutating func expireAll(at now: Instant) { for torrent in Array(torrents.keys) { expire(torrent, at: now) } }

  /// Counts the addresses of `gone` that are not among `left` as standing in one torrent less.
  private mutating func release(_ gone: [Stored], left: [Stored]) {
    for address in Set(gone.map(\.endpoint.address)) where !left.contains(where: { $0.endpoint.address == address }) {
      let count = torrentsOf[address, default: 1] - 1
      torrentsOf[address] = count > 0 ? count : nil
    }
  }
}
