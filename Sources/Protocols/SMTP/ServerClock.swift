// How long a server waits, how patient it is with faults, and how a connection ends.
// Read before: ServerConversation.swift.
import Bytes
import World

extension ServerConversation {
  /// Whom a conversation waits for.
  enum Awaited: Sendable, Hashable {
    case nobody
    /// The client, to say something.
    case command
    /// The client, to send its message.
    case content
    /// The owner.
    case answer
    /// Both, to agree on keys.
    case handshake
    /// The end of a punishment.
    case delay
    /// The client, to take what was said.
    case room
  }

  /// What a reply costs the one who is told.
  enum Counting: Sendable, Hashable {
    /// A refusal is a fault, anything else is not.
    case whenRefused
    /// The command brought nothing on: a few of these are no fault.
    case asIdle
  }

  // MARK: Replies

  /// Says something: at once, late, or as the last thing.
  mutating func say(_ reply: Reply, counting: Counting = .whenRefused, into actions: inout [Action]) {
    if reply.code == 421 { return finish(saying: reply, into: &actions) }
    var isFault = reply.isRefusal
    if counting == .asIdle {
      idleCommands += 1
      isFault = idleCommands > limits.idleCommandsMax
    }
    if isFault {
      errors += 1
      if errors >= limits.errorsMax { return finish(saying: .tooManyErrors, into: &actions) }
      if errors >= limits.errorsPromptMax {
        late = reply
        return
      }
    }
    actions.append(.send(reply.bytes))
  }

  /// Says the last thing, and is done.
  mutating func finish(saying last: Reply?, _ closing: Closing = .afterFlush, into actions: inout [Action]) {
    endTransaction(into: &actions)
    if let last { actions.append(.send(last.bytes)) }
    actions.append(.close(closing))
    late = nil
    state = .closed(insideExchange: isInsideExchange)
  }

  // MARK: The connection

  mutating func note(_ event: ConnectionEvent, at now: Instant, into actions: inout [Action]) {
    switch event {
    case .opened:
      if let refusal { return finish(saying: refusal, into: &actions) }
      state = .greeted
      // RFC 5321 §4.3.1
      actions.append(.send(Reply(220, nil, "\(options.name) ESMTP").bytes))
    case .peerClosed: finish(saying: nil, into: &actions)
    case .lost: finish(saying: nil, .now, into: &actions)
    case .secured: noteSecured()
    case .retired: isRetired = true
    case .congested: isCongested = true
    case .relieved: isCongested = false
    case .deadlineReached: noteDeadline(into: &actions)
    }
  }

  private mutating func noteDeadline(into actions: inout [Action]) {
    switch awaited {
    case .nobody: break
    case .command: finish(saying: .silentTooLong, into: &actions)
    case .content: finish(saying: .tooSlow, into: &actions)
    case .answer: finish(saying: .noAnswer, into: &actions)
    case .handshake, .room: finish(saying: nil, .now, into: &actions)
    case .delay:
      if let late { actions.append(.send(late.bytes)) }
      late = nil
    }
  }

  // MARK: Deadlines

  private var awaitedNow: Awaited {
    if case .closed = state { return .nobody }
    if isCongested { return .room }
    if late != nil { return .delay }
    switch state {
    case .starting, .closed: return .nobody
    case .greeted, .ready, .transaction, .authenticating: return .command
    case .skipping: return .content
    // Also between chunks: a message that comes in a thousand of them has no more time than another.
    case .receiving: return content.untakenBytes < limits.contentUntakenBytesMax ? .content : .answer
    case .checkingSender, .checkingRecipient, .checkingCredentials, .beginning, .deciding, .unanswered: return .answer
    case .securing: return .handshake
    }
  }

  /// Sets the deadline for what is awaited from here on.
  mutating func keepTime(after input: Input, at now: Instant) {
    let before = awaited
    awaited = awaitedNow
    if before == .content, let deadline { contentPatience = deadline - now }
    switch awaited {
    case .nobody: deadline = nil
    case .command:
      if before == .command, !input.isFromPeer { return }
      deadline = now + limits.commandTimeout
    case .content:
      if case .content(let piece, _) = input { contentPatience = min(contentPatience + limits.contentTime(of: piece.count), limits.contentTimeout) }
      deadline = now + contentPatience
    case .answer: if before != .answer { deadline = now + limits.answerTimeout }
    case .handshake: if before != .handshake { deadline = now + limits.handshakeTimeout }
    case .delay: if before != .delay { deadline = now + limits.errorDelay }
    case .room: if before != .room { deadline = now + limits.writeTimeout }
    }
  }
}

extension ServerConversation.Input {
  /// Whether the peer said it.
  fileprivate var isFromPeer: Bool {
    switch self {
    case .line, .badLine, .content: true
    case .connection, .answered, .authenticated, .contentTaken, .farewell: false
    }
  }
}

extension Limits {
  /// How long so much content may take.
  fileprivate func contentTime(of bytes: Int) -> Duration {
    .milliseconds(Int64(clamping: bytes) &* 1_000 / Int64(max(1, contentBytesPerSecondMin)))
  }
}
