// The models of peers as the console shows them. Not here: the pages (Console), the models (Lab), the commands (ModelCommands.swift).
import Console
import Lab

/// Fills the console's models.
enum LabModels {
  /// Larger ones take too long for a page; the commands have no such bound.
  private static let (nodesMax, peersMax) = (20_000, 100)

  static func models() -> ConsoleModels {
    ConsoleModels(
      list: [
        ConsoleModels.Listed(
          id: "ring", title: "A ring of peers", text: "A circular hash table (Chord): searches, shortcuts, and what happens when peers leave without a word.",
          settings: [
            .init("nodes", "Nodes", "24"), .init("bits", "Bits", "10"), .init("successors", "Successors", "2"), .init("shortcuts", "Shortcuts", "on", options: ["on", "off"]),
            .init("keys", "Keys", "12"), .init("replicas", "Replicas", "1"), .init("leave", "Leave", "1"), .init("seed", "Seed", "1"),
          ]),
        ConsoleModels.Listed(
          id: "swarm", title: "A swarm against the formulas", text: "How long a file takes to reach everybody, from a server and from peers, by the formulas and simulated.",
          settings: [
            .init("peers", "Up to so many peers", "50"), .init("pieces", "Pieces", "128"), .init("upload", "Upload", "64kbit/s"), .init("seedUpload", "Seed's upload", "640kbit/s"),
            .init("order", "Order", "rarest-first", options: ["rarest-first", "random", "sequential"]), .init("seed", "Seed", "1"),
          ]),
      ],
      draw: { id, settings in
        switch id {
        case "ring": ring(settings)
        case "swarm": swarm(settings)
        default: nil
        }
      },
      aside: { work in await Signals.offLoop(work) })
  }

  private static func ring(_ settings: [String: String]) -> ConsoleModels.Drawn {
    func number(_ name: String, _ range: ClosedRange<Int>) -> Int? { settings[name].flatMap { Int($0) }.flatMap { range.contains($0) ? $0 : nil } }
    guard let bits = number("bits", 3...32), let nodes = number("nodes", 1...min(nodesMax, 1 << bits - 1)), let leave = number("leave", 0...max(0, nodes - 1)),
      let successors = number("successors", 1...RingLimits().successorsMax), let replicas = number("replicas", 1...RingLimits().successorsMax),
      let keys = number("keys", 0...min(nodesMax, 1 << bits - 1)), let seed = settings["seed"].flatMap({ UInt64($0) })
    else {
      return ConsoleModels.Drawn(lines: ["Expected up to \(nodesMax) nodes (fewer than 2 to the number of bits), 3 to 32 bits, 1 to \(RingLimits().successorsMax) successors and replicas, fewer to leave than there are."])
    }
    var run = RingRun()
    (run.nodes, run.searches, run.keys, run.leave, run.seed) = (nodes, 500, keys, leave, seed)
    (run.rules.bits, run.rules.successorsMax, run.rules.usesFingers, run.rules.replicas) = (bits, successors, settings["shortcuts"] != "off", replicas)
    let outcome = run.outcome
    return ConsoleModels.Drawn(lines: outcome.lines, picture: outcome.svg)
  }

  private static func swarm(_ settings: [String: String]) -> ConsoleModels.Drawn {
    let value = { (name: String) in (settings[name] ?? "").filter { $0 != ";" } }
    let text = "\(value("peers")) peers; \(value("pieces")) pieces; piece 16KiB; upload \(value("upload")); seed \(value("seedUpload")); order \(value("order"))"
    switch SwarmScript.read(text, way: .blocks) {
    case .failure(let slip): return ConsoleModels.Drawn(lines: ["Expected \(slip.expected), found \(slip.step)"])
    case .success(let script):
      guard script.peerCount <= peersMax, script.pieceCount <= 512, let seed = UInt64(value("seed")) else {
        return ConsoleModels.Drawn(lines: ["Expected at most \(peersMax) peers, 512 pieces, and a number as seed; `netstead lab swarm` runs larger ones."])
      }
      let counts = [1, 2, 5, 10, 20, 50, 100].filter { $0 < script.peerCount } + [script.peerCount]
      let rows = DistributionRow.rows(of: script.rules, peers: counts, seed: seed)
      return ConsoleModels.Drawn(lines: DistributionRow.table(rows), picture: DistributionRow.chart(rows).svg)
    }
  }
}
