// Models in a scenario: a ring or a swarm runs in its own fast virtual time, beginning now, and writes into the same trace; races are only counted.
// Not here: the models (Ring/, SwarmModel/), how their lines get into a trace (Models/ModelTrace.swift).
import SimulatedTransport
import Transport
import World

extension ScenarioRun {
  /// What a model is told.
  package enum Model: Sendable, Equatable {
    case ring(RingScript)
    case swarm(SwarmScript)
    case races(GuessingRaces)
  }

  /// Runs a model to its end; the deed takes as long as the model's own time.
  func run(_ model: Model, _ client: SimulatedNetwork, seed: UInt64) async -> Result.Outcome {
    let said: String
    let took: Int
    switch model {
    case .ring(let script):
      let trace = ModelTrace(.ring, recorder: store, start: internet.now, watched: script.watched.map { Set($0) })
      let outcome = script.outcome(seed: seed, recording: trace)
      (said, took) = (outcome.said.joined(separator: "; "), outcome.took)
    case .swarm(let script):
      let trace = ModelTrace(.swarm, recorder: store, start: internet.now, watched: script.watched.map { Set($0) })
      guard let outcome = script.run(seed: seed, recording: trace) else { return .failed("no such swarm, or one past the limits") }
      (said, took) = outcome
    case .races(let races): (said, took) = ("\(races.wins(seed: seed)) of \(races.raceCount) races won", 0)
    }
    do { try await client.clock.sleep(until: client.clock.now + .milliseconds(took)) } catch { return .failed("\(error)") }
    return .said(said)
  }
}

extension ScenarioReader {
  /// `runs ring "STEP; STEP"`, `runs swarm|streams|server|races "SETTING; SETTING"`
  func readModel(_ line: inout ScenarioLine) throws(ScenarioError) -> ScenarioRun.Model {
    let kind = try line.take("ring, swarm, streams, server or races")
    let ways: [String: SwarmScript.Way] = ["swarm": .blocks, "streams": .streams, "server": .server]
    guard kind.text == "ring" || kind.text == "races" || ways[kind.text] != nil else { throw line.failure(at: kind, "expected ring, swarm, streams, server or races, found `\(kind.text)`") }
    let text = try line.take("what it is and does, in quotes")
    let slip: ScriptSlip
    if let way = ways[kind.text] {
      switch SwarmScript.read(text.text, way: way) {
      case .success(let script): return .swarm(script)
      case .failure(let error): slip = error
      }
    } else if kind.text == "races" {
      switch GuessingRaces.read(text.text) {
      case .success(let races): return .races(races)
      case .failure(let error): slip = error
      }
    } else {
      switch RingScript.read(text.text) {
      case .success(let script): return .ring(script)
      case .failure(let error): slip = error
      }
    }
    throw line.failure(at: text, "expected \(slip.expected), found `\(slip.step)`")
  }
}
