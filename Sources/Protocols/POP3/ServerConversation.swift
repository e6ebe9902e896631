// The server's half of one POP3 connection: who is let in, which messages there are, what is sent and what is deleted.
// Not here: the mailbox itself (the owner: MailServer), reading commands (Command.swift).
// Read next: ServerLogin.swift (STLS, USER, PASS, AUTH), ServerMessages.swift (LIST, RETR, DELE …), ServerClock.swift (deadlines, ends).
public import Bytes
public import Mail
public import World

/// One POP3 connection, seen from the server.
///
/// After `.login` was answered with `.opened` the mailbox is this session's alone, until `.update` or `.released` gives it back: one of the
/// two comes for certain, and `.released` also when the connection ends while the answer to `.login` is on its way.
public struct ServerConversation: StreamConversation {
  public enum Question: Sendable, Hashable {
    /// Is it true? Answer with `.opened` or `.refused`.
    case login(Ticket, SASL.Credentials, isEncrypted: Bool)
    /// These bytes of the message in this place of the maildrop, counted from 0. Answer with `.piece`, which shall come through `Answers`,
    /// not at once, so that a slow client is felt in between.
    case read(Ticket, place: Int, offset: Int64, length: Int)
    /// Delete the messages in these places, then give the mailbox back. Answer with `.updated`.
    case update(Ticket, deleted: [Int])
    /// The session is over: nothing is deleted, the mailbox is given back.
    case released
  }

  public enum Input: Sendable {
    // From the peer's bytes.
    /// A line, and whether more came behind it.
    case line(Buffer, isFollowed: Bool)
    case badLine(BadLine)
    // From the connection.
    case connection(ConnectionEvent)
    // From the owner.
    case opened(Ticket, Maildrop)
    case refused(Ticket, LoginRefusal)
    /// What was asked for, all of it; nil: it cannot be read.
    case piece(Ticket, Buffer?)
    /// Whether everything is deleted that was to be.
    case updated(Ticket, isComplete: Bool)
  }

  /// Why a line is none.
  public enum BadLine: Sendable, Hashable {
    case tooLong
    case bare(LineFramer.LoneOctet, at: Int)
  }

  public typealias Action = StreamAction<Question>

  public static var dialect: Dialect { .pop3 }

  /// Where the conversation is.
  enum State: Sendable {
    /// Not connected yet. Left by `opened`.
    case starting
    /// AUTHORIZATION: nobody has logged in; perhaps a user is named. Left by PASS, AUTH, STLS.
    case authorization(user: String?)
    /// The client is to say who it is. Left by its lines.
    case authenticating(SASL.Server)
    /// The owner looks at credentials. Left by its answer.
    case checkingLogin(Ticket)
    /// TLS begins. Left by `secured`.
    case securing
    /// TRANSACTION: the mailbox is open. Left by RETR, TOP, QUIT.
    case transaction
    /// A message is on its way. Left by its end.
    case sending(Sending)
    /// UPDATE: the owner deletes. Left by its answer.
    case updating(Ticket)
    /// Everything is said. What still came may be half a response, which is a secret.
    case closed(insideExchange: Bool)
  }

  var state = State.starting
  let options: ServerOptions
  let limits: Limits
  /// Said instead of a greeting.
  let refusal: String?
  var isEncrypted: Bool
  var framer: LineFramer
  var nextTicket = Ticket()
  /// Nil: no mailbox is open.
  var maildrop: Maildrop?
  /// By place: whether the message is marked as deleted.
  var isDeleted: [Bool] = []
  var faults = 0
  var isRetired = false

  // Waiting.
  var isCongested = false
  /// Whom the deadline is for.
  var awaited = Awaited.nobody
  public internal(set) var deadline: Instant?

  /// A conversation that greets, or says `-ERR [SYS/TEMP]` with `refusal` and closes.
  public init(_ options: ServerOptions, limits: Limits = Limits(), refusing refusal: String? = nil) {
    self.options = options
    self.limits = limits
    self.refusal = refusal
    isEncrypted = options.tls == .fromTheStart
    framer = Self.framer(limits)
  }

  /// The longest line there may be is a response; commands are measured when they are there.
  static func framer(_ limits: Limits) -> LineFramer {
    LineFramer(LineRules(lineBytesMax: max(limits.commandBytesMax, limits.sasl.responseBytesMax + 2)))
  }

  public func input(for event: ConnectionEvent) -> Input? { .connection(event) }

  public var acceptsBytes: Bool {
    guard !isCongested else { return false }
    switch state {
    case .authorization, .authenticating, .transaction: return true
    case .starting, .checkingLogin, .securing, .sending, .updating, .closed: return false
    }
  }

