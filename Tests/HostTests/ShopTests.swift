// The shop over real connections with a client that keeps cookies: first and later visits, basket, login, pictures, other sites' forms.
import Accounts
import Bytes
import HTTP
import Storage
import Testing
import Transport
import World

@testable import Host
@testable import WebServer

@Suite("the shop", .serialized)
struct ShopTests {
  /// A shop on a free port for the length of `body`, with what it keeps in `data`.
  private func withShop(_ data: SiteData = .inMemory, _ body: (Visitor) async throws -> Void) async throws {
    let network = SocketNetwork(loops: 1)
    var random = SeededRandom(seed: 7)
    var access = SiteAccess()
    access.application = .shop
    let hash = PasswordHash("ruby", costLog: 2, using: &random)
    access.users = [.init(name: "alice", hash: try #require(hash))]
    access.protected = ["/staff"]
    let site = try await SiteAssembly.site(
      names: ["shop.test"], files: MemoryTree([:], modified: network.clock.now), access: access, data: { data }, clock: network.clock, secrets: random.derived("secrets"))
    let listener = try await WebService.start(network: network, endpoint: Endpoint(.loopback, 0), sites: SiteSwitch(SiteSet([site])))
    do { try await body(Visitor(network, listener.endpoint)) } catch {
      await listener.close(grace: .zero)
      throw error
    }
    await listener.close(grace: .zero)
    await network.shutDown()
  }

  /// A browser of sorts.
  struct Visitor: Sendable {
    let network: SocketNetwork
    let endpoint: Endpoint
    var jar = SharedCookieJar()

    init(_ network: SocketNetwork, _ endpoint: Endpoint) {
      self.network = network
      self.endpoint = endpoint
    }

    /// Asks, follows what the shop says, returns the status and the page.
    func ask(_ method: HTTP.Method, _ path: String, _ form: FormFields? = nil, fields: [(FieldName, String)] = [], body: Buffer? = nil, follows: Bool = true)
      async throws -> (status: Int, text: String)
    {
      var client = WebClient(network: network) { _, _ in [] }
      client.jar = jar
      var ask = WebClient.Ask(try #require(WebAddress("http://shop.test:\(endpoint.port)\(path)")))
      ask.endpoint = endpoint
      ask.method = method
      ask.fields = fields.map { ($0.0, $0.1) }
      ask.redirectsMax = follows ? 3 : 0
      if let form {
        ask.body = form.encoded
        ask.fields.append((.contentType, "application/x-www-form-urlencoded"))
      } else {
        ask.body = body
      }
      let page = Collected(bytesMax: 1_000_000)
      let fetched = try await client.fetch(ask) { try page.add($0) }
      return (Int(fetched.head.status.rawValue), page.whole.text)
    }

    func buy(_ article: String, _ pieces: Int = 1) async throws -> (status: Int, text: String) {
      try await ask(.post, "/basket", FormFields([.init("article", article), .init("pieces", "\(pieces)")]))
    }

    /// The session's name, as the jar has it.
    var name: String? { jar.current.cookies.first { $0.cookie.name == "session" }?.cookie.value.text }
  }

  @Test("first visit, later visits, and a basket that lasts")
  func visits() async throws {
    let data = SiteData.inMemory
    var name: String?
    var kept = CookieJar()
    try await withShop(data) { visitor in
      let first = try await visitor.ask(.get, "/")
      #expect(first.status == 200 && first.text.contains("Welcome, visitor 1.") && first.text.contains("Set-Cookie: session="))
      name = visitor.name
      #expect(name?.utf8.count == 32)
      let second = try await visitor.ask(.get, "/")
      #expect(second.text.contains("Welcome back, visitor 1.") && second.text.contains("Cookie: session=\(name ?? "-")") && !second.text.contains("Set-Cookie"))
      let bought = try await visitor.buy("jade", 2)
      #expect(bought.status == 200 && bought.text.contains("2 × Jade, polished"), "\(bought)")
      var stranger = visitor
      stranger.jar = SharedCookieJar()
      #expect(try await stranger.ask(.get, "/").text.contains("visitor 2.") && stranger.name != name)
      kept = visitor.jar.current
    }
    // The server starts again over the same table, the browser with the same file.
    try await withShop(data) { visitor in
      var visitor = visitor
      var jar = CookieJar()
      jar.read(kept.text, at: visitor.network.clock.now)
      visitor.jar = SharedCookieJar(jar)
      let page = try await visitor.ask(.get, "/")
      #expect(page.text.contains("Welcome back, visitor 1.") && page.text.contains("2 × Jade, polished"), "\(page.text)")
      let table = try await visitor.ask(.get, "/sessions")
      #expect(table.text.contains("class=\"own\"><td>1<td>") && table.text.contains("<tr><td>2<td>") && table.text.contains("2 × jade"), "\(table.text)")
      #expect(table.text.split(separator: name ?? "-", omittingEmptySubsequences: false).count == 2, "only the line of the browser has the name")
    }
  }

  @Test("a planted name is not taken over; a login gives a new one; logging out ends it")
  func names() async throws {
    try await withShop { visitor in
      var planted = CookieJar()
      let origin = CookieOrigin(host: "shop.test", target: "/", isSecure: false)
      planted.store("session=0123456789abcdef0123456789abcdef; Max-Age=1000", from: origin, at: visitor.network.clock.now)
      var victim = visitor
      victim.jar = SharedCookieJar(planted)
      #expect(try await victim.ask(.get, "/").text.contains("Welcome, visitor 1."))
      let before = try #require(victim.name)
      #expect(before != "0123456789abcdef0123456789abcdef")
      _ = try await victim.buy("onyx")
      #expect(try await victim.ask(.post, "/login", FormFields([.init("user", "alice"), .init("password", "wrong")])).status == 403)
      #expect(victim.name == before)
      let inside = try await victim.ask(.post, "/login", FormFields([.init("user", "alice"), .init("password", "ruby")]))
      #expect(inside.text.contains("Welcome back, alice.") && inside.text.contains("1 × Onyx") && victim.name != before, "\(inside)")
      var old = CookieJar()
      old.store(Buffer("session=\(before); Max-Age=1000"), from: origin, at: visitor.network.clock.now)
      var thief = visitor
      thief.jar = SharedCookieJar(old)
      #expect(!(try await thief.ask(.get, "/").text.contains("1 × Onyx")), "the old name opens nothing")
      let outside = try await victim.ask(.post, "/logout", FormFields(), follows: false)
      #expect(outside.status == 303 && victim.name == nil)
    }
  }

  @Test("what the shop does not do")
  func refused() async throws {
    try await withShop { visitor in
      #expect(try await visitor.buy("gold").status == 422)
      #expect(try await visitor.buy("jade", 1_000).status == 422)
      #expect(try await visitor.ask(.post, "/basket", FormFields(), fields: [(.origin, "http://evil.test")]).status == 403)
      #expect(try await visitor.ask(.post, "/basket", body: "a").status == 415)
      #expect(try await visitor.ask(.put, "/basket", body: "a").status == 405)
      #expect(try await visitor.ask(.get, "/basket").status == 404)
      #expect(try await visitor.ask(.get, "/pictures/none.png").status == 404)
      #expect(try await visitor.ask(.get, "/staff").status == 401)
      #expect(try await visitor.ask(.get, "/staff", fields: [(.authorization, "Basic YWxpY2U6cnVieQ==")]).status == 200)
      #expect(try await visitor.ask(.get, "/search?q=dark+RED").text.contains("1 found"))
      #expect(try await visitor.ask(.get, "/search?q=%3Cscript%3E").text.contains("&lt;script&gt;"))
      for _ in 0..<2 { _ = try await visitor.buy("amber", 60) }
      #expect(try await visitor.ask(.get, "/").text.contains("99 × Amber"))
      #expect(try await visitor.buy("amber", -99).text.contains("is empty."))
    }
  }

  @Test("pictures: taken as what they are, shown, bounded")
  func pictures() async throws {
    let data = SiteData.inMemory
    try await withShop(data) { visitor in
      let png: [UInt8] = [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A]
      func send(_ bytes: [UInt8]) async throws -> (status: Int, text: String) {
        let part = FormPart("picture", Buffer(bytes), fileName: "<b>.html", contentType: "text/html")
        return try await visitor.ask(
          .post, "/pictures", fields: [(.contentType, MultipartWriter.contentType(boundary: "bound"))], body: MultipartWriter.body([part], boundary: "bound"))
      }
      let page = try await send(png + Array(repeating: 1, count: 300_000))
      let address = try #require(page.text.firstMatch(of: #/\/pictures\/[0-9a-f]+-[0-9]+\.png/#), "\(page)")
      #expect(try await visitor.ask(.get, String(address.0)).status == 200)
      #expect(try await send(Array("<script>".utf8)).status == 415)
      #expect(try await send(png + Array(repeating: 1, count: 1_100_000)).status == 413)
      for number in 0..<26 { _ = try await send(png + [UInt8(number)]) }
      #expect(try await data.blobs.names().count == 24)
    }
  }
}

@Suite("the settings of a site")
struct SiteAccessTests {
  private static let hash = "$scrypt$ln=4,r=8,p=1$c2FsdHNhbHQ$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"

  @Test("read, with every mistake named", arguments: [
    ("web: {application: shop, users: {a: '\(hash)'}, protect: [/x], redirects: {/a: /b}, error-pages: {404: /missing.html}}", ""),
    ("web: {write: [/x]}", "users"), ("web: {protect: [/x]}", "users"), ("web: {users: {a: secret}}", "netstead password"), ("web: {application: shoe}", "shop"),
    ("web: {users: {a: '\(hash)'}, write: [x]}", "begins with `/`"), ("web: {redirects: {/a: //b}}", "redirect"), ("web: {error-pages: {200: /x}}", "from 400 to 599"),
  ])
  func settings(text: String, problem: String) {
    do {
      let settings = try HostSettings(file: "netstead.yaml", text: text, isPrivileged: false)
      #expect(problem.isEmpty, "no problem found")
      #expect(settings.site.application == .shop && settings.site.redirects.count == 1 && settings.site.errorPages[404] == "missing.html")
    } catch { #expect(!problem.isEmpty && "\(error)".contains(problem == "redirect" ? "begins with `/`" : problem), "\(error)") }
  }
}
