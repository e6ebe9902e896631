// The resolver against scripted servers: the way down, aliases, failures, loops, lies, silence, and what is remembered.
// Not here: the cache by itself (CacheTests.swift), real and virtual networks (ServiceTests.swift).
import DNS
import Testing
import Trace
import World

@testable import NameServer

private let root = head(".", "a.root.") + """
  a.root. 3600 A 192.0.2.1
  test. 3600 NS ns.nic.test.
  test. 3600 NS ns2.nic.test.
  ns.nic.test. 3600 A 192.0.2.10
  ns2.nic.test. 3600 A 192.0.2.11
  example. 3600 NS ns.nic.test.
  """

private let test = head("test", "ns.nic.test.") + """
  test. 3600 NS ns2.nic.test.
  ns.nic.test. 3600 A 192.0.2.10
  ns2.nic.test. 3600 A 192.0.2.11
  garnet.test. 900 NS ns1.garnet.test.
  garnet.test. 900 NS ns2.garnet.test.
  ns1.garnet.test. 900 A 192.0.2.20
  ns2.garnet.test. 900 A 192.0.2.21
  cobalt.test. 900 NS ns1.garnet.test.
  loop.test. 900 NS ns.pool.test.
  pool.test. 900 NS ns.loop.test.
  self.test. 900 NS ns.self.test.
  many.test. 900 NS a.self.test.
  many.test. 900 NS b.self.test.
  many.test. 900 NS c.self.test.
  many.test. 900 NS d.self.test.
  many.test. 900 NS e.self.test.
  many.test. 900 NS f.self.test.
  many.test. 900 NS g.self.test.
  """

private let garnet = head("garnet.test", "ns1.garnet.test.") + """
  garnet.test. 3600 NS ns2.garnet.test.
  ns1.garnet.test. 3600 A 192.0.2.20
  ns2.garnet.test. 3600 A 192.0.2.21
  www.garnet.test. 60 A 192.0.2.80
  web.garnet.test. 60 CNAME www.garnet.test.
  far.garnet.test. 60 CNAME www.cobalt.test.
  one.garnet.test. 60 CNAME two.cobalt.test.
  lost.garnet.test. 60 CNAME nowhere.cobalt.test.
  moved.garnet.test. 60 DNAME cobalt.test.
  deep.in.the.garnet.test. 60 TXT deep
  zero.garnet.test. 0 A 192.0.2.99
  """ + "\n" + (0..<40).map { "big.garnet.test. 60 A 198.51.100.\($0)\n" }.joined()
  + (0..<15).map { "c\($0).garnet.test. 60 CNAME c\($0 + 1).cobalt.test.\n" }.joined()

private let cobalt = head("cobalt.test", "ns1.garnet.test.") + """
  www.cobalt.test. 60 A 198.51.100.80
  two.cobalt.test. 60 CNAME one.garnet.test.
  """ + "\n" + (0..<15).map { "c\($0).cobalt.test. 60 CNAME c\($0 + 1).garnet.test.\n" }.joined()

private func world(_ manners: [String: ScriptedWorld.Manner] = [:]) throws -> ScriptedWorld {
  try ScriptedWorld(
    [
      "192.0.2.1": [root], "192.0.2.10": [test], "192.0.2.11": [test], "192.0.2.20": [garnet, cobalt], "192.0.2.21": [garnet, cobalt],
    ], manners: manners)
}

private struct Case: Sendable, CustomTestStringConvertible {
  var name: String
  var type = RecordType.a
  var code = ResponseCode.noError
  var answers: [String] = []
  var hasSOA = false
  var testDescription: String { "\(name) \(type)" }
}

