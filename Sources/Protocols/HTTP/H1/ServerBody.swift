// Request bodies: how much is handed to the owner, what becomes of the rest, and `100 Continue`.
// Read before: ServerConversation.swift.
import Bytes
import World

extension ServerConversation {
  /// A head with a body was read.
  mutating func beginBody(_ head: RequestHead, _ kind: Reading) {
    reading = kind
    isDiscarding = false
    discardedBytes = 0
    isContinueAwaited = head.expectsContinue
    wantedBytes = head.expectsContinue ? 0 : limits.bodyUnaskedBytesMax
  }

  /// The next piece of a body of known length.
  mutating func nextOfBody(_ bytes: inout Buffer, left: Int64) -> Input? {
    if left == 0 {
      endBody()
      return .bodyEnd(trailers: Fields())
    }
    let most = isDiscarding ? bytes.count : min(bytes.count, wantedBytes)
    let length = Int(min(left, Int64(most)))
    guard length > 0 else { return nil }
    reading = .sized(left: left - Int64(length))
    return piece(bytes.take(length) ?? Buffer())
  }

  /// The next piece of a body in chunks.
  mutating func nextChunk(_ bytes: inout Buffer) -> Input? {
    do throws(Refusal) {
      switch try chunks.next(from: &bytes, most: isDiscarding ? .max : wantedBytes) {
      case nil: return nil
      case .data(let data): return piece(data)
      case .end(let trailers):
        endBody()
        return .bodyEnd(trailers: trailers)
      }
    } catch {
      reading = .nothing
      return .bodyRefused(error)
    }
  }

  private mutating func piece(_ data: Buffer) -> Input {
    isContinueAwaited = false
    if isDiscarding { return .bodyDiscarded(data.count) }
    wantedBytes -= data.count
    return .body(data)
  }

  /// What the peer says through a tunnel.
  mutating func nextOfTunnel(_ bytes: inout Buffer) -> Input? {
    guard let data = bytes.take(min(bytes.count, wantedBytes)), !data.isEmpty else { return nil }
    wantedBytes -= data.count
    return .body(data)
  }

  /// HTTP has ended on this connection.
  // RFC 9110 §9.3.6
  mutating func beginTunnel(at now: Instant) {
    exchanges[0].keepsAlive = false
    guard !hasPeerClosed else { return }
    reading = .tunnel
    wantedBytes = limits.bodyUnaskedBytesMax
    readDeadline = now + times.tunnel
  }

  /// Whether a body is being read.
  var isReadingBody: Bool {
    switch reading {
    case .sized, .chunks: true
    case .head, .tunnel, .nothing: false
    }
  }

  var isTunnelling: Bool { if case .tunnel = reading { true } else { false } }

  private mutating func endBody() {
    // A connection that ends with this request's answer reads no further head.
    let goesOn = isDiscarding || exchanges.last?.keepsAlive == true
    reading = goesOn ? .head : .nothing
  }

  mutating func noteBody(_ bytes: Buffer, at now: Instant, into actions: inout [Action]) {
    // A client that did not wait for `100 Continue` after all.
    if readDeadline == nil { beginInterval(at: now) }
    intervalBytes &+= bytes.count
    if isTunnelling { readDeadline = now + times.tunnel } else if wantedBytes <= 0 { readDeadline = nil }
    actions.append(.ask(.requestBody(bodyTicket, bytes)))
  }

  mutating func noteBodyEnd(_ trailers: Fields, at now: Instant, into actions: inout [Action]) {
    readDeadline = nil
    if isDiscarding {
      isDiscarding = false
      rest(at: now)
    } else {
      actions.append(.ask(.requestEnd(bodyTicket, trailers: trailers)))
    }
  }

  mutating func noteDiscarded(_ count: Int, at now: Instant, into actions: inout [Action]) {
    discardedBytes &+= Int64(count)
    intervalBytes &+= count
    if discardedBytes > limits.bodyDrainedBytesMax {
      actions.append(.note("more than \(limits.bodyDrainedBytesMax) bytes of a body that nobody wants"))
      close(.afterFlush, into: &actions)
    }
  }

  mutating func takeBody(_ ticket: Ticket, _ count: Int, at now: Instant, into actions: inout [Action]) {
    guard isReadingBody || isTunnelling, !isDiscarding, ticket == bodyTicket, place(of: ticket) != nil, count > 0 else { return }
    // A tunnel is not measured.
    let isPaused = wantedBytes <= 0 && !isTunnelling
    let (sum, overflow) = wantedBytes.addingReportingOverflow(count)
    wantedBytes = overflow ? .max : sum
    if isContinueAwaited { proceed(at: now, into: &actions) } else if isPaused { beginInterval(at: now) }
  }

  /// Lets a client send its body that waits for our word, once the owner wants it and all earlier answers have left.
  // RFC 9110 §10.1.1
  mutating func proceed(at now: Instant, into actions: inout [Action]) {
    guard isContinueAwaited, wantedBytes > 0, exchanges.count == 1, exchanges[0].answer == .awaited else { return }
    isContinueAwaited = false
    actions.append(.send("HTTP/1.1 100 Continue\r\n\r\n"))
    beginInterval(at: now)
  }

  /// What becomes of the request's body when its response begins. Returns whether the connection has to end with it.
  mutating func judgeUnreadBody() -> Bool {
    guard isReadingBody else { return false }
    // RFC 9110 §10.1.1: who waits for 100 may leave the body out after another answer, so what follows could be anything.
    if isContinueAwaited { return true }
    if case .sized(let left) = reading { return left > limits.bodyDrainedBytesMax }
    return false
  }

  /// The response is complete: nobody wants the rest of the body.
  mutating func discardRest(at now: Instant) {
    guard isReadingBody else { return }
    isDiscarding = true
    beginInterval(at: now)
  }

  /// Begins to measure the body's speed, unless it is we who are waited for.
  mutating func beginInterval(at now: Instant) {
    intervalBytes = 0
    readDeadline = isDiscarding || (wantedBytes > 0 && !isContinueAwaited) ? now + times.body : nil
  }
}
