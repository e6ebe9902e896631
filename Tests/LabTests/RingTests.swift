// The ring: correct always, quick with shortcuts, whole again after peers left; its numbers against those of the Chord paper.
@testable import Lab
import TestKit
import Testing
import World

@Suite("Ring")
struct RingTests {
  /// A ring with these numbers of 5 bits.
  private func ring(_ ids: [UInt32], bits: Int = 5, seed: UInt64 = 1, _ change: (inout RingRules) -> Void = { _ in }) -> RingSimulation {
    var rules = RingRules()
    rules.bits = bits
    change(&rules)
    return RingSimulation(ids: ids, rules: rules, seed: seed)
  }

  @Test("a key belongs to the first node at or past it", arguments: [(0, 1), (1, 1), (2, 4), (11, 12), (12, 12), (29, 1), (31, 1)] as [(UInt32, UInt32)])
  func owners(_ key: UInt32, _ owner: UInt32) {
    for shortcuts in [false, true] {
      var ring = ring([1, 4, 7, 12, 15, 20, 27]) { $0.usesFingers = shortcuts }
      let wishes = ring.nodes.indices.map { ring.ask(key, at: $0) }
      ring.settle(atMost: 60_000)
      for wish in wishes { #expect(ring.findings[wish]?.owner?.id == owner, "from n\(ring.nodes[wish].me.id)") }
      #expect(ring.rightfulOwner(of: key)?.id == owner)
    }
  }

  @Test("from neighbour to neighbour: as many hops as nodes are passed")
  func neighbours() {
    var ring = ring([1, 4, 7, 12, 15, 20, 27]) { $0.usesFingers = false }
    let wishes = [(UInt32(13), 0, 4), (4, 0, 1), (30, 0, 0), (1, 0, 0), (3, 6, 2)].map { key, place, hops in (ring.ask(key, at: place), hops) }
    ring.settle(atMost: 60_000)
    for (wish, hops) in wishes { #expect(ring.findings[wish]?.hops == hops) }
  }

  @Test("shortcuts are the first nodes at or past a power of two ahead")
  func shortcuts() {
    let ring = ring([1, 4, 7, 12, 15, 20, 27])
    #expect(ring.nodes[0].fingers.map(\.id) == [4, 4, 7, 12, 20])
    #expect(ring.nodes[6].fingers.map(\.id) == [1, 1, 1, 4, 12])
    #expect(ring.nodes[6].before?.id == 20 && ring.nodes[6].after.map(\.id) == [1, 4])
  }

  @Test("hops: N/2 without shortcuts, ½ log₂ N and one with them", .spec("Chord", "6.3"), arguments: [(1_000, 5.83), (4_096, 6.81)])
  func hops(_ count: Int, _ expected: Double) {
    let quick = RingExperiment.failures(nodes: count, successors: 1, share: 0, searches: 10_000, seed: 7)
    #expect(abs(quick.meanHops - expected) < 0.3 && quick.right == quick.searches, "\(quick.meanHops)")
    var slow = ring(RingSimulation.ids(count / 4, bits: 32, seed: 7), bits: 32) { ($0.usesFingers, $0.isFrozen) = (false, true) }
    let plain = RingExperiment.searches(2_000, in: &slow, seed: 7)
    #expect(abs(plain.meanHops / (Double(count / 4) / 2) - 1) < 0.08 && plain.right == plain.searches, "\(plain.meanHops)")
  }

  /// Failed share, mean path and timeouts in the paper, the same in an independent model.
  static let table: [(Double, Double, Double, Double, Double)] = [
    (0, 3.84, 0, 3.84, 0), (0.1, 4.03, 0.60, 3.98, 0.34), (0.2, 4.22, 1.17, 4.17, 0.87), (0.3, 4.44, 2.02, 4.47, 1.73), (0.4, 4.69, 3.23, 4.73, 2.75),
    (0.5, 5.09, 5.10, 5.36, 5.07),
  ]

  @Test("a share of 1,000 nodes fails at once, twenty successors each", .spec("Chord", "6.4"), arguments: table)
  func failures(_ share: Double, _ path: Double, _ timeouts: Double, _ otherPath: Double, _ otherTimeouts: Double) {
    // The mean of several rings, since which nodes fail matters.
    let runs = (0..<5).map { RingExperiment.failures(nodes: 1_000, successors: 20, share: share, searches: 1_000, seed: 100 + $0) }
    let (hops, silences) = (runs.reduce(0) { $0 + $1.meanHops } / 5, runs.reduce(0) { $0 + $1.meanSilences } / 5)
    #expect(hops > min(path, otherPath) - 0.3 && hops < max(path, otherPath) + 0.3, "\(share): \(hops) hops")
    #expect(silences > min(timeouts, otherTimeouts) - 0.5 && silences < max(timeouts, otherTimeouts) + 0.5, "\(share): \(silences) timeouts")
    #expect(runs.allSatisfy { $0.right == $0.searches })
  }

  @Test("keys lie unevenly: with 50 a node, one node of a hundred has ln 100 times the mean")
  func load() {
    var ring = ring(RingSimulation.ids(10_000, bits: 32, seed: 3), bits: 32) { $0.usesFingers = false }
    ring.place(RingSimulation.ids(500_000, bits: 32, seed: 4))
    let load = RingExperiment.load(of: ring)
    #expect(load.mean == 50 && abs(Double(load.percentile99) / 50 - 4.6) < 0.4 && Double(load.max) / 50 > 6.5, "\(load)")
  }

  @Test("a node leaves without a word: its neighbours mend the ring, step by step")
  func leaving() {
    var ring = ring([1, 4, 7, 12, 15, 20, 27])
    let log = NoteLog()
    ring.run(for: 60_000)
    ring.record(into: log)
    ring.remove(at: 3)
    #expect(ring.brokenLinks == 1)
    let isWhole1 = ring.mend(atMost: 60_000)
    #expect(isWhole1)
    // Twelve was the first successor of seven; nothing else can be known before a ping is missed.
    #expect(ring.nodes[2].after.first?.id == 15)
    ring.run(for: 90_000)
    #expect(ring.nodes[2].after.map(\.id) == [15, 20] && ring.nodes[1].after.map(\.id) == [7, 15] && ring.nodes[4].before?.id == 7)
    #expect(log.lines.contains("n7 takes n15 as first successor, because n12 did not answer"), "\(log.lines)")
    #expect(log.lines.contains("n4 has n7 n15 as successors, as the first one told"), "\(log.lines)")
    #expect(log.lines.contains { $0.hasPrefix("n15 takes n7 as predecessor") }, "\(log.lines)")
    #expect(ring.nodes.indices.allSatisfy { place in !ring.isAlive[place] || !ring.nodes[place].fingers.contains { $0.id == 12 } || place > 4 })
  }

  @Test("two successors survive one leaver, not two; three survive two", arguments: [(1, 1, false), (2, 1, true), (2, 2, false), (3, 2, true), (4, 3, true)])
  func lists(_ successors: Int, _ leavers: Int, _ isMended: Bool) {
    // Without shortcuts nothing but the list leads on.
    var ring = ring([1, 4, 7, 12, 15, 20, 27]) { ($0.successorsMax, $0.usesFingers) = (successors, false) }
    ring.run(for: 40_000)
    for place in 3..<(3 + leavers) { ring.remove(at: place) }
    let isWhole2 = ring.mend(atMost: 600_000)
    #expect(isWhole2 == isMended)
  }

  @Test("a node joins between two, and gets the keys that are its own now")
  func joining() throws {
    var ring = ring([1, 4, 7, 12, 20, 27])
    ring.place([13, 14, 15, 16, 20])
    let place = ring.join(15, via: 0)
    let isWhole3 = ring.mend(atMost: 120_000)
    #expect(isWhole3)
    ring.run(for: 60_000)
    #expect(ring.nodes[place].keys == [13, 14, 15] && ring.nodes[4].keys == [16, 20])
    #expect(ring.nodes[place].before?.id == 12 && ring.nodes[place].after.map(\.id) == [20, 27])
    let wish = ring.ask(14, at: 1)
    ring.settle(atMost: 10_000)
    let finding = try #require(ring.findings[wish])
    #expect(finding.owner?.id == 15 && finding.isThere)
  }

  @Test("keys with replicas survive as many leavers as there are copies")
  func replicas() {
    for replicas in 1...3 {
      var ring = ring([1, 4, 7, 12, 15, 20, 27]) { ($0.replicas, $0.successorsMax) = (replicas, 4) }
      let keys: [UInt32] = [9, 10, 11, 12]
      ring.place(keys)
      ring.run(for: 40_000)
      for leaver in 3..<6 {
        ring.remove(at: leaver)
        // Between two leavers there is time to copy.
        ring.run(for: 120_000)
      }
      #expect(ring.lostKeys(of: keys).isEmpty == (replicas > 1), "\(replicas) replicas")
      var atOnce = self.ring([1, 4, 7, 12, 15, 20, 27]) { ($0.replicas, $0.successorsMax) = (replicas, 4) }
      atOnce.place(keys)
      for leaver in 3..<5 { atOnce.remove(at: leaver) }
      #expect(atOnce.lostKeys(of: keys).isEmpty == (replicas > 2), "\(replicas) replicas, two at once")
    }
  }

  @Test("a wrong shortcut costs hops, never the right answer; looking it up anew mends it")
  func wrongShortcut() {
    var ring = ring(RingSimulation.ids(64, bits: 16, seed: 2), bits: 16)
    let before = RingExperiment.searches(2_000, in: &ring, seed: 5)
    for place in ring.nodes.indices { for index in 10..<16 { ring.spoil(finger: index, of: place, to: (place + 2) % 64) } }
    let spoilt = RingExperiment.searches(2_000, in: &ring, seed: 5)
    #expect(spoilt.right == spoilt.searches && spoilt.meanHops > before.meanHops + 3, "\(before.meanHops) \(spoilt.meanHops)")
    ring.run(for: 300_000)
    let mended = RingExperiment.searches(2_000, in: &ring, seed: 5)
    #expect(mended.right == mended.searches && abs(mended.meanHops - before.meanHops) < 0.2, "\(mended.meanHops)")
  }

  @Test("churn: while nodes come and go, nearly every search finds the owner")
  func churn() {
    var ring = ring(RingSimulation.ids(500, bits: 32, seed: 9), bits: 32) { $0.successorsMax = 18 }
    var random = SeededRandom(seed: 9)
    var (right, all) = (0, 0)
    for _ in 0..<60 {
      let living = ring.nodes.indices.filter { ring.isAlive[$0] }
      ring.remove(at: living[Int(random.next() % UInt64(living.count))])
      let others = ring.nodes.indices.filter { ring.isAlive[$0] }
      _ = ring.join(UInt32(truncatingIfNeeded: random.next()), via: others[Int(random.next() % UInt64(others.count))])
      ring.run(for: 5_000)
      let statistics = RingExperiment.searches(50, in: &ring, seed: random.next())
      right += statistics.right
      all += statistics.searches
    }
    // Some have joined and are not known yet: what they own by right, others still answer for.
    #expect(Double(right) / Double(all) > 0.95, "\(right) of \(all)")
    let isWhole4 = ring.mend(atMost: 600_000)
    #expect(isWhole4)
  }

  @Test("the same seed, the same ring, message for message")
  func repeats() {
    let runs = (0..<2).map { _ in
      var ring = ring(RingSimulation.ids(200, bits: 32, seed: 5), bits: 32)
      ring.removeSome(20, seed: 6)
      ring.run(for: 100_000)
      return (ring.counters, RingExperiment.searches(500, in: &ring, seed: 7), ring.nodes.map(\.after))
    }
    #expect(runs[0].0 == runs[1].0 && runs[0].1 == runs[1].1 && runs[0].2 == runs[1].2)
  }

  @Test("lonely and paired nodes find their way")
  func small() {
    var alone = ring([9])
    let wish = alone.ask(3, at: 0)
    #expect(alone.findings[wish]?.owner?.id == 9)
    let second = alone.join(20, via: 0)
    let isWhole5 = alone.mend(atMost: 120_000)
    #expect(isWhole5)
    #expect(alone.nodes[0].after.first?.id == 20 && alone.nodes[second].after.first?.id == 9)
    alone.remove(at: second)
    let isWhole6 = alone.mend(atMost: 120_000)
    #expect(isWhole6)
    let later = alone.ask(20, at: 0)
    alone.settle(atMost: 60_000)
    #expect(alone.findings[later]?.owner?.id == 9)
  }

  @Test("a ring is drawn: every node, every key")
  func drawing() {
    let picture = ring([1, 4, 7, 12]).svg(keys: [3, 9], path: [1, 7])
    for name in ["n1", "n4", "n7", "n12", ">3<", ">9<", "marker-end"] { #expect(picture.contains(name)) }
    #expect(picture.hasPrefix("<svg") && picture.hasSuffix("</svg>\n"))
  }

  @Test("what a script says and does not say", arguments: [
    ("nodes 1 4 7; bits 5; find 3 from 1", nil), ("nodes 1 40; bits 5", "40"), ("bits 2", "bits 2"), ("find 3 of 1", "find 3 of 1"),
    ("dance", "dance"), ("300 nodes", "300 nodes"), ("wait 1000h", "wait"), ("successors 0", "successors 0"),
  ] as [(String, String?)])
  func scripts(_ text: String, _ slip: String?) {
    switch RingScript.read(text) {
    case .success: #expect(slip == nil)
    case .failure(let error): #expect(error.step == slip)
    }
  }

  @Test("a script does its steps and says what came of them")
  func script() throws {
    let script = try RingScript.read("nodes 1 4 7 12 15 20 27; bits 5; keys 13 26; find 13 from 1; leave 15; mend 2min; find 13 from 1; join 14 by 4; mend 2min; find 13 from 1").get()
    let said = script.outcome(seed: 3, recording: nil).said
    #expect(said.count == 7)
    #expect(said[0].hasPrefix("13 at n15 hops 2 silences 0, it is there after"), "\(said)")
    #expect(said[1] == "n15 gone, lost 13" && said[2].hasPrefix("whole again after"))
    #expect(said[3].hasPrefix("13 at n20 hops") && said[3].contains("it is not there"))
    #expect(said[4] == "n14 joins" && said[6].hasPrefix("13 at n14"))
  }
}

/// Remembers notes.
final class NoteLog: RingRecording, SwarmRecording {
  var lines: [String] = []
  var messages: [String] = []
  var hearsMessages: Bool { true }
  func sent(_ line: String, from: RingContact, to: RingContact, at: Int) { messages.append("\(from.name) \(to.name) \(line)") }
  func received(_ line: String, from: RingContact, by: RingContact, at: Int) {}
  func note(_ sentence: String, by node: RingContact, about: RingContact?, at: Int) { lines.append("\(node.name) \(sentence)") }
  func said(_ line: String, from: Int, to: Int, at milliseconds: Double) { messages.append("\(from) \(to) \(line)") }
  func note(_ sentence: String, by: Int, about: Int?, at milliseconds: Double) { lines.append("\(by) \(sentence)") }
}

@Suite("Order of a model's events")
struct TickQueueTests {
  @Test("what is due comes in the order of ticks, and of being put in", arguments: [4, 64, 1_024])
  func order(_ slots: Int) {
    var queue = TickQueue<Int>(slotCount: slots)
    var random = SeededRandom(seed: UInt64(slots))
    var expected: [(tick: Int, number: Int)] = []
    for number in 0..<2_000 {
      let delay = Int(random.next() % 300)
      queue.add(number, after: delay)
      expected.append((delay, number))
    }
    expected.sort { ($0.tick, $0.number) < ($1.tick, $1.number) }
    var got: [Int] = []
    while let next = queue.next(before: 1_000) {
      #expect(queue.now == expected[got.count].tick)
      got.append(next)
    }
    #expect(got == expected.map(\.number) && queue.count == 0 && queue.now == 1_000)
  }

  @Test("what is added for this tick comes in it; nothing comes before its time")
  func now() {
    var queue = TickQueue<String>(slotCount: 8)
    queue.add("a", after: 3)
    queue.add("late", after: 30)
    #expect(queue.next(before: 3) == nil && queue.now == 3 && queue.next(before: 4) == "a")
    queue.add("b", after: 0)
    #expect(queue.next(before: 4) == "b")
    #expect(queue.next(before: 30) == nil && queue.next(before: 31) == "late")
  }
}
