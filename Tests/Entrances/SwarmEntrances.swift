// Entrances of a download: its part in a swarm, with peers that say and do anything in any order; and the record it is resumed by.
import BitTorrent
import Bytes
import Storage
import Swarm
import World

/// A swarm of nine small pieces, as the fuzzer plays it.
private struct SwarmGame {
  let sizes: PieceSizes
  var part: Participation
  var now = Instant.simulationStart
  /// What each peer was asked for and has not answered.
  var asked: [PeerNumber: [BlockRequest]] = [:]
  var welcome: [PeerNumber] = []
  var isOver = false

  init?(_ first: UInt8) {
    guard let sizes = PieceSizes(pieceLength: 32_768, totalLength: 9 * 32_768 - 100) else { return nil }
    self.sizes = sizes
    var setting = Participation.Setting()
    setting.order = PieceOrder.allCases[Int(first) % PieceOrder.allCases.count]
    setting.limits.peersMax = 6
    setting.limits.heldBytesMax = 8 * 16_384
    part = Participation(infoHash: InfoHash(hashing: "swarm"), setting: setting, chance: SeededRandom(seed: UInt64(first)))
    var deeds: [Deed] = []
    part.begin(sizes: sizes, holdings: PieceSet(pieceCount: sizes.count), metadata: nil, isPrivate: first & 1 == 1, at: now, into: &deeds)
  }

  /// One thing that happens: which, to whom, with what.
  mutating func play(_ what: UInt8, _ who: UInt8, _ which: UInt8) {
    var deeds: [Deed] = []
    let number = welcome.isEmpty ? 0 : welcome[Int(who) % welcome.count]
    switch what % 14 {
    case 0: join(who, which, into: &deeds)
    case 1:
      part.left(number, at: now, into: &deeds)
      welcome.removeAll { $0 == number }
      asked[number] = nil
    case 2: part.holds(number, which > 200 ? PieceSet(allOf: sizes.count) : PieceSet(Buffer([which, which & 0x80]), pieceCount: sizes.count) ?? PieceSet(pieceCount: sizes.count), at: now, into: &deeds)
    case 3: part.has(number, Int(which) % 12, at: now, into: &deeds)
    case 4: part.choked(number, which & 1 == 1, at: now, into: &deeds)
    case 5: part.interested(number, which & 1 == 1, at: now, into: &deeds)
    case 6, 7, 8:
      guard let request = asked[number]?.first else { return }
      asked[number]?.removeFirst()
      part.received(number, Block(piece: request.piece, offset: request.offset, bytes: Buffer(repeatElement(0, count: request.length))), at: now, into: &deeds)
    case 9:
      guard let request = asked[number]?.last else { return }
      asked[number]?.removeLast()
      part.rejected(number, request, at: now, into: &deeds)
    case 10: part.requested(number, BlockRequest(piece: Int(which) % 10, offset: 0, length: 16_384), at: now, into: &deeds)
    case 11: part.allowedFast(number, Int(which) % 9, at: now, into: &deeds)
    case 12:
      now = now + .seconds(Int64(which))
      part.tick(at: now, into: &deeds)
    default: part.heard(of: [Endpoint(Address(192, 0, 2, who), UInt16(which))], from: .tracker, at: now, into: &deeds)
    }
    obey(deeds, which)
  }

  private mutating func join(_ who: UInt8, _ which: UInt8, into deeds: inout [Deed]) {
    let handshake = PeerHandshake(infoHash: part.infoHash, peer: PeerID(Bits160(Array(repeating: who, count: 20)) ?? .zero))
    let admission = part.admit(handshake, from: Endpoint(Address(192, 0, 2, which), 6_881), isCalled: which & 1 == 1, at: now, into: &deeds)
    if case .welcome(let number, _) = admission { welcome.append(number) }
    must(part.peers.count <= 6, "peers stay inside their bound")
  }

  /// Notes what is asked, and judges the pieces that are whole: right, or wrong as `which` says.
  private mutating func obey(_ deeds: [Deed], _ which: UInt8) {
    var whole: [Int] = []
    for deed in deeds {
      switch deed {
      case .tell(let number, let orders):
        for order in orders {
          switch order {
          case .request(let requests):
            must(requests.allSatisfy { sizes.contains($0) }, "what is asked for exists")
            must(requests.allSatisfy { asked[number]?.contains($0) != true }, "nothing is asked of one peer twice")
            asked[number, default: []] += requests
          case .cancel(let request): asked[number]?.removeAll { $0 == request }
          default: break
          }
        }
      case .store(let index, _, _): if part.isWhole(index.piece), !whole.contains(index.piece) { whole.append(index.piece) }
      case .satisfied:
        must(!isOver, "everything is here once")
        isOver = true
      case .serve, .call, .learned, .discard: break
      }
    }
    for piece in whole {
      var more: [Deed] = []
      let digests = (0..<sizes.blockCount(of: piece)).map { PieceDigest.hash(Buffer([which, UInt8(truncatingIfNeeded: $0)])) }
      part.checked(piece, which % 5 == 0 ? .wrong(digests) : which % 7 == 0 ? .notWritten(.full) : .kept(digests), at: now, into: &more)
      obey(more, which &+ 1)
    }
    must(part.heldAndAsked <= 8 * 16_384 + 16_384, "memory stays inside its bound")
  }
}

let swarmEntrances: [Entrance] = [
  // Three bytes for each thing that happens.
  Entrance("swarm-part") { bytes in
    let all = bytes.array
    guard let first = all.first, var game = SwarmGame(first) else { return }
    for index in stride(from: 1, to: min(all.count - 2, 3_000), by: 3) { game.play(all[index], all[index + 1], all[index + 2]) }
  },
  Entrance("resume-record") { bytes in
    guard let record = ResumeRecord(reading: bytes) else { return }
    must(ResumeRecord(reading: record.bytes) == record, "a record reads back from its bytes")
  },
]
