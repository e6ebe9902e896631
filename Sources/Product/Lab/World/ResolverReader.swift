// How a world's resolvers differ from the others, and the YAML form of it:
//
//   resolvers:
//     HOST: {stale: 1d, inside: no, inside-zones: [ZONE …], queries: 100, look-ups: 10, dead-servers: 5, tunnels: {names: 50, bytes: 24, window: 1m, block: 10m}}
//
// Not here: resolving (NameServer/Recursive), starting one (Running/RaisedWorld.swift).
import DNS
package import NameServer
import Settings

/// What a resolver has otherwise than its defaults; nil: as the production server has it.
package struct ResolverDescription: Sendable, Equatable {
  package var host: String
  /// How long records are given beyond their time when nobody answers.
  package var stale: Duration?
  /// Whether names may lead to addresses inside.
  package var answersInside: Bool
  /// Zones whose names may all the same.
  package var insideZones: [String]
  /// Most queries for one question of a client.
  package var queriesMax: Int?
  /// Most look-ups of servers' addresses for it.
  package var lookupsMax: Int?
  /// Most servers' names that lead nowhere.
  package var deadServersMax: Int?
  package var tunnels: TunnelRule?

  /// Puts it into the settings of a resolver.
  func change(_ settings: inout ResolverSettings) {
    if let stale { settings.limits.staleSecondsMax = UInt32(clamping: stale.components.seconds) }
    settings.answersInside = answersInside
    settings.insideZones = insideZones.compactMap { try? Name($0) }
    if let queriesMax {
      settings.limits.upstreamQueriesMax = queriesMax
      settings.limits.fetchQueriesMax = queriesMax
    }
    settings.limits.serverLookupsMax = lookupsMax ?? settings.limits.serverLookupsMax
    settings.limits.deadServersMax = deadServersMax ?? settings.limits.deadServersMax
    settings.tunnelRule = tunnels
  }
}

extension WorldReader {
  func readResolver(_ entry: SettingsEntry) {
    if !world.hosts(as: .resolver).contains(where: { $0.name == entry.name }) {
      entry.value.problem(at: entry.place, "expected a host with role resolver, found `\(entry.name)`")
    }
    let resolver = entry.value.mapping { reader in
      ResolverDescription(
        host: entry.name, stale: reader.optional("stale", .duration), answersInside: reader.value("inside", .boolean, default: true),
        insideZones: reader.list("inside-zones", .worldName), queriesMax: reader.optional("queries", .integer(1...10_000)),
        lookupsMax: reader.optional("look-ups", .integer(0...1_000)), deadServersMax: reader.optional("dead-servers", .integer(0...1_000)),
        tunnels: reader.mapping("tunnels") { rule in
          TunnelRule(
            namesMax: rule.value("names", .integer(1...1_000), default: 50), bytesMax: rule.value("bytes", .integer(0...253), default: 24),
            window: rule.value("window", .duration, default: .seconds(60)), blockTime: rule.value("block", .duration, default: .seconds(600)))
        })
    }
    guard let resolver else { return }
    world.resolvers.removeAll { $0.host == resolver.host }
    world.resolvers.append(resolver)
  }
}
