// What can be taken away, and how the console is used.
import Trace
import World

/// `/export`
struct ExportPage: Sendable {
  let frame: Frame

  init(_ frame: Frame) { self.frame = frame }

  var page: Page {
    let counters = frame.model.trace.counters
    func item(_ path: String, _ name: String, _ text: HTML) -> HTML {
      "<section class=\"card take\"><h2>\(name)</h2><p>\(text)</p><p><a class=\"button\" href=\"\(path)\" download>Download</a></p></section>\n"
    }
    let secrets = frame.model.trace.tlsSecrets.count
    let secretsText = secrets == 0 ? "" : " The keys of TLS connections are inside, so it can be read; treat the file as a secret."
    return frame.page(
      "Export", place: .export,
      """
      <div class="title"><div><h1>Export</h1><p class="lead">What is kept now: \(Phrase.grouped(counters.recorded - min(counters.recorded, counters.forgotten))) events.</p></div></div>
      <div class="takes">
      \(item("/export.pcapng", "Packets", "A pcapng file for Wireshark and tshark, with host names, handshakes, checksums and our explanations as comments.\(secretsText)"))
      \(item("/events.jsonl", "Events", "JSON lines, schema \(JSONLines.schema): one event a line, with bytes, titles and fields. What <code>netstead trace --jsonl</code> prints."))
      \(item("/export.json", "Summary", "One JSON document: hosts, counters, and every conversation with its first and newest message."))
      </div>
      """)
  }
}

/// `/help`
struct HelpPage: Sendable {
  let frame: Frame

  init(_ frame: Frame) { self.frame = frame }

  var page: Page {
    let keys: [(String, String)] = [
      ("j", "next row, arrow or field"), ("k", "the one before"), ("Enter", "open it"), ("Esc", "back up"), ("/", "to the filter"),
      ("Space", "pause and go on"), ("n", "next message"), ("p", "message before"), ("g then a letter", "go to a place: \(Frame.Place.allCases.map(\.key).joined(separator: " "))"), ("?", "this page"),
    ]
    let rows = keys.map { "<tr><th scope=\"row\"><kbd>\($0.0)</kbd></th><td>\($0.1)</td></tr>\n" as HTML }
    return frame.page(
      "Help", place: .help,
      """
      <div class="title"><div><h1>Help</h1><p class="lead">The console shows; it changes nothing. Every page can be read without scripts and has an address to share.</p></div></div>
      <section class="card flush"><h2>Keys</h2><table class="list keys"><caption class="visually-hidden">Keys</caption><thead><tr><th scope="col">Key</th><th scope="col">What it does</th></tr></thead><tbody>
      \(rows)</tbody></table>
      <p class="pad script-only"><label><input type="checkbox" data-keys-switch> Single keys are on</label></p></section>
      <section class="card"><h2>How to read a ladder</h2>
      <p>Each column is a host, each arrow a message, time runs down. An arrow that ends in a cross was <strong>lost</strong>; a dashed one is a <strong>repeat</strong> by the link; a lock says that it went inside TLS. Where both ends recorded a message, the arrow falls a little, and its title says how long it was on the way.</p></section>
      <section class="card"><h2>What is kept</h2>
      <p>The newest \(Phrase.grouped(frame.model.trace.limits.eventsMax)) events and \(Phrase.size(frame.model.trace.limits.bytesMax)) of messages, at most \(Phrase.size(frame.model.trace.limits.bytesPerEventMax)) of each. Older ones make room, and are counted. Passwords and other secrets are masked before they get here.</p></section>
      """)
  }
}
