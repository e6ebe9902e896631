// Mailboxes read in a scenario: one session each, command by command, with the production clients of POP3 and IMAP.
// Not here: what a scenario may say of them (Scenario/MailWords.swift), mailboxes for the command line (MailServer/Client).
import Bytes
import Host
import IMAP
import Mail
import MailServer
import POP3
import SimulatedTransport
import Synchronization
import Transport
import World

extension ScenarioRun {
  /// Logs in, does the steps one after the other, and says goodbye. What it comes to is the last answer in a few words.
  func read(_ client: SimulatedNetwork, _ visit: Scenario.MailboxVisit, as host: String) async -> Result.Outcome {
    guard let owner = try? MailAddress(visit.address), let server = mailHost(of: owner.domain), let address = await address(of: server, client, as: host) else {
      return .failed("no server for \(visit.address)")
    }
    let credentials = SASL.Credentials(user: owner.localPart, password: visit.password)
    do {
      switch visit.way {
      case .pop3:
        let session = try await MaildropSession.open(credentials, at: Endpoint(address, 110), over: client, trace(host))
        return .said(try await session.perform(visit.steps, clock: client.clock))
      case .imap:
        let session = try await MailboxSession.open(credentials, at: Endpoint(address, 143), over: client, trace(host))
        return .said(try await session.perform(visit.steps, clock: client.clock))
      }
    } catch { return .failed("\(error)") }
  }
}

/// Why a session came to nothing.
private struct SessionFailure: Error, CustomStringConvertible {
  var description: String
  init(_ description: String) { self.description = description }
}

/// One connection with POP3.
private final class MaildropSession: Sendable {
  private typealias Conversation = POP3.ClientConversation
  private let news = Arrivals<Conversation.Question, SessionFailure>()
  private let answers = Mutex<Answers<Conversation.Input>?>(nil)

  static func open(_ credentials: SASL.Credentials, at endpoint: Endpoint, over network: SimulatedNetwork, _ trace: TraceContext) async throws -> MaildropSession {
    let session = MaildropSession()
    var options = POP3.ClientOptions(credentials, tls: .never)
    options.logsIn = .always
    let answers = try await network.connect(Conversation(options), to: endpoint, trace: trace) { question, _ in
      switch question {
      case .ended(nil): session.news.end()
      case .ended(let failure?): session.news.end(because: SessionFailure("\(failure)"))
      case .ready, .content, .answered: session.news.add(question)
      }
      return nil
    }
    session.answers.withLock { $0 = answers }
    while let question = try await session.news.next() { if case .ready = question { return session } }
    throw SessionFailure("the connection ended")
  }

  func perform(_ steps: [Scenario.MailboxVisit.Step], clock: any WorldClock) async throws -> String {
    var said = "nothing"
    for step in steps {
      switch step {
      case .say(let text): if let order = POP3.Order(text) { said = try await perform(order) }
      case .take, .clear:
        let count = try await count()
        for number in stride(from: 1, through: count, by: 1) {
          said = try await perform(.retrieve(number))
          if step == .clear { said = try await perform(.delete(number)) }
        }
        if count == 0 { said = "no message" }
      case .wait(let time), .idle(let time): try await clock.sleep(until: clock.now + time)
      }
    }
    answers.withLock { $0 }?.give(.order(.quit))
    while try await news.next() != nil {}
    return said
  }

  /// How many messages there are.
  private func count() async throws -> Int {
    answers.withLock { $0 }?.give(.order(.status))
    while let question = try await news.next() { if case .answered(.status(let messages, _)) = question { return messages } }
    throw SessionFailure("the connection ended")
  }

  private func perform(_ order: POP3.Order) async throws -> String {
    answers.withLock { $0 }?.give(.order(order))
    while let question = try await news.next() {
      switch question {
      case .content(let bytes): answers.withLock { $0 }?.give(.contentTaken(bytes.count))
      case .answered(let answer):
        switch answer {
        case .done: return "done"
        case .status(let messages, let bytes): return "\(messages) messages, \(bytes) bytes"
        case .list(let listed): return "\(listed.count) listed"
        case .uniqueIDs(let listed): return "\(listed.count) listed"
        case .messageEnd: return "a message"
        case .refused(let refusal): return "\(refusal)"
        }
      case .ready, .ended: break
      }
    }
    throw SessionFailure("the connection ended")
  }
}

/// One connection with IMAP.
private final class MailboxSession: Sendable {
  private typealias Conversation = IMAP.ClientConversation
  private let news = Arrivals<Conversation.Question, SessionFailure>()
  private let answers = Mutex<Answers<Conversation.Input>?>(nil)
  private let tickets = Mutex(Ticket())

  static func open(_ credentials: SASL.Credentials, at endpoint: Endpoint, over network: SimulatedNetwork, _ trace: TraceContext) async throws -> MailboxSession {
    let session = MailboxSession()
    let answers = try await network.connect(Conversation(), to: endpoint, trace: trace) { question, _ in
      switch question {
      case .ended(.finished): session.news.end()
      case .ended(let ending): session.news.end(because: SessionFailure("\(ending)"))
      default: session.news.add(question)
      }
      return nil
    }
    session.answers.withLock { $0 = answers }
    while let question = try await session.news.next() {
      guard case .ready = question else { continue }
      let said = try await session.perform(.logIn(credentials))
      guard said.hasPrefix(Response.Status.ok.rawValue) else { throw SessionFailure(said) }
      return session
    }
    throw SessionFailure("the connection ended")
  }

  func perform(_ steps: [Scenario.MailboxVisit.Step], clock: any WorldClock) async throws -> String {
    var said = "nothing"
    for step in steps {
      switch step {
      case .say(let text): if let command = IMAP.Command(text) { said = try await perform(.command(command)) }
      case .idle(let time):
        let answers = answers.withLock { $0 }
        let end = clock.now + time
        said = try await perform(.idle) {
          try await clock.sleep(until: end)
          answers?.give(.stopIdling)
        }
      case .wait(let time): try await clock.sleep(until: clock.now + time)
      case .take, .clear: break
      }
    }
    answers.withLock { $0 }?.give(.order(tickets.withLock { $0.taken() }, .logOut))
    while try await news.next() != nil {}
    return said
  }

  /// Gives an order; once the server idles, `meanwhile` is done. What comes of it is the server's last word.
  private func perform(_ order: Conversation.Order, meanwhile: @Sendable () async throws -> Void = {}) async throws -> String {
    let ticket = tickets.withLock { $0.taken() }
    answers.withLock { $0 }?.give(.order(ticket, order))
    while let question = try await news.next() {
      switch question {
      case .idling: try await meanwhile()
      case .done(ticket, let completion): return "\(completion.status.rawValue) \(completion.text.text)"
      case .ready, .response, .contentBegins, .content, .contentEnds, .done, .ended: break
      }
    }
    throw SessionFailure("the connection ended")
  }
}
