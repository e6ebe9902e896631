// What every command understands: how results are shown, how long to wait, what is kept.
import ArgumentParser
import Settings

/// How results are shown.
struct OutputOptions: ParsableArguments {
  @Flag(help: "One JSON object.")
  var json = false

  @Flag(help: "A stream of events, one JSON object a line.")
  var jsonl = false

  @Flag(help: "Explain each field of each message.")
  var explain = false

  @Flag(help: "Show the bytes, cut at the fields' borders.")
  var wire = false

  @Option(help: ArgumentHelp("Write the packets, with TLS secrets, for Wireshark.", valueName: "file"))
  var pcap: String?

  @Flag(name: [.customShort("q"), .customLong("short")], help: "Only the answer.")
  var short = false

  @Option(help: "Colour: auto, always or never.")
  var color = ColorChoice.auto

  @Flag(name: .customLong("no-color"), help: "No colour (also NO_COLOR, TERM=dumb).")
  var noColor = false

  @Flag(name: .customLong("no-input"), help: "Never ask. (Nothing asks yet; for scripts written ahead.)")
  var noInput = false

  @Option(help: ArgumentHelp("Give up after this long.", valueName: "time"))
  var timeout = TimeSpan(duration: .seconds(10))

  @Flag(help: "Show when each thing happened.")
  var time = false

  @Flag(name: .customLong("show-secrets"), help: "Print passwords and tokens instead of asterisks.")
  var showSecrets = false

  mutating func validate() throws {
    if json, jsonl { throw ValidationError("Either --json or --jsonl, not both.") }
    if pcap?.isEmpty == true { throw ValidationError("--pcap needs the name of a file.") }
  }

  /// Whether standard output is coloured.
  var isColoured: Bool { isColoured(watched: Terminal.isWatched) }

  /// Whether standard error is coloured.
  var isTalkColoured: Bool { isColoured(watched: Terminal.isTalkWatched) }

  private func isColoured(watched: Bool) -> Bool {
    switch color {
    case .always: return true
    case .never: return false
    case .auto: return !noColor && watched && Terminal.environment("NO_COLOR") == nil && Terminal.environment("TERM") != "dumb"
    }
  }
}

/// When to colour.
enum ColorChoice: String, ExpressibleByArgument, CaseIterable { case auto, always, never }

/// A stretch of time as an argument: `10ms`, `5s`, `1h30m`.
struct TimeSpan: ExpressibleByArgument, Sendable {
  var duration: Duration

  init(duration: Duration) { self.duration = duration }

  init?(argument: String) {
    guard let duration = SettingsForm<Duration>.duration.read(argument) else { return nil }
    self.duration = duration
  }

  var defaultValueDescription: String { "\(duration.components.seconds)s" }
}
