// The client's half of one SMTP connection: says hello, begins TLS, logs in, hands over messages one after the other.
// Not here: which server for whom, when to try again (the owner: MailServer, or a user's program).
// Read next: ClientSession.swift (until mail may be sent), ClientTransaction.swift (envelopes), ClientContent.swift (messages).
public import Bytes
import Mail
public import World

/// One SMTP connection, seen from the client.
///
/// When mail may be sent the owner is asked `.ready`, and answers with `.deliver` or `.quit`; after each message it hears `.delivered`,
/// then `.ready` again. The connection's last word is `.ended`. Stretches of files are asked for with `.read`; the answer `.piece` shall
/// come through `Answers`, not at once, so that a slow peer is felt in between.
public struct ClientConversation: StreamConversation {
  public enum Question: Sendable, Equatable {
    /// A message may be handed over.
    case ready(Peer)
    /// These bytes are wanted, all of them.
    case read(Ticket, FileSlice)
    /// What became of the message, for each recipient in the delivery's order.
    case delivered([Fate])
    /// The connection is over; nil: with a farewell.
    case ended(Failure?)
  }

  public enum Input: Sendable {
    // From the peer's bytes.
    /// A reply, and whether more came behind it.
    case reply(Reply, isFollowed: Bool)
    /// What came is no reply.
    case broken(String)
    // From the connection.
    case connection(ConnectionEvent)
    // From the owner.
    case deliver(Delivery)
    /// What was asked for; less of it: it cannot be read.
    case piece(Ticket, Buffer)
    /// Say goodbye when the message under way is done.
    case quit
  }

  public typealias Action = StreamAction<Question>

  public static var dialect: Dialect { .smtp }

  /// Where the conversation is.
  enum State: Sendable {
    /// Not connected yet. Left by `opened`.
    case starting
    /// The greeting is awaited.
    case greeting
    /// EHLO or HELO was said.
    case hello(isExtended: Bool)
    /// STARTTLS was said.
    case startingTLS
    /// TLS begins. Left by `secured`.
    case securing
    /// AUTH, or an answer to a challenge, was said.
    case authenticating(SASL.Client)
    /// Mail may be sent. Left by `deliver`, `quit`.
    case idle
    /// Sender and recipients are being said.
    case transaction
    /// DATA was said.
    case awaitingLeave
    /// The message is on its way.
    case sending
    /// The message has been sent.
    case awaitingVerdict
    /// RSET was said, since a transaction came to nothing.
    case resetting
    /// QUIT was said.
    case leaving
    /// Everything is said.
    case closed
  }

  var state = State.starting
  let options: ClientOptions
  let limits: Limits
  private var reader: ReplyReader
  /// The server, as it last presented itself.
  var peer: Peer?
  var isEncrypted: Bool
  /// The message under way, and what has become of it.
  var transfer: Transfer?
  var nextTicket = Ticket()
  var isCongested = false
  /// Whether to leave when nothing is under way.
  var wantsToLeave = false
  public internal(set) var deadline: Instant?

  public init(_ options: ClientOptions, limits: Limits = Limits()) {
    self.options = options
    self.limits = limits
    reader = ReplyReader(limits: limits)
    isEncrypted = options.tls == .fromTheStart
  }

  public func input(for event: ConnectionEvent) -> Input? { .connection(event) }

  public var acceptsBytes: Bool {
    switch state {
    case .starting, .securing, .closed: false
    default: true
    }
  }

  public var stateName: String {
    switch state {
    case .starting: "starting"
    case .greeting: "awaiting the greeting"
    case .hello: "hello"
    case .startingTLS: "beginning TLS"
    case .securing: "securing"
    case .authenticating: "authenticating"
    case .idle: "idle"
    case .transaction: "transaction"
    case .awaitingLeave: "before the message"
    case .sending: "sending"
    case .awaitingVerdict: "awaiting the verdict"
    case .resetting: "resetting"
    case .leaving: "leaving"
    case .closed: "closed"
    }
  }

  public mutating func next(from bytes: inout Buffer) -> Input? {
    switch reader.next(from: &bytes) {
    case .reply(let reply): .reply(reply, isFollowed: !bytes.isEmpty)
    case .broken(let why): .broken(why)
    case nil: nil
    }
  }

  // MARK: Events

  public mutating func handle(_ input: Input, at now: Instant, into actions: inout [Action]) {
    if case .closed = state { return }
    switch input {
    case .reply(let reply, let isFollowed): take(reply, isFollowed: isFollowed, into: &actions)
    case .broken(let why): breakOff(why, into: &actions)
    case .deliver(let delivery): begin(delivery, into: &actions)
    case .piece(let ticket, let bytes): send(bytes, for: ticket, into: &actions)
    case .quit: leaveSoon(into: &actions)
    case .connection(let event): note(event, into: &actions)
    }
    keepTime(after: input, at: now)
  }

