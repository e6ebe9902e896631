// Tables for what caches decide: directives, storability, age and freshness, Vary, 304, invalidation, Cache-Status.
// Not here: a cache that keeps anything (WebServerTests).
import Bytes
import HTTP
import TestKit
import Testing
import World

private let start = Instant(secondsSince1970: 1_767_225_600)
private let dateNow = "Thu, 01 Jan 2026 00:00:00 GMT"
private let dayBefore = "Wed, 31 Dec 2025 00:00:00 GMT"
private let hundredDaysBefore = "Tue, 23 Sep 2025 00:00:00 GMT"
private let hourLater = "Thu, 01 Jan 2026 01:00:00 GMT"

private func request(_ fields: [String] = [], method: String = "GET", target: String = "/a") throws -> RequestHead {
  var bytes = Buffer("\(method) \(target) HTTP/1.1\r\nHost: a.test\r\n" + fields.map { $0 + "\r\n" }.joined() + "\r\n")
  var reader = RequestReader()
  return try #require(try reader.next(from: &bytes))
}

private func response(_ fields: [String] = [], status: Int = 200) throws -> ResponseHead {
  var bytes = Buffer("HTTP/1.1 \(status) X\r\n" + fields.map { $0 + "\r\n" }.joined() + "\r\n")
  var reader = ResponseReader()
  return try #require(try reader.next(from: &bytes, answering: .get))
}

@Suite("Cache-Control", .spec("RFC 9111", "5.2"))
struct CacheControlTests {
  struct Case: Sendable, CustomTestStringConvertible {
    var values: [String]
    var expected: @Sendable (inout CacheControl) -> Void
    var testDescription: String { values.joined(separator: " | ") }
  }

  @Test("reads directives", arguments: [
    Case(values: []) { _ in }, Case(values: ["", ",,", " , "]) { _ in }, Case(values: ["max-age=60"]) { $0.maxAge = 60 },
    Case(values: ["MAX-AGE=60 , Public"]) { $0.maxAge = 60; $0.isPublic = true }, Case(values: ["max-age=\"60\""]) { $0.maxAge = 60 },
    Case(values: ["max-age=60", "max-age=0"]) { $0.maxAge = 60 }, Case(values: ["max-age=60, max-age=70"]) { $0.maxAge = 60 },
    Case(values: ["max-age=1.5"]) { $0.maxAge = 0 }, Case(values: ["max-age=-1"]) { $0.maxAge = 0 }, Case(values: ["max-age"]) { $0.maxAge = 0 },
    Case(values: ["max-age="]) { $0.maxAge = 0 }, Case(values: ["max-age=99999999999999999999"]) { $0.maxAge = CacheControl.secondsMax },
    Case(values: ["s-maxage=5, must-revalidate,proxy-revalidate"]) { $0.sharedMaxAge = 5; $0.mustRevalidate = true; $0.proxyRevalidate = true },
    Case(values: ["no-cache=\"set-cookie, x\", max-age=1"]) { $0.isNoCache = true; $0.maxAge = 1 },
    Case(values: ["private=\"x\""]) { $0.isPrivate = true }, Case(values: ["no-store", "only-if-cached"]) { $0.isNoStore = true; $0.onlyIfCached = true },
    Case(values: ["x=\"no-store\", max-age=3"]) { $0.maxAge = 3 }, Case(values: ["x=\"a, no-store\\\", b\", max-age=3"]) { $0.maxAge = 3 },
    Case(values: ["x=\"never ends, no-store"]) { _ in }, Case(values: ["max-stale"]) { $0.maxStale = .max }, Case(values: ["max-stale=9, min-fresh=4"]) { $0.maxStale = 9; $0.minFresh = 4 },
    Case(values: ["stale-while-revalidate=3, stale-if-error=4, immutable, no-transform"]) {
      $0.staleWhileRevalidate = 3; $0.staleIfError = 4; $0.isImmutable = true; $0.noTransform = true
    },
    Case(values: ["no store, =5, no-cache"]) { $0.isNoCache = true }, Case(values: ["must-understand"]) { $0.mustUnderstand = true },
  ])
  func reads(_ c: Case) {
    var expected = CacheControl()
    c.expected(&expected)
    #expect(CacheControl(parsing: c.values.map { Buffer($0) }) == expected)
  }

