// Zones that change: what updates do, what is kept, who may, and a copy that takes over. Not here: real programs (PeerTests).
import Bytes
import DNS
import SimulatedTransport
import Storage
import Synchronization
import TestKit
import Testing
import Trace
import Transport
import World

@testable import NameServer

private let text = head("home.test", "ns1.home.test.") + """
  ns1.home.test. 60 A 198.51.100.1
  www.home.test. 60 A 192.0.2.80
  www.home.test. 60 A 192.0.2.81
  old.home.test. 60 CNAME www.home.test.
  """

@Suite("zones that change")
struct ChangingTests {
  private static func contents() throws -> ZoneContents {
    try needed(ZoneContents(apex: try Name("home.test"), records: try records(text)))
  }

  private static func update(
    _ changes: [ZoneUpdate.Change], if prerequisites: [ZoneUpdate.Prerequisite] = []
  ) throws -> ZoneUpdate { ZoneUpdate(zone: try Name("home.test"), prerequisites: prerequisites, changes: changes) }

  private static func add(_ line: String) throws -> ZoneUpdate.Change { .add(try ResourceRecord(line)) }

  @Test("a zone's records read back from its image")
  func image() throws {
    let zone = try Zone(records: try records(text))
    let again = zone.records
    let written = try records(text)
    #expect(again.first?.type == .soa && Set(again) == Set(written))
    let twice = try Zone(records: again).records
    #expect(Set(twice) == Set(again))
  }

  /// One update and what it does.
  struct Case: Sendable, CustomTestStringConvertible {
    let what: String
    let changes: @Sendable () throws -> [ZoneUpdate.Change]
    let removed: [String]
    let added: [String]
    var testDescription: String { what }
  }

  static let cases = [
    Case(what: "adds", changes: { [try add("new.home.test. 60 A 192.0.2.9")] }, removed: [], added: ["new.home.test. 60 IN A 192.0.2.9"]),
    Case(what: "adds what is there", changes: { [try add("www.home.test. 60 A 192.0.2.80")] }, removed: [], added: []),
    Case(
      what: "changes a time to live for the whole set", changes: { [try add("www.home.test. 90 A 192.0.2.80")] },
      removed: ["www.home.test. 60 IN A 192.0.2.80", "www.home.test. 60 IN A 192.0.2.81"],
      added: ["www.home.test. 90 IN A 192.0.2.80", "www.home.test. 90 IN A 192.0.2.81"]),
    Case(what: "an alias beside data is passed over", changes: { [try add("www.home.test. 60 CNAME a.home.test.")] }, removed: [], added: []),
    Case(what: "data beside an alias is passed over", changes: { [try add("old.home.test. 60 A 192.0.2.1")] }, removed: [], added: []),
    Case(
      what: "an alias replaces an alias", changes: { [try add("old.home.test. 60 CNAME a.home.test.")] },
      removed: ["old.home.test. 60 IN CNAME www.home.test."], added: ["old.home.test. 60 IN CNAME a.home.test."]),
    Case(
      what: "removes one record", changes: { [.delete(try Name("www.home.test"), .a(0xC000_0250))] }, removed: ["www.home.test. 60 IN A 192.0.2.80"],
      added: []),
    Case(
      what: "removes a set and a name", changes: { [.deleteSet(try Name("www.home.test"), .a), .deleteName(try Name("old.home.test"))] },
      removed: ["www.home.test. 60 IN A 192.0.2.80", "www.home.test. 60 IN A 192.0.2.81", "old.home.test. 60 IN CNAME www.home.test."], added: []),
    Case(
      what: "the apex keeps its SOA record and its servers",
      changes: {
        [
          .deleteName(try Name("home.test")), .deleteSet(try Name("home.test"), .ns), .delete(try Name("home.test"), .ns(try Name("ns1.home.test"))),
        ]
      }, removed: [], added: []),
    Case(
      what: "what comes and goes within one update is nothing",
      changes: { [try add("new.home.test. 60 A 192.0.2.9"), .deleteName(try Name("new.home.test"))] }, removed: [], added: []),
  ]

