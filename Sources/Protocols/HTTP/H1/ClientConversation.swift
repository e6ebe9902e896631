// The client's half of one HTTP/1 connection: which request is sent when, and which response answers which request; through a proxy's tunnel
// where it is told to.
// Not here: reading heads (ResponseReader), connecting and pools (the owner).
// Read next: ClientRequests.swift (sending), ClientResponses.swift (receiving and the connection's end).
public import Bytes
public import World

/// One HTTP/1.0 or 1.1 connection, seen from the client.
///
/// The owner gives `.send` as often as it likes; requests leave in that order, several at a time as long as all are idempotent. Each is
/// answered by `.responseHead`, any number of `.bodyPart` and one `.responseEnd`, or by one `.failed`, never by both ends.
///
/// With a `tunnel` the peer is a proxy: it is asked for the tunnel first, in the clear, and everything else is said inside it, within TLS.
public struct ClientConversation: StreamConversation {
  public enum Input: Sendable {
    // From the peer's bytes.
    case head(ResponseHead)
    case body(Buffer)
    case bodyEnd(trailers: Fields)
    case refused(Refusal)
    /// Bytes that answer no request.
    case unasked(Int)
    // From the connection.
    case connection(ConnectionEvent)
    // From the owner.
    /// A request, under a ticket of the owner's choice.
    case send(Ticket, Request)
    /// Content of a request whose body is `.parts`.
    case part(Ticket, Buffer)
    /// The end of that content.
    case finish(Ticket)
    /// The owner takes this many more bytes of the response.
    case takeBody(Ticket, Int)
    /// No further requests come; the connection ends when all are answered.
    case retire
  }

  public enum Question: Sendable {
    /// The connection is there.
    case opened
    /// An interim response (1xx); the final one is still to come.
    case interim(Ticket, ResponseHead)
    case responseHead(Ticket, ResponseHead)
    case bodyPart(Ticket, Buffer)
    case responseEnd(Ticket, trailers: Fields)
    /// There will be no response, or no more of it.
    case failed(Ticket, Failure)
    /// The request's head has left: give its content by `.part` and `.finish`.
    case giveBody(Ticket)
    /// The peer takes parts more slowly than they come: hold them back.
    case holdParts(Ticket)
    /// Parts may come again.
    case resumeParts(Ticket)
    /// A part of this many bytes has gone to the carrier: it no longer counts as on its way.
    case partTaken(Ticket, Int)
    /// The connection is at its end; every request has been answered or has failed.
    case ended
  }

  /// Why a request has no response.
  public struct Failure: Error, Sendable, Hashable, CustomStringConvertible {
    public enum Kind: Sendable, Hashable {
      /// The request cannot be written as one.
      case badRequest
      /// The peer broke the protocol.
      case badResponse
      case timedOut
      /// The connection ended too early.
      case closedEarly
      /// The proxy opens no tunnel.
      case tunnelRefused(Status)
      /// TLS could not be begun inside the tunnel.
      case insecure
    }

    public var kind: Kind
    public var explanation: String
    /// Whether the same request may simply be sent again on another connection.
    // RFC 9110 §9.2.2: idempotent, or it never left; and nothing of the response was seen.
    public var isRepeatable: Bool
    public var description: String { explanation }

    public init(kind: Kind, explanation: String, isRepeatable: Bool) {
      self.kind = kind
      self.explanation = explanation
      self.isRepeatable = isRepeatable
    }
  }

  public typealias Action = StreamAction<Question>

  public static var dialect: Dialect { .http }

  /// What the next bytes are.
  enum Reading: Sendable {
    case head
    case sized(left: Int64)
    case chunks
    case untilClose
  }

  /// A request on its way.
  struct Exchange: Sendable {
    var ticket: Ticket
    var method: Method
    var body: BodyProgress
    /// Whether this is the last request on the connection.
    var isLast: Bool
    var hasResponseBegun = false
  }

  /// How far the way to the server is.
  enum Way: Sendable {
    /// The connection is not there.
    case connecting
    /// The proxy was asked for a tunnel and has not answered.
    case asking
    /// The tunnel is there, and TLS begins in it.
    case securing
    case open
  }

  /// How far a request's content is.
  enum BodyProgress: Sendable {
    case complete
    /// The head has left; the content waits for 100 Continue.
    case awaitingContinue(Request.Body)
    case parts(left: Int64?)

    var isComplete: Bool { if case .complete = self { true } else { false } }
  }

  var reader: ResponseReader
  var chunks: ChunkedReader
  var reading = Reading.head
  /// How many body bytes the owner still takes.
  var wantedBytes = 0
  /// Requests that have left, oldest first.
  var exchanges: [Exchange] = []
  /// Requests that have not left.
  var waiting: [(ticket: Ticket, request: Request)] = []
  var way = Way.connecting
  var isClosed = false
  /// No request may leave any more: one of those sent is the last.
  var isFinal = false
  var isRetired = false
  /// Interim responses to the oldest request so far.
  var interimCount = 0
  var isCongested = false
  var readDeadline: Instant?
  var continueDeadline: Instant?
  let times: Times
  let limits: Limits
  /// The request for a tunnel; nil: the peer is the server.
  let tunnel: Request?