@Suite("resolver")
struct ResolverTests {
  @Test("finds what is there, and what is not", arguments: [
    Case(name: "www.garnet.test", answers: ["www.garnet.test. A 192.0.2.80"]),
    Case(name: "www.garnet.test", type: .mx, hasSOA: true),
    Case(name: "no.garnet.test", code: .noSuchName, hasSOA: true),
    Case(name: "no.such.name", code: .noSuchName, hasSOA: true),
    Case(name: "web.garnet.test", answers: ["web.garnet.test. CNAME www.garnet.test.", "www.garnet.test. A 192.0.2.80"]),
    Case(name: "web.garnet.test", type: .cname, answers: ["web.garnet.test. CNAME www.garnet.test."]),
    Case(name: "far.garnet.test", answers: ["far.garnet.test. CNAME www.cobalt.test.", "www.cobalt.test. A 198.51.100.80"]),
    Case(name: "lost.garnet.test", code: .noSuchName, answers: ["lost.garnet.test. CNAME nowhere.cobalt.test."], hasSOA: true),
    Case(
      name: "www.moved.garnet.test",
      answers: ["moved.garnet.test. DNAME cobalt.test.", "www.moved.garnet.test. CNAME www.cobalt.test.", "www.cobalt.test. A 198.51.100.80"]),
    Case(name: "deep.in.the.garnet.test", type: .txt, answers: ["deep.in.the.garnet.test. TXT"]),
    Case(name: "in.the.garnet.test", type: .txt, hasSOA: true),
    Case(name: "garnet.test", type: .ns, answers: ["garnet.test. NS ns1.garnet.test.", "garnet.test. NS ns2.garnet.test."]),
    Case(name: "garnet.test", type: .ds, hasSOA: true),
    Case(name: ".", type: .ns, answers: [". NS a.root."]),
    Case(name: "localhost", answers: ["localhost. A 127.0.0.1"]),
    Case(name: "x.invalid", code: .noSuchName),
  ], [true, false])
  fileprivate func finds(_ c: Case, minimises: Bool) async throws {
    let world = try world()
    let resolver = try world.resolver {
      $0.minimises = minimises
      $0.mixesCase = !minimises
    }
    // Once by asking around, once from the cache.
    for _ in 0..<2 {
      let answer = try await resolver.ask(c.name, c.type)
      #expect(answer.code == c.code, "\(answer)")
      #expect(answer.short.map { $0.lowercased() } == c.answers.map { $0.lowercased() })
      #expect(answer.authorities.contains { $0.type == .soa } == c.hasSOA)
    }
    let asked = world.seen.count
    _ = try await resolver.ask(c.name, c.type)
    #expect(world.seen.count == asked)
  }

  @Test("RFC 9156: each server sees one label more than it must know")
  func minimises() async throws {
    let world = try world()
    _ = try await world.resolver().ask("www.garnet.test")
    #expect(world.asked("192.0.2.1") == ["test. A"])
    #expect(world.asked("192.0.2.10") + world.asked("192.0.2.11") == ["garnet.test. A"])
    #expect(world.asked("192.0.2.20") + world.asked("192.0.2.21") == ["www.garnet.test. A"])
  }

  @Test("a name of many labels is shown in at most ten steps")
  func long() async throws {
    let world = try world()
    let name = String(repeating: "a.", count: 60) + "garnet.test"
    #expect(try await world.resolver().ask(name).code == .noSuchName)
    #expect(world.seen.count <= 13)
  }

  @Test("what is remembered ages, and is asked for again when its time is over")
  func ages() async throws {
    let world = try world()
    let resolver = try world.resolver()
    #expect(try await resolver.ask("www.garnet.test").answers.first?.ttl == 60)
    world.clock.advance(by: .seconds(40))
    let aged = try #require(resolver.remembered(Question(try Name("www.garnet.test"), .a)))
    #expect((18...20).contains(aged.answers.first?.ttl ?? 0))
    world.clock.advance(by: .seconds(21))
    let before = world.seen.count
    #expect(resolver.remembered(Question(try Name("www.garnet.test"), .a)) == nil)
    #expect(try await resolver.ask("www.garnet.test").answers.first?.ttl == 60)
    // The way down is remembered longer: one query was enough.
    #expect(world.seen.count == before + 1)
  }

  @Test("a zone cannot prolong its own life after its parent gave it to somebody else")
  func ghost() async throws {
    let world = try world()
    let resolver = try world.resolver()
    _ = try await resolver.ask("www.garnet.test")
    for address in ["192.0.2.10", "192.0.2.11"] { try world.publish([head("test", "ns.nic.test.")], at: address) }
    for _ in 0..<30 {
      _ = try await resolver.ask("garnet.test", .ns)
      _ = try await resolver.ask("zero.garnet.test")
      world.clock.advance(by: .seconds(60))
    }
    #expect(try await resolver.ask("zero.garnet.test").code == .noSuchName)
  }

  @Test("silent servers are passed over, and the next question goes elsewhere first", arguments: [1, 2, 3, 4] as [UInt64])
  func silent(_ seed: UInt64) async throws {
    let world = try world(["192.0.2.10": .silent, "192.0.2.20": .silent])
    let resolver = try world.resolver(seed: seed)
    #expect(try await resolver.ask("www.garnet.test").code == .noError)
    #expect(world.clock.now - .simulationStart < .seconds(4))
  }

