// The options that commands share, in small groups, so that a command has those it obeys and no other.
// Not here: what becomes of them (ToolSession, TraceCommand).
import ArgumentParser
import Settings

/// Saying less.
struct QuietOption: ParsableArguments {
  @Flag(name: [.customShort("q"), .customLong("short")], help: "Only the answer.")
  var short = false
}

/// Whether to colour.
struct ColourOptions: ParsableArguments {
  @Option(help: "Colour: auto, always or never.")
  var color = ColorChoice.auto

  @Flag(name: .customLong("no-color"), help: "No colour (also NO_COLOR, TERM=dumb).")
  var noColor = false

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

/// The result for programs.
struct JSONOption: ParsableArguments {
  @Flag(help: "One JSON object.")
  var json = false
}

/// How messages are shown.
struct MessageOptions: ParsableArguments {
  @Flag(help: "A stream of events, one JSON object a line.")
  var jsonl = false

  @Flag(help: "Explain each field of each message.")
  var explain = false

  @Flag(help: "Show the bytes, cut at the fields' borders.")
  var wire = false

  @Flag(help: "Show when each thing happened.")
  var time = false

  @Option(help: ArgumentHelp("Write the packets, with the TLS secrets that are known, for Wireshark.", valueName: "file"))
  var pcap: String?

  mutating func validate() throws {
    if pcap?.isEmpty == true { throw ValidationError("--pcap needs the name of a file.") }
  }

  /// Whether the messages themselves are to be shown as text.
  var showsMessages: Bool { (explain || wire || time) && !jsonl }

  /// The options given that say something about messages, for commands in which they have to do with others.
  var given: [String] {
    [("--jsonl", jsonl), ("--explain", explain), ("--wire", wire), ("--time", time), ("--pcap", pcap != nil)].filter(\.1).map(\.0)
  }

  /// Complains about options that `--json` leaves no room for.
  func validate(beside json: JSONOption) throws {
    guard json.json else { return }
    if jsonl { throw ValidationError("Either --json or --jsonl, not both.") }
    if wire || time { throw ValidationError("--wire and --time show messages as text: leave out --json, or ask for --jsonl, which has both.") }
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
