// The text form of scenarios: every statement becomes its value, every slip is told with line and column.
@testable import Lab
import Testing
import Trace
import World

@Suite("Scenarios")
struct ScenarioTests {
  @Test("a whole scenario is read")
  func isRead() throws {
    let scenario = try Scenario(file: "s.txt", text: """
      # one server is silent
      hosts   root 192.0.2.1  ns-a 198.51.100.1 2001:db8::1  resolver 203.0.113.1  user 203.0.113.2
      seed    7
      zone    home.test ns-a root
        www   60 A  192.0.2.80   ; the web server
              TXT "a # is no remark here"
      link    resolver ns-a  loss 100%  delay 5ms rate 1Mbit/s
      at 0s   user asks resolver  www.home.test
      at 1.5s user gets http://www.home.test/
      at 2s   user says root 6789 tcp "hello \\"you\\"\\n"
      at 3s   user pings root 12000 10 times
      at 4s   link resolver ns-a loss 0% whole
      at 5s   host ns-a down   # a remark
      expect  answer  www.home.test 60 A 192.0.2.80   within 3s
      expect  answer  www.home.test MX 10 mail.home.test
      expect  rcode nxdomain
      expect  status 304 within 20ms
      expect  said "HELLO"
      expect  failure within 1m
      expect  trace   resolver → ns-a ×2, resolver -> root x1
      """)
    #expect(scenario.seed == 7)
    #expect(scenario.hosts.map(\.name) == ["root", "ns-a", "resolver", "user"])
    #expect(scenario.hosts[1].addresses == [Address(198, 51, 100, 1), .v6(0x2001_0db8_0000_0000, 1)])
    #expect(scenario.zones == [
      Scenario.Zone(
        origin: "home.test", servers: ["ns-a", "root"],
        records: "www   60 A  192.0.2.80   ; the web server\nTXT \"a # is no remark here\"\n", firstLine: 5, firstColumn: 3)
    ])
    var link = LinkDescription(first: "resolver", second: "ns-a", change: LinkChange())
    link.change.loss = 1
    link.change.delay = .milliseconds(5)
    (link.change.rateDown, link.change.rateUp) = (1_000_000, 1_000_000)
    #expect(scenario.links == [link])
    var healed = LinkDescription(first: "resolver", second: "ns-a", change: LinkChange())
    healed.change.loss = 0
    healed.change.isCut = false
    #expect(scenario.steps == [
      Scenario.Step(time: .zero, deed: .ask(host: "user", server: "resolver", name: "www.home.test", type: "A"), line: 8),
      Scenario.Step(time: .milliseconds(1_500), deed: .get(host: "user", url: "http://www.home.test/"), line: 9),
      Scenario.Step(time: .seconds(2), deed: .say(host: "user", server: "root", port: 6_789, carrier: .tcp, text: "hello \"you\"\n"), line: 10),
      Scenario.Step(time: .seconds(3), deed: .ping(host: "user", server: "root", port: 12_000, times: 10), line: 11),
      Scenario.Step(time: .seconds(4), deed: .change(healed), line: 12),
      Scenario.Step(time: .seconds(5), deed: .host("ns-a", isUp: false), line: 13),
    ])
    #expect(scenario.expectations.map(\.fact) == [
      .answer(name: "www.home.test", timeToLive: 60, type: "A", data: "192.0.2.80", within: .seconds(3)),
      .answer(name: "www.home.test", timeToLive: nil, type: "MX", data: "10 mail.home.test", within: nil),
      .responseCode("NXDOMAIN", within: nil), .status(304, within: .milliseconds(20)), .said("HELLO", within: nil), .failure(within: .seconds(60)),
      .messages([
        Scenario.Count(source: "resolver", target: "ns-a", times: 2), Scenario.Count(source: "resolver", target: "root", times: 1),
      ]),
    ])
  }

  @Test("a world outside the scenario brings its own hosts")
  func usesWorld() throws {
    #expect(try Scenario(file: "s", text: "world built-in\nat 0 pc asks resolver www.garnet.test AAAA").base == .builtIn)
    #expect(try Scenario(file: "s", text: "world mine.yaml").base == .file("mine.yaml"))
  }

  @Test("a host misspelled in a scenario on a world is told with its place")
  func tellsStrangers() throws {
    let scenario = try Scenario(file: "s.txt", text: "world built-in\nhosts extra 192.0.2.99\nat 0s extra asks resolver www.garnet.test\nexpect trace pcx -> ns x1")
    let world = scenario.world(on: try WorldTests.builtIn())
    let run = ScenarioRun(scenario, in: try WorldTests.builtIn(), seed: nil, store: TraceStore())
    do throws(ScenarioRun.Failure) {
      _ = try run.run()
      Issue.record("accepted")
    } catch {
      #expect("\(error)" == "s.txt:4:14: expected the name of a host, found `pcx`; did you mean `pc`?")
    }
    #expect(RaisedWorld.problems(of: world, folder: "").isEmpty)
  }

  @Test("an error in a zone's records is told where it stands in the scenario")
  func tellsRecords() throws {
    let scenario = try Scenario(file: "s.txt", text: "hosts a 192.0.2.1\nzone home.test a\n  ok A 192.0.2.1\n\n  www A 1.2.3\nseed 1")
    let problems = RaisedWorld.problems(of: scenario.world(on: WorldDescription()), folder: "")
    #expect(problems.count == 1 && problems.first?.hasPrefix("s.txt:5:9: expected ") == true, "\(problems)")
  }

  @Test("what lessons do beyond that is read", arguments: [
    ("a gets http://b/ method HEAD with \"Range: bytes=0-9\" with \"Accept: */*\"", .get(host: "a", url: "http://b/", how: fetching(["Range: bytes=0-9", "Accept: */*"], "HEAD", nil))),
    ("a gets http://b/ again", .get(host: "a", url: "http://b/", how: fetching([], "GET", .all))),
    ("a gets http://b/ again by date", .get(host: "a", url: "http://b/", how: fetching([], "GET", .date))),
    ("a gets http://b/ again by tag with \"A: b\"", .get(host: "a", url: "http://b/", how: fetching(["A: b"], "GET", .tag))),
    ("a loads http://b/", .load(host: "a", url: "http://b/", by: .connections(1))),
    ("a loads http://b/ over 4 connections", .load(host: "a", url: "http://b/", by: .connections(4))), ("a loads http://b/ kept", .load(host: "a", url: "http://b/", by: .kept)),
    ("a loads http://b/ pipelined", .load(host: "a", url: "http://b/", by: .pipelined)),
    ("a gets http://b/ as ada \"a b\" through b", .get(host: "a", url: "http://b/", how: fetching { how in
      how.credentials = .init(user: "ada", password: "a b")
      how.proxy = "b"
    })),
    ("a gets http://b/ with cookies from http://c/d", .get(host: "a", url: "http://b/", how: fetching { how in
      how.cookies = .together
      how.page = "http://c/d"
    })),
    ("a posts http://b/ \"x=1\" in parts with cookies", .get(host: "a", url: "http://b/", how: fetching { how in
      how.form = .init(text: "x=1", isInParts: true)
      how.cookies = .together
    })),
    ("a loads http://b/ over 2 connections with cookies apart", .load(host: "a", url: "http://b/", by: .connections(2), how: fetching { $0.cookies = .apart })),
    ("a chooses http://b/x", .choose(host: "a", url: "http://b/x")), ("a plays http://b/m.mpd by buffer", .play(host: "a", url: "http://b/m.mpd", rule: .buffer)),
    ("a takes cookies of b", .takeCookies(host: "a", owner: "b")),
    ("a sends w@c.test r@d.test,s@d.test \"Hi\" \"Text\"", .send(host: "a", letter { _ in })),
    ("a sends w@c.test r@d.test,s@d.test Hi Text password red-ink html repeated 3", .send(host: "a", letter { letter in
      (letter.password, letter.isHTML, letter.repetitions) = ("red-ink", true, 3)
    })),
    ("a sends w@c.test r@d.test,s@d.test Hi Text at b envelope none hello c.test named \"The W\" with \"Reply-To: x@e.test\"", .send(host: "a", letter { letter in
      (letter.server, letter.sender, letter.hello, letter.name, letter.fields) = ("b", "", "c.test", "The W", ["Reply-To: x@e.test"])
    })),
    ("a reads r@d.test blue-ink by pop3 \"LIST; RETR 1; take; clear; wait 5s\"", .read(
      host: "a", .init(address: "r@d.test", password: "blue-ink", way: .pop3, steps: [.say("LIST"), .say("RETR 1"), .take, .clear, .wait(.seconds(5))]))),
    ("a reads r@d.test blue-ink by imap \"SELECT INBOX; UID STORE 1 +FLAGS (\\\\Seen); idle 1m\"", .read(
      host: "a", .init(address: "r@d.test", password: "blue-ink", way: .imap, steps: [.say("SELECT INBOX"), .say("UID STORE 1 +FLAGS (\\Seen)"), .idle(.seconds(60))]))),
    ("a asks b c.test for 203.0.113.0/24", .ask(host: "a", server: "b", name: "c.test", type: "A", subnet: AddressPrefix("203.0.113.0/24"))),
    ("a types b 80 \"GET / HTTP/1.0\\r\\n\\r\\n\"", .type(host: "a", server: "b", port: 80, text: "GET / HTTP/1.0\r\n\r\n", silence: .seconds(1))),
    ("a types b 25 \"QUIT\\r\\n\" line by line for 3s", .type(host: "a", server: "b", port: 25, text: "QUIT\r\n", silence: .seconds(3), pace: .milliseconds(500))),
    ("a types b 25 \"x\\n\" line by line every 20ms", .type(host: "a", server: "b", port: 25, text: "x\n", silence: .seconds(1), pace: .milliseconds(20))),
    ("a opens 7000 at 127.0.0.1", .open(host: "a", port: 7_000, address: .loopback)), ("a closes 7000", .close(host: "a", port: 7_000)),
    ("a filters tcp 7000 except b a", .shut(host: "a", carrier: .tcp, port: 7_000, exceptions: ["b", "a"])),
    ("a says 192.0.2.1 7000 udp \"x\"", .say(host: "a", server: "192.0.2.1", port: 7_000, carrier: .udp, text: "x")),
    ("a smuggles \"x\" repeated 3 to t.rogue.test through b", .smuggle(host: "a", server: "b", zone: "t.rogue.test", text: "xxx")),
    ("a types b 80 \"\" for 3s", .type(host: "a", server: "b", port: 80, text: "", silence: .seconds(3))),
    ("site www.b edits /x.txt \"new\"", .edit(site: "www.b", path: "/x.txt", text: "new")),
    ("zone b sets www 60 a 192.0.2.9", .set(zone: "b", owner: "www", type: "A", record: "www 60 A 192.0.2.9")),
    ("zone b sets @ 60 TXT \"two words\"", .set(zone: "b", owner: "@", type: "TXT", record: "@ 60 TXT \"two words\"")),
  ] as [(String, Scenario.Deed)])
  func readsLessonDeeds(_ text: String, _ deed: Scenario.Deed) throws {
    let scenario = try Scenario(file: "s", text: "hosts a 192.0.2.1 b 192.0.2.2\nat 1s " + text)
    #expect(scenario.steps.map(\.deed) == [deed])
  }

  private static func fetching(_ fields: [String], _ method: String, _ validators: Scenario.Fetching.Validators?) -> Scenario.Fetching {
    var how = Scenario.Fetching()
    (how.fields, how.method, how.validators) = (fields, method, validators)
    return how
  }

  private static func letter(_ fill: (inout Scenario.Letter) -> Void) -> Scenario.Letter {
    var letter = Scenario.Letter(from: "w@c.test", to: ["r@d.test", "s@d.test"], subject: "Hi", text: "Text")
    fill(&letter)
    return letter
  }

  private static func fetching(_ fill: (inout Scenario.Fetching) -> Void) -> Scenario.Fetching {
    var how = Scenario.Fetching()
    fill(&how)
    return how
  }

  @Test("a page embeds images, scripts and style sheets, each once")
  func embedded() {
    let html = "<link rel=\"stylesheet\" href=\"/a.css\"><link rel=icon href=/i><img alt='x' src='/b.svg'><IMG SRC=/no><script src=/c.js></script><img src=\"/b.svg\"><img src=http://d/e.png width=3><a href=\"/f\">"
    #expect(EmbeddedObjects.addresses(in: html) == ["/a.css", "/b.svg", "/c.js", "http://d/e.png"])
  }

  @Test("a slip is told with its place", arguments: [
    ("hosts a 192.0.2.1\nat 1s a posts http://a/ \"x=1\" method HEAD", "2:31: expected with, in parts, as, through, from, unchecked, at least or at most, found `method`"),
    ("hosts a 192.0.2.1\nat 1s a gets http://a/ through b", "2:32: expected the name of a host, found `b`; did you mean `a`?"),
    ("hosts a 192.0.2.1\nat 1s a types a 25 \"x\" line for 2s", "2:29: expected `line by line`, found `for`"),
    ("hosts a 192.0.2.1\nat 1s a takes all of a", "2:15: expected `cookies of` and a host's name, found `all`"),
    ("hosts a 192.0.2.1\nat 1s a sends w r@d.test x y", "2:15: expected the author's address such as reader@home.test, found `w`"),
    ("hosts a 192.0.2.1\nat 1s a sends w@c.test r@d.test,r x y", "2:24: expected an address such as reader@home.test, found `r`"),
    ("hosts a 192.0.2.1\nat 1s a sends w@c.test r@d.test x y by b", "2:37: expected password, at, envelope, hello, named, with, html, repeated or attaching, found `by`"),
    ("hosts a 192.0.2.1\nat 1s a reads r@d.test p by pop3 \"LIST; SELECT INBOX\"", "2:34: expected a command of POP3, take, clear or wait T, found `SELECT INBOX`"),
    ("hosts a 192.0.2.1\nat 1s a reads r@d.test p by imap take", "2:34: expected a command of IMAP, idle T or wait T, found `take`"),
    ("hosts a 192.0.2.1\nat 1s a reads r@d.test p by imap \"LOGOUT\"", "2:34: expected a command of IMAP, idle T or wait T, found `LOGOUT`"),
    ("host a 192.0.2.1", "1:1: expected world, hosts, seed, zone, link, at or expect, found `host`; did you mean `hosts`?"),
    ("hosts a", "1:8: expected an IPv4 or IPv6 address, found the end of the line"),
    ("hosts a 192.0.2.1 a 192.0.2.2", "1:19: host `a` stands twice"),
    ("hosts 192.0.2.1", "1:7: expected a host's name in small letters, found `192.0.2.1`"),
    ("\nseed many", "2:6: expected a whole number from 0 to 9223372036854775807, found `many`"),
    ("seed 1 2", "1:8: expected nothing more on this line, found `2`"),
    ("hosts a 192.0.2.1\nlink a b loss 5%", "2:8: expected the name of a host, found `b`; did you mean `a`?"),
    ("hosts a 192.0.2.1\nlink a a lost 5%", "2:10: expected delay, jitter, loss, duplicated, reordered, rate, queue, packet, cut or whole, found `lost`"),
    ("hosts a 192.0.2.1\nlink a a loss much", "2:15: expected a share such as 5% or 0.1%, found `much`"),
    ("hosts a 192.0.2.1\nat soon a asks a x", "2:4: expected a duration such as 10ms, 5s or 1h30m, found `soon`"),
    ("hosts a 192.0.2.1\nat 1s a shouts a x", "2:9: expected asks, gets, posts, puts, lists, loads, chooses, plays, visits, sends, reads, takes, lowers, says, types, runs, shares, fetches, poses, pings, smuggles, opens, closes, filters, updates, copies, floods, forges, publishes or resolves, found `shouts`"),
    ("hosts a 192.0.2.1\nat 1s a gets gopher://a/", "2:14: expected a URL that begins with http:// or https://, found `gopher://a/`"),
    ("hosts a 192.0.2.1\nat 1s a says a 7 sctp \"x\"", "2:18: expected one of tcp, udp, found `sctp`"),
    ("hosts a 192.0.2.1\nat 1s a says a 7 tcp \"x", "2:22: expected a closing quote"),
    ("hosts a 192.0.2.1\nat 1s host a asleep", "2:14: expected `up` or `down`, found `asleep`"),
    ("hosts a 192.0.2.1\nat 1s a gets https://a/ at best 1.2", "2:28: expected `least` or `most`, found `best`"),
    ("hosts a 192.0.2.1\nat 1s a gets https://a/ at least 2", "2:34: expected a version of TLS: 1.0, 1.1, 1.2 or 1.3, found `2`"),
    ("hosts a 192.0.2.1\nat 1s a lowers tls a", "2:20: expected `tls of` and a host's name, found `a`"),
    ("hosts a 192.0.2.1\nat 1s a gets http://a/ soon", "2:24: expected with, method, again, as, through, from, unchecked, at least or at most, found `soon`"),
    ("hosts a 192.0.2.1\nat 1s a gets http://a/ with \"x\"", "2:29: expected a field such as \"Accept: */*\", found `x`"),
    ("hosts a 192.0.2.1\nat 1s a gets http://a/ again by luck", "2:33: expected one of all, date, tag, found `luck`"),
    ("hosts a 192.0.2.1\nat 1s a loads http://a/ over 99 connections", "2:30: expected a whole number from 1 to 16, found `99`"),
    ("hosts a 192.0.2.1\nat 1s site a edits x \"y\"", "2:20: expected a path that begins with `/`, found `x`"),
    ("hosts a 192.0.2.1\nat 1s zone a sets www 60 A", "2:27: expected the record's data, found the end of the line"),
    ("expect answer a 5 A", "1:20: expected the record's data, found the end of the line"),
    ("expect luck", "1:8: expected answer, rcode, status, said, failure or trace, found `luck`"),
    ("hosts a 192.0.2.1\nexpect trace a → a 2", "2:20: expected a number of messages such as `×2`, and a comma between two, found `2`"),
    ("hosts a 192.0.2.1\nexpect trace a → a ×2 a → a ×1", "2:20: expected a number of messages such as `×2`, and a comma between two, found `×2`"),
  ])
  func tellsSlips(_ text: String, _ problem: String) {
    do throws(ScenarioError) {
      _ = try Scenario(file: "s.txt", text: text)
      Issue.record("accepted: \(text)")
    } catch {
      #expect(error.description == "s.txt:" + problem)
    }
  }
}