  @Test("when nobody answers the client learns why within the time allowed, and the failure is remembered")
  func nobody() async throws {
    let world = try world(["192.0.2.20": .silent, "192.0.2.21": .silent])
    let resolver = try world.resolver()
    let answer = try await resolver.ask("www.garnet.test")
    #expect(answer.code == .serverFailure)
    #expect(answer.failure?.code == .noReachableAuthority)
    #expect(answer.failure?.text.contains("garnet.test") == true)
    #expect(world.clock.now - .simulationStart <= .milliseconds(11_500))
    let asked = world.seen.count
    #expect(try await resolver.ask("www.garnet.test").failure?.code == .cachedError)
    #expect(world.seen.count == asked)
    // Recovery takes no longer than the failure is remembered.
    world.set(nil, at: "192.0.2.20")
    world.set(nil, at: "192.0.2.21")
    world.clock.advance(by: .seconds(6))
    #expect(try await resolver.ask("www.garnet.test").code == .noError)
  }

  @Test("servers that are no help are left for others", arguments: ["lame", "SERVFAIL", "REFUSED", "no AA", "up", "unreachable"])
  func lame(_ kind: String) async throws {
    let manner: ScriptedWorld.Manner = kind == "unreachable" ? .unreachable : .changing { answer, query, _ in
      answer.answers = kind == "no AA" ? answer.answers : []
      answer.authorities = []
      answer.additionals = []
      answer.flags.isAuthoritative = false
      switch kind {
      case "SERVFAIL": answer.responseCode = .serverFailure
      case "REFUSED": answer.responseCode = .refused
      case "up": answer.authorities = [ResourceRecord(.root, ttl: 60, .ns(.root))]
      default: break
      }
    }
    for seed in 1...6 as ClosedRange<UInt64> {
      let world = try world(["192.0.2.20": manner])
      #expect(try await world.resolver(seed: seed).ask("www.garnet.test").short == ["www.garnet.test. A 192.0.2.80"])
    }
  }

  @Test("what does not fit comes over TCP; so does the answer when somebody guesses")
  func streams() async throws {
    let world = try world(["192.0.2.1": .spoofed])
    let answer = try await world.resolver { $0.limits.datagramMax = 512 }.ask("big.garnet.test")
    #expect(answer.answers.count == 40)
    #expect(world.seen.contains { $0.server == Address(192, 0, 2, 1) && $0.carriage == .tcp })
    #expect(world.seen.contains { $0.name == (try? Name("big.garnet.test")) && $0.carriage == .tcp })
  }

  @Test("who does not know EDNS is asked without")
  func withoutEDNS() async throws {
    let refuses = ScriptedWorld.Manner.changing { answer, query, _ in
      guard query.edns != nil else { return }
      answer = query.reply(.formatError)
    }
    let world = try world(["192.0.2.20": refuses, "192.0.2.21": refuses])
    let resolver = try world.resolver()
    #expect(try await resolver.ask("www.garnet.test").code == .noError)
    #expect(try await resolver.ask("web.garnet.test").code == .noError)
  }

  @Test("circles end: aliases, servers that need each other, servers that need themselves", arguments: [
    "one.garnet.test", "www.loop.test", "www.self.test", "www.many.test", "c0.garnet.test",
  ])
  func circles(_ name: String) async throws {
    let world = try world()
    let answer = try await world.resolver().ask(name)
    #expect(answer.code == .serverFailure && answer.failure != nil, "\(answer)")
    #expect(world.seen.count <= 60, "\(world.seen.count)")
  }

  @Test("chains up to the bound are followed")
  func chains() async throws {
    let world = try world()
    let resolver = try world.resolver()
    #expect(try await resolver.ask("c10.garnet.test").answers.count == 5)
  }

  @Test("a server's word about other people's names counts for nothing")
  func poison() async throws {
    let lies = try records("""
      www.cobalt.test. 9999 A 203.0.113.66
      example. 9999 NS ns.evil.test.
      test. 9999 NS ns.evil.test.
      ns.evil.test. 9999 A 203.0.113.66
      """)
    let liar = ScriptedWorld.Manner.changing { answer, _, _ in
      answer.answers += lies.prefix(1)
      answer.authorities += lies[1...2]
      answer.additionals += lies
    }
    let world = try world(["192.0.2.20": liar, "192.0.2.21": liar])
    // cobalt.test is theirs too; here somebody else has it.
    let resolver = try world.resolver()
    #expect(try await resolver.ask("www.garnet.test").short == ["www.garnet.test. A 192.0.2.80"])
    #expect(resolver.remembered(Question(try Name("www.cobalt.test"), .a)) == nil)
    #expect(resolver.remembered(Question(try Name("ns.evil.test"), .a)) == nil)
    #expect(resolver.delegation(above: try Name("x.example"))?.zone.isRoot == true)
    #expect(resolver.delegation(above: try Name("x.test"))?.servers.contains { $0.name == (try? Name("ns.evil.test")) } == false)
    // The alias's target lies outside the zone that was asked: what came with it is not believed.
    let far = ScriptedWorld.Manner.changing { answer, _, _ in
      if answer.answers.contains(where: { $0.type == .cname }) {
        answer.answers = answer.answers.filter { $0.type == .cname } + lies.prefix(1)
      }
    }
    world.set(far, at: "192.0.2.20")
    world.set(far, at: "192.0.2.21")
    #expect(try await resolver.ask("far.garnet.test").short.last == "www.cobalt.test. A 198.51.100.80")
  }

