// The mail of `netstead up`: there when the settings have `mail:` or somebody has an account; users may come and go while it runs.
// Not here: mail of any host (MailHost.swift), accounts as a file (AccountFile.swift).
import Accounts
import Bytes
import DNS
import Mail
import MailServer
import Settings
import Storage
import Synchronization
import Trace
import Transport
import World

/// The mail of the hosted domain.
package final class HomeMail: Sendable {
  private let host: HostSettings
  private let dataDirectory: String
  private let accounts: AccountFile
  private let keys: [(selector: String, key: SigningKey)]
  private let state = Mutex(State())

  private struct State {
    var settings = MailSettings()
    var mail: MailHost?
    var watch: Task<Void, Never>?
  }

  /// How often the accounts are looked at again.
  private static let watchInterval = Duration.seconds(2)

  /// Nil: no mail is asked for.
  init?(_ host: HostSettings, dataDirectory: String) throws(HomeHost.Failure) {
    accounts = AccountFile(dataDirectory: dataDirectory)
    guard try Self.isWanted(host, dataDirectory: dataDirectory) else { return nil }
    self.host = host
    self.dataDirectory = dataDirectory
    keys = try Self.keys(in: dataDirectory)
    state.withLock { $0.settings = host.mail ?? MailSettings() }
  }

  private var settings: MailSettings { state.withLock { $0.settings } }

  /// What of new settings may fail: reading who has an account, and making mailboxes. Returns the accounts; nothing that runs is changed.
  func prepare(_ new: MailSettings) async throws(HomeHost.Failure) -> [String: PasswordHash] {
    do {
      let accounts = try users(of: new)
      try await mail?.makeMailboxes(for: accounts)
      return accounts
    } catch { throw .mail("\(error)") }
  }

  /// Is told the settings anew: users, aliases, domains backed up, how careful to be. `accounts` are those that were prepared for them.
  func take(_ new: MailSettings, accounts: [String: PasswordHash]) {
    state.withLock { $0.settings = new }
    mail?.take(new, accounts: accounts)
  }

  /// Whether the settings ask for mail, or somebody has an account.
  static func isWanted(_ host: HostSettings, dataDirectory: String) throws(HomeHost.Failure) -> Bool {
    if host.mail != nil { return true }
    do throws(AccountFile.Failure) { return try !AccountFile(dataDirectory: dataDirectory).read().isEmpty } catch { throw .mail("\(error)") }
  }

  private static func keyFile(_ selector: String, in dataDirectory: String) -> KeptFile {
    KeptFile(directory: dataDirectory + "/mail", name: "\(selector).key")
  }

  /// The keys as far as they have been made.
  static func keptKeys(in dataDirectory: String) throws(HomeHost.Failure) -> [(selector: String, key: SigningKey)] {
    var keys: [(selector: String, key: SigningKey)] = []
    for (selector, _) in kinds {
      let file = keyFile(selector, in: dataDirectory)
      do throws(CertificateError) {
        guard let text = try file.read() else { continue }
        guard let key = SigningKey(text) else { throw .file(file.path, "no signing key") }
        keys.append((selector, key))
      } catch { throw .mail("\(error)") }
    }
    return keys
  }

  // RFC 8463 §5: who does not know the new algorithm yet finds the old one.
  private static let kinds: [(selector: String, make: @Sendable () -> SigningKey?)] = [
    ("netstead-rsa", { SigningKey.makeRSA() }), ("netstead-ed25519", { SigningKey(seed: (0..<32).map { _ in UInt8.random(in: 0...255) }) }),
  ]

  /// The keys mail is signed with: made at the first start, kept from then on, since zones' caches know them.
  private static func keys(in dataDirectory: String) throws(HomeHost.Failure) -> [(selector: String, key: SigningKey)] {
    var keys = try keptKeys(in: dataDirectory)
    for (selector, make) in kinds where !keys.contains(where: { $0.selector == selector }) {
      guard let key = make() else { continue }
      do throws(CertificateError) { try keyFile(selector, in: dataDirectory).write(key.text, mode: 0o600) } catch { throw .mail("\(error)") }
      keys.append((selector, key))
    }
    return keys
  }

  /// The mail server's own name.
  var name: String { settings.name ?? "mail.\(host.domain)" }

  /// Lines for the zone. `policy` is what others are asked to do with mail that is not ours, `taken` are the names for which somebody else speaks.
  func records(policy: AuthorPolicy.Request?, taken: Set<String>) -> String {
    MailRecords.text(
      domain: host.domain, name: name, keys: keys.map { ($0.selector, $0.key.record) }, policy: taken.contains("_dmarc") ? nil : policy ?? .quarantine)
  }

  /// The mail as it runs; nil: it does not.
  package var mail: MailHost? { state.withLock { $0.mail } }

  private func users(of settings: MailSettings) throws(AccountFile.Failure) -> [String: PasswordHash] {
    var all: [String: PasswordHash] = [:]
    for user in settings.users + (try accounts.read()) {
      if let address = MailSettings.address(user.name, in: host.domain) { all[MailDirectory.accountName(of: address)] = user.hash }
    }
    return all
  }

  /// Opens the store and the queue, and begins to pass on what waits. `line` is where settings are taken over: who comes and goes is looked at between two.
  func open(
    _ assembly: Assembly, _ network: SocketNetwork, identities: TLSIdentities, authorityPEM: String, line: WorkLine,
    resolver: @escaping @Sendable () -> Endpoint?
  ) async throws(HomeHost.Failure) {
    let folder = dataDirectory + "/mail"
    do {
      try SystemFiles().makeDirectory(folder)
      let client = NameClient(network, timeout: .seconds(5), trace: assembly.clientTrace)
      let own = try host.addresses.first.map { (try Name(host.domain), Endpoint($0, UInt16(clamping: host.ports.dns))) }
      var system = SystemRandomNumberGenerator()
      let chance = SeededRandom(seed: system.next())
      var means = MailHost.Means(
        network: network, records: try SQLiteRecords(path: folder + "/records.sqlite"), blobs: try FileBlobs(directory: folder + "/messages"),
        trace: assembly.serverTrace, clientTrace: assembly.clientTrace,
        lookUps: MailLookUps.through(client, resolver: resolver, own: own.map { (domain: $0.0, server: $0.1) }, chance: chance.derived("look-ups")),
        exchangePort: 25, chance: chance, secret: { UInt64.random(in: 0...UInt64.max) })
      means.keys = keys
      means.tls = TLSServerOptions(renewable: identities, keyLog: assembly.recorder)
      // RFC 7435 §3: against those who only listen any certificate does; against those who stand between, none of strangers helps.
      means.clientTLS = TLSClientOptions(serverName: "", acceptsAnything: true)
      let mail = try await MailHost.open(settings, domain: host.domain, accounts: try users(of: settings), means)
      state.withLock { state in
        state.mail = mail
        state.watch = Task { [weak self] in
          while (try? await network.clock.sleep(until: network.clock.now + Self.watchInterval)) != nil { await line.run { [weak self] in await self?.look() } }
        }
      }
    } catch { throw .mail("\(error)") }
  }

  /// Lets in whoever has an account now. A file that cannot be read changes nothing.
  private func look() async {
    guard let mail, let users = try? users(of: settings) else { return }
    try? await mail.admit(users)
  }

  func serve(_ assembly: Assembly, at address: Address) async throws(NetworkError) {
    try await mail?.receive(on: assembly, at: address) { host.ports.mail($0) }
  }

  func close(grace: Duration) async {
    let (mail, watch) = state.withLock { state in
      defer { (state.mail, state.watch) = (nil, nil) }
      return (state.mail, state.watch)
    }
    watch?.cancel()
    await mail?.close(grace: grace)
  }
}
