// The records of several orders, on their way to the disk together.
// Not here: whose orders share a plan (Ledger.swift), what orders write (Account, MailboxSession, MailStore).
import Bytes
import Storage

/// A mailbox as it will be.
struct PlannedMailbox: Sendable {
  var record: MailboxRecord
  var counters: Counters
  /// Whether `record` is to be written too.
  var changesRecord = false
}

/// What orders that share a transaction have planned so far. An order sees everything as it was published, and of what others planned before it
/// the counters, so that identifiers and quotas hold within one transaction too.
struct Plan {
  private(set) var changes: [Change] = []
  /// What is done when the changes are durable.
  private var publications: [@Sendable () -> Void] = []
  private var mailboxes = Planned<Mailbox, PlannedMailbox>()
  private var usages = Planned<Account, Usage>()
  /// Unit: bytes of values.
  private(set) var bytes = 0

  // MARK: For orders

  mutating func add(_ more: [Change]) { changes += more }

  mutating func put(_ table: String, _ key: Buffer, _ value: Buffer = Buffer()) {
    changes.append(.put(table: table, key: key, value: value))
    bytes += value.count
  }

  mutating func remove(_ table: String, _ key: Buffer) { changes.append(.remove(table: table, key: key)) }

  /// Does `publication` once everything is durable; what was planned first is published first.
  mutating func publish(_ publication: @escaping @Sendable () -> Void) { publications.append(publication) }

  subscript(mailbox: Mailbox) -> PlannedMailbox {
    get { mailboxes[mailbox] ?? mailbox.planned }
    set { mailboxes[mailbox] = newValue }
  }

  subscript(usageOf account: Account) -> Usage {
    get { usages[account] ?? account.usage }
    set { usages[account] = newValue }
  }

  // MARK: For the ledger

  /// Lets one order plan; when it refuses, nothing of it stays.
  mutating func include(_ order: (inout Plan) throws(MailboxError) -> Void) -> MailboxError? {
    let (changeCount, publicationCount, byteCount) = (changes.count, publications.count, bytes)
    do throws(MailboxError) {
      try order(&self)
      mailboxes.keep()
      usages.keep()
      return nil
    } catch {
      changes.removeLast(changes.count - changeCount)
      publications.removeLast(publications.count - publicationCount)
      bytes = byteCount
      mailboxes.forget()
      usages.forget()
      return error
    }
  }

  /// Adds what was planned for counters: nothing is planned any more.
  mutating func close() {
    mailboxes.forEach { mailbox, planned in
      changes.append(.put(table: Table.counters, key: mailbox.key, value: planned.counters.record))
      if planned.changesRecord { changes.append(.put(table: Table.mailbox, key: mailbox.key, value: planned.record.record)) }
    }
    usages.forEach { account, usage in changes.append(.put(table: Table.usage, key: Key.of(account.id), value: usage.record)) }
  }

  /// Everything is durable: makes it visible.
  func publish() {
    mailboxes.forEach { $0.publish($1) }
    usages.forEach { $0.publish($1) }
    for publication in publications { publication() }
  }

  /// Nothing became durable, or nobody knows: identifiers that were given are never given again.
  func abandon() { mailboxes.forEach { $0.skip(to: $1.counters) } }
}

/// What was planned for objects, in the order they were planned for.
private struct Planned<Object: AnyObject, Value> {
  private var kept: [ObjectIdentifier: Int] = [:]
  private var all: [(object: Object, value: Value)] = []
  /// Of the order that is planning.
  private var trial: [(object: Object, value: Value)] = []

  subscript(object: Object) -> Value? {
    get { trial.first { $0.object === object }?.value ?? kept[ObjectIdentifier(object)].map { all[$0].value } }
    set {
      guard let newValue else { return }
      if let place = trial.firstIndex(where: { $0.object === object }) { trial[place].value = newValue } else { trial.append((object, newValue)) }
    }
  }

  mutating func keep() {
    for (object, value) in trial {
      if let place = kept[ObjectIdentifier(object)] {
        all[place].value = value
      } else {
        kept[ObjectIdentifier(object)] = all.count
        all.append((object, value))
      }
    }
    trial.removeAll(keepingCapacity: true)
  }

  mutating func forget() { trial.removeAll(keepingCapacity: true) }

  func forEach(_ body: (Object, Value) -> Void) { for (object, value) in all { body(object, value) } }
}
