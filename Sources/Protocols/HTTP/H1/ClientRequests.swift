// Sending requests: in order, a new one only when the ones before allow it; their content whole, in parts, or after 100 Continue.
// Read before: ClientConversation.swift. Read next: RequestWriter.swift.
import Bytes
import World

extension ClientConversation {
  /// Asks the proxy for the tunnel.
  // RFC 9110 §9.3.6
  mutating func ask(for tunnel: Request, at now: Instant, into actions: inout [Action]) {
    do throws(Refusal) {
      actions.append(.send(try RequestWriter.head(of: tunnel)))
    } catch { return fail(.badRequest, error.explanation, into: &actions) }
    way = .asking
    exchanges.append(Exchange(ticket: Ticket(), method: .connect, body: .complete, isLast: false))
    readDeadline = now + times.response
  }

  /// Sends what may be sent now.
  mutating func sendWaiting(at now: Instant, into actions: inout [Action]) {
    // Each turn removes a waiting request.
    while case .open = way, !isClosed, !waiting.isEmpty, mayNextLeave {
      let (ticket, request) = waiting.removeFirst()
      send(request, ticket, at: now, into: &actions)
    }
  }

  // RFC 9112 §9.3.2: after a request that is not idempotent, wait for its response.
  private var mayNextLeave: Bool {
    guard !isFinal, exchanges.count < limits.pipelinedMax else { return false }
    guard exchanges.allSatisfy({ $0.body.isComplete && $0.method.isIdempotent }) else { return false }
    return exchanges.isEmpty || waiting.first?.request.method.isIdempotent == true
  }

  private mutating func send(_ request: Request, _ ticket: Ticket, at now: Instant, into actions: inout [Action]) {
    var head: Buffer
    do throws(Refusal) { head = try RequestWriter.head(of: request) } catch {
      actions.append(.ask(.failed(ticket, Failure(kind: .badRequest, explanation: error.explanation, isRepeatable: false))))
      return
    }
    var exchange = Exchange(ticket: ticket, method: request.method, body: .complete, isLast: request.afterwards == .close)
    if exchange.isLast { isFinal = true }
    let awaits = request.expectsContinue && request.version == .http11 && request.hasBody
    if awaits {
      exchange.body = .awaitingContinue(request.body)
      continueDeadline = now + times.proceed
    } else if case .bytes(let bytes) = request.body, bytes.count <= ResponseWriter.copiedBytesMax {
      head.append(bytes)
    }
    if exchanges.isEmpty { readDeadline = now + times.response }
    exchanges.append(exchange)
    actions.append(.send(head))
    guard !awaits else { return }
    if case .bytes(let bytes) = request.body, bytes.count <= ResponseWriter.copiedBytesMax { return }
    sendContent(request.body, at: exchanges.count - 1, into: &actions)
  }

  /// Sends content, or asks the owner for it.
  private mutating func sendContent(_ body: Request.Body, at place: Int, into actions: inout [Action]) {
    switch body {
    case .none: exchanges[place].body = .complete
    case .bytes(let bytes):
      exchanges[place].body = .complete
      if !bytes.isEmpty { actions.append(.send(bytes)) }
    case .parts(let length):
      exchanges[place].body = .parts(left: length.map { max(0, $0) })
      actions.append(.ask(.giveBody(exchanges[place].ticket)))
      if isCongested { actions.append(.ask(.holdParts(exchanges[place].ticket))) }
    }
  }

  /// The content that waited for 100 Continue is sent now.
  // RFC 9110 §10.1.1
  mutating func proceed(into actions: inout [Action]) {
    continueDeadline = nil
    guard let place = exchanges.indices.last, case .awaitingContinue(let body) = exchanges[place].body else { return }
    sendContent(body, at: place, into: &actions)
  }

  mutating func send(part: Buffer, of ticket: Ticket, at now: Instant, into actions: inout [Action]) {
    guard let place = exchanges.lastIndex(where: { $0.ticket == ticket }), case .parts(let left) = exchanges[place].body else { return }
    readDeadline = now + times.response
    defer { actions.append(.ask(.partTaken(ticket, part.count))) }
    guard let left else {
      ChunkWriter.write(part, into: &actions)
      return
    }
    let length = Int(min(left, Int64(part.count)))
    if length < part.count { actions.append(.problem("the request has more content than it announced; the rest is left out")) }
    exchanges[place].body = .parts(left: left - Int64(length))
    if length > 0 { actions.append(.send(part[0..<length])) }
  }

  mutating func finish(_ ticket: Ticket, at now: Instant, into actions: inout [Action]) {
    guard let place = exchanges.lastIndex(where: { $0.ticket == ticket }), case .parts(let left) = exchanges[place].body else { return }
    if let left, left > 0 {
      fail(.badRequest, "the request lacks \(left) bytes of what it announced", into: &actions)
      return
    }
    if left == nil { ChunkWriter.writeEnd(into: &actions) }
    exchanges[place].body = .complete
    sendWaiting(at: now, into: &actions)
  }
}
