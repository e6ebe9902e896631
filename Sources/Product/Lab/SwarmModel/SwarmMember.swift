// One peer of a simulated swarm with its two production policies, and what it has to do with each neighbour.
// Read next: SwarmSimulation.swift, which moves blocks between these.
import BitTorrent
import Swarm
import World

/// One peer, the seed included.
final class SwarmMember {
  let number: Int
  let upload: Double
  let download: Double
  let isFreeRider: Bool
  let isSeed: Bool
  var picker: PiecePicker
  var choker: Choker
  var has: [Bool]
  var hasCount: Int
  /// In the order they were made; those that are over stay, closed.
  var links: [SwarmLink] = []
  /// Where in `links` the open link to a peer is.
  var linkTo: [Int: Int] = [:]
  var isHere = false
  var arrived = 0
  /// When it had everything. Unit: ticks.
  var done: Int?
  var isSending = false
  /// Whose turn it is to be sent a block.
  var turn = 0
  /// Until when its line is busy with what is coming in. Unit: ticks.
  var busyUntil = 0
  var sentBlocks = 0

  init(
    _ number: Int, line: Distribution.Line, isFreeRider: Bool, isSeed: Bool, sizes: PieceSizes, rules: SwarmRules, using chance: inout SeededRandom
  ) {
    self.number = number
    upload = isFreeRider ? 0 : line.upload
    download = line.download
    self.isFreeRider = isFreeRider
    self.isSeed = isSeed
    picker = PiecePicker(sizes: sizes, order: rules.order, peersMax: rules.neighbours * 2, using: &chance)
    choker = Choker(rules: rules.slots, pieceLength: rules.pieceLength)
    has = [Bool](repeating: isSeed, count: sizes.count)
    hasCount = isSeed ? sizes.count : 0
    if isSeed { for piece in 0..<sizes.count { picker.note(had: piece) } }
  }

  var isComplete: Bool { hasCount == has.count }
  var hasFreeSlot: Bool { choker.freeSlots(serving: links.count { $0.isOpen && $0.isServing }) > 0 }
  var name: String { isSeed ? "seed" : "peer\(number)" }
}

/// What a peer knows of one neighbour.
struct SwarmLink {
  let peer: Int
  /// The place of the neighbour's own link back.
  let mirror: Int
  let joined: Int
  var isOpen = true
  /// Pieces that the neighbour has and this peer lacks.
  var wanted = 0
  /// The neighbour had everything from the beginning, and is counted so.
  let isCountedAsSeed: Bool

  // Giving.
  var isServing = false
  /// What the neighbour asked for, the first first.
  var queue: [BlockIndex] = []
  var cameSinceRound: Int64 = 0
  var wentSinceRound: Int64 = 0
  var wentSinceServing: Int64 = 0
  var servedSince: Int?
  var chokedSince: Int?

  // Taking.
  var isServed = false
  /// What was asked for and is not here.
  var asked: [BlockIndex] = []
}
