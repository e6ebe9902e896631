// The content of messages: by DATA or by BDAT, checked or repaired on its way to the owner, its end found where it truly is.
// Read before: ServerConversation.swift. Not here: what stands in a message (Mail), dots (Bytes/DotStuffing.swift).
import Bytes
import World

/// How far a message has come.
struct ContentProgress: Sendable {
  var lines: LineEndings
  /// Unit: bytes, dots taken out.
  var bytes: Int64 = 0
  /// Handed to the owner and not yet taken. Unit: bytes.
  var untakenBytes = 0
  /// Whether it is more than may come.
  var isTooBig = false
  /// What the owner does not like about it.
  var refusal: Reply?
  /// Whether the owner was told that it comes to nothing.
  var isAbandoned = false
  private let role: Role
  private let lineBytesMax: Int

  /// From other servers lines must be right: a line that ends otherwise is where two programs see two different messages. Users' programs
  /// are forgiven, and what they meant is written down so that nobody can read it in two ways.
  init(role: Role, limits: Limits) {
    lines = LineEndings(role == .relay ? .kept : .completed)
    self.role = role
    lineBytesMax = limits.contentLineBytesMax
  }

  /// What is wrong with it, said at its end. It does not depend on how the network cut it: each fault is looked for to the end.
  var fault: Reply? {
    if let refusal { return refusal }
    if isTooBig { return .tooBig }
    // RFC 5321 §2.3.8: a server that took such lines would see other messages than its neighbour.
    if lines.hasBareOctets, role == .relay { return .bareLineEnds }
    return lines.longestLineBytes > lineBytesMax ? .longContentLine : nil
  }
}

extension ServerConversation {
  // MARK: The beginning

  /// Asks the owner whether the message of this transaction may come.
  mutating func askForMessage(_ framing: Framing, into actions: inout [Action]) {
    guard let transaction, !transaction.recipients.isEmpty else {
      guard case .chunk = framing else { return say(.noValidRecipients, into: &actions) }
      return skip(chunkLeft, then: .noValidRecipients, into: &actions)
    }
    let ticket = nextTicket.taken()
    // Taken away here: whatever becomes of the message, no second one can follow in the same transaction.
    self.transaction = nil
    state = .beginning(ticket, framing)
    content = ContentProgress(role: options.role, limits: limits)
    contentPatience = limits.contentTimeout
    actions.append(.ask(.message(ticket, transaction, session)))
  }

  mutating func begin(_ ticket: Ticket, _ framing: Framing, _ reply: Reply, into actions: inout [Action]) {
    switch framing {
    case .dots where reply.isRefusal:
      state = .ready
      say(reply, into: &actions)
    case .dots:
      dots = DotStuffing.Decoder()
      state = .receiving(ticket, .dots)
      say(reply.outcome == .wantsMore ? reply : .goAhead, into: &actions)
    case .chunk where reply.isRefusal:
      skip(chunkLeft, then: reply, into: &actions)
    case .chunk(let isLast):
      beginChunk(ticket, isLast: isLast, into: &actions)
    case .betweenChunks: break
    }
  }

  mutating func beginChunk(_ ticket: Ticket, isLast: Bool, into actions: inout [Action]) {
    state = .receiving(ticket, .chunk(isLast: isLast))
    if chunkLeft > limits.messageBytesMax - content.bytes { content.isTooBig = true }
    if chunkLeft > limits.messageDiscardedBytesMax - content.bytes { return finish(saying: .endlessContent, into: &actions) }
    if chunkLeft == 0 { endChunk(ticket, isLast: isLast, counting: isLast ? .whenRefused : .asIdle, into: &actions) }
  }

  /// Reads so many bytes for nobody, then says `reply`. The transaction is over.
  mutating func skip(_ bytes: Int64, then reply: Reply, into actions: inout [Action]) {
    endTransaction(into: &actions)
    if bytes > limits.messageDiscardedBytesMax { return finish(saying: .endlessContent, into: &actions) }
    chunkLeft = bytes
    if bytes == 0 {
      state = idleState
      return say(reply, into: &actions)
    }
    contentPatience = limits.contentTimeout
    state = .skipping(then: reply)
  }

  // MARK: The pieces

  /// A piece of content came.
  mutating func receive(_ piece: Buffer, isEnd: Bool, into actions: inout [Action]) {
    switch state {
    case .skipping(let reply):
      guard isEnd else { return }
      state = idleState
      say(reply, into: &actions)
    case .receiving(let ticket, let framing):
      pass(piece, of: ticket, into: &actions)
      guard isEnd, case .receiving = state else { return }
      if case .chunk(let isLast) = framing { endChunk(ticket, isLast: isLast, counting: .whenRefused, into: &actions) } else { endMessage(ticket, into: &actions) }
    default: break
    }
  }

  /// Hands a piece to the owner if the message is still good.
  private mutating func pass(_ piece: Buffer, of ticket: Ticket, into actions: inout [Action]) {
    content.bytes += Int64(piece.count)
    if content.bytes > limits.messageBytesMax { content.isTooBig = true }
    let passed = content.lines.pass(piece)
    if content.bytes > limits.messageDiscardedBytesMax { return finish(saying: .endlessContent, into: &actions) }
    if content.fault == nil { hand(passed, to: ticket, into: &actions) } else { giveUp(ticket, into: &actions) }
  }

  private mutating func hand(_ bytes: Buffer, to ticket: Ticket, into actions: inout [Action]) {
    guard !bytes.isEmpty else { return }
    content.untakenBytes += bytes.count
    actions.append(.ask(.content(ticket, bytes)))
  }

  private mutating func giveUp(_ ticket: Ticket, into actions: inout [Action]) {
    guard !content.isAbandoned else { return }
    content.isAbandoned = true
    if content.lines.hasBareOctets, options.role == .relay {
      actions.append(.problem("expected CR LF at the ends of lines only, found one of them alone (RFC 5321 §2.3.8)"))
    }
    actions.append(.ask(.abandoned(ticket)))
  }

  mutating func noteTaken(_ count: Int, for ticket: Ticket) {
    guard case .receiving(ticket, _) = state else { return }
    content.untakenBytes = max(0, content.untakenBytes - max(0, count))
  }

  // MARK: The end

  private mutating func endChunk(_ ticket: Ticket, isLast: Bool, counting: Counting, into actions: inout [Action]) {
    guard !isLast else { return endMessage(ticket, into: &actions) }
    if content.fault != nil { return endMessage(ticket, into: &actions) }
    state = .receiving(ticket, .betweenChunks)
    // RFC 3030 §2
    say(Reply(250, EnhancedCode(2, 0, 0), "\(content.bytes) bytes so far"), counting: counting, into: &actions)
  }

  private mutating func endMessage(_ ticket: Ticket, into actions: inout [Action]) {
    // A counted message may end anywhere; handed over are whole lines.
    let rest = content.lines.finish()
    if content.fault == nil { hand(rest, to: ticket, into: &actions) }
    if let fault = content.fault {
      giveUp(ticket, into: &actions)
      state = .ready
      return say(fault, into: &actions)
    }
    state = .deciding(ticket)
    actions.append(.ask(.messageEnd(ticket)))
  }

  /// The owner's verdict on a whole message.
  mutating func give(_ verdict: Reply, into actions: inout [Action]) {
    state = .ready
    if !verdict.isRefusal {
      errors = 0
      idleCommands = 0
    }
    say(verdict, into: &actions)
  }
}
