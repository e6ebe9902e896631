// A world's swarms: hosts that have a torrent's file and hosts that want it, all of them the production peer.
// Not here: what a world's file says about them (World/SwarmReader.swift), taking part (Servers/Swarm/Download).
package import BitTorrent
import Bytes
import Host
import Swarm
import Transport
import World

/// Raises peers.
enum RaisedSwarm {
  /// Where peers listen.
  static let port: UInt16 = 6_881

  static func start(_ host: HostDescription, of world: WorldDescription, on assembly: Assembly, _ means: RaisedWorld.Means) async throws(NetworkError) {
    let mine = world.swarms.filter { $0.seeds.contains(host.name) || $0.peers.contains(host.name) }
    // The first family that this lab has: a peer is one address to its tracker.
    guard !mine.isEmpty, let endpoint = means.plan.endpoints(of: host, port: port).first else { return }
    let network = assembly.network
    let chance = means.chance.derived("peer of \(host.name)")
    let client = TrackerClient(
      network: network, from: endpoint.address,
      resolve: { name in world.hosts.first { world.domainName(of: $0) == name }.map { means.plan.addresses(of: $0) } ?? [] },
      chance: chance.derived("trackers"))
    let sources = PeerSources(announce: { request, url, timeout in
      guard let tracker = TrackerURL(url) else { throw TrackerFailure.unreachable("\(url) is no tracker's address") }
      return try await client.announce(request, to: tracker, timeout: timeout)
    })
    var setting = SwarmService.Setting()
    setting.source = endpoint.address
    // Where no tracker tells of others, the hash table does.
    if let entrance = world.nodes.first.flatMap({ world.host($0.host) }), mine.contains(where: \.trackers.isEmpty) {
      var table = DHTSetting(bootstrap: means.plan.endpoints(of: entrance, port: RaisedPeers.nodePort), at: endpoint.address)
      table.spread = .relaxed
      table.limits.queriesPerAddressMax = 10_000
      setting.node = table
    }
    // What lies in memory waits for no disk.
    let service = try await assembly.serveTorrents(
      at: endpoint, setting: setting, sources: sources, disk: { work in network.start { work() } }, chance: chance)
    network.start {
      for swarm in mine {
        guard let (content, torrent) = SwarmContent.make(swarm) else { continue }
        let length = torrent.sizes.totalLength
        let hasAll = swarm.seeds.contains(host.name)
        _ = try? await service.add(torrent, trackers: swarm.trackers(in: world).map { [$0] }) { _ in
          MemoryFiles(length: length, content: hasAll ? content : nil)
        }
      }
    }
  }
}

/// The bytes of a world's swarms: made by computation, the same in every run.
package enum SwarmContent {
  /// The bytes and the torrent of them.
  package static func make(_ swarm: SwarmDescription) -> (content: [UInt8], torrent: Torrent)? {
    var chance = SeededRandom(seed: 0).derived(swarm.file)
    var content: [UInt8] = []
    content.reserveCapacity(swarm.length + 8)
    while content.count < swarm.length { withUnsafeBytes(of: chance.next().littleEndian) { content.append(contentsOf: $0) } }
    content.removeLast(content.count - swarm.length)
    guard var maker = TorrentMaker(name: swarm.file, length: swarm.length) else { return nil }
    maker.add(Buffer(content))
    return (try? maker.finish()).map { (content, $0) }
  }
}

extension SwarmDescription {
  /// The addresses of its trackers.
  package func trackers(in world: WorldDescription) -> [String] {
    trackers.compactMap { name in world.host(name).map { "http://\(world.domainName(of: $0)):6969/announce" } }
  }

  /// How anybody gets it.
  package func magnet(in world: WorldDescription) -> String? {
    SwarmContent.make(self).map { Metainfo($0.torrent, trackers: trackers(in: world).map { [$0] }).magnet.description }
  }
}
