// What a world says about content distribution: edges in front of an origin, and names whose addresses are chosen for each question.
// Not here: its YAML form (ContentNetworkReader.swift), running it (Running/ContentNetworkStart.swift).
package import NameServer

/// A caching reverse proxy of an origin.
package struct EdgeDescription: Sendable, Equatable {
  package var host: String
  /// The host of the origin, and the name it answers to.
  package var origin: String
  package var originName: String
  /// The names it answers in the origin's place.
  package var names: [String]
  /// What it can carry. Unit: bits per second.
  package var capacity: Int
}

/// A name whose addresses are chosen for each question, by every server of its zone.
package struct SteeringDescription: Sendable, Equatable {
  package var name: String
  package var policy: SteeringPolicy
  /// Unit: seconds.
  package var timeToLive: Int
  /// Hosts with an edge.
  package var edges: [String]
  /// Whether edges that do not report leave the answers.
  package var checksHealth = true
}

/// The edges that a network's clients prefer, the nearest first.
package struct NearnessDescription: Sendable, Equatable {
  package var network: AddressPrefix
  package var edges: [String]
}

extension WorldDescription {
  /// The resolver that a host asks: one of its own net, else the first.
  package func resolver(near host: HostDescription?) -> HostDescription? {
    let resolvers = hosts(as: .resolver)
    return resolvers.first { $0.net == host?.net } ?? resolvers.first
  }
}
