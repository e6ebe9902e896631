// Fetches over HTTP: look the name up, connect, ask, follow redirects, hand the body on piece by piece.
// Not here: the dialogue itself (HTTP/H1/ClientConversation), waiting for what it tells (Reception). A connection serves one request.
package import Bytes
package import HTTP
package import Trace
package import Transport
package import World

/// A web client on some network.
package struct WebClient: Sendable {
  /// Finds the addresses of a host name, because of a conversation if one is known. An empty answer means that there is no such name.
  package typealias LookUp = @Sendable (_ host: String, _ because: ConversationID?) async throws -> [Address]

  private let network: any Network
  private let lookUp: LookUp
  /// Where connections come from; nil: the system chooses.
  package var from: Address?
  /// PEM of the authorities trusted; empty: the system's.
  package var authorities = ""
  /// Accept any certificate.
  package var acceptsAnything = false
  package var versions = TLSVersion.spoken
  package var connectTimeout = Duration.seconds(10)
  /// What it remembers between fetches, and between redirects of one; nil: nothing.
  package var jar: SharedCookieJar?
  package var trace: TraceContext?
  package var limits: HTTP.Limits

  package init(network: any Network, lookUp: @escaping LookUp) {
    self.network = network
    self.lookUp = lookUp
    limits = HTTP.Limits()
    limits.responseUnaskedBytesMax = Self.unaskedBytesMax
  }

  /// How much of a body is read before the sink takes it. Unit: bytes. Past it: the server is not read from.
  private static let unaskedBytesMax = 262_144

  /// What is asked.
  package struct Ask: Sendable {
    package var method = Method.get
    package var address: WebAddress
    package var fields: [(name: FieldName, value: String)] = []
    package var body: Buffer?
    /// Most redirects followed. Unit: redirects. Past it: the fetch fails. Zero: the redirect itself is the answer.
    package var redirectsMax = 0
    /// Connect here, whatever the host's name means.
    package var endpoint: Endpoint?
    /// Who asks, as cookies count it.
    package var cookieContext = CookieContext.sameSite
    /// Ask this proxy: by the whole address, for https through a tunnel.
    package var proxy: WebAddress?

    package init(_ address: WebAddress) { self.address = address }
  }

  /// What came back; the body went to the sink.
  package struct Fetched: Sendable {
    package var head: ResponseHead
    /// Where the answer came from, after redirects.
    package var address: WebAddress
    package var remote: Endpoint
    /// The addresses that redirected us, in order.
    package var redirects: [WebAddress]
    /// Unit: bytes.
    package var bodyLength: Int64
  }

  /// What happens on the way.
  package enum Progress: Sendable {
    /// To ask this there.
    case connected(Endpoint, Ask)
    case interim(ResponseHead)
    /// The head of an answer, also of one that redirects.
    case head(ResponseHead)
    case redirected(WebAddress)
  }

  /// Fetches, and hands the body to `sink`, whose pace is the pace of reading. A body of a redirect that is followed is thrown away.
  package func fetch(
    _ ask: Ask, progress: @Sendable (Progress) -> Void = { _ in }, sink: @Sendable (Buffer) async throws -> Void
  ) async throws -> Fetched {
    var ask = ask
    var redirects: [WebAddress] = []
    while true {
      let (reception, answers, remote) = try await connect(ask)
      progress(.connected(remote, ask))
      // Whatever happens below, nothing of the connection stays behind.
      defer { answers.give(.connection(.peerClosed)) }
      let head = try await reception.head { progress(.interim($0)) }
      jar?.store(head, from: ask.address, at: network.clock.now)
      progress(.head(head))
      if ask.redirectsMax > 0, let next = try Self.redirect(head, ask, after: redirects.count) {
        redirects.append(ask.address)
        progress(.redirected(next.address))
        ask = next
        continue
      }
      var length: Int64 = 0
      while let piece = try await reception.nextOfBody() {
        length += Int64(piece.count)
        try await sink(piece)
        answers.give(.takeBody(Ticket(), piece.count))
      }
      return Fetched(head: head, address: ask.address, remote: remote, redirects: redirects, bodyLength: length)
    }
  }

  /// Fetches a body of at most `bytesMax` into memory, from `endpoint` when one is given.
  package func get(
    _ address: WebAddress, at endpoint: Endpoint? = nil, redirectsMax: Int = 10, bytesMax: Int = 16_777_216
  ) async throws -> (fetched: Fetched, body: Buffer) {
    var ask = Ask(address)
    ask.endpoint = endpoint
    ask.redirectsMax = redirectsMax
    return try await get(ask, bytesMax: bytesMax)
  }

  /// The same for a request of any kind.
  package func get(_ ask: Ask, bytesMax: Int) async throws -> (fetched: Fetched, body: Buffer) {
    let body = Collected(bytesMax: bytesMax)
    let fetched = try await fetch(ask) { piece in try body.add(piece) }
    return (fetched, body.whole)
  }

  // MARK: Connecting

  private func connect(_ ask: Ask) async throws -> (Reception, Answers<ClientConversation.Input>, Endpoint) {
    var failure = WebClientFailure.noSuchHost((ask.proxy ?? ask.address).host)
    for endpoint in try await endpoints(for: ask) {
      let reception = Reception()
      var tls: TLSClientOptions?
      if ask.address.isSecure {
        tls = TLSClientOptions(serverName: ask.address.host, authorities: authorities, acceptsAnything: acceptsAnything, protocols: ["http/1.1"])
        tls?.versions = versions
      }
      // Through a proxy it begins inside the tunnel.
      let isTunnelled = ask.proxy != nil && tls != nil
      let options = DialOptions(from: from, timeout: connectTimeout, tls: isTunnelled ? nil : tls, startTLS: isTunnelled ? tls : nil)
      // The request is there before the connection: a server that closes at once has failed to answer it.
      var conversation = ClientConversation(limits: limits, tunnel: isTunnelled ? Self.tunnel(to: ask.address) : nil)
      var actions: [ClientConversation.Action] = []
      conversation.handle(.send(Ticket(), request(ask)), at: network.clock.now, into: &actions)
      do throws(NetworkError) {
        let answers = try await network.connect(conversation, to: endpoint, options: options, trace: trace) { question, answers in
          reception.take(question, becauseOf: answers.ending)
          return nil
        }
        return (reception, answers, endpoint)
      } catch {
        // Another address of the same host may still answer.
        failure = .network(error)
      }
    }
    throw failure
  }

  private func endpoints(for ask: Ask) async throws -> [Endpoint] {
    if let endpoint = ask.endpoint { return [endpoint] }
    let place = ask.proxy ?? ask.address
    if let address = Address(place.host) { return [Endpoint(address, place.port)] }
    return try await lookUp(place.host, trace?.because).map { Endpoint($0, place.port) }
  }

  /// What a proxy is asked to open a way by. RFC 9110 §9.3.6: the target is host and port, always both.
  private static func tunnel(to address: WebAddress) -> Request {
    var fields = FieldLines()
    fields.append(.userAgent, "Netstead")
    return Request(.connect, address.place, authority: address.place, fields: fields)
  }

  private func request(_ ask: Ask) -> Request {
    var fields = FieldLines()
    for (name, value) in ask.fields { fields.append(name, value) }
    if !fields.contains(.userAgent) { fields.append(.userAgent, "Netstead") }
    if !fields.contains(.cookie), let cookies = jar?.field(for: ask.address, in: ask.cookieContext, at: network.clock.now) { fields.append(.cookie, cookies) }
    if !fields.contains(.accept) { fields.append(.accept, "*/*") }
    // RFC 9112 §3.2.2: a proxy is told the whole address.
    let target = ask.proxy == nil || ask.address.isSecure ? ask.address.target : ask.address.description
    return Request(ask.method, target, authority: ask.address.authority, fields: fields, body: ask.body.map { .bytes($0) } ?? .none)
  }

  // MARK: Redirects

  /// What to ask next; nil when the answer redirects nowhere.
  // RFC 9110 §15.4
  private static func redirect(_ head: ResponseHead, _ ask: Ask, after count: Int) throws -> Ask? {
    let keepsMethod: Bool
    switch head.status {
    case .movedPermanently, .found: keepsMethod = ask.method != .post
    case .seeOther: keepsMethod = ask.method == .head
    case .temporaryRedirect, .permanentRedirect: keepsMethod = true
    default: return nil
    }
    guard let location = head.text(of: .location) else { return nil }
    guard count < ask.redirectsMax else { throw WebClientFailure.tooManyRedirects(ask.redirectsMax) }
    guard let address = ask.address.resolving(location) else { throw WebClientFailure.badRedirect(location) }
    var next = ask
    next.address = address
    if !keepsMethod {
      next.method = .get
      next.body = nil
      next.fields.removeAll { $0.name == .contentType }
    }
    // What was meant for one server is not shown to another.
    if address.host != ask.address.host || address.port != ask.address.port || (ask.address.isSecure && !address.isSecure) {
      next.fields.removeAll { $0.name == .authorization || $0.name == .cookie }
      if next.proxy == nil { next.endpoint = nil }
    }
    return next
  }
}

/// Why a fetch came to nothing; besides, a `ClientConversation.Failure` says why a connection was of no use.
package enum WebClientFailure: Error, Hashable, Sendable, CustomStringConvertible {
  case noSuchHost(String)
  case network(NetworkError)
  case tooManyRedirects(Int)
  /// A redirect to something that is no http or https address.
  case badRedirect(String)
  /// The body is longer than the caller takes. Unit: bytes.
  case bodyTooLong(Int)

  package var description: String {
    switch self {
    case .noSuchHost(let host): "no address for \(host)"
    case .network(let error): error.description
    case .tooManyRedirects(let count): "more than \(count) redirects"
    case .badRedirect(let location): "redirected to \(location), which is no web address"
    case .bodyTooLong(let allowed): "the body is longer than \(allowed) bytes"
    }
  }
}