  @Test("Pragma counts in requests without Cache-Control", .spec("RFC 9111", "5.4"))
  func pragma() throws {
    #expect(CacheControl(of: try request(["Pragma: no-cache"]).fields, inRequest: true).isNoCache)
    #expect(!CacheControl(of: try request(["Pragma: no-cache", "Cache-Control: max-age=9"]).fields, inRequest: true).isNoCache)
    #expect(!CacheControl(of: try response(["Pragma: no-cache"]).fields, inRequest: false).isNoCache)
  }

  @Test("CDN-Cache-Control is strict: one mistake and it does not count", .spec("RFC 9213", "2.1"), arguments: [
    ("max-age=60", 60), ("max-age=60, no-cache", 60), ("max-age=60;x=1;y=\"a\", z=(1 2;q=0.5)", 60), ("max-age=10, max-age=60", 60), ("max-age=-5", 0),
    ("max-age=60,", nil), ("max-age = 60", nil), ("Max-Age=60", nil), ("max-age=60 no-cache", nil), ("max-age=\"60", nil), ("", nil), (",max-age=60", nil),
    ("max-age=1234567890123456", nil), ("x=?2", nil), ("x=:a b:", nil), ("x=(1", nil), ("x=1.2345", nil), ("x=:YWJj:, max-age=60", 60),
    ("*a=?1, b, c=tok/en:x, max-age=60", 60),
  ] as [(String, Int64?)])
  func targeted(_ text: String, _ seconds: Int64?) { #expect(CacheControl(parsingTargeted: [Buffer(text)])?.maxAge == seconds) }

  @Test("a wrong type takes one directive away, not the field")
  func targetedTypes() {
    let control = CacheControl(parsingTargeted: [Buffer("max-age=1.5, no-store=?0, must-revalidate, s-maxage=\"5\", stale-if-error=7")])
    #expect(control?.maxAge == nil && control?.sharedMaxAge == nil && control?.isNoStore == false && control?.mustRevalidate == true && control?.staleIfError == 7)
  }
}

@Suite("Storing", .spec("RFC 9111", "3"))
struct StoringTests {
  struct Case: Sendable, CustomTestStringConvertible {
    var response: [String]
    var status = 200
    var request: [String] = []
    var method = "GET"
    var refusal: StoringRefusal?
    var isNetwork = false
    var testDescription: String { "\(method) \(request) -> \(status) \(response)" }
  }

