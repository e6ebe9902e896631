// Our part in a swarm played alone: peers that say and keep from us what they like, and what that may cost.
import BitTorrent
import Bytes
import Storage
import Synchronization
import TestKit
import Testing
import World

@testable import Swarm

/// A part in a swarm of `pieces` pieces of `blocks` blocks, and what it orders.
private struct Play {
  let sizes: PieceSizes
  var part: Participation
  var now = Instant.simulationStart
  var deeds: [Deed] = []

  init(pieces: Int = 8, blocks: Int = 4, knowsPieces: Bool = true, _ change: (inout Participation.Setting) -> Void = { _ in }) throws {
    sizes = try #require(PieceSizes(pieceLength: blocks * BlockRequest.lengthMax, totalLength: pieces * blocks * BlockRequest.lengthMax))
    var setting = Participation.Setting()
    setting.id = PeerID(Bits160(Array(repeating: 0xFF, count: 20)) ?? .zero)
    change(&setting)
    part = Participation(infoHash: InfoHash(hashing: "play"), setting: setting, chance: SeededRandom(seed: 5))
    if knowsPieces { part.begin(sizes: sizes, holdings: PieceSet(pieceCount: sizes.count), metadata: nil, isPrivate: false, at: now, into: &deeds) }
  }

  static func endpoint(_ number: Int) -> Endpoint { Endpoint(Address(192, 0, 2, UInt8(number)), 6_881) }

  /// Peer `number` comes in; as it is counted.
  mutating func join(_ number: Int, isCalled: Bool = false, from port: UInt16 = 6_881) throws -> PeerNumber {
    let handshake = PeerHandshake(infoHash: part.infoHash, peer: PeerID(Bits160(Array(repeating: UInt8(number), count: 20)) ?? .zero))
    let remote = Endpoint(Self.endpoint(number).address, port)
    guard case .welcome(let counted, _) = part.admit(handshake, from: remote, isCalled: isCalled, at: now, into: &deeds) else { throw Unwelcome() }
    return counted
  }

  struct Unwelcome: Error {}

  /// Peer `number` comes in, has `pieces` (nil: all), and serves us.
  mutating func joinServing(_ number: Int, _ pieces: [Int]? = nil) throws -> PeerNumber {
    let counted = try join(number)
    var holdings = pieces == nil ? PieceSet(allOf: sizes.count) : PieceSet(pieceCount: sizes.count)
    for piece in pieces ?? [] { holdings.insert(piece) }
    part.holds(counted, holdings, at: now, into: &deeds)
    part.choked(counted, false, at: now, into: &deeds)
    return counted
  }

  /// What `number` was ordered since the last call.
  mutating func orders(to number: PeerNumber) -> [PeerOrder] {
    defer { deeds.removeAll { if case .tell(number, _) = $0 { true } else { false } } }
    return deeds.flatMap { deed -> [PeerOrder] in if case .tell(number, let orders) = deed { orders } else { [] } }
  }

  /// What `number` was asked for since the last call.
  mutating func requests(of number: PeerNumber) -> [BlockRequest] {
    orders(to: number).flatMap { order -> [BlockRequest] in if case .request(let requests) = order { requests } else { [] } }
  }

  /// Whether `number` was told to go since the last call.
  mutating func isLeft(_ number: PeerNumber) -> Bool { orders(to: number).contains { if case .close = $0 { true } else { false } } }

  /// `number` sends what it was asked for; a piece that is whole is right, but for those that are `wrong`.
  mutating func send(_ request: BlockRequest, by number: PeerNumber, wrong: Set<Int> = []) {
    part.received(number, Block(piece: request.piece, offset: request.offset, bytes: Buffer(repeatElement(0, count: request.length))), at: now, into: &deeds)
    guard part.isWhole(request.piece) else { return }
    let digests = (0..<sizes.blockCount(of: request.piece)).map { Bits160.random(for: request.piece, $0) }
    part.checked(request.piece, wrong.contains(request.piece) ? .wrong(digests) : .kept(digests), at: now, into: &deeds)
  }

  mutating func pass(_ seconds: Int) {
    now = now + .seconds(seconds)
    part.tick(at: now, into: &deeds)
  }

  mutating func say(_ number: PeerNumber, _ change: (inout ExtensionHandshake) -> Void) {
    var handshake = ExtensionHandshake()
    change(&handshake)
    part.extended(number, handshake, at: now, into: &deeds)
  }
}

extension Bits160 {
  fileprivate static func random(for piece: Int, _ block: Int) -> Bits160 {
    var chance = SeededRandom(seed: UInt64(piece * 1_000 + block))
    return .random(using: &chance)
  }
}

