// Passes queued mail on: whatever is due is tried, each entry in a task of its own, and what becomes of it is recorded before anything else
// happens to it.
// Not here: the order of entries (Queue), one connection (Sending.swift), mailboxes here (LocalDelivery.swift), reports (Reporter.swift).
import Mail
package import SMTP
import Bytes
import DNS
import Storage
import Synchronization
import Trace
package import Transport
package import World

/// Passes mail on.
package final class Relay: Sendable {
  let post: PostOffice
  private let limits: SMTP.Limits
  /// Whom to trust where TLS is offered; nil: TLS is never begun.
  private let tls: TLSClientOptions?
  private let state: Mutex<State>

  private struct State {
    var chance: SeededRandom
    /// When the timer rings that is set.
    var rings: Instant?
    var isClosed = false
    var underWay = 0
    var whenIdle: [CheckedContinuation<Void, Never>] = []
  }

  package init(_ post: PostOffice, limits: SMTP.Limits = SMTP.Limits(), tls: TLSClientOptions?, chance: SeededRandom) {
    self.post = post
    self.limits = limits
    self.tls = tls
    state = Mutex(State(chance: chance))
  }

  /// Tries everything that is due, and sets a timer for what comes next.
  package func pump() {
    while let entry = next() { post.network.start { await self.pass(entry) } }
    guard let time = post.queue.nextTime else { return }
    let isNeeded = state.withLock { state in
      guard !state.isClosed, state.rings.map({ time < $0 }) ?? true else { return false }
      state.rings = time
      return true
    }
    guard isNeeded else { return }
    let clock = post.network.clock
    post.network.start { [weak self] in
      try? await clock.sleep(until: time)
      self?.ring(time)
    }
  }

  private func next() -> QueuedMessage? {
    let mayGo = state.withLock { state in
      guard !state.isClosed else { return false }
      state.underWay += 1
      return true
    }
    guard mayGo else { return nil }
    if let entry = post.queue.take() { return entry }
    leave()
    return nil
  }

  private func ring(_ time: Instant) {
    state.withLock { if $0.rings == time { $0.rings = nil } }
    pump()
  }

  private func leave() {
    let waiting = state.withLock { state -> [CheckedContinuation<Void, Never>] in
      state.underWay -= 1
      guard state.underWay == 0 else { return [] }
      defer { state.whenIdle = [] }
      return state.whenIdle
    }
    for continuation in waiting { continuation.resume() }
  }

  /// Begins nothing new, and waits until what is under way has ended or `grace` is over. What is cut off is tried again by the next process.
  package func close(grace: Duration) async {
    state.withLock { $0.isClosed = true }
    await withTaskGroup(of: Void.self) { group in
      group.addTask { await self.idle() }
      group.addTask {
        try? await Task.sleep(for: grace)
        self.stopWaiting()
      }
      await group.next()
      group.cancelAll()
    }
  }

  private func idle() async {
    await withCheckedContinuation { continuation in
      let isIdle = state.withLock { state in
        if state.underWay > 0 { state.whenIdle.append(continuation) }
        return state.underWay == 0
      }
      if isIdle { continuation.resume() }
    }
  }

  private func stopWaiting() {
    let waiting = state.withLock { state in
      defer { state.whenIdle = [] }
      return state.whenIdle
    }
    for continuation in waiting { continuation.resume() }
  }

  // MARK: One attempt

  private func pass(_ entry: QueuedMessage) async {
    defer {
      leave()
      pump()
    }
    var outcome = Outcome(entry)
    do throws(MailboxError) {
      outcome.entry = try await post.queue.noteAttempt(entry)
      if !entry.recipients.isEmpty { await attempt(&outcome) }
      try await settle(&outcome)
    } catch {
      // Nothing is known to be recorded: whoever has it has it, and the rest is tried again later. Those whose failure nobody was told of are of
      // the rest.
      outcome.entry.recipients += outcome.failed.map(\.address)
      outcome.entry.lastFailure = "the queue could not be written: \(error)"
      outcome.entry.nextAttempt = max(outcome.entry.nextAttempt, post.queue.time(after: max(1, outcome.entry.attempts)))
      await finish(outcome, leaving: outcome.entry)
    }
  }

  /// What an attempt has come to so far.
  struct Outcome: Sendable {
    /// Its recipients are those that are still to get it.
    var entry: QueuedMessage
    /// Who had not got it before.
    let before: [MailAddress]
    var failed: [(address: MailAddress, reply: Reply, server: String?)] = []
    var wasAlive = true
    /// Connections that may still be saying goodbye.
    var connections: [Sending] = []
    /// Exchangers that take seven bits only, which this message cannot be made.
    var wantingSevenBits: [String] = []
    /// The last word of whoever was asked.
    var lastReply = Reply.unreachable

    init(_ entry: QueuedMessage) {
      self.entry = entry
      before = entry.recipients
    }

    /// The entry as it is recorded while the attempt goes on: those that have failed are told when it is over, and until then the record knows them.
    var recorded: QueuedMessage {
      var recorded = entry
      recorded.recipients += failed.map(\.address)
      return recorded
    }

    /// All that are left fail.
    mutating func failAll(_ reply: Reply) {
      failed += entry.recipients.map { ($0, reply, nil) }
      entry.recipients = []
    }
  }

  private func attempt(_ outcome: inout Outcome) async {
    var content: MessageContent
    do throws(MailboxError) {
      guard let found = try await post.store.content(outcome.entry.content) else { return outcome.failAll(.contentLost) }
      content = found
    } catch {
      return outcome.note(Reply(451, EnhancedCode(4, 3, 0), "The message cannot be read: \(error)"))
    }
    if post.directory().isOurs(outcome.entry.destination) { return await deliverHere(content, &outcome) }
    var chance = state.withLock { state in SeededRandom(seed: state.chance.next()) }
    switch await post.route(to: outcome.entry.destination, because: outcome.entry.cause, using: &chance) {
    case .nowhere(let reply): outcome.failAll(reply)
    case .unknown(let reply): outcome.note(reply)
    case .exchangers(let exchangers):
      outcome.wasAlive = false
      for exchanger in exchangers where !outcome.entry.recipients.isEmpty {
        // A server that took some and not yet others has been asked: the others wait for the next attempt.
        if await hand(&content, to: exchanger, &outcome) { break }
      }
      // RFC 6152 §3: only when none of them takes what there is.
      if outcome.wantingSevenBits.count == exchangers.count, let name = outcome.wantingSevenBits.last { outcome.failAll(.notInSevenBits(name)) }
    }
  }

  /// Hands the message to one server, in as many transactions as its recipients need. True: it has said something to each.
  private func hand(_ content: inout MessageContent, to exchanger: Exchanger, _ outcome: inout Outcome) async -> Bool {
    var rest = outcome.entry.recipients
    while !rest.isEmpty {
      let some = Array(rest.prefix(post.limits.recipientsPerTransactionMax))
      rest.removeFirst(some.count)
      let delivery = SMTP.Delivery(
        sender: outcome.entry.sender, recipients: some, content: content.parts(from: outcome.entry.start), isEightBit: outcome.entry.body == .eightBit)
      let sent = await Sending.decide(
        delivery, to: exchanger, as: ClientOptions(name: post.name.description, tls: tls == nil ? .never : .opportunistic), limits: limits,
        network: post.network, tls: tls, timeout: post.limits.connectTimeout, trace: post.clientTrace?.because(of: outcome.entry.cause))
      if sent.wasAlive { outcome.wasAlive = true }
      if let connection = sent.connection { outcome.connections.append(connection) }
      if sent.wantsSevenBits {
        do throws(MailboxError) {
          guard try await makeSevenBit(&content, &outcome) else {
            outcome.wantingSevenBits.append(exchanger.name)
            outcome.note(.notInSevenBits(exchanger.name), exchanger.name)
            return false
          }
        } catch {
          outcome.note(Reply(451, EnhancedCode(4, 3, 0), "The message could not be made seven-bit: \(error)"), exchanger.name)
          return false
        }
        rest = some + rest
        continue
      }
      guard let fates = sent.fates else {
        outcome.entry.lastFailure = "\(exchanger.name): \(sent.failure ?? "no answer")"
        outcome.lastReply = Reply(451, EnhancedCode(4, 4, 1), sent.failure ?? "The mail server does not answer")
        return false
      }
      for (recipient, fate) in zip(some, fates) {
        switch fate {
        case .accepted: outcome.entry.recipients.removeAll { $0 == recipient }
        case .permanent(let reply):
          outcome.entry.recipients.removeAll { $0 == recipient }
          outcome.failed.append((recipient, reply, exchanger.name))
        case .temporary(let reply): outcome.note(reply, exchanger.name)
        case .undecided(let failure):
          outcome.entry.lastFailure = "\(exchanger.name): \(failure)"
          outcome.lastReply = Reply(451, EnhancedCode(4, 4, 2), "\(failure)")
          return false
        }
      }
    }
    return true
  }

  // MARK: What became of it

  /// Records the outcome, together with the reports it asks for.
  private func settle(_ outcome: inout Outcome) async throws(MailboxError) {
    let now = post.network.clock.now
    let end = post.queue.schedule.end(of: outcome.entry.arrived, isReport: outcome.entry.isReport)
    if now >= end {
      let last = Reply(554, EnhancedCode(5, 4, 7), "It was tried for too long; at last: \(outcome.lastReply)")
      outcome.failAll(last)
    }
    var entry = outcome.entry
    if !outcome.failed.isEmpty {
      try await post.report(.failed, outcome.failed, about: entry, givesUpAt: end, along: [post.queue.put(entry)])
      outcome.failed = []
    } else if !entry.recipients.isEmpty {
      let due = post.queue.schedule.delayReportsDue(at: entry.arrived.duration(to: now))
      if due > entry.delayReports {
        entry.delayReports = due
        let late = entry.recipients.map { ($0, outcome.lastReply, String?.none) }
        try await post.report(.delayed, late, about: entry, givesUpAt: end, along: [post.queue.put(entry)])
      }
    }
    if entry.recipients.isEmpty {
      try await post.store.release(entry.id.key, of: entry.content, along: [post.queue.removal(entry)])
      await finish(outcome, leaving: nil)
    } else {
      if entry.attempts == 1 || entry.recipients != outcome.before { try await post.queue.write(entry) }
      await finish(outcome, leaving: entry)
    }
  }

  /// The attempt is recorded; its place is another's when its connections are gone.
  private func finish(_ outcome: Outcome, leaving entry: QueuedMessage?) async {
    for connection in outcome.connections { await connection.end() }
    post.queue.settle(outcome.entry.id, entry, destination: outcome.entry.destination, wasAlive: outcome.wasAlive)
  }
}

extension Relay.Outcome {
  /// A server, or we ourselves, said: not now.
  mutating func note(_ reply: Reply, _ server: String? = nil) {
    lastReply = reply
    entry.lastFailure = (server.map { "\($0): " } ?? "") + "\(reply)"
  }
}

extension MessageContent {
  /// What is handed on: everything behind the first `start` bytes of the prefix.
  func parts(from start: Int) -> [SMTP.Delivery.Part] {
    var parts: [SMTP.Delivery.Part] = []
    let head = prefix[start..<prefix.count]
    if !head.isEmpty { parts.append(.bytes(head)) }
    switch rest {
    case .memory(let bytes): parts.append(.bytes(bytes))
    case .file(let slice): parts.append(.file(slice))
    }
    return parts
  }
}
