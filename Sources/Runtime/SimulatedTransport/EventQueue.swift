// What is to happen when: a heap ordered by time, and at one time by the order of scheduling, so that nothing depends on hashing.

import World

/// Something with a time at which it wants to be called. Its time may move; the queue asks again before it calls.
protocol Wakeable: AnyObject {
  /// Nil: not at all.
  var nextWake: Instant? { get }
  /// The time of the queue's newest entry for it. Kept by `SimulatedInternet` alone.
  var scheduledWake: Instant? { get set }
  /// Whether no run goes on for it alone.
  var wakesInBackground: Bool { get }
  func wake(at now: Instant)
}

extension Wakeable {
  var wakesInBackground: Bool { false }
}

/// The heap.
struct EventQueue {
  struct Entry {
    var time: Instant
    var order: UInt64
    var kind: Kind
    /// Background entries do not keep a run going.
    var isBackground: Bool

    enum Kind {
      case run(() -> Void)
      case wake(any Wakeable)
    }

    func isBefore(_ other: Entry) -> Bool { time != other.time ? time < other.time : order < other.order }
  }

  private var heap: [Entry] = []
  private var nextOrder: UInt64 = 0
  private(set) var foregroundCount = 0

  var first: Entry? { heap.first }

  mutating func insert(at time: Instant, isBackground: Bool = false, _ kind: Entry.Kind) {
    heap.append(Entry(time: time, order: nextOrder, kind: kind, isBackground: isBackground))
    nextOrder += 1
    if !isBackground { foregroundCount += 1 }
    var child = heap.count - 1
    while child > 0 {
      let parent = (child - 1) / 2
      guard heap[child].isBefore(heap[parent]) else { break }
      heap.swapAt(child, parent)
      child = parent
    }
  }

  mutating func removeFirst() -> Entry? {
    guard let first = heap.first else { return nil }
    let last = heap.removeLast()
    if !heap.isEmpty {
      heap[0] = last
      sink()
    }
    if !first.isBackground { foregroundCount -= 1 }
    return first
  }

  private mutating func sink() {
    var parent = 0
    while true {
      var least = parent
      for child in [2 * parent + 1, 2 * parent + 2] where child < heap.count && heap[child].isBefore(heap[least]) { least = child }
      guard least != parent else { return }
      heap.swapAt(least, parent)
      parent = least
    }
  }
}
