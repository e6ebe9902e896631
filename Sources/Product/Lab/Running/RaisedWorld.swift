// A world that runs: each host assembled from the production servers, on whatever networks it is given. The paced lab gives it real
// sockets with shaped links, a scenario gives it the simulator's.
// Not here: what a world is (World/), where its networks come from (PacedLab, ScenarioRun).
import Bytes
import DNS
import HTTP
import Mail
package import Host
import NameServer
import Sockets
package import Storage
package import Trace
package import Transport
import Video
import WebServer
package import World

/// Every host of a world, with its services running.
package final class RaisedWorld: Sendable {
  package let world: WorldDescription
  package let plan: AddressPlan
  /// The hosts that serve something, in the world's order.
  package let assemblies: [Assembly]
  /// The mail that runs, by domain.
  package let mail: [String: MailHost]

  /// Why a world cannot be raised.
  package enum Failure: Error, CustomStringConvertible {
    case zone(HomeZone.Failure)
    /// A host's service does not start.
    case service(host: String, NetworkError)
    /// A zone that changes, or a copy of one, cannot be opened.
    case names(host: String, String)
    case file(String)
    case certificates(String)
    /// What a site keeps cannot be opened.
    case storage(site: String, StorageError)
    /// What a host keeps for others cannot be opened.
    case cache(host: String, StorageError)
    /// The mail of a domain cannot be opened.
    case mail(domain: String, String)

    package var description: String {
      switch self {
      case .zone(let failure): "\(failure)"
      case .service(let host, let error): "\(host): \(error)"
      case .names(let host, let why): "\(host): \(why)"
      case .file(let path): "\(path) cannot be read"
      case .certificates(let why): why
      case .storage(let site, let error): "\(site): \(error)"
      case .cache(let host, let error): "\(host): its cache cannot be used: \(error)"
      case .mail(let domain, let why): "the mail of \(domain): \(why)"
      }
    }
  }

  /// What a world is raised with.
  package struct Means: Sendable {
    package var plan: AddressPlan
    package var recorder: (any Recorder)?
    /// Everything left to chance comes from here.
    package var chance: SeededRandom
    /// Certificates for the sites; nil: no HTTPS.
    package var certificates: CertificateAuthority?
    /// Where the world's files are; empty: the current directory.
    package var folder: String
    /// Where sites keep what they must not forget; nil: in memory.
    package var data: String?
    /// What sites' secrets are drawn from; nil: from `chance`, so that the same seed gives the same ones.
    package var secrets: (any RandomNumberGenerator & Sendable)?
    /// The hosts that run, by name; nil: all.
    package var hosts: Set<String>?
    /// Record passwords and cookies as they are.
    package var showsSecrets = false
    /// Whether the peers of swarms begin by themselves; in a scenario each does when it is told to.
    package var beginsSwarms = true
    /// Whether zones change and are copied as the world says; in a scenario about other things every server has them from the world's file.
    package var copiesZones = true
    /// Whether nodes of the hash table run: in long scenarios about other things they only ask one another for days.
    package var runsNodes = true
    package var contents = SwarmContents()
    /// What can be changed while the world runs; nil: nothing is.
    package var controls: WorldControls?
    /// Where the mail hosts' journals go; nil: none are kept.
    package var letters: LetterJournal?
    /// Where things go wrong on purpose: the zone of such names, and recipients at all mail hosts; nil: nowhere.
    package var failures: FailNames?
    /// Each host's own access to the network.
    package var network: @Sendable (HostDescription) -> any Network

    /// TLS at a host that shows `identities`, and where things go wrong on purpose others besides, or speaks what is outdated.
    func tls(of host: HostDescription, in world: WorldDescription, showing identities: [TLSIdentity]) -> TLSServerOptions {
      var options = TLSServerOptions(identities: identities + (failures?.identities(of: host.name) ?? []))
      if let failures { options.versions = failures.versions(of: host.name) }
      if let newest = world.newestTLS[host.name] { options.versions = min(newest, TLSVersion.spoken.lowerBound)...newest }
      return options
    }

    /// The same with the certificates that are wrong on purpose.
    fileprivate func certified(in world: WorldDescription) throws(Failure) -> Means {
      guard let certificates, let host = world.hosts.first else { return self }
      var means = self
      do { try means.failures?.certify(by: certificates, at: network(host).clock.now) } catch { throw .certificates("\(error)") }
      return means
    }

    /// Whether this host runs.
    func runs(_ host: String) -> Bool { hosts?.contains(host) ?? true }

    package init(
      plan: AddressPlan, recorder: (any Recorder)?, chance: SeededRandom, certificates: CertificateAuthority? = nil, folder: String = "",
      data: String? = nil, secrets: (any RandomNumberGenerator & Sendable)? = nil, network: @escaping @Sendable (HostDescription) -> any Network
    ) {
      self.plan = plan
      self.recorder = recorder
      self.chance = chance
      self.certificates = certificates
      self.folder = folder
      self.data = data
      self.secrets = secrets
      self.network = network
    }
  }

  /// Starts every service of every host, or none.
  package static func raise(_ world: WorldDescription, with means: Means) async throws(Failure) -> RaisedWorld {
    let means = try means.certified(in: world)
    var raised: [Assembly] = []
    var mail: [String: MailHost] = [:]
    do throws(Failure) {
      means.controls?.note(signingKeys: { domain in RaisedMail.keys(of: domain, means).map { ($0.selector, $0.key.record) } })
      var names = try RaisedNames(world, means)
      for host in world.hosts where means.runs(host.name) {
        let assembly = Assembly(name: host.name, network: means.network(host), recorder: means.recorder, showsSecrets: means.showsSecrets)
        raised.append(assembly)
        try await start(host, of: world, &names, on: assembly, means)
        for described in world.mail where described.host == host.name {
          mail[described.domain] = try await RaisedMail.start(described, host, of: world, on: assembly, means)
        }
      }
      try await names.copy()
    } catch {
      for assembly in raised { await assembly.stop(grace: .zero) }
      throw error
    }
    return RaisedWorld(world: world, plan: means.plan, assemblies: raised, mail: mail)
  }

  private init(world: WorldDescription, plan: AddressPlan, assemblies: [Assembly], mail: [String: MailHost]) {
    self.world = world
    self.plan = plan
    self.assemblies = assemblies
    self.mail = mail
  }

  /// Stops every host.
  package func stop(grace: Duration) async {
    await withTaskGroup(of: Void.self) { group in
      for assembly in assemblies { group.addTask { await assembly.stop(grace: grace) } }
    }
    for mail in mail.values { await mail.close(grace: .zero) }
  }

  // MARK: One host

  private static func start(_ host: HostDescription, of world: WorldDescription, _ names: inout RaisedNames, on assembly: Assembly, _ means: Means)
    async throws(Failure)
  {
    try await names.start(host, on: assembly)
    do throws(NetworkError) {
      try await startPrograms(host, of: world, on: assembly, means)
      try await RaisedProxy.start(host, of: world, on: assembly, means)
      try await RaisedSwarm.start(host, of: world, on: assembly, means)
      try await RaisedPeers.start(host, of: world, on: assembly, means)
    } catch { throw .service(host: host.name, error) }
    try await startSites(host, of: world, on: assembly, means)
    try await startEdges(host, of: world, on: assembly, means)
    try await RaisedFiles.start(host, of: world, on: assembly, means)
  }

  /// What would keep `world` from being raised: in its zones' records, and in the files it names below `folder`. Told without raising it.
  package static func problems(of world: WorldDescription, folder: String) -> [String] {
    var problems: [String] = []
    for zone in world.zones {
      do throws(Failure) { _ = try RaisedNames.zone(zone, of: world, AddressPlan(.namespace), folder) } catch { problems.append("\(error)") }
    }
    for case .folder(let path) in world.sites.map(\.content) {
      do throws(Failure) { _ = try tree(at: path, folder) } catch { problems.append("\(error)") }
    }
    return problems
  }

  private static func startPrograms(_ host: HostDescription, of world: WorldDescription, on assembly: Assembly, _ means: Means)
    async throws(NetworkError)
  {
    for program in world.programs where program.host == host.name {
      for endpoint in means.plan.endpoints(of: host, port: program.port) {
        switch program.kind {
        case .uppercaseIterative: try await assembly.serveUppercase(.iterative, at: endpoint)
        case .uppercaseConcurrent: try await assembly.serveUppercase(.concurrent, at: endpoint)
        case .uppercaseDatagram: try await assembly.serveUppercaseDatagrams(at: endpoint)
        case .ping:
          try await assembly.servePings(losing: program.loss, chance: means.chance.derived("ping \(endpoint)"), at: endpoint)
        }
      }
    }
  }

  private static func startSites(_ host: HostDescription, of world: WorldDescription, on assembly: Assembly, _ means: Means)
    async throws(Failure)
  {
    let described = world.sites.filter { $0.host == host.name }
    var sites = means.failures?.sites(of: host.name) ?? []
    sites += RaisedRegistrar.sites(host, of: world, on: assembly, means)
    var names = described.flatMap(\.allNames) + sites.flatMap(\.names)
    guard !names.isEmpty else { return }
    for site in described {
      var made = try await made(site, means, clock: assembly.network.clock)
      if let age = site.maxAge { made.extraFields.append((.cacheControl, "max-age=\(age.components.seconds)")) }
      sites.append(made)
    }
    sites += means.failures?.sitesOfWrongCertificates(of: host.name) ?? []
    var wrong: [TLSIdentity] = []
    for site in described {
      guard let certificates = means.certificates, let kind = world.wrongCertificates[site.name] else { continue }
      do { wrong.append(try kind.identity(for: site.name, by: certificates, at: assembly.network.clock.now)) } catch { throw .certificates("\(error)") }
      names.removeAll { $0 == site.name }
    }
    try await serve(SiteSwitch(SiteSet(sites)), for: names, of: host, in: world, beside: wrong, on: assembly, means)
  }

  /// Serves `sites` at every address of a host: in the clear, and with a certificate for `names` where there are certificates, `beside` others.
  static func serve(
    _ sites: SiteSwitch, for names: [String], of host: HostDescription, in world: WorldDescription, beside others: [TLSIdentity] = [], on assembly: Assembly,
    _ means: Means
  ) async throws(Failure) {
    var tls: TLSServerOptions?
    if let certificates = means.certificates {
      do {
        let identity = try certificates.issue(for: names + means.plan.addresses(of: host).map(\.description), at: assembly.network.clock.now)
        tls = means.tls(of: host, in: world, showing: [identity] + others)
      } catch { throw .certificates("\(error)") }
    }
    let limits = world.readingLimits(of: host.name)
    do throws(NetworkError) {
      for endpoint in means.plan.endpoints(of: host, port: 80) { try await assembly.serveSites(sites, at: endpoint, limits: limits) }
      guard let tls else { return }
      for endpoint in means.plan.endpoints(of: host, port: 443) { try await assembly.serveSites(sites, at: endpoint, tls: tls, limits: limits) }
    } catch { throw .service(host: host.name, error) }
  }

  private static func made(_ site: SiteDescription, _ means: Means, clock: any WorldClock) async throws(Failure) -> Site {
    let files = try tree(of: site, means, at: clock.now)
    do throws(StorageError) {
      return try await SiteAssembly.site(
        names: site.allNames, files: files, access: site.access,
        data: { () throws(StorageError) in try means.data.map { folder throws(StorageError) in try SiteData.kept(in: folder, site: site.name) } ?? .inMemory },
        clock: clock, secrets: means.secrets ?? means.chance.derived("site \(site.name)"))
    } catch { throw .storage(site: site.name, error) }
  }

  private static func tree(of site: SiteDescription, _ means: Means, at now: Instant) throws(Failure) -> any FileTree {
    switch site.content {
    case .folder(let path): return try tree(at: path, means.folder)
    case .video(let segmentCount): return VideoTree(Clip(segmentCount: segmentCount), modified: now)
    case .files(let files):
      var tree = MemoryTree([:], modified: now)
      for file in files {
        tree.add(Array(file.path.drop { $0 == "/" }.utf8), Buffer(file.body), modified: now.advanced(by: .zero - file.age))
      }
      guard let controls = means.controls else { return tree }
      return controls.editable(tree, of: site.name)
    }
  }

  private static func tree(at path: String, _ folder: String) throws(Failure) -> any FileTree {
    let path = path.isAbsolute || folder.isEmpty ? path : folder + "/" + path
    do throws(FolderError) { return DiskTree(try ServedFolder(path: path)) } catch { throw .file(path) }
  }
}

extension String {
  /// Whether it is a path from the root of the file system.
  fileprivate var isAbsolute: Bool { hasPrefix("/") }
}