  @Test("what may be kept", arguments: [
    Case(response: ["Cache-Control: max-age=60"]), Case(response: ["Expires: \(hourLater)"]), Case(response: ["Last-Modified: \(dayBefore)"]),
    Case(response: ["ETag: \"x\""]), Case(response: [], refusal: .useless), Case(response: ["Cache-Control: max-age=0"], refusal: .useless),
    Case(response: ["Cache-Control: max-age=0", "ETag: \"x\""]), Case(response: ["ETag: x"], refusal: .useless),
    Case(response: ["Cache-Control: max-age=60"], method: "POST", refusal: .method), Case(response: ["Cache-Control: max-age=60"], method: "HEAD", refusal: .method),
    Case(response: ["Cache-Control: max-age=60, no-store"], refusal: .noStore), Case(response: ["Cache-Control: max-age=60"], request: ["Cache-Control: no-store"], refusal: .requestForbids),
    Case(response: ["Cache-Control: private, max-age=60"], refusal: .isPrivate), Case(response: ["Cache-Control: max-age=60", "Vary: Accept, *"], refusal: .variesOnEverything),
    Case(response: ["Cache-Control: max-age=60", "Vary: Accept", "Vary: *"], refusal: .variesOnEverything),
    Case(response: ["Cache-Control: max-age=60"], request: ["Authorization: Basic eA=="], refusal: .authorized),
    Case(response: ["Cache-Control: max-age=60, public"], request: ["Authorization: Basic eA=="]), Case(response: ["Cache-Control: s-maxage=60"], request: ["Authorization: Basic eA=="]),
    Case(response: ["Cache-Control: max-age=60, must-revalidate"], request: ["Authorization: Basic eA=="]),
    Case(response: ["Cache-Control: max-age=60", "Set-Cookie: a=b"], refusal: .setsCookie), Case(response: ["Cache-Control: max-age=60, public", "Set-Cookie: a=b"]),
    Case(response: ["Cache-Control: max-age=60"], status: 206, refusal: .status), Case(response: ["Cache-Control: max-age=60"], status: 304, refusal: .status),
    Case(response: ["Cache-Control: max-age=60"], status: 302), Case(response: ["ETag: \"x\""], status: 302, refusal: .status), Case(response: ["Cache-Control: max-age=60"], status: 404),
    Case(response: ["Last-Modified: \(dayBefore)"], status: 404), Case(response: ["Last-Modified: \(dayBefore)"], status: 405), Case(response: ["Last-Modified: \(dayBefore)"], status: 410),
    Case(response: ["Last-Modified: \(dayBefore)"], status: 501), Case(response: ["Last-Modified: \(dayBefore)"], status: 204), Case(response: ["Last-Modified: \(dayBefore)"], status: 414, refusal: .status),
    Case(response: ["Last-Modified: \(dayBefore)"], status: 400, refusal: .status), Case(response: ["Last-Modified: \(dayBefore)"], status: 500, refusal: .status),
    Case(response: ["Last-Modified: \(dayBefore)"], status: 431, refusal: .status), Case(response: ["Last-Modified: \(dayBefore)", "Cache-Control: public"], status: 302),
    Case(response: ["Cache-Control: max-age=60, must-understand"], status: 499, refusal: .status), Case(response: ["Cache-Control: max-age=60, no-store, must-understand"]),
    Case(response: ["Cache-Control: no-store", "CDN-Cache-Control: max-age=60"], refusal: .noStore),
    Case(response: ["Cache-Control: no-store", "CDN-Cache-Control: max-age=60"], isNetwork: true),
    Case(response: ["Cache-Control: no-store", "CDN-Cache-Control: max-age= 60"], refusal: .noStore, isNetwork: true),
    Case(response: ["Cache-Control: max-age=60", "CDN-Cache-Control: no-store"], refusal: .noStore, isNetwork: true),
  ])
  func storing(_ c: Case) throws {
    var policy = CachePolicy()
    policy.isContentNetwork = c.isNetwork
    let refusal = policy.refusal(of: try response(["Date: \(dateNow)"] + c.response, status: c.status), to: try request(c.request, method: c.method), receivedAt: start)
    #expect(refusal == c.refusal)
  }
}

@Suite("Freshness", .spec("RFC 9111", "4.2"))
struct FreshnessTests {
  struct Lifetime: Sendable, CustomTestStringConvertible {
    var fields: [String]
    var lifetime: Int64
    var age: Int64 = 0
    var delay = Duration.zero
    var status = 200
    var testDescription: String { "\(fields)" }
  }

  @Test("lifetime and age on arrival", arguments: [
    Lifetime(fields: ["Date: \(dateNow)", "Cache-Control: max-age=60"], lifetime: 60), Lifetime(fields: ["Cache-Control: max-age=60"], lifetime: 60),
    Lifetime(fields: ["Date: \(dateNow)", "Cache-Control: max-age=60, s-maxage=10"], lifetime: 10),
    Lifetime(fields: ["Date: \(dateNow)", "Expires: \(hourLater)"], lifetime: 3_600), Lifetime(fields: ["Date: \(dateNow)", "Expires: 0"], lifetime: 0),
    Lifetime(fields: ["Date: \(dateNow)", "Expires: \(hourLater)", "Cache-Control: max-age=5"], lifetime: 5),
    Lifetime(fields: ["Date: \(dayBefore)", "Expires: \(hourLater)"], lifetime: 90_000, age: 86_400),
    Lifetime(fields: ["Date: \(hourLater)", "Cache-Control: max-age=60"], lifetime: 60), Lifetime(fields: ["Date: garbage", "Cache-Control: max-age=60"], lifetime: 60),
    Lifetime(fields: ["Date: \(dateNow)", "Last-Modified: \(hundredDaysBefore)"], lifetime: 86_400), Lifetime(fields: ["Date: \(dateNow)", "Last-Modified: \(dayBefore)"], lifetime: 8_640),
    Lifetime(fields: ["Date: \(dateNow)", "Last-Modified: \(hourLater)"], lifetime: 0), Lifetime(fields: ["Date: \(dateNow)", "ETag: \"x\""], lifetime: 0),
    Lifetime(fields: ["Date: \(dateNow)", "Last-Modified: \(dayBefore)"], lifetime: 0, status: 414), Lifetime(fields: ["Date: \(dateNow)", "Age: 30", "Cache-Control: max-age=60"], lifetime: 60, age: 30),
    Lifetime(fields: ["Date: \(dateNow)", "Age: 30, 7", "Cache-Control: max-age=60"], lifetime: 60, age: 30), Lifetime(fields: ["Date: \(dateNow)", "Age: 3.5"], lifetime: 0, age: 0),
    Lifetime(fields: ["Date: \(dateNow)", "Age: -3"], lifetime: 0), Lifetime(fields: ["Date: \(dateNow)", "Age: 7", "Age: 9"], lifetime: 0, age: 7),
    Lifetime(fields: ["Date: \(dateNow)", "Age: 99999999999999999999"], lifetime: 0, age: CacheControl.secondsMax),
    Lifetime(fields: ["Date: \(dateNow)", "Age: 5"], lifetime: 0, age: 8, delay: .seconds(3)), Lifetime(fields: ["Date: \(dayBefore)", "Age: 5"], lifetime: 0, age: 86_400, delay: .seconds(3)),
  ])
  func lifetimes(_ c: Lifetime) throws {
    let stored = StoredResponse(head: try response(c.fields, status: c.status), requestedAt: start.advanced(by: .zero - c.delay), receivedAt: start, policy: CachePolicy())
    #expect(stored.lifetime == c.lifetime)
    #expect(stored.age(at: start) == c.age)
    #expect(stored.age(at: start + .seconds(10)) == c.age + 10)
    #expect(stored.age(at: Instant(nanoseconds: .max)) > 0)
    #expect(stored.age(at: Instant(nanoseconds: .min)) >= 0)
  }