@Suite("Our part in a swarm")
struct ParticipationTests {
  @Test("many peers with a piece each do not fill the memory with halves", arguments: [80, 40, 10])
  func memory(_ blocksHeld: Int) throws {
    // Pieces of 32 blocks: room for two, for one, and for less than one.
    var play = try Play(pieces: 12, blocks: 32) { $0.limits.heldBytesMax = blocksHeld * BlockRequest.lengthMax }
    var peers: [PeerNumber] = []
    for number in 1...6 {
      peers.append(try play.joinServing(number))
      // Each takes two requests at a time, and is fast enough for a piece of its own.
      play.say(peers[number - 1]) { $0.requestsMax = 2 }
    }
    var asked = peers.map { _ in [BlockRequest]() }
    var heldMost = 0
    for round in 0..<3_000 where !play.part.isSatisfied {
      for (place, peer) in peers.enumerated() {
        asked[place] += play.requests(of: peer)
        if !asked[place].isEmpty { play.send(asked[place].removeFirst(), by: peer) }
        heldMost = max(heldMost, play.part.heldAndAsked)
      }
      play.now = play.now + .milliseconds(20)
      if round % 50 == 49 { play.pass(1) }
    }
    #expect(play.part.missingCount == 0)
    #expect(heldMost <= (max(blocksHeld, 32) + peers.count) * BlockRequest.lengthMax)
  }

  @Test("what was begun with peers that left makes room for what the others have")
  func stranded() throws {
    var play = try Play(pieces: 4) { $0.limits.heldBytesMax = 4 * BlockRequest.lengthMax }
    let first = try play.joinServing(1, [0])
    let asked = play.requests(of: first)
    #expect(asked.map(\.piece) == [0, 0])
    play.send(asked[0], by: first)
    play.part.left(first, at: play.now, into: &play.deeds)
    let second = try play.joinServing(2, [1, 2, 3])
    let none = play.requests(of: second)
    #expect(none.isEmpty)
    play.pass(1)
    #expect(play.deeds.contains { if case .discard(0) = $0 { true } else { false } })
    play.pass(1)
    let more = play.requests(of: second)
    #expect(more.allSatisfy { $0.piece > 0 } && play.part.heldAndAsked > 0)
    #expect(play.part.downloaded == 0 && play.part.wasted == Int64(BlockRequest.lengthMax))
  }

