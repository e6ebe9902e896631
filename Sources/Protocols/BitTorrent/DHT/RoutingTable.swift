// The nodes that a node knows: many near its own id, fewer and fewer farther away, in buckets that split only where the own id lies.
// Who has answered stays; a stranger gets in where there is room, or where somebody has failed. Time is an argument.
// Read next: DHTNode.swift, who asks the nodes.
import World

/// Which nodes may stand beside one another.
public enum NodeSpread: Sendable, Hashable {
  /// One node of an address; one of a network (/24, /64) in a bucket and in a look-up.
  case strict
  /// Any: for one machine or laboratory that holds many nodes.
  case relaxed
}

/// Buckets of nodes.
// BEP 5
struct RoutingTable: Sendable {
  /// A node in a bucket.
  struct Entry: Sendable, Hashable {
    var contact: NodeContact
    /// When it last answered; nil: never.
    var answered: Instant?
    /// When it last asked something.
    var asked: Instant?
    /// Queries since then that it did not answer.
    var failures = 0

    /// BEP 5: it answered within 15 minutes, or it ever answered and asked within 15 minutes.
    func isGood(at now: Instant, _ limits: DHTLimits) -> Bool {
      guard failures == 0, let answered else { return false }
      return now - max(answered, asked ?? answered) < limits.freshMax
    }

    func isBad(_ limits: DHTLimits) -> Bool { failures >= limits.failuresMax }
  }

  /// Nodes whose ids share this many bits with the own one and differ in the next; in the last bucket, with all that share more.
  private struct Bucket: Sendable {
    var entries: [Entry] = []
    /// Who would get in if there were room, the oldest first. All of them have answered.
    var spares: [Entry] = []
    var changed: Instant
  }

  let own: NodeID
  private let spread: NodeSpread
  private let limits: DHTLimits
  private var buckets: [Bucket]

  init(own: NodeID, spread: NodeSpread, limits: DHTLimits, at now: Instant) {
    self.own = own
    self.spread = spread
    self.limits = limits
    buckets = [Bucket(changed: now)]
  }

  var count: Int { buckets.reduce(0) { $0 + $1.entries.count } }
  var bucketCount: Int { buckets.count }
  /// Every node, from the farthest bucket to the own one.
  var entries: [Entry] { buckets.flatMap(\.entries) }

  private func index(of id: NodeID) -> Int { min((id.bits ^ own.bits).leadingZeroBitCount, buckets.count - 1) }

  /// What becomes of a node that has answered.
  enum Noted: Sendable, Equatable {
    case kept
    /// There is no room for it now; this one, who has said nothing for long, is to be asked whether it is still there.
    case spare(doubted: NodeContact?)
    /// It may not be here: why.
    case refused(String)
  }

  /// A node has answered.
  mutating func noteAnswer(_ contact: NodeContact, at now: Instant) -> Noted {
    guard contact.id != own else { return .refused("it has our id") }
    let place = index(of: contact.id)
    if let known = buckets[place].entries.firstIndex(where: { $0.contact == contact }) {
      buckets[place].entries[known].answered = now
      buckets[place].entries[known].failures = 0
      buckets[place].changed = now
      return .kept
    }
    // The same id elsewhere, or another id at the same endpoint: who is here and answers is believed, until he fails.
    if let rival = buckets[place].entries.firstIndex(where: { $0.contact.id == contact.id }) {
      guard buckets[place].entries[rival].isBad(limits) else { return .refused("its id is another node's") }
      buckets[place].entries.remove(at: rival)
    }
    forget(at: contact.endpoint)
    if let why = crowding(contact, in: place) { return .refused(why) }
    return insert(Entry(contact: contact, answered: now), in: place, at: now)
  }

  private mutating func insert(_ entry: Entry, in place: Int, at now: Instant) -> Noted {
    var place = place
    // Each turn splits the last bucket once; ids have 160 bits.
    while buckets[place].entries.count >= limits.bucketNodesMax, place == buckets.count - 1, buckets.count < 160 {
      split()
      place = index(of: entry.contact.id)
    }
    if let bad = buckets[place].entries.firstIndex(where: { $0.isBad(limits) }) { buckets[place].entries.remove(at: bad) }
    if buckets[place].entries.count < limits.bucketNodesMax {
      buckets[place].entries.append(entry)
      buckets[place].changed = now
      return .kept
    }
    buckets[place].spares.removeAll { $0.contact.id == entry.contact.id || $0.contact.endpoint == entry.contact.endpoint }
    if buckets[place].spares.count >= limits.sparesMax { buckets[place].spares.removeFirst() }
    buckets[place].spares.append(entry)
    // BEP 5: the questionable node heard of longest ago.
    let doubted = buckets[place].entries.filter { !$0.isGood(at: now, limits) }.min { ($0.answered ?? now, $0.contact.id) < ($1.answered ?? now, $1.contact.id) }
    return .spare(doubted: doubted?.contact)
  }

