// One conversation: its ladder, the same rows as a table, its transcript, and the way to its relatives (StoryPage.swift).
import Trace
import World

/// `/conversation/ID`
struct ConversationPage: Sendable {
  let frame: Frame
  private let exchange: Exchange
  private let dialogue: Dialogue
  private let ladder: Ladder
  /// What it is because of, and what is because of it.
  private let causes: [Exchange]
  private let effects: [Exchange]

  init?(_ frame: Frame, id: ConversationID) {
    let kinship = frame.model.trace.kinship()
    guard let exchange = kinship.exchange(of: id) else { return nil }
    self.frame = frame
    self.exchange = exchange
    causes = kinship.causes(of: exchange)
    effects = kinship.effects(of: exchange)
    dialogue = frame.model.trace.dialogue(of: exchange, limit: Self.eventsMax)
    let model = frame.model
    ladder = Ladder([dialogue], names: { model.name(of: $0) }, explain: model.explain, rowsMax: Self.rowsMax)
  }

  /// Events read and rows drawn of one conversation; the newest.
  private static var eventsMax: Int { 2_000 }
  private static var rowsMax: Int { 120 }
  /// Relatives named.
  private static var relativesMax: Int { 6 }

  var page: Page {
    let id = exchange.id.number
    let info = exchange.best.info
    let client = frame.clientName(exchange)
    let server = frame.serverName(exchange)
    return frame.page(
      "\(client) and \(server)", place: .conversations, live: true,
      """
      <nav class="crumbs" aria-label="Path"><a href="/conversations" data-up>Conversations</a> <span aria-hidden="true">/</span> <span>\(id)</span></nav>
      <div class="title"><div><h1>\(client) <span aria-hidden="true">→</span><span class="visually-hidden">to</span> \(server)</h1>
      <p class="lead">\(frame.chip(info.dialect, encrypted: info.encrypted)) over \(info.carrier.rawValue.uppercased())\(info.encrypted ? " inside TLS" : ""), from <code>\(exchange.clientEndpoint.description)</code> to <code>\(exchange.serverEndpoint.description)</code></p></div>
      <div class="tools"><a class="button quiet" href="/export.pcapng?conversation=\(id)" download>pcapng</a><a class="button quiet" href="/conversation/\(id)/ladder.svg">SVG</a><a class="button quiet" href="/conversation/\(id)/ladder.mmd">Mermaid</a></div></div>
      <div data-swap="conversation" data-ids="\(exchange.records.map { String($0.id.number) }.joined(separator: " "))">
      \(facts)
      \(LadderView(frame: frame, ladder: ladder).html(title: "Ladder of the conversation between \(client) and \(server)"))
      \(transcript)
      </div>
      """)
  }

  private var facts: HTML {
    let record = exchange.best
    let state = frame.state(exchange)
    let skipped = exchange.records.reduce(0) { $0 + $1.skipped }
    func fact(_ name: String, _ value: HTML) -> HTML { "<div><dt>\(name)</dt><dd>\(value)</dd></div>" }
    return """
      <dl class="facts">
      \(fact("Began", "\(exchange.opened.timeOfDay)"))
      \(fact("Took", "\((exchange.last - exchange.opened).shortText)"))
      \(fact("Server sent", "\(Phrase.count(record.info.role == .server ? record.sent : record.received, "message")), \(Phrase.size(record.info.role == .server ? record.sentBytes : record.receivedBytes))"))
      \(fact("Client sent", "\(Phrase.count(record.info.role == .server ? record.received : record.sent, "message")), \(Phrase.size(record.info.role == .server ? record.receivedBytes : record.sentBytes))"))
      \(fact("State", "<span class=\"state \(state.name)\">\(state.word)</span>\(record.closed.map { " " + $0 } ?? "")"))
      \(fact("Recorded by", "\(exchange.records.map(\.info.host).joined(separator: ", "))"))
      \(causes.isEmpty ? "" : fact("Because of", relatives(causes)))
      \(effects.isEmpty ? "" : fact("Led to", relatives(effects)))
      \(causes.isEmpty && effects.isEmpty ? "" : fact("Together", "<a href=\"/conversation/\(exchange.id.number)/story\">one story</a>"))
      \(skipped == 0 ? "" : fact("Not recorded", "\(Phrase.count(skipped, "message")) (too many at once)"))
      </dl>
      """
  }

  /// Links to the newest of `relatives`.
  private func relatives(_ relatives: [Exchange]) -> HTML {
    let shown = relatives.suffix(Self.relativesMax)
    var links: HTML = ""
    for (index, relative) in shown.enumerated() {
      links += "\(index == 0 ? "" : ", ")<a href=\"/conversation/\(relative.id.number)\">\(frame.clientName(relative)) → \(frame.serverName(relative))</a>"
    }
    return relatives.count > shown.count ? "\(links) and \(Phrase.grouped(relatives.count - shown.count)) more" : links
  }

