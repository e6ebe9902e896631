// Distribution times: the bounds of the textbook, streams that meet them, simulated swarms that come near and never beat them; who gives, who
// only takes, who leaves.
import Foundation
@testable import Lab
import Swarm
import TestKit
import Testing
import World

@Suite("Distribution time")
struct DistributionTests {
  /// F/u = 1 h, us = 10u, no download slower than the seed.
  private func textbook(_ count: Int) -> Distribution {
    Distribution(fileBits: 3_600_000_000, seedUpload: 10_000_000, peers: [Distribution.Line](repeating: Distribution.Line(upload: 1_000_000, download: 20_000_000), count: count))
  }

  @Test("the bounds of the textbook's figure", arguments: [(10, 1.0, 0.5), (20, 2.0, 2.0 / 3), (30, 3.0, 0.75), (1_000, 100, 1_000.0 / 1_010)])
  func bounds(_ count: Int, _ server: Double, _ peers: Double) {
    let distribution = textbook(count)
    #expect(abs(distribution.clientServerBound / 3_600 - server) < 1e-9 && abs(distribution.peerToPeerBound / 3_600 - peers) < 1e-9)
    #expect(distribution.peerToPeerBound < 3_600)
  }

  @Test("which of the three is the narrow place", arguments: [
    (1, 10.0, 20.0, Distribution.Bottleneck.seed), (10, 1.0, 20.0, .everybody), (2, 1.0, 0.5, .slowestPeer),
  ])
  func bottlenecks(_ count: Int, _ upload: Double, _ download: Double, _ expected: Distribution.Bottleneck) {
    let lines = [Distribution.Line](repeating: Distribution.Line(upload: upload, download: download), count: count)
    #expect(Distribution(fileBits: 100, seedUpload: 10, peers: lines).bottleneck == expected)
  }

  @Test("the schedule of streams meets the bound on every line there may be")
  func schedules() {
    var random = SeededRandom(seed: 20_261_129)
    for round in 0..<2_000 {
      let lines = (0..<Int.random(in: 1...40, using: &random)).map { _ in
        Distribution.Line(upload: Double(Int.random(in: 0...2_000, using: &random)), download: Double(Int.random(in: 1...10_000, using: &random)))
      }
      let distribution = Distribution(fileBits: 1e6, seedUpload: Double(Int.random(in: 1...20_000, using: &random)), peers: lines)
      let schedule = distribution.schedule
      #expect(distribution.objection(to: schedule) == nil, "round \(round)")
      #expect(abs(distribution.time(by: schedule) / distribution.peerToPeerBound - 1) < 1e-6, "round \(round)")
    }
  }

  @Test("a schedule past a line is seen")
  func objections() {
    let distribution = textbook(10)
    var schedule = distribution.schedule
    schedule.common += 1
    #expect(distribution.objection(to: schedule) == "the seed uploads more than its line carries")
    schedule = distribution.schedule
    schedule.own[3] *= 1.01
    #expect(distribution.objection(to: schedule) != nil)
  }

  @Test("Qiu and Srikant's swarm settles at 600 s, 300 downloaders, 100 seeds", .spec("Qiu-Srikant", "3"))
  func fluid() {
    var swarm = FluidSwarm(arrivals: 0.5, upload: 0.001_25, download: 0.01, departures: 0.005)
    swarm.run(for: 20_000)
    #expect(abs(swarm.meanTime - 600) < 1 && abs(swarm.downloaders - 300) < 0.5 && abs(swarm.seeds - 100) < 0.5)
    #expect(abs(swarm.meanTimeByFormula - 600) < 1e-9)
    // The time does not depend on how many come.
    var busier = FluidSwarm(arrivals: 5, upload: 0.001_25, download: 0.01, departures: 0.005)
    busier.run(for: 20_000)
    #expect(abs(busier.meanTime - 600) < 1)
  }

  @Test("numbers in charts", arguments: [(0, "0"), (0.5, "0.5"), (12.34, "12.3"), (1_234.5, "1235"), (-3.25, "-3.25"), (0.1234, "0.123"), (5, "5")])
  func numbers(_ value: Double, _ text: String) { #expect(value.short == text) }

  @Test("ticks of axes are round and enclose the numbers", arguments: [(0.0, 1.0), (0, 97), (3, 12_345), (0, 0.02)])
  func ticks(_ low: Double, _ high: Double) {
    let ticks = LineChart.ticks(from: low, to: high)
    #expect(ticks.count > 1 && ticks.count < 14 && ticks[0] <= low && ticks[ticks.count - 1] >= high - 1e-9)
    #expect(abs(8.0.binaryLogarithm - 3) < 1e-12 && abs(1_000.0.binaryLogarithm - 9.965_784_284_662_087) < 1e-12)
  }
}

@Suite("Simulated swarm")
struct SwarmModelTests {
  private func outcome(_ rules: SwarmRules, seed: UInt64 = 1, _ log: NoteLog? = nil) throws -> SwarmOutcome {
    try #require(SwarmSimulation.outcome(of: rules, seed: seed, recording: log))
  }

