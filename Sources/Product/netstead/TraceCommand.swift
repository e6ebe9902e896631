// `netstead trace`: shows what is said in the running lab as it is said, or what a trace file holds.
// Not here: reading a trace file's lines (Console/TraceReplay), the console that a running lab is asked through (Console/Export).
import ArgumentParser
import Bytes
import Console
import HTTP
import Lab
import Trace
import Transport
import WebServer
import World

/// Shows a trace.
struct TraceCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "trace", abstract: "Show what is said in the running lab, or in a trace file.",
    discussion: """
      `>` sent, `<` received, `*` note, `!` problem, `~` inside TLS, as the client sees it.
      A capture of the running lab holds the keys to its TLS; a trace file holds none.

      Examples:
        netstead trace --follow
        netstead trace --host resolver --explain
        netstead trace --jsonl > run.jsonl; netstead trace run.jsonl --pcap run.pcapng
        netstead trace --story 12      the conversation and all it led to, as one ladder
      """)

  @Argument(help: "A file that --jsonl wrote; the running lab when not given.")
  var file: String?

  @Flag(name: [.customShort("f"), .customLong("follow")], help: "Go on showing what is said until Ctrl-C.")
  var follow = false

  @Option(help: ArgumentHelp("Only what this host said or heard.", valueName: "name"))
  var host: String?

  @Option(help: ArgumentHelp("Only this protocol: dns, http, uppercase, ping.", valueName: "name"))
  var dialect: String?

  @Option(help: ArgumentHelp("Draw this conversation with those it is because of and those it led to; numbers are the console's.", valueName: "number"))
  var story: UInt64?

  @OptionGroup(title: "Output") var messages: MessageOptions
  @OptionGroup(title: "Output") var colour: ColourOptions

  /// Most bytes read of a trace. Unit: bytes.
  private static let bytesMax = 268_435_456

  mutating func validate() throws {
    if file != nil, follow { throw ValidationError("A file does not grow: leave out --follow.") }
    if story != nil, follow || host != nil || dialect != nil || messages.pcap != nil {
      throw ValidationError("A story is drawn whole: --story goes with --explain, --wire, --time and --jsonl only.")
    }
  }

  func run() async throws {
    if let file { return try show(file) }
    let lab = try RunningTrace()
    var replay = TraceReplay()
    if let story {
      try await readNew(of: lab, &replay)
      return try show(story, in: replay)
    }
    var printer = TracePrinter(messages, colour, host: host, dialect: dialect)
    try await showNew(of: lab, &replay, &printer)
    if follow {
      // Ctrl-C is how one ends following: what was asked for besides is still done.
      let interruption = InterruptionWatch()
      while !interruption.hasCome {
        try await Task.sleep(for: .milliseconds(500))
        try await showNew(of: lab, &replay, &printer)
      }
    }
    guard let path = messages.pcap else { return }
    // The lab's own capture, since only there the keys to what was said inside TLS are known.
    let packets = try await lab.get("export.pcapng", [("host", host), ("proto", dialect)], bytesMax: Self.bytesMax)
    guard OutputFile.write(packets.array, to: path) else { throw ToolFailure(.usage, "\(path) cannot be written") }
  }

  /// Shows a trace file.
  private func show(_ file: String) throws {
    guard let text = SystemFile.text(file, bytesMax: Self.bytesMax) else { throw ToolFailure(.usage, "\(file) cannot be read") }
    var replay = TraceReplay()
    do { try replay.add(text, file: file) } catch { throw ToolFailure(.usage, "\(error)") }
    if let story { return try show(story, in: replay) }
    var printer = TracePrinter(messages, colour, host: host, dialect: dialect)
    printer.show(replay.store, as: replay.original)
    guard let path = messages.pcap else { return }
    let exchanges = replay.store.exchanges().reversed().filter { exchange in
      (dialect == nil || exchange.best.info.dialect.rawValue == dialect) && (host == nil || exchange.records.contains { $0.info.host == host })
    }
    if exchanges.contains(where: { $0.best.info.encrypted }) {
      Terminal.talk("* a trace file holds no TLS keys: in the capture, what was said inside TLS stays closed")
    }
    let packets = PacketCapture(explain: explainAnything).file(of: exchanges.map { replay.store.dialogue(of: $0) })
    guard OutputFile.write(packets.array, to: path) else { throw ToolFailure(.usage, "\(path) cannot be written") }
  }

  /// Draws the story of a conversation; below it what was asked for of its messages.
  private func show(_ number: UInt64, in replay: TraceReplay) throws {
    guard let id = replay.conversation(number), let story = replay.store.story(of: id) else {
      throw ToolFailure(.usage, "there is no conversation \(number), or none any more")
    }
    if !messages.jsonl {
      for line in Ladder(story.dialogues, names: { _ in nil }, explain: explainAnything).lines { Terminal.say(line) }
      if story.leftOut > 0 { Terminal.talk("* \(story.leftOut) more conversations of this story are left out") }
    }
    guard messages.jsonl || messages.showsMessages else { return }
    var printer = TracePrinter(messages, colour, story: story)
    printer.show(replay.store, as: replay.original)
  }

  private func showNew(of lab: RunningTrace, _ replay: inout TraceReplay, _ printer: inout TracePrinter) async throws {
    try await readNew(of: lab, &replay)
    printer.show(replay.store, as: replay.original)
  }

  private func readNew(of lab: RunningTrace, _ replay: inout TraceReplay) async throws {
    let lines = try await lab.get("events.jsonl", [("after", "\(replay.last)"), ("explain", "no")], bytesMax: Self.bytesMax)
    do { try replay.add(lines.text, file: lab.console) } catch { throw ToolFailure(.brokenPeer, "\(error)") }
  }
}

