// Asking an upstream and passing its answer on, piece by piece, at the pace of the slower of the two.
// Not here: whom to ask (Proxy.swift), keeping the answer (CachedAnswering.swift).
import Bytes
import HTTP
import Trace
import Transport
import World

/// An upstream's answer whose body is still to come.
struct LiveResponse: Sendable {
  let connection: UpstreamConnection
  let reception: Reception
  /// What its connection calls it.
  let ticket: Ticket
  let head: ResponseHead
  let requestedAt: Instant
  let receivedAt: Instant

  /// The next piece of the body, with room made for more; nil at its end.
  func next() async throws(ProxyFailure) -> Buffer? {
    do throws(ClientConversation.Failure) {
      guard let piece = try await reception.nextOfBody() else { return nil }
      connection.takeBody(piece.count, of: ticket)
      return piece
    } catch { throw ProxyFailure(error) }
  }
}

extension Proxy {
  /// Passes a request on, and its answer back; nothing is kept.
  func pass(_ request: ProxyRequest, _ exchange: Exchange, detail: CacheStatus.Reason?) async {
    statistics.note {
      $0.passed += 1
      $0.open += 1
    }
    defer { statistics.note { $0.open -= 1 } }
    do throws(ProxyFailure) {
      let live = try await ask(request, .client, for: exchange, givesContent: true)
      invalidate(after: request, live.head)
      let reason = detail ?? (request.head.method == .get || request.head.method == .head ? .bypass : .method)
      await relay(live, to: exchange, status: cache.map { CacheStatus($0.settings.name, .forwarded(reason)) })
    } catch {
      statistics.note { $0.failed += 1 }
      exchange.respond(error.response(afterwards: request.head.hasBody ? .close : .keepOpen))
    }
  }

  /// Asks the upstream, on a connection that is there or on a new one. Returns when the head of the answer has come. `client` is who waits for
  /// it, and gives the request's content if asked to; nil: nobody does.
  func ask(
    _ request: ProxyRequest, _ purpose: ProxyRequest.Purpose, for client: Exchange?, givesContent: Bool = false
  ) async throws(ProxyFailure) -> LiveResponse {
    let hasBody = request.head.hasBody && givesContent
    let body: Request.Body =
      switch request.head.framing {
      case .length(let length) where hasBody: .parts(length: length)
      case .chunked where hasBody: .parts(length: nil)
      default: .none
      }
    let outgoing = request.request(purpose, settings, bodyLength: body)
    let cause = request.client.conversation
    // A connection that lay idle may have been closed at the other end while the request was on its way: then it is sent once more.
    if let connection = pool.takeIdle(request.place, at: network.clock.now) {
      do throws(ProxyFailure) { return try await ask(outgoing, on: connection, for: client, givesContent: hasBody, because: cause) } catch {
        guard error.isRepeatable else { throw error }
      }
    }
    let endpoints = try await endpoints(host: request.place.host, port: request.place.port, known: request.endpoints, because: cause)
    while true {
      let (connection, isFresh) = try await pool.connect(request.place, endpoints, because: cause)
      do throws(ProxyFailure) { return try await ask(outgoing, on: connection, for: client, givesContent: hasBody, because: cause) } catch {
        guard !isFresh, error.isRepeatable else { throw error }
      }
    }
  }

  private func ask(
    _ outgoing: Request, on connection: UpstreamConnection, for client: Exchange?, givesContent: Bool, because cause: ConversationID?
  ) async throws(ProxyFailure) -> LiveResponse {
    let reception = Reception(contentBytesMax: settings.limits.bufferBytesMax)
    let requestedAt = network.clock.now
    let ticket = connection.send(outgoing, for: reception, because: cause)
    if givesContent, let client { network.start { await Self.give(client, to: connection, reception, ticket) } }
    do throws(ClientConversation.Failure) {
      let head = try await reception.head { interim in
        // RFC 9110 §15.2: passed on, but for the two that are between us and the upstream.
        guard interim.status != .continue, interim.status != .switchingProtocols else { return }
        client?.inform(interim.status, fields(of: interim, nil))
      }
      return LiveResponse(connection: connection, reception: reception, ticket: ticket, head: head, requestedAt: requestedAt, receivedAt: network.clock.now)
    } catch {
      connection.discard()
      var failure = ProxyFailure(error)
      // RFC 9110 §9.2.2: what was taken of the content is not there to be sent again.
      if !reception.hasWholeContent { failure.isRepeatable = false }
      throw failure
    }
  }

