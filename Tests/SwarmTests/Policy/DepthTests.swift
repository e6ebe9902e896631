// Request depth, suspicion and the address book, by tables.
import BitTorrent
import Bytes
import Testing
import World

@testable import Swarm

@Suite("How much is asked of one peer")
struct DepthTests {
  let start = Instant.simulationStart

  /// A peer that sends `rate` bytes a second for `seconds`.
  private func after(rate: Int, seconds: Int, accepted: Int = 2_000) -> RequestDepth {
    var depth = RequestDepth()
    depth.accepted = accepted
    depth.asked(at: start)
    let blocks = rate * seconds / BlockRequest.lengthMax
    for number in 1...max(1, blocks) {
      depth.came(BlockRequest.lengthMax, at: start + .nanoseconds(Int64(seconds) * 1_000_000_000 * Int64(number) / Int64(max(1, blocks))))
    }
    return depth
  }

  @Test("three seconds' worth, within bounds", arguments: [
    // rate, what the peer accepts, expected depth
    (16_384, 2_000, 2...5), (163_840, 2_000, 25...36), (1_638_400, 2_000, 270...330), (100_000_000, 2_000, 500...500), (1_638_400, 100, 100...100),
  ])
  func depths(_ rate: Int, _ accepted: Int, _ expected: ClosedRange<Int>) {
    #expect(expected.contains(after(rate: rate, seconds: 30, accepted: accepted).limit), "\(after(rate: rate, seconds: 30, accepted: accepted).limit)")
  }

  @Test("it begins with two and grows by one a block") func beginning() {
    var depth = RequestDepth()
    #expect(depth.limit == 2)
    for _ in 0..<10 { depth.came(16_384, at: start) }
    #expect(depth.limit == 12)
  }

  @Test("a silent peer: one request after 20 s, snubbing after 60 s, forgiven when it sends", arguments: [(19, false, false), (20, true, false), (59, true, false), (60, true, true)])
  func silence(_ seconds: Int, _ isSlow: Bool, _ isSnubbing: Bool) {
    var depth = after(rate: 1_638_400, seconds: 30)
    depth.asked(at: start + .seconds(30))
    let now = start + .seconds(30 + seconds)
    #expect(depth.checked(at: now) == isSnubbing)
    #expect(depth.isSlow == isSlow && depth.isSnubbing == isSnubbing)
    #expect((depth.limit == 1) == (isSlow || isSnubbing))
    let isAgain = depth.checked(at: now)
    #expect(!isAgain)
    depth.came(16_384, at: now)
    #expect(!depth.isSlow && !depth.isSnubbing && depth.limit > 1)
  }

  @Test("nobody is slow who was asked for nothing") func idle() {
    var depth = after(rate: 100_000, seconds: 30)
    depth.emptied()
    let isSnubbing = depth.checked(at: start + .seconds(3_000))
    #expect(!isSnubbing && !depth.isSlow)
  }

  @Test("pace and whole pieces", arguments: [(4_096, Pace.slow, false), (100_000, .medium, true), (1_000_000, .fast, true)])
  func paces(_ rate: Int, _ pace: Pace, _ takesWhole: Bool) {
    let depth = after(rate: rate, seconds: 40)
    #expect(depth.pace == pace && depth.takesWholePieces(of: 1_048_576) == takesWhole)
  }
}

@Suite("Who sent what was wrong")
struct SuspicionTests {
  private func address(_ number: Int) -> Address { Address(192, 0, 2, UInt8(number)) }
  private func blocks(_ list: [(Int, UInt8)]) -> [Suspicion.Authored] { list.map { .init(author: address($0.0), digest: PieceDigest.hash([$0.1])) } }

  @Test("a wrong piece of one author") func alone() {
    var suspicion = Suspicion()
    #expect(suspicion.wrong(3, blocks: blocks([(1, 0), (1, 1)])).banned.map(\.address) == [address(1)])
    #expect(!suspicion.remembers(3))
  }

  @Test("a wrong piece of several: parole, then the differing block tells") func several() {
    var suspicion = Suspicion()
    #expect(suspicion.wrong(3, blocks: blocks([(1, 0), (2, 1), (1, 2)])).onParole == [address(1), address(2)])
    #expect(suspicion.isOnParole(address(2)) && suspicion.remembers(3))
    let verdict = suspicion.right(3, blocks: blocks([(1, 0), (1, 9), (1, 2)]))
    #expect(verdict.banned.map(\.address) == [address(2)] && verdict.released == [address(1)])
    #expect(verdict.banned[0].reason == "banned: it sent a wrong block of piece 3")
    #expect(!suspicion.isOnParole(address(1)) && !suspicion.remembers(3))
  }

  @Test("a part in five wrong pieces is too much") func parts() {
    var suspicion = Suspicion()
    for piece in 0..<4 { #expect(suspicion.wrong(piece, blocks: blocks([(1, 0), (piece + 2, 1)])).banned.isEmpty) }
    #expect(suspicion.wrong(4, blocks: blocks([(1, 0), (9, 1)])).banned.map(\.address) == [address(1)])
  }

  @Test("tables are bounded") func bounded() {
    var suspicion = Suspicion()
    for piece in 0..<5_000 {
      _ = suspicion.wrong(piece, blocks: [.init(author: .v4(UInt32(piece * 2 + 1)), digest: PieceDigest.hash([1])), .init(author: .v4(UInt32(piece * 2 + 2)), digest: PieceDigest.hash([2]))])
    }
    #expect(!suspicion.remembers(0) && suspicion.remembers(4_999))
    #expect(!suspicion.isOnParole(.v4(1)) && suspicion.isOnParole(.v4(9_999)))
  }
}

@Suite("Whom to call")
struct KnownPeersTests {
  let start = Instant.simulationStart
  private func peer(_ number: Int, port: UInt16 = 6_881) -> Endpoint { Endpoint(.v4(0xC633_6400 + UInt32(number)), port) }

