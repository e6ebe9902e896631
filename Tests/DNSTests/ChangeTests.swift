// Updates, notifications, serials, transfers: what is read, what is written, what is refused.
import Bytes
import DNS
import Testing
import TestKit
import Trace
import World

@Suite("updates and transfers as messages")
struct ChangeTests {
  private static func record(_ text: String) throws -> ResourceRecord { try ResourceRecord(text) }
  private static func start(_ serial: Int) throws -> ResourceRecord { try record("home.test. 300 SOA ns1.home.test. h.home.test. \(serial) 60 30 600 30") }
  private static func zone() throws -> Name { try Name("home.test") }

  @Test("an update of every kind reads back", .spec("RFC 2136", "2.4"))
  func update() throws {
    let name = try Name("www.home.test")
    let update = ZoneUpdate(
      zone: try Self.zone(),
      prerequisites: [
        .exists(name), .absent(name), .setExists(name, .a), .setAbsent(name, .mx), .setHas(name, .a(0xC000_0201)),
      ],
      changes: [
        .add(try Self.record("www.home.test. 60 A 192.0.2.7")), .deleteSet(name, .txt), .deleteName(name), .delete(name, .a(0xC000_0207)),
        .delete(name, .srv(priority: 1, weight: 2, port: 3, target: name)),
      ])
    let read = try ZoneUpdate(reading: Message(reading: update.message(id: 9).wire()))
    #expect(read == update)
    let explanation = explain(update.message(id: 9).wire())
    #expect(explanation.problem == nil && explanation.title == "update home.test. SOA")
    #expect(explanation.fields.map(\.name).contains("Prerequisite 5") && explanation.fields.last?.meaning == "This record is to be removed.")
  }

  /// A section's record that makes no update.
  struct Case: Sendable, CustomTestStringConvertible {
    let isPrerequisite: Bool
    let owner: String
    let `class`: RecordClass
    let ttl: UInt32
    let data: RecordData
    let expected: ResponseCode
    var testDescription: String { "\(owner) \(`class`) \(ttl) \(data.type)" }
  }

  static let cases = [
    Case(isPrerequisite: true, owner: "www.home.test", class: .any, ttl: 1, data: .unknown(.a, []), expected: .formatError),
    Case(isPrerequisite: true, owner: "www.home.test", class: .any, ttl: 0, data: .a(1), expected: .formatError),
    Case(isPrerequisite: true, owner: "www.other.test", class: .any, ttl: 0, data: .unknown(.a, []), expected: .notInZone),
    Case(isPrerequisite: true, owner: "www.home.test", class: .chaos, ttl: 0, data: .unknown(.a, []), expected: .formatError),
    Case(isPrerequisite: false, owner: "www.other.test", class: .internet, ttl: 0, data: .a(1), expected: .notInZone),
    Case(isPrerequisite: false, owner: "www.home.test", class: .internet, ttl: 0, data: .unknown(.axfr, [1]), expected: .formatError),
    Case(isPrerequisite: false, owner: "www.home.test", class: .any, ttl: 7, data: .unknown(.a, []), expected: .formatError),
    Case(isPrerequisite: false, owner: "www.home.test", class: .none, ttl: 7, data: .a(1), expected: .formatError),
    Case(isPrerequisite: false, owner: "www.home.test", class: .none, ttl: 0, data: .unknown(.a, [1, 2, 3]), expected: .formatError),
    Case(isPrerequisite: false, owner: "www.home.test", class: .none, ttl: 0, data: .unknown(.any, []), expected: .formatError),
    Case(isPrerequisite: false, owner: "www.home.test", class: .hesiod, ttl: 0, data: .a(1), expected: .formatError),
  ]

  @Test("what is no update", .spec("RFC 2136", "3.4.1"), arguments: cases)
  func refused(_ c: Case) throws {
    var message = ZoneUpdate(zone: try Self.zone()).message(id: 1)
    let record = ResourceRecord(try Name(c.owner), class: c.class, ttl: c.ttl, c.data)
    if c.isPrerequisite { message.answers = [record] } else { message.authorities = [record] }
    do {
      _ = try ZoneUpdate(reading: Message(reading: message.wire()))
      Issue.record("read")
    } catch let refusal as ZoneUpdate.Refusal {
      #expect(refusal.code == c.expected)
    }
  }

