// The inner half of `netstead lab`: a world that is up, from the first address to the last goodbye.
import Bytes
import Console
import HTTP
import Lab
import Trace
import Transport
import WebServer
import World

extension LabRun {
  /// Raises the world here, leaves word of it, and keeps it up until Ctrl-C or the end of the command.
  func raise(_ world: WorldDescription, _ plan: AddressPlan, _ folder: RuntimeFolder, console: Int32?, port: UInt16?) async throws {
    let session = try await LabSession(self, world, plan, folder)
    let listener = try await startConsole(session.servers, session.plan, session.network, session.recorder, socket: console, port: port)
    let lab = RunningLab(
      world, session.plan, folder: folder, console: port.map { "http://localhost:\($0)/" }, api: session.api.address, authorities: session.authorities,
      magnet: session.magnet)
    if let command { return try await run(command, in: lab, session, folder) }
    let orders = session.followLinkOrders(in: folder)
    defer { orders.cancel() }
    do { try lab.announce(in: folder) } catch { throw ToolFailure(.unreachable, "\(error)") }
    tell(lab, world, plan)
    await Signals.interruption()
    lab.retire(from: folder)
    async let leaving: Void? = listener?.close(grace: .seconds(1))
    await session.servers.stop(grace: .seconds(1))
    await leaving
  }

  /// Runs the command, and never returns: the process ends with its exit code.
  private func run(_ command: [String], in lab: RunningLab, _ session: LabSession, _ folder: RuntimeFolder) async throws {
    session.api.service.orders.begin()
    let orders = Task { await session.api.give(test?.orders ?? []) }
    let links = test == nil ? session.followLinkOrders(in: folder) : nil
    let code = await Signals.offLoop { Program.run(command, environment: lab.environment.map { ($0.name, $0.value) }) }
    orders.cancel()
    links?.cancel()
    await session.servers.stop(grace: .zero)
    if let test {
      if code != 0 || test.isReportedAlways { try report(test, code, command, session) }
      folder.removeAll()
    }
    Terminal.exit(code: code)
  }

  private func report(_ test: TestRun, _ code: Int32, _ command: [String], _ session: LabSession) throws {
    // Where the world's own files are, as whoever runs this again finds them.
    let folder = test.folder ?? (options.world == nil ? nil : SystemFile.absolute(options.folder))
    let replay = RunReplay(
      program: Netstead.versionText, seed: options.seed ?? 1, speaker: options.speaker, folder: folder, command: command, exitCode: Int(code),
      orders: session.api.service.orders.all)
    let report = TestReport(replay: replay, world: session.servers.world, worldText: try options.text().text, plan: session.plan, trace: session.recorder)
    if let path = report.write(to: test.report) { return Terminal.talk("netstead: \(path) cannot be written: there is no report") }
    if !quiet.short { Terminal.talk("* exit code \(code); what was said in its world: \(test.report)/report.html") }
  }

  /// Starts the console on the socket made outside, which is reachable there and speaks for the world inside.
  private func startConsole(
    _ servers: RaisedWorld, _ plan: AddressPlan, _ network: SocketNetwork, _ recorder: TraceStore, socket: Int32?, port: UInt16?
  ) async throws -> (any Listener)? {
    guard let socket, let port else { return nil }
    let model = LabConsole.model(of: servers.world, plan, seed: options.seed ?? 1, trace: recorder, servers: servers)
    do {
      return try await WebService.start(
        network: network, endpoint: Endpoint(.loopback, port), sites: ConsoleService.sites(model, clock: network.clock), boundSocket: socket)
    } catch { throw ToolFailure(.unreachable, "the console: \(error)") }
  }

  /// Furnishes the namespace. Returns the file of the authorities that programs in the lab trust.
  fileprivate func furnish(
    _ world: WorldDescription, _ plan: AddressPlan, _ folder: RuntimeFolder, _ certificates: CertificateAuthority
  ) throws -> String? {
    do {
      var complaints: [String] = []
      if plan.kind == .namespace {
        try NamespaceSetup.raiseNetwork(world)
        complaints += try NamespaceSetup.replaceNameResolution(world, folder: folder)
      }
      let bundle = try NamespaceSetup.bundle(with: certificates.authorityPEM, folder: folder)
      if plan.kind == .namespace { complaints += NamespaceSetup.trust(bundle: bundle) }
      if !quiet.short { for complaint in complaints { Terminal.talk("! \(complaint)") } }
      return bundle
    } catch { throw ToolFailure(.unreachable, "the lab's network: \(error)") }
  }

  private func tell(_ lab: RunningLab, _ world: WorldDescription, _ plan: AddressPlan) {
    if json?.json == true {
      return Terminal.say(JSONText.object([("mode", lab.mode), ("console", lab.console ?? ""), ("world", lab.world), ("process", "\(lab.process)")]))
    }
    guard !quiet.short else { return }
    let ink = colour?.isTalkColoured ?? false
    Terminal.talk(Ink.bold.paint(world.title.isEmpty ? "The lab" : world.title, ink) + " is up: \(world.hosts.count) hosts, \(world.zones.count) zones, \(world.sites.count) sites")
    if let console = lab.console { Terminal.talk("  watch it     \(Ink.blue.paint(console, ink))") }
    Terminal.talk("  be in it     netstead lab shell")
    Terminal.talk("  look up      netstead lab exec -- dig +trace \(world.sites.first?.name ?? world.domain)")
    Terminal.talk("  get a page   netstead lab exec -- curl -v http://\(world.sites.first?.name ?? "www." + world.domain)/")
    if plan.kind == .loopback { Terminal.talk("  find hosts   netstead lab env") }
    if let edge = world.edges.first { Terminal.talk("  slow a link  netstead lab link \(world.client) \(edge.host) rate 500kbit/s") }
    Terminal.talk("  stop         Ctrl-C")
  }
}

