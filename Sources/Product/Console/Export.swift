// The files that leave the console: captures, JSON, drawings.
import Bytes
import Trace
import World

/// Makes files of the trace.
struct Export: Sendable {
  let model: ConsoleModel

  private var names: [(address: Address, name: String)] { model.hosts.flatMap { host in host.addresses.map { ($0, host.name) } } }

  /// The packets of one conversation; nil: it is not known.
  func capture(conversation: ConversationID) -> Page? {
    model.trace.exchange(of: conversation).map { packets(of: [$0], "netstead-\($0.id.number).pcapng") }
  }

  /// The packets of all conversations that `filter` admits.
  func capture(_ filter: ConversationFilter) -> Page { packets(of: exchanges(filter).reversed(), "netstead.pcapng") }

  private func packets(of exchanges: some Sequence<Exchange>, _ name: String) -> Page {
    let capture = PacketCapture(names: names, secrets: model.trace.tlsSecrets, explain: model.explain)
    return download("application/x-pcapng", name, capture.file(of: exchanges.map { model.trace.dialogue(of: $0) }))
  }

  /// The events after number `first` of the conversations that `filter` admits.
  func events(_ filter: ConversationFilter, after first: UInt64, explained: Bool) -> Page {
    let lines = JSONLines(explain: explained ? model.explain : nil)
    let chosen = filter.isEmpty ? nil : Set(exchanges(filter).flatMap { $0.records.map(\.id) })
    var file = Buffer()
    for event in model.trace.events(after: first).events where chosen?.contains(event.conversation) ?? true {
      guard let info = model.trace.conversation(event.conversation)?.info else { continue }
      file.append(lines.line(for: event, in: info))
    }
    return download("application/jsonl", "netstead.jsonl", file)
  }

  private func exchanges(_ filter: ConversationFilter) -> [Exchange] {
    let frame = Frame(model: model, request: ConsoleRequest(target: "/"))
    return model.trace.exchanges().filter { filter.isEmpty || filter.admits($0, frame) }
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

  func drawing(of id: ConversationID) -> Page? { ladder(of: id).map { drawing(of: $0, title: "Conversation \(id.number)") } }
  func drawing(ofStory id: ConversationID) -> Page? { ladder(ofStory: id).map { drawing(of: $0, title: "Story of conversation \(id.number)") } }
  func mermaid(of id: ConversationID) -> Page? { ladder(of: id).map(mermaid) }
  func mermaid(ofStory id: ConversationID) -> Page? { ladder(ofStory: id).map(mermaid) }

  private func drawing(of ladder: Ladder, title: String) -> Page {
    Page(contentType: "image/svg+xml", body: Buffer(ladder.svg(title: title) { "/message/\($0)" })).notCached
  }

  private func mermaid(of ladder: Ladder) -> Page { Page(contentType: "text/plain; charset=utf-8", body: Buffer(ladder.mermaid)).notCached }

  private func ladder(of id: ConversationID) -> Ladder? { model.trace.exchange(of: id).map { ladder(of: [model.trace.dialogue(of: $0)]) } }
  private func ladder(ofStory id: ConversationID) -> Ladder? { model.trace.story(of: id).map { ladder(of: $0.dialogues) } }

  private func ladder(of dialogues: [Dialogue]) -> Ladder { Ladder(dialogues, names: { model.name(of: $0) }, explain: model.explain) }

  private func download(_ type: String, _ name: String, _ file: Buffer) -> Page {
    var page = Page(contentType: type, body: file).notCached
    page.fields.append(("Content-Disposition", "attachment; filename=\"\(name)\""))
    return page
  }
}
