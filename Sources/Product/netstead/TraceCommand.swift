// `netstead trace`: shows what is said in the running lab, as it is said.
import ArgumentParser

/// Shows a trace.
struct TraceCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "trace", abstract: "Show what is said in the running lab.",
    discussion: """
      Examples:
        netstead trace
        netstead trace --explain
        netstead trace --jsonl | grep dns
      """)

  @OptionGroup(title: "Output") var output: OutputOptions

  func run() async throws {}
}