/// A world on real sockets, with everything that shows and changes it.
struct LabSession {
  let network: SocketNetwork
  let recorder = TraceStore()
  /// Where the world really is: on loopback, the first place there with room for it.
  let plan: AddressPlan
  let servers: RaisedWorld
  let faults: WorldFaults
  let api: LabAPIService
  let authorities: String?
  /// The link to the world's first torrent; nil: it has none.
  let magnet: String?

  /// Raises `world` for `run`. A lab's state stays in `folder`, and its secrets are new each time; a test's world begins anew, its secrets from
  /// the seed.
  init(_ run: LabRun, _ world: WorldDescription, _ plan: AddressPlan, _ folder: RuntimeFolder) async throws {
    SocketNetwork.allowManyConnections()
    let shift = ClockShift()
    network = SocketNetwork(clock: SystemClock(aheadBy: shift))
    let certificates: CertificateAuthority
    do { certificates = try CertificateAuthority.kept(in: folder.path + "/authority", at: network.clock.now) } catch {
      throw ToolFailure(.unreachable, "the local certificate authority: \(error)")
    }
    let seed = run.options.seed ?? 1
    var world = world
    let failures = FailNames(addedTo: &world, clock: network.clock)
    authorities = try run.furnish(world, plan, folder, certificates)
    let networks = PacedNetworks(network, world: world, plan: plan, seed: seed)
    let files = run.test?.folder ?? run.options.folder
    let (controls, letters) = (WorldControls(world, plan: plan, folder: files), LetterJournal())
    var means = RaisedWorld.Means(
      plan: plan, recorder: recorder, chance: SeededRandom(seed: seed), certificates: certificates, folder: files,
      data: run.test == nil ? folder.path + "/sites" : nil, secrets: run.test == nil ? SystemRandomNumberGenerator() : nil, network: networks.network(of:))
    means.controls = controls
    means.letters = letters
    means.failures = failures
    servers = try await LabSession.raise(world, &means, mayMove: run.test != nil && plan.kind == .loopback)
    self.plan = means.plan
    magnet = world.swarms.first?.magnet(in: world, means.plan, means.contents)
    faults = WorldFaults(networks)
    do {
      api = try await LabAPIService(
        servers, controls: controls, letters: letters, faults: faults, trace: recorder, worldClock: network.clock, shift: shift)
    } catch { throw ToolFailure(.unreachable, "the API: \(error)") }
  }

  /// Raises the world; one that may move, where another one is already: there its ports are higher.
  private static func raise(_ world: WorldDescription, _ means: inout RaisedWorld.Means, mayMove: Bool) async throws -> RaisedWorld {
    while true {
      do throws(RaisedWorld.Failure) { return try await RaisedWorld.raise(world, with: means) } catch {
        guard mayMove, case .service(_, .addressInUse) = error else { throw ToolFailure(.unreachable, "\(error)") }
        means.plan.place += 1
        guard means.plan.place < AddressPlan.placesMax else {
          throw ToolFailure(.unreachable, "the loopback has no room for this world: \(AddressPlan.placesMax) are there, or other programs have its ports (\(error))")
        }
      }
    }
  }

  /// Obeys `netstead lab link` until the task is cancelled.
  func followLinkOrders(in folder: RuntimeFolder) -> Task<Void, Never> {
    LinkOrders.clear(in: folder)
    return Task { [faults] in await LinkOrders.follow(in: folder, clock: SystemClock()) { faults.obey($0) } }
  }
}

/// The world's API, listening. It has a network of its own, whose clock nobody moves.
struct LabAPIService: Sendable {
  let service: LabAPI
  let address: String
  private let network: SocketNetwork

  init(
    _ servers: RaisedWorld, controls: WorldControls, letters: LetterJournal, faults: WorldFaults, trace: TraceStore, worldClock: any WorldClock,
    shift: ClockShift
  ) async throws(NetworkError) {
    network = SocketNetwork(loops: 1)
    service = LabAPI(
      servers, controls: controls, letters: letters, faults: faults, trace: trace, worldClock: worldClock, shift: shift, realClock: network.clock)
    let listener = try await WebService.start(network: network, endpoint: Endpoint(.loopback, 0), sites: service.sites)
    address = "http://\(listener.endpoint)"
  }

  /// Gives orders at their times, counted from now, until the task is cancelled.
  func give(_ orders: [APIOrder]) async {
    let start = network.clock.now
    let client = WebClient(network: network) { _, _ in [.loopback] }
    for order in orders {
      guard let address = WebAddress(address + order.target), (try? await network.clock.sleep(until: start + order.time)) != nil else { return }
      var ask = WebClient.Ask(address)
      ask.method = Method.allCases.first { $0.text == order.method } ?? .post
      if !order.body.isEmpty {
        ask.fields = [(.contentType, "application/json")]
        ask.body = Buffer(order.body)
      }
      do {
        let (fetched, body) = try await client.get(ask, bytesMax: 65_536)
        if fetched.head.status.rawValue >= 400 { Terminal.talk("! \(order.method) \(order.target), given again: \(body.text)") }
      } catch { Terminal.talk("! \(order.method) \(order.target), given again: \(error)") }
    }
  }
}
