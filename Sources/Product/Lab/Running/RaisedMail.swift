// The mail of a world's domains: each a production mail server, in memory, with the world's resolver to ask.
// Not here: mail itself (Host/Mail/MailHost.swift), the zones' records about it (World/ZoneText.swift).
import Accounts
import DNS
import Host
import Mail
import MailServer
import Storage
import Synchronization
import Transport
import World

/// Starts mail in a world.
enum RaisedMail {
  /// The key a domain of the world signs with: the same from the same seed, for its zone and for its server.
  static func keys(of domain: String, _ means: RaisedWorld.Means) -> [(selector: String, key: SigningKey)] {
    var chance = means.chance.derived("signing key of \(domain)")
    return SigningKey(seed: (0..<32).map { _ in UInt8.random(in: 0...255, using: &chance) }).map { [("s1", $0)] } ?? []
  }

  /// Who has a mailbox, by the account's name.
  static func accounts(of described: MailDescription) -> [String: PasswordHash] {
    let users = described.settings.users.compactMap { user in
      MailSettings.address(user.name, in: described.domain).map { (MailDirectory.accountName(of: $0), user.hash) }
    }
    return Dictionary(users) { first, _ in first }
  }

  static func start(
    _ described: MailDescription, _ host: HostDescription, of world: WorldDescription, on assembly: Assembly, _ means: RaisedWorld.Means
  ) async throws(RaisedWorld.Failure) -> MailHost {
    let resolver = world.hosts(as: .resolver).flatMap { means.plan.endpoints(of: $0, port: 53) }.first
    let client = NameClient(assembly.network, timeout: .seconds(5), trace: assembly.clientTrace)
    let chance = means.chance.derived("mail of \(described.domain)")
    let secrets = Mutex<any RandomNumberGenerator & Sendable>(means.secrets ?? chance.derived("secrets"))
    var mail = MailHost.Means(
      network: assembly.network, records: MemoryRecords(), blobs: MemoryBlobs(), trace: assembly.serverTrace, clientTrace: assembly.clientTrace,
      lookUps: MailLookUps.through(client, resolver: { resolver }, chance: chance.derived("look-ups")), exchangePort: means.plan.port(25),
      chance: chance, secret: { secrets.withLock { $0.next() } })
    mail.keys = keys(of: described.domain, means)
    // What is said shall be seen: a world's users may log in in the clear, and learn what that means.
    mail.mayLogInInTheClear = true
    var settings = described.settings
    if means.failures != nil {
      mail.addressPolicy = MagicRecipients()
      settings.aliases.append(MagicRecipients.bounced)
      if let first = settings.users.first { settings.aliases += MagicRecipients.taken.map { MailSettings.Alias(name: $0, targets: [first.name]) } }
    }
    if let letters = means.letters { mail.journal = { letters.add($0, at: host.name) } }
    if let certificates = means.certificates, means.failures?.speaksTLS(host.name) ?? true {
      do {
        let names = [described.settings.name ?? described.domain] + means.plan.addresses(of: host).map(\.description)
        let identity = try certificates.issue(for: names, at: assembly.network.clock.now)
        mail.tls = means.tls(of: host, in: world, showing: [identity])
        mail.tls?.keyLog = means.recorder
        mail.clientTLS = TLSClientOptions(serverName: "", authorities: certificates.authorityPEM)
      } catch { throw .certificates("\(error)") }
    }
    let opened: MailHost
    do throws(MailboxError) {
      opened = try await MailHost.open(
        settings, domain: described.domain, accounts: accounts(of: described), mail)
    } catch { throw .mail(domain: described.domain, "\(error)") }
    do throws(NetworkError) {
      for address in means.plan.addresses(of: host) {
        try await opened.receive(on: assembly, at: address) { means.plan.port($0) }
      }
    } catch { throw .service(host: host.name, error) }
    return opened
  }
}
