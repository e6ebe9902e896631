// What all nodes of a ring agree on, and the arithmetic of its circle of numbers.
// The ring is Chord (Stoica and others, SIGCOMM 2001). Not here: what a node does (RingNode), the network between them (RingSimulation).

/// What all nodes of one ring go by.
package struct RingRules: Sendable, Equatable {
  /// Numbers of nodes and keys have so many bits. Unit: bits, 3 to 32.
  package var bits = 32
  /// How many successors a node knows. Unit: nodes. With 1 a peer that leaves tears the ring.
  package var successorsMax = 2
  /// Whether nodes also keep shortcuts: for each i the first node at or past their own number + 2^i.
  package var usesFingers = true
  /// On how many nodes a key lies: its owner and those behind it. Unit: nodes.
  package var replicas = 1
  /// How often a node pings its first and its second successor. Unit: milliseconds.
  package var pingEvery = 10_000
  /// How often it asks its successor for its neighbours. Unit: milliseconds.
  package var stabiliseEvery = 30_000
  /// How often it looks one of its shortcuts up anew. Unit: milliseconds.
  package var fixEvery = 10_000
  /// How long it waits for an answer. Unit: milliseconds. Past it: the peer counts as gone.
  package var patience = 500
  /// Tables stay as they are, whoever is silent, and nothing is mended: the experiment about failures in the Chord paper.
  package var isFrozen = false

  package init() {}

  var mask: UInt32 { bits >= 32 ? .max : 1 << UInt32(bits) - 1 }

  /// How far it is from `a` to `b`, clockwise.
  func distance(_ a: UInt32, _ b: UInt32) -> UInt32 { (b &- a) & mask }

  /// Whether `x` lies behind `a` and not behind `b`; all numbers do when `a` is `b`.
  func isBehind(_ x: UInt32, _ a: UInt32, upTo b: UInt32) -> Bool {
    let (whole, part) = (distance(a, b), distance(a, x))
    return whole == 0 || part != 0 && part <= whole
  }

  /// Whether `x` lies strictly between the two; with `a` as `b`, whether it is another.
  func isBetween(_ x: UInt32, _ a: UInt32, _ b: UInt32) -> Bool { x != b && isBehind(x, a, upTo: b) && x != a }
}

/// How large a ring may be.
package struct RingLimits: Sendable, Equatable {
  /// Most nodes. Unit: nodes. Past it: the ring is refused.
  package var nodesMax = 1_000_000
  /// Most keys. Unit: keys. Past it: the ring is refused.
  package var keysMax = 4_000_000
  /// Longest list of successors. Unit: nodes. Past it: the ring is refused.
  package var successorsMax = 64
  /// Most questions a node waits on at once. Unit: questions. Past it: the newest fails.
  package var waitingMax = 1_024
  /// Longest way of a search. Unit: hops. Past it: it fails.
  package var hopsMax = 60_000
  /// Longest run. Unit: milliseconds of virtual time. Past it: it is refused.
  package var timeMax = 40 * 86_400_000

  package init() {}
}
