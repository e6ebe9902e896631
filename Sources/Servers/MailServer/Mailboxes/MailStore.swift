// All accounts, all mailboxes, all messages of a mail server, durable over the storage ports: everything that is acknowledged here is on the
// disk. Messages are held by mailboxes and by others (the queue), and stored once.
// Read next: Account.swift (mailboxes), MailboxSession.swift (messages), Ledger.swift (how anything changes), Sweeping.swift (what goes).
package import Bytes
import IMAP
import Mail
package import Storage
import Synchronization
package import World

/// A mail store. One process at a time may have it open.
package final class MailStore: Sendable {
  package let limits: MailboxLimits
  let records: any RecordStore
  let blobs: any BlobStore
  let ledger: Ledger
  let clock: any WorldClock
  /// Runs what nobody waits for.
  let start: @Sendable (@escaping @Sendable () async -> Void) -> Void
  private let state: Mutex<State>
  let sweeping = Mutex(SweepState())
  let reading = ReadingDesk()

  private struct State {
    var counters: StoreCounters
    /// Of all accounts.
    var names: Set<String>
    /// Accounts that somebody has, or had lately.
    var accounts: [String: WeakAccount] = [:]
    var lately: Generations<String, Account>
    /// Accounts being read, and who waits for that.
    var loading: [String: [CheckedContinuation<Void, Never>]] = [:]
    /// Mailboxes that nobody has open, with their entries.
    var idle: Generations<UInt32, Mailbox>
    var summaries: Generations<ContentID, Summary>
    var nextSession: UInt64 = 1
  }

  /// An account as long as it is used.
  private struct WeakAccount { weak var account: Account? }

  private init(
    _ records: any RecordStore, _ blobs: any BlobStore, _ limits: MailboxLimits, _ clock: any WorldClock, _ counters: StoreCounters, _ names: Set<String>,
    _ start: @escaping @Sendable (@escaping @Sendable () async -> Void) -> Void
  ) {
    self.records = records
    self.blobs = blobs
    self.limits = limits
    self.clock = clock
    self.start = start
    ledger = Ledger(records, limits)
    state = Mutex(
      State(
        counters: counters, names: names, lately: Generations(costMax: limits.loadedAccountsMax), idle: Generations(costMax: limits.idleMessagesMax),
        summaries: Generations(costMax: limits.summaryBytesMax)))
  }

  /// Opens the store, and removes what an earlier crash or shutdown left for later.
  package static func open(
    records: any RecordStore, blobs: any BlobStore, clock: any WorldClock, limits: MailboxLimits = MailboxLimits(),
    start: @escaping @Sendable (@escaping @Sendable () async -> Void) -> Void = { work in Task { await work() } }
  ) async throws(MailboxError) -> MailStore {
    let counters = try await storing { () async throws(StorageError) in try await records.value(in: Table.store, at: Key.next) }
    var names: Set<String> = []
    var from = Buffer()
    while true {
      let next = from
      let rows = try await storing { () async throws(StorageError) in
        try await records.records(in: Table.account, from: next, to: nil, limit: Self.pageSize)
      }
      for row in rows { names.insert(row.key.text) }
      guard rows.count == Self.pageSize, let last = rows.last else { break }
      from = last.key
      from.append(UInt8(0))
    }
    let store = MailStore(records, blobs, limits, clock, counters.flatMap { StoreCounters(record: $0) } ?? StoreCounters(), names, start)
    try await store.sweepAll()
    return store
  }

  static let pageSize = 1_000

  // MARK: Numbers

  func takeMailbox() -> UInt32 {
    state.withLock { state in
      defer { state.counters.mailbox += 1 }
      return state.counters.mailbox
    }
  }

  /// Greater than every one before, also than those of a store that was lost and begun anew.
  // RFC 3501 §2.3.1.1: "a good value to use is the 32-bit representation of the creation date/time".
  func takeValidity() -> UInt32 {
    let now = UInt32(clamping: clock.now.secondsSince1970)
    return state.withLock { state in
      state.counters.uidValidity = max(state.counters.uidValidity &+ 1, now)
      return state.counters.uidValidity
    }
  }

  func takeSession() -> Mailbox.SessionID {
    state.withLock { state in
      defer { state.nextSession += 1 }
      return state.nextSession
    }
  }

  private func takeContent() -> ContentID {
    state.withLock { state in
      defer { state.counters.content += 1 }
      return ContentID(state.counters.content)
    }
  }

  /// The number that the next content gets.
  var nextContent: ContentID { state.withLock { ContentID($0.counters.content) } }

  /// Plans that the numbers given so far are never given again.
  func putCounters(in plan: inout Plan) { plan.put(Table.store, Key.next, state.withLock { $0.counters.record }) }

  // MARK: Accounts

  /// The names of all accounts, in order.
  package var accountNames: [String] { state.withLock { $0.names.sorted() } }

  package func hasAccount(_ name: String) -> Bool { state.withLock { $0.names.contains(name) } }

  /// The account called `name`.
  package func account(_ name: String) async throws(MailboxError) -> Account {
    while true {
      let (found, mayLoad) = try state.withLock { state throws(MailboxError) -> (Account?, Bool) in
        guard state.names.contains(name) else { throw .noSuchAccount }
        if let account = state.accounts[name]?.account {
          _ = state.lately.insert(account, for: name, cost: 1)
          return (account, false)
        }
        guard state.loading[name] == nil else { return (nil, false) }
        state.loading[name] = []
        return (nil, true)
      }
      if let found { return found }
      if mayLoad { return try await load(name) }
      await withCheckedContinuation { continuation in
        let isOver = state.withLock { state in
          state.loading[name]?.append(continuation)
          return state.loading[name] == nil
        }
        if isOver { continuation.resume() }
      }
    }
  }

  /// Reads an account; only one at a time for each name.
  private func load(_ name: String) async throws(MailboxError) -> Account {
    defer {
      let waiting = state.withLock { $0.loading.removeValue(forKey: name) ?? [] }
      for continuation in waiting { continuation.resume() }
    }
    let account = try await storing { () async throws(StorageError) in try await read(name) }
    guard let account else { throw .noSuchAccount }
    hold(account)
    return account
  }

  /// Makes `account` the one that everybody gets.
  private func hold(_ account: Account) {
    state.withLock { state in
      state.accounts[account.name] = WeakAccount(account: account)
      let forgotten = state.lately.insert(account, for: account.name, cost: 1)
      if !forgotten.isEmpty { state.accounts = state.accounts.filter { $0.value.account != nil } }
    }
  }

  private func read(_ name: String) async throws(StorageError) -> Account? {
    guard let value = try await records.value(in: Table.account, at: Buffer(name)), let record = AccountRecord(record: value) else { return nil }
    let id = record.id
    let limit = limits.mailboxesMax + 1
    let usage = try await records.value(in: Table.usage, at: Key.of(id)).flatMap { Usage(record: $0) }
    var state = Account.State(quota: record.quota, usage: usage ?? Usage())
    let counters = try await records.records(in: Table.counters, from: Key.of(id), to: Key.after(id), limit: limit)
    let countersByKey = Dictionary(counters.map { ($0.key, Counters(record: $0.value)) }) { first, _ in first }
    for row in try await records.records(in: Table.mailbox, from: Key.of(id), to: Key.after(id), limit: limit) {
      var key = row.key
      _ = key.takeInteger(UInt32.self)
      guard let number = key.takeInteger(UInt32.self), let record = MailboxRecord(record: row.value) else { continue }
      state.mailboxes[record.name] = Mailbox(id: number, account: id, record: record, counters: (countersByKey[row.key] ?? nil) ?? Counters())
    }
    for row in try await records.records(in: Table.subscription, from: Key.of(id), to: Key.after(id), limit: limit) {
      if let name = try? MailboxName(row.value.text) { state.subscriptions.insert(name) }
    }
    return Account(id: id, name: name, store: self, state)
  }

  /// Makes an account with INBOX and a mailbox for each of the usual uses, and subscribes to them.
  package func makeAccount(_ name: String, quota: Usage? = nil) async throws(MailboxError) -> Account {
    guard (1...limits.accountNameBytesMax).contains(name.utf8.count), name.unicodeScalars.allSatisfy({ $0.value >= 0x20 && $0.value != 0x7F }) else {
      throw .badName("an account's name has 1 to \(limits.accountNameBytesMax) bytes and no control characters")
    }
    let quota = quota ?? Usage(bytes: limits.quotaBytes, messages: Int64(limits.quotaMessages))
    let account = try await ledger.perform(Order(exclusive: [.accounts], changes: 32)) { [self] plan throws(MailboxError) in
      let id = try state.withLock { state throws(MailboxError) in
        guard !state.names.contains(name) else { throw .accountExists }
        guard state.names.count < limits.accountsMax else { throw .limit(LimitReached("accountsMax", allowed: limits.accountsMax, unit: "accounts")) }
        defer { state.counters.account += 1 }
        return state.counters.account
      }
      var account = Account.State(quota: quota, usage: Usage())
      let uses: [(MailboxName, SpecialUse?)] = [(.inbox, nil)] + Self.usual.compactMap { use, text in (try? MailboxName(text)).map { ($0, use) } }
      for (name, use) in uses {
        let record = MailboxRecord(name, uidValidity: takeValidity(), specialUse: use)
        let mailbox = Mailbox(id: takeMailbox(), account: id, record: record, counters: Counters())
        plan.put(Table.mailbox, mailbox.key, record.record)
        plan.put(Table.counters, mailbox.key, Counters().record)
        plan.put(Table.subscription, Key.of(id, name), Buffer(name.text))
        account.mailboxes[name] = mailbox
        account.subscriptions.insert(name)
      }
      plan.put(Table.account, Buffer(name), AccountRecord(id: id, quota: quota).record)
      plan.put(Table.usage, Key.of(id), Usage().record)
      putCounters(in: &plan)
      let made = Account(id: id, name: name, store: self, account)
      plan.publish { [self] in
        state.withLock { _ = $0.names.insert(name) }
        hold(made)
      }
      return made
    }
    return account
  }

  /// What the mailboxes of a new account are called.
  // RFC 6154 §2
  private static let usual: [(SpecialUse, String)] = [
    (.drafts, "Drafts"), (.sent, "Sent"), (.archive, "Archive"), (.junk, "Junk"), (.trash, "Trash"),
  ]

  /// Removes an account and everything in it.
  package func removeAccount(_ name: String) async throws(MailboxError) {
    let account = try await account(name)
    let changes = account.all.count * 3 + account.subscriptions.count + 8
    try await ledger.perform(Order(exclusive: [.accounts, .tree(account.id)], changes: changes)) { [self] plan throws(MailboxError) in
      guard !account.isGone else { throw .noSuchAccount }
      plan.remove(Table.account, Buffer(name))
      plan.remove(Table.usage, Key.of(account.id))
      for mailbox in account.all.values.sorted(by: { $0.id < $1.id }) {
        plan.remove(Table.mailbox, mailbox.key)
        plan.remove(Table.counters, mailbox.key)
        if mailbox.counters.uidNext > 1 { plan.put(Table.dead, Key.of(mailbox.id), Key.of(account.id)) }
      }
      for name in account.subscriptions.sorted() { plan.remove(Table.subscription, Key.of(account.id, name)) }
      plan.publish { [self] in
        state.withLock { state in
          state.names.remove(name)
          state.accounts[name] = nil
          state.lately.remove(name)
        }
        account.end()
        sweepSoon()
      }
    }
  }

  // MARK: Content

  /// Begins a message that comes piece by piece.
  package func draft() -> ContentDraft { ContentDraft(blobs, limits) }

  /// Makes the bytes of a message safe. `prefix` is put before them: whole fields that were written when the rest was read already.
  package func keep(_ draft: ContentDraft, prefix: Buffer = Buffer()) async throws(MailboxError) -> KeptContent {
    let whole = draft.take()
    let size = whole.count + Int64(prefix.count)
    guard size <= limits.messageBytesMax, prefix.count <= limits.prefixBytesMax else {
      await whole.blob?.discard()
      throw .tooLarge(allowed: size <= limits.messageBytesMax ? Int64(limits.prefixBytesMax) : limits.messageBytesMax)
    }
    let id = takeContent()
    if let blob = whole.blob, let name = KeptContent.blobName(id) { try await storing { () async throws(StorageError) in try await blob.keep(as: name) } }
    let structure = prefix.isEmpty ? whole.structure : whole.structure.shifted(by: prefix.count)
    return KeptContent(
      id: id, record: ContentRecord(prefix: prefix, inline: whole.inline), size: size, summary: Summary(whole.head, structure), isStored: false)
  }

  /// The content that somebody holds, for another delivery; nil: nobody holds it.
  package func kept(_ id: ContentID) async throws(MailboxError) -> KeptContent? {
    let value = try await storing { () async throws(StorageError) in try await records.value(in: Table.content, at: Key.of(id)) }
    guard let record = value.flatMap({ ContentRecord(record: $0) }), let content = try await content(id, record) else { return nil }
    guard let summary = try await summaries(of: [id])[id] else { return nil }
    return KeptContent(id: id, record: record, size: content.size, summary: summary, isStored: true)
  }

  /// Forgets content that was never delivered.
  package func discard(_ content: KeptContent) async {
    guard !content.isHeld, content.record.inline == nil, let name = KeptContent.blobName(content.id) else { return }
    // What stays for an error's sake goes at the next start.
    try? await blobs.remove(name)
  }

  /// Puts a message into mailboxes and makes others hold its content, all in one transaction, with other changes of the caller's; or nothing of
  /// it. The outcome is in the order of `deliveries`. When it fails the content is still kept, and may be delivered otherwise.
  ///
  /// `holders` are names of the caller's own choice, up to a thousand bytes each; they give up `old`, if there is one, for this. `along` may have
  /// expectations; then nobody shares the transaction.
  package func deliver(
    _ content: KeptContent, to deliveries: [Delivery], holders: [Buffer] = [], along: [Change] = [], replacing old: ContentID? = nil
  ) async throws(MailboxError) -> [Delivered] {
    guard deliveries.count <= limits.deliveriesMax else { throw .limit(LimitReached("deliveriesMax", allowed: limits.deliveriesMax, unit: "mailboxes")) }
    try check(along, holders)
    var accounts: [Account] = []
    for delivery in deliveries { accounts.append(try await account(delivery.account)) }
    let order = Order(
      shared: Array(Set(accounts.map { Claim.tree($0.id) })), changes: deliveries.count * 5 + holders.count * 2 + along.count + 5,
      isAlone: along.contains { if case .expect = $0 { true } else { false } })
    let now = InternalDate(clock.now)
    let places = zip(deliveries, accounts).map { ($0, $1) }
    return try await ledger.perform(order) { [self] plan throws(MailboxError) in
      var delivered: [Delivered] = []
      if !content.isHeld {
        plan.put(Table.content, Key.of(content.id), content.record.record)
        plan.put(Table.summary, Key.of(content.id), content.summary.record)
        putCounters(in: &plan)
        plan.publish { content.noteHeld() }
      }
      for (delivery, account) in places { delivered.append(try put(content, as: delivery, into: account, at: now, in: &plan)) }
      for holder in holders { plan.put(Table.holder, Key.holder(content.id, holder)) }
      if let old { release(old, from: holders, in: &plan) }
      plan.add(along)
      return delivered
    }
  }

  private func put(
    _ content: KeptContent, as delivery: Delivery, into account: Account, at now: InternalDate, in plan: inout Plan
  ) throws(MailboxError) -> Delivered {
    guard !account.isGone else { throw .noSuchAccount }
    var name = delivery.mailbox
    if delivery.fallsBack, account.find(name)?.record.isSelectable != true { name = .inbox }
    let mailbox = try account.selectable(name)
    try account.reserve(1, bytes: content.size, countsMessages: true, in: &plan)
    var planned = plan[mailbox]
    try planned.checkRoom(for: 1, limits: limits)
    var entry = Entry(
      uid: 0, content: content.id, size: UInt32(clamping: content.size), date: delivery.internalDate ?? now, flags: delivery.flags.system)
    entry.keywords = try planned.bits(of: delivery.flags.keywords, limits: limits, makesMissing: true)
    planned.add(&entry)
    plan[mailbox] = planned
    plan.put(Table.message, Key.of(mailbox.id, entry.uid), entry.record)
    plan.put(Table.holder, Key.holder(content.id, mailbox.id, entry.uid))
    plan.publish { [entry] in mailbox.add([entry]) }
    return Delivered(mailbox: name, uidValidity: planned.record.uidValidity, uid: entry.uid)
  }

  /// A holder that is no message no longer needs the content, in one transaction with other changes of the caller's.
  package func release(_ holder: Buffer, of id: ContentID, along: [Change] = []) async throws(MailboxError) {
    try check(along, [holder])
    let isAlone = along.contains { if case .expect = $0 { true } else { false } }
    try await ledger.perform(Order(changes: along.count + 2, isAlone: isAlone)) { [self] plan throws(MailboxError) in
      release(id, from: [holder], in: &plan)
      plan.add(along)
    }
  }

  private func release(_ id: ContentID, from holders: [Buffer], in plan: inout Plan) {
    for holder in holders { plan.remove(Table.holder, Key.holder(id, holder)) }
    plan.put(Table.grave, Key.of(id))
    plan.publish { [self] in bury([id]) }
  }

  /// Refuses what would spoil the transaction for everybody else in it.
  private func check(_ along: [Change], _ holders: [Buffer]) throws(MailboxError) {
    let keys = holders.map { Change.put(table: Table.holder, key: Key.holder(ContentID(0), $0), value: Buffer()) }
    do throws(StorageError) { try Change.check(along + keys) } catch { throw .storage(error) }
  }

  /// The bytes of a content; nil: nobody holds it any more.
  package func content(_ id: ContentID) async throws(MailboxError) -> MessageContent? {
    let value = try await storing { () async throws(StorageError) in try await records.value(in: Table.content, at: Key.of(id)) }
    guard let record = value.flatMap({ ContentRecord(record: $0) }) else { return nil }
    return try await content(id, record)
  }

  /// The bytes of several contents; nil for those that nobody holds any more.
  func contents(of ids: [ContentID]) async throws(MailboxError) -> [MessageContent?] {
    let keys = ids.map { Key.of($0) }
    let values = try await storing { () async throws(StorageError) in try await records.values(in: Table.content, at: keys) }
    var contents: [MessageContent?] = []
    for (id, value) in zip(ids, values) {
      guard let record = value.flatMap({ ContentRecord(record: $0) }) else {
        contents.append(nil)
        continue
      }
      contents.append(try await content(id, record))
    }
    return contents
  }

  private func content(_ id: ContentID, _ record: ContentRecord) async throws(MailboxError) -> MessageContent? {
    if let inline = record.inline { return MessageContent(prefix: record.prefix, rest: .memory(inline)) }
    guard let name = KeptContent.blobName(id) else { return nil }
    let blob = try await storing { () async throws(StorageError) in try await blobs.open(name) }
    return blob.map { MessageContent(prefix: record.prefix, rest: $0) }
  }

  // MARK: Summaries

  /// What is known of these contents, as far as it is in memory.
  func summariesInMemory(of ids: [ContentID]) -> [Summary?] {
    state.withLock { state in ids.map { state.summaries.use($0, cost: 1_024) } }
  }

  /// What is known of these contents; those that nobody holds any more are left out.
  func summaries(of ids: [ContentID]) async throws(MailboxError) -> [ContentID: Summary] {
    var found: [ContentID: Summary] = [:]
    var missing: [ContentID] = []
    for (id, summary) in zip(ids, summariesInMemory(of: ids)) { if let summary { found[id] = summary } else { missing.append(id) } }
    if missing.isEmpty { return found }
    let keys = missing.map { Key.of($0) }
    let values = try await storing { () async throws(StorageError) in try await records.values(in: Table.summary, at: keys) }
    for (id, value) in zip(missing, values) {
      // What was too large to be kept is taken from the message again.
      if let value, let summary = Summary(record: value) { found[id] = summary } else { found[id] = try await readSummary(of: id) }
    }
    let read = missing.compactMap { id in found[id].map { (id, $0) } }
    state.withLock { state in for (id, summary) in read { _ = state.summaries.insert(summary, for: id, cost: summary.cost) } }
    return found
  }

  private func readSummary(of id: ContentID) async throws(MailboxError) -> Summary? {
    try await content(id)?.takenApart().map { Summary($0.head, $0.structure) }
  }

  // MARK: Memory

  /// Nobody has the mailbox open any more, perhaps.
  func noteIdle(_ mailbox: Mailbox) {
    guard let cost = mailbox.idleEntries else { return }
    let forgotten = state.withLock { $0.idle.insert(mailbox, for: mailbox.id, cost: max(1, cost)) }
    for mailbox in forgotten { mailbox.letGo() }
  }
}
