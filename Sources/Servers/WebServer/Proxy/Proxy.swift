// A proxy as a site's content: judges each request (who may ask for what), answers from the cache at once where it can, and otherwise starts
// the workflow that asks the upstream.
// Read next: Relaying.swift (asking and passing on), CachedAnswering.swift (with a cache), Tunnel.swift (CONNECT).
import Bytes
package import HTTP
import Synchronization
import Trace
package import Transport
package import World

/// A reverse or a forward proxy, with a cache or without. One object serves all connections, and outlives exchanged sites.
package final class Proxy: Sendable {
  package let settings: ProxySettings
  package let cache: WebCache?
  package let statistics = ProxyStatistics()
  let pool: UpstreamPool
  let network: any Network
  private let lookUp: WebClient.LookUp
  /// Names that are being looked up, and who else waits for their addresses.
  private let lookUps = Mutex<[String: [CheckedContinuation<Result<[Address], any Error>, Never>]]>([:])
  let trace: TraceContext?

  /// Makes a proxy. `lookUp` finds addresses of names; `tls` says whom to trust when asking over TLS, `nil`: the system's authorities.
  package init(
    _ settings: ProxySettings, network: any Network, lookUp: @escaping WebClient.LookUp, trace: TraceContext? = nil, cache: WebCache? = nil,
    tls: TLSClientOptions? = nil
  ) {
    self.settings = settings
    self.cache = cache
    self.network = network
    self.lookUp = lookUp
    self.trace = trace
    pool = UpstreamPool(network, trace: trace, limits: settings.limits, tls: tls)
  }

  /// A workflow that waits for the network alone, unless what it passes on is kept on a disk.
  func workflow(_ work: @escaping @Sendable (Exchange) async -> Void) -> ApplicationAnswer {
    .workflow(staysOnLoop: cache?.settings.folder == nil, work)
  }

  /// Ends all connections to upstreams; what is under way on them fails, and what was being kept of it is not. What is kept whole is in its
  /// folder already. Nothing is asked afterwards.
  package func close() { pool.close() }

  /// Answers a request of `client`: at once, or by a workflow.
  package func answer(_ head: RequestHead, from client: ProxyClient, at now: Instant) -> ApplicationAnswer {
    let request: ProxyRequest
    do throws(ProxyFailure) {
      try judge(head, client)
      // RFC 9110 §7.6.2
      if head.method == .options, ProxyPath.hopsLeft(of: head.fields) == 0 { return .response(lastStop(head)) }
      if head.method == .connect { return try openTunnel(head) }
      request = try place(head, client)
    } catch { return .response(refused(head, error)) }
    guard let cache, let key = request.key else { return workflow { await self.pass(request, $0, detail: nil) } }
    if head.methodText == "PURGE" { return .response(purge(request, key, cache)) }
    guard head.method == .get || head.method == .head, !head.hasBody else { return workflow { await self.pass(request, $0, detail: nil) } }
    return answer(request, key, cache, at: now)
  }

  /// The answer to who asks which servers lie on the way, and means this one.
  private func lastStop(_ head: RequestHead) -> Response {
    var fields = FieldLines()
    fields.append(.allow, Self.methods)
    return Response(.noContent, fields: fields, afterwards: head.hasBody ? .close : .keepOpen)
  }

  private static let methods = "GET, HEAD, POST, PUT, DELETE, PATCH, OPTIONS"

  private func refused(_ head: RequestHead, _ failure: ProxyFailure) -> Response {
    statistics.note { $0.failed += 1 }
    var response = failure.response(afterwards: head.method == .connect || head.hasBody ? .close : .keepOpen)
    if failure.status == .methodNotAllowed { response.fields.append(.allow, Self.methods) }
    return response
  }

  // MARK: Judging

  private func judge(_ head: RequestHead, _ client: ProxyClient) throws(ProxyFailure) {
    if case .forward(let rules) = settings.role, !rules.clients.contains(where: { $0.contains(client.remote.address) }) {
      throw ProxyFailure(.forbidden, "This proxy does not serve \(client.remote.address).")
    }
    // RFC 9110 §9.3.8: a mirror of the request would show what others added to it.
    if head.method == .trace { throw ProxyFailure(.methodNotAllowed, "TRACE is not passed on.") }
    // RFC 9110 §7.6.3, RFC 8586 §2
    if ProxyPath.hops(.via, in: head.fields) >= settings.limits.hopsMax || ProxyPath.hops(.cdnLoop, in: head.fields) >= settings.limits.hopsMax {
      throw ProxyFailure(.loopDetected, "This request has passed too many proxies; it goes in a circle.")
    }
  }

  /// Where a request goes.
  private func place(_ head: RequestHead, _ client: ProxyClient) throws(ProxyFailure) -> ProxyRequest {
    switch settings.role {
    case .reverse(let upstream):
      guard head.targetForm != .authority else { throw ProxyFailure(.methodNotAllowed, "This is no proxy for tunnels.") }
      let place = UpstreamPlace(host: upstream.host, port: upstream.port, isSecure: upstream.isSecure)
      var authority = WebAddress.authority(host: upstream.host, port: upstream.port, isSecure: upstream.isSecure)
      if upstream.keepsHost, !head.authority.isEmpty {
        // Written as the cache's key has it: two spellings of one name must not be told apart by the upstream alone.
        guard let asked = WebAddress((client.isSecure ? "https://" : "http://") + head.authority.text) else {
          throw ProxyFailure(.badRequest, "The address in this request is none.")
        }
        authority = asked.authority
      }
      return ProxyRequest(
        head: head, client: client, place: place, endpoints: upstream.endpoints, authority: authority,
        key: head.targetForm == .asterisk ? nil : CacheKey.bytes(of: head, isSecure: client.isSecure))
    case .forward:
      // RFC 9112 §3.2.2: who asks a proxy names the whole address; who does not has lost the way, or was led here.
      guard head.targetForm == .absolute else {
        throw ProxyFailure(.misdirectedRequest, "This is a proxy: ask it for whole addresses, such as http://www.example.org/.")
      }
      guard !head.target.text.lowercased().hasPrefix("https:") else {
        throw ProxyFailure(.badRequest, "For https addresses this proxy opens a tunnel: ask it by CONNECT.")
      }
      guard let address = WebAddress("http://" + head.authority.text) else { throw ProxyFailure(.badRequest, "The address in this request is none.") }
      return ProxyRequest(
        head: head, client: client, place: UpstreamPlace(host: address.host, port: address.port, isSecure: false), endpoints: [],
        authority: address.authority, key: CacheKey.bytes(of: head, isSecure: false))
    }
  }

  private func openTunnel(_ head: RequestHead) throws(ProxyFailure) -> ApplicationAnswer {
    guard case .forward(let rules) = settings.role else { throw ProxyFailure(.methodNotAllowed, "This is no proxy for tunnels.") }
    guard !head.hasBody else { throw ProxyFailure(.badRequest, "A request for a tunnel has no content.") }
    guard let address = WebAddress("http://" + head.authority.text), let port = Self.port(of: head.authority.text) else {
      throw ProxyFailure(.badRequest, "A tunnel leads to host:port.")
    }
    guard rules.tunnelPorts.contains(port) else { throw ProxyFailure(.forbidden, "This proxy opens no tunnels to port \(port).") }
    return workflow { await Tunnel(self, host: address.host, port: port).run($0) }
  }

  private static func port(of authority: String) -> UInt16? {
    guard let colon = authority.lastIndex(of: ":") else { return nil }
    return UInt16(authority[authority.index(after: colon)...]).flatMap { $0 == 0 ? nil : $0 }
  }

  // MARK: Addresses

  /// Where a place is: looked up once, judged, and then connected to as it is.
  func endpoints(host: String, port: UInt16, known: [Endpoint], because cause: ConversationID?) async throws(ProxyFailure) -> [Endpoint] {
    if !known.isEmpty { return known }
    var addresses: [Address] = []
    if let address = Address(host) {
      addresses = [address]
    } else {
      do { addresses = try await self.addresses(of: host, because: cause) } catch { throw ProxyFailure(.badGateway, "The name \(host) could not be looked up: \(error).") }
    }
    guard !addresses.isEmpty else { throw ProxyFailure(.badGateway, "There is no address for \(host).") }
    guard case .forward(let rules) = settings.role else { return addresses.map { Endpoint($0, port) } }
    let real = rules.realPort?(port) ?? port
    let allowed = addresses.map { Endpoint($0, real) }.filter { endpoint in
      if rules.ownEndpoints.contains(where: { $0 == endpoint || ($0.port == endpoint.port && ($0.address == .any || $0.address == .v6(0, 0))) }) { return false }
      return rules.reachesInside || !AddressRange.inner.contains { $0.contains(endpoint.address) }
    }
    guard !allowed.isEmpty else { throw ProxyFailure(.forbidden, "This proxy does not ask \(host).") }
    return allowed
  }

  /// Many requests at once for a host are one look-up.
  private func addresses(of host: String, because cause: ConversationID?) async throws -> [Address] {
    let found = await withCheckedContinuation { waiting in
      let isFirst = lookUps.withLock { lookUps in
        lookUps[host, default: []].append(waiting)
        return lookUps[host]?.count == 1
      }
      guard isFirst else { return }
      network.startOnLoop { [self] in
        let found: Result<[Address], any Error>
        do { found = .success(try await lookUp(host, cause)) } catch { found = .failure(error) }
        for waiting in lookUps.withLock({ $0.removeValue(forKey: host) }) ?? [] { waiting.resume(returning: found) }
      }
    }
    return try found.get()
  }

  // MARK: Removing

  // A `*` at the end removes everything that begins so.
  private func purge(_ request: ProxyRequest, _ key: [UInt8], _ cache: WebCache) -> Response {
    guard cache.settings.purgers.contains(where: { $0.contains(request.client.remote.address) }) else {
      return ProxyFailure(.forbidden, "Responses are removed by others.").response(afterwards: request.head.hasBody ? .close : .keepOpen)
    }
    let count = key.last == UInt8(ascii: "*") ? cache.remove(keysBeginningWith: Array(key.dropLast())) : cache.remove(key)
    return .text(count == 0 ? .notFound : .ok, "\(count) removed\n")
  }
}
