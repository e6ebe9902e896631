// An origin whose answers are written in the address asked for, and which counts what reaches it; a proxy in front of it; a client.
// Read next: ProxyTests.swift.
import Bytes
import HTTP
import Synchronization
import Testing
import Transport
import World

@testable import WebServer

/// Answers as the query says: `cc` (Cache-Control), `etag`, `vary`, `size`, `delay` (of a GET, milliseconds), `status`, `chunked`, `cut`, `cookie`,
/// `open` (the content never ends; its type), `confirm` (Cache-Control of a 304), `hints` (interim responses before the answer).
final class Origin: Application {
  struct Seen: Sendable {
    var method: String
    var target: String
    var head: String
    var body = Buffer()
  }

  private let seen = Mutex<[Seen]>([])
  private let failing = Atomic<Bool>(false)

  /// What reached it, in order.
  var requests: [Seen] { seen.withLock { $0 } }
  func count(_ path: String) -> Int { requests.filter { $0.target.hasPrefix(path) }.count }

  /// From here on everything is a 503.
  func fail(_ isFailing: Bool) { failing.store(isFailing, ordering: .releasing) }

  func answer(_ request: RequestHead, at now: Instant) -> ApplicationAnswer {
    .workflow { exchange in
      let body = (try? await exchange.body(bytesMax: 1 << 24)) ?? "broken"
      self.seen.withLock { $0.append(Seen(method: request.methodText, target: request.target.text, head: request.bytes.text, body: body)) }
      await self.respond(request, exchange)
    }
  }

  static func content(_ size: Int) -> Buffer { Buffer((0..<size).map { UInt8(truncatingIfNeeded: $0 / 251 &+ $0) }) }

  private func respond(_ request: RequestHead, _ exchange: Exchange) async {
    let query = (try? FormFields(parsing: request.query ?? Buffer())) ?? FormFields()
    for number in 0..<(query["hints"].flatMap { Int($0) } ?? 0) {
      var hint = FieldLines()
      hint.append("Link", "</\(number).css>; rel=preload")
      exchange.inform(.earlyHints, hint)
    }
    if request.method == .get, let delay = query["delay"].flatMap({ Int($0) }) { try? await Task.sleep(for: .milliseconds(delay)) }
    if failing.load(ordering: .acquiring) { return exchange.respond(.text(.serviceUnavailable, "failing")) }
    var fields = FieldLines()
    for (key, name) in [("cc", FieldName.cacheControl), ("vary", .vary), ("cookie", .setCookie), ("location", .location), ("cdn", .cdnCacheControl)] {
      if let value = query[key] { fields.append(name, value) }
    }
    if let tag = query["etag"] {
      fields.append(.etag, "\"\(tag)\"")
      if request.text(of: .ifNoneMatch) == "\"\(tag)\"" {
        if let confirmed = query["confirm"] {
          fields = FieldLines()
          fields.append(.cacheControl, confirmed)
        }
        return exchange.respond(Response(.notModified, fields: fields))
      }
    }
    fields.append(.contentType, query["open"] ?? "text/plain")
    let chosen = query["vary"].map { name in name + "=" + (request.text(of: FieldName(name)) ?? "none") + ";" } ?? ""
    var content = Buffer(chosen)
    content.append(Self.content(query["size"].flatMap { Int($0) } ?? 10))
    let status = Status(rawValue: query["status"].flatMap { UInt16($0) } ?? 200)
    guard query["chunked"] != nil || query["cut"] != nil || query["open"] != nil else {
      var response = Response(status, fields: fields, body: .bytes(content))
      if query["close"] != nil { response.afterwards = .close }
      return exchange.respond(response)
    }
    exchange.respond(Response(status, fields: fields, body: .parts(length: nil)))
    while let piece = content.take(min(20_000, content.count)), !piece.isEmpty { try? await exchange.send(piece) }
    if query["open"] != nil { await withCheckedContinuation { continuation in exchange.whenAbandoned { continuation.resume() } } }
    if query["cut"] != nil { exchange.breakOff() }
  }
}

/// An answer whole.
struct Whole {
  var status: Int
  var head: ResponseHead
  var body: Buffer
  /// What came before the answer.
  var interim: [ResponseHead] = []

  func text(_ name: FieldName) -> String { head.values(of: name).map(\.text).joined(separator: ", ") }
}

/// The interim responses of one fetch.
private final class Interim: Sendable {
  private let kept = Mutex<[ResponseHead]>([])
  var heads: [ResponseHead] { kept.withLock { $0 } }
  func note(_ progress: WebClient.Progress) { if case .interim(let head) = progress { kept.withLock { $0.append(head) } } }
}

