// Tables for the pure parts: dates, entity tags, conditions, ranges, preferences, paths, field names, prepared responses.
import Bytes
import HTTP
import TestKit
import Testing
import World

private let now = Instant(secondsSince1970: 1_767_225_600)

/// The head of a GET with these field lines.
private func head(_ fields: String..., method: String = "GET") throws -> RequestHead {
  var bytes = Buffer("\(method) / HTTP/1.1\r\nHost: a.test\r\n" + fields.map { $0 + "\r\n" }.joined() + "\r\n")
  var reader = RequestReader()
  return try #require(try reader.next(from: &bytes))
}

@Suite("Dates", .spec("RFC 9110", "5.6.7"))
struct DateTests {
  @Test("all three forms are read", arguments: [
    ("Sun, 06 Nov 1994 08:49:37 GMT", 784_111_777), ("Sunday, 06-Nov-94 08:49:37 GMT", 784_111_777), ("Sun Nov  6 08:49:37 1994", 784_111_777),
    ("Thu, 01 Jan 1970 00:00:00 GMT", 0), ("Thu, 29 Feb 2024 23:59:60 GMT", 1_709_251_199), ("Wednesday, 01-Jan-76 00:00:00 GMT", 3_345_062_400),
    ("Thursday, 01-Jan-77 00:00:00 GMT", 220_924_800),
  ] as [(String, Int64)])
  func reads(_ text: String, _ seconds: Int64) {
    #expect(DateText.instant(of: Buffer(text), now: now)?.secondsSince1970 == seconds)
  }

  @Test("anything else is not a date", arguments: [
    "", "now", "Sun, 06 Nov 1994 08:49:37", "Sun, 6 Nov 1994 08:49:37 GMT", "Sun, 31 Feb 1994 08:49:37 GMT", "Sun, 06 Nov 1994 24:49:37 GMT",
    "Sun, 06 Nov 1994 08:49:37 CET", "Son, 06 Nov 1994 08:49:37 GMT", "Sun, 00 Nov 1994 08:49:37 GMT", "Sun Nov 06 08:49:37 94      ",
    "Thu, 29 Feb 2023 00:00:00 GMT", "Sunday, 06-Nov-1994 08:49:37 GMT",
  ])
  func refuses(_ text: String) { #expect(DateText.instant(of: Buffer(text), now: now) == nil) }

  @Test("what is written is read again, over four centuries")
  func roundTrip() {
    var random = SeededRandom(seed: 3)
    for _ in 0..<2_000 {
      let instant = Instant(secondsSince1970: Int64.random(in: -9_000_000_000...9_000_000_000, using: &random))
      #expect(DateText.instant(of: DateText.bytes(of: instant), now: now) == instant)
    }
    #expect(DateText.bytes(of: Instant(secondsSince1970: 784_111_777)).text == "Sun, 06 Nov 1994 08:49:37 GMT")
  }
}

@Suite("Conditions", .spec("RFC 9110", "13"))
struct ConditionTests {
  struct Case: Sendable {
    var fields: [String]
    var method = "GET"
    var verdict: Preconditions.Verdict
  }

  private static let old = "Sat, 01 Jan 2000 00:00:00 GMT"
  private static let same = "Mon, 01 Dec 2025 00:00:00 GMT"

  static let cases: [Case] = [
    Case(fields: [], verdict: .proceed), Case(fields: ["If-None-Match: \"v1\""], verdict: .notModified),
    Case(fields: ["If-None-Match: W/\"v1\""], verdict: .notModified), Case(fields: ["If-None-Match: *"], verdict: .notModified),
    Case(fields: ["If-None-Match: \"x\", \"a,b\" ,W/\"v1\""], verdict: .notModified), Case(fields: ["If-None-Match: \"x\"", "If-None-Match: \"v1\""], verdict: .notModified),
    Case(fields: ["If-None-Match: \"v2\"", "If-Modified-Since: \(same)"], verdict: .proceed),
    Case(fields: ["If-None-Match: \"v1\"", "If-Modified-Since: \(old)"], verdict: .notModified), Case(fields: ["If-None-Match: v1"], verdict: .proceed),
    Case(fields: ["If-None-Match: \"v1\""], method: "PUT", verdict: .failed), Case(fields: ["If-None-Match: *"], method: "PUT", verdict: .failed),
    Case(fields: ["If-Modified-Since: \(same)"], verdict: .notModified), Case(fields: ["If-Modified-Since: \(old)"], verdict: .proceed),
    Case(fields: ["If-Modified-Since: Fri, 01 Jan 2100 00:00:00 GMT"], verdict: .proceed), Case(fields: ["If-Modified-Since: garbage"], verdict: .proceed),
    Case(fields: ["If-Modified-Since: \(same)"], method: "POST", verdict: .proceed),
    Case(fields: ["If-Match: \"v1\""], method: "PUT", verdict: .proceed), Case(fields: ["If-Match: W/\"v1\""], method: "PUT", verdict: .failed),
    Case(fields: ["If-Match: \"v2\""], verdict: .failed), Case(fields: ["If-Match: *"], verdict: .proceed),
    Case(fields: ["If-Unmodified-Since: \(old)"], verdict: .failed), Case(fields: ["If-Unmodified-Since: \(same)"], verdict: .proceed),
    Case(fields: ["If-Match: \"v1\"", "If-Unmodified-Since: \(old)"], verdict: .proceed),
    Case(fields: ["If-Match: \"v1\"", "If-None-Match: \"v1\""], verdict: .notModified),
  ]

