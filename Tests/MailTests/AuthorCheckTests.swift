// Authors' policies: what a record says, which domains belong together, what is asked for. Each case is a small DNS and a message's domains.
import Bytes
import DNS
import TestKit
import Testing
import World

@testable import Mail

@Suite struct AuthorCheckTests {
  @Test("a record, and what is none", .spec("RFC 9989", "4.7", "4.8"), arguments: [
    ("v=DMARC1; p=reject", "reject"), ("v=DMARC1;p=quarantine;", "quarantine"), ("v=DMARC1", "none"), (" v = DMARC1 ;\tp = reject", "reject"),
    ("v=DMARC1; p=REJECT", "reject"), ("v=DMARC1; P=reject", "reject"), ("v=DMARC1; p=perhaps", "none"), ("v=DMARC1; p=reject; p=none", "reject"),
    ("v=DMARC1; pct=0; ri=1; rf=afrf; p=reject", "reject"), ("v=DMARC1; rua=mailto:a@x.test!10m; p=reject", "reject"), ("v=DMARC1; ;;= ;p=reject", "reject"),
    ("v=dmarc1; p=reject", nil), ("v=DMARC2; p=reject", nil), ("p=reject; v=DMARC1", nil), ("", nil), ("v=spf1 -all", nil), ("v=DMARC1 p=reject", nil),
  ] as [(String, String?)])
  func records(_ text: String, _ request: String?) { #expect(AuthorPolicy(Array(text.utf8))?.request.rawValue == request) }

  struct Case: Sendable, CustomTestStringConvertible {
    var dns: String
    var author: String
    var sender: String?
    var signers: [String]
    var expected: String

    init(_ dns: String, _ author: String, sender: String? = nil, signers: [String] = [], _ expected: String) {
      (self.dns, self.author, self.sender, self.signers, self.expected) = (dns, author, sender, signers, expected)
    }

    var testDescription: String { "\(author) by \(sender ?? "-") \(signers) with \(dns)" }
  }

  static func check(_ c: Case) throws -> (AuthorVerdict, [LookupQuestion]) {
    var world = try SmallDNS(c.dns)
    var check = AuthorCheck(author: c.author, sender: c.sender, signers: c.signers)
    while case .ask(let question) = check.step { check.take(world.answer(question)) }
    guard case .done(let verdict) = check.step else { throw SyntaxError(expected: "an end", at: 0, rule: "") }
    return (verdict, world.asked)
  }

  static let strict = "_dmarc.x.test TXT v=DMARC1; p=reject; adkim=s; aspf=s"
  static let relaxed = "_dmarc.x.test TXT v=DMARC1; p=reject"

  /// Result, what is asked for, where the record stands.
  @Test("alignment, and the policy that counts", .spec("RFC 9989", "4.4", "4.10", "5.3"), arguments: [
    Case(relaxed, "x.test", sender: "x.test", "pass reject x.test"), Case(relaxed, "x.test", signers: ["x.test"], "pass reject x.test"),
    Case(relaxed, "X.Test.", signers: ["x.TEST"], "pass reject x.test"),
    Case(relaxed, "x.test", "fail reject x.test"), Case(relaxed, "x.test", sender: "y.test", signers: ["z.test"], "fail reject x.test"),
    Case(relaxed, "x.test", sender: "ax.test", "fail reject x.test"), Case(relaxed, "x.test", signers: ["y.test", "m.x.test"], "pass reject x.test"),
    Case(relaxed, "a.x.test", sender: "b.x.test", "pass reject x.test"), Case(relaxed, "a.x.test", sender: "x.test", "pass reject x.test"),
    Case(strict, "x.test", sender: "m.x.test", signers: ["m.x.test"], "fail reject x.test"), Case(strict, "x.test", sender: "x.test", "pass reject x.test"),
    Case(strict, "a.x.test", sender: "a.x.test", "pass reject x.test"), Case(strict, "a.x.test", sender: "x.test", "fail reject x.test"),
    Case("_dmarc.x.test TXT v=DMARC1; p=reject; adkim=s", "x.test", sender: "m.x.test", "pass reject x.test"),
    Case("_dmarc.x.test TXT v=DMARC1; p=reject; aspf=s", "x.test", signers: ["m.x.test"], "pass reject x.test"),
    // Nothing is said.
    Case("x.test A 192.0.2.1", "x.test", sender: "x.test", "none none -"), Case("_dmarc.x.test TXT other", "x.test", "none none -"),
    Case("_dmarc.x.test TXT v=DMARC1; p=reject\n_dmarc.x.test TXT v=DMARC1; p=none", "x.test", "none none -"),
    Case("_dmarc.x.test TXT v=DMARC1;| p=re|ject\n_dmarc.x.test TXT other", "x.test", "fail reject x.test"),
    Case("", "[192.0.2.1]", "none none -"), Case("", "", "none none -"),
    // Below a domain.
    Case("_dmarc.x.test TXT v=DMARC1; p=reject; sp=none", "a.x.test", "fail none x.test"), Case("_dmarc.x.test TXT v=DMARC1; p=none; sp=quarantine", "x.test", "fail none x.test"),
    Case("_dmarc.x.test TXT v=DMARC1; p=none; np=reject\na.x.test A 192.0.2.1", "a.x.test", "fail none x.test"),
    Case("_dmarc.x.test TXT v=DMARC1; p=none; np=reject", "a.x.test", "fail reject x.test"),
    Case("_dmarc.x.test TXT v=DMARC1; p=none; np=reject\na.x.test TXT other", "a.x.test", "fail reject x.test"),
    Case("_dmarc.x.test TXT v=DMARC1; p=none; sp=quarantine; np=reject\na.x.test MX m.test", "a.x.test", "fail quarantine x.test"),
    Case("_dmarc.x.test TXT v=DMARC1; p=reject\n_dmarc.a.x.test TXT v=DMARC1; p=none", "a.x.test", sender: "x.test", "pass none a.x.test"),
    // Trying it out.
    Case("_dmarc.x.test TXT v=DMARC1; p=reject; t=y", "x.test", "fail quarantine x.test"), Case("_dmarc.x.test TXT v=DMARC1; p=quarantine; t=y", "x.test", "fail none x.test"),
    // Registries, and organisations below others.
    Case("_dmarc.test TXT v=DMARC1; p=reject; psd=y\n_dmarc.x.test TXT v=DMARC1; p=none", "a.x.test", sender: "x.test", "pass none x.test"),
    Case("_dmarc.test TXT v=DMARC1; p=reject; psd=y", "x.test", sender: "y.test", "fail reject test"),
    Case("_dmarc.test TXT v=DMARC1; p=reject; sp=none; psd=y", "a.x.test", sender: "x.test", "pass none test"),
    Case("_dmarc.test TXT v=DMARC1; p=reject", "x.test", sender: "y.test", "pass reject test"),
    Case("_dmarc.x.test TXT v=DMARC1; p=reject\n_dmarc.b.x.test TXT v=DMARC1; p=none; psd=n", "a.x.test", sender: "b.x.test", "fail reject x.test"),
    Case("_dmarc.x.test TXT v=DMARC1; p=reject\n_dmarc.b.x.test TXT v=DMARC1; p=none; psd=n", "b.x.test", sender: "x.test", "fail none b.x.test"),
    Case("_dmarc.x.test TXT v=DMARC1; p=reject\n_dmarc.b.x.test TXT v=DMARC1; p=none; psd=n", "a.b.x.test", sender: "b.x.test", "pass none b.x.test"),
    // Nobody knows.
    Case("_dmarc.x.test TXT TIMEOUT", "x.test", sender: "x.test", "temperror none -"),
    Case("_dmarc.x.test TXT v=DMARC1; p=none; np=reject\na.x.test A TIMEOUT", "a.x.test", "temperror none -"),
  ])
  func verdicts(_ c: Case) throws {
    let (verdict, _) = try Self.check(c)
    #expect("\(verdict.result) \(verdict.request) \(verdict.policyDomain ?? "-")" == c.expected)
  }

  @Test("a walk asks at most eight questions, whatever the name", .spec("RFC 9989", "4.10"))
  func walk() throws {
    let (_, asked) = try Self.check(Case("", (1...40).map { "l\($0)" }.joined(separator: ".") + ".test", sender: "other.test", "none none -"))
    #expect(asked.count == 8 && asked[1].name.plain == "_dmarc.l35.l36.l37.l38.l39.l40.test" && asked[7].name.plain == "_dmarc.test", "\(asked)")
    // Those who are no kin cost nothing.
    let (_, few) = try Self.check(Case(Self.relaxed, "x.test", sender: "a.b.c.y.test", signers: ["q.test", "r.test"], ""))
    #expect(few.map(\.name.plain) == ["_dmarc.x.test", "_dmarc.test"])
  }

  @Test("the field that says so", .spec("RFC 8601", "2.7.5"))
  func field() {
    var results = AuthenticationResults(server: "mx.test")
    results.add(AuthorVerdict(result: .fail, domain: "x.test", policyDomain: "x.test", request: .reject))
    results.add(AuthorVerdict(result: .none, domain: "y.test"))
    #expect(results.field.text == "Authentication-Results: mx.test;\r\n\tdmarc=fail\r\n\t header.from=x.test\r\n\t policy.dmarc=reject;\r\n\tdmarc=none\r\n\t header.from=y.test\r\n")
  }
}
