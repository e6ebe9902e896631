// Who may ask us for blocks: those who give most while we download, everybody in turn while we seed, and one by luck so that newcomers get a
// beginning. Each decision carries its reason. Time and chance are arguments; not here: what is sent (TorrentSession).
package import World

/// One peer as the choker sees it.
package struct ChokeCandidate: Sendable, Hashable {
  package var number: PeerNumber
  package var isInterested = false
  package var isUnchoked = false
  package var isSnubbing = false
  /// When the connection began.
  package var joined: Instant
  /// What it sent us since the round before. Unit: bytes.
  package var cameSinceRound: Int64 = 0
  /// What we sent it since the round before. Unit: bytes.
  package var wentSinceRound: Int64 = 0
  /// When it was last unchoked; nil: never.
  package var unchokedAt: Instant?
  /// When it was last choked; nil: never.
  package var chokedAt: Instant?
  /// What we sent it since it was unchoked. Unit: bytes.
  package var wentSinceUnchoke: Int64 = 0

  package init(_ number: PeerNumber, joined: Instant) {
    self.number = number
    self.joined = joined
  }

  var waitsSince: Instant { chokedAt ?? joined }
  /// It had a slot and took nothing.
  var hasWasted: Bool { chokedAt != nil && wentSinceUnchoke == 0 }
}

/// One decision.
package struct ChokeDecision: Sendable, Hashable {
  package enum Verdict: Sendable, Hashable { case unchoke, choke }
  package var peer: PeerNumber
  package var verdict: Verdict
  /// Why, in a sentence.
  package var reason: String
}

