// The inner half of `netstead lab`: a world that is up, from the first address to the last goodbye.
import Console
import Lab
import Trace
import Transport
import WebServer
import World

extension LabRun {
  /// Raises the world here, leaves word of it, and keeps it up until Ctrl-C or the end of the command.
  func raise(_ world: WorldDescription, _ plan: AddressPlan, _ folder: RuntimeFolder, console: Int32?, port: UInt16?) async throws {
    SocketNetwork.allowManyConnections()
    let network = SocketNetwork()
    let recorder = TraceStore()
    let certificates: CertificateAuthority
    do { certificates = try CertificateAuthority.kept(in: folder.path + "/authority", at: network.clock.now) } catch {
      throw ToolFailure(.unreachable, "the local certificate authority: \(error)")
    }
    let authorities = try furnish(world, plan, folder, certificates)
    let networks = PacedNetworks(network, world: world, plan: plan, seed: options.seed ?? 1)
    let servers: RaisedWorld
    do {
      servers = try await RaisedWorld.raise(
        world,
        with: RaisedWorld.Means(
          plan: plan, recorder: recorder, chance: SeededRandom(seed: options.seed ?? 1), certificates: certificates, folder: options.folder,
          data: folder.path + "/sites", secrets: SystemRandomNumberGenerator(), network: networks.network(of:)))
    } catch { throw ToolFailure(.unreachable, "\(error)") }
    let listener = try await startConsole(servers, plan, network, recorder, socket: console, port: port)
    LinkOrders.clear(in: folder)
    let orders = Task { await LinkOrders.follow(in: folder, clock: network.clock) { networks.change($0) } }
    defer { orders.cancel() }
    let lab = RunningLab(world, plan, folder: folder, console: port.map { "http://localhost:\($0)/" }, authorities: authorities)
    guard let command else {
      try announce(lab, in: folder)
      tell(lab, world, plan)
      await Signals.interruption()
      lab.retire(from: folder)
      async let leaving: Void? = listener?.close(grace: .seconds(1))
      await servers.stop(grace: .seconds(1))
      await leaving
      return
    }
    let code = await Signals.offLoop { Program.run(command, environment: lab.environment.map { ($0.name, $0.value) }) }
    await servers.stop(grace: .zero)
    Terminal.exit(code: code)
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
  private func furnish(
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

  private func announce(_ lab: RunningLab, in folder: RuntimeFolder) throws {
    do { try lab.announce(in: folder) } catch { throw ToolFailure(.unreachable, "\(error)") }
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