  /// Passes the request's content on.
  private static func give(_ client: Exchange, to connection: UpstreamConnection, _ reception: Reception, _ ticket: Ticket) async {
    // An upstream that wants to see the head first says 100, or asks for the content otherwise; only then the client is asked for it.
    guard await reception.mayGive(0) else { return }
    do throws(Abandoned) {
      while let piece = try await client.nextOfBody() {
        guard await reception.mayGive(piece.count) else { return }
        connection.give(part: piece, of: ticket)
      }
      connection.finishBody(of: ticket)
    } catch {
      // The client has gone in the middle: the upstream must not take what it has for the whole.
      connection.discard()
      reception.fail(ClientConversation.Failure(kind: .badRequest, explanation: "the client has gone", isRepeatable: false))
    }
  }

  // MARK: Passing the answer on

  /// Passes an answer on.
  func relay(_ live: LiveResponse, to exchange: Exchange, status: CacheStatus?) async {
    let isHead = exchange.request.method == .head
    var response = Response(live.head.status, fields: fields(of: live.head, status))
    let length = live.head.contentLength
    if isHead || live.head.status.forbidsBody {
      response.body = length.map { .absent(length: $0) } ?? (isHead && !live.head.status.forbidsBody ? .parts(length: nil) : .none)
    } else {
      response.body = .parts(length: live.head.framing == .none ? 0 : length)
    }
    exchange.respond(response)
    if live.head.isEndless { exchange.whenRetired { live.connection.end() } }
    var sent: Int64 = 0
    do {
      while let piece = try await live.next() {
        sent += Int64(piece.count)
        try await exchange.send(piece)
      }
      // First, so that a client that asks again at once finds it.
      release(live)
      exchange.finish()
    } catch {
      live.connection.discard()
      exchange.breakOff()
    }
    let took = live.requestedAt.duration(to: network.clock.now)
    statistics.note {
      $0.bytesToClients += sent
      $0.bytesFromOrigins += sent
      $0.note(miss: took)
    }
  }

  /// The answer is over: its connection may serve another.
  func release(_ live: LiveResponse) {
    if live.connection.isUsable, live.head.keepsAlive { pool.giveBack(live.connection, at: network.clock.now) }
  }

  /// The fields of an answer that is passed on.
  func fields(of head: ResponseHead, _ status: CacheStatus?) -> FieldLines {
    var fields = FieldLines()
    fields.append(forwarding: head.fields, .response)
    fields.append(.via, "\(head.version == .http11 ? "1.1" : "1.0") \(settings.name)")
    if let status { fields.append(.cacheStatus, status.text) }
    for (name, value) in settings.responseFields { fields.append(name, value) }
    return fields
  }

  /// What an unsafe request has changed is not in the cache any more.
  // RFC 9111 §4.4
  func invalidate(after request: ProxyRequest, _ response: ResponseHead) {
    guard let cache, let key = request.key, !request.head.method.isSafe else { return }
    let references = Invalidation.references(after: request.head, response)
    guard !references.isEmpty else { return }
    cache.remove(key)
    let text = String(decoding: key, as: UTF8.self)
    guard let address = WebAddress(text) else { return }
    for reference in references.dropFirst() {
      // Only of the same origin: nobody speaks for another's responses.
      guard let other = address.resolving(reference.text), other.host == address.host, other.port == address.port, other.isSecure == address.isSecure
      else { continue }
      cache.remove(CacheKey.bytes(of: other))
    }
  }
}

extension ResponseHead {
  /// Whether the content goes on until somebody has enough of it: server-sent events.
  fileprivate var isEndless: Bool {
    contentLength == nil && value(of: .contentType).flatMap { ParameterizedValue(parsing: $0) }?.word == "text/event-stream"
  }
}

extension ProxyStatistics.Figures {
  /// An origin answered, after this long.
  mutating func note(miss took: Duration) {
    misses += 1
    missNanoseconds &+= Instant(nanoseconds: 0).advanced(by: took).nanoseconds
  }
}
