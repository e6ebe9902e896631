// Cookies: the published cases of RFC 6265 and how its successor differs, dates, the rules without published cases, the jar's file.
import Bytes
import Foundation
import TestKit
import Testing
import World

@testable import HTTP

/// 2011-01-01: the cases' dates of 1980 and 2007 lie in the past, those of 2019 and 2027 in the future.
private let then = Instant(secondsSince1970: 1_293_840_000)
private let home = CookieOrigin(host: "home.example.org", target: "/cookie-parser", isSecure: false)

/// A jar that can be asked inside an expectation, which takes nothing that changes.
private final class Jar {
  var jar: CookieJar
  init(_ jar: CookieJar = CookieJar()) { self.jar = jar }
  @discardableResult func store(_ field: Buffer, from origin: CookieOrigin, at now: Instant) -> Bool { jar.store(field, from: origin, at: now) }
  func field(for origin: CookieOrigin, at now: Instant) -> Buffer? { jar.field(for: origin, at: now) }
  func read(_ text: Buffer, at now: Instant) { jar.read(text, at: now) }
  func endSession() { jar.endSession() }
  var cookies: [StoredCookie] { jar.cookies }
  var text: Buffer { jar.text }
}

@Suite("Cookies", .spec("RFC 6265", "5"))
struct CookieVectorTests {
  struct Case: Decodable {
    struct Pair: Decodable {
      var name: String
      var value: String
    }
    var test: String
    var received: [String]
    var sent: [Pair]
    var target: String?

    enum CodingKeys: String, CodingKey {
      case test, received, sent
      case target = "sent-to"
    }
  }

  /// Where the second document means another outcome: what the cookies sent are then, nil for nothing to check.
  private static let changed: Set<String> = [
    "0004", "0023", "0024", "0025", "0026", "0027", "0028", "CHROMIUM0009", "CHROMIUM0010", "MOZILLA0012", "MOZILLA0014", "MOZILLA0015", "NAME0023",
    "NAME0031", "NAME0032", "0021", "CHROMIUM0012", "MOZILLA0016", "MOZILLA0017", "NAME0017", "NAME0025", "NAME0028", "NAME0033", "OPTIONAL_DOMAIN0042",
  ]

  @Test("the published cases", arguments: [CookieRules.rfc6265, .rfc6265bis])
  func published(rules: CookieRules) throws {
    guard let path = vectors("http/cookies/parser.json") else { return }
    let cases = try JSONDecoder().decode([Case].self, from: Data(contents(of: path) ?? []))
    #expect(cases.count == 222)
    var differing: Set<String> = []
    for c in cases where !c.test.hasPrefix("DISABLED_") {
      var jar = CookieJar(rules: rules) { ["org", "com"].contains($0) }
      for field in c.received { jar.store(Buffer(field), from: home, at: then) }
      let sent = jar.field(for: try Self.origin(c), at: then)
      let expected = c.sent.isEmpty ? nil : Buffer(c.sent.map { "\($0.name)=\($0.value)" }.joined(separator: "; "))
      if sent != expected { differing.insert(c.test) }
    }
    #expect(differing == (rules == .rfc6265 ? [] : Self.changed))
  }

  private static func origin(_ c: Case) throws -> CookieOrigin {
    guard let target = c.target else { return CookieOrigin(host: home.host, target: "/cookie-parser-result", isSecure: false) }
    let base = try #require(URL(string: "http://home.example.org:8888/cookie-parser"))
    let url = try #require(URL(string: target, relativeTo: base)?.absoluteURL)
    let components = try #require(URLComponents(url: url, resolvingAgainstBaseURL: true))
    return CookieOrigin(host: components.host ?? "", target: Buffer(components.percentEncodedPath), isSecure: components.scheme == "https")
  }

  struct DateCase: Decodable {
    var test: String
    var expected: String?
  }

  @Test("the published dates", arguments: [("examples.json", 15), ("bsd-examples.json", 55)])
  func dates(file: String, count: Int) throws {
    guard let path = vectors("http/cookies/dates/\(file)") else { return }
    let lines = String(decoding: contents(of: path) ?? [], as: UTF8.self).split(separator: "\n").filter { !$0.hasPrefix("//") }
    let cases = try JSONDecoder().decode([DateCase].self, from: Data(lines.joined(separator: "\n").utf8))
    #expect(cases.count == count)
    for c in cases {
      let found = CookieDate.instant(of: Buffer(c.test))
      let expected = c.expected.flatMap { DateText.instant(of: Buffer($0), now: then) }
      #expect(found == expected, "\(c.test)")
    }
  }
}

