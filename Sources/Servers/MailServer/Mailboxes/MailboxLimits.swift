// The bounds of accounts, mailboxes and messages.
// Not here: those of names (IMAP/MailboxName.swift), of one connection (Access/AccessLimits.swift) and of the protocols.

/// How much a mail store holds, for everybody and in memory.
package struct MailboxLimits: Sendable, Hashable {
  /// Most mailboxes of one account, and most subscriptions. Unit: mailboxes. Past it: `limit`, which IMAP says as `[LIMIT]`.
  package var mailboxesMax = 10_000
  /// Most accounts. Unit: accounts. Past it: `limit`.
  package var accountsMax = 100_000
  /// Longest account name. Unit: bytes. Past it: `badName`.
  package var accountNameBytesMax = 320
  /// Most keywords one mailbox knows. Unit: keywords; a message holds one bit for each, so never more than 64. Past it: `limit`.
  package var keywordsMax = 64
  /// Longest keyword. Unit: bytes. Past it: `limit`.
  package var keywordBytesMax = 100
  /// Most messages of one mailbox. Unit: messages. Past it: `limit`.
  package var messagesMax = 1_000_000
  /// Largest message, trace fields included. Unit: bytes. Past it: `tooLarge`.
  package var messageBytesMax: Int64 = 50 << 20
  /// Most messages one copy or move takes, for it happens wholly or not at all. Unit: messages. Past it: `limit`.
  package var copiedMax = 20_000
  /// Most bytes of trace fields put before a message. Unit: bytes. Past it: `tooLarge`.
  package var prefixBytesMax = 65_536
  /// Largest message that is kept among the records and not as a blob of its own. Unit: bytes. Past it: a blob.
  package var inlineBytesMax = 32_768
  /// Most files of messages that one answer to a FETCH has open. Unit: files. Past it: the other messages are read when these are on their way.
  package var fetchedFilesMax = 16
  /// Most recipients of one delivery. Unit: mailboxes. Past it: `limit`.
  package var deliveriesMax = 1_000
  /// Most entries of mailboxes kept in memory that nobody has open. Unit: messages. Past it: the mailbox not used for longest is let go.
  package var idleMessagesMax = 1_000_000
  /// Most summaries kept in memory. Unit: bytes. Past it: those not used for longest are read again when they are needed.
  package var summaryBytesMax = 64 << 20
  /// Most accounts kept in memory. Unit: accounts. Past it: those nobody uses are let go.
  package var loadedAccountsMax = 4_096
  /// Most sessions that have one mailbox open. Unit: sessions. Past it: `limit`.
  package var sessionsMax = 1_000
  /// Most orders that wait for the disk. Unit: orders. Past it: `busy`.
  package var waitingMax = 10_000
  /// Most bytes of messages written in one transaction. Unit: bytes. Past it: the next order waits for the next one.
  package var transactionBytesMax = 8 << 20
  /// Room that messages coming in leave on the disk: for the records of what becomes of those that are there. Unit: bytes. Past it: `storage(.full)`.
  package var roomKeptBytes: Int64 = 16_777_216
  /// What an account may use when nobody says otherwise. Unit: bytes. Past it: `overQuota`.
  package var quotaBytes: Int64 = 10 << 30
  /// The same, counted in messages. Past it: `overQuota`.
  package var quotaMessages = 1_000_000

  package init() {}
}
