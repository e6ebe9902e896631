// A bounded table that forgets what nobody asks for: the SIEVE order (one queue, one mark per entry, a hand that moves from old to young).
// Not here: what is kept in it (RecordCache.swift, ServerHistory.swift).

/// Values by key, bounded in number and in cost.
struct SieveTable<Key: Hashable & Sendable, Value: Sendable>: Sendable {
  private struct Slot: Sendable {
    var key: Key
    var value: Value
    var cost: Int
    var older: Int
    var younger: Int
    /// Asked for since the hand passed.
    var isMarked: Bool
  }

  private static var none: Int { -1 }

  private var indexes: [Key: Int] = [:]
  private var slots: [Slot?] = []
  private var free: [Int] = []
  private var youngest = SieveTable.none
  private var oldest = SieveTable.none
  private var hand = SieveTable.none
  private let countMax: Int
  private let costMax: Int
  /// The sum of the costs of all entries.
  private(set) var cost = 0
  /// How many entries had to go for others.
  private(set) var evictions = 0

  /// An empty table for at most `countMax` entries that cost at most `costMax` together.
  init(countMax: Int, costMax: Int = .max) {
    self.countMax = max(1, countMax)
    self.costMax = costMax
  }

  var count: Int { indexes.count }

  /// At most `max` entries, those kept last first. None is thereby asked for.
  func newest(_ max: Int) -> [(key: Key, value: Value)] {
    var found: [(key: Key, value: Value)] = []
    var index = youngest
    while index != SieveTable.none, let slot = slots[index], found.count < max {
      found.append((slot.key, slot.value))
      index = slot.older
    }
    return found
  }

  /// The value of `key`, which is thereby asked for.
  mutating func find(_ key: Key) -> Value? {
    guard let index = indexes[key], let value = slots[index]?.value else { return nil }
    slots[index]?.isMarked = true
    return value
  }

  /// Changes the value of `key`, if there is one, at the cost it has.
  mutating func replace(_ value: Value, for key: Key) {
    guard let index = indexes[key] else { return }
    slots[index]?.value = value
  }

  /// Keeps `value`. What costs more than the whole table is not kept.
  mutating func keep(_ value: Value, for key: Key, cost: Int = 1) {
    guard cost <= costMax else { return remove(key) }
    if let index = indexes[key], let known = slots[index] {
      self.cost += cost - known.cost
      slots[index]?.value = value
      slots[index]?.cost = cost
    } else {
      append(Slot(key: key, value: value, cost: cost, older: youngest, younger: SieveTable.none, isMarked: false))
    }
    while indexes.count > countMax || self.cost > costMax { evict() }
  }

  mutating func remove(_ key: Key) {
    if let index = indexes[key] { unlink(index) }
  }

  private mutating func append(_ slot: Slot) {
    let index = free.popLast() ?? slots.count
    if index == slots.count { slots.append(slot) } else { slots[index] = slot }
    if youngest != SieveTable.none { slots[youngest]?.younger = index } else { oldest = index }
    youngest = index
    indexes[slot.key] = index
    cost += slot.cost
  }

  private mutating func unlink(_ index: Int) {
    guard let slot = slots[index] else { return }
    if slot.older != SieveTable.none { slots[slot.older]?.younger = slot.younger } else { oldest = slot.younger }
    if slot.younger != SieveTable.none { slots[slot.younger]?.older = slot.older } else { youngest = slot.older }
    if hand == index { hand = slot.younger }
    indexes[slot.key] = nil
    slots[index] = nil
    free.append(index)
    cost -= slot.cost
  }

  /// Moves the hand past the marked, wiping their marks, to the first unmarked one, which goes.
  private mutating func evict() {
    var index = hand == SieveTable.none ? oldest : hand
    while index != SieveTable.none, let slot = slots[index], slot.isMarked {
      slots[index]?.isMarked = false
      index = slot.younger == SieveTable.none ? oldest : slot.younger
    }
    guard index != SieveTable.none else { return }
    hand = index
    unlink(index)
    evictions += 1
  }
}