@Suite("Cookies today", .spec("RFC 6265", "5"))
struct CookieRuleTests {
  private static let secure = CookieOrigin(host: "home.example.org", target: "/a/b?c", isSecure: true)

  struct StoreCase: Sendable, CustomTestStringConvertible {
    var field: String
    var isSecure = true
    var counts: Bool
    var testDescription: String { "\(field.prefix(60)) \(isSecure)" }
  }

  @Test("what is stored", arguments: [
    StoreCase(field: "a=b", counts: true), StoreCase(field: "a=b; Secure", counts: true), StoreCase(field: "a=b; Secure", isSecure: false, counts: false),
    StoreCase(field: "__Secure-a=b", counts: false), StoreCase(field: "__Secure-a=b; Secure", counts: true), StoreCase(field: "__SECURE-a=b", counts: false),
    StoreCase(field: "__Host-a=b; Secure; Path=/", counts: true), StoreCase(field: "__Host-a=b; Secure", counts: false),
    StoreCase(field: "__Host-a=b; Secure; Path=/; Domain=example.org", counts: false), StoreCase(field: "__Host-a=b; Secure; Path=/a", counts: false),
    StoreCase(field: "=__Host-a=b; Secure; Path=/", counts: false), StoreCase(field: "a\u{1}=b", counts: false), StoreCase(field: "a=b; Path=/\u{7F}", counts: false),
    StoreCase(field: "a=b\tc", counts: true), StoreCase(field: "a=" + String(repeating: "b", count: 4_095), counts: true),
    StoreCase(field: "a=" + String(repeating: "b", count: 4_096), counts: false), StoreCase(field: "=", counts: false), StoreCase(field: "", counts: false),
    StoreCase(field: "a=b; Domain=org", counts: false), StoreCase(field: "a=b; Domain=other.example.org", counts: false),
    StoreCase(field: "a=b; Domain=example.org", counts: true), StoreCase(field: "a=b; Domain=.EXAMPLE.org", counts: true),
  ])
  func stores(_ c: StoreCase) {
    let jar = Jar()
    let origin = CookieOrigin(host: "home.example.org", target: "/a/b", isSecure: c.isSecure)
    #expect(jar.store(Buffer(c.field), from: origin, at: then) == c.counts)
    #expect(jar.cookies.count == (c.counts ? 1 : 0))
  }

  @Test("another site's requests bring what SameSite allows", arguments: [
    (CookieContext.sameSite, "none=1; lax=2; strict=3; plain=4"), (.foreignNavigation, "none=1; lax=2; plain=4"), (.foreign, "none=1; plain=4"),
  ] as [(CookieContext, String)])
  func sameSite(_ context: CookieContext, _ sent: String) {
    let jar = Jar()
    for field in ["none=1; SameSite=None; Secure", "lax=2; SameSite=Lax", "strict=3; SameSite=Strict", "plain=4"] {
      #expect(jar.store(Buffer(field), from: Self.secure, at: then))
    }
    #expect(jar.jar.field(for: Self.secure, in: context, at: then) == Buffer(sent))
  }

  @Test("an insecure server covers no secure cookie; attributes past their length are passed over; lives are bounded")
  func bounds() {
    let jar = Jar()
    #expect(jar.store("a=secret; Secure; Path=/", from: Self.secure, at: then))
    let open = CookieOrigin(host: "home.example.org", target: "/a/b", isSecure: false)
    #expect(!jar.store("a=planted; Path=/a", from: open, at: then) && !jar.store("a=planted; Domain=example.org; Path=/", from: open, at: then))
    #expect(jar.field(for: Self.secure, at: then) == "a=secret" && jar.field(for: open, at: then) == nil)
    #expect(jar.store(Buffer("b=1; Path=/" + String(repeating: "x", count: 1_024)), from: Self.secure, at: then))
    #expect(jar.cookies.last?.path == "/a")
    #expect(jar.store("c=1; Max-Age=99999999999999999999", from: Self.secure, at: then))
    #expect(jar.cookies.last?.expires == then.advanced(by: .seconds(400 * 86_400)))
    #expect(jar.store("c=1; Max-Age=0", from: Self.secure, at: then) && jar.cookies.count == 2)
  }

