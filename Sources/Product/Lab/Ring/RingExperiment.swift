// Experiments with a ring: searches from everywhere, a share of the nodes gone at once, one node gone and its neighbours mending the ring.
// The numbers to expect stand in Stoica and others (Chord, SIGCOMM 2001). Not here: printing and drawing them.

import World

/// What many searches came to.
package struct RingStatistics: Sendable, Equatable {
  package private(set) var searches = 0
  /// Searches that found the rightful owner.
  package private(set) var right = 0
  package private(set) var hopsSum = 0
  package private(set) var silencesSum = 0
  /// How many searches took so many hops.
  package private(set) var histogram: [Int] = []

  package var meanHops: Double { searches == 0 ? 0 : Double(hopsSum) / Double(searches) }
  package var meanSilences: Double { searches == 0 ? 0 : Double(silencesSum) / Double(searches) }
  package var hopsMax: Int { histogram.count - 1 }

  mutating func add(_ finding: RingFinding, isRight: Bool) {
    searches += 1
    if isRight { right += 1 }
    hopsSum += finding.hops
    silencesSum += finding.silences
    while histogram.count <= min(finding.hops, RingLimits().hopsMax) { histogram.append(0) }
    histogram[min(finding.hops, histogram.count - 1)] += 1
  }
}

/// Experiments.
package enum RingExperiment {
  /// Has so many searches made for random keys from random living nodes, and waits for all of them.
  package static func searches(_ count: Int, in ring: inout RingSimulation, seed: UInt64) -> RingStatistics {
    var random = SeededRandom(seed: seed).derived("ring searches")
    let living = ring.nodes.indices.filter { ring.isAlive[$0] }
    let ids = living.map { ring.nodes[$0].me.id }.sorted()
    var statistics = RingStatistics()
    guard !living.isEmpty else { return statistics }
    var left = count
    while left > 0 {
      // A few at a time, so that they meet a network that is not busy with them.
      let batch = min(left, max(1_000, living.count / 4))
      left -= batch
      let keys = (0..<batch).map { _ in UInt32(truncatingIfNeeded: random.next()) & ring.rules.mask }
      let wishes = keys.map { key in ring.ask(key, at: living[Int(random.next() % UInt64(living.count))]) }
      ring.settle(atMost: 3_600_000)
      for (key, wish) in zip(keys, wishes) {
        guard let finding = ring.findings[wish] else { continue }
        statistics.add(finding, isRight: finding.owner?.id == owner(of: key, among: ids))
      }
    }
    return statistics
  }

  /// The first of `ids`, which are in order, at or past `key`.
  static func owner(of key: UInt32, among ids: [UInt32]) -> UInt32? {
    var (low, high) = (0, ids.count)
    while low < high {
      let middle = (low + high) / 2
      if ids[middle] < key { low = middle + 1 } else { high = middle }
    }
    return low < ids.count ? ids[low] : ids.first
  }

  /// A share of the nodes leaves at once, nothing is mended, and searches go on.
  package static func failures(nodes: Int, successors: Int, share: Double, searches count: Int, seed: UInt64) -> RingStatistics {
    var rules = RingRules()
    rules.successorsMax = successors
    rules.isFrozen = true
    var ring = RingSimulation(ids: RingSimulation.ids(nodes, bits: rules.bits, seed: seed), rules: rules, seed: seed)
    ring.removeSome(Int((Double(nodes) * share).rounded()), seed: seed)
    return searches(count, in: &ring, seed: seed)
  }

  /// How the keys of many lie on the nodes: how many the mean node has, the 99th of a hundred, the fullest.
  package static func load(of ring: RingSimulation) -> (mean: Double, percentile99: Int, max: Int) {
    let counts = ring.nodes.indices.filter { ring.isAlive[$0] }.map { ring.nodes[$0].keys.count }.sorted()
    guard let last = counts.last else { return (0, 0, 0) }
    return (Double(counts.reduce(0, +)) / Double(counts.count), counts[min(counts.count - 1, counts.count * 99 / 100)], last)
  }
}
