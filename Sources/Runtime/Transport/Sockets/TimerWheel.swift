// Deadlines of ten thousands of connections in one place: a hashed wheel of slots, each a list of entries due when the wheel comes by.
// Filing and removing cost the same however many entries there are. Pure: the time is an argument.
// Read next: SocketLoop.swift, which turns the wheel.
import World

/// Names one entry of a wheel; a key used up or removed names nothing.
struct TimerKey: Hashable {
  fileprivate var index: Int32
  fileprivate var generation: UInt32
}

/// Entries by the time they are due.
struct TimerWheel<Entry> {
  /// One entry in the list of its slot. Lists are chained by index, so that nothing is allocated per entry.
  private struct Node {
    var entry: Entry?
    var tick: Int64
    var previous: Int32
    var next: Int32
    var generation: UInt32
  }

  private static var none: Int32 { -1 }
  private var nodes: [Node] = []
  private var firstFree = Self.none
  /// First and last node of each slot.
  private var heads: [Int32]
  private var tails: [Int32]
  /// No entry of the slot is due before this tick. `Int64.max`: the slot is empty.
  private var earliest: [Int64]
  /// Everything due at this tick or before has been handed out.
  private var cursor: Int64
  /// Unit: nanoseconds.
  private let tickLength: Int64
  private(set) var count = 0

  init(slots: Int = 2_048, tick: Duration = .milliseconds(1), now: Instant) {
    heads = Array(repeating: Self.none, count: max(1, slots))
    tails = heads
    earliest = Array(repeating: .max, count: max(1, slots))
    tickLength = max(1, tick.components.seconds &* 1_000_000_000 &+ tick.components.attoseconds / 1_000_000_000)
    cursor = max(0, now.nanoseconds / tickLength)
  }

  var isEmpty: Bool { count == 0 }

  /// Files `entry` under `deadline`; it is handed out at the first `advance` at or after it.
  mutating func file(_ entry: Entry, at deadline: Instant) -> TimerKey {
    let tick = tick(of: deadline)
    let slot = Int(tick % Int64(heads.count))
    let index = vacantNode()
    nodes[Int(index)].entry = entry
    nodes[Int(index)].tick = tick
    nodes[Int(index)].previous = tails[slot]
    nodes[Int(index)].next = Self.none
    if tails[slot] == Self.none { heads[slot] = index } else { nodes[Int(tails[slot])].next = index }
    tails[slot] = index
    earliest[slot] = min(earliest[slot], tick)
    count += 1
    return TimerKey(index: index, generation: nodes[Int(index)].generation)
  }

  /// Takes an entry out again; nothing happens when it was handed out already.
  mutating func remove(_ key: TimerKey) {
    let index = Int(key.index)
    guard index < nodes.count, nodes[index].generation == key.generation, nodes[index].entry != nil else { return }
    unlink(index)
  }

  /// Hands out every entry due at `now` or before, slot by slot.
  mutating func advance(to now: Instant, into due: inout [Entry]) {
    let target = now.nanoseconds / tickLength
    guard target > cursor else { return }
    guard count > 0 else {
      cursor = target
      return
    }
    let turns = min(target &- cursor, Int64(heads.count))
    for step in 1...turns {
      let slot = Int((cursor &+ step) % Int64(heads.count))
      if earliest[slot] <= target { collect(slot, until: target, into: &due) }
    }
    cursor = target
  }

  /// When to advance next: not later than the first entry is due; nil when there is none.
  var nextDue: Instant? {
    guard count > 0, let tick = earliest.min(), tick != .max else { return nil }
    return time(of: tick)
  }

  /// When an entry filed under `deadline` is handed out.
  func dueTime(of deadline: Instant) -> Instant { time(of: tick(of: deadline)) }

  private func tick(of deadline: Instant) -> Int64 {
    // Rounded up: never early, at most one tick late.
    let whole = deadline.nanoseconds / tickLength
    return max(cursor &+ 1, deadline.nanoseconds % tickLength > 0 ? whole &+ 1 : whole)
  }

  private func time(of tick: Int64) -> Instant {
    let (nanoseconds, overflow) = tick.multipliedReportingOverflow(by: tickLength)
    return Instant(nanoseconds: overflow ? .max : nanoseconds)
  }

  private mutating func collect(_ slot: Int, until target: Int64, into due: inout [Entry]) {
    var index = heads[slot]
    var left = Int64.max
    while index != Self.none {
      let node = nodes[Int(index)]
      if node.tick <= target {
        if let entry = node.entry { due.append(entry) }
        unlink(Int(index))
      } else {
        left = min(left, node.tick)
      }
      index = node.next
    }
    earliest[slot] = left
  }

  private mutating func unlink(_ index: Int) {
    let node = nodes[index]
    let slot = Int(node.tick % Int64(heads.count))
    if node.previous == Self.none { heads[slot] = node.next } else { nodes[Int(node.previous)].next = node.next }
    if node.next == Self.none { tails[slot] = node.previous } else { nodes[Int(node.next)].previous = node.previous }
    if heads[slot] == Self.none { earliest[slot] = .max }
    nodes[index] = Node(entry: nil, tick: 0, previous: Self.none, next: firstFree, generation: node.generation &+ 1)
    firstFree = Int32(truncatingIfNeeded: index)
    count -= 1
  }

  private mutating func vacantNode() -> Int32 {
    if firstFree != Self.none {
      let index = firstFree
      firstFree = nodes[Int(index)].next
      return index
    }
    nodes.append(Node(entry: nil, tick: 0, previous: Self.none, next: Self.none, generation: 0))
    return Int32(truncatingIfNeeded: nodes.count - 1)
  }
}
