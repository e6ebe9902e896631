// A table from names to values that is asked with raw wire bytes, so that a name in a packet is looked up without being copied.
// Not here: order among names (`Name` is Comparable), wildcards and closest enclosers (NameServer).

/// Values by name, letter case ignored. Names are added and changed, never removed: a zone that changes is built again.
public struct NameTable<Value> {
  fileprivate struct Entry {
    var name: Name
    var value: Value
  }

  private var entries: [Entry] = []
  /// For each slot the number of an entry plus one in the low half, 0 meaning empty, and the entry's hash in the high half.
  private var slots: [UInt64]
  private let seed: UInt64

  /// An empty table. `seed` should be one that others cannot guess, so that nobody can choose names that collide.
  public init(seed: UInt64, minimumCapacity: Int = 16) {
    self.seed = seed
    slots = Array(repeating: 0, count: NameTable.slotCount(for: minimumCapacity))
    entries.reserveCapacity(minimumCapacity)
  }

  /// How many names there are.
  public var count: Int { entries.count }

  /// The names, in the order they came in.
  public var names: some Sequence<Name> { entries.lazy.map(\.name) }

  /// The values, in the order their names came in.
  public var values: some Sequence<Value> { entries.lazy.map(\.value) }

  /// The value of `name`. Setting nil is refused silently: nothing is ever removed.
  public subscript(name: Name) -> Value? {
    get { name.wire.withUnsafeBytes { find($0) } }
    set { if let newValue { update(name, with: newValue) } }
  }

  /// The value of the name whose uncompressed wire form is `wire`, all of it.
  public func find(_ wire: UnsafeRawBufferPointer) -> Value? {
    guard let index = index(of: wire) else { return nil }
    return entries[index].value
  }

  /// The value of `name`, made by `initial` when there is none, changed by `change`.
  public mutating func change<T>(_ name: Name, default initial: @autoclosure () -> Value, _ change: (inout Value) -> T) -> T {
    if let index = name.wire.withUnsafeBytes({ index(of: $0) }) { return change(&entries[index].value) }
    var value = initial()
    let result = change(&value)
    insert(name, value)
    return result
  }

  private mutating func update(_ name: Name, with value: Value) {
    if let index = name.wire.withUnsafeBytes({ index(of: $0) }) {
      entries[index].value = value
    } else {
      insert(name, value)
    }
  }

  private func index(of wire: UnsafeRawBufferPointer) -> Int? {
    guard let base = wire.baseAddress else { return nil }
    let hash = CaseFolding.hash(base, wire.count, seed: seed)
    let mask = slots.count &- 1
    var slot = Int(truncatingIfNeeded: hash) & mask
    while slots[slot] != 0 {
      if slots[slot] >> 32 == hash >> 32 {
        let index = Int(truncatingIfNeeded: slots[slot] & 0xFFFF_FFFF) &- 1
        let isSame = entries[index].name.wire.withUnsafeBytes { other in
          guard other.count == wire.count, let other = other.baseAddress else { return false }
          return CaseFolding.equal(base, other, wire.count)
        }
        if isSame { return index }
      }
      slot = (slot &+ 1) & mask
    }
    return nil
  }

  private mutating func insert(_ name: Name, _ value: Value) {
    entries.append(Entry(name: name, value: value))
    if entries.count * 4 > slots.count * 3 {
      slots = Array(repeating: 0, count: NameTable.slotCount(for: entries.count * 2))
      for index in entries.indices { place(index) }
    } else {
      place(entries.count - 1)
    }
  }

  private mutating func place(_ index: Int) {
    let seed = seed
    let hash = entries[index].name.wire.withUnsafeBytes { wire in
      wire.baseAddress.map { CaseFolding.hash($0, wire.count, seed: seed) } ?? 0
    }
    let mask = slots.count &- 1
    var slot = Int(truncatingIfNeeded: hash) & mask
    while slots[slot] != 0 { slot = (slot &+ 1) & mask }
    slots[slot] = (hash & ~0xFFFF_FFFF) | UInt64(truncatingIfNeeded: index &+ 1)
  }

  private static func slotCount(for entries: Int) -> Int {
    var count = 16
    while count * 3 < entries * 4 { count *= 2 }
    return count
  }
}

extension NameTable.Entry: Sendable where Value: Sendable {}
extension NameTable: Sendable where Value: Sendable {}
