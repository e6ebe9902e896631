// Requests and answers of a site of files, as tables: methods, paths, conditions, ranges, codings, hosts.
import Bytes
import HTTP
import Testing
import Transport
import World

@testable import WebServer

/// What a request must be answered with. A field value of nil: the field must not be there.
struct Expectation: Sendable, CustomTestStringConvertible {
  var request: String
  var status: Int
  var fields: [(String, String?)]
  var body: String?

  init(_ request: String, _ status: Int, _ fields: [(String, String?)] = [], body: String? = nil) {
    self.request = request
    self.status = status
    self.fields = fields
    self.body = body
  }

  var testDescription: String { request.split(separator: "\n").joined(separator: " | ") }

  func check(_ answer: Answer?) {
    #expect(answer?.status == status)
    for (name, value) in fields { #expect(answer?[name] == value, "field \(name)") }
    if let body { #expect(answer?.body.text == body) }
  }
}

@Suite struct SiteTests {
  static let modified = Instant(secondsSince1970: 1_700_000_000)
  static let stamp = "Tue, 14 Nov 2023 22:13:20 GMT"

  static var site: Site {
    var tree = MemoryTree(
      [
        "index.html": "<p>home", "a.txt": "0123456789", "empty.txt": "", "folder/index.html": "inner", "bare/leaf.css": "x", "with space.txt": "space",
        "100%.txt": "percent", "aA": "decoded", "a%41": "literal", "404.html": "nothing here",
      ], modified: modified)
    tree.add(Array("packed.js".utf8), "plain", modified: modified)
    tree.add(Array("packed.js.gz".utf8), "gzipped", modified: modified)
    tree.add(Array("packed.js.br".utf8), "brotli", modified: modified)
    tree.add(Array("packed.js.zst".utf8), "zstd", modified: modified)
    tree.add(Array("old.js".utf8), "plain", modified: modified)
    tree.add(Array("old.js.gz".utf8), "stale", modified: Instant(secondsSince1970: 1_600_000_000))
    return Site(names: ["www.home.test", "*.wild.test"], content: .files(tree))
  }

  static func get(_ path: String, _ fields: String...) -> String {
    (["GET \(path) HTTP/1.1", "Host: www.home.test"] + fields).joined(separator: "\n")
  }

  static let paths: [Expectation] = [
    .init(get("/"), 200, [("Content-Type", "text/html; charset=utf-8"), ("Last-Modified", stamp), ("X-Content-Type-Options", "nosniff"),
      ("Accept-Ranges", "bytes"), ("Content-Length", "7")], body: "<p>home"),
    .init(get("/a.txt"), 200, [("Content-Type", "text/plain; charset=utf-8")], body: "0123456789"),
    .init(get("/a.txt?x=1"), 200, body: "0123456789"),
    .init(get("/./a.txt"), 400), .init(get("/folder/../a.txt"), 400), .init(get("/%2e%2e/a.txt"), 400), .init(get("/folder%2finner"), 400),
    .init(get("/a%00.txt"), 400), .init(get("/a%5cb"), 400), .init(get("/%zz"), 400), .init(get("/a%"), 400), .init(get("//a.txt"), 200),
    .init(get("/%61.txt"), 200, body: "0123456789"),
    .init(get("/with%20space.txt"), 200, body: "space"),
    .init(get("/100%25.txt"), 200, body: "percent"),
    .init(get("/a%41"), 200, body: "decoded"), .init(get("/a%2541"), 200, body: "literal"), .init(get("/a%41"), 200, body: "decoded"),
    .init(get("/empty.txt"), 200, [("Content-Length", "0")], body: ""),
    .init(get("/folder/"), 200, body: "inner"),
    .init(get("/folder"), 301, [("Location", "/folder/")]),
    .init(get("/folder?q=1"), 301, [("Location", "/folder/?q=1")]),
    .init(get("/bare/"), 404), .init(get("/bare"), 301, [("Location", "/bare/")]),
    .init(get("/absent"), 404, [("Content-Type", "text/html; charset=utf-8"), ("X-Content-Type-Options", "nosniff")]),
    .init(get("/a.txt/"), 404), .init(get("/folder/a.txt"), 404),
    .init("HEAD /a.txt HTTP/1.1\nHost: www.home.test", 200, [("Content-Length", "10")], body: ""),
    .init("HEAD /absent HTTP/1.1\nHost: www.home.test", 404, [], body: ""),
    .init("GET http://www.home.test/a.txt HTTP/1.1\nHost: www.home.test", 200, body: "0123456789"),
  ]

  static let methods: [Expectation] = [
    .init("POST /a.txt HTTP/1.1\nHost: www.home.test", 405, [("Allow", "GET, HEAD, OPTIONS")]),
    .init("DELETE / HTTP/1.1\nHost: www.home.test", 405, [("Allow", "GET, HEAD, OPTIONS")]),
    .init("PUT /new HTTP/1.1\nHost: www.home.test", 405), .init("PATCH /a.txt HTTP/1.1\nHost: www.home.test", 405),
    .init("TRACE / HTTP/1.1\nHost: www.home.test\nCookie: secret", 405, [("Cookie", nil)]),
    .init("OPTIONS /a.txt HTTP/1.1\nHost: www.home.test", 204, [("Allow", "GET, HEAD, OPTIONS")]),
    .init("OPTIONS * HTTP/1.1\nHost: www.home.test", 204, [("Allow", "GET, HEAD, OPTIONS")]),
    .init("get / HTTP/1.1\nHost: www.home.test", 501), .init("FOOBAR / HTTP/1.1\nHost: www.home.test", 501),
    .init("CONNECT www.home.test:80 HTTP/1.1\nHost: www.home.test", 405, [("Connection", "close")]),
  ]

  static let conditions: [Expectation] = [
    .init(get("/a.txt", "If-Modified-Since: \(stamp)"), 304, [("Last-Modified", stamp)], body: ""),
    .init(get("/a.txt", "If-Modified-Since: Tue, 14 Nov 2023 22:13:19 GMT"), 200),
    .init(get("/a.txt", "If-Modified-Since: Tue, 14 Nov 2023 22:13:21 GMT"), 304),
    .init(get("/a.txt", "If-Modified-Since: yesterday"), 200),
    .init(get("/a.txt", "If-None-Match: *"), 304),
    .init(get("/a.txt", "If-None-Match: \"other\""), 200),
    .init(get("/a.txt", "If-None-Match: \"other\"", "If-Modified-Since: \(stamp)"), 200),
    .init(get("/a.txt", "If-None-Match: unquoted"), 200),
    .init(get("/a.txt", "If-Match: *"), 200), .init(get("/a.txt", "If-Match: \"other\""), 412),
    .init(get("/a.txt", "If-Unmodified-Since: \(stamp)"), 200),
    .init(get("/a.txt", "If-Unmodified-Since: Tue, 14 Nov 2023 22:13:19 GMT"), 412),
    .init(get("/a.txt", "If-Unmodified-Since: nonsense"), 200),
    .init(get("/absent", "If-None-Match: *"), 404),
    .init("HEAD /a.txt HTTP/1.1\nHost: www.home.test\nIf-Modified-Since: \(stamp)", 304),
  ]

  static let ranges: [Expectation] = [
    .init(get("/a.txt", "Range: bytes=0-3"), 206, [("Content-Range", "bytes 0-3/10"), ("Content-Length", "4")], body: "0123"),
    .init(get("/a.txt", "Range: bytes=7-"), 206, [("Content-Range", "bytes 7-9/10")], body: "789"),
    .init(get("/a.txt", "Range: bytes=-2"), 206, [("Content-Range", "bytes 8-9/10")], body: "89"),
    .init(get("/a.txt", "Range: bytes=-20"), 206, [("Content-Range", "bytes 0-9/10")], body: "0123456789"),
    .init(get("/a.txt", "Range: bytes=5-50"), 206, [("Content-Range", "bytes 5-9/10")], body: "56789"),
    .init(get("/a.txt", "Range: BYTES=0-0"), 206, [("Content-Range", "bytes 0-0/10")], body: "0"),
    .init(get("/a.txt", "Range: bytes=0-99999999999999999999"), 206, body: "0123456789"),
    .init(get("/a.txt", "Range: bytes=10-"), 416, [("Content-Range", "bytes */10")]),
    .init(get("/a.txt", "Range: bytes=-0"), 416), .init(get("/empty.txt", "Range: bytes=0-"), 416, [("Content-Range", "bytes */0")]),
    .init(get("/a.txt", "Range: bytes=3-1"), 200), .init(get("/a.txt", "Range: bytes=abc-xyz"), 200), .init(get("/a.txt", "Range: bytes="), 200),
    .init(get("/a.txt", "Range: bytes=1"), 200), .init(get("/a.txt", "Range: lines=0-1"), 200), .init(get("/a.txt", "Range: bytes=+1-2"), 200),
    .init(get("/a.txt", "Range: bytes=0-1,0-9"), 200),
    .init(get("/a.txt", "Range: bytes=0-2,2-4"), 206, [("Content-Range", "bytes 0-4/10")], body: "01234"),
    .init(get("/a.txt", "Range: bytes=0-1,20-30"), 206, [("Content-Range", "bytes 0-1/10")], body: "01"),
    .init(get("/a.txt", "Range: bytes=\(Array(repeating: "0-0", count: 17).joined(separator: ","))"), 200),
    .init(get("/a.txt", "Range: bytes=0-3", "If-Range: \"other\""), 200, body: "0123456789"),
    .init(get("/a.txt", "Range: bytes=0-3", "If-Range: \(stamp)"), 206, body: "0123"),
    .init(get("/a.txt", "Range: bytes=0-3", "If-Range: Tue, 14 Nov 2023 22:13:21 GMT"), 200),
    .init("HEAD /a.txt HTTP/1.1\nHost: www.home.test\nRange: bytes=0-3", 200, [("Content-Length", "10")]),
    .init("POST /a.txt HTTP/1.1\nHost: www.home.test\nRange: bytes=0-3", 405),
    .init(get("/a.txt", "Range: bytes=0-3", "If-None-Match: *"), 304),
  ]

  static let codings: [Expectation] = [
    .init(get("/packed.js"), 200, [("Content-Encoding", nil), ("Vary", "Accept-Encoding")], body: "plain"),
    .init(get("/packed.js", "Accept-Encoding: gzip"), 200, [("Content-Encoding", "gzip"), ("Content-Type", "text/javascript; charset=utf-8"), ("Vary", "Accept-Encoding")], body: "gzipped"),
    .init(get("/packed.js", "Accept-Encoding: gzip, deflate, br, zstd"), 200, [("Content-Encoding", "br")], body: "brotli"),
    .init(get("/packed.js", "Accept-Encoding: br;q=0.5, zstd;q=0.9"), 200, [("Content-Encoding", "zstd")], body: "zstd"),
    .init(get("/packed.js", "Accept-Encoding: gzip;q=0"), 200, [("Content-Encoding", nil)], body: "plain"),
    .init(get("/packed.js", "Accept-Encoding: *"), 200, body: "brotli"),
    .init(get("/packed.js", "Accept-Encoding: identity, gzip;q=0.5"), 200, body: "plain"),
    .init(get("/packed.js", "Accept-Encoding: gzip;q=0.5, identity;q=0.1"), 200, body: "gzipped"),
    .init(get("/packed.js", "Accept-Encoding: gzip", "Range: bytes=0-1"), 206, [("Content-Encoding", "gzip"), ("Content-Range", "bytes 0-1/7")], body: "gz"),
    .init(get("/old.js", "Accept-Encoding: gzip"), 200, [("Content-Encoding", nil), ("Vary", nil)], body: "plain"),
    .init(get("/packed.js.gz"), 200, [("Content-Type", "application/gzip"), ("Content-Encoding", nil)], body: "gzipped"),
  ]

  @Test("answers", arguments: [paths, methods, conditions, ranges, codings].flatMap { $0 })
  func answers(_ expectation: Expectation) {
    let connection = TestConnection(Self.site)
    // Twice on connections of their own: the second one finds the file known already.
    expectation.check(connection.ask(expectation.request))
    let again = TestConnection(Self.site)
    _ = again.get("/a.txt")
    _ = again.get("/packed.js")
    expectation.check(again.ask(expectation.request))
  }

  @Test("the tag it gave out is current, weakly too, and holds for If-Match strongly only")
  func tags() {
    let connection = TestConnection(Self.site)
    guard let tag = connection.get("/a.txt")?["ETag"] else {
      Issue.record("no entity tag")
      return
    }
    #expect(connection.get("/a.txt", "If-None-Match: \(tag)")?.status == 304)
    #expect(connection.get("/a.txt", "If-None-Match: \(tag)")?["ETag"] == tag)
    #expect(connection.get("/a.txt", "If-None-Match: W/\(tag)")?.status == 304)
    #expect(connection.get("/a.txt", "If-None-Match: \"x\", \(tag)")?.status == 304)
    #expect(connection.get("/a.txt", "If-None-Match: \"x\"", "If-None-Match: \(tag)")?.status == 304)
    #expect(connection.get("/a.txt", "If-Match: \(tag)")?.status == 200)
    #expect(connection.get("/a.txt", "If-Match: W/\(tag)")?.status == 412)
    #expect(connection.get("/a.txt", "Range: bytes=0-0", "If-Range: \(tag)")?.status == 206)
    #expect(connection.get("/a.txt", "Range: bytes=0-0", "If-Range: W/\(tag)")?.status == 200)
    #expect(connection.get("/packed.js")?["ETag"] != connection.get("/packed.js", "Accept-Encoding: gzip")?["ETag"])
  }

  @Test("several ranges make a multipart answer in the order asked for")
  func severalRanges() {
    let answer = TestConnection(Self.site).get("/a.txt", "Range: bytes=8-9, 0-1")
    #expect(answer?.status == 206)
    #expect(answer?["Content-Range"] == nil)
    guard let type = answer?["Content-Type"], type.hasPrefix("multipart/byteranges; boundary=") else {
      Issue.record("not multipart: \(String(describing: answer))")
      return
    }
    let boundary = type.dropFirst("multipart/byteranges; boundary=".count)
    let parts = [("8-9", "89"), ("0-1", "01")].map { range, bytes in
      "\r\n--\(boundary)\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Range: bytes \(range)/10\r\n\r\n\(bytes)"
    }
    #expect(answer?.body.text == parts.joined() + "\r\n--\(boundary)--\r\n")
  }

  @Test("two requests in one read leave in one flush, in order")
  func pipelined() {
    let connection = TestConnection(Self.site)
    let flushes = connection.carrier.flushes
    let one = "GET /a.txt HTTP/1.1\r\nHost: www.home.test\r\n\r\n"
    connection.end.received(Buffer(one + one.replacing("/a.txt", with: "/folder/") + one))
    var sent = connection.carrier.sent
    #expect([Answer(&sent), Answer(&sent), Answer(&sent)].map { $0?.body.text } == ["0123456789", "inner", "0123456789"])
    #expect(sent.isEmpty)
    #expect(connection.carrier.flushes == flushes + 1)
  }

  @Test("the site's own error page, extra fields, and no name of the program")
  func settings() {
    var site = Self.site
    site.errorPages[404] = "404.html"
    site.extraFields = [(name: "X-Frame-Options", value: "DENY"), (name: "X-Bad", value: "a\r\nX-Injected: b")]
    site.namesServer = false
    let connection = TestConnection(site)
    Expectation("", 404, [("Content-Type", "text/html; charset=utf-8"), ("Server", nil)], body: "nothing here").check(connection.get("/none"))
    Expectation("", 200, [("X-Frame-Options", "DENY"), ("Server", nil), ("X-Injected", nil)]).check(connection.get("/a.txt"))
    #expect(TestConnection(Self.site).get("/a.txt")?["Server"] == "Netstead")
  }

  @Test("a folder's names are shown only when asked for, and escaped")
  func listing() {
    var tree = MemoryTree([:], modified: Self.modified)
    tree.add(Array("d/<b>&\"'.txt".utf8), "x", modified: Self.modified)
    tree.add(Array("d/javascript:alert(1)".utf8), "x", modified: Self.modified)
    tree.add(Array("d/sub/deep.txt".utf8), "x", modified: Self.modified)
    var site = Site(names: [], content: .files(tree))
    #expect(TestConnection(site).get("/d/")?.status == 404)
    site.listsFolders = true
    let answer = TestConnection(site).get("/d/")
    #expect(answer?.status == 200)
    let page = answer?.body.text ?? ""
    #expect(page.contains("&lt;b&gt;&amp;&quot;&#39;.txt"))
    #expect(!page.contains("<b>"))
    #expect(page.contains("href=\"./%3Cb%3E%26%22%27.txt\""))
    #expect(page.contains("href=\"./javascript%3Aalert%281%29\""))
    #expect(page.contains("href=\"./sub/\""))
    #expect(page.contains("href=\"../\""))
  }
}
