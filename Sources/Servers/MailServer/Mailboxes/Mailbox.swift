// One mailbox in memory: what it is called, its counters, who has it open, and while somebody has, an entry for each message.
// It is changed by what the ledger publishes, and by nothing else.
// Not here: what is planned for it (MailboxSession, MailStore, Account), the bytes of messages (Content.swift).
import Bytes
import IMAP
import Storage
import Synchronization

/// A mailbox of an account.
final class Mailbox: Sendable {
  /// Its number, which no other mailbox ever had.
  let id: UInt32
  let account: UInt32
  private let state: Mutex<State>

  private struct State {
    var record: MailboxRecord
    var counters: Counters
    /// Ascending by identifier; nil: not read.
    var entries: [Entry]?
    /// Changes with every message that is published.
    var version: UInt64 = 0
    var sessions: [Place] = []
    /// Messages that are gone, but not yet for sessions that have not told their clients.
    var ghosts: [UInt32: Ghost] = [:]
    var isGone = false
  }

  /// Who has the mailbox open.
  private struct Place: Sendable {
    var session: SessionID
    /// Whether new messages may be recent here.
    var takesRecent: Bool
    var listener: @Sendable (MailboxChange) -> Void
  }

  private struct Ghost {
    var entry: Entry
    var sessions: [SessionID]
  }

  /// The number of a session.
  typealias SessionID = UInt64

  init(id: UInt32, account: UInt32, record: MailboxRecord, counters: Counters) {
    self.id = id
    self.account = account
    state = Mutex(State(record: record, counters: counters))
  }

  var key: Buffer { Key.of(account, id) }
  var record: MailboxRecord { state.withLock { $0.record } }
  var counters: Counters { state.withLock { $0.counters } }
  var isGone: Bool { state.withLock { $0.isGone } }
  /// How many entries are in memory although nobody has the mailbox open; nil: somebody has, or none are.
  var idleEntries: Int? { state.withLock { $0.sessions.isEmpty ? $0.entries?.count : nil } }

  // MARK: For plans

  var planned: PlannedMailbox { state.withLock { PlannedMailbox(record: $0.record, counters: $0.counters) } }

  func publish(_ planned: PlannedMailbox) {
    state.withLock { state in
      let recentFrom = max(state.counters.recentFrom, planned.counters.recentFrom)
      state.counters = planned.counters
      state.counters.recentFrom = recentFrom
      state.record = planned.record
    }
  }

  func skip(to counters: Counters) {
    state.withLock { state in
      state.counters.uidNext = max(state.counters.uidNext, counters.uidNext)
      state.counters.modification = max(state.counters.modification, counters.modification)
    }
  }

  // MARK: Entries

  /// Reads the entries, if they are not there. Who calls it has the mailbox open, or they may be let go again at any time.
  func load(from records: any RecordStore) async throws(MailboxError) {
    var read: [Entry] = []
    while true {
      let (isDone, version) = state.withLock { ($0.entries != nil, $0.version) }
      if isDone { return }
      let next = read.last.map { $0.uid } ?? 0
      guard next < .max else { return }
      let page = try await Self.page(of: id, after: next, records)
      read += page
      if page.count == Self.pageSize { continue }
      let isWhole = state.withLock { state in
        // A message that was published meanwhile may have been missed: its end is read again.
        guard state.version == version else { return false }
        if state.entries == nil { state.entries = read }
        return true
      }
      if isWhole { return }
    }
  }

  /// How many records are read at once.
  private static let pageSize = 5_000

  private static func page(of mailbox: UInt32, after uid: UInt32, _ records: any RecordStore) async throws(MailboxError) -> [Entry] {
    let rows = try await storing { () async throws(StorageError) in
      try await records.records(in: Table.message, from: Key.of(mailbox, uid + 1), to: Key.after(mailbox), limit: pageSize)
    }
    return rows.compactMap { Entry($0) }
  }

  /// All entries, ascending; nil: not read.
  var entries: [Entry]? { state.withLock { $0.entries } }

  /// Lets the entries go, if nobody has the mailbox open.
  func letGo() { state.withLock { if $0.sessions.isEmpty { $0.entries = nil } } }

  /// The entries of `uids` that are there; for a session also those that its client does not know to be gone.
  func entries(of uids: UIDSet, for session: SessionID?) -> [Entry] {
    let (entries, ghosts) = state.withLock { state -> ([Entry], [Entry]) in
      let ghosts = session.map { session in
        state.ghosts.values.filter { $0.sessions.contains(session) && uids.contains($0.entry.uid) }.map(\.entry)
      }
      return (state.entries ?? [], ghosts ?? [])
    }
    var found: [Entry] = []
    for range in uids.ranges {
      var place = entries.place(of: range.lowerBound)
      while place < entries.count, entries[place].uid <= range.upperBound {
        found.append(entries[place])
        place += 1
      }
    }
    return ghosts.isEmpty ? found : (found + ghosts).sorted { $0.uid < $1.uid }
  }

  /// The identifiers of what is there, and of what the session's client does not know to be gone.
  func known(to session: SessionID) -> UIDSet {
    let (entries, ghosts) = state.withLock { state in
      (state.entries ?? [], state.ghosts.filter { $0.value.sessions.contains(session) }.map(\.key))
    }
    let there = UIDSet(ascending: entries.lazy.map(\.uid))
    return ghosts.isEmpty ? there : there.union(UIDSet(ghosts))
  }

