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
  var messages: MessageOptions
  var colour: ColourOptions
  var quiet: QuietOption
  /// Whether a table of delays is printed in the trace's place.
  var showsDelays = false

  func run() throws {
    guard let text = SystemFile.text(script, bytesMax: Scenario.bytesMax) else { throw ToolFailure(.usage, "\(script) cannot be read, or is larger than 1 MiB") }
    let scenario: Scenario
    do { scenario = try Scenario(file: script, text: text) } catch { throw ToolFailure(.usage, "\(error)") }
    let store = TraceStore()
    let complaints: [ScenarioError]
    let world = options.world == nil ? try ScenarioCommand.world(of: scenario, script) : try options.description()
    do { complaints = try ScenarioRun(scenario, in: world, seed: options.seed, store: store).run() } catch { throw ToolFailure(.usage, "\(error)") }
    if showsDelays {
      Terminal.say(DelayTable(of: store, in: world).text)
    } else if !quiet.short {
      var printer = TracePrinter(messages, colour)
      printer.show(store)
    }
    if let path = messages.pcap { try OutputFile.capture(store, to: path) }
    for complaint in complaints { Terminal.talk("! \(complaint)") }
    if !complaints.isEmpty { throw ToolFailure(.refused, "\(complaints.count) of \(scenario.expectations.count) expectations did not come true") }
    if !quiet.short { Terminal.talk("* all \(scenario.expectations.count) expectations came true") }
  }

  /// The world that the scenario in the file `script` chose, or none but its own hosts.
  static func world(of scenario: Scenario, _ script: String) throws -> WorldDescription {
    switch scenario.base {
    case nil: return WorldDescription()
    case .builtIn:
      do { return try WorldDescription(file: DefaultWorld.name, text: DefaultWorld.text) } catch { throw ToolFailure(.usage, "\(error)") }
    case .file(let name):
      let folder = script.lastIndex(of: "/").map { String(script[...$0]) } ?? ""
      let path = name.hasPrefix("/") ? name : folder + name
      guard let text = SystemFile.text(path, bytesMax: SettingsLimits().bytesMax) else { throw ToolFailure(.usage, "\(path) cannot be read") }
      do { return try WorldDescription(file: path, text: text) } catch { throw ToolFailure(.usage, "\(error)") }
    }
  }
}
