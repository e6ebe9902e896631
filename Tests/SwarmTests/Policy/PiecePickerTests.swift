// The picker by tables: rarest first, first four by chance, begun pieces first, the end, parole, orders; and that nothing is asked twice or forgotten.
import BitTorrent
import Testing
import World

@testable import Swarm

@Suite("Which block is asked of whom")
struct PiecePickerTests {
  /// `pieces` pieces of `blocks` blocks each, the last block of all being short.
  static func sizes(pieces: Int, blocks: Int = 2) -> PieceSizes {
    PieceSizes(pieceLength: blocks * BlockRequest.lengthMax, totalLength: pieces * blocks * BlockRequest.lengthMax - 100)!
  }

  static func picker(_ pieces: Int, blocks: Int = 2, order: PieceOrder = .rarestFirst, seed: UInt64 = 1) -> (PiecePicker, SeededRandom) {
    var chance = SeededRandom(seed: seed)
    return (PiecePicker(sizes: sizes(pieces: pieces, blocks: blocks), order: order, peersMax: 200, using: &chance), chance)
  }

  @Test("requests and blocks are the same thing") func indices() throws {
    let sizes = try #require(PieceSizes(pieceLength: 40_000, totalLength: 100_000))
    for piece in 0..<3 {
      for number in 0..<sizes.blockCount(of: piece) {
        let index = BlockIndex(piece: piece, number: number)
        #expect(sizes.request(for: index).flatMap { sizes.index(of: $0) } == index)
      }
    }
    #expect(sizes.request(for: BlockIndex(piece: 0, number: 3)) == nil)
    for wrong in [
      BlockRequest(piece: 0, offset: 1, length: 16_384), BlockRequest(piece: 0, offset: 32_768, length: 16_384), BlockRequest(piece: 3, offset: 0, length: 1),
      BlockRequest(piece: 0, offset: -16_384, length: 16_384), BlockRequest(piece: 2, offset: 16_384, length: 3_615),
    ] { #expect(sizes.index(of: wrong) == nil) }
    #expect(sizes.index(of: BlockRequest(piece: 2, offset: 16_384, length: 3_616)) != nil)
  }

  @Test("the rarest piece comes first once four are had; what nobody offers is not asked for")
  func rarest() {
    var (picker, chance) = Self.picker(10)
    for piece in 0..<4 { picker.note(had: piece) }
    // Piece 4 is with one, 5 with two, and so on.
    for piece in 4..<10 { for _ in 0..<(piece - 3) { picker.gained(piece, using: &chance) } }
    let blocks = picker.pick(20, of: Supplier(1), begunMax: 100, offers: { $0 != 6 }, using: &chance)
    #expect(blocks.map(\.piece) == [4, 4, 5, 5, 7, 7, 8, 8, 9, 9])
    #expect(blocks.map(\.number) == [0, 1, 0, 1, 0, 1, 0, 1, 0, 1])
    // One that had it leaves: 6 becomes rarer than a new one would be, but the rest is asked for.
    #expect(picker.pick(20, of: Supplier(2), begunMax: 100, offers: { _ in true }, using: &chance).map(\.piece) == [6, 6])
  }

  @Test("availability changes move a piece at once, seeds move none")
  func moves() {
    var (picker, chance) = Self.picker(8)
    for piece in 0..<4 { picker.note(had: piece) }
    for piece in 4..<8 { for _ in 0..<3 { picker.gained(piece, using: &chance) } }
    picker.seedJoined()
    picker.lost(6, using: &chance)
    #expect(picker.availability(of: 6) == 3)
    #expect(picker.pick(2, of: Supplier(1), begunMax: 100, offers: { _ in true }, using: &chance).map(\.piece) == [6, 6])
    picker.seedLeft()
    #expect(picker.availability(of: 6) == 2)
    picker.lost(7, using: &chance)
    picker.lost(7, using: &chance)
    picker.lost(7, using: &chance)
    picker.lost(7, using: &chance)
    #expect(picker.availability(of: 7) == 0)
    #expect(picker.pick(2, of: Supplier(1), begunMax: 100, offers: { _ in true }, using: &chance).map(\.piece) == [7, 7])
  }

  @Test("the first four pieces are chosen by chance, not by rarity") func firstFour() {
    var first: Set<Int> = []
    for seed in 0..<64 {
      var (picker, chance) = Self.picker(16, seed: UInt64(seed))
      for piece in 1..<16 { picker.gained(piece, using: &chance) }
      first.insert(picker.pick(1, of: Supplier(1), begunMax: 100, offers: { _ in true }, using: &chance)[0].piece)
    }
    #expect(first.count >= 12)
  }

  @Test("equally rare pieces are drawn") func ties() {
    var first: Set<Int> = []
    for seed in 0..<64 {
      var (picker, chance) = Self.picker(12, seed: UInt64(seed))
      for piece in 0..<4 { picker.note(had: piece) }
      first.insert(picker.pick(1, of: Supplier(1), begunMax: 100, offers: { _ in true }, using: &chance)[0].piece)
    }
    #expect(first.count >= 6)
  }

  @Test("sequential goes from the beginning, skips what is not offered, and comes back for it") func sequential() {
    var (picker, chance) = Self.picker(5, order: .sequential)
    let pieces = picker.pick(4, of: Supplier(1), begunMax: 100, offers: { $0 != 1 }, using: &chance).map(\.piece)
    #expect(pieces == [0, 0, 2, 2])
    #expect(picker.pick(4, of: Supplier(2), begunMax: 100, offers: { _ in true }, using: &chance).map(\.piece) == [1, 1, 3, 3])
  }

  @Test("random does not care who has what; changing the order sorts anew") func random() {
    var first: Set<Int> = []
    for seed in 0..<64 {
      var (picker, chance) = Self.picker(12, order: .rarestFirst, seed: UInt64(seed))
      for piece in 1..<12 { picker.gained(piece, using: &chance) }
      for piece in 1..<5 { picker.note(had: piece) }
      picker.order = .random
      first.insert(picker.pick(1, of: Supplier(1), begunMax: 100, offers: { _ in true }, using: &chance)[0].piece)
    }
    #expect(first.count >= 6)
  }

  @Test("priorities: 0 not at all, the higher first, also among begun pieces") func priorities() {
    var (picker, chance) = Self.picker(8)
    for piece in 0..<4 { picker.note(had: piece) }
    picker.setPriority(0, of: 4, using: &chance)
    picker.setPriority(7, of: 6, using: &chance)
    #expect(picker.missingCount == 3)
    let blocks = picker.pick(3, of: Supplier(1), begunMax: 100, offers: { _ in true }, using: &chance)
    #expect(blocks.prefix(2).map(\.piece) == [6, 6])
    #expect(!blocks.contains { $0.piece == 4 })
    picker.setPriority(0, of: 5, using: &chance)
    picker.setPriority(0, of: 7, using: &chance)
    for block in [BlockIndex(piece: 6, number: 0), BlockIndex(piece: 6, number: 1)] { _ = picker.arrived(block, from: 1) }
    picker.kept(6)
    #expect(picker.isSatisfied && !picker.isComplete)
    #expect(picker.pick(9, of: Supplier(1), begunMax: 100, offers: { _ in true }, using: &chance).isEmpty)
  }

  @Test("a piece that was begun is finished first, by peers of the same pace")
  func begunFirst() {
    var (picker, chance) = Self.picker(20, blocks: 4)
    for piece in 0..<4 { picker.note(had: piece) }
    let first = picker.pick(1, of: Supplier(1), begunMax: 100, offers: { _ in true }, using: &chance)[0]
    // Another of the same pace joins it.
    #expect(picker.pick(1, of: Supplier(2), begunMax: 100, offers: { _ in true }, using: &chance) == [BlockIndex(piece: first.piece, number: 1)])
    // A fast one begins its own.
    var fast = Supplier(3)
    fast.pace = .fast
    #expect(picker.pick(1, of: fast, begunMax: 100, offers: { _ in true }, using: &chance)[0].piece != first.piece)
    // Unless too many are begun.
    #expect(picker.pick(1, of: { var s = Supplier(4); s.pace = .medium; return s }(), begunMax: 2, offers: { _ in true }, using: &chance)[0].piece == first.piece)
    // One that takes whole pieces begins its own as well, and stays with it.
    var whole = Supplier(5)
    whole.takesWholePieces = true
    let own = picker.pick(2, of: whole, begunMax: 100, offers: { _ in true }, using: &chance)
    #expect(Set(own.map(\.piece)).count == 1 && own[0].piece != first.piece)
    #expect(picker.pick(2, of: whole, begunMax: 100, offers: { _ in true }, using: &chance).map(\.piece) == own.map(\.piece))
  }

  @Test("blocks that come: taken once; completing a piece; authors") func arrivals() {
    var (picker, chance) = Self.picker(1)
    let blocks = picker.pick(9, of: Supplier(1), begunMax: 9, offers: { _ in true }, using: &chance)
    #expect(blocks.count == 2)
    #expect(picker.arrived(BlockIndex(piece: 0, number: 9), from: 1) == .superfluous)
    #expect(picker.arrived(BlockIndex(piece: 0, number: 0), from: 1) == .taken(cancel: [], completes: false))
    #expect(picker.arrived(BlockIndex(piece: 0, number: 0), from: 1) == .superfluous)
    #expect(picker.arrived(BlockIndex(piece: 0, number: 1), from: 1) == .taken(cancel: [], completes: true))
    #expect(picker.authors(of: 0) == [1, 1] && picker.standing(of: 0) == .whole)
    picker.kept(0)
    #expect(picker.isComplete && picker.isSatisfied && picker.arrived(BlockIndex(piece: 0, number: 0), from: 1) == .superfluous)
  }

  @Test("a released block is asked of another; one that comes late counts all the same") func released() {
    var (picker, chance) = Self.picker(1)
    let blocks = picker.pick(2, of: Supplier(1), begunMax: 9, offers: { _ in true }, using: &chance)
    picker.released(blocks, by: 1)
    picker.released(blocks, by: 1)
    #expect(picker.pick(1, of: Supplier(2), begunMax: 9, offers: { _ in true }, using: &chance) == [blocks[0]])
    #expect(picker.arrived(blocks[0], from: 1) == .taken(cancel: [2], completes: false))
    #expect(picker.arrived(blocks[1], from: 1) == .taken(cancel: [], completes: true))
  }

  @Test("the end: a block is asked of idle ones too, one each; whoever loses is told")
  func endGame() {
    var (picker, chance) = Self.picker(1)
    let blocks = picker.pick(2, of: Supplier(1), begunMax: 9, offers: { _ in true }, using: &chance)
    #expect(picker.isAtTheEnd)
    var busy = Supplier(2)
    busy.isIdle = false
    #expect(picker.pick(5, of: busy, begunMax: 9, offers: { _ in true }, using: &chance).isEmpty)
    let second = picker.pick(5, of: Supplier(2), begunMax: 9, offers: { _ in true }, using: &chance)
    let third = picker.pick(5, of: Supplier(3), begunMax: 9, offers: { _ in true }, using: &chance)
    // Two blocks, two helpers: one each.
    #expect(Set(second + third) == Set(blocks) && second.count == 1)
    #expect(picker.arrived(second[0], from: 2) == .taken(cancel: [1], completes: false))
    // The first gives up: the helper is now the one who was asked.
    picker.released(third[0], by: 1)
    #expect(picker.arrived(third[0], from: 3) == .taken(cancel: [], completes: true))
  }

  @Test("no end while something is free or untouched") func noEnd() {
    var (picker, chance) = Self.picker(2)
    _ = picker.pick(3, of: Supplier(1), begunMax: 9, offers: { _ in true }, using: &chance)
    #expect(!picker.isAtTheEnd)
    #expect(picker.pick(5, of: Supplier(2), begunMax: 9, offers: { _ in true }, using: &chance).count == 1)
    #expect(picker.isAtTheEnd)
  }

  @Test("a wrong piece is one peer's alone, whoever is on parole has its own, and who leaves frees it")
  func parole() {
    var (picker, chance) = Self.picker(6, blocks: 3)
    for piece in 0..<4 { picker.note(had: piece) }
    var suspect = Supplier(1)
    suspect.isOnParole = true
    let own = picker.pick(1, of: suspect, begunMax: 100, offers: { _ in true }, using: &chance)[0]
    // Nobody joins it.
    let others = picker.pick(9, of: Supplier(2), begunMax: 100, offers: { _ in true }, using: &chance)
    #expect(!others.contains { $0.piece == own.piece } && others.count == 3)
    // Nor does it join theirs.
    picker.released(others, by: 2)
    #expect(picker.pick(9, of: suspect, begunMax: 100, offers: { _ in true }, using: &chance).allSatisfy { $0.piece == own.piece })
    for block in others { _ = picker.pick(9, of: Supplier(2), begunMax: 100, offers: { _ in true }, using: &chance); _ = picker.arrived(block, from: 2) }
    picker.failed(others[0].piece, alone: true, using: &chance)
    let retry = picker.pick(1, of: Supplier(3), begunMax: 100, offers: { $0 == others[0].piece }, using: &chance)
    #expect(retry.map(\.piece) == [others[0].piece])
    #expect(picker.pick(9, of: Supplier(2), begunMax: 100, offers: { $0 == others[0].piece }, using: &chance).isEmpty)
    picker.released(retry, by: 3)
    #expect(picker.pick(9, of: Supplier(2), begunMax: 100, offers: { $0 == others[0].piece }, using: &chance).count == 3)
  }

  @Test("a piece that the disk lost is wanted again") func lost() {
    var (picker, chance) = Self.picker(2)
    picker.note(had: 0)
    picker.note(had: 1)
    #expect(picker.isComplete)
    picker.note(lost: 1, using: &chance)
    #expect(!picker.isComplete && picker.missingCount == 1)
    #expect(picker.pick(9, of: Supplier(1), begunMax: 9, offers: { _ in true }, using: &chance).map(\.piece) == [1, 1])
  }

  @Test("whatever happens, every block is asked for and comes once in the end", arguments: 0..<40, PieceOrder.allCases)
  func storm(_ seed: Int, _ order: PieceOrder) {
    var (picker, chance) = Self.picker(12, blocks: 5, order: order, seed: UInt64(seed))
    var asked: [PeerNumber: Set<BlockIndex>] = [:]
    var here: Set<BlockIndex> = []
    var steps = 0
    while !picker.isComplete, steps < 20_000 {
      steps += 1
      let peer = Int.random(in: 1...6, using: &chance)
      switch Int.random(in: 0..<10, using: &chance) {
      case 0..<4:
        var supplier = Supplier(peer)
        supplier.pace = Pace.allCases.randomElement(using: &chance)!
        supplier.takesWholePieces = Bool.random(using: &chance)
        supplier.isOnParole = peer == 6
        supplier.isIdle = asked[peer]?.isEmpty ?? true
        for block in picker.pick(Int.random(in: 1...7, using: &chance), of: supplier, begunMax: 4, offers: { ($0 + peer) % 3 != 0 }, using: &chance) {
          #expect((block.piece + peer) % 3 != 0)
          #expect(!here.contains(block))
          #expect(asked[peer, default: []].insert(block).inserted)
        }
      case 4..<8:
        guard let block = asked[peer]?.sorted().randomElement(using: &chance) else { continue }
        asked[peer]?.remove(block)
        guard case .taken(let cancel, let completes) = picker.arrived(block, from: peer) else { continue }
        #expect(here.insert(block).inserted)
        for other in cancel { #expect(asked[other]?.remove(block) != nil) }
        if completes {
          if Int.random(in: 0..<5, using: &chance) == 0 {
            here = here.filter { $0.piece != block.piece }
            picker.failed(block.piece, alone: true, using: &chance)
          } else {
            picker.kept(block.piece)
          }
        }
      case 8:
        picker.released((asked[peer] ?? []).sorted(), by: peer)
        asked[peer] = []
      default:
        let piece = Int.random(in: 0..<12, using: &chance)
        if Bool.random(using: &chance) { picker.gained(piece, using: &chance) } else { picker.lost(piece, using: &chance) }
      }
    }
    #expect(picker.isComplete, "not complete after \(steps) steps")
    #expect(here.count == 60)
  }

  @Test("the same seed chooses the same") func seeded() {
    func run() -> [BlockIndex] {
      var (picker, chance) = Self.picker(30, seed: 9)
      return picker.pick(40, of: Supplier(1), begunMax: 9, offers: { _ in true }, using: &chance)
    }
    #expect(run() == run())
  }
}
