// What a scenario may say of peers, as words. Not here: doing it (Running/SwarmDeeds.swift).
import Settings
import Swarm

extension Scenario {
  /// What a host does in a swarm.
  package enum SwarmDeed: Sendable, Equatable {
    /// Has the whole file, and gives it; `isSpoilt`: with a wrong byte in every piece.
    case share(isSpoilt: Bool)
    /// Gets the file, which may take so long.
    case fetch(patience: Duration)
    /// Seems to be so many nodes of the hash table near the torrent, and knows nothing.
    case pose(Int)
  }
}

extension ScenarioReader {
  /// `shares FILE [spoilt] [PART]…`, `fetches FILE [for T] [PART]…`, where PART is `by tracker|dht`, `over tcp|utp`, `guarded`
  func readSwarmDeed(by actor: String, _ verb: String, _ line: inout ScenarioLine) throws(ScenarioError) -> Scenario.Deed {
    let file = try line.take("a torrent of the world").text
    var part = SwarmPart()
    var isSpoilt = false
    var patience = Duration.seconds(600)
    while !line.isEmpty {
      if verb == "shares", line.take(if: "spoilt") {
        isSpoilt = true
      } else if verb == "fetches", line.take(if: "for") {
        patience = try line.take(.duration)
      } else if line.take(if: "guarded") {
        part.isGuarded = true
      } else if line.take(if: "by") {
        let source = try line.take("`tracker` or `dht`")
        guard source.text == "tracker" || source.text == "dht" else { throw line.failure(at: source, "expected `tracker` or `dht`, found `\(source.text)`") }
        (part.asksTrackers, part.asksTable) = (source.text == "tracker", source.text == "dht")
      } else if line.take(if: "over") {
        part.carriers = [try line.take(.choice(standIn: PeerCarrier.tcp))]
        // A port of its own, so that one host can have both.
        part.port = RaisedSwarm.port + (part.carriers == [.tcp] ? 1 : 2)
      } else {
        throw line.failure("\(verb == "shares" ? "spoilt" : "for"), by, over or guarded")
      }
    }
    return .swarm(host: actor, file: file, part, verb == "shares" ? .share(isSpoilt: isSpoilt) : .fetch(patience: patience))
  }

  /// `poses as N nodes near FILE`
  func readPosing(by actor: String, _ line: inout ScenarioLine) throws(ScenarioError) -> Scenario.Deed {
    guard line.take(if: "as") else { throw line.failure("`as` and a number of nodes") }
    let count: Int = try line.take(.integer(1...64))
    guard line.take(if: "nodes"), line.take(if: "near") else { throw line.failure("`nodes near` and a torrent of the world") }
    return .swarm(host: actor, file: try line.take("a torrent of the world").text, SwarmPart(), .pose(count))
  }
}
