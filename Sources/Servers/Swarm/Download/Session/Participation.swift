// Our part in one swarm as a value: who is connected and has what, who is asked for what, who is served. Things happen to it, it orders deeds.
// No network, no disk, no clock in here: tests and simulations play it alone.
// Read next: Downloading.swift (blocks come), Serving.swift (blocks go), Learning.swift (a magnet's description), TorrentSession.swift (its owner).
package import BitTorrent
package import Bytes
package import World

/// Our part in the swarm of one torrent.
package struct Participation: Sendable {
  /// What it is told.
  package struct Setting: Sendable {
    package var limits = SwarmLimits()
    package var choking = Choker.Rules()
    package var calling = KnownPeers.Rules()
    package var order = PieceOrder.rarestFirst
    /// What we call ourselves.
    package var id = PeerID(.zero)
    /// Where we can be called, for others to know.
    package var listeningPort: UInt16?
    /// Where our node of the hash table listens.
    package var nodePort: UInt16?
    /// Unserved peers are never served: for showing what becomes of those who only take.
    package var servesOthers = true
    /// What is done to certain peers on purpose, by what they call themselves; nil: nothing.
    package var misdeed: (@Sendable (PeerID) -> Misdeed?)?

    package init() {}
  }

  /// What there is once the pieces are known.
  struct Work: Sendable {
    let sizes: PieceSizes
    var picker: PiecePicker
    var holdings: PieceSet
    var choker: Choker
    var lastRound: Instant
    /// The disk was full: nothing is asked for before this.
    var pausedUntil: Instant?
    var wasSatisfied = false
  }

  package let infoHash: InfoHash
  package let setting: Setting
  var limits: SwarmLimits { setting.limits }
  var chance: SeededRandom
  package var known: KnownPeers
  var suspicion = Suspicion()
  package internal(set) var peers: [PeerNumber: PeerState] = [:]
  /// In the order they came; what is visible goes by this.
  package internal(set) var numbers: [PeerNumber] = []
  private var nextNumber = 1
  /// Where those were that left, for blocks of theirs that are judged later. At most `goneMax`.
  private(set) var gone: [PeerNumber: Address] = [:]
  private var goneOrder: [PeerNumber] = []
  private static let goneMax = 1_024
  var work: Work?
  var learning = Learning()
  /// The exact description, to be given to who asks; nil: not known, or private.
  var metadata: Buffer?
  var isPrivate = false
  /// Nothing new is asked for, offered or called.
  package private(set) var isOver = false

  /// Bytes of blocks: what came and was new, what came twice or was wrong, what went.
  package internal(set) var downloaded: Int64 = 0
  package internal(set) var wasted: Int64 = 0
  package internal(set) var uploaded: Int64 = 0
  /// What came and is not judged yet. Unit: bytes.
  var heldBytes = 0
  /// What is asked for. Unit: blocks.
  var askedCount = 0

  package init(infoHash: InfoHash, setting: Setting = Setting(), chance: SeededRandom) {
    self.infoHash = infoHash
    self.setting = setting
    self.chance = chance
    known = KnownPeers(rules: setting.calling)
  }

  /// The pieces are known, and which of them are here. `metadata`: the exact bytes of the description.
  package mutating func begin(
    sizes: PieceSizes, holdings: PieceSet, metadata: Buffer?, isPrivate: Bool, priorities: [Int: Int] = [:], uploaded: Int64 = 0, downloaded: Int64 = 0,
    at now: Instant, into deeds: inout [Deed]
  ) {
    self.uploaded += uploaded
    self.downloaded += downloaded
    var picker = PiecePicker(sizes: sizes, order: setting.order, peersMax: limits.peersMax, using: &chance)
    for (piece, priority) in priorities.sorted(by: { $0.key < $1.key }) { picker.setPriority(priority, of: piece, using: &chance) }
    for piece in holdings.pieces { picker.note(had: piece) }
    picker.begunBytesMax = limits.heldBytesMax
    work = Work(
      sizes: sizes, picker: picker, holdings: holdings, choker: Choker(rules: setting.choking, pieceLength: sizes.pieceLength), lastRound: now)
    self.metadata = isPrivate ? nil : metadata
    self.isPrivate = isPrivate
    work?.wasSatisfied = picker.isSatisfied
    for number in numbers { tell(number, .learn(terms(for: number)), into: &deeds) }
  }

  package var isLearning: Bool { work == nil }
  package var isSatisfied: Bool { work?.picker.isSatisfied ?? false }
  package var holdings: PieceSet? { work?.holdings }
  package var sizes: PieceSizes? { work?.sizes }
  package var missingCount: Int? { work?.picker.missingCount }
  /// Whether all blocks of a piece came, and it is being checked.
  package func isWhole(_ piece: Int) -> Bool { work?.picker.standing(of: piece) == .whole }
  /// What came and is not judged, with what is asked for. Unit: bytes.
  package var heldAndAsked: Int { heldBytes + askedCount * BlockRequest.lengthMax }
  /// Bytes of the pieces that are not here. Unit: bytes.
  package var left: Int64? {
    guard let work else { return nil }
    if work.holdings.isFull { return 0 }
    let last = work.sizes.count - 1
    let missing = Int64(work.sizes.count - work.holdings.count) * Int64(work.sizes.pieceLength)
    return work.holdings.contains(last) ? missing : missing - Int64(work.sizes.pieceLength - work.sizes.size(of: last))
  }

  // MARK: Peers come

  /// Whether who shook hands is welcome.
  package enum Admission: Sendable { case welcome(PeerNumber, PeerTerms), unwelcome(String) }

  /// A peer has said who it is.
  package mutating func admit(
    _ handshake: PeerHandshake, from remote: Endpoint, isCalled: Bool, at now: Instant, into deeds: inout [Deed]
  ) -> Admission {
    if isOver { return .unwelcome("the torrent is being closed") }
    if known.isBanned(remote.address) { return .unwelcome("\(remote.address) is banned: it sent what was wrong") }
    if let twin = numbers.first(where: { peers[$0]?.id == handshake.peer }) {
      // Peers that call each other at once have two connections. Both ends keep the one that the greater name began.
      let isBegunByGreater = isCalled == (handshake.peer.bits < setting.id.bits)
      guard isBegunByGreater, peers[twin]?.isCalled != isCalled else { return .unwelcome("it is connected already") }
      deeds.append(.tell(twin, [.close("it is connected twice; the other connection stays")]))
    }
    if peers.count >= limits.peersMax {
      guard let useless = uselessPeer(at: now) else { return .unwelcome("\(limits.peersMax) peers are connected, which is enough") }
      let reason = "nothing has gone either way for \(limits.uselessTime.components.seconds) seconds, and others want to come in"
      deeds.append(.tell(useless, [.close(reason)]))
      left(useless, at: now, into: &deeds)
    }
    let number = nextNumber
    nextNumber += 1
    peers[number] = PeerState(number: number, remote: remote, id: handshake.peer, joined: now, isCalled: isCalled)
    peers[number]?.misdeed = setting.misdeed?(handshake.peer)
    numbers.append(number)
    if isCalled { known.connected(remote) }
    return .welcome(number, terms(for: number))
  }

  /// Of the peers that have neither given nor taken anything for a while, the one that has been here longest.
  private func uselessPeer(at now: Instant) -> PeerNumber? {
    numbers.first { number in
      peers[number].map { $0.came == 0 && $0.went == 0 && $0.asked.isEmpty && $0.joined.duration(to: now) >= limits.uselessTime } ?? false
    }
  }

  /// What a peer is told about us.
  func terms(for number: PeerNumber) -> PeerTerms {
    var terms = PeerTerms(sizes: work?.sizes, holdings: work?.holdings, metadata: metadata)
    terms.isPrivate = isPrivate
    terms.listeningPort = setting.listeningPort
    terms.nodePort = isPrivate ? nil : setting.nodePort
    terms.peerAddress = peers[number]?.remote.address
    terms.isUploadOnly = isSatisfied
    return terms
  }

  /// A peer's connection has ended.
  package mutating func left(_ number: PeerNumber, at now: Instant, into deeds: inout [Deed]) {
    guard let peer = peers.removeValue(forKey: number) else { return }
    numbers.removeAll { $0 == number }
    gone[number] = peer.remote.address
    goneOrder.append(number)
    if goneOrder.count > Self.goneMax { gone[goneOrder.removeFirst()] = nil }
    askedCount -= peer.asked.count
    if let holdings = peer.holdings {
      if peer.isSeed { work?.picker.seedLeft() } else { for piece in holdings.pieces { work?.picker.lost(piece, using: &chance) } }
    }
    work?.picker.released(peer.asked, by: number)
    work?.choker.left(number)
    // Its other connection may stay, when it had two.
    if let callable = peer.callable, !peers.values.contains(where: { $0.callable == callable }) {
      // Two who have everything are nothing to one another: they would call each other for ever.
      if isSatisfied, peer.isSeed || peer.isUploadOnly { known.forget(callable) } else { known.left(callable, at: now) }
    }
    learning.left(number)
    fillSlots(at: now, into: &deeds)
    callMore(at: now, into: &deeds)
  }

  /// Somebody told us of peers.
  package mutating func heard(of endpoints: [Endpoint], from source: PeerSource, at now: Instant, into deeds: inout [Deed]) {
    // BEP 27: a private torrent's peers come from its tracker alone.
    if isPrivate, source == .dht || source == .exchange { return }
    for endpoint in endpoints { known.heard(of: endpoint, from: source, at: now) }
    callMore(at: now, into: &deeds)
  }

  /// A call led to no peer.
  package mutating func callFailed(_ endpoint: Endpoint, at now: Instant, into deeds: inout [Deed]) {
    known.failed(endpoint, at: now)
    callMore(at: now, into: &deeds)
  }

  mutating func callMore(at now: Instant, into deeds: inout [Deed]) {
    guard !isOver, !(isSatisfied && !setting.servesOthers) else { return }
    for endpoint in known.due(limits.peersMax - peers.count, at: now) { deeds.append(.call(endpoint)) }
  }

  /// Everything ends: nobody is called, asked or let in any more.
  package mutating func end(into deeds: inout [Deed]) {
    isOver = true
    for number in numbers { deeds.append(.tell(number, [.close("the torrent is being closed")])) }
  }

  // MARK: What peers have

  /// A peer said everything it has. It may say so again, with more: what it said before costs nothing the second time.
  package mutating func holds(_ number: PeerNumber, _ holdings: PieceSet, at now: Instant, into deeds: inout [Deed]) {
    guard work != nil, let peer = peers[number], peer.holdings != holdings || peer.isSeed != holdings.isFull else { return }
    if let old = peer.holdings, holdings.lacksAny(of: old) { return tell(number, .close("it takes pieces back that it said it has"), into: &deeds) }
    if holdings.isFull {
      for piece in peer.holdings?.pieces ?? [] { work?.picker.lost(piece, using: &chance) }
      peers[number]?.isSeed = true
      work?.picker.seedJoined()
    } else {
      for piece in holdings.pieces where peer.holdings?.contains(piece) != true { work?.picker.gained(piece, using: &chance) }
    }
    peers[number]?.holdings = holdings
    countWanted(number)
    reconsider(number, at: now, into: &deeds)
  }

  /// A peer has one piece more.
  package mutating func has(_ number: PeerNumber, _ piece: Int, at now: Instant, into deeds: inout [Deed]) {
    // No copies of `work` or of the peer are held: changing what they share would copy tables as long as the torrent.
    guard let sizes, peers[number]?.isSeed == false else { return }
    if peers[number]?.holdings == nil { peers[number]?.holdings = PieceSet(pieceCount: sizes.count) }
    guard peers[number]?.holdings?.insert(piece) == true else { return }
    work?.picker.gained(piece, using: &chance)
    if work?.picker.isWanted(piece) == true { peers[number]?.wantedCount += 1 }
    if peers[number]?.holdings?.isFull == true, let holdings = peers[number]?.holdings { return holds(number, holdings, at: now, into: &deeds) }
    reconsider(number, at: now, into: &deeds)
  }

  /// Counts anew what a peer has that we want.
  mutating func countWanted(_ number: PeerNumber) {
    guard let work, let holdings = peers[number]?.holdings else { return }
    peers[number]?.wantedCount = work.picker.missingCount == 0 ? 0 : holdings.pieces.count { work.picker.isWanted($0) }
  }

  /// Says whether we want something of a peer, asks it for more, or leaves it when neither has anything for the other.
  mutating func reconsider(_ number: PeerNumber, at now: Instant, into deeds: inout [Deed]) {
    guard let peer = peers[number], work != nil else { return }
    let wants = peer.wantedCount > 0
    if wants != peer.isInterestingUs {
      peers[number]?.isInterestingUs = wants
      tell(number, wants ? .interest : .disinterest, into: &deeds)
    }
    if wants { askMore(number, at: now, into: &deeds) }
    if isSatisfied, peer.isSeed || peer.isUploadOnly, !peer.isInterested {
      deeds.append(.tell(number, [.close("both of us have everything")]))
    }
  }

  // MARK: What peers say about themselves

  /// A peer's extensions.
  package mutating func extended(_ number: PeerNumber, _ handshake: ExtensionHandshake, at now: Instant, into deeds: inout [Deed]) {
    guard let peer = peers[number] else { return }
    if let client = handshake.client { peers[number]?.client = client }
    if let most = handshake.requestsMax { peers[number]?.depth.accepted = max(1, most) }
    if let isUploadOnly = handshake.isUploadOnly { peers[number]?.isUploadOnly = isUploadOnly }
    if let number_ = handshake.numbers[.exchange] { peers[number]?.takesExchange = number_ != 0 }
    if let port = handshake.port, port != 0, peer.callable == nil {
      let endpoint = Endpoint(peer.remote.address, port)
      peers[number]?.callable = endpoint
      if !isPrivate { known.heard(of: endpoint, from: .incoming, at: now) }
      known.connected(endpoint)
    }
    // The first size counts, as it does for the conversation: parts of another whole would never come to one.
    if let size = handshake.metadataSize, peer.metadataSize == nil {
      peers[number]?.metadataSize = size
      learnMore(at: now, into: &deeds)
    }
    reconsider(number, at: now, into: &deeds)
  }

  /// Whether nothing is asked for, since the disk does not take what comes.
  package var isPaused: Bool { work?.pausedUntil != nil }

  // MARK: Time

  /// Looks at the clock: to be called about once a second.
  package mutating func tick(at now: Instant, into deeds: inout [Deed]) {
    guard !isOver else { return }
    callMore(at: now, into: &deeds)
    learnMore(at: now, into: &deeds)
    guard let work else { return }
    if let end = work.pausedUntil, end <= now { self.work?.pausedUntil = nil }
    for number in numbers {
      if peers[number]?.depth.checked(at: now) == true { releaseAll(of: number, because: "it has sent nothing for a minute", into: &deeds) }
      _ = peers[number]?.uploadMeter.rate(at: now)
    }
    for number in numbers { askMore(number, at: now, into: &deeds) }
    makeRoom(into: &deeds)
    if now >= work.choker.nextRound(after: work.lastRound) { holdRound(at: now, into: &deeds) }
    exchange(at: now, into: &deeds)
  }

  func tell(_ number: PeerNumber, _ order: PeerOrder, into deeds: inout [Deed]) { deeds.append(.tell(number, [order])) }
}
