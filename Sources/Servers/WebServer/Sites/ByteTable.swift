// A look-up from short runs of bytes (paths, host names) to small numbers, without making a key out of the bytes asked for.
// Not here: what the numbers mean (OpenFileCache, SiteSet).

/// A hash table with open addressing: keys are bytes, values are small numbers that the owner gives a meaning.
struct ByteTable {
  private struct Slot {
    var hash: UInt64
    /// -1: free.
    var value: Int32
    var key: [UInt8]
  }

  private var slots: [Slot]
  private(set) var count = 0
  private let seed: UInt64

  init(seed: UInt64 = 0x9E37_79B9_7F4A_7C15) {
    self.seed = seed
    slots = Array(repeating: Slot(hash: 0, value: -1, key: []), count: 16)
  }

  /// The number stored for `key`.
  func find(_ key: UnsafeRawBufferPointer) -> Int32? {
    let hash = hash(of: key)
    return slots.withUnsafeBufferPointer { slots in
      let mask = slots.count &- 1
      var index = Int(truncatingIfNeeded: hash) & mask
      // Never full, so the search ends at a free slot.
      while slots[index].value >= 0 {
        if slots[index].hash == hash, Self.isSame(slots[index].key, key) { return slots[index].value }
        index = (index &+ 1) & mask
      }
      return nil
    }
  }

  func find(_ key: [UInt8]) -> Int32? { key.withUnsafeBytes { find($0) } }

  /// Stores `value` for `key`, over what stood there.
  mutating func set(_ key: [UInt8], to value: Int32) {
    if count &* 2 >= slots.count { grow() }
    let hash = key.withUnsafeBytes { self.hash(of: $0) }
    var index = Int(truncatingIfNeeded: hash) & (slots.count - 1)
    while slots[index].value >= 0 {
      if slots[index].hash == hash, slots[index].key == key {
        slots[index].value = value
        return
      }
      index = (index + 1) & (slots.count - 1)
    }
    slots[index] = Slot(hash: hash, value: value, key: key)
    count += 1
  }

  /// Forgets `key`.
  mutating func remove(_ key: [UInt8]) {
    let mask = slots.count - 1
    let hash = key.withUnsafeBytes { self.hash(of: $0) }
    var hole = Int(truncatingIfNeeded: hash) & mask
    while slots[hole].value >= 0, slots[hole].key != key { hole = (hole + 1) & mask }
    guard slots[hole].value >= 0 else { return }
    count -= 1
    // What follows in the same run and may stand further to the front moves up, so that no search ends too early.
    var next = (hole + 1) & mask
    while slots[next].value >= 0 {
      let home = Int(truncatingIfNeeded: slots[next].hash) & mask
      if (next &- home) & mask >= (next &- hole) & mask {
        slots[hole] = slots[next]
        hole = next
      }
      next = (next + 1) & mask
    }
    slots[hole] = Slot(hash: 0, value: -1, key: [])
  }

  private mutating func grow() {
    let former = slots
    slots = Array(repeating: Slot(hash: 0, value: -1, key: []), count: former.count * 2)
    let mask = slots.count - 1
    for slot in former where slot.value >= 0 {
      var index = Int(truncatingIfNeeded: slot.hash) & mask
      while slots[index].value >= 0 { index = (index + 1) & mask }
      slots[index] = slot
    }
  }

  @inline(__always)
  private static func isSame(_ known: [UInt8], _ asked: UnsafeRawBufferPointer) -> Bool {
    guard known.count == asked.count else { return false }
    return known.withUnsafeBytes { known in
      var index = 0
      while index &+ 8 <= known.count {
        if known.loadUnaligned(fromByteOffset: index, as: UInt64.self) != asked.loadUnaligned(fromByteOffset: index, as: UInt64.self) { return false }
        index &+= 8
      }
      while index < known.count {
        if known[index] != asked[index] { return false }
        index &+= 1
      }
      return true
    }
  }

  /// Eight bytes at a time through a multiplication whose halves are folded together.
  @inline(__always)
  private func hash(of key: UnsafeRawBufferPointer) -> UInt64 {
    var state = seed ^ UInt64(truncatingIfNeeded: key.count)
    var index = 0
    while index &+ 8 <= key.count {
      state = Self.mixed(state ^ key.loadUnaligned(fromByteOffset: index, as: UInt64.self))
      index &+= 8
    }
    var rest: UInt64 = 0
    while index < key.count {
      rest = rest &<< 8 | UInt64(key[index])
      index &+= 1
    }
    return Self.mixed(state ^ rest)
  }

  @inline(__always)
  private static func mixed(_ value: UInt64) -> UInt64 {
    let product = value.multipliedFullWidth(by: 0xD6E8_FEB8_6659_FD93)
    return product.high ^ product.low ^ value
  }
}
