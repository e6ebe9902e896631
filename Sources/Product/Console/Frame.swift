// What all pages share: the head, the rail of places, the way a list's row of a conversation looks.
import Bytes
import HTTP
import Trace
import World

/// The frame around a page's content.
struct Frame: Sendable {
  let model: ConsoleModel
  let request: ConsoleRequest
  /// The lesson whose trace is shown; nil: what is shown is the running world's.
  var lesson: LessonPlace?

  /// The page of a message.
  func messagePath(_ sequence: UInt64) -> String { lesson?.message(sequence) ?? "/message/\(sequence)" }

  /// The places in the rail.
  enum Place: String, CaseIterable {
    case overview, conversations, ladder, hosts, peers, lessons, models, export, help

    var path: String { self == .overview ? "/" : "/" + rawValue }
    var name: String { rawValue.prefix(1).uppercased() + rawValue.dropFirst() }
    /// The letter that leads here after `g`.
    var key: String { self == .lessons ? "s" : String(rawValue.prefix(1)) }
    /// A line drawing, 20 by 20.
    var icon: HTML {
      switch self {
      case .overview: "<path d=\"M3 9 10 3l7 6v8h-5v-5H8v5H3z\"/>"
      case .conversations: "<path d=\"M3 5h14M3 10h14M3 15h9\"/>"
      case .ladder: "<path d=\"M5 2v16M15 2v16M5 6h8m-2-2 2 2-2 2M15 13H7m2-2-2 2 2 2\"/>"
      case .hosts: "<path d=\"M3 4h14v5H3zM3 11h14v5H3zM6 6.5h.01M6 13.5h.01\"/>"
      case .peers: "<path d=\"M10 3.5h.01M4 15.500h.01M16 15.500h.01M10 5.500 5 14M10 5.500 15 14M6 15.500h8\"/><circle cx=\"10\" cy=\"4\" r=\"1.500\"/><circle cx=\"4.500\" cy=\"15.500\" r=\"1.500\"/><circle cx=\"15.500\" cy=\"15.500\" r=\"1.500\"/>"
      case .lessons: "<path d=\"M2 8l8-4 8 4-8 4zM5.500 10v4c2.500 2 6.500 2 9 0v-4\"/>"
      case .models: "<path d=\"M10 3a7 7 0 1 0 0 14 7 7 0 0 0 0-14zM10 3l6 10M16.500 7.500H4\"/>"
      case .export: "<path d=\"M10 3v10m-4-4 4 4 4-4M3 17h14\"/>"
      case .help: "<path d=\"M7.5 7.5a2.5 2.5 0 1 1 3.6 2.2c-.8.4-1.1 1-1.1 1.8M10 14.5h.01M10 2.5a7.5 7.5 0 1 0 0 15 7.5 7.5 0 0 0 0-15z\"/>"
      }
    }
  }

  func page(_ title: String, place: Place?, live: Bool = false, _ content: HTML) -> Page {
    let counters = model.trace.counters
    let links = Place.allCases.filter { ($0 != .lessons || model.lessons != nil) && ($0 != .models || model.models != nil) && ($0 != .peers || model.peers != nil) }.map { item -> HTML in
      let current: HTML = item == place ? " aria-current=\"page\"" : ""
      return """
        <li><a href="\(item.path)"\(current) data-go="\(item.key)"><svg class="icon" viewBox="0 0 20 20" aria-hidden="true">\(item.icon)</svg><span>\(item.name)</span></a></li>

        """
    }
    let html: HTML = """
      <!doctype html>
      <html lang="en"\(theme)>
      <head>
      <meta charset="utf-8">
      <meta name="viewport" content="width=device-width, initial-scale=1">
      <title>\(title) · \(model.title)</title>
      <link rel="icon" href="\(Asset.icon.path)" type="image/svg+xml">
      <link rel="stylesheet" href="\(Asset.style.path)">
      <script type="module" src="\(Asset.script.path)"></script>
      </head>
      <body data-page="\(place?.rawValue ?? "none")"\(live ? " data-live" : "")>
      <a class="skip" href="#main">Skip to content</a>
      <header class="rail">
      <a class="brand" href="/"><svg viewBox="0 0 32 32" aria-hidden="true">\(Asset.mark)</svg><span><strong>Netstead</strong><small>\(model.title)</small></span></a>
      <nav aria-label="Places"><ul>
      \(links)</ul></nav>
      <div class="railfoot">
      <p class="pulse" data-state="\(model.trace.isOn ? "on" : "off")"><span class="dot" aria-hidden="true"></span><span data-text>\(model.trace.isOn ? "Recording" : "Recording is off")</span></p>
      <p class="small"><span data-counter="conversations">\(Phrase.grouped(counters.conversations))</span> conversations<br><span data-counter="recorded">\(Phrase.grouped(counters.recorded))</span> events</p>
      <p class="script-only"><button type="button" class="quiet" data-theme-switch>Light or dark</button></p>
      </div>
      </header>
      <main id="main" tabindex="-1">
      \(content)
      </main>
      <p class="visually-hidden" role="status" data-announce></p>
      </body>
      </html>

      """
    return Page(contentType: "text/html; charset=utf-8", body: Buffer(html.markup)).notCached
  }

