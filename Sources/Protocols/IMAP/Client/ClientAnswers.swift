// What the server says: the greeting, answers to commands, and everything it tells in between.
import Bytes
import Mail
import World

extension ClientConversation {
  mutating func note(_ found: ResponseReader.Found, into actions: inout [Action]) {
    switch found {
    case .response(let response): note(response, into: &actions)
    case .malformed(let error):
      if isBeforeTLS { return end(.unsafe("\(error) before TLS"), into: &actions) }
      actions.append(.problem(error.description))
    case .contentBegins(let number, let part, let size): tell(.contentBegins(number: number, part, size: size), into: &actions)
    case .content(let piece): tell(.content(piece), into: &actions)
    case .contentEnds: tell(.contentEnds, into: &actions)
    case .broken(let why): end(.broken(why), into: &actions)
    }
  }

  /// Whether TLS is wanted and does not stand yet.
  private var isBeforeTLS: Bool { security == .startTLS && !isSecured }

  /// Tells the owner what the server says of itself; before TLS nobody may say anything.
  private mutating func tell(_ question: Question, into actions: inout [Action]) {
    if case .greeting = state { return end(.broken("something else than a greeting"), into: &actions) }
    if isBeforeTLS { return end(.unsafe("the server tells of mailboxes before TLS"), into: &actions) }
    actions.append(.ask(question))
  }

  private mutating func note(_ response: Response, into actions: inout [Action]) {
    switch response {
    case .status(nil, let completion): noteUntagged(completion, into: &actions)
    case .status(let tag?, let completion): note(completion, tag, into: &actions)
    case .continuation(let text): noteContinuation(text, into: &actions)
    case .capability(let names):
      if case .greeting = state { return end(.broken("something else than a greeting"), into: &actions) }
      capabilities = names
      if !isBeforeTLS { actions.append(.ask(.response(response))) }
    default: tell(.response(response), into: &actions)
    }
  }

  private mutating func noteUntagged(_ completion: Response.Completion, into actions: inout [Action]) {
    if case .capability(let names) = completion.code { capabilities = names }
    if completion.status == .bye {
      farewell = completion.text
      // A server that says goodbye to a LOGOUT still answers it.
      if case .running(let running) = state, case .logOut = running.kind { return }
      return end(.dismissed(completion.text), into: &actions)
    }
    guard case .greeting = state else {
      if completion.status == .preAuthenticated { return end(.broken("PREAUTH is no answer"), into: &actions) }
      if !isBeforeTLS { actions.append(.ask(.response(.status(tag: nil, completion)))) }
      return
    }
    switch completion.status {
    case .ok: break
    case .preAuthenticated:
      // CVE-2020-12398 and others: it would keep the client from ever asking for TLS.
      if isBeforeTLS { return end(.unsafe("PREAUTH before TLS"), into: &actions) }
      isLoggedIn = true
    case .no, .bad, .bye: return end(.broken("the greeting is \(completion.status.rawValue)"), into: &actions)
    }
    if capabilities == nil { askCapabilities(into: &actions) } else { goOn(into: &actions) }
  }

  /// A command is over.
  private mutating func note(_ completion: Response.Completion, _ tag: String, into actions: inout [Action]) {
    switch state {
    case .asking(tag):
      guard completion.status == .ok, capabilities != nil else { return end(.broken("the server does not say what it offers"), into: &actions) }
      goOn(into: &actions)
    case .securing(tag):
      guard completion.status == .ok else { return end(.unsafe("the server refuses TLS"), into: &actions) }
      state = .securing(tag: nil)
      actions.append(.startTLS)
    case .running(let running) where running.tag == tag: note(completion, of: running, into: &actions)
    case .greeting, .asking, .securing, .ready, .running, .closed:
      // CVE-2026-42246: an answer to what was not asked is somebody else's.
      let why = "an answer to \(tag.prefix(20)), which was not asked"
      end(isBeforeTLS ? .unsafe(why) : .broken(why), into: &actions)
    }
  }

  private mutating func note(_ completion: Response.Completion, of running: Running, into actions: inout [Action]) {
    var running = running
    switch running.kind {
    case .logIn where completion.status == .ok:
      isLoggedIn = true
      // RFC 3501 §6.2.3: what the server can do is another thing after login.
      if case .capability(let names) = completion.code { capabilities = names } else {
        running.kind = .askAgain(completion)
        running.tag = takeTag()
        state = .running(running)
        return actions.append(.send(Buffer("\(running.tag) CAPABILITY\r\n")))
      }
      finish(running, completion, into: &actions)
    case .askAgain(let first): finish(running, first, into: &actions)
    case .logOut:
      actions.append(.ask(.done(running.ticket, completion)))
      end(.finished, into: &actions)
    case .plain, .logIn, .idle:
      // A literal that was refused does not come; one that was sent unasked has been read.
      finish(running, completion, into: &actions)
    }
  }

  private mutating func finish(_ running: Running, _ completion: Response.Completion, into actions: inout [Action]) {
    state = .ready
    actions.append(.ask(.done(running.ticket, completion)))
    obeyNext(into: &actions)
  }
}
