// A swarm in words: `HOST runs swarm "20 peers; upload 64kbit/s; seed 640kbit/s; 64 pieces"`, and the same as water: `HOST runs distribution "…"`.
// Not here: the swarm itself (SwarmSimulation), the bounds (DistributionTime), what scenarios are (Scenario/Scenario.swift).
import Settings
package import Swarm
import World

/// What one swarm is.
package struct SwarmScript: Sendable, Equatable {
  /// How the file gets to everybody.
  package enum Way: String, Sendable, Equatable, CaseIterable {
    /// In blocks, as peers do.
    case blocks
    /// As water, by the best schedule there is.
    case streams
    /// From the seed alone, as a server does.
    case server
  }

  package var way = Way.blocks
  package var peerCount = 10
  package var upload = 64_000
  package var download = 640_000
  package var seedUpload = 640_000
  package var pieceCount = 64
  package var pieceLength = 32_768
  package var order = PieceOrder.rarestFirst
  package var freeRiders = 0
  package var neighbours = 50
  package var hasLuck = true
  package var seedLeaves: SwarmRules.Departure?
  /// Peers that are otherwise than the rest.
  package var uploads: [Int: Int] = [:]
  package var downloads: [Int: Int] = [:]
  package var arrivals: [Int: Duration] = [:]
  package var departures: [Int: Duration] = [:]
  /// Whose messages are recorded; nil: everybody's.
  package var watched: [UInt32]?

  package init() {}

  static var words: String {
    "N peers, N pieces, piece SIZE, upload RATE, download RATE, seed RATE, order rarest-first|random|sequential, free riders N, neighbours N, luck off, seed leaves at T|after N%|when copied, peer N upload RATE|download RATE|comes T|leaves T or watch N…"
  }

  /// Reads settings with semicolons between them.
  package static func read(_ text: String, way: Way) -> Result<SwarmScript, ScriptSlip> {
    var script = SwarmScript()
    script.way = way
    for part in text.split(separator: ";") {
      let words = part.split(separator: " ").map(String.init)
      guard !words.isEmpty else { continue }
      guard script.take(words) else { return .failure(ScriptSlip(step: words.joined(separator: " "), expected: words.first == nil ? "" : Self.words)) }
    }
    guard script.freeRiders <= script.peerCount else { return .failure(ScriptSlip(step: "free riders \(script.freeRiders)", expected: "at most as many as there are peers")) }
    return .success(script)
  }

  private mutating func take(_ words: [String]) -> Bool {
    func number(_ place: Int, _ range: ClosedRange<Int>) -> Int? { words.indices.contains(place) ? Int(words[place]).flatMap { range.contains($0) ? $0 : nil } : nil }
    let limits = SwarmModelLimits()
    switch (words[0], words.count) {
    case (_, 2) where words[1] == "peers": return assign(number(0, 1...limits.peersMax), \.peerCount)
    case (_, 2) where words[1] == "pieces": return assign(number(0, 1...limits.piecesMax), \.pieceCount)
    case ("piece", 2): return assign(SettingsForm<Int>.size.read(words[1]).flatMap { (16_384...16_777_216).contains($0) && $0 % 16_384 == 0 ? $0 : nil }, \.pieceLength)
    case ("upload", 2): return assign(SettingsForm<Int>.rate.read(words[1]), \.upload)
    case ("download", 2): return assign(SettingsForm<Int>.rate.read(words[1]), \.download)
    case ("seed", 2): return assign(SettingsForm<Int>.rate.read(words[1]), \.seedUpload)
    case ("order", 2): return assign(PieceOrder(rawValue: words[1]), \.order)
    case ("free", 3) where words[1] == "riders": return assign(number(2, 0...limits.peersMax), \.freeRiders)
    case ("neighbours", 2): return assign(number(1, 1...limits.peersMax), \.neighbours)
    case ("luck", 2) where words[1] == "off": return assign(false, \.hasLuck)
    case ("seed", 4) where words[1] == "leaves" && words[2] == "at":
      return assign(SettingsForm<Duration>.duration.read(words[3]).map { .some(.at(Self.seconds($0))) }, \.seedLeaves)
    case ("seed", 4) where words[1] == "leaves" && words[2] == "after":
      guard words[3].hasSuffix("%"), let share = Double(words[3].dropLast()), share > 0, share.isFinite else { return false }
      seedLeaves = .afterCopies(share / 100)
      return true
    case ("seed", 4) where words[1] == "leaves" && words[2] == "when" && words[3] == "copied":
      seedLeaves = .whenCopied
      return true
    case ("peer", 4):
      guard let peer = number(1, 1...limits.peersMax) else { return false }
      switch words[2] {
      case "upload": return assign(SettingsForm<Int>.rate.read(words[3]).map { .some($0) }, \.uploads[peer])
      case "download": return assign(SettingsForm<Int>.rate.read(words[3]).map { .some($0) }, \.downloads[peer])
      case "comes": return assign(SettingsForm<Duration>.duration.read(words[3]).map { .some($0) }, \.arrivals[peer])
      case "leaves": return assign(SettingsForm<Duration>.duration.read(words[3]).map { .some($0) }, \.departures[peer])
      default: return false
      }
    case ("watch", 2...):
      let numbers = words.dropFirst().compactMap { UInt32($0) }
      guard numbers.count == words.count - 1 else { return false }
      watched = numbers
      return true
    default: return false
    }
  }

  private mutating func assign<Value>(_ value: Value?, _ path: WritableKeyPath<SwarmScript, Value>) -> Bool {
    guard let value else { return false }
    self[keyPath: path] = value
    return true
  }

  private static func seconds(_ duration: Duration) -> Double { duration / .seconds(1) }

  /// The swarm it describes. Free riders come last.
  package var rules: SwarmRules {
    var rules = SwarmRules(
      peers: (1...peerCount).map { number in
        var peer = SwarmRules.Peer(line: Distribution.Line(upload: Double(uploads[number] ?? upload), download: Double(downloads[number] ?? download)))
        peer.isFreeRider = number > peerCount - freeRiders
        peer.arrives = arrivals[number].map(Self.seconds) ?? 0
        peer.leaves = departures[number].map(Self.seconds)
        return peer
      })
    (rules.pieceCount, rules.pieceLength, rules.seedUpload, rules.order, rules.neighbours) = (pieceCount, pieceLength, Double(seedUpload), order, neighbours)
    rules.seedLeaves = seedLeaves
    if !hasLuck { (rules.slots.optimisticSlots, rules.slots.givesFreeSlots) = (0, false) }
    return rules
  }

  /// What comes of it, in words; nil: it is past the limits.
  package func outcome(seed: UInt64) -> String? { run(seed: seed, recording: nil)?.said }

  /// Does it. Returns what came of it, and how long it took. Unit: milliseconds.
  func run(seed: UInt64, recording: (any SwarmRecording)?) -> (said: String, took: Int)? {
    let rules = rules
    let distribution = rules.distribution
    switch way {
    case .blocks:
      guard let outcome = SwarmSimulation.outcome(of: rules, seed: seed, recording: recording) else { return nil }
      var parts = [outcome.last.map { "all done after \($0.tenths) s" } ?? "\(outcome.unfinished) never done"]
      parts.append("bound \(outcome.bound.tenths) s")
      if let mean = outcome.mean(freeRiders: false) { parts.append("givers \(mean.tenths) s") }
      if freeRiders > 0 { parts.append("free riders \(outcome.mean(freeRiders: true).map { "\($0.tenths) s" } ?? "never")") }
      return (parts.joined(separator: ", "), Int((outcome.end * 1_000).rounded(.up)))
    case .streams:
      let schedule = distribution.schedule
      for (index, rate) in schedule.own.enumerated() {
        if rate + schedule.common > 0 { recording?.said("STREAM \(Int((rate + schedule.common).rounded())) bit/s", from: 0, to: index + 1, at: 0) }
        guard rate > 0 else { continue }
        for other in schedule.own.indices where other != index { recording?.said("STREAM \(Int(rate.rounded())) bit/s", from: index + 1, to: other + 1, at: 0) }
      }
      return finish(distribution, after: distribution.time(by: schedule), bound: distribution.peerToPeerBound, recording)
    case .server:
      let rate = distribution.fileBits / distribution.clientServerBound
      for index in distribution.peers.indices { recording?.said("STREAM \(Int(rate.rounded())) bit/s", from: 0, to: index + 1, at: 0) }
      return finish(distribution, after: distribution.clientServerBound, bound: distribution.clientServerBound, recording)
    }
  }

  private func finish(_ distribution: Distribution, after seconds: Double, bound: Double, _ recording: (any SwarmRecording)?) -> (said: String, took: Int) {
    for index in distribution.peers.indices { recording?.note("has everything", by: index + 1, about: 0, at: seconds * 1_000) }
    return ("all done after \(seconds.tenths) s, bound \(bound.tenths) s", Int((seconds * 1_000).rounded(.up)))
  }
}
