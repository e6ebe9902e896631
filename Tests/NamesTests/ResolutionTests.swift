// Resolution of names: zones of several people, kept in memory, and every way that leads on or does not.
@testable import Names
import Bytes
import Testing
import World

/// Zones of several people and the blocks they published.
struct SmallWorld {
  static let now = Instant.simulationStart
  var blocks: [BlockQuery: [UInt8]] = [:]
  var zones = StartZones()
  var secrets: [String: ZoneSecret] = [:]
  /// What DNS says, by name and server.
  var dns: [String: [ZoneRecord]] = [:]
  private(set) var asked: [String] = []

  /// The zone of `person`, made at the first mention.
  mutating func key(_ person: String, _ kind: ZoneKind = .edkey) -> ZoneKey {
    if secrets[person] == nil {
      var chance = SeededRandom(seed: 7).derived(person)
      secrets[person] = ZoneSecret(kind, using: &chance)
    }
    return secrets[person]!.publicKey
  }

  mutating func publish(_ person: String, _ file: String, at now: Instant = now) throws {
    _ = key(person)
    let (zone, problems) = Zone.reading(Buffer(file))
    #expect(problems.isEmpty)
    for (_, block) in zone.blocks(by: secrets[person]!, at: now) { blocks[block.query] = block.bytes }
  }

  mutating func resolve(_ name: String, _ type: RecordType = .a, limits: Limits = Limits(), at now: Instant = now) throws -> Resolution.Outcome {
    var resolution = Resolution(try ZoneName(name), type, zones: zones, limits: limits)
    var inputs: [Resolution.Input] = [.began]
    while !inputs.isEmpty {
      var actions: [Resolution.Action] = []
      resolution.handle(inputs.removeFirst(), at: now, into: &actions)
      for action in actions {
        switch action {
        case .find(let ticket, let query): inputs.append(.found(ticket, blocks[query]))
        case .askDNS(let ticket, let name, let server, let type):
          asked.append("\(name) \(type) @\(server ?? "")")
          inputs.append(.answered(ticket, dns[name]))
        case .finish(let outcome): return outcome
        }
      }
    }
    Issue.record("no outcome")
    return .nothing(Resolution.Path())
  }

  /// The outcome in words.
  mutating func said(_ name: String, _ type: RecordType = .a, limits: Limits = Limits(), at now: Instant = now) throws -> String {
    switch try resolve(name, type, limits: limits, at: now) {
    case .records(let records, _): records.map(\.description).joined(separator: ", ")
    case .nothing: "nothing"
    case .failed(let problem, _): "! \(problem)"
    }
  }
}

@Suite struct ResolutionTests {
  /// Made once: keys and signatures take their time.
  private static let made = Result { try make() }

  private func world() throws -> SmallWorld { try Self.made.get() }

  private static func make() throws -> SmallWorld {
    var world = SmallWorld()
    let (bob, carol) = (world.key("bob", .pkey), world.key("carol"))
    try world.publish("alice", """
      @ A 1h 192.0.2.1
      @ NICK 1h alice
      www A 1h 192.0.2.80
      www AAAA 1h 2001:db8::80
      www TXT 1h supplemental "hello, world"
      bob PKEY 1h critical \(bob.text)
      shop REDIRECT 1h www.+
      friend REDIRECT 1h www.bob.+
      away REDIRECT 1h www.\(carol.text)
      outside REDIRECT 1h www.garnet.test
      loop REDIRECT 1h loop.+
      dns GNS2DNS 1h garnet.test 198.51.100.53
      dns2 GNS2DNS 1h garnet.test www.bob.+
      dns3 GNS2DNS 1h garnet.test gone.+
      dns4 GNS2DNS 1h garnet.test ns1.garnet.test
      mail BOX 1h 6 443 TLSA 0301ff
      mail A 1h 192.0.2.25
      odd TYPE70000 1h critical \\# 1 00
      """)
    try world.publish("bob", "www A 1h 198.51.100.80\n@ A 1h 198.51.100.1\ncarol EDKEY 1h \(carol.text)\n")
    try world.publish("carol", "www A 1h 203.0.113.80\n")
    #expect(world.zones.set(try ZoneName("alice"), world.key("alice")) == true)
    #expect(world.zones.set(try ZoneName("pin.gns.alt"), world.key("bob")) == true)
    return world
  }

