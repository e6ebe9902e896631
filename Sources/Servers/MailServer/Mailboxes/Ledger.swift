// The one place through which the mail store changes: orders come from everywhere, wait while the disk is busy, and are made durable together.
// An order plans its records when its turn has come, on what was published before; what it does is published when it is durable, in the
// order of planning. So nobody sees, and no client is told, what a power cut could take back.
// Not here: what is planned (Plan.swift), how batches of others share a wait for the disk (Storage/SQLiteRecords).
import Bytes
import Storage
import Synchronization

/// What an order needs to be as it was published, until it is published itself.
enum Claim: Hashable, Sendable {
  /// The list of accounts.
  case accounts
  /// Which mailboxes an account has.
  case tree(UInt32)
  /// The messages of a mailbox and their flags. Adding one needs no claim.
  case messages(UInt32)
}

/// An order that waits for its turn.
struct Order: Sendable {
  /// Nobody else may claim these in the same transaction.
  var exclusive: [Claim] = []
  /// Others may claim these too, but not alone.
  var shared: [Claim] = []
  /// The most that will be planned.
  var changes: Int
  /// Whether it may fail after planning by an expectation of its own: then it takes nobody with it.
  var isAlone = false
}

/// Runs orders.
final class Ledger: Sendable {
  private let records: any RecordStore
  private let limits: MailboxLimits
  private let queue = Mutex(Queue())

  /// Most changes that orders share a transaction for. Unit: changes. Past it: the rest waits for the next one.
  private static let sharedChangesMax = 10_000

  private struct Queue {
    var waiting: [Waiting] = []
    var isRunning = false
  }

  private struct Waiting: Sendable {
    var order: Order
    var plan: @Sendable (inout Plan) throws(MailboxError) -> Void
    /// Nil: the one who waits runs the round.
    var continuation: CheckedContinuation<Turn, Never>?
  }

  /// What one who waits is told.
  private enum Turn: Sendable {
    /// Run the next round, for everybody.
    case lead
    case over(MailboxError?)
  }

  /// Where a plan leaves what its caller gets.
  private final class Outcome<R: Sendable>: Sendable {
    let value = Mutex<R?>(nil)
  }

  init(_ records: any RecordStore, _ limits: MailboxLimits) {
    self.records = records
    self.limits = limits
  }

  /// Plans and makes durable. When this returns, it is durable and published. `plan` is called once, when the order's turn has come.
  func perform<R: Sendable>(_ order: Order, _ plan: @escaping @Sendable (inout Plan) throws(MailboxError) -> R) async throws(MailboxError) -> R {
    let outcome = Outcome<R>()
    let turn = await withCheckedContinuation { continuation in
      let first: Turn? = queue.withLock { queue in
        guard queue.waiting.count < limits.waitingMax else { return .over(.busy) }
        let waiting = Waiting(
          order: order,
          plan: { shared throws(MailboxError) in
            let planned = try plan(&shared)
            outcome.value.withLock { $0 = planned }
          }, continuation: queue.isRunning ? continuation : nil)
        queue.waiting.append(waiting)
        defer { queue.isRunning = true }
        return queue.isRunning ? nil : .lead
      }
      if let first { continuation.resume(returning: first) }
    }
    let failure =
      switch turn {
      case .lead: await runRound()
      case .over(let failure): failure
      }
    if let failure { throw failure }
    guard let planned = outcome.value.withLock({ $0 }) else { throw .gone }
    return planned
  }

  /// Makes one transaction of what waits and fits, and hands over to the next. Returns what became of the first one, which is the caller's.
  private func runRound() async -> MailboxError? {
    let taken = queue.withLock { Self.take(from: &$0) }
    var plan = Plan()
    var outcomes: [MailboxError?] = []
    for waiting in taken where outcomes.isEmpty || plan.bytes < limits.transactionBytesMax { outcomes.append(plan.include(waiting.plan)) }
    if outcomes.count < taken.count { queue.withLock { $0.waiting.insert(contentsOf: taken[outcomes.count...], at: 0) } }
    plan.close()
    if !plan.changes.isEmpty {
      do throws(StorageError) {
        try await records.apply(plan.changes)
        plan.publish()
      } catch {
        plan.abandon()
        outcomes = outcomes.map { $0 ?? .storage(error) }
      }
    } else {
      plan.publish()
    }
    for (waiting, outcome) in zip(taken, outcomes) { waiting.continuation?.resume(returning: .over(outcome)) }
    let next = queue.withLock { queue -> CheckedContinuation<Turn, Never>? in
      guard !queue.waiting.isEmpty else {
        queue.isRunning = false
        return nil
      }
      defer { queue.waiting[0].continuation = nil }
      return queue.waiting[0].continuation
    }
    next?.resume(returning: .lead)
    return outcomes.first ?? nil
  }

  /// Takes the first one and those behind it that can share its transaction. Nobody overtakes one who waits for the same thing.
  private static func take(from queue: inout Queue) -> [Waiting] {
    var taken: [Waiting] = []
    var left: [Waiting] = []
    var exclusive: Set<Claim> = []
    var shared: Set<Claim> = []
    var changes = 0
    for waiting in queue.waiting {
      let order = waiting.order
      let collides = order.exclusive.contains { exclusive.contains($0) || shared.contains($0) } || order.shared.contains { exclusive.contains($0) }
      let fits = changes + order.changes <= sharedChangesMax && !order.isAlone && taken.first?.order.isAlone != true
      if taken.isEmpty || !collides && fits {
        taken.append(waiting)
        changes += order.changes
      } else {
        left.append(waiting)
      }
      exclusive.formUnion(order.exclusive)
      shared.formUnion(order.shared)
    }
    queue.waiting = left
    return taken
  }
}
