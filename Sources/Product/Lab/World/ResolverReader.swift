// What a world's resolvers do to be useful when others are not there, and to be of no use to those who mean harm. In a world's file, among a
// host's `resolver` settings, and below `resolvers` for a host that stands in a world already:
//
//   resolvers:
//     HOST: {stale: 1d, inside: no, inside-zones: [ZONE …], queries: 100, look-ups: 10, dead-servers: 5, tunnels: {names: 50, bytes: 24, window: 1m, block: 10m}}
//
// Not here: resolving (NameServer/Recursive), starting one (Running/RaisedNames.swift).
import DNS
package import NameServer
import Settings

/// What a resolver takes care of otherwise than by its defaults; nil: as the production server has it.
package struct ResolverCare: Sendable, Equatable {
  /// How long records are given beyond their time when nobody answers.
  package var stale: Duration?
  /// Whether names may lead to addresses inside.
  package var answersInside = true
  /// Zones whose names may all the same.
  package var insideZones: [String] = []
  /// Most queries for one question of a client.
  package var queriesMax: Int?
  /// Most look-ups of servers' addresses for it.
  package var lookupsMax: Int?
  /// Most servers' names that lead nowhere.
  package var deadServersMax: Int?
  package var tunnels: TunnelRule?

  package init() {}

  init(_ reader: SettingsReader) {
    stale = reader.optional("stale", .duration)
    answersInside = reader.value("inside", .boolean, default: true)
    insideZones = reader.list("inside-zones", .worldName)
    queriesMax = reader.optional("queries", .integer(1...10_000))
    lookupsMax = reader.optional("look-ups", .integer(0...1_000))
    deadServersMax = reader.optional("dead-servers", .integer(0...1_000))
    tunnels = reader.mapping("tunnels") { rule in
      TunnelRule(
        namesMax: rule.value("names", .integer(1...1_000), default: 50), bytesMax: rule.value("bytes", .integer(0...253), default: 24),
        window: rule.value("window", .duration, default: .seconds(60)), blockTime: rule.value("block", .duration, default: .seconds(600)))
    }
  }

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
  /// `HOST: {stale: 1d}`: the settings of a resolver that stands in the world, anew.
  func readResolver(_ entry: SettingsEntry) {
    guard let index = world.hosts.firstIndex(where: { $0.name == entry.name && $0.role == .resolver }) else {
      return entry.value.problem(at: entry.place, "expected a host with role resolver, found `\(entry.name)`")
    }
    if let resolving = entry.value.mapping({ ResolvingSettings($0) }) { world.hosts[index].resolving = resolving }
  }
}
