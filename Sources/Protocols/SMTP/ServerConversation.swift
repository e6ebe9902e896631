// The server's half of one SMTP connection: which command is allowed when, what is answered, where a message begins and ends.
// Not here: who may send what to whom, what becomes of a message (the owner: MailServer), reading commands (Command.swift).
// Read next: ServerCommands.swift (the table of commands), ServerContent.swift (messages), ServerAuthentication.swift (TLS, AUTH),
// ServerClock.swift (deadlines, patience, ends).
public import Bytes
public import Mail
public import World

/// One SMTP connection, seen from the server.
///
/// The owner answers each question once with `.answered` and its ticket: a reply that refuses says no, any other says yes, in the words
/// of the reply. A right password is answered with `.authenticated`. A message is one ticket: `.message` asks whether it may come,
/// `.content` hands over its pieces, `.messageEnd` asks for the verdict, and what that says must be durable. `.abandoned` in between:
/// the message will not be whole, forget it.
public struct ServerConversation: StreamConversation {
  public enum Question: Sendable, Hashable {
    /// May this sender send? Not asked before hello, and on submission not before somebody has logged in.
    case sender(Ticket, Sender, Session)
    /// Is there such a recipient, for this sender? `<Postmaster>` comes as `ServerOptions.postmaster`.
    case recipient(Ticket, MailAddress, Sender, Session)
    /// Is it true? Answer with `.authenticated`, or with a refusal.
    case credentials(Ticket, SASL.Credentials, Session)
    /// May the message of this transaction come?
    case message(Ticket, Envelope, Session)
    /// A piece of the message: lines that end in CR LF, no dots added. Answer with `.contentTaken`, or at any time with a refusal,
    /// which is said at the message's end.
    case content(Ticket, Buffer)
    /// The message is whole. What becomes of it?
    case messageEnd(Ticket)
    /// Nobody waits for this message any more, or for its verdict.
    case abandoned(Ticket)
  }

  public enum Input: Sendable {
    // From the peer's bytes.
    /// A line, and whether more came behind it.
    case line(Buffer, isFollowed: Bool)
    case badLine(BadLine)
    /// Content of a message, dots taken out.
    case content(Buffer, isEnd: Bool)
    // From the connection.
    case connection(ConnectionEvent)
    // From the owner.
    case answered(Ticket, Reply)
    /// The credentials are right, and this is who it is.
    case authenticated(Ticket, user: String)
    /// This many bytes of the message need not be waited for any more.
    case contentTaken(Ticket, Int)
    /// Whoever says goodbye is answered with this from now on, whatever it is; nil: not at all. To see what clients do then.
    case farewell(Reply?)
  }

  /// Why a line is none.
  public enum BadLine: Sendable, Hashable {
    case tooLong
    case bare(LineFramer.LoneOctet, at: Int)
  }

  public typealias Action = StreamAction<Question>

  public static var dialect: Dialect { .smtp }

  /// Where the conversation is.
  enum State: Sendable {
    /// Not connected yet. Left by `opened`.
    case starting
    /// Greeted, or inside fresh TLS: the client has not said who it is. Left by EHLO, HELO.
    case greeted
    /// Between transactions. Left by MAIL, AUTH, STARTTLS.
    case ready
    /// The owner is asked about a sender. Left by its answer.
    case checkingSender(Ticket, Sender)
    /// A sender is named, recipients are collected in `transaction`. Left by DATA, BDAT, RSET, EHLO; by RCPT to `checkingRecipient`.
    case transaction
    /// The owner is asked about a recipient. Left by its answer.
    case checkingRecipient(Ticket, MailAddress)
    /// The owner is asked whether the message may come. Left by its answer.
    case beginning(Ticket, Framing)
    /// The message comes. Left by its end, RSET between chunks, or the connection's end.
    case receiving(Ticket, Framing)
    /// The message is whole, the owner decides. Left by its answer.
    case deciding(Ticket)
    /// A chunk nobody wants is read; then this is said. Left by its end.
    case skipping(then: Reply)
    /// The client is to say who it is. Left by its lines.
    case authenticating(SASL.Server)
    /// The owner looks at credentials. Left by its answer.
    case checkingCredentials(Ticket)
    /// TLS begins. Left by `secured`.
    case securing
    /// The client has said goodbye, and nobody answers. Left by the connection's end.
    case unanswered
    /// Everything is said. What still came may be half a response, which is a secret.
    case closed(insideExchange: Bool)
  }

