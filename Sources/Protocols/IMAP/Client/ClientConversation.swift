// The client's half of one IMAP connection: greeting, TLS, login, then one order after the other.
// Not here: what the orders are for (the owner: the command line tool, the lab, tests).
// Read next: ClientOrders.swift (sending), ClientAnswers.swift (what comes back), ResponseReader.swift.
public import Bytes
public import Mail
public import World

/// One IMAP4rev1 connection, seen from the client.
///
/// When the server has greeted, and TLS stands where it is wanted, the owner is told `.ready`. It gives orders as `.order`; they are worked
/// on one at a time, in order, and each ends in one `.done`. Everything the server says meanwhile is told as it comes.
public struct ClientConversation: StreamConversation {
  /// Whether and how the connection becomes secret.
  public enum Security: Sendable, Hashable {
    /// It is from its first byte (port 993), or need not be.
    case asItIs
    /// STARTTLS, and nothing else before it.
    case startTLS
  }

  /// What the owner wants done.
  public enum Order: Sendable, Hashable {
    /// In the best way that the server offers.
    case logIn(SASL.Credentials)
    /// Any command that is no order of its own.
    case command(Command)
    /// The message of `content` goes into the mailbox. `absent` is no message.
    case append(AppendHead, Content)
    /// Until `stopIdling`; then `.done`.
    case idle
    case logOut
  }

  public enum Input: Sendable {
    case read(ResponseReader.Found)
    case connection(ConnectionEvent)
    case order(Ticket, Order)
    case stopIdling
  }

  /// What the owner is told.
  public enum Question: Sendable, Hashable {
    /// Orders can be given. With `isLoggedIn` nobody need log in.
    case ready(capabilities: [String], isLoggedIn: Bool)
    /// The server says that it tells what happens, as it happens.
    case idling
    case response(Response)
    /// A section of the message with this number comes.
    case contentBegins(number: UInt32, FetchAnswer.Part, size: Int64)
    case content(Buffer)
    case contentEnds
    /// The order is done, or not.
    case done(Ticket, Response.Completion)
    /// The connection is over; orders that were not done will not be.
    case ended(Ending)
  }

  /// Why it is over.
  public enum Ending: Sendable, Hashable {
    /// Logged out.
    case finished
    /// The server said `BYE`, and why.
    case dismissed(Buffer)
    /// The connection broke or was closed without a word.
    case lost
    case timedOut
    /// The server does what nobody may do who is to be trusted with a password.
    case unsafe(String)
    /// What the server says cannot be understood.
    case broken(String)
  }

  public typealias Action = StreamAction<Question>

  public static var dialect: Dialect { .imap }

  enum State: Sendable {
    /// Connected; the server speaks first.
    case greeting
    /// CAPABILITY was asked before anything else. Leaves to `securing` or `ready`.
    case asking(tag: String)
    /// STARTTLS was asked for, or the handshake is under way.
    case securing(tag: String?)
    case ready
    case running(Running)
    case closed
  }

  /// A command on its way.
  struct Running: Sendable {
    var ticket: Ticket
    var tag: String
    /// What is still to be sent, each when the server says `+`.
    var unsent: [Buffer]
    /// Behind the last of them, and behind one more `+` if that is awaited.
    var content: Content?
    var kind = Kind.plain

    enum Kind: Sendable {
      case plain
      case logIn(SASL.Client?)
      /// Logged in, but what the server can do now is not known yet.
      case askAgain(Response.Completion)
      case idle(isStopping: Bool, isAsked: Bool)
      case logOut
    }
  }

  var state = State.greeting
  var reader: ResponseReader
  var capabilities: [String]?
  var isLoggedIn = false
  /// Whether STARTTLS has done its work.
  var isSecured = false
  var orders: [(Ticket, Order)] = []
  var nextTag = 0
  /// Whether more had come when the last response was read.
  var isAhead = false
  /// What the server said when it said `BYE`.
  var farewell: Buffer?
  public internal(set) var deadline: Instant?

  let security: Security
  let limits: Limits

  public init(security: Security = .asItIs, limits: Limits = Limits()) {
    self.security = security
    self.limits = limits
    reader = ResponseReader(limits: limits)
  }

  public var stateName: String {
    switch state {
    case .greeting: "awaiting the greeting"
    case .asking: "asking what is offered"
    case .securing: "securing"
    case .ready: "ready"
    case .running(let running): if case .idle = running.kind { "idling" } else { "awaiting an answer" }
    case .closed: "closed"
    }
  }

  public var acceptsBytes: Bool {
    switch state {
    case .closed, .securing(nil): false
    case .greeting, .asking, .securing, .ready, .running: true
    }
  }

  public mutating func next(from bytes: inout Buffer) -> Input? {
    defer { isAhead = !bytes.isEmpty }
    return reader.next(from: &bytes).map { .read($0) }
  }

  public func input(for event: ConnectionEvent) -> Input? { .connection(event) }

  public mutating func handle(_ input: Input, at now: Instant, into actions: inout [Action]) {
    if case .closed = state { return }
    switch input {
    case .read(let found): note(found, into: &actions)
    case .connection(let event): note(event, into: &actions)
    case .order(let ticket, let order):
      orders.append((ticket, order))
      if case .ready = state { obeyNext(into: &actions) }
    case .stopIdling: stopIdling(into: &actions)
    }
    renewDeadline(at: now)
  }

  private mutating func note(_ event: ConnectionEvent, into actions: inout [Action]) {
    switch event {
    case .opened, .congested, .relieved, .retired: break
    case .secured:
      // RFC 3501 §6.2.1: what the server said before is forgotten.
      capabilities = nil
      isSecured = true
      reader = ResponseReader(limits: limits)
      askCapabilities(into: &actions)
    case .deadlineReached: end(.timedOut, into: &actions)
    case .peerClosed, .lost: end(farewell.map { .dismissed($0) } ?? .lost, into: &actions)
    }
  }

  private mutating func renewDeadline(at now: Instant) {
    switch state {
    case .closed, .ready: deadline = nil
    case .running(let running) where running.isIdling: deadline = nil
    case .greeting, .asking, .securing, .running: deadline = now + limits.answerTimeout
    }
  }

  /// Ends the connection and says why.
  mutating func end(_ ending: Ending, into actions: inout [Action]) {
    if case .closed = state { return }
    state = .closed
    orders = []
    switch ending {
    case .unsafe(let why), .broken(let why): actions.append(.problem(why))
    case .finished, .dismissed, .lost, .timedOut: break
    }
    actions.append(.ask(.ended(ending)))
    actions.append(.close(ending == .finished ? .afterFlush : .now))
  }
}

extension ClientConversation.Running {
  /// Whether the server tells what happens, and nothing else is awaited.
  var isIdling: Bool { if case .idle(false, true) = kind { true } else { false } }
}
