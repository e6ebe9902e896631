// A mailbox that somebody has open: looking at messages, changing their flags, copying, moving and removing them.
// What a client was not yet told is gone stays readable for its session (RFC 2180 §4.1).
// Not here: sequence numbers (the IMAP conversation keeps them), searching (Search.swift), the bytes of messages (MailStore.content).
package import IMAP
import Storage
import Synchronization
import World

/// One session's view of a mailbox. It must be closed.
package final class MailboxSession: Sendable {
  /// What it is opened for.
  package enum Kind: Sendable, Hashable {
    case readWrite
    case readOnly
    /// For one client alone, as POP3 wants it (RFC 1939 §8).
    case maildrop
    /// To take messages out, without a client.
    case mover
  }

  package let account: Account
  package let kind: Kind
  let mailbox: Mailbox
  let id: Mailbox.SessionID
  private let state = Mutex(State())

  private struct State {
    var selected: SelectedMailbox?
    var isClosed = false
  }

  init(_ mailbox: Mailbox, of account: Account, as kind: Kind) {
    self.mailbox = mailbox
    self.account = account
    self.kind = kind
    id = account.store.takeSession()
  }

  private var store: MailStore { account.store }

  /// Notes what the session begins with.
  func begin() {
    let (entries, record, counters) = mailbox.snapshot(takesRecent: kind == .readWrite)
    let firstRecent = entries.place(of: counters.recentFrom)
    let selected = SelectedMailbox(
      messages: UIDSet(ascending: entries.lazy.map(\.uid)), recent: UIDSet(ascending: entries[firstRecent...].lazy.map(\.uid)),
      firstUnseen: entries.first { !$0.flags.contains(.seen) }?.uid, uidNext: counters.uidNext, uidValidity: record.uidValidity,
      keywords: record.keywords, takesKeywords: record.keywords.count < store.limits.keywordsMax, isReadOnly: kind == .readOnly)
    state.withLock { $0.selected = selected }
  }

  /// The mailbox as it was when the session began.
  package var selected: SelectedMailbox {
    state.withLock { $0.selected } ?? SelectedMailbox(messages: UIDSet(), uidNext: 1, uidValidity: 1)
  }

  /// Everything that is there now.
  package var all: UIDSet { UIDSet(ascending: (mailbox.entries ?? []).lazy.map(\.uid)) }

  /// Ends the session. The second time it does nothing.
  package func close() {
    let isFirst = state.withLock { state in
      defer { state.isClosed = true }
      return !state.isClosed
    }
    guard isFirst else { return }
    store.bury(mailbox.leave(id))
    if kind == .maildrop { account.returnMaildrop() }
    store.noteIdle(mailbox)
  }

  deinit { close() }

  // MARK: Looking

  /// What is known of these messages without reading them.
  func entries(of uids: UIDSet) -> [Entry] { mailbox.entries(of: uids, for: id) }

  /// Everything that is there now, and what the client does not know to be gone.
  var known: UIDSet { mailbox.known(to: id) }

  /// The flags of a message, with the names of its keywords.
  func flags(of entry: Entry) -> Flags { Self.flags(of: entry, keywords: entry.keywords == 0 ? [] : mailbox.record.keywords) }

  static func flags(of entry: Entry, keywords: [String]) -> Flags {
    if entry.keywords == 0 { return Flags(entry.flags) }
    return Flags(entry.flags, keywords: keywords.enumerated().filter { entry.keywords & (1 << UInt64($0.offset)) != 0 }.map(\.element))
  }

  /// The client knows that these are gone.
  package func forget(_ uids: UIDSet) { store.bury(mailbox.forget(uids, by: id)) }

  // MARK: Changing

  private func mayChange() throws(MailboxError) {
    guard kind != .readOnly else { throw .readOnly }
    guard !mailbox.isGone else { throw .noSuchMailbox }
  }

  /// Cuts `uids` into pieces of at most `copiedMax`, so that no transaction grows beyond what storage takes.
  private func pieces(_ uids: UIDSet) -> [UIDSet] {
    var left = uids.intersection(all)
    var pieces: [UIDSet] = []
    while !left.isEmpty { pieces.append(left.takeFirst(store.limits.copiedMax)) }
    return pieces
  }

  /// Changes flags. Returns the messages that are not there any more.
  package func store(_ order: StoreOrder) async throws(MailboxError) -> UIDSet {
    try mayChange()
    for piece in pieces(order.messages) { try await changeFlags(piece, order.change, order.flags) }
    return order.messages.subtracting(all)
  }

  /// Messages become \Seen. Returns those that were not.
  package func markSeen(_ uids: UIDSet) async throws(MailboxError) -> UIDSet {
    if kind == .readOnly { return UIDSet() }
    let unseen = UIDSet(ascending: mailbox.entries(of: uids, for: nil).lazy.filter { !$0.flags.contains(.seen) }.map(\.uid))
    for piece in pieces(unseen) { try await changeFlags(piece, .add, Flags(.seen)) }
    return unseen
  }

  private func changeFlags(_ uids: UIDSet, _ change: StoreOrder.Change, _ flags: Flags) async throws(MailboxError) {
    let order = Order(exclusive: [.messages(mailbox.id)], shared: [.tree(account.id)], changes: uids.count + 2)
    try await store.ledger.perform(order) { [self] plan throws(MailboxError) in
      try mayChange()
      var planned = plan[mailbox]
      // A keyword that nobody has set need not be known to be removed.
      let bits = try planned.bits(of: flags.keywords, limits: store.limits, makesMissing: change != .remove)
      planned.counters.modification += 1
      var changed: [Entry] = []
      for before in mailbox.entries(of: uids, for: nil) {
        var entry = before
        switch change {
        case .replace: (entry.flags, entry.keywords) = (flags.system, bits)
        case .add:
          entry.flags.formUnion(flags.system)
          entry.keywords |= bits
        case .remove:
          entry.flags.subtract(flags.system)
          entry.keywords &= ~bits
        }
        guard entry.flags != before.flags || entry.keywords != before.keywords else { continue }
        entry.modification = planned.counters.modification
        planned.counters.unseen += (before.flags.contains(.seen) ? 1 : 0)
        planned.counters.unseen -= (entry.flags.contains(.seen) ? 1 : 0)
        changed.append(entry)
        plan.put(Table.message, Key.of(mailbox.id, entry.uid), entry.record)
      }
      guard !changed.isEmpty else { return }
      plan[mailbox] = planned
      plan.publish { [self, changed] in mailbox.replace(changed, by: id) }
    }
  }

  /// What was copied or moved, the first of `from` as the first of `to`, and so on.
  package struct Copied: Sendable, Hashable {
    package var uidValidity: UInt32
    package var from: UIDSet
    package var to: UIDSet
  }

  /// Copies all of these that are there, or none.
  package func copy(_ uids: UIDSet, to target: MailboxName) async throws(MailboxError) -> Copied {
    try await transfer(uids, to: target, removes: false)
  }

  /// Moves all of these that are there, or none.
  // RFC 6851 §3.3
  package func move(_ uids: UIDSet, to target: MailboxName) async throws(MailboxError) -> Copied {
    try mayChange()
    return try await transfer(uids, to: target, removes: true)
  }

  private func transfer(_ uids: UIDSet, to name: MailboxName, removes: Bool) async throws(MailboxError) -> Copied {
    let there = uids.intersection(all)
    let limit = store.limits.copiedMax
    guard there.count <= limit else { throw .limit(LimitReached("copiedMax", allowed: limit, unit: "messages")) }
    let order = Order(exclusive: [.messages(mailbox.id)], shared: [.tree(account.id)], changes: there.count * 4 + 4)
    return try await store.ledger.perform(order) { [self] plan throws(MailboxError) in
      let target = try account.selectable(name)
      guard !mailbox.isGone else { throw .noSuchMailbox }
      let taken = mailbox.entries(of: there, for: nil)
      let names = mailbox.record.keywords
      var arriving: [Entry] = []
      try account.reserve(taken.count, bytes: removes ? 0 : taken.reduce(0) { $0 + Int64($1.size) }, countsMessages: !removes, in: &plan)
      var planned = plan[target]
      try planned.checkRoom(for: taken.count, limits: store.limits)
      for entry in taken {
        var copy = entry
        copy.keywords = try planned.bits(of: Self.flags(of: entry, keywords: names).keywords, limits: store.limits, makesMissing: true)
        planned.add(&copy)
        arriving.append(copy)
        plan.put(Table.message, Key.of(target.id, copy.uid), copy.record)
        plan.put(Table.holder, Key.holder(copy.content, target.id, copy.uid))
      }
      plan[target] = planned
      plan.publish { [arriving] in target.add(arriving) }
      if removes { planRemoval(of: taken, buries: false, in: &plan) }
      return Copied(
        uidValidity: planned.record.uidValidity, from: UIDSet(ascending: taken.lazy.map(\.uid)), to: UIDSet(ascending: arriving.lazy.map(\.uid)))
    }
  }

  /// Removes the messages with \Deleted, or those of them that are in `within`. Returns what is gone.
  package func expunge(within: UIDSet? = nil) async throws(MailboxError) -> UIDSet {
    let entries = mailbox.entries ?? []
    let marked = UIDSet(ascending: entries.lazy.filter { $0.flags.contains(.deleted) }.map(\.uid))
    return try await remove(within.map { marked.intersection($0) } ?? marked) { $0.flags.contains(.deleted) }
  }

  /// Removes messages, whatever their flags. Returns what is gone.
  package func remove(_ uids: UIDSet) async throws(MailboxError) -> UIDSet { try await remove(uids) { _ in true } }

  private func remove(_ uids: UIDSet, where isWanted: @escaping @Sendable (Entry) -> Bool) async throws(MailboxError) -> UIDSet {
    try mayChange()
    var gone = UIDSet()
    for piece in pieces(uids) {
      let order = Order(exclusive: [.messages(mailbox.id)], shared: [.tree(account.id)], changes: piece.count * 3 + 2)
      let removed = try await store.ledger.perform(order) { [self] plan throws(MailboxError) in
        try mayChange()
        let removed = mailbox.entries(of: piece, for: nil).filter(isWanted)
        planRemoval(of: removed, buries: true, in: &plan)
        var usage = plan[usageOf: account]
        usage.bytes -= removed.reduce(0) { $0 + Int64($1.size) }
        usage.messages -= Int64(removed.count)
        plan[usageOf: account] = usage
        return UIDSet(ascending: removed.lazy.map(\.uid))
      }
      gone.formUnion(removed)
    }
    return gone
  }

  /// Plans that messages leave this mailbox. With `buries` their contents may be held by nobody afterwards.
  private func planRemoval(of removed: [Entry], buries: Bool, in plan: inout Plan) {
    guard !removed.isEmpty else { return }
    var planned = plan[mailbox]
    planned.counters.modification += 1
    for entry in removed {
      planned.counters.messages -= 1
      planned.counters.bytes -= Int64(entry.size)
      if !entry.flags.contains(.seen) { planned.counters.unseen -= 1 }
      plan.remove(Table.message, Key.of(mailbox.id, entry.uid))
      plan.remove(Table.holder, Key.holder(entry.content, mailbox.id, entry.uid))
      if buries { plan.put(Table.grave, Key.of(entry.content)) }
    }
    plan[mailbox] = planned
    plan.publish { [self] in
      let free = mailbox.remove(removed, by: id)
      if buries { store.bury(free) }
    }
  }
}