  @Test("ways that lead on", arguments: [
    ("www.alice", RecordType.a, "A 192.0.2.80, TXT hello, world, NICK alice"), ("www.alice", .aaaa, "AAAA 2001:db8::80, TXT hello, world, NICK alice"),
    ("alice", .a, "A 192.0.2.1"), ("alice.", .a, "A 192.0.2.1"), ("alice", .nick, "NICK alice"),
    ("www.bob.alice", .a, "A 198.51.100.80"), ("bob.alice", .a, "A 198.51.100.1"), ("www.carol.bob.alice", .a, "A 203.0.113.80"),
    ("www.pin.gns.alt", .a, "A 198.51.100.80"), ("shop.alice", .a, "A 192.0.2.80, TXT hello, world, NICK alice"), ("friend.alice", .a, "A 198.51.100.80"),
    ("away.alice", .a, "A 203.0.113.80"), ("_443._tcp.mail.alice", .tlsa, "TLSA \\# 3 0301ff"), ("_https._tcp.mail.alice", .tlsa, "TLSA \\# 3 0301ff"),
    ("mail.alice", .a, "A 192.0.2.25, NICK alice"), ("shop.alice", .redirect, "REDIRECT www.+"),
  ])
  func leads(_ name: String, _ type: RecordType, _ expected: String) throws {
    var world = try world()
    #expect(try world.said(name, type) == expected)
  }

  @Test("a key as the end of a name, in any case, and the delegation itself")
  func keys() throws {
    var world = try world()
    let (alice, bob) = (world.key("alice"), world.key("bob"))
    #expect(try world.said("www.\(alice.text)") == "A 192.0.2.80, TXT hello, world, NICK alice")
    #expect(try world.said("www.bob.\(alice.text.lowercased())") == "A 198.51.100.80")
    #expect(try world.said("bob.alice", .pkey) == "PKEY \(bob.text)")
    let outcome = try world.resolve("www.bob.alice")
    #expect(outcome.path.steps == [
      .label(try ZoneLabel("bob"), in: alice, query: alice.query(for: try ZoneLabel("bob"))!), .delegation(to: bob),
      .label(try ZoneLabel("www"), in: bob, query: bob.query(for: try ZoneLabel("www"))!),
    ])
  }

  @Test("ways that end", arguments: [
    ("www.nobody", RecordType.a, "! the name ends neither in a zone's key nor in a name that one was given"), ("ftp.alice", .a, "! no block is stored for `ftp`"),
    ("x.www.alice", .a, "! nothing leads on from `www`"), ("www.alice", .mx, "nothing"), ("www.alice", .txt, "nothing"), ("loop.alice", .a, "! the way leads through more than 32 steps"),
    ("odd.alice", .a, "! `odd` has a critical record of type TYPE70000, which is not known here"), ("_444._tcp.mail.alice", .tlsa, "nothing"),
    ("dns3.alice", .a, "! the server gone.+ has no address"), ("dns.alice", .a, "! DNS has nothing for garnet.test"),
  ])
  func ends(_ name: String, _ type: RecordType, _ expected: String) throws {
    var world = try world()
    #expect(try world.said(name, type) == expected)
  }

  @Test("into DNS: with an address, with a server named in a zone or in DNS, and by a redirection")
  func dns() throws {
    var world = try world()
    let record = ZoneRecord(.a, [198, 51, 100, 7], expiration: SmallWorld.now.microseconds + 1)
    for name in ["garnet.test", "www.garnet.test"] { world.dns[name] = [record] }
    #expect(try world.said("dns.alice") == "A 198.51.100.7, LEHO garnet.test")
    #expect(try world.said("www.dns.alice") == "A 198.51.100.7")
    #expect(try world.said("www.dns2.alice") == "A 198.51.100.7")
    #expect(try world.said("www.dns4.alice") == "A 198.51.100.7")
    #expect(try world.said("outside.alice") == "A 198.51.100.7")
    #expect(world.asked == [
      "garnet.test A @198.51.100.53", "www.garnet.test A @198.51.100.53", "www.garnet.test A @198.51.100.80", "www.garnet.test A @ns1.garnet.test", "www.garnet.test A @",
    ])
  }

  @Test("time: a block expires; a shadow takes over")
  func time() throws {
    var world = SmallWorld()
    try world.publish("dora", "www A 60s 192.0.2.1\nwww A 2h shadow 192.0.2.2\nold A 60s 192.0.2.3\n")
    let name = world.key("dora").text
    let later = SmallWorld.now.advanced(by: .seconds(61))
    #expect(try world.said("www.\(name)") == "A 192.0.2.1")
    #expect(try world.said("www.\(name)", at: later) == "A 192.0.2.2")
    #expect(try world.said("old.\(name)", at: later) == "! the block for `old` has expired")
  }

  @Test("the same label typed another way is the same label")
  func normal() throws {
    var world = SmallWorld()
    try world.publish("emil", "caf\u{E9} A 1h 192.0.2.9\n")
    #expect(try world.said("cafe\u{301}.\(world.key("emil").text)") == "A 192.0.2.9")
  }

  @Test("two people may mean two zones by one name")
  func petnames() throws {
    var world = try world()
    #expect(world.zones.set(try ZoneName("www"), world.key("carol")) == true)
    #expect(try world.said("www.www") == "A 203.0.113.80")
    // The longest suffix counts.
    #expect(world.zones.set(try ZoneName("bob.alice"), world.key("carol")) == true)
    #expect(try world.said("www.bob.alice") == "A 203.0.113.80")
  }

  @Test("records that exclude each other, and records of malformed data, lead nowhere")
  func contradictions() throws {
    var world = SmallWorld()
    let other = world.key("other")
    let key = world.key("evil")
    let later = SmallWorld.now.microseconds + 1_000_000
    func publish(_ label: String, _ records: [ZoneRecord]) throws {
      let block = try #require(ZoneBlock(RecordSet(records), under: try ZoneLabel(label), by: world.secrets["evil"]!))
      world.blocks[block.query] = block.bytes
    }
    try publish("both", [ZoneRecord(.edkey, other.bytes, expiration: later), ZoneRecord(.a, [1, 2, 3, 4], expiration: later)])
    try publish("@", [ZoneRecord(.redirect, Array("x.+\0".utf8), expiration: later)])
    try publish("short", [ZoneRecord(.edkey, [1, 2], expiration: later)])
    try publish("point", [ZoneRecord(.edkey, [2] + [UInt8](repeating: 0, count: 31), expiration: later)])
    try publish("open", [ZoneRecord(.redirect, Array("no zero".utf8), expiration: later)])
    #expect(try world.said("x.both.\(key.text)") == "! the records under `both` exclude each other")
    #expect(try world.said(key.text) == "! the records under `@` exclude each other")
    #expect(try world.said("x.short.\(key.text)") == "! the data of `short`'s record of type EDKEY is malformed")
    #expect(try world.said("x.point.\(key.text)") == "! a zone's key is no point of the curve")
    #expect(try world.said("open.\(key.text)") == "! the data of `open`'s record of type REDIRECT is malformed")
  }

  @Test("answers nobody waits for are not heard")
  func late() throws {
    let world = try world()
    var resolution = Resolution(try ZoneName("www.alice"), .a, zones: world.zones)
    var actions: [Resolution.Action] = []
    resolution.handle(.began, at: SmallWorld.now, into: &actions)
    resolution.handle(.found(Ticket(number: 99), nil), at: SmallWorld.now, into: &actions)
    resolution.handle(.answered(Ticket(number: 0), nil), at: SmallWorld.now, into: &actions)
    resolution.handle(.began, at: SmallWorld.now, into: &actions)
    #expect(actions.count == 1)
    guard case .find(let ticket, let query)? = actions.first else { return }
    let block = world.blocks[query]
    resolution.handle(.found(ticket, block), at: SmallWorld.now, into: &actions)
    resolution.handle(.found(ticket, block), at: SmallWorld.now, into: &actions)
    #expect(actions.count == 2)
  }
}

