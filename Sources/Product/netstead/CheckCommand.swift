// `netstead check`: reads a file as the program would, and tells everything that is wrong with it.
import ArgumentParser
import Bytes
import DNS
import Host
import Lab
import NameServer
import Settings

/// Checks files.
struct CheckCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "check", abstract: "Check settings, a world, a scenario, a lesson or a zone.",
    discussion: """
      The kind is told by the name (.yaml, .txt, .zone) and the content; --as names it.

      Examples:
        netstead check netstead.yaml
        netstead check mine.yaml --as world
        netstead check garnet.test.zone --origin garnet.test
        netstead check H2.yaml --world mine.yaml
      """)

  @Argument(help: "The files.")
  var files: [String]

  @Option(name: .customLong("as"), help: "settings, world, scenario, lesson or zone.")
  var kind: Kind?

  @Option(help: ArgumentHelp("The world that lessons are for; the built-in world when not given.", valueName: "file"))
  var world: String?

  @Option(help: ArgumentHelp("The zone's name, for zones without $ORIGIN.", valueName: "name"))
  var origin: String?

  @OptionGroup(title: "Output") var json: JSONOption
  @OptionGroup(title: "Output") var quiet: QuietOption

  enum Kind: String, ExpressibleByArgument, CaseIterable { case settings, world, scenario, lesson, zone }

  func run() throws {
    let lessonWorld = try LessonOptions.worldDescription(world)
    var problems: [String] = []
    for file in files {
      guard let text = SystemFile.text(file, bytesMax: 67_108_864) else {
        problems.append("\(file): cannot be read")
        continue
      }
      let found = complaints(about: text, file, in: lessonWorld)
      problems += found
      if found.isEmpty, !quiet.short, !json.json { Terminal.talk("\(file): good") }
    }
    if json.json { Terminal.say("{\"schema\":1,\"problems\":[" + problems.map { JSONText.quoted($0) }.joined(separator: ",") + "]}") }
    else { problems.forEach { Terminal.say($0) } }
    if !problems.isEmpty { throw ToolFailure(.refused) }
  }

  private func complaints(about text: String, _ file: String, in lessonWorld: WorldDescription) -> [String] {
    switch kind ?? guess(text, file) {
    case .settings:
      let settings: HostSettings
      do { settings = try HostSettings(file: file, text: text, isPrivileged: false) } catch { return error.problems.map(\.description) }
      return HomeHost.problems(of: settings)
    case .world:
      let world: WorldDescription
      do { world = try WorldDescription(file: file, text: text) } catch { return error.problems.map(\.description) }
      return RaisedWorld.problems(of: world, folder: folder(of: file))
    case .scenario: return scenarioProblems(of: text, file)
    case .lesson:
      do {
        let lesson = try LessonFile(file: file, text: text)
        return lesson.problems(in: lessonWorld)
      } catch { return "\(error)".split(separator: "\n").map(String.init) }
    case .zone: return zoneProblems(of: text, file)
    }
  }

  private func scenarioProblems(of text: String, _ file: String) -> [String] {
    do {
      let scenario = try Scenario(file: file, text: text)
      let world = scenario.world(on: try ScenarioCommand.world(of: scenario, file))
      try scenario.check(names: world.hosts.map(\.name))
      return RaisedWorld.problems(of: world, folder: folder(of: file))
    } catch let failure as ToolFailure { return [failure.sentence] } catch { return ["\(error)"] }
  }

  /// The folder that files named in `file` are relative to.
  private func folder(of file: String) -> String {
    guard let slash = file.lastIndex(of: "/") else { return "." }
    return slash == file.startIndex ? "/" : String(file[..<slash])
  }

  private func zoneProblems(of text: String, _ file: String) -> [String] {
    guard let name = try? Name(origin ?? ".") else { return ["\(origin ?? "") is no domain name"] }
    let (records, problems) = MasterFileReader.records(Buffer(text), file: file, origin: name)
    guard problems.isEmpty else { return problems.map(\.description) }
    do { _ = try Zone(records: records) } catch { return error.problems.map { "\(file): \($0)" } }
    return []
  }

  private func guess(_ text: String, _ file: String) -> Kind {
    if file.hasSuffix(".yaml") || file.hasSuffix(".yml") {
      let lines = text.split(separator: "\n")
      if lines.contains(where: { $0.hasPrefix("questions:") }) { return .lesson }
      return lines.contains { $0.hasPrefix("hosts:") } ? .world : .settings
    }
    if file.hasSuffix(".zone") || text.contains("$ORIGIN") || text.contains(" SOA ") { return .zone }
    return .scenario
  }
}
