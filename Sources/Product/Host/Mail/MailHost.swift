// The mail of one host put together: store, queue, relay, who lives there, and the listeners. `netstead up` and the hosts of the lab use it alike.
// Not here: what is decided about mail (MailServer), settings (MailSettings.swift), records in zones (MailRecords.swift).
package import Accounts
import Bytes
package import Mail
package import MailServer
import SMTP
package import Storage
import Synchronization
import Trace
package import Transport
package import World

/// Everything a host's mail is made of.
package final class MailHost: Sendable {
  /// What it stands on.
  package struct Means: Sendable {
    package var network: any Network
    package var records: any RecordStore
    package var blobs: any BlobStore
    package var trace: TraceContext?
    package var clientTrace: TraceContext?
    package var lookUps: LookUps
    /// Inside TLS with these; nil: no TLS here.
    package var tls: TLSServerOptions?
    /// Whom to trust when passing mail on; nil: TLS is never begun.
    package var clientTLS: TLSClientOptions?
    /// The port at which other domains' servers listen.
    package var exchangePort: UInt16
    /// Whether passwords may be said in the clear: where nobody can listen in, or it is shown what happens.
    package var mayLogInInTheClear = false
    package var chance: SeededRandom
    /// The keys mail is signed with, by selector.
    package var keys: [(selector: String, key: SigningKey)] = []
    /// Makes numbers that are ours alone, and the key of remembered passwords.
    package var secret: @Sendable () -> UInt64
    /// Told of each message that comes to rest here; nil: nobody keeps a journal.
    package var journal: (@Sendable (ArrivedMessage) async -> Void)?
    /// What is done about certain addresses on purpose; nil: nothing.
    package var addressPolicy: (any AddressPolicy)?

    package init(
      network: any Network, records: any RecordStore, blobs: any BlobStore, trace: TraceContext?, clientTrace: TraceContext?,
      lookUps: @escaping LookUps, exchangePort: UInt16, chance: SeededRandom, secret: @escaping @Sendable () -> UInt64
    ) {
      self.network = network
      self.records = records
      self.blobs = blobs
      self.trace = trace
      self.clientTrace = clientTrace
      self.lookUps = lookUps
      self.exchangePort = exchangePort
      self.chance = chance
      self.secret = secret
    }
  }

  package let post: PostOffice
  package let domain: String
  private let passwords: PasswordBook
  private let relay: Relay
  private let means: Means
  private let directory: Directory

  /// Who lives here, and how careful to be, as it was last told.
  private final class Directory: Sendable {
    let current: Mutex<MailDirectory>
    let settings: Mutex<MailSettings>

    init(_ directory: MailDirectory, _ settings: MailSettings) {
      current = Mutex(directory)
      self.settings = Mutex(settings)
    }
  }

  /// Where the relay is told that there is something new: it is made after the post office.
  private final class Bell: Sendable {
    let relay = Mutex<Relay?>(nil)
    func ring() { relay.withLock { $0 }?.pump() }
  }

  /// Opens the mail of `domain`. `accounts` are those of the settings and those kept beside them, by account name.
  package static func open(
    _ settings: MailSettings, domain: String, accounts: [String: PasswordHash], _ means: Means
  ) async throws(MailboxError) -> MailHost {
    var random = SecretNumbers(source: means.secret)
    let passwords = PasswordBook(accounts, random: &random)
    var mailboxLimits = MailboxLimits()
    mailboxLimits.messageBytesMax = Int64(settings.messageBytesMax)
    mailboxLimits.quotaBytes = Int64(settings.quotaBytes)
    let network = means.network
    let store = try await MailStore.open(
      records: means.records, blobs: means.blobs, clock: network.clock, limits: mailboxLimits, start: { network.start($0) })
    let limits = TransferLimits()
    let queue = try await MailQueue.open(means.records, limits: limits, clock: network.clock, chance: means.chance.derived("queue"))
    let directory = Directory(Self.directory(settings, domain: domain, store), settings)
    let name = (try? MailDomain(settings.name ?? "mail.\(domain)")) ?? .name("mail.invalid")
    let gate = LoginGate(passwords, clock: network.clock) { login in directory.current.withLock { $0 }.account(forLogin: login) }
    let bell = Bell()
    let own = domain
    var post = PostOffice(
      name: name, directory: { directory.current.withLock { $0 } }, gate: gate, store: store, queue: queue, lookUps: means.lookUps,
      care: { directory.settings.withLock { $0.care } },
      signers: { [keys = means.keys] domain in
        domain.description == own ? keys.map { SigningIdentity(domain: own, selector: $0.selector, key: $0.key) } : []
      }, clients: ClientLedger(limits), limits: limits, network: network, uniqueNumber: means.secret, trace: means.trace,
      clientTrace: means.clientTrace, smartHost: settings.smartHost.map { Exchanger(name: "[\($0.address)]", endpoint: $0) },
      exchangePort: means.exchangePort, hurry: { bell.ring() })
    post.journal = means.journal
    post.addressPolicy = means.addressPolicy
    let relay = Relay(post, tls: means.clientTLS, chance: means.chance.derived("relay"))
    bell.relay.withLock { $0 = relay }
    let host = MailHost(post: post, domain: domain, passwords: passwords, relay: relay, means: means, directory: directory)
    try await host.admit(accounts)
    relay.pump()
    return host
  }

  private init(post: PostOffice, domain: String, passwords: PasswordBook, relay: Relay, means: Means, directory: Directory) {
    self.post = post
    self.domain = domain
    self.passwords = passwords
    self.relay = relay
    self.means = means
    self.directory = directory
  }

  /// The addresses of `domain`: accounts, aliases, and postmaster, who is the first of them if nobody says otherwise.
  private static func directory(_ settings: MailSettings, domain: String, _ store: MailStore) -> MailDirectory {
    var aliases: [MailAddress: [MailAddress]] = [:]
    for alias in settings.aliases {
      guard let address = MailSettings.address(alias.name, in: domain) else { continue }
      aliases[address, default: []] += alias.targets.compactMap { MailSettings.address($0, in: domain) }
    }
    // RFC 5321 §4.5.1: every domain has a postmaster.
    if let postmaster = MailSettings.address("postmaster", in: domain), aliases[postmaster] == nil, !store.hasAccount(postmaster.description),
      let first = store.accountNames.first.flatMap({ try? MailAddress($0) })
    {
      aliases[postmaster] = [first]
    }
    let domains = Set([domain].compactMap { try? MailDomain($0) })
    let backedUp = Set(settings.backupFor.compactMap { try? MailDomain($0) })
    return MailDirectory(domains: domains, backedUp: backedUp, aliases: aliases) { store.hasAccount($0) }
  }

  /// Lets these accounts in from now on; each has its mailboxes. The mail of those that are gone stays, and nobody gets at it.
  package func admit(_ accounts: [String: PasswordHash]) async throws(MailboxError) {
    try await makeMailboxes(for: accounts)
    letIn(accounts)
  }

  /// Gives each of these accounts its mailboxes, in which nobody is let yet. When this throws, or nobody ever is, they stay as empty as they were made.
  package func makeMailboxes(for accounts: [String: PasswordHash]) async throws(MailboxError) {
    for name in accounts.keys.sorted() where !post.store.hasAccount(name) {
      do throws(MailboxError) { _ = try await post.store.makeAccount(name) } catch .accountExists {}
    }
  }

  private var settings: MailSettings { directory.settings.withLock { $0 } }

  /// Is told aliases, domains backed up and how careful to be anew, and lets these accounts in, whose mailboxes there are.
  package func take(_ settings: MailSettings, accounts: [String: PasswordHash]) {
    directory.settings.withLock { $0 = settings }
    letIn(accounts)
  }

  private func letIn(_ accounts: [String: PasswordHash]) {
    passwords.replace(accounts)
    let directory = Self.directory(settings, domain: domain, post.store)
    self.directory.current.withLock { $0 = directory }
  }

  /// Starts SMTP for other servers and for users, and POP3 and IMAP for those who read. `port` gives for each standard port the one to listen at.
  package func receive(on assembly: Assembly, at address: Address, port: (UInt16) -> UInt16) async throws(NetworkError) {
    guard let postmaster = MailSettings.address("postmaster", in: domain) else { return }
    var limits = SMTP.Limits()
    limits.messageBytesMax = Int64(settings.messageBytesMax)
    let roles: [(String, Role, UInt16, isEncrypted: Bool)] = [
      ("SMTP", .relay, 25, false), ("submission", .submission, 587, false), ("submissions", .submission, 465, true),
    ]
    for (name, role, standard, isEncrypted) in roles where means.tls != nil || !isEncrypted {
      let listener = try await MailExchange.start(
        post, role, isEncrypted: isEncrypted, tls: means.tls, postmaster: postmaster, at: Endpoint(address, port(standard)), limits: limits,
        mayLogInInTheClear: means.mayLogInInTheClear)
      assembly.note(name, listener.endpoint) { await listener.close(grace: $0) }
    }
    for (name, standard, isEncrypted) in [("IMAP", 143 as UInt16, false), ("IMAPS", 993, true)] where means.tls != nil || !isEncrypted {
      let listener = try await IMAPService.start(
        network: means.network, endpoint: Endpoint(address, port(standard)), store: post.store, gate: post.gate, hostName: post.name.description,
        tls: isEncrypted ? means.tls : nil, startTLS: isEncrypted ? nil : means.tls, trace: means.trace, mayLogInInTheClear: means.mayLogInInTheClear)
      assembly.note(name, listener.endpoint) { await listener.close(grace: $0) }
    }
    for (name, standard, isEncrypted) in [("POP3", 110 as UInt16, false), ("POP3S", 995, true)] where means.tls != nil || !isEncrypted {
      let listener = try await POP3Service.start(
        network: means.network, endpoint: Endpoint(address, port(standard)), store: post.store, gate: post.gate, hostName: post.name.description,
        tls: isEncrypted ? means.tls : nil, startTLS: isEncrypted ? nil : means.tls, trace: means.trace, mayLogInInTheClear: means.mayLogInInTheClear)
      assembly.note(name, listener.endpoint) { await listener.close(grace: $0) }
    }
  }

  /// Passes nothing on any more. After the listeners have closed.
  package func close(grace: Duration) async { await relay.close(grace: grace) }
}

/// A source of secrets as a generator.
private struct SecretNumbers: RandomNumberGenerator {
  let source: @Sendable () -> UInt64
  mutating func next() -> UInt64 { source() }
}
