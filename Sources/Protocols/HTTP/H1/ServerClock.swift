// Refusals, deadlines and the ways a connection ends.
// Read before: ServerConversation.swift.
import Bytes
public import World

extension ServerConversation {
  public var deadline: Instant? {
    guard let writeDeadline else { return isClosed ? nil : readDeadline }
    return isClosed ? nil : readDeadline.map { min($0, writeDeadline) } ?? writeDeadline
  }

  /// The peer's bytes cannot be a request.
  mutating func refuse(_ refusal: Refusal, at now: Instant, into actions: inout [Action]) {
    actions.append(.problem(refusal.explanation))
    hasHeadBegun = false
    answerLast(Exchange(isHead: false, version: .http11, keepsAlive: false, isSafe: true), refusal, at: now, into: &actions)
  }

  /// Adds a request that cannot be handed to the owner, answered with a refusal, behind all others.
  private mutating func answerLast(_ exchange: Exchange, _ refusal: Refusal, at now: Instant, into actions: inout [Action]) {
    reading = .nothing
    readDeadline = nil
    let ticket = nextTicket.taken()
    exchanges.append(exchange)
    answer(ticket, refusal.response, at: now, into: &actions)
  }

  /// The body of the youngest request will never be whole.
  mutating func failBody(_ refusal: Refusal, at now: Instant, into actions: inout [Action]) {
    reading = .nothing
    readDeadline = nil
    let ticket = bodyTicket
    guard !isDiscarding, let place = place(of: ticket) else {
      close(.afterFlush, into: &actions)
      return
    }
    exchanges[place].keepsAlive = false
    switch exchanges[place].answer {
    case .awaited:
      if held == nil { abandon(place, into: &actions) }
      held = nil
      answer(ticket, refusal.response, at: now, into: &actions)
    case .early: break
    case .parts:
      abandon(place, into: &actions)
      close(.now, into: &actions)
    }
  }

  mutating func note(_ event: ConnectionEvent, at now: Instant, into actions: inout [Action]) {
    switch event {
    case .opened: readDeadline = now + times.head
    case .deadlineReached: noteDeadline(at: now, into: &actions)
    case .peerClosed where isTunnelling:
      // What it said before goes to the other end, which then ends the tunnel.
      hasPeerClosed = true
      reading = .nothing
      readDeadline = now + times.tunnel
      actions.append(.ask(.requestEnd(bodyTicket, trailers: Fields())))
    case .peerClosed, .lost: notePeerClosed(at: now, into: &actions)
    case .retired: retire(into: &actions)
    case .secured: break
    case .congested:
      isCongested = true
      // How much is still queued is the carrier's knowledge; so the wait grows with what was sent.
      let grace = unrelievedBytes / Int64(Swift.max(1, limits.writeBytesPerSecondMin))
      writeDeadline = (now + times.write).advanced(by: .seconds(grace))
      if let exchange = exchanges.first, case .parts = exchange.answer { actions.append(.ask(.holdParts(Ticket(number: firstTicket)))) }
    case .relieved:
      isCongested = false
      writeDeadline = nil
      unrelievedBytes = 0
      if let exchange = exchanges.first, case .parts = exchange.answer { actions.append(.ask(.resumeParts(Ticket(number: firstTicket)))) }
    }
  }

  private mutating func noteDeadline(at now: Instant, into actions: inout [Action]) {
    if let writeDeadline, writeDeadline <= now {
      actions.append(.problem("the peer took nothing of what was sent for \(limits.writeTimeout)"))
      close(.now, into: &actions)
      return
    }
    guard let readDeadline, readDeadline <= now else { return }
    if !exchanges.isEmpty, !isReadingBody, !hasHeadBegun {
      actions.append(.note("nothing passed through the tunnel for \(limits.tunnelTimeout)"))
      close(.afterFlush, into: &actions)
    } else if isReadingBody {
      // The body goes on as long as each interval brought enough of it.
      let seconds = Int(times.body.nanoseconds / 1_000_000_000)
      if intervalBytes >= limits.bodyBytesPerSecondMin &* Swift.max(1, seconds) {
        beginInterval(at: now)
      } else {
        let refusal = Refusal(.requestTimeout, limit: "bodyInterval", allowed: limits.bodyBytesPerSecondMin, unit: "bytes per second at least")
        actions.append(.problem(refusal.explanation))
        failBody(refusal, at: now, into: &actions)
      }
    } else if hasHeadBegun {
      // RFC 9110 §15.5.9
      hasHeadBegun = false
      let refusal = Refusal(.requestTimeout, limit: "headTimeout", allowed: Int(times.head.nanoseconds / 1_000_000_000), unit: "seconds for a head")
      actions.append(.problem(refusal.explanation))
      answerLast(Exchange(isHead: false, version: .http11, keepsAlive: false, isSafe: true), refusal, at: now, into: &actions)
    } else {
      actions.append(.note("idle for too long"))
      close(.afterFlush, into: &actions)
    }
  }

  private mutating func notePeerClosed(at now: Instant, into actions: inout [Action]) {
    hasPeerClosed = true
    if isReadingBody {
      failBody(Refusal(expected: "the rest of the body", found: "the connection's end", at: 0, "RFC 9112 §8"), at: now, into: &actions)
    }
    guard !isClosed else { return }
    reading = .nothing
    readDeadline = nil
    if exchanges.isEmpty {
      if hasHeadBegun { actions.append(.problem("the peer closed in the middle of a head")) }
      close(.afterFlush, into: &actions)
      return
    }
    if let last = exchanges.indices.last { exchanges[last].keepsAlive = false }
    abandonAll(into: &actions)
  }

  /// Tells the owner of each unanswered request that the peer has given up.
  mutating func abandonAll(into actions: inout [Action]) {
    for place in exchanges.indices where held == nil || place < exchanges.count - 1 { abandon(place, into: &actions) }
  }

  private mutating func abandon(_ place: Int, into actions: inout [Action]) {
    guard !exchanges[place].isAbandoned, exchanges[place].answer != .early else { return }
    exchanges[place].isAbandoned = true
    actions.append(.ask(.abandoned(Ticket(number: firstTicket &+ UInt64(place)))))
  }

  /// Between two requests, also while the rest of a body that nobody wants is read, the connection ends at once; otherwise after the answer to
  /// the last request that has begun.
  private mutating func retire(into actions: inout [Action]) {
    isRetired = true
    guard let last = exchanges.indices.last else {
      if !hasHeadBegun { close(.afterFlush, into: &actions) }
      return
    }
    exchanges[last].keepsAlive = false
    for place in exchanges.indices where held == nil || place < last { actions.append(.ask(.retired(Ticket(number: firstTicket &+ UInt64(place))))) }
    guard case .head = reading else { return }
    reading = .nothing
    hasHeadBegun = false
    readDeadline = nil
  }

  mutating func close(_ how: Closing, into actions: inout [Action]) {
    isClosed = true
    reading = .nothing
    held = nil
    early.removeAll()
    abandonAll(into: &actions)
    exchanges.removeAll()
    actions.append(.close(how))
  }
}
