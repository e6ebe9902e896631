// The server's half of one FTP session on its control connection: which command is allowed when, what is answered, and when it ends.
// Not here: files, users and data connections (the owner's: Servers/FileServer), what passes on a data connection (DataConversation).
// Read next: ServerCommands.swift (each command), ServerTransfers.swift (commands that move content), ReplyTo.swift.
public import Bytes
public import World

/// One session, seen from the server.
public struct ServerConversation: StreamConversation {
  /// What a server is told about itself.
  public struct Setting: Sendable, Hashable {
    /// How it introduces itself.
    public var greeting: String
    /// The names HOST may say; empty: any.
    public var hosts: [String]
    /// Whether AUTH TLS is offered.
    public var offersTLS: Bool
    /// Whether nobody comes in, and nothing passes, outside TLS.
    public var requiresTLS: Bool
    public var limits: Limits

    public init(greeting: String = "Netstead file server", hosts: [String] = [], offersTLS: Bool = false, requiresTLS: Bool = false, limits: Limits = Limits()) {
      self.greeting = greeting
      self.hosts = hosts
      self.offersTLS = offersTLS
      self.requiresTLS = requiresTLS
      self.limits = limits
    }
  }

  public enum Input: Sendable {
    // From the peer's bytes.
    case command(Command)
    /// What came is no command.
    case refused(SyntaxError)
    /// What came belongs to another protocol: somebody was led here.
    case foreign
    // From the connection.
    case connection(ConnectionEvent)
    // From the owner.
    case loggedIn(Ticket, LoginVerdict)
    case answered(Ticket, OperationOutcome)
    /// Where the client may call; nil: no port is free.
    case passiveOpened(Ticket, Endpoint?)
    /// File and data connection are ready. `size` of what is sent, where it is known; `name` that was found for a STOU.
    case transferBegan(Ticket, size: Int64?, name: [UInt8]?)
    case transferEnded(Ticket, TransferEnd)
  }

  public typealias Action = StreamAction<Question>

  public static var dialect: Dialect { .ftp }

  enum Phase: Sendable {
    /// A command is awaited. Leaves by one that takes a while, by silence, by QUIT.
    case ready
    /// The owner looks something up. Leaves when the answer with this ticket comes.
    case asking(Ticket, Pending)
    /// A password was wrong; the answer is held back until then.
    case penance(until: Instant)
    /// Content moves, or a data connection for it is awaited. Leaves when the owner says how it ended.
    case transferring(Transfer)
    /// AUTH was answered; the handshake is under way.
    case securing
    /// Everything is said.
    case closed
  }

  /// What an answer is awaited for.
  enum Pending: Sendable, Hashable {
    case login(String)
    case entering(TreePath)
    case making(TreePath)
    case removing
    case renameSource(TreePath)
    case renaming
    case size
    case modified
    case facts(TreePath)
    case listing(TreePath)
    case space
    case settingTime(Instant, TreePath)
    case passive(isExtended: Bool)
  }

  /// A transfer that has not ended.
  struct Transfer: Sendable, Hashable {
    var ticket: Ticket
    var order: TransferOrder
    var hasBegun = false
    /// When file and data connection must be there.
    var beginDeadline: Instant
    /// Whether they were not, so that it is being broken off.
    var isLate = false
    /// Whether ABOR came: its own reply follows the transfer's.
    var isAborting = false
  }

  /// Who is there.
  enum Login: Sendable, Hashable {
    case nobody
    /// A name was said, the password is awaited.
    case named(String)
    case user(String)
  }

  var phase = Phase.ready
  var login = Login.nobody
  var folder = TreePath.root
  var type = ContentType.text
  var way: DataWay?
  /// Where the next transfer begins; nil: REST was not said.
  var restart: Int64?
  var renameSource: TreePath?
  /// After EPSV ALL no other way to a data connection is allowed.
  var isExtendedOnly = false
  var isSecured: Bool
  var hasBufferSize = false
  var isProtected = false
  var facts = FactName.allCases
  /// Commands that came while a transfer is under way.
  var held: [Command] = []
  var strayCommands = 0
  var wrongPasswords = 0
  var failedEntries = 0
  var isRetired = false
  private var isCongested = false
  var nextTicket = Ticket()
  /// Since when the client is silent.
  private var quietSince = Instant(nanoseconds: 0)
  /// Until when somebody must have logged in.
  private var loginDeadline = Instant(nanoseconds: .max)
  private var framer: LineFramer
  /// The control connection's peer: the only one whom content is sent to.
  let peer: Address
  let setting: Setting
  var limits: Limits { setting.limits }