extension PlannedMailbox {
  /// One bit for each of these keywords; those that the mailbox does not know become known, or are left out.
  mutating func bits(of names: [String], limits: MailboxLimits, makesMissing: Bool) throws(MailboxError) -> UInt64 {
    var bits: UInt64 = 0
    for name in names {
      if let place = record.keywords.firstIndex(where: { Keyword.areSame($0, name) }) {
        bits |= 1 << UInt64(place)
      } else if makesMissing {
        guard record.keywords.count < min(limits.keywordsMax, 64) else {
          throw .limit(LimitReached("keywordsMax", allowed: limits.keywordsMax, unit: "keywords"))
        }
        guard name.utf8.count <= limits.keywordBytesMax else {
          throw .limit(LimitReached("keywordBytesMax", allowed: limits.keywordBytesMax, unit: "bytes"))
        }
        bits |= 1 << UInt64(record.keywords.count)
        record.keywords.append(name)
        changesRecord = true
      }
    }
    return bits
  }

  /// Throws when so many more messages are too many.
  func checkRoom(for count: Int, limits: MailboxLimits) throws(MailboxError) {
    guard Int(counters.messages) + count <= limits.messagesMax else {
      throw .limit(LimitReached("messagesMax", allowed: limits.messagesMax, unit: "messages"))
    }
    // RFC 3501 §2.3.1.1: identifiers have 32 bits; when they are used up, the mailbox takes nothing more.
    guard UInt64(counters.uidNext) + UInt64(count) <= UInt64(UInt32.max) else {
      throw .limit(LimitReached("unique identifiers", allowed: Int(UInt32.max), unit: "messages"))
    }
  }

