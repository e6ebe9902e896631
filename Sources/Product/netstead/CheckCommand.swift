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
      """)

  @Argument(help: "The files.")
  var files: [String]

  @Option(name: .customLong("as"), help: "settings, world, scenario, lesson or zone.")
  var kind: Kind?

  @Option(help: ArgumentHelp("The zone's name, for zones without $ORIGIN.", valueName: "name"))
  var origin: String?

  @OptionGroup(title: "Output") var output: OutputOptions

  enum Kind: String, ExpressibleByArgument, CaseIterable { case settings, world, scenario, lesson, zone }

  func run() throws {
    var problems: [String] = []
    for file in files {
      guard let text = SystemFile.text(file, bytesMax: 67_108_864) else {
        problems.append("\(file): cannot be read")
        continue
      }
      let found = complaints(about: text, file)
      problems += found
      if found.isEmpty, !output.short, !output.json { Terminal.talk("\(file): good") }
    }
    if output.json { Terminal.say("{\"schema\":1,\"problems\":[" + problems.map { JSONText.quoted($0) }.joined(separator: ",") + "]}") }
    else { problems.forEach { Terminal.say($0) } }
    if !problems.isEmpty { throw ToolFailure(.refused) }
  }

  private func complaints(about text: String, _ file: String) -> [String] {
    switch kind ?? guess(text, file) {
    case .settings:
      do { _ = try HostSettings(file: file, text: text, isPrivileged: false) } catch { return error.problems.map(\.description) }
    case .world:
      do { _ = try WorldDescription(file: file, text: text) } catch { return error.problems.map(\.description) }
    case .scenario:
      do { _ = try Scenario(file: file, text: text) } catch { return [error.description] }
    case .lesson:
      do { _ = try LessonFile(file: file, text: text) } catch { return error.problems.map(\.description) }
    case .zone: return zoneProblems(of: text, file)
    }
    return []
  }

  private func zoneProblems(of text: String, _ file: String) -> [String] {
    guard let name = try? Name(origin ?? ".") else { return ["\(origin ?? "") is no domain name"] }
    let (records, problems) = MasterFileReader.records(Buffer(text), file: file, origin: name)
    guard problems.isEmpty else { return problems.map(\.description) }
    do { _ = try Zone(records: records) } catch { return error.problems.map { "\(file): \($0)" } }
    return []
  }

  private func guess(_ text: String, _ file: String) -> Kind {
    if file.hasSuffix(".zone") || text.contains("$ORIGIN") || text.contains(" SOA ") { return .zone }
    if file.hasSuffix(".yaml") || file.hasSuffix(".yml") {
      let lines = text.split(separator: "\n")
      if lines.contains(where: { $0.hasPrefix("questions:") }) { return .lesson }
      return lines.contains { $0.hasPrefix("hosts:") } ? .world : .settings
    }
    return .scenario
  }
}