  @Test("calls are bounded by the second and under way") func bounded() {
    var known = KnownPeers()
    for number in 0..<100 { known.heard(of: peer(number), from: .tracker, at: start) }
    #expect(known.due(100, at: start).count == 30)
    #expect(known.due(100, at: start).isEmpty)
    #expect(known.due(100, at: start + .seconds(1)).count == 30)
    #expect(known.due(100, at: start + .seconds(2)).isEmpty)
    known.failed(peer(0), at: start + .seconds(2))
    #expect(known.due(100, at: start + .seconds(2)).count == 1)
  }

  @Test("who is banned while he is connected is not called again") func bannedWhileConnected() {
    var known = KnownPeers()
    known.heard(of: peer(1), from: .tracker, at: start)
    #expect(known.due(1, at: start) == [peer(1)])
    known.connected(peer(1))
    known.ban(peer(1).address)
    known.left(peer(1), at: start + .seconds(1))
    #expect(known.nextCall(at: start + .seconds(2)) == nil && known.due(1, at: start + .seconds(3_600)).isEmpty)
  }

  @Test("who fails waits longer each time and is forgotten in the end") func backoff() {
    var known = KnownPeers()
    known.heard(of: peer(1), from: .dht, at: start)
    #expect(known.due(1, at: start) == [peer(1)])
    known.failed(peer(1), at: start)
    #expect(known.due(1, at: start + .seconds(59)).isEmpty && known.due(1, at: start + .seconds(60)) == [peer(1)])
    known.failed(peer(1), at: start + .seconds(60))
    #expect(known.due(1, at: start + .seconds(179)).isEmpty && known.due(1, at: start + .seconds(180)) == [peer(1)])
    known.failed(peer(1), at: start + .seconds(180))
    #expect(known.count == 0)
  }

  @Test("somebody named by hand is tried again sooner, and for ever") func asked() {
    var known = KnownPeers()
    known.heard(of: peer(1), from: .asked, at: start)
    var now = start
    for wait in [1, 2, 4, 8, 16, 32, 32] {
      #expect(known.due(1, at: now) == [peer(1)])
      known.failed(peer(1), at: now)
      #expect(known.due(1, at: now + .seconds(wait - 1)).isEmpty)
      now = now + .seconds(wait)
    }
  }

  @Test("a good one is called again, not while it is here") func good() {
    var known = KnownPeers()
    known.heard(of: peer(1), from: .dht, at: start)
    _ = known.due(1, at: start)
    known.connected(peer(1))
    #expect(known.due(1, at: start + .seconds(600)).isEmpty && known.nextCall(at: start) == nil)
    known.left(peer(1), at: start + .seconds(600))
    #expect(known.due(1, at: start + .seconds(609)).isEmpty && known.due(1, at: start + .seconds(610)) == [peer(1)])
  }

  @Test("addresses that are nobody's, or banned, are not called", arguments: [
    "198.51.100.1:0", "0.0.0.0:80", "0.1.2.3:80", "224.0.0.1:80", "255.255.255.255:80", "[::]:80", "[ff02::1]:80",
  ])
  func martians(_ text: String) {
    var known = KnownPeers()
    let isNew = known.heard(of: Endpoint(text)!, from: .tracker, at: start)
    #expect(!isNew)
  }

  @Test("inner addresses only where that is said, or asked for by hand", arguments: [
    (PeerSource.tracker, false, false), (.dht, false, false), (.exchange, false, false), (.magnet, false, false), (.asked, false, true), (.tracker, true, true),
  ])
  func inner(_ source: PeerSource, _ allowed: Bool, _ expected: Bool) {
    var known = KnownPeers()
    known.rules.callsInnerAddresses = allowed
    for text in ["127.0.0.1:1", "10.0.0.1:1", "192.168.1.1:1", "[::1]:1", "[fe80::1]:1", "[::ffff:127.0.0.1]:1"] {
      let isNew = known.heard(of: Endpoint(text)!, from: source, at: start)
      #expect(isNew == expected)
    }
  }

  @Test("a ban forgets and keeps out the address") func banned() {
    var known = KnownPeers()
    known.heard(of: peer(1, port: 1), from: .dht, at: start)
    known.heard(of: peer(1, port: 2), from: .dht, at: start)
    known.ban(peer(1).address)
    #expect(known.due(9, at: start).isEmpty && known.count == 0 && known.isBanned(peer(1).address))
    let isNew = known.heard(of: peer(1, port: 3), from: .dht, at: start)
    #expect(!isNew)
  }

  @Test("a flood of addresses stays inside its bound; failed ones make room") func flood() {
    var known = KnownPeers()
    for number in 0..<10_000 { known.heard(of: peer(number), from: .exchange, at: start) }
    #expect(known.count == 3_000)
    for endpoint in known.due(1, at: start) { known.failed(endpoint, at: start) }
    let isNew = known.heard(of: peer(20_000), from: .tracker, at: start)
    #expect(isNew && known.count == 3_000)
  }
}
