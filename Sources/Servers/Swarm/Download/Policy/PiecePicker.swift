// Which block is asked of whom: pieces that were begun first, then the rarest; the first four by chance; at the end the same block of several.
// Time and the network are not here: the owner says what came, what was refused and who left. Read next: PickerChoice.swift, RequestDepth.swift.

package import BitTorrent

/// How pieces that were not begun are chosen.
package enum PieceOrder: String, Sendable, Hashable, CaseIterable {
  /// What the fewest have comes first: then it cannot be lost with them, and everybody wants something of us.
  case rarestFirst = "rarest-first"
  /// Any piece, for comparison.
  case random
  /// From the beginning, for looking at while it comes. The swarm suffers.
  case sequential
}

/// How fast a peer sends: those of one pace share pieces, so that no piece waits for its slowest block.
package enum Pace: Int, Sendable, Hashable, CaseIterable { case slow, medium, fast }

/// What the picker needs to know about who is asked.
package struct Supplier: Sendable, Hashable {
  package var number: PeerNumber
  package var pace = Pace.slow
  /// It sends a whole piece within `wholePieceTime`, so it gets pieces of its own.
  package var takesWholePieces = false
  /// Sent blocks of a piece that turned out wrong: gets whole pieces alone, so that the next wrong one has one author.
  package var isOnParole = false
  /// Nothing is asked of it now.
  package var isIdle = true

  package init(_ number: PeerNumber) { self.number = number }
}