/// An origin, a proxy, and clients of both.
final class ProxiedOrigin: Sendable {
  let origin = Origin()
  let network: SocketNetwork
  let proxy: Proxy
  let originPort: UInt16
  let port: UInt16
  private let client: WebClient
  /// The origin's, and the proxy's.
  let listeners: [any Listener]

  private init(network: SocketNetwork, proxy: (Origin, UInt16) throws -> Proxy) async throws {
    self.network = network
    let served = try await WebService.start(
      network: network, endpoint: Endpoint(.loopback, 0), sites: SiteSwitch(SiteSet([Site(names: [], content: .application(origin))])))
    originPort = served.endpoint.port
    self.proxy = try proxy(origin, originPort)
    let proxied = try await WebService.start(
      network: network, endpoint: Endpoint(.loopback, 0), sites: SiteSwitch(SiteSet([Site(names: [], content: .proxy(self.proxy))])))
    port = proxied.endpoint.port
    listeners = [served, proxied]
    client = WebClient(network: network) { _, _ in [.loopback] }
  }

  /// A reverse proxy for the length of `body`.
  static func reverse(_ cache: CacheSettings? = CacheSettings(), limits: ProxyLimits = ProxyLimits(), _ body: (ProxiedOrigin) async throws -> Void) async throws {
    try await with({ network in
      try await ProxiedOrigin(network: network) { _, port in
        var settings = ProxySettings(.reverse(UpstreamServer(host: "127.0.0.1", port: port)))
        settings.name = "test-proxy"
        settings.limits = limits
        return Proxy(settings, network: network, lookUp: { _, _ in [.loopback] }, cache: try cache.map { try WebCache($0) })
      }
    }, body)
  }

  /// A forward proxy for the length of `body`.
  static func forward(_ rules: ForwardRules, limits: ProxyLimits = ProxyLimits(), _ body: (ProxiedOrigin) async throws -> Void) async throws {
    try await with({ network in
      try await ProxiedOrigin(network: network) { _, port in
        var settings = ProxySettings(.forward(rules))
        settings.limits = limits
        return Proxy(settings, network: network, lookUp: { _, _ in [.loopback] }, cache: try WebCache(CacheSettings()))
      }
    }, body)
  }

  private static func with(_ make: (SocketNetwork) async throws -> ProxiedOrigin, _ body: (ProxiedOrigin) async throws -> Void) async throws {
    let network = SocketNetwork(loops: 2)
    let outcome: Result<Void, any Error>
    do {
      let proxied = try await make(network)
      do { outcome = .success(try await body(proxied)) } catch { outcome = .failure(error) }
      proxied.proxy.close()
      for listener in proxied.listeners { await listener.close(grace: .zero) }
    }
    await network.shutDown()
    try outcome.get()
  }

  /// Asks the reverse proxy.
  func get(_ target: String, _ fields: [(FieldName, String)] = [], method: HTTP.Method = .get, body: Buffer? = nil, host: String = "here.test") async throws -> Whole {
    var ask = WebClient.Ask(try #require(WebAddress("http://\(host)\(target)")))
    ask.endpoint = Endpoint(.loopback, port)
    ask.fields = fields.map { (name: $0.0, value: $0.1) }
    ask.method = method
    ask.body = body
    let collected = Collected(bytesMax: 1 << 26)
    let interim = Interim()
    let fetched = try await client.fetch(ask, progress: { interim.note($0) }) { piece in try collected.add(piece) }
    return Whole(status: Int(fetched.head.status.rawValue), head: fetched.head, body: collected.whole, interim: interim.heads)
  }

  /// Asks the origin through the forward proxy.
  func through(
    _ target: String, origin port: UInt16? = nil, fields: [(FieldName, String)] = [], method: HTTP.Method = .get, body: Buffer? = nil
  ) async throws -> Whole {
    var ask = WebClient.Ask(try #require(WebAddress("http://origin.test:\(port ?? originPort)\(target)")))
    ask.proxy = WebAddress("http://127.0.0.1:\(self.port)")
    ask.method = method
    ask.body = body
    ask.fields = fields.map { (name: $0.0, value: $0.1) }
    let collected = Collected(bytesMax: 1 << 26)
    let fetched = try await client.fetch(ask) { piece in try collected.add(piece) }
    return Whole(status: Int(fetched.head.status.rawValue), head: fetched.head, body: collected.whole)
  }
}
