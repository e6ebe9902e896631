// Following a trace as it grows. The store's ring is the only queue: a follower keeps a number, is rung awake once, and reads what is there.
// So a slow follower costs nobody memory or time; it finds a gap instead, with the count of what it missed.

/// The events of a store, batch by batch, as they are recorded. Ends when the task is cancelled.
public struct TraceFollower: AsyncSequence, Sendable {
  public typealias Element = TraceStore.Batch

  let store: TraceStore
  let bell: FollowerBell
  let bells: AsyncStream<Void>
  let start: UInt64
  let batchMax: Int

  public func makeAsyncIterator() -> Iterator {
    Iterator(store: store, bell: bell, bells: bells.makeAsyncIterator(), sequence: start, batchMax: batchMax)
  }

  /// Stops following; a waiting iterator ends.
  public func stop() { bell.continuation.finish() }

  public struct Iterator: AsyncIteratorProtocol {
    let store: TraceStore
    let bell: FollowerBell
    var bells: AsyncStream<Void>.Iterator
    /// The number of the last event handed out.
    public private(set) var sequence: UInt64
    let batchMax: Int

    init(store: TraceStore, bell: FollowerBell, bells: AsyncStream<Void>.Iterator, sequence: UInt64, batchMax: Int) {
      self.store = store
      self.bell = bell
      self.bells = bells
      self.sequence = sequence
      self.batchMax = batchMax
    }

    public mutating func next() async -> TraceStore.Batch? {
      while !Task.isCancelled {
        let batch = store.batch(for: bell, after: sequence, limit: batchMax)
        if !batch.events.isEmpty || batch.lost > 0 {
          sequence += batch.lost + UInt64(batch.events.count)
          return batch
        }
        guard await bells.next() != nil else { return nil }
      }
      return nil
    }
  }
}

/// How a follower is woken. Rung at most once until the follower has read.
final class FollowerBell: @unchecked Sendable {
  let continuation: AsyncStream<Void>.Continuation
  // Unchecked: read and written under the store's lock only.
  var isRung = false

  init(continuation: AsyncStream<Void>.Continuation) { self.continuation = continuation }

  func wake() { continuation.yield() }
}
