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

/// What a host remembers of the last answer for one URL.
struct PageMemory: Sendable {
  var tag: String?
  var date: String?
}

extension ScenarioRun {
  func get(_ client: SimulatedNetwork, _ url: String, _ how: Scenario.Fetching, as host: String) async -> Result.Outcome {
    guard let address = WebAddress(url) else { return .failed("`\(url)` is no address of a page") }
    var ask = WebClient.Ask(address)
    ask.method = Method.allCases.first { $0.text == how.method } ?? .get
    for field in how.fields {
      let parts = field.split(separator: ":", maxSplits: 1)
      if parts.count == 2 { ask.fields.append((FieldName(String(parts[0])), String(parts[1].drop { $0 == " " }))) }
    }
    let key = host + " " + url
    if let validators = how.validators, let known = memory.withLock({ $0[key] }) {
      if validators != .date, let tag = known.tag { ask.fields.append((.ifNoneMatch, tag)) }
      if validators != .tag, let date = known.date { ask.fields.append((.ifModifiedSince, date)) }
    }
    do {
      let fetched = try await web(client, as: host).fetch(ask) { _ in }
      if fetched.head.status == .ok {
        let seen = PageMemory(tag: fetched.head.text(of: .etag), date: fetched.head.text(of: .lastModified))
        memory.withLock { $0[key] = seen }
      }
      return .page(Int(fetched.head.status.rawValue))
    } catch { return .failed("\(error)") }
  }

  /// Gets a page, then what it embeds, over at most so many connections at a time.
  func load(_ client: SimulatedNetwork, _ url: String, over connections: Int, as host: String) async -> Result.Outcome {
    guard let address = WebAddress(url) else { return .failed("`\(url)` is no address of a page") }
    let web = web(client, as: host)
    do {
      let (fetched, body) = try await web.get(address, redirectsMax: 0, bytesMax: Self.pageBytesMax)
      var waiting = EmbeddedObjects.addresses(in: body.text).prefix(Self.objectsMax).compactMap { address.resolving($0) }[...]
      await withTaskGroup(of: Void.self) { group in
        for _ in 0..<min(connections, waiting.count) {
          let next = waiting.removeFirst()
          group.addTask { _ = try? await web.get(next, redirectsMax: 0, bytesMax: Self.pageBytesMax) }
        }
        while await group.next() != nil {
          guard let next = waiting.popFirst() else { continue }
          group.addTask { _ = try? await web.get(next, redirectsMax: 0, bytesMax: Self.pageBytesMax) }
        }
      }
      return .page(Int(fetched.head.status.rawValue))
    } catch { return .failed("\(error)") }
  }

  /// Largest page, and most objects of one page that are got. Past it: the load fails; the rest is left out.
  private static var pageBytesMax: Int { 4_194_304 }
  private static var objectsMax: Int { 64 }

  /// A client that looks each name up once.
  private func web(_ client: SimulatedNetwork, as host: String) -> WebClient {
    let resolver = world.resolver(near: world.host(host))?.addresses.first
    let names = NameClient(client, timeout: .seconds(10), trace: trace(host))
    let known = KnownNames()
    let run = self
    var web = WebClient(network: client) { name, _ in
      if let address = Address(name) { return [address] }
      if let addresses = known.addresses(of: name) { return addresses }
      guard let resolver, let asked = try? Name(name) else { return [] }
      guard case .answered(let answer) = await names.ask(.query(asked, .a, id: run.nextID()), Endpoint(resolver, 53)) else { return [] }
      let addresses = answer.message.answers.compactMap { $0.data.address }
      known.note(addresses, of: name)
      return addresses
    }
    web.trace = trace(host)
    return web
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
