// A swarm in virtual time, from a seed, block by block: lines have a width, messages without content take no time. What is asked of whom and
// who is served decide the production policies of the Swarm server (PiecePicker, Choker); here are only lines, neighbours, coming and going.
// Read next: SwarmOutcome.swift, what came of it.
import BitTorrent
import Swarm
import World

/// Sees what passes in a swarm.
package protocol SwarmRecording: AnyObject {
  func said(_ line: String, from: Int, to: Int, at milliseconds: Double)
  /// A peer did something on its own account; the other is whom it is about.
  func note(_ sentence: String, by: Int, about: Int?, at milliseconds: Double)
}

/// A swarm at work. Member 0 is the seed, the peers are counted from 1.
package struct SwarmSimulation {
  private enum Event {
    case arrives(Int)
    case leaves(Int)
    case round(Int)
    /// A block has left its sender.
    case sent(from: Int, link: Int, BlockIndex)
    /// A block is there.
    case came(to: Int, link: Int, BlockIndex)
  }

  /// Unit: ticks per second.
  static let ticks = 10_000.0

  package let rules: SwarmRules
  let members: [SwarmMember]
  let limits = SwarmModelLimits()
  /// Blocks that arrived.
  package private(set) var blocks = 0
  /// Blocks that arrived and were not needed any more.
  package private(set) var wasted = 0
  private let sizes: PieceSizes
  private var queue = TickQueue<Event>()
  private var chance: SeededRandom
  private var lastBlock = 0
  private var missing: Int
  private let recording: (any SwarmRecording)?

  /// A swarm that begins; nil: it is larger than the limits allow, or no swarm.
  package init?(_ rules: SwarmRules, seed: UInt64, recording: (any SwarmRecording)? = nil) {
    guard !rules.peers.isEmpty, rules.peers.count <= limits.peersMax, rules.pieceCount > 0, rules.pieceCount <= limits.piecesMax, rules.seedUpload > 0,
      rules.fileLength / BlockRequest.lengthMax * rules.peers.count <= limits.blocksMax, rules.neighbours > 0, rules.depth > 0,
      rules.peers.allSatisfy({ $0.line.download > 0 && $0.line.upload >= 0 }),
      let sizes = PieceSizes(pieceLength: rules.pieceLength, totalLength: rules.fileLength)
    else { return nil }
    self.rules = rules
    self.sizes = sizes
    self.recording = recording
    var chance = SeededRandom(seed: seed).derived("swarm")
    let source = Distribution.Line(upload: rules.seedUpload, download: 1)
    members = [SwarmMember(0, line: source, isFreeRider: false, isSeed: true, sizes: sizes, rules: rules, using: &chance)]
      + rules.peers.enumerated().map { SwarmMember($0 + 1, line: $1.line, isFreeRider: $1.isFreeRider, isSeed: false, sizes: sizes, rules: rules, using: &chance) }
    self.chance = chance
    missing = rules.peers.count
    queue.add(.arrives(0), after: 0)
    for (index, peer) in rules.peers.enumerated() {
      queue.add(.arrives(index + 1), after: Self.ticks(peer.arrives))
      if let leaves = peer.leaves { queue.add(.leaves(index + 1), after: Self.ticks(leaves)) }
    }
    if case .at(let time)? = rules.seedLeaves { queue.add(.leaves(0), after: Self.ticks(time)) }
  }

  /// Lets time pass until everybody who stays has everything, or nothing moves any more.
  package mutating func run() {
    let end = Self.ticks(limits.timeMax)
    let quiet = Self.ticks(limits.quietMax)
    while missing > 0, let event = queue.next(before: end) {
      switch event {
      case .arrives(let number): arrive(members[number])
      case .leaves(let number): leave(members[number])
      case .round(let number): round(of: members[number])
      case .sent(let number, let link, let block): sent(members[number], link, block)
      case .came(let number, let link, let block): came(to: members[number], link, block)
      }
      if queue.now - lastBlock > quiet, !awaitsArrivals { break }
    }
  }

  /// Unit: seconds.
  package var now: Double { Double(queue.now) / Self.ticks }

  private var awaitsArrivals: Bool { rules.peers.contains { Self.ticks($0.arrives) > queue.now } }
  private static func ticks(_ seconds: Double) -> Int { Int((seconds * ticks).rounded(.up)) }
  private func instant(_ tick: Int) -> Instant { Instant.simulationStart.advanced(by: .microseconds(tick * 100)) }

  // MARK: Coming and going

  private mutating func arrive(_ member: SwarmMember) {
    member.isHere = true
    member.arrived = queue.now
    lastBlock = queue.now
    findNeighbours(for: member)
    // Not all do their rounds at the same moment; the seed begins at once.
    let phase = member.isSeed ? 1 : Int.random(in: 1...Self.ticks(Double(rules.slots.round.components.seconds)), using: &chance)
    if !member.isFreeRider { queue.add(.round(member.number), after: phase) }
  }

  /// Neighbours at random, as a tracker names them.
  private mutating func findNeighbours(for member: SwarmMember) {
    let candidates = members.filter { $0.isHere && $0 !== member && member.linkTo[$0.number] == nil }
    guard !candidates.isEmpty else { return }
    var left = candidates.indices.map { $0 }
    while member.linkTo.count < rules.neighbours, !left.isEmpty {
      let place = Int.random(in: 0..<left.count, using: &chance)
      let other = candidates[left[place]]
      left.swapAt(place, left.count - 1)
      left.removeLast()
      if other.linkTo.count < rules.neighbours * 2 { connect(member, other) }
    }
  }

  private mutating func connect(_ a: SwarmMember, _ b: SwarmMember) {
    let (first, second) = (a.links.count, b.links.count)
    a.links.append(SwarmLink(peer: b.number, mirror: second, joined: queue.now, isCountedAsSeed: b.isComplete))
    b.links.append(SwarmLink(peer: a.number, mirror: first, joined: queue.now, isCountedAsSeed: a.isComplete))
    a.linkTo[b.number] = first
    b.linkTo[a.number] = second
    introduce(b, to: a, first)
    introduce(a, to: b, second)
    if a.links[first].wanted > 0 { fillSlots(of: b) }
    if b.links[second].wanted > 0 { fillSlots(of: a) }
  }

  /// `member` hears what `other` has.
  private mutating func introduce(_ other: SwarmMember, to member: SwarmMember, _ link: Int) {
    if other.isComplete { member.picker.seedJoined() }
    for piece in 0..<sizes.count where other.has[piece] {
      if !other.isComplete { member.picker.gained(piece, using: &chance) }
      if !member.has[piece] { member.links[link].wanted += 1 }
    }
    if member.links[link].wanted > 0 { recording?.said("INTERESTED", from: member.number, to: other.number, at: milliseconds) }
  }

  private mutating func leave(_ member: SwarmMember) {
    guard member.isHere else { return }
    member.isHere = false
    if !member.isSeed, member.done == nil { missing -= 1 }
    recording?.note("leaves the swarm with \(member.hasCount) of \(sizes.count) pieces", by: member.number, about: nil, at: milliseconds)
    for index in member.links.indices where member.links[index].isOpen {
      let other = members[member.links[index].peer]
      let mirror = member.links[index].mirror
      if other.links[mirror].isCountedAsSeed {
        other.picker.seedLeft()
      } else {
        for piece in 0..<sizes.count where member.has[piece] { other.picker.lost(piece, using: &chance) }
      }
      other.picker.released(other.links[mirror].asked, by: member.number)
      other.choker.left(member.number)
      other.links[mirror].isOpen = false
      other.links[mirror].isServed = false
      other.links[mirror].asked = []
      other.links[mirror].queue = []
      other.linkTo[member.number] = nil
      member.links[index].isOpen = false
      fillSlots(of: other)
      refill(other)
    }
    member.linkTo = [:]
  }

  // MARK: Who is served

  private mutating func round(of member: SwarmMember) {
    guard member.isHere else { return }
    queue.add(.round(member.number), after: Self.ticks(Double(rules.slots.round.components.seconds)))
    if member.linkTo.count < rules.neighbours / 2 { findNeighbours(for: member) }
    let decisions = member.choker.round(candidates(of: member), aim: member.isComplete ? .seeding : .downloading, at: instant(queue.now), using: &chance)
    for index in member.links.indices {
      member.links[index].cameSinceRound = 0
      member.links[index].wentSinceRound = 0
    }
    // Those who lose their slots first, so that what they had asked for is free for others.
    for decision in decisions where decision.verdict == .choke { choke(decision.peer, by: member, decision.reason) }
    for decision in decisions where decision.verdict == .unchoke { serve(decision.peer, by: member, decision.reason) }
  }

  /// Slots that are free are given at once.
  private mutating func fillSlots(of member: SwarmMember) {
    guard member.isHere, !member.isFreeRider, member.hasFreeSlot else { return }
    for decision in member.choker.fill(candidates(of: member)) { serve(decision.peer, by: member, decision.reason) }
  }

  private func candidates(of member: SwarmMember) -> [ChokeCandidate] {
    var candidates: [ChokeCandidate] = []
    // Each link is looked at where it stands: a copy would hold on to its queues.
    for index in member.links.indices where member.links[index].isOpen {
      let isInterested = members[member.links[index].peer].links[member.links[index].mirror].wanted > 0
      guard isInterested || member.links[index].isServing else { continue }
      var candidate = ChokeCandidate(member.links[index].peer, joined: instant(member.links[index].joined))
      candidate.isInterested = isInterested
      candidate.isUnchoked = member.links[index].isServing
      candidate.cameSinceRound = member.links[index].cameSinceRound
      candidate.wentSinceRound = member.links[index].wentSinceRound
      candidate.unchokedAt = member.links[index].servedSince.map { instant($0) }
      candidate.chokedAt = member.links[index].chokedSince.map { instant($0) }
      candidate.wentSinceUnchoke = member.links[index].wentSinceServing
      candidates.append(candidate)
    }
    return candidates
  }

  private mutating func choke(_ peer: Int, by member: SwarmMember, _ reason: String) {
    guard let index = member.linkTo[peer] else { return }
    let (other, mirror) = (members[peer], member.links[index].mirror)
    recording?.note(reason, by: member.number, about: peer, at: milliseconds)
    recording?.said("CHOKE", from: member.number, to: peer, at: milliseconds)
    let given = member.links[index].queue
    member.links[index].isServing = false
    member.links[index].chokedSince = queue.now
    member.links[index].queue = []
    other.links[mirror].isServed = false
    // What is on its way still comes.
    other.links[mirror].asked.removeAll { given.contains($0) }
    other.picker.released(given, by: member.number)
    refill(other)
  }

  private mutating func serve(_ peer: Int, by member: SwarmMember, _ reason: String) {
    guard let index = member.linkTo[peer] else { return }
    let (other, mirror) = (members[peer], member.links[index].mirror)
    recording?.note(reason, by: member.number, about: peer, at: milliseconds)
    recording?.said("UNCHOKE", from: member.number, to: peer, at: milliseconds)
    member.links[index].isServing = true
    member.links[index].servedSince = queue.now
    member.links[index].wentSinceServing = 0
    other.links[mirror].isServed = true
    refill(other, mirror)
  }

  // MARK: Blocks

  /// Asks every neighbour that serves `member` for as much as it may.
  private mutating func refill(_ member: SwarmMember) {
    guard member.isHere, !member.isComplete else { return }
    for index in member.links.indices where member.links[index].isServed { refill(member, index) }
  }

  private mutating func refill(_ member: SwarmMember, _ link: Int) {
    let asked = member.links[link].asked.count
    guard member.links[link].isServed, member.links[link].wanted > 0, asked <= rules.depth / 2 else { return }
    let other = members[member.links[link].peer]
    var supplier = Supplier(other.number)
    supplier.isIdle = asked == 0
    let offered = other.has
    let blocks = member.picker.pick(rules.depth - asked, of: supplier, begunMax: Self.begunMax, offers: { offered[$0] }, using: &chance)
    guard !blocks.isEmpty else { return }
    if let recording {
      for block in blocks {
        if block.number == 0 {
          recording.note("chooses piece \(block.piece) that \(member.picker.availability(of: block.piece)) of its \(member.linkTo.count) neighbours have", by: member.number, about: other.number, at: milliseconds)
        }
        recording.said("REQUEST \(block.piece) block \(block.number)", from: member.number, to: other.number, at: milliseconds)
      }
    }
    member.links[link].asked += blocks
    other.links[member.links[link].mirror].queue += blocks
    send(from: other)
  }

  /// Most pieces a peer has under way. Past it: the picker finishes some first.
  private static var begunMax: Int { 40 }

  /// Sends the next block, each neighbour in its turn.
  private mutating func send(from member: SwarmMember) {
    guard !member.isSending, member.isHere, member.upload > 0 else { return }
    let count = member.links.count
    for step in 0..<count {
      let index = (member.turn + step) % count
      guard !member.links[index].queue.isEmpty else { continue }
      let block = member.links[index].queue.removeFirst()
      member.turn = index + 1
      member.isSending = true
      queue.add(.sent(from: member.number, link: index, block), after: Self.ticks(Self.blockBits / member.upload))
      return
    }
  }

  private static var blockBits: Double { Double(BlockRequest.lengthMax) * 8 }

  private mutating func sent(_ member: SwarmMember, _ link: Int, _ block: BlockIndex) {
    member.isSending = false
    guard member.isHere else { return }
    member.sentBlocks += 1
    member.links[link].wentSinceRound += Int64(BlockRequest.lengthMax)
    member.links[link].wentSinceServing += Int64(BlockRequest.lengthMax)
    if member.links[link].isOpen {
      let other = members[member.links[link].peer]
      // Its line takes in one block after the other.
      other.busyUntil = max(queue.now, other.busyUntil + Self.ticks(Self.blockBits / other.download))
      queue.add(.came(to: other.number, link: member.links[link].mirror, block), after: other.busyUntil - queue.now)
    }
    if member.isSeed, case .afterCopies(let copies)? = rules.seedLeaves, Double(member.sentBlocks * BlockRequest.lengthMax) >= copies * Double(rules.fileLength) {
      // What has left it still arrives.
      queue.add(.leaves(0), after: Self.ticks(1))
      return
    }
    send(from: member)
  }

  private mutating func came(to member: SwarmMember, _ link: Int, _ block: BlockIndex) {
    guard member.isHere else { return }
    blocks += 1
    lastBlock = queue.now
    let sender = member.links[link].peer
    member.links[link].cameSinceRound += Int64(BlockRequest.lengthMax)
    if let place = member.links[link].asked.firstIndex(of: block) { member.links[link].asked.remove(at: place) }
    recording?.said("PIECE \(block.piece) block \(block.number)", from: sender, to: member.number, at: milliseconds)
    switch member.picker.arrived(block, from: sender) {
    case .superfluous: wasted += 1
    case .taken(let others, let completes):
      for other in others { cancel(block, of: member, at: other) }
      if completes {
        member.picker.kept(block.piece)
        gained(block.piece, member)
      }
    }
    refill(member, link)
  }

  /// Nobody needs to send this block to `member` any more.
  private mutating func cancel(_ block: BlockIndex, of member: SwarmMember, at peer: Int) {
    guard let link = member.linkTo[peer] else { return }
    let other = members[peer]
    let mirror = member.links[link].mirror
    guard let place = other.links[mirror].queue.firstIndex(of: block) else { return }
    other.links[mirror].queue.remove(at: place)
    member.links[link].asked.removeAll { $0 == block }
    refill(member, link)
  }

  private mutating func gained(_ piece: Int, _ member: SwarmMember) {
    member.has[piece] = true
    member.hasCount += 1
    recording?.note("has piece \(piece), \(member.hasCount) of \(sizes.count)", by: member.number, about: nil, at: milliseconds)
    if case .whenCopied? = rules.seedLeaves, members[0].isHere, (0..<sizes.count).allSatisfy({ piece in members.contains { $0.isHere && !$0.isSeed && $0.has[piece] } }) {
      queue.add(.leaves(0), after: 0)
    }
    for index in member.links.indices where member.links[index].isOpen {
      let other = members[member.links[index].peer]
      let mirror = member.links[index].mirror
      other.picker.gained(piece, using: &chance)
      if other.has[piece] {
        member.links[index].wanted -= 1
      } else {
        other.links[mirror].wanted += 1
        recording?.said("HAVE \(piece)", from: member.number, to: other.number, at: milliseconds)
        if other.links[mirror].wanted == 1 {
          recording?.said("INTERESTED", from: other.number, to: member.number, at: milliseconds)
          fillSlots(of: member)
        }
        if other.links[mirror].isServed { refill(other, mirror) }
      }
    }
    guard member.isComplete else { return }
    member.done = queue.now
    missing -= 1
    recording?.note("has everything", by: member.number, about: nil, at: milliseconds)
    if let stays = rules.staysFor { queue.add(.leaves(member.number), after: Self.ticks(stays)) }
  }

  private var milliseconds: Double { Double(queue.now) / Self.ticks * 1_000 }
}
