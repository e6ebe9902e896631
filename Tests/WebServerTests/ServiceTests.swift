// Which site a request is for, exchanging the sites under open connections, and applications with bodies and streamed answers.
import Bytes
import HTTP
import Synchronization
import Testing
import Transport
import World

@testable import WebServer

@Suite struct ServiceTests {
  static func site(_ names: String..., saying text: String) -> Site {
    Site(names: names, content: .files(MemoryTree(["index.html": text], modified: Instant(secondsSince1970: 0))))
  }

  static let set = SiteSet([
    site("www.home.test", saying: "home"), site("*.wild.test", "Other.test", saying: "wild"), site("*.deep.wild.test", saying: "deep"), site("[::1]", saying: "six"),
  ])

  struct HostCase: Sendable, CustomTestStringConvertible {
    var host: String
    var text: String
    var testDescription: String { host }
  }

  @Test("chooses the site", arguments: [
    HostCase(host: "www.home.test", text: "home"), .init(host: "WWW.Home.Test", text: "home"), .init(host: "www.home.test:8080", text: "home"),
    .init(host: "www.home.test.", text: "home"), .init(host: "a.wild.test", text: "wild"), .init(host: "a.b.wild.test", text: "wild"),
    .init(host: "wild.test", text: "home"), .init(host: "other.test", text: "wild"), .init(host: "x.deep.wild.test", text: "deep"),
    .init(host: "deep.wild.test", text: "wild"), .init(host: "[::1]:8080", text: "six"), .init(host: "unknown.test", text: "home"), .init(host: "192.0.2.1", text: "home"),
  ])
  func chooses(_ c: HostCase) {
    let connection = TestConnection(WebService(sites: SiteSwitch(Self.set), names: nil, trace: nil))
    #expect(connection.ask("GET / HTTP/1.1\nHost: \(c.host)")?.body.text == c.text)
    #expect(connection.ask("GET http://\(c.host)/ HTTP/1.1\nHost: elsewhere.test")?.body.text == c.text)
    #expect(connection.ask("GET / HTTP/1.1\nHost: a.wild.test")?.body.text == "wild")
    #expect(connection.ask("GET / HTTP/1.1\nHost: \(c.host)")?.body.text == c.text)
  }

  @Test("without a fallback unknown names are misdirected; HTTP/1.0 needs no name when there is one")
  func fallback() {
    let sites = [Self.site("www.home.test", saying: "home")]
    let strict = TestConnection(WebService(sites: SiteSwitch(SiteSet(sites, fallback: nil)), names: nil, trace: nil))
    #expect(strict.ask("GET / HTTP/1.1\nHost: unknown.test")?.status == 421)
    #expect(strict.ask("GET / HTTP/1.1\nHost: www.home.test")?.status == 200)
    #expect(TestConnection(Self.site("x", saying: "home")).ask("GET / HTTP/1.0")?.body.text == "home")
  }

  @Test("inside TLS only the names of the certificates are answered", arguments: [
    ("www.home.test", 200), ("a.wild.test", 200), ("a.b.wild.test", 421), ("unknown.test", 421), ("192.0.2.1:8443", 200), ("[2001:db8::1]", 200), ("[2001:db8::2]", 421),
  ])
  func misdirected(host: String, status: Int) {
    let names = ["www.home.test", "*.wild.test", "192.0.2.1", "2001:db8::1"]
    let connection = TestConnection(WebService(sites: SiteSwitch(Self.set), names: names, trace: nil))
    #expect(connection.ask("GET / HTTP/1.1\nHost: \(host)")?.status == status)
  }

  @Test("an exchanged set counts from the next request on, on open connections too")
  func exchange() {
    let sites = SiteSwitch(SiteSet([Self.site("www.home.test", saying: "before")]))
    let connection = TestConnection(WebService(sites: sites, names: nil, trace: nil))
    #expect(connection.get("/")?.body.text == "before")
    sites.replace(with: SiteSet([Self.site("www.home.test", saying: "after")]))
    #expect(connection.get("/")?.body.text == "after")
  }

  /// An application for the tests.
  struct Echo: Application {
    let abandoned = Flag()
    /// How many parts `/flood` has given.
    let given: Counter

    init(given: Counter = Counter()) { self.given = given }

