// The networks of a lab on real sockets: every host has addresses of its own, and what passes between two of them passes over their link.
// Programs of the learner speak as client hosts; their side of a link is imposed at the other end.
import Synchronization
package import Transport
import World

/// Makes each host's network.
package struct PacedNetworks: Sendable {
  private let shared: any Network
  private let plan: AddressPlan
  private let seed: UInt64
  private let world: WorldDescription
  private let hosts: [Address: HostDescription]
  private let table: PathTable
  private let inside: Set<Address>

  fileprivate struct Pair: Hashable {
    var source: String
    var target: String
  }

  /// The paths as they are now, asked for each packet.
  private final class PathTable: Sendable {
    private let paths: Mutex<[Pair: Link]>

    init(_ paths: [Pair: Link]) { self.paths = Mutex(paths) }

    func path(_ source: String, _ target: String) -> Link { paths.withLock { $0[Pair(source: source, target: target)] ?? .perfect } }

    func replace(with paths: [Pair: Link]) { self.paths.withLock { $0 = paths } }
  }

  package init(_ shared: any Network, world: WorldDescription, plan: AddressPlan, seed: UInt64) {
    self.shared = shared
    self.plan = plan
    self.seed = seed
    self.world = world
    var hosts: [Address: HostDescription] = [:]
    for host in world.hosts {
      for address in plan.addresses(of: host) { hosts[address] = host }
    }
    self.hosts = hosts
    table = PathTable(PacedNetworks.paths(of: world))
    inside = Set(world.hosts.filter { $0.role != .client }.flatMap { plan.addresses(of: $0) })
  }

  private static func paths(of world: WorldDescription) -> [Pair: Link] {
    var paths: [Pair: Link] = [:]
    for host in world.hosts {
      for other in world.hosts { paths[Pair(source: host.name, target: other.name)] = world.path(from: host, to: other) }
    }
    return paths
  }

  /// Lets `links` hold beside the world's own, and `attachments` in the place of the hosts' own, from now on and instead of those before. What is
  /// under way arrives as it would have.
  func change(_ links: [LinkDescription], _ attachments: [(host: String, change: LinkChange)]) {
    var world = world
    world.links += links
    for (host, change) in attachments {
      guard let index = world.hosts.firstIndex(where: { $0.name == host }) else { continue }
      world.hosts[index].attachment = change.over(world.hosts[index].attachment)
    }
    table.replace(with: PacedNetworks.paths(of: world))
  }

  private func seed(of host: HostDescription) -> UInt64 {
    var random = SeededRandom(seed: seed).derived(host.name)
    return random.next()
  }

  /// The network of one host.
  package func network(of host: HostDescription) -> any Network {
    let (hosts, table, inside) = (hosts, table, inside)
    return ShapedNetwork(
      HostNetwork(shared, addresses: plan.addresses(of: host)), seed: seed(of: host),
      link: { from, to in
        guard let source = hosts[from], let target = hosts[to] else { return .perfect }
        return table.path(source.name, target.name)
      },
      isInside: { inside.contains($0) })
  }
}
