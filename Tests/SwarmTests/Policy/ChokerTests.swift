// Who is served: tit for tat, luck, turns; each by a table of peers and the peers that have a slot afterwards.
import Testing
import World

@testable import Swarm

@Suite("Who is served")
struct ChokerTests {
  let start = Instant.simulationStart

  private func peer(
    _ number: Int, came: Int64 = 0, went: Int64 = 0, interested: Bool = true, unchoked: Bool = false, snubbing: Bool = false, age: Int = 1_000
  ) -> ChokeCandidate {
    var peer = ChokeCandidate(number, joined: start + .seconds(-age))
    peer.isInterested = interested
    peer.isUnchoked = unchoked
    peer.isSnubbing = snubbing
    peer.cameSinceRound = came
    peer.wentSinceRound = went
    if unchoked { peer.unchokedAt = start + .seconds(-15) }
    return peer
  }

  /// Plays decisions on the candidates.
  private func apply(_ decisions: [ChokeDecision], to peers: inout [ChokeCandidate], at now: Instant) {
    for decision in decisions {
      guard let index = peers.firstIndex(where: { $0.number == decision.peer }) else { continue }
      peers[index].isUnchoked = decision.verdict == .unchoke
      if decision.verdict == .unchoke { peers[index].unchokedAt = now } else { peers[index].chokedAt = now }
    }
  }

  @Test("the four that sent most, and one by luck") func merit() {
    var choker = Choker(pieceLength: 1)
    var chance = SeededRandom(seed: 1)
    var peers = (1...8).map { peer($0, came: Int64($0) * 100) }
    let decisions = choker.round(peers, aim: .downloading, at: start, using: &chance)
    apply(decisions, to: &peers, at: start)
    let served = Set(peers.filter(\.isUnchoked).map(\.number))
    #expect(served.isSuperset(of: [5, 6, 7, 8]) && served.count == 5)
    #expect(decisions.first { $0.peer == 8 }?.reason == "unchoked: it sent us 800 bytes in the last round, place 1 of 8")
    #expect(decisions.first { choker.optimistic.contains($0.peer) }?.reason == "unchoked: by luck, for 30 seconds, to see what it gives")
    // The next round: the best became the worst.
    for index in peers.indices { peers[index].cameSinceRound = peers[index].number == 8 ? 1 : peers[index].number == 1 ? 0 : 500 }
    let later = choker.round(peers, aim: .downloading, at: start + .seconds(30), using: &chance)
    let last = later.first { $0.peer == 8 }
    #expect(last?.verdict == .choke && last?.reason.hasPrefix("choked: it sent us 1 bytes in the last round, place 7") == true)
  }

  @Test("who gives nothing, wants nothing or snubs us gets no slot by merit", arguments: [
    ("gives nothing", false, true, Int64(0)), ("wants nothing", false, false, 500), ("snubs", true, true, 500),
  ])
  func none(_ name: String, _ snubbing: Bool, _ interested: Bool, _ came: Int64) {
    var choker = Choker(pieceLength: 1)
    choker.rules.optimisticSlots = 0
    choker.rules.givesFreeSlots = false
    var chance = SeededRandom(seed: 1)
    let free = peer(1, came: came, interested: interested, snubbing: snubbing)
    #expect(choker.round([free], aim: .downloading, at: start, using: &chance).isEmpty)
    let served = peer(1, came: came, interested: interested, unchoked: true, snubbing: snubbing)
    #expect(choker.round([served], aim: .downloading, at: start, using: &chance).map(\.verdict) == [.choke])
  }

