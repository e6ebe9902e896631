// How a node keeps its place in the ring: pings to two successors, neighbours asked for, shortcuts looked up anew, keys handed over.
// Not here: searching (RingNode.swift).

/// What a node did on its own account, and why. For traces.
package enum RingNote: Sendable, Hashable {
  /// The first successor is gone; this one takes its place.
  case promoted(RingContact, insteadOf: RingContact)
  /// The second, or one further back, is gone.
  case dropped(RingContact)
  /// It has nobody left to go on with.
  case torn(RingContact)
  /// Its first successors are these now.
  case successors([RingContact])
  case predecessor(RingContact, insteadOf: RingContact?)
  case predecessorGone(RingContact)
  case finger(Int, RingContact, instead: RingContact)
  case joined(before: RingContact)
  case notJoined(RingContact)
  case gave(Int, to: RingContact, isCopy: Bool)

  /// A sentence, beginning with a verb.
  package var sentence: String {
    switch self {
    case .promoted(let new, let old): "takes \(new.name) as first successor, because \(old.name) did not answer"
    case .dropped(let old): "strikes \(old.name) from its successors, because \(old.name) did not answer"
    case .torn(let old): "has no successor left, because \(old.name) did not answer: the ring is torn here"
    case .successors(let list): "has \(list.map(\.name).joined(separator: " ")) as successors, as the first one told"
    case .predecessor(let new, let old): "takes \(new.name) as predecessor, \(old.map { "nearer than \($0.name)" } ?? "since it knew none")"
    case .predecessorGone(let old): "has no predecessor any more, because \(old.name) does not ping any more"
    case .finger(let index, let new, let old): "sets shortcut \(index) to \(new.name) instead of \(old.name), since a search for it said so"
    case .joined(let owner): "joins before \(owner.name), which owned its number"
    case .notJoined(let via): "could not join, since nobody answered (\(via.name))"
    case .gave(let count, let peer, let isCopy): "gives \(count) key\(count == 1 ? "" : "s") to \(peer.name), \(isCopy ? "as copies" : "which owns them now")"
    }
  }
}

extension RingNode {
  /// Acts, and sets the timer anew.
  mutating func act(at timer: Timer, _ rules: RingRules, _ actions: inout [Action]) {
    switch timer {
    case .ping:
      for peer in after.prefix(2) where peer != me {
        let ticket = wait(for: peer, .ping, rules.patience, &actions)
        actions.append(.send(.ping(ticket), to: peer))
      }
      actions.append(.wake(.ping, after: rules.pingEvery))
    case .stabilise:
      // Whoever stands before pings several times in this while.
      if let peer = before, !hasHeardBefore {
        before = nil
        actions.append(.note(.predecessorGone(peer)))
      }
      hasHeardBefore = false
      if let first = after.first, first != me { ask(first, rules, &actions) }
      giveCopies(rules, &actions)
      actions.append(.wake(.stabilise, after: rules.stabiliseEvery))
    case .fix:
      fixNext(rules, &actions)
      actions.append(.wake(.fix, after: rules.fixEvery))
    }
  }

  mutating func ask(_ peer: RingContact, _ rules: RingRules, _ actions: inout [Action]) {
    let ticket = wait(for: peer, .ask, rules.patience, &actions)
    actions.append(.send(.ask(ticket), to: peer))
  }

  /// Looks one shortcut up. Those that do not reach past the first successor need no search.
  private mutating func fixNext(_ rules: RingRules, _ actions: inout [Action]) {
    guard let first = after.first, first != me, !fingers.isEmpty else { return }
    let gap = rules.distance(me.id, first.id)
    // 2^i ≤ gap for every i up to this one.
    let near = 31 - gap.leadingZeroBitCount
    for index in 0...min(near, fingers.count - 1) { fingers[index] = first }
    nextFinger = nextFinger <= near || nextFinger >= fingers.count - 1 ? near + 1 : nextFinger + 1
    guard fingers.indices.contains(nextFinger) else { return }
    let ticket = wait(for: me, .finger(nextFinger), rules.patience * 200, &actions)
    let start = (me.id &+ (1 << UInt32(nextFinger))) & rules.mask
    search(start, ticket, rules, &actions)
  }

