// The table of commands: what each does in each state.
// Read before: ServerConversation.swift.
import Bytes
import Mail
import World

extension ServerConversation {
  /// Does what a command says, or says why not.
  mutating func obey(_ command: Command, into actions: inout [Action]) {
    switch (state, command) {
    case (_, .quit): part(into: &actions)
    case (_, .hello(let hello)): greet(hello, into: &actions)
    case (_, .reset): reset(into: &actions)
    case (_, .noOperation): say(.ok, counting: .asIdle, into: &actions)
    case (_, .verify): say(.notVerified, counting: .asIdle, into: &actions)
    case (_, .help): say(.help, counting: .asIdle, into: &actions)
    case (_, .expand), (_, .foreign): say(.notImplemented, into: &actions)
    // RFC 3030 §2: the bytes of a chunk come whether it is welcome or not.
    case (.greeted, .chunk(let bytes, _)): skip(bytes, then: .helloFirst, into: &actions)
    // RFC 5321 §4.1.4: a session begins with EHLO or HELO.
    case (.greeted, _): say(.helloFirst, into: &actions)
    case (.ready, .startTLS): startTLS(into: &actions)
    case (.ready, .authenticate(let mechanism, let response)): authenticate(mechanism, response, into: &actions)
    // RFC 4954 §4: not inside a transaction.
    case (_, .startTLS), (_, .authenticate): say(.notNow, into: &actions)
    case (.ready, .mail(let sender)): judge(sender, into: &actions)
    // RFC 5321 §4.1.4: one transaction after the other.
    case (_, .mail): say(.oneSenderOnly, into: &actions)
    case (.transaction, .recipient(let path)): judge(path, into: &actions)
    case (.ready, .recipient): say(.senderFirst, into: &actions)
    case (.transaction, .data): askForMessage(.dots, into: &actions)
    case (.ready, .data): say(.senderFirst, into: &actions)
    // RFC 3030 §2: no DATA, and nobody new, between chunks.
    case (_, .recipient), (_, .data): say(.notNow, into: &actions)
    case (.transaction, .chunk(let bytes, let isLast)):
      chunkLeft = bytes
      askForMessage(.chunk(isLast: isLast), into: &actions)
    case (.receiving(let ticket, .betweenChunks), .chunk(let bytes, let isLast)):
      chunkLeft = bytes
      beginChunk(ticket, isLast: isLast, into: &actions)
    case (_, .chunk(let bytes, _)): skip(bytes, then: .senderFirst, into: &actions)
    }
  }

  /// RFC 5321 §4.1.1.10: goodbye is answered with 221, unless the owner has said otherwise.
  private mutating func part(into actions: inout [Action]) {
    if let farewell { return finish(saying: farewell, into: &actions) }
    endTransaction(into: &actions)
    state = .unanswered
  }

  /// The state when nothing is under way.
  var idleState: State { session.hello == nil ? .greeted : .ready }

  // MARK: EHLO, RSET

  private mutating func greet(_ hello: Hello, into actions: inout [Action]) {
    // RFC 5321 §4.1.4: EHLO later on resets as RSET does.
    endTransaction(into: &actions)
    let isRepeated = session.hello != nil
    session.hello = hello
    state = .ready
    let lines = ["\(options.name) greets \(hello.name)"] + (hello.isExtended ? extensions : [])
    say(Reply(250, nil, lines: lines), counting: isRepeated ? .asIdle : .whenRefused, into: &actions)
  }

  /// What is offered in this session.
  private var extensions: [String] {
    var names = ["PIPELINING", "SIZE \(limits.messageBytesMax)", "8BITMIME", "ENHANCEDSTATUSCODES"]
    // RFC 3207 §4.2: not offered any more inside TLS.
    if options.tls == .offered, !session.isEncrypted { names.append("STARTTLS") }
    if offersAuthentication { names.append("AUTH " + SASL.Mechanism.all.map(\.rawValue).joined(separator: " ")) }
    // RFC 3030 §2; RFC 9422 §4
    return names + ["CHUNKING", "LIMITS RCPTMAX=\(limits.recipientsMax)"]
  }

  private mutating func reset(into actions: inout [Action]) {
    endTransaction(into: &actions)
    state = idleState
    say(.ok, counting: .asIdle, into: &actions)
  }

  /// Forgets the transaction, whatever has come of it.
  mutating func endTransaction(into actions: inout [Action]) {
    transaction = nil
    switch state {
    case .receiving(let ticket, _): if !content.isAbandoned { actions.append(.ask(.abandoned(ticket))) }
    case .beginning(let ticket, _), .deciding(let ticket): actions.append(.ask(.abandoned(ticket)))
    default: break
    }
  }

  // MARK: MAIL, RCPT

  private mutating func judge(_ sender: Sender, into actions: inout [Action]) {
    // RFC 6409 §4.3: mail is taken in from users only.
    if options.role == .submission, session.user == nil {
      return say(offersAuthentication || options.tls != .offered || session.isEncrypted ? .authenticateFirst : .tlsFirst, into: &actions)
    }
    // RFC 1870 §6.1
    if let size = sender.size, size > limits.messageBytesMax { return say(.tooBig, into: &actions) }
    let ticket = nextTicket.taken()
    state = .checkingSender(ticket, sender)
    actions.append(.ask(.sender(ticket, sender, session)))
  }

  mutating func decide(_ sender: Sender, _ reply: Reply, into actions: inout [Action]) {
    if reply.isRefusal {
      state = .ready
    } else {
      transaction = Envelope(sender: sender)
      state = .transaction
    }
    say(reply, into: &actions)
  }

  private mutating func judge(_ path: ForwardPath, into actions: inout [Action]) {
    guard let transaction else { return say(.senderFirst, into: &actions) }
    // RFC 5321 §4.5.3.1.10: 452 past the limit; what was accepted stays accepted. A long list is no fault.
    guard transaction.recipients.count < limits.recipientsMax else { return say(.tooManyRecipients, counting: .asIdle, into: &actions) }
    let recipient = path.address ?? options.postmaster
    let ticket = nextTicket.taken()
    state = .checkingRecipient(ticket, recipient)
    actions.append(.ask(.recipient(ticket, recipient, transaction.sender, session)))
  }

  mutating func decide(_ recipient: MailAddress, _ reply: Reply, into actions: inout [Action]) {
    if !reply.isRefusal { transaction?.recipients.append(recipient) }
    state = .transaction
    say(reply, into: &actions)
  }
}