  /// A session with the client at `peer`. `isSecured`: the connection was inside TLS from its start.
  public init(peer: Address, setting: Setting = Setting(), isSecured: Bool = false) {
    self.peer = peer
    self.setting = setting
    self.isSecured = isSecured
    // Differs from RFC 959 §5.3.1: a bare LF is refused, since programs disagree about whether it ends a command.
    framer = LineFramer(LineRules(lineBytesMax: setting.limits.lineBytesMax, bareLineFeed: .refused, bareCarriageReturn: .isContent))
  }

  public var acceptsBytes: Bool {
    guard !isCongested else { return false }
    switch phase {
    // RFC 959 §5.4: replies come in the order of the commands, so nothing is read while one is undecided; but ABOR must be heard.
    case .ready: return held.isEmpty
    case .transferring: return held.count < limits.heldCommandsMax
    case .asking, .penance, .securing, .closed: return false
    }
  }

  public var stateName: String {
    switch phase {
    case .ready:
      switch login {
      case .nobody: "not logged in"
      case .named: "password awaited"
      case .user: "idle"
      }
    case .asking(_, .login), .penance: "logging in"
    case .asking: "looking"
    case .transferring(let transfer): transfer.hasBegun ? "transferring" : "data connection awaited"
    case .securing: "TLS handshake"
    case .closed: "closed"
    }
  }

  public var deadline: Instant? {
    switch phase {
    case .closed, .securing: return nil
    case .penance(let until): return until
    case .transferring(let transfer): return transfer.hasBegun || transfer.isLate ? nil : transfer.beginDeadline
    // What the owner looks up has bounds of its own, and so has content that moves.
    case .asking: return nil
    case .ready:
      let silence = quietSince + limits.idleTimeout
      if case .user = login { return silence }
      return min(silence, loginDeadline)
    }
  }

  public static func secrets(in bytes: Buffer) -> [Range<Int>] {
    // `PASS `, `ACCT `, with whatever Telnet put before it.
    guard let space = bytes.firstIndex(of: 0x20), space >= 4 else { return [] }
    let verb = bytes[(space - 4)..<space].array.map { $0 & 0xDF }
    guard verb == Array("PASS".utf8) || verb == Array("ACCT".utf8) else { return [] }
    var end = bytes.count
    while end > space + 1, let last = bytes[at: end - 1], last == 0x0D || last == 0x0A { end -= 1 }
    return [(space + 1)..<end]
  }

  // MARK: Bytes

  public mutating func next(from bytes: inout Buffer) -> Input? {
    switch framer.next(from: &bytes) {
    case nil: return nil
    case .line(let line):
      if login == .nobody, Self.isForeign(line) { return .foreign }
      do throws(SyntaxError) { return .command(try Command(reading: line)) } catch { return .refused(error) }
    case .refused(let octet, let offset):
      return .refused(SyntaxError(expected: "CR LF at the line's end", found: octet.rawValue, at: offset, rule: "RFC 959 §5.3.1"))
    case .tooLong:
      return .refused(SyntaxError(expected: "a command within \(limits.lineBytesMax) bytes", at: limits.lineBytesMax, rule: "RFC 959 §5.3"))
    }
  }

  /// Whether a line is the beginning of another protocol: a browser that was made to speak to us must not get a session.
  static func isForeign(_ line: Buffer) -> Bool {
    let word = line[0..<8].text.prefix { $0 != " " }
    return word.hasPrefix("SSH-") || ["GET", "POST", "HEAD", "PUT", "OPTIONS", "CONNECT", "DELETE", "PATCH", "TRACE", "PRI"].contains(word)
  }

  public func input(for event: ConnectionEvent) -> Input? { .connection(event) }

  // MARK: Events