    func answer(_ request: RequestHead, at now: Instant) -> ApplicationAnswer {
      switch request.path.text {
      case "/now": return .response(.text(.ok, "at once"))
      case "/echo": return .workflow { exchange in
        do { exchange.respond(.text(.ok, try await exchange.body(bytesMax: 100_000).text)) } catch {
          exchange.respond(.text(.contentTooLarge, "\(error)"))
        }
      }
      case "/stream": return .workflow { [abandoned] exchange in
        exchange.whenAbandoned { abandoned.set() }
        exchange.respond(Response(.ok, body: .parts(length: nil)))
        for number in 0..<3 { try? await exchange.send(Buffer("part \(number)\n")) }
      }
      case "/flood": return .workflow { [given] exchange in
        exchange.respond(Response(.ok, body: .parts(length: nil)))
        let part = Buffer(repeatElement(UInt8(ascii: "x"), count: 10_000))
        for _ in 0..<100 {
          guard (try? await exchange.send(part)) != nil else { return }
          given.add()
        }
      }
      case "/wait": return .workflow { [abandoned] exchange in
        await withCheckedContinuation { continuation in exchange.whenAbandoned { continuation.resume() } }
        abandoned.set()
        do throws(Abandoned) { try await exchange.send("late") } catch { abandoned.set() }
      }
      case "/forever": return .workflow { exchange in
        await withCheckedContinuation { continuation in exchange.whenAbandoned { continuation.resume() } }
      }
      default: return .workflow { _ in }
      }
    }
  }

  /// Counts from anywhere.
  final class Counter: Sendable {
    private let count = Atomic<Int>(0)
    func add() { count.add(1, ordering: .acquiringAndReleasing) }
    var value: Int { count.load(ordering: .acquiring) }
  }

  /// Set from anywhere, waited for with a bound.
  final class Flag: Sendable {
    private let value = Atomic<Bool>(false)
    func set() { value.store(true, ordering: .releasing) }
    var isSet: Bool { value.load(ordering: .acquiring) }
  }

  @Test("applications: at once, with a body, with none of an answer")
  func applications() async {
    let connection = TestConnection(Site(names: [], content: .application(Echo())))
    #expect(connection.get("/now")?.body.text == "at once")
    for (request, status, body) in [
      ("POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhello", 200, "hello"),
      ("POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n", 200, "abcde"),
      ("GET /echo HTTP/1.1\r\nHost: a\r\n\r\n", 200, ""),
      ("GET /forgotten HTTP/1.1\r\nHost: a\r\n\r\n", 500, "The request was not answered.\n"),
    ] {
      let connection = TestConnection(Site(names: [], content: .application(Echo())))
      connection.end.received(Buffer(request))
      #expect(await connection.eventually { connection.carrier.sent.count > 0 })
      var sent = connection.carrier.sent
      let answer = Answer(&sent)
      #expect(answer?.status == status)
      #expect(answer?.body.text == body)
    }
    #expect(connection.ask("TRACE /now HTTP/1.1\nHost: a")?.status == 405)
    #expect(connection.ask("CONNECT a:80 HTTP/1.1\nHost: a:80")?.status == 405)
  }

  @Test("a body above the workflow's bound is refused")
  func largeBody() async {
    let connection = TestConnection(Site(names: [], content: .application(Echo())))
    connection.end.received(Buffer("POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 150000\r\n\r\n" + String(repeating: "x", count: 150_000)))
    #expect(await connection.eventually { connection.carrier.sent.text.hasPrefix("HTTP/1.1 413 ") })
  }

  @Test("a streamed answer arrives in chunks and is ended even if the workflow forgets it")
  func streamed() async {
    let connection = TestConnection(Site(names: [], content: .application(Echo())))
    connection.end.received("GET /stream HTTP/1.1\r\nHost: a\r\n\r\n")
    #expect(await connection.eventually { connection.carrier.sent.text.hasSuffix("0\r\n\r\n") })
    #expect(connection.carrier.sent.text.hasSuffix("7\r\npart 0\n\r\n7\r\npart 1\n\r\n7\r\npart 2\n\r\n0\r\n\r\n"))
  }

