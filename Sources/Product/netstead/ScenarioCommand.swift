// `netstead lab --virtual-time SCRIPT`: reads a scenario, has it run in the simulator and prints its trace.
import Bytes
import Lab
import Trace

/// One scenario's run.
struct ScenarioCommand {
  var script: String
  var options: LabCommand.WorldOptions
  var output: OutputOptions

  func run() async throws {
    guard let text = SystemFile.text(script, bytesMax: Scenario.bytesMax) else { throw ToolFailure(.usage, "\(script) cannot be read, or is larger than 1 MiB") }
    let scenario: Scenario
    do { scenario = try Scenario(file: script, text: text) } catch { throw ToolFailure(.usage, "\(error)") }
    let store = TraceStore()
    let run = ScenarioRun(scenario, in: try world(of: scenario), seed: options.seed, store: store)
    let complaints: [ScenarioError]
    do { complaints = try run.run() } catch { throw ToolFailure(.refused, "\(error)") }
    var printer = TracePrinter(output)
    printer.show(store)
    if let path = output.pcap {
      let bytes = PacketCapture(explain: explainAnything).file(of: store)
      guard OutputFile.write(bytes.array, to: path) else { throw ToolFailure(.usage, "\(path) cannot be written") }
    }
    for complaint in complaints { Terminal.talk("! \(complaint)") }
    if !complaints.isEmpty { throw ToolFailure(.refused, "\(complaints.count) of \(scenario.expectations.count) expectations did not come true") }
    if !output.short { Terminal.talk("* all \(scenario.expectations.count) expectations came true") }
  }

  /// The world the scenario stands in.
  private func world(of scenario: Scenario) throws -> WorldDescription {
    var options = options
    switch scenario.base {
    case .file(let path):
      let folder = script.lastIndex(of: "/").map { String(script[...$0]) } ?? ""
      options.world = path.hasPrefix("/") ? path : folder + path
      return try options.description()
    case .builtIn: return try options.description()
    case nil: return options.world == nil ? WorldDescription(title: script) : try options.description()
    }
  }
}
