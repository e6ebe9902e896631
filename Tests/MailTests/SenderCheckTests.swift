// Sender policies: what matches, what is a mistake, where the limits are. Each case is a small DNS and a question.
import Bytes
import DNS
import TestKit
import Testing
import World

@testable import Mail

/// A DNS of a few lines: `name TYPE data`, one after the other.
struct SmallDNS {
  private var records: [LookupQuestion: [RecordData]] = [:]
  private var names: Set<Name> = []
  private var silent: Set<LookupQuestion> = []
  var asked: [LookupQuestion] = []

  init(_ lines: String) throws {
    for line in lines.split(separator: "\n") {
      let words = line.split(separator: " ", maxSplits: 2)
      let name = try #require(Name(plain: words[0]))
      let type = try #require(RecordType(words[1]))
      let question = LookupQuestion(name.lowercased, type)
      names.insert(name.lowercased)
      let data = words.count > 2 ? String(words[2]) : ""
      if data == "TIMEOUT" {
        silent.insert(question)
        continue
      }
      records[question, default: []].append(try Self.data(type, data))
    }
  }

  private static func data(_ type: RecordType, _ text: String) throws -> RecordData {
    switch type {
    case .txt: .txt(text.split(separator: "|").map { Array($0.utf8) })
    case .a, .aaaa: RecordData(try #require(Address(text)))
    case .mx: .mx(preference: 10, exchange: text == "." ? .root : try #require(Name(plain: text)))
    case .ptr: .ptr(try #require(Name(plain: text)))
    default: .unknown(type, [])
    }
  }

  mutating func answer(_ question: LookupQuestion) -> LookupAnswer {
    asked.append(question)
    if silent.contains(question) { return .failed }
    if let found = records[question] { return .records(found) }
    return names.contains(question.name) ? .records([]) : .noName
  }
}

@Suite struct SenderCheckTests {
  static func verdict(_ dns: String, _ client: String = "192.0.2.1", sender: String = "joe@x.test", helo: String = "mta.test") throws -> (SenderVerdict, [LookupQuestion]) {
    var world = try SmallDNS(dns)
    let at = sender.lastIndex(of: "@") ?? sender.startIndex
    var check = SenderCheck(
      client: try #require(Address(client)), helo: helo, localPart: String(sender[..<at]), domain: String(sender[at...].dropFirst()), receiver: "mx.ours.test",
      at: .simulationStart)
    while case .ask(let question) = check.step { check.take(world.answer(question)) }
    guard case .done(let verdict) = check.step else { throw SyntaxError(expected: "an end", at: 0, rule: "") }
    return (verdict, world.asked)
  }

  @Test("mechanisms and qualifiers", .spec("RFC 7208", "4.6", "5", "6.1"), arguments: [
    ("x.test TXT v=spf1 -all", "fail"), ("x.test TXT v=spf1 ~all", "softfail"), ("x.test TXT v=spf1 ?all", "neutral"), ("x.test TXT v=spf1 all", "pass"),
    ("x.test TXT v=spf1", "neutral"), ("x.test TXT V=SPF1 +ALL", "pass"), ("x.test TXT v=spf1| -|all", "fail"),
    ("x.test TXT v=spf1 ip4:192.0.2.1 -all", "pass"), ("x.test TXT v=spf1 ip4:192.0.2.2 -all", "fail"), ("x.test TXT v=spf1 ip4:192.0.2.200/24 -all", "pass"),
    ("x.test TXT v=spf1 ip4:0.0.0.0/0 -all", "pass"), ("x.test TXT v=spf1 ip6:2001:db8::/32 -all", "fail"),
    ("x.test TXT v=spf1 a -all\nx.test A 192.0.2.1", "pass"), ("x.test TXT v=spf1 a/24 -all\nx.test A 192.0.2.77", "pass"), ("x.test TXT v=spf1 a:y.test -all\ny.test A 192.0.2.1", "pass"),
    ("x.test TXT v=spf1 a:y.test//64 -all\ny.test A 192.0.2.2", "fail"), ("x.test TXT v=spf1 a:y.test/24//64 -all\ny.test A 192.0.2.2", "pass"),
    ("x.test TXT v=spf1 mx -all\nx.test MX m.test\nm.test A 192.0.2.1", "pass"), ("x.test TXT v=spf1 mx -all\nx.test MX .", "fail"),
    ("x.test TXT v=spf1 mx:y.test/31 -all\ny.test MX m.test\nm.test A 192.0.2.0", "pass"),
    ("x.test TXT v=spf1 ptr -all\n1.2.0.192.in-addr.arpa PTR a.x.test\na.x.test A 192.0.2.1", "pass"), ("x.test TXT v=spf1 ptr -all\n1.2.0.192.in-addr.arpa PTR a.x.test\na.x.test A 192.0.2.2", "fail"),
    ("x.test TXT v=spf1 ptr:y.test -all\n1.2.0.192.in-addr.arpa PTR y.test\ny.test A 192.0.2.1", "pass"), ("x.test TXT v=spf1 ptr -all\n1.2.0.192.in-addr.arpa PTR TIMEOUT", "fail"),
    ("x.test TXT v=spf1 exists:y.test -all\ny.test A 127.0.0.2", "pass"), ("x.test TXT v=spf1 exists:%{ir}.%{v}.y.test -all\n1.2.0.192.in-addr.y.test A 127.0.0.2", "pass"),
    ("x.test TXT v=spf1 include:y.test -all\ny.test TXT v=spf1 ip4:192.0.2.1 -all", "pass"), ("x.test TXT v=spf1 include:y.test ~all\ny.test TXT v=spf1 -all", "softfail"),
    ("x.test TXT v=spf1 -include:y.test all\ny.test TXT v=spf1 all", "fail"), ("x.test TXT v=spf1 include:y.test all\ny.test TXT v=spf1", "pass"),
    ("x.test TXT v=spf1 redirect=y.test\ny.test TXT v=spf1 -all", "fail"), ("x.test TXT v=spf1 redirect=y.test ?all\ny.test TXT v=spf1 -all", "neutral"),
    ("x.test TXT v=spf1 include:y.test -all\ny.test TXT v=spf1 redirect=z.test\nz.test TXT v=spf1 all", "pass"),
    ("x.test TXT v=spf1 mechanism=x unknown-1=y -all", "fail"), ("x.test TXT v=spf10 -all", "none"), ("x.test TXT other", "none"), ("x.test A 192.0.2.1", "none"), ("y.test A 192.0.2.1", "none"),
    ("x.test TXT other\nx.test TXT v=spf1 -all", "fail"),
  ])
  func mechanisms(_ dns: String, _ result: String) throws { #expect(try Self.verdict(dns).0.result.rawValue == result) }

  @Test("IPv6 clients, and IPv4 ones in its clothes", .spec("RFC 7208", "5"), arguments: [
    ("x.test TXT v=spf1 ip6:2001:db8::/32 -all", "2001:db8::1", "pass"), ("x.test TXT v=spf1 a//64 -all\nx.test AAAA 2001:db8::2", "2001:db8::1", "pass"), ("x.test TXT v=spf1 a -all\nx.test A 192.0.2.1", "2001:db8::1", "fail"),
    ("x.test TXT v=spf1 ip4:192.0.2.1 -all", "::ffff:192.0.2.1", "pass"), ("x.test TXT v=spf1 exists:%{ir}.x.test -all\n\(Array(repeating: "1.0.0.0", count: 1)[0]).0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.b.d.0.1.0.0.2.x.test A 127.0.0.1", "2001:db8::1", "pass"),
    ("x.test TXT v=spf1 exists:%{i}.%{v}.x.test -all\n2.0.0.1.0.d.b.8.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.1.ip6.x.test A 127.0.0.1", "2001:db8::1", "pass"),
  ])
  func families(_ dns: String, _ client: String, _ result: String) throws { #expect(try Self.verdict(dns, client).0.result.rawValue == result) }

  @Test("mistakes", .spec("RFC 7208", "4.5", "4.6", "5.2", "6.1"), arguments: [
    "v=spf1 all:x.test", "v=spf1 all/8", "v=spf1 include", "v=spf1 include:", "v=spf1 include:x", "v=spf1 include:x.123", "v=spf1 include:x.test/8", "v=spf1 a:", "v=spf1 a:/24", "v=spf1 a/33", "v=spf1 a//129",
    "v=spf1 a/024", "v=spf1 a/", "v=spf1 a///8", "v=spf1 mx:x.test/2a", "v=spf1 ptr:", "v=spf1 ptr/8", "v=spf1 exists", "v=spf1 ip4", "v=spf1 ip4:", "v=spf1 ip4:192.0.2", "v=spf1 ip4:192.0.2.1/33",
    "v=spf1 ip4:192.0.2.1//8", "v=spf1 ip4:2001:db8::1", "v=spf1 ip6:192.0.2.1", "v=spf1 ip6:2001:db8::1/129", "v=spf1 ip6:::ffff:1.2.3", "v=spf1 foo", "v=spf1 foo:bar.test", "v=spf1 -redirect=x.test", "v=spf1 redirect:x.test",
    "v=spf1 redirect=x.test redirect=y.test", "v=spf1 exp=x.test exp=y.test", "v=spf1 redirect=", "v=spf1 exp=", "v=spf1 a:%{x}.test", "v=spf1 a:%{d", "v=spf1 a:%d.test", "v=spf1 a:%", "v=spf1 a:%{d0}", "v=spf1 a:%{c}.test", "v=spf1 a:%{drd}",
    "v=spf1 a:%{d+}%", "v=spf1 ++all", "v=spf1 1=x", "v=spf1 x=%{", "v=spf1 \u{7F}", "v=spf1 \u{E9}", "v=spf1 include:none.test", "v=spf1 redirect=none.test", "v=spf1 include:wrong.test", "v=spf1 -all \u{1}x",
  ])
  func mistakes(_ policy: String) throws {
    let dns = "x.test TXT \(policy)\nnone.test A 192.0.2.1\nwrong.test TXT v=spf1 foo"
    #expect(try Self.verdict(dns).0.result == .permerror, "\(policy)")
  }

  @Test("two policies are none, and a silent server is an error that passes", .spec("RFC 7208", "4.4", "4.5", "5"), arguments: [
    ("x.test TXT v=spf1 -all\nx.test TXT v=spf1 all", "permerror"), ("x.test TXT TIMEOUT", "temperror"), ("x.test TXT v=spf1 a -all\nx.test A TIMEOUT", "temperror"),
    ("x.test TXT v=spf1 include:y.test -all\ny.test TXT TIMEOUT", "temperror"), ("x.test TXT v=spf1 mx -all\nx.test MX y.test\ny.test A TIMEOUT", "temperror"), ("x.test TXT v=spf1 all a\nx.test A TIMEOUT", "pass"),
    ("x.test TXT v=spf1 exists:y.test\ny.test A TIMEOUT", "temperror"), ("x.test TXT v=spf1 redirect=y.test\ny.test TXT TIMEOUT", "temperror"),
  ])
  func errors(_ dns: String, _ result: String) throws { #expect(try Self.verdict(dns).0.result.rawValue == result) }

  @Test("who has no policy", .spec("RFC 7208", "4.3"), arguments: ["joe@[192.0.2.1]", "joe@localhost", "joe@a..test", "joe@" + String(repeating: "a", count: 64) + ".test", "joe@"])
  func none(_ sender: String) throws {
    let (verdict, asked) = try Self.verdict("x.test TXT v=spf1 -all", sender: sender)
    #expect(verdict.result == .none && asked.isEmpty)
  }

  @Test("<> and an empty local part ask for postmaster at the HELO name", .spec("RFC 7208", "2.4", "4.3"))
  func empty() throws {
    var world = try SmallDNS("mta.test TXT v=spf1 exists:%{l}.%{o}.%{h}.y.test -all\npostmaster.mta.test.mta.test.y.test A 127.0.0.1")
    var check = SenderCheck(client: Address(192, 0, 2, 1), helo: "mta.test", sender: .empty, receiver: "r", at: .simulationStart)
    while case .ask(let question) = check.step { check.take(world.answer(question)) }
    guard case .done(let verdict) = check.step else { return }
    #expect(verdict.result == .pass && verdict.domain == "mta.test" && verdict.term == "exists:%{l}.%{o}.%{h}.y.test")
    #expect(try Self.verdict("x.test TXT v=spf1 exists:%{l}.y.test -all\npostmaster.y.test A 127.0.0.1", sender: "@x.test").0.result == .pass)
  }

  @Test("ten terms that ask, counted before anything is asked, those inside an include too; ten names; two voids", .spec("RFC 7208", "4.6.4"))
  func limits() throws {
    func terms(_ count: Int) -> String { (1...count).map { "a:h\($0).test" }.joined(separator: " ") }
    let hosts = (1...12).map { "h\($0).test A 192.0.2.9" }.joined(separator: "\n")
    let ten = try Self.verdict("x.test TXT v=spf1 \(terms(10)) -all\n\(hosts)")
    #expect(ten.0.result == .fail && ten.1.count == 11)
    let eleven = try Self.verdict("x.test TXT v=spf1 \(terms(11)) -all\n\(hosts)")
    #expect(eleven.0.result == .permerror && eleven.1.count == 11)
    let inside = try Self.verdict("x.test TXT v=spf1 include:y.test a:h11.test -all\ny.test TXT v=spf1 \(terms(9)) -all\n\(hosts)")
    #expect(inside.0.result == .permerror)
    #expect(try Self.verdict("x.test TXT v=spf1 include:x.test -all").0.result == .permerror)
    #expect(try Self.verdict("x.test TXT v=spf1 redirect=x.test").0.result == .permerror)
    #expect(try Self.verdict("x.test TXT v=spf1 ip4:192.0.2.9 ip4:192.0.2.8 ip4:192.0.2.7 ip4:1.0.0.1 ip4:1.0.0.2 ip4:1.0.0.3 ip4:1.0.0.4 ip4:1.0.0.5 ip4:1.0.0.6 ip4:1.0.0.7 ip4:1.0.0.8 -all").0.result == .fail)
    func exchangers(_ count: Int) -> String { (1...count).map { "x.test MX h\($0).test" }.joined(separator: "\n") }
    #expect(try Self.verdict("x.test TXT v=spf1 mx -all\n\(exchangers(10))\n\(hosts)").0.result == .fail)
    #expect(try Self.verdict("x.test TXT v=spf1 mx -all\n\(exchangers(11))\n\(hosts)").0.result == .permerror)
    let names = (1...10).map { "1.2.0.192.in-addr.arpa PTR h\($0).test\n" }.joined()
    #expect(try Self.verdict("x.test TXT v=spf1 ptr -all\n\(names)1.2.0.192.in-addr.arpa PTR x.test\nx.test A 192.0.2.1\n\(hosts)").0.result == .fail)
    #expect(try Self.verdict("x.test TXT v=spf1 ptr -all\n\(names.dropFirst(35))1.2.0.192.in-addr.arpa PTR x.test\nx.test A 192.0.2.1\n\(hosts)").0.result == .pass)
    #expect(try Self.verdict("x.test TXT v=spf1 a:v1.test mx:v2.test ?all").0.result == .neutral)
    #expect(try Self.verdict("x.test TXT v=spf1 a:v1.test mx:v2.test exists:v3.test ?all").0.result == .permerror)
    // exp= is asked once, at the end, and costs nothing.
    #expect(try Self.verdict("x.test TXT v=spf1 a:v1.test mx:v2.test -all exp=v3.test").0.result == .fail)
  }

  @Test("explanations", .spec("RFC 7208", "6.2", "7"), arguments: [
    ("x.test TXT v=spf1 -all exp=e.test\ne.test TXT %{i} is not %{d}'s: see http://w.test/?s=%{S}&r=%{r}&t=%{t}%_%%%-", "192.0.2.1 is not x.test's: see http://w.test/?s=joe%40x.test&r=mx.ours.test&t=1767225600 %%20"),
    ("x.test TXT v=spf1 -all exp=%{d1r}.e.test\nx.e.test TXT short", "short"), ("x.test TXT v=spf1 -all exp=e.test\ne.test TXT one\ne.test TXT two", nil), ("x.test TXT v=spf1 -all exp=e.test\ne.test TXT TIMEOUT", nil),
    ("x.test TXT v=spf1 -all exp=e.test\ne.test TXT %{x}", nil), ("x.test TXT v=spf1 -all exp=e.test\ne.test TXT \u{E9}", nil), ("x.test TXT v=spf1 -all exp=e.test", nil),
    ("x.test TXT v=spf1 include:y.test -all\ny.test TXT v=spf1 -all exp=e.test\ne.test TXT wrong", nil), ("x.test TXT v=spf1 exp=w.test redirect=y.test\ny.test TXT v=spf1 -all exp=e.test\ne.test TXT %{d}", "y.test"),
    ("x.test TXT v=spf1 -all exp=e.test\ne.test TXT c=%{c} p=%{p}\n1.2.0.192.in-addr.arpa PTR other.test\n1.2.0.192.in-addr.arpa PTR a.x.test\nother.test A 192.0.2.1\na.x.test A 192.0.2.1", "c=192.0.2.1 p=a.x.test"),
    ("x.test TXT v=spf1 -all exp=e.test\ne.test TXT %{p}", "unknown"),
    // The macros of the RFC's own examples.
  ] as [(String, String?)])
  func explanations(_ dns: String, _ explanation: String?) throws {
    let verdict = try Self.verdict(dns).0
    #expect(verdict.result == .fail)
    #expect(verdict.explanation == explanation)
  }

  @Test("macros: the RFC's own examples", .spec("RFC 7208", "7.4"), arguments: [
    ("%{s}", "strong-bad@email.example.com"), ("%{o}", "email.example.com"), ("%{d}", "email.example.com"), ("%{d4}", "email.example.com"), ("%{d3}", "email.example.com"), ("%{d2}", "example.com"), ("%{d1}", "com"),
    ("%{dr}", "com.example.email"), ("%{d2r}", "example.email"), ("%{l}", "strong-bad"), ("%{l-}", "strong.bad"), ("%{lr}", "strong-bad"), ("%{lr-}", "bad.strong"), ("%{l1r-}", "strong"),
    ("%{ir}.%{v}._spf.%{d2}", "3.2.0.192.in-addr._spf.example.com"), ("%{lr-}.lp._spf.%{d2}", "bad.strong.lp._spf.example.com"), ("%{lr-}.lp.%{ir}.%{v}._spf.%{d2}", "bad.strong.lp.3.2.0.192.in-addr._spf.example.com"),
    ("%{ir}.%{v}.%{l1r-}.lp._spf.%{d2}", "3.2.0.192.in-addr.strong.lp._spf.example.com"), ("%{d2}.trusted-domains.example.net", "example.com.trusted-domains.example.net"),
  ])
  func macros(_ text: String, _ expanded: String) throws {
    let (_, asked) = try Self.verdict("email.example.com TXT v=spf1 exists:\(text).end.test -all", "192.0.2.3", sender: "strong-bad@email.example.com")
    #expect(asked.last?.name == Name(plain: expanded + ".end.test"))
  }

  @Test("a name that grew too long loses labels on the left", .spec("RFC 7208", "7.3"))
  func long() throws {
    let label = String(repeating: "a", count: 60)
    let domain = "\(label).\(label).\(label).x.test"
    let (_, asked) = try Self.verdict("\(domain) TXT v=spf1 exists:%{d}.%{d} -all", sender: "a@\(domain)")
    #expect(asked.count == 2)
    #expect(asked.last.map { $0.name.description.utf8.count <= 254 && $0.name.labelCount == 7 } == true)
  }

  @Test("the work grows with the length only", arguments: ["a", " ", "%%", "%{d}", " ip4:1.1.1.1", " x=y", " a:", "/"])
  func linear(_ unit: String) {
    #expect(isLinear { count in
      let text = Array(("v=spf1 x=" + String(repeating: unit, count: count / unit.utf8.count)).utf8)
      return { _ = try? SenderPolicy(text) }
    })
  }
}
