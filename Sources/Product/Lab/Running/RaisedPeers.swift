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
    for described in world.nodes where means.runsNodes && described.host == host.name {
      // The families are two networks; the first node of the world is where the others begin.
      for endpoint in means.plan.endpoints(of: host, port: nodePort) {
        let entrance = world.nodes.first.flatMap { $0.host == host.name ? nil : world.host($0.host) }
        let chance = means.chance.derived("node of \(host.name) at \(endpoint.address)")
        var setting = setting(
          at: endpoint, isGuarded: described.isGuarded, entrances: entrance.map { means.plan.endpoints(of: $0, port: nodePort) } ?? [], chance)
        if described.isGuarded { setting.spread = .strict }
        try await assembly.serveHashTable(setting, at: endpoint, chance: chance)
      }
    }
  }

  /// A node of the lab at `endpoint`. Its id belongs to its address, as the id of everybody who means well does.
  static func setting(at endpoint: Endpoint, isGuarded: Bool, entrances: [Endpoint], _ chance: SeededRandom) -> DHTSetting {
    var chance = chance.derived("id")
    var setting = DHTSetting()
    if case .v6 = endpoint.address { setting.isV6 = true }
    setting.restored = DHTState(id: .random(for: endpoint.address, using: &chance), contacts: [])
    // All of them may be one machine.
    setting.spread = .relaxed
    setting.requiresProperIDs = isGuarded
    setting.items = ZoneBlockRule()
    setting.limits.queriesPerAddressMax = 10_000
    setting.limits.replyBytesPerSecondMax = 10_000_000
    setting.bootstrap = entrances.filter { $0.address.bytes.count == endpoint.address.bytes.count }
    return setting
  }
}
