// The first page: the map of the world, what has passed so far, the newest conversations, what to try.
import Trace
import World

/// `/`
struct OverviewPage: Sendable {
  let frame: Frame
  private let exchanges: [Exchange]

  init(_ frame: Frame) {
    self.frame = frame
    exchanges = frame.model.trace.exchanges(limit: Self.mapped)
  }

  /// Conversations that the map's lines stand for, and of which the newest are listed.
  private static var mapped: Int { 300 }
  private static var listed: Int { 12 }

  var page: Page {
    let model = frame.model
    return frame.page(
      "Overview", place: .overview, live: true,
      """
      <div class="title"><div><h1>\(model.title)</h1><p class="lead">\(model.subtitle)</p></div></div>
      <div data-swap="overview">
      \(tiles)
      <div class="columns">
      <section class="card wide" aria-labelledby="map-title"><h2 id="map-title">Hosts and links</h2>
      \(map)</section>
      \(hints)
      </div>
      <section class="card" aria-labelledby="newest-title"><div class="cardhead"><h2 id="newest-title">Newest conversations</h2><a href="/conversations">All conversations</a></div>
      \(newest)</section>
      </div>
      """)
  }

  private var map: HTML {
    guard !frame.model.hosts.isEmpty else { return "<p class=\"empty\">No hosts are described.</p>" }
    return "<div class=\"scroll\" tabindex=\"0\" role=\"region\" aria-label=\"Map of hosts and links\">\(WorldMap(frame.model, flows: flows).svg)</div><p class=\"small muted\">Lines join hosts that have talked lately. The same as a table: <a href=\"/hosts\">hosts</a>.</p>"
  }

  private var tiles: HTML {
    let counters = frame.model.trace.counters
    func tile(_ name: String, _ value: String, _ detail: String, _ key: String = "") -> HTML {
      "<div class=\"tile\"><dt>\(name)</dt><dd>\(value)</dd><dd class=\"small muted\">\(detail)</dd></div>"
    }
    let open = exchanges.count { $0.best.info.carrier != .udp && $0.best.closed == nil }
    let missed = counters.skipped + counters.forgotten
    return """
      <dl class="tiles">
      \(tile("Conversations", Phrase.grouped(counters.conversations), "\(Phrase.count(open, "connection")) open"))
      \(tile("Events", Phrase.grouped(counters.recorded), missed == 0 ? "none missed" : "\(Phrase.grouped(counters.forgotten)) made room, \(Phrase.grouped(counters.skipped)) skipped"))
      \(tile("Bytes", Phrase.size(counters.bytes), "in all messages"))
      \(tile("Hosts", Phrase.grouped(frame.model.hosts.count), "\(Phrase.count(frame.model.nets.count, "net"))"))
      </dl>
      """
  }

  private var hints: HTML {
    guard !frame.model.hints.isEmpty else { return "" }
    let items = frame.model.hints.map { hint -> HTML in
      "<li><code class=\"command\">\(hint.command)</code><button type=\"button\" class=\"quiet copy script-only\" data-copy=\"\(hint.command)\" aria-label=\"Copy \(hint.command)\">Copy</button><span class=\"meaning\">\(hint.meaning)</span></li>\n"
    }
    return """
      <section class="card" aria-labelledby="try-title"><h2 id="try-title">Try</h2>
      <ul class="hints">
      \(items)</ul></section>
      """
  }

  private var newest: HTML {
    guard !exchanges.isEmpty else {
      return "<p class=\"empty\">Nothing has been said yet. Try one of the commands above; its messages appear here as they pass.</p>"
    }
    return """
      <div class="scroll"><table class="list"><caption class="visually-hidden">Newest conversations</caption><thead>\(Frame.rowHead)</thead><tbody>
      \(exchanges.prefix(Self.listed).map { frame.row($0) })</tbody></table></div>
      """
  }

  /// Who talked with whom lately, and by which protocol most recently; the busiest first.
  private var flows: [WorldMap.Flow] {
    var flows: [WorldMap.Flow] = []
    for exchange in exchanges {
      let client = frame.clientName(exchange)
      let server = frame.serverName(exchange)
      let messages = exchange.best.sent + exchange.best.received
      if let index = flows.firstIndex(where: { $0.from == client && $0.to == server }) {
        flows[index].messages += messages
      } else {
        flows.append(WorldMap.Flow(from: client, to: server, dialect: exchange.best.info.dialect, messages: messages))
      }
    }
    return Array(flows.sorted { $0.messages > $1.messages }.prefix(24))
  }
}