  /// Gives a message its identifier and counts it.
  mutating func add(_ entry: inout Entry) {
    counters.modification += 1
    entry.uid = counters.uidNext
    entry.modification = counters.modification
    counters.uidNext += 1
    counters.messages += 1
    counters.bytes += Int64(entry.size)
    if !entry.flags.contains(.seen) { counters.unseen += 1 }
  }
}

extension Account {
  /// Plans that the account uses more, or refuses.
  func reserve(_ messages: Int, bytes: Int64, countsMessages: Bool, in plan: inout Plan) throws(MailboxError) {
    var usage = plan[usageOf: self]
    usage.bytes += bytes
    if countsMessages { usage.messages += Int64(messages) }
    let quota = quota
    // What was too much before, since the quota was made smaller, may still be moved about.
    guard !countsMessages || (usage.bytes <= quota.bytes && usage.messages <= quota.messages) else { throw .overQuota }
    plan[usageOf: self] = usage
  }
}

extension UIDSet {
  /// The set of identifiers that come in ascending order.
  init(ascending uids: some Sequence<UInt32>) {
    var ranges: [ClosedRange<UInt32>] = []
    var current: ClosedRange<UInt32>?
    for uid in uids {
      if let open = current, uid == open.upperBound &+ 1 {
        current = open.lowerBound...uid
      } else {
        if let current { ranges.append(current) }
        current = uid...uid
      }
    }
    if let current { ranges.append(current) }
    self.init(ranges)
  }
}
