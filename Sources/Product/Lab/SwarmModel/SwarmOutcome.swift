// What came of a simulated swarm, and the experiments that are drawn: time against the number of peers, who gives and who only takes.
// Not here: the swarm (SwarmSimulation), drawing (Models/LineChart).

import World

/// What came of a run.
package struct SwarmOutcome: Sendable, Equatable {
  /// One peer.
  package struct Peer: Sendable, Equatable {
    package var number: Int
    package var isFreeRider: Bool
    /// From its coming to its having everything; nil: it never had. Unit: seconds.
    package var took: Double?
    /// Unit: pieces.
    package var pieces: Int
    /// What it sent, counted in files.
    package var gave: Double
    package var hasLeft: Bool
  }

  package var peers: [Peer]
  /// The peer-to-peer bound, if all are there from the beginning and stay. Unit: seconds.
  package var bound: Double
  /// Unit: seconds.
  package var end: Double
  /// Blocks that came, and those of them that nobody needed.
  package var blocks: Int
  package var wasted: Int

  /// When the last had everything; nil: somebody who stayed never had. Unit: seconds.
  package var last: Double? {
    let staying = peers.filter { !$0.hasLeft || $0.took != nil }
    return staying.allSatisfy { $0.took != nil } ? staying.compactMap(\.took).max() : nil
  }

  /// How long those of one kind took who got everything. Unit: seconds.
  package func mean(freeRiders: Bool) -> Double? {
    let times = peers.filter { $0.isFreeRider == freeRiders }.compactMap(\.took)
    return times.isEmpty ? nil : times.reduce(0, +) / Double(times.count)
  }

  package var unfinished: Int { peers.count { $0.took == nil && !$0.hasLeft } }
}

extension SwarmSimulation {
  /// What has come of it so far.
  package var outcome: SwarmOutcome {
    SwarmOutcome(
      peers: members.dropFirst().map { member in
        SwarmOutcome.Peer(
          number: member.number, isFreeRider: member.isFreeRider, took: member.done.map { Double($0 - member.arrived) / Self.ticks }, pieces: member.hasCount,
          gave: Double(member.sentBlocks * 16_384) / Double(rules.fileLength), hasLeft: !member.isHere)
      }, bound: rules.distribution.peerToPeerBound, end: now, blocks: blocks, wasted: wasted)
  }

  /// Runs a swarm to its end; nil: it is no swarm, or too large.
  package static func outcome(of rules: SwarmRules, seed: UInt64, recording: (any SwarmRecording)? = nil) -> SwarmOutcome? {
    guard var swarm = SwarmSimulation(rules, seed: seed, recording: recording) else { return nil }
    swarm.run()
    return swarm.outcome
  }
}

/// What is drawn: a row for each number of peers.
package struct DistributionRow: Sendable, Equatable {
  package var peers: Int
  /// Unit of all: seconds.
  package var clientServer: Double
  package var peerToPeer: Double
  /// Simulated, in blocks: a server sends each block to one peer after the other.
  package var server: Double
  /// Simulated, as water.
  package var streams: Double
  /// Simulated, in blocks; nil: it did not come to an end.
  package var swarm: Double?

  /// The same swarm with other numbers of peers.
  package static func rows(of rules: SwarmRules, peers counts: [Int], seed: UInt64) -> [DistributionRow] {
    guard let kind = rules.peers.first else { return [] }
    return counts.map { count in
      var rules = rules
      rules.peers = [SwarmRules.Peer](repeating: kind, count: count)
      let distribution = rules.distribution
      return DistributionRow(
        peers: count, clientServer: distribution.clientServerBound, peerToPeer: distribution.peerToPeerBound,
        server: distribution.timeFromServer(blocks: rules.fileLength / 16_384), streams: distribution.time(by: distribution.schedule), swarm: SwarmSimulation.outcome(of: rules, seed: seed)?.last)
    }
  }

  /// The same as lines, the first with what stands where.
  package static func table(_ rows: [DistributionRow]) -> [String] {
    ["peers  client-server  simulated  peer-to-peer  streams   blocks  times the bound"] + rows.map { row in
      let cells = ["\(row.peers)", row.clientServer.tenths, row.server.tenths, row.peerToPeer.tenths, row.streams.tenths, row.swarm.map(\.tenths) ?? "-", row.swarm.map { ($0 / row.peerToPeer).short } ?? "-"]
      return zip(cells, [5, 15, 11, 14, 9, 9, 17]).map { cell, width in String(repeating: " ", count: max(0, width - cell.count)) + cell }.joined()
    }
  }

  /// Time against the number of peers: two formulas as lines, what was simulated as dots.
  package static func chart(_ rows: [DistributionRow]) -> LineChart {
    LineChart("How long a file takes to reach everybody", x: "peers", y: "seconds", xScale: .logarithmic, [
      LineChart.Series("client-server bound", .dashes, rows.map { LineChart.Point(Double($0.peers), $0.clientServer) }),
      LineChart.Series("peer-to-peer bound", .line, rows.map { LineChart.Point(Double($0.peers), $0.peerToPeer) }),
      LineChart.Series("simulated, from a server", .crosses, rows.map { LineChart.Point(Double($0.peers), $0.server) }),
      LineChart.Series("simulated, streams", .squares, rows.map { LineChart.Point(Double($0.peers), $0.streams) }),
      LineChart.Series("simulated, blocks", .dots, rows.compactMap { row in row.swarm.map { LineChart.Point(Double(row.peers), $0) } }),
    ])
  }
}

extension SwarmRules {
  /// The same with a share of the peers leaving before they are done, each replaced by a newcomer at that moment.
  package func churned(_ share: Double, seed: UInt64) -> SwarmRules {
    var random = SeededRandom(seed: seed).derived("churn")
    var rules = self
    let bound = distribution.peerToPeerBound
    for index in peers.indices where random.share() < share {
      let time = bound * random.share()
      rules.peers[index].leaves = time
      var newcomer = peers[index]
      newcomer.arrives = time
      rules.peers.append(newcomer)
    }
    return rules
  }
}