  @Test("in the order laid down", arguments: cases)
  func evaluates(_ c: Case) throws {
    let text = c.fields.joined(separator: "\r\n")
    let request = try text.isEmpty ? head(method: c.method) : head(text, method: c.method)
    let current = Preconditions.Current(tag: EntityTag("v1"), lastModified: Instant(secondsSince1970: 1_764_547_200))
    #expect(Preconditions.evaluate(request, current, now: now) == c.verdict)
  }

  @Test("If-Range lets a range count only when nothing changed", arguments: [
    ("X: y", true), ("If-Range: \"v1\"", true), ("If-Range: W/\"v1\"", false), ("If-Range: \"v2\"", false), ("If-Range: \(same)", true),
    ("If-Range: \(old)", false), ("If-Range: garbage", false),
  ])
  func ifRange(_ field: String, _ wants: Bool) throws {
    let current = Preconditions.Current(tag: EntityTag("v1"), lastModified: Instant(secondsSince1970: 1_764_547_200))
    #expect(Preconditions.wantsRange(try head(field), current, now: now) == wants)
    #expect(!Preconditions.wantsRange(try head(field, method: "POST"), current, now: now))
  }
}

@Suite("Ranges", .spec("RFC 9110", "14.1.2", "14.2"))
struct RangeTests {
  @Test("of a thousand bytes", arguments: [
    ("bytes=0-0", .parts([0..<1])), ("bytes=0-499", .parts([0..<500])), ("bytes=500-", .parts([500..<1_000])), ("bytes=-1", .parts([999..<1_000])),
    ("bytes=-2000", .parts([0..<1_000])), ("bytes=990-2000", .parts([990..<1_000])), ("BYTES=1-2", .parts([1..<3])),
    ("bytes=0-0, -1", .parts([0..<1, 999..<1_000])), ("bytes=-1,0-0", .parts([999..<1_000, 0..<1])), ("bytes=0-9,5-19", .parts([0..<20])),
    ("bytes=0-9,10-19", .parts([0..<20])), ("bytes=0-1,2000-", .parts([0..<2])), ("bytes=,0-1,", .parts([0..<2])),
    ("bytes=1000-", .unsatisfiable), ("bytes=-0", .unsatisfiable), ("bytes=5000-6000,7000-", .unsatisfiable),
    ("bytes=99999999999999999999-", .unsatisfiable), ("bytes=0-99999999999999999999", .parts([0..<1_000])),
    ("bytes=0-999,0-999", .whole), ("bytes=abc-xyz", .whole), ("bytes=2-1", .whole), ("bytes", .whole), ("bytes=", .whole), ("items=0-1", .whole),
    ("bytes=0", .whole), ("bytes=--1", .whole), ("bytes=0-1;2-3", .whole), ("bytes=" + (0..<17).map { "\($0 * 2)-\($0 * 2)" }.joined(separator: ","), .whole),
    ("bytes=" + Array(repeating: "0-", count: 1_000).joined(separator: ","), .whole),
  ] as [(String, ByteRanges)])
  func ofAThousand(_ value: String, _ expected: ByteRanges) {
    #expect(ByteRanges(parsing: Buffer(value), length: 1_000) == expected)
  }

  @Test("of nothing") func ofNothing() {
    #expect(ByteRanges(parsing: "bytes=0-", length: 0) == .unsatisfiable)
    #expect(ByteRanges(parsing: "bytes=-5", length: 0) == .unsatisfiable)
    #expect(ByteRanges(parsing: "bytes=0-", length: .max) == .parts([0..<Int64.max]))
  }
}

@Suite("Paths", .spec("RFC 3986", "2.4"))
struct PathTests {
  @Test("safe ones", arguments: [
    ("/", [], true), ("/a", ["a"], false), ("/a/", ["a"], true), ("/a//b", ["a", "b"], false), ("/a%20b", ["a b"], false), ("/%C3%A4", ["ä"], false),
    ("/...", ["..."], false), ("/a+b", ["a+b"], false), ("/%2541", ["%41"], false), ("/.x", [".x"], false),
  ] as [(String, [String], Bool)])
  func safe(_ path: String, _ segments: [String], _ isDirectory: Bool) throws {
    let read = try SafePath(Buffer(path))
    #expect(read.segments == segments && read.isDirectory == isDirectory)
  }

