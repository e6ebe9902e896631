// What an authority answers, rule by rule: one small world of two zones, one table of questions.
// Not here: the four servers' majority (FerretTests.swift), bytes that are no query (QueryTests.swift).
import DNS
import Testing
import Trace

@testable import NameServer

private let garnet = """
  garnet.test.              3600 SOA ns1.garnet.test. host.garnet.test. 7 3600 600 86400 300
  garnet.test.              3600 NS ns1.garnet.test.
  garnet.test.              3600 NS ns.far.example.
  garnet.test.              3600 MX 10 mail.garnet.test.
  ns1.garnet.test.          3600 A 192.0.2.53
  mail.garnet.test.         3600 A 192.0.2.25
  mail.garnet.test.         3600 AAAA 2001:db8::25
  www.garnet.test.          3600 CNAME web.garnet.test.
  web.garnet.test.          60 A 192.0.2.80
  abroad.garnet.test.       60 CNAME www.far.example.
  lost.garnet.test.         60 CNAME nowhere.garnet.test.
  over.garnet.test.         60 CNAME www.cobalt.test.
  one.garnet.test.          60 CNAME two.garnet.test.
  two.garnet.test.          60 CNAME one.garnet.test.
  leaf.empty.between.garnet.test. 60 TXT leaf
  *.wild.garnet.test.       60 A 192.0.2.1
  *.wild.garnet.test.       60 MX 5 mail.garnet.test.
  deep.there.wild.garnet.test. 60 TXT deep
  *.alias.garnet.test.      60 CNAME web.garnet.test.
  sub.garnet.test.          900 NS ns.sub.garnet.test.
  sub.garnet.test.          900 NS ns.side.garnet.test.
  sub.garnet.test.          900 NS ns.far.example.
  sub.garnet.test.          900 DS x
  ns.sub.garnet.test.       900 A 192.0.2.54
  ns.sub.garnet.test.       900 AAAA 2001:db8::54
  side.garnet.test.         900 NS ns.side.garnet.test.
  ns.side.garnet.test.      900 A 192.0.2.55
  moved.garnet.test.        900 DNAME cobalt.test.
  moved.garnet.test.        900 TXT stays
  _http._tcp.garnet.test.   60 SRV 0 5 80 web.garnet.test.
  """

private let cobalt = """
  cobalt.test.              3600 SOA ns1.garnet.test. host.garnet.test. 7 3600 600 86400 30
  cobalt.test.              3600 NS ns1.garnet.test.
  www.cobalt.test.          60 A 198.51.100.80
  """

/// One question and its answer, records as `owner type` in the order they come.
private struct Case: Sendable, CustomTestStringConvertible {
  var name: String
  var type: RecordType = .a
  var code = ResponseCode.noError
  var flags = "qr aa"
  var answer: [String] = []
  var authority: [String] = []
  var additional: [String] = []
  var completeness = Authority.Completeness.minimal
  var testDescription: String { "\(name) \(type)" }
}