  @Test("what an update changes", .spec("RFC 2136", "3.4.2"), arguments: cases)
  func updates(_ c: Case) throws {
    var contents = try Self.contents()
    let before = contents
    let step = try contents.apply(Self.update(c.changes()))
    #expect((step?.removed ?? []).map(\.description) == c.removed && (step?.added ?? []).map(\.description) == c.added)
    #expect(contents.serial == (c.removed.isEmpty && c.added.isEmpty ? before.serial : before.serial.next))
    if let step {
      var other = before
      other.apply(step)
      #expect(Set(other.records) == Set(contents.records))
      other.apply(step, isUndone: true)
      #expect(Set(other.records) == Set(before.records) && other.recordCount == before.recordCount)
      #expect(ZoneJournal.step(ZoneJournal.bytes(step, contents.apex), contents.apex) == step)
    }
  }

  @Test("a prerequisite that does not hold leaves everything as it was", .spec("RFC 2136", "3.2"))
  func prerequisites() throws {
    let (www, none) = (try Name("www.home.test"), try Name("none.home.test"))
    let change = [try Self.add("new.home.test. 60 A 192.0.2.9")]
    let table: [(ZoneUpdate.Prerequisite, ResponseCode?)] = [
      (.exists(www), nil), (.exists(none), .noSuchName), (.absent(none), nil), (.absent(www), .nameExists), (.setExists(www, .a), nil),
      (.setExists(www, .mx), .noSuchRecords), (.setAbsent(www, .mx), nil), (.setAbsent(www, .a), .recordsExist), (.setHas(www, .a(0xC000_0250)), .noSuchRecords),
    ]
    for (prerequisite, code) in table {
      var contents = try Self.contents()
      do throws(ZoneUpdate.Refusal) {
        _ = try contents.apply(ZoneUpdate(zone: contents.apex, prerequisites: [prerequisite], changes: change))
        #expect(code == nil, "\(prerequisite)")
      } catch {
        let serial = try Self.contents().serial
        #expect(error.code == code && contents.serial == serial, "\(prerequisite)")
      }
    }
    var contents = try Self.contents()
    let whole = [ZoneUpdate.Prerequisite.setHas(www, .a(0xC000_0251)), .setHas(www, .a(0xC000_0250))]
    #expect(try contents.apply(ZoneUpdate(zone: contents.apex, prerequisites: whole, changes: change)) != nil)
  }

  /// A primary and its copy on virtual links.
  private struct World {
    let internet = SimulatedInternet(seed: 5) { _, _ in Link(delay: .milliseconds(10)) }
    let key = TransactionKey((try? Name("lab.key")) ?? .root, secret: Array("a secret of 24 bytes....".utf8))
    let (primary, secondary, user): (SimulatedNetwork, SimulatedNetwork, SimulatedNetwork)

    init() {
      primary = internet.addHost("ns1", Address(198, 51, 100, 1))
      secondary = internet.addHost("ns2", Address(198, 51, 100, 2))
      user = internet.addHost("user", Address(203, 0, 113, 2))
    }

    func ask(_ name: String, _ server: SimulatedNetwork) async throws -> Message? {
      let outcome = await NetworkUpstream(user, trace: nil).exchange(
        Message.query(try Name(name), .a, id: 5, recursionDesired: false), with: Endpoint(server.addresses[0], 53), signedWith: nil,
        until: user.clock.now + .seconds(2))
      if case .answered(let message, _) = outcome { return message } else { return nil }
    }

    func change(_ line: String, with key: TransactionKey?, over carriage: ConversationInfo.Carriage = .udp) async throws -> ResponseCode? {
      let update = ZoneUpdate(zone: try Name("home.test"), changes: [.add(try ResourceRecord(line))])
      let outcome = await NetworkUpstream(user, trace: nil).exchange(
        update.message(id: 6), with: Endpoint(primary.addresses[0], 53), over: carriage, signedWith: key, until: user.clock.now + .seconds(2))
      if case .answered(let message, _) = outcome { return message.responseCode } else { return nil }
    }

