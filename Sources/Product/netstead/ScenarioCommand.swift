// `netstead lab --virtual-time SCRIPT`: has a scenario run in the simulator, prints its trace, and tells which expectation failed.
// Not here: the run (Lab/Running/ScenarioRun), the script's form (Lab/Scenario).
import Bytes
import Lab
import Settings
import Trace

/// One scenario's run.
struct ScenarioCommand {
  var script: String
  var options: LabCommand.WorldOptions
  var output: OutputOptions
  /// Whether a table of delays is printed in the trace's place.
  var showsDelays = false

  func run() throws {
    guard let text = SystemFile.text(script, bytesMax: Scenario.bytesMax) else { throw ToolFailure(.usage, "\(script) cannot be read, or is larger than 1 MiB") }
    let scenario: Scenario
    do { scenario = try Scenario(file: script, text: text) } catch { throw ToolFailure(.usage, "\(error)") }
    let store = TraceStore()
    let complaints: [ScenarioError]
    let world = try world(of: scenario)
    do { complaints = try ScenarioRun(scenario, in: world, seed: options.seed, store: store).run() } catch {
      throw ToolFailure(.usage, "\(script): \(error)")
    }
    if showsDelays {
      Terminal.say(DelayTable(of: store, in: world).text)
    } else if !output.short {
      var printer = TracePrinter(output)
      printer.show(store)
    }
    if let path = output.pcap {
      let bytes = PacketCapture(secrets: store.tlsSecrets, explain: explainAnything).file(of: store)
      guard OutputFile.write(bytes.array, to: path) else { throw ToolFailure(.usage, "\(path) cannot be written") }
    }
    for complaint in complaints { Terminal.talk("! \(complaint)") }
    if !complaints.isEmpty { throw ToolFailure(.refused, "\(complaints.count) of \(scenario.expectations.count) expectations did not come true") }
    if !output.short { Terminal.talk("* all \(scenario.expectations.count) expectations came true") }
  }

  /// The world the scenario stands in: the command line's, its own choice, or none but its own hosts.
  private func world(of scenario: Scenario) throws -> WorldDescription {
    if options.world != nil { return try options.description() }
    switch scenario.base {
    case nil: return WorldDescription()
    case .builtIn: return try options.description()
    case .file(let name):
      let folder = script.lastIndex(of: "/").map { String(script[...$0]) } ?? ""
      let path = name.hasPrefix("/") ? name : folder + name
      guard let text = SystemFile.text(path, bytesMax: SettingsLimits().bytesMax) else { throw ToolFailure(.usage, "\(path) cannot be read") }
      do { return try WorldDescription(file: path, text: text) } catch { throw ToolFailure(.usage, "\(error)") }
    }
  }
}