  @Test("never beats the bound, and comes within 1.3 times of it", arguments: [5, 10, 30])
  func nearTheBound(_ count: Int) throws {
    for seed in count > 20 ? [1] : [1, 2] as [UInt64] {
      let outcome = try outcome(SwarmRules(count, upload: 64_000, download: 640_000), seed: seed)
      let last = try #require(outcome.last)
      #expect(last >= outcome.bound && last < outcome.bound * 1.3, "\(count) peers: \(last) against \(outcome.bound)")
      #expect(outcome.peers.allSatisfy { $0.pieces == 256 })
    }
  }

  @Test("a hundred peers are within 1.3 times of the bound")
  func hundred() throws {
    var rules = SwarmRules(100, upload: 64_000, download: 640_000)
    (rules.pieceCount, rules.pieceLength) = (192, 16_384)
    let outcome = try outcome(rules)
    let last = try #require(outcome.last)
    // A thousand take half a minute of a release build: `netstead lab swarm --peers 1000 --pieces 512`, 1.27 times the bound.
    #expect(last >= outcome.bound && last < outcome.bound * 1.3, "\(last) against \(outcome.bound)")
  }

  @Test("a thousand peers")
  func thousand() throws {
    var rules = SwarmRules(1_000, upload: 64_000, download: 640_000)
    (rules.pieceCount, rules.pieceLength, rules.neighbours) = (8, 16_384, 12)
    let outcome = try outcome(rules)
    let last = try #require(outcome.last)
    // So small a file is mostly beginning: at best those who have something to give double in each round of luck.
    #expect(last >= outcome.bound && last < outcome.bound + 40 * 30, "\(last) against \(outcome.bound)")
    #expect(outcome.peers.allSatisfy { $0.pieces == 8 } && outcome.blocks >= 8_000)
  }

  @Test("lines of different widths: nobody sends or gets more than a line carries, nobody is done before the bound")
  func uneven() throws {
    var rules = SwarmRules(24, upload: 0, download: 0)
    rules.pieceCount = 96
    for index in rules.peers.indices { rules.peers[index].line = Distribution.Line(upload: Double(64_000 * (1 + index % 8)), download: Double(500_000 * (1 + index % 4))) }
    let outcome = try outcome(rules)
    #expect(try #require(outcome.last) >= outcome.bound)
    for (peer, rule) in zip(outcome.peers, rules.peers) {
      #expect(peer.gave * Double(rules.fileLength) * 8 <= rule.line.upload * outcome.end * 1.001)
      #expect(try #require(peer.took) >= Double(rules.fileLength) * 8 / rule.line.download)
    }
  }

