// What is asked of proxies and shared caches and easily missed, each over real sockets with an origin of ours that counts.
// Read next: ProxyTests.swift, what is seldom missed.
import Bytes
import HTTP
import TestKit
import Testing
import Transport
import World

@testable import WebServer

@Suite("what proxies and caches easily miss", .timeLimit(.minutes(2)))
struct ProxyLawTests {
  private static func eventually(_ condition: () -> Bool) async throws {
    for _ in 0..<1_000 where !condition() { try await Task.sleep(for: .milliseconds(2)) }
  }

  @Test("an answer that was on its way while its address changed is not kept", .spec("RFC 9111", "4.4"), arguments: ["POST", "purge"])
  func changedMeanwhile(_ how: String) async throws {
    try await ProxiedOrigin.reverse { world in
      let target = "/late?cc=max-age=60&delay=1000"
      async let early = world.get(target)
      try await Self.eventually { world.origin.count("/late") > 0 }
      if how == "POST" {
        #expect(try await world.get(target, method: .post, body: "x").status == 200)
      } else {
        world.proxy.cache?.purge(try #require(WebAddress("http://here.test\(target)")))
      }
      #expect(try await early.status == 200)
      #expect(world.proxy.cache?.load.entries == 0)
      let before = world.origin.count("/late")
      #expect(try await world.get(target).text(.cacheStatus).contains("uri-miss"))
      #expect(world.origin.count("/late") == before + 1)
      #expect(try await world.get(target).text(.cacheStatus).contains("hit"))
    }
  }

  @Test("what must be confirmed before each use is not shared by those who ask at once", .spec("RFC 9111", "4"), arguments: [
    ("/n?cc=no-cache&etag=n&delay=150", 8), ("/o?cc=max-age=0&etag=o&delay=150", 8), ("/f?cc=max-age=60&etag=f&delay=150", 1),
  ])
  func sharing(_ target: String, _ reaching: Int) async throws {
    try await ProxiedOrigin.reverse { world in
      let answers = try await withThrowingTaskGroup(of: Whole.self) { group in
        for _ in 0..<8 { group.addTask { try await world.get(target) } }
        return try await group.reduce(into: [Whole]()) { $0.append($1) }
      }
      #expect(answers.allSatisfy { $0.status == 200 && $0.body == Origin.content(10) })
      #expect(world.origin.requests.count == reaching)
    }
  }

  @Test("a confirmation may say that the response is not to be kept any longer", .spec("RFC 9111", "3.2"), arguments: [
    ("no-store", 0), ("private", 0), ("max-age=60", 1),
  ])
  func confirmation(_ control: String, _ kept: Int) async throws {
    try await ProxiedOrigin.reverse { world in
      let target = "/z?cc=max-age=0&etag=z&confirm=\(control)"
      _ = try await world.get(target)
      let second = try await world.get(target)
      #expect(second.status == 200 && second.body == Origin.content(10) && second.text(.cacheStatus).contains("fwd-status=304"))
      #expect(world.proxy.cache?.load.entries == kept)
    }
  }

  @Test("conditions on what the origin has now are the origin's", .spec("RFC 9111", "4.3.2"), arguments: [
    (FieldName.ifMatch, "\"other\""), (.ifUnmodifiedSince, "Thu, 01 Jan 1998 00:00:00 GMT"),
  ])
  func conditions(_ name: FieldName, _ value: String) async throws {
    try await ProxiedOrigin.reverse { world in
      for _ in 0..<2 { _ = try await world.get("/m?cc=max-age=60&etag=m") }
      #expect(world.origin.count("/m") == 1)
      #expect(try await world.get("/m?cc=max-age=60&etag=m", [(name, value)]).status == 200)
      #expect(world.origin.count("/m") == 2 && world.origin.requests.last?.head.contains("\(name.text): \(value)") == true)
    }
  }

  @Test("interim responses are passed on", .spec("RFC 9110", "15.2"), arguments: ["max-age=60", "no-store"])
  func interim(_ control: String) async throws {
    try await ProxiedOrigin.reverse { world in
      let answer = try await world.get("/h?hints=2&cc=\(control)")
      #expect(answer.status == 200 && answer.interim.map(\.status) == [.earlyHints, .earlyHints])
      #expect(answer.interim.map { $0.text(of: "Link") } == ["</0.css>; rel=preload", "</1.css>; rel=preload"])
      // What is kept is the answer.
      let again = try await world.get("/h?hints=2&cc=\(control)")
      #expect(again.interim.count == (control == "no-store" ? 2 : 0) && again.body == answer.body)
    }
  }

  @Test("Max-Forwards counts down, and ends here at zero", .spec("RFC 9110", "7.6.2"))
  func lastStop() async throws {
    try await ProxiedOrigin.reverse { world in
      let last = try await world.get("/w", [(.maxForwards, "0")], method: .options)
      #expect(last.status == 204 && last.text(.allow).contains("GET") && world.origin.requests.isEmpty)
      _ = try await world.get("/w", [(.maxForwards, "3")], method: .options)
      _ = try await world.get("/w", [(.maxForwards, "many")], method: .options)
      _ = try await world.get("/w", [(.maxForwards, "0")])
      #expect(world.origin.requests.map { $0.head.contains("Max-Forwards: 2\r\n") } == [true, false, false])
    }
  }

  @Test("the upstream hears the name as the cache's key has it, however it was spelled")
  func oneSpelling() async throws {
    try await ProxiedOrigin.reverse { world in
      func answer(_ request: String) async throws -> String {
        let peer = try await ClosingTests.Peer.connect(world.network, world.port, saying: request)
        try await Self.eventually { peer.text.contains("\r\n\r\n") }
        return peer.text
      }
      for (number, host) in ["here.test", "HERE.test", "here.test.", "here.test:80", "here.test:0080", "Here.Test.:80"].enumerated() {
        let text = try await answer("GET /s\(number) HTTP/1.1\r\nHost: \(host)\r\nConnection: close\r\n\r\n")
        #expect(text.hasPrefix("HTTP/1.1 200 "), "\(host): \(text)")
        #expect(world.origin.requests.last?.head.contains("\r\nHost: here.test\r\n") == true, "\(host)")
      }
      // The key of a port that is none would be that of port 80.
      #expect(try await answer("GET /none HTTP/1.1\r\nHost: here.test:0\r\n\r\n").hasPrefix("HTTP/1.1 400 "))
      #expect(world.origin.count("/none") == 0)
    }
  }

  @Test("connections that nobody uses make room for one that somebody wants")
  func room() async throws {
    var rules = ForwardRules()
    rules.reachesInside = true
    var limits = ProxyLimits()
    limits.upstreamConnectionsMax = 1
    limits.turnTimeout = .zero
    try await ProxiedOrigin.forward(rules, limits: limits) { world in
      let second = Origin()
      let listener = try await WebService.start(
        network: world.network, endpoint: Endpoint(.loopback, 0), sites: SiteSwitch(SiteSet([Site(names: [], content: .application(second))])))
      for number in 0..<3 {
        #expect(try await world.through("/a\(number)").status == 200)
        #expect(try await world.through("/b\(number)", origin: listener.endpoint.port).status == 200)
      }
      #expect(world.origin.requests.count == 3 && second.requests.count == 3)
      // One that is in use does not.
      async let slow = world.through("/slow?delay=1000")
      try await Self.eventually { world.origin.count("/slow") > 0 }
      #expect(try await world.through("/c", origin: listener.endpoint.port).status == 503)
      #expect(try await slow.status == 200)
      await listener.close(grace: .zero)
    }
  }

  @Test("requests wait their turn when as many connections as may be are in use")
  func turns() async throws {
    var limits = ProxyLimits()
    limits.perUpstreamMax = 2
    var rules = ForwardRules()
    rules.reachesInside = true
    try await ProxiedOrigin.forward(rules, limits: limits) { world in
      // A closed connection makes room for the next one, a kept one is handed on.
      for end in ["", "&close=1"] {
        try await withThrowingTaskGroup(of: Int.self) { group in
          for number in 0..<12 { group.addTask { try await world.through("/t\(number)?delay=20\(end)").status } }
          for try await status in group {
            #expect(status == 200)
            #expect(world.proxy.pool.openCount <= 2)
          }
        }
      }
    }
    limits.turnTimeout = .milliseconds(100)
    limits.waitingMax = 1
    try await ProxiedOrigin.forward(rules, limits: limits) { world in
      async let first = world.through("/a?delay=1000")
      async let second = world.through("/b?delay=1000")
      try await Self.eventually { world.origin.count("/a") > 0 && world.origin.count("/b") > 0 }
      async let late = world.through("/late")
      async let tooMany = world.through("/many")
      #expect(try await [late.status, tooMany.status] == [503, 503])
      #expect(world.origin.count("/late") + world.origin.count("/many") == 0)
      #expect(try await [first.status, second.status] == [200, 200])
      #expect(try await world.through("/again").status == 200)
    }
  }
}