  @Test("unsafe ones", arguments: [
    "", "a", "/..", "/a/../b", "/.", "/%2e%2e/x", "/.%2E", "/a%2fb", "/a%2Fb", "/a%5cb", "/a\\b", "/%00", "/%0d%0a", "/%7f", "/%", "/%4", "/%zz", "/%ff",
    "/%C0%AF", "/%ED%A0%80",
  ])
  func unsafe(_ path: String) { #expect(throws: Refusal.self) { try SafePath(Buffer(path)) } }

  @Test("queries") func queries() {
    #expect(PercentText.encoded("a b/ä~") == "a%20b%2F%C3%A4~")
  }
}

@Suite("Heads and fields", .spec("RFC 9110", "5"))
struct HeadTests {
  @Test("preferences") func preferences() {
    let list = QualityList(parsing: "br;q=1.0, GZIP;q=0.8, *;q=0, zstd;q=2, x;q=0.1234")
    #expect(list.elements.map(\.name) == ["br", "gzip", "*"])
    #expect(list.quality(of: "gzip") == 800 && list.quality(of: "deflate") == 0)
    #expect(list.best(of: ["gzip", "br"]) == "br" && list.best(of: ["deflate"]) == nil)
    #expect(QualityList(parsing: "").quality(of: "gzip") == nil)
  }

  @Test("media types") func mediaTypes() {
    #expect(MediaType.ofFile(named: "index.HTML") == "text/html; charset=utf-8")
    #expect(MediaType.ofFile(named: "a.b.css") == "text/css; charset=utf-8")
    #expect(MediaType.ofFile(named: ".css") == MediaType.unknown && MediaType.ofFile(named: "css") == MediaType.unknown)
  }

  @Test("a head is found in place, without regard to letter case") func fields() throws {
    let request = try head("X-Unknown: 1", "x-UNKNOWN: 2", "ACCEPT: a", "accept:\tb ", "Cookie: c=1", "cookie: d=2", "If-None-Match:")
    #expect(request.text(of: "x-unknown") == "1" && request.values(of: "X-Unknown").map(\.text) == ["1", "2"])
    #expect(request.fields.joined(.accept)?.text == "a, b" && request.fields.joined(.cookie)?.text == "c=1; d=2")
    #expect(request.value(of: .ifNoneMatch)?.isEmpty == true && request.value(of: .range) == nil)
    #expect(request.fields.count == 8 && request.fields[1]?.name.text == "X-Unknown" && request.fields.name(at: 3) == .accept)
    #expect(FieldName("hOsT") == .host && FieldName("zzz") == FieldName("ZZZ") && FieldName("host").text == "Host")
  }

  @Test("targets", arguments: [
    ("GET /a?b?c HTTP/1.1", "/a", "b?c", "a.test"), ("GET http://B.test:81?x HTTP/1.1", "/", "x", "b.test"),
    ("GET http://[::1]:8/y HTTP/1.1", "/y", nil, "[::1]"), ("OPTIONS * HTTP/1.1", "", nil, "a.test"), ("GET https://c.test./ HTTP/1.1", "/", nil, "c.test"),
    ("CONNECT d.test:443 HTTP/1.1", "", nil, "d.test"),
  ] as [(String, String, String?, String)])
  func targets(_ line: String, _ path: String, _ query: String?, _ host: String) throws {
    var bytes = Buffer("\(line)\r\nHost: A.test\r\n\r\n")
    var reader = RequestReader()
    let request = try #require(try reader.next(from: &bytes))
    #expect(request.path.text == path && request.query?.text == query && request.host == host)
  }

  @Test("fields to be sent cannot become more fields") func fieldLines() {
    var lines = FieldLines()
    let taken = [("X-A", "a\r\nX-B: b\0"), ("X B", "c"), ("", "c"), ("content-length", "5"), ("Connection", "close")].map { lines.append(FieldName($0), $1) }
    #expect(taken == [true, false, false, false, false])
    #expect(lines.bytes.text == "X-A: a  X-B: b \r\n")
    #expect(lines.contains("x-a") && lines.value(of: "x-b") == nil)
  }
}
