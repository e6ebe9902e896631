// The steered names of one authority and how their edges are, shared by all threads that answer.
// Not here: the decision (SteeringChoice.swift), asking the edges (HealthWatch.swift). Read next: Authoritative/Authority.swift.
import DNS
import Synchronization
package import World

/// Chooses edges for questions, and takes reports in.
package final class Steering: Sendable {
  package let names: [SteeredName]
  /// Every edge of some name, each once.
  package let edges: [SteeredEdge]
  package let limits: SteeringLimits
  private let clock: any WorldClock
  /// For each name the places of its edges in `edges`.
  private let places: [[Int]]
  // Unchecked: the memory is never written after `init`.
  private nonisolated(unsafe) let table: NameTable
  private let state: Mutex<State>

  /// Folded names one after the other, and the slots that lead to them.
  private struct NameTable {
    let slots: NameSlots
    let bytes: UnsafeMutableRawPointer
    let entries: [(start: Int, count: Int)]
  }

  private struct State {
    var health: [EdgeHealth]
    var turns: [Int]
    /// When a steered name was asked for last; nil: never.
    var lastAsked: Instant?
    var isStopped = false
    /// Watches that wait for a question.
    var waiting: [CheckedContinuation<Void, Never>] = []
  }

  package init(_ names: [SteeredName], clock: any WorldClock, limits: SteeringLimits = SteeringLimits()) {
    self.names = names
    self.limits = limits
    self.clock = clock
    var edges: [SteeredEdge] = []
    places = names.map { name in
      name.edges.map { edge in
        if let known = edges.firstIndex(where: { $0.name == edge.name }) { return known }
        edges.append(edge)
        return edges.count - 1
      }
    }
    self.edges = edges
    state = Mutex(State(health: edges.map { _ in EdgeHealth() }, turns: names.map { _ in 0 }))
    let folded = names.map { FoldedName.bytes(of: $0.name) }
    let memory = UnsafeMutableRawPointer.allocate(byteCount: max(8, folded.reduce(0) { $0 + $1.count }), alignment: 8)
    let slots = NameSlots(for: names.count)
    var entries: [(start: Int, count: Int)] = []
    var start = 0
    for (index, bytes) in folded.enumerated() {
      bytes.withUnsafeBytes { (memory + start).copyMemory(from: $0.baseAddress ?? UnsafeRawPointer(memory), byteCount: $0.count) }
      let count = names[index].name.wire.count
      slots.insert(FoldedName.hash(memory + start, count), UInt32(truncatingIfNeeded: index + 1))
      entries.append((start, count))
      start += bytes.count
    }
    table = NameTable(slots: slots, bytes: memory, entries: entries)
  }

  deinit {
    table.slots.release()
    table.bytes.deallocate()
  }

  // MARK: Answering

  /// Which of `names` the folded name of `count` bytes at `name` is; nil: none.
  func index(of name: UnsafeRawPointer, _ count: Int) -> Int? {
    let found = table.slots.find(FoldedName.hash(name, count)) { number in
      let entry = table.entries[Int(number) - 1]
      return entry.count == count && FoldedName.equal(table.bytes + entry.start, name, count)
    }
    return found == 0 ? nil : Int(found) - 1
  }

  /// The addresses of one kind to answer for the name at `index`, the best first, and for how many bits of the client's address that holds.
  /// Nil: no edge has an address of this kind, so the zone answers.
  func addresses(forName index: Int, areV6: Bool, client: SteeringClient) -> (addresses: [Address], scopeLength: Int)? {
    let name = names[index]
    let candidates = name.edges.indices.filter { name.edges[$0].addresses.contains { $0.isV6 == areV6 } }
    guard !candidates.isEmpty else { return nil }
    let now = clock.now
    let (health, turn, waiting) = state.withLock { state in
      state.turns[index] &+= 1
      // Nobody was asked for a while: until reports come, or fail to, each edge has the benefit of the doubt, so that the quickest report
      // does not make all others look dead.
      if state.lastAsked.map({ $0.duration(to: now) >= limits.attentionTime }) ?? true {
        for edge in state.health.indices { (state.health[edge].reported, state.health[edge].isUp) = (now, true) }
      }
      state.lastAsked = now
      defer { state.waiting = [] }
      return (places[index].map { state.health[$0] }, state.turns[index] &- 1, state.waiting)
    }
    for watch in waiting { watch.resume() }
    let choice = SteeringChoice.choose(among: candidates, of: name, health: health, client: client, turn: turn, at: now, limits)
    let addresses = choice.edges.flatMap { name.edges[$0].addresses.filter { $0.isV6 == areV6 } }
    return (Array(addresses.prefix(limits.addressesMax)), choice.scopeLength)
  }

  // MARK: Reports

  /// The edge at `index` of `edges` reported `load`.
  package func note(load: Double, of index: Int) {
    let now = clock.now
    let known = load.isFinite ? max(0, load) : 0
    state.withLock { $0.health[index] = EdgeHealth(reported: now, isUp: true, load: known) }
  }

  /// The edge at `index` of `edges` could not be reached, or said that it is not well.
  package func noteDown(_ index: Int) { state.withLock { $0.health[index].isUp = false } }

  /// How the edges are, for status pages: in the order of `edges`.
  package var health: [EdgeHealth] { state.withLock { $0.health } }

  /// Which edges would be answered now.
  package var alive: [String] {
    let now = clock.now
    return zip(edges, health).filter { $0.1.isAlive(at: now, limits) }.map(\.0.name)
  }

  /// Waits until somebody cares how the edges are. False: nobody will any more.
  func attention() async -> Bool {
    let now = clock.now
    await withCheckedContinuation { continuation in
      let isDue = state.withLock { state in
        if state.isStopped { return true }
        if let lastAsked = state.lastAsked, lastAsked.duration(to: now) < limits.attentionTime { return true }
        state.waiting.append(continuation)
        return false
      }
      if isDue { continuation.resume() }
    }
    return !state.withLock { $0.isStopped }
  }

  /// Ends every watch.
  package func stop() {
    let waiting = state.withLock { state in
      state.isStopped = true
      defer { state.waiting = [] }
      return state.waiting
    }
    for watch in waiting { watch.resume() }
  }
}
