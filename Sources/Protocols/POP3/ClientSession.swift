// From the greeting until the mailbox is open: CAPA, STLS, AUTH or USER and PASS.
// Read before: ClientConversation.swift.
public import Bytes
import Mail
import World

extension ClientConversation {
  mutating func noteGreeting(_ status: Status, into actions: inout [Action]) {
    if case .refused(let refusal) = status { return fail(.refused(refusal, at: .greeting), into: &actions) }
    askCapabilities(into: &actions)
  }

  // RFC 2449 §5
  private mutating func askCapabilities(into actions: inout [Action]) {
    capabilities = []
    listedLines = 0
    say("CAPA", into: &actions)
    state = .askingCapabilities
  }

  mutating func noteCapabilities(_ status: Status, into actions: inout [Action]) {
    // An old server does not know the command, and has nothing to tell.
    if case .ok = status { reading = .listing } else { proceed(isFollowed: false, into: &actions) }
  }

  /// What the server can do is known: TLS, or login.
  mutating func proceed(isFollowed: Bool, into actions: inout [Action]) {
    guard !isEncrypted, options.tls == .required || options.tls == .opportunistic else { return logIn(into: &actions) }
    guard capabilities.contains("STLS") else { return options.tls == .required ? fail(.tlsUnavailable, into: &actions) : logIn(into: &actions) }
    // An answer to STLS that comes before the question would let others speak inside TLS.
    if isFollowed { return breakOff("an answer to STLS came before it was said (RFC 2595 §4)", into: &actions) }
    say("STLS", into: &actions)
    state = .startingTLS
  }

  // RFC 2595 §4
  mutating func noteTLS(_ status: Status, isFollowed: Bool, into actions: inout [Action]) {
    if case .refused(let refusal) = status {
      return options.tls == .required ? fail(.refused(refusal, at: .startTLS), into: &actions) : logIn(into: &actions)
    }
    if isFollowed { return breakOff("something came in the clear behind the answer to STLS (RFC 2595 §4)", into: &actions) }
    actions.append(.startTLS)
    state = .securing
  }

  mutating func noteSecured(into actions: inout [Action]) {
    guard case .securing = state else { return }
    isEncrypted = true
    // RFC 2595 §4: what the server said in the clear is forgotten.
    askCapabilities(into: &actions)
  }

  // MARK: Login

  private mutating func logIn(into actions: inout [Action]) {
    guard isEncrypted || options.logsIn == .always else { return fail(.loginUnavailable("not without TLS"), into: &actions) }
    let mechanisms = capabilities.first { $0.hasPrefix("SASL ") }.map { $0.split(separator: " ").dropFirst() } ?? []
    if let mechanism = SASL.Client.choice(among: mechanisms) {
      var exchange = SASL.Client(mechanism, options.credentials)
      // RFC 5034 §4: only if the whole command fits a line.
      let response = exchange.initialResponse(bytesMax: limits.commandBytesMax - 2 - "AUTH \(mechanism) ".utf8.count)
      state = .authenticating(exchange)
      say("AUTH \(mechanism)\(response.map { " \($0)" } ?? "")", into: &actions)
    } else {
      // RFC 1939 §7: they stand in lines as they are.
      let words = [options.credentials.user, options.credentials.password]
      guard words.allSatisfy({ word in word.utf8.allSatisfy { $0 >= 0x20 && $0 != 0x7F } }), !options.credentials.user.contains(" ") else {
        return fail(.loginUnavailable("the server takes no such user or password"), into: &actions)
      }
      state = .namingUser
      say("USER \(options.credentials.user)", into: &actions)
    }
  }

  // RFC 1939 §7
  mutating func noteUser(_ status: Status, into actions: inout [Action]) {
    if case .refused(let refusal) = status { return fail(.refused(refusal, at: .login), into: &actions) }
    state = .sayingPassword
    say("PASS \(options.credentials.password)", into: &actions)
  }

  // RFC 5034 §4
  mutating func proceed(_ exchange: SASL.Client, with challenge: Buffer, into actions: inout [Action]) {
    var exchange = exchange
    let answer = exchange.answer(to: challenge)
    state = .authenticating(exchange)
    say(answer, into: &actions)
  }

  mutating func noteLogin(_ status: Status, into actions: inout [Action]) {
    if case .refused(let refusal) = status { return fail(.refused(refusal, at: .login), into: &actions) }
    state = .idle
    actions.append(.ask(.ready))
  }
}

extension ClientConversation {
  public static func secrets(in bytes: Buffer) -> [Range<Int>] { Secrets.ranges(in: bytes) }

  public func secretsNow(in bytes: Buffer, sent: Bool) -> [Range<Int>] {
    let secrets = Self.secrets(in: bytes)
    // An answer to a challenge is a secret as a whole.
    if sent, secrets.isEmpty, case .authenticating = state, !bytes.array.starts(with: "AUTH ".utf8) { return [0..<bytes.count] }
    return secrets
  }
}
