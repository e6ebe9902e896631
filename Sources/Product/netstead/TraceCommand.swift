// `netstead trace`: shows what is said in the running lab as it is said, or what a trace file holds.
import Bytes
import ArgumentParser
import Bytes
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

      Examples:
        netstead trace --follow
        netstead trace --host resolver --explain
        netstead trace --jsonl > run.jsonl; netstead trace run.jsonl --pcap run.pcapng
      """)

  @Argument(help: "A file that --jsonl wrote; the running lab when not given.")
  var file: String?

  @Flag(name: [.customShort("f"), .customLong("follow")], help: "Go on showing what is said until Ctrl-C.")
  var follow = false

  @Option(help: ArgumentHelp("Only what this host said or heard.", valueName: "name"))
  var host: String?

  @Option(help: ArgumentHelp("Only this protocol: dns, http, uppercase, ping.", valueName: "name"))
  var dialect: String?

  @OptionGroup(title: "Output") var output: OutputOptions

  /// Most bytes read of a trace. Unit: bytes.
  private static let bytesMax = 268_435_456

  func run() async throws {
    var replay = TraceReplay()
    var printer = TracePrinter(output, host: host, dialect: dialect)
    if let file {
      guard let text = SystemFile.text(file, bytesMax: TraceCommand.bytesMax) else { throw ToolFailure(.usage, "\(file) cannot be read") }
      try replay.add(text, file: file)
      printer.show(replay.store)
    } else {
      guard let lab = RunningLab.find(in: try LabRun.runtimeFolder()) else { throw ToolFailure(.refused, "no lab is running, and no file is named") }
      guard let console = lab.console else { throw ToolFailure(.refused, "the running lab has no console to ask") }
      let client = WebClient(network: SocketNetwork(loops: 1)) { _ in [.loopback] }
      guard let address = WebAddress(console + "events.jsonl") else { throw ToolFailure(.refused, "`\(console)` is no web address") }
      repeat {
        let page: Buffer
        do { page = try await client.get(address, bytesMax: TraceCommand.bytesMax).body } catch { throw ToolFailure(error) }
        try replay.add(page.text, file: console)
        printer.show(replay.store)
        if follow { try? await Task.sleep(for: .milliseconds(500)) }
      } while follow
    }
    if let path = output.pcap {
      let bytes = PacketCapture(explain: explainAnything).file(of: replay.store)
      guard OutputFile.write(bytes.array, to: path) else { throw ToolFailure(.usage, "\(path) cannot be written") }
    }
  }
}

/// Prints the events of a store, each once.
struct TracePrinter {
  private let output: OutputOptions
  private let host: String?
  private let dialect: String?
  private var transcript: Transcript
  private var shown: UInt64 = 0

  init(_ output: OutputOptions, host: String? = nil, dialect: String? = nil) {
    self.output = output
    self.host = host
    self.dialect = dialect
    var detail: Transcript.Detail = [.heads]
    if output.explain { detail.insert(.explain) }
    if output.wire { detail.insert(.wire) }
    if output.time { detail.insert(.time) }
    transcript = Transcript(detail, from: host.map { .host($0) } ?? .client, explain: explainAnything)
  }

  /// Prints what is new.
  mutating func show(_ store: TraceStore) {
    let lines = JSONLines(explain: output.explain ? explainAnything : nil)
    // Where both ends recorded a conversation one of them is enough, unless a host was named: then it is that host's account.
    let told = host == nil ? Set(store.exchanges().map(\.id)) : nil
    for event in store.events(after: shown).events {
      shown = event.sequence
      guard let info = store.conversation(event.conversation)?.info, dialect == nil || info.dialect.rawValue == dialect,
        host == nil || info.host == host, told?.contains(event.conversation) ?? true
      else { continue }
      if output.jsonl || output.json {
        Terminal.say(lines.line(for: event, in: info))
      } else {
        for line in transcript.lines(for: event, in: info) {
          Terminal.say(line.mark.ink.map { $0.paint(line.description, output.isColoured) } ?? line.description)
        }
      }
    }
  }
}
