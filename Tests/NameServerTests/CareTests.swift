// What a resolver does to be useful when others are not there, and to be of no use to those who mean harm: old records, addresses inside, tunnels.
// Not here: how names are found (ResolverTests.swift), the cache itself (CacheTests.swift).
import DNS
import Testing
import World

@testable import NameServer

@Suite("a resolver's care")
struct CareTests {
  private func world() throws -> ScriptedWorld {
    try ScriptedWorld([
      "192.0.2.1": [". 900 SOA a. b. 1 2 3 4 300\n. 900 NS ns.\nns. 900 A 192.0.2.1\nz.test. 900 NS ns.z.test.\nns.z.test. 900 A 192.0.2.2"],
      "192.0.2.2": [
        """
        z.test. 900 SOA a. b. 1 2 3 4 300
        z.test. 900 NS ns.z.test.
        ns.z.test. 900 A 192.0.2.2
        www.z.test. 60 A 192.0.2.80
        alias.z.test. 60 CNAME www.z.test.
        in.z.test. 60 A 10.0.0.7
        in.z.test. 60 A 192.0.2.81
        in6.z.test. 60 AAAA fd00::7
        """
      ],
    ])
  }

  @Test("RFC 8767: what is out of date is given when nobody answers, for a moment, and not for ever", arguments: ["www.z.test", "alias.z.test"])
  func stale(_ name: String) async throws {
    let world = try world()
    let resolver = try world.resolver { $0.limits.staleSecondsMax = 3_600 }
    let question = Question(try Name(name), .a)
    let fresh = await resolver.resolve(question)
    #expect(fresh.code == .noError && fresh.failure == nil)
    world.clock.advance(by: .seconds(1_000))
    for server in ["192.0.2.1", "192.0.2.2"] { world.set(.silent, at: server) }
    let before = world.clock.now
    let old = await resolver.resolve(question)
    #expect(old.code == .noError && old.answers.map(\.data) == fresh.answers.map(\.data) && old.answers.allSatisfy { $0.ttl == 30 })
    #expect(old.failure?.code == .staleAnswer)
    #expect(world.clock.now - before <= .milliseconds(1_800) + .milliseconds(1_500), "the client still waits for it")
    // For half a minute nobody is asked again.
    let asked = world.seen.count
    #expect(await resolver.resolve(question).code == .noError && world.seen.count == asked)
    world.clock.advance(by: .seconds(3_600))
    #expect(await resolver.resolve(question).code == .serverFailure)
  }

  @Test("without the setting what is out of date is gone")
  func noStale() async throws {
    let world = try world()
    let resolver = try world.resolver { _ in }
    let question = Question(try Name("www.z.test"), .a)
    _ = await resolver.resolve(question)
    world.clock.advance(by: .seconds(1_000))
    for server in ["192.0.2.1", "192.0.2.2"] { world.set(.silent, at: server) }
    #expect(await resolver.resolve(question).code == .serverFailure)
  }

  @Test("names that lead inside are screened, unless their zone is one's own")
  func screened() async throws {
    let world = try world()
    let open = try world.resolver { _ in }
    let closed = try world.resolver { $0.answersInside = false }
    let own = try world.resolver { settings in
      settings.answersInside = false
      settings.insideZones = [Name.root]
    }
    for (name, type, left) in [("in.z.test", RecordType.a, 1), ("in6.z.test", .aaaa, 0)] {
      let question = Question(try Name(name), type)
      let whole = open.screened(await open.resolve(question))
      let part = closed.screened(await closed.resolve(question))
      #expect(part.answers.count == left && part.failure?.code == .filtered && part.code == .noError)
      #expect(whole.answers.count > left && whole.failure == nil)
      #expect(own.screened(await own.resolve(question)).answers == whole.answers)
    }
    let harmless = Question(try Name("www.z.test"), .a)
    #expect(closed.screened(await closed.resolve(harmless)).failure == nil)
  }

  /// What is asked: so many names of so many bytes, by whom, in which second.
  struct Load: Sendable {
    var names: Int
    var bytes: Int
    var every: Duration
    /// After how many questions the first refusal comes; nil: never.
    var refused: Int?
  }

  @Test("many long names below one domain are a tunnel; many short, few long, slow ones are not", arguments: [
    Load(names: 60, bytes: 40, every: .milliseconds(10), refused: 50), Load(names: 500, bytes: 10, every: .milliseconds(10), refused: nil),
    Load(names: 50, bytes: 60, every: .milliseconds(10), refused: nil), Load(names: 200, bytes: 60, every: .seconds(2), refused: nil),
  ])
  func tunnels(_ load: Load) throws {
    var watch = TunnelWatch(TunnelRule(), limits: Limits())
    let client = try #require(Address("192.0.2.9"))
    let other = try #require(Address("192.0.2.10"))
    var now = Instant.simulationStart
    var refusedAt: Int?
    for number in 0..<load.names {
      let label = Array("\(number)x".utf8) + Array(repeating: 0x61, count: load.bytes)
      let name = try Name(labels: [Array(label.prefix(63)), Array("z".utf8), Array("test".utf8)])
      if watch.note(name, from: client, at: now) != nil, refusedAt == nil { refusedAt = number }
      // Who asks for the same name again and again asks for one.
      #expect(watch.note(try Name("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa.z.test"), from: other, at: now) == nil)
      now = now + load.every
    }
    #expect(refusedAt == load.refused)
    guard load.refused != nil else { return }
    let name = try Name("www.z.test")
    #expect(watch.note(name, from: client, at: now) == (try Name("z.test")))
    #expect(watch.note(try Name("www.y.test"), from: client, at: now) == nil, "another domain is nobody's tunnel")
    #expect(watch.note(name, from: client, at: now + .seconds(601)) == nil, "the block ends")
  }
}