    /// Starts both servers; the copy is told of changes. `policy` is the first one's.
    func start(
      refresh: Int = 5, expire: Int = 60, records kept: any RecordStore = MemoryRecords(), guards: AnswerGuards? = nil, policy: QuestionPolicy? = nil,
      counting ports: PortCount = PortCount()
    ) async throws -> SecondaryCopy {
      let start = "home.test. 60 SOA ns1.home.test. h.home.test. 1 \(refresh) 2 \(expire) 30\n"
      // What the policy answers is not signed.
      let key = policy == nil ? self.key : nil
      let zone = try Zone(records: try records(start + text.split(separator: "\n").dropFirst().joined(separator: "\n")))
      var rights = ZoneRights()
      rights.update = [ZoneGrant(key: self.key.name)]
      rights.transfer = [ZoneGrant(addresses: AddressRange(secondary.addresses[0], length: 32), key: key?.name)]
      rights.notified = [ZonePeer(Endpoint(secondary.addresses[0], 53), key: key)]
      let source = AuthoritySource(Authority(zones: [zone]))
      let desk = ZoneDesk(source, keys: TransactionKeys([self.key]), clock: primary.clock)
      desk.add(try await ChangingZone.open(zone, rights: rights, means: ZoneMeans(network: CountingNetwork(primary, ports), records: kept, source: source, trace: nil, seed: 1)))
      _ = try await AuthorityService.start(
        network: primary, endpoint: Endpoint(primary.addresses[0], 53), authority: source, desk: desk, guards: guards, policy: policy, trace: nil)
      let copied = AuthoritySource(Authority(zones: []))
      let copyDesk = ZoneDesk(copied, keys: TransactionKeys([self.key]), clock: secondary.clock)
      let copy = try await SecondaryCopy.start(
        of: try Name("home.test"), from: [ZonePeer(Endpoint(primary.addresses[0], 53), key: key)], rights: ZoneRights(),
        means: ZoneMeans(network: secondary, records: MemoryRecords(), source: copied, trace: nil, seed: 2))
      copyDesk.add(copy)
      _ = try await AuthorityService.start(network: secondary, endpoint: Endpoint(secondary.addresses[0], 53), authority: copied, desk: copyDesk, trace: nil)
      try await user.clock.sleep(until: user.clock.now + .seconds(1))
      return copy
    }
  }

  @Test("an update is answered from at once, and within a second from the copy; without the key nothing changes")
  func copies() throws {
    let world = World()
    try world.internet.run {
      let copy = try await world.start()
      #expect(try await world.ask("www.home.test", world.secondary)?.answers.count == 2)
      #expect(try await world.change("new.home.test. 60 A 192.0.2.9", with: nil) == .refused)
      #expect(try await world.change("new.home.test. 60 A 192.0.2.9", with: TransactionKey(world.key.name, secret: [1])) == nil)
      #expect(try await world.ask("new.home.test", world.primary)?.responseCode == .noSuchName)
      #expect(try await world.change("new.home.test. 60 A 192.0.2.9", with: world.key) == .noError)
      #expect(try await world.ask("new.home.test", world.primary)?.answers.count == 1)
      #expect(try await world.change("newer.home.test. 60 A 192.0.2.9", with: world.key, over: .tcp) == .noError)
      try await world.user.clock.sleep(until: world.user.clock.now + .seconds(1))
      #expect(try await world.ask("newer.home.test", world.secondary)?.answers.count == 1, "told, not asked: refresh is after five seconds")
      copy.zone.stop()
    }
  }

  @Test("the copy answers when the primary is gone, until it expires; then it refuses, and comes back with the primary", .spec("RFC 1034", "4.3.5"))
  func expires() throws {
    let world = World()
    try world.internet.run {
      let copy = try await world.start(expire: 20)
      world.internet.partition([world.primary.addresses[0]], from: [world.secondary.addresses[0]])
      try await world.user.clock.sleep(until: world.user.clock.now + .seconds(10))
      #expect(try await world.ask("www.home.test", world.secondary)?.flags.isAuthoritative == true)
      try await world.user.clock.sleep(until: world.user.clock.now + .seconds(20))
      #expect(try await world.ask("www.home.test", world.secondary)?.responseCode == .refused)
      world.internet.partition([world.primary.addresses[0]], from: [world.secondary.addresses[0]], isDown: false)
      try await world.user.clock.sleep(until: world.user.clock.now + .seconds(6))
      #expect(try await world.ask("www.home.test", world.secondary)?.answers.count == 2)
      copy.zone.stop()
    }
  }

