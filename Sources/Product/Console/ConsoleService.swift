// The console on our own web server: requests become `ConsoleRequest`s, pages become responses, the live feed becomes a streamed answer.
// Not here: what a page shows (ConsoleSite), what the feed says (LiveFeed).
import Bytes
package import HTTP
package import WebServer
package import World

/// The console as a part of this program that answers a site's requests.
package struct ConsoleService: Application {
  private let site: ConsoleSite
  private let clock: any WorldClock

  package init(_ model: ConsoleModel, clock: any WorldClock) {
    site = ConsoleSite(model)
    self.clock = clock
  }

  /// The console for every name that reaches it; which of them it answers to is its own rule (`HostRule`).
  package static func sites(_ model: ConsoleModel, clock: any WorldClock) -> SiteSwitch {
    SiteSwitch(SiteSet([Site(names: ["localhost"], content: .application(ConsoleService(model, clock: clock)))]))
  }

  package func answer(_ request: RequestHead, at now: Instant) -> ApplicationAnswer {
    let asked = ConsoleRequest(
      method: request.methodText, target: request.target.text, host: request.authority.text, cookie: request.text(of: .cookie) ?? "")
    if asked.path.hasPrefix("/lesson/"), let lessons = site.model.lessons {
      return .workflow { [site] exchange in exchange.respond(Self.response(await lessons.aside { site.page(for: asked) })) }
    }
    if asked.path.hasPrefix("/model/"), let models = site.model.models {
      return .workflow { [site] exchange in exchange.respond(Self.response(await models.aside { site.page(for: asked) })) }
    }
    if asked.path == "/peers", let look = site.model.peers {
      return .workflow { [site] exchange in
        var site = site
        site.peers = await look()
        exchange.respond(Self.response(site.page(for: asked)))
      }
    }
    guard asked.path == "/events", asked.method == "GET", site.allows(asked) else {
      guard site.isExport(asked) else { return .response(Self.response(site.page(for: asked))) }
      // Away from the connection's thread, which serves others too.
      return .workflow { [site] exchange in exchange.respond(Self.response(site.page(for: asked))) }
    }
    let lastEventID = request.text(of: FieldName("Last-Event-ID"))
    return .workflow { exchange in await stream(to: exchange, asked, lastEventID) }
  }

  private static func response(_ page: Page) -> Response {
    Response(Status(rawValue: UInt16(clamping: page.status)), fields: fields(page.allFields), body: .bytes(page.body))
  }

  private static func fields(_ pairs: [(name: String, value: String)]) -> FieldLines {
    var lines = FieldLines()
    for pair in pairs { lines.append(FieldName(pair.name), pair.value) }
    return lines
  }

  /// Sends the live feed until the reader goes: blocks when something happened, a heartbeat when nothing did.
  private func stream(to exchange: Exchange, _ request: ConsoleRequest, _ lastEventID: String?) async {
    exchange.respond(
      Response(
        .ok, fields: Self.fields([("Content-Type", "text/event-stream; charset=utf-8"), ("Cache-Control", "no-store")] + Page.safetyFields),
        body: .parts(length: nil)))
    // A reader that is slow loses blocks, which the next one makes good; it never holds anybody up.
    let (blocks, queue) = AsyncStream.makeStream(of: Buffer.self, bufferingPolicy: .bufferingNewest(Self.blocksMax))
    let clock = clock
    await withTaskGroup(of: Void.self) { group in
      group.addTask { [site] in
        var feed = LiveFeed(site.model, request: request, lastEventID: lastEventID, clock: clock)
        while let block = await feed.next() { queue.yield(block) }
        feed.stop()
      }
      group.addTask {
        while (try? await clock.sleep(until: clock.now + Self.heartbeatPause)) != nil { queue.yield(LiveFeed.heartbeat) }
      }
      exchange.whenAbandoned { queue.finish() }
      exchange.whenRetired { queue.finish() }
      for await block in blocks {
        do { try await exchange.send(block) } catch { break }
      }
      group.cancelAll()
    }
  }

  /// Most blocks that wait for a slow reader. Unit: blocks. Past it: the oldest is thrown away.
  private static var blocksMax: Int { 16 }
  /// How often an idle feed says that it is still there.
  private static var heartbeatPause: Duration { .seconds(15) }
}