  private mutating func split() {
    let depth = buckets.count - 1
    let all = buckets[depth]
    var (far, near) = (Bucket(changed: all.changed), Bucket(changed: all.changed))
    for entry in all.entries { if (entry.contact.id.bits ^ own.bits).leadingZeroBitCount == depth { far.entries.append(entry) } else { near.entries.append(entry) } }
    for entry in all.spares { if (entry.contact.id.bits ^ own.bits).leadingZeroBitCount == depth { far.spares.append(entry) } else { near.spares.append(entry) } }
    buckets[depth] = far
    buckets.append(near)
  }

  /// Why a node may not stand beside those who are here; nil: it may.
  private func crowding(_ contact: NodeContact, in place: Int) -> String? {
    guard spread == .strict else { return nil }
    // Whoever is known at the same endpoint under another id would go: a node may take a new one.
    let (endpoint, network) = (contact.endpoint, contact.endpoint.address.network)
    if buckets.contains(where: { $0.entries.contains { $0.contact.endpoint.address == endpoint.address && $0.contact.endpoint != endpoint } }) { return "another node has its address" }
    return buckets[place].entries.contains { $0.contact.endpoint.address.network == network && $0.contact.endpoint != endpoint } ? "its network has a node in this bucket" : nil
  }

  /// Whether a node that nobody has heard of would get in if it answered.
  func hasRoom(for contact: NodeContact) -> Bool {
    let place = index(of: contact.id)
    guard contact.id != own, !buckets[place].entries.contains(where: { $0.contact.id == contact.id || $0.contact.endpoint == contact.endpoint }) else { return false }
    let bucket = buckets[place]
    return crowding(contact, in: place) == nil
      && (bucket.entries.count < limits.bucketNodesMax || place == buckets.count - 1 || bucket.entries.contains { $0.isBad(limits) })
  }

  /// A node that is known has asked something.
  mutating func noteQuery(_ contact: NodeContact, at now: Instant) {
    let place = index(of: contact.id)
    if let known = buckets[place].entries.firstIndex(where: { $0.contact == contact }) { buckets[place].entries[known].asked = now }
  }

  /// A node has not answered. When it is bad, one that has takes its place.
  mutating func noteFailure(_ contact: NodeContact, at now: Instant) {
    let place = index(of: contact.id)
    guard let known = buckets[place].entries.firstIndex(where: { $0.contact == contact }) else { return }
    buckets[place].entries[known].failures += 1
    guard buckets[place].entries[known].isBad(limits) else { return }
    // The youngest spare that may stand here now.
    let entry = buckets[place].entries.remove(at: known)
    while let spare = buckets[place].spares.popLast() {
      guard crowding(spare.contact, in: place) == nil else { continue }
      buckets[place].entries.append(spare)
      buckets[place].changed = now
      return
    }
    // Nobody would be better: it stays until somebody is.
    buckets[place].entries.insert(entry, at: known)
  }

  /// Forgets whoever was thought to be at `endpoint`: somebody else answers there.
  private mutating func forget(at endpoint: Endpoint) {
    for place in buckets.indices { buckets[place].entries.removeAll { $0.contact.endpoint == endpoint } }
  }

  /// The `count` nodes nearest to `target` that are not bad.
  func nearest(to target: Bits160, count: Int) -> [NodeContact] {
    entries.filter { !$0.isBad(limits) && $0.answered != nil }.map { (distance: $0.contact.id.bits ^ target, contact: $0.contact) }
      .sorted { $0.distance < $1.distance }.prefix(count).map(\.contact)
  }

  // MARK: Freshness

  /// When the bucket that is stale first is to be refreshed.
  var refreshDue: Instant { (buckets.map(\.changed).min() ?? .simulationStart) + limits.freshMax }

  /// An id in the stalest bucket, which counts as fresh from now on; nil: all are fresh.
  mutating func refresh(at now: Instant, using chance: inout some RandomNumberGenerator) -> NodeID? {
    guard let place = buckets.indices.min(by: { buckets[$0].changed < buckets[$1].changed }), now - buckets[place].changed >= limits.freshMax else { return nil }
    buckets[place].changed = now
    // The own id up to the bucket's depth, the next bit turned (but in the own bucket), chance behind it.
    var bytes = Bits160.random(using: &chance).bytes
    let ownBytes = own.bytes
    for bit in 0..<min(place + 1, 160) {
      let mask = UInt8(0x80) >> UInt8(bit & 7)
      let isSet = (ownBytes[bit >> 3] & mask != 0) != (bit == place && place < buckets.count - 1)
      bytes[bit >> 3] = isSet ? bytes[bit >> 3] | mask : bytes[bit >> 3] & ~mask
    }
    return Bits160(bytes).map { NodeID($0) }
  }
}

extension Address {
  /// The network that the address is in, as far as one owner usually has it: /24 or /64.
  var network: Address {
    switch self {
    case .v4(let value): .v4(value & 0xFFFF_FF00)
    case .v6(let high, _): .v6(high, 0)
    }
  }
}