  /// The predecessor and the list of the first successor have come.
  mutating func learn(from peer: RingContact, before: RingContact?, after more: [RingContact], _ rules: RingRules, _ actions: inout [Action]) {
    guard peer == after.first else { return }
    var list = [peer]
    if let before, before != gone, before != me, rules.isBetween(before.id, me.id, peer.id) {
      // Somebody joined in between: ask there too.
      list.insert(before, at: 0)
    }
    for contact in more where list.count < rules.successorsMax {
      // The list has come round.
      if contact == me { break }
      if contact != gone, !list.contains(contact) { list.append(contact) }
    }
    list.removeLast(max(0, list.count - rules.successorsMax))
    if list != after {
      let isNewNear = list.prefix(rules.replicas - 1) != after.prefix(rules.replicas - 1)
      after = list
      owesCopies = owesCopies || isNewNear
      actions.append(.note(.successors(list)))
    }
    guard let first = after.first else { return }
    if first != peer { ask(first, rules, &actions) }
    actions.append(.send(.notify, to: first))
  }

  /// Somebody thinks it stands right before this node.
  mutating func meet(_ peer: RingContact, _ rules: RingRules, _ actions: inout [Action]) {
    guard peer != me, before.map({ rules.isBetween(peer.id, $0.id, me.id) }) ?? true else { return }
    let old = before
    before = peer
    hasHeardBefore = true
    actions.append(.note(.predecessor(peer, insteadOf: old)))
    if after == [me] { after = [peer] }
    guard let old else {
      // Whoever stood there is gone: what it owned is this node's now.
      owesCopies = rules.replicas > 1
      return
    }
    let others = keys.filter { rules.isBehind($0, old.id, upTo: peer.id) }
    guard !others.isEmpty else { return }
    actions.append(.send(.keep(others), to: peer))
    actions.append(.note(.gave(others.count, to: peer, isCopy: false)))
    if rules.replicas == 1 { keys.removeAll { others.contains($0) } }
  }

  // MARK: Those who are gone

  /// `peer` does not answer: it is struck from every table.
  mutating func forget(_ peer: RingContact, _ rules: RingRules, _ actions: inout [Action]) {
    guard !rules.isFrozen, peer != me else { return }
    gone = peer
    if before == peer {
      before = nil
      actions.append(.note(.predecessorGone(peer)))
    }
    let wasFirst = after.first == peer
    let wasKnown = after.contains(peer)
    after.removeAll { $0 == peer }
    if after.isEmpty {
      // Any shortcut leads back into the ring; its own neighbourhood mends from there.
      after = [fingers.first { $0 != peer && $0 != me } ?? me]
      actions.append(.note(.torn(peer)))
    }
    for index in fingers.indices.reversed() where fingers[index] == peer {
      fingers[index] = index + 1 < fingers.count ? fingers[index + 1] : after[0]
    }
    guard wasKnown else { return }
    owesCopies = rules.replicas > 1
    if wasFirst, after[0] != me { actions.append(.note(.promoted(after[0], insteadOf: peer))) } else if !wasFirst { actions.append(.note(.dropped(peer))) }
    if after[0] != me { ask(after[0], rules, &actions) }
  }

  // MARK: Keys

  func holds(_ key: UInt32) -> Bool {
    let index = firstIndex(of: key)
    return index < keys.count && keys[index] == key
  }

  mutating func keep(_ more: [UInt32]) {
    for key in more {
      let index = firstIndex(of: key)
      if index == keys.count || keys[index] != key { keys.insert(key, at: index) }
    }
  }

  private func firstIndex(of key: UInt32) -> Int {
    var (low, high) = (0, keys.count)
    while low < high {
      let middle = (low + high) / 2
      if keys[middle] < key { low = middle + 1 } else { high = middle }
    }
    return low
  }

  /// Gives its own keys to those behind it, if that is owed.
  private mutating func giveCopies(_ rules: RingRules, _ actions: inout [Action]) {
    guard owesCopies, rules.replicas > 1 else { return }
    owesCopies = false
    let own = keys.filter { owns($0, rules) }
    guard !own.isEmpty else { return }
    for peer in after.prefix(rules.replicas - 1) where peer != me {
      actions.append(.send(.keep(own), to: peer))
      actions.append(.note(.gave(own.count, to: peer, isCopy: true)))
    }
  }
}
