// Many nodes of a ring in virtual time, from a seed: messages take a while, whoever is gone gets none. 100,000 nodes are one array.
// Not here: what a node does (RingNode), tracing it (RingRecording), the experiments (RingExperiment).

import World

/// A ring at work.
package struct RingSimulation {
  private enum Event {
    case message(RingMessage, from: RingContact, to: UInt32)
    case silence(UInt32, at: UInt32)
    case timer(RingNode.Timer, at: UInt32)
  }

  /// What passed.
  package struct Counters: Sendable, Equatable {
    /// By the kind's number.
    fileprivate(set) var messages = [Int](repeating: 0, count: RingMessage.Kind.allCases.count)
    /// Messages to nodes that were gone.
    package fileprivate(set) var lost = 0
    package fileprivate(set) var events = 0

    package var messagesInAll: Int { messages.reduce(0, +) }
    func count(_ kind: RingMessage.Kind) -> Int { messages[kind.rawValue] }
  }

  package let rules: RingRules
  /// By place.
  package private(set) var nodes: [RingNode]
  package private(set) var isAlive: [Bool]
  package private(set) var counters = Counters()
  /// What was found out, by the wish's number; nil: not yet.
  package private(set) var findings: [RingFinding?] = []
  /// When each wish was made and fulfilled. Unit: milliseconds.
  package private(set) var wishTimes: [(asked: Int, told: Int)] = []
  /// Sees everything that passes; nil: nobody does.
  var recording: (any RingRecording)?
  private var queue = TickQueue<Event>()
  private var random: SeededRandom
  private let delaySeed: UInt32
  private var actions: [RingNode.Action] = []

  /// The time. Unit: milliseconds since the ring began.
  package var now: Int { queue.now }

  /// A ring of nodes with these numbers, each knowing its place already.
  package init(ids: [UInt32], rules: RingRules, seed: UInt64, recording: (any RingRecording)? = nil) {
    self.rules = rules
    self.recording = recording
    random = SeededRandom(seed: seed).derived("ring")
    delaySeed = UInt32(truncatingIfNeeded: random.next())
    let ids = Set(ids.map { $0 & rules.mask }).sorted()
    let contacts = ids.enumerated().map { RingContact(id: $1, place: UInt32($0)) }
    let count = contacts.count
    let listCount = min(max(1, rules.successorsMax), max(1, count - 1))
    let fingers = rules.usesFingers ? Self.fingers(of: contacts, rules) : []
    nodes = contacts.indices.map { place in
      let after = count > 1 ? (1...listCount).map { contacts[(place + $0) % count] } : []
      return RingNode(contacts[place], before: count > 1 ? contacts[(place + count - 1) % count] : nil, after: after, fingers: rules.usesFingers ? fingers[place] : [])
    }
    isAlive = [Bool](repeating: true, count: count)
    for place in nodes.indices { hand(.begun(phase: phase()), to: UInt32(place)) }
  }

  /// Numbers for so many nodes, no two alike.
  package static func ids(_ count: Int, bits: Int, seed: UInt64) -> [UInt32] {
    var rules = RingRules()
    rules.bits = bits
    var random = SeededRandom(seed: seed).derived("ring ids")
    var ids: Set<UInt32> = []
    while ids.count < min(count, Int(rules.mask)) { ids.insert(UInt32(truncatingIfNeeded: random.next()) & rules.mask) }
    return ids.sorted()
  }

  /// The shortcuts of every node: for each i one walk around the ring with two hands.
  private static func fingers(of contacts: [RingContact], _ rules: RingRules) -> [[RingContact]] {
    let count = contacts.count
    var tables = contacts.map { _ in [RingContact]() }
    for place in tables.indices { tables[place].reserveCapacity(rules.bits) }
    for index in 0..<rules.bits {
      let step = UInt32(1) << UInt32(index)
      var other = 1
      for place in 0..<count {
        other = max(other, place + 1)
        // The first at or past the start: everybody before it is nearer than the step.
        while other < place + count, rules.distance(contacts[place].id, contacts[other % count].id) < step { other += 1 }
        tables[place].append(contacts[other % count])
      }
    }
    return tables
  }

  // MARK: Doing something to it

  /// Lets time pass.
  package mutating func run(for milliseconds: Int) { run(until: now + milliseconds) { _ in false } }

  /// Lets time pass until everything that was asked has its answer, but not longer than that.
  package mutating func settle(atMost milliseconds: Int) {
    run(until: now + milliseconds) { $0.unanswered == 0 }
  }

  /// Lets time pass until every node knows the living one behind it, but not longer than that. Returns whether it came to that.
  package mutating func mend(atMost milliseconds: Int) -> Bool {
    let end = now + milliseconds
    // Looking costs as much as the ring is large.
    let step = max(10, nodes.count / 100)
    while brokenLinks > 0, now < end { run(for: min(step, end - now)) }
    return brokenLinks == 0
  }

  private mutating func run(until end: Int, or isDone: (RingSimulation) -> Bool) {
    while !isDone(self), let event = queue.next(before: end) {
      counters.events += 1
      switch event {
      case .message(let message, let sender, let place):
        guard isAlive[Int(place)] else {
          counters.lost += 1
          continue
        }
        recording?.received(message, from: sender, by: nodes[Int(place)].me, at: now)
        hand(.received(message, from: sender), to: place)
      case .silence(let ticket, let place):
        if isAlive[Int(place)] { hand(.silent(ticket), to: place) }
      case .timer(let timer, let place):
        if isAlive[Int(place)] { hand(.due(timer), to: place) }
      }
    }
  }

  /// Wishes without an answer so far.
  package private(set) var unanswered = 0

  /// Has the node at `place` search for `key`. Returns the wish's number.
  @discardableResult
  package mutating func ask(_ key: UInt32, at place: Int) -> Int {
    let wish = findings.count
    findings.append(nil)
    wishTimes.append((now, now))
    unanswered += 1
    hand(.asked(key: key & rules.mask, wish: UInt32(truncatingIfNeeded: wish)), to: UInt32(place))
    return wish
  }

  /// Puts keys on their owners, and copies behind them.
  package mutating func place(_ keys: [UInt32]) {
    let living = nodes.indices.filter { isAlive[$0] }.sorted { nodes[$0].me.id < nodes[$1].me.id }
    var shares = [[UInt32]](repeating: [], count: nodes.count)
    for key in keys.map({ $0 & rules.mask }).sorted() {
      guard let owner = Self.owner(of: key, among: living, nodes) else { continue }
      for step in 0..<min(rules.replicas, living.count) { shares[living[(owner + step) % living.count]].append(key) }
    }
    for place in living where !shares[place].isEmpty { nodes[place].keep(shares[place]) }
  }

  /// The node leaves without a word.
  package mutating func remove(at place: Int) {
    isAlive[place] = false
    recording?.note("leaves without a word", by: nodes[place].me, about: nodes[place].after.first, at: now)
  }

  /// So many living nodes leave at once, drawn from a seed.
  package mutating func removeSome(_ count: Int, seed: UInt64) {
    var random = SeededRandom(seed: seed).derived("ring leavers")
    var living = nodes.indices.filter { isAlive[$0] }
    for _ in 0..<min(count, living.count) {
      let place = Int(random.next() % UInt64(living.count))
      remove(at: living[place])
      living.swapAt(place, living.count - 1)
      living.removeLast()
    }
  }

  /// From now on `recording` sees everything that passes; nil: nobody does.
  package mutating func record(into recording: (any RingRecording)?) { self.recording = recording }

  /// A node with the number `id` joins by way of the one at `place`; returns its own place.
  package mutating func join(_ id: UInt32, via place: Int) -> Int {
    let me = RingContact(id: id & rules.mask, place: UInt32(nodes.count))
    nodes.append(RingNode(me, before: nil, after: [], fingers: []))
    isAlive.append(true)
    hand(.joining(via: nodes[place].me, phase: phase()), to: me.place)
    return Int(me.place)
  }

  /// Makes a shortcut wrong.
  package mutating func spoil(finger index: Int, of place: Int, to other: Int) {
    guard nodes[place].fingers.indices.contains(index) else { return }
    nodes[place].fingers[index] = nodes[other].me
    recording?.note("has a wrong shortcut \(index), to \(nodes[other].me.name)", by: nodes[place].me, about: nodes[other].me, at: now)
  }

  /// Has the tables of a node noted.
  package mutating func show(_ place: Int) {
    let node = nodes[place]
    let tables = "has successors \(node.after.map(\.name).joined(separator: " "))" + (node.fingers.isEmpty ? "" : " and shortcuts \(node.fingers.map(\.name).joined(separator: " "))")
    recording?.note(tables, by: node.me, about: node.after.first, at: now)
  }

  // MARK: Asking about it

  /// Where the living node with this number is; nil: nowhere.
  package func place(of id: UInt32) -> Int? { nodes.indices.first { isAlive[$0] && nodes[$0].me.id == id } }

  /// Who owns `key` by right: the first living node at or past it.
  package func rightfulOwner(of key: UInt32) -> RingContact? {
    nodes.indices.lazy.filter { isAlive[$0] }.map { nodes[$0].me }.min { rules.distance(key, $0.id) < rules.distance(key, $1.id) }
  }

  /// How many different nodes the shortcuts of a living node lead to, on average.
  package var meanContacts: Double {
    let living = nodes.indices.filter { isAlive[$0] }
    return living.isEmpty ? 0 : Double(living.reduce(0) { $0 + Set(nodes[$1].fingers).count }) / Double(living.count)
  }

  /// Keys that no living node has.
  package func lostKeys(of keys: [UInt32]) -> [UInt32] {
    var found: Set<UInt32> = []
    for place in nodes.indices where isAlive[place] { found.formUnion(nodes[place].keys) }
    return keys.map { $0 & rules.mask }.filter { !found.contains($0) }
  }

  /// Whether every living node knows the living one behind it.
  package var isWhole: Bool { brokenLinks == 0 }

  /// Living nodes whose first successor is not the living one behind them.
  package var brokenLinks: Int {
    let living = nodes.indices.filter { isAlive[$0] }.sorted { nodes[$0].me.id < nodes[$1].me.id }
    guard living.count > 1 else { return 0 }
    return living.indices.count { nodes[living[$0]].after.first != nodes[living[($0 + 1) % living.count]].me }
  }

  /// The place in `living`, which is in the order of the circle, of the first node at or past `key`.
  private static func owner(of key: UInt32, among living: [Int], _ nodes: [RingNode]) -> Int? {
    guard !living.isEmpty else { return nil }
    var (low, high) = (0, living.count)
    while low < high {
      let middle = (low + high) / 2
      if nodes[living[middle]].me.id < key { low = middle + 1 } else { high = middle }
    }
    return low % living.count
  }

  // MARK: The network

  private mutating func phase() -> Double { random.share() }

  /// How long a message takes between two places: 10 to 80 ms, the same both ways.
  private func delay(_ a: UInt32, _ b: UInt32) -> Int {
    var mixed = (min(a, b) &* 0x9E37_79B1) ^ (max(a, b) &* 0x85EB_CA77) ^ delaySeed
    mixed = (mixed ^ (mixed >> 15)) &* 0x2C1B_3C6D
    mixed ^= mixed >> 12
    return 10 + Int(mixed % 71)
  }

  private mutating func hand(_ input: RingNode.Input, to place: UInt32) {
    actions.removeAll(keepingCapacity: true)
    nodes[Int(place)].handle(input, under: rules, into: &actions)
    guard !actions.isEmpty else { return }
    let me = nodes[Int(place)].me
    for action in actions {
      switch action {
      case .send(let message, let peer):
        counters.messages[message.kind.rawValue] += 1
        recording?.sent(message, from: me, to: peer, at: now)
        queue.add(.message(message, from: me, to: peer.place), after: delay(place, peer.place))
      case .listen(let ticket, let patience):
        queue.add(.silence(ticket, at: place), after: patience)
      case .wake(let timer, let wait):
        queue.add(.timer(timer, at: place), after: wait)
      case .tell(let wish, let finding):
        guard findings.indices.contains(Int(wish)), findings[Int(wish)] == nil else { continue }
        findings[Int(wish)] = finding
        wishTimes[Int(wish)].told = now
        unanswered -= 1
        recording?.note("is told: \(finding.line)", by: me, about: finding.owner, at: now)
      case .note(let note):
        recording?.note(note.sentence, by: me, about: note.peer, at: now)
      }
    }
  }
}

extension RingNote {
  /// The node it is about.
  var peer: RingContact? {
    switch self {
    case .promoted(_, let peer), .dropped(let peer), .torn(let peer), .predecessorGone(let peer), .predecessor(let peer, _), .finger(_, let peer, _),
      .joined(let peer), .notJoined(let peer), .gave(_, let peer, _):
      peer
    case .successors(let list): list.first
    }
  }
}