  // MARK: Publishing

  /// New messages, their identifiers above all others.
  func add(_ added: [Entry]) {
    guard let first = added.first, let last = added.last else { return }
    let uids = UIDSet(added.map(\.uid))
    let told = state.withLock { state -> [(listener: @Sendable (MailboxChange) -> Void, recent: UIDSet)] in
      state.version &+= 1
      // What was read from the disk may have them already: they were durable before they are published.
      if let known = state.entries { state.entries?.append(contentsOf: added.drop { entry in known.last.map { entry.uid <= $0.uid } ?? false }) }
      // RFC 3501 §2.3.2: \Recent is told to one session, the first that can be.
      let recipient = state.sessions.firstIndex { $0.takesRecent }
      if recipient != nil, state.counters.recentFrom <= first.uid { state.counters.recentFrom = last.uid + 1 }
      return state.sessions.enumerated().map { ($0.element.listener, $0.offset == recipient ? uids : UIDSet()) }
    }
    for (listener, recent) in told { listener(.arrived(uids, recent: recent)) }
  }

  /// Messages with other flags or keywords than before.
  func replace(_ changed: [Entry], by origin: SessionID?) {
    let listeners = state.withLock { state in
      state.version &+= 1
      if var entries = state.entries {
        // Taken out meanwhile: changing it in place would copy it for each entry.
        state.entries = nil
        for entry in changed {
          let place = entries.place(of: entry.uid)
          if place < entries.count, entries[place].uid == entry.uid { entries[place] = entry }
        }
        state.entries = entries
      }
      return state.sessions.filter { $0.session != origin }.map(\.listener)
    }
    let uids = UIDSet(changed.map(\.uid))
    for listener in listeners { listener(.flagsChanged(uids)) }
  }

  /// Messages are gone. Returns those that no session needs any more.
  func remove(_ removed: [Entry], by origin: SessionID?) -> [ContentID] {
    let uids = UIDSet(removed.map(\.uid))
    let (listeners, free) = state.withLock { state in
      state.version &+= 1
      state.entries?.removeAll { uids.contains($0.uid) }
      let others = state.sessions.filter { $0.session != origin }
      if !others.isEmpty {
        for entry in removed { state.ghosts[entry.uid] = Ghost(entry: entry, sessions: others.map(\.session)) }
      }
      return (others.map(\.listener), others.isEmpty ? removed.map(\.content) : [])
    }
    for listener in listeners { listener(.expunged(uids)) }
    return free
  }

  /// The mailbox is no more, or is not what it was.
  func end(isGone: Bool) {
    let listeners = state.withLock { state in
      state.isGone = isGone
      return state.sessions.map(\.listener)
    }
    for listener in listeners { listener(.replaced) }
  }

  // MARK: Sessions

  /// Opens the mailbox for a session. Who calls it loads the entries next. Nil: too many have it open, or it is gone.
  func enter(_ session: SessionID, takesRecent: Bool, limit: Int, listener: @escaping @Sendable (MailboxChange) -> Void) -> Bool {
    state.withLock { state in
      guard !state.isGone, state.sessions.count < limit else { return false }
      state.sessions.append(Place(session: session, takesRecent: takesRecent, listener: listener))
      return true
    }
  }

  /// What a session that entered begins with. What is published later it is told.
  func snapshot(takesRecent: Bool) -> (entries: [Entry], record: MailboxRecord, counters: Counters) {
    state.withLock { state in
      let found = (state.entries ?? [], state.record, state.counters)
      if takesRecent { state.counters.recentFrom = max(state.counters.recentFrom, state.counters.uidNext) }
      return found
    }
  }

  /// The session's client knows that these are gone. Returns the contents that no session needs any more.
  func forget(_ uids: UIDSet, by session: SessionID) -> [ContentID] {
    state.withLock { state in
      guard !state.ghosts.isEmpty else { return [] }
      return Self.forget(state.ghosts.keys.filter { uids.contains($0) }, session, &state)
    }
  }

  /// Closes the mailbox for a session. Returns the contents that no session needs any more.
  func leave(_ session: SessionID) -> [ContentID] {
    state.withLock { state in
      state.sessions.removeAll { $0.session == session }
      return Self.forget(Array(state.ghosts.keys), session, &state)
    }
  }

  private static func forget(_ uids: [UInt32], _ session: SessionID, _ state: inout State) -> [ContentID] {
    var free: [ContentID] = []
    for uid in uids {
      state.ghosts[uid]?.sessions.removeAll { $0 == session }
      guard let ghost = state.ghosts[uid], ghost.sessions.isEmpty else { continue }
      free.append(ghost.entry.content)
      state.ghosts[uid] = nil
    }
    return free
  }
}

extension [Entry] {
  /// Where the first entry stands whose identifier is `uid` or greater.
  func place(of uid: UInt32) -> Int {
    var (low, high) = (0, count)
    while low < high {
      let middle = (low + high) / 2
      if self[middle].uid < uid { low = middle + 1 } else { high = middle }
    }
    return low
  }
}

/// Does what storage does, and says what goes wrong as a mail store does.
func storing<R>(_ body: () async throws(StorageError) -> R) async throws(MailboxError) -> R {
  do throws(StorageError) { return try await body() } catch { throw .storage(error) }
}