  @Test("longest unused cookies go first")
  func eviction() {
    var limits = CookieLimits()
    limits.cookiesPerDomainMax = 3
    limits.cookiesMax = 5
    let jar = Jar(CookieJar(limits: limits))
    for name in ["a", "b", "c"] { jar.store(Buffer("\(name)=1; Path=/\(name)"), from: Self.secure, at: then) }
    _ = jar.field(for: CookieOrigin(host: "home.example.org", target: "/a", isSecure: true), at: then)
    jar.store("d=1", from: Self.secure, at: then)
    #expect(jar.cookies.map(\.cookie.name.text) == ["a", "c", "d"])
    for host in ["x.test", "y.test", "z.test"] { jar.store("e=1", from: CookieOrigin(host: host, target: "/", isSecure: true), at: then) }
    #expect(jar.cookies.count == 5 && jar.cookies.map(\.domain).contains("z.test"))
  }

  @Test("paths and hosts", arguments: [
    ("/", "/", true), ("/a", "/", true), ("/a/b", "/a", true), ("/ab", "/a", false), ("/a/", "/a/", true), ("/a", "/a/", false), ("", "/", true),
  ])
  func paths(path: String, folder: String, matches: Bool) { #expect(CookieJar.path(Buffer(path), matches: Buffer(folder)) == matches) }

  @Test("hosts", arguments: [
    ("a.b.test", "b.test", true), ("b.test", "b.test", true), ("ab.test", "b.test", false), ("b.test", "a.b.test", false), ("192.0.2.1", "2.1", false), ("a", "", false),
  ])
  func hosts(host: String, domain: String, matches: Bool) { #expect(CookieJar.host(host, matches: domain) == matches) }

  @Test("a jar reads back from its file, order and all")
  func text() {
    let jar = Jar()
    for field in ["a=1; Path=/", "b=x\ty; Path=/a; HttpOnly; Max-Age=100; Secure", "c=\u{E4}; Domain=example.org; Path=/"] {
      jar.store(Buffer(field), from: Self.secure, at: then)
    }
    let read = Jar()
    var text = jar.text
    text.append("\n# a remark\nnonsense\n\tFALSE\t/\tFALSE\t0\ta\tb\n")
    read.read(text, at: then)
    #expect(read.field(for: Self.secure, at: then) == jar.field(for: Self.secure, at: then))
    #expect(jar.field(for: Self.secure, at: then) == "b=x\ty; a=1; c=\u{E4}")
    #expect(read.cookies.map(\.isHTTPOnly) == [false, true, false] && read.cookies.map(\.isHostOnly) == [true, true, false])
    let later = Jar()
    later.read(text, at: then.advanced(by: .seconds(101)))
    #expect(later.cookies.map(\.cookie.name.text) == ["a", "c"])
    later.endSession()
    #expect(later.cookies.isEmpty)
  }

  @Test("Set-Cookie is written as it reads", arguments: [
    "a=b", "a=b; Expires=Sat, 01 Jan 2011 00:00:00 GMT; Max-Age=5; Domain=a.test; Path=/x; Secure; HttpOnly; SameSite=Lax", "a=; SameSite=Strict",
  ])
  func writes(_ text: String) { #expect(SetCookie(parsing: Buffer(text))?.text?.text == text) }

  @Test("what cannot stand in Set-Cookie is not written")
  func refusesWriting() {
    for (name, value) in [("", "a"), ("a b", "c"), ("a", "b;c"), ("a", "b c"), ("a", "\"b\""), ("a;", "b"), ("a", "b\r\nX: y")] {
      #expect(SetCookie(Cookie(name: Buffer(name), value: Buffer(value))).text == nil)
    }
    var set = SetCookie(Cookie(name: "a", value: "b"))
    set.path = "/; Domain=x"
    #expect(set.text == nil)
  }

  @Test("the Cookie field", arguments: [
    ("a=1; b=2", ["a=1", "b=2"]), (" a = 1 ;; ;b", ["a=1", "b"]), ("===;;;", ["=="]), ("", []), ("a=\"x y\"", ["a=\"x y\""]),
  ])
  func field(text: String, cookies: [String]) { #expect(Cookies(parsing: Buffer(text)).all.map(\.description) == cookies) }

  @Test("a thousand cookies are read, no more")
  func many() {
    let all = Cookies(parsing: Buffer((0..<1_100).map { "c\($0)=\($0)" }.joined(separator: "; ")))
    #expect(all.all.count == 1_000 && all["c999"] == "999" && all["c1000"] == nil)
  }
}
