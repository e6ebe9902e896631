// Zones that change: what updates do, what is kept, who may, and a copy that takes over. Not here: real programs (PeerTests).
import Bytes
import DNS
import SimulatedTransport
import Storage
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

    /// Starts both servers; the copy is told of changes.
    func start(expire: Int = 60, records kept: any RecordStore = MemoryRecords()) async throws -> SecondaryCopy {
      let start = "home.test. 60 SOA ns1.home.test. h.home.test. 1 5 2 \(expire) 30\n"
      let zone = try Zone(records: try records(start + text.split(separator: "\n").dropFirst().joined(separator: "\n")))
      var rights = ZoneRights()
      rights.update = [ZoneGrant(key: key.name)]
      rights.transfer = [ZoneGrant(addresses: AddressRange(secondary.addresses[0], length: 32), key: key.name)]
      rights.notified = [ZonePeer(Endpoint(secondary.addresses[0], 53), key: key)]
      let source = AuthoritySource(Authority(zones: [zone]))
      let desk = ZoneDesk(source, keys: TransactionKeys([key]), clock: primary.clock)
      desk.add(try await ChangingZone.open(zone, rights: rights, means: ZoneMeans(network: primary, records: kept, source: source, trace: nil, seed: 1)))
      _ = try await AuthorityService.start(network: primary, endpoint: Endpoint(primary.addresses[0], 53), authority: source, desk: desk, trace: nil)
      let copied = AuthoritySource(Authority(zones: []))
      let copyDesk = ZoneDesk(copied, keys: TransactionKeys([key]), clock: secondary.clock)
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
}
