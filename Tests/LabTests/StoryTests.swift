// Causes in the lab: a page through the proxy is one story, in the simulator, by the production servers; and the same seed tells it again.
import Bytes
@testable import Lab
import TestKit
import Testing
import Trace
import World

@Suite("Stories in the lab")
struct StoryTests {
  private func run() throws -> (complaints: [ScenarioError], store: TraceStore) {
    let bytes = try #require(contents(of: repositoryRoot + "/Tests/Scenarios/through-proxy.txt"))
    let scenario = try Scenario(file: "through-proxy.txt", text: String(decoding: bytes, as: UTF8.self))
    let store = TraceStore()
    return (try ScenarioRun(scenario, in: try WorldTests.builtIn(), seed: nil, store: store).run(), store)
  }

  private func lanes(_ story: Story) -> [String] { Ladder(story.dialogues, names: { _ in nil }, explain: nil).lanes.map(\.name) }

  @Test("a page through the proxy is one ladder: client, proxy, the resolver's walk, origin")
  func throughProxy() throws {
    let (complaints, store) = try run()
    #expect(complaints.isEmpty, "\(complaints)")
    let asked = store.exchanges().filter { $0.server?.info.host == "proxy" }.reversed().map(\.id)
    #expect(asked.count == 2)
    let first = try #require(asked.first.flatMap { store.story(of: $0) })
    let lanes = lanes(first)
    #expect(lanes.prefix(3) == ["pc", "proxy", "resolver"] && lanes.contains("ns1.garnet.test") && lanes.last == "www.garnet.test", "\(lanes)")
    #expect(lanes.contains { $0.hasPrefix("root") } && lanes.contains { $0.hasPrefix("tld") }, "\(lanes)")
    // Every relative but the first is because of another one in the same story.
    let told = Set(first.dialogues.flatMap { $0.exchange.records.map(\.id) })
    for dialogue in first.dialogues.dropFirst() {
      #expect(dialogue.exchange.records.contains { $0.causes.contains { told.contains($0.conversation) } }, "\(dialogue.exchange.best.info)")
    }
    // The second client's request went over the proxy's open connection, and to nobody else.
    let second = try #require(asked.last.flatMap { store.story(of: $0) })
    #expect(self.lanes(second) == ["pc2", "proxy", "www.garnet.test"])
    let upstream = try #require(second.dialogues.first?.exchange)
    #expect(upstream.clients.first?.causes.map(\.conversation) == asked)
    #expect(second.dialogues.first?.passages().count == 2 && store.dialogue(of: upstream).passages().count == 4)
  }

  @Test("the same seed tells the same story")
  func again() throws {
    let lines = try (0..<2).map { _ in JSONLines().lines(of: try run().store) }
    #expect(lines[0] == lines[1] && lines[0].text.contains("\"because\":"))
  }
}
