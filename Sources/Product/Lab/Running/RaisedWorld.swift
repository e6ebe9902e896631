// A world that runs: each host assembled from the production servers, on whatever networks it is given. The paced lab gives it real
// sockets with shaped links, a scenario gives it the simulator's.
// Not here: what a world is (World/), where its networks come from (PacedLab, ScenarioRun).
import Bytes
import DNS
package import Host
package import NameServer
import Sockets
import Storage
package import Trace
package import Transport
import WebServer
package import World

/// Every host of a world, with its services running.
package final class RaisedWorld: Sendable {
  package let world: WorldDescription
  package let plan: AddressPlan
  /// The hosts that serve something, in the world's order.
  package let assemblies: [Assembly]

  /// Why a world cannot be raised.
  package enum Failure: Error, CustomStringConvertible {
    case zone(HomeZone.Failure)
    /// A host's service does not start.
    case service(host: String, NetworkError)
    case file(String)
    case certificates(String)

    package var description: String {
      switch self {
      case .zone(let failure): "\(failure)"
      case .service(let host, let error): "\(host): \(error)"
      case .file(let path): "\(path) cannot be read"
      case .certificates(let why): why
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
    /// What can be changed while the world runs; nil: nothing is.
    package var controls: WorldControls?
    /// Each host's own access to the network.
    package var network: @Sendable (HostDescription) -> any Network

    package init(
      plan: AddressPlan, recorder: (any Recorder)?, chance: SeededRandom, certificates: CertificateAuthority? = nil, folder: String = "",
      network: @escaping @Sendable (HostDescription) -> any Network
    ) {
      self.plan = plan
      self.recorder = recorder
      self.chance = chance
      self.certificates = certificates
      self.folder = folder
      self.network = network
    }
  }

  /// Starts every service of every host, or none.
  package static func raise(_ world: WorldDescription, with means: Means) async throws(Failure) -> RaisedWorld {
    var raised: [Assembly] = []
    do throws(Failure) {
      for host in world.hosts {
        let assembly = Assembly(name: host.name, network: means.network(host), recorder: means.recorder)
        raised.append(assembly)
        try await start(host, of: world, on: assembly, means)
      }
    } catch {
      for assembly in raised { await assembly.stop(grace: .zero) }
      throw error
    }
    return RaisedWorld(world: world, plan: means.plan, assemblies: raised)
  }

  private init(world: WorldDescription, plan: AddressPlan, assemblies: [Assembly]) {
    self.world = world
    self.plan = plan
    self.assemblies = assemblies
  }

  /// Stops every host.
  package func stop(grace: Duration) async {
    for assembly in assemblies.reversed() { await assembly.stop(grace: grace) }
  }

  // MARK: One host

  private static func start(_ host: HostDescription, of world: WorldDescription, on assembly: Assembly, _ means: Means)
    async throws(Failure)
  {
    try await startNames(host, of: world, on: assembly, means)
    do throws(NetworkError) {
      try await startPrograms(host, of: world, on: assembly, means)
    } catch { throw .service(host: host.name, error) }
    try await startSites(host, of: world, on: assembly, means)
  }

  private static func startNames(_ host: HostDescription, of world: WorldDescription, on assembly: Assembly, _ means: Means)
    async throws(Failure)
  {
    let zones = try zones(of: host, in: world, means)
    let endpoints = means.plan.endpoints(of: host, port: 53)
    do throws(NetworkError) {
      if !zones.isEmpty {
        let authority = AuthoritySource(Authority(zones: zones))
        means.controls?.note(authority, of: host.name)
        for endpoint in endpoints { try await assembly.serveNames(authority, at: endpoint) }
      }
      if host.role == .resolver {
        let resolver = resolver(of: world, on: assembly, means)
        for endpoint in endpoints { try await assembly.resolveNames(with: resolver, at: endpoint) }
      }
    } catch { throw .service(host: host.name, error) }
  }

  /// A resolver that begins at the world's root and answers everybody in the world.
  private static func resolver(of world: WorldDescription, on assembly: Assembly, _ means: Means) -> Resolver {
    let servers = world.rootServers.compactMap { host in
      (try? Name(world.domainName(of: host))).map { Delegation.Server($0, means.plan.addresses(of: host)) }
    }
    var settings = ResolverSettings(hints: [Delegation(zone: .root, servers: servers)])
    settings.port = means.plan.port(53)
    settings.allowsLoopbackServers = true
    // A world has no strangers: its addresses lead nowhere else.
    settings.clients = [AddressRange(.any, length: 0), AddressRange(.v6(0, 0), length: 0)]
    if means.plan.kind == .loopback { settings.families = [.v4] }
    return Resolver(
      settings: settings, upstream: NetworkUpstream(assembly.network, trace: assembly.clientTrace), clock: assembly.network.clock,
      random: means.chance.derived("resolver \(assembly.name)"))
  }

  /// The zones a host serves.
  package static func zones(of host: HostDescription, in world: WorldDescription, _ means: Means) throws(Failure) -> [Zone] {
    let text = ZoneText(world, means.plan)
    var zones: [Zone] = []
    for zone in world.zones where zone.servers.contains(host.name) {
      let records: String
      var file = "zone \(zone.origin)"
      switch zone.records {
      case .text(let text): records = text
      case .file(let path):
        file = means.folder.isEmpty || path.hasPrefix("/") ? path : means.folder + "/" + path
        guard let bytes = try? SystemFiles().read(file) else { throw .file(file) }
        records = bytes.text
      }
      do throws(HomeZone.Failure) {
        zones.append(try HomeZone.zone(origin: zone.origin, file: file, text: text.masterFile(of: zone, records: records)))
      } catch { throw .zone(error) }
    }
    return zones
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
    guard !described.isEmpty else { return }
    let now = assembly.network.clock.now
    var sites: [Site] = []
    for site in described { sites.append(Site(names: site.allNames, content: .files(try tree(of: site, means, at: now)))) }
    let served = SiteSwitch(SiteSet(sites))
    var tls: TLSServerOptions?
    if let certificates = means.certificates {
      do {
        let identity = try certificates.issue(
          for: described.flatMap(\.allNames) + means.plan.addresses(of: host).map(\.description), at: now)
        tls = TLSServerOptions(identities: [identity])
      } catch { throw .certificates("\(error)") }
    }
    do throws(NetworkError) {
      for endpoint in means.plan.endpoints(of: host, port: 80) { try await assembly.serveSites(served, at: endpoint) }
      guard let tls else { return }
      for endpoint in means.plan.endpoints(of: host, port: 443) { try await assembly.serveSites(served, at: endpoint, tls: tls) }
    } catch { throw .service(host: host.name, error) }
  }

  private static func tree(of site: SiteDescription, _ means: Means, at now: Instant) throws(Failure) -> any FileTree {
    switch site.content {
    case .folder(let path):
      let folder = means.folder.isEmpty || path.hasPrefix("/") ? path : means.folder + "/" + path
      do throws(FolderError) { return DiskTree(try ServedFolder(path: folder)) } catch { throw .file(folder) }
    case .files(let files):
      var tree = MemoryTree([:], modified: now)
      for file in files {
        tree.add(Array(file.path.drop { $0 == "/" }.utf8), Buffer(file.body), modified: now.advanced(by: .zero - file.age))
      }
      guard let controls = means.controls else { return tree }
      return controls.editable(tree, of: site.name)
    }
  }
}
