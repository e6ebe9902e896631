// `netstead lab`: raises a world, runs commands in it, tells how to reach it.
// Not here: the running itself (LabRun.swift), namespaces (Lab/Namespace), the world's form (Lab/World).
import ArgumentParser
import Lab
import Settings

/// A small internet on this machine.
struct LabCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "lab",
    abstract: "A small internet on this machine, offline, without privileges.",
    discussion: """
      Without a subcommand it raises the world and keeps it up until Ctrl-C; the console shows every message.
      Nothing of the machine's own network is touched.
      """,
    subcommands: [Run.self, Execute.self, Shell.self, Environment.self, LinkChange.self, RingCommand.self, SwarmCommand.self, LessonTask.self, Check.self, Key.self, Report.self, Grade.self],
    defaultSubcommand: Run.self)

  /// Which world, and where it runs.
  struct WorldOptions: ParsableArguments {
    @Option(help: ArgumentHelp("The world's file; the built-in world when not given.", valueName: "file"))
    var world: String?

    @Option(help: ArgumentHelp("The seed of everything left to chance; 1, or the scenario's own, when not given.", valueName: "number"))
    var seed: UInt64?

    @Flag(name: .customLong("no-namespace"), help: "Use loopback addresses and ports + 8000 even where namespaces are allowed.")
    var noNamespace = false

    @Option(name: .customLong("as"), help: ArgumentHelp("The host as which commands speak, with the resolver near it; the world's own choice when not given.", valueName: "host"))
    var speaker: String?

    @Option(name: .customLong("console-port"), help: ArgumentHelp("Where the console listens; 0: any free port. 8000, or the next free one, when not given.", valueName: "port"))
    var consolePort: UInt16?

    /// The options given that say what is raised, and so mean nothing where a lab runs already.
    var given: [String] {
      [
        ("--world", world != nil), ("--seed", seed != nil), ("--no-namespace", noNamespace), ("--as", speaker != nil), ("--console-port", consolePort != nil),
      ].filter(\.1).map(\.0)
    }

    /// The world's text and what errors call it.
    func text() throws -> (text: String, file: String) {
      guard let world else { return (DefaultWorld.text, DefaultWorld.name) }
      guard let text = SystemFile.text(world, bytesMax: SettingsLimits().bytesMax) else {
        throw ToolFailure(.usage, "\(world) cannot be read, or is larger than 1 MiB")
      }
      return (text, world)
    }

    func description() throws -> WorldDescription {
      let (text, file) = try text()
      var description: WorldDescription
      do { description = try WorldDescription(file: file, text: text) } catch { throw ToolFailure(.usage, "\(error)") }
      if let speaker {
        let clients = description.hosts(as: .client).map(\.name)
        guard clients.contains(speaker) else {
          throw ToolFailure(.usage, "--as: expected a host with role client (\(clients.joined(separator: ", "))), found `\(speaker)`")
        }
        description.client = speaker
      }
      return description
    }

    /// The folder that files named in the world are relative to.
    var folder: String {
      guard let world, let slash = world.lastIndex(of: "/") else { return "." }
      return slash == world.startIndex ? "/" : String(world[..<slash])
    }
  }

  struct Run: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "run", abstract: "Raise the world and keep it up (the default).",
      discussion: """
        With --ci it runs one command in a world of its own, which many can do at once, and passes its exit code on; the command finds
        the world by NETSTEAD_API, NETSTEAD_SMTP, NETSTEAD_HTTP and their like. See docs/API.md.

        Examples:
          netstead lab
          netstead lab --ci -- python3 -m unittest
          netstead lab --ci --report out --seed 7 -- npm test
          netstead lab --ci --replay netstead-report/replay.yaml
          netstead lab --print-world > mine.yaml; netstead lab --world mine.yaml
          netstead lab --seed 7 --virtual-time scenario.txt
        """)

    @OptionGroup var options: WorldOptions

    @Flag(name: .customLong("print-world"), help: "Print the world's file and stop.")
    var printWorld = false

    @Option(name: .customLong("virtual-time"), help: ArgumentHelp("Run this scenario in the simulator and print its trace.", valueName: "script"))
    var script: String?

    @OptionGroup(title: "Tests") var tests: TestOptions

    @Argument(parsing: .postTerminator, help: ArgumentHelp("With --ci: the command, after `--`.", valueName: "command"))
    var command: [String] = []

    @Flag(help: "With --virtual-time: print who was served by whom and how quickly, instead of the trace.")
    var delays = false

    @OptionGroup(title: "Output") var json: JSONOption
    @OptionGroup(title: "Output") var quiet: QuietOption
    @OptionGroup(title: "Output") var colour: ColourOptions
    @OptionGroup(title: "Output of --virtual-time") var messages: MessageOptions

    mutating func validate() throws {
      if script == nil, let first = messages.given.first {
        throw ValidationError("\(first) shows what a scenario said (--virtual-time); what the running lab says, `netstead trace` shows.")
      }
      if script == nil, delays { throw ValidationError("--delays tells of a scenario: name one by --virtual-time.") }
      if !tests.ci, let first = tests.given.first ?? (command.isEmpty ? nil : "a command after `--`") { throw ValidationError("\(first) goes with --ci; `lab exec` runs a command in the running lab.") }
      if tests.ci, script != nil || printWorld { throw ValidationError("--ci runs a command, nothing else.") }
      if tests.replay != nil, options.world != nil || options.seed != nil { throw ValidationError("A replay brings its own world and seed.") }
      if script != nil, json.json { throw ValidationError("A scenario's trace is a stream: ask for --jsonl.") }
    }

    func run() async throws {
      if printWorld { return Terminal.say(try options.text().text) }
      if let script {
        return try ScenarioCommand(script: script, options: options, messages: messages, colour: colour, quiet: quiet, showsDelays: delays).run()
      }
      if tests.ci { return try await LabRun(tests, options, command: command, quiet: quiet).run() }
      try await LabRun(options: options, quiet: quiet, colour: colour, json: json).run()
    }
  }

  struct Execute: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "exec", abstract: "Run a command as the world's client; its exit code is passed through.",
      discussion: """
        Joins the lab that runs; when none does, raises one for as long as the command runs.

        Examples:
          netstead lab exec -- dig +trace www.garnet.test
          netstead lab exec -- curl -v http://www.garnet.test/
          netstead lab exec -- nc srv 6789
          netstead lab exec --as pc-asia -- dig +short video.cdn.test
        """)

    @OptionGroup var options: WorldOptions
    @OptionGroup(title: "Output") var quiet: QuietOption

    @Argument(parsing: .postTerminator, help: "The command, after `--`.")
    var command: [String] = []

    mutating func validate() throws { if command.isEmpty { throw ValidationError("Expected a command after `--`.") } }

    func run() async throws { try await LabRun(options: options, quiet: quiet, command: command).run() }
  }

  struct Shell: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "shell", abstract: "Open a shell as the world's client.",
      discussion: """
        Joins the lab that runs; when none does, raises one for as long as the shell runs.

        Examples:
          netstead lab shell
          netstead lab shell --world mine.yaml
          SHELL=/bin/sh netstead lab shell
        """)

    @OptionGroup var options: WorldOptions
    @OptionGroup(title: "Output") var quiet: QuietOption

    func run() async throws {
      try await LabRun(options: options, quiet: quiet, command: [Terminal.environment("SHELL") ?? "/bin/sh"]).run()
    }
  }

  struct LinkChange: ParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "link", abstract: "Change the link between two hosts of the running lab.",
      discussion: """
        Known: delay T, jitter T, loss N%, duplicated N%, reordered N%, rate R, queue S, packet S, cut, whole.
        A later change of the same link replaces the earlier one; `whole` alone brings back what the world says.

        Examples:
          netstead lab link pc edge1.cdn.test rate 500kbit/s
          netstead lab link pc www.garnet.test delay 200ms loss 5%
          netstead lab link pc edge1.cdn.test whole
        """)

    @Argument(help: "Two hosts, and what the link between them does.")
    var words: [String]

    func run() throws {
      let folder = try LabRun.runtimeFolder()
      guard let lab = RunningLab.find(in: folder) else { throw ToolFailure(.refused, "no lab is running: start one by `netstead lab`") }
      let complaint: String?
      do { complaint = try LinkOrders.give(words, to: lab, in: folder) } catch { throw ToolFailure(.unreachable, "\(error)") }
      if let complaint { throw ToolFailure(.usage, complaint) }
    }
  }

  struct Environment: ParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "env", abstract: "Print the variables by which programs find the running lab.",
      discussion: """
        Examples:
          eval "$(netstead lab env)"
          netstead lab env --json
          dig @${NETSTEAD_RESOLVER%:*} -p ${NETSTEAD_RESOLVER#*:} www.garnet.test
        """)

    @OptionGroup(title: "Output") var json: JSONOption

    func run() throws {
      guard let lab = RunningLab.find(in: try LabRun.runtimeFolder()) else { throw ToolFailure(.refused, "no lab is running: start one by `netstead lab`") }
      if json.json { return Terminal.say(JSONText.object(lab.environment.map { ($0.name, $0.value) })) }
      for variable in lab.environment { Terminal.say("export \(variable.name)=\(ShellText.quoted(variable.value))") }
    }
  }
}

/// Text for a shell.
enum ShellText {
  /// In single quotes where a shell would not leave it alone.
  static func quoted(_ text: String) -> String {
    let isPlain = !text.isEmpty && text.utf8.allSatisfy { byte in
      (0x30...0x39).contains(byte) || (0x41...0x5A).contains(byte) || (0x61...0x7A).contains(byte) || "_-./:@%+,=".utf8.contains(byte)
    }
    return isPlain ? text : "'" + text.split(separator: "'", omittingEmptySubsequences: false).joined(separator: "'\\''") + "'"
  }
}
