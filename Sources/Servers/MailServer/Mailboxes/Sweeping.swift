// What nobody holds goes: contents after their last message, messages after their mailbox, blobs that a crash left before anybody held them.
// What has to go is written down in the transaction that makes it so, and is removed afterwards; a crash in between leaves it for the next start.
// Not here: who holds what (MailStore.swift, MailboxSession.swift).
import Bytes
import Storage
import Synchronization

/// What waits to be swept.
struct SweepState {
  /// Contents that perhaps nobody holds.
  var buried: [ContentID] = []
  var hasDeadMailboxes = false
  var isRunning = false
}

extension MailStore {
  /// How many contents or messages are looked at together.
  private static let sweptAtOnce = 1_000

  // MARK: While the store is in use

  /// These contents have lost a holder that no session looks at any more.
  func bury(_ contents: [ContentID]) {
    if contents.isEmpty { return }
    sweeping.withLock { $0.buried += contents }
    beginSweeping()
  }

  /// A mailbox is gone, its messages are not yet.
  func sweepSoon() {
    sweeping.withLock { $0.hasDeadMailboxes = true }
    beginSweeping()
  }

  private func beginSweeping() {
    let begins = sweeping.withLock { state in
      defer { state.isRunning = true }
      return !state.isRunning
    }
    if begins { start { [self] in await sweep() } }
  }

  /// Sweeps until nothing is left. What fails is left for the next start: it is written down.
  private func sweep() async {
    while true {
      let (contents, mailboxes, isOver) = sweeping.withLock { state in
        let contents = Array(state.buried.prefix(Self.sweptAtOnce))
        state.buried.removeFirst(contents.count)
        let mailboxes = state.hasDeadMailboxes
        state.hasDeadMailboxes = false
        state.isRunning = !contents.isEmpty || mailboxes
        return (contents, mailboxes, !state.isRunning)
      }
      if isOver { return }
      try? await remove(contents)
      if mailboxes { try? await removeDeadMailboxes() }
    }
  }

  // MARK: At the start

  /// Removes everything that was left.
  func sweepAll() async throws(MailboxError) {
    try await removeDeadMailboxes()
    while true {
      let graves = try await storing { () async throws(StorageError) in
        try await records.records(in: Table.grave, from: Buffer(), to: nil, limit: Self.sweptAtOnce)
      }
      if graves.isEmpty { break }
      try await remove(graves.compactMap { Self.content($0.key) })
    }
    try await settle()
  }

  /// Removes blobs that were kept before a crash, and held by nobody. Those below the settled number were looked at by an earlier start.
  private func settle() async throws(MailboxError) {
    let next = nextContent
    let (settled, names) = try await storing { () async throws(StorageError) in
      let settled = try await records.value(in: Table.store, at: Key.settled).flatMap { Self.content($0) } ?? ContentID(0)
      return (settled, try await blobs.names())
    }
    var candidates = names.compactMap { Self.content($0) }.filter { $0 >= settled }[...]
    while !candidates.isEmpty {
      let page = Array(candidates.prefix(Self.sweptAtOnce))
      candidates = candidates.dropFirst(page.count)
      try await storing { () async throws(StorageError) in
        let held = try await records.values(in: Table.content, at: page.map { Key.of($0) })
        for (id, record) in zip(page, held) where record == nil {
          if let name = KeptContent.blobName(id) { try await blobs.remove(name) }
        }
      }
    }
    if settled < next {
      try await storing { () async throws(StorageError) in
        try await records.apply([.put(table: Table.store, key: Key.settled, value: Key.of(next))])
      }
    }
  }

  private static func content(_ key: Buffer) -> ContentID? {
    var key = key
    return key.takeInteger(UInt64.self).map { ContentID($0) }
  }

  /// The content whose blob is called so; nil: it is somebody else's blob.
  private static func content(_ name: BlobName) -> ContentID? {
    guard name.description.hasPrefix("m-"), name.description.utf8.count == 18 else { return nil }
    return UInt64(name.description.dropFirst(2), radix: 16).map { ContentID($0) }
  }

  // MARK: Removing

  /// Removes those of these contents that nobody holds.
  private func remove(_ contents: [ContentID]) async throws(MailboxError) {
    if contents.isEmpty { return }
    // A content that nobody holds is never held again: every new holder copies one that is there, in a transaction of its own.
    let free = try await storing { () async throws(StorageError) in
      var free: [ContentID] = []
      for id in contents {
        let holders = try await records.records(in: Table.holder, from: Key.of(id), to: Key.of(ContentID(id.number + 1)), limit: 1)
        if holders.isEmpty { free.append(id) }
      }
      // The blob goes first: what says that it has to go must be there until it is gone.
      let values = try await records.values(in: Table.content, at: free.map { Key.of($0) })
      for (id, value) in zip(free, values) where value.flatMap({ ContentRecord(record: $0) })?.inline == nil {
        if let name = KeptContent.blobName(id) { try await blobs.remove(name) }
      }
      return free
    }
    try await ledger.perform(Order(changes: contents.count + 2 * free.count)) { plan throws(MailboxError) in
      for id in free {
        plan.remove(Table.content, Key.of(id))
        plan.remove(Table.summary, Key.of(id))
      }
      for id in contents { plan.remove(Table.grave, Key.of(id)) }
    }
  }

  /// Removes the messages of mailboxes that are gone, and then what they held.
  private func removeDeadMailboxes() async throws(MailboxError) {
    while true {
      let dead = try await storing { () async throws(StorageError) in
        try await records.records(in: Table.dead, from: Buffer(), to: nil, limit: 1)
      }
      var key = dead.first?.key ?? Buffer()
      guard let id = key.takeInteger(UInt32.self) else { return }
      let rows = try await storing { () async throws(StorageError) in
        try await records.records(in: Table.message, from: Key.of(id), to: Key.after(id), limit: Self.sweptAtOnce)
      }
      let entries = rows.compactMap { Entry($0) }
      try await ledger.perform(Order(changes: rows.count * 3 + 1)) { plan throws(MailboxError) in
        for row in rows { plan.remove(Table.message, row.key) }
        for entry in entries {
          plan.remove(Table.holder, Key.holder(entry.content, id, entry.uid))
          plan.put(Table.grave, Key.of(entry.content))
        }
        if rows.count < Self.sweptAtOnce { plan.remove(Table.dead, Key.of(id)) }
      }
      try await remove(entries.map(\.content))
    }
  }
}
