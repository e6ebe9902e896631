// Reports to senders: that a message failed, or is late. Each is a message of its own, from nobody, safe in the same transaction that records
// what it is about.
// Not here: what a report looks like (Mail/Writing/DeliveryReport.swift), when one is due (Relay.swift).
import Bytes
import Mail
import SMTP
import Storage
import World

extension PostOffice {
  /// Longest part of the original's head that is sent back. Unit: bytes. Past it: cut.
  private static var returnedHeadBytesMax: Int64 { 65_536 }

  /// Tells the sender of `entry` what became of it for `recipients`, and records `changes` in the same transaction. Nobody is told about reports.
  func report(
    _ action: DeliveryReport.Action, _ recipients: [(address: MailAddress, reply: Reply, server: String?)], about entry: QueuedMessage,
    givesUpAt: Instant, along changes: [Change]
  ) async throws(MailboxError) {
    // RFC 5321 §4.5.5: no report about a report.
    guard let sender = entry.sender.address else { return try await queue.apply(changes) }
    let draft = store.draft()
    try await draft.append(await written(action, recipients, about: entry, to: sender, givesUpAt: givesUpAt))
    let directory = directory()
    switch directory.place(of: sender) {
    case .here(let homes, let elsewhere):
      try await keep(draft, homes: homes, elsewhere: elsewhere, along: changes)
    case .elsewhere: try await keep(draft, homes: [], elsewhere: [sender], along: changes)
    // Whoever sent it has gone meanwhile.
    case .unknown, .endless:
      await draft.discard()
      try await queue.apply(changes)
    }
  }

  private func keep(
    _ draft: ContentDraft, homes: [MailDirectory.Home], elsewhere: [MailAddress], along changes: [Change]
  ) async throws(MailboxError) {
    let returnPath = homes.isEmpty ? Buffer() : TraceFields.returnPath(.empty)
    let content = try await store.keep(draft, prefix: returnPath)
    let entries = queue.entries(for: content.id, from: .empty, body: .sevenBit, to: elsewhere, start: returnPath.count, cause: nil)
    do throws(MailboxError) {
      _ = try await store.deliver(
        content, to: homes.map { Delivery(to: $0.account) }, holders: entries.map(\.id.key), along: changes + entries.map { queue.put($0) })
    } catch {
      await store.discard(content)
      // A mailbox that is full gets no report, and keeps nobody else waiting.
      guard case .overQuota = error else { throw error }
      return try await queue.apply(changes)
    }
    queue.admit(entries, promised: 0)
    hurry()
  }

  private func written(
    _ action: DeliveryReport.Action, _ recipients: [(address: MailAddress, reply: Reply, server: String?)], about entry: QueuedMessage,
    to sender: MailAddress, givesUpAt: Instant
  ) async -> Buffer {
    let now = clock.now
    let told = recipients.map { address, reply, server in
      var recipient = DeliveryReport.Recipient(
        address, action, status: reply.enhanced?.description ?? (action == .failed ? "5.0.0" : "4.0.0"), remoteServer: server,
        diagnostic: server == nil ? nil : "\(reply)")
      recipient.lastAttempt = now
      if action == .delayed { recipient.givesUpAt = givesUpAt }
      return recipient
    }
    let content = try? await store.content(entry.content)
    let start = Int64(entry.start)
    let beginning = content?.bytes(start..<(start + Self.returnedHeadBytesMax)) ?? Buffer()
    var report = DeliveryReport(from: name.description, to: sender, told, about: MessageHead(reading: beginning).bytes)
    report.arrivedAt = entry.arrived
    var random = SeededRandom(seed: uniqueNumber())
    return report.written(messageID: "\(String(uniqueNumber(), radix: 36))@\(name)", at: now, using: &random)
  }
}
