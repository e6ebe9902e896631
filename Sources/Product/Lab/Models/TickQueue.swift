// The order of a model's events: a wheel of ticks, so that adding and taking cost the same however many events wait.
// Not here: the virtual network that real servers stand on (SimulatedTransport), which carries bytes; models only carry values.

import World

/// Events by their ticks; those of one tick come out in the order they went in, so a seed repeats.
struct TickQueue<Payload> {
  private struct Entry {
    var payload: Payload?
    var tick: Int
    /// The next of its slot, or of the free ones; -1: none.
    var next: Int32
  }

  private struct Chain {
    var first: Int32 = -1
    var last: Int32 = -1
  }

  private var entries: [Entry] = []
  private var free: Int32 = -1
  private var slots: [Chain]
  private let mask: Int
  /// What is due at `now`.
  private var due = Chain()
  /// The tick that has come.
  private(set) var now = 0
  private(set) var count = 0

  /// Most events that wait. Past it: a mistake of ours; the rest is dropped and counted.
  private static var waitingMax: Int { 64_000_000 }
  private(set) var dropped = 0

  /// A wheel of so many slots, a power of two; delays past it are allowed, and cost a look at each turn.
  init(slotCount: Int = 65_536) {
    slots = [Chain](repeating: Chain(), count: slotCount)
    mask = slotCount - 1
  }

  /// Adds an event `delay` ticks from now. What is added for this very tick still comes in it.
  mutating func add(_ payload: Payload, after delay: Int) {
    guard count < Self.waitingMax else { return dropped += 1 }
    let tick = now + max(0, delay)
    let index: Int32
    if free >= 0 {
      index = free
      free = entries[Int(index)].next
      entries[Int(index)] = Entry(payload: payload, tick: tick, next: -1)
    } else {
      index = Int32(truncatingIfNeeded: entries.count)
      entries.append(Entry(payload: payload, tick: tick, next: -1))
    }
    count += 1
    if tick == now { appendDue(index) } else { append(index, toSlot: tick & mask) }
  }

  /// Takes the next event that is due before `end`; nil: there is none, and `now` is `end`.
  mutating func next(before end: Int) -> Payload? {
    while due.first < 0 {
      guard count > 0, now + 1 < end else {
        now = max(now, end)
        collect()
        return nil
      }
      now += 1
      collect()
    }
    let index = Int(due.first)
    due.first = entries[index].next
    if due.first < 0 { due.last = -1 }
    let payload = entries[index].payload.take()
    entries[index].next = free
    free = Int32(truncatingIfNeeded: index)
    count -= 1
    return payload
  }

  /// Moves what is due now out of its slot.
  private mutating func collect() {
    let slot = now & mask
    guard slots[slot].first >= 0 else { return }
    var index = slots[slot].first
    slots[slot] = Chain()
    while index >= 0 {
      let next = entries[Int(index)].next
      entries[Int(index)].next = -1
      if entries[Int(index)].tick <= now { appendDue(index) } else { append(index, toSlot: slot) }
      index = next
    }
  }

  private mutating func appendDue(_ index: Int32) {
    if due.last >= 0 { entries[Int(due.last)].next = index } else { due.first = index }
    due.last = index
  }

  private mutating func append(_ index: Int32, toSlot slot: Int) {
    let last = slots[slot].last
    if last >= 0 { entries[Int(last)].next = index } else { slots[slot].first = index }
    slots[slot].last = index
  }
}

extension SeededRandom {
  /// From 0 up to, and without, 1.
  mutating func share() -> Double { Double(next() >> 11) / Double(1 << 53) }
}
