// The server's half of one HTTP/1 connection: which bytes are a request, in which order answers leave, and when it ends.
// Not here: reading heads (RequestReader), writing responses (ResponseWriter), what is answered (the owner: WebServer).
// Read next: ServerAnswers.swift (answers and their order), ServerBody.swift (request bodies), ServerClock.swift (deadlines, ends).
public import Bytes
public import World

/// One HTTP/1.0 or 1.1 connection, seen from the server.
///
/// The owner answers each `.request` with `.respond`, at once or later, in any order; answers leave in the order of the requests. A body is
/// handed over by `.requestBody` pieces: the first `bodyUnaskedBytesMax` unasked (none when the client waits for `100 Continue`), more after
/// `.takeBody`. When the response is complete, the rest of the body is thrown away. A response with `.tunnel` as its body ends HTTP on the
/// connection: from there on `.requestBody` and `.part` are the tunnel's two directions.
public struct ServerConversation: StreamConversation {
  public enum Input: Sendable {
    // From the peer's bytes.
    /// The first bytes of a head are there, the rest is not.
    case headBegun
    case request(RequestHead)
    case body(Buffer)
    case bodyEnd(trailers: Fields)
    /// This many bytes of a body that nobody wants were thrown away.
    case bodyDiscarded(Int)
    /// What came cannot be a request.
    case refused(Refusal)
    /// What came cannot be the rest of the body.
    case bodyRefused(Refusal)
    // From the connection.
    case connection(ConnectionEvent)
    // From the owner.
    /// The answer to a request. Once for each ticket; a second one is ignored.
    case respond(Ticket, Response)
    /// An interim response that another server has sent, before the answer.
    case inform(Ticket, Status, FieldLines)
    /// Content of a response whose body is `.parts`.
    case part(Ticket, Buffer)
    /// The end of that content.
    case finish(Ticket)
    /// The owner takes this many more bytes of the request's body.
    case takeBody(Ticket, Int)
    /// The rest of a streamed response will never come: only the connection's end tells the peer.
    case breakOff(Ticket)
  }

  public enum Question: Sendable {
    /// A request: answer it with `.respond`. When `hasBody`, pieces and an end follow.
    case request(Ticket, RequestHead)
    case requestBody(Ticket, Buffer)
    /// The whole body has been handed over. Not asked for requests without one.
    case requestEnd(Ticket, trailers: Fields)
    /// The peer says nothing more or is gone, or its body was broken off. Work for this request may stop; an answer given all the same is
    /// still sent if the connection carries it.
    case abandoned(Ticket)
    /// The peer takes parts more slowly than they come: hold them back.
    case holdParts(Ticket)
    /// Parts may come again.
    case resumeParts(Ticket)
    /// A part of this many bytes has gone to the carrier: it no longer counts as on its way.
    case partTaken(Ticket, Int)
    /// The listener that took the connection in is closing: an answer without an end of its own is to find one.
    case retired(Ticket)
  }

  public typealias Action = StreamAction<Question>

  public static var dialect: Dialect { .http }

  /// What the next bytes are.
  enum Reading: Sendable {
    case head
    /// A body of which this many bytes are still to come.
    case sized(left: Int64)
    case chunks
    /// Whatever the peer says belongs to the tunnel.
    case tunnel
    /// Nothing more is read: the connection ends, or has to be answered first.
    case nothing
  }

  /// A request that is not completely answered.
  struct Exchange: Sendable {
    var isHead: Bool
    var version: Version
    var keepsAlive: Bool
    var isSafe: Bool
    /// Whether the client has said that it asks nothing more.
    var isClientsLast = false
    var answer = Answer.awaited
    /// Whether the owner was told that the peer has given up.
    var isAbandoned = false
  }

  /// How far the answer to a request is.
  enum Answer: Sendable, Hashable {
    /// The owner has not answered.
    case awaited
    /// Given, but an earlier answer has to leave first: it waits in `early`.
    case early
    /// The head has left, parts follow.
    case parts(Framing)
  }

