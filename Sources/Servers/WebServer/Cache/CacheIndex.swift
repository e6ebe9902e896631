// The cache's table: addresses, the variants of each, who is being asked for, and the weights by which it is bounded. A value; WebCache locks it.
// What was not used since the clock's hand last passed goes first.
import Bytes
import HTTP
import World

/// What a cache has, by address.
struct CacheIndex {
  private struct Slot {
    var key: [UInt8]
    /// The newest first.
    var variants: [CacheEntry] = []
    var fillings: [Filling] = []
    var passesUntil: Instant?
    var wasUsed = true
    /// What each variant was counted with, in their order.
    var weights: [Weight] = []
  }

  private struct Weight {
    var memory = 0
    var disk: Int64 = 0
  }

  private var table = ByteTable()
  private var slots: [Slot?] = []
  private var free: [Int32] = []
  private var hand = 0
  private let settings: CacheSettings
  private(set) var count = 0
  private(set) var memoryBytes = 0
  private(set) var diskBytes: Int64 = 0

  init(_ settings: CacheSettings) { self.settings = settings }

  // MARK: Finding

  mutating func find(_ key: [UInt8], for request: RequestHead, at now: Instant) -> WebCache.Finding {
    guard let place = table.find(key).map(Int.init), slots[place] != nil else { return .nothing }
    slots[place]?.wasUsed = true
    guard let slot = slots[place] else { return .nothing }
    for entry in slot.variants where entry.answers(request) && entry.body.end != .broken { return .entry(entry) }
    if let until = slot.passesUntil, until > now { return .passes }
    return slot.variants.isEmpty ? .nothing : .otherVariants
  }

  mutating func fill(_ key: [UInt8], for request: RequestHead) -> (Filling, Bool) {
    let place = place(of: key)
    // Which fields choose is known from what the address answered last; before that, everybody waits for the first.
    let variant = slots[place]?.variants.first.map { $0.vary.key(of: request.fields) } ?? Buffer()
    if let under = slots[place]?.fillings.first(where: { $0.variant == variant }) { return (under, false) }
    let filling = Filling(variant: variant)
    slots[place]?.fillings.append(filling)
    return (filling, true)
  }

  mutating func end(_ filling: Filling, of key: [UInt8]) {
    guard let place = table.find(key).map(Int.init) else { return }
    slots[place]?.fillings.removeAll { $0 === filling }
    dropIfEmpty(place)
  }

  mutating func pass(_ key: [UInt8], until: Instant) { slots[place(of: key)]?.passesUntil = until }

  private mutating func place(of key: [UInt8]) -> Int {
    if let place = table.find(key).map(Int.init), slots[place] != nil { return place }
    let slot = Slot(key: key)
    let place: Int32
    if let unused = free.popLast() {
      place = unused
      slots[Int(place)] = slot
    } else {
      place = Int32(slots.count)
      slots.append(slot)
    }
    table.set(key, to: place)
    memoryBytes += Self.weight(of: key)
    return Int(place)
  }

  /// What an address costs of which nothing is kept: an address may be as long as a page. Unit: bytes.
  private static func weight(of key: [UInt8]) -> Int { key.count + 256 }

  private mutating func dropIfEmpty(_ place: Int) {
    guard let slot = slots[place], slot.variants.isEmpty, slot.fillings.isEmpty, slot.passesUntil == nil else { return }
    table.remove(slot.key)
    memoryBytes -= Self.weight(of: slot.key)
    slots[place] = nil
    free.append(Int32(place))
  }

  // MARK: Keeping

  /// Adds `entry` in the place of what answered the same requests. Returns what goes for it.
  mutating func keep(_ entry: CacheEntry) -> [CacheEntry] {
    let place = place(of: entry.key)
    var gone: [CacheEntry] = []
    for former in slots[place]?.variants ?? [] where former.varyKey == entry.varyKey || former.vary != entry.vary { gone.append(former) }
    for former in gone { remove(former) }
    // The removal of the last variant may have taken the slot away.
    let now = self.place(of: entry.key)
    slots[now]?.variants.insert(entry, at: 0)
    slots[now]?.weights.insert(Weight(), at: 0)
    slots[now]?.passesUntil = nil
    slots[now]?.wasUsed = true
    count += 1
    weigh(entry)
    while let slot = slots[now], slot.variants.count > settings.variantsMax, let last = slot.variants.last {
      remove(last)
      gone.append(last)
    }
    return gone
  }

