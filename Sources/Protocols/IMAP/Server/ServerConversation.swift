// The server's half of one IMAP connection: which command is allowed when, what is asked of the mailboxes, and what is answered.
// One command is worked on at a time, and nothing is read meanwhile: answers come in the order of the commands (RFC 3501 §5.5).
// Not here: reading commands (CommandReader, CommandParser), writing responses (ResponseWriter), what mailboxes hold (the owner).
// Read next: Question.swift (the seam to the owner), ServerCommands.swift (command by command).
public import Bytes
import Mail
public import World

/// One IMAP4rev1 connection, seen from the server.
public struct ServerConversation: StreamConversation {
  /// What the place of the connection decides.
  public struct Options: Sendable, Hashable {
    /// Whether the connection is inside TLS from its first byte (port 993).
    public var isSecure: Bool
    /// Whether STARTTLS can be begun.
    public var offersTLS: Bool
    /// Whether a password may cross the connection in the clear. Only where nobody listens: on loopback.
    public var allowsClearPasswords: Bool
    /// The name of the host, for the greeting.
    public var hostName: String

    public init(isSecure: Bool, offersTLS: Bool, allowsClearPasswords: Bool, hostName: String) {
      self.isSecure = isSecure
      self.offersTLS = offersTLS
      self.allowsClearPasswords = allowsClearPasswords
      self.hostName = hostName
    }
  }

  public enum Input: Sendable {
    /// From the peer's bytes.
    case read(CommandReader.Found)
    /// From the connection.
    case connection(ConnectionEvent)
    // From the owner.
    case answered(Ticket, Answer)
    /// Something happened to the mailbox that was selected under this ticket.
    case changed(Ticket, MailboxChange)
    /// Something the person has to be shown (RFC 3501 §7.1 ALERT).
    case alert(String)
  }

  public typealias Question = IMAP.Question
  public typealias Action = StreamAction<Question>

  public static var dialect: Dialect { .imap }

  /// How far the client has come.
  // RFC 3501 §3
  enum Phase: Sendable, Hashable {
    /// Nobody has logged in. Leaves by LOGIN or AUTHENTICATE.
    case notAuthenticated
    /// Somebody has. Whether a mailbox is selected says `selection`.
    case authenticated
    /// Everything is said.
    case closed
  }

  /// What the client's next line is.
  enum Exchange: Sendable {
    case commands
    /// The answer to a challenge.
    case authentication(tag: String, SASL.Server)
    /// DONE.
    case idle(tag: String)
    /// The message of an APPEND.
    case appending(Appending)
  }

  /// What has to happen before more is read.
  enum Work: Sendable {
    case none
    /// The owner's answer.
    case asked(Ticket, Task)
    /// The peer takes what was sent, or others have had their turn; then more is fetched.
    case paused(Fetching)
    /// The handshake.
    case securing
  }

  /// What an answer is for.
  enum Task: Sendable {
    case logIn(tag: String)
    /// A command that is over with `done`.
    case plain(tag: String, name: String)
    case list(tag: String, MailboxPattern, isSubscribed: Bool)
    case status(tag: String, MailboxName, [Command.StatusItem])
    case select(tag: String, MailboxName, Access)
    /// The selected mailbox is left; then this is asked under a new ticket, or said.
    case leave(Leaving)
    case search(tag: String, Command.Numbering)
    case fetch(Fetching)
    case store(tag: String, Command.Store, UIDSet)
    case copy(tag: String, isMove: Bool)
    case expunge(tag: String, Command.Numbering)
    case append(Appending)
    case appendContent(Appending, isLast: Bool)
    case appendEnd(Appending)
  }

  // Where the connection is.
  var phase = Phase.notAuthenticated
  var exchange = Exchange.commands
  var work = Work.none
  var selection: Selection?
  var reader: CommandReader
  var isSecure: Bool
  /// What is said in one go.
  var out = ResponseWriter()
  var nextTicket = Ticket()
  /// How many messages the owner was last asked for.
  var asked = 0
  /// What was written of a FETCH without a pause. Unit: bytes.
  var burstBytes = 0

  // What is counted.
  var badCommands = 0
  var loginFailures = 0
  var minuteBegan: Instant?
  var commandsInMinute = 0

  // What is waited for.
  var alerts: [String] = []
  var isCongested = false
  var isRetired = false
  /// Everything was said in the middle of an authentication: what still came may be half a response, which is a secret.
  private(set) var endedInsideAuthentication = false
  /// When the connection began, or became secure.
  var began: Instant?
  /// When the client last said something whole.
  var lastHeard: Instant?
  var congestedSince: Instant?
  /// When a client in IDLE hears next that the server is still there.
  var stillHere: Instant?
  public private(set) var deadline: Instant?

