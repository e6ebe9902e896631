// How much a workflow may hand to a connection: what is on its way there is bounded, and the peer's pace is felt.
// Not here: what is sent. Read next: Arrivals.swift, the other direction.
import Synchronization

/// Lets through what a connection has room for. The workflow passes; the connection's side, on its loop, says how it goes on there.
public struct SendGate: ~Copyable, Sendable {
  // Not private: whoever stores one of these in another module needs its layout, and Swift 6.3 fails on a private type there.
  struct State {
    var isHeld: Bool
    var isClosed = false
    /// Whether nothing has passed yet.
    var isUntouched = true
    /// What passed and has not come out on the connection's side. Unit: bytes.
    var underWayBytes = 0
    var waiting: [CheckedContinuation<Void, Never>] = []
  }

  private let state: Mutex<State>
  private let bytesMax: Int

  /// Room for `bytesMax`; what passes last may go beyond. With `isHeld` nothing passes before the first `resume`.
  public init(bytesMax: Int, isHeld: Bool = false) {
    self.bytesMax = bytesMax
    state = Mutex(State(isHeld: isHeld))
  }

  /// Waits until there is room, and takes `count` bytes of it. False: nothing is wanted any more.
  public func pass(_ count: Int) async -> Bool {
    while true {
      let (isClosed, passes) = state.withLock { state in
        let passes = !state.isClosed && !state.isHeld && state.underWayBytes < bytesMax
        if passes {
          state.underWayBytes += count
          state.isUntouched = false
        }
        return (state.isClosed, passes)
      }
      if isClosed { return false }
      if passes { return true }
      await withCheckedContinuation { continuation in
        let isDue = state.withLock { state in
          if state.isClosed || (!state.isHeld && state.underWayBytes < bytesMax) { return true }
          state.waiting.append(continuation)
          return false
        }
        if isDue { continuation.resume() }
      }
    }
  }

  /// Whether nothing has passed; of a closed one it stays so.
  public var isUntouched: Bool { state.withLock { $0.isUntouched } }

  /// The peer does not keep up.
  public func hold() { change { $0.isHeld = true } }
  /// It does again.
  public func resume() { change { $0.isHeld = false } }
  /// So much has come out on the other side.
  public func leave(_ count: Int) { change { $0.underWayBytes -= count } }
  /// Nothing is wanted any more; whoever waits learns it.
  public func close() { change { $0.isClosed = true } }

  private func change(_ body: (inout State) -> Void) {
    let waiting = state.withLock { state in
      body(&state)
      defer { state.waiting = [] }
      return state.waiting
    }
    for continuation in waiting { continuation.resume() }
  }
}