/// Decides who is served.
package struct Choker: Sendable {
  /// By what slots are given.
  package enum Aim: Sendable, Hashable {
    /// To get: tit for tat.
    case downloading
    /// To give: in turn.
    case seeding
  }

  /// The bounds of the game.
  package struct Rules: Sendable, Hashable {
    /// Slots given by merit. Unit: peers.
    package var regularSlots = 4
    /// Slots given by luck. Unit: peers.
    package var optimisticSlots = 1
    /// How often merit is looked at.
    package var round = Duration.seconds(10)
    /// How often luck is drawn.
    package var optimisticRound = Duration.seconds(30)
    /// Nobody is choked sooner: a connection needs time to get up to speed.
    package var servedAtLeast = Duration.seconds(10)
    /// Who came within this time is new.
    package var newWithin = Duration.seconds(60)
    /// Slots that nobody has earned go to whoever wants something; otherwise they stay empty.
    package var givesFreeSlots = true
    /// How many lots a newcomer has; others have one.
    package var newcomerLots = 3
    /// Seeding: a turn ends after so much, counted in pieces …
    package var turnPieces = 20
    /// … and so long.
    package var turnTime = Duration.seconds(60)
    /// Who is served and has asked for nothing at all for so long loses its slot to somebody who waits; who has asked for something, but not since the
    /// last round, when its turn's time is over: a slow line takes that long to send what was asked for at once.
    package var idleTime = Duration.seconds(10)

    package init() {}
  }

  package var rules: Rules
  /// Unit: bytes.
  private let pieceLength: Int
  /// Who has a slot by luck, and since when.
  private var lucky: [PeerNumber] = []
  private var drawnAt: Instant?

  package init(rules: Rules = Rules(), pieceLength: Int) {
    self.rules = rules
    self.pieceLength = pieceLength
  }

  /// Who has a slot by luck.
  package var optimistic: [PeerNumber] { lucky }

  /// Looks at everybody. The decisions come in the order of the candidates; who stays as it is, is not among them.
  package mutating func round(
    _ peers: [ChokeCandidate], aim: Aim, at now: Instant, using chance: inout some RandomNumberGenerator
  ) -> [ChokeDecision] {
    let interested = peers.filter(\.isInterested)
    var served: [PeerNumber: String] = [:]
    let ranked = aim == .downloading ? byMerit(interested, at: now) : byTurn(interested, at: now)
    for (peer, reason) in ranked.prefix(rules.regularSlots) { served[peer.number] = reason }
    draw(from: interested.filter { served[$0.number] == nil || lucky.contains($0.number) }, at: now, served: &served, using: &chance)
    return peers.compactMap { peer in
      switch (peer.isUnchoked, served[peer.number]) {
      case (false, let reason?): return ChokeDecision(peer: peer.number, verdict: .unchoke, reason: reason)
      case (true, nil):
        guard peer.isInterested else { return ChokeDecision(peer: peer.number, verdict: .choke, reason: "choked: it wants nothing of us") }
        if let since = peer.unchokedAt, since.duration(to: now) < rules.servedAtLeast { return nil }
        return ChokeDecision(peer: peer.number, verdict: .choke, reason: farewell(peer, ranked, aim))
      case (true, .some), (false, nil): return nil
      }
    }
  }

  /// A peer is gone.
  package mutating func left(_ peer: PeerNumber) { lucky.removeAll { $0 == peer } }

  /// When the next round is due at the latest, the last having been at `last`.
  package func nextRound(after last: Instant) -> Instant { last + rules.round }

  // MARK: Merit

  /// Those that sent most first; who snubs us has no merit. Then, where slots are free, those served already and those that wait longest.
  private func byMerit(_ peers: [ChokeCandidate], at now: Instant) -> [(ChokeCandidate, String)] {
    let givers = peers.filter { !$0.isSnubbing && $0.cameSinceRound > 0 }.sorted { ($1.cameSinceRound, $0.number) < ($0.cameSinceRound, $1.number) }
    let ranked = givers.enumerated().map { place, peer in
      (peer, "unchoked: it sent us \(peer.cameSinceRound) bytes in the last round, place \(place + 1) of \(givers.count)")
    }
    guard rules.givesFreeSlots, givers.count < rules.regularSlots else { return ranked }
    let others = peers.filter { !$0.isSnubbing && $0.cameSinceRound == 0 && !lucky.contains($0.number) }.sorted {
      (claim($0, at: now), $0.waitsSince, $0.number) < (claim($1, at: now), $1.waitsSince, $1.number)
    }
    return ranked + others.map { ($0, Self.freeSlot) }
  }

  private static let freeSlot = "unchoked: a slot is free, and it wants something"

  /// How many slots may be given between two rounds, when so many peers are served.
  package func freeSlots(serving count: Int) -> Int { rules.givesFreeSlots ? rules.regularSlots + rules.optimisticSlots - count : 0 }

  /// Between two rounds: fills slots that are free, in the order of the candidates.
  package func fill(_ peers: [ChokeCandidate]) -> [ChokeDecision] {
    let free = freeSlots(serving: peers.count(where: \.isUnchoked))
    guard free > 0 else { return [] }
    let waiting = peers.filter { $0.isInterested && !$0.isUnchoked && !$0.isSnubbing }
    return (waiting.filter { !$0.hasWasted } + waiting.filter(\.hasWasted)).prefix(free).map {
      ChokeDecision(peer: $0.number, verdict: .unchoke, reason: Self.freeSlot)
    }
  }

  /// How good a claim to a slot is that nobody has earned; the smaller the better. Who only holds it does not keep it from those who would use it.
  private func claim(_ peer: ChokeCandidate, at now: Instant) -> Int {
    switch (peer.isUnchoked, peer.isUnchoked ? isIdle(peer, at: now) : peer.hasWasted) {
    case (true, false): 0
    case (false, false): 1
    case (true, true): 2
    case (false, true): 3
    }
  }

  /// Whether a peer that is served has taken nothing for a while.
  private func isIdle(_ peer: ChokeCandidate, at now: Instant) -> Bool {
    guard peer.wentSinceRound == 0, let since = peer.unchokedAt else { return false }
    return since.duration(to: now) >= (peer.wentSinceUnchoke == 0 ? rules.idleTime : rules.turnTime)
  }

  /// Whose turn lasts, then who waits longest, then whose turn is over.
  private func byTurn(_ peers: [ChokeCandidate], at now: Instant) -> [(ChokeCandidate, String)] {
    func isTurnOver(_ peer: ChokeCandidate) -> Bool {
      guard let since = peer.unchokedAt, !isIdle(peer, at: now) else { return peer.isUnchoked && peer.unchokedAt != nil }
      return peer.wentSinceUnchoke >= Int64(pieceLength) * Int64(rules.turnPieces) && since.duration(to: now) >= rules.turnTime
    }
    func class_(_ peer: ChokeCandidate) -> Int { peer.isUnchoked ? (isTurnOver(peer) ? 2 : 0) : peer.hasWasted ? 3 : 1 }
    let ranked = peers.sorted { a, b in
      let (x, y) = (class_(a), class_(b))
      if x != y { return x < y }
      switch x {
      // Among those being served the ones that take most of it.
      case 0, 2: return (b.wentSinceRound, a.number) < (a.wentSinceRound, b.number)
      default: return (a.waitsSince, a.number) < (b.waitsSince, b.number)
      }
    }
    return ranked.map { peer in
      (peer, peer.chokedAt == nil ? "unchoked: its first turn, it has waited since it came" : "unchoked: its turn again, it has waited longest")
    }
  }

  private func farewell(_ peer: ChokeCandidate, _ ranked: [(ChokeCandidate, String)], _ aim: Aim) -> String {
    switch aim {
    case .downloading:
      if peer.isSnubbing { return "choked: asked, it has sent nothing for a minute" }
      guard peer.cameSinceRound > 0, let place = ranked.firstIndex(where: { $0.0.number == peer.number }) else {
        return "choked: it sent us nothing in the last round"
      }
      return "choked: it sent us \(peer.cameSinceRound) bytes in the last round, place \(place + 1), and there are \(rules.regularSlots) slots"
    case .seeding: return "choked: it had its turn (\(peer.wentSinceUnchoke) bytes), others wait"
    }
  }

  // MARK: Luck

  /// Gives the slots by luck: kept for a while, then drawn anew.
  private mutating func draw(
    from waiting: [ChokeCandidate], at now: Instant, served: inout [PeerNumber: String], using chance: inout some RandomNumberGenerator
  ) {
    let isDue = drawnAt.map { $0.duration(to: now) >= rules.optimisticRound } ?? true
    let before = lucky
    // Who has earned a slot needs no luck any more.
    lucky.removeAll { number in served[number] != nil || !waiting.contains { $0.number == number } }
    if isDue { (lucky, drawnAt) = ([], now) }
    while lucky.count < rules.optimisticSlots {
      let others = waiting.filter { served[$0.number] == nil && !lucky.contains($0.number) }
      // Another than the last, if there is another.
      let fresh = others.filter { !before.contains($0.number) }
      let lots = (fresh.isEmpty ? others : fresh).flatMap { peer in
        Array(repeating: peer.number, count: peer.joined.duration(to: now) < rules.newWithin ? max(1, rules.newcomerLots) : 1)
      }
      guard let winner = lots.randomElement(using: &chance) else { break }
      lucky.append(winner)
    }
    for number in lucky { served[number] = "unchoked: by luck, for \(rules.optimisticRound.components.seconds) seconds, to see what it gives" }
  }
}
