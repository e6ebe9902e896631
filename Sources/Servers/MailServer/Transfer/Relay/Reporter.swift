// Reports to senders: that a message failed, or is late. Each is a message of its own, from nobody.
// Not here: what a report looks like (Mail/Writing/DeliveryReport.swift), when one is due (Relay.swift).
import Bytes
import Mail
import SMTP
import Storage
import World

/// What a report is about.
enum ReportKind: Sendable, Hashable { case failed, delayed }

extension PostOffice {
  func report(
    _ kind: ReportKind, _ recipients: [(address: MailAddress, reply: Reply, server: String?)], about entry: QueuedMessage, along changes: [Change]
  ) async throws(MailboxError) {
  }
}
