// `netstead up`: hosts a domain on this machine. Not here: the hosting (Host/HomeHost), the settings' form (Host/HostSettings).
import ArgumentParser
import Console
import Host
import Lab
import Settings
import Trace
import Transport
import WebServer
import World
#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#else
import Darwin
#endif

/// Hosts a domain.
struct UpCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "up", abstract: "Host a domain on this machine.",
    discussion: """
      Without settings it hosts home.test on loopback: its zone, its web site from ./public or a welcome page, HTTPS by a local authority.

      Examples:
        netstead up
        netstead up --domain garnet.test
        netstead up --domain example.org --listen 0.0.0.0 --publish 203.0.113.7
        netstead up --settings netstead.yaml --data /srv/netstead
        netstead check netstead.yaml && netstead up --settings netstead.yaml
        netstead reload
      """)

  @OptionGroup var host: HostOptions

  @Option(name: .customLong("console-port"), help: ArgumentHelp("Where the console listens; 0: any free port. 8000, or the next free one, when not given.", valueName: "port"))
  var consolePort: UInt16?

  @OptionGroup(title: "Output") var quiet: QuietOption
  @OptionGroup(title: "Output") var colour: ColourOptions

  func run() async throws {
    let options = host
    var settings = try options.read()
    let toldPorts = settings.ports
    // Opened first, since the welcome page says where the console is.
    let chosen = consolePort ?? (settings.ports.isConsoleChosen ? UInt16(clamping: settings.ports.console) : nil)
    let socket = settings.isTraced ? try ConsoleSocket.openForConsole(port: chosen) : nil
    if let socket { settings.ports.console = Int(socket.port) }
    let folder = try options.dataFolder(settings)
    let network = SocketNetwork(loops: settings.loops == 0 ? nil : settings.loops)
    SocketNetwork.allowManyConnections()
    let store = settings.isTraced ? TraceStore(limits: TraceStore.Limits(bytesMax: settings.traceBytesMax)) : nil
    let host: HomeHost
    let names = SystemNames()
    let client = NameClient(network, timeout: .seconds(5), trace: nil)
    do {
      host = try await HomeHost.start(settings, dataDirectory: folder, network: network, recorder: store) { host, _ in
        try await names.addresses(of: host, client: client)
      } resolver: { names.resolver }
    } catch {
      throw ToolFailure(error.isOfSettings ? .usage : .unreachable, "\(error)")
    }
    let console = try await startConsole(of: host, network, store, socket: socket?.descriptor)
    let orders = Orders()
    let running = RunningHost(dataDirectory: folder)
    running.announce()
    if !quiet.short {
      Terminal.talk(Ink.bold.paint(settings.domain, colour.isTalkColoured) + " is up")
      for service in host.assembly.running { Terminal.talk("  \(service.name) at \(service.endpoint)") }
      for warning in host.warnings { Terminal.talk("! \(warning)") }
      switch host.onionOutcome {
      case .offered(let name): Terminal.talk("  onion service at http://\(name)/")
      case .failed(let why): Terminal.talk("! no onion service: \(why)")
      case nil: break
      }
      if let console { Terminal.talk("  watch it at \(Ink.blue.paint("http://localhost:\(console.endpoint.port)/", colour.isTalkColoured))") }
      Terminal.talk("  stop by Ctrl-C")
    }
    listening: for await order in orders.arrivals {
      if case .hangUp = order {
        // The system takes the terminal away just after it has said so. Whoever waits for an answer is no hang-up.
        try? await Task.sleep(for: .milliseconds(100))
        if !Signals.hasTerminal, running.read()?.word != .ordered { break listening }
      }
      if case .end = order { break listening }
      let (word, text) = await reload(host, options, toldPorts)
      running.write(word, text)
      if word == .refused || !quiet.short { Terminal.talk((word == .refused ? "! " : "  ") + text) }
    }
    orders.end()
    async let leaving: Void? = console?.close(grace: .seconds(1))
    await host.stop(grace: .seconds(5))
    await leaving
  }

  /// Lets `host` have the settings as they stand now.
  private func reload(_ host: HomeHost, _ options: HostOptions, _ toldPorts: HostSettings.Ports) async -> (RunningHost.Word, String) {
    do {
      var settings = try options.read()
      // Where the console is was found out at the start.
      if settings.ports == toldPorts { settings.ports = host.settings.ports }
      let later = try await host.reload(settings)
      return (.taken, "the settings are taken over" + (later.isEmpty ? "" : "; after a restart: \(later.joined(separator: ", "))"))
    } catch let failure as ToolFailure { return (.refused, failure.sentence) } catch { return (.refused, "\(error)") }
  }

  /// Starts the console, on loopback whatever else is offered to others; nil when nothing is recorded.
  private func startConsole(of host: HomeHost, _ network: SocketNetwork, _ store: TraceStore?, socket: Int32?) async throws -> (any Listener)? {
    guard let store, let socket else { return nil }
    let settings = host.settings
    let services = host.assembly.running.map { ConsoleModel.Service($0.name, port: "\($0.endpoint.port)/\($0.carriage)", detail: "\($0.endpoint)") }
    let model = ConsoleModel(
      title: settings.domain, subtitle: "hosted on this machine",
      hosts: [ConsoleModel.Host(name: settings.domain, role: "server", addresses: settings.addresses, services: services)],
      hints: [
        ConsoleModel.Hint("dig @\(settings.addresses[0]) -p \(settings.ports.dns) \(settings.domain)", "a look-up"),
        ConsoleModel.Hint("curl -v http://localhost:\(settings.ports.http)/", "a page"),
      ],
      trace: store, explain: explainAnything)
    let endpoint = Endpoint(.loopback, UInt16(clamping: settings.ports.console))
    do {
      return try await WebService.start(
        network: network, endpoint: endpoint, sites: ConsoleService.sites(model, clock: network.clock), boundSocket: socket)
    } catch {
      await host.stop(grace: .zero)
      throw ToolFailure(.unreachable, "the console: \(error)")
    }
  }
}
