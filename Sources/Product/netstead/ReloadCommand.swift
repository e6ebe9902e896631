// `netstead reload`: lets the `netstead up` that runs read its settings again, and tells what became of it.
// Not here: taking them over (Host/HomeHost), finding it (RunningHost.swift).
import ArgumentParser
import Lab
#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#else
import Darwin
#endif

/// Lets a running host read its settings again.
struct ReloadCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "reload", abstract: "Let a running `netstead up` read its settings again.",
    discussion: """
      The settings file is the one that `netstead up` was started with; what hangs on its command line stays. New requests see the new settings, open
      connections live on. A mistake is told with file, line and column, and changes nothing. The signal HUP does the same.

      Examples:
        netstead reload
        netstead reload --data /srv/netstead
      """)

  @Option(help: ArgumentHelp("Where the durable data of the running one lives; $XDG_DATA_HOME/netstead when not given.", valueName: "folder"))
  var data: String?

  func run() async throws {
    let folder = data ?? Terminal.dataFolder
    let running = RunningHost(dataDirectory: folder)
    guard let process = running.process else { throw ToolFailure(.unreachable, "no `netstead up` runs with its data in \(folder)") }
    running.write(.ordered)
    guard kill(process, SIGHUP) == 0 else { throw ToolFailure(.unreachable, "process \(process) takes no signal: \(SystemError.text(errno))") }
    for _ in 0..<600 {
      try await Task.sleep(for: .milliseconds(50))
      switch running.read() {
      case (.taken, let text)?:
        if !text.isEmpty { Terminal.talk(text) }
        return
      case (.refused, let text)?: throw ToolFailure(.usage, text)
      case (.ordered, _)?, nil: continue
      }
    }
    throw ToolFailure(.unreachable, "process \(process) has not said within 30 seconds what became of it")
  }
}
