// The bounds of who comes in to read mail.
// Not here: those of one conversation (IMAP and POP3 have their own), of mailboxes (Mailboxes/MailboxLimits.swift).

/// How much one account or address may do at once.
package struct AccessLimits: Sendable, Hashable {
  /// Most connections that are logged in to one account. Unit: connections. Past it: the login is refused.
  package var connectionsPerAccountMax = 50
  /// The delay after a first wrong password; each further one doubles it.
  package var wrongPasswordDelay = Duration.seconds(1)
  /// Longest such delay.
  package var wrongPasswordDelayMax = Duration.seconds(30)
  /// How long wrong passwords are remembered after the last one.
  package var wrongPasswordMemory = Duration.seconds(900)
  /// Most addresses, and most accounts, whose wrong passwords are remembered. Unit: addresses, accounts. Past it: older ones are forgotten.
  package var rememberedMax = 20_000

  package init() {}
}
