// Answers: in the order of the requests, each written when its turn comes; parts of streamed ones; what happens when one is complete.
// Read before: ServerConversation.swift. Read next: ResponseWriter.swift.
import Bytes
import World

extension ServerConversation {
  /// The owner answers.
  @inline(__always)
  mutating func answer(_ ticket: Ticket, _ response: Response, at now: Instant, into actions: inout [Action]) {
    guard let place = place(of: ticket), exchanges[place].answer == .awaited else {
      actions.append(.note("an answer to a request that is answered already"))
      return
    }
    guard place == 0 else {
      exchanges[place].answer = .early
      early.append(EarlyAnswer(ticket: ticket, response: response))
      return
    }
    write(response, at: now, into: &actions)
    sendEarlyAnswers(at: now, into: &actions)
  }

  /// Passes an interim response on, where the client may see one now: what comes before the answers of earlier requests would be taken for
  /// theirs, and HTTP/1.0 knows none.
  // RFC 9110 §15.2
  mutating func inform(_ ticket: Ticket, _ status: Status, _ fields: FieldLines, into actions: inout [Action]) {
    guard status.isInterim, place(of: ticket) == 0, let exchange = exchanges.first, exchange.answer == .awaited, exchange.version == .http11 else { return }
    actions.append(.send(ResponseWriter.interim(status, fields)))
  }

  /// Writes the answer to the oldest request.
  @inline(__always)
  private mutating func write(_ response: Response, at now: Instant, into actions: inout [Action]) {
    guard let exchange = exchanges.first else { return }
    var closes = !exchange.keepsAlive || response.afterwards == .close || (hasPeerClosed && exchanges.count == 1)
    // Its body is the one being read when no younger request exists.
    if exchanges.count == 1, isReadingBody, !isDiscarding, judgeUnreadBody() { closes = true }
    // HTTP/1.0 learns the end of content of unknown length from the connection's end.
    if case .parts(nil) = response.body, exchange.version == .http10 { closes = true }
    let setting = ResponseWriter.Setting(isHead: exchange.isHead, version: exchange.version, closes: closes)
    let first = actions.count
    let outcome = ResponseWriter.write(response, setting, date: date.bytes(at: now), into: &actions)
    if !isCongested { unrelievedBytes = 0 }
    for index in first..<actions.count {
      switch actions[index] {
      case .send(let bytes): unrelievedBytes &+= Int64(bytes.count)
      case .sendFile(let slice): unrelievedBytes &+= slice.length
      default: break
      }
    }
    if closes { exchanges[0].keepsAlive = false }
    switch outcome {
    case .complete: complete(at: now, into: &actions)
    case .parts(let framing):
      exchanges[0].answer = .parts(framing)
      if case .tunnel = response.body { beginTunnel(at: now) }
      if isCongested { actions.append(.ask(.holdParts(Ticket(number: firstTicket)))) }
    }
  }

  /// The oldest request is completely answered.
  @inline(__always)
  private mutating func complete(at now: Instant, into actions: inout [Action]) {
    let exchange = exchanges.removeFirst()
    firstTicket &+= 1
    guard exchange.keepsAlive else {
      // RFC 9112 §9.6: nothing after the last answer is processed; a client that said so itself sends nothing more.
      close(exchange.isClientsLast && !isReadingBody ? .whenSent : .afterFlush, into: &actions)
      return
    }
    if exchanges.isEmpty {
      if isReadingBody {
        discardRest(at: now)
      } else {
        rest(at: now)
      }
    } else if exchanges.count == 1, let head = held {
      held = nil
      ask(Ticket(number: firstTicket), head, at: now, into: &actions)
    } else {
      proceed(at: now, into: &actions)
    }
  }

  /// Between two requests.
  @inline(__always)
  mutating func rest(at now: Instant) {
    if !hasHeadBegun { readDeadline = now + times.idle }
  }

  /// Sends what came before its turn and whose turn it is now.
  @inline(__always)
  mutating func sendEarlyAnswers(at now: Instant, into actions: inout [Action]) {
    // Each turn removes one early answer.
    while !early.isEmpty, !isClosed, exchanges.first?.answer == .early {
      let ticket = Ticket(number: firstTicket)
      guard let index = early.firstIndex(where: { $0.ticket == ticket }) else {
        Invariant.broken("an early answer is missing")
        close(.now, into: &actions)
        return
      }
      let answer = early.remove(at: index)
      write(answer.response, at: now, into: &actions)
      for part in answer.parts { send(part: part, of: ticket, at: now, into: &actions) }
      if answer.isFinished { finish(ticket, at: now, into: &actions) }
    }
  }

  // MARK: Parts

  /// The owner gives a part of a streamed response.
  mutating func send(part: Buffer, of ticket: Ticket, at now: Instant, into actions: inout [Action]) {
    guard let place = place(of: ticket), !isClosed else { return }
    switch exchanges[place].answer {
    case .awaited: actions.append(.note("a part without a response"))
    // Not taken yet: the owner feels that its turn has not come.
    case .early: return hold(part, of: ticket, into: &actions)
    case .parts(.length(let left)):
      let length = min(left, Int64(part.count))
      if Int64(part.count) > left { actions.append(.problem("the response has more content than it announced; the rest is left out")) }
      exchanges[place].answer = .parts(.length(left - length))
      if length > 0 { actions.append(.send(part[0..<Int(length)])) }
    case .parts(.chunked): ChunkWriter.write(part, into: &actions)
    case .parts:
      if case .tunnel = reading { readDeadline = now + times.tunnel }
      if !part.isEmpty { actions.append(.send(part)) }
    }
    actions.append(.ask(.partTaken(ticket, part.count)))
  }

  private mutating func hold(_ part: Buffer, of ticket: Ticket, into actions: inout [Action]) {
    guard let index = early.firstIndex(where: { $0.ticket == ticket }) else { return }
    let holding = early.reduce(0) { $0 + $1.parts.reduce(0) { $0 + $1.count } }
    guard holding + part.count <= limits.partsHeldBytesMax else {
      actions.append(.problem(LimitReached("partsHeldBytesMax", allowed: limits.partsHeldBytesMax, unit: "bytes").description))
      close(.now, into: &actions)
      return
    }
    early[index].parts.append(part)
  }

  /// The owner cannot end a streamed response properly.
  // RFC 9112 §8: the peer must not take what it got for the whole.
  mutating func breakOff(_ ticket: Ticket, into actions: inout [Action]) {
    guard place(of: ticket) != nil else { return }
    actions.append(.problem("the rest of the response does not come"))
    close(.now, into: &actions)
  }

  /// The owner ends a streamed response.
  mutating func finish(_ ticket: Ticket, at now: Instant, into actions: inout [Action]) {
    guard let place = place(of: ticket), !isClosed else { return }
    switch exchanges[place].answer {
    case .awaited: actions.append(.note("an end without a response"))
    case .early:
      if let index = early.firstIndex(where: { $0.ticket == ticket }) { early[index].isFinished = true }
    case .parts(let framing):
      if case .length(let left) = framing, left > 0 {
        // RFC 9112 §6.3: the peer must notice that content is missing; only an early end tells it.
        actions.append(.problem("the response lacks \(left) bytes of what it announced"))
        close(.now, into: &actions)
        return
      }
      if framing == .chunked { ChunkWriter.writeEnd(into: &actions) }
      complete(at: now, into: &actions)
      sendEarlyAnswers(at: now, into: &actions)
    }
  }
}