private let cases: [Case] = [
  // RFC 1034 §4.3.2: data.
  Case(name: "web.garnet.test.", answer: ["web.garnet.test. A"]),
  Case(name: "WEB.Garnet.TEST.", answer: ["WEB.Garnet.TEST. A"]),
  Case(name: "garnet.test.", type: .ns, answer: ["garnet.test. NS", "garnet.test. NS"]),
  Case(name: "garnet.test.", type: .soa, answer: ["garnet.test. SOA"]),
  Case(name: "_http._tcp.garnet.test.", type: .srv, answer: ["_http._tcp.garnet.test. SRV"]),
  // RFC 2308 §2.2: no such data; RFC 2308 §2.1: no such name.
  Case(name: "web.garnet.test.", type: .mx, authority: ["garnet.test. SOA"]),
  Case(name: "nowhere.garnet.test.", code: .noSuchName, authority: ["garnet.test. SOA"]),
  Case(name: "a.b.c.web.garnet.test.", code: .noSuchName, authority: ["garnet.test. SOA"]),
  // RFC 4592 §2.2.2: the names in between exist.
  Case(name: "between.garnet.test.", authority: ["garnet.test. SOA"]),
  Case(name: "empty.between.garnet.test.", type: .txt, authority: ["garnet.test. SOA"]),
  Case(name: "other.between.garnet.test.", code: .noSuchName, authority: ["garnet.test. SOA"]),
  // RFC 1034 §3.6.2: aliases, within, out of and between zones.
  Case(name: "www.garnet.test.", answer: ["www.garnet.test. CNAME", "web.garnet.test. A"]),
  Case(name: "www.garnet.test.", type: .cname, answer: ["www.garnet.test. CNAME"]),
  Case(name: "www.garnet.test.", type: .mx, answer: ["www.garnet.test. CNAME"], authority: ["garnet.test. SOA"]),
  Case(name: "abroad.garnet.test.", answer: ["abroad.garnet.test. CNAME"]),
  Case(name: "lost.garnet.test.", code: .noSuchName, answer: ["lost.garnet.test. CNAME"], authority: ["garnet.test. SOA"]),
  Case(name: "over.garnet.test.", answer: ["over.garnet.test. CNAME", "www.cobalt.test. A"]),
  Case(name: "one.garnet.test.", answer: ["one.garnet.test. CNAME", "two.garnet.test. CNAME"]),
  // RFC 4592 §3.3.1: wildcards, and the closest encloser that stops them.
  Case(name: "x.wild.garnet.test.", answer: ["x.wild.garnet.test. A"]),
  Case(name: "x.y.wild.garnet.test.", answer: ["x.y.wild.garnet.test. A"]),
  Case(name: "x.wild.garnet.test.", type: .txt, authority: ["garnet.test. SOA"]),
  Case(name: "wild.garnet.test.", authority: ["garnet.test. SOA"]),
  Case(name: "*.wild.garnet.test.", answer: ["*.wild.garnet.test. A"]),
  Case(name: "there.wild.garnet.test.", authority: ["garnet.test. SOA"]),
  Case(name: "x.there.wild.garnet.test.", code: .noSuchName, authority: ["garnet.test. SOA"]),
  Case(name: "x.alias.garnet.test.", answer: ["x.alias.garnet.test. CNAME", "web.garnet.test. A"]),
  // RFC 1034 §4.2.1: delegations, with the addresses inside first, those beside after.
  Case(
    name: "www.sub.garnet.test.", flags: "qr",
    authority: ["sub.garnet.test. NS", "sub.garnet.test. NS", "sub.garnet.test. NS"],
    additional: ["ns.sub.garnet.test. A", "ns.sub.garnet.test. AAAA", "ns.side.garnet.test. A"]),
  Case(
    name: "ns.sub.garnet.test.", flags: "qr",
    authority: ["sub.garnet.test. NS", "sub.garnet.test. NS", "sub.garnet.test. NS"],
    additional: ["ns.sub.garnet.test. A", "ns.sub.garnet.test. AAAA", "ns.side.garnet.test. A"]),
  Case(name: "side.garnet.test.", type: .ns, flags: "qr", authority: ["side.garnet.test. NS"], additional: ["ns.side.garnet.test. A"]),
  // RFC 4035 §3.1.4.1: DS is the parent's; RFC 2308: also its absence; at an apex it is ours when the parent is not.
  Case(name: "sub.garnet.test.", type: .ds, answer: ["sub.garnet.test. DS"]),
  Case(name: "side.garnet.test.", type: .ds, authority: ["garnet.test. SOA"]),
  Case(name: "garnet.test.", type: .ds, authority: ["garnet.test. SOA"]),
  // RFC 6672 §3.1: redirections; not at their own name.
  Case(
    name: "www.moved.garnet.test.", answer: ["moved.garnet.test. DNAME", "www.moved.garnet.test. CNAME", "www.cobalt.test. A"]),
  Case(
    name: "no.moved.garnet.test.", code: .noSuchName, answer: ["moved.garnet.test. DNAME", "no.moved.garnet.test. CNAME"],
    authority: ["cobalt.test. SOA"]),
  Case(name: "www.moved.garnet.test.", type: .cname, answer: ["moved.garnet.test. DNAME", "www.moved.garnet.test. CNAME"]),
  Case(name: "moved.garnet.test.", type: .txt, answer: ["moved.garnet.test. TXT"]),
  Case(name: "moved.garnet.test.", type: .dname, answer: ["moved.garnet.test. DNAME"]),
  Case(name: "moved.garnet.test.", authority: ["garnet.test. SOA"]),
  // RFC 8482 §4.1: one set.
  Case(name: "mail.garnet.test.", type: .any, answer: ["mail.garnet.test. A"]),
  Case(name: "between.garnet.test.", type: .any, authority: ["garnet.test. SOA"]),
  // Not ours.
  Case(name: "garnet.example.", code: .refused, flags: "qr"),
  Case(name: "test.", code: .refused, flags: "qr"),
  Case(name: ".", code: .refused, flags: "qr"),
  // The full form.
  Case(
    name: "garnet.test.", type: .mx, answer: ["garnet.test. MX"], authority: ["garnet.test. NS", "garnet.test. NS"],
    additional: ["mail.garnet.test. A", "mail.garnet.test. AAAA", "ns1.garnet.test. A"], completeness: .full),
]