  @Test("slots that nobody earned go to those that wait, at the round and between rounds") func freeSlots() {
    var choker = Choker(pieceLength: 1)
    choker.rules.optimisticSlots = 0
    var chance = SeededRandom(seed: 1)
    var peers = [peer(1, came: 5)] + (2...7).map { peer($0) } + [peer(8, snubbing: true), peer(9, interested: false)]
    let decisions = choker.round(peers, aim: .downloading, at: start, using: &chance)
    #expect(decisions.map(\.peer) == [1, 2, 3, 4])
    #expect(decisions[1].reason == "unchoked: a slot is free, and it wants something")
    apply(decisions, to: &peers, at: start)
    for index in 0..<4 { (peers[index].wentSinceRound, peers[index].wentSinceUnchoke) = (1, 1) }
    // They keep them while nobody earns one.
    #expect(choker.round(peers, aim: .downloading, at: start + .seconds(20), using: &chance).isEmpty)
    #expect(choker.fill(peers).isEmpty)
    peers.removeFirst(2)
    #expect(choker.fill(peers).map(\.peer) == [5, 6])
    choker.rules.givesFreeSlots = false
    #expect(choker.fill(peers).isEmpty)
  }

  @Test("a free rider gets a slot by luck only, a fifth of the time among five") func freeRider() {
    var choker = Choker(pieceLength: 1)
    var chance = SeededRandom(seed: 7)
    var peers = (1...4).map { peer($0, came: 1_000) } + (5...9).map { peer($0) }
    var served = 0
    let rounds = 300
    for round in 0..<rounds {
      let now = start + .seconds(10 * round)
      for index in peers.indices where peers[index].number <= 4 { peers[index].cameSinceRound = 1_000 }
      apply(choker.round(peers, aim: .downloading, at: now, using: &chance), to: &peers, at: now)
      #expect(Set(peers.filter(\.isUnchoked).map(\.number)).isSuperset(of: [1, 2, 3, 4]))
      #expect(peers.filter(\.isUnchoked).count == 5)
      if peers.first(where: { $0.number == 9 })?.isUnchoked == true { served += 1 }
    }
    #expect((rounds / 10...rounds / 3).contains(served))
  }

  @Test("luck lasts 30 seconds and goes to another, if there is one") func luck() {
    var choker = Choker(pieceLength: 1)
    choker.rules.regularSlots = 0
    var chance = SeededRandom(seed: 3)
    var peers = (1...4).map { peer($0) }
    var winners: [PeerNumber] = []
    for round in 0..<9 {
      let now = start + .seconds(10 * round)
      apply(choker.round(peers, aim: .downloading, at: now, using: &chance), to: &peers, at: now)
      winners += choker.optimistic
    }
    #expect(winners[0] == winners[1] && winners[1] == winners[2] && winners[3] == winners[5] && winners[6] == winners[8])
    #expect(winners[0] != winners[3] && winners[3] != winners[6])
    // It leaves in the middle: the slot is drawn at once.
    peers.removeAll { $0.number == winners[8] }
    choker.left(winners[8])
    #expect(choker.round(peers, aim: .downloading, at: start + .seconds(85), using: &chance).filter { $0.verdict == .unchoke }.count == 1)
  }

  @Test("newcomers have three lots") func newcomers() {
    var wins = 0
    for seed in 0..<400 {
      var choker = Choker(pieceLength: 1)
      choker.rules.regularSlots = 0
      var chance = SeededRandom(seed: UInt64(seed))
      _ = choker.round([peer(1, age: 5), peer(2), peer(3), peer(4)], aim: .downloading, at: start, using: &chance)
      if choker.optimistic == [1] { wins += 1 }
    }
    // 3 of 6 lots.
    #expect((160...240).contains(wins))
  }

  @Test("nobody is choked within ten seconds, unless it wants nothing") func atLeast() {
    var choker = Choker(pieceLength: 1)
    choker.rules.optimisticSlots = 0
    choker.rules.givesFreeSlots = false
    var chance = SeededRandom(seed: 1)
    var young = peer(1, unchoked: true)
    young.unchokedAt = start + .seconds(-9)
    #expect(choker.round([young], aim: .downloading, at: start, using: &chance).isEmpty)
    young.isInterested = false
    #expect(choker.round([young], aim: .downloading, at: start, using: &chance).map(\.verdict) == [.choke])
  }

