// A world's trackers and nodes of the hash table: the production servers.
// Not here: what a world's file says about them (World/WorldReader.swift), serving (Servers/Swarm).
import BitTorrent
import Host
import Swarm
import Transport
import World

/// Raises what peers need to find one another.
enum RaisedPeers {
  /// Where nodes of the hash table listen.
  static let nodePort: UInt16 = 6_881
  /// Where trackers listen.
  static let trackerPort: UInt16 = 6_969

  static func start(_ host: HostDescription, of world: WorldDescription, on assembly: Assembly, _ means: RaisedWorld.Means) async throws(NetworkError) {
    for described in world.trackers where described.host == host.name {
      var setting = TrackerSetting()
      setting.interval = described.interval
      setting.intervalJitter = described.interval / 10
      setting.limits.peerAgeMax = described.interval * 16 / 10
      try await assembly.serveTracker(setting, at: means.plan.endpoints(of: host, port: trackerPort), chance: means.chance.derived("tracker of \(host.name)"))
    }
    for described in world.nodes where described.host == host.name {
      // The families are two networks; the first node of the world is where the others begin.
      for endpoint in means.plan.endpoints(of: host, port: nodePort) {
        var setting = DHTSetting()
        if case .v6 = endpoint.address { setting.isV6 = true }
        setting.spread = described.isGuarded ? .strict : .relaxed
        setting.requiresProperIDs = described.isGuarded
        // All of them may be one machine.
        setting.limits.queriesPerAddressMax = 10_000
        setting.limits.replyBytesPerSecondMax = 10_000_000
        if let first = world.nodes.first, first.host != host.name, let entrance = world.host(first.host) {
          setting.bootstrap = means.plan.endpoints(of: entrance, port: nodePort).filter { $0.address.bytes.count == endpoint.address.bytes.count }
        }
        try await assembly.serveHashTable(setting, at: endpoint, chance: means.chance.derived("node of \(host.name) at \(endpoint.address)"))
      }
    }
  }
}
