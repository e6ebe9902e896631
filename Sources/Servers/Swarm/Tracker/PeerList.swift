// The peers of one torrent and one address family: a dense row, so that a reply is a stretch of it, and an index beside it once it is long.
// A peer is an address and a port; what it calls itself is not kept. Not here: torrents (PeerTable.swift).
import World

/// An address and a port in few bytes.
protocol PeerKey: Sendable, Equatable, BitwiseCopyable {
  /// Bytes in a compact reply.
  static var byteCount: Int { get }
  init(_ address: Address, _ port: UInt16)
  /// A number that spreads well for who knows `seed`, and not for who does not.
  func hash(_ seed: UInt64) -> UInt64
  func write(into room: UnsafeMutableRawPointer)
}

/// Over IPv4.
struct PeerKey4: PeerKey {
  var address: UInt32
  var port: UInt16

  static var byteCount: Int { 6 }

  init(_ address: Address, _ port: UInt16) {
    if case .v4(let value) = address { self.address = value } else { self.address = 0 }
    self.port = port
  }

  func hash(_ seed: UInt64) -> UInt64 { mixed(UInt64(address) << 16 | UInt64(port), seed) }

  // BEP 23
  func write(into room: UnsafeMutableRawPointer) {
    room.storeBytes(of: address.bigEndian, as: UInt32.self)
    room.storeBytes(of: port.bigEndian, toByteOffset: 4, as: UInt16.self)
  }
}

/// Over IPv6.
struct PeerKey6: PeerKey {
  var high: UInt64
  var low: UInt64
  var port: UInt16

  static var byteCount: Int { 18 }

  init(_ address: Address, _ port: UInt16) {
    if case .v6(let high, let low) = address { (self.high, self.low) = (high, low) } else { (high, low) = (0, 0) }
    self.port = port
  }

  func hash(_ seed: UInt64) -> UInt64 { mixed(mixed(high, seed) ^ low, seed &+ UInt64(port)) }

  // BEP 7
  func write(into room: UnsafeMutableRawPointer) {
    room.storeBytes(of: high.bigEndian, as: UInt64.self)
    room.storeBytes(of: low.bigEndian, toByteOffset: 8, as: UInt64.self)
    room.storeBytes(of: port.bigEndian, toByteOffset: 16, as: UInt16.self)
  }
}

/// SplitMix64's finish over a value and a seed.
private func mixed(_ value: UInt64, _ seed: UInt64) -> UInt64 {
  var z = (value ^ seed) &* 0x9E37_79B9_7F4A_7C15
  z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
  z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
  return z ^ (z >> 31)
}

/// The peers of one torrent over one address family.
struct PeerList<Key: PeerKey>: Sendable {
  /// One peer: 12 bytes over IPv4, 24 over IPv6.
  struct Peer: Sendable, BitwiseCopyable {
    var key: Key
    var isSeeder: Bool
    /// When it was last heard of. Unit: seconds since the tracker began.
    var seen: UInt32
  }

  /// Up to this many peers are looked through without an index. Unit: peers.
  private static var unindexedMax: Int { 16 }

  private var peers: [Peer] = []
  /// For each slot the place of a peer plus one; zero: free. Empty while the row is short. Its count is a power of two.
  private var slots: [UInt32] = []
  private(set) var seeders = 0

  var count: Int { peers.count }

  /// What an announcement changed.
  enum Noted { case added, known(wasSeeder: Bool), full }

  /// Keeps a peer that has announced itself, unless it would be one more than `countMax`.
  mutating func note(_ key: Key, isSeeder: Bool, at second: UInt32, seed: UInt64, countMax: Int) -> Noted {
    if let place = place(of: key, seed) {
      let wasSeeder = peers[place].isSeeder
      seeders += (isSeeder ? 1 : 0) - (wasSeeder ? 1 : 0)
      peers[place].isSeeder = isSeeder
      peers[place].seen = second
      return .known(wasSeeder: wasSeeder)
    }
    guard peers.count < countMax else { return .full }
    peers.append(Peer(key: key, isSeeder: isSeeder, seen: second))
    if isSeeder { seeders += 1 }
    if peers.count > Self.unindexedMax {
      // At most seven of ten slots are taken.
      if peers.count * 10 > slots.count * 7 { buildIndex(seed) } else { file(peers.count - 1, seed) }
    }
    return .added
  }