  /// An answer that came before its turn.
  struct EarlyAnswer: Sendable {
    var ticket: Ticket
    var response: Response
    var parts: [Buffer] = []
    var isFinished = false
  }

  // Reading.
  var reader: RequestReader
  var reading = Reading.head
  var hasHeadBegun = false
  var chunks: ChunkedReader
  /// How many body bytes the owner still takes.
  var wantedBytes = 0
  /// Whether the body belongs to nobody any more.
  var isDiscarding = false
  var discardedBytes: Int64 = 0
  /// Whether the client waits for `100 Continue`.
  var isContinueAwaited = false
  /// An unsafe request that waits until all before it are answered.
  var held: RequestHead?

  // Answering.
  /// The unanswered requests, oldest first; the oldest has the ticket `firstTicket`.
  var exchanges: [Exchange] = []
  var firstTicket: UInt64 = 0
  var nextTicket = Ticket()
  var early: [EarlyAnswer] = []
  var date = DateLine()
  var isClosed = false
  var isRetired = false
  var isCongested = false
  var hasPeerClosed = false

  // Waiting.
  var readDeadline: Instant?
  var writeDeadline: Instant?
  /// What was sent since the connection was last known to take everything.
  var unrelievedBytes: Int64 = 0
  /// Body bytes since the body's speed was last looked at.
  var intervalBytes = 0
  let times: Times
  let limits: Limits

  public init(limits: Limits = Limits()) {
    self.limits = limits
    times = Times(limits)
    reader = RequestReader(limits: limits)
    chunks = ChunkedReader(limits: limits)
  }

  public func input(for event: ConnectionEvent) -> Input? { .connection(event) }

  public var acceptsBytes: Bool {
    guard !isClosed, held == nil else { return false }
    switch reading {
    // RFC 9112 §9.3.2: an unsafe request is not overtaken, and too many unanswered ones are not read.
    case .head: return exchanges.count < limits.pipelinedMax && exchanges.last?.isSafe != false
    case .sized(let left): return isDiscarding || wantedBytes > 0 || left == 0
    case .chunks: return isDiscarding || wantedBytes > 0
    case .tunnel: return wantedBytes > 0
    case .nothing: return false
    }
  }

  public var stateName: String {
    if isClosed { return "closed" }
    if isDiscarding { return "discarding a body" }
    switch reading {
    case .sized, .chunks: return "reading a body"
    case .tunnel: return "tunnelling"
    case .head, .nothing: return exchanges.isEmpty ? (hasHeadBegun ? "reading a head" : "idle") : "answering"
    }
  }

  // MARK: Bytes

  public mutating func next(from bytes: inout Buffer) -> Input? {
    switch reading {
    case .head: nextHead(&bytes)
    case .sized(let left): nextOfBody(&bytes, left: left)
    case .chunks: nextChunk(&bytes)
    case .tunnel: nextOfTunnel(&bytes)
    case .nothing: nil
    }
  }

  @inline(__always)
  private mutating func nextHead(_ bytes: inout Buffer) -> Input? {
    guard !bytes.isEmpty else { return nil }
    let head: RequestHead
    do throws(Refusal) {
      guard let whole = try reader.next(from: &bytes) else {
        if hasHeadBegun { return nil }
        hasHeadBegun = true
        return .headBegun
      }
      head = whole
    } catch {
      reading = .nothing
      return .refused(error)
    }
    switch head.framing {
    case .none, .untilClose: if !head.keepsAlive { reading = .nothing }
    case .length(let length): beginBody(head, .sized(left: length))
    case .chunked:
      chunks = ChunkedReader(limits: limits)
      beginBody(head, .chunks)
    }
    return .request(head)
  }

  // MARK: Events

