// STARTTLS and AUTH: how a session becomes secret and somebody's.
// Read before: ServerConversation.swift. The mechanisms: Mail/SASL.
import Bytes
import Mail
import World

extension ServerConversation {
  // MARK: STARTTLS

  // RFC 3207 §4
  mutating func startTLS(into actions: inout [Action]) {
    if session.isEncrypted { return say(.alreadySecured, into: &actions) }
    guard options.tls == .offered else { return say(.notImplemented, into: &actions) }
    say(.startTLS, into: &actions)
    actions.append(.startTLS)
    state = .securing
  }

  /// The handshake is done.
  mutating func noteSecured() {
    guard case .securing = state else { return }
    // RFC 3207 §4.2: everything the client said in the clear is forgotten.
    session = Session(role: options.role, isEncrypted: true)
    framer = Self.framer(limits)
    state = .greeted
  }

  // MARK: AUTH

  /// Whether somebody may log in now.
  var offersAuthentication: Bool {
    switch options.authentication {
    case .never: false
    case .onlyInsideTLS: session.isEncrypted
    case .always: true
    }
  }

  // RFC 4954 §4
  mutating func authenticate(_ mechanism: String, _ initialResponse: Buffer?, into actions: inout [Action]) {
    if options.authentication == .never { return say(.notImplemented, into: &actions) }
    if session.user != nil { return say(.alreadyAuthenticated, into: &actions) }
    guard offersAuthentication else { return say(.encryptFirst, into: &actions) }
    guard let mechanism = SASL.Mechanism(named: mechanism) else { return say(.unknownMechanism, into: &actions) }
    var exchange = SASL.Server(mechanism, limits: limits.sasl)
    let step = exchange.begin(initialResponse: initialResponse)
    follow(step, of: exchange, into: &actions)
  }

  /// A line of the client inside an exchange.
  mutating func proceed(_ exchange: SASL.Server, with line: Buffer, into actions: inout [Action]) {
    var exchange = exchange
    let step = exchange.take(line)
    follow(step, of: exchange, into: &actions)
  }

  private mutating func follow(_ step: SASL.Server.Step, of exchange: SASL.Server, into actions: inout [Action]) {
    switch step {
    case .challenge(let text):
      state = .authenticating(exchange)
      actions.append(.send(Reply(334, nil, text).bytes))
    case .credentials(let credentials):
      let ticket = nextTicket.taken()
      state = .checkingCredentials(ticket)
      actions.append(.ask(.credentials(ticket, credentials, session)))
    case .failed(.cancelled): failAuthentication(.cancelled, into: &actions)
    case .failed(.tooLong(let limit)):
      actions.append(.problem("\(limit)"))
      failAuthentication(.responseTooLong, into: &actions)
    case .failed(.malformed(let error)):
      actions.append(.problem("\(error)"))
      failAuthentication(.notUnderstood, into: &actions)
    }
  }

  /// An exchange came to nothing.
  mutating func failAuthentication(_ reply: Reply, into actions: inout [Action]) {
    state = .ready
    // What cannot be checked at the moment is no guess.
    if reply.outcome == .permanent { failedAuthentications += 1 }
    if failedAuthentications >= limits.authenticationsMax { return finish(saying: .tooManyErrors, into: &actions) }
    say(reply.isRefusal ? reply : .credentialsUnchecked, into: &actions)
  }

  /// The credentials are right.
  mutating func welcome(_ user: String, for ticket: Ticket, into actions: inout [Action]) {
    guard case .checkingCredentials(ticket) = state else { return }
    session.user = user
    state = .ready
    say(.authenticated, into: &actions)
  }
}
