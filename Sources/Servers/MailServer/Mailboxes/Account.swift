// One account in memory: its tree of mailboxes, what it is subscribed to, what it uses and may use; and every change of the tree.
// Not here: messages (MailboxSession.swift), where accounts come from and go to (MailStore.swift).
import Bytes
package import IMAP
import Storage
import Synchronization
import World

/// Somebody's mailboxes. Ask `MailStore.account` for it; as long as anybody holds it there is only this one.
package final class Account: Sendable {
  let id: UInt32
  package let name: String
  let store: MailStore
  private let state: Mutex<State>

  struct State: Sendable {
    var quota: Usage
    var usage: Usage
    var mailboxes: [MailboxName: Mailbox] = [:]
    var subscriptions: Set<MailboxName> = []
    /// Somebody has the maildrop for themselves.
    var isMaildropTaken = false
    /// The account is no more.
    var isGone = false
  }

  init(id: UInt32, name: String, store: MailStore, _ state: State) {
    self.id = id
    self.name = name
    self.store = store
    self.state = Mutex(state)
  }

  private var tree: Order { Order(exclusive: [.tree(id)], changes: 64) }

  // MARK: What there is

  package var usage: Usage { state.withLock { $0.usage } }
  package var quota: Usage { state.withLock { $0.quota } }
  var isGone: Bool { state.withLock { $0.isGone } }

  /// Whether a message of so many bytes would find room now.
  package func hasRoom(for bytes: Int64) -> Bool {
    state.withLock { $0.usage.bytes + bytes <= $0.quota.bytes && $0.usage.messages < $0.quota.messages }
  }

  /// All names, in order: mailboxes, levels, and what is only subscribed to.
  package var mailboxes: [ListedMailbox] {
    let (mailboxes, subscriptions) = state.withLock { ($0.mailboxes, $0.subscriptions) }
    let there = mailboxes.map { name, mailbox in
      let record = mailbox.record
      return ListedMailbox(name, record.isSelectable ? .mailbox : .level, isSubscribed: subscriptions.contains(name), specialUse: record.specialUse)
    }
    let missing = subscriptions.filter { mailboxes[$0] == nil }.map { ListedMailbox($0, .missing, isSubscribed: true) }
    return (there + missing).sorted { $0.name < $1.name }
  }

  /// The mailbox that is for `use`; nil: there is none.
  package func mailbox(for use: SpecialUse) -> MailboxName? {
    state.withLock { state in state.mailboxes.filter { $0.value.record.specialUse == use }.keys.min() }
  }

  /// The figures of a mailbox.
  package func status(of name: MailboxName) throws(MailboxError) -> MailboxStatus {
    let mailbox = try selectable(name)
    let counters = mailbox.counters
    let recent = mailbox.entries.map { $0.count - $0.place(of: counters.recentFrom) } ?? Int(counters.uidNext &- min(counters.recentFrom, counters.uidNext))
    return MailboxStatus(
      messages: Int(counters.messages), recent: min(recent, Int(counters.messages)), unseen: Int(counters.unseen), uidNext: counters.uidNext,
      uidValidity: mailbox.record.uidValidity)
  }

  /// The mailbox called `name`, if messages can be in it.
  func selectable(_ name: MailboxName) throws(MailboxError) -> Mailbox {
    guard let mailbox = find(name) else { throw .noSuchMailbox }
    guard mailbox.record.isSelectable else { throw .notSelectable }
    return mailbox
  }

  func find(_ name: MailboxName) -> Mailbox? { state.withLock { $0.isGone ? nil : $0.mailboxes[name] } }

  // MARK: Published

  func publish(_ usage: Usage) { state.withLock { $0.usage = usage } }

  func change(_ body: @Sendable (inout State) -> Void) { state.withLock { body(&$0) } }

  /// The account is no more.
  func end() {
    let mailboxes = state.withLock { state in
      state.isGone = true
      return state.mailboxes.values.sorted { $0.id < $1.id }
    }
    for mailbox in mailboxes { mailbox.end(isGone: true) }
  }

  /// Everything it has.
  var all: [MailboxName: Mailbox] { state.withLock { $0.mailboxes } }
  var subscriptions: Set<MailboxName> { state.withLock { $0.subscriptions } }

  // MARK: The tree

  /// Makes a mailbox, and those above it that are missing.
  // RFC 3501 §6.3.3
  package func create(_ name: MailboxName, specialUse: SpecialUse? = nil) async throws(MailboxError) {
    try await store.ledger.perform(tree) { [self] plan throws(MailboxError) in
      if let there = find(name), there.record.isSelectable { throw .mailboxExists }
      try makeMissing(above: name, in: &plan)
      // A level becomes a mailbox, and is another one than the mailbox it may have been once.
      if let level = find(name) { forget(level, in: &plan) }
      make(MailboxRecord(name, uidValidity: store.takeValidity(), specialUse: specialUse), in: &plan)
    }
  }

  /// Removes a mailbox; one with others below it becomes a level.
  // RFC 3501 §6.3.4
  package func delete(_ name: MailboxName) async throws(MailboxError) {
    if name == .inbox { throw .isInbox }
    try await store.ledger.perform(tree) { [self] plan throws(MailboxError) in
      guard let mailbox = find(name) else { throw .noSuchMailbox }
      let isParent = all.keys.contains { $0.isBelow(name) }
      if isParent, !mailbox.record.isSelectable { throw .hasChildren }
      forget(mailbox, in: &plan)
      plan.publish { [self] in
        change { $0.mailboxes[name] = nil }
        mailbox.end(isGone: true)
        store.sweepSoon()
      }
      if isParent { make(MailboxRecord(name, uidValidity: store.takeValidity(), isSelectable: false), in: &plan) }
    }
  }

  /// Renames a mailbox with all below it. INBOX stays, empty: its messages go.
  // RFC 3501 §6.3.5
  package func rename(_ name: MailboxName, to new: MailboxName) async throws(MailboxError) {
    if name == .inbox { return try await emptyInbox(into: new) }
    try await store.ledger.perform(tree(of: all.count)) { [self] plan throws(MailboxError) in
      guard let mailbox = find(name) else { throw .noSuchMailbox }
      guard find(new) == nil, new != .inbox else { throw .mailboxExists }
      guard !new.isBelow(name) else { throw .badName("a mailbox cannot be moved below itself") }
      var moves = [(mailbox, name, new)]
      for (below, mailbox) in all.sorted(by: { $0.key < $1.key }) where below.isBelow(name) {
        guard let target = below.moved(from: name, to: new) else { throw .badName("the name of \(below) would be too deep") }
        moves.append((mailbox, below, target))
      }
      try makeMissing(above: new, in: &plan)
      for (mailbox, old, target) in moves {
        var planned = plan[mailbox]
        planned.record.name = target
        // RFC 3501 §2.3.1.1: somebody may have known another mailbox by this name, and the number must be greater than that one's was.
        planned.record.uidValidity = store.takeValidity()
        planned.changesRecord = true
        plan[mailbox] = planned
        plan.publish { [self] in
          change { state in
            state.mailboxes[old] = nil
            state.mailboxes[target] = mailbox
          }
          mailbox.end(isGone: false)
        }
      }
      store.putCounters(in: &plan)
    }
  }

  private func tree(of changes: Int) -> Order { Order(exclusive: [.tree(id)], changes: 64 + 2 * changes) }

  private func emptyInbox(into new: MailboxName) async throws(MailboxError) {
    let inbox = try await open(.inbox, as: .mover) { _ in }
    defer { inbox.close() }
    let limit = store.limits.copiedMax
    guard inbox.all.count <= limit else { throw .limit(LimitReached("copiedMax", allowed: limit, unit: "messages")) }
    try await create(new)
    _ = try await inbox.move(inbox.all, to: new)
  }

  /// Plans what is missing above `name`, and refuses when there would be too many.
  private func makeMissing(above name: MailboxName, in plan: inout Plan) throws(MailboxError) {
    var missing: [MailboxName] = []
    var next = name.parent
    while let parent = next, find(parent) == nil {
      missing.append(parent)
      next = parent.parent
    }
    let limit = store.limits.mailboxesMax
    guard all.count + missing.count + 1 <= limit else { throw .limit(LimitReached("mailboxesMax", allowed: limit, unit: "mailboxes")) }
    for parent in missing.reversed() { make(MailboxRecord(parent, uidValidity: store.takeValidity()), in: &plan) }
  }

  /// Plans a mailbox.
  private func make(_ record: MailboxRecord, in plan: inout Plan) {
    let mailbox = Mailbox(id: store.takeMailbox(), account: id, record: record, counters: Counters())
    plan.put(Table.mailbox, mailbox.key, record.record)
    plan.put(Table.counters, mailbox.key, Counters().record)
    store.putCounters(in: &plan)
    plan.publish { [self] in change { $0.mailboxes[record.name] = mailbox } }
  }

  /// Plans a mailbox's end. Its messages go later, and are no longer counted from now on.
  private func forget(_ mailbox: Mailbox, in plan: inout Plan) {
    let counters = plan[mailbox].counters
    plan.remove(Table.mailbox, mailbox.key)
    plan.remove(Table.counters, mailbox.key)
    if counters.uidNext > 1 { plan.put(Table.dead, Key.of(mailbox.id), Key.of(id)) }
    var usage = plan[usageOf: self]
    usage.bytes -= counters.bytes
    usage.messages -= Int64(counters.messages)
    plan[usageOf: self] = usage
  }

  // MARK: Subscriptions

  /// Subscribes to a name, whether or not there is such a mailbox.
  // RFC 3501 §6.3.6
  package func subscribe(_ name: MailboxName) async throws(MailboxError) {
    try await store.ledger.perform(tree) { [self] plan throws(MailboxError) in
      let limit = store.limits.mailboxesMax
      let known = subscriptions
      guard known.contains(name) || known.count < limit else { throw .limit(LimitReached("mailboxesMax", allowed: limit, unit: "subscriptions")) }
      plan.put(Table.subscription, Key.of(id, name), Buffer(name.text))
      plan.publish { [self] in change { $0.subscriptions.insert(name) } }
    }
  }

  package func unsubscribe(_ name: MailboxName) async throws(MailboxError) {
    try await store.ledger.perform(tree) { [self] plan throws(MailboxError) in
      plan.remove(Table.subscription, Key.of(id, name))
      plan.publish { [self] in change { $0.subscriptions.remove(name) } }
    }
  }

  /// Changes what the account may use. What it uses already stays.
  package func setQuota(_ quota: Usage) async throws(MailboxError) {
    try await store.ledger.perform(tree) { [self] plan throws(MailboxError) in
      plan.put(Table.account, Buffer(name), AccountRecord(id: id, quota: quota).record)
      plan.publish { [self] in change { $0.quota = quota } }
    }
  }

  // MARK: Opening

  /// Opens a mailbox. `listener` is told what others do to it, from now on, until the session is closed.
  package func open(
    _ name: MailboxName, as kind: MailboxSession.Kind, listener: @escaping @Sendable (MailboxChange) -> Void
  ) async throws(MailboxError) -> MailboxSession {
    let mailbox = try selectable(name)
    if kind == .maildrop { try takeMaildrop() }
    let session = MailboxSession(mailbox, of: self, as: kind)
    do throws(MailboxError) {
      let limit = store.limits.sessionsMax
      guard mailbox.enter(session.id, takesRecent: kind == .readWrite, limit: limit, listener: listener) else {
        throw mailbox.isGone ? .noSuchMailbox : .limit(LimitReached("sessionsMax", allowed: limit, unit: "sessions"))
      }
      try await mailbox.load(from: store.records)
    } catch {
      session.close()
      throw error
    }
    session.begin()
    return session
  }

  private func takeMaildrop() throws(MailboxError) {
    let isFree = state.withLock { state in
      defer { state.isMaildropTaken = true }
      return !state.isMaildropTaken
    }
    if !isFree { throw .inUse }
  }

  func returnMaildrop() { state.withLock { $0.isMaildropTaken = false } }
}
