// Receiving responses, deadlines, and the ways a client's connection ends.
// Read before: ClientConversation.swift.
import Bytes
import World

extension ClientConversation {
  mutating func note(_ head: ResponseHead, at now: Instant, into actions: inout [Action]) {
    guard !exchanges.isEmpty else { return }
    let ticket = exchanges[0].ticket
    readDeadline = now + times.response
    if head.status.isInterim {
      // RFC 9110 §15.2.2: no request of ours asks for another protocol.
      if head.status == .switchingProtocols {
        fail(.badResponse, "expected a final response, found 101 although no upgrade was asked for (RFC 9110 §15.2.2)", into: &actions)
        return
      }
      interimCount += 1
      guard interimCount <= limits.interimMax else {
        fail(.badResponse, LimitReached("interimMax", allowed: limits.interimMax, unit: "interim responses").description, into: &actions)
        return
      }
      if way == .asking { return }
      if head.status == .continue, exchanges.count == 1 { proceed(into: &actions) }
      actions.append(.ask(.interim(ticket, head)))
      return
    }
    interimCount = 0
    if let tunnel, way == .asking { return note(head, about: tunnel, into: &actions) }
    exchanges[0].hasResponseBegun = true
    if !head.keepsAlive || !exchanges[0].body.isComplete {
      // RFC 9110 §10.1.1, RFC 9112 §9.5: a response before the content's end says that the rest is not wanted; only closing ends it.
      exchanges[0].isLast = true
      isFinal = true
    }
    if case .awaitingContinue = exchanges[0].body {
      continueDeadline = nil
      exchanges[0].body = .complete
    }
    actions.append(.ask(.responseHead(ticket, head)))
  }

  /// The proxy has answered.
  // RFC 9110 §9.3.6: any 2xx opens the tunnel, and has no content.
  private mutating func note(_ head: ResponseHead, about tunnel: Request, into actions: inout [Action]) {
    reading = .head
    guard head.status.isSuccessful else {
      fail(.tunnelRefused(head.status), "the proxy opens no tunnel to \(tunnel.target): \(head.status)", into: &actions)
      return
    }
    exchanges.removeAll()
    readDeadline = nil
    way = .securing
    actions.append(.startTLS)
  }

  /// The way to the server is open.
  private mutating func begin(at now: Instant, into actions: inout [Action]) {
    way = .open
    actions.append(.ask(.opened))
    sendWaiting(at: now, into: &actions)
  }

  mutating func noteBody(_ bytes: Buffer, at now: Instant, into actions: inout [Action]) {
    guard let exchange = exchanges.first else { return }
    // While the owner takes nothing, the peer is not to blame for the silence.
    readDeadline = wantedBytes > 0 ? now + times.response : nil
    actions.append(.ask(.bodyPart(exchange.ticket, bytes)))
  }

  mutating func takeBody(_ ticket: Ticket, _ count: Int, at now: Instant) {
    guard exchanges.first?.ticket == ticket, count > 0 else { return }
    if case .head = reading { return }
    let (sum, overflow) = wantedBytes.addingReportingOverflow(count)
    wantedBytes = overflow ? .max : sum
    readDeadline = now + times.response
  }

  /// The oldest request's response is whole.
  mutating func complete(_ trailers: Fields, at now: Instant, into actions: inout [Action]) {
    guard !exchanges.isEmpty else { return }
    let exchange = exchanges.removeFirst()
    actions.append(.ask(.responseEnd(exchange.ticket, trailers: trailers)))
    readDeadline = exchanges.isEmpty ? nil : now + times.response
    if exchange.isLast {
      failAll(.closedEarly, "the server closed after an earlier response", into: &actions)
      end(.afterFlush, into: &actions)
      return
    }
    sendWaiting(at: now, into: &actions)
    closeIfDone(into: &actions)
  }

  mutating func closeIfDone(into actions: inout [Action]) {
    if isRetired, exchanges.isEmpty, waiting.isEmpty { end(.afterFlush, into: &actions) }
  }

  mutating func note(_ event: ConnectionEvent, at now: Instant, into actions: inout [Action]) {
    switch event {
    case .opened:
      if let tunnel { ask(for: tunnel, at: now, into: &actions) } else { begin(at: now, into: &actions) }
    case .secured: begin(at: now, into: &actions)
    case .peerClosed where way == .securing, .lost where way == .securing:
      fail(.insecure, "TLS with \(tunnel?.target ?? "the server") inside the tunnel failed", into: &actions)
    case .peerClosed where way == .asking, .lost where way == .asking:
      fail(.closedEarly, "the proxy closed the connection without an answer", into: &actions)
    case .peerClosed, .lost:
      if case .untilClose = reading, event == .peerClosed {
        // RFC 9112 §6.3: this content ends with the connection.
        reading = .head
        complete(Fields(), at: now, into: &actions)
      } else {
        // RFC 9112 §8: also content that would have ended with the connection, when that broke instead.
        fail(.closedEarly, exchanges.isEmpty ? "the server closed the connection" : "the server closed before the response was whole", into: &actions)
      }
    case .deadlineReached:
      if let continueDeadline, continueDeadline <= now { proceed(into: &actions) }
      if let readDeadline, readDeadline <= now {
        fail(.timedOut, "nothing came from the server for \(limits.responseTimeout)", into: &actions)
      }
    case .retired: break
    case .congested, .relieved:
      isCongested = event == .congested
      if let exchange = exchanges.last, case .parts = exchange.body {
        actions.append(.ask(isCongested ? .holdParts(exchange.ticket) : .resumeParts(exchange.ticket)))
      }
    }
  }

  /// The connection is of no more use.
  mutating func fail(_ kind: Failure.Kind, _ explanation: String, into actions: inout [Action]) {
    if kind == .badResponse { actions.append(.problem(explanation)) }
    failAll(kind, explanation, into: &actions)
    end(kind == .closedEarly ? .afterFlush : .now, into: &actions)
  }

  private mutating func failAll(_ kind: Failure.Kind, _ explanation: String, into actions: inout [Action]) {
    if way == .asking { exchanges.removeAll() }
    for exchange in exchanges {
      let isRepeatable = exchange.method.isIdempotent && !exchange.hasResponseBegun && kind == .closedEarly
      actions.append(.ask(.failed(exchange.ticket, Failure(kind: kind, explanation: explanation, isRepeatable: isRepeatable))))
    }
    for (ticket, _) in waiting {
      guard tunnel == nil || way == .open else {
        actions.append(.ask(.failed(ticket, Failure(kind: kind, explanation: explanation, isRepeatable: false))))
        continue
      }
      actions.append(.ask(.failed(ticket, Failure(kind: .closedEarly, explanation: "not sent: \(explanation)", isRepeatable: true))))
    }
    exchanges.removeAll()
    waiting.removeAll()
  }

  private mutating func end(_ how: Closing, into actions: inout [Action]) {
    guard !isClosed else { return }
    isClosed = true
    actions.append(.ask(.ended))
    actions.append(.close(how))
  }
}
