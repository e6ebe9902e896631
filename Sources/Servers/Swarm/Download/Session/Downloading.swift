// Blocks on their way to us: asking, what comes, what is refused, what a piece turns out to be. Read before: Participation.swift.
package import BitTorrent
import Bytes
package import World

extension Participation {
  /// Asks a peer for as much as its line and our memory hold.
  mutating func askMore(_ number: PeerNumber, at now: Instant, into deeds: inout [Deed]) {
    // No copy of `work` is held: changing what it shares would copy tables as long as the torrent.
    guard !isOver, let sizes, work?.pausedUntil == nil, let peer = peers[number], peer.wantedCount > 0, !peer.isChokingUs || !peer.allowedFast.isEmpty else { return }
    let limit = peer.depth.limit
    let room = limit - peer.asked.count
    // A few at a time: one message for one block each would cost as much as the block.
    guard room > 0, peer.asked.isEmpty || room >= min(8, max(1, limit / 8)) else { return }
    let memory = (max(limits.heldBytesMax, sizes.pieceLength) - heldBytes) / BlockRequest.lengthMax - askedCount
    guard memory > 0 else { return }
    var supplier = Supplier(number)
    supplier.pace = peer.depth.pace
    supplier.takesWholePieces = peer.depth.takesWholePieces(of: sizes.pieceLength)
    supplier.isOnParole = suspicion.isOnParole(peer.remote.address)
    supplier.isIdle = peer.asked.isEmpty
    let begunMax = max(4, peers.count * 3 / 2)
    let blocks = work?.picker.pick(min(room, memory), of: supplier, begunMax: begunMax, offers: { peer.offers($0) }, using: &chance) ?? []
    guard !blocks.isEmpty else { return }
    peers[number]?.asked += blocks
    peers[number]?.depth.asked(at: now)
    askedCount += blocks.count
    deeds.append(.tell(number, [.request(blocks.compactMap { sizes.request(for: $0) })]))
  }

  /// A peer begins or ends to serve us.
  package mutating func choked(_ number: PeerNumber, _ isChoking: Bool, at now: Instant, into deeds: inout [Deed]) {
    peers[number]?.isChokingUs = isChoking
    if isChoking { work?.picker.share(piecesOf: number) } else { askMore(number, at: now, into: &deeds) }
  }

  /// A peer gives this piece even while it does not serve us.
  package mutating func allowedFast(_ number: PeerNumber, _ piece: Int, at now: Instant, into deeds: inout [Deed]) {
    peers[number]?.allowedFast.insert(piece)
    askMore(number, at: now, into: &deeds)
  }

  /// A block came that was asked for.
  package mutating func received(_ number: PeerNumber, _ block: Block, at now: Instant, into deeds: inout [Deed]) {
    guard let index = work?.sizes.index(of: block.request), peers[number] != nil else { return }
    let count = block.bytes.count
    if let place = peers[number]?.asked.firstIndex(of: index) {
      peers[number]?.asked.remove(at: place)
      askedCount -= 1
    }
    peers[number]?.refusals = 0
    peers[number]?.came += Int64(count)
    peers[number]?.cameSinceRound += Int64(count)
    peers[number]?.depth.came(count, at: now)
    if peers[number]?.asked.isEmpty == true { peers[number]?.depth.emptied() }
    switch work?.picker.arrived(index, from: number) {
    case .taken(let others, _):
      downloaded += Int64(count)
      heldBytes += count
      for other in others { withdraw(index, from: other, into: &deeds) }
      deeds.append(.store(index, block.bytes, wantsDigests: suspicion.remembers(index.piece)))
    case .superfluous, nil: wasted += Int64(count)
    }
    askMore(number, at: now, into: &deeds)
  }

  /// Somebody else was faster.
  private mutating func withdraw(_ index: BlockIndex, from other: PeerNumber, into deeds: inout [Deed]) {
    guard let place = peers[other]?.asked.firstIndex(of: index), let request = work?.sizes.request(for: index) else { return }
    peers[other]?.asked.remove(at: place)
    askedCount -= 1
    if peers[other]?.asked.isEmpty == true { peers[other]?.depth.emptied() }
    tell(other, .cancel(request), into: &deeds)
  }

  /// A block will not come.
  package mutating func rejected(_ number: PeerNumber, _ request: BlockRequest, at now: Instant, into deeds: inout [Deed]) {
    guard let index = work?.sizes.index(of: request), let place = peers[number]?.asked.firstIndex(of: index) else { return }
    peers[number]?.asked.remove(at: place)
    askedCount -= 1
    if peers[number]?.asked.isEmpty == true { peers[number]?.depth.emptied() }
    work?.picker.released(index, by: number)
    guard peers[number]?.isChokingUs == false else { return }
    // It serves us, and yet it does not: asked again at the next tick, left in the end.
    peers[number]?.refusals += 1
    if let count = peers[number]?.refusals, count >= limits.refusalsMax {
      deeds.append(.tell(number, [.close("it has refused \(count) requests in a row while it serves us")]))
    }
  }

