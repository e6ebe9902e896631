// What is on its way over a shaped link, until its time has come. When that is, LinkDirection.swift says.
import World

/// Things on their way, in the order they arrive.
struct InFlight<Thing> {
  private var queue: [(arrival: Instant, thing: Thing)] = []
  private var first = 0

  var isEmpty: Bool { first == queue.count }
  var next: Instant? { first < queue.count ? queue[first].arrival : nil }

  mutating func add(_ thing: Thing, arriving arrival: Instant) {
    var index = queue.count
    while index > first, queue[index - 1].arrival > arrival { index -= 1 }
    queue.insert((arrival, thing), at: index)
  }

  /// The first thing that has arrived by `now`.
  mutating func take(at now: Instant) -> Thing? {
    guard first < queue.count, queue[first].arrival <= now else { return nil }
    let thing = queue[first].thing
    first += 1
    if first == queue.count || first > 256 {
      queue.removeFirst(first)
      first = 0
    }
    return thing
  }
}
