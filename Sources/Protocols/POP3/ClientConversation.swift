// The client's half of one POP3 connection: begins TLS, logs in, then does one order after the other.
// Not here: what is fetched and what is deleted (the owner).
// Read next: ClientSession.swift (until the mailbox is open), ClientOrders.swift.
public import Bytes
import Mail
public import World

/// One POP3 connection, seen from the client.
///
/// When the mailbox is open the owner hears `.ready`, and gives an order; with each `.answered` it may give the next. A message comes in
/// `.content` pieces before its answer. The connection's last word is `.ended`.
public struct ClientConversation: StreamConversation {
  public enum Question: Sendable, Hashable {
    /// The mailbox is open: an order may be given.
    case ready
    /// A piece of the message that was ordered. Answer with `.contentTaken`.
    case content(Buffer)
    /// What came of the order.
    case answered(Answer)
    /// The connection is over; nil: with a farewell, and what was marked is deleted.
    case ended(Failure?)
  }

  public enum Input: Sendable {
    // From the peer's bytes.
    /// A line by itself, and whether more came behind it.
    case line(Buffer, isFollowed: Bool)
    /// The next line of a listing; nil: its end, and whether more came behind it.
    case listed(Buffer?, isFollowed: Bool)
    /// A piece of a message.
    case content(Buffer, isEnd: Bool)
    /// What came is no answer.
    case broken(String)
    // From the connection.
    case connection(ConnectionEvent)
    // From the owner.
    case order(Order)
    /// This many bytes of the message need not be waited for any more.
    case contentTaken(Int)
  }

  public typealias Action = StreamAction<Question>

  public static var dialect: Dialect { .pop3 }

  /// Where the conversation is.
  enum State: Sendable {
    /// Not connected yet. Left by `opened`.
    case starting
    case greeting
    /// CAPA was said.
    case askingCapabilities
    /// STLS was said.
    case startingTLS
    /// TLS begins. Left by `secured`.
    case securing
    /// USER was said.
    case namingUser
    /// PASS was said.
    case sayingPassword
    /// AUTH, or an answer to a challenge, was said.
    case authenticating(SASL.Client)
    /// The mailbox is open. Left by an order.
    case idle
    /// An order was said.
    case ordered(Order)
    /// QUIT was said.
    case leaving
    /// Everything is said.
    case closed
  }

  /// What the next bytes are.
  enum Reading: Sendable {
    case line
    case listing
    case message
  }

  var state = State.starting
  var reading = Reading.line
  let options: ClientOptions
  let limits: Limits
  var isEncrypted: Bool
  private var framer: LineFramer
  var dots = DotStuffing.Decoder()
  /// What has been listed so far, and how many lines that were.
  var capabilities: [String] = []
  var sizes: [Listed<Int64>] = []
  var uniqueIDs: [Listed<String>] = []
  var listedLines = 0
  /// Handed to the owner and not yet taken. Unit: bytes.
  var untakenBytes = 0
  public internal(set) var deadline: Instant?

  public init(_ options: ClientOptions, limits: Limits = Limits()) {
    self.options = options
    self.limits = limits
    isEncrypted = options.tls == .fromTheStart
    framer = LineFramer(LineRules(lineBytesMax: limits.answerLineBytesMax, pastTheBound: .fails))
  }

  public func input(for event: ConnectionEvent) -> Input? { .connection(event) }

  public var acceptsBytes: Bool {
    switch state {
    case .starting, .securing, .closed: false
    default: untakenBytes < limits.contentUntakenBytesMax
    }
  }

  public var stateName: String {
    switch state {
    case .starting: "starting"
    case .greeting: "awaiting the greeting"
    case .askingCapabilities: "asking for capabilities"
    case .startingTLS: "beginning TLS"
    case .securing: "securing"
    case .namingUser, .sayingPassword, .authenticating: "authenticating"
    case .idle: "idle"
    case .ordered: "ordered"
    case .leaving: "leaving"
    case .closed: "closed"
    }
  }

  public mutating func next(from bytes: inout Buffer) -> Input? {
    if reading == .message {
      guard !bytes.isEmpty else { return nil }
      var text = Buffer(capacity: bytes.count)
      let isEnd = dots.decode(&bytes, into: &text)
      return .content(text, isEnd: isEnd)
    }
    switch framer.next(from: &bytes) {
    case .line(let line):
      guard reading == .listing else { return .line(line, isFollowed: !bytes.isEmpty) }
      // RFC 1939 §3: a lone dot ends it, and a dot in front of another is no text.
      if line == "." { return .listed(nil, isFollowed: !bytes.isEmpty) }
      return .listed(line[at: 0] == UInt8(ascii: ".") ? line[1..<line.count] : line, isFollowed: !bytes.isEmpty)
    case .tooLong: return .broken("expected a line of at most \(limits.answerLineBytesMax) bytes (RFC 1939 §3)")
    case .refused(let octet, let offset): return .broken("expected CR LF, found a \(octet.rawValue) at byte \(offset) (RFC 1939 §3)")
    case nil: return nil
    }
  }

