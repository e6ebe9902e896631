// What all connections of a mail server share: who lives here, where messages lie, whom to ask.
// Not here: what is decided about a message (Reception, Relay), the listeners (MailExchange.swift).
package import DNS
package import Mail
package import Trace
package import Transport
package import World

/// Asks about names, for whoever needs to know, because of a conversation; filled by the host with its resolver.
package typealias LookUps = @Sendable (_ name: Name, _ type: RecordType, _ cause: ConversationID?) async -> LookupAnswer

/// What is done with mail whose origin is doubtful.
package enum Care: String, Sendable, Hashable, CaseIterable {
  /// It is looked at, and what was found is written into the message.
  case marking
  /// What the author's domain asks for is done: forged mail goes to the junk mailbox, or is refused.
  case sorting
  /// Forged mail is refused, also where the author's domain would let it be put aside.
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
  package var gate: LoginGate
  package var store: MailStore
  package var queue: MailQueue
  package var lookUps: LookUps
  /// How careful to be, now.
  package var care: Care { careNow() }
  private let careNow: @Sendable () -> Care
  /// In whose names mail from a domain of ours is signed.
  package var signers: @Sendable (MailDomain) -> [SigningIdentity]
  package var clients: ClientLedger
  package var limits: TransferLimits
  package var network: any Network
  /// A number that makes a Message-ID ours alone.
  package var uniqueNumber: @Sendable () -> UInt64
  package var trace: TraceContext?
  package var clientTrace: TraceContext?
  /// A server that takes all mail for elsewhere; nil: each domain's own.
  package var smartHost: Exchanger?
  /// The port at which other domains' servers listen: 25.
  package var exchangePort: UInt16
  /// Told when there is something new to pass on.
  package var hurry: @Sendable () -> Void
  /// Told of each message that comes to rest here; nil: nobody keeps a journal.
  package var journal: (@Sendable (ArrivedMessage) async -> Void)?
  /// What is done about certain addresses on purpose; nil: nothing.
  package var addressPolicy: (any AddressPolicy)?

  package init(
    name: MailDomain, directory: @escaping @Sendable () -> MailDirectory, gate: LoginGate, store: MailStore, queue: MailQueue,
    lookUps: @escaping LookUps, care: @escaping @Sendable () -> Care, signers: @escaping @Sendable (MailDomain) -> [SigningIdentity], clients: ClientLedger,
    limits: TransferLimits, network: any Network, uniqueNumber: @escaping @Sendable () -> UInt64, trace: TraceContext?, clientTrace: TraceContext?,
    smartHost: Exchanger?, exchangePort: UInt16, hurry: @escaping @Sendable () -> Void
  ) {
    self.name = name
    self.directory = directory
    self.gate = gate
    self.store = store
    self.queue = queue
    self.lookUps = lookUps
    careNow = care
    self.signers = signers
    self.clients = clients
    self.limits = limits
    self.network = network
    self.uniqueNumber = uniqueNumber
    self.trace = trace
    self.clientTrace = clientTrace
    self.smartHost = smartHost
    self.exchangePort = exchangePort
    self.hurry = hurry
  }

  package var clock: any WorldClock { network.clock }
}
