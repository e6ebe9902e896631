// One request and its answer in the hands of a workflow: the body in pieces, the answer whole or streamed, and word when nobody listens.
// The workflow's side may be called from any thread; the connection's side (`note…`) only on the connection's loop.
package import Bytes
package import HTTP
import Synchronization
package import Trace
import Transport
package import World

/// Nobody waits for the answer any more.
package struct Abandoned: Error, Hashable, Sendable {
  package init() {}
}

/// The body is larger than the workflow is prepared to hold.
package struct BodyTooLarge: Error, Hashable, Sendable {
  /// Unit: bytes.
  package var allowed: Int
}

/// A request that a workflow answers.
package final class Exchange: Sendable {
  package let request: RequestHead
  /// Whether the request came inside TLS.
  package let isEncrypted: Bool
  /// Who asks.
  package let remote: Endpoint
  /// What the trace calls the conversation that the request came in; nil: it is not recorded.
  package let conversation: ConversationID?
  private let ticket: Ticket
  private let answers: Answers<ServerConversation.Input>
  /// Bounded by the conversation's `bodyUnaskedBytesMax`.
  private let pieces = Arrivals<Buffer, Abandoned>()
  private let parts = SendGate(bytesMax: Exchange.underWayBytesMax)
  private let state = Mutex(State())

  private enum Answered { case nothing, head, all }

  private struct State {
    var isAbandoned = false
    var isRetired = false
    var answered = Answered.nothing
    var watchers: [@Sendable () -> Void] = []
    var retirementWatchers: [@Sendable () -> Void] = []
  }

  init(_ request: RequestHead, _ ticket: Ticket, _ answers: Answers<ServerConversation.Input>, on carrier: any Carrier) {
    self.request = request
    isEncrypted = carrier.isEncrypted
    remote = carrier.remote
    conversation = answers.conversation
    self.ticket = ticket
    self.answers = answers
    if !request.hasBody { pieces.end() }
  }

  // MARK: The workflow's side

  /// The next piece of the body; nil at its end. What is taken makes room for more.
  package func nextOfBody() async throws(Abandoned) -> Buffer? {
    if request.expectsContinue { answers.give(.takeBody(ticket, Self.pieceBytes)) }
    guard let piece = try await pieces.next() else { return nil }
    answers.give(.takeBody(ticket, piece.count))
    return piece
  }

  /// How much of a body a client that waits for `100 Continue` is asked for. Unit: bytes.
  private static let pieceBytes = 65_536

  /// The whole body, when it is at most `bytesMax` long.
  package func body(bytesMax: Int) async throws -> Buffer {
    var whole = Buffer()
    while let piece = try await nextOfBody() {
      guard whole.count + piece.count <= bytesMax else { throw BodyTooLarge(allowed: bytesMax) }
      whole.append(piece)
    }
    return whole
  }

  /// Answers. A second answer is ignored.
  package func respond(_ response: Response) {
    let isFirst = state.withLock { state in
      guard state.answered == .nothing else { return false }
      switch response.body {
      case .parts, .tunnel: state.answered = .head
      case .none, .bytes, .file, .prepared, .absent: state.answered = .all
      }
      return true
    }
    if isFirst { answers.give(.respond(ticket, response)) }
  }

  /// Passes an interim response on, before the answer.
  package func inform(_ status: Status, _ fields: FieldLines) { answers.give(.inform(ticket, status, fields)) }

  /// Answers CONNECT: from here on `nextOfBody` and `send` are the tunnel's two directions.
  package func openTunnel() {
    pieces.begin()
    if isAbandoned { pieces.end(because: Abandoned()) }
    respond(Response(.ok, body: .tunnel))
  }

  /// Ends a streamed answer that cannot be completed, so that the peer notices.
  package func breakOff() {
    let isDue = state.withLock { state in
      guard state.answered == .head else { return false }
      state.answered = .all
      return true
    }
    if isDue { answers.give(.breakOff(ticket)) }
  }

  /// Sends the next part of a streamed answer (one whose body is `.parts`); waits while the peer does not keep up.
  package func send(_ part: Buffer) async throws(Abandoned) {
    guard await parts.pass(Self.weight(part.count)) else { throw Abandoned() }
    answers.give(.part(ticket, part))
  }

  /// Most of an answer that may be on its way to the conversation: the word that the peer does not keep up comes back from there, and until
  /// it does this alone bounds what a workflow heaps up. Unit: bytes. Past it: `send` waits. One part may go beyond.
  private static let underWayBytesMax = 65_536

  /// What a part counts for; a small one costs more than its bytes.
  private static func weight(_ count: Int) -> Int { max(count, 512) }

  /// Ends a streamed answer.
  package func finish() {
    let isDue = state.withLock { state in
      guard state.answered == .head else { return false }
      state.answered = .all
      return true
    }
    if isDue { answers.give(.finish(ticket)) }
  }

  /// Whether the peer has gone, or gave up on this request.
  package var isAbandoned: Bool { state.withLock { $0.isAbandoned } }

  /// Calls `action` once, when the request is abandoned; at once when it is already.
  package func whenAbandoned(_ action: @escaping @Sendable () -> Void) {
    let isLate = state.withLock { state in
      if !state.isAbandoned { state.watchers.append(action) }
      return state.isAbandoned
    }
    if isLate { action() }
  }

  /// Calls `action` once, when the server is closing; at once when it is already. An answer without an end of its own ends then.
  package func whenRetired(_ action: @escaping @Sendable () -> Void) {
    let isLate = state.withLock { state in
      if !state.isRetired { state.retirementWatchers.append(action) }
      return state.isRetired
    }
    if isLate { action() }
  }

  /// Sees to it that the request is answered, whatever the workflow forgot.
  func end() {
    respond(.text(.internalServerError, "The request was not answered.\n"))
    finish()
    pieces.end(because: Abandoned())
    parts.close()
  }

  // MARK: The connection's side

  func note(body piece: Buffer) { pieces.add(piece) }
  func noteBodyEnd() { pieces.end() }
  func note(held isHeld: Bool) { if isHeld { parts.hold() } else { parts.resume() } }
  func note(taken count: Int) { parts.leave(Self.weight(count)) }

  func noteAbandoned() {
    var watchers: [@Sendable () -> Void] = []
    state.withLock { state in
      state.isAbandoned = true
      swap(&watchers, &state.watchers)
    }
    pieces.end(because: Abandoned())
    parts.close()
    for watcher in watchers { watcher() }
  }

  func noteRetired() {
    var watchers: [@Sendable () -> Void] = []
    state.withLock { state in
      state.isRetired = true
      swap(&watchers, &state.retirementWatchers)
    }
    for watcher in watchers { watcher() }
  }
}
