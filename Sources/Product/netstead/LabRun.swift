// One run of `netstead lab`, `lab exec` or `lab shell`, from outside the namespace to inside and back.
//   outside: read the world, look for a lab that runs, open the console's socket, become `unshare`, which becomes this program again
//   inside:  furnish the namespace, raise the world, leave word of it, wait for Ctrl-C or for the command
// Where namespaces are forbidden both halves run in one process, on loopback addresses.
import Lab
import Trace
import Transport
import World

/// One run.
struct LabRun {
  var options: LabCommand.WorldOptions
  var output: OutputOptions
  /// The command to run in the lab; nil: the lab itself is what was asked for.
  var command: [String]?

  /// Where labs leave word of themselves.
  static func runtimeFolder() throws -> RuntimeFolder {
    do { return try RuntimeFolder(environment: Terminal.environment) } catch { throw ToolFailure(.unreachable, "\(error)") }
  }

  func run() async throws {
    let world = try options.description()
    let folder = try LabRun.runtimeFolder()
    if let inheritance = Reexecution.inheritance() {
      return try await raise(world, AddressPlan(.namespace), folder, console: inheritance.console, port: inheritance.consolePort)
    }
    if let name = command?.first, Program.find(name) == nil {
      Terminal.talk("netstead: \(name): command not found")
      // As shells say it: the command's own exit code is passed through, and this stands in its place.
      Terminal.exit(code: 127)
    }
    if Reexecution.isInside(environment: Terminal.environment) {
      guard let command else { throw ToolFailure(.refused, "this is the inside of a lab; start another from outside") }
      throw ToolFailure(.unreachable, Reexecution.stay(command: command))
    }
    if let lab = RunningLab.find(in: folder) {
      guard let command else {
        throw ToolFailure(.refused, "a lab is running already (process \(lab.process)\(lab.console.map { ", console \($0)" } ?? "")); stop it first")
      }
      throw ToolFailure(.unreachable, Reexecution.join(lab, command: command))
    }
    let console = try consoleSocket()
    if options.noNamespace {
      return try await raise(world, AddressPlan(.loopback), folder, console: console?.descriptor, port: console?.port)
    }
    switch NamespaceProbe.probe() {
    case .allowed:
      throw ToolFailure(.unreachable, Reexecution.goInside(console: console?.descriptor, port: console?.port ?? 0, folder: folder))
    case .forbidden(let reason, let remedy):
      if !output.short {
        Terminal.talk("* no network namespace: \(reason)")
        Terminal.talk("* so hosts are loopback addresses and ports below 1024 are + 8000 (`netstead lab env` lists them). To change that: \(remedy)")
      }
      return try await raise(world, AddressPlan(.loopback), folder, console: console?.descriptor, port: console?.port)
    }
  }

  /// The console's socket. A lab raised for one command has a console only when its port is named.
  private func consoleSocket() throws -> (descriptor: Int32, port: UInt16)? {
    if command != nil, options.consolePort == nil { return nil }
    let port = options.consolePort ?? 8_000
    switch ConsoleSocket.open(port: port) {
    case .success(let socket): return socket
    case .failure(let failure):
      throw ToolFailure(.unreachable, "the console cannot listen at 127.0.0.1:\(port): \(failure); choose another by --console-port")
    }
  }
}