  @Test("a workflow waits for what it gave to be taken, also when nobody has told it yet that the peer does not keep up")
  func window() async {
    let given = Counter()
    let connection = TestConnection(Site(names: [], content: .application(Echo(given: given))))
    connection.end.received("GET /flood HTTP/1.1\r\nHost: a\r\n\r\n")
    // Nothing that the workflow wants done on the loop is done meanwhile.
    for _ in 0..<2_000 where given.value < 7 { try? await Task.sleep(for: .milliseconds(1)) }
    try? await Task.sleep(for: .milliseconds(20))
    #expect(given.value == 7)
    #expect(connection.carrier.sent.isEmpty)
    #expect(await connection.eventually { connection.carrier.sent.text.hasSuffix("0\r\n\r\n") })
    #expect(given.value == 100)
  }

  @Test("a held answer waits, and goes on when the peer takes it")
  func held() async {
    let given = Counter()
    let connection = TestConnection(Site(names: [], content: .application(Echo(given: given))))
    connection.end.congested(true)
    connection.end.received("GET /flood HTTP/1.1\r\nHost: a\r\n\r\n")
    #expect(await connection.eventually { connection.carrier.sent.count > 0 })
    _ = await connection.eventually(within: 50) { false }
    // What was on its way before the workflow learned of it, and no more.
    #expect(given.value <= 7)
    connection.end.congested(false)
    #expect(await connection.eventually { connection.carrier.sent.text.hasSuffix("0\r\n\r\n") })
    #expect(given.value == 100)
  }

  @Test("an answer whose turn has not come waits without a part too many")
  func early() async {
    let given = Counter()
    let connection = TestConnection(Site(names: [], content: .application(Echo(given: given))))
    connection.end.received("GET /forever HTTP/1.1\r\nHost: a\r\n\r\nGET /flood HTTP/1.1\r\nHost: a\r\n\r\n")
    _ = await connection.eventually { given.value == 7 }
    _ = await connection.eventually(within: 20) { false }
    #expect(given.value == 7)
    #expect(connection.carrier.sent.isEmpty && connection.carrier.closing == nil)
    connection.end.closed(because: "reset")
  }

  @Test("nothing of a connection stays when it is closed")
  func freed() {
    weak var carrier: MemoryCarrier?
    do {
      let connection = TestConnection(Site(names: [], content: .application(Echo())))
      carrier = connection.carrier
      #expect(connection.get("/now")?.status == 200)
      connection.end.closed(because: "closed by the peer")
    }
    #expect(carrier == nil)
  }

  @Test("a workflow learns that its client is gone")
  func abandoned() async {
    let application = Echo()
    let connection = TestConnection(Site(names: [], content: .application(application)))
    connection.end.received("GET /wait HTTP/1.1\r\nHost: a\r\n\r\n")
    connection.end.closed(because: "reset")
    #expect(await connection.eventually { application.abandoned.isSet })
  }

  @Test("reads and completes web addresses", arguments: [
    ("http://a.test", "http://a.test/"), ("a.test/x?y#z", "http://a.test/x?y"), ("https://A.Test:443/", "https://a.test/"), ("http://a.test:8080?q", "http://a.test:8080/?q"),
    ("http://[::1]:81/a b", "http://[::1]:81/a%20b"), ("http://a.test/a/../b/./c/..", "http://a.test/b/"), ("ftp://a.test/", nil), ("http://u:p@a.test/", nil),
    ("http://", nil), ("http://a.test:99999/", nil), ("http://a.test:/", "http://a.test/"), ("http://a b/", nil), ("http://a.test/ü\r\nX: y", "http://a.test/%C3%BC%0D%0AX:%20y"),
    // A combining mark belongs to no delimiter.
    ("http://a.test/x#\u{301}y", "http://a.test/x"), ("http://a.test/a/..\u{2F}\u{301}b", "http://a.test/%CC%81b"), ("http://a.test\u{301}/", nil),
  ] as [(String, String?)])
  func addresses(text: String, expected: String?) {
    #expect(WebAddress(text)?.description == expected)
  }

  @Test("completes references", arguments: [
    ("/x", "http://a.test/x"), ("x", "http://a.test/b/x"), ("../x?q", "http://a.test/x?q"), ("?q", "http://a.test/b/c?q"), ("//other.test/y", "http://other.test/y"),
    ("https://b.test/", "https://b.test/"), ("javascript:alert(1)", nil), ("mailto:a@b.test", nil), ("", "http://a.test/b/c?d"), ("#top", "http://a.test/b/c?d"),
  ] as [(String, String?)])
  func references(text: String, expected: String?) {
    #expect(WebAddress("http://a.test/b/c?d")?.resolving(text)?.description == expected)
  }
}
