// The live feed: blocks that a browser's EventSource understands, rows of what changed, a count of what was missed.
import Bytes
import Console
import Foundation
import Testing
import Trace
import World

/// A clock on which waiting takes no time.
private struct EagerClock: WorldClock {
  var now: Instant { .simulationStart }
  func sleep(until deadline: Instant) async throws { try Task.checkCancellation() }
}

@Suite struct LiveFeedTests {
  private func data(_ block: Buffer?) throws -> [String: Any] {
    let text = try #require(block?.text)
    #expect(text.hasSuffix("\n\n"))
    let lines = text.dropLast(2).split(separator: "\n", omittingEmptySubsequences: false)
    #expect(lines.count == 2 && lines[0].hasPrefix("id: ") && lines[1].hasPrefix("data: "))
    return try #require(try JSONSerialization.jsonObject(with: Data(lines[1].dropFirst(6).utf8)) as? [String: Any])
  }

  @Test func tellsWhatChanged() async throws {
    var world = try SampleWorld.lively()
    var feed = LiveFeed(world.model, request: ConsoleRequest(target: "/events"), clock: EagerClock())
    #expect(await feed.next() == "retry: 2000\n\n")
    world.get("/<b>", from: "www.garnet.test", body: "new")
    let block = try data(await feed.next())
    let rows = try #require(block["rows"] as? [String])
    #expect(rows.count == 1)
    #expect(rows[0].contains("GET /&lt;b&gt;") && rows[0].hasPrefix("<tr id=\"c"))
    #expect(block["lost"] as? Int == 0)
    feed.stop()
    #expect(await feed.next() == nil)
  }

  @Test func keepsToItsFilterAndResumes() async throws {
    let world = try SampleWorld.lively()
    var feed = LiveFeed(world.model, request: ConsoleRequest(target: "/events?proto=uppercase"), lastEventID: "0", clock: EagerClock())
    _ = await feed.next()
    let block = try data(await feed.next())
    #expect((block["rows"] as? [String])?.count == 1)
    #expect((block["ids"] as? [Int])?.count == 18)
    // Numbers that were never given, and what is no number, begin at the end.
    for id in ["999999", "x", "-1"] {
      var late = LiveFeed(world.model, request: ConsoleRequest(target: "/events"), lastEventID: id, clock: EagerClock())
      _ = await late.next()
      late.stop()
      #expect(await late.next() == nil)
    }
  }

  @Test func countsWhatWasMissed() async throws {
    let store = TraceStore(limits: .init(eventsMax: 10))
    let model = ConsoleModel(title: "t", trace: store, explain: SampleWorld.explain)
    var feed = LiveFeed(model, request: ConsoleRequest(target: "/events"), clock: EagerClock())
    _ = await feed.next()
    let id = store.open(
      .init(host: "srv", role: .server, carrier: .tcp, dialect: .uppercase, local: Endpoint(.loopback, 1), remote: Endpoint(.loopback, 2)),
      at: .simulationStart)
    for _ in 0..<30 { store.record(.note, in: id, at: .simulationStart, text: "again") }
    #expect(try data(await feed.next())["lost"] as? Int == 21)
  }
}
