// The production web server over virtual links in virtual time: answers that end with the connection, and the server's own end.
import Bytes
import HTTP
import SimulatedTransport
import TestKit
import Testing
import Transport
import World

@testable import WebServer

/// Answers after five seconds.
private struct Slow: Application {
  let clock: any WorldClock

  func answer(_ request: RequestHead, at now: Instant) -> ApplicationAnswer {
    .workflow { [clock] exchange in
      try? await clock.sleep(until: clock.now + .seconds(5))
      exchange.respond(.text(.ok, "at last"))
    }
  }
}

@Suite("Web server over virtual links")
struct SimulatedTests {
  @Test("an answer that ends with the connection arrives whole, however long it is", arguments: [
    "GET /large.txt HTTP/1.0\r\n\r\n", "GET /large.txt HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n",
  ], [0.0, 0.05])
  func whole(_ request: String, _ loss: Double) throws {
    let content = String(repeating: "0123456789abcde\n", count: 6_400)
    let internet = SimulatedInternet(seed: 11) { _, _ in Link(delay: .milliseconds(20), loss: loss) }
    let client = internet.addHost("pc", Address(203, 0, 113, 2))
    let server = internet.addHost("www", Address(192, 0, 2, 1))
    let place = Endpoint(server.addresses[0], 80)
    let site = Site(names: [], content: .files(MemoryTree(["large.txt": content], modified: Instant(secondsSince1970: 0))))
    let heard = try internet.run {
      _ = try await WebService.start(network: server, endpoint: place, sites: SiteSwitch(SiteSet([site])))
      let end = ScriptedEnd()
      try await client.dial(place, options: DialOptions()) { end }
      end.say(Buffer(request))
      let heard = await end.hear(within: .seconds(600)) { $0.text.hasSuffix(content) ? $0.count : nil }
      #expect(await end.hearClose(within: .seconds(60)))
      return heard
    }
    #expect(heard.isAwaited, "\(heard.bytes.count) bytes came")
  }

  @Test("a server that ends waits for no idle client, and for the request that is under way")
  func stops() throws {
    let internet = SimulatedInternet(seed: 12) { _, _ in Link(delay: .milliseconds(20)) }
    let client = internet.addHost("pc", Address(203, 0, 113, 2))
    let server = internet.addHost("www", Address(192, 0, 2, 1))
    let place = Endpoint(server.addresses[0], 80)
    let sites = SiteSwitch(SiteSet([Site(names: [], content: .application(Slow(clock: server.clock)))]))
    try internet.run {
      for isBusy in [false, true] {
        let listener = try await WebService.start(network: server, endpoint: place, sites: sites)
        let ends = [ScriptedEnd(), ScriptedEnd(), ScriptedEnd()]
        for end in ends { try await client.dial(place, options: DialOptions()) { end } }
        // One that has been answered and keeps the connection.
        ends[0].say("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
        #expect(await ends[0].hear(within: .seconds(10)) { $0.text.hasSuffix("at last") ? $0.count : nil }.isAwaited)
        if isBusy {
          ends[1].say("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
          try await client.clock.sleep(until: client.clock.now + .seconds(1))
        }
        let start = server.clock.now
        await listener.close(grace: .seconds(40))
        let took = server.clock.now - start
        #expect(isBusy ? took > .seconds(3) && took < .seconds(8) : took < .seconds(3), "\(took)")
        if isBusy { #expect(await ends[1].hear { $0.text.hasSuffix("at last") ? $0.count : nil }.isAwaited) }
        for end in ends { #expect(await end.hearClose()) }
      }
    }
  }
}