  /// `tunnel`: the request by which a proxy is asked for one (`CONNECT`); nil: the peer is the server itself.
  public init(limits: Limits = Limits(), tunnel: Request? = nil) {
    self.limits = limits
    self.tunnel = tunnel
    times = Times(limits)
    reader = ResponseReader(limits: limits)
    var bodies = limits
    bodies.bodyBytesMax = .max
    chunks = ChunkedReader(limits: bodies)
  }

  public func input(for event: ConnectionEvent) -> Input? { .connection(event) }

  public var acceptsBytes: Bool {
    guard !isClosed else { return false }
    switch reading {
    case .head: return true
    case .sized(let left): return wantedBytes > 0 || left == 0
    case .chunks, .untilClose: return wantedBytes > 0
    }
  }

  public var deadline: Instant? {
    guard !isClosed else { return nil }
    guard let continueDeadline else { return readDeadline }
    return readDeadline.map { min($0, continueDeadline) } ?? continueDeadline
  }

  public var stateName: String {
    if isClosed { return "closed" }
    switch way {
    case .connecting: return "connecting"
    case .asking: return "asking for a tunnel"
    case .securing: return "beginning TLS"
    case .open: break
    }
    switch reading {
    case .head: return exchanges.isEmpty ? "idle" : "awaiting a response"
    case .sized, .chunks, .untilClose: return "reading a body"
    }
  }

  // MARK: Bytes

  public mutating func next(from bytes: inout Buffer) -> Input? {
    guard !bytes.isEmpty || isAtBodyEnd else { return nil }
    do throws(Refusal) {
      switch reading {
      case .head:
        guard let exchange = exchanges.first else {
          defer { bytes.clear() }
          return .unasked(bytes.count)
        }
        guard let head = try reader.next(from: &bytes, answering: exchange.method) else { return nil }
        // RFC 9110 §15.2: after an interim response another head follows.
        if !head.status.isInterim { beginBody(head.framing) }
        return .head(head)
      case .sized(let left):
        if left == 0 {
          reading = .head
          return .bodyEnd(trailers: Fields())
        }
        let length = Int(min(left, Int64(min(bytes.count, wantedBytes))))
        guard length > 0, let data = bytes.take(length) else { return nil }
        reading = .sized(left: left - Int64(length))
        wantedBytes -= length
        return .body(data)
      case .chunks:
        switch try chunks.next(from: &bytes, most: wantedBytes) {
        case nil: return nil
        case .data(let data):
          wantedBytes -= data.count
          return .body(data)
        case .end(let trailers):
          reading = .head
          return .bodyEnd(trailers: trailers)
        }
      case .untilClose:
        guard let data = bytes.take(min(bytes.count, wantedBytes)), !data.isEmpty else { return nil }
        wantedBytes -= data.count
        return .body(data)
      }
    } catch {
      return .refused(error)
    }
  }

  private var isAtBodyEnd: Bool { if case .sized(0) = reading { true } else { false } }

  private mutating func beginBody(_ framing: Framing) {
    wantedBytes = limits.responseUnaskedBytesMax
    switch framing {
    // A response without content goes through the same end as one with content.
    case .none: reading = .sized(left: 0)
    case .length(let length): reading = .sized(left: length)
    case .chunked:
      var bodies = limits
      bodies.bodyBytesMax = .max
      chunks = ChunkedReader(limits: bodies)
      reading = .chunks
    case .untilClose: reading = .untilClose
    }
  }

  // MARK: Events

  public mutating func handle(_ input: Input, at now: Instant, into actions: inout [Action]) {
    guard !isClosed else {
      if case .send(let ticket, _) = input {
        actions.append(.ask(.failed(ticket, Failure(kind: .closedEarly, explanation: "the connection is closed", isRepeatable: true))))
      }
      return
    }
    switch input {
    case .send(let ticket, let request):
      waiting.append((ticket, request))
      sendWaiting(at: now, into: &actions)
    case .part(let ticket, let bytes): send(part: bytes, of: ticket, at: now, into: &actions)
    case .finish(let ticket): finish(ticket, at: now, into: &actions)
    case .head(let head): note(head, at: now, into: &actions)
    case .body(let bytes): noteBody(bytes, at: now, into: &actions)
    case .bodyEnd(let trailers): complete(trailers, at: now, into: &actions)
    case .refused(let refusal): fail(.badResponse, refusal.explanation, into: &actions)
    case .unasked(let count): fail(.badResponse, "\(count) bytes that answer no request (RFC 9112 §9.2)", into: &actions)
    case .takeBody(let ticket, let count): takeBody(ticket, count, at: now)
    case .connection(let event): note(event, at: now, into: &actions)
    case .retire:
      isRetired = true
      closeIfDone(into: &actions)
    }
  }
}
