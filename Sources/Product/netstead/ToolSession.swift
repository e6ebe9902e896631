// One run of a tool: a network, a trace of what it said, and showing that trace in the form asked for.
import Bytes
import DNS
import Host
import Sockets
import Trace
import Transport
import World

/// One run of a tool.
struct ToolSession {
  let network = SocketNetwork(loops: 1)
  let store = TraceStore()
  let names = SystemNames()
  let messages: MessageOptions
  let colour: ColourOptions
  /// How long is waited for an answer.
  let timeout: Duration
  /// Whether the trace keeps passwords and tokens.
  var showsSecrets = false
  /// Set when standard output carries the tool's own data, so that the transcript belongs on standard error.
  var talksOnly = false

  init(_ messages: MessageOptions, _ colour: ColourOptions, timeout: TimeSpan) {
    self.messages = messages
    self.colour = colour
    self.timeout = timeout.duration
  }

  var trace: TraceContext {
    var trace = TraceContext(recorder: store, host: "netstead", role: .client)
    trace.showsSecrets = showsSecrets
    return trace
  }

  var client: NameClient { NameClient(network, timeout: timeout, trace: trace) }

  /// Shows what was said, as far as it was asked for, and writes the capture.
  func finish(besides json: JSONOption? = nil) throws {
    if messages.jsonl { Terminal.say(JSONLines(explain: messages.explain ? explainAnything : nil).lines(of: store)) }
    if messages.showsMessages, json?.json != true { tellTranscript() }
    if let path = messages.pcap { try OutputFile.capture(store, to: path) }
  }

  private func tellTranscript() {
    var transcript = Transcript(messages.detail, explain: explainAnything)
    let coloured = talksOnly ? colour.isTalkColoured : colour.isColoured
    for event in store.events(after: 0).events {
      guard let info = store.conversation(event.conversation)?.info else { continue }
      for line in transcript.lines(for: event, in: info) {
        let text = line.mark.ink.map { $0.paint(line.description, coloured) } ?? line.description
        if talksOnly { Terminal.talk(text) } else { Terminal.say(text) }
      }
    }
  }
}

extension MessageOptions {
  /// How much of each message a transcript shows.
  var detail: Transcript.Detail {
    var detail: Transcript.Detail = [.heads]
    if explain { detail.insert(.explain) }
    if wire { detail.insert(.wire) }
    if time { detail.insert(.time) }
    return detail
  }
}

extension OutputFile {
  /// Writes what a store holds as packets.
  static func capture(_ store: TraceStore, to path: String) throws {
    let bytes = PacketCapture(explain: explainAnything).file(of: store)
    guard write(bytes.array, to: path) else { throw ToolFailure(.usage, "\(path) cannot be written") }
  }
}

extension Transcript.Mark {
  /// The colour of a line.
  var ink: Ink? {
    switch self {
    case .sent, .sentInside: .blue
    case .received, .receivedInside: .green
    case .problem: .red
    case .note, .explanation: .grey
    }
  }
}