  private mutating func take(_ reply: Reply, isFollowed: Bool, into actions: inout [Action]) {
    // RFC 5321 §3.8: a server that has to close says so whenever it likes.
    if reply.code == 421, !isLeaving { return fail(.closing(reply, at: step), into: &actions) }
    switch state {
    case .greeting: noteGreeting(reply, into: &actions)
    case .hello(let isExtended): noteHello(reply, isExtended: isExtended, isFollowed: isFollowed, into: &actions)
    case .startingTLS: noteTLS(reply, isFollowed: isFollowed, into: &actions)
    case .authenticating(let exchange): proceed(exchange, with: reply, into: &actions)
    case .transaction: noteEnvelope(reply, into: &actions)
    case .awaitingLeave: noteLeave(reply, into: &actions)
    case .sending: noteEarlyVerdict(reply, into: &actions)
    case .awaitingVerdict: noteVerdict(reply, into: &actions)
    case .resetting: finishTransfer(into: &actions)
    case .leaving: end(nil, .afterFlush, into: &actions)
    case .idle: breakOff("a reply nobody asked for: \(reply)", into: &actions)
    case .starting, .securing, .closed: break
    }
  }

  private mutating func note(_ event: ConnectionEvent, into actions: inout [Action]) {
    switch event {
    case .opened: state = .greeting
    case .secured: noteSecured(into: &actions)
    case .peerClosed, .lost:
      if isLeaving { return end(nil, .afterFlush, into: &actions) }
      fail(.lost(at: step), into: &actions)
    case .deadlineReached: noteDeadline(into: &actions)
    case .retired: leaveSoon(into: &actions)
    case .congested: isCongested = true
    case .relieved:
      isCongested = false
      sendContent(into: &actions)
    }
  }

  // MARK: Ends

  /// How far it has come.
  var step: Step {
    switch state {
    case .starting, .greeting, .closed: .greeting
    case .hello: .hello
    case .startingTLS: .startTLS
    case .securing: .handshake
    case .authenticating: .authentication
    case .idle, .resetting: .idle
    case .transaction: transfer?.isSenderAccepted == true ? .recipient : .sender
    case .awaitingLeave: .data
    case .sending: .content
    case .awaitingVerdict: .verdict
    case .leaving: .farewell
    }
  }

  /// Says a command.
  func say(_ command: String, into actions: inout [Action]) { actions.append(.send(Buffer(command + "\r\n"))) }

  private var isLeaving: Bool { if case .leaving = state { true } else { false } }

  private mutating func leaveSoon(into actions: inout [Action]) {
    wantsToLeave = true
    if case .idle = state { leave(into: &actions) }
  }

  mutating func leave(into actions: inout [Action]) {
    say("QUIT", into: &actions)
    state = .leaving
  }

  /// The server broke the protocol: nothing it says can be understood any more.
  mutating func breakOff(_ why: String, into actions: inout [Action]) {
    actions.append(.problem(why))
    fail(.broken(why, at: step), into: &actions)
  }

  /// The connection comes to nothing.
  mutating func fail(_ failure: Failure, into actions: inout [Action]) {
    if let transfer { actions.append(.ask(.delivered(transfer.fates(otherwise: .undecided(failure))))) }
    transfer = nil
    switch failure {
    // RFC 5321 §3.1, §4.1.1.10: who was refused says goodbye all the same.
    case .refused, .tlsUnavailable, .authenticationUnavailable:
      say("QUIT", into: &actions)
      end(failure, .afterFlush, into: &actions)
    case .closing: end(failure, .afterFlush, into: &actions)
    case .lost, .silent, .broken, .unreadable: end(failure, .now, into: &actions)
    }
  }

  mutating func end(_ failure: Failure?, _ closing: Closing, into actions: inout [Action]) {
    actions.append(.ask(.ended(failure)))
    actions.append(.close(closing))
    state = .closed
  }

  private mutating func noteDeadline(into actions: inout [Action]) {
    switch state {
    case .idle: leave(into: &actions)
    case .leaving: end(nil, .now, into: &actions)
    default: fail(.silent(at: step), into: &actions)
    }
  }

  /// Sets the deadline for what is awaited from here on.
  private mutating func keepTime(after input: Input, at now: Instant) {
    // What the carrier says about its queue is no word of the server.
    if case .connection(.congested) = input, deadline != nil { return }
    let patience: Duration? =
      switch state {
      case .starting, .closed: nil
      case .greeting: limits.greetingTimeout
      case .hello, .startingTLS, .authenticating, .transaction, .resetting: limits.replyTimeout
      case .securing: limits.handshakeTimeout
      case .idle: limits.idleTimeout
      case .awaitingLeave: limits.dataTimeout
      case .sending: limits.writeTimeout
      case .awaitingVerdict: limits.verdictTimeout
      case .leaving: limits.farewellTimeout
      }
    deadline = patience.map { now + $0 }
  }
}
