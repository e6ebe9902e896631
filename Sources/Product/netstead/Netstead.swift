// The executable: arguments and printing only. What the commands do is in Host, Lab, Console and the servers.
// Read next: LabCommand.swift, NetcatCommand.swift, OutputOptions.swift (what every command understands), ExitStatus.swift.
import ArgumentParser

/// The root of all commands.
struct Netstead: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "netstead",
    abstract: "The Internet's application layer in one program.",
    discussion: """
      Try first:
        netstead lab                                   a small internet of your own, with a console to watch it
        netstead lab exec -- dig +trace www.garnet.test
        netstead dns www.garnet.test --explain
        netstead up                                    host a domain on this machine
      """,
    version: Netstead.versionText,
    groupedSubcommands: [
      CommandGroup(name: "Internet", subcommands: [LabCommand.self, UpCommand.self]),
      CommandGroup(name: "Tools", subcommands: [DNSCommand.self, NamesCommand.self, HTTPCommand.self, MailCommand.self, FTPCommand.self, TorrentCommand.self, NetcatCommand.self, TraceCommand.self]),
      CommandGroup(name: "Care", subcommands: [CheckCommand.self, ReloadCommand.self, UserCommand.self, PasswordCommand.self, DoctorCommand.self, ManualCommand.self]),
    ])

  /// The program's version.
  static let versionText = "0.1.0"
}

/// Where the process begins: runs the command named by the arguments and turns what became of it into an exit code.
@main
enum Entrance {
  static func main() async {
    Terminal.prepare()
    do {
      var command = try Netstead.parseAsRoot()
      if var waiting = command as? any AsyncParsableCommand { try await waiting.run() } else { try command.run() }
      Terminal.exit(.done)
    } catch let failure as ToolFailure {
      if !failure.sentence.isEmpty { Terminal.talk("netstead: \(failure.sentence)") }
      Terminal.exit(failure.status)
    } catch let code as ExitCode {
      Terminal.exit(code: code.rawValue)
    } catch {
      let message = Netstead.fullMessage(for: error)
      let code = Netstead.exitCode(for: error).rawValue
      // Help that was asked for is data; what is said about a mistake is talk.
      if code == 0 { Terminal.say(message) } else { Terminal.talk(message) }
      // The parser says 64 for usage, as BSD does; the family's contract says 2.
      Terminal.exit(code: code == ExitCode.validationFailure.rawValue ? ExitStatus.usage.rawValue : code)
    }
  }
}
