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
  package typealias Question = Never

  /// What can happen.
  package enum Input: Sendable {
    case received(Buffer, from: Endpoint)
    case deadlineReached
  }

  private let responder: AuthorityResponder
  private let policy: QuestionPolicy?
  private var late = LateAnswers()

  package init(_ source: AuthoritySource, policy: QuestionPolicy? = nil) {
    responder = AuthorityResponder(source)
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

  package mutating func handle(_ input: Input, at now: Instant, into actions: inout [DatagramAction<Never>]) {
    switch input {
    // Nobody can have sent from port 0 and wait for the answer there.
    case .received(_, let remote) where remote.port == 0: break
    case .received(let query, let remote):
      guard let (deed, message) = policy?.judge(query) else {
        if let answer = responder.answer(query, from: remote.address, over: .udp) { actions.append(.send(answer, to: remote)) }
        return
      }
      switch deed {
      case .refuse(let code): actions.append(.send(QuestionPolicy.refusal(code, of: message), to: remote))
      case .cut: actions.append(.send(QuestionPolicy.cut(message), to: remote))
      case .silent: break
      case .late(let time):
        if let answer = responder.answer(query, from: remote.address, over: .udp) { late.add(answer, to: remote, due: now + time) }
      }
    case .deadlineReached:
      for (answer, remote) in late.take(at: now) { actions.append(.send(answer, to: remote)) }
    }
  }
}

extension AuthorityConversation {
  /// It asks its owner nothing.
  fileprivate static func asked(_ question: Never, _ answers: Answers<Input>) -> Input? {}
}

/// An authority on the network.
package struct AuthorityService: Sendable {
  private let listeners: NameListeners
  /// Where queries are taken, over UDP and TCP.
  package var endpoint: Endpoint { listeners.endpoint }

  /// Takes queries at `endpoint` (port 0: one port that is free for both).
  package static func start(
    network: any Network, endpoint: Endpoint, authority: AuthoritySource, policy: QuestionPolicy? = nil, trace: TraceContext?,
    limits: DNS.Limits = DNS.Limits()
  ) async throws(NetworkError) -> AuthorityService {
    try await start(at: endpoint, network: network, authority: authority, policy: policy, trace: trace, limits: limits) { () async throws(NetworkError) in
      try await network.bind(endpoint, options: BindOptions()) { DatagramDriver(AuthorityConversation(authority, policy: policy), trace: trace) }
    }
  }

  /// As `start`, on real sockets only: UDP is answered by threads of its own that do nothing else (see `DatagramLoop`).
  package static func start(
    network: any Network, endpoint: Endpoint, loop: DatagramLoopLimits, authority: AuthoritySource, trace: TraceContext?,
    limits: DNS.Limits = DNS.Limits()
  ) async throws(NetworkError) -> AuthorityService {
    try await start(at: endpoint, network: network, authority: authority, policy: nil, trace: trace, limits: limits) { () async throws(NetworkError) in
      try DatagramLoop(at: endpoint, limits: loop, clock: network.clock, dialect: .dns, trace: trace) { _ in
        let responder = AuthorityResponder(authority)
        return { query, remote, room in remote.port == 0 ? 0 : responder.answer(query, from: remote.address, over: .udp, into: room) }
      }
    }
  }

  private static func start(
    at endpoint: Endpoint, network: any Network, authority: AuthoritySource, policy: QuestionPolicy?, trace: TraceContext?, limits: DNS.Limits,
    bind: () async throws(NetworkError) -> any Listener
  ) async throws(NetworkError) -> AuthorityService {
    let responders = ResponderPool(authority)
    let listeners = try await NameListeners.start(at: endpoint, bind: bind) { (endpoint) async throws(NetworkError) in
      try await network.listen(at: endpoint, options: ListenOptions()) { remote, _ in
        ConversationDriver(TCPServerConversation(limits: limits), trace: trace) { query, answers in
          guard let (deed, message) = policy?.judge(query.message), deed != .cut else {
            return .answered(query.ticket, responders.answer(query.message, from: remote.address))
          }
          if case .refuse(let code) = deed { return .answered(query.ticket, QuestionPolicy.refusal(code, of: message)) }
          if case .late(let time) = deed {
            let due = network.clock.now + time
            network.start {
              guard (try? await network.clock.sleep(until: due)) != nil else { return }
              answers.give(.answered(query.ticket, responders.answer(query.message, from: remote.address)))
            }
          }
          return nil
        }
      }
    }
    return AuthorityService(listeners: listeners)
  }

  /// Stops taking queries; connections get until `grace` is over.
  package func close(grace: Duration) async { await listeners.close(grace: grace) }
}

/// Responders for connections on any loop: as many as ever answered at the same moment.
private final class ResponderPool: Sendable {
  private let source: AuthoritySource
  private let idle = Mutex<[AuthorityResponder]>([])

  init(_ source: AuthoritySource) { self.source = source }

  func answer(_ query: Buffer, from client: Address) -> Buffer? {
    let responder = idle.withLock { $0.popLast() } ?? AuthorityResponder(source)
    defer { idle.withLock { $0.append(responder) } }
    return responder.answer(query, from: client, over: .tcp)
  }
}
