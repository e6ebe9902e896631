// What comes in on a connection's loop and waits until a workflow asks for it. Read next: SendGate.swift, the other direction.
import Synchronization

/// Things in the order they came, and their end. One side adds, the other takes; both from any thread.
///
/// How much may wait is bounded by whoever asks the peer for more.
public struct Arrivals<Thing: Sendable, Failure: Error>: ~Copyable, Sendable {
  // Not private: whoever stores one of these in another module needs its layout, and Swift 6.3 fails on a private type there.
  struct State {
    var things: [Thing] = []
    /// The first one that was not taken; what lies before is dropped now and then, so that taking many small things costs no more than few.
    var first = 0
    var end: Result<Void, Failure>?
    var waiting: [CheckedContinuation<Void, Never>] = []

    mutating func take() -> Thing? {
      guard first < things.count else { return nil }
      let thing = things[first]
      first += 1
      if first == things.count || first == 64 {
        things.removeFirst(first)
        first = 0
      }
      return thing
    }
  }

  private let state = Mutex(State())

  public init() {}

  /// Nothing is added behind the end.
  public func add(_ thing: Thing) { change { if $0.end == nil { $0.things.append(thing) } } }

  /// Nothing more comes. The first end counts.
  public func end() { change { if $0.end == nil { $0.end = .success(()) } } }

  /// Nothing more comes, because of this.
  public func end(because failure: Failure) { change { if $0.end == nil { $0.end = .failure(failure) } } }

  /// The end was that of one part; another begins.
  public func begin() { change { $0.end = nil } }

  /// The next one, waited for if need be; nil at the end, again and again.
  public func next() async throws(Failure) -> Thing? {
    while true {
      let (thing, end) = state.withLock { ($0.take(), $0.end) }
      if let thing { return thing }
      if let end {
        try end.get()
        return nil
      }
      await withCheckedContinuation { continuation in
        let isThere = state.withLock { state in
          if state.first < state.things.count || state.end != nil { return true }
          state.waiting.append(continuation)
          return false
        }
        if isThere { continuation.resume() }
      }
    }
  }

  private func change(_ body: (inout State) -> Void) {
    let waiting = state.withLock { state in
      body(&state)
      defer { state.waiting = [] }
      return state.waiting
    }
    for continuation in waiting { continuation.resume() }
  }
}
