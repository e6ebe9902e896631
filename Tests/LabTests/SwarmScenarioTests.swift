// Peers in scenarios: their words, and runs with the production peer that come to rest although peers stay connected and nodes keep house.
@testable import Lab
import SimulatedTransport
import Swarm
import Testing
import Trace
import World

@Suite("Peers in scenarios")
struct SwarmScenarioTests {
  private func run(_ text: String) throws -> (problems: [ScenarioError], outcomes: [LessonOutcome], store: TraceStore, end: Instant) {
    let store = TraceStore()
    let scenario = try Scenario(file: "s.txt", text: "world built-in\n" + text)
    let run = ScenarioRun(scenario, in: try WorldTests.builtIn(), seed: 1, store: store)
    return (try run.run(), run.outcomes(since: .simulationStart), store, run.internet.now)
  }

  @Test("words become deeds", arguments: [
    ("pc fetches moon.bin", SwarmPart(), .fetch(patience: .seconds(600))), ("pc shares moon.bin spoilt", SwarmPart(), .share(isSpoilt: true)),
    ("pc fetches moon.bin by dht guarded for 30s", SwarmPart(asksTrackers: false, isGuarded: true), .fetch(patience: .seconds(30))),
    ("pc shares moon.bin over utp by tracker", SwarmPart(carriers: [.utp], asksTable: false, port: 6_883), .share(isSpoilt: false)),
    ("pc poses as 9 nodes near moon.bin", SwarmPart(), .pose(9)),
  ] as [(String, SwarmPart, Scenario.SwarmDeed)])
  func words(_ text: String, _ part: SwarmPart, _ deed: Scenario.SwarmDeed) throws {
    let scenario = try Scenario(file: "s.txt", text: "world built-in\nat 0s \(text)\n")
    #expect(scenario.steps.map(\.deed) == [.swarm(host: "pc", file: "moon.bin", part, deed)])
  }

  @Test("a slip is told with its place", arguments: [
    ("pc fetches", "s.txt:2:17: expected a torrent of the world, found the end of the line"),
    ("pc fetches moon.bin by luck", "s.txt:2:30: expected `tracker` or `dht`, found `luck`"),
    ("pc fetches moon.bin spoilt", "s.txt:2:27: expected for, by, over or guarded, found `spoilt`"),
    ("pc poses as 0 nodes near moon.bin", "s.txt:2:19: expected a whole number from 1 to 64, found `0`"),
  ])
  func slips(_ text: String, _ problem: String) {
    #expect(throws: ScenarioError.self) { try Scenario(file: "s.txt", text: "world built-in\nat 0s \(text)\n") }
    do { _ = try Scenario(file: "s.txt", text: "world built-in\nat 0s \(text)\n") } catch { #expect("\(error)" == problem) }
  }

  @Test("a file is fetched from a peer that the tracker knows, and the run ends soon after it is there")
  func fetched() throws {
    let (problems, outcomes, store, end) = try run("""
      at 0s  seed shares moon.bin
      at 10s pc fetches moon.bin
      expect said "64 of 64 pieces, 2097152 bytes, 0 wasted" within 60s
      """)
    #expect(problems.isEmpty, "\(problems)")
    #expect(outcomes.map(\.host) == ["seed", "pc"] && end < .simulationStart + .seconds(120))
    // Nobody who was not told to takes part.
    #expect(!store.conversations().contains { $0.info.dialect == .bittorrent && $0.info.host.hasPrefix("peer") })
  }

  @Test("a torrent that the world does not have is told")
  func unknown() { #expect(throws: ScenarioRun.Failure.self) { try run("at 0s pc fetches sun.bin\n") } }

  @Test("a scenario without peers has no node of the hash table ask anybody")
  func quiet() throws {
    #expect(try run("at 1h pc asks resolver www.garnet.test A\n").store.conversations().allSatisfy { $0.info.dialect == .dns })
  }
}
