// The socket programs of a world: the uppercase service in its forms, and the ping server that loses datagrams.
// The conversations are in Sockets; here is their owner, who knows whose turn it is.
import Sockets
import Synchronization
import Transport
import World

/// Starts socket programs.
enum SocketPrograms {
  static func start(
    _ program: ProgramDescription, at endpoint: Endpoint, network: any Network, trace: TraceContext?, chance: SeededRandom
  ) async throws(NetworkError) -> any Listener {
    switch program.kind {
    case .uppercaseIterative: return try await stream(.iterative, at: endpoint, network: network, trace: trace)
    case .uppercaseConcurrent: return try await stream(.concurrent, at: endpoint, network: network, trace: trace)
    case .uppercaseDatagram:
      return try await network.bind(endpoint, options: BindOptions()) {
        DatagramDriver(UppercaseDatagramConversation(port: endpoint.port), trace: trace) { _, _ in nil }
      }
    case .ping:
      return try await network.bind(endpoint, options: BindOptions()) {
        DatagramDriver(PingDatagramConversation(port: endpoint.port, lossShare: program.loss, chance: chance), trace: trace) { _, _ in nil }
      }
    }
  }

  private static func stream(
    _ order: ServiceOrder, at endpoint: Endpoint, network: any Network, trace: TraceContext?
  ) async throws(NetworkError) -> any Listener {
    let turns = Turns(order)
    return try await network.listen(at: endpoint, options: ListenOptions()) { _, _ in
      let client = turns.newcomer()
      return ConversationDriver(UppercaseStreamConversation(), trace: trace) { question, answers in turns.answer(question, from: client, answers) }
    }
  }
}

/// The turns of one stream service's clients.
private final class Turns: Sendable {
  private struct State {
    var queue: ServiceQueue<Ticket, Answers<UppercaseStreamConversation.Input>>
    var next = Ticket()
  }

  private let state: Mutex<State>

  init(_ order: ServiceOrder) { state = Mutex(State(queue: ServiceQueue(order))) }

  func newcomer() -> Ticket { state.withLock { $0.next.taken() } }

  func answer(
    _ question: UppercaseStreamConversation.Question, from client: Ticket, _ answers: Answers<UppercaseStreamConversation.Input>
  ) -> UppercaseStreamConversation.Input? {
    switch question {
    case .turn:
      switch state.withLock({ $0.queue.arrive(client, waiter: answers) }) {
      case .now: return .turnCame
      case .later: return nil
      case .never: return .turnRefused
      }
    case .leave:
      // Told outside the lock: the next client may sit on another loop.
      state.withLock { $0.queue.leave(client) }?.give(.turnCame)
      return nil
    }
  }
}
