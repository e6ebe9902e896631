// The client's half of one DNS connection over TCP or TLS: many queries at once, answers in any order (RFC 7766).
// Not here: transfers, whose answer is more than one message; what an answer means (its owner decides).
public import Bytes
public import World

/// One connection that queries go out on.
public struct TCPClientConversation: StreamConversation {
  /// What became of a query.
  public struct Outcome: Sendable, Hashable {
    public var ticket: Ticket
    public var result: Result

    public enum Result: Sendable, Hashable {
      /// The message that answers it, without its length.
      case answered(Buffer)
      /// None came in time; the connection is still there.
      case timedOut
      /// The connection ended first.
      case connectionClosed
      /// The query is no message, or there were too many waiting.
      case refused
    }

    public init(ticket: Ticket, result: Result) {
      self.ticket = ticket
      self.result = result
    }
  }

  public typealias Question = Outcome

  /// What can happen.
  public enum Input: Sendable, Hashable {
    case opened
    /// The owner wants this message sent and its answer under this ticket.
    case query(Ticket, Buffer)
    /// A whole message came.
    case received(Buffer)
    /// The owner has nothing more to ask.
    case finished
    case deadlineReached
    case peerClosed
  }

  private enum State: Sendable {
    /// Not connected yet: queries wait. Leaves when the connection is there.
    case connecting
    /// Queries go out. Leaves by silence, by the peer's close, or when the owner is finished and everything is answered.
    case open
    /// Everything is said.
    case closed
  }

  /// A query that was sent.
  private struct Sent: Sendable {
    var ticket: Ticket
    var message: Buffer
    var deadline: Instant
  }

  private var state = State.connecting
  private var isFinished = false
  /// By the message's identifier, which is therefore used once at a time (RFC 7766 §6.2.1).
  private var sent: [UInt16: Sent] = [:]
  private var waiting: [(ticket: Ticket, message: Buffer)] = []
  private var idleDeadline: Instant?
  private let limits: Limits

  public init(limits: Limits = Limits()) { self.limits = limits }

  public static var dialect: Dialect { .dns }

  public var acceptsBytes: Bool { if case .closed = state { false } else { true } }

  public var stateName: String {
    switch state {
    case .connecting: "connecting"
    case .open: sent.isEmpty ? "idle" : "waiting"
    case .closed: "closed"
    }
  }

  public var deadline: Instant? {
    guard case .open = state else { return nil }
    return sent.values.map(\.deadline).min() ?? idleDeadline
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
    case (.closed, .query(let ticket, _)): actions.append(.ask(Outcome(ticket: ticket, result: .connectionClosed)))
    case (.closed, _): break
    case (.connecting, .opened): state = .open
    case (_, .query(let ticket, let message)): accept(ticket, message, into: &actions)
    case (.open, .received(let message)): receive(message, into: &actions)
    case (_, .finished): isFinished = true
    case (.open, .deadlineReached): giveUp(at: now, into: &actions)
    case (_, .peerClosed): finish(into: &actions)
    case (_, _): break
    }
    sendWaiting(at: now, into: &actions)
    if case .open = state, isFinished, sent.isEmpty, waiting.isEmpty { finish(into: &actions) }
  }

  private mutating func accept(_ ticket: Ticket, _ message: Buffer, into actions: inout [StreamAction<Outcome>]) {
    guard message.count >= Limits.Format.headerSize, message.count <= Limits.Format.messageMax, waiting.count < limits.inFlightMax else {
      return actions.append(.ask(Outcome(ticket: ticket, result: .refused)))
    }
    waiting.append((ticket, message))
  }

  /// Sends what may be sent now: up to the bound, and no identifier that is still out.
  private mutating func sendWaiting(at now: Instant, into actions: inout [StreamAction<Outcome>]) {
    guard case .open = state else { return }
    var index = 0
    while index < waiting.count, sent.count < limits.inFlightMax {
      let (ticket, message) = waiting[index]
      guard let id = TCPClientConversation.id(of: message), sent[id] == nil else {
        index += 1
        continue
      }
      waiting.remove(at: index)
      sent[id] = Sent(ticket: ticket, message: message, deadline: now + limits.answerTimeout)
      actions.append(.send(StreamFraming.framed(message)))
    }
    idleDeadline = now + limits.idleTimeout
  }

  private mutating func receive(_ message: Buffer, into actions: inout [StreamAction<Outcome>]) {
    guard let id = TCPClientConversation.id(of: message), let query = sent[id] else {
      return actions.append(.problem("expected an answer to a query, found one with an identifier that is not out (RFC 7766 §6.2.1)"))
    }
    guard TCPClientConversation.isAnswer(message, to: query.message) else {
      return actions.append(.problem("expected the answer to query \(id), found one to another question (RFC 7766 §7)"))
    }
    sent[id] = nil
    actions.append(.ask(Outcome(ticket: query.ticket, result: .answered(message))))
  }

  private mutating func giveUp(at now: Instant, into actions: inout [StreamAction<Outcome>]) {
    // In the order of tickets: a dictionary's own order must not show.
    let late = sent.filter { $0.value.deadline <= now }.sorted { $0.value.ticket.number < $1.value.ticket.number }
    for (id, query) in late {
      sent[id] = nil
      actions.append(.ask(Outcome(ticket: query.ticket, result: .timedOut)))
    }
    if late.isEmpty, sent.isEmpty, let idleDeadline, idleDeadline <= now { finish(into: &actions) }
  }

  private mutating func finish(into actions: inout [StreamAction<Outcome>]) {
    state = .closed
    let tickets = sent.values.map(\.ticket).sorted { $0.number < $1.number } + waiting.map(\.ticket)
    sent.removeAll()
    waiting.removeAll()
    for ticket in tickets { actions.append(.ask(Outcome(ticket: ticket, result: .connectionClosed))) }
    actions.append(.close(.afterFlush))
  }

  private static func id(of message: Buffer) -> UInt16? {
    guard let high = message[at: 0], let low = message[at: 1] else { return nil }
    return UInt16(high) << 8 | UInt16(low)
  }

  /// RFC 7766 §7: an answer repeats the question; RFC 1035 §4.1.1: one to a message the server could not read may have none.
  static func isAnswer(_ answer: Buffer, to query: Buffer) -> Bool {
    guard let flags = answer[at: 2], flags & 0x80 != 0, let asked = question(of: query) else { return false }
    guard let answered = question(of: answer) else { return false }
    return answered.isEmpty || answered == asked
  }

  /// The questions of a message; nil: they cannot be read.
  private static func question(of message: Buffer) -> [DNS.Question]? {
    message.withUnsafeBytes { bytes in
      var reader = MessageReader(bytes)
      guard let header = try? reader.header() else { return nil }
      var questions: [DNS.Question] = []
      for _ in 0..<header.questionCount {
        guard let question = try? reader.question() else { return nil }
        questions.append(question)
      }
      return questions
    }
  }
}