  struct Use: Sendable, CustomTestStringConvertible {
    var fields: String
    var demand: String?
    var after: Int64
    var reuse: CacheReuse
    /// Whether it is good enough when the origin fails.
    var onError = false
    var testDescription: String { "\(fields) after \(after) s, asked with \(demand ?? "nothing")" }
  }

  @Test("whether it may be used", .spec("RFC 9111", "4.2.4", "5.2"), arguments: [
    Use(fields: "max-age=60", after: 0, reuse: .fresh, onError: true), Use(fields: "max-age=60", after: 59, reuse: .fresh, onError: true), Use(fields: "max-age=60", after: 60, reuse: .validate(.stale)),
    Use(fields: "max-age=60, no-cache", after: 0, reuse: .validate(.responseDemands)), Use(fields: "max-age=60", demand: "no-cache", after: 0, reuse: .validate(.requestDemands)),
    Use(fields: "max-age=60", demand: "max-age=0", after: 0, reuse: .validate(.requestDemands), onError: true), Use(fields: "max-age=60", demand: "max-age=10", after: 10, reuse: .fresh, onError: true),
    Use(fields: "max-age=60", demand: "max-age=10", after: 11, reuse: .validate(.requestDemands), onError: true), Use(fields: "max-age=60", demand: "min-fresh=10", after: 50, reuse: .fresh, onError: true),
    Use(fields: "max-age=60", demand: "min-fresh=10", after: 51, reuse: .validate(.requestDemands), onError: true), Use(fields: "max-age=60", demand: "max-stale", after: 9_999, reuse: .staleByRequest),
    Use(fields: "max-age=60", demand: "max-stale=10", after: 69, reuse: .staleByRequest), Use(fields: "max-age=60", demand: "max-stale=10", after: 70, reuse: .validate(.stale)),
    Use(fields: "max-age=60, must-revalidate", demand: "max-stale", after: 60, reuse: .validate(.stale)), Use(fields: "max-age=60, proxy-revalidate", demand: "max-stale", after: 60, reuse: .validate(.stale)),
    Use(fields: "s-maxage=60", demand: "max-stale", after: 60, reuse: .validate(.stale)), Use(fields: "max-age=60, stale-while-revalidate=10", after: 69, reuse: .staleWhileRevalidating),
    Use(fields: "max-age=60, stale-while-revalidate=10", after: 70, reuse: .validate(.stale)),
    Use(fields: "max-age=60, stale-while-revalidate=10, must-revalidate", after: 61, reuse: .validate(.stale)),
    Use(fields: "max-age=60, stale-if-error=10", after: 69, reuse: .validate(.stale), onError: true), Use(fields: "max-age=60, stale-if-error=10", after: 70, reuse: .validate(.stale)),
    Use(fields: "max-age=60, stale-if-error=10, must-revalidate", after: 61, reuse: .validate(.stale)),
    Use(fields: "max-age=60", demand: "stale-if-error=10", after: 61, reuse: .validate(.stale), onError: true),
    Use(fields: "max-age=60", demand: "only-if-cached", after: 0, reuse: .fresh, onError: true), Use(fields: "max-age=60", after: -5, reuse: .validate(.stale)),
  ])
  func using(_ c: Use) throws {
    let stored = StoredResponse(head: try response(["Date: \(dateNow)", "Cache-Control: \(c.fields)", "ETag: \"x\""]), requestedAt: start, receivedAt: start, policy: CachePolicy())
    let asked = try request(c.demand.map { ["Cache-Control: \($0)"] } ?? [])
    let now = start + .seconds(c.after)
    #expect(stored.reuse(for: asked, at: now) == c.reuse)
    #expect(stored.isGoodEnoughOnError(demanding: CacheControl(of: asked.fields, inRequest: true), at: now) == c.onError)
    #expect(stored.reuse(for: try request(method: "POST"), at: now) == .unusable)
  }
}

@Suite("Vary, 304, invalidation, Cache-Status", .spec("RFC 9111", "4.1", "4.3.4", "4.4"))
struct SelectionTests {
  @Test("equal keys for what means the same, and for nothing else", arguments: [
    ("Accept-Language", ["Accept-Language: de, en"], ["Accept-Language: de,en"], true), ("Accept-Language", ["Accept-Language: de, en"], ["Accept-Language: de", "Accept-Language: en"], true),
    ("accept-language", ["Accept-Language: de"], ["Accept-Language: en"], false), ("Accept-Language", ["Accept-Language: de, en"], ["Accept-Language: en, de"], false),
    ("X-A", ["X-A: 1"], [], false), ("X-A", ["X-A:"], [], false), ("X-A", [], [], true), ("X-A, Accept", ["X-A: 1", "Accept: b"], ["Accept: b", "x-a: 1"], true),
    ("X-A", ["X-B: 1"], ["X-B: 2"], true), ("", ["X-B: 1"], ["X-B: 2"], true), ("X-A, X-B", ["X-A: 1", "X-B: 2"], ["X-A: 1,x-b:2"], false),
  ] as [(String, [String], [String], Bool)])
  func vary(_ names: String, _ one: [String], _ other: [String], _ isSame: Bool) throws {
    let vary = Vary(of: try response(["Vary: \(names)"]).fields)
    #expect((vary.key(of: try request(one).fields) == vary.key(of: try request(other).fields)) == isSame)
  }

