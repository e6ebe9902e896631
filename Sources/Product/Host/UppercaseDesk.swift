// The owner of the uppercase service's conversations: who is served, who waits. The rule itself is `ServiceQueue`, a pure value.
import Sockets
import Synchronization
import Transport
import World

/// Gives the clients of one uppercase service their turns.
final class UppercaseDesk: Sendable {
  private let queue: Mutex<ServiceQueue<Endpoint, Answers<UppercaseStreamConversation.Input>>>

  init(_ order: ServiceOrder) { queue = Mutex(ServiceQueue(order)) }

  /// What the conversation with `client` hears at once; nil: later, or nothing.
  func answer(
    _ question: UppercaseStreamConversation.Question, of client: Endpoint, _ answers: Answers<UppercaseStreamConversation.Input>
  ) -> UppercaseStreamConversation.Input? {
    switch question {
    case .turn:
      switch queue.withLock({ $0.arrive(client, waiter: answers) }) {
      case .now: return .turnCame
      case .later: return nil
      case .never: return .turnRefused
      }
    case .leave:
      queue.withLock { $0.leave(client) }?.give(.turnCame)
      return nil
    }
  }
}
