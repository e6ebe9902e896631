// Word of a message that came to rest here, for whoever keeps a journal of them.
// Not here: who puts it into mailboxes (Reception/Acceptance.swift, Relay/LocalDelivery.swift).
package import Mail
package import World

/// A message that was put into mailboxes of ours.
package struct ArrivedMessage: Sendable {
  /// The envelope's sender.
  package var sender: ReversePath
  /// The envelope's recipients in our domains, as they were named.
  package var recipients: [MailAddress]
  /// The accounts that got it.
  package var accounts: [String]
  /// With the fields written above it: Return-Path, verdicts, Received.
  package var content: MessageContent
  package var time: Instant
}

extension PostOffice {
  /// Tells the journal, if there is one, before the message is acknowledged.
  func tell(_ content: ContentID, from sender: ReversePath, to recipients: [MailAddress], accounts: [String]) async {
    guard let journal, !accounts.isEmpty, let content = try? await store.content(content) else { return }
    await journal(ArrivedMessage(sender: sender, recipients: recipients, accounts: accounts, content: content, time: clock.now))
  }
}