  /// How a message's end is found.
  enum Framing: Sendable, Hashable {
    /// By a lone dot.
    case dots
    /// By counting: this chunk is the last, or not.
    case chunk(isLast: Bool)
    /// Between two chunks of one message.
    case betweenChunks
  }

  var state = State.starting
  var session: Session
  /// What was said about the message to come: made by MAIL, and gone as a whole with whatever ends the transaction.
  var transaction: Envelope?
  let options: ServerOptions
  let limits: Limits
  /// Said instead of a greeting.
  let refusal: Reply?
  var nextTicket = Ticket()

  // Reading.
  var framer: LineFramer
  var dots = DotStuffing.Decoder()
  /// Of the chunk that is being read.
  var chunkLeft: Int64 = 0
  var content: ContentProgress

  // Patience.
  var errors = 0
  var idleCommands = 0
  var longCommands = 0
  var failedAuthentications = 0
  var isRetired = false
  /// A refusal that is said late.
  var late: Reply?
  /// What goodbye is answered with; nil: nothing.
  var farewell: Reply? = .bye

  // Waiting.
  var isCongested = false
  /// Whom the deadline is for.
  var awaited = Awaited.nobody
  public internal(set) var deadline: Instant?
  /// How long the message may still take if nothing more of it comes.
  var contentPatience = Duration.zero

  /// A conversation that greets, or says `refusal` and closes.
  public init(_ options: ServerOptions, limits: Limits = Limits(), refusing refusal: Reply? = nil) {
    self.options = options
    self.limits = limits
    self.refusal = refusal
    session = Session(role: options.role, isEncrypted: options.tls == .fromTheStart)
    content = ContentProgress(role: options.role, limits: limits)
    // The longest line there may be is a response; commands are measured when they are there.
    framer = Self.framer(limits)
  }

  static func framer(_ limits: Limits) -> LineFramer {
    // RFC 5321 §2.3.8: lines end in CR LF only.
    LineFramer(LineRules(lineBytesMax: max(limits.commandBytesMax, limits.sasl.responseBytesMax + 2)))
  }

  public func input(for event: ConnectionEvent) -> Input? { .connection(event) }

  public var acceptsBytes: Bool {
    // RFC 2920 §3.2: replies come in the order of the commands, so nothing is read while one is undecided.
    guard late == nil, !isCongested else { return false }
    switch state {
    case .greeted, .ready, .transaction, .skipping, .authenticating: return true
    case .receiving: return content.untakenBytes < limits.contentUntakenBytesMax
    case .starting, .checkingSender, .checkingRecipient, .beginning, .deciding, .checkingCredentials, .securing, .unanswered, .closed: return false
    }
  }

  public var stateName: String {
    switch state {
    case .starting: "starting"
    case .greeted: "greeted"
    case .ready: "ready"
    case .checkingSender: "checking a sender"
    case .transaction: "transaction"
    case .checkingRecipient: "checking a recipient"
    case .beginning: "before a message"
    case .receiving(_, .betweenChunks): "between chunks"
    case .receiving: "receiving"
    case .deciding: "deciding"
    case .skipping: "skipping a chunk"
    case .authenticating: "authenticating"
    case .checkingCredentials: "checking credentials"
    case .securing: "securing"
    case .unanswered: "unanswered"
    case .closed: "closed"
    }
  }

  // MARK: Bytes

  public mutating func next(from bytes: inout Buffer) -> Input? {
    switch state {
    case .receiving(_, .dots): return nextOfText(&bytes)
    case .receiving(_, .chunk), .skipping: return nextOfChunk(&bytes)
    default:
      switch framer.next(from: &bytes) {
      case .line(let line): return .line(line, isFollowed: !bytes.isEmpty)
      case .tooLong: return .badLine(.tooLong)
      case .refused(let octet, let offset): return .badLine(.bare(octet, at: offset))
      case nil: return nil
      }
    }
  }

  private mutating func nextOfText(_ bytes: inout Buffer) -> Input? {
    guard !bytes.isEmpty else { return nil }
    var text = Buffer(capacity: bytes.count)
    let isEnd = dots.decode(&bytes, into: &text)
    return .content(text, isEnd: isEnd)
  }

  private mutating func nextOfChunk(_ bytes: inout Buffer) -> Input? {
    guard let piece = bytes.take(Int(clamping: min(chunkLeft, Int64(bytes.count)))), !piece.isEmpty else { return nil }
    chunkLeft -= Int64(piece.count)
    return .content(piece, isEnd: chunkLeft == 0)
  }

