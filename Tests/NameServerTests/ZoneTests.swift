// Which records make a zone, and what is said of those that do not.
import DNS
import Testing
import Trace

@testable import NameServer

private let top = "z.test. 60 SOA ns.z.test. host.z.test. 1 2 3 4 5\nz.test. 60 NS ns.z.test.\nns.z.test. 60 A 192.0.2.1\n"

private struct Case: Sendable, CustomTestStringConvertible {
  var text: String
  var owner: String
  var kind: ZoneProblem.Kind
  var testDescription: String { text.split(separator: "\n").last.map(String.init) ?? text }
}

@Suite("zones")
struct ZoneTests {
  @Test("refuses what is no zone", arguments: [
    Case(text: "z.test. 60 NS ns.far.test.", owner: ".", kind: .noStartOfAuthority),
    Case(text: "z.test. 60 SOA a. b. 1 2 3 4 5", owner: "z.test", kind: .noServers),
    Case(text: top + "z.test. 60 SOA ns.z.test. host.z.test. 2 2 3 4 5", owner: "z.test", kind: .severalStartsOfAuthority),
    Case(text: top + "a.z.test. 60 SOA ns.z.test. host.z.test. 2 2 3 4 5", owner: "a.z.test", kind: .startOfAuthorityBelowApex),
    Case(text: top + "a.y.test. 60 A 192.0.2.1", owner: "a.y.test", kind: .outsideZone),
    Case(text: top + "a.z.test. 60 CNAME ns.z.test.\na.z.test. 60 TXT x", owner: "a.z.test", kind: .aliasAndOtherData),
    Case(text: top + "a.z.test. 60 CNAME ns.z.test.\na.z.test. 60 CNAME b.z.test.", owner: "a.z.test", kind: .severalAliases),
    Case(text: top + "a.z.test. 60 DNAME b.test.\na.z.test. 60 DNAME c.test.", owner: "a.z.test", kind: .severalRedirections),
    Case(
      text: top + (0..<900).map { "a.z.test. 60 TXT \($0)" + String(repeating: "x", count: 60) + "\n" }.joined(), owner: "a.z.test",
      kind: .setTooLarge(.txt)),
  ])
  fileprivate func refuses(_ c: Case) throws {
    let found = try #require(throws: ZoneErrors.self) { try Zone(records: records(c.text)) }
    #expect(found.problems == [ZoneProblem(owner: try Name(c.owner), kind: c.kind)])
  }

  @Test("serves, but warns of", arguments: [
    Case(text: top + "a.z.test. 60 NS no.a.z.test.", owner: "a.z.test", kind: .glueMissing(try! Name("no.a.z.test"))),
    Case(text: top + "a.z.test. 60 MX 1 no.z.test.", owner: "a.z.test", kind: .noAddress(.mx, try! Name("no.z.test"))),
    Case(
      text: top + "a.z.test. 60 MX 1 b.z.test.\nb.z.test. 60 CNAME ns.z.test.", owner: "a.z.test",
      kind: .targetIsAlias(.mx, try! Name("b.z.test"))),
    Case(text: top + "a.z.test. 60 NS ns.z.test.\nb.a.z.test. 60 TXT x", owner: "b.a.z.test", kind: .hidden(by: try! Name("a.z.test"))),
    Case(text: top + "a.z.test. 60 A 192.0.2.1\na.z.test. 30 A 192.0.2.2", owner: "a.z.test", kind: .differentLifetimes(.a)),
    Case(text: top + "*.z.test. 60 NS ns.far.test.", owner: "*.z.test", kind: .wildcardDelegation),
  ])
  fileprivate func warns(_ c: Case) throws {
    let zone = try Zone(records: records(c.text))
    #expect(zone.warnings == [ZoneProblem(owner: try Name(c.owner), kind: c.kind)])
  }

  @Test("accepts what only looks wrong", arguments: [
    "a.z.test. 60 MX 1 x.w.z.test.\n*.w.z.test. 60 A 192.0.2.1",
    "a.z.test. 60 MX 0 .",
    "a.z.test. 60 NS ns.a.z.test.\nns.a.z.test. 60 A 192.0.2.1\nns.a.z.test. 60 AAAA ::1",
    "a.z.test. 60 NS ns.b.z.test.\nb.z.test. 60 NS ns.far.test.",
    "a.z.test. 60 TXT x\nA.Z.test. 60 TXT x",
  ])
  func accepts(_ text: String) throws {
    let zone = try Zone(records: records(top + text))
    #expect(zone.warnings.isEmpty)
    #expect(zone.apex == (try Name("Z.test")))
    #expect(zone.authority.serial == 1)
  }

  @Test("a set takes the smallest TTL of its records and drops duplicates, small or large")
  func sets() throws {
    var text = top + "a.z.test. 60 A 192.0.2.1\na.z.test. 30 A 192.0.2.2\n"
    for _ in 0..<2 { for index in 0..<40 { text += "b.z.test. 60 A 192.0.2.\(index)\n" } }
    let zone = try Zone(records: records(text))
    #expect(zone.recordCount == 45)
    let responder = AuthorityResponder(AuthoritySource(Authority(zones: [zone])))
    #expect(try responder.ask("a.z.test", .a).answers.map(\.ttl) == [30, 30])
    #expect(try responder.ask("b.z.test", .a, over: .tcp).answers.count == 40)
  }
}
