// The files that leave the console: captures, JSON, drawings.
import Bytes
import Trace
import World

/// Makes files of the trace.
struct Export: Sendable {
  let model: ConsoleModel

  private var names: [(address: Address, name: String)] { model.hosts.flatMap { host in host.addresses.map { ($0, host.name) } } }

  func capture(conversation: ConversationID?) -> Page {
    let capture = PacketCapture(names: names, secrets: [], explain: model.explain)
    var file = capture.file(of: model.trace)
    var name = "netstead.pcapng"
    if let conversation, let exchange = model.trace.exchange(of: conversation) {
      file = PacketCapture(names: names, secrets: model.trace.tlsSecrets, explain: model.explain).file(of: [model.trace.dialogue(of: exchange)])
      name = "netstead-\(exchange.id.number).pcapng"
    }
    return download("application/x-pcapng", name, file)
  }

  func events(_ filter: ConversationFilter) -> Page {
    let lines = JSONLines(explain: model.explain)
    guard !filter.isEmpty else { return download("application/jsonl", "netstead.jsonl", lines.lines(of: model.trace)) }
    let frame = Frame(model: model, request: ConsoleRequest(target: "/"))
    var chosen: [ConversationID: ConversationInfo] = [:]
    for exchange in model.trace.exchanges() where filter.admits(exchange, frame) {
      for record in exchange.records { chosen[record.id] = record.info }
    }
    var file = Buffer()
    for event in model.trace.events(after: 0).events {
      if let info = chosen[event.conversation] { file.append(lines.line(for: event, in: info)) }
    }
    return download("application/jsonl", "netstead.jsonl", file)
  }

  func summary() -> Page {
    let frame = Frame(model: model, request: ConsoleRequest(target: "/"))
    let counters = model.trace.counters
    var writer = JSONWriter()
    writer.object { object in
      object.value("schema", JSONLines.schema)
      object.value("title", model.title)
      object.array("hosts") { array in
        for host in model.hosts {
          array.object { item in
            item.value("name", host.name)
            item.value("role", host.role)
            item.value("net", host.net)
            item.array("addresses") { list in for address in host.addresses { list.value(nil, address.description) } }
            item.array("services") { list in
              for service in host.services {
                list.object { one in
                  one.value("name", service.name)
                  one.value("port", service.port)
                  one.value("detail", service.detail)
                }
              }
            }
          }
        }
      }
      object.object("counters") { item in
        item.value("recorded", counters.recorded)
        item.value("forgotten", counters.forgotten)
        item.value("skipped", counters.skipped)
        item.value("cut", counters.cut)
        item.value("conversations", counters.conversations)
        item.value("bytes", counters.bytes)
      }
      object.array("conversations") { array in
        for exchange in model.trace.exchanges() { array.object { write(exchange, frame, to: &$0) } }
      }
    }
    writer.endLine()
    return download("application/json", "netstead.json", writer.bytes)
  }

  private func write(_ exchange: Exchange, _ frame: Frame, to item: inout JSONWriter) {
    let record = exchange.best
    let summary = frame.summary(exchange)
    item.value("conversation", exchange.id.number)
    item.value("opened", exchange.opened.timestamp)
    item.value("last", exchange.last.timestamp)
    item.value("carrier", record.info.carrier.rawValue)
    item.value("dialect", record.info.dialect.rawValue)
    item.value("encrypted", record.info.encrypted)
    item.value("client", frame.clientName(exchange))
    item.value("clientEndpoint", exchange.clientEndpoint.description)
    item.value("server", frame.serverName(exchange))
    item.value("serverEndpoint", exchange.serverEndpoint.description)
    item.value("messages", record.sent + record.received)
    item.value("bytes", record.sentBytes + record.receivedBytes)
    item.value("problems", exchange.records.reduce(0) { $0 + $1.problems })
    item.value("first", summary.first)
    if let last = summary.last { item.value("newest", last) }
    if let closed = record.closed { item.value("closed", closed) }
  }

  func drawing(_ id: ConversationID) -> Page? {
    guard let ladder = ladder(id) else { return nil }
    var page = Page(contentType: "image/svg+xml", body: Buffer(ladder.svg(title: "Conversation \(id.number)") { "/message/\($0)" }))
    page.fields = [("Cache-Control", "no-store")]
    return page
  }

  func mermaid(_ id: ConversationID) -> Page? {
    ladder(id).map { Page(contentType: "text/plain; charset=utf-8", body: Buffer($0.mermaid)).notCached }
  }

  private func ladder(_ id: ConversationID) -> Ladder? {
    guard let exchange = model.trace.exchange(of: id) else { return nil }
    return Ladder([model.trace.dialogue(of: exchange)], names: { model.name(of: $0) }, explain: model.explain)
  }

  private func download(_ type: String, _ name: String, _ file: Buffer) -> Page {
    var page = Page(contentType: type, body: file).notCached
    page.fields.append(("Content-Disposition", "attachment; filename=\"\(name)\""))
    return page
  }
}
