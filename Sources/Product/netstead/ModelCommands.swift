// `netstead lab ring` and `netstead lab swarm`: models of peers, in virtual time from a seed, with the formulas beside them.
// Not here: the models (Lab/Ring, Lab/SwarmModel), the same in scenarios and lessons (Lab/Running/ModelDeeds.swift).
import ArgumentParser
import Bytes
import Lab
import Settings

/// `netstead lab ring`
struct RingCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "ring", abstract: "A circular hash table (Chord) of up to a million simulated nodes.",
    discussion: """
      Nodes on a circle of numbers; each key belongs to the first node at or past it. Searches are counted in hops.

      Examples:
        netstead lab ring --nodes 1000
        netstead lab ring --nodes 1000 --no-shortcuts
        netstead lab ring --nodes 16 --bits 8 --leave 1 --keys 20 --svg ring.svg
        netstead lab ring --nodes 100000 --searches 100000
        netstead lab ring --do "nodes 3 8 14 21 28; bits 5; find 11 from 21; leave 14; mend 5min; find 11 from 21"
      """)

  @Option(help: ArgumentHelp("How many nodes.", valueName: "n"))
  var nodes = 1_000

  @Option(help: ArgumentHelp("How many bits their numbers have.", valueName: "n"))
  var bits = 32

  @Option(help: ArgumentHelp("How many successors a node knows.", valueName: "n"))
  var successors = 2

  @Flag(name: .customLong("no-shortcuts"), help: "Successors only: a search goes from neighbour to neighbour.")
  var noShortcuts = false

  @Option(help: ArgumentHelp("How many keys lie in the ring.", valueName: "n"))
  var keys = 0

  @Option(help: ArgumentHelp("On how many nodes a key lies.", valueName: "n"))
  var replicas = 1

  @Option(help: ArgumentHelp("How many searches are made for the statistics.", valueName: "n"))
  var searches = 1_000

  @Option(help: ArgumentHelp("How many nodes leave at once without a word; the repair is told step by step.", valueName: "n"))
  var leave = 0

  @Option(help: ArgumentHelp("The seed of everything left to chance.", valueName: "number"))
  var seed: UInt64 = 1

  @Option(name: .customLong("do"), help: ArgumentHelp("Do these steps, as a lesson's `runs ring` does, instead of all that.", valueName: "steps"))
  var script: String?

  @Option(help: ArgumentHelp("Draw the ring into this file; `-`: standard output.", valueName: "file"))
  var svg: String?

  @Flag(help: "One JSON object.")
  var json = false

  func validate() throws {
    let limits = RingLimits()
    guard (1...limits.nodesMax).contains(nodes) else { throw ValidationError("Expected 1 to \(limits.nodesMax) nodes.") }
    guard (3...32).contains(bits), bits == 32 || nodes < 1 << bits else { throw ValidationError("Expected 3 to 32 bits, enough for a number for every node.") }
    guard (1...limits.successorsMax).contains(successors), (1...limits.successorsMax).contains(replicas) else {
      throw ValidationError("Expected 1 to \(limits.successorsMax) successors and replicas.")
    }
    guard (0...limits.keysMax).contains(keys), (0...10_000_000).contains(searches) else { throw ValidationError("Expected at most \(limits.keysMax) keys and 10000000 searches.") }
    guard (0..<nodes).contains(leave) else { throw ValidationError("Expected fewer nodes to leave than there are.") }
  }

  func run() throws {
    if let script { return try perform(script) }
    var run = RingRun()
    (run.nodes, run.keys, run.searches, run.leave, run.seed) = (nodes, keys, searches, leave, seed)
    (run.rules.bits, run.rules.successorsMax, run.rules.usesFingers, run.rules.replicas) = (bits, successors, !noShortcuts, replicas)
    let outcome = run.outcome
    Terminal.say(json ? object(outcome) : outcome.lines.joined(separator: "\n"))
    try draw(outcome.svg)
  }

  private func perform(_ script: String) throws {
    switch RingScript.read(script) {
    case .failure(let slip): throw ToolFailure(.usage, "expected \(slip.expected), found `\(slip.step)`")
    case .success(let script):
      let log = RingNotes(since: 0)
      let outcome = script.outcome(seed: seed, recording: log)
      Terminal.say((log.lines + outcome.said.map { "= \($0)" }).joined(separator: "\n"))
      try draw(outcome.svg)
    }
  }

  private func draw(_ picture: String) throws {
    guard let svg else { return }
    guard OutputFile.write(Array(picture.utf8), to: svg) else { throw ToolFailure(.usage, "\(svg) cannot be written") }
    if svg != "-" { Terminal.talk("* drawn: \(svg)") }
  }

  private func object(_ outcome: RingRun.Outcome) -> String {
    func member(_ name: String, _ value: some CustomStringConvertible) -> String { "\"\(name)\":\(value)" }
    let before = outcome.before
    var members = [
      member("nodes", nodes), member("searches", before.searches), member("right", before.right), member("meanHops", before.meanHops), member("hopsMax", max(0, before.hopsMax)),
    ]
    if leave > 0 { members += [member("left", leave), member("repairMilliseconds", outcome.repair.map(String.init) ?? "null"), member("keysLost", outcome.lost)] }
    if let after = outcome.after { members += [member("meanHopsAfter", after.meanHops), member("meanSilencesAfter", after.meanSilences), member("rightAfter", after.right)] }
    members += [member("messages", outcome.counters.messagesInAll), member("events", outcome.counters.events), member("milliseconds", outcome.took)]
    return "{" + members.joined(separator: ",") + "}"
  }
}

