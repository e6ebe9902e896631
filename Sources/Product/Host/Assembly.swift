// One host put together: every service named in plain calls, on whatever network the host has. `netstead up` and every host of the lab
// are assembled here; the simulator's hosts too.
// Not here: what a host is told (HostSettings, the lab's world), what its services decide (Servers).
package import BitTorrent
package import FileServer
package import HTTP
package import NameServer
package import Sockets
package import Swarm
import Synchronization
package import Trace
package import Transport
package import WebServer
package import World

/// The services of one host.
package final class Assembly: Sendable {
  /// The host's name, as the trace shows it.
  package let name: String
  package let network: any Network
  let recorder: (any Recorder)?
  private let showsSecrets: Bool
  private let services = Mutex<[Service]>([])
  /// What the services on the web serve, to be closed after them all.
  private let served = Mutex<[SiteSwitch]>([])

  /// What runs here and is looked at by pages that show how it stands.
  private let noted = Mutex(Partners())

  package struct Partners: Sendable {
    package var swarms: [SwarmService] = []
    /// With where each is reached.
    package var nodes: [(service: NodeService, endpoint: Endpoint)] = []
    package var trackers: [TrackerService] = []
    package var resolvers: [Resolver] = []
    package var proxies: [Proxy] = []
  }

  /// The peers, nodes, trackers, resolvers and proxies that run.
  package var partners: Partners { noted.withLock { $0 } }
  func note(_ change: (inout Partners) -> Void) { noted.withLock { change(&$0) } }

  /// One running service, for status pages and shutdown.
  package struct Service: Sendable {
    /// `DNS`, `HTTP`, `HTTPS`, `uppercase`, …
    package var name: String
    package var endpoint: Endpoint
    /// `tcp`, `udp`, `udp+tcp`.
    package var carriage: String
    fileprivate var close: @Sendable (Duration) async -> Void
  }

  /// `showsSecrets` records passwords and cookies as they are: for hosts whose secrets open nothing.
  package init(name: String, network: any Network, recorder: (any Recorder)?, showsSecrets: Bool = false) {
    self.name = name
    self.network = network
    self.recorder = recorder
    self.showsSecrets = showsSecrets
  }

  /// What runs, in the order it was started.
  package var running: [Service] { services.withLock { $0 } }

  /// Keeps a proxy, to be looked at.
  package func note(_ proxy: Proxy) { note { $0.proxies.append(proxy) } }

  /// Stops everything; open connections get until `grace` is over.
  package func stop(grace: Duration) async {
    let all = services.withLock { services in
      defer { services = [] }
      return services
    }
    // All at once: the grace of one is the grace of all.
    await withTaskGroup(of: Void.self) { group in
      for service in all { group.addTask { await service.close(grace) } }
    }
    for sites in served.withLock({ $0 }) { sites.sites.close() }
  }

  /// Who records what this host says as a server.
  package var serverTrace: TraceContext? { context(as: .server) }
  /// Who records what this host says as a client.
  package var clientTrace: TraceContext? { context(as: .client) }

  private func context(as role: ConversationInfo.Role) -> TraceContext? {
    guard let recorder else { return nil }
    var context = TraceContext(recorder: recorder, host: name, role: role)
    context.showsSecrets = showsSecrets
    return context
  }

  /// Keeps a running service, to be closed when the host stops.
  func note(_ name: String, _ endpoint: Endpoint, over carriage: String = "tcp", _ close: @escaping @Sendable (Duration) async -> Void) {
    services.withLock { $0.append(Service(name: name, endpoint: endpoint, carriage: carriage, close: close)) }
  }

  // MARK: Names

  /// Answers for zones, over UDP and TCP.
  package func serveNames(
    _ authority: AuthoritySource, desk: ZoneDesk? = nil, at endpoint: Endpoint, guards: AnswerGuards? = nil, policy: QuestionPolicy? = nil
  ) async throws(NetworkError) {
    let service = try await AuthorityService.start(
      network: network, endpoint: endpoint, authority: authority, desk: desk, guards: guards, policy: policy, trace: serverTrace)
    note("DNS", service.endpoint, over: "udp+tcp") {
      desk?.stop()
      await service.close(grace: $0)
    }
  }

  /// The same on real sockets only, with UDP in threads of its own: for hosts that many ask.
  package func serveNames(
    _ authority: AuthoritySource, desk: ZoneDesk? = nil, at endpoint: Endpoint, loop: DatagramLoopLimits, guards: AnswerGuards? = nil
  ) async throws(NetworkError) {
    let service = try await AuthorityService.start(
      network: network, endpoint: endpoint, loop: loop, authority: authority, desk: desk, guards: guards, trace: serverTrace)
    note("DNS", service.endpoint, over: "udp+tcp") {
      desk?.stop()
      await service.close(grace: $0)
    }
  }

  /// Resolves names for clients, over UDP and TCP.
  package func resolveNames(with resolver: Resolver, at endpoint: Endpoint) async throws(NetworkError) {
    let service = try await ResolverService.start(network: network, endpoint: endpoint, resolver: resolver, trace: serverTrace)
    note("DNS resolver", service.endpoint, over: "udp+tcp") { await service.close(grace: $0) }
    note { partners in
      if !partners.resolvers.contains(where: { $0 === resolver }) { partners.resolvers.append(resolver) }
    }
  }

  // MARK: Web

  /// Serves sites, in the clear or inside TLS.
  package func serveSites(
    _ sites: SiteSwitch, at endpoint: Endpoint, tls: TLSServerOptions? = nil, limits: HTTP.Limits = HTTP.Limits(), isSharded: Bool = false
  ) async throws(NetworkError) {
    var tls = tls
    tls?.keyLog = recorder
    let listener = try await WebService.start(
      network: network, endpoint: endpoint, sites: sites, tls: tls, trace: serverTrace, limits: limits, isSharded: isSharded)
    note(tls == nil ? "HTTP" : "HTTPS", listener.endpoint) { await listener.close(grace: $0) }
    served.withLock { $0.append(sites) }
  }

  /// Proxies for clients, in the clear, beside the proxy's own page.
  package func serveProxy(_ sites: SiteSwitch, at endpoint: Endpoint, limits: HTTP.Limits = HTTP.Limits()) async throws(NetworkError) {
    let listener = try await WebService.start(network: network, endpoint: endpoint, sites: sites, trace: serverTrace, limits: limits)
    note("HTTP proxy", listener.endpoint) { await listener.close(grace: $0) }
    served.withLock { $0.append(sites) }
  }

  // MARK: Files

  /// Serves files to those who have `accounts`. `disk` does work that may wait for a disk.
  package func serveFiles(
    _ accounts: FileAccounts, _ setting: FileServerSetting, at endpoint: Endpoint, disk: @escaping @Sendable (@escaping @Sendable () -> Void) -> Void,
    chance: any RandomNumberGenerator & Sendable
  ) async throws(NetworkError) {
    var setting = setting
    setting.tls?.keyLog = recorder
    let service = try await FileService.start(
      network: network, endpoint: endpoint, accounts: accounts, setting: setting, trace: serverTrace, disk: disk, chance: chance)
    note("FTP", service.endpoint) { await service.close(grace: $0) }
  }

  // MARK: Peers

  /// Tells peers of one another, over UDP and HTTP. With `loop`, on real sockets only, UDP has threads of its own: for trackers that many ask.
  @discardableResult
  package func serveTracker(
    _ setting: TrackerSetting, at endpoints: [Endpoint], loop: DatagramLoopLimits? = nil, chance: any RandomNumberGenerator & Sendable
  ) async throws(NetworkError) -> TrackerService {
    let service = try await TrackerService.start(network: network, endpoints: endpoints, setting: setting, loop: loop, trace: serverTrace, chance: chance)
    note { $0.trackers.append(service) }
    for (number, endpoint) in service.endpoints.enumerated() {
      // The service is closed once.
      note("BitTorrent tracker", endpoint, over: "udp+tcp") { if number == 0 { await service.close(grace: $0) } }
    }
    return service
  }

  /// A node of BitTorrent's hash table.
  @discardableResult
  package func serveHashTable(_ setting: DHTSetting, at endpoint: Endpoint, kept: NodeService.Kept? = nil, chance: any RandomNumberGenerator & Sendable)
    async throws(NetworkError) -> NodeService
  {
    let service = try await NodeService.start(network: network, endpoint: endpoint, setting: setting, kept: kept, trace: serverTrace, chance: chance)
    note("DHT node", service.endpoint ?? endpoint, over: "udp") { _ in await service.close() }
    note { $0.nodes.append((service, service.endpoint ?? endpoint)) }
    return service
  }

  // MARK: Socket programs

  /// The uppercase service over TCP, one client at a time or all at once.
  package func serveUppercase(_ order: ServiceOrder, at endpoint: Endpoint) async throws(NetworkError) {
    let trace = serverTrace
    let desk = UppercaseDesk(order)
    let listener = try await network.listen(at: endpoint, options: ListenOptions()) { remote, _ in
      ConversationDriver(UppercaseStreamConversation(), trace: trace) { question, answers in desk.answer(question, of: remote, answers) }
    }
    note("uppercase over TCP, \(order)", listener.endpoint) { await listener.close(grace: $0) }
  }

  /// The uppercase service over UDP.
  package func serveUppercaseDatagrams(at endpoint: Endpoint) async throws(NetworkError) {
    let trace = serverTrace
    let listener = try await network.bind(endpoint, options: BindOptions()) {
      DatagramDriver(UppercaseDatagramConversation(port: endpoint.port), trace: trace)
    }
    note("uppercase over UDP", listener.endpoint, over: "udp") { await listener.close(grace: $0) }
  }

  /// The ping service over UDP, which loses `lossShare` of what it gets.
  package func servePings(losing lossShare: Double, chance: SeededRandom, at endpoint: Endpoint) async throws(NetworkError) {
    let trace = serverTrace
    let listener = try await network.bind(endpoint, options: BindOptions()) {
      DatagramDriver(PingDatagramConversation(port: endpoint.port, lossShare: lossShare, chance: chance), trace: trace)
    }
    note("ping over UDP", listener.endpoint, over: "udp") { await listener.close(grace: $0) }
  }
}
