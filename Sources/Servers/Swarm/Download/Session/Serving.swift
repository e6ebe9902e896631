// Blocks on their way to others: requests, who is served and why, lists of peers. Read before: Participation.swift.
package import BitTorrent
package import World

extension Participation {
  /// A peer begins or ends to want something.
  package mutating func interested(_ number: PeerNumber, _ isInterested: Bool, at now: Instant, into deeds: inout [Deed]) {
    guard let peer = peers[number], peer.isInterested != isInterested else { return }
    peers[number]?.isInterested = isInterested
    if isInterested { fillSlots(at: now, into: &deeds) } else { reconsider(number, at: now, into: &deeds) }
  }

  /// A peer that is served wants a block.
  package mutating func requested(_ number: PeerNumber, _ request: BlockRequest, at now: Instant, into deeds: inout [Deed]) {
    if peers[number]?.misdeed == .vanish { return tell(number, .close("it asks for something, and we vanish on purpose"), into: &deeds) }
    guard let work, work.holdings.contains(request.piece), setting.servesOthers, peers[number]?.misdeed != .lie else { return tell(number, .reject(request), into: &deeds) }
    uploaded += Int64(request.length)
    peers[number]?.went += Int64(request.length)
    peers[number]?.wentSinceRound += Int64(request.length)
    peers[number]?.wentSinceUnchoke += Int64(request.length)
    peers[number]?.uploadMeter.add(request.length, at: now)
    deeds.append(.serve(number, request))
  }

  /// A piece that we told of cannot be read: it is not had any more.
  package mutating func unreadable(_ piece: Int, at now: Instant, into deeds: inout [Deed]) {
    guard work?.holdings.remove(piece) == true else { return }
    work?.picker.note(lost: piece, using: &chance)
    work?.wasSatisfied = false
    for number in numbers {
      countWanted(number)
      reconsider(number, at: now, into: &deeds)
    }
  }

  // MARK: Slots

  /// The regular look at who is served.
  mutating func holdRound(at now: Instant, into deeds: inout [Deed]) {
    guard setting.servesOthers, work != nil else { return }
    let candidates = numbers.compactMap { peers[$0]?.candidate }
    let aim = isSatisfied ? Choker.Aim.seeding : .downloading
    let decisions = work?.choker.round(candidates, aim: aim, at: now, using: &chance) ?? []
    work?.lastRound = now
    obey(decisions, at: now, into: &deeds)
    for number in numbers {
      peers[number]?.cameSinceRound = 0
      peers[number]?.wentSinceRound = 0
    }
  }

  /// Slots that became free are given at once.
  mutating func fillSlots(at now: Instant, into deeds: inout [Deed]) {
    guard setting.servesOthers, let work, !isOver else { return }
    obey(work.choker.fill(numbers.compactMap { peers[$0]?.candidate }), at: now, into: &deeds)
  }

  private mutating func obey(_ decisions: [ChokeDecision], at now: Instant, into deeds: inout [Deed]) {
    for decision in decisions {
      let isServed = decision.verdict == .unchoke
      peers[decision.peer]?.isServed = isServed
      peers[decision.peer]?.servedBecause = decision.reason
      if isServed {
        peers[decision.peer]?.unchokedAt = now
        peers[decision.peer]?.wentSinceUnchoke = 0
      } else {
        peers[decision.peer]?.chokedAt = now
      }
      deeds.append(.tell(decision.peer, [.note(decision.reason), isServed ? .unchoke : .choke]))
    }
  }

  // MARK: Lists of peers

  /// Tells each peer of the others, as far as it was not told.
  mutating func exchange(at now: Instant, into deeds: inout [Deed]) {
    guard !isPrivate else { return }
    for number in numbers {
      guard let peer = peers[number], peer.takesExchange, peer.toldAt.map({ $0.duration(to: now) >= limits.exchangeInterval }) ?? true else { continue }
      let others = numbers.compactMap { other in other == number ? nil : peers[other] }
      let here = others.compactMap(\.callable)
      let added = others.filter { other in other.callable.map { !peer.told.contains($0) } ?? false }.prefix(50)
      let dropped = peer.told.subtracting(here).sorted().prefix(50)
      guard !added.isEmpty || !dropped.isEmpty else { continue }
      peers[number]?.toldAt = now
      peers[number]?.told.formUnion(added.compactMap(\.callable))
      peers[number]?.told.subtract(dropped)
      let list = added.compactMap { other in
        other.callable.map { PeerExchange.Peer($0, flags: [other.isSeed || other.isUploadOnly ? .seed : [], other.isCalled ? .reachable : []]) }
      }
      tell(number, .exchange(PeerExchange(added: list, dropped: Array(dropped))), into: &deeds)
    }
  }
}
