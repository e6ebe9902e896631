// One node of a ring (Chord) as a pure value: something happened goes in, things to do come out. No clock, no network, no chance inside.
// Correct is whoever knows its successor; everything else (shortcuts, longer lists) only makes it faster or harder to kill.
// Read next: RingUpkeep.swift (pings, neighbours, shortcuts, keys), RingSimulation.swift, which runs many of these.

/// One node.
package struct RingNode: Sendable {
  /// What can happen.
  enum Input: Sendable {
    /// It begins as a member whose tables are filled already. The share of each interval after which it first acts, from 0 to 1, so that not all
    /// nodes do the same at once.
    case begun(phase: Double)
    /// It begins outside, knowing one member.
    case joining(via: RingContact, phase: Double)
    case received(RingMessage, from: RingContact)
    /// The answer to the question of this number has not come in time.
    case silent(UInt32)
    case due(Timer)
    /// Somebody at this node wants to know who owns a key.
    case asked(key: UInt32, wish: UInt32)
  }

  /// What is to be done.
  enum Action: Sendable {
    case send(RingMessage, to: RingContact)
    /// Hand in `silent` after so many milliseconds.
    case listen(UInt32, for: Int)
    case wake(Timer, after: Int)
    /// What somebody at this node wanted to know.
    case tell(wish: UInt32, RingFinding)
    case note(RingNote)
  }

  enum Timer: Sendable { case ping, stabilise, fix }

  /// A question that waits for its answer.
  struct Waiting: Sendable {
    var ticket: UInt32
    var peer: RingContact
    var what: What

    enum What: Sendable {
      case ping
      case ask
      /// A search passed on.
      case passing(RingSearch)
      /// A search of its own.
      case wish(UInt32)
      case finger(Int)
      case join
    }
  }

  package let me: RingContact
  /// Who stands right before it; nil: not known.
  package internal(set) var before: RingContact?
  /// Its successors, the nearest first; itself when it is alone.
  package internal(set) var after: [RingContact]
  /// For each i the first node at or past its number + 2^i; empty: there are no shortcuts.
  package internal(set) var fingers: [RingContact]
  /// The keys that lie here, in their order as numbers.
  package internal(set) var keys: [UInt32] = []
  var waiting: [Waiting] = []
  var nextTicket: UInt32 = 0
  var nextFinger = 0
  /// The peer found gone last: what others still say of it is not believed.
  var gone: RingContact?
  /// Whether its predecessor has pinged since this node last looked.
  var hasHeardBefore = true
  /// Whether its keys are to be given to its successors at the next opportunity.
  var owesCopies = false

  /// A node that knows its place already.
  init(_ me: RingContact, before: RingContact?, after: [RingContact], fingers: [RingContact]) {
    self.me = me
    self.before = before
    self.after = after.isEmpty ? [me] : after
    self.fingers = fingers
  }

  /// Takes one event in and adds what is to be done to `actions`, in order.
  mutating func handle(_ input: Input, under rules: RingRules, into actions: inout [Action]) {
    switch input {
    case .begun(let phase):
      begin(phase, rules, &actions)
    case .joining(let via, let phase):
      begin(phase, rules, &actions)
      let ticket = wait(for: via, .join, rules.patience * 20, &actions)
      pass(RingSearch(key: me.id, asker: me, ticket: ticket), to: via, rules, &actions)
    case .received(let message, let peer):
      if gone == peer { gone = nil }
      receive(message, from: peer, rules, &actions)
    case .silent(let ticket):
      guard let index = waiting.firstIndex(where: { $0.ticket == ticket }) else { return }
      missed(waiting.remove(at: index), rules, &actions)
    case .due(let timer):
      act(at: timer, rules, &actions)
    case .asked(let key, let wish):
      let ticket = wait(for: me, .wish(wish), rules.patience * 200, &actions)
      search(key, ticket, rules, &actions)
    }
  }

  private mutating func begin(_ phase: Double, _ rules: RingRules, _ actions: inout [Action]) {
    guard !rules.isFrozen else { return }
    actions.append(.wake(.ping, after: Int(phase * Double(rules.pingEvery))))
    actions.append(.wake(.stabilise, after: Int(phase * Double(rules.stabiliseEvery))))
    if rules.usesFingers { actions.append(.wake(.fix, after: Int(phase * Double(rules.fixEvery)))) }
  }

  private mutating func receive(_ message: RingMessage, from peer: RingContact, _ rules: RingRules, _ actions: inout [Action]) {
    switch message {
    case .find(let search, let hop):
      actions.append(.send(.heard(hop: hop), to: peer))
      route(search, rules, &actions)
    case .heard(let hop), .pong(let hop):
      _ = answered(hop)
    case .found(let ticket, let finding):
      conclude(ticket, finding, rules, &actions)
    case .ping(let ticket):
      if peer == before { hasHeardBefore = true }
      actions.append(.send(.pong(ticket), to: peer))
    case .ask(let ticket):
      actions.append(.send(.neighbours(ticket, before: before, after: after), to: peer))
    case .neighbours(let ticket, let before, let after):
      guard answered(ticket) != nil else { return }
      learn(from: peer, before: before, after: after, rules, &actions)
    case .notify:
      meet(peer, rules, &actions)
    case .keep(let more):
      keep(more)
    }
  }

  // MARK: Searching

  /// Begins a search of its own for `key`; the answer comes to the question `ticket`.
  mutating func search(_ key: UInt32, _ ticket: UInt32, _ rules: RingRules, _ actions: inout [Action]) {
    route(RingSearch(key: key, asker: me, ticket: ticket), rules, &actions)
  }

  /// Whether it owns `key`: the numbers behind its predecessor, up to its own, are its.
  func owns(_ key: UInt32, _ rules: RingRules) -> Bool {
    if let before { rules.isBehind(key, before.id, upTo: me.id) } else { after.first == me }
  }

  /// Answers a search, or passes it on.
  private mutating func route(_ search: RingSearch, _ rules: RingRules, _ actions: inout [Action]) {
    if search.isForOwner || owns(search.key, rules) {
      return answer(search, owner: me, rules, &actions)
    }
    guard Int(search.hops) < RingLimits().hopsMax, let (next, isOwner) = nextHop(to: search.key, rules, not: search.gone) else {
      return answer(search, owner: nil, rules, &actions)
    }
    var search = search
    search.isForOwner = isOwner
    search.hops += 1
    pass(search, to: next, rules, &actions)
  }

  /// Whom to ask next for `key`, and whether that is its owner as far as this node knows; nil: nobody is left.
  func nextHop(to key: UInt32, _ rules: RingRules, not gone: [RingContact]) -> (RingContact, isOwner: Bool)? {
    // Without shortcuts a search goes from neighbour to neighbour; the rest of the list is there for the day the first is gone.
    guard rules.usesFingers else {
      guard let next = after.first(where: { $0 != me && !gone.contains($0) }) else { return nil }
      return (next, rules.isBehind(key, me.id, upTo: next.id))
    }
    var best: RingContact?
    var bestDistance: UInt32 = 0
    for contact in after where contact != me && !gone.contains(contact) {
      if rules.isBehind(key, me.id, upTo: contact.id) { return (contact, true) }
      (best, bestDistance) = (contact, rules.distance(me.id, contact.id))
    }
    let goal = rules.distance(me.id, key)
    for finger in fingers.reversed() {
      let distance = rules.distance(me.id, finger.id)
      if distance > bestDistance, distance < goal, !gone.contains(finger) {
        (best, bestDistance) = (finger, distance)
        // The farthest comes first, unless a shortcut is wrong.
        if gone.isEmpty { break }
      }
    }
    return best.map { ($0, false) }
  }

  private mutating func pass(_ search: RingSearch, to next: RingContact, _ rules: RingRules, _ actions: inout [Action]) {
    let hop = wait(for: next, .passing(search), rules.patience, &actions)
    actions.append(.send(.find(search, hop: hop), to: next))
  }

  private mutating func answer(_ search: RingSearch, owner: RingContact?, _ rules: RingRules, _ actions: inout [Action]) {
    let finding = RingFinding(
      key: search.key, owner: owner, hops: Int(search.hops), silences: search.gone.count, isThere: owner != nil && holds(search.key))
    if search.asker == me {
      conclude(search.ticket, finding, rules, &actions)
    } else {
      actions.append(.send(.found(ticket: search.ticket, finding), to: search.asker))
    }
  }

  /// A search of its own has come to an end.
  private mutating func conclude(_ ticket: UInt32, _ finding: RingFinding, _ rules: RingRules, _ actions: inout [Action]) {
    guard let what = answered(ticket) else { return }
    switch what {
    case .wish(let wish): actions.append(.tell(wish: wish, finding))
    case .finger(let index):
      guard let owner = finding.owner, fingers.indices.contains(index), fingers[index] != owner else { return }
      actions.append(.note(.finger(index, owner, instead: fingers[index])))
      fingers[index] = owner
    case .join:
      // Whoever finds only itself has not got in.
      guard let owner = finding.owner, owner != me else { return actions.append(.note(.notJoined(me))) }
      after = [owner]
      if rules.usesFingers { fingers = [RingContact](repeating: owner, count: rules.bits) }
      actions.append(.note(.joined(before: owner)))
      ask(owner, rules, &actions)
      actions.append(.send(.notify, to: owner))
    case .ping, .ask, .passing: break
    }
  }

  // MARK: Waiting

  /// Begins to wait for an answer, and returns the question's number.
  mutating func wait(for peer: RingContact, _ what: Waiting.What, _ patience: Int, _ actions: inout [Action]) -> UInt32 {
    let ticket = nextTicket
    nextTicket &+= 1
    if waiting.count < RingLimits().waitingMax { waiting.append(Waiting(ticket: ticket, peer: peer, what: what)) }
    actions.append(.listen(ticket, for: patience))
    return ticket
  }

  private mutating func answered(_ ticket: UInt32) -> Waiting.What? {
    guard let index = waiting.firstIndex(where: { $0.ticket == ticket }) else { return nil }
    let what = waiting[index].what
    waiting.swapAt(index, waiting.count - 1)
    waiting.removeLast()
    return what
  }

  /// Nobody answered.
  private mutating func missed(_ question: Waiting, _ rules: RingRules, _ actions: inout [Action]) {
    switch question.what {
    case .ping, .ask:
      forget(question.peer, rules, &actions)
    case .passing(var search):
      forget(question.peer, rules, &actions)
      search.gone.append(question.peer)
      // It did not get there.
      search.hops -= search.hops > 0 ? 1 : 0
      search.isForOwner = false
      route(search, rules, &actions)
    case .wish(let wish):
      actions.append(.tell(wish: wish, RingFinding(key: 0, owner: nil, hops: 0, silences: 0, isThere: false)))
    case .finger: break
    case .join:
      actions.append(.note(.notJoined(question.peer)))
    }
  }
}