/// `netstead lab swarm`
struct SwarmCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "swarm", abstract: "A simulated swarm of up to 10,000 peers against the bounds of the formulas.",
    discussion: """
      Which block is asked of whom and who is served decide the same policies as in a real download. Lines have a width and nothing else does.

      Examples:
        netstead lab swarm --peers 1000
        netstead lab swarm --peers 1000 --chart swarm.svg
        netstead lab swarm --peers 100 --free-riders 30
        netstead lab swarm --peers 200 --churn 20%
        netstead lab swarm --do "20 peers; 64 pieces; order sequential; seed leaves after 200%"
      """)

  @Option(help: ArgumentHelp("How many peers.", valueName: "n"))
  var peers = 100

  @Option(help: ArgumentHelp("How many pieces the file has.", valueName: "n"))
  var pieces = 256

  @Option(name: .customLong("piece-size"), help: ArgumentHelp("How long a piece is, a multiple of 16KiB.", valueName: "size"))
  var pieceSize = "32KiB"

  @Option(help: ArgumentHelp("What a peer can send.", valueName: "rate"))
  var upload = "64kbit/s"

  @Option(help: ArgumentHelp("What a peer can receive.", valueName: "rate"))
  var download = "640kbit/s"

  @Option(name: .customLong("seed-upload"), help: ArgumentHelp("What the seed can send.", valueName: "rate"))
  var seedUpload = "640kbit/s"

  @Option(help: ArgumentHelp("Which piece comes next: rarest-first, random or sequential.", valueName: "order"))
  var order = "rarest-first"

  @Option(name: .customLong("free-riders"), help: ArgumentHelp("How many of the peers serve nobody.", valueName: "n"))
  var freeRiders = 0

  @Option(help: ArgumentHelp("Which share of the peers leaves half-way and is replaced by newcomers.", valueName: "share"))
  var churn: String?

  @Option(help: ArgumentHelp("The seed of everything left to chance.", valueName: "number"))
  var seed: UInt64 = 1

  @Option(name: .customLong("do"), help: ArgumentHelp("A swarm in words, as a lesson's `runs swarm` has it, instead of all that.", valueName: "settings"))
  var script: String?

  @Option(help: ArgumentHelp("Draw time against the number of peers, up to --peers, into this file; `-`: standard output.", valueName: "file"))
  var chart: String?

  @Flag(help: "One JSON object.")
  var json = false

  func run() throws {
    if let script { return try perform(script) }
    let text = "\(peers) peers; \(pieces) pieces; piece \(pieceSize); upload \(upload); download \(download); seed \(seedUpload); order \(order); free riders \(freeRiders)"
    var rules = try read(text).rules
    if let churn {
      guard let share = SettingsForm<Double>.share.read(churn) else { throw ToolFailure(.usage, "expected a share such as 20%, found `\(churn)`") }
      rules = rules.churned(share, seed: seed)
    }
    if let chart { return try draw(rules, into: chart) }
    guard let outcome = SwarmSimulation.outcome(of: rules, seed: seed) else { throw ToolFailure(.usage, "expected a swarm within the limits: 10,000 peers, 20 million blocks") }
    if json { return Terminal.say(object(outcome, rules)) }
    let distribution = rules.distribution
    var lines = [
      line("bounds", "\(distribution.clientServerBound.tenths) s from a server, \(outcome.bound.tenths) s from peers (\(distribution.bottleneck.rawValue))"),
      line("everybody done", outcome.last.map { "after \($0.tenths) s, \(($0 / outcome.bound).short) times the bound" } ?? "never: \(outcome.unfinished) peers lack something that nobody has"),
      line("on average", outcome.mean(freeRiders: false).map { "\($0.tenths) s" } ?? "never"),
    ]
    if freeRiders > 0 { lines.append(line("free riders", outcome.mean(freeRiders: true).map { "\($0.tenths) s on average" } ?? "never done")) }
    if churn != nil { lines.append(line("churn", "\(outcome.peers.count { $0.hasLeft }) left, as many came")) }
    lines.append(line("blocks", "\(outcome.blocks), \(outcome.wasted) of them in vain"))
    Terminal.say(lines.joined(separator: "\n"))
  }

  private func read(_ text: String) throws -> SwarmScript {
    switch SwarmScript.read(text, way: .blocks) {
    case .success(let script): return script
    case .failure(let slip): throw ToolFailure(.usage, "expected \(slip.expected), found `\(slip.step)`")
    }
  }

  private func perform(_ script: String) throws {
    guard let said = try read(script).outcome(seed: seed) else { throw ToolFailure(.usage, "expected a swarm within the limits: 10,000 peers, 20 million blocks") }
    Terminal.say(said)
  }

  private func draw(_ rules: SwarmRules, into chart: String) throws {
    let counts = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1_000, 2_000, 5_000, 10_000].filter { $0 <= peers }
    let rows = DistributionRow.rows(of: rules, peers: counts, seed: seed)
    if chart != "-" {
      Terminal.say(DistributionRow.table(rows).joined(separator: "\n"))
    }
    guard OutputFile.write(Array(DistributionRow.chart(rows).svg.utf8), to: chart) else { throw ToolFailure(.usage, "\(chart) cannot be written") }
    if chart != "-" { Terminal.talk("* drawn: \(chart)") }
  }

  private func line(_ name: String, _ text: String) -> String { name + String(repeating: " ", count: max(1, 16 - name.count)) + text }

  private func object(_ outcome: SwarmOutcome, _ rules: SwarmRules) -> String {
    func text(_ value: Double?) -> String { value.map { "\($0)" } ?? "null" }
    return "{\"peers\":\(outcome.peers.count),\"clientServerBound\":\(rules.distribution.clientServerBound),\"peerToPeerBound\":\(outcome.bound),\"last\":\(text(outcome.last)),"
      + "\"mean\":\(text(outcome.mean(freeRiders: false))),\"freeRidersMean\":\(text(outcome.mean(freeRiders: true))),\"unfinished\":\(outcome.unfinished),"
      + "\"blocks\":\(outcome.blocks),\"wasted\":\(outcome.wasted),\"seconds\":\(outcome.end)}"
  }
}
