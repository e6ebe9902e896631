// A secondary's half of a transfer over TCP: one question out, the messages of its answer in, checked and put together.
// Not here: when to ask and what to do with the zone (NameServer/Changing).
public import Bytes
public import World

/// One transfer.
public struct TransferClientConversation: StreamConversation {
  /// What the owner is told, once.
  public enum Outcome: Sendable, Equatable {
    case received(ZoneTransfer)
    case failed(TransferFailure)
  }

  public typealias Question = Outcome

  /// What can happen.
  public enum Input: Sendable {
    case opened
    /// A whole message came.
    case received(Buffer)
    case deadlineReached
    case peerClosed
  }

  private enum State: Sendable {
    /// Not connected yet.
    case connecting
    /// The question is out; with a key, the answer is checked by the session.
    case receiving(TransferReader, TransactionSession?)
    /// The owner has been told.
    case finished
  }

  private var state = State.connecting
  private let question: TransferQuestion
  private let id: UInt16
  private let key: TransactionKey?
  private let limits: Limits
  private var messages = 0
  private var bytes = 0
  public private(set) var deadline: Instant?

  public init(_ question: TransferQuestion, id: UInt16, key: TransactionKey?, limits: Limits = Limits()) {
    self.question = question
    self.id = id
    self.key = key
    self.limits = limits
  }

  public static var dialect: Dialect { .dns }
  public var acceptsBytes: Bool { if case .finished = state { false } else { true } }

  public var stateName: String {
    switch state {
    case .connecting: "connecting"
    case .receiving: messages == 0 ? "waiting" : "receiving"
    case .finished: "finished"
    }
  }

  public mutating func next(from bytes: inout Buffer) -> Input? { StreamFraming.next(from: &bytes).map { .received($0) } }

  public func input(for event: ConnectionEvent) -> Input? {
    switch event {
    case .opened: .opened
    case .peerClosed, .lost: .peerClosed
    case .deadlineReached: .deadlineReached
    case .congested, .relieved, .retired, .secured: nil
    }
  }

  public mutating func handle(_ input: Input, at now: Instant, into actions: inout [StreamAction<Outcome>]) {
    switch (state, input) {
    case (.finished, _): break
    case (.connecting, .opened): ask(at: now, into: &actions)
    case (.receiving(let reader, let session), .received(let message)): receive(message, reader, session, at: now, into: &actions)
    case (_, .peerClosed), (_, .deadlineReached): finish(.failed(.cutShort), into: &actions)
    case (_, _): break
    }
  }

  private mutating func ask(at now: Instant, into actions: inout [StreamAction<Outcome>]) {
    var request = question.message(id: id).wire()
    var session: TransactionSession?
    if let key { (request, session) = TransactionSession.signing(request, with: key, at: now, limits: limits) }
    state = .receiving(TransferReader(question, limits: limits), session)
    // Silence of that length ends it, not the length of the whole.
    deadline = now + limits.idleTimeout
    actions.append(.send(StreamFraming.framed(request)))
  }

  private mutating func receive(
    _ message: Buffer, _ reader: TransferReader, _ session: TransactionSession?, at now: Instant, into actions: inout [StreamAction<Outcome>]
  ) {
    // Out of the state while they change, so that they are not copied.
    state = .finished
    var (reader, session) = (reader, session)
    deadline = now + limits.idleTimeout
    do throws(TransferFailure) {
      let transfer = try take(message, &reader, &session, at: now)
      // RFC 8945 §5.3.1: the last message is signed too.
      if let transfer, session?.isSettled != false { return finish(.received(transfer), into: &actions) }
      if transfer != nil { throw .signature(.notSigned) }
      state = .receiving(reader, session)
    } catch {
      actions.append(.problem(error.description))
      finish(.failed(error), into: &actions)
    }
  }

  private mutating func take(
    _ message: Buffer, _ reader: inout TransferReader, _ session: inout TransactionSession?, at now: Instant
  ) throws(TransferFailure) -> ZoneTransfer? {
    messages += 1
    bytes += message.count
    if messages > limits.transferMessagesMax { throw .limit(LimitReached("transferMessagesMax", allowed: limits.transferMessagesMax, unit: "messages")) }
    if bytes > limits.transferBytesMax { throw .limit(LimitReached("transferBytesMax", allowed: limits.transferBytesMax, unit: "bytes")) }
    var bare = message
    if session != nil {
      do throws(TransactionFailure) { bare = try session?.check(message, at: now) ?? message } catch { throw .signature(error) }
    }
    let answer: Message
    do throws(SyntaxError) { answer = try Message(reading: bare, limits: limits) } catch { throw .malformed(error) }
    guard answer.id == id else { throw .disorder("the identifier \(id), found \(answer.id)") }
    return try reader.take(answer)
  }

  private mutating func finish(_ outcome: Outcome, into actions: inout [StreamAction<Outcome>]) {
    state = .finished
    deadline = nil
    actions.append(.ask(outcome))
    actions.append(.close(.afterFlush))
  }
}