/// The trace of the lab that runs, asked for at its console.
private struct RunningTrace {
  let console: String
  private let client = WebClient(network: SocketNetwork(loops: 1)) { _, _ in [.loopback] }

  init() throws {
    guard let lab = RunningLab.find(in: try LabRun.runtimeFolder()) else { throw ToolFailure(.refused, "no lab is running, and no file is named") }
    guard let console = lab.console else { throw ToolFailure(.refused, "the running lab has no console to ask") }
    self.console = console
  }

  /// One of the console's files. Values that are nil are left out of the query.
  func get(_ name: String, _ query: [(String, String?)], bytesMax: Int) async throws -> Buffer {
    let pairs = query.compactMap { key, value in value.map { "\(key)=\(PercentText.encoded($0))" } }
    guard let address = WebAddress(console + name + "?" + pairs.joined(separator: "&")) else { throw ToolFailure(.refused, "`\(console)` is no web address") }
    do { return try await client.get(address, bytesMax: bytesMax).body } catch { throw ToolFailure(error) }
  }
}

/// Prints the events of a store, each once.
struct TracePrinter {
  private let messages: MessageOptions
  private let colour: ColourOptions
  private let host: String?
  private let dialect: String?
  private let story: Story?
  private var transcript: Transcript
  private var shown: UInt64 = 0

  init(_ messages: MessageOptions, _ colour: ColourOptions, host: String? = nil, dialect: String? = nil, story: Story? = nil) {
    self.messages = messages
    self.colour = colour
    self.host = host
    self.dialect = dialect
    self.story = story
    transcript = Transcript(messages.detail, from: host.map { .host($0) } ?? .client, explain: explainAnything)
  }

  /// Prints what is new, as JSON lines with the numbers that `original` gives it; without those that it gives none.
  mutating func show(_ store: TraceStore, as original: (Event) -> Event? = { $0 }) {
    let lines = JSONLines(explain: messages.explain ? explainAnything : nil)
    // Where both ends recorded a conversation people need only one of them, unless a host was named: then it is that host's account. Lines for
    // programs are all there are, so that what is read back from them is the same trace.
    let told = host == nil && !messages.jsonl ? Set(store.exchanges().map(\.id)) : nil
    for event in store.events(after: shown).events {
      shown = event.sequence
      guard let info = store.conversation(event.conversation)?.info, dialect == nil || info.dialect.rawValue == dialect,
        host == nil || info.host == host, told?.contains(event.conversation) ?? true,
        story?.dialogues.contains(where: { dialogue in dialogue.exchange.records.contains { $0.id == event.conversation } && dialogue.holds(event) }) ?? true
      else { continue }
      if messages.jsonl {
        if let event = original(event) { Terminal.say(lines.line(for: event, in: info)) }
      } else {
        for line in transcript.lines(for: event, in: info) {
          Terminal.say(line.mark.ink.map { $0.paint(line.description, colour.isColoured) } ?? line.description)
        }
      }
    }
  }
}
