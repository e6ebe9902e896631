// The items that a node keeps for others: bounded in all and for each address, so that whoever puts many takes nobody else's place.
// Not here: which items are worth keeping (DHTItems.swift).
import Bytes
import World

/// Items by target.
struct ItemStore: Sendable {
  private struct Kept: Sendable {
    var bytes: Buffer
    var expires: Instant
    var put: Instant
    var owner: Address
  }

  private var items: [Bits160: Kept] = [:]
  /// What each address has put, the oldest first.
  private var targets: [Address: [Bits160]] = [:]
  private let limits: DHTLimits

  init(limits: DHTLimits) { self.limits = limits }

  var count: Int { items.count }

  /// The address that an item counts for: in IPv6 whoever has one has a whole /64.
  private func owner(_ address: Address) -> Address {
    if case .v6 = address { address.network } else { address }
  }

  private func isGone(_ kept: Kept, at now: Instant) -> Bool { kept.expires <= now || now - kept.put >= limits.itemAgeMax }

  /// What is kept at `target` and holds.
  func item(at target: Bits160, at now: Instant) -> (bytes: Buffer, expires: Instant)? {
    items[target].flatMap { isGone($0, at: now) ? nil : ($0.bytes, $0.expires) }
  }

  /// Whether `address` may have one more kept, or has this one already.
  mutating func hasRoom(for target: Bits160, of address: Address, at now: Instant) -> Bool {
    let owner = owner(address)
    guard items[target]?.owner != owner, let own = targets[owner], own.count >= limits.itemsPerAddressMax else { return true }
    for old in own where items[old].map({ isGone($0, at: now) }) == true { remove(old) }
    return targets[owner, default: []].count < limits.itemsPerAddressMax
  }

  /// Keeps an item that counts for `address`; nil: for whom the one at its target counts.
  mutating func keep(_ item: Buffer, _ head: DHTItemHead, of address: Address?, at now: Instant) {
    let owner = address.map(owner) ?? items[head.target]?.owner ?? .any
    remove(head.target)
    if items.count >= limits.itemsMax { makeRoom(at: now) }
    // A copy: the item may be a small part of the datagram that it came in.
    items[head.target] = Kept(bytes: Buffer(item.array), expires: head.expires, put: now, owner: owner)
    targets[owner, default: []].append(head.target)
  }

  private mutating func makeRoom(at now: Instant) {
    for (target, kept) in items where isGone(kept, at: now) { remove(target) }
    guard items.count >= limits.itemsMax else { return }
    let greediest = targets.max { ($0.value.count, $1.key) < ($1.value.count, $0.key) }
    if let oldest = greediest?.value.first { remove(oldest) }
  }

  private mutating func remove(_ target: Bits160) {
    guard let gone = items.removeValue(forKey: target) else { return }
    targets[gone.owner]?.removeAll { $0 == target }
    if targets[gone.owner]?.isEmpty == true { targets[gone.owner] = nil }
  }
}
