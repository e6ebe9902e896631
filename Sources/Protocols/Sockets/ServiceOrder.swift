// Who is served when: the iterative form serves one client at a time, the concurrent form all at once. The conversation only asks
// for its turn; the owner holds one `ServiceQueue` for all clients of a service and answers. Nothing here knows a socket.

/// The two forms of a server.
public enum ServiceOrder: String, Sendable, Hashable, CaseIterable, Codable {
  /// One client at a time: the others are connected, and wait.
  case iterative
  /// Every client at once.
  case concurrent
}

/// The clients of one service: who is being served, who waits.
///
/// `Client` tells clients apart; `Waiter` is what the owner needs to reach one whose turn has come.
public struct ServiceQueue<Client: Hashable & Sendable, Waiter> {
  /// What a client hears on arrival.
  public enum Turn: Sendable, Hashable { case now, later, never }

  public let order: ServiceOrder
  private let limits: Limits
  /// The one client being served; in the concurrent form always nil.
  private var served: Client?
  private var waiting: [(client: Client, waiter: Waiter)] = []

  public init(_ order: ServiceOrder, limits: Limits = Limits()) {
    self.order = order
    self.limits = limits
  }

  /// How many wait.
  public var waitingCount: Int { waiting.count }

  /// A client asks for its turn.
  public mutating func arrive(_ client: Client, waiter: Waiter) -> Turn {
    guard order == .iterative else { return .now }
    if served == nil {
      served = client
      return .now
    }
    guard waiting.count < limits.clientsWaitingMax else { return .never }
    waiting.append((client, waiter))
    return .later
  }

  /// A client is gone, served or not. Returns the one whose turn this makes it.
  public mutating func leave(_ client: Client) -> Waiter? {
    waiting.removeAll { $0.client == client }
    guard served == client else { return nil }
    guard !waiting.isEmpty else {
      served = nil
      return nil
    }
    let next = waiting.removeFirst()
    served = next.client
    return next.waiter
  }
}

extension ServiceQueue: Sendable where Waiter: Sendable {}
