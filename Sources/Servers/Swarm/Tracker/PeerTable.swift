// Torrents and who shares them: one part of a tracker's memory. Old peers go when their torrent is spoken of, and one torrent at a time beside
// every announcement, so that no moment has much to do.
// Not here: locks (TrackerBook.swift), the rows of peers (PeerList.swift).
import BitTorrent
import World

/// What an announcement leads to.
struct Announced {
  var seeders: UInt32 = 0
  var leechers: UInt32 = 0
  /// Peers written into the room. Unit: peers.
  var written = 0
}

/// Some of the torrents of a tracker.
struct PeerTable: Sendable {
  private struct Torrent: Sendable {
    var infoHash: InfoHash
    var peers4 = PeerList<PeerKey4>()
    var peers6 = PeerList<PeerKey6>()
    var completed: UInt32 = 0
    /// When old peers were last looked for. Unit: seconds since the tracker began.
    var swept: UInt32

    var count: Int { peers4.count + peers6.count }
    var seeders: Int { peers4.seeders + peers6.seeders }
  }

  /// How often a torrent that is spoken of is searched for old peers. Unit: seconds.
  private static let sweepWait: UInt32 = 60
  /// How many torrents are looked at to make room for another. Unit: torrents.
  private static let lookedAtForRoom = 8

  private var places: [InfoHash: Int] = [:]
  private var torrents: [Torrent] = []
  private var peers = 0
  private var counted = TrackerStatistics()
  /// The torrent that is swept next.
  private var hand = 0
  private var chance: SeededRandom
  private let seed: UInt64
  private let limits: TrackerTableLimits
  private let peerAgeMax: UInt32

  /// A table with its share of `limits`. `chance` chooses peers and spreads them.
  init(limits: TrackerTableLimits, chance: SeededRandom) {
    self.chance = chance
    seed = self.chance.next()
    self.limits = limits
    peerAgeMax = UInt32(clamping: limits.peerAgeMax.components.seconds)
  }

  /// Notes an announcement from `address` and writes up to `wanted` others into `room`.
  mutating func announce(_ request: AnnounceRequest, from address: Address, wanted: Int, at second: UInt32, into room: UnsafeMutableRawBufferPointer) -> Announced {
    counted.announcements += 1
    sweepNext(at: second)
    if torrents.count >= limits.torrentsMax || peers >= limits.peersMax { makeRoom(for: request.infoHash) }
    guard let place = place(of: request, at: second) else { return Announced() }
    sweep(place, at: second, every: Self.sweepWait)
    let announced =
      switch address {
      case .v4: announce(request, PeerKey4(address, request.port), \.peers4, place, wanted, second, room)
      case .v6: announce(request, PeerKey6(address, request.port), \.peers6, place, wanted, second, room)
      }
    if torrents[place].count == 0, torrents[place].completed == 0 { forget(place) }
    return announced
  }

  private mutating func announce<Key: PeerKey>(
    _ request: AnnounceRequest, _ key: Key, _ list: WritableKeyPath<Torrent, PeerList<Key>>, _ place: Int, _ wanted: Int, _ second: UInt32,
    _ room: UnsafeMutableRawBufferPointer
  ) -> Announced {
    var written = 0
    if request.event == .stopped {
      if torrents[place][keyPath: list].remove(key, seed: seed) { peers -= 1 }
    } else {
      let countMax = peers < limits.peersMax ? limits.peersPerTorrentMax : 0
      switch torrents[place][keyPath: list].note(key, isSeeder: request.isSeeder, at: second, seed: seed, countMax: countMax) {
      case .added: peers += 1
      case .known(let wasSeeder): if request.event == .completed, request.isSeeder, !wasSeeder { torrents[place].completed &+= 1 }
      case .full: counted.notKept += 1
      }
      // Whoever begins may only not know yet how much is left: aria2 says zero with a magnet link in its hand.
      written = torrents[place][keyPath: list].write(
        wanted, except: key, withoutSeeders: request.isSeeder && request.event != .started, oldest: oldest(at: second), lookedAtMax: limits.lookedAtMax, chance: &chance, into: room)
    }
    let torrent = torrents[place]
    return Announced(seeders: UInt32(clamping: torrent.seeders), leechers: UInt32(clamping: torrent.count - torrent.seeders), written: written)
  }

  /// How a torrent stands.
  mutating func scrape(_ infoHash: InfoHash, at second: UInt32) -> ScrapeCounts {
    counted.scrapes += 1
    guard let place = places[infoHash] else { return ScrapeCounts() }
    sweep(place, at: second, every: Self.sweepWait)
    let torrent = torrents[place]
    return ScrapeCounts(
      seeders: UInt32(clamping: torrent.seeders), completed: torrent.completed, leechers: UInt32(clamping: torrent.count - torrent.seeders))
  }

  /// What is here, after everybody who is too old has gone.
  mutating func statistics(at second: UInt32) -> TrackerStatistics {
    for _ in torrents.indices { sweepNext(at: second) }
    var statistics = counted
    statistics.torrents = torrents.count
    statistics.peers = peers
    statistics.seeders = torrents.reduce(0) { $0 + $1.seeders }
    return statistics
  }

  // MARK: Torrents

  /// The torrent's place; nil: it is not known, and there is no room or no reason to know it.
  private mutating func place(of request: AnnounceRequest, at second: UInt32) -> Int? {
    if let place = places[request.infoHash] { return place }
    guard request.event != .stopped else { return nil }
    guard torrents.count < limits.torrentsMax, peers < limits.peersMax else {
      counted.notKept += 1
      return nil
    }
    places[request.infoHash] = torrents.count
    torrents.append(Torrent(infoHash: request.infoHash, swept: second))
    return torrents.count - 1
  }

  /// Forgets a torrent of which one peer alone has spoken, if chance finds one: a flood of torrents of nobody must not keep out those of somebody.
  private mutating func makeRoom(for infoHash: InfoHash) {
    for _ in 0..<Self.lookedAtForRoom where !torrents.isEmpty {
      let place = Int(truncatingIfNeeded: chance.next() % UInt64(torrents.count))
      guard torrents[place].count <= 1, torrents[place].infoHash != infoHash else { continue }
      peers -= torrents[place].count
      return forget(place)
    }
  }

  private mutating func forget(_ place: Int) {
    places[torrents[place].infoHash] = nil
    torrents.swapAt(place, torrents.count - 1)
    torrents.removeLast()
    if place < torrents.count { places[torrents[place].infoHash] = place }
  }

  /// The earliest second in which a peer may have been heard of to count.
  private func oldest(at second: UInt32) -> UInt32 { second > peerAgeMax ? second - peerAgeMax : 0 }

  private mutating func sweep(_ place: Int, at second: UInt32, every wait: UInt32) {
    guard second &- torrents[place].swept >= wait else { return }
    torrents[place].swept = second
    let oldest = oldest(at: second)
    peers -= torrents[place].peers4.expire(before: oldest, seed: seed) + torrents[place].peers6.expire(before: oldest, seed: seed)
  }

  /// Sweeps the torrent under the hand. One that has nobody left is forgotten, with how often it was completed.
  private mutating func sweepNext(at second: UInt32) {
    guard !torrents.isEmpty else { return }
    hand = hand < torrents.count ? hand : 0
    sweep(hand, at: second, every: Self.sweepWait)
    if torrents[hand].count == 0 { forget(hand) } else { hand += 1 }
  }
}
