// One look at a ring, from its making to its repair, told in lines: what `netstead lab ring` prints and the console shows.
// Not here: the ring (RingSimulation), the statistics (RingExperiment).

/// What is made, searched, and left.
package struct RingRun: Sendable {
  package var nodes = 1_000
  package var rules = RingRules()
  package var keys = 0
  package var searches = 1_000
  /// How many leave at once without a word.
  package var leave = 0
  package var seed: UInt64 = 1

  package init() {}

  /// What came of it.
  package struct Outcome: Sendable {
    package var lines: [String]
    package var svg: String
    package var before: RingStatistics
    package var after: RingStatistics?
    /// Nil: nobody left, or the ring was not whole again within an hour. Unit: milliseconds.
    package var repair: Int?
    package var lost: Int
    package var counters: RingSimulation.Counters
    /// Unit: milliseconds of the ring's time.
    package var took: Int
  }

  /// Does it all.
  package var outcome: Outcome {
    var ring = RingSimulation(ids: RingSimulation.ids(nodes, bits: rules.bits, seed: seed), rules: rules, seed: seed)
    let placed = RingSimulation.ids(keys, bits: rules.bits, seed: seed &+ 1)
    ring.place(placed)
    let before = RingExperiment.searches(searches, in: &ring, seed: seed)
    var lines = [line("nodes", "\(nodes)"), line("a node knows", tables(ring))]
    if searches > 0 { lines += report(before, nodes: nodes) }
    if keys > 0 {
      let load = RingExperiment.load(of: ring)
      lines.append(line("keys a node", "\(load.mean.short) on average, 99 of 100 have at most \(load.percentile99), the fullest \(load.max)"))
    }
    var outcome = Outcome(lines: [], svg: "", before: before, after: nil, repair: nil, lost: 0, counters: ring.counters, took: 0)
    if leave > 0 {
      let log = RingNotes(since: ring.now)
      ring.record(into: log)
      ring.removeSome(leave, seed: seed)
      let begin = ring.now
      let isWhole = ring.mend(atMost: 3_600_000)
      ring.record(into: nil)
      if isWhole { outcome.repair = ring.now - begin }
      outcome.lost = ring.lostKeys(of: placed).count
      lines += ["", leave == 1 ? "one node leaves without a word" : "\(leave) nodes leave without a word"] + log.lines
      lines += [isWhole ? "whole again after \((Double(ring.now - begin) / 1_000).short) s" : "not whole after an hour", ""]
      if keys > 0 { lines.append(line("keys lost", "\(outcome.lost)")) }
      if searches > 0 {
        let after = RingExperiment.searches(searches, in: &ring, seed: seed &+ 2)
        lines += report(after, nodes: nodes - leave)
        outcome.after = after
      }
    }
    lines.append(line("in all", "\(ring.counters.messagesInAll) messages, \(ring.counters.events) events, \((Double(ring.now) / 1_000).short) s of the ring's time"))
    (outcome.lines, outcome.svg, outcome.counters, outcome.took) = (lines, ring.svg(keys: placed), ring.counters, ring.now)
    return outcome
  }

  private func tables(_ ring: RingSimulation) -> String {
    "\(rules.successorsMax) successors" + (rules.usesFingers ? " and \(ring.meanContacts.short) different nodes by shortcuts" : "")
  }

  private func report(_ statistics: RingStatistics, nodes: Int) -> [String] {
    let expected = rules.usesFingers ? "½ log₂ N is \((Double(nodes).binaryLogarithm / 2).short), and one for the last step" : "N/2 is \((Double(nodes) / 2).short)"
    return [
      line("searches", "\(statistics.searches), \(statistics.right) found the rightful owner"),
      line("hops", "\(statistics.meanHops.short) on average, \(statistics.hopsMax) at most; \(expected)"),
    ] + (statistics.meanSilences > 0 ? [line("waited in vain", "\(statistics.meanSilences.short) times a search")] : [])
  }

  private func line(_ name: String, _ text: String) -> String { name + String(repeating: " ", count: max(1, 16 - name.count)) + text }
}

/// What nodes did by themselves, as lines.
package final class RingNotes: RingRecording {
  /// `+8.123 s  n21 takes n28 as first successor, because n25 did not answer`
  package private(set) var lines: [String] = []
  private let start: Int

  /// Most lines kept. Past it: the rest is left out.
  private static var linesMax: Int { 200 }

  package init(since start: Int) { self.start = start }

  package var hearsMessages: Bool { false }
  package func sent(_ line: String, from: RingContact, to: RingContact, at: Int) {}
  package func received(_ line: String, from: RingContact, by: RingContact, at: Int) {}

  package func note(_ sentence: String, by node: RingContact, about: RingContact?, at time: Int) {
    guard lines.count < Self.linesMax else { return }
    let rest = "\((time - start) % 1_000)"
    lines.append("+\((time - start) / 1_000)." + String(repeating: "0", count: 3 - rest.count) + "\(rest) s  \(node.name) \(sentence)")
  }
}
