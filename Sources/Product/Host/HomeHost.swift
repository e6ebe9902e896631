// `netstead up`: one domain on this machine, with its zone, its web site, and HTTPS by the local authority; and its settings read again.
// Not here: settings (HostSettings), what of them needs a restart (HostReload), how a service is started (Assembly), the console (it stands beside
// this layer).
import Accounts
import Bytes
import DNS
import FileServer
package import NameServer
package import Settings
package import Storage
import Synchronization
package import Trace
package import Transport
package import WebServer
package import World

/// A domain hosted by this process.
package final class HomeHost: Sendable {
  /// The settings that hold.
  package var settings: HostSettings { state.withLock { $0.settings } }
  package let assembly: Assembly
  /// PEM of the authority that made the certificates, for clients that shall trust it.
  package let authorityPEM: String
  /// What HTTPS shows; renewed before it ends.
  let identities: TLSIdentities
  /// Nil: there is no mail here.
  package let mail: HomeMail?
  private let onion: OnionService?
  /// What became of the onion service; nil: none was asked for.
  package var onionOutcome: OnionOutcome? { onionState.withLock { $0 } }
  private let warned = Mutex<[String]>([])
  /// What went wrong at the start and did not stop it.
  package var warnings: [String] { warned.withLock { $0 } }
  private let onionState = Mutex<OnionOutcome?>(nil)
  private let parts: Parts
  private let state: Mutex<State>
  private let line = WorkLine()

  /// What stays the same while settings come and go.
  private struct Parts: Sendable {
    var dataDirectory: String
    var certificates: CertificateAuthority
    /// PEM of the key of all certificates.
    var key: String
    var names: HomeNames
    var proxies: HomeProxies
    var sites: SiteSwitch
    /// Nil: there is no proxy for clients.
    var forward: SiteSwitch?
    /// Nil: there is no file server.
    var files: FileAccounts?
  }

  private struct State: Sendable {
    var settings: HostSettings
    /// The addresses published, where they change.
    var learned: [Address] = []
    /// Learns them.
    var watch: Task<Void, Never>?
    var made: Made
    /// Renews the certificates.
    var renewal: Task<Void, Never>?
  }

  /// What is made of the settings and replaced whole.
  private struct Made: Sendable {
    var site: Site
    /// Of the site: where a router reports the address.
    var door: UpdateDoor?
    var reverse: [HomeProxies.Reverse]
    var forward: HomeProxies.Forward?

    var sites: SiteSet {
      var own = site
      if let door, let path = PathArea(UpdateDoor.path) { own.doors = [(path, door)] }
      return SiteSet([own] + reverse.map(\.site))
    }
  }

  /// An onion service, or why there is none: the rest of the host runs without.
  package enum OnionOutcome: Sendable, Equatable {
    case offered(String)
    case failed(String)
  }

  /// Why a host cannot start.
  package enum Failure: Error, CustomStringConvertible {
    case zone(HomeZone.Failure)
    case settings(SettingsProblem)
    case network(NetworkError)
    case certificates(String)
    /// A file named in the settings cannot be read.
    case file(String)
    /// What the site keeps cannot be opened.
    case storage(StorageError)
    /// What others made of a zone cannot be served.
    case names(String)
    /// The mail cannot be opened.
    case mail(String)

    /// Whether the settings are to blame, or a file they name.
    package var isOfSettings: Bool {
      switch self {
      case .zone, .settings, .file: true
      case .network, .certificates, .storage, .names, .mail: false
      }
    }

    package var description: String {
      switch self {
      case .zone(let failure): "\(failure)"
      case .settings(let problem): "\(problem)"
      case .network(let error): "\(error)"
      case .certificates(let why): why
      case .file(let path): "\(path) cannot be read"
      case .storage(let error): "\(error)"
      case .names(let why): "names: \(why)"
      case .mail(let why): "mail: \(why)"
      }
    }
  }

  /// Starts everything the settings ask for, or nothing. `dataDirectory` must exist.
  package static func start(
    _ settings: HostSettings, dataDirectory: String, network: SocketNetwork, recorder: (any Recorder)?,
    lookUp: @escaping WebClient.LookUp = { _, _ in [] }, resolver: @escaping @Sendable () -> Endpoint? = { nil }
  ) async throws(Failure) -> HomeHost {
    let now = network.clock.now
    let homeMail = try HomeMail(settings, dataDirectory: dataDirectory)
    let certificates: CertificateAuthority
    let identities: TLSIdentities
    let key: String
    do {
      certificates = try CertificateAuthority.kept(in: dataDirectory + "/authority", at: now)
      key = try CertificateAuthority.keptServerKey(in: dataDirectory + "/authority")
      identities = TLSIdentities([try certificates.issue(for: certified(settings, mail: homeMail), at: now, keyPEM: key)])
    } catch { throw .certificates("\(error)") }
    let onion: OnionService?
    do throws(CertificateError) {
      onion = try settings.onion.map { serving throws(CertificateError) in try OnionService(serving, dataDirectory: dataDirectory, network: network) }
    } catch { throw .certificates("\(error)") }
    let names = HomeNames(settings, dataDirectory: dataDirectory, network: network, recorder: recorder)
    let learned = settings.dynamic == nil ? [] : LearnedAddresses(dataDirectory: dataDirectory).read()
    try await names.serve(
      try zones(settings.publishing(learned), mail: homeMail, keyHash: identities.current.first?.publicKeyHash, at: now), settings)
    let assembly = Assembly(name: settings.domain, network: network, recorder: recorder)
    let proxies = HomeProxies(dataDirectory: dataDirectory, network: network, trace: assembly.clientTrace, lookUp: lookUp)
    let made = Made(
      site: try await site(settings, onion: onion, dataDirectory: dataDirectory, clock: network.clock), reverse: try proxies.reverse(settings),
      forward: try proxies.forward(settings))
    let sites = SiteSwitch(made.sites)
    let forward = made.forward.map { SiteSwitch($0.sites) }
    let files = try fileAccounts(settings)
    let disk: DiskThreads?
    do throws(StorageError) { disk = files == nil ? nil : try DiskThreads(count: fileThreads) } catch { throw .storage(error) }
    let parts = Parts(
      dataDirectory: dataDirectory, certificates: certificates, key: key, names: names, proxies: proxies, sites: sites, forward: forward, files: files)
    let host = HomeHost(State(settings: settings, learned: learned, made: made), parts, assembly: assembly, identities: identities, mail: homeMail, onion: onion)
    host.renewCertificates()
    try await homeMail?.open(host.assembly, network, identities: identities, authorityPEM: certificates.authorityPEM, line: host.line, resolver: resolver)
    var chance = SystemRandomNumberGenerator()
    let guards = settings.guards.guards(clock: network.clock, chance: &chance)
    do throws(NetworkError) {
      for address in settings.addresses {
        try await host.assembly.serveNames(
          names.source, desk: names.desk, at: Endpoint(address, port(settings.ports.dns)), loop: DatagramLoopLimits(threads: network.loopCount), guards: guards)
        try await host.assembly.serveSites(sites, at: Endpoint(address, port(settings.ports.http)), isSharded: true)
        try await host.assembly.serveSites(
          sites, at: Endpoint(address, port(settings.ports.https)), tls: TLSServerOptions(renewable: identities), isSharded: true)
        try await homeMail?.serve(host.assembly, at: address)
        if let files, let disk, let serving = settings.files {
          let setting = serving.setting(greeting: "\(settings.domain) FTP server", tls: TLSServerOptions(renewable: identities))
          try await host.assembly.serveFiles(
            files, setting, at: Endpoint(address, port(settings.ports.ftp)), disk: { disk.perform($0) }, chance: SystemRandomNumberGenerator())
        }
        if let forward, let port = settings.forwardProxy?.port { try await host.assembly.serveProxy(forward, at: Endpoint(address, Self.port(port))) }
      }
      if let tracker = settings.tracker {
        let endpoints = settings.addresses.map { Endpoint($0, port(settings.ports.tracker)) }
        try await host.assembly.serveTracker(tracker.setting, at: endpoints, loop: DatagramLoopLimits(threads: network.loopCount), chance: SystemRandomNumberGenerator())
      }
    } catch {
      await host.stop(grace: .zero)
      throw .network(error)
    }
    await host.offerOnion()
    host.watchAddresses()
    if let torrents = settings.torrents {
      do throws(Failure) {
        let endpoints = settings.addresses.map { Endpoint($0, port(settings.ports.torrents)) }
        let warnings = try await host.assembly.seed(torrents, at: endpoints, dataDirectory: dataDirectory, lookUp: lookUp)
        host.warned.withLock { $0 += warnings }
      } catch {
        await host.stop(grace: .zero)
        throw error
      }
    }
    return host
  }

  private init(_ state: State, _ parts: Parts, assembly: Assembly, identities: TLSIdentities, mail: HomeMail?, onion: OnionService?) {
    self.onion = onion
    self.assembly = assembly
    authorityPEM = parts.certificates.authorityPEM
    self.identities = identities
    self.mail = mail
    self.parts = parts
    self.state = Mutex(state)
  }

  deinit {
    let (renewal, watch) = state.withLock { ($0.renewal, $0.watch) }
    renewal?.cancel()
    watch?.cancel()
  }

  /// Takes over `new` for whoever asks from now on; what is under way ends as it began. Returns the keys that hold after a restart only. When it
  /// throws, nothing has changed; only where one of the zones that others change cannot be changed, those before it have.
  package func reload(_ new: HostSettings) async throws(Failure) -> [String] {
    try await line.run { () async throws(Failure) in try await self.take(new) }
  }

  private func take(_ new: HostSettings) async throws(Failure) -> [String] {
    let before = state.withLock { $0 }
    let clock = assembly.network.clock
    let (settings, later) = before.settings.adopting(new)
    // Everything that may fail comes first.
    var made = before.made
    if !settings.hasSameSite(as: before.settings) {
      made.site = try await Self.site(settings, onion: onion, dataDirectory: parts.dataDirectory, clock: clock)
    }
    made.reverse = try parts.proxies.reverse(settings, known: before.made.reverse)
    made.forward = try parts.proxies.forward(settings, known: before.made.forward)
    let files = settings.files == before.settings.files ? nil : try Self.fileAccounts(settings)
    let mailSettings = settings.mail ?? MailSettings()
    let accounts = try await mail?.prepare(mailSettings)
    let names = Self.certified(settings, mail: mail)
    var identity: TLSIdentity?
    if names != Self.certified(before.settings, mail: mail) {
      do { identity = try parts.certificates.issue(for: names, at: clock.now, keyPEM: parts.key) } catch { throw .certificates("\(error)") }
    }
    let zones = try Self.zones(settings.publishing(before.learned), mail: mail, keyHash: identities.current.first?.publicKeyHash, at: clock.now)
    try await parts.names.serve(zones, settings)
    // From here on nothing fails.
    if let accounts { mail?.take(mailSettings, accounts: accounts) }
    if let identity { identities.renew([identity]) }
    if let files { parts.files?.replace(with: files) }
    parts.sites.replace(with: made.sites)
    if let forward = made.forward, forward.told != before.made.forward?.told { parts.forward?.replace(with: forward.sites) }
    state.withLock { [made] in
      $0.settings = settings
      $0.made = made
    }
    if settings.dynamic != before.settings.dynamic { watchAddresses() }
    if identity != nil { renewCertificates() }
    return later
  }

  /// Lets the zones say that the domain is found at `addresses` from now on; those of a kind of which none is named stay. False: they say so
  /// already. What is under way ends as it began.
  package func publish(_ addresses: [Address]) async throws(Failure) -> Bool {
    try await line.run { () async throws(Failure) in
      let (settings, learned) = self.state.withLock { ($0.settings, $0.learned) }
      guard settings.dynamic != nil else { return false }
      let staying = settings.publishing(learned).published.filter { old in !addresses.contains { $0.bitCount == old.bitCount } }
      let all = (addresses + staying).reduce(into: [Address]()) { if !$0.contains($1) { $0.append($1) } }
      guard Set(all) != Set(settings.publishing(learned).published) else { return false }
      let zones = try Self.zones(
        settings.publishing(all), mail: self.mail, keyHash: self.identities.current.first?.publicKeyHash, at: self.assembly.network.clock.now)
      // Kept first: who is told that it is published finds it so after the next start too.
      do { try LearnedAddresses(dataDirectory: self.parts.dataDirectory).write(all) } catch { throw .storage(.failed("\(error)")) }
      try await self.parts.names.serve(zones, settings)
      self.state.withLock { $0.learned = all }
      return true
    }
  }

  /// Learns the addresses as the settings say now, and opens the door for those who report them.
  private func watchAddresses() {
    let dynamic = settings.dynamic
    guard dynamic != nil || state.withLock({ $0.watch }) != nil else { return }
    let (network, proxies) = (assembly.network, parts.proxies)
    let task = dynamic.map { dynamic in
      Task { [weak self] in
        await dynamic.watch(network, lookUp: proxies.lookUp, trace: proxies.trace) { [weak self] in (try? await self?.publish($0)) != nil }
      }
    }
    var door: UpdateDoor?
    if let reporters = dynamic?.reporters, !reporters.isEmpty {
      var random = SystemRandomNumberGenerator()
      let book = PasswordBook(Dictionary(reporters.map { ($0.name, $0.hash) }) { first, _ in first }, random: &random)
      door = UpdateDoor(domain: settings.domain, users: book) { [weak self] in try? await self?.publish($0) }
    }
    let (former, sites) = state.withLock { [door] state in
      defer { state.watch = task }
      state.made.door = door
      return (state.watch, state.made.sites)
    }
    former?.cancel()
    parts.sites.replace(with: sites)
  }

  private func renewCertificates() {
    let (identities, parts, clock) = (identities, parts, assembly.network.clock)
    let names = Self.certified(settings, mail: mail)
    let task = Task {
      await HomeHost.renew(identities, for: names, keyPEM: parts.key, by: parts.certificates, every: CertificateAuthority.leafLifetime / 3, clock)
    }
    let former = state.withLock { state in
      defer { state.renewal = task }
      return state.renewal
    }
    former?.cancel()
  }

  /// The names and addresses that certificates are for.
  private static func certified(_ settings: HostSettings, mail: HomeMail?) -> [String] {
    [settings.domain, "www.\(settings.domain)", "localhost"] + settings.reverseProxies.flatMap(\.names) + settings.addresses.map(\.description)
      + (mail.map { [$0.name] } ?? [])
  }

  private func offerOnion() async {
    guard let onion, let site = assembly.running.first(where: { $0.name == "HTTP" })?.endpoint else { return }
    let outcome: OnionOutcome
    do throws(OnionService.Failure) {
      try await onion.offer(site)
      outcome = .offered("\(onion.digits).onion")
    } catch { outcome = .failed("\(error)") }
    onionState.withLock { $0 = outcome }
  }

  /// Stops everything; what is under way gets until `grace` is over.
  package func stop(grace: Duration) async {
    parts.names.stop()
    state.withLock { $0.watch }?.cancel()
    if case .offered = onionOutcome { await onion?.withdraw() }
    await assembly.stop(grace: grace)
    await mail?.close(grace: grace)
  }

  /// Issues the identity again, `pause` after `pause`, until the task is cancelled. One that could not be made is tried again the next time,
  /// when the one before still holds.
  static func renew(
    _ identities: TLSIdentities, for names: [String], keyPEM: String, by authority: CertificateAuthority, every pause: Duration, _ clock: any WorldClock
  ) async {
    while (try? await clock.sleep(until: clock.now + pause)) != nil {
      if let identity = try? authority.issue(for: names, at: clock.now, keyPEM: keyPEM) { identities.renew([identity]) }
    }
  }

  /// What would keep a host with these settings from starting: in its zones' records, and in the files they name. Told without starting it.
  package static func problems(of settings: HostSettings) -> [String] {
    var problems: [String] = []
    do throws(Failure) { _ = try zones(settings, mail: nil, at: Instant(nanoseconds: 0)) } catch { problems.append("\(error)") }
    do throws(Failure) { _ = try files(settings, at: Instant(nanoseconds: 0)) } catch { problems.append("\(error)") }
    do throws(Failure) { _ = (try settings.torrents?.torrents(), try settings.torrents?.files()) } catch { problems.append("\(error)") }
    do throws(Failure) { _ = try fileAccounts(settings) } catch { problems.append("\(error)") }
    return problems.flatMap { $0.split(separator: "\n").map(String.init) }
  }

  /// All zones of the settings: the domain's own and those in files.
  package static func zones(_ settings: HostSettings, mail: HomeMail?, keyHash: [UInt8]? = nil, at now: Instant) throws(Failure) -> [Zone] {
    let published = settings.published.isEmpty ? settings.addresses : settings.published
    // RFC 1982 §3: a serial that grows with time, so that a restart never looks older.
    let serial = UInt32(truncatingIfNeeded: now.secondsSince1970)
    var zones: [Zone] = []
    let taken = DerivedRecords.taken(by: settings.records, domain: settings.domain)
    do throws(HomeZone.Failure) {
      zones.append(
        try HomeZone.zone(
          origin: settings.domain,
          made: HomeZone.text(
            domain: settings.domain, addresses: published, serial: serial,
            sites: settings.reverseProxies.flatMap(\.names) + (mail.map { [$0.name] } ?? []), taken: Set(settings.balanced.map(\.label)),
            timeToLive: settings.dynamic == nil ? 300 : 60)
            + settings.balanced.map(\.records).joined() + (mail?.records(policy: settings.mail?.policy, taken: taken) ?? "")
            + DerivedRecords.text(settings, mailName: mail?.name, keyHash: keyHash, taken: taken),
          records: settings.records,
          at: settings.recordsPlace ?? RecordsPlace(file: "the zone \(settings.domain)", line: 1, column: 1)))
    } catch { throw .zone(error) }
    do throws(HomeZone.Failure) { zones += try HomeZone.reverse(of: zones[0]) } catch { throw .zone(error) }
    for zone in settings.zones where zone.setting.primaries.isEmpty {
      let bytes: Buffer?
      do throws(StorageError) { bytes = try SystemFiles().read(zone.file) } catch { throw .file(zone.file) }
      guard let bytes else { throw .file(zone.file) }
      do throws(HomeZone.Failure) {
        zones.append(try HomeZone.zone(origin: zone.origin, records: bytes.text, at: RecordsPlace(file: zone.file, line: 1, column: 1)))
      } catch { throw .zone(error) }
    }
    return zones
  }

  /// The web site: what the settings say beside its files.
  private static func site(_ settings: HostSettings, onion: OnionService?, dataDirectory: String, clock: any WorldClock) async throws(Failure) -> Site {
    let files = try files(settings, at: clock.now)
    do throws(StorageError) {
      var site = try await SiteAssembly.site(
        names: [settings.domain, "www.\(settings.domain)"] + (onion.map { ["\($0.digits).onion"] } ?? []), files: files, access: settings.site,
        data: { () throws(StorageError) in try SiteData.kept(in: dataDirectory + "/sites", site: settings.domain) }, clock: clock,
        secrets: SystemRandomNumberGenerator())
      site.listsFolders = settings.listsFolders
      return site
    } catch { throw .storage(error) }
  }

  /// The site's files: the folder of the settings; as long as nobody chose one and there is none, a page that says what to do.
  private static func files(_ settings: HostSettings, at now: Instant) throws(Failure) -> any FileTree {
    if let problem = settings.webRootProblem {
      do throws(FolderError) { return DiskTree(try ServedFolder(path: settings.webRoot)) } catch { throw .settings(problem) }
    }
    if let folder = try? ServedFolder(path: settings.webRoot) { return DiskTree(folder) }
    return HomeTree(path: settings.webRoot, welcome: WelcomePage.tree(for: settings, at: now))
  }

  /// Who may get which files; nil: there is no file server.
  private static func fileAccounts(_ settings: HostSettings) throws(Failure) -> FileAccounts? {
    guard let serving = settings.files else { return nil }
    var random = SystemRandomNumberGenerator()
    return try serving.accounts(random: &random)
  }

  /// How many transfers may wait for a disk at once. Unit: threads. Past it: the next one waits for one of them.
  private static var fileThreads: Int { 8 }

  private static func port(_ number: Int) -> UInt16 { UInt16(clamping: number) }
}
