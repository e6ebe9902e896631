// The networks of a lab on real sockets: every host has addresses of its own, and what passes between two of them passes over their link.
// Programs of the learner speak as client hosts; their side of a link is imposed at the other end.
package import Transport
import World

/// Makes each host's network.
package struct PacedNetworks: Sendable {
  private let shared: any Network
  private let plan: AddressPlan
  private let seed: UInt64
  private let hosts: [Address: HostDescription]
  private let paths: [Pair: Link]
  private let inside: Set<Address>

  private struct Pair: Hashable {
    var source: String
    var target: String
  }

  package init(_ shared: any Network, world: WorldDescription, plan: AddressPlan, seed: UInt64) {
    self.shared = shared
    self.plan = plan
    self.seed = seed
    var hosts: [Address: HostDescription] = [:]
    var paths: [Pair: Link] = [:]
    for host in world.hosts {
      for address in plan.addresses(of: host) { hosts[address] = host }
      for other in world.hosts { paths[Pair(source: host.name, target: other.name)] = world.path(from: host, to: other) }
    }
    self.hosts = hosts
    self.paths = paths
    inside = Set(world.hosts.filter { $0.role != .client }.flatMap { plan.addresses(of: $0) })
  }

  private func seed(of host: HostDescription) -> UInt64 {
    var random = SeededRandom(seed: seed).derived(host.name)
    return random.next()
  }

  /// The network of one host.
  package func network(of host: HostDescription) -> any Network {
    let (hosts, paths, inside) = (hosts, paths, inside)
    return ShapedNetwork(
      HostNetwork(shared, addresses: plan.addresses(of: host)), seed: seed(of: host),
      link: { from, to in
        guard let source = hosts[from], let target = hosts[to] else { return .perfect }
        return paths[Pair(source: source.name, target: target.name)] ?? .perfect
      },
      isInside: { inside.contains($0) })
  }
}