  @Test("seeding: everybody in turn, a turn being 20 pieces and 60 seconds") func turns() {
    var choker = Choker(pieceLength: 1_000)
    choker.rules.optimisticSlots = 0
    var chance = SeededRandom(seed: 1)
    var peers = (1...6).map { peer($0, age: 1_000 - $0) }
    apply(choker.round(peers, aim: .seeding, at: start, using: &chance), to: &peers, at: start)
    #expect(peers.filter(\.isUnchoked).map(\.number) == [1, 2, 3, 4])
    // 60 s have passed, but only one has had 20 pieces; one has had 20 pieces of another kind: too little.
    let later = start + .seconds(60)
    for index in 0..<4 { (peers[index].wentSinceRound, peers[index].wentSinceUnchoke) = (1, 1) }
    peers[0].wentSinceUnchoke = 20_000
    peers[1].wentSinceUnchoke = 19_999
    let decisions = choker.round(peers, aim: .seeding, at: later, using: &chance)
    #expect(decisions.map(\.peer) == [1, 5])
    #expect(decisions[0].reason == "choked: it had its turn (20000 bytes), others wait")
    apply(decisions, to: &peers, at: later)
    // 20 pieces at once are no turn.
    (peers[4].wentSinceRound, peers[4].wentSinceUnchoke) = (1, 1_000_000)
    #expect(choker.round(peers, aim: .seeding, at: later + .seconds(30), using: &chance).isEmpty)
    // Nobody else waits: who had a turn goes on.
    let two = peers.prefix(2).map { p in var p = p; p.isUnchoked = true; p.unchokedAt = start; p.wentSinceUnchoke = 1_000_000; return p }
    #expect(choker.round(two, aim: .seeding, at: later + .seconds(120), using: &chance).isEmpty)
  }

  @Test("who is served and takes nothing makes room for those that wait, and then waits behind them", arguments: [Choker.Aim.seeding, .downloading])
  func idle(_ aim: Choker.Aim) {
    var choker = Choker(pieceLength: 1_000)
    choker.rules.optimisticSlots = 0
    var chance = SeededRandom(seed: 1)
    var peers = (1...9).map { peer($0, age: 1_000 - $0) }
    func served(_ seconds: Int) -> [PeerNumber] {
      let now = start + .seconds(seconds)
      apply(choker.round(peers, aim: aim, at: now, using: &chance), to: &peers, at: now)
      // Only the last one takes anything.
      for index in peers.indices where peers[index].isUnchoked && peers[index].number == 9 { (peers[index].wentSinceRound, peers[index].wentSinceUnchoke) = (1, 1) }
      return peers.filter(\.isUnchoked).map(\.number)
    }
    #expect(served(0) == [1, 2, 3, 4])
    #expect(served(10) == [5, 6, 7, 8])
    #expect(served(20).contains(9))
    for round in 3...20 { #expect(served(10 * round).contains(9)) }
    // Between rounds too those come first that have wasted nothing.
    peers = [peer(1), peer(2)]
    (peers[0].chokedAt, peers[0].wentSinceUnchoke) = (start, 0)
    choker.rules.regularSlots = 1
    #expect(choker.fill(peers).map(\.peer) == [2])
  }

  @Test("seeding: a greedy one gets no more turns than others") func greedy() {
    var choker = Choker(pieceLength: 1_000)
    var chance = SeededRandom(seed: 5)
    var peers = (1...10).map { peer($0) }
    var given = Array(repeating: 0, count: 11)
    for round in 0..<600 {
      let now = start + .seconds(10 * round)
      apply(choker.round(peers, aim: .seeding, at: now, using: &chance), to: &peers, at: now)
      for index in peers.indices {
        if peers[index].isUnchoked {
          let bytes: Int64 = peers[index].number == 1 ? 100_000 : 5_000
          if peers[index].unchokedAt == now { peers[index].wentSinceUnchoke = 0 }
          peers[index].wentSinceUnchoke += bytes
          peers[index].wentSinceRound = bytes
          given[peers[index].number] += 1
        } else {
          (peers[index].wentSinceRound, peers[index].wentSinceUnchoke) = (0, 0)
        }
      }
    }
    #expect(given[1] < given[2...].max()! + given[2...].max()! / 4)
    #expect(given[2...].min()! > 150)
  }
}
