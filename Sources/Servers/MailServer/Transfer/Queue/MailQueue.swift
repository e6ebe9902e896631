// What is to be passed on: entries that survive a power cut, each due at its time, each destination with its own number of connections.
// An entry is made in the transaction that makes its message safe, and goes in the transaction that records what became of it.
// Not here: passing on (Relay), when to try again (RetrySchedule.swift), the message's bytes (Mailboxes).
// Read next: QueuedMessage.swift (an entry), DestinationGate.swift (whose turn it is).
import Bytes
package import Mail
package import SMTP
package import Storage
import Synchronization
package import Trace
package import World

/// The queue.
package final class MailQueue: Sendable {
  package let limits: TransferLimits
  package let schedule: RetrySchedule
  private let records: any RecordStore
  private let clock: any WorldClock
  private let state: Mutex<State>

  static let table = "mail-queue"

  private struct State {
    var entries: [QueueID: QueuedMessage] = [:]
    /// Entries that are being passed on.
    var underWay: Set<QueueID> = []
    var order = DueOrder()
    /// When an entry in `order` is due; its record may say later, see `QueuedMessage.nextAttempt`.
    var due: [QueueID: Instant] = [:]
    /// Entries whose destination has no room, in the order in which they came to wait.
    var waiting: [MailDomain: [QueueID]] = [:]
    var gates: [MailDomain: DestinationGate] = [:]
    var open = 0
    var next: UInt64 = 1
    var chance: SeededRandom
    /// Room promised to messages that are being received.
    var promised = 0
  }

  private init(_ records: any RecordStore, _ limits: TransferLimits, _ schedule: RetrySchedule, _ clock: any WorldClock, _ chance: SeededRandom) {
    self.records = records
    self.limits = limits
    self.schedule = schedule
    self.clock = clock
    state = Mutex(State(chance: chance))
  }

  /// Opens the queue that `records` keep: those in which the mail store keeps the messages.
  package static func open(
    _ records: any RecordStore, limits: TransferLimits = TransferLimits(), schedule: RetrySchedule = RetrySchedule(),
    clock: any WorldClock, chance: SeededRandom
  ) async throws(MailboxError) -> MailQueue {
    let queue = MailQueue(records, limits, schedule, clock, chance)
    var from = Buffer()
    while true {
      let lower = from
      let page = try await storing { () async throws(StorageError) in
        try await records.records(in: table, from: lower, to: nil, limit: MailStore.pageSize)
      }
      for record in page {
        guard let id = QueueID(key: record.key) else { continue }
        queue.state.withLock { $0.next = max($0.next, id.number + 1) }
        if let entry = QueuedMessage(id, record: record.value) { queue.enter(entry, dueAt: entry.nextAttempt) }
      }
      guard page.count == MailStore.pageSize, let last = page.last else { return queue }
      from = last.key
      from.append(UInt8(0))
    }
  }

  // MARK: Coming in

  /// Whether `count` more entries have room; the room is kept until `giveBack` or `admit`.
  package func promise(_ count: Int) -> Bool {
    state.withLock { state in
      guard state.entries.count + state.promised + count <= limits.queueMax else { return false }
      state.promised += count
      return true
    }
  }

  package func giveBack(_ count: Int) { state.withLock { $0.promised = max(0, $0.promised - count) } }

  /// Entries for a message, one for each destination: not in the queue yet. The caller delivers the content with their `holders` and `changes`,
  /// and admits them when that is durable.
  package func entries(
    for content: ContentID, from sender: ReversePath, body: BodyKind, to recipients: [MailAddress], start: Int, cause: ConversationID?
  ) -> [QueuedMessage] {
    var byDestination: [(MailDomain, [MailAddress])] = []
    for recipient in recipients {
      if let place = byDestination.firstIndex(where: { $0.0 == recipient.domain }) {
        byDestination[place].1.append(recipient)
      } else {
        byDestination.append((recipient.domain, [recipient]))
      }
    }
    let now = clock.now
    return state.withLock { state in
      byDestination.map { destination, recipients in
        defer { state.next += 1 }
        // The first attempt is made at once. Should it stop the server, the next one waits.
        let later = now + schedule.wait(after: 1, using: &state.chance)
        return QueuedMessage(
          id: QueueID(state.next), content: content, sender: sender, body: body, destination: destination, start: start, recipients: recipients,
          arrived: now, nextAttempt: later, cause: cause)
      }
    }
  }

  /// Takes entries in that are durable.
  package func admit(_ entries: [QueuedMessage], promised: Int) {
    giveBack(promised)
    for entry in entries { enter(entry, dueAt: entry.arrived) }
  }

  private func enter(_ entry: QueuedMessage, dueAt time: Instant) {
    state.withLock { state in
      state.entries[entry.id] = entry
      state.due[entry.id] = time
      state.order.insert(entry.id, at: time)
    }
  }

  // MARK: Going out

  /// The next entry to pass on now; it is under way until `settle`. Nil: none.
  func take() -> QueuedMessage? {
    let now = clock.now
    return state.withLock { state in
      guard state.open < limits.connectionsOutMax else { return nil }
      while let (id, time) = state.order.take(at: now) {
        guard state.due[id] == time, let entry = state.entries[id], !state.underWay.contains(id) else { continue }
        let gate = state.gates[entry.destination] ?? DestinationGate(limits)
        switch gate.opening(at: now) {
        case .now: return Self.begin(entry, &state, limits)
        case .afterAnother:
          state.due[id] = nil
          state.waiting[entry.destination, default: []].append(id)
        case .at(let time):
          state.due[id] = time
          state.order.insert(id, at: time)
        }
      }
      return nil
    }
  }

  private static func begin(_ entry: QueuedMessage, _ state: inout State, _ limits: TransferLimits) -> QueuedMessage {
    state.due[entry.id] = nil
    state.underWay.insert(entry.id)
    state.open += 1
    state.gates[entry.destination, default: DestinationGate(limits)].begin()
    return entry
  }

  /// When `take` may have something next; nil: not before something changes.
  var nextTime: Instant? { state.withLock { $0.open < limits.connectionsOutMax ? $0.order.earliest : nil } }

  /// Before an attempt that is not the first: its record says when the next one comes.
  func noteAttempt(_ entry: QueuedMessage) async throws(MailboxError) -> QueuedMessage {
    var entry = entry
    entry.attempts += 1
    if entry.attempts > 1 {
      entry.nextAttempt = time(after: entry.attempts)
      try await write(entry)
    }
    let now = entry
    state.withLock { if $0.entries[now.id] != nil { $0.entries[now.id] = now } }
    return entry
  }

  /// When to try again after `attempts` have failed.
  func time(after attempts: Int) -> Instant { state.withLock { clock.now + schedule.wait(after: attempts, using: &$0.chance) } }

  /// Makes an entry durable as it is now.
  func write(_ entry: QueuedMessage) async throws(MailboxError) { try await apply([put(entry)]) }

  /// Makes changes durable.
  func apply(_ changes: [Change]) async throws(MailboxError) {
    try await storing { () async throws(StorageError) in try await records.apply(changes) }
  }

  /// The change that makes an entry durable.
  func put(_ entry: QueuedMessage) -> Change { .put(table: Self.table, key: entry.id.key, value: entry.record) }

  /// The change that takes it away.
  func removal(_ entry: QueuedMessage) -> Change { .remove(table: Self.table, key: entry.id.key) }

  /// An attempt is over and recorded: `entry` as it is now, or nothing when it has gone.
  func settle(_ id: QueueID, _ entry: QueuedMessage?, destination: MailDomain, wasAlive: Bool) {
    let now = clock.now
    state.withLock { state in
      state.underWay.remove(id)
      state.open -= 1
      state.gates[destination]?.end(wasAlive: wasAlive, at: now, limits: limits)
      if let entry {
        state.entries[id] = entry
        state.due[id] = entry.nextAttempt
        state.order.insert(id, at: entry.nextAttempt)
      } else {
        state.entries[id] = nil
        state.due[id] = nil
      }
      // One place is free, or two if the destination takes more now: whoever waits is looked at again.
      let waiting = state.waiting.removeValue(forKey: destination) ?? []
      for id in waiting where state.entries[id] != nil {
        state.due[id] = now
        state.order.insert(id, at: now)
      }
      if state.gates[destination]?.isForgettable(at: now) == true, waiting.isEmpty { state.gates[destination] = nil }
    }
  }

  // MARK: For those who look

  package var count: Int { state.withLock { $0.entries.count } }

  /// All entries, oldest first.
  package var all: [QueuedMessage] { state.withLock { $0.entries.values.sorted { ($0.arrived, $0.id) < ($1.arrived, $1.id) } } }

  /// Makes an entry due now, whatever its time was; false: there is none, or it is under way.
  @discardableResult
  package func hurry(_ id: QueueID) -> Bool {
    let now = clock.now
    return state.withLock { state in
      guard state.entries[id] != nil, !state.underWay.contains(id) else { return false }
      state.due[id] = now
      state.order.insert(id, at: now)
      return true
    }
  }
}
