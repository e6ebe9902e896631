// The proxy and its cache over real sockets of loopback, with an origin of ours that counts. Other people's programs: PeerTests/ProxyPeerTests.
import Bytes
import Foundation
import HTTP
import Synchronization
import TestKit
import Testing
import Transport
import World

@testable import WebServer

@Suite("a reverse proxy with a cache", .timeLimit(.minutes(2)))
struct ReverseProxyTests {
  @Test("a response is asked for once, and then comes from the cache with its age")
  func hit() async throws {
    try await ProxiedOrigin.reverse { world in
      let first = try await world.get("/a?cc=max-age=60&size=1000")
      let second = try await world.get("/a?cc=max-age=60&size=1000")
      #expect(first.status == 200 && second.status == 200 && first.body == Origin.content(1_000) && second.body == first.body)
      #expect(first.text(.cacheStatus).hasPrefix("netstead; fwd=uri-miss; stored") && second.text(.cacheStatus).hasPrefix("netstead; hit; ttl="))
      #expect((Int(second.text(.age)) ?? 60) < 60, "\(second.text(.age))")
      #expect(second.text(.via) == "1.1 test-proxy" && second.head.values(of: .date).count == 1 && second.text(.contentLength) == "1000")
      #expect(world.origin.count("/a") == 1)
      let seen = try #require(world.origin.requests.first?.head)
      for line in ["Via: 1.1 test-proxy", "Forwarded: for=127.0.0.1;proto=http;host=here.test", "X-Forwarded-For: 127.0.0.1", "Host: here.test"] { #expect(seen.contains(line), "\(seen)") }
      // Another spelling of the same address, and another address.
      _ = try await world.get("/a?cc=max-age=60&size=1000", host: "HERE.test:80")
      #expect(world.origin.count("/a") == 1)
      _ = try await world.get("/a?cc=max-age=60&size=1000", host: "here.test:81")
      _ = try await world.get("/%61?cc=max-age=60&size=1000")
      #expect(world.origin.requests.count == 3)
      let head = try await world.get("/a?cc=max-age=60&size=1000", method: .head)
      #expect(head.text(.contentLength) == "1000" && head.body.isEmpty && head.text(.cacheStatus).contains("; hit"))
      let figures = world.proxy.statistics.figures
      #expect(figures.hits == 3 && figures.cacheable == 6 && figures.bytesFromOrigins == 3_000)
    }
  }

  @Test("Vary keeps one response for each kind of request")
  func vary() async throws {
    try await ProxiedOrigin.reverse { world in
      let target = "/v?cc=max-age=60&vary=Accept-Language"
      for language in ["de", "en", "de", "en", "fr"] {
        let answer = try await world.get(target, [(.acceptLanguage, language)])
        #expect(answer.body.text.hasPrefix("Accept-Language=\(language);"))
      }
      #expect(world.origin.count("/v") == 3)
      _ = try await world.get("/w?cc=max-age=60&vary=*")
      _ = try await world.get("/w?cc=max-age=60&vary=*")
      #expect(world.origin.count("/w") == 2)
    }
  }

  @Test("what is stale is confirmed by a 304 and sent whole; a client's own condition gets a 304")
  func validation() async throws {
    try await ProxiedOrigin.reverse { world in
      let target = "/s?cc=max-age=0&etag=one&size=500"
      _ = try await world.get(target)
      let second = try await world.get(target)
      #expect(second.status == 200 && second.body == Origin.content(500) && second.text(.cacheStatus).contains("fwd=stale; fwd-status=304"))
      #expect(world.origin.requests.last?.head.contains("If-None-Match: \"one\"") == true)
      let conditional = try await world.get(target, [(.ifNoneMatch, "\"one\"")])
      #expect(conditional.status == 304 && conditional.body.isEmpty)
      let reload = try await world.get("/r?cc=max-age=60&etag=x", [(.cacheControl, "no-cache")])
      #expect(reload.status == 200)
      _ = try await world.get("/r?cc=max-age=60&etag=x", [(.cacheControl, "no-cache")])
      #expect(world.origin.count("/r") == 2 && world.proxy.statistics.figures.confirmed == 3)
      let offline = try await world.get("/never", [(.cacheControl, "only-if-cached")])
      #expect(offline.status == 504 && world.origin.count("/never") == 0)
    }
  }

  @Test("twenty who ask at once are one request; what may not be kept is asked for by each")
  func collapse() async throws {
    try await ProxiedOrigin.reverse { world in
      for (target, expected) in [("/c?cc=max-age=60&delay=200&size=300000&chunked=1", 1), ("/p?cc=private&delay=50&size=100", 20)] {
        let bodies = try await withThrowingTaskGroup(of: Whole.self) { group in
          for _ in 0..<20 { group.addTask { try await world.get(target) } }
          return try await group.reduce(into: [Whole]()) { $0.append($1) }
        }
        #expect(bodies.allSatisfy { $0.status == 200 && $0.body == bodies[0].body })
        #expect(world.origin.count(String(target.prefix(2))) == expected)
      }
      #expect(world.proxy.statistics.figures.collapsed == 19)
    }
  }

  @Test("a range is cut from the whole", arguments: ["", "&chunked=1"])
  func ranges(_ how: String) async throws {
    try await ProxiedOrigin.reverse { world in
      let target = "/g?cc=max-age=60&etag=g&size=5000\(how)"
      let first = try await world.get(target, [(.range, "bytes=100-199")])
      // Where the length is told at the end only, the whole may have come by then, or not.
      #expect(first.status == 206 || !how.isEmpty && first.status == 200)
      #expect(world.origin.requests.last?.head.contains("Range") == false)
      if how.isEmpty { #expect(first.body == Origin.content(5_000)[100..<200] && first.text(.contentRange) == "bytes 100-199/5000") }
      for (range, status, count) in [("bytes=-5", 206, 5), ("bytes=0-0", 206, 1), ("bytes=5000-", 416, -1), ("bytes=0-1,3-4", 200, 5_000), ("x", 200, 5_000)] {
        let answer = try await world.get(target, [(.range, range)])
        #expect(answer.status == status)
        if count >= 0 { #expect(answer.body.count == count) }
      }
      #expect(try await world.get(target, [(.range, "bytes=0-9"), (.ifRange, "\"old\"")]).status == 200)
      #expect(world.origin.count("/g") == 1)
    }
  }

  @Test("what changes something makes what is kept invalid; PURGE removes one or many, for those who may")
  func removing() async throws {
    var settings = CacheSettings()
    try await ProxiedOrigin.reverse(settings) { world in
      for _ in 0..<2 { _ = try await world.get("/i?cc=max-age=60") }
      _ = try await world.get("/i?cc=max-age=60", method: .post, body: "x")
      _ = try await world.get("/i?cc=max-age=60")
      #expect(world.origin.count("/i") == 3)
      for path in ["/d/1", "/d/2", "/e/1"] { _ = try await world.get("\(path)?cc=max-age=60") }
      let folder = try #require(WebAddress("http://here.test/d/"))
      let one = try #require(WebAddress("http://here.test/e/1?cc=max-age=60"))
      #expect(world.proxy.cache?.purge(beginningWith: folder) == 2)
      for path in ["/d/1", "/d/2", "/e/1"] { _ = try await world.get("\(path)?cc=max-age=60") }
      #expect(world.origin.count("/d") == 4 && world.origin.count("/e") == 1)
      #expect(world.proxy.cache?.purge(one) == 1)
      #expect(world.proxy.cache?.purge(one) == 0)
    }
    settings.purgers = []
    try await ProxiedOrigin.reverse(settings) { world in
      _ = try await world.get("/i?cc=max-age=60")
      #expect(world.proxy.cache?.load.entries == 1)
    }
  }

  @Test("bodies go through both ways, whole or in chunks, and are never asked for twice")
  func bodies() async throws {
    try await ProxiedOrigin.reverse { world in
      for size in [0, 1, 70_000, 1_000_000] {
        let body = Origin.content(size)
        let answer = try await world.get("/b?size=\(size)&chunked=1", method: .put, body: body)
        #expect(answer.status == 200 && answer.body == body)
        #expect(world.origin.requests.last?.body == body && world.origin.requests.last?.method == "PUT")
      }
      #expect(world.origin.requests.count == 4)
    }
  }

  @Test("a large response: kept in the folder, or passed on at the reader's pace")
  func large() async throws {
    var small = CacheSettings()
    small.objectBytesMax = 100_000
    try await ProxiedOrigin.reverse(small) { world in
      for how in ["", "&chunked=1"] {
        for _ in 0..<2 {
          let answer = try await world.get("/l?cc=max-age=60&size=3000000\(how)")
          #expect(answer.body == Origin.content(3_000_000))
        }
      }
      #expect(world.origin.count("/l") == 4 && world.proxy.cache?.load.entries == 0)
    }
  }

  @Test("a response cut off is seen to be, and is not kept")
  func cut() async throws {
    try await ProxiedOrigin.reverse { world in
      for _ in 0..<2 { await #expect(throws: ClientConversation.Failure.self) { try await world.get("/x?cc=max-age=60&size=100000&cut=1") } }
      #expect(world.origin.count("/x") == 2 && world.proxy.cache?.load.entries == 0)
    }
  }

  @Test("when the origin fails: stale where that is allowed, else its own answer; and what the proxy says itself")
  func failing() async throws {
    var limits = ProxyLimits()
    limits.responseTimeout = .seconds(2)
    try await ProxiedOrigin.reverse(limits: limits) { world in
      for target in ["/t?cc=max-age=0,stale-if-error=60&etag=t", "/u?cc=max-age=0&etag=u"] { _ = try await world.get(target) }
      world.origin.fail(true)
      let stale = try await world.get("/t?cc=max-age=0,stale-if-error=60&etag=t")
      #expect(stale.status == 200 && stale.text(.cacheStatus).contains("fwd-status=503"))
      #expect(try await world.get("/u?cc=max-age=0&etag=u").status == 503)
      world.origin.fail(false)
      let slow = try await world.get("/slow?delay=20000")
      #expect(slow.status == 504 && slow.text(.cacheControl) == "no-store")
      let looping = try await world.get("/loop", (0..<10).map { _ in (.via, "1.1 x") })
      #expect(looping.status == 508 && world.origin.count("/loop") == 0)
      #expect(try await world.get("/trace", method: .trace).status == 405)
    }
    let network = SocketNetwork(loops: 1)
    let proxy = Proxy(ProxySettings(.reverse(UpstreamServer(host: "127.0.0.1", port: 1))), network: network, lookUp: { _, _ in [] })
    let listener = try await WebService.start(network: network, endpoint: Endpoint(.loopback, 0), sites: SiteSwitch(SiteSet([Site(names: [], content: .proxy(proxy))])))
    let client = WebClient(network: network) { _, _ in [.loopback] }
    let address = try #require(WebAddress("http://a.test:\(listener.endpoint.port)/"))
    #expect(try await client.get(address).fetched.head.status == .badGateway)
    await listener.close(grace: .zero)
    await network.shutDown()
  }

  @Test("connections are used again, and one that the origin has closed is replaced")
  func pooling() async throws {
    try await ProxiedOrigin.reverse(nil) { world in
      for number in 0..<10 { #expect(try await world.get("/n\(number)").status == 200) }
      #expect(world.proxy.pool.openCount == 1)
      let gone = try #require(world.proxy.pool.takeIdle(UpstreamPlace(host: "127.0.0.1", port: world.originPort, isSecure: false), at: world.network.clock.now))
      gone.discard()
      #expect(try await world.get("/after").status == 200)
    }
  }

  @Test("a request with content that finds its connection gone goes out on another, whole; one whose content was taken does not", .spec("RFC 9110", "9.2.2"))
  func contentOnADeadConnection() async throws {
    let content = Origin.content(200_000)
    try await ProxiedOrigin.reverse(nil) { world in
      let place = UpstreamPlace(host: "127.0.0.1", port: world.originPort, isSecure: false)
      for method in [HTTP.Method.post, .put] {
        // Two, as after a restart of the upstream; each has ended before anything was said on it.
        for _ in 0..<2 { world.proxy.pool.giveBack(UpstreamConnection(place, Endpoint(.loopback, world.originPort)) { _ in }, at: world.network.clock.now) }
        let answer = try await world.get("/form", method: method, body: content)
        #expect(answer.status == 200)
        while let idle = world.proxy.pool.takeIdle(place, at: world.network.clock.now) { idle.discard() }
      }
      let bodies = world.origin.requests.map(\.body)
      #expect(bodies == [content, content])
    }
    try await ProxiedOrigin.forward({
      var rules = ForwardRules()
      rules.reachesInside = true
      return rules
    }()) { world in
      let ends = Mutex<[ScriptedEnd]>([])
      let listener = try await world.network.listen(at: Endpoint(.loopback, 0), options: ListenOptions()) { _, _ in
        let end = ScriptedEnd()
        ends.withLock { $0.append(end) }
        return end
      }
      async let first = world.through("/", origin: listener.endpoint.port)
      while ends.withLock({ $0.isEmpty }) { try await Task.sleep(for: .milliseconds(2)) }
      let end = ends.withLock { $0[0] }
      _ = await end.hear { $0.text.contains("\r\n\r\n") ? $0.count : nil }
      end.say("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
      #expect(try await first.status == 200)
      async let second = world.through("/", origin: listener.endpoint.port, method: .put, body: content)
      _ = await end.hear { $0.text.contains("\r\n\r\n") ? $0.count : nil }
      end.close(.now)
      #expect(try await second.status == 502)
      #expect(ends.withLock { $0.count } == 1)
      await listener.close(grace: .zero)
    }
  }
}

@Suite("a forward proxy", .timeLimit(.minutes(2)))
struct ForwardProxyTests {
  private static func rules(_ change: (inout ForwardRules) -> Void = { _ in }) -> ForwardRules {
    var rules = ForwardRules()
    rules.reachesInside = true
    change(&rules)
    return rules
  }

  @Test("passes absolute addresses on, keeps what it may, and tells nobody about its clients")
  func passes() async throws {
    try await ProxiedOrigin.forward(Self.rules()) { world in
      for _ in 0..<2 { #expect(try await world.through("/a?cc=max-age=60").status == 200) }
      let head = try #require(world.origin.requests.first?.head)
      #expect(world.origin.count("/a") == 1 && head.hasPrefix("GET /a?cc=max-age=60 HTTP/1.1\r\nHost: origin.test:\(world.originPort)\r\n"))
      #expect(!head.contains("Forwarded") && head.contains("Via: 1.1 netstead"))
      #expect(try await world.get("/a", host: "elsewhere.test").status == 421)
    }
  }

  @Test("closed to strangers, and to places that strangers must not reach")
  func closed() async throws {
    try await ProxiedOrigin.forward(Self.rules { $0.clients = [AddressRange(Address(192, 0, 2, 0), length: 24)] }) { world in
      let answer = try await world.through("/a")
      #expect(answer.status == 403)
      #expect(world.origin.requests.isEmpty)
    }
    try await ProxiedOrigin.forward(Self.rules { $0.reachesInside = false }) { world in
      let answer = try await world.through("/a")
      #expect(answer.status == 403)
      #expect(world.origin.requests.isEmpty)
    }
    // Never itself, whatever name it is given.
    try await ProxiedOrigin.forward(Self.rules()) { world in
      var rules = Self.rules()
      rules.ownEndpoints = [Endpoint(.loopback, world.originPort)]
      let own = Proxy(ProxySettings(.forward(rules)), network: world.network, lookUp: { _, _ in [.loopback] })
      await #expect(throws: ProxyFailure.self) { try await own.endpoints(host: "me.test", port: world.originPort, known: [], because: nil) }
    }
  }

  @Test("tunnels: open to the ports allowed, byte for byte, and closed with either side")
  func tunnels() async throws {
    try await ProxiedOrigin.forward(Self.rules { $0.tunnelPorts = Set(1...65_535) }) { world in
      let received = Mutex(Buffer())
      let ended = Atomic<Bool>(false)
      let conversation = TunnelConversation(unaskedBytesMax: .max, timeout: .seconds(30))
      let answers = try await world.network.connect(conversation, to: Endpoint(.loopback, world.port), trace: nil) { question, _ in
        switch question {
        case .received(let bytes): received.withLock { $0.append(bytes) }
        case .ended: ended.store(true, ordering: .releasing)
        case .sent, .hold, .resume: break
        }
        return nil
      }
      let opening = "CONNECT origin.test:\(world.originPort) HTTP/1.1\r\nHost: origin.test\r\n\r\n"
      answers.give(.send(Buffer(opening + "GET /t?size=200000 HTTP/1.1\r\nHost: o.test\r\n\r\n")))
      for _ in 0..<500 where received.withLock({ $0.count }) < 200_000 { try await Task.sleep(for: .milliseconds(10)) }
      #expect(received.withLock { $0.text.hasPrefix("HTTP/1.1 200 OK\r\n") })
      #expect(world.origin.count("/t") == 1 && world.origin.requests.first?.head.contains("Via") == false)
      answers.give(.send("GET /u HTTP/1.1\r\nHost: o.test\r\nConnection: close\r\n\r\n"))
      for _ in 0..<500 where !ended.load(ordering: .acquiring) { try await Task.sleep(for: .milliseconds(10)) }
      #expect(ended.load(ordering: .acquiring) && world.origin.count("/u") == 1)
      #expect(world.proxy.statistics.figures.tunnels == 1)
    }
    try await ProxiedOrigin.forward(Self.rules()) { world in
      let connection = TestConnection(Site(names: [], content: .proxy(world.proxy)))
      #expect(connection.ask("CONNECT origin.test:25 HTTP/1.1\nHost: origin.test")?.status == 403)
      #expect(connection.carrier.closing != nil)
    }
  }
}
