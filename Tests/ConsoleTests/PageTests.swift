// Every page as a whole: it is there, it is well-formed, it is safe, it can be read without a script.
import Bytes
import Console
import Foundation
import FoundationXML
import TestKit
import Testing
import Trace
import World

/// The console over `world`.
private func site(_ world: SampleWorld) -> ConsoleSite { ConsoleSite(world.model) }

@Suite struct PageTests {
  /// Every address that a page has a link to is a page too, beginning at the first.
  @Test func everyLinkLeadsSomewhere() throws {
    let site = site(try SampleWorld.lively())
    var waiting = ["/"]
    var seen: Set<String> = ["/"]
    while let target = waiting.popLast() {
      let page = site.page(for: ConsoleRequest(target: target))
      #expect(page.status == 200, "\(target)")
      guard page.contentType.hasPrefix("text/html") else { continue }
      try expectWellFormed(page.body.text, target)
      for link in page.body.text.matches(of: /(?:href|src|action)="([^"#]*)[^"]*"/).map({ String($0.1).replacing("&amp;", with: "&") }) {
        guard link.hasPrefix("/") else {
          #expect(link.isEmpty || link.contains(/^https:\/\/www\.rfc-editor\.org\/rfc\/rfc[0-9]/), "\(link)")
          continue
        }
        if seen.count < 400, seen.insert(link).inserted { waiting.append(link) }
      }
    }
    #expect(seen.count > 60)
  }

  /// The pages are written so that an XML reader can follow them, apart from the few elements without an end.
  private func expectWellFormed(_ html: String, _ target: String) throws {
    var text = html.replacing("<!doctype html>", with: "")
    text = text.replacing(/<(meta|link|input)( [^>]*)>/) { "<\($0.1)\($0.2)/>" }
    text = text.replacing(/[ ](selected|hidden|download|data-[a-z-]+)(?=[ >\/])/) { " \($0.1)=\"\"" }
    text = text.replacing(/\/\/>/) { _ in "/>" }
    let reader = XMLParser(data: Data(text.utf8))
    let isWhole = reader.parse()
    #expect(isWhole, "\(target) line \(reader.lineNumber): \(text.split(separator: "\n", omittingEmptySubsequences: false).dropFirst(reader.lineNumber - 1).first ?? "")")
  }

