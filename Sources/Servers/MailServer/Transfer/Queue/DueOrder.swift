// Entries in the order of their times: a heap. An entry that has got another time since leaves its old place behind, which is passed over.
import World

/// What is due next.
struct DueOrder: Sendable {
  private struct Place: Sendable, Comparable {
    var time: Instant
    var id: QueueID
    static func < (a: Place, b: Place) -> Bool { (a.time, a.id) < (b.time, b.id) }
  }

  private var heap: [Place] = []

  /// The earliest time, of a place that may be left behind; nil: nothing waits.
  var earliest: Instant? { heap.first?.time }

  mutating func insert(_ id: QueueID, at time: Instant) {
    heap.append(Place(time: time, id: id))
    var child = heap.count - 1
    while child > 0, heap[child] < heap[(child - 1) / 2] {
      heap.swapAt(child, (child - 1) / 2)
      child = (child - 1) / 2
    }
  }

  /// Takes the earliest place that is due.
  mutating func take(at now: Instant) -> (id: QueueID, time: Instant)? {
    guard let first = heap.first, first.time <= now else { return nil }
    heap[0] = heap[heap.count - 1]
    heap.removeLast()
    var parent = 0
    while true {
      var least = parent
      for child in [2 * parent + 1, 2 * parent + 2] where child < heap.count && heap[child] < heap[least] { least = child }
      if least == parent { break }
      heap.swapAt(parent, least)
      parent = least
    }
    return (first.id, first.time)
  }
}
