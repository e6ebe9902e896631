// Orders become commands and leave, literal by literal where the server wants to be asked.
import Bytes
import Mail
import World

extension ClientConversation {
  mutating func takeTag() -> String {
    nextTag += 1
    return "n\(nextTag)"
  }

  private func offers(_ capability: String) -> Bool { capabilities?.contains { Keyword.areSame($0, capability) } ?? false }

  private func writer(_ tag: String) -> CommandWriter { CommandWriter(tag: tag, takesLiterals: offers("LITERAL+")) }

  // MARK: Before the first order

  /// What the server can do is not known: asks.
  mutating func askCapabilities(into actions: inout [Action]) {
    let tag = takeTag()
    state = .asking(tag: tag)
    actions.append(.send(Buffer("\(tag) CAPABILITY\r\n")))
  }

  /// What the server can do is known: goes on to TLS, or to the owner.
  mutating func goOn(into actions: inout [Action]) {
    if security == .startTLS, !isSecured {
      // USENIX Security 2021: who spoke before being asked, or does not offer what is wanted, is not to be trusted with more.
      guard offers("STARTTLS") else { return end(.unsafe("the server does not offer STARTTLS"), into: &actions) }
      guard !isLoggedIn else { return end(.unsafe("PREAUTH before TLS"), into: &actions) }
      guard !isAhead else { return end(.unsafe("the server answers before it is asked for TLS"), into: &actions) }
      let tag = takeTag()
      state = .securing(tag: tag)
      return actions.append(.send(Buffer("\(tag) STARTTLS\r\n")))
    }
    state = .ready
    actions.append(.ask(.ready(capabilities: capabilities ?? [], isLoggedIn: isLoggedIn)))
    obeyNext(into: &actions)
  }

  // MARK: Orders

  mutating func obeyNext(into actions: inout [Action]) {
    guard case .ready = state, !orders.isEmpty else { return }
    let (ticket, order) = orders.removeFirst()
    let tag = takeTag()
    var writer = writer(tag)
    var running = Running(ticket: ticket, tag: tag, unsent: [])
    switch order {
    case .logIn(let credentials):
      guard let logIn = logIn(credentials, &writer) else {
        // RFC 3501 §7.2.1 LOGINDISABLED, and a server that offers nothing of ours.
        actions.append(.ask(.done(ticket, .init(.no, .word(.privacyRequired), "the server offers no way to log in here"))))
        return obeyNext(into: &actions)
      }
      running.kind = logIn
    case .command(let command): writer.add(command)
    case .append(let head, let content):
      writer.add(append: head)
      running.content = content
    case .idle:
      writer.add(.idle)
      running.kind = .idle(isStopping: false, isAsked: false)
    case .logOut:
      writer.add(.logout)
      running.kind = .logOut
    }
    running.unsent = running.content.map { writer.end(literal: $0.count) } ?? writer.end()
    state = .running(running)
    sendNext(into: &actions)
  }

  /// The way to log in; nil: there is none.
  private func logIn(_ credentials: SASL.Credentials, _ writer: inout CommandWriter) -> Running.Kind? {
    let names = (capabilities ?? []).filter { $0.utf8.count > 5 && Keyword.areSame(String($0.prefix(5)), "AUTH=") }.map { $0.dropFirst(5) }
    if let mechanism = SASL.Client.choice(among: names) {
      var client = SASL.Client(mechanism, credentials)
      writer.add(.authenticate(mechanism: mechanism.rawValue, initialResponse: offers("SASL-IR") ? client.initialResponse().map { Buffer($0) } : nil))
      return .logIn(client)
    }
    // Strings that need literals would be sent in pieces that a trace could not mask: they go by AUTHENTICATE or not at all.
    let isPlain = (credentials.user.utf8 + Array(credentials.password.utf8)).allSatisfy { (0x20...0x7E).contains($0) }
    guard !offers("LOGINDISABLED"), isPlain, credentials.password.utf8.count <= 1_024 else { return nil }
    writer.add(.logIn(user: Buffer(credentials.user), password: Buffer(credentials.password)))
    return .logIn(nil)
  }

  /// Sends what may be sent without being asked.
  mutating func sendNext(into actions: inout [Action]) {
    guard case .running(var running) = state else { return }
    if !running.unsent.isEmpty { actions.append(.send(running.unsent.removeFirst())) }
    if running.unsent.isEmpty, running.content != nil, offers("LITERAL+") { send(&running, into: &actions) }
    state = .running(running)
  }

  /// Sends the message of APPEND.
  private func send(_ running: inout Running, into actions: inout [Action]) {
    switch running.content {
    case .bytes(let bytes): actions.append(.send(bytes))
    case .file(let slice): actions.append(.sendFile(slice))
    case .joined(let bytes, let slice): actions += [.send(bytes), .sendFile(slice)]
    case .absent, nil: break
    }
    running.content = nil
    actions.append(.send("\r\n"))
  }

  /// The server said `+`.
  mutating func noteContinuation(_ text: Buffer, into actions: inout [Action]) {
    guard case .running(var running) = state else { return end(.broken("+ where nothing is awaited"), into: &actions) }
    if !running.unsent.isEmpty { return sendNext(into: &actions) }
    if running.content != nil {
      send(&running, into: &actions)
      state = .running(running)
      return
    }
    switch running.kind {
    case .logIn(var client?):
      let answer = client.answer(to: text)
      running.kind = .logIn(client)
      state = .running(running)
      actions.append(.send(Buffer(answer + "\r\n")))
    case .idle(let isStopping, _):
      // RFC 2177 §3: DONE comes only after the server has asked for it.
      running.kind = .idle(isStopping: isStopping, isAsked: true)
      state = .running(running)
      actions.append(.ask(.idling))
      if isStopping { actions.append(.send("DONE\r\n")) }
    case .plain, .logIn, .askAgain, .logOut: end(.broken("+ where nothing is awaited"), into: &actions)
    }
  }

  mutating func stopIdling(into actions: inout [Action]) {
    guard case .running(var running) = state, case .idle(false, let isAsked) = running.kind else { return }
    running.kind = .idle(isStopping: true, isAsked: isAsked)
    state = .running(running)
    if isAsked { actions.append(.send("DONE\r\n")) }
  }
}