  @Test("what was acknowledged is there after a start; what the user changed in the file since is too")
  func restarts() throws {
    let world = World()
    let kept = MemoryRecords()
    try world.internet.run {
      let source = AuthoritySource(Authority(zones: []))
      func open(_ lines: String) async throws -> ChangingZone {
        try await ChangingZone.open(
          Zone(records: try records(lines)), rights: ZoneRights(),
          means: ZoneMeans(network: world.primary, records: kept, source: source, trace: nil, seed: 1))
      }
      let first = try await open(text)
      #expect(await first.update(try Self.update([try Self.add("new.home.test. 60 A 192.0.2.9")])) == .noError)
      let serial = first.start?.startOfAuthority?.version
      let second = try await open(text)
      #expect(second.start?.startOfAuthority?.version == serial)
      let third = try await open(text + "\nfile.home.test. 60 A 192.0.2.10")
      guard case .whole(let all)? = third.transfer(since: nil)?.transfer else {
        Issue.record("no zone")
        return
      }
      #expect(Set(all.map { "\($0.name)" }).isSuperset(of: ["new.home.test.", "file.home.test.", "www.home.test."]))
      guard case .steps(let steps)? = third.transfer(since: try needed(serial))?.transfer else {
        Issue.record("no steps")
        return
      }
      #expect(steps.flatMap(\.added).map { "\($0.name)" } == ["file.home.test."])
    }
  }

  @Test("a notification while the next look falls due: one look at a time, and another after `retry` where it fails", .spec("RFC 1034", "4.3.5"))
  func notifiedMeanwhile() throws {
    let world = World()
    try world.internet.run {
      let copy = try await world.start()
      world.internet.partition([world.primary.addresses[0]], from: [world.secondary.addresses[0]])
      // Looked at a second ago; the next look is due in four, and this one waits for two.
      try await world.user.clock.sleep(until: world.user.clock.now + .seconds(3))
      copy.refresh()
      try await world.user.clock.sleep(until: world.user.clock.now + .milliseconds(2_500))
      #expect(try await world.change("late.home.test. 60 A 192.0.2.9", with: world.key) == .noError)
      world.internet.partition([world.primary.addresses[0]], from: [world.secondary.addresses[0]], isDown: false)
      try await world.user.clock.sleep(until: world.user.clock.now + .milliseconds(2_500))
      #expect(try await world.ask("late.home.test", world.secondary)?.answers.count == 1)
      copy.zone.stop()
    }
  }

  @Test("a look that comes between moves the next one, not only once")
  func looksBetween() throws {
    let world = World()
    try world.internet.run {
      let copy = try await world.start(refresh: 60, expire: 600)
      world.internet.partition([world.primary.addresses[0]], from: [world.secondary.addresses[0]])
      copy.refresh()
      try await world.user.clock.sleep(until: world.user.clock.now + .seconds(3))
      #expect(try await world.change("late.home.test. 60 A 192.0.2.9", with: world.key) == .noError)
      // Those who are told hear nothing; after the failure it asks by itself every two seconds.
      try await world.user.clock.sleep(until: world.user.clock.now + .seconds(30))
      world.internet.partition([world.primary.addresses[0]], from: [world.secondary.addresses[0]], isDown: false)
      try await world.user.clock.sleep(until: world.user.clock.now + .seconds(5))
      #expect(try await world.ask("late.home.test", world.secondary)?.answers.count == 1)
      copy.zone.stop()
    }
  }

  @Test("a primary whose answer over UDP is cut is asked over TCP", .spec("RFC 1035", "4.2.1"))
  func cut() throws {
    let world = World()
    try world.internet.run {
      let copy = try await world.start(policy: QuestionPolicy { _, type in type == .soa ? .cut : nil })
      #expect(try await world.ask("www.home.test", world.secondary)?.answers.count == 2)
      copy.zone.stop()
    }
  }

