// `netstead manual DIR`: writes a manual page for each command, from the same declarations the parser reads. `make docs` calls it.
import ArgumentParser

/// Writes manual pages.
struct ManualCommand: ParsableCommand {
  static let configuration = CommandConfiguration(commandName: "manual", abstract: "Write the manual pages.", shouldDisplay: false)

  @Argument(help: "The folder.")
  var folder: String

  func run() throws {
    let pages: [(String, any ParsableCommand.Type)] = [
      ("netstead", Netstead.self), ("netstead-lab", LabCommand.self), ("netstead-lab-run", LabCommand.Run.self),
      ("netstead-lab-exec", LabCommand.Execute.self), ("netstead-lab-shell", LabCommand.Shell.self),
      ("netstead-lab-env", LabCommand.Environment.self), ("netstead-lab-ring", RingCommand.self), ("netstead-lab-swarm", SwarmCommand.self), ("netstead-up", UpCommand.self), ("netstead-dns", DNSCommand.self),
      ("netstead-http", HTTPCommand.self), ("netstead-nc", NetcatCommand.self), ("netstead-trace", TraceCommand.self),
      ("netstead-check", CheckCommand.self), ("netstead-doctor", DoctorCommand.self),
    ]
    for (name, command) in pages {
      let path = "\(folder)/\(name).1"
      guard OutputFile.write(Array(page(name, command).utf8), to: path) else { throw ToolFailure(.usage, "\(path) cannot be written") }
      Terminal.talk(path)
    }
  }

  /// The page in man(7)'s language. The help text is shown as it is printed, so that the two cannot differ.
  private func page(_ name: String, _ command: any ParsableCommand.Type) -> String {
    let configuration = command.configuration
    let (story, examples) = parts(configuration.discussion)
    let help = Netstead.helpMessage(for: command, columns: 78)
    var lines = [".TH \(name.uppercased()) 1 \"\" \"netstead \(Netstead.versionText)\" \"Netstead\"", ".SH NAME", "\(name) \\- \(escaped(configuration.abstract))"]
    let usage = help.split(separator: "\n").filter { $0.hasPrefix("USAGE:") }.map { escaped(String($0.dropFirst(7))) }
    lines += [".SH SYNOPSIS"] + usage
    if !story.isEmpty { lines += [".SH DESCRIPTION"] + story.map { escaped($0) } }
    lines += [".SH OPTIONS", ".nf"] + options(of: help).map { escaped($0) } + [".fi"]
    lines += [".SH EXIT STATUS"]
    for status in ExitStatus.allCases { lines += [".TP", "\(status.rawValue)", escaped(status.meaning)] }
    lines += [".SH EXAMPLES", ".nf"] + examples.map { escaped($0) } + [".fi"]
    return lines.joined(separator: "\n") + "\n"
  }

  /// The discussion's text, and its examples.
  private func parts(_ discussion: String) -> (story: [String], examples: [String]) {
    let lines = discussion.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
    guard let mark = lines.firstIndex(where: { $0 == "Examples:" || $0 == "Try first:" }) else { return (lines, []) }
    return (Array(lines[..<mark]).filter { !$0.isEmpty }, lines[(mark + 1)...].map { String($0.drop { $0 == " " }) })
  }

  /// What the help says from the arguments on.
  private func options(of help: String) -> [String] {
    let lines = help.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
    let start = lines.firstIndex { $0.hasSuffix(":") && $0 == $0.uppercased() && !$0.hasPrefix("OVERVIEW") && !$0.hasPrefix("USAGE") } ?? lines.endIndex
    return Array(lines[start...])
  }

  /// Text that troff leaves alone.
  private func escaped(_ text: String) -> String {
    let safe = text.split(separator: "\\", omittingEmptySubsequences: false).joined(separator: "\\e")
    let hyphened = safe.split(separator: "-", omittingEmptySubsequences: false).joined(separator: "\\-")
    return hyphened.hasPrefix(".") || hyphened.hasPrefix("'") ? "\\&" + hyphened : hyphened
  }
}
