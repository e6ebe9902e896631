// One run of `netstead lab`, `lab exec` or `lab shell`, from outside the namespace to inside and back.
//   outside: read the world, look for a lab that runs, open the console's socket, become `unshare`, which becomes this program again
//   inside:  furnish the namespace, raise the world, leave word of it, wait for Ctrl-C or for the command
// Where namespaces are forbidden both halves run in one process, on loopback addresses.
// A run for tests (--ci) goes the same way, with a folder of its own, and meets no lab that runs.
import Lab
import Trace
import Transport
import World

/// One run.
struct LabRun {
  var options: LabCommand.WorldOptions
  var quiet: QuietOption
  /// How the lab that stays is announced.
  var colour: ColourOptions?
  var json: JSONOption?
  /// The command to run in the lab; nil: the lab itself is what was asked for.
  var command: [String]?
  /// The command has this world for itself; nil: it shares the running lab's, if there is one.
  var test: TestRun?

  /// Where labs leave word of themselves.
  static func runtimeFolder() throws -> RuntimeFolder {
    do { return try RuntimeFolder(environment: Terminal.environment) } catch { throw ToolFailure(.unreachable, "\(error)") }
  }

  private static func folderOfItsOwn() throws -> RuntimeFolder {
    do { return try RuntimeFolder.ofItsOwn(environment: Terminal.environment) } catch { throw ToolFailure(.unreachable, "\(error)") }
  }

  func run() async throws {
    let world = try options.description()
    let inherited: Reexecution.Inheritance?
    do { inherited = try Reexecution.inheritance() } catch { throw ToolFailure(.refused, "\(error)") }
    if let inheritance = inherited {
      return try await tidily(try LabRun.runtimeFolder()) { folder in
        try await raise(world, AddressPlan(.namespace), folder, console: inheritance.console, port: inheritance.consolePort)
      }
    }
    if let name = command?.first, Program.find(name) == nil {
      Terminal.talk("netstead: \(name): command not found")
      // As shells say it: the command's own exit code is passed through, and this stands in its place.
      Terminal.exit(code: 127)
    }
    if test == nil { try joinRunningLab(try LabRun.runtimeFolder()) }
    try await tidily(test == nil ? try LabRun.runtimeFolder() : try LabRun.folderOfItsOwn()) { try await raise(world, $0) }
  }

  /// Does `work` with a folder, of which nothing stays when it fails and the folder is this run's own.
  private func tidily(_ folder: RuntimeFolder, _ work: (RuntimeFolder) async throws -> Void) async throws {
    do { try await work(folder) } catch {
      if test != nil { folder.removeAll() }
      throw error
    }
  }

  /// Raises the world in a namespace, or on the loopback where there can be none.
  private func raise(_ world: WorldDescription, _ folder: RuntimeFolder) async throws {
    let console = try consoleSocket()
    let wrong = world.hosts.filter { $0.clock != HostClock() }.map(\.name)
    if !quiet.short, !wrong.isEmpty { Terminal.talk("* \(wrong.joined(separator: ", ")): a clock is wrong in virtual time only; here it is the machine's") }
    // On loopback every program speaks as 127.0.0.1.
    if options.noNamespace {
      guard options.speaker == nil else { throw ToolFailure(.usage, "--as needs a network namespace: leave --no-namespace out") }
      return try await raise(world, AddressPlan(.loopback), folder, console: console?.descriptor, port: console?.port)
    }
    switch NamespaceProbe.probe() {
    case .allowed:
      throw ToolFailure(.unreachable, Reexecution.goInside(console: console?.descriptor, port: console?.port ?? 0, folder: folder))
    case .forbidden(let reason, let remedy):
      guard options.speaker == nil else { throw ToolFailure(.refused, "--as needs a network namespace: \(reason). To change that: \(remedy)") }
      if !quiet.short {
        Terminal.talk("* no network namespace: \(reason)")
        Terminal.talk("* so hosts are loopback addresses and ports below 1024 are + 8000 (`netstead lab env` lists them). To change that: \(remedy)")
      }
      return try await raise(world, AddressPlan(.loopback), folder, console: console?.descriptor, port: console?.port)
    }
  }

  /// Becomes the command where a lab runs, and complains where there is none; returns when no lab runs.
  private func joinRunningLab(_ folder: RuntimeFolder) throws {
    if Reexecution.isInside(environment: Terminal.environment) {
      guard let command else { throw ToolFailure(.refused, "this is the inside of a lab; start another from outside") }
      try refuseWorldOptions("this is the inside of a lab")
      throw ToolFailure(.unreachable, Reexecution.stay(command: command))
    }
    if let lab = RunningLab.find(in: folder) {
      guard let command else {
        throw ToolFailure(.refused, "a lab is running already (process \(lab.process)\(lab.console.map { ", console \($0)" } ?? "")); stop it first")
      }
      try refuseWorldOptions("a lab is running already (process \(lab.process))")
      throw ToolFailure(.unreachable, Reexecution.join(lab, command: command))
    }
  }

  /// Throws when options were given that only raising a lab could obey.
  private func refuseWorldOptions(_ state: String) throws {
    guard let first = options.given.first else { return }
    throw ToolFailure(.usage, "\(state), and \(first) is about raising one: leave it out, or stop that lab first")
  }

  /// The console's socket. A lab raised for one command has a console only when its port is named.
  private func consoleSocket() throws -> (descriptor: Int32, port: UInt16)? {
    if command != nil, options.consolePort == nil { return nil }
    return try ConsoleSocket.openForConsole(port: options.consolePort)
  }
}

extension ConsoleSocket {
  /// Where the console listens when nobody chose.
  static let standardPort: UInt16 = 8_000

  /// The console's socket: at the port chosen, or, when none was, at the first that is free from the standard one on.
  static func openForConsole(port chosen: UInt16?) throws -> (descriptor: Int32, port: UInt16) {
    let ports = chosen.map { $0...$0 } ?? standardPort...standardPort + 15
    var complaint = ""
    for port in ports {
      switch open(port: port) {
      case .success(let socket): return socket
      case .failure(let failure): complaint = "the console cannot listen at 127.0.0.1:\(port): \(failure)"
      }
    }
    throw ToolFailure(.unreachable, "\(complaint); choose another port by --console-port")
  }
}