  public mutating func handle(_ input: Input, at now: Instant, into actions: inout [Action]) {
    if case .closed = phase { return }
    switch input {
    case .command(let command):
      quietSince = now
      take(command, at: now, into: &actions)
    case .refused(let error):
      quietSince = now
      actions.append(.problem("\(error)"))
      // A line that is too long or cut in two is no command of its own between a transfer's replies either.
      refuse(Reply(500, "Expected \(error.expected)."), into: &actions)
    case .foreign:
      actions.append(.problem("another protocol's words came first"))
      finish(saying: Reply(421, "This is an FTP server."), into: &actions)
    case .connection(let event): note(event, at: now, into: &actions)
    case .loggedIn(let ticket, let verdict): noteLogin(ticket, verdict, at: now, into: &actions)
    case .answered(let ticket, let outcome): noteAnswer(ticket, outcome, into: &actions)
    case .passiveOpened(let ticket, let endpoint): notePassive(ticket, endpoint, into: &actions)
    case .transferBegan(let ticket, let size, let name): noteBegin(ticket, size, name, into: &actions)
    case .transferEnded(let ticket, let end): noteEnd(ticket, end, at: now, into: &actions)
    }
    obeyHeld(at: now, into: &actions)
  }

  private mutating func note(_ event: ConnectionEvent, at now: Instant, into actions: inout [Action]) {
    switch event {
    case .opened:
      quietSince = now
      loginDeadline = now + limits.loginTimeout
      say(Reply(220, setting.greeting), into: &actions)
    case .secured:
      guard case .securing = phase else { return }
      phase = .ready
      quietSince = now
      loginDeadline = now + limits.loginTimeout
      isSecured = true
    case .deadlineReached: reachDeadline(at: now, into: &actions)
    // RFC 959 §3.2: with the control connection goes the data connection.
    case .peerClosed, .lost: finish(saying: nil, into: &actions)
    case .retired:
      isRetired = true
      if case .ready = phase { finish(saying: Reply(421, "The server shuts down."), into: &actions) }
    case .congested: isCongested = true
    case .relieved: isCongested = false
    }
  }

  private mutating func reachDeadline(at now: Instant, into actions: inout [Action]) {
    switch phase {
    case .penance(let until) where until <= now:
      phase = .ready
      quietSince = now
      say(Reply(530, "Login incorrect."), into: &actions)
      if wrongPasswords >= limits.loginTriesMax { finish(saying: Reply(421, "Too many wrong passwords."), into: &actions) }
    case .ready where (deadline ?? now) <= now:
      if case .user = login {
        finish(saying: Reply(421, "Silent for too long."), into: &actions)
      } else {
        finish(saying: Reply(421, "Nobody has logged in."), into: &actions)
      }
    case .transferring(var transfer) where (deadline ?? now) <= now && !transfer.hasBegun:
      transfer.isLate = true
      phase = .transferring(transfer)
      actions.append(.ask(.abort(transfer.ticket)))
    default: break
    }
  }

  /// Begins anew, as if just connected.
  mutating func reset(at now: Instant, into actions: inout [Action]) {
    if way == .passive { actions.append(.ask(.closePassive)) }
    if login != .nobody { actions.append(.ask(.logout)) }
    (login, folder, type, way, restart, renameSource) = (.nobody, .root, .text, nil, nil, nil)
    (isExtendedOnly, hasBufferSize, isProtected, facts) = (false, false, false, FactName.allCases)
    loginDeadline = now + limits.loginTimeout
  }

  /// From now on silence counts anew.
  mutating func renewSilence(at now: Instant) { quietSince = now }

  // MARK: Speaking

  func say(_ reply: Reply, into actions: inout [Action]) { actions.append(.send(reply.bytes)) }

  /// Answers a command that was none, or came when it must not. Before a login they are counted.
  mutating func refuse(_ reply: Reply, into actions: inout [Action]) {
    say(reply, into: &actions)
    if case .user = login { return }
    strayCommands += 1
    if strayCommands >= limits.strayCommandsMax { finish(saying: Reply(421, "Too many commands without a login."), into: &actions) }
  }

  mutating func finish(saying last: Reply?, into actions: inout [Action]) {
    if let last { say(last, into: &actions) }
    phase = .closed
    held = []
    actions.append(.ask(.ended))
    actions.append(.close(.afterFlush))
  }

  /// Does what came during a transfer, as far as nothing is awaited again.
  private mutating func obeyHeld(at now: Instant, into actions: inout [Action]) {
    while case .ready = phase, !held.isEmpty { obey(held.removeFirst(), at: now, into: &actions) }
    // An ABOR that waited behind another transfer is about this one.
    if case .transferring(let transfer) = phase, !transfer.isAborting, let index = held.firstIndex(where: { $0.verb == .abor }) {
      held.remove(at: index)
      abort(transfer, into: &actions)
    }
    if case .ready = phase, isRetired { finish(saying: Reply(421, "The server shuts down."), into: &actions) }
  }
}