  /// Gives up all that a peer was asked for.
  mutating func releaseAll(of number: PeerNumber, because reason: String, into deeds: inout [Deed]) {
    guard let peer = peers[number], let sizes, !peer.asked.isEmpty else { return }
    let requests = peer.asked.compactMap { sizes.request(for: $0) }
    work?.picker.released(peer.asked, by: number)
    askedCount -= peer.asked.count
    peers[number]?.asked = []
    peers[number]?.depth.emptied()
    deeds.append(.tell(number, [.note("given up: \(reason)")] + requests.map { .cancel($0) }))
  }

  /// Nothing is asked of those that serve us: what was begun has to come from others, who may never. One piece makes room for one that they have.
  mutating func makeRoom(into deeds: inout [Deed]) {
    guard askedCount == 0, work?.pausedUntil == nil, numbers.contains(where: { peers[$0].map { $0.wantedCount > 0 && !$0.isChokingUs } ?? false }),
      let sizes, let (piece, came) = work?.picker.giveUpOne(using: &chance)
    else { return }
    let count = came.reduce(0) { $0 + (sizes.request(for: $1)?.length ?? 0) }
    heldBytes -= count
    downloaded -= Int64(count)
    wasted += Int64(count)
    deeds.append(.discard(piece))
  }

  // MARK: Whole pieces

  /// A piece all of whose blocks came was checked.
  package mutating func checked(_ piece: Int, _ outcome: PieceOutcome, at now: Instant, into deeds: inout [Deed]) {
    guard let size = sizes?.size(of: piece) else { return }
    heldBytes -= size
    let authors = work?.picker.authors(of: piece) ?? []
    switch outcome {
    case .kept(let digests):
      judge(suspicion.right(piece, blocks: authored(authors, digests)), into: &deeds)
      gained(piece, at: now, into: &deeds)
    case .wrong(let digests):
      wasted += Int64(size)
      downloaded -= Int64(size)
      let blocks = authored(authors, digests)
      work?.picker.failed(piece, alone: Set(blocks.map(\.author)).count > 1, using: &chance)
      for author in Set(authors).sorted() { tell(author, .note("piece \(piece) is wrong: its hash is not the torrent's"), into: &deeds) }
      judge(suspicion.wrong(piece, blocks: blocks), into: &deeds)
    case .notWritten(let error):
      // What came cannot be kept; others are served on, and it is tried again later.
      work?.picker.failed(piece, alone: false, using: &chance)
      let pause = limits.fullDiskPause
      work?.pausedUntil = now + pause
      for number in numbers { releaseAll(of: number, because: "the disk does not take it (\(error))", into: &deeds) }
    }
  }

  /// A piece is here.
  private mutating func gained(_ piece: Int, at now: Instant, into deeds: inout [Deed]) {
    work?.picker.kept(piece)
    work?.holdings.insert(piece)
    for number in numbers {
      tell(number, .have(piece), into: &deeds)
      if peers[number]?.holdings?.contains(piece) == true {
        peers[number]?.wantedCount -= 1
        if peers[number]?.wantedCount == 0 { reconsider(number, at: now, into: &deeds) }
      }
    }
    guard isSatisfied, work?.wasSatisfied == false else { return }
    work?.wasSatisfied = true
    deeds.append(.satisfied)
    for number in numbers {
      releaseAll(of: number, because: "everything is here", into: &deeds)
      tell(number, .learn(terms(for: number)), into: &deeds)
      reconsider(number, at: now, into: &deeds)
    }
  }

  private func authored(_ authors: [PeerNumber], _ digests: [Bits160]) -> [Suspicion.Authored] {
    zip(authors, digests).map { Suspicion.Authored(author: address(of: $0), digest: $1) }
  }

  /// Keeps out who was found out.
  private mutating func judge(_ verdict: Suspicion.Verdict, into deeds: inout [Deed]) {
    for ban in verdict.banned {
      known.ban(ban.address)
      for number in numbers where peers[number]?.remote.address == ban.address {
        deeds.append(.tell(number, [.note(ban.reason), .close(ban.reason)]))
      }
    }
    for number in numbers {
      guard let address = peers[number]?.remote.address else { continue }
      if verdict.onParole.contains(address) { tell(number, .note("on parole: it gets whole pieces of its own, so that the next wrong one has one author"), into: &deeds) }
      if verdict.released.contains(address) { tell(number, .note("no longer on parole: a whole piece of its own was right"), into: &deeds) }
    }
  }

  /// Where a peer is or was; those that left are remembered for as long as pieces of theirs are under way.
  private func address(of number: PeerNumber) -> Address { peers[number]?.remote.address ?? gone[number] ?? .any }
}
