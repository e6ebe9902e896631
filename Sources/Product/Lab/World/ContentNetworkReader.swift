// The YAML form of content distribution:
//
//   edges:
//     HOST: {origin: HOST, names: [NAME …], capacity: 50Mbit/s}
//   steering:
//     networks: {PREFIX: [HOST …]}
//     names:
//       NAME: {policy: nearest | least-load | round-robin | ranked, ttl: 5, edges: [HOST …], health: yes}
//
// Read next: ContentNetwork.swift, the values this becomes.
import NameServer
import Settings

extension WorldReader {
  func readContentNetwork(_ reader: SettingsReader) {
    for entry in reader.entries("edges") { readEdge(entry) }
    _ = reader.mapping("steering") { reader in
      for entry in reader.entries("networks") {
        let network = AddressPrefix(entry.name)
        if network == nil { entry.value.problem(at: entry.place, "expected a range of addresses such as 192.0.2.0/24, found `\(entry.name)`") }
        let edges = entry.value.list().compactMap { edge($0) }
        if let network { world.nearness.append(NearnessDescription(network: network, edges: edges)) }
      }
      for entry in reader.entries("names") { readSteering(entry) }
    }
  }

  private func readEdge(_ entry: SettingsEntry) {
    let isHost = world.hosts.contains { $0.name == entry.name }
    if !isHost { entry.value.problem(at: entry.place, "expected the name of a host, found `\(entry.name)`") }
    let edge = entry.value.mapping { reader in
      let origin = reader.item("origin").map { existing($0) } ?? reader.required("origin", .text)
      return EdgeDescription(
        host: entry.name, origin: origin, originName: world.host(origin).map { world.domainName(of: $0) } ?? origin,
        names: reader.list("names", .worldName), capacity: reader.value("capacity", .rate, default: 100_000_000))
    }
    if world.sites.contains(where: { $0.host == entry.name }) {
      entry.value.problem(at: entry.place, "host `\(entry.name)` has sites of its own already")
    }
    if let edge, isHost { world.edges.append(edge) }
  }

  private func readSteering(_ entry: SettingsEntry) {
    if !DomainName.isValid(entry.name) { entry.value.problem(at: entry.place, "expected a name in small letters, found `\(entry.name)`") }
    if !world.zones.contains(where: { $0.origin != "." && ZoneText.name(entry.name, isIn: $0.origin) }) {
      entry.value.problem(at: entry.place, "expected a name in one of the zones, found `\(entry.name)`")
    }
    let steering = entry.value.mapping { reader in
      let edges = reader.list("edges")
      if edges.isEmpty { reader.problem(at: "edges", "expected at least one edge that `\(entry.name)` may lead to") }
      return SteeringDescription(
        name: entry.name, policy: reader.value("policy", .choice(standIn: .nearest), default: .nearest),
        timeToLive: reader.value("ttl", .integer(0...86_400), default: 5), edges: edges.compactMap { edge($0) },
        checksHealth: reader.value("health", .boolean, default: true))
    }
    if let steering { world.steering.append(steering) }
  }

  /// A host with an edge.
  private func edge(_ item: SettingsItem) -> String? {
    let name = existing(item)
    guard !name.isEmpty, world.host(name) != nil else { return nil }
    if !world.edges.contains(where: { $0.host == name }) {
      item.problem("expected a host that stands under `edges`, found `\(name)`")
      return nil
    }
    return name
  }
}
