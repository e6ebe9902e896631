// From the greeting until mail may be sent: EHLO, STARTTLS, AUTH.
// Read before: ClientConversation.swift.
public import Bytes
import Mail
import World

extension ClientConversation {
  // MARK: Hello

  mutating func noteGreeting(_ reply: Reply, into actions: inout [Action]) {
    guard reply.code == 220 else { return fail(.refused(reply, at: .greeting), into: &actions) }
    sayHello(isExtended: true, into: &actions)
  }

  private mutating func sayHello(isExtended: Bool, into actions: inout [Action]) {
    say("\(isExtended ? "EHLO" : "HELO") \(options.name)", into: &actions)
    state = .hello(isExtended: isExtended)
  }

  mutating func noteHello(_ reply: Reply, isExtended: Bool, isFollowed: Bool, into actions: inout [Action]) {
    guard reply.outcome == .done else {
      // RFC 5321 §3.2: an old server does not know EHLO. It knows no TLS and no AUTH either.
      let isOld = isExtended && reply.outcome == .permanent && options.credentials == nil && options.tls != .required
      return isOld ? sayHello(isExtended: false, into: &actions) : fail(.refused(reply, at: .hello), into: &actions)
    }
    let peer = Peer(reply, isExtended: isExtended, isEncrypted: isEncrypted)
    self.peer = peer
    guard !isEncrypted, options.tls == .required || options.tls == .opportunistic else { return logIn(at: peer, into: &actions) }
    guard peer.offersTLS else {
      return options.tls == .required ? fail(.tlsUnavailable, into: &actions) : logIn(at: peer, into: &actions)
    }
    // An answer to STARTTLS that comes before the question would let others speak inside TLS.
    if isFollowed { return breakOff("a reply to STARTTLS came before it was said (RFC 3207 §6)", into: &actions) }
    say("STARTTLS", into: &actions)
    state = .startingTLS
  }

  // MARK: TLS

  mutating func noteTLS(_ reply: Reply, isFollowed: Bool, into actions: inout [Action]) {
    guard reply.code == 220, let peer else {
      // RFC 3207 §4.1: who does not insist may go on.
      guard options.tls == .opportunistic, let peer else { return fail(.refused(reply, at: .startTLS), into: &actions) }
      return logIn(at: peer, into: &actions)
    }
    if isFollowed { return breakOff("something came in the clear behind the reply to STARTTLS (RFC 3207 §6)", into: &actions) }
    // RFC 3207 §4.2: what the server said in the clear is forgotten.
    self.peer = nil
    actions.append(.note("\(peer.name) begins TLS"))
    actions.append(.startTLS)
    state = .securing
  }

  mutating func noteSecured(into actions: inout [Action]) {
    guard case .securing = state else { return }
    isEncrypted = true
    sayHello(isExtended: true, into: &actions)
  }

  // MARK: AUTH

  private mutating func logIn(at peer: Peer, into actions: inout [Action]) {
    guard let credentials = options.credentials else { return becomeReady(into: &actions) }
    guard isEncrypted || options.logsIn == .always else { return fail(.authenticationUnavailable("not without TLS"), into: &actions) }
    guard let mechanism = SASL.Client.choice(among: peer.mechanisms) else {
      return fail(.authenticationUnavailable("the server offers \(peer.mechanisms.isEmpty ? "no mechanism" : peer.mechanisms.joined(separator: ", "))"), into: &actions)
    }
    var exchange = SASL.Client(mechanism, credentials)
    let response = exchange.initialResponse()
    state = .authenticating(exchange)
    say("AUTH \(mechanism)\(response.map { " \($0)" } ?? "")", into: &actions)
  }

  // RFC 4954 §4
  mutating func proceed(_ exchange: SASL.Client, with reply: Reply, into actions: inout [Action]) {
    switch reply.outcome {
    case .done: becomeReady(into: &actions)
    case .wantsMore:
      var exchange = exchange
      let answer = exchange.answer(to: Buffer(reply.text))
      state = .authenticating(exchange)
      say(answer, into: &actions)
    case .temporary, .permanent: fail(.refused(reply, at: .authentication), into: &actions)
    }
  }

  /// Nothing is under way: asks for a message, or leaves.
  mutating func becomeReady(into actions: inout [Action]) {
    if wantsToLeave { return leave(into: &actions) }
    state = .idle
    if let peer { actions.append(.ask(.ready(peer))) }
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
