// A ring in words: what it is, and what is done with it, one step after the other. `HOST runs ring "nodes 3 8 14; bits 5; find 11 from 3"`.
// Not here: the ring itself (RingSimulation), what scenarios are (Scenario/Scenario.swift).
import Settings
import World

/// What is done with one ring.
package struct RingScript: Sendable, Equatable {
  package enum Step: Sendable, Equatable {
    /// `find 11 from 3`: the node 3 searches for the key 11.
    case find(UInt32, from: UInt32)
    /// `leave 14` or `leave 14 18`: at once, without a word.
    case leave([UInt32])
    /// `join 20 by 3`: a new node, which knows the node 3.
    case join(UInt32, via: UInt32)
    /// `spoil 3 shortcut 2 to 28`: a shortcut that leads elsewhere.
    case spoil(UInt32, Int, to: UInt32)
    /// `wait 30s`
    case wait(Duration)
    /// `mend 10min`: waits until every node knows the living one behind it, but not longer than that.
    case mend(Duration)
    /// `show 3`: the node's tables, as a note of its own.
    case show(UInt32)
    /// `measure 1000`: so many searches for random keys from random nodes, which nobody records.
    case measure(Int)
  }

  package var rules = RingRules()
  /// Numbers of nodes; empty: `count` of them by chance.
  package var ids: [UInt32] = []
  package var count = 16
  package var keys: [UInt32] = []
  /// Whose messages are recorded; nil: everybody's.
  package var watched: [UInt32]?
  package var steps: [Step] = []

  package init() { rules.bits = 8 }

  /// What the words may be, for errors.
  static var words: String {
    "nodes N… | N nodes, bits N, successors N, shortcuts on|off, replicas N, keys N…, upkeep off, watch N…, find N from N, leave N…, join N by N, spoil N shortcut N to N, wait T, mend T, show N or measure N"
  }

  /// Reads steps with semicolons between them; nil with the step that is none.
  package static func read(_ text: String) -> Result<RingScript, ScriptSlip> {
    var script = RingScript()
    for part in text.split(separator: ";") {
      let words = part.split(separator: " ").map(String.init)
      guard !words.isEmpty else { continue }
      guard script.take(words) else { return .failure(ScriptSlip(step: words.joined(separator: " "), expected: Self.words)) }
    }
    return script.slip.map { .failure($0) } ?? .success(script)
  }

  /// Adds one step; false: it is none.
  private mutating func take(_ words: [String]) -> Bool {
    func numbers(_ words: ArraySlice<String>) -> [UInt32]? {
      let all = words.compactMap { UInt32($0) }
      return all.count == words.count && !all.isEmpty ? all : nil
    }
    func number(_ place: Int) -> Int? { words.indices.contains(place) ? Int(words[place]) : nil }
    switch (words[0], words.count) {
    case ("nodes", 2...):
      guard let ids = numbers(words[1...]) else { return false }
      self.ids = ids
    case (_, 2) where words[1] == "nodes":
      guard let count = number(0), (1...RingLimits().nodesMax).contains(count) else { return false }
      self.count = count
    case ("bits", 2):
      guard let bits = number(1), (3...32).contains(bits) else { return false }
      rules.bits = bits
    case ("successors", 2):
      guard let count = number(1), (1...RingLimits().successorsMax).contains(count) else { return false }
      rules.successorsMax = count
    case ("replicas", 2):
      guard let count = number(1), (1...RingLimits().successorsMax).contains(count) else { return false }
      rules.replicas = count
    case ("shortcuts", 2):
      guard words[1] == "on" || words[1] == "off" else { return false }
      rules.usesFingers = words[1] == "on"
    case ("upkeep", 2):
      guard words[1] == "off" else { return false }
      rules.isFrozen = true
    case ("keys", 2...):
      guard let keys = numbers(words[1...]) else { return false }
      self.keys = keys
    case ("watch", 2...):
      guard let watched = numbers(words[1...]) else { return false }
      self.watched = watched
    case ("find", 4):
      guard words[2] == "from", let key = UInt32(words[1]), let node = UInt32(words[3]) else { return false }
      steps.append(.find(key, from: node))
    case ("leave", 2...):
      guard let nodes = numbers(words[1...]) else { return false }
      steps.append(.leave(nodes))
    case ("join", 4):
      guard words[2] == "by", let node = UInt32(words[1]), let other = UInt32(words[3]) else { return false }
      steps.append(.join(node, via: other))
    case ("spoil", 6):
      guard words[2] == "shortcut", words[4] == "to", let node = UInt32(words[1]), let index = number(3), let other = UInt32(words[5]) else { return false }
      steps.append(.spoil(node, index, to: other))
    case ("wait", 2):
      guard let time = SettingsForm<Duration>.duration.read(words[1]) else { return false }
      steps.append(.wait(time))
    case ("mend", 2):
      guard let time = SettingsForm<Duration>.duration.read(words[1]) else { return false }
      steps.append(.mend(time))
    case ("show", 2):
      guard let node = UInt32(words[1]) else { return false }
      steps.append(.show(node))
    case ("measure", 2):
      guard let count = number(1), (1...1_000_000).contains(count) else { return false }
      steps.append(.measure(count))
    default: return false
    }
    return true
  }

  /// What does not fit together.
  private var slip: ScriptSlip? {
    let mask = rules.mask
    if let large = (ids + keys).first(where: { $0 > mask }) { return ScriptSlip(step: "\(large)", expected: "numbers of at most \(rules.bits) bits, up to \(mask)") }
    if ids.isEmpty, count > Int(mask) { return ScriptSlip(step: "\(count) nodes", expected: "at most \(mask) nodes, since their numbers have \(rules.bits) bits") }
    let times = steps.reduce(0) { sum, step in
      switch step {
      case .wait(let time), .mend(let time): sum + time.milliseconds
      default: sum
      }
    }
    return times > RingLimits().timeMax ? ScriptSlip(step: "wait", expected: "at most 40 days in all") : nil
  }

  /// Does it all. Returns what came of each step, and how long it took. Unit: milliseconds.
  package func outcome(seed: UInt64, recording: (any RingRecording)?) -> (said: [String], took: Int, svg: String) {
    var ring = RingSimulation(ids: ids.isEmpty ? RingSimulation.ids(count, bits: rules.bits, seed: seed) : ids, rules: rules, seed: seed, recording: recording)
    ring.place(keys)
    var said: [String] = []
    for step in steps {
      switch step {
      case .find(let key, let node):
        guard let place = ring.place(of: node) else {
          said.append("no n\(node)")
          continue
        }
        let wish = ring.ask(key, at: place)
        ring.settle(atMost: 600_000)
        let time = ring.wishTimes[wish]
        said.append("\(ring.findings[wish]?.line ?? "\(key) nowhere") after \(time.told - time.asked) ms")
      case .leave(let nodes):
        for node in nodes { if let place = ring.place(of: node) { ring.remove(at: place) } }
        let lost = ring.lostKeys(of: keys)
        said.append("\(nodes.map { "n\($0)" }.joined(separator: " and ")) gone, \(lost.isEmpty ? "no key lost" : "lost \(lost.map(String.init).joined(separator: " "))")")
      case .join(let node, let other):
        guard let place = ring.place(of: other), ring.place(of: node) == nil else {
          said.append("n\(node) cannot join by n\(other)")
          continue
        }
        _ = ring.join(node, via: place)
        said.append("n\(node) joins")
      case .spoil(let node, let index, let other):
        guard let place = ring.place(of: node), let target = ring.place(of: other) else {
          said.append("no n\(node) or n\(other)")
          continue
        }
        ring.spoil(finger: index, of: place, to: target)
      case .wait(let time):
        ring.run(for: time.milliseconds)
      case .mend(let time):
        let begin = ring.now
        let isWhole = ring.mend(atMost: time.milliseconds)
        said.append(isWhole ? "whole again after \(ring.now - begin) ms" : "not whole after \(ring.now - begin) ms")
      case .show(let node):
        if let place = ring.place(of: node) { ring.show(place) }
      case .measure(let count):
        ring.record(into: nil)
        let statistics = RingExperiment.searches(count, in: &ring, seed: seed)
        ring.record(into: recording)
        said.append("mean \(statistics.meanHops.short) hops of \(statistics.searches) searches")
      }
    }
    return (said, ring.now, ring.svg(keys: keys))
  }
}

/// A step of a model's script that is none.
package struct ScriptSlip: Error, Sendable, Equatable {
  package var step: String
  package var expected: String
}

extension Duration {
  /// Whole milliseconds.
  var milliseconds: Int { Int((self / .milliseconds(1)).rounded()) }
}
