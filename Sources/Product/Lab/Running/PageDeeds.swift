// Getting pages in a scenario: one URL, again only if it has changed, or a page with everything it embeds.
// Not here: the client itself (WebServer/Client). What a page embeds is found as far as the course's pages need it: images, scripts, style sheets.
import Bytes
import DNS
import Host
import HTTP
import SimulatedTransport
import Synchronization
import Transport
import WebServer
import World

/// What hosts remember of former answers.
struct ClientMemory: Sendable {
  /// The last answer for each URL, by host and URL.
  var pages: [String: PageMemory] = [:]
  /// Sites that asked who is there, by host and authority.
  var askedForCredentials: Set<String> = []
  /// By host; a jar for each site on top where they are kept apart.
  var jars: [String: SharedCookieJar] = [:]
}

/// What a host remembers of the last answer for one URL.
struct PageMemory: Sendable {
  var tag: String?
  var date: String?
}

extension ScenarioRun {
  func get(_ client: SimulatedNetwork, _ url: String, _ how: Scenario.Fetching, as host: String) async -> Result.Outcome {
    guard let address = WebAddress(url) else { return .failed("`\(url)` is no address of a page") }
    let top = how.page.flatMap { WebAddress($0) } ?? address
    var web = web(client, as: host, remembering: how.cookies.map { jar(of: host, on: top, $0) })
    web.acceptsAnything = how.isUnchecked
    web.versions = how.versions
    var ask = ask(address, how, from: how.page)
    let key = host + " " + url
    if let validators = how.validators, let known = memory.withLock({ $0.pages[key] }) {
      if validators != .date, let tag = known.tag { ask.fields.append((.ifNoneMatch, tag)) }
      if validators != .tag, let date = known.date { ask.fields.append((.ifModifiedSince, date)) }
    }
    do {
      let fetched = try await fetch(ask, web, how.credentials, as: host)
      if fetched.head.status == .ok {
        let seen = PageMemory(tag: fetched.head.text(of: .etag), date: fetched.head.text(of: .lastModified))
        memory.withLock { $0.pages[key] = seen }
      }
      return .page(Int(fetched.head.status.rawValue))
    } catch { return .failed("\(error)") }
  }

  /// Gets a page, then what it embeds, over at most so many connections at a time.
  func load(_ client: SimulatedNetwork, _ url: String, over connections: Int, _ how: Scenario.Fetching, as host: String) async -> Result.Outcome {
    guard let address = WebAddress(url) else { return .failed("`\(url)` is no address of a page") }
    let web = web(client, as: host, remembering: how.cookies.map { jar(of: host, on: address, $0) })
    let run = self
    do {
      let (fetched, body) = try await web.get(ask(address, how, from: how.page), bytesMax: Self.pageBytesMax)
      var waiting = EmbeddedObjects.addresses(in: body.text).prefix(Self.objectsMax).compactMap { address.resolving($0) }[...]
      await withTaskGroup(of: Void.self) { group in
        func begin(_ next: WebAddress) {
          group.addTask { _ = try? await web.get(run.ask(next, how, from: url, isEmbedded: true), bytesMax: Self.pageBytesMax) }
        }
        for _ in 0..<min(connections, waiting.count) { begin(waiting.removeFirst()) }
        while await group.next() != nil {
          if let next = waiting.popFirst() { begin(next) }
        }
      }
      return .page(Int(fetched.head.status.rawValue))
    } catch { return .failed("\(error)") }
  }

  /// Copies what `owner` remembers into the memory of `thief`.
  func takeCookies(of owner: String, by thief: String) {
    memory.withLock { memory in
      if let jar = memory.jars[owner] { memory.jars[thief] = SharedCookieJar(jar.current) }
    }
  }

  // MARK: Requests

  /// What is asked for `address`, as the link on `page` has it; nil: nobody's page.
  private func ask(_ address: WebAddress, _ how: Scenario.Fetching, from page: String?, isEmbedded: Bool = false) -> WebClient.Ask {
    var ask = WebClient.Ask(address)
    ask.method = Method.allCases.first { $0.text == how.method } ?? .get
    for field in how.fields {
      let parts = field.split(separator: ":", maxSplits: 1)
      if parts.count == 2 { ask.fields.append((FieldName(String(parts[0])), String(parts[1].drop { $0 == " " }))) }
    }
    if let form = how.form, !isEmbedded {
      ask.method = .post
      let fields = (try? FormFields(parsing: Buffer(form.text))) ?? FormFields()
      if form.isInParts {
        let boundary = "----netstead" + (0..<4).map { _ in String(0x1_0000 + Int(nextID()), radix: 16).dropFirst() }.joined()
        ask.body = MultipartWriter.body(fields.all.map { FormPart($0.name, Buffer($0.value)) }, boundary: boundary)
        ask.fields.append((.contentType, MultipartWriter.contentType(boundary: boundary)))
      } else {
        ask.body = fields.encoded
        ask.fields.append((.contentType, "application/x-www-form-urlencoded"))
      }
    }
    if let page = page.flatMap({ WebAddress($0) }) { referTo(page, isEmbedded, &ask) }
    if let proxy = world.proxies.first(where: { $0.host == how.proxy }), let place = world.host(proxy.host)?.addresses.first {
      ask.proxy = WebAddress("http://\(place):\(proxy.port)/")
    }
    return ask
  }

