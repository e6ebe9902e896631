// Who the client is: what is offered, TLS, LOGIN and AUTHENTICATE.
// Not here: the mechanisms (Mail/SASL), whether a password is right (the owner).
import Bytes
import Mail
import World

extension ServerConversation {
  /// What the server can do, in this state.
  // RFC 3501 §7.2.1
  var capabilities: [String] {
    var names = ["IMAP4rev1", "LITERAL+", "SASL-IR", "ID", "ENABLE", "IDLE", "NAMESPACE", "CHILDREN", "UNSELECT", "UIDPLUS", "MOVE", "SPECIAL-USE"]
    guard phase == .notAuthenticated else { return names }
    if !isSecure, options.offersTLS { names.append("STARTTLS") }
    return names + (mayLogIn ? SASL.Mechanism.all.map { "AUTH=\($0)" } : ["LOGINDISABLED"])
  }

  /// Whether a password may come over this connection.
  private var mayLogIn: Bool { isSecure || options.allowsClearPasswords }

  mutating func startTLS(_ tag: String, into actions: inout [Action]) {
    guard !isSecure, options.offersTLS else { return violate(tag, isSecure ? "this is TLS already" : "TLS is not offered here", into: &actions) }
    out.status(tag, .ok, nil, "begin TLS now")
    flush(into: &actions)
    work = .securing
    actions.append(.startTLS)
  }

  mutating func logIn(_ tag: String, _ user: Buffer, _ password: Buffer, into actions: inout [Action]) {
    guard mayLogIn else { return refuse(tag, .privacyRequired, into: &actions) }
    guard let user = String(validating: user.array, as: UTF8.self), let password = String(validating: password.array, as: UTF8.self) else {
      return noteRefusedLogin(tag, Refusal(.authenticationFailed, "name and password are UTF-8"), into: &actions)
    }
    ask(.logIn(tag: tag), into: &actions) { .logIn($0, user: user, password: password) }
  }

  mutating func authenticate(_ tag: String, _ mechanism: String, _ response: Buffer?, into actions: inout [Action]) {
    guard mayLogIn else { return refuse(tag, .privacyRequired, into: &actions) }
    guard let mechanism = SASL.Mechanism(named: mechanism) else { return refuse(tag, Refusal(nil, "no such mechanism here"), into: &actions) }
    var server = SASL.Server(mechanism)
    take(server.begin(initialResponse: response), of: &server, tag, into: &actions)
  }

  /// What an authentication came to with its last line.
  mutating func take(_ step: SASL.Server.Step, of server: inout SASL.Server, _ tag: String, into actions: inout [Action]) {
    switch step {
    case .challenge(let text):
      exchange = .authentication(tag: tag, server)
      reader.expectLine()
      out.continuation(text)
      return
    case .credentials(let credentials):
      endExchange()
      guard !credentials.wantsAnotherIdentity else {
        return noteRefusedLogin(tag, Refusal(.word(.authorizationFailed), "nobody acts as somebody else here"), into: &actions)
      }
      ask(.logIn(tag: tag), into: &actions) { .logIn($0, user: credentials.user, password: credentials.password) }
    case .failed(let failure):
      endExchange()
      switch failure {
      // RFC 3501 §6.2.2: `*` takes it back, and the answer is BAD.
      case .cancelled: reject(tag, "AUTHENTICATE taken back", into: &actions)
      case .tooLong(let reached): reject(tag, "\(reached.limit): at most \(reached.allowed) \(reached.unit)", into: &actions)
      case .malformed(let error): reject(tag, "expected \(error.expected)", into: &actions)
      }
    }
  }

  /// Lines are commands again.
  mutating func endExchange() {
    exchange = .commands
    reader.expectCommand()
  }

  mutating func noteLogin(_ tag: String) {
    phase = .authenticated
    badCommands = 0
    reader.noteLogin()
    out.status(tag, .ok, .capability(capabilities), "logged in")
  }

  mutating func noteRefusedLogin(_ tag: String, _ refusal: Refusal, into actions: inout [Action]) {
    out.status(tag, .no, refusal.code ?? .authenticationFailed, refusal.text)
    loginFailures += 1
    if loginFailures >= limits.loginFailuresMax { finish("too many refused logins", into: &actions) }
  }
}

extension Refusal {
  // RFC 5530 §3
  static let privacyRequired = Refusal(.word(.privacyRequired), "no password without TLS")
}
