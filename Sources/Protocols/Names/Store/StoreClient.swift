// Who publishes a block or looks for one: asks one node, which asks others, and asks again when nothing comes back.
public import Bytes
public import World

/// One request to a node.
public struct StoreClient: DatagramConversation {
  public enum Input: Sendable, Hashable {
    case opened
    case received(Buffer, from: Endpoint)
    case answerOverdue
  }

  /// What it tells its owner, once. Nil: no answer came.
  public enum Question: Sendable, Hashable {
    case finished(StoreMessage?)
  }

  private let request: StoreMessage
  private let node: Endpoint
  private let limits: Limits
  private var triesLeft: Int
  public private(set) var deadline: Instant?

  /// Longer than a node waits for others.
  private static let patience = Duration.seconds(3)

  public init(_ request: StoreMessage, to node: Endpoint, tries: Int = 3, limits: Limits = Limits()) {
    (self.request, self.node, self.limits, triesLeft) = (request, node, limits, tries)
  }

  public static var dialect: Dialect { .blockStore }

  public func input(for event: DatagramEvent) -> Input? {
    switch event {
    case .opened: .opened
    case .received(let bytes, let remote): .received(bytes, from: remote)
    case .deadlineReached: .answerOverdue
    }
  }

  public mutating func handle(_ input: Input, at now: Instant, into actions: inout [DatagramAction<Question>]) {
    switch input {
    case .opened, .answerOverdue:
      guard triesLeft > 0 else {
        deadline = nil
        actions.append(.ask(.finished(nil)))
        return
      }
      triesLeft -= 1
      deadline = now + Self.patience
      actions.append(.send(request.bytes, to: node))
    case .received(let bytes, let remote):
      guard deadline != nil else { return }
      do throws(SyntaxError) {
        let answer = try StoreMessage(reading: bytes, limits: limits)
        guard remote == node, answer.id == request.id, answer.query == request.query, !answer.kind.isRequest else {
          actions.append(.note("ignored: not the answer to what was asked", about: remote))
          return
        }
        deadline = nil
        actions.append(.ask(.finished(answer)))
      } catch { actions.append(.note("ignored: \(error)", about: remote)) }
    }
  }

  public var acceptsBytes: Bool { true }
  public var stateName: String { deadline == nil ? "finished" : "waiting" }
}