/// The table of pieces and blocks of one download.
package struct PiecePicker: Sendable {
  /// What is known about a piece.
  package enum Standing: UInt8, Sendable {
    /// Nobody was asked for any of it.
    case untouched
    /// Some blocks are asked for or here.
    case begun
    /// All blocks are here, and are being checked.
    case whole
    /// Checked and kept.
    case had
  }

  /// A piece that was begun.
  struct Begun: Sendable {
    /// -1: free; else who was asked first.
    var askedOf: [Int32]
    /// -1: not here; else who sent it.
    var cameFrom: [Int32]
    /// Blocks that are neither asked for nor here.
    var free: Int
    /// Blocks that are not here.
    var missing: Int
    var pace: Pace
    /// Only this peer may be asked.
    var exclusiveTo: PeerNumber?
    /// How many blocks each peer was asked for or sent: few peers, so a list.
    var partners: [Int32] = []

    init(blocks: Int, pace: Pace) {
      askedOf = Array(repeating: -1, count: blocks)
      cameFrom = Array(repeating: -1, count: blocks)
      free = blocks
      missing = blocks
      self.pace = pace
    }
  }

  package let sizes: PieceSizes
  package var order: PieceOrder { didSet { if order != oldValue { isOrderStale = true } } }
  var standings: [Standing]
  var priorities: [UInt8]
  private var availability: [UInt16]
  var untouched: PieceBuckets
  /// Pieces that were begun, in the order they were.
  var begun: [Int] = []
  var begunPieces: [Int: Begun] = [:]
  /// Who besides the first was asked for a block, at the end.
  var alsoAskedOf: [BlockIndex: [PeerNumber]] = [:]
  /// Pieces that came out wrong from several: whoever begins one has it alone.
  var aloneNext: Set<Int> = []
  private var isOrderStale = false
  /// Pieces that are here and checked.
  package private(set) var hadCount = 0
  /// Peers that have everything; not counted in `availability`.
  package private(set) var seedCount = 0
  /// Wanted pieces that are not here and checked.
  package private(set) var missingCount: Int
  /// Where a sequential download looks first.
  var firstCandidate = 0
  /// What all begun pieces may come to when they are whole. Unit: bytes. Past it: none is begun before one is done; a single one may always be.
  package var begunBytesMax = Int.max

  /// The first pieces are chosen by chance: one is had soonest from whoever is there, and then there is something to give.
  package static let randomPiecesFirst = 4

  package init(sizes: PieceSizes, order: PieceOrder = .rarestFirst, peersMax: Int, using chance: inout some RandomNumberGenerator) {
    self.sizes = sizes
    self.order = order
    standings = Array(repeating: .untouched, count: sizes.count)
    priorities = Array(repeating: 4, count: sizes.count)
    availability = Array(repeating: 0, count: sizes.count)
    untouched = PieceBuckets(pieceCount: sizes.count, availabilityMax: peersMax)
    missingCount = sizes.count
    for piece in 0..<sizes.count { place(piece, using: &chance) }
  }

  package func has(_ piece: Int) -> Bool { piece >= 0 && piece < sizes.count && standings[piece] == .had }
  package func standing(of piece: Int) -> Standing { standings[piece] }
  package func isWanted(_ piece: Int) -> Bool { piece >= 0 && piece < sizes.count && standings[piece] != .had && priorities[piece] > 0 }
  package var isComplete: Bool { hadCount == sizes.count }
  /// Nothing that is wanted is missing.
  package var isSatisfied: Bool { missingCount == 0 }
  package func availability(of piece: Int) -> Int { Int(availability[piece]) + seedCount }

  /// Whether what is begun leaves room for one piece more.
  var mayBegin: Bool { begun.isEmpty || (begun.count + 1) * sizes.pieceLength <= begunBytesMax }

  /// Every wanted block that may be asked for is here or asked for.
  package var isAtTheEnd: Bool {
    missingCount > 0 && (untouched.count == 0 || !mayBegin) && begunPieces.values.allSatisfy { $0.free == 0 }
  }

  // MARK: What others have

  /// A peer got a piece.
  package mutating func gained(_ piece: Int, using chance: inout some RandomNumberGenerator) {
    guard piece >= 0, piece < sizes.count else { return }
    availability[piece] = availability[piece] < .max ? availability[piece] + 1 : .max
    place(piece, using: &chance)
  }

  /// A peer that had a piece left.
  package mutating func lost(_ piece: Int, using chance: inout some RandomNumberGenerator) {
    guard piece >= 0, piece < sizes.count else { return }
    availability[piece] = availability[piece] > 0 ? availability[piece] - 1 : 0
    place(piece, using: &chance)
  }

  /// A peer that has everything came; that changes no piece's place among the others.
  package mutating func seedJoined() { seedCount += 1 }
  package mutating func seedLeft() { seedCount = max(0, seedCount - 1) }

  // MARK: What we have

  /// The piece is here from before.
  package mutating func note(had piece: Int) {
    guard piece >= 0, piece < sizes.count, standings[piece] != .had else { return }
    forget(piece)
    if priorities[piece] > 0 { missingCount -= 1 }
    aloneNext.remove(piece)
    standings[piece] = .had
    hadCount += 1
  }

  /// The piece was had and is not any more: the disk lost it.
  package mutating func note(lost piece: Int, using chance: inout some RandomNumberGenerator) {
    guard has(piece) else { return }
    hadCount -= 1
    if priorities[piece] > 0 { missingCount += 1 }
    standings[piece] = .untouched
    firstCandidate = min(firstCandidate, piece)
    place(piece, using: &chance)
  }

  /// How much a piece is wanted: 0 not at all, 4 as any, 7 most.
  package mutating func setPriority(_ priority: Int, of piece: Int, using chance: inout some RandomNumberGenerator) {
    guard piece >= 0, piece < sizes.count else { return }
    let priority = UInt8(max(0, min(priority, PieceBuckets.priorityMax)))
    if standings[piece] != .had { missingCount += (priority > 0 ? 1 : 0) - (priorities[piece] > 0 ? 1 : 0) }
    priorities[piece] = priority
    firstCandidate = 0
    place(piece, using: &chance)
  }

  /// What came of a block.
  package enum Arrival: Sendable, Hashable {
    /// It was here already, or nobody wanted it.
    case superfluous
    /// It is new. These were asked for it too and are to be told that it is not wanted any more.
    case taken(cancel: [PeerNumber], completes: Bool)
  }

  /// A block came.
  package mutating func arrived(_ block: BlockIndex, from peer: PeerNumber) -> Arrival {
    guard var piece = begunPieces[block.piece], block.number < piece.cameFrom.count, piece.cameFrom[block.number] < 0 else { return .superfluous }
    let first = PeerNumber(piece.askedOf[block.number])
    // Taken even when the request was given up meanwhile: the bytes are here.
    if first < 0 { piece.free -= 1 }
    var others = alsoAskedOf.removeValue(forKey: block) ?? []
    if first >= 0 { others.insert(first, at: 0) }
    piece.askedOf[block.number] = Int32(truncatingIfNeeded: peer)
    piece.cameFrom[block.number] = Int32(truncatingIfNeeded: peer)
    piece.missing -= 1
    begunPieces[block.piece] = piece
    if piece.missing == 0 { standings[block.piece] = .whole }
    return .taken(cancel: others.filter { $0 != peer }, completes: piece.missing == 0)
  }

  /// Who sent each block of a piece that is whole.
  package func authors(of piece: Int) -> [PeerNumber] { begunPieces[piece]?.cameFrom.map { PeerNumber($0) } ?? [] }

  /// The piece was checked, is right and is kept.
  package mutating func kept(_ piece: Int) { note(had: piece) }

  /// The piece was checked and is wrong (`alone`: the next try is one peer's, so that what is wrong again has one author), or could not be kept.
  package mutating func failed(_ piece: Int, alone: Bool, using chance: inout some RandomNumberGenerator) {
    guard standings[piece] == .whole || standings[piece] == .begun else { return }
    forget(piece)
    if alone { aloneNext.insert(piece) }
    standings[piece] = .untouched
    firstCandidate = min(firstCandidate, piece)
    place(piece, using: &chance)
  }

  // MARK: Requests given up

  /// The block will not come from this peer: it refused, or let us wait too long.
  package mutating func released(_ block: BlockIndex, by peer: PeerNumber) {
    if var others = alsoAskedOf[block], let index = others.firstIndex(of: peer) {
      others.remove(at: index)
      alsoAskedOf[block] = others.isEmpty ? nil : others
      return
    }
    guard var piece = begunPieces[block.piece], block.number < piece.askedOf.count, piece.cameFrom[block.number] < 0,
      piece.askedOf[block.number] == Int32(truncatingIfNeeded: peer)
    else { return }
    if var others = alsoAskedOf[block], !others.isEmpty {
      piece.askedOf[block.number] = Int32(truncatingIfNeeded: others.removeFirst())
      alsoAskedOf[block] = others.isEmpty ? nil : others
    } else {
      piece.askedOf[block.number] = -1
      piece.free += 1
    }
    begunPieces[block.piece] = piece
  }

  /// The peer is gone, or asks nothing of us any more; `blocks` were asked of it.
  package mutating func released(_ blocks: some Sequence<BlockIndex>, by peer: PeerNumber) {
    for block in blocks { released(block, by: peer) }
    share(piecesOf: peer)
  }

  /// The peer serves us no more: what it was to send alone others may finish, or it could keep a piece from us for as long as it stays.
  package mutating func share(piecesOf peer: PeerNumber) {
    for piece in begun where begunPieces[piece]?.exclusiveTo == peer { begunPieces[piece]?.exclusiveTo = nil }
  }

  /// Forgets what came of the begun piece that most is missing of, for others to be begun; nil: there is room as it is. To be called when nobody who
  /// is there can finish any of them. `came`: its blocks that are here.
  package mutating func giveUpOne(using chance: inout some RandomNumberGenerator) -> (piece: Int, came: [BlockIndex])? {
    guard !mayBegin, untouched.count > 0, let piece = begun.filter({ standings[$0] == .begun }).max(by: { missing(of: $0) < missing(of: $1) }) else { return nil }
    let came = begunPieces[piece]?.cameFrom.enumerated().filter { $0.element >= 0 }.map { BlockIndex(piece: piece, number: $0.offset) } ?? []
    failed(piece, alone: false, using: &chance)
    return (piece, came)
  }

  private func missing(of piece: Int) -> Int { begunPieces[piece]?.missing ?? 0 }

  // MARK: Places

  /// Puts an untouched piece where it belongs now.
  private mutating func place(_ piece: Int, using chance: inout some RandomNumberGenerator) {
    guard standings[piece] == .untouched else { return }
    // Without an order of its own a bucket's order is chance.
    let rarity = order == .rarestFirst ? Int(availability[piece]) : 0
    untouched.put(piece, priority: Int(priorities[piece]), availability: rarity, using: &chance)
  }

  /// Sorts anew after the order was changed.
  mutating func freshen(using chance: inout some RandomNumberGenerator) {
    guard isOrderStale else { return }
    isOrderStale = false
    for piece in 0..<sizes.count { place(piece, using: &chance) }
  }

  private mutating func forget(_ piece: Int) {
    untouched.remove(piece)
    guard let old = begunPieces.removeValue(forKey: piece) else { return }
    begun.removeAll { $0 == piece }
    for number in old.askedOf.indices where !alsoAskedOf.isEmpty { alsoAskedOf[BlockIndex(piece: piece, number: number)] = nil }
  }
}
