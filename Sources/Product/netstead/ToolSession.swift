// What every tool shares: a network, a trace of what it said, and showing that trace in the form asked for.
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
  let output: OutputOptions
  /// Set when standard output carries the tool's own data, so that the transcript belongs on standard error.
  let talksOnly: Bool

  init(_ output: OutputOptions, talksOnly: Bool = false) {
    self.output = output
    self.talksOnly = talksOnly
  }

  var trace: TraceContext {
    var trace = TraceContext(recorder: store, host: "netstead", role: .client)
    trace.showsSecrets = output.showSecrets
    return trace
  }

  var client: NameClient { NameClient(network, timeout: output.timeout.duration, trace: trace) }

  /// Whether the messages themselves are to be shown.
  var showsMessages: Bool { output.explain || output.wire || output.time }

  /// Shows what was said, as far as it was asked for, and writes the capture.
  func finish() throws {
    if output.jsonl { Terminal.say(JSONLines(explain: output.explain ? explainAnything : nil).lines(of: store)) }
    if showsMessages, !output.jsonl, !output.json { tellTranscript() }
    if let path = output.pcap {
      let bytes = PacketCapture(secrets: store.tlsSecrets, explain: explainAnything).file(of: store)
      guard OutputFile.write(bytes.array, to: path) else { throw ToolFailure(.usage, "\(path) cannot be written") }
    }
  }

  private func tellTranscript() {
    var detail: Transcript.Detail = [.heads]
    if output.explain { detail.insert(.explain) }
    if output.wire { detail.insert(.wire) }
    if output.time { detail.insert(.time) }
    var transcript = Transcript(detail, explain: explainAnything)
    let coloured = talksOnly ? output.isTalkColoured : output.isColoured
    for event in store.events(after: 0).events {
      guard let info = store.conversation(event.conversation)?.info else { continue }
      for line in transcript.lines(for: event, in: info) {
        let text = line.mark.ink.map { $0.paint(line.description, coloured) } ?? line.description
        if talksOnly { Terminal.talk(text) } else { Terminal.say(text) }
      }
    }
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