  let options: Options
  let limits: Limits

  public init(_ options: Options, limits: Limits = Limits()) {
    self.options = options
    self.limits = limits
    isSecure = options.isSecure
    reader = CommandReader(limits: limits)
  }

  // MARK: For the driver

  public func input(for event: ConnectionEvent) -> Input? { .connection(event) }

  public mutating func next(from bytes: inout Buffer) -> Input? { reader.next(from: &bytes).map { .read($0) } }

  public var acceptsBytes: Bool {
    guard phase != .closed, !isCongested, !isThrottled, case .none = work else { return false }
    return true
  }

  public var stateName: String {
    switch (phase, exchange) {
    case (.closed, _): "closed"
    case (_, .authentication): "authenticating"
    case (_, .idle): "idling"
    case (_, .appending): "appending"
    case (.notAuthenticated, _): if case .securing = work { "securing" } else { "not authenticated" }
    case (.authenticated, _): selection == nil ? "authenticated" : "selected"
    }
  }

  public mutating func handle(_ input: Input, at now: Instant, into actions: inout [Action]) {
    guard phase != .closed else { return }
    switch input {
    case .read(let found):
      lastHeard = now
      burstBytes = 0
      note(found, at: now, into: &actions)
    case .connection(let event): note(event, at: now, into: &actions)
    case .answered(let ticket, let answer): note(answer, ticket, at: now, into: &actions)
    case .changed(let ticket, let change): note(change, ticket, into: &actions)
    case .alert(let text):
      if alerts.count < 8 { alerts.append(text) }
      tellIdler(into: &actions)
    }
    if isRetired, phase != .closed, isAtRest { finish("the server is closing", into: &actions) }
    flush(into: &actions)
    deadline = nextDeadline
  }

  // MARK: Saying and asking

  /// Hands over what was written so far.
  mutating func flush(into actions: inout [Action]) {
    if !out.bytes.isEmpty { actions.append(.send(out.takeAll())) }
  }

  /// Asks the owner; the answer is for `task`.
  mutating func ask(_ task: Task, into actions: inout [Action], _ question: (Ticket) -> Question) {
    flush(into: &actions)
    let ticket = nextTicket.taken()
    work = .asked(ticket, task)
    actions.append(.ask(question(ticket)))
  }

  /// Says `BYE` and closes.
  mutating func finish(_ text: String, into actions: inout [Action]) {
    out.status(nil, .bye, nil, text)
    end(.afterFlush, into: &actions)
  }

  mutating func end(_ closing: Closing, into actions: inout [Action]) {
    abandonAppending(into: &actions)
    flush(into: &actions)
    phase = .closed
    work = .none
    if case .authentication = exchange { endedInsideAuthentication = true }
    exchange = .commands
    selection = nil
    actions.append(.ask(.gone))
    actions.append(.close(closing))
  }

  // MARK: What happens

  private mutating func note(_ found: CommandReader.Found, at now: Instant, into actions: inout [Action]) {
    switch found {
    case .command(let tag, let command):
      count(at: now)
      obey(command, tag, at: now, into: &actions)
    case .bad(let tag, let error):
      count(at: now)
      actions.append(.problem(error.description))
      reject(tag, "expected \(error.expected)\(error.found.isEmpty ? "" : ", found \(error.found)") at byte \(error.offset)", into: &actions)
    case .literalAwaited: out.continuation("go on")
    case .literalRefused(let tag, let reached):
      actions.append(.problem(reached.description))
      reject(tag, "\(reached.limit): at most \(reached.allowed) \(reached.unit)", into: &actions)
    case .append(let tag, let head, let size, let isAwaited):
      count(at: now)
      beginAppend(tag, head, size, isAwaited: isAwaited, into: &actions)
    case .content(let piece): noteContent(piece, into: &actions)
    case .contentEnd: noteContentEnd(into: &actions)
    case .contentSpoiled(let error):
      actions.append(.problem(error.description))
      noteSpoiledContent(into: &actions)
    case .line(let line): noteLine(line, at: now, into: &actions)
    case .broken(let tag, let why):
      actions.append(.problem(why))
      if let tag { out.status(tag, .bad, nil, why) }
      finish(why, into: &actions)
    }
  }

