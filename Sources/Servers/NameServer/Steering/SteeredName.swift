// What steering is told: names whose addresses are chosen anew for each question, the edges they may lead to, and the rule.
// Not here: the choice (SteeringChoice.swift), how edges are (Steering.swift), who asks them (HealthWatch.swift).
package import DNS
package import World

/// How an edge is chosen for a client.
package enum SteeringPolicy: String, Sendable, Hashable, CaseIterable {
  /// The edge that the client's network is nearest to.
  case nearest
  /// The edge that reports the least load.
  case leastLoad = "least-load"
  /// All edges, another one first each time.
  case roundRobin = "round-robin"
  /// All edges, the nearest first: the client tries them and chooses for itself.
  case ranked
  /// One edge, each as often as its weight says.
  case weighted
}

/// A server that may be answered.
package struct SteeredEdge: Sendable, Hashable {
  /// By this name reports are told apart.
  package var name: String
  package var addresses: [Address]
  /// Its share of the answers among those of a weighted name; 0: only when no other is left.
  package var weight: Int

  package init(name: String, addresses: [Address], weight: Int = 1) {
    self.name = name
    self.addresses = addresses
    self.weight = weight
  }
}

/// The edges that clients of one network prefer.
package struct SteeringRow: Sendable, Hashable {
  package var network: AddressRange
  /// Places in `SteeredName.edges`, the nearest first. Those not named come after them in their own order.
  package var ranking: [Int]

  package init(_ network: AddressRange, ranking: [Int]) {
    self.network = network
    self.ranking = ranking
  }
}

/// A name whose addresses are chosen for each question. Its zone holds the name too, with the addresses of all edges, so that every other
/// type, and every other server of the zone, has an answer.
package struct SteeredName: Sendable, Hashable {
  package var name: Name
  package var policy: SteeringPolicy
  /// Unit: seconds. Short, so that a dead edge is soon forgotten everywhere.
  package var timeToLive: UInt32
  /// Where nothing else decides, in this order.
  package var edges: [SteeredEdge]
  /// The most specific network that holds the client counts.
  package var networks: [SteeringRow]
  /// Whether edges that do not report leave the answers.
  package var checksHealth = true

  package init(name: Name, policy: SteeringPolicy, timeToLive: UInt32 = 5, edges: [SteeredEdge], networks: [SteeringRow] = []) {
    self.name = name
    self.policy = policy
    self.timeToLive = timeToLive
    self.edges = edges
    self.networks = networks
  }
}

/// The bounds of steering.
package struct SteeringLimits: Sendable, Hashable {
  /// How long an edge counts as alive after its last report. Past it: it leaves the answers.
  package var reportAgeMax = Duration.seconds(3)
  /// Most addresses in one answer. Unit: addresses. Past it: the less preferred are left out.
  package var addressesMax = 16
  /// How often each edge is asked.
  package var checkInterval = Duration.seconds(1)
  /// How long edges are asked on after the last question about a steered name. Past it: they are left in peace until the next one, whose
  /// answer then counts every edge as alive.
  package var attentionTime = Duration.seconds(20)

  package init() {}
}
