// An authority on the network: UDP and TCP at one endpoint.
// Not here: what is answered (Answer.swift). Read next: DNS/TCPServerConversation.swift, Transport/DatagramDriver.swift.
package import Bytes
package import DNS
import Synchronization
import Trace
package import Transport
package import World

/// Answers over UDP, each datagram by itself.
package struct AuthorityConversation: DatagramConversation {
  /// A message for the desk, which is no plain question.
  package struct Question: Sendable {
    var message: Buffer
    var client: Endpoint
  }

  /// What can happen.
  package enum Input: Sendable {
    case received(Buffer, from: Endpoint)
    /// The desk's answer; nil: there is none.
    case answered(Buffer?, to: Endpoint)
    case deadlineReached
  }

  private let responder: AuthorityResponder
  private let policy: QuestionPolicy?
  private var late = LateAnswers()

  package init(_ source: AuthoritySource, hasDesk: Bool = false, guards: AnswerGuards? = nil, policy: QuestionPolicy? = nil) {
    responder = AuthorityResponder(source, hasDesk: hasDesk, guards: guards)
    self.policy = policy
  }

  package static var dialect: Dialect { .dns }
  package var stateName: String { "open" }
  package var acceptsBytes: Bool { true }
  package var deadline: Instant? { policy == nil ? nil : late.deadline }

  package func input(for event: DatagramEvent) -> Input? {
    switch event {
    case .received(let bytes, let remote): .received(bytes, from: remote)
    case .deadlineReached: .deadlineReached
    case .opened: nil
    }
  }

  package mutating func handle(_ input: Input, at now: Instant, into actions: inout [DatagramAction<Question>]) {
    switch input {
    // Nobody can have sent from port 0 and wait for the answer there.
    case .received(_, let remote) where remote.port == 0: break
    case .received(let query, let remote):
      if let (deed, message) = policy?.judge(query) { return obey(deed, message, query, from: remote, at: now, into: &actions) }
      let reply = responder.reply(query, from: remote.address, over: .udp)
      if let complaint = responder.complaint(.all) { actions.append(.note(complaint, about: remote)) }
      switch reply {
      case .none: break
      case .whole(let answer): actions.append(.send(answer, to: remote))
      case .forDesk: actions.append(.ask(Question(message: query, client: remote)))
      }
    case .answered(let answer, let remote):
      if let answer { actions.append(.send(answer, to: remote)) }
    case .deadlineReached:
      for (answer, remote) in late.take(at: now) { actions.append(.send(answer, to: remote)) }
    }
  }

  /// What the policy wants done with a question.
  private mutating func obey(
    _ deed: QuestionPolicy.Deed, _ message: Message, _ query: Buffer, from remote: Endpoint, at now: Instant, into actions: inout [DatagramAction<Question>]
  ) {
    switch deed {
    case .refuse(let code): actions.append(.send(QuestionPolicy.refusal(code, of: message), to: remote))
    case .cut: actions.append(.send(QuestionPolicy.cut(message), to: remote))
    case .silent: break
    case .late(let time):
      if let answer = responder.answer(query, from: remote.address, over: .udp) { late.add(answer, to: remote, due: now + time) }
    }
  }
}

