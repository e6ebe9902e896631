// STLS, USER and PASS, AUTH, CAPA: how a session becomes secret and somebody's.
// Read before: ServerConversation.swift. The mechanisms: Mail/SASL.
import Bytes
import Mail
import World

extension ServerConversation {
  // MARK: CAPA

  /// Whether somebody may log in now.
  private var offersLogin: Bool { options.login == .always || isEncrypted }

  // RFC 2449 §5
  mutating func sayCapabilities(into actions: inout [Action]) {
    // RFC 2449 §6, RFC 3206 §4, RFC 2595 §4, RFC 5034 §3
    var lines = ["TOP", "UIDL", "RESP-CODES", "AUTH-RESP-CODE", "PIPELINING", "EXPIRE NEVER"]
    if maildrop == nil {
      if offersLogin { lines += ["USER", "SASL " + SASL.Mechanism.all.map(\.rawValue).joined(separator: " ")] }
      if options.tls == .offered, !isEncrypted { lines.append("STLS") }
    }
    say((["+OK What there is"] + lines + ["."]).joined(separator: "\r\n"), into: &actions)
  }

  // MARK: STLS

  // RFC 2595 §4
  mutating func startTLS(into actions: inout [Action]) {
    guard options.tls == .offered, !isEncrypted else { return fault(isEncrypted ? "-ERR TLS is on" : "-ERR Not done here", into: &actions) }
    say("+OK Ready for TLS", into: &actions)
    actions.append(.startTLS)
    state = .securing
  }

  /// The handshake is done.
  mutating func noteSecured() {
    guard case .securing = state else { return }
    // RFC 2595 §4: what the client said in the clear is forgotten.
    isEncrypted = true
    framer = Self.framer(limits)
    state = .authorization(user: nil)
  }

  // MARK: USER and PASS

  // RFC 1939 §7
  mutating func name(_ user: String, into actions: inout [Action]) {
    guard offersLogin else { return fault("-ERR Not without TLS", into: &actions) }
    state = .authorization(user: user)
    // Alike for all names: who is here is not told.
    say("+OK And the password?", into: &actions)
  }

  mutating func logIn(_ credentials: SASL.Credentials, into actions: inout [Action]) {
    let ticket = nextTicket.taken()
    state = .checkingLogin(ticket)
    actions.append(.ask(.login(ticket, credentials, isEncrypted: isEncrypted)))
  }

  // MARK: AUTH

  // RFC 5034 §4
  mutating func authenticate(_ mechanism: String, _ initialResponse: Buffer?, into actions: inout [Action]) {
    guard offersLogin else { return fault("-ERR Not without TLS", into: &actions) }
    guard let mechanism = SASL.Mechanism(named: mechanism) else { return fault("-ERR No such mechanism", into: &actions) }
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
      say("+ \(text)", into: &actions)
    case .credentials(let credentials): logIn(credentials, into: &actions)
    case .failed(let failure):
      state = .authorization(user: nil)
      if case .malformed(let error) = failure { actions.append(.problem("\(error)")) }
      fault(failure == .cancelled ? "-ERR As you wish" : "-ERR That cannot be read", into: &actions)
    }
  }

  // MARK: The owner's answer

  mutating func open(_ maildrop: Maildrop, for ticket: Ticket, into actions: inout [Action]) {
    guard case .checkingLogin(ticket) = state else { return }
    self.maildrop = maildrop
    isDeleted = Array(repeating: false, count: maildrop.entries.count)
    faults = 0
    state = .transaction
    say("+OK \(maildrop.entries.count) messages", into: &actions)
  }

  mutating func refuse(_ refusal: LoginRefusal, for ticket: Ticket, into actions: inout [Action]) {
    guard case .checkingLogin(ticket) = state else { return }
    state = .authorization(user: nil)
    // RFC 2449 §8.1, RFC 3206 §4
    switch refusal {
    case .wrongCredentials: fault("-ERR [AUTH] Wrong user or password", into: &actions)
    case .inUse: say("-ERR [IN-USE] Somebody else has the mailbox open", into: &actions)
    case .temporary: say("-ERR [SYS/TEMP] Something is wrong here; try again later", into: &actions)
    case .permanent: fault("-ERR [SYS/PERM] You are not let in", into: &actions)
    }
  }
}