  // MARK: Events

  public mutating func handle(_ input: Input, at now: Instant, into actions: inout [Action]) {
    if case .closed = state { return }
    switch input {
    case .line(let line, let isFollowed): note(line, isFollowed: isFollowed, into: &actions)
    case .badLine(let bad): refuse(bad, into: &actions)
    case .content(let bytes, let isEnd): receive(bytes, isEnd: isEnd, into: &actions)
    case .answered(let ticket, let reply): take(reply, for: ticket, into: &actions)
    case .authenticated(let ticket, let user): welcome(user, for: ticket, into: &actions)
    case .contentTaken(let ticket, let count): noteTaken(count, for: ticket)
    case .farewell(let reply): farewell = reply
    case .connection(let event): note(event, at: now, into: &actions)
    }
    if isRetired, isBetweenTasks { finish(saying: .closingDown, into: &actions) }
    keepTime(after: input, at: now)
  }

  /// Whether nothing is under way that a service that ends would finish first.
  private var isBetweenTasks: Bool {
    switch state {
    case .greeted, .ready, .transaction, .authenticating: late == nil
    default: false
    }
  }

  private mutating func note(_ line: Buffer, isFollowed: Bool, into actions: inout [Action]) {
    if case .authenticating(let exchange) = state { return proceed(exchange, with: line, into: &actions) }
    do throws(Command.Fault) {
      let command = try Command(line, limits: limits)
      if line.count + 2 > limits.commandBytesMax {
        guard case .authenticate = command else { return refuse(.tooLong, into: &actions) }
      }
      if isFollowed, speaksTooSoon(behind: command) {
        actions.append(.problem("expected nothing behind this command before its answer (RFC 2920 §3.1)"))
        return finish(saying: .spokeTooSoon, into: &actions)
      }
      obey(command, into: &actions)
    } catch {
      if line.count + 2 > limits.commandBytesMax { return refuse(.tooLong, into: &actions) }
      actions.append(.problem("\(error)"))
      say(Reply(to: error), into: &actions)
    }
  }

  /// Whether a client that has said something behind `command` did not wait for what it must wait for.
  private func speaksTooSoon(behind command: Command) -> Bool {
    switch command {
    // RFC 3207 §4.2: what comes behind STARTTLS came from nobody knows whom.
    case .startTLS: options.tls == .offered && !session.isEncrypted
    // RFC 2920 §3.1: these end a group. Who does not wait for them does not care what we say: a program that pours mail out.
    case .hello, .authenticate, .data: session.user == nil && options.earlyBytes == .refused
    default: false
    }
  }

  private mutating func refuse(_ bad: BadLine, into actions: inout [Action]) {
    switch bad {
    case .bare(let octet, let offset):
      actions.append(.problem("expected CR LF, found a \(octet.rawValue) at byte \(offset) (RFC 5321 §2.3.8)"))
      if case .authenticating = state { return failAuthentication(.notUnderstood, into: &actions) }
      say(Reply(500, EnhancedCode(5, 5, 2), "Lines end in CR LF"), into: &actions)
    case .tooLong:
      if case .authenticating = state {
        actions.append(.problem("expected a response of at most \(limits.sasl.responseBytesMax) bytes (RFC 4954 §4)"))
        return failAuthentication(.responseTooLong, into: &actions)
      }
      actions.append(.problem("expected a command of at most \(limits.commandBytesMax) bytes (RFC 5321 §4.5.3.1.4)"))
      longCommands += 1
      if longCommands >= limits.longCommandsMax { return finish(saying: .tooManyErrors, into: &actions) }
      say(.lineTooLong, into: &actions)
    }
  }

  /// The owner's answer. One that nobody waits for any more is no error.
  private mutating func take(_ reply: Reply, for ticket: Ticket, into actions: inout [Action]) {
    switch state {
    case .checkingSender(ticket, let sender): decide(sender, reply, into: &actions)
    case .checkingRecipient(ticket, let recipient): decide(recipient, reply, into: &actions)
    case .checkingCredentials(ticket): failAuthentication(reply, into: &actions)
    case .beginning(ticket, let framing): begin(ticket, framing, reply, into: &actions)
    case .receiving(ticket, _): if reply.isRefusal { content.refusal = content.refusal ?? reply }
    case .deciding(ticket): give(reply, into: &actions)
    default: break
    }
  }
}
