// The decision: which edges a client is told, in which order, and for which other clients that holds. Pure: how the edges are, the time and
// the turn are arguments. Read next: Steering.swift, which keeps them.
package import World

/// What is known of an edge.
package struct EdgeHealth: Sendable, Hashable {
  /// When it reported last; nil: never.
  package var reported: Instant?
  /// Whether the last word from it was a report, rather than that it could not be reached.
  package var isUp = false
  /// What it reported: 0 is idle, 1 is as much as it can carry.
  package var load = 0.0

  package init(reported: Instant? = nil, isUp: Bool = false, load: Double = 0) {
    self.reported = reported
    self.isUp = isUp
    self.load = load
  }

  /// Whether it may be answered.
  package func isAlive(at now: Instant, _ limits: SteeringLimits) -> Bool {
    guard isUp, let reported else { return false }
    return reported.duration(to: now) <= limits.reportAgeMax
  }
}

/// Where a client is, as far as the server knows.
package struct SteeringClient: Sendable, Hashable {
  package var address: Address
  /// Unit: bits of the address that are known.
  package var knownLength: Int

  /// A client whose whole address is known: the one that asks.
  package init(_ address: Address) {
    self.address = address
    knownLength = address.bitCount
  }

  package init(_ address: Address, knownLength: Int) {
    self.address = address
    self.knownLength = knownLength
  }
}

/// What a client is told.
package struct SteeringChoice: Sendable, Hashable {
  /// Places in `SteeredName.edges`, the best first. Never empty, when there is an edge at all.
  package var edges: [Int]
  /// For how many bits of the client's address this holds.
  package var scopeLength: Int

  /// Chooses for `client` among the edges that have an address for the question (`candidates`, places in `name.edges`).
  package static func choose(
    among candidates: [Int], of name: SteeredName, health: [EdgeHealth], client: SteeringClient, turn: Int, at now: Instant,
    _ limits: SteeringLimits = SteeringLimits()
  ) -> SteeringChoice {
    let alive = !name.checksHealth ? candidates : candidates.filter { health.indices.contains($0) && health[$0].isAlive(at: now, limits) }
    // With every edge silent the fault is more likely ours than theirs: an answer that may work is better than none.
    let usable = alive.isEmpty ? candidates : alive
    switch name.policy {
    case .nearest:
      let (ranking, scope) = ranking(of: usable, for: client, name)
      return SteeringChoice(edges: Array(ranking.prefix(1)), scopeLength: scope)
    case .ranked:
      let (ranking, scope) = ranking(of: usable, for: client, name)
      return SteeringChoice(edges: ranking, scopeLength: scope)
    case .leastLoad:
      let least = usable.min { load($0, health) < load($1, health) }
      return SteeringChoice(edges: least.map { [$0] } ?? [], scopeLength: 0)
    case .roundRobin:
      guard !usable.isEmpty else { return SteeringChoice(edges: [], scopeLength: 0) }
      let first = Int(UInt(bitPattern: turn) % UInt(usable.count))
      return SteeringChoice(edges: Array(usable[first...] + usable[..<first]), scopeLength: 0)
    case .weighted:
      return SteeringChoice(edges: weighted(usable, of: name, turn: turn).map { [$0] } ?? [], scopeLength: 0)
    }
  }

  /// The edge whose turn it is. Multiples of the golden ratio hit each share as often as it is large, and never in long runs.
  private static func weighted(_ edges: [Int], of name: SteeredName, turn: Int) -> Int? {
    let all = edges.reduce(0) { $0 + max(0, name.edges[$1].weight) }
    guard all > 0 else { return edges.first }
    let place = (UInt64(bitPattern: Int64(turn)) &* 0x9E37_79B9_7F4A_7C15).multipliedFullWidth(by: UInt64(all)).high
    var rest = Int(place)
    return edges.first { edge in
      rest -= max(0, name.edges[edge].weight)
      return rest < 0
    }
  }

  private static func load(_ edge: Int, _ health: [EdgeHealth]) -> Double { health.indices.contains(edge) ? health[edge].load : 0 }

  /// The edges in the order the client's network prefers, and for how many bits of its address that holds.
  private static func ranking(of edges: [Int], for client: SteeringClient, _ name: SteeredName) -> ([Int], scope: Int) {
    // Only what is known of the address can say that it lies in a network.
    let row = name.networks.filter { $0.network.length <= client.knownLength && $0.network.contains(client.address) }
      .max { $0.network.length < $1.network.length }
    let preferred = (row?.ranking ?? []).filter { edges.contains($0) }
    return (preferred + edges.filter { !preferred.contains($0) }, scope(from: row?.network.length ?? 0, client, name))
  }

  /// RFC 7871 §7.2.1: the answer may be kept for a whole block of clients, so the block must not reach into a network that is answered
  /// otherwise: the shortest prefix of at least `length` bits that holds no more specific network of the table.
  private static func scope(from length: Int, _ client: SteeringClient, _ name: SteeredName) -> Int {
    let width = client.address.bitCount
    return name.networks.reduce(length) { scope, row in
      guard row.network.length > length, row.network.address.bitCount == width else { return scope }
      // Up to where they agree, the client's block would hold that network.
      let agreement = client.address.commonPrefix(with: row.network.address)
      guard agreement >= length else { return scope }
      return max(scope, min(agreement + 1, row.network.length))
    }
  }
}

extension Address {
  /// Unit: bits.
  package var bitCount: Int {
    switch self {
    case .v4: 32
    case .v6: 128
    }
  }

  /// How many leading bits are the same; 0 for addresses of different kinds. Unit: bits.
  package func commonPrefix(with other: Address) -> Int {
    switch (self, other) {
    case (.v4(let a), .v4(let b)): return (a ^ b).leadingZeroBitCount
    case (.v6(let a, let a2), .v6(let b, let b2)): return a == b ? 64 + (a2 ^ b2).leadingZeroBitCount : (a ^ b).leadingZeroBitCount
    default: return 0
    }
  }
}
