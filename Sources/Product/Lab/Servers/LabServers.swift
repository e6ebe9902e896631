// The world brought to life: every host's zones, sites and socket programs, each served at that host's own addresses.
// The same code serves on real sockets and in the simulator: only the networks handed in differ.
// Read next: ZoneLoading.swift, SocketPrograms.swift, SiteLoading.swift.
import DNS
import NameServer
package import Trace
package import Transport
import WebServer
package import World

/// Why a world could not be raised, in sentences with places.
package struct LabError: Error, Sendable, Equatable, CustomStringConvertible {
  package var sentences: [String]
  package var description: String { sentences.joined(separator: "\n") }

  package init(_ sentences: [String]) { self.sentences = sentences }
}

/// What a world is raised with.
package struct LabSetting: Sendable {
  package var world: WorldDescription
  package var plan: AddressPlan
  package var recorder: (any Recorder)?
  package var seed: UInt64
  /// The folder that files named in the world's file are relative to.
  package var folder: String
  /// Each host's access to the network.
  package var network: @Sendable (HostDescription) -> any Network
  /// The certificate of a site that answers to these names; nil: it is served in the clear only.
  package var identity: @Sendable (_ names: [String]) -> TLSIdentity?

  package init(
    world: WorldDescription, plan: AddressPlan, recorder: (any Recorder)?, seed: UInt64, folder: String = ".",
    network: @escaping @Sendable (HostDescription) -> any Network, identity: @escaping @Sendable (_ names: [String]) -> TLSIdentity? = { _ in nil }
  ) {
    self.world = world
    self.plan = plan
    self.recorder = recorder
    self.seed = seed
    self.folder = folder
    self.network = network
    self.identity = identity
  }

  /// Who records what a host's server says.
  func trace(of host: HostDescription) -> TraceContext? { recorder.map { TraceContext(recorder: $0, host: host.name, role: .server) } }
}

/// The servers of a world that is up.
package final class LabServers: Sendable {
  private let listeners: [any Listener]
  private let authorities: [AuthorityService]

  private init(_ listeners: [any Listener], _ authorities: [AuthorityService]) {
    self.listeners = listeners
    self.authorities = authorities
  }

  /// Raises every server of the world. On failure nothing stays open.
  package static func start(_ setting: LabSetting) async throws(LabError) -> LabServers {
    let zones = try ZoneLoading(setting).load()
    var listeners: [any Listener] = []
    var authorities: [AuthorityService] = []
    do {
      for host in setting.world.hosts {
        authorities += try await startNames(host, zones, setting)
        listeners += try await startSites(host, setting)
        listeners += try await startPrograms(host, setting)
      }
    } catch {
      await LabServers(listeners, authorities).close(grace: .zero)
      throw LabError([(error as? NetworkError)?.description ?? (error as? LabError)?.description ?? "\(error)"])
    }
    return LabServers(listeners, authorities)
  }

  /// Stops every server; open connections get until `grace` is over.
  package func close(grace: Duration) async {
    await withTaskGroup(of: Void.self) { group in
      for listener in listeners { group.addTask { await listener.close(grace: grace) } }
      for authority in authorities { group.addTask { await authority.close(grace: grace) } }
    }
  }

  private static func startNames(_ host: HostDescription, _ zones: [String: Zone], _ setting: LabSetting) async throws(NetworkError) -> [AuthorityService] {
    let served = setting.world.zones.filter { $0.servers.contains(host.name) }.compactMap { zones[$0.origin] }
    guard !served.isEmpty else { return [] }
    let authority = AuthoritySource(Authority(zones: served))
    var services: [AuthorityService] = []
    for endpoint in setting.plan.endpoints(of: host, port: 53) {
      services.append(
        try await AuthorityService.start(network: setting.network(host), endpoint: endpoint, authority: authority, trace: setting.trace(of: host)))
    }
    return services
  }

  private static func startSites(_ host: HostDescription, _ setting: LabSetting) async throws -> [any Listener] {
    let described = setting.world.sites.filter { $0.host == host.name }
    guard !described.isEmpty else { return [] }
    let sites = SiteSwitch(SiteSet(try described.map { try SiteLoading.site($0, folder: setting.folder) }))
    let network = setting.network(host)
    var listeners: [any Listener] = []
    for endpoint in setting.plan.endpoints(of: host, port: 80) {
      listeners.append(try await WebService.start(network: network, endpoint: endpoint, sites: sites, trace: setting.trace(of: host)))
    }
    guard let identity = setting.identity(described.flatMap(\.allNames)) else { return listeners }
    for endpoint in setting.plan.endpoints(of: host, port: 443) {
      listeners.append(
        try await WebService.start(
          network: network, endpoint: endpoint, sites: sites, tls: TLSServerOptions(identities: [identity]), trace: setting.trace(of: host)))
    }
    return listeners
  }

  private static func startPrograms(_ host: HostDescription, _ setting: LabSetting) async throws(NetworkError) -> [any Listener] {
    var listeners: [any Listener] = []
    for program in setting.world.programs where program.host == host.name {
      for endpoint in setting.plan.endpoints(of: host, port: program.port) {
        listeners.append(
          try await SocketPrograms.start(
            program, at: endpoint, network: setting.network(host), trace: setting.trace(of: host),
            chance: SeededRandom(seed: setting.seed).derived("\(host.name) \(endpoint)")))
      }
    }
    return listeners
  }
}