  private mutating func note(_ event: ConnectionEvent, at now: Instant, into actions: inout [Action]) {
    switch event {
    case .opened:
      began = now
      out.status(nil, .ok, .capability(capabilities), "\(options.hostName) IMAP4rev1")
    case .secured:
      guard case .securing = work else { return }
      // RFC 3501 §6.2.1: what was known before is forgotten, on both sides.
      work = .none
      isSecure = true
      reader = CommandReader(limits: limits)
      began = now
    case .deadlineReached: noteDeadline(at: now, into: &actions)
    case .congested:
      isCongested = true
      congestedSince = now
    case .relieved:
      isCongested = false
      congestedSince = nil
      if case .paused(let fetching) = work { fetch(fetching, into: &actions) } else { tellIdler(into: &actions) }
    case .retired: isRetired = true
    case .peerClosed: end(.afterFlush, into: &actions)
    case .lost: end(.now, into: &actions)
    }
  }

  /// A line that is no command.
  private mutating func noteLine(_ line: Buffer, at now: Instant, into actions: inout [Action]) {
    switch exchange {
    case .authentication(let tag, var server): take(server.take(line), of: &server, tag, into: &actions)
    case .idle(let tag): noteIdleEnd(line, tag, into: &actions)
    case .commands, .appending: Invariant.broken("a line was read where a command stands")
    }
  }

  private mutating func note(_ answer: Answer, _ ticket: Ticket, at now: Instant, into actions: inout [Action]) {
    // An answer nobody waits for is no error.
    guard case .asked(ticket, let task) = work else { return }
    work = .none
    lastHeard = now
    if case .refused(let refusal) = answer { return note(refusal, of: task, into: &actions) }
    switch task {
    case .logIn(let tag): if case .done = answer { return noteLogin(tag) }
    case .plain(let tag, let name): if case .done = answer { return complete(tag, "\(name) completed", into: &actions) }
    case .list(let tag, let pattern, let isSubscribed):
      guard case .mailboxes(let mailboxes) = answer else { break }
      list(mailboxes, pattern, isSubscribed: isSubscribed)
      return complete(tag, isSubscribed ? "LSUB completed" : "LIST completed", into: &actions)
    case .status(let tag, let name, let items):
      guard case .status(let status) = answer else { break }
      tell(status, of: name, items)
      return complete(tag, "STATUS completed", into: &actions)
    case .select(let tag, let name, let access):
      if case .selected(let mailbox) = answer { return begin(mailbox, name, access, ticket, tag, into: &actions) }
    case .leave(let leaving): if case .done = answer { return noteLeft(leaving, into: &actions) }
    case .search(let tag, let numbering): if case .found(let found) = answer { return tell(found, numbering, tag, into: &actions) }
    case .fetch(let fetching): if case .fetched(let messages, let left) = answer { return tell(messages, leaving: left, fetching, into: &actions) }
    case .store(let tag, let store, let messages):
      if case .stored(let unchanged) = answer { return noteStored(store, messages, unchanged, tag, into: &actions) }
    case .copy(let tag, let isMove):
      if case .copied(let validity, let from, let to) = answer { return noteCopied(validity, from, to, isMove: isMove, tag, into: &actions) }
    case .expunge(let tag, let numbering): if case .expunged(let gone) = answer { return noteExpunged(gone, tag, numbering, into: &actions) }
    case .append(let appending): if case .done = answer { return noteAppendAccepted(appending) }
    case .appendContent(let appending, let isLast): if case .done = answer { return noteContentTaken(appending, isLast: isLast, into: &actions) }
    case .appendEnd(let appending):
      guard case .appended(let validity, let uid) = answer else { break }
      return complete(appending.tag, code: .appendUID(validity: validity, uid: uid), "APPEND completed", into: &actions)
    }
    Invariant.broken("the answer \(answer) to \(task)")
    finish("the server made a mistake", into: &actions)
  }

  private mutating func note(_ refusal: Refusal, of task: Task, into actions: inout [Action]) {
    switch task {
    case .logIn(let tag): noteRefusedLogin(tag, refusal, into: &actions)
    case .append(let appending): noteAppendRefused(appending, refusal, into: &actions)
    case .appendContent(let appending, let isLast): noteContentRefused(appending, refusal, isLast: isLast, into: &actions)
    case .plain(let tag, _), .list(let tag, _, _), .status(let tag, _, _), .select(let tag, _, _), .search(let tag, _), .store(let tag, _, _),
      .copy(let tag, _), .expunge(let tag, _):
      refuse(tag, refusal, into: &actions)
    case .appendEnd(let appending): refuse(appending.tag, refusal, into: &actions)
    case .fetch(let fetching): end(fetching, refused: refusal, into: &actions)
    // Whatever the owner could not do: the mailbox is left.
    case .leave(let leaving): noteLeft(leaving, into: &actions)
    }
  }
}
