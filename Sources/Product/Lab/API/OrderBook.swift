// What was ordered through the API, with the time since the run began: for the report, and to be given again in a replay.
import Synchronization
import World

/// One order that was obeyed.
package struct APIOrder: Sendable, Hashable {
  /// Since the command began, by the real clock.
  package var time: Duration
  package var method: String
  /// With the query.
  package var target: String
  /// Empty: none.
  package var body: String

  package init(time: Duration, method: String, target: String, body: String) {
    self.time = time
    self.method = method
    self.target = target
    self.body = body
  }
}

/// The orders of one run.
package final class OrderBook: Sendable {
  /// Most orders kept. Unit: orders. Past it: later ones are counted only.
  package static let ordersMax = 10_000

  private let clock: any WorldClock
  private let state: Mutex<State>

  private struct State {
    var start: Instant
    var orders: [APIOrder] = []
    var leftOut = 0
  }

  init(_ clock: any WorldClock) {
    self.clock = clock
    state = Mutex(State(start: clock.now))
  }

  /// The command begins now.
  package func begin() { state.withLock { $0.start = clock.now } }

  package var all: [APIOrder] { state.withLock { $0.orders } }
  /// How many orders were not kept.
  package var leftOut: Int { state.withLock { $0.leftOut } }

  func add(_ request: APIRequest) {
    let now = clock.now
    state.withLock { state in
      guard state.orders.count < Self.ordersMax else {
        state.leftOut += 1
        return
      }
      state.orders.append(
        APIOrder(time: state.start.duration(to: now), method: request.method, target: request.target, body: request.bodyText))
    }
  }
}
