// What all connections of a mail server share: who lives here, where messages lie, whom to ask.
// Not here: what is decided about a message (Reception, Relay), the listeners (MailExchange.swift).
package import Accounts
package import DNS
package import Mail
package import Trace
package import Transport
package import World

/// What looking a name up comes to.
package enum LookUp: Sendable, Hashable {
  /// Records of the type asked for, aliases followed.
  case found([RecordData])
  /// There is the name, but no such record.
  case noData
  case noName
  /// Nobody knows at the moment.
  case failed
}

/// Asks about names, for whoever needs to know; filled by the host with its resolver.
package typealias LookUps = @Sendable (_ name: Name, _ type: RecordType) async -> LookUp

/// What is done with mail whose origin is doubtful.
package enum Care: String, Sendable, Hashable, CaseIterable {
  /// It is looked at, and what was found is written into the message.
  case marking
  /// Forged mail goes to the junk mailbox.
  case sorting
  /// Forged mail is refused.
  case refusing
  /// Nothing is looked at.
  case careless
}

/// A mail server's common room.
package struct PostOffice: Sendable {
  /// Our host's name, as it stands in greetings and Received fields.
  package var name: MailDomain
  /// Who lives here, now.
  package var directory: @Sendable () -> MailDirectory
  package var passwords: PasswordBook
  package var store: MailStore
  package var queue: MailQueue
  package var lookUps: LookUps
  package var care: Care
  /// The keys with which mail from our domains is signed.
  package var signingKeys: @Sendable (MailDomain) -> [DKIM.SigningKey]
  package var clients: ClientLedger
  package var limits: TransferLimits
  package var network: any Network
  /// A number that makes a Message-ID ours alone.
  package var uniqueNumber: @Sendable () -> UInt64
  package var trace: TraceContext?
  /// Told when there is something new to pass on.
  package var hurry: @Sendable () -> Void

  var clock: any WorldClock { network.clock }
}