  /// The reader's own choice of light or dark, kept in a cookie so that a page never flashes in the wrong one.
  private var theme: HTML {
    let cookies = request.cookie.split(separator: ";").map { $0.drop { $0 == " " } }
    if cookies.contains("theme=dark") { return " data-theme=\"dark\"" }
    if cookies.contains("theme=light") { return " data-theme=\"light\"" }
    return ""
  }

  // MARK: Pieces

  /// The name of a protocol in its colour.
  func chip(_ dialect: Dialect, encrypted: Bool = false) -> HTML {
    let name = dialect.rawValue == "dns" || dialect.rawValue == "http" ? dialect.rawValue.uppercased() : dialect.rawValue
    let lock: HTML = encrypted ? "<svg class=\"inlock\" viewBox=\"0 0 12 14\" role=\"img\" aria-label=\"inside TLS\"><path d=\"M3 6V4a3 3 0 0 1 6 0v2M1.5 6h9v7h-9z\"/></svg>" : ""
    return "<span class=\"chip \(Ladder.className(dialect))\">\(lock)\(name)</span>"
  }

  /// What a host is called: by its own record, by its address, or the address itself.
  func name(_ recorded: String?, _ address: Address) -> String { recorded ?? model.name(of: address) ?? address.description }

  func clientName(_ exchange: Exchange) -> String { name(exchange.clients.first?.info.host, exchange.clientEndpoint.address) }
  func serverName(_ exchange: Exchange) -> String { name(exchange.server?.info.host, exchange.serverEndpoint.address) }

  /// A host with a link to its page when it has one.
  func hostLink(_ name: String) -> HTML {
    model.host(name) == nil ? "<span class=\"host\">\(name)</span>" : "<a class=\"host\" href=\"/host/\(PercentText.encoded(name))\">\(name)</a>"
  }

  /// What an event says in one line.
  func title(_ sequence: UInt64?, in info: ConversationInfo) -> String? {
    guard let sequence, let event = model.trace.event(sequence) else { return nil }
    return model.explain(info.dialect, info, event.kind, event.bytes)?.title ?? event.plainTitle
  }

  /// What a conversation is about: its first message, and its newest if that is another.
  func summary(_ exchange: Exchange) -> (first: String, last: String?) {
    let record = exchange.best
    let first = title(record.firstMessage, in: record.info) ?? (record.closed == nil ? "connected" : "nothing was said")
    return (first, record.lastMessage == record.firstMessage ? nil : title(record.lastMessage, in: record.info))
  }

  /// How a conversation stands: a class and a word.
  func state(_ exchange: Exchange) -> (name: String, word: String) {
    let record = exchange.best
    if exchange.records.contains(where: { $0.problems > 0 }) { return ("problem", "problem") }
    if exchange.records.contains(where: { $0.lost > 0 }) { return ("lost", "loss") }
    // A datagram service never hangs up; whether it spoke tells more.
    if record.info.carrier == .udp { return record.sent > 0 && record.received > 0 ? ("closed", "answered") : ("lost", "no answer") }
    return record.closed == nil ? ("open", "open") : ("closed", "closed")
  }

  static let rowHead: HTML = """
    <tr><th scope="col">Time</th><th scope="col">Protocol</th><th scope="col">From</th><th scope="col">To</th><th scope="col">What</th><th scope="col" class="num">Messages</th><th scope="col" class="num">Bytes</th><th scope="col" class="num">Took</th><th scope="col">State</th></tr>
    """

  /// A conversation as a row of a list. The live feed sends the same.
  func row(_ exchange: Exchange) -> HTML {
    let record = exchange.best
    let summary = summary(exchange)
    let state = state(exchange)
    let ids = exchange.records.map { String($0.id.number) }.joined(separator: " ")
    let reply: HTML = summary.last.map { "<span class=\"reply\">\($0)</span>" } ?? ""
    return """
      <tr id="c\(exchange.id.number)" data-ids="\(ids)"><td class="time">\(exchange.opened.timeOfDay)</td><td>\(chip(record.info.dialect, encrypted: record.info.encrypted))</td><td>\(hostLink(clientName(exchange)))</td><td>\(hostLink(serverName(exchange)))</td><td class="what"><a href="/conversation/\(exchange.id.number)">\(summary.first)</a>\(reply)</td><td class="num">\(Phrase.grouped(record.sent + record.received))</td><td class="num">\(Phrase.size(record.sentBytes + record.receivedBytes))</td><td class="num">\((exchange.last - exchange.opened).shortText)</td><td><span class="state \(state.name)">\(state.word)</span></td></tr>

      """
  }
}

extension Page {
  /// The page changes with every event.
  var notCached: Page {
    var page = self
    page.fields.append(("Cache-Control", "no-store"))
    return page
  }
}