  @Test("addresses nobody can have, and loopback, are no servers")
  func addresses() async throws {
    for address in ["0.0.0.0", "224.0.0.1", "127.0.0.1"] {
      let root = head(".", "a.root.") + "test. 60 NS ns.test.\nns.test. 60 A \(address)\n"
      let world = try ScriptedWorld(["192.0.2.1": [root]])
      #expect(try await world.resolver().ask("www.test").code == .serverFailure)
      #expect(Set(world.seen.map(\.server)) == [Address(192, 0, 2, 1)])
    }
  }

  @Test("identifiers differ from query to query, and the same seed gives the same queries")
  func chance() async throws {
    var logs: [[ScriptedWorld.Seen]] = []
    for seed in [1, 1, 2] as [UInt64] {
      let world = try world()
      let resolver = try world.resolver(seed: seed)
      for name in ["www.garnet.test", "far.garnet.test", "no.garnet.test"] { _ = try await resolver.ask(name) }
      logs.append(world.seen)
    }
    #expect(logs[0] == logs[1] && logs[0] != logs[2])
    #expect(Set(logs[0].map(\.id)).count == logs[0].count)
  }

  @Test("clients with the same question share one search; too many are turned away")
  func shares() async throws {
    let world = try world()
    let resolver = try world.resolver()
    world.shut()
    let answers = await withTaskGroup(of: ResolverAnswer.self) { group in
      for _ in 0..<20 { group.addTask { (try? await resolver.ask("www.garnet.test")) ?? ResolverAnswer(.refused) } }
      while !world.isHolding || resolver.waiterCount < 10 { await Task.yield() }
      for _ in 0..<200 { await Task.yield() }
      world.open()
      return await group.reduce(into: []) { $0.append($1) }
    }
    let good = answers.filter { $0.code == .noError }.count
    #expect(good >= 11 && answers.allSatisfy { $0.code == .noError || $0.failure?.text.contains("waitersMax") == true })
    #expect(world.seen.count == 3)
  }

  @Test("a question that has spent its budget makes no other name fail")
  func budgetOfOthers() async throws {
    // evil.test names a victim as its server, behind servers that cost the question all it may spend.
    var root = head(".", "a.root.") + "test. 3600 NS ns.nic.test.\nns.nic.test. 3600 A 192.0.2.10\n"
    root += "a.root. 3600 A 192.0.2.1\n"
    let test = head("test", "ns.nic.test.") + """
      ns.nic.test. 3600 A 192.0.2.10
      evil.test. 900 NS www.bank.test.
      bank.test. 900 NS ns1.bank.test.
      ns1.bank.test. 900 A 192.0.2.30
      """
    let bank = head("bank.test", "ns1.bank.test.") + "ns1.bank.test. 60 A 192.0.2.30\nwww.bank.test. 60 A 192.0.2.31\n"
    for budget in 1...6 {
      let world = try ScriptedWorld(["192.0.2.1": [root], "192.0.2.10": [test], "192.0.2.30": [bank]])
      // What one question may spend; the next one has its own.
      let resolver = try world.resolver { $0.limits.upstreamQueriesMax = budget }
      _ = try await resolver.ask("x.evil.test")
      let found = resolver.remembered(Question(try Name("www.bank.test"), .a))
      #expect(found?.code != .serverFailure, "with a budget of \(budget): \(String(describing: found?.failure))")
    }
  }

  @Test("the budget of one question is kept, and its limit is named")
  func budget() async throws {
    let world = try world()
    let answer = try await world.resolver { $0.limits.upstreamQueriesMax = 2 }.ask("www.garnet.test")
    #expect(answer.failure?.text.contains("upstreamQueriesMax") == true)
    #expect(answer.steps.count == 2)
  }
}