  @Test("who is told and does not answer costs a few ports, however often the zone changes, and hears of the last change")
  func toldInVain() throws {
    let world = World()
    let ports = PortCount()
    try world.internet.run {
      let copy = try await world.start(refresh: 3_600, expire: 7_200, counting: ports)
      world.internet.partition([world.primary.addresses[0]], from: [world.secondary.addresses[0]])
      for number in 0..<40 { #expect(try await world.change("n\(number).home.test. 60 A 192.0.2.9", with: world.key) == .noError) }
      #expect(ports.highest <= NameServer.Limits().notifiesPerPeerMax, "\(ports.highest) at a time")
      world.internet.partition([world.primary.addresses[0]], from: [world.secondary.addresses[0]], isDown: false)
      try await world.user.clock.sleep(until: world.user.clock.now + .seconds(5))
      #expect(try await world.ask("n39.home.test", world.secondary)?.answers.count == 1)
      copy.zone.stop()
    }
  }

  private static func whole(_ zone: ChangingZone) throws -> [ResourceRecord] {
    if case .whole(let records)? = zone.transfer(since: nil)?.transfer { records } else { try needed([ResourceRecord]?.none) }
  }

  private static func steps(_ zone: ChangingZone, since other: ChangingZone) throws -> [ZoneDifference] {
    if case .steps(let steps)? = zone.transfer(since: other.start?.startOfAuthority?.version)?.transfer { steps } else { try needed([ZoneDifference]?.none) }
  }

  @Test("what others changed and what the file says differently meet in one exact step", .spec("RFC 1995", "4"))
  func merges() throws {
    let world = World()
    let kept = MemoryRecords()
    try world.internet.run {
      let source = AuthoritySource(Authority(zones: []))
      func open(_ lines: String) async throws -> ChangingZone {
        try await ChangingZone.open(
          Zone(records: try records(lines)), rights: ZoneRights(),
          means: ZoneMeans(network: world.primary, records: kept, source: source, trace: nil, seed: 1))
      }
      let first = try await open(text)
      let change = try Self.update([
        .delete(try Name("www.home.test"), .a(0xC000_0250)), try Self.add("both.home.test. 60 A 192.0.2.9"), try Self.add("ns1.home.test. 60 A 192.0.2.7"),
      ])
      #expect(await first.update(change) == .noError)
      let before = try Self.whole(first)
      // The file forgets what is gone, has what was added, and gives another lifetime to a set of two.
      let edited = text.replacing("www.home.test. 60 A 192.0.2.80\n", with: "").replacing("ns1.home.test. 60 A", with: "ns1.home.test. 90 A")
        + "\nboth.home.test. 60 A 192.0.2.9"
      let second = try await open(edited)
      let steps = try Self.steps(second, since: first)
      #expect(steps.count == 1)
      let (old, step) = (Set(before), try needed(steps.first))
      #expect(Set(step.removed).isSubset(of: old) && old.isDisjoint(with: step.added))
      #expect(Set(step.added.map(\.description)) == ["ns1.home.test. 90 IN A 198.51.100.1", "ns1.home.test. 90 IN A 192.0.2.7"])
      // Read back from what is kept, and a SOA record that says something else is news too.
      let third = try await open(edited.replacing(" 86400 300\n", with: " 86400 301\n"))
      #expect(third.start?.startOfAuthority?.minimum != second.start?.startOfAuthority?.minimum && third.start?.startOfAuthority?.serial == second.start?.startOfAuthority.map { $0.serial + 1 })
      let (now, then) = (try Self.whole(third), try Self.whole(second))
      #expect(Set(now.dropFirst()) == Set(then.dropFirst()))
    }
  }

  @Test("a zone that nobody wants any more is not published by what comes late, and takes nobody away")
  func givenUp() throws {
    let world = World()
    try world.internet.run {
      let source = AuthoritySource(Authority(zones: []))
      let zone = try await ChangingZone.open(
        Zone(records: try records(text)), rights: ZoneRights(),
        means: ZoneMeans(network: world.primary, records: MemoryRecords(), source: source, trace: nil, seed: 1))
      #expect(source.authority.zones.count == 1)
      zone.stop()
      source.withdraw(zone.apex)
      #expect(await zone.update(try Self.update([try Self.add("late.home.test. 60 A 192.0.2.9")])) == .noError)
      #expect(source.authority.zones.isEmpty)
      // Nor does it take away who has the name since.
      source.publish(try Zone(records: try records(text)))
      zone.withdraw()
      #expect(source.authority.zones.count == 1)
    }
  }

  @Test("that a server does not take our signature is believed with the query's identifier only")
  func guessed() throws {
    let (server, now) = (Endpoint(Address(192, 0, 2, 1), 53), Instant(secondsSince1970: 1_767_225_600))
    let key = TransactionKey(try Name("lab.key"), secret: [1])
    let query = Message.query(try Name("home.test"), .soa, id: 7)
    var conversation = UDPClientConversation(query, to: server, case: .ignored, until: now + .seconds(1), key: key)
    var actions: [DatagramAction<UDPClientConversation.Question>] = []
    conversation.handle(.opened, at: now, into: &actions)
    let (signed, _) = TransactionSession.signing(query.wire(), with: key, at: now)
    guard case .refused(var refusal, .badKey) = TransactionKeys().judge(signed, at: now) else { throw TextProblem(line: "taken") }
    refusal.overwrite(at: 0, with: UInt16(8))
    conversation.handle(.received(refusal, from: server), at: now, into: &actions)
    #expect(conversation.stateName == "waiting")
    refusal.overwrite(at: 0, with: UInt16(7))
    conversation.handle(.received(refusal, from: server), at: now, into: &actions)
    #expect(conversation.stateName == "finished")
  }

  @Test("strangers' messages to the desk are answered as often as their network may be")
  func strangers() throws {
    let world = World()
    try world.internet.run {
      var (rate, chance) = (ResponseRateSetting(), SeededRandom(seed: 3))
      (rate.responsesPerSecond, rate.slip) = (5, 0)
      let guards = AnswerGuards(rate: rate, clock: world.primary.clock, chance: &chance)
      let copy = try await world.start(refresh: 3_600, expire: 7_200, guards: guards)
      let upstream = NetworkUpstream(world.user, trace: nil)
      for (key, carriage, expected) in [
        (nil, .udp, 5...8), (TransactionKey(try Name("no.key"), secret: [1]), .udp, 5...8), (nil, .tcp, 20...20), (world.key, .udp, 20...20),
      ] as [(TransactionKey?, ConversationInfo.Carriage, ClosedRange<Int>)] {
        var answered = 0
        for number in 0..<20 {
          let message = Message.notification(try Name("other.test"), start: nil, id: UInt16(number))
          switch await upstream.exchange(message, with: Endpoint(world.primary.addresses[0], 53), over: carriage, signedWith: key, until: world.user.clock.now + .milliseconds(50)) {
          case .answered, .unreachable: answered += 1
          case .timedOut, .suspicious: break
          }
        }
        #expect(expected.contains(answered), "\(key?.name.description ?? "unsigned") over \(carriage): \(answered)")
        try await world.user.clock.sleep(until: world.user.clock.now + .seconds(30))
      }
      copy.zone.stop()
    }
  }
}

/// How many datagram ports are open.
private final class PortCount: Sendable {
  private let state = Mutex((open: 0, highest: 0))
  var highest: Int { state.withLock { $0.highest } }
  func opened() { state.withLock { $0 = ($0.open + 1, max($0.highest, $0.open + 1)) } }
  func closed() { state.withLock { $0.open -= 1 } }
}

/// A network whose datagram ports are counted.
private struct CountingNetwork: Network {
  let inner: SimulatedNetwork
  let count: PortCount

