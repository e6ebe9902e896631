// What a world's file says about attachments and links, and the path between two hosts that follows from it.
// Not here: obeying it (SimulatedTransport for virtual links, ShapedNetwork for real sockets).
package import Transport
package import World

/// What a world's file says about an attachment or a link; nil: what holds otherwise.
package struct LinkChange: Sendable, Equatable {
  package var delay: Duration?
  package var jitter: Duration?
  package var loss: Double?
  package var duplicated: Double?
  package var reordered: Double?
  /// Towards the host, and away from it. Unit: bits per second.
  package var rateDown: Int?
  package var rateUp: Int?
  package var queueBytesMax: Int?
  package var packetBytesMax: Int?
  package var isCut: Bool?

  package init() {}

  /// This change, completed by `other` where it says nothing.
  package func over(_ other: LinkChange) -> LinkChange {
    var both = other
    both.delay = delay ?? other.delay
    both.jitter = jitter ?? other.jitter
    both.loss = loss ?? other.loss
    both.duplicated = duplicated ?? other.duplicated
    both.reordered = reordered ?? other.reordered
    both.rateDown = rateDown ?? other.rateDown
    both.rateUp = rateUp ?? other.rateUp
    both.queueBytesMax = queueBytesMax ?? other.queueBytesMax
    both.packetBytesMax = packetBytesMax ?? other.packetBytesMax
    both.isCut = isCut ?? other.isCut
    return both
  }
}

/// The paths of a world by the addresses of their ends.
package struct AddressPaths: Sendable {
  private let world: WorldDescription
  private let hosts: [Address: HostDescription]

  fileprivate init(_ world: WorldDescription) {
    self.world = world
    hosts = Dictionary(world.hosts.flatMap { host in host.addresses.map { ($0, host) } }) { first, _ in first }
  }

  /// What lies between two addresses; nothing where one is nobody's.
  package func link(from source: Address, to target: Address) -> Link {
    guard let source = hosts[source], let target = hosts[target] else { return .perfect }
    return world.path(from: source, to: target)
  }
}

extension WorldDescription {
  /// Its paths, each worked out when it is first used.
  package var pathsByAddress: AddressPaths { AddressPaths(self) }

  /// How a host is attached to its net.
  package func attachment(of host: HostDescription) -> LinkChange {
    host.attachment.over(nets.first { $0.name == host.net }?.attachment ?? LinkChange())
  }

  /// What the path from one host to another does: out through the one's attachment, in through the other's, unless a link says otherwise.
  package func path(from source: HostDescription, to target: HostDescription) -> Link {
    let out = attachment(of: source)
    let into = attachment(of: target)
    var path = Link.perfect
    guard source.name != target.name else { return path }
    let inside = source.net == target.net ? nets.first { $0.name == source.net }?.insideDelay : nil
    path.delay = inside ?? (out.delay ?? .zero) + (into.delay ?? .zero)
    path.jitter = (out.jitter ?? .zero) + (into.jitter ?? .zero)
    path.loss = either(out.loss, into.loss)
    path.duplicate = either(out.duplicated, into.duplicated)
    path.reorder = either(out.reordered, into.reordered)
    path.bandwidth = smaller(out.rateUp, into.rateDown)
    path.queueBytesMax = smaller(out.queueBytesMax, into.queueBytesMax) ?? path.queueBytesMax
    path.mtu = smaller(out.packetBytesMax, into.packetBytesMax) ?? path.mtu
    path.isDown = (out.isCut ?? false) || (into.isCut ?? false)
    // The last link that names both wins, so that a file can be refined at its end.
    for link in links where (link.first, link.second) == (source.name, target.name) || (link.second, link.first) == (source.name, target.name) {
      apply(link.change, to: &path)
    }
    return path
  }

  private func apply(_ change: LinkChange, to path: inout Link) {
    path.delay = change.delay ?? path.delay
    path.jitter = change.jitter ?? path.jitter
    path.loss = change.loss ?? path.loss
    path.duplicate = change.duplicated ?? path.duplicate
    path.reorder = change.reordered ?? path.reorder
    path.bandwidth = smaller(change.rateDown, change.rateUp) ?? path.bandwidth
    path.queueBytesMax = change.queueBytesMax ?? path.queueBytesMax
    path.mtu = change.packetBytesMax ?? path.mtu
    path.isDown = change.isCut ?? path.isDown
  }

  /// The chance that at least one of two independent things happens.
  private func either(_ first: Double?, _ second: Double?) -> Double { 1 - (1 - (first ?? 0)) * (1 - (second ?? 0)) }

  private func smaller(_ first: Int?, _ second: Int?) -> Int? {
    switch (first, second) {
    case (let first?, let second?): min(first, second)
    case (let one, let other): one ?? other
    }
  }
}