  func has(_ entry: CacheEntry) -> Bool {
    guard let place = table.find(entry.key).map(Int.init) else { return false }
    return slots[place]?.variants.contains { $0 === entry } ?? false
  }

  /// Counts anew what `entry` holds.
  mutating func weigh(_ entry: CacheEntry) {
    guard let place = table.find(entry.key).map(Int.init), let index = slots[place]?.variants.firstIndex(where: { $0 === entry }),
      let former = slots[place]?.weights[index]
    else { return }
    // A record weighs something too, or empty responses would be free.
    let weight = Weight(memory: entry.body.heldBytes + entry.key.count + 1_024, disk: entry.number == nil ? 0 : entry.body.length + 1_024)
    memoryBytes += weight.memory - former.memory
    diskBytes += weight.disk - former.disk
    slots[place]?.weights[index] = weight
  }

  mutating func remove(_ entry: CacheEntry) {
    guard let place = table.find(entry.key).map(Int.init), let index = slots[place]?.variants.firstIndex(where: { $0 === entry }) else { return }
    if let weight = slots[place]?.weights[index] {
      memoryBytes -= weight.memory
      diskBytes -= weight.disk
    }
    slots[place]?.variants.remove(at: index)
    slots[place]?.weights.remove(at: index)
    count -= 1
    dropIfEmpty(place)
  }

  mutating func removeAll(of key: [UInt8]) -> [CacheEntry] {
    guard let place = table.find(key).map(Int.init), let gone = slots[place]?.variants else { return [] }
    slots[place]?.passesUntil = nil
    forgetFillings(place)
    for entry in gone { remove(entry) }
    dropIfEmpty(place)
    return gone
  }

  mutating func removeAll(beginningWith prefix: [UInt8]) -> [CacheEntry] {
    let places = slots.indices.filter { slots[$0]?.key.starts(with: prefix) ?? false }
    let gone = places.flatMap { slots[$0]?.variants ?? [] }
    for place in places { forgetFillings(place) }
    for entry in gone { remove(entry) }
    return gone
  }

  /// Whoever asks the origin now may be told what has just been removed: that is not kept, and nobody else waits for it.
  private mutating func forgetFillings(_ place: Int) {
    for filling in slots[place]?.fillings ?? [] { filling.noteRemoval() }
    slots[place]?.fillings = []
  }

  func newest(_ most: Int) -> [CacheEntry] {
    Array(slots.compactMap { $0 }.flatMap(\.variants).sorted { $0.stored.receivedAt > $1.stored.receivedAt }.prefix(most))
  }

  // MARK: Room

  /// Brings the cache back into its bounds. Returns what goes.
  mutating func makeRoom() -> [CacheEntry] {
    var gone: [CacheEntry] = []
    // Two rounds take every second chance away, a third everything else that may go.
    var turns = slots.count * 3 + 3
    while turns > 0, count > settings.entriesMax || memoryBytes > settings.memoryBytesMax || diskBytes > settings.diskBytesMax || table.count > settings.entriesMax * 2 {
      turns -= 1
      hand = hand + 1 < slots.count ? hand + 1 : 0
      guard let slot = slots[hand] else { continue }
      if slot.wasUsed {
        slots[hand]?.wasUsed = false
        continue
      }
      slots[hand]?.passesUntil = nil
      let needsMemoryOnly = count <= settings.entriesMax && diskBytes <= settings.diskBytesMax
      for entry in slot.variants {
        if needsMemoryOnly, entry.number != nil, entry.forgetMemory() > 0 {
          weigh(entry)
        } else if entry.body.end == .whole || !needsMemoryOnly {
          remove(entry)
          gone.append(entry)
        }
      }
      if slots.indices.contains(hand) { dropIfEmpty(hand) }
    }
    return gone
  }
}
