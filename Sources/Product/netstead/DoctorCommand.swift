// `netstead doctor`: what this machine lets the program do, or how a hosted domain looks from outside, and what would change that.
// Not here: looking at a domain (Host/Doctor).
import ArgumentParser
import Bytes
import Host
import Lab
import Trace
import Transport
import World

/// Examines the machine, or a domain that is hosted.
struct DoctorCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "doctor", abstract: "Tell what this machine allows, or how a hosted domain looks from outside, and how to change it.",
    discussion: """
      With --host, --settings or --domain it looks at the domain that `netstead up` hosts with the same options: its names, pages, mail, files.

      Examples:
        netstead doctor
        netstead doctor --host
        netstead doctor --settings netstead.yaml --json
        netstead doctor --json
        netstead doctor -q || echo something needs care
      """)

  @OptionGroup(title: "Output") var json: JSONOption
  @OptionGroup(title: "Output") var quiet: QuietOption
  @OptionGroup(title: "Output") var colour: ColourOptions

  @Flag(name: .customLong("host"), help: "Look at the hosted domain.")
  var looksAtHost = false

  @OptionGroup var host: HostOptions

  @Option(help: ArgumentHelp("Who knows what the world says of the domain; the system's resolver when not given.", valueName: "address"))
  var resolver: String?

  func run() async throws {
    let checks = looksAtHost || host.settings != nil || host.domain != nil ? try await hostChecks() : machineChecks()
    if json.json { tellJSON(checks) } else { tell(checks) }
    if checks.contains(where: { $0.state == .fail }) { throw ToolFailure(.refused) }
  }

  private func hostChecks() async throws -> [Check] {
    let settings = try host.read()
    var asked = SystemNames().resolver
    if let resolver {
      guard let endpoint = Endpoint(resolver) ?? Address(resolver).map({ Endpoint($0, 53) }) else {
        throw ToolFailure(.usage, "--resolver: expected an address, or one with a port, found `\(resolver)`")
      }
      asked = endpoint
    }
    do {
      return try await HostDoctor(settings, dataDirectory: host.folderName(settings), network: SocketNetwork(loops: 1), resolver: asked).checks()
    } catch { throw ToolFailure(.unreachable, "\(error)") }
  }

  private func machineChecks() -> [Check] { [namespaces(), lab()] + [8_000, 8_053, 8_080, 8_443].map { port($0) } + tools() }

  private func namespaces() -> Check {
    switch NamespaceProbe.probe() {
    case .allowed: Check("lab.namespaces", .ok, want: "user and network namespaces", have: "allowed")
    case .forbidden(let why, let remedy):
      Check("lab.namespaces", .warn, want: "user and network namespaces", have: "\(why); the lab runs on loopback addresses", fix: remedy)
    }
  }

  private func lab() -> Check {
    let lab = (try? LabRun.runtimeFolder()).flatMap { RunningLab.find(in: $0) }
    return Check("lab.running", .ok, want: "a lab or none", have: lab.map { "process \($0.process), \($0.mode)" } ?? "none")
  }

  private func port(_ number: UInt16) -> Check {
    switch ConsoleSocket.open(port: number) {
    case .success(let socket):
      ConsoleSocket.discard(socket.descriptor)
      return Check("port.\(number)", .ok, want: "free", have: "free")
    case .failure(let failure):
      return Check("port.\(number)", .warn, want: "free", have: "\(failure)", fix: number == 8_000 ? "choose another by --console-port" : "stop what uses it")
    }
  }

  private func tools() -> [Check] {
    [
      ("unshare", "util-linux"), ("nsenter", "util-linux"), ("dig", "bind9-dnsutils"), ("curl", "curl"), ("nc", "netcat-openbsd"), ("tshark", "tshark"),
    ].map { name, package in
      let found = Program.find(name)
      return Check("tool.\(name)", found == nil ? .warn : .ok, want: name, have: found ?? "missing", fix: found == nil ? "install the package \(package)" : "")
    }
  }

  private func tell(_ checks: [Check]) {
    for check in checks where !quiet.short || check.state != .ok {
      let ink: Ink = check.state == .ok || check.state == .off ? .green : check.state == .warn ? .yellow : .red
      let mark = ink.paint(check.state.rawValue, colour.isColoured) + String(repeating: " ", count: 5 - check.state.rawValue.count)
      let gap = String(repeating: " ", count: max(1, 30 - check.id.count))
      Terminal.say("\(mark)\(check.id)\(gap)\(check.have.split(separator: "\n").first ?? "")")
      if !check.fix.isEmpty {
        Terminal.say("     want: \(check.want)")
        Terminal.say("     fix: \(check.fix)")
      }
    }
  }

  private func tellJSON(_ checks: [Check]) {
    var writer = JSONWriter()
    writer.object { writer in
      writer.value("schema", 1)
      writer.array("checks") { writer in
        for check in checks {
          writer.object { writer in
            writer.value("id", check.id)
            writer.value("state", check.state.rawValue)
            writer.value("want", check.want)
            writer.value("have", check.have)
            writer.value("fix", check.fix)
          }
        }
      }
    }
    Terminal.say(writer.bytes.text)
  }
}