  /// Forgets a peer; whether it was there.
  mutating func remove(_ key: Key, seed: UInt64) -> Bool {
    guard let place = place(of: key, seed) else { return false }
    remove(at: place, seed)
    return true
  }

  /// Forgets who was last heard of before `second`; how many those were.
  mutating func expire(before second: UInt32, seed: UInt64) -> Int {
    let before = peers.count
    peers.removeAll { $0.seen < second }
    guard peers.count < before else { return 0 }
    seeders = peers.reduce(0) { $0 + ($1.isSeeder ? 1 : 0) }
    // Room that nobody needs any more goes back.
    if peers.capacity > 2 * max(peers.count, Self.unindexedMax) { peers = Array(peers) }
    slots = []
    if peers.count > Self.unindexedMax { buildIndex(seed) }
    return before - peers.count
  }

  /// Writes up to `wanted` peers that are neither `own` nor older than `oldest`, from a place chosen by chance on; how many.
  func write(
    _ wanted: Int, except own: Key, withoutSeeders: Bool, oldest: UInt32, lookedAtMax: Int, chance: inout SeededRandom, into room: UnsafeMutableRawBufferPointer
  ) -> Int {
    guard !peers.isEmpty, let base = room.baseAddress else { return 0 }
    let most = min(wanted, room.count / Key.byteCount)
    return peers.withUnsafeBufferPointer { peers in
      var index = Int(truncatingIfNeeded: chance.next() % UInt64(peers.count))
      var written = 0
      var left = min(peers.count, lookedAtMax)
      while left > 0, written < most {
        let peer = peers[index]
        if peer.seen >= oldest, !(withoutSeeders && peer.isSeeder), peer.key != own {
          peer.key.write(into: base + written * Key.byteCount)
          written += 1
        }
        index = index + 1 == peers.count ? 0 : index + 1
        left -= 1
      }
      return written
    }
  }

  // MARK: The index

  private func place(of key: Key, _ seed: UInt64) -> Int? {
    guard !slots.isEmpty else { return peers.firstIndex { $0.key == key } }
    return slot(of: key, seed).map { Int(slots[$0]) - 1 }
  }

  /// The slot that holds the place of `key`; the search ends at the first free one.
  private func slot(of key: Key, _ seed: UInt64) -> Int? {
    let mask = slots.count - 1
    var slot = Int(truncatingIfNeeded: key.hash(seed)) & mask
    while slots[slot] != 0 {
      if peers[Int(slots[slot]) - 1].key == key { return slot }
      slot = (slot + 1) & mask
    }
    return nil
  }

  private mutating func file(_ place: Int, _ seed: UInt64) {
    let mask = slots.count - 1
    var slot = Int(truncatingIfNeeded: peers[place].key.hash(seed)) & mask
    while slots[slot] != 0 { slot = (slot + 1) & mask }
    slots[slot] = UInt32(truncatingIfNeeded: place + 1)
  }

  private mutating func buildIndex(_ seed: UInt64) {
    var count = 32
    while peers.count * 10 > count * 6 { count *= 2 }
    slots = Array(repeating: 0, count: count)
    for place in peers.indices { file(place, seed) }
  }

  private mutating func remove(at place: Int, _ seed: UInt64) {
    if peers[place].isSeeder { seeders -= 1 }
    let last = peers.count - 1
    if !slots.isEmpty {
      if let slot = slot(of: peers[place].key, seed) { free(slot, seed) }
      if place != last, let slot = slot(of: peers[last].key, seed) { slots[slot] = UInt32(truncatingIfNeeded: place + 1) }
    }
    peers.swapAt(place, last)
    peers.removeLast()
    if peers.count <= Self.unindexedMax { slots = [] }
  }

  /// Frees a slot and moves up those behind it that would not be found any more.
  private mutating func free(_ freed: Int, _ seed: UInt64) {
    let mask = slots.count - 1
    var hole = freed
    var slot = (hole + 1) & mask
    while slots[slot] != 0 {
      let home = Int(truncatingIfNeeded: peers[Int(slots[slot]) - 1].key.hash(seed)) & mask
      if (slot - home) & mask >= (slot - hole) & mask {
        slots[hole] = slots[slot]
        hole = slot
      }
      slot = (slot + 1) & mask
    }
    slots[hole] = 0
  }
}
