// The server's half of one DNS connection over TCP or TLS: queries out of the stream, answers into it in any order (RFC 7766).
// Not here: what the answers are (its owner gives them), reading messages (Message.swift).
public import Bytes
public import World

/// One connection that queries come in on.
public struct TCPServerConversation: StreamConversation {
  /// A whole message from the peer, to be answered under its ticket.
  public struct Query: Sendable, Hashable {
    public var ticket: Ticket
    /// Without its length. At least a header, otherwise unread. Empty where a later part of the answer is asked for.
    public var message: Buffer
    /// Which message of the answer is wanted, from zero. Later ones are asked for as the peer takes the earlier ones.
    public var part: Int

    public init(ticket: Ticket, message: Buffer, part: Int = 0) {
      self.ticket = ticket
      self.message = message
      self.part = part
    }
  }

  public typealias Question = Query

  /// What can happen.
  public enum Input: Sendable, Hashable {
    case opened
    /// A whole message came.
    case received(Buffer)
    /// The owner's answer, without its length; nil: there is none, and the query stays unanswered.
    case answered(Ticket, Buffer?)
    /// One message of an answer that has more.
    case answeredInPart(Ticket, Buffer)
    /// The peer does not take the answers.
    case congested
    case relieved
    case silentTooLong
    case peerClosed
    /// The service ends.
    case retired
  }

  private enum State: Sendable {
    /// Queries may come. Leaves by the peer's close, silence, or a message too short to be one.
    case open
    /// Nothing more is read, but answers are owed. Leaves when the last one is given.
    case finishing
    /// Everything is said.
    case closed
  }

  private var state = State.open
  /// The tickets not answered yet.
  private var inFlight: Set<Ticket> = []
  /// How many messages of answers with several have gone.
  private var parts: [Ticket: Int] = [:]
  /// Answers whose next message is to be asked for.
  private var wanted: [Ticket] = []
  private var nextTicket = Ticket()
  private var isCongested = false
  private let limits: Limits
  public private(set) var deadline: Instant?

  public init(limits: Limits = Limits()) { self.limits = limits }

  public static var dialect: Dialect { .dns }

  public var acceptsBytes: Bool {
    // RFC 7766 §6.2.1.1 allows many queries at once, but each is work: past the bound the peer waits. So does one who does not read.
    if case .open = state { inFlight.count < limits.inFlightMax && !isCongested } else { false }
  }

  public var stateName: String {
    switch state {
    case .open: inFlight.isEmpty ? "idle" : "answering"
    case .finishing: "finishing"
    case .closed: "closed"
    }
  }

  public mutating func next(from bytes: inout Buffer) -> Input? { StreamFraming.next(from: &bytes).map { .received($0) } }

  public func input(for event: ConnectionEvent) -> Input? {
    switch event {
    case .opened: .opened
    case .peerClosed, .lost: .peerClosed
    case .retired: .retired
    case .secured: nil
    case .deadlineReached: .silentTooLong
    case .congested: .congested
    case .relieved: .relieved
    }
  }

  public mutating func handle(_ input: Input, at now: Instant, into actions: inout [StreamAction<Query>]) {
    switch (state, input) {
    case (.closed, _): break
    case (.open, .opened): break
    case (.open, .received(let message)): receive(message, into: &actions)
    case (_, .answered(let ticket, let answer)): give(ticket, answer, into: &actions)
    case (_, .answeredInPart(let ticket, let message)): givePart(ticket, message, into: &actions)
    case (_, .congested): isCongested = true
    case (_, .relieved):
      isCongested = false
      askForParts(into: &actions)
    // RFC 7766 §6.2.3: an idle connection is closed without a word; so is one whose peer never takes what it asked for.
    case (_, .silentTooLong): finish(isCongested ? .now : .afterFlush, into: &actions)
    case (.open, .peerClosed), (.open, .retired):
      if inFlight.isEmpty { finish(.afterFlush, into: &actions) } else { state = .finishing }
    case (.finishing, _): break
    }
    renewDeadline(after: input, at: now)
  }

  private mutating func receive(_ message: Buffer, into actions: inout [StreamAction<Query>]) {
    guard message.count >= Limits.Format.headerSize else {
      actions.append(.problem("expected a message of at least 12 bytes, the length says \(message.count) (RFC 1035 §4.1.1)"))
      return finish(.afterFlush, into: &actions)
    }
    let ticket = nextTicket.taken()
    inFlight.insert(ticket)
    actions.append(.ask(Query(ticket: ticket, message: message)))
  }

  private mutating func give(_ ticket: Ticket, _ answer: Buffer?, into actions: inout [StreamAction<Query>]) {
    // An answer nobody waits for any more is no error.
    guard inFlight.remove(ticket) != nil else { return }
    parts[ticket] = nil
    if let answer { actions.append(.send(StreamFraming.framed(answer))) }
    if case .finishing = state, inFlight.isEmpty { finish(.afterFlush, into: &actions) }
  }

  /// Sends one message of many, and asks for the next one as soon as the peer takes more: never is more than one waiting here.
  private mutating func givePart(_ ticket: Ticket, _ message: Buffer, into actions: inout [StreamAction<Query>]) {
    guard inFlight.contains(ticket) else { return }
    actions.append(.send(StreamFraming.framed(message)))
    parts[ticket, default: 0] += 1
    wanted.append(ticket)
    askForParts(into: &actions)
  }

  private mutating func askForParts(into actions: inout [StreamAction<Query>]) {
    guard !isCongested else { return }
    for ticket in wanted where inFlight.contains(ticket) {
      actions.append(.ask(Query(ticket: ticket, message: Buffer(), part: parts[ticket] ?? 0)))
    }
    wanted.removeAll()
  }

  private mutating func finish(_ closing: Closing, into actions: inout [StreamAction<Query>]) {
    state = .closed
    inFlight.removeAll()
    parts.removeAll()
    wanted.removeAll()
    actions.append(.close(closing))
  }

  private mutating func renewDeadline(after input: Input, at now: Instant) {
    if case .closed = state {
      deadline = nil
    } else if case .relieved = input {
      deadline = inFlight.isEmpty ? now + limits.idleTimeout : nil
    } else if isCongested {
      if case .congested = input { deadline = now + limits.idleTimeout }
    } else {
      // While an answer is owed the peer is not the one who is silent; the owner answers in a bounded time.
      deadline = inFlight.isEmpty ? now + limits.idleTimeout : nil
    }
  }
}
