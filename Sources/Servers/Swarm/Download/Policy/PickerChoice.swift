// The choice itself: what this peer is asked for next. Read before: PiecePicker.swift.

import BitTorrent

extension PiecePicker {
  /// Up to `count` blocks to ask of `supplier`, which has the pieces that `offers` says. They count as asked from now on.
  package mutating func pick(
    _ count: Int, of supplier: Supplier, begunMax: Int, offers: (Int) -> Bool, using chance: inout some RandomNumberGenerator
  ) -> [BlockIndex] {
    freshen(using: &chance)
    var blocks: [BlockIndex] = []
    func isFull() -> Bool { blocks.count >= count }
    guard count > 0, missingCount > 0 else { return [] }
    if supplier.isOnParole {
      takeBegun(&blocks, count, supplier, offers) { $0.exclusiveTo == supplier.number }
      while !isFull(), let piece = next(offers, using: &chance) {
        begin(piece, for: supplier)
        take(&blocks, count, from: piece, for: supplier)
      }
      // What others began and nobody is at: all who are left may be on parole.
      if blocks.isEmpty { takeBegun(&blocks, count, supplier, offers) { $0.exclusiveTo == nil && $0.free == $0.missing } }
      return blocks
    }
    let isOwn = { (piece: Begun) in piece.exclusiveTo == supplier.number || piece.partners.contains(Int32(truncatingIfNeeded: supplier.number)) }
    let isOpen = { (piece: Begun) in piece.exclusiveTo == nil || piece.exclusiveTo == supplier.number }
    takeBegun(&blocks, count, supplier, offers) { isOpen($0) && isOwn($0) }
    if !supplier.takesWholePieces { takeBegun(&blocks, count, supplier, offers) { isOpen($0) && $0.pace == supplier.pace } }
    // So many halves help nobody: finish some first.
    if begun.count >= begunMax { takeBegun(&blocks, count, supplier, offers, isOpen) }
    while !isFull(), let piece = next(offers, using: &chance) {
      begin(piece, for: supplier)
      take(&blocks, count, from: piece, for: supplier)
    }
    if !isFull() { takeBegun(&blocks, count, supplier, offers, isOpen) }
    if blocks.isEmpty, supplier.isIdle, let block = duplicate(for: supplier, offers, using: &chance) { blocks.append(block) }
    return blocks
  }

  /// The piece to begin.
  private mutating func next(_ offers: (Int) -> Bool, using chance: inout some RandomNumberGenerator) -> Int? {
    guard untouched.count > 0, mayBegin else { return nil }
    switch order {
    case .sequential:
      while firstCandidate < sizes.count, !untouched.contains(firstCandidate) { firstCandidate += 1 }
      guard firstCandidate < sizes.count else { return nil }
      return (firstCandidate..<sizes.count).first { untouched.contains($0) && offers($0) }
    case .rarestFirst where hadCount + begun.count < Self.randomPiecesFirst:
      let start = Int.random(in: 0..<sizes.count, using: &chance)
      let pieces = (start..<sizes.count).first { untouched.contains($0) && offers($0) }
      return pieces ?? (0..<start).first { untouched.contains($0) && offers($0) }
    case .rarestFirst, .random: return untouched.first(where: offers)
    }
  }

  private mutating func begin(_ piece: Int, for supplier: Supplier) {
    untouched.remove(piece)
    standings[piece] = .begun
    begun.append(piece)
    begunPieces[piece] = Begun(blocks: sizes.blockCount(of: piece), pace: supplier.pace)
    if supplier.isOnParole || aloneNext.contains(piece) { begunPieces[piece]?.exclusiveTo = supplier.number }
  }

  /// Takes free blocks of begun pieces that `fit`: the most wanted first, then in the order they were begun.
  private mutating func takeBegun(
    _ blocks: inout [BlockIndex], _ count: Int, _ supplier: Supplier, _ offers: (Int) -> Bool, _ fits: (Begun) -> Bool
  ) {
    guard blocks.count < count else { return }
    var candidates: [Int] = []
    for piece in begun {
      guard let state = begunPieces[piece], state.free > 0, priorities[piece] > 0, fits(state), offers(piece) else { continue }
      candidates.append(piece)
    }
    if candidates.contains(where: { priorities[$0] != 4 }) {
      // Sorted by what is wanted; equal ones stay in the order they were begun.
      candidates = candidates.enumerated().sorted { a, b in
        (priorities[b.element], a.offset) < (priorities[a.element], b.offset)
      }.map(\.element)
    }
    for piece in candidates where blocks.count < count { take(&blocks, count, from: piece, for: supplier) }
  }

  /// Takes free blocks of a begun piece.
  private mutating func take(_ blocks: inout [BlockIndex], _ count: Int, from piece: Int, for supplier: Supplier) {
    guard var state = begunPieces.removeValue(forKey: piece) else { return }
    defer { begunPieces[piece] = state }
    let number = Int32(truncatingIfNeeded: supplier.number)
    if !state.partners.contains(number) { state.partners.append(number) }
    for index in state.askedOf.indices where state.free > 0 && blocks.count < count && state.askedOf[index] < 0 {
      state.askedOf[index] = number
      state.free -= 1
      blocks.append(BlockIndex(piece: piece, number: index))
    }
  }

  /// At the end: a block that others were asked for and did not send yet. One for each peer that has nothing to do.
  private mutating func duplicate(for supplier: Supplier, _ offers: (Int) -> Bool, using chance: inout some RandomNumberGenerator) -> BlockIndex? {
    guard isAtTheEnd, !begun.isEmpty else { return nil }
    let start = Int.random(in: 0..<begun.count, using: &chance)
    var best: (block: BlockIndex, asked: Int)?
    for piece in begun[start...] + begun[..<start] {
      guard let state = begunPieces[piece], state.missing > 0, priorities[piece] > 0, state.exclusiveTo == nil, offers(piece) else { continue }
      for number in state.cameFrom.indices where state.cameFrom[number] < 0 && PeerNumber(state.askedOf[number]) != supplier.number {
        let block = BlockIndex(piece: piece, number: number)
        let others = alsoAskedOf[block] ?? []
        if others.contains(supplier.number) { continue }
        if best.map({ others.count < $0.asked }) ?? true { best = (block, others.count) }
      }
      if best?.asked == 0 { break }
    }
    if let best { alsoAskedOf[best.block, default: []].append(supplier.number) }
    return best?.block
  }
}
