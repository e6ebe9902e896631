// `netstead lab --virtual-time SCRIPT`: reads a scenario, has it run in the simulator and prints its trace.
import Lab

/// One scenario's run.
struct ScenarioCommand {
  var script: String
  var options: LabCommand.WorldOptions
  var output: OutputOptions

  func run() async throws {
    guard let text = SystemFile.text(script, bytesMax: Scenario.bytesMax) else { throw ToolFailure(.usage, "\(script) cannot be read, or is larger than 1 MiB") }
    let scenario: Scenario
    do { scenario = try Scenario(file: script, text: text) } catch { throw ToolFailure(.usage, "\(error)") }
    _ = scenario
  }
}