  @Test("a piece that one was to send alone is anybody's once that one serves us no more")
  func hostage() throws {
    var play = try Play(pieces: 1)
    let (one, other) = (try play.joinServing(1), try play.joinServing(2))
    // Two blocks from each, and the piece is wrong: the next try is one's alone.
    for peer in [one, other] {
      let asked = play.requests(of: peer)
      #expect(asked.count == 2)
      for request in asked { play.send(request, by: peer, wrong: [0]) }
    }
    #expect(play.part.suspicion.remembers(0))
    play.pass(1)
    let owners = [one, other].filter { !(play.part.peers[$0]?.asked ?? []).isEmpty }
    let (owner, waiting) = (try #require(owners.first), owners.first == one ? other : one)
    #expect(owners.count == 1)
    let kept = play.part.peers[owner]?.asked.compactMap { play.sizes.request(for: $0) } ?? []
    play.part.choked(owner, true, at: play.now, into: &play.deeds)
    for request in kept { play.part.rejected(owner, request, at: play.now, into: &play.deeds) }
    play.pass(1)
    #expect(play.part.peers[waiting]?.asked.isEmpty == false)
  }

  @Test("who called us can be called when it is gone, and invented places do not fill the address book")
  func callers() throws {
    var play = try Play { $0.calling.knownMax = 20 }
    let peer = try play.join(1, from: 50_000)
    play.say(peer) { $0.port = 6_881 }
    play.pass(60)
    #expect(!play.deeds.contains { if case .call = $0 { true } else { false } })
    play.part.left(peer, at: play.now, into: &play.deeds)
    play.pass(11)
    #expect(play.deeds.contains { if case .call(Play.endpoint(1)) = $0 { true } else { false } })
    for number in 0..<50 {
      let liar = try play.join(2, from: 50_000)
      play.say(liar) { $0.port = UInt16(1_000 + number) }
      play.part.left(liar, at: play.now, into: &play.deeds)
    }
    for _ in 0..<300 {
      play.pass(10)
      for deed in play.deeds { if case .call(let endpoint) = deed { play.part.callFailed(endpoint, at: play.now, into: &play.deeds) } }
      play.deeds = []
    }
    #expect(play.part.known.count == 0)
  }

  @Test("two who have everything do not call each other again", arguments: [true, false])
  func seeds(_ isCalled: Bool) throws {
    var play = try Play(pieces: 1, blocks: 1)
    if isCalled { play.part.heard(of: [Play.endpoint(1)], from: .tracker, at: play.now, into: &play.deeds) }
    play.deeds = []
    let peer = try play.join(1, isCalled: isCalled)
    play.say(peer) { $0.port = 6_881 }
    play.part.holds(peer, PieceSet(allOf: 1), at: play.now, into: &play.deeds)
    play.part.choked(peer, false, at: play.now, into: &play.deeds)
    for request in play.requests(of: peer) { play.send(request, by: peer) }
    let isLeft = play.isLeft(peer)
    #expect(play.part.isSatisfied && isLeft)
    play.part.left(peer, at: play.now, into: &play.deeds)
    for _ in 0..<30 { play.pass(60) }
    #expect(!play.deeds.contains { if case .call = $0 { true } else { false } })
  }

  @Test("a peer that changes its description's size, or sends it for ever, is left for another")
  func teachers() throws {
    var play = try Play(knowsPieces: false)
    let liar = try play.join(1)
    play.say(liar) { $0.metadataSize = 100_000 }
    let first = play.orders(to: liar)
    #expect(first == (0..<7).map { .requestMetadata($0) })
    play.say(liar) { $0.metadataSize = 50_000 }
    let slow = try play.join(2)
    play.say(slow) { $0.metadataSize = 300_000 }
    play.say(slow) { $0.metadataSize = 200_000 }
    let honest = try play.join(3)
    play.say(honest) { $0.metadataSize = 40_000 }
    play.pass(21)
    // The first size stands: nineteen parts.
    let second = play.orders(to: slow)
    #expect(second.count == 8)
    for part in 0..<6 {
      play.pass(19)
      play.part.metadata(slow, part, Buffer(repeatElement(0, count: 16_384)), at: play.now, into: &play.deeds)
    }
    let early = play.orders(to: honest)
    #expect(early.isEmpty)
    play.pass(19)
    let third = play.orders(to: honest)
    #expect(third == (0..<3).map { .requestMetadata($0) })
  }

  @Test("a bitfield may come again with more, and who takes pieces back is left")
  func bitfields() throws {
    var play = try Play()
    let peer = try play.joinServing(1, [0, 1])
    func available(_ play: Play) -> [Int] { (0..<8).map { play.part.work?.picker.availability(of: $0) ?? 0 } }
    play.part.holds(peer, try #require(PieceSet([0b1110_0000], pieceCount: 8)), at: play.now, into: &play.deeds)
    #expect(available(play) == [1, 1, 1, 0, 0, 0, 0, 0])
    play.part.holds(peer, PieceSet(allOf: 8), at: play.now, into: &play.deeds)
    let isLeftTooSoon = play.isLeft(peer)
    #expect(available(play) == Array(repeating: 1, count: 8) && !isLeftTooSoon)
    play.part.holds(peer, try #require(PieceSet([0b0111_1111], pieceCount: 8)), at: play.now, into: &play.deeds)
    let isLeft = play.isLeft(peer)
    #expect(isLeft)
    play.part.left(peer, at: play.now, into: &play.deeds)
    #expect(available(play) == Array(repeating: 0, count: 8))
  }

  @Test("only who was called is told of as reachable", .spec("BEP 11"))
  func reachable() throws {
    var play = try Play()
    let (called, caller, curious) = (try play.join(1, isCalled: true), try play.join(2), try play.join(3))
    play.say(called) { _ in }
    play.say(caller) { $0.port = 6_881 }
    play.say(curious) { $0.numbers[.exchange] = 1 }
    play.pass(1)
    let lists = play.orders(to: curious).compactMap { if case .exchange(let list) = $0 { list } else { nil } }
    #expect(lists.map(\.added) == [[PeerExchange.Peer(Play.endpoint(1), flags: .reachable), PeerExchange.Peer(Play.endpoint(2))]])
  }
}

@Suite("Blocks that peers ask for")
struct PeerLinkTests {
  /// Files that count what is read.
  private final class CountedFiles: ContentFiles {
    let reads = Atomic(0)
    func write(_ parts: [Buffer], at offset: Int64) throws(FolderError) {}
    func read(at offset: Int64, length: Int) -> Buffer? {
      reads.wrappingAdd(1, ordering: .relaxed)
      return Buffer(repeatElement(0, count: length))
    }
    func mayHold(_ range: Range<Int64>) -> Bool { true }
    func synchronize() throws(FolderError) {}
    func finish() throws(FolderError) {}
    func stamps() -> [FileStamp] { [] }
    func keepRecord(_ record: Buffer) throws(FolderError) {}
    func record() -> Buffer? { nil }
  }

  @Test("what is taken back before the disk comes to it is not read")
  func takenBack() throws {
    let (_, torrent) = try makeTorrent(500_000)
    let files = CountedFiles()
    let waiting = Mutex<[@Sendable () -> Void]>([])
    let store = PieceStore(torrent, files: files) { work in waiting.withLock { $0.append(work) } }
    let link = PeerLink(from: SwarmScene.endpoint(1)) { _ in nil }
    let request = BlockRequest(piece: 2, offset: 0, length: 16_384)
    for _ in 0..<1_000 {
      link.serve(request, from: store, atOnce: 16, isSpoilt: false) { _ in }
      link.cancel(request)
    }
    link.serve(request, from: store, atOnce: 16, isSpoilt: false) { _ in }
    for work in waiting.withLock({ $0 }) { work() }
    #expect(files.reads.load(ordering: .relaxed) == 1)
  }
}