  public var stateName: String {
    switch state {
    case .starting: "starting"
    case .authorization: "authorization"
    case .authenticating: "authenticating"
    case .checkingLogin: "checking credentials"
    case .securing: "securing"
    case .transaction: "transaction"
    case .sending: "sending"
    case .updating: "update"
    case .closed: "closed"
    }
  }

  public mutating func next(from bytes: inout Buffer) -> Input? {
    switch framer.next(from: &bytes) {
    case .line(let line): .line(line, isFollowed: !bytes.isEmpty)
    case .tooLong: .badLine(.tooLong)
    case .refused(let octet, let offset): .badLine(.bare(octet, at: offset))
    case nil: nil
    }
  }

  // MARK: Events

  public mutating func handle(_ input: Input, at now: Instant, into actions: inout [Action]) {
    if case .closed = state { return }
    switch input {
    case .line(let line, let isFollowed): note(line, isFollowed: isFollowed, into: &actions)
    case .badLine(let bad): refuse(bad, into: &actions)
    case .opened(let ticket, let maildrop): open(maildrop, for: ticket, into: &actions)
    case .refused(let ticket, let refusal): refuse(refusal, for: ticket, into: &actions)
    case .piece(let ticket, let bytes): send(bytes, for: ticket, into: &actions)
    case .updated(let ticket, let isComplete): noteUpdated(isComplete, for: ticket, into: &actions)
    case .connection(let event): note(event, into: &actions)
    }
    retireIfIdle(into: &actions)
    keepTime(after: input, at: now)
  }

  private mutating func note(_ line: Buffer, isFollowed: Bool, into actions: inout [Action]) {
    if case .authenticating(let exchange) = state { return proceed(exchange, with: line, into: &actions) }
    guard line.count + 2 <= limits.commandBytesMax else { return refuse(.tooLong, into: &actions) }
    do throws(SyntaxError) {
      let command = try Command(line)
      if isFollowed, command == .startTLS, options.tls == .offered, !isEncrypted {
        // RFC 2595 §4: what comes behind STLS came from nobody knows whom.
        actions.append(.problem("expected nothing behind STLS before its answer (RFC 2595 §4)"))
        return finish(saying: "-ERR You spoke before the answer", into: &actions)
      }
      obey(command, into: &actions)
    } catch {
      actions.append(.problem("\(error)"))
      fault("-ERR Expected \(error.expected)", into: &actions)
    }
  }

  private mutating func refuse(_ bad: BadLine, into actions: inout [Action]) {
    switch bad {
    case .tooLong: actions.append(.problem("expected a line of at most \(limits.commandBytesMax) bytes (RFC 2449 §4)"))
    case .bare(let octet, let offset): actions.append(.problem("expected CR LF, found a \(octet.rawValue) at byte \(offset) (RFC 1939 §3)"))
    }
    if case .authenticating = state { state = .authorization(user: nil) }
    fault(bad == .tooLong ? "-ERR The line is too long" : "-ERR Lines end in CR LF", into: &actions)
  }

  /// The table of commands: what each does in each state.
  private mutating func obey(_ command: Command, into actions: inout [Action]) {
    switch (state, command) {
    case (_, .capabilities): sayCapabilities(into: &actions)
    case (.transaction, .quit): update(into: &actions)
    case (_, .quit): finish(saying: "+OK Bye", into: &actions)
    case (.authorization, .startTLS): startTLS(into: &actions)
    case (.authorization, .user(let user)): name(user, into: &actions)
    case (.authorization(let user?), .password(let password)): logIn(SASL.Credentials(user: user, password: password), into: &actions)
    case (.authorization, .password): fault("-ERR USER first", into: &actions)
    case (.authorization, .authenticate(let mechanism, let response)): authenticate(mechanism, response, into: &actions)
    // RFC 1939 §4: a mailbox is there only for who has logged in.
    case (.authorization, _): fault("-ERR Log in first", into: &actions)
    case (.transaction, .status): sayStatus(into: &actions)
    case (.transaction, .list(let number)): list(number, into: &actions) { "\($0.size)" }
    case (.transaction, .uniqueIDs(let number)): list(number, into: &actions) { $0.uniqueID }
    case (.transaction, .retrieve(let number)): retrieve(number, lines: nil, into: &actions)
    case (.transaction, .top(let number, let lines)): retrieve(number, lines: lines, into: &actions)
    case (.transaction, .delete(let number)): delete(number, into: &actions)
    case (.transaction, .reset): reset(into: &actions)
    case (.transaction, .noOperation): say("+OK", into: &actions)
    case (_, _): fault("-ERR Not now", into: &actions)
    }
  }
}
