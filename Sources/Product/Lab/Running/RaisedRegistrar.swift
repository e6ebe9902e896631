// The registrars of a world: each a site whose forms change a zone at its first server. All of it is the production one.
// Not here: what the zone's servers do with it (RaisedNames.swift), the site itself (Host/Registrar).
import DNS
import Host
import Storage
import Transport
import WebServer
import World

/// Raises a world's registrars.
enum RaisedRegistrar {
  /// The registrars' sites of one host.
  static func sites(_ host: HostDescription, of world: WorldDescription, on assembly: Assembly, _ means: RaisedWorld.Means) -> [Site] {
    world.registrars.filter { $0.host == host.name }.compactMap { described in
      let primary = world.zones.first { $0.origin == described.zone }?.servers.first.flatMap { world.host($0) }
      guard let server = primary.flatMap({ means.plan.endpoints(of: $0, port: 53).first }), let zone = try? Name(described.zone) else { return nil }
      let chance = means.chance.derived("registrar \(described.name)")
      // A world begins anew each time it is raised, its zones too: the codes are in memory as they are.
      let registrar = Registrar(
        RegistrarSetting(zone: zone, server: server, key: described.key),
        client: NameClient(assembly.network, timeout: .seconds(5), trace: assembly.clientTrace), records: MemoryRecords(), chance: means.secrets ?? chance)
      return Site(names: [described.name], content: .application(registrar))
    }
  }
}