  /// The conversation as the terminal shows it, seen from the client.
  private var transcript: HTML {
    var transcript = Transcript([.time, .explain], from: .client, explain: frame.model.explain)
    transcript.linesMax = 40
    let lines = dialogue.best.suffix(Self.rowsMax).flatMap { transcript.lines(for: $0, in: exchange.info(for: $0)) }
    let html = lines.prefix(2_000).map { line -> HTML in
      let kind: StaticString =
        switch line.mark {
        case .sent, .sentInside: "out"
        case .received, .receivedInside: "in"
        case .note: "note"
        case .problem: "problem"
        case .explanation: "explanation"
        }
      return "<span class=\"line \(kind.description)\"><span class=\"when\">\(line.time ?? "")</span> <b>\(line.mark.rawValue)</b> \(line.text)\n</span>"
    }
    return """
      <section class="card" aria-labelledby="transcript-title"><div class="cardhead"><h2 id="transcript-title">Transcript</h2><span class="small muted">seen from \(frame.clientName(exchange)): <code>&gt;</code> sent, <code>&lt;</code> received, <code>~</code> inside TLS, <code>?</code> explained</span></div>
      <pre class="transcript" tabindex="0" role="region" aria-label="Transcript">\(html)</pre></section>
      """
  }
}

/// A ladder and the table with the same rows.
struct LadderView: Sendable {
  let frame: Frame
  let ladder: Ladder

  func html(title: String) -> HTML {
    guard !ladder.rows.isEmpty else { return "<p class=\"empty\">Nothing has been said yet.</p>" }
    let hidden: HTML = ladder.hidden == 0 ? "" : "<p class=\"small muted\">\(Phrase.count(ladder.hidden, "older row")) left out.</p>"
    return """
      <section class="card" aria-labelledby="ladder-title"><h2 id="ladder-title">Ladder</h2>
      \(hidden)<div class="scroll" tabindex="0" role="region" aria-label="Ladder diagram">\(HTML(markup: ladder.svg(title: title) { "/message/\($0)" }))</div>
      <details class="equivalent"><summary>The same as a table</summary><div class="scroll">\(table)</div></details></section>
      """
  }

  private var table: HTML {
    let rows = ladder.rows.map { row -> HTML in
      let time = (row.time - ladder.start).offsetText
      switch row.content {
      case .arrow(let arrow):
        let fate: HTML =
          switch arrow.fate {
          case .arrived: "\(arrow.sent.flatMap { sent in arrow.received.map { ($0 - sent).shortText } } ?? "arrived")"
          case .lost: "<span class=\"state lost\">lost</span>"
          case .repeated: "<span class=\"state quiet\">repeated</span>"
          }
        return """
          <tr><td class="time">\(time)</td><td>\(frame.hostLink(ladder.lanes[arrow.from].name))</td><td>\(frame.hostLink(ladder.lanes[arrow.to].name))</td><td>\(frame.chip(arrow.dialect, encrypted: arrow.isEncrypted))</td><td class="what"><a href="/message/\(arrow.sequence)">\(arrow.label)</a>\(arrow.problem.map { "<span class=\"reply wrong\">\($0)</span>" as HTML })</td><td class="num">\(Phrase.grouped(arrow.length))</td><td class="num">\(fate)</td></tr>

          """
      case .remark(let remark):
        return """
          <tr class="remark"><td class="time">\(time)</td><td>\(frame.hostLink(ladder.lanes[remark.lane].name))</td><td></td><td></td><td class="what" colspan="3">\(remark.isProblem ? "problem: " : "")\(remark.text)</td></tr>

          """
      }
    }
    return """
      <table class="list"><caption class="visually-hidden">The ladder's rows</caption><thead><tr><th scope="col">Time</th><th scope="col">From</th><th scope="col">To</th><th scope="col">Protocol</th><th scope="col">Message</th><th scope="col" class="num">Bytes</th><th scope="col" class="num">On the way</th></tr></thead><tbody>
      \(rows)</tbody></table>
      """
  }
}

/// `/ladder`: the newest messages between all hosts.
struct LadderPage: Sendable {
  let frame: Frame
  private let filter: ConversationFilter

  init(_ frame: Frame) {
    self.frame = frame
    filter = ConversationFilter(frame.request)
  }

  /// Conversations looked at, rows drawn, events read of each conversation.
  private static var exchangesMax: Int { 60 }
  private static var rowsMax: Int { 48 }
  private static var eventsMax: Int { 96 }

  var page: Page {
    let model = frame.model
    let exchanges = model.trace.exchanges(limit: filter.isEmpty ? Self.exchangesMax : 2_000).lazy.filter { filter.admits($0, frame) }
      .prefix(Self.exchangesMax)
    let dialogues = Array(exchanges).reversed().map { model.trace.dialogue(of: $0, limit: Self.eventsMax) }
    let ladder = Ladder(dialogues, names: { model.name(of: $0) }, explain: model.explain, rowsMax: Self.rowsMax)
    let chips = ["", "dns", "http", "ftp", "uppercase", "ping"].map { name -> HTML in
      let chosen: HTML = filter.dialect == name ? " aria-current=\"true\"" : ""
      let link = ConversationFilter(text: filter.text, dialect: name, host: filter.host).query
      return "<a class=\"button quiet\"\(chosen) href=\"/ladder\(link)\">\(name.isEmpty ? "all" : name)</a>"
    }
    return frame.page(
      "Ladder", place: .ladder, live: true,
      """
      <div class="title"><div><h1>Ladder</h1><p class="lead">The newest messages between all hosts, in the order of their times. Each arrow leads to its bytes and fields.</p></div>
      <nav class="tools" aria-label="Protocol">\(chips)</nav></div>
      <div data-swap="ladder">\(LadderView(frame: frame, ladder: ladder).html(title: "The newest messages between all hosts"))</div>
      """)
  }
}
