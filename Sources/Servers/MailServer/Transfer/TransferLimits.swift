// The bounds of receiving, keeping and passing on mail.
// Not here: those of one connection (SMTP's Limits), of mailboxes (Mailboxes/MailboxLimits.swift).

/// How much a mail server takes on.
package struct TransferLimits: Sendable, Hashable {
  // MARK: Clients

  /// Most open connections of one client, an IPv4 address or an IPv6 network of 64 bits. Unit: connections. Past it: 421 4.7.0.
  package var connectionsPerClientMax = 30
  /// Most connections one client begins in a minute. Unit: connections. Past it: 421 4.7.0.
  package var connectionsPerMinuteMax = 300
  /// Most messages of one client in a minute. Unit: messages. Past it: 451 4.7.0.
  package var messagesPerMinuteMax = 500
  /// Most content of one client in a minute. Unit: bytes. Past it: 451 4.7.0.
  package var bytesPerMinuteMax: Int64 = 1_000_000_000
  /// Most clients remembered for the counts above. Unit: clients. Past it: those seen longest ago are forgotten.
  package var clientsMax = 65_536

  // MARK: Messages

  /// Most Received fields. Unit: fields. RFC 5321 §6.3 asks for at least 100. Past it: 554 5.4.6, for the message runs in circles.
  package var hopsMax = 100
  /// Deepest chain of aliases. Unit: steps. Past it: 451 4.6.0.
  package var aliasDepthMax = 20
  /// Most addresses an alias stands for. Unit: addresses. Past it: 451 4.6.0.
  package var aliasResultMax = 1_000

  // MARK: The queue

  /// Most entries, each one message for one destination. Unit: entries. Past it: 452 4.3.1.
  package var queueMax = 20_000
  /// Most recipients passed on in one transaction. Unit: recipients. Past it: a further transaction.
  package var recipientsPerTransactionMax = 50
  /// Most connections to one destination at a time, and with how many one begins. Unit: connections. Past it: the rest waits.
  package var connectionsPerDestinationMax = 20
  package var connectionsPerDestinationFirst = 5
  /// Most connections to all destinations. Unit: connections. Past it: the rest waits.
  package var connectionsOutMax = 200
  /// How long a destination that refuses connections is left alone.
  package var deadDestinationPause = Duration.seconds(300)
  /// Most exchangers of a domain that are tried in one attempt. Unit: hosts. Past it: the others wait for the next attempt.
  package var exchangersMax = 20
  /// Most addresses tried in one attempt. Unit: addresses. Past it: the others wait for the next attempt.
  package var addressesMax = 5
  /// Most records of one answer that are looked at. Unit: records. Past it: the rest is as if it were not there.
  package var recordsMax = 100
  /// Longest wait for a connection to an exchanger.
  package var connectTimeout = Duration.seconds(30)

  package init() {}
}