  init(_ inner: SimulatedNetwork, _ count: PortCount) { (self.inner, self.count) = (inner, count) }

  private struct Port: Listener {
    let inner: any Listener
    let count: PortCount
    var endpoint: Endpoint { inner.endpoint }
    func close(grace: Duration) async {
      await inner.close(grace: grace)
      count.closed()
    }
  }

  var clock: any WorldClock { inner.clock }
  var background: any Network { inner.background }
  func start(_ work: @escaping @Sendable () async -> Void) { inner.start(work) }

  func listen(
    at endpoint: Endpoint, options: ListenOptions, accept: @escaping @Sendable (_ remote: Endpoint, _ local: Endpoint) -> (any StreamEnd)?
  ) async throws(NetworkError) -> any Listener { try await inner.listen(at: endpoint, options: options, accept: accept) }

  func dial(_ endpoint: Endpoint, options: DialOptions, makeEnd: @escaping @Sendable () -> any StreamEnd) async throws(NetworkError) {
    try await inner.dial(endpoint, options: options, makeEnd: makeEnd)
  }

  func bind(_ endpoint: Endpoint, options: BindOptions, makeEnd: @escaping @Sendable () -> any DatagramEnd) async throws(NetworkError) -> any Listener {
    let port = try await inner.bind(endpoint, options: options, makeEnd: makeEnd)
    count.opened()
    return Port(inner: port, count: count)
  }
}
