// How long a server waits, how many faults it bears, and how a connection ends.
// Read before: ServerConversation.swift.
public import Bytes
import World

extension ServerConversation {
  /// Whom a conversation waits for.
  enum Awaited: Sendable, Hashable {
    case nobody
    /// The client, to say something.
    case command
    /// The owner.
    case answer
    /// Both, to agree on keys.
    case handshake
    /// The client, to take what was sent.
    case room
  }

  // MARK: Replies

  /// Says something.
  mutating func say(_ text: String, into actions: inout [Action]) { actions.append(.send(Buffer(text + "\r\n"))) }

  /// Says that something is the client's fault.
  mutating func fault(_ text: String, into actions: inout [Action]) {
    faults += 1
    if faults >= (maildrop == nil ? limits.faultsBeforeLoginMax : limits.faultsMax) { return finish(saying: text, into: &actions) }
    say(text, into: &actions)
  }

  /// Says the last thing, and is done.
  mutating func finish(saying last: String?, _ closing: Closing = .afterFlush, into actions: inout [Action]) {
    switch state {
    // What `.update` was asked for is done, whether somebody waits for it or not.
    case .updating: break
    case .checkingLogin: actions.append(.ask(.released))
    default: if maildrop != nil { actions.append(.ask(.released)) }
    }
    maildrop = nil
    if let last { say(last, into: &actions) }
    actions.append(.close(closing))
    state = .closed(insideExchange: isInsideExchange)
  }

  // MARK: The connection

  mutating func note(_ event: ConnectionEvent, into actions: inout [Action]) {
    switch event {
    case .opened:
      if let refusal { return finish(saying: "-ERR [SYS/TEMP] \(refusal)", into: &actions) }
      state = .authorization(user: nil)
      say("+OK \(options.name) POP3", into: &actions)
    case .secured: noteSecured()
    case .peerClosed: finish(saying: nil, into: &actions)
    case .lost: finish(saying: nil, .now, into: &actions)
    case .retired: isRetired = true
    case .congested: isCongested = true
    case .relieved:
      isCongested = false
      resume(into: &actions)
    case .deadlineReached:
      switch awaited {
      case .nobody: break
      // RFC 1939 §3: without a word, and without deleting anything.
      case .command: finish(saying: nil, into: &actions)
      case .answer:
        // In the middle of a message words would be taken for its lines.
        if case .sending(let sending) = state, sending.offset > 0 { return finish(saying: nil, .now, into: &actions) }
        finish(saying: "-ERR [SYS/TEMP] Something is wrong here; try again later", into: &actions)
      case .handshake, .room: finish(saying: nil, .now, into: &actions)
      }
    }
  }

  /// A service that ends lets what is under way be finished, and begins nothing.
  mutating func retireIfIdle(into actions: inout [Action]) {
    guard isRetired else { return }
    switch state {
    case .authorization, .authenticating, .transaction: finish(saying: "-ERR [SYS/TEMP] Closing down; try again later", into: &actions)
    default: break
    }
  }

  // MARK: Deadlines

  private var awaitedNow: Awaited {
    switch state {
    case .starting, .closed: .nobody
    case .authorization, .authenticating, .transaction: isCongested ? .room : .command
    case .sending(let sending): sending.asked == nil ? .room : .answer
    case .checkingLogin, .updating: .answer
    case .securing: .handshake
    }
  }

  /// Sets the deadline for what is awaited from here on.
  mutating func keepTime(after input: Input, at now: Instant) {
    let before = awaited
    awaited = awaitedNow
    switch awaited {
    case .nobody: deadline = nil
    case .command: deadline = now + (maildrop == nil ? limits.loginTimeout : limits.commandTimeout)
    case .answer:
      if case .piece = input { deadline = now + limits.answerTimeout }
      if before != .answer { deadline = now + limits.answerTimeout }
    case .handshake: if before != .handshake { deadline = now + limits.handshakeTimeout }
    case .room: if before != .room { deadline = now + limits.writeTimeout }
    }
  }
}

extension ServerConversation {
  public static func secrets(in bytes: Buffer) -> [Range<Int>] { Secrets.ranges(in: bytes) }

  public func secretsNow(in bytes: Buffer, sent: Bool) -> [Range<Int>] {
    if !sent, isInsideExchange { return [0..<bytes.count] }
    return Self.secrets(in: bytes)
  }

  /// Whether what the client says is a response, which is a secret as a whole.
  var isInsideExchange: Bool {
    switch state {
    case .authenticating, .closed(insideExchange: true): true
    default: false
    }
  }
}

/// Where secrets stand in lines of POP3.
enum Secrets {
  /// Passwords, and the initial responses of AUTH commands.
  // RFC 1939 §7, RFC 5034 §4
  static func ranges(in bytes: Buffer) -> [Range<Int>] {
    let end = bytes.firstIndex(of: 0x0D) ?? bytes.firstIndex(of: 0x0A) ?? bytes.count
    let keyword = bytes[0..<5].text.uppercased()
    if keyword == "PASS ", end > 5 { return [5..<end] }
    guard keyword == "AUTH ", let start = bytes.firstIndex(of: 0x20, from: 5), start + 1 < end else { return [] }
    return [(start + 1)..<end]
  }
}