  @Test("a serial is newer by less than half of the circle", .spec("RFC 1982", "3.2"))
  func serials() {
    for (a, b, isNewer) in [
      (2, 1, true), (1, 2, false), (1, 1, false), (0, .max, true), (.max, 0, false), (0x8000_0000, 1, true), (0x8000_0001, 1, false), (0x8000_0002, 1, false),
    ] as [(UInt32, UInt32, Bool)] { #expect(Serial(a).isNewer(than: Serial(b)) == isNewer, "\(a) \(b)") }
    #expect(Serial(.max).next == Serial(1) && Serial(1).next == Serial(2))
  }

  @Test("a notification reads back", .spec("RFC 1996", "3.7"))
  func notification() throws {
    let message = Message.notification(try Self.zone(), start: try Self.start(5), id: 3)
    let notified = try #require(try Message(reading: message.wire()).notified)
    #expect(notified.zone == (try Self.zone()) && notified.serial == Serial(5))
  }

  private static func transfer(_ records: [ResourceRecord], since: Serial? = nil, limits: Limits = Limits()) throws -> [Buffer] {
    var writer = TransferWriter(answering: TransferQuestion(try zone(), since: since).message(id: 4), records, limits: limits)
    var messages: [Buffer] = []
    while let message = writer.message() { messages.append(message) }
    return messages
  }

  private static func read(_ messages: [Buffer], since: Serial? = nil) throws -> ZoneTransfer? {
    var reader = TransferReader(TransferQuestion(try zone(), since: since))
    for (number, message) in messages.enumerated() {
      if let transfer = try reader.take(Message(reading: message)) {
        #expect(number == messages.count - 1, "whole before its end")
        return transfer
      }
    }
    return nil
  }

  @Test("a whole zone in many messages reads back", .spec("RFC 5936", "2.2"))
  func whole() throws {
    var records = [try Self.start(5)]
    for number in 0..<3_000 { records.append(try Self.record("host\(number).home.test. 60 A 192.0.2.\(number % 250)")) }
    // One that is larger than the others' messages.
    records.append(ResourceRecord(try Name("big.home.test"), ttl: 60, .unknown(RecordType(rawValue: 65_280), Array(repeating: 7, count: 60_000))))
    records.append(try Self.record("last.home.test. 60 A 192.0.2.1"))
    let messages = try Self.transfer(ZoneTransfer.whole(records).records(start: records[0]))
    #expect(messages.count > 4 && messages.filter { $0.count > 16_384 }.count == 1)
    #expect(try Self.read(messages) == .whole(records))
    #expect(try Self.read(messages, since: Serial(3)) == .whole(records), "RFC 1995 §4: a whole zone is an answer to an incremental question")
    #expect(try Self.read(messages.dropLast()) == nil)
  }

  @Test("steps read back, also with nothing removed or added", .spec("RFC 1995", "4"))
  func steps() throws {
    let steps = [
      ZoneDifference(
        from: try Self.start(3), to: try Self.start(4), removed: [try Self.record("a.home.test. 60 A 192.0.2.1")],
        added: [try Self.record("a.home.test. 60 A 192.0.2.2"), try Self.record("b.home.test. 60 A 192.0.2.3")]),
      ZoneDifference(from: try Self.start(4), to: try Self.start(6)),
      ZoneDifference(from: try Self.start(6), to: try Self.start(7), added: [try Self.record("c.home.test. 60 A 192.0.2.4")]),
    ]
    let records = ZoneTransfer.steps(steps).records(start: try Self.start(7))
    let messages = try Self.transfer(records, since: Serial(3))
    #expect(try Self.read(messages, since: Serial(3)) == .steps(steps))
    for cut in 2..<records.count { #expect(try Self.read(Self.transfer(Array(records[..<cut]), since: Serial(3)), since: Serial(3)) == nil, "\(cut)") }
  }

  @Test("nothing newer", .spec("RFC 1995", "2"))
  func current() throws {
    #expect(try Self.read(Self.transfer([try Self.start(3)], since: Serial(3)), since: Serial(3)) == .current)
    #expect(try Self.read(Self.transfer([try Self.start(2)], since: Serial(3)), since: Serial(3)) == .current)
  }

  @Test("records that are in no order of a transfer")
  func disorder() throws {
    let (five, four) = (try Self.start(5), try Self.start(4))
    let a = try Self.record("a.home.test. 60 A 192.0.2.1")
    for (since, records) in [
      (nil, [a]), (nil, [five, a, four]), (nil, [five, a, five, a]), (Serial(3), [five, four]), (Serial(4), [five, four, five, a, four]),
      (nil, [five, try Self.record("a.other.test. 60 A 192.0.2.1")]), (nil, [five, try Self.record("a.home.test. 60 SOA a. b. 1 2 3 4 5")]),
    ] as [(Serial?, [ResourceRecord])] {
      #expect(throws: TransferFailure.self, "\(records)") { try Self.read(Self.transfer(records, since: since), since: since) }
    }
  }
}
