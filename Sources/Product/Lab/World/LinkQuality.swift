// How a path between two hosts treats what passes: delay, jitter, loss, rate. Pure values; the simulator and the paced network obey them.

/// One direction of a path.
package struct LinkQuality: Sendable, Equatable {
  package var delay: Duration = .zero
  /// Each datagram is held back up to this much longer, by chance.
  package var jitter: Duration = .zero
  /// Share of datagrams lost, duplicated, sent out of order. From 0 to 1.
  package var loss = 0.0
  package var duplicated = 0.0
  package var reordered = 0.0
  /// Unit: bits per second; nil: without bound.
  package var rate: Int?
  /// What waits for the link. Unit: bytes. Past it: what comes is lost.
  package var queueBytesMax: Int?
  /// Largest packet. Unit: bytes.
  package var packetBytesMax: Int?
  /// Nothing passes.
  package var isCut = false

  package init() {}
}

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

extension WorldDescription {
  /// How a host is attached to its net.
  package func attachment(of host: HostDescription) -> LinkChange {
    host.attachment.over(nets.first { $0.name == host.net }?.attachment ?? LinkChange())
  }

  /// What the path from one host to another does: out through the one's attachment, in through the other's, unless a link says otherwise.
  package func path(from source: HostDescription, to target: HostDescription) -> LinkQuality {
    let out = attachment(of: source)
    let into = attachment(of: target)
    var path = LinkQuality()
    guard source.name != target.name else { return path }
    path.delay = (out.delay ?? .zero) + (into.delay ?? .zero)
    path.jitter = (out.jitter ?? .zero) + (into.jitter ?? .zero)
    path.loss = either(out.loss, into.loss)
    path.duplicated = either(out.duplicated, into.duplicated)
    path.reordered = either(out.reordered, into.reordered)
    path.rate = smaller(out.rateUp, into.rateDown)
    path.queueBytesMax = smaller(out.queueBytesMax, into.queueBytesMax)
    path.packetBytesMax = smaller(out.packetBytesMax, into.packetBytesMax)
    path.isCut = (out.isCut ?? false) || (into.isCut ?? false)
    // The last link that names both wins, so that a file can be refined at its end.
    for link in links where (link.first, link.second) == (source.name, target.name) || (link.second, link.first) == (source.name, target.name) {
      apply(link.change, to: &path)
    }
    return path
  }

  private func apply(_ change: LinkChange, to path: inout LinkQuality) {
    path.delay = change.delay ?? path.delay
    path.jitter = change.jitter ?? path.jitter
    path.loss = change.loss ?? path.loss
    path.duplicated = change.duplicated ?? path.duplicated
    path.reordered = change.reordered ?? path.reordered
    path.rate = smaller(change.rateDown, change.rateUp) ?? path.rate
    path.queueBytesMax = change.queueBytesMax ?? path.queueBytesMax
    path.packetBytesMax = change.packetBytesMax ?? path.packetBytesMax
    path.isCut = change.isCut ?? path.isCut
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
