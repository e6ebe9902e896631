// `netstead lab --ci`: what it is told, and what a replay adds to that.
// Not here: the run (LabRun.swift, LabSession.swift), the report (Lab/Report).
import ArgumentParser
import Lab
import Settings

/// A command run in a world of its own.
struct TestOptions: ParsableArguments {
  @Flag(help: "Run a command, after `--`, in a world of its own, and leave a report when it fails.")
  var ci = false

  @Option(help: ArgumentHelp("Where --ci leaves its report; netstead-report when not given.", valueName: "folder"))
  var report: String?

  @Flag(name: .customLong("report-always"), help: "Leave the report also when the command succeeds.")
  var reportAlways = false

  @Option(help: ArgumentHelp("Run again what a report's replay.yaml tells of.", valueName: "file"))
  var replay: String?

  /// The options given that say something about such a run.
  var given: [String] {
    [("--report", report != nil), ("--report-always", reportAlways), ("--replay", replay != nil)].filter(\.1).map(\.0)
  }
}

/// One such run.
struct TestRun: Sendable {
  var report: String
  var isReportedAlways: Bool
  /// What is to be ordered through the API, with the time since the command's beginning.
  var orders: [APIOrder] = []
  /// What files named by the world are relative to, where that is not the world's own place.
  var folder: String?
}

extension LabRun {
  /// The run that `tests` asks for, with `command` or the one of a replay.
  init(_ tests: TestOptions, _ options: LabCommand.WorldOptions, command: [String], quiet: QuietOption) throws {
    self.init(options: options, quiet: quiet, command: command)
    var test = TestRun(report: tests.report ?? "netstead-report", isReportedAlways: tests.reportAlways)
    if let file = tests.replay {
      guard let text = SystemFile.text(file, bytesMax: SettingsLimits().bytesMax) else { throw ToolFailure(.usage, "\(file) cannot be read, or is larger than 1 MiB") }
      let replay: RunReplay
      do { replay = try RunReplay(file: file, text: text) } catch { throw ToolFailure(.usage, "\(error)") }
      let place = file.lastIndex(of: "/").map { String(file[...$0]) } ?? ""
      self.options.world = place + "world.yaml"
      self.options.seed = replay.seed
      self.options.speaker = replay.speaker
      test.folder = replay.folder
      // The command of the first run gives its orders itself, again; another one does not.
      if command.isEmpty { self.command = replay.command } else if command != replay.command { test.orders = replay.orders }
    }
    guard self.command?.isEmpty == false else { throw ToolFailure(.usage, "--ci expects a command after `--`, or --replay with a run to repeat") }
    self.test = test
  }
}