/// An authority on the network.
package struct AuthorityService: Sendable {
  private let listeners: NameListeners
  /// Where queries are taken, over UDP and TCP.
  package var endpoint: Endpoint { listeners.endpoint }

  /// Takes queries at `endpoint` (port 0: one port that is free for both). Without a desk, zones are neither changed nor given away.
  package static func start(
    network: any Network, endpoint: Endpoint, authority: AuthoritySource, desk: ZoneDesk? = nil, guards: AnswerGuards? = nil, policy: QuestionPolicy? = nil,
    trace: TraceContext?,
    limits: DNS.Limits = DNS.Limits()
  ) async throws(NetworkError) -> AuthorityService {
    let desk = DeskWindow(desk, authority, network, guards)
    return try await start(at: endpoint, network: network, desk: desk, policy: policy, trace: trace, limits: limits) { () async throws(NetworkError) in
      try await network.bind(endpoint, options: BindOptions()) {
        DatagramDriver(AuthorityConversation(authority, hasDesk: desk.isOpen, guards: guards, policy: policy), trace: trace) { question, answers in
          desk.take(question.message, from: question.client, over: .udp) { answers.give(.answered($0, to: question.client)) }
          return nil
        }
      }
    }
  }

  /// As `start`, on real sockets only: UDP is answered by threads of its own that do nothing else (see `DatagramLoop`).
  package static func start(
    network: any Network, endpoint: Endpoint, loop: DatagramLoopLimits, authority: AuthoritySource, desk: ZoneDesk? = nil, guards: AnswerGuards? = nil,
    trace: TraceContext?,
    limits: DNS.Limits = DNS.Limits()
  ) async throws(NetworkError) -> AuthorityService {
    let desk = DeskWindow(desk, authority, network, guards)
    return try await start(at: endpoint, network: network, desk: desk, policy: nil, trace: trace, limits: limits) { () async throws(NetworkError) in
      let sender = DatagramLoop.Sender()
      return try DatagramLoop(at: endpoint, limits: loop, clock: network.clock, dialect: .dns, trace: trace, sender: sender) { _ in
        let responder = AuthorityResponder(authority, hasDesk: desk.isOpen, guards: guards)
        return { query, remote, room in
          guard remote.port != 0 else { return 0 }
          let count = responder.answer(query, from: remote.address, over: .udp, into: room)
          if guards != nil, let complaint = responder.complaint(.first) {
            AuthorityService.note(complaint, remote, at: endpoint, clock: network.clock, trace)
          }
          guard count == AuthorityResponder.forDesk else { return count }
          desk.take(Buffer(query), from: remote, over: .udp) { if let answer = $0 { sender.send(answer, to: remote) } }
          return 0
        }
      }
    }
  }

  private static func start(
    at endpoint: Endpoint, network: any Network, desk: DeskWindow, policy: QuestionPolicy?, trace: TraceContext?, limits: DNS.Limits,
    bind: () async throws(NetworkError) -> any Listener
  ) async throws(NetworkError) -> AuthorityService {
    let responders = desk.responders
    let listeners = try await NameListeners.start(at: endpoint, bind: bind) { (endpoint) async throws(NetworkError) in
      try await network.listen(at: endpoint, options: ListenOptions()) { remote, _ in
        // The transfers under way on this connection; they end with it.
        var transfers: [Ticket: TransferAnswer] = [:]
        return ConversationDriver(TCPServerConversation(limits: limits), trace: trace) { query, answers in
          if query.part == 0 {
            // Over TCP nothing is cut.
            if let (deed, message) = policy?.judge(query.message), deed != .cut {
              switch deed {
              case .refuse(let code): return .answered(query.ticket, QuestionPolicy.refusal(code, of: message))
              case .late(let time):
                let due = network.clock.now + time
                network.start {
                  guard (try? await network.clock.sleep(until: due)) != nil else { return }
                  answers.give(.answered(query.ticket, responders.plainAnswer(query.message, from: remote.address, over: .tcp)))
                }
                return nil
              case .silent, .cut: return nil
              }
            }
            switch responders.reply(query.message, from: remote.address) {
            case .none: return .answered(query.ticket, nil)
            case .whole(let answer): return .answered(query.ticket, answer)
            case .forDesk:
              let transfer = desk.take(query.message, from: remote, over: .tcp) { answers.give(.answered(query.ticket, $0)) }
              guard let transfer else { return nil }
              transfers[query.ticket] = transfer
            }
          }
          guard let part = transfers[query.ticket]?.next() else { return .answered(query.ticket, nil) }
          guard part.isLast else { return .answeredInPart(query.ticket, part.message) }
          transfers[query.ticket] = nil
          return .answered(query.ticket, part.message)
        }
      }
    }
    return AuthorityService(listeners: listeners)
  }

  /// Writes into the trace that a limit is reached: once, not for each question.
  private static func note(_ complaint: String, _ remote: Endpoint, at endpoint: Endpoint, clock: any WorldClock, _ trace: TraceContext?) {
    guard let trace, trace.recorder.isOn else { return }
    let now = clock.now
    let id = trace.recorder.open(
      ConversationInfo(host: trace.host, role: trace.role, carrier: .udp, dialect: .dns, local: endpoint, remote: remote), at: now)
    trace.recorder.record(.note, in: id, at: now, text: complaint)
    trace.recorder.record(.closed, in: id, at: now, text: "limited")
  }

  /// Stops taking queries; connections get until `grace` is over.
  package func close(grace: Duration) async { await listeners.close(grace: grace) }
}

/// The desk as the carriers see it: what comes of a message is handed to whoever sends.
private final class DeskWindow: Sendable {
  private let desk: ZoneDesk?
  let responders: ResponderPool
  private let network: any Network
  private let guards: AnswerGuards?

  init(_ desk: ZoneDesk?, _ authority: AuthoritySource, _ network: any Network, _ guards: AnswerGuards?) {
    self.desk = desk
    self.network = network
    self.guards = guards
    responders = ResponderPool(authority, hasDesk: desk != nil, guards)
  }

  var isOpen: Bool { desk != nil }

  /// `give` gets the answer, now or later; a transfer is returned instead, to be sent message by message.
  @discardableResult
  func take(
    _ message: Buffer, from client: Endpoint, over carriage: ConversationInfo.Carriage, _ give: @escaping @Sendable (Buffer?) -> Void
  ) -> TransferAnswer? {
    guard let desk else { return nil }
    switch desk.take(message, from: client, over: carriage, answer: { responders.plainAnswer($0, from: client.address, over: carriage) }) {
    case .none: give(nil)
    case .whole(let answer): give(answer)
    case .unproven(let answer): give(carriage == .udp && guards?.lets(answer, to: client.address) == false ? nil : answer)
    case .parts(let transfer): return transfer
    case .later(let work): network.start { give(await work()) }
    }
    return nil
  }
}

/// Responders for connections on any loop: as many as ever answered at the same moment.
private final class ResponderPool: Sendable {
  private let source: AuthoritySource
  private let hasDesk: Bool
  private let guards: AnswerGuards?
  private let idle = Mutex<[AuthorityResponder]>([])

  init(_ source: AuthoritySource, hasDesk: Bool, _ guards: AnswerGuards?) {
    self.source = source
    self.hasDesk = hasDesk
    self.guards = guards
  }

  func reply(_ query: Buffer, from client: Address) -> AuthorityResponder.Reply {
    let responder = idle.withLock { $0.popLast() } ?? AuthorityResponder(source, hasDesk: hasDesk, guards: guards)
    defer { idle.withLock { $0.append(responder) } }
    return responder.reply(query, from: client, over: .tcp)
  }

  /// The answer to a question whose signature has been taken off.
  func plainAnswer(_ query: Buffer, from client: Address, over carriage: ConversationInfo.Carriage) -> Buffer? {
    let responder = idle.withLock { $0.popLast() } ?? AuthorityResponder(source, hasDesk: hasDesk, guards: guards)
    defer { idle.withLock { $0.append(responder) } }
    return responder.answer(query, from: client, over: carriage)
  }
}
