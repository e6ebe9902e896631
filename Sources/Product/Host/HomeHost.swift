// `netstead up`: one domain on this machine, with its zone, its web site, and HTTPS by the local authority.
// Not here: settings (HostSettings), how a service is started (Assembly), the console (it stands beside this layer).
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
  package let settings: HostSettings
  package let assembly: Assembly
  /// PEM of the authority that made the certificates, for clients that shall trust it.
  package let authorityPEM: String
  /// What HTTPS shows; renewed before it ends.
  let identities: TLSIdentities
  private let renewal: Task<Void, Never>
  /// Nil: there is no mail here.
  package let mail: HomeMail?
  private let onion: OnionService?
  /// What became of the onion service; nil: none was asked for.
  package var onionOutcome: OnionOutcome? { onionState.withLock { $0 } }
  private let onionState = Mutex<OnionOutcome?>(nil)

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
    let certified =
      [settings.domain, "www.\(settings.domain)", "localhost"] + settings.reverseProxies.flatMap(\.names) + settings.addresses.map(\.description)
      + (homeMail.map { [$0.name] } ?? [])
    do {
      certificates = try CertificateAuthority.kept(in: dataDirectory + "/authority", at: now)
      key = try CertificateAuthority.keptServerKey(in: dataDirectory + "/authority")
      identities = TLSIdentities([try certificates.issue(for: certified, at: now, keyPEM: key)])
    } catch { throw .certificates("\(error)") }
    let onion: OnionService?
    do throws(CertificateError) {
      onion = try settings.onion.map { serving throws(CertificateError) in try OnionService(serving, dataDirectory: dataDirectory, network: network) }
    } catch { throw .certificates("\(error)") }
    let names = HomeNames(settings, dataDirectory: dataDirectory, network: network, recorder: recorder)
    let desk = try await names.open(try zones(settings, mail: homeMail, keyHash: identities.current.first?.publicKeyHash, at: now))
    let clock = network.clock
    let means = HomeProxies(settings: settings, dataDirectory: dataDirectory, network: network, recorder: recorder, lookUp: lookUp)
    let sites = SiteSwitch(SiteSet([try await site(settings, onion: onion, dataDirectory: dataDirectory, clock: clock)] + (try means.reverseSites())))
    let forward = try means.forwardSites()
    let files = try fileAccounts(settings)
    let host = HomeHost(
      settings: settings, assembly: Assembly(name: settings.domain, network: network, recorder: recorder),
      authorityPEM: certificates.authorityPEM, identities: identities,
      mail: homeMail, onion: onion,
      renewal: Task { await HomeHost.renew(identities, for: certified, keyPEM: key, by: certificates, every: CertificateAuthority.leafLifetime / 3, clock) })
    try await homeMail?.open(host.assembly, network, identities: identities, authorityPEM: certificates.authorityPEM, resolver: resolver)
    var chance = SystemRandomNumberGenerator()
    let guards = settings.guards.guards(clock: network.clock, chance: &chance)
    do throws(NetworkError) {
      for address in settings.addresses {
        try await host.assembly.serveNames(
          names.source, desk: desk, at: Endpoint(address, port(settings.ports.dns)), loop: DatagramLoopLimits(threads: network.loopCount), guards: guards)
        try await host.assembly.serveSites(sites, at: Endpoint(address, port(settings.ports.http)), isSharded: true)
        try await host.assembly.serveSites(
          sites, at: Endpoint(address, port(settings.ports.https)), tls: TLSServerOptions(renewable: identities), isSharded: true)
        try await homeMail?.serve(host.assembly, at: address)
        if let files, let serving = settings.files {
          let setting = serving.setting(greeting: "\(settings.domain) FTP server", tls: TLSServerOptions(renewable: identities))
          try await host.assembly.serveFiles(
            files.accounts, setting, at: Endpoint(address, port(settings.ports.ftp)), disk: { files.disk.perform($0) }, chance: SystemRandomNumberGenerator())
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
    if let torrents = settings.torrents {
      do throws(Failure) {
        try await host.assembly.seed(torrents, at: settings.addresses.map { Endpoint($0, port(settings.ports.torrents)) }, lookUp: lookUp)
      } catch {
        await host.stop(grace: .zero)
        throw error
      }
    }
    return host
  }

  private init(
    settings: HostSettings, assembly: Assembly, authorityPEM: String, identities: TLSIdentities, mail: HomeMail?, onion: OnionService?,
    renewal: Task<Void, Never>
  ) {
    self.onion = onion
    self.settings = settings
    self.assembly = assembly
    self.authorityPEM = authorityPEM
    self.identities = identities
    self.mail = mail
    self.renewal = renewal
  }

  deinit { renewal.cancel() }

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
    do throws(HomeZone.Failure) {
      zones.append(
        try HomeZone.zone(
          origin: settings.domain,
          made: HomeZone.text(
            domain: settings.domain, addresses: published, serial: serial,
            sites: settings.reverseProxies.flatMap(\.names) + (mail.map { [$0.name] } ?? [])) + (mail?.records ?? "")
            + DerivedRecords.text(
              settings, mailName: mail?.name, keyHash: keyHash, taken: DerivedRecords.taken(by: settings.records, domain: settings.domain)),
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

  /// Who may get which files, and the threads that wait for their disks; nil: there is no file server.
  private static func fileAccounts(_ settings: HostSettings) throws(Failure) -> (accounts: FileAccounts, disk: DiskThreads)? {
    guard let serving = settings.files else { return nil }
    var random = SystemRandomNumberGenerator()
    let accounts = try serving.accounts(random: &random)
    do throws(StorageError) { return (accounts, try DiskThreads(count: fileThreads)) } catch { throw .storage(error) }
  }

  /// How many transfers may wait for a disk at once. Unit: threads. Past it: the next one waits for one of them.
  private static var fileThreads: Int { 8 }

  private static func port(_ number: Int) -> UInt16 { UInt16(clamping: number) }
}