  public mutating func handle(_ input: Input, at now: Instant, into actions: inout [Action]) {
    guard !isClosed else { return }
    switch input {
    case .request(let head): noteRequest(head, at: now, into: &actions)
    case .respond(let ticket, let response): answer(ticket, response, at: now, into: &actions)
    case .inform(let ticket, let status, let fields): inform(ticket, status, fields, into: &actions)
    case .headBegun: readDeadline = now + times.head
    case .body(let bytes): noteBody(bytes, at: now, into: &actions)
    case .bodyEnd(let trailers): noteBodyEnd(trailers, at: now, into: &actions)
    case .bodyDiscarded(let count): noteDiscarded(count, at: now, into: &actions)
    case .refused(let refusal): refuse(refusal, at: now, into: &actions)
    case .bodyRefused(let refusal):
      actions.append(.problem(refusal.explanation))
      failBody(refusal, at: now, into: &actions)
    case .part(let ticket, let bytes): send(part: bytes, of: ticket, at: now, into: &actions)
    case .finish(let ticket): finish(ticket, at: now, into: &actions)
    case .breakOff(let ticket): breakOff(ticket, into: &actions)
    case .takeBody(let ticket, let count): takeBody(ticket, count, at: now, into: &actions)
    case .connection(let event): note(event, at: now, into: &actions)
    }
  }

  @inline(__always)
  private mutating func noteRequest(_ head: RequestHead, at now: Instant, into actions: inout [Action]) {
    hasHeadBegun = false
    readDeadline = nil
    let ticket = nextTicket.taken()
    exchanges.append(
      Exchange(isHead: head.method == .head, version: head.version, keepsAlive: head.keepsAlive && !isRetired, isSafe: head.method.isSafe, isClientsLast: !head.keepsAlive))
    if isRetired, !head.hasBody { reading = .nothing }
    if !head.method.isSafe, exchanges.count > 1 {
      // RFC 9112 §9.3.2: only safe requests are worked on side by side.
      held = head
      return
    }
    ask(ticket, head, at: now, into: &actions)
  }

  /// Hands a request to the owner.
  @inline(__always)
  mutating func ask(_ ticket: Ticket, _ head: RequestHead, at now: Instant, into actions: inout [Action]) {
    if head.hasBody { beginInterval(at: now) }
    actions.append(.ask(.request(ticket, head)))
    if isRetired { actions.append(.ask(.retired(ticket))) }
  }

  /// The place of `ticket` among the unanswered requests; nil: it is answered, or was never given out.
  @inline(__always)
  func place(of ticket: Ticket) -> Int? {
    let place = Int(truncatingIfNeeded: ticket.number &- firstTicket)
    return place >= 0 && place < exchanges.count ? place : nil
  }

  /// The ticket of the request whose body is being read: always the youngest.
  var bodyTicket: Ticket { Ticket(number: nextTicket.number &- 1) }
}

/// The limits' times, as the deadlines use them: whole nanoseconds, so that a deadline costs one addition.
struct Times: Sendable {
  struct Span: Sendable {
    let nanoseconds: Int64
    init(_ duration: Duration) {
      nanoseconds = Instant(nanoseconds: 0).advanced(by: duration).nanoseconds
    }
  }

  let head, body, idle, write, response, proceed, tunnel: Span

  init(_ limits: Limits) {
    head = Span(limits.headTimeout)
    body = Span(limits.bodyInterval)
    idle = Span(limits.idleTimeout)
    write = Span(limits.writeTimeout)
    response = Span(limits.responseTimeout)
    proceed = Span(limits.continueTimeout)
    tunnel = Span(limits.tunnelTimeout)
  }
}

extension Instant {
  @inline(__always)
  static func + (instant: Instant, span: Times.Span) -> Instant {
    let (sum, overflow) = instant.nanoseconds.addingReportingOverflow(span.nanoseconds)
    return Instant(nanoseconds: overflow ? .max : sum)
  }
}