  @Test("tit for tat: who only takes waits longer than who gives")
  func freeRiders() throws {
    var rules = SwarmRules(30, upload: 64_000, download: 640_000)
    rules.pieceCount = 128
    for index in 20..<30 { rules.peers[index].isFreeRider = true }
    // Whoever has everything goes, as people do.
    rules.staysFor = 1
    let outcome = try outcome(rules)
    let (givers, takers) = (try #require(outcome.mean(freeRiders: false)), try #require(outcome.mean(freeRiders: true)))
    #expect(takers > givers * 1.15, "\(givers) \(takers)")
    #expect(outcome.peers.filter(\.isFreeRider).allSatisfy { $0.gave == 0 })
  }

  @Test("the seed leaves early: rarest first has spread every piece sooner than order or chance")
  func seedLeaves() throws {
    var missing: [PieceOrder: Int] = [:]
    for order in PieceOrder.allCases {
      for seed in 1...3 as ClosedRange<UInt64> {
        var rules = SwarmRules(20, upload: 100_000, download: 1_000_000)
        rules.seedUpload = 220_000
        (rules.pieceCount, rules.pieceLength, rules.order) = (48, 16_384, order)
        rules.seedLeaves = .afterCopies(1.6)
        missing[order, default: 0] += try outcome(rules, seed: seed).unfinished
      }
    }
    #expect(missing[.rarestFirst]! < missing[.sequential]! && missing[.rarestFirst]! <= missing[.random]!, "\(missing)")
  }

  @Test("a seed that waits for one full copy out there is not missed")
  func copied() throws {
    for seed in 1...2 as ClosedRange<UInt64> {
      var rules = SwarmRules(16, upload: 64_000, download: 640_000)
      (rules.pieceCount, rules.seedLeaves) = (64, .whenCopied)
      let log = NoteLog()
      #expect(try outcome(rules, seed: seed, log).last != nil)
      #expect(log.lines.contains { $0.hasPrefix("0 leaves the swarm") })
    }
  }

  @Test("churn: who stays gets everything")
  func churn() throws {
    var base = SwarmRules(30, upload: 64_000, download: 640_000)
    base.pieceCount = 96
    let rules = base.churned(0.3, seed: 4)
    #expect(rules.peers.count > 33)
    let outcome = try outcome(rules)
    #expect(outcome.unfinished == 0 && outcome.peers.count { $0.hasLeft } > 3)
  }

  @Test("without luck a newcomer gets nothing from those who trade")
  func newcomer() throws {
    var rules = SwarmRules(20, upload: 64_000, download: 640_000)
    rules.pieceCount = 128
    rules.peers[19].arrives = 251
    rules.seedLeaves = .at(250)
    (rules.slots.optimisticSlots, rules.slots.givesFreeSlots) = (0, false)
    // Whoever has begun by the seed goes on; who comes later has nothing to give and so gets nothing, until the first ones seed.
    let without = try outcome(rules)
    (rules.slots.optimisticSlots, rules.slots.givesFreeSlots) = (1, true)
    let with = try outcome(rules)
    #expect(with.peers[19].took != nil)
    #expect(without.peers[19].took == nil || without.peers[19].took! > with.peers[19].took!)
  }

  @Test("every choice has its reason in the trace")
  func reasons() throws {
    var rules = SwarmRules(12, upload: 64_000, download: 640_000)
    rules.pieceCount = 24
    let log = NoteLog()
    _ = try outcome(rules, log)
    #expect(log.lines.contains { $0.contains("unchoked: it sent us") } && log.lines.contains { $0.contains("unchoked: by luck") })
    #expect(log.lines.contains { $0.contains("chooses piece") } && log.lines.count { $0.hasSuffix("has everything") } == 12)
    #expect(log.messages.contains { $0.contains("PIECE") } && log.messages.contains { $0.contains("UNCHOKE") })
  }

  @Test("the same seed, the same swarm")
  func repeats() throws {
    var rules = SwarmRules(15, upload: 64_000, download: 640_000)
    rules.pieceCount = 64
    let first = try outcome(rules, seed: 3)
    #expect(try outcome(rules, seed: 3) == first)
    #expect(try outcome(rules, seed: 4) != first)
  }

  @Test("swarms past the limits are refused")
  func limits() {
    var large = SwarmRules(10_000, upload: 1, download: 1)
    large.pieceCount = 10_000
    for rules in [SwarmRules(0, upload: 1, download: 1), SwarmRules(10_001, upload: 1, download: 1), large, SwarmRules(3, upload: 1, download: 0)] {
      #expect(SwarmSimulation(rules, seed: 1) == nil)
    }
  }

  @Test("what a script says and does not say", arguments: [
    ("20 peers; 64 pieces; order random; seed leaves after 120%", nil), ("0 peers", "0 peers"), ("order last", "order last"), ("piece 5KiB", "piece 5KiB"),
    ("2 peers; free riders 3", "free riders 3"), ("peer 3 upload 1Mbit/s; peer 2 comes 10s; luck off; seed leaves when copied", nil), ("dance", "dance"),
  ] as [(String, String?)])
  func scripts(_ text: String, _ slip: String?) {
    switch SwarmScript.read(text, way: .blocks) {
    case .success: #expect(slip == nil)
    case .failure(let error): #expect(error.step == slip)
    }
  }

  @Test("a chart of rows is a picture with every row")
  func chart() {
    let rows = DistributionRow.rows(of: SwarmRules(1, upload: 64_000, download: 640_000), peers: [1, 4, 8], seed: 1)
    let picture = DistributionRow.chart(rows).svg
    #expect(picture.contains("client-server bound") && picture.components(separatedBy: "<circle").count == 5 && picture.components(separatedBy: "<rect").count == 5 && picture.hasSuffix("</svg>\n"))
    #expect(rows.allSatisfy { row in row.swarm.map { $0 >= row.peerToPeer } ?? false })
    // What a server alone does is simulated too, and meets its own bound.
    #expect(rows.allSatisfy { $0.server >= $0.clientServer && $0.server < $0.clientServer * 1.1 })
  }
}