  @Test("a 304 brings new fields, keeps what describes the content, and leaves the connection's out")
  func merging() throws {
    let stored = try response(["Date: \(dayBefore)", "ETag: \"1\"", "Content-Type: text/plain", "X-Old: 1", "X-Both: a", "X-Both: b", "Content-Length: 5"])
    let confirmation = try response(
      ["Date: \(dateNow)", "ETag: \"1\"", "Content-Type: text/html", "Content-Length: 0", "X-Both: c", "Cache-Control: max-age=9", "Connection: x-hop", "X-Hop: 1", "Keep-Alive: 5"], status: 304)
    var bytes = StoredHead.bytes(of: stored, freshenedBy: confirmation, receivedAt: start)
    var reader = ResponseReader()
    let head = try #require(try reader.next(from: &bytes, answering: .get))
    #expect(head.status == .ok)
    #expect(head.values(of: .date).map(\.text) == [dateNow])
    #expect(head.text(of: .contentType) == "text/plain" && head.text(of: "X-Old") == "1" && head.values(of: "X-Both").map(\.text) == ["c"])
    #expect(head.text(of: .cacheControl) == "max-age=9" && !head.fields.contains("X-Hop") && !head.fields.contains(.keepAlive) && !head.fields.contains(.contentLength))
  }

  @Test("what unsafe methods make invalid", arguments: [
    ("POST", 200, ["Location: /b"], ["/a", "/b"]), ("POST", 303, ["Location: /b", "Content-Location: c"], ["/a", "/b", "c"]), ("POST", 404, ["Location: /b"], []), ("GET", 200, ["Location: /b"], []),
    ("PUT", 204, [], ["/a"]), ("DELETE", 500, [], []), ("M-SEARCH", 200, [], ["/a"]), ("OPTIONS", 200, [], []),
  ] as [(String, Int, [String], [String])])
  func invalidation(_ method: String, _ status: Int, _ fields: [String], _ expected: [String]) throws {
    #expect(Invalidation.references(after: try request(method: method), try response(fields, status: status)).map(\.text) == expected)
  }

