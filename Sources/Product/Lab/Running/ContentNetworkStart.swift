// Starts what a world says about content distribution: edges at their hosts, steering at the servers of the steered names' zones.
// Not here: every other service (RaisedWorld.swift).
import DNS
import Host
import NameServer
import Storage
import Transport
import WebServer
import World

extension RaisedWorld {
  /// What a server of zones steers; nil: nothing.
  static func steering(by host: HostDescription, of world: WorldDescription, on assembly: Assembly, _ means: Means) -> Steering? {
    let text = ZoneText(world, means.plan)
    let names = world.steering.filter { text.zone(of: $0.name)?.servers.contains(host.name) ?? false }.compactMap { steered($0, world, means.plan) }
    guard !names.isEmpty else { return nil }
    let steering = Steering(names, clock: assembly.network.clock)
    assembly.watchEdges(of: steering, port: means.plan.port(80))
    return steering
  }

  private static func steered(_ description: SteeringDescription, _ world: WorldDescription, _ plan: AddressPlan) -> SteeredName? {
    guard let name = try? Name(description.name) else { return nil }
    let edges = description.edges.compactMap { world.host($0) }.map { SteeredEdge(name: world.domainName(of: $0), addresses: plan.addresses(of: $0)) }
    let rows = world.nearness.compactMap { near -> SteeringRow? in
      // Outside a namespace IPv4 networks are found in 127/8, and IPv6 ones nowhere.
      guard let address = plan.address(near.network.address), plan.kind == .namespace || near.network.length >= 8 else { return nil }
      return SteeringRow(AddressRange(address, length: near.network.length), ranking: near.edges.compactMap { description.edges.firstIndex(of: $0) })
    }
    var steered = SteeredName(
      name: name, policy: description.policy, timeToLive: UInt32(clamping: description.timeToLive), edges: edges, networks: rows)
    steered.checksHealth = description.checksHealth
    return steered
  }

  /// Starts the edge of a host, if it has one.
  static func startEdges(_ host: HostDescription, of world: WorldDescription, on assembly: Assembly, _ means: Means) async throws(Failure) {
    guard let edge = world.edges.first(where: { $0.host == host.name }), let origin = world.host(edge.origin) else { return }
    let port = means.plan.port(80)
    var upstream = UpstreamServer(host: edge.originName, port: port)
    upstream.endpoints = means.plan.addresses(of: origin).map { Endpoint($0, port) }
    upstream.keepsHost = false
    let name = world.domainName(of: host)
    let names = edge.names + world.steering.filter { $0.edges.contains(host.name) }.map(\.name)
    let network = ZoneText(world, means.plan).zone(of: name)?.origin ?? name
    let settings = EdgeSettings(name: name, names: names, origin: upstream, network: network, capacity: edge.capacity)
    let sites: SiteSwitch
    do throws(StorageError) { sites = try assembly.edgeSites(settings) } catch { throw .cache(host: host.name, error) }
    try await serve(sites, for: [name] + names, of: host, in: world, on: assembly, means)
  }
}