@Suite("authoritative answers")
struct AnswerTests {
  @Test("answers each question of the table", arguments: cases)
  fileprivate func answers(_ c: Case) throws {
    let message = try responder([garnet, cobalt], c.completeness).ask(c.name, c.type)
    #expect(message.responseCode == c.code)
    #expect(message.flags.names == c.flags)
    #expect(message.questions.first?.name.isIdentical(to: try Name(c.name)) == true)
    #expect(message.answers.map { "\($0.name) \($0.type)" } == c.answer)
    #expect(message.authorities.map { "\($0.name) \($0.type)" } == c.authority)
    #expect(message.additionals.map { "\($0.name) \($0.type)" } == c.additional)
  }

  @Test("a negative answer's SOA record lives as long as the zone's minimum")
  func negativeLifetime() throws {
    let message = try responder([garnet]).ask("nowhere.garnet.test", .a)
    #expect(message.authorities.first?.ttl == 300)
    #expect(try responder([garnet]).ask("garnet.test", .soa).answers.first?.ttl == 3600)
  }

  @Test("data comes back as it is in the zone, whatever is compressed")
  func data() throws {
    let zone = try records(garnet)
    let responder = try responder([garnet])
    for record in zone where record.type != .ds && !["sub", "side"].contains(where: { "\(record.name)".contains("\($0).") }) {
      let type = record.type
      let answers = try responder.ask("\(record.name)", type, over: .tcp).answers
      #expect(answers.contains(record), "\(record.name) \(type): \(answers)")
    }
  }

  @Test("the made CNAME of a redirection lives as long as the DNAME")
  func redirectionLifetime() throws {
    let answers = try responder([garnet]).ask("a.b.moved.garnet.test", .a).answers
    #expect(answers.map(\.ttl) == [900, 900])
    #expect(answers.last?.data == .cname(try Name("a.b.cobalt.test")))
  }

  @Test("a redirection to a name that is too long is YXDOMAIN", arguments: [(170, ResponseCode.noError), (240, .nameExists)])
  func tooLong(_ c: (target: Int, code: ResponseCode)) throws {
    let long = stride(from: 0, to: c.target, by: 30).map { _ in String(repeating: "x", count: 29) }.joined(separator: ".")
    let zone = "r.test. 60 SOA a.test. b.test. 1 2 3 4 5\nr.test. 60 NS a.test.\nd.r.test. 60 DNAME \(long).\n"
    let message = try responder([zone]).ask("\(String(repeating: "y", count: 40)).d.r.test", .a)
    #expect(message.responseCode == c.code)
    #expect(message.answers.first?.type == .dname)
  }

  @Test("a chain ends at its bound")
  func chain() throws {
    var zone = "r.test. 60 SOA a.test. b.test. 1 2 3 4 5\nr.test. 60 NS a.test.\n"
    for step in 0..<30 { zone += "n\(step).r.test. 60 CNAME n\(step + 1).r.test.\n" }
    #expect(try responder([zone]).ask("n0.r.test", .a, over: .tcp).answers.count == NameServer.Limits().chainMax + 1)
  }

  @Test("over TCP, ANY gets everything")
  func any() throws {
    #expect(try responder([garnet]).ask("mail.garnet.test", .any, over: .tcp).answers.map(\.type) == [.a, .aaaa])
  }

  @Test("DS at an apex is answered by the zone above when that is ours too")
  func signerAbove() throws {
    let child = "sub.garnet.test. 60 SOA a.test. b.test. 1 2 3 4 5\nsub.garnet.test. 60 NS a.test.\n"
    let responder = try responder([garnet, child])
    #expect(try responder.ask("sub.garnet.test", .ds).answers.count == 1)
    #expect(try responder.ask("sub.garnet.test", .ns).flags.isAuthoritative)
  }

  @Test("the root zone answers")
  func root() throws {
    let zone = ". 60 SOA a.root. b.root. 1 2 3 4 5\n. 60 NS a.root.\na.root. 60 A 192.0.2.1\ntest. 60 NS ns.test.\nns.test. 60 A 192.0.2.2\n"
    let responder = try responder([zone])
    #expect(try responder.ask(".", .ns).answers.count == 1)
    #expect(try responder.ask("www.garnet.test", .a).additionals.count == 1)
    #expect(try responder.ask("nothing", .a).responseCode == .noSuchName)
    #expect(try responder.ask("nothing", .a).authorities.first?.name.isRoot == true)
  }

  @Test("publishing another authority takes effect with the next query")
  func publish() throws {
    let source = AuthoritySource(Authority(zones: [try Zone(records: records(garnet))]))
    let responder = AuthorityResponder(source)
    #expect(try responder.ask("www.cobalt.test", .a).responseCode == .refused)
    source.publish(Authority(zones: [try Zone(records: records(cobalt))]))
    #expect(try responder.ask("www.cobalt.test", .a).answers.count == 1)
    #expect(try responder.ask("web.garnet.test", .a).responseCode == .refused)
  }
}