  // MARK: Events

  public mutating func handle(_ input: Input, at now: Instant, into actions: inout [Action]) {
    if case .closed = state { return }
    switch input {
    case .line(let line, let isFollowed): take(line, isFollowed: isFollowed, into: &actions)
    case .listed(let line, let isFollowed): note(listed: line, isFollowed: isFollowed, into: &actions)
    case .content(let bytes, let isEnd): hand(bytes, isEnd: isEnd, into: &actions)
    case .broken(let why): breakOff(why, into: &actions)
    case .order(let order): obey(order, into: &actions)
    case .contentTaken(let count): untakenBytes = max(0, untakenBytes - max(0, count))
    case .connection(let event): note(event, into: &actions)
    }
    keepTime(at: now)
  }

  private mutating func take(_ line: Buffer, isFollowed: Bool, into actions: inout [Action]) {
    if case .authenticating(let exchange) = state, line[at: 0] == UInt8(ascii: "+"), line.count == 1 || line[at: 1] == 0x20 {
      // RFC 5034 §4: a challenge.
      return proceed(exchange, with: line[2..<max(2, line.count)], into: &actions)
    }
    guard let status = Status(line) else { return breakOff("expected +OK or -ERR, found \(line[0..<min(line.count, 32)]) (RFC 1939 §3)", into: &actions) }
    switch state {
    case .greeting: noteGreeting(status, into: &actions)
    case .askingCapabilities: noteCapabilities(status, into: &actions)
    case .startingTLS: noteTLS(status, isFollowed: isFollowed, into: &actions)
    case .namingUser: noteUser(status, into: &actions)
    case .sayingPassword, .authenticating: noteLogin(status, into: &actions)
    case .ordered(let order): note(status, of: order, into: &actions)
    case .leaving: noteFarewell(status, into: &actions)
    case .idle: breakOff("an answer nobody asked for: \(line[0..<min(line.count, 32)])", into: &actions)
    case .starting, .securing, .closed: break
    }
  }

  private mutating func note(_ event: ConnectionEvent, into actions: inout [Action]) {
    switch event {
    case .opened: state = .greeting
    case .secured: noteSecured(into: &actions)
    case .peerClosed, .lost: fail(.lost(at: step), into: &actions)
    case .retired: if case .idle = state { leave(into: &actions) }
    case .congested, .relieved: break
    case .deadlineReached: if case .idle = state { leave(into: &actions) } else { fail(.silent(at: step), into: &actions) }
    }
  }

  // MARK: Ends

  /// How far it has come.
  private var step: Step {
    switch state {
    case .starting, .greeting, .closed: .greeting
    case .askingCapabilities: .capabilities
    case .startingTLS: .startTLS
    case .securing: .handshake
    case .namingUser, .sayingPassword, .authenticating: .login
    case .idle: .idle
    case .ordered: .order
    case .leaving: .farewell
    }
  }

  /// Says a command.
  mutating func say(_ command: String, into actions: inout [Action]) { actions.append(.send(Buffer(command + "\r\n"))) }

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
    switch failure {
    case .refused, .tlsUnavailable, .loginUnavailable:
      say("QUIT", into: &actions)
      end(failure, .afterFlush, into: &actions)
    case .lost, .silent, .broken: end(failure, .now, into: &actions)
    }
  }

  mutating func end(_ failure: Failure?, _ closing: Closing, into actions: inout [Action]) {
    actions.append(.ask(.ended(failure)))
    actions.append(.close(closing))
    state = .closed
  }

  /// Sets the deadline for what is awaited from here on.
  private mutating func keepTime(at now: Instant) {
    let patience: Duration? =
      switch state {
      case .starting, .closed: nil
      case .securing: limits.handshakeTimeout
      case .idle: limits.idleTimeout
      case .leaving: limits.farewellTimeout
      // While the owner is behind the server is not the one who is slow.
      default: acceptsBytes ? limits.replyTimeout : nil
      }
    deadline = patience.map { now + $0 }
  }
}

/// The first line of an answer.
// RFC 1939 §3, RFC 2449 §8
enum Status: Sendable, Hashable {
  case ok(String)
  case refused(Refusal)

  init?(_ line: Buffer) {
    let text = line.text
    let word = text.prefix { $0 != " " }
    var rest = text[word.endIndex...].drop { $0 == " " }
    switch word {
    case "+OK": self = .ok(String(rest))
    case "-ERR":
      var code: String?
      if rest.first == "[", let end = rest.firstIndex(of: "]") {
        code = rest[rest.index(after: rest.startIndex)..<end].uppercased()
        rest = rest[rest.index(after: end)...].drop { $0 == " " }
      }
      self = .refused(Refusal(code: code, String(rest)))
    default: return nil
    }
  }
}