  /// Says where a request comes from, as browsers do unless a page asks for something else.
  // Referrer Policy §3.8 (strict-origin-when-cross-origin), RFC 6454 §7.3
  private func referTo(_ page: WebAddress, _ isEmbedded: Bool, _ ask: inout WebClient.Ask) {
    let isSameOrigin = (page.isSecure, page.authority) == (ask.address.isSecure, ask.address.authority)
    let origin = "\(page.isSecure ? "https" : "http")://\(page.authority)"
    ask.fields.append((.referer, isSameOrigin ? page.description : origin + "/"))
    if !ask.method.isSafe { ask.fields.append((.origin, origin)) }
    if Self.site(of: page) != Self.site(of: ask.address) { ask.cookieContext = isEmbedded || !ask.method.isSafe ? .foreign : .foreignNavigation }
  }

  /// Fetches, and shows the credentials once the site has asked for them.
  private func fetch(_ ask: WebClient.Ask, _ web: WebClient, _ credentials: Scenario.Fetching.Credentials?, as host: String) async throws
    -> WebClient.Fetched
  {
    guard let credentials, let basic = BasicCredentials(user: credentials.user, password: credentials.password) else {
      return try await web.fetch(ask) { _ in }
    }
    var known = ask
    known.fields.append((.authorization, basic.text))
    let space = host + " " + ask.address.authority
    // RFC 7617 §2.2: who was asked once may show them before being asked again.
    if memory.withLock({ $0.askedForCredentials.contains(space) }) { return try await web.fetch(known) { _ in } }
    let fetched = try await web.fetch(ask) { _ in }
    guard fetched.head.status == .unauthorized else { return fetched }
    memory.withLock { _ = $0.askedForCredentials.insert(space) }
    return try await web.fetch(known) { _ in }
  }

  /// What belongs together: the last two names of a host.
  // Not done: the list of public suffixes, for the worlds of lessons have none of two names.
  private static func site(of address: WebAddress) -> String { address.host.split(separator: ".").suffix(2).joined(separator: ".") }

  /// The memory of `host` for requests under a page of `top`.
  private func jar(of host: String, on top: WebAddress, _ cookies: Scenario.Fetching.Cookies) -> SharedCookieJar {
    let key = cookies == .apart ? host + " on " + Self.site(of: top) : host
    return memory.withLock { memory in
      let jar = memory.jars[key] ?? SharedCookieJar()
      memory.jars[key] = jar
      return jar
    }
  }

  /// Largest page, and most objects of one page that are got. Past it: the load fails; the rest is left out.
  static var pageBytesMax: Int { 4_194_304 }
  static var objectsMax: Int { 64 }

  /// A client that looks each name up once.
  func web(_ client: SimulatedNetwork, as host: String, remembering jar: SharedCookieJar? = nil) -> WebClient {
    var web = WebClient(network: client, lookUp: lookUp(client, as: host))
    web.trace = trace(host)
    web.authorities = certificates?.authorityPEM ?? ""
    web.jar = jar
    return web
  }

  /// Asks the resolver near `host`, once for each name.
  func lookUp(_ client: SimulatedNetwork, as host: String) -> WebClient.LookUp {
    let resolver = world.resolver(near: world.host(host))?.addresses.first
    let names = NameClient(client, timeout: .seconds(10), trace: trace(host))
    let known = KnownNames()
    let run = self
    return { name, _ in
      if let address = Address(name) { return [address] }
      if let addresses = known.addresses(of: name) { return addresses }
      guard let resolver, let asked = try? Name(name) else { return [] }
      guard case .answered(let answer) = await names.ask(.query(asked, .a, id: run.nextID()), Endpoint(resolver, 53)) else { return [] }
      let addresses = answer.message.answers.compactMap { $0.data.address }
      known.note(addresses, of: name)
      return addresses
    }
  }
}

/// The names one client has looked up.
private final class KnownNames: Sendable {
  private let names = Mutex<[String: [Address]]>([:])
  func addresses(of name: String) -> [Address]? { names.withLock { $0[name] } }
  func note(_ addresses: [Address], of name: String) { names.withLock { $0[name] = addresses } }
}

/// What a page of HTML has a browser fetch with it.
enum EmbeddedObjects {
  /// The addresses in `src` of images and scripts and in `href` of style sheets, in the order of the page, each once.
  static func addresses(in html: String) -> [String] {
    var found: [String] = []
    for tag in html.split(separator: "<", omittingEmptySubsequences: false).dropFirst() {
      let inside = tag.prefix { $0 != ">" }
      let name = inside.prefix { $0.isLetter }.lowercased()
      let attribute: String
      switch name {
      case "img", "script", "source", "iframe": attribute = "src"
      case "link" where inside.lowercased().contains("stylesheet"): attribute = "href"
      default: continue
      }
      if let value = value(of: attribute, in: inside), !value.isEmpty, !found.contains(value) { found.append(value) }
    }
    return found
  }

  private static func value(of attribute: String, in tag: Substring) -> String? {
    guard let place = tag.firstRange(of: attribute + "=") else { return nil }
    let rest = tag[place.upperBound...]
    guard let quote = rest.first, quote == "\"" || quote == "'" else { return String(rest.prefix { !$0.isWhitespace }) }
    return String(rest.dropFirst().prefix { $0 != quote })
  }
}
