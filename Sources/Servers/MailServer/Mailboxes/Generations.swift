// A memory of bounded cost in two generations: what was used lately stays, what was not goes with its whole generation.

/// Values by key, forgotten when they were not used for a while and others need the room.
struct Generations<Key: Hashable, Value> {
  private var young: [Key: Value] = [:]
  private var old: [Key: Value] = [:]
  private var youngCost = 0
  private let costMax: Int

  /// Keeps at most `costMax` in all, in the unit that costs are given in.
  init(costMax: Int) { self.costMax = costMax }

  /// The value, which is used by this.
  mutating func use(_ key: Key, cost: Int) -> Value? {
    if let value = young[key] { return value }
    guard let value = old.removeValue(forKey: key) else { return nil }
    _ = insert(value, for: key, cost: cost)
    return value
  }

  /// Adds a value. Returns those that are forgotten for it.
  mutating func insert(_ value: Value, for key: Key, cost: Int) -> [Value] {
    if young.updateValue(value, forKey: key) == nil { youngCost += cost }
    guard youngCost > costMax / 2 else { return [] }
    var forgotten = Array(old.filter { young[$0.key] == nil }.values)
    old = young
    // One value that is larger than everything may be does not stay either.
    if youngCost > costMax {
      forgotten += old.values
      old = [:]
    }
    young = [:]
    youngCost = 0
    return forgotten
  }

  mutating func remove(_ key: Key) {
    young[key] = nil
    old[key] = nil
  }
}