  @Test("Cache-Status", .spec("RFC 9211", "2"), arguments: [
    (CacheStatus("proxy", .hit, timeToLive: 5), "proxy; hit; ttl=5"), (CacheStatus("a b\"", .forwarded(.noSuchAddress, isStored: true)), "\"a b\\\"\"; fwd=uri-miss; stored"),
    (CacheStatus("p.test", .forwarded(.stale, status: .notModified, isCollapsed: true), timeToLive: -3), "p.test; fwd=stale; fwd-status=304; collapsed; ttl=-3"),
    (CacheStatus("p", .forwarded(.bypass), detail: "the response is private"), "p; fwd=bypass; detail=\"the response is private\""),
  ])
  func status(_ status: CacheStatus, _ text: String) { #expect(status.text == text) }
}

@Suite("Forwarding", .spec("RFC 9110", "7.6.1"))
struct ForwardingTests {
  @Test("what a proxy passes on of a request", arguments: [
    (["X-A: 1", "Cookie: c=d"], "X-A: 1\r\nCookie: c=d\r\n"), (["Connection: X-Hop, close", "X-Hop: 1", "Keep-Alive: 5", "X-A: 1"], "X-A: 1\r\n"),
    (["Connection: Cookie, Authorization, Content-Type, X-Forwarded-For", "Cookie: c=d", "Content-Type: a/b"], "Cookie: c=d\r\nContent-Type: a/b\r\n"),
    (["Proxy-Authorization: x", "Proxy-Connection: keep-alive", "Proxy: http://evil.test", "TE: trailers", "Trailer: X", "Upgrade: h2c", "HTTP2-Settings: x"], ""),
    (["Content_Length: 99", "Transfer_Encoding: chunked", "X_A: 1"], ""), (["X-Forwarded-For: 192.0.2.9", "X-Forwarded-Host: evil.test", "X-Forwarded-Server: e", "X-Real-IP: 1", "Forwarded: for=x"], ""),
    (["X-Original-URL: /admin", "X-Rewrite-URL: /admin", "X-A: 1"], "X-A: 1\r\n"), (["Via: 1.0 a", "Via: 1.1 b"], "Via: 1.0 a\r\nVia: 1.1 b\r\n"),
  ] as [([String], String)])
  func requests(_ fields: [String], _ expected: String) throws {
    var lines = FieldLines()
    lines.append(forwarding: try request(fields).fields, .request)
    #expect(lines.bytes.text == expected)
  }

  @Test("a passed-on Date stays the only one")
  func date() throws {
    var lines = FieldLines()
    lines.append(forwarding: try response(["Date: \(dayBefore)", "Date: \(dateNow)", "Content-Length: 3", "Transfer-Encoding: chunked"].filter { !$0.hasPrefix("Transfer") }).fields, .response)
    #expect(lines.bytes.text == "Date: \(dayBefore)\r\n")
    for response in [Response(.ok, fields: lines, body: .bytes("abc")), Response(.ok, fields: lines, body: .parts(length: 3)), .prepared(try #require(PreparedResponse(Response(.ok, fields: lines))))] {
      var conversation = ServerConversation()
      var actions: [ServerConversation.Action] = []
      var bytes = Buffer("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
      conversation.handle(.connection(.opened), at: start, into: &actions)
      if let input = conversation.next(from: &bytes) { conversation.handle(input, at: start, into: &actions) }
      conversation.handle(.respond(Ticket(), response), at: start, into: &actions)
      let sent = actions.compactMap { if case .send(let bytes) = $0 { bytes.text } else { nil } }.joined()
      #expect(sent.split(separator: "\r\n").filter { $0.hasPrefix("Date:") } == ["Date: \(dayBefore)"], "\(sent)")
    }
  }

  @Test("counts the proxies on the way", arguments: [([], 0), (["Via: 1.1 a"], 1), (["Via: 1.1 a, 1.0 b,", "Via: 1.1 c"], 3)] as [([String], Int)])
  func hops(_ fields: [String], _ count: Int) throws { #expect(ProxyPath.hops(.via, in: try request(fields).fields) == count) }
}