  @Test func pagesAreSafeAndAccessible() throws {
    let site = site(try SampleWorld.lively())
    for target in ["/", "/conversations", "/ladder", "/hosts", "/host/pc", "/conversation/1", "/message/3", "/export", "/help", "/nowhere"] {
      let page = site.page(for: ConsoleRequest(target: target))
      let html = page.body.text
      #expect(!html.contains("style="), "\(target)")
      #expect(!html.contains("<style"), "\(target)")
      #expect(html.matches(of: /\son[a-z]+=/).isEmpty, "\(target)")
      #expect(html.matches(of: /<script(?! type="module" src="\/assets\/)/).isEmpty, "\(target)")
      #expect(html.contains("<html lang=\"en\"") && html.contains("<main id=\"main\"") && html.contains("<nav aria-label="))
      #expect(html.matches(of: /<h1[ >]/).count == 1, "\(target)")
      #expect(html.matches(of: /<table/).count == html.matches(of: /<caption/).count, "\(target)")
      let ids = html.matches(of: /[ ]id="([^"]*)"/).map { String($0.1) }
      #expect(Set(ids).count == ids.count, "\(target): \(ids)")
      let fields = Dictionary(page.allFields.map { ($0.name, $0.value) }) { first, _ in first }
      #expect(fields["Content-Security-Policy"]?.hasPrefix("default-src 'self';") == true)
      #expect(fields["Content-Security-Policy"]?.contains("unsafe") == false)
      #expect(fields["X-Content-Type-Options"] == "nosniff")
    }
  }

  @Test func aConversationShowsLadderTableAndTranscript() throws {
    let world = try SampleWorld.lively()
    let exchange = try needed(world.store.exchanges().first { $0.clients.first?.info.host == "resolver" })
    let html = site(world).page(for: ConsoleRequest(target: "/conversation/\(exchange.id.number)")).body.text
    #expect(html.contains("<svg class=\"ladder\""))
    #expect(html.contains("The same as a table"))
    #expect(html.contains("<pre class=\"transcript\""))
    #expect(html.contains("lost"))
    // Either end's number shows the same.
    let other = try #require(exchange.clients.first)
    #expect(site(world).page(for: ConsoleRequest(target: "/conversation/\(other.id.number)")).body.text == html)
  }

  @Test func aStoryJoinsRelatives() throws {
    let world = try SampleWorld.lively()
    let site = site(world)
    let asked = try needed(world.store.exchanges().last { $0.best.info.host == "resolver" })
    let walk = try needed(world.store.exchanges().first { $0.server?.info.host == "tld1" })
    let alone = try needed(world.store.exchanges().first { $0.server?.info.host == "srv" })
    func html(_ path: String) -> String { site.page(for: ConsoleRequest(target: path)).body.text }
    #expect(html("/conversation/\(asked.id.number)").contains("<dt>Led to</dt>"))
    #expect(html("/conversation/\(walk.id.number)").contains("<dt>Because of</dt>"))
    #expect(html("/conversation/\(walk.id.number)").contains("href=\"/conversation/\(walk.id.number)/story\""))
    #expect(!html("/conversation/\(alone.id.number)").contains("/story"))
    for id in [asked.id.number, walk.id.number] {
      let story = html("/conversation/\(id)/story")
      #expect(story.contains("one story in 4 conversations"))
      for host in ["pc", "resolver", "root1", "tld1", "ns1.garnet.test"] { #expect(story.contains(">\(host)</text>"), "\(host)") }
      #expect(story.matches(of: /<tr id="c/).count == 4 && story.contains("The same as a table"))
      try expectWellFormed(story, "/conversation/\(id)/story")
      #expect(html("/conversation/\(id)/story.svg").hasPrefix("<svg class=\"ladder\""))
      #expect(html("/conversation/\(id)/story.mmd").contains("participant h4 as ns1.garnet.test"))
    }
    for name in ["story", "story.svg", "story.mmd"] { #expect(site.page(for: ConsoleRequest(target: "/conversation/999/\(name)")).status == 404) }
    // Read back from a file it is the same story.
    var replay = TraceReplay()
    try replay.add(html("/events.jsonl"), file: "all")
    let again = try #require(replay.conversation(walk.id.number).flatMap { replay.store.story(of: $0) })
    #expect(again == world.store.story(of: walk.id))
  }

  @Test func aMessageLinksBytesAndFields() throws {
    let world = try SampleWorld.lively()
    let event = try needed(world.store.events(after: 0).events.first { $0.kind == .received })
    let html = site(world).page(for: ConsoleRequest(target: "/message/\(event.sequence)")).body.text
    let fields = html.matches(of: /<tr id="f([0-9]+)"/).map { String($0.1) }
    #expect(fields.count > 10)
    for link in html.matches(of: /href="#b([0-9]+)"/).map({ String($0.1) }) { #expect(fields.contains(link)) }
    for link in html.matches(of: /href="#f([0-9]+)"/).map({ String($0.1) }) { #expect(fields.contains(link)) }
    // All bytes are there, in order.
    let pane = try #require(html.firstMatch(of: /<pre class="hex"[^>]*>([\s\S]*?)<\/pre>/)).1
    let digits = pane.replacing(/<span class="ascii">[\s\S]*?<\/span>/, with: "").replacing(/<span class="offset">[0-9a-f]+<\/span>/, with: "")
      .replacing(/<[^>]*>/, with: "")
    #expect(digits.matches(of: /[0-9a-f]{2}/).map { UInt8($0.0, radix: 16) ?? 0 } == event.bytes.array)
    #expect(html.contains("rfc-editor.org/rfc/rfc1035#section-4.1.1"))
  }

  @Test func whatAPeerSaysIsNeverMarkup() throws {
    let store = TraceStore()
    let evil = "\"'><script>alert(1)</script><img src=x onerror=alert(2)>"
    let address = Address(203, 0, 113, 66)
    let id = store.open(
      .init(host: evil, role: .server, carrier: .tcp, dialect: .http, local: Endpoint(address, 80), remote: Endpoint(Address(203, 0, 113, 67), 1)), at: .simulationStart)
    let message = Buffer("GET /\(evil) HTTP/1.1\r\nHost: \(evil)\r\nX-\u{1B}[31m\u{202E}: \(evil)\r\n\r\n\(evil)")
    for kind in [Event.Kind.received, .sent] { store.record(kind, in: id, at: .simulationStart, bytes: message.span, length: message.count, text: evil) }
    store.record(.problem, in: id, at: .simulationStart, text: evil)
    store.record(.closed, in: id, at: .simulationStart, text: evil)
    var model = ConsoleModel(title: evil, subtitle: evil, trace: store, explain: SampleWorld.explain)
    model.hosts = [.init(name: evil, role: evil, net: evil, addresses: [address], services: [.init(evil, port: evil, detail: evil)], attachment: evil)]
    model.nets = [.init(name: evil, prefixes: [evil], attachment: evil)]
    model.links = [.init(evil, evil, quality: evil)]
    model.hints = [.init(evil, evil)]
    let site = ConsoleSite(model)
    let path = evil.utf8.map { "%" + (($0 < 16 ? "0" : "") + String($0, radix: 16)) }.joined()
    for target in ["/", "/conversations?q=\(path)&host=\(path)&proto=\(path)", "/conversations", "/ladder?host=\(path)", "/ladder", "/hosts", "/host/\(path)", "/conversation/1", "/conversation/1/ladder.svg", "/message/2", "/message/4", "/\(path)"] {
      let page = site.page(for: ConsoleRequest(target: target))
      let html = page.body.text
      #expect(!html.contains("<script>"), "\(target)")
      #expect(!html.contains("<img"), "\(target)")
      #expect(!html.contains("\u{1B}") && !html.contains("\u{202E}"), "\(target)")
      if page.contentType.hasPrefix("text/html") { try expectWellFormed(html, target) }
    }
  }

  @Test func filtersChoose() throws {
    let site = site(try SampleWorld.lively())
    func rows(_ query: String) -> Int { site.page(for: ConsoleRequest(target: "/conversations\(query)")).body.text.matches(of: /<tr id="c/).count }
    #expect(rows("") == 12)
    #expect(rows("?proto=http") == 4)
    #expect(rows("?proto=uppercase") == 1)
    #expect(rows("?host=pc2") == 2)
    #expect(rows("?q=ruby") == 1)
    #expect(rows("?q=RUBY&proto=dns") == 0)
    #expect(rows("?before=1") == 0)
  }

  @Test func exportsAreWhole() throws {
    let site = site(try SampleWorld.lively())
    let lines = site.page(for: ConsoleRequest(target: "/events.jsonl")).body.text.split(separator: "\n")
    for line in lines { #expect(try JSONSerialization.jsonObject(with: Data(line.utf8)) is [String: Any]) }
    #expect(lines.count == Int(try SampleWorld.lively().store.lastSequence))
    let rest = site.page(for: ConsoleRequest(target: "/events.jsonl?after=3&explain=no")).body.text.split(separator: "\n")
    #expect(rest.count == lines.count - 3 && !rest.contains { $0.contains("\"fields\":") } && lines.contains { $0.contains("\"fields\":") })
    var replay = TraceReplay()
    try replay.add(rest.joined(separator: "\n"), file: "rest")
    #expect(replay.last == (try SampleWorld.lively().store.lastSequence))
    // What is shown of them has the numbers they came with, though the openings of some are missing.
    let told = replay.store.events(after: 0).events.compactMap { replay.original($0) }
    let kept = try SampleWorld.lively().store.events(after: 3).events
    #expect(told.map(\.sequence) == kept.map(\.sequence) && told.map(\.conversation) == kept.map(\.conversation))
    #expect(throws: TraceFileError.self) { try replay.add("{}", file: "bad") }
    let some = site.page(for: ConsoleRequest(target: "/events.jsonl?proto=uppercase")).body.text.split(separator: "\n")
    #expect(some.count == 3)
    let summary = try JSONSerialization.jsonObject(with: Data(site.page(for: ConsoleRequest(target: "/export.json")).body.array)) as? [String: Any]
    #expect((summary?["conversations"] as? [Any])?.count == 12)
    let capture = site.page(for: ConsoleRequest(target: "/export.pcapng"))
    #expect(capture.body[0..<4] == [0x0A, 0x0D, 0x0D, 0x0A])
    #expect(capture.contentType == "application/x-pcapng")
    for part in ["?conversation=1", "?proto=uppercase", "?host=pc2"] {
      let piece = site.page(for: ConsoleRequest(target: "/export.pcapng" + part))
      #expect(piece.status == 200 && piece.body.count < capture.body.count)
    }
    #expect(site.page(for: ConsoleRequest(target: "/export.pcapng?conversation=9999")).status == 404)
    #expect(site.page(for: ConsoleRequest(target: "/conversation/1/ladder.mmd")).body.text.hasPrefix("sequenceDiagram\n"))
  }

  @Test(arguments: [
    ("localhost:8000", true), ("LOCALHOST", true), ("127.0.0.1:8000", true), ("[::1]:8000", true), ("192.0.2.1", true), ("console.localhost", true),
    ("www.garnet.test:8000", true), ("pc", true), ("evil.example", false), ("evil.example:8000", false), ("localhost.evil.example", false),
    ("127.0.0.1.evil.example", false), ("", false), ("[::1", false), ("pc.evil.example", false),
  ])
  func hostRule(host: String, isAllowed: Bool) throws {
    let page = site(try SampleWorld.lively()).page(for: ConsoleRequest(target: "/", host: host))
    #expect(page.status == (isAllowed ? 200 : 421))
  }

  @Test func onlyReading() throws {
    let site = site(try SampleWorld.lively())
    #expect(site.page(for: ConsoleRequest(method: "POST", target: "/")).status == 405)
    #expect(site.page(for: ConsoleRequest(target: "/message/99999")).status == 404)
    #expect(site.page(for: ConsoleRequest(target: "/message/-1")).status == 404)
    #expect(site.page(for: ConsoleRequest(target: "/message/99999999999999999999999")).status == 404)
    #expect(site.page(for: ConsoleRequest(target: "/assets/../../etc/passwd")).status == 404)
    #expect(site.page(for: ConsoleRequest(target: "/%zz%")).status == 404)
  }

  @Test func assetsAreLight() throws {
    let site = site(SampleWorld())
    let sizes = ["console.css", "console.js", "icon.svg"].map { site.page(for: ConsoleRequest(target: "/assets/\($0)")).body.count }
    #expect(sizes.allSatisfy { $0 > 100 })
    #expect(sizes.reduce(0, +) < 100_000)
  }

  @Test func anEmptyTraceHasPagesToo() throws {
    let site = ConsoleSite(ConsoleModel(title: "home.test", trace: TraceStore(), explain: SampleWorld.explain))
    for target in ["/", "/conversations", "/ladder", "/hosts", "/export", "/help"] {
      let page = site.page(for: ConsoleRequest(target: target))
      #expect(page.status == 200)
      try expectWellFormed(page.body.text, target)
    }
  }

  /// For looking at the pages: NETSTEAD_CONSOLE_PAGES names a folder into which all of them are written.
  @Test(.enabled(if: ProcessInfo.processInfo.environment["NETSTEAD_CONSOLE_PAGES"] != nil))
  func writesPages() throws {
    let folder = URL(fileURLWithPath: ProcessInfo.processInfo.environment["NETSTEAD_CONSOLE_PAGES"] ?? "")
    let world = try SampleWorld.lively()
    let events = (1...world.store.lastSequence).map { "/message/\($0)" }
    for target in ["/", "/conversations", "/ladder", "/hosts", "/host/resolver", "/export", "/help", "/assets/console.css", "/assets/console.js", "/assets/icon.svg"] + (1...20).flatMap({ ["/conversation/\($0)", "/conversation/\($0)/story"] }) + events {
      let page = site(world).page(for: ConsoleRequest(target: target))
      guard page.status == 200 else { continue }
      let file = folder.appendingPathComponent(target.hasPrefix("/assets") ? target : target + "/index.html")
      try FileManager.default.createDirectory(at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
      try Data(page.body.array).write(to: file)
    }
  }
}