@Suite struct ZoneFileTests {
  @Test("a zone is written and read back")
  func again() throws {
    let text = """
      ; a comment
      @ NICK 7d garnet
      www A 90s 192.0.2.1 ; and one behind
      www TXT 5m critical shadow "say \\"yes\\"; or \\\\ no"
      odd\u{E9} TYPE70000 @1767225600000000 \\# 2 00ff
      svc BOX 2h 17 53 SRV 000000
      """
    let (zone, problems) = Zone.reading(Buffer(text))
    #expect(problems.isEmpty && zone.lines.count == 5)
    #expect(zone.lines[2].data == .text("say \"yes\"; or \\ no") && zone.lines[2].flags == [.critical, .shadow])
    let (again, none) = Zone.reading(try #require(zone.bytes))
    #expect(again == zone && none.isEmpty)
    #expect(zone.sets(at: SmallWorld.now).map(\.label.text) == ["@", "odd\u{E9}", "svc", "www"])
  }

  @Test("what is no zone is told by line", arguments: [
    ("www A 1h", "LABEL TYPE LIFE DATA"), ("www A soon 192.0.2.1", "a life"), ("www NONSENSE 1h x", "a record type"), ("www A 1h 300.1.1.1", "the data of a record of type A"),
    ("a.b A 1h 192.0.2.1", "no dot"), ("www TXT 1h \"open", "not closed"), ("@ REDIRECT 1h a.+", "leads nowhere else"), ("www NICK 1h me", "stands at the zone itself"),
    ("www REDIRECT 1h a.+\nwww A 1h 192.0.2.1", "stands alone"), ("www REDIRECT 1h a.+\nwww REDIRECT 1h b.+", "shadows"), ("www A 0s 192.0.2.1", "a life"),
  ])
  func problems(_ text: String, _ part: String) {
    let (_, problems) = Zone.reading(Buffer(text))
    #expect(problems.count == 1 && problems[0].what.contains(part), "\(problems)")
  }
}
