// One message: its bytes and its fields, each leading to the other. Read next: BytesView.swift, which draws the bytes.
import Bytes
import Trace
import World

/// `/message/SEQ`
struct MessagePage: Sendable {
  let frame: Frame
  private let event: Event
  private let exchange: Exchange
  private let explanation: Explanation?
  private let fields: [NumberedField]
  /// The messages of the conversation, or what passed on its wire, in the order of their times.
  private let order: [Passage]

  init?(_ frame: Frame, sequence: UInt64) {
    guard let event = frame.model.trace.event(sequence), let exchange = frame.model.trace.exchange(of: event.conversation) else { return nil }
    self.frame = frame
    self.event = event
    self.exchange = exchange
    explanation = event.kind.isPassage ? exchange.explanation(of: event, by: frame.model.explain) : nil
    fields = NumberedField.numbered(explanation?.fields ?? [])
    order = frame.model.trace.dialogue(of: exchange, limit: 4_000).passages(wire: event.kind.isWire)
  }

  var page: Page {
    let info = exchange.info(for: event)
    let isOut = event.kind.isOutgoing
    let own = info.host
    let peer = info.role == .server ? frame.clientName(exchange) : frame.serverName(exchange)
    let title = explanation?.title ?? (event.kind.isPassage ? event.plainTitle : event.text.isEmpty ? event.kind.rawValue : event.text)
    let problem: HTML? = explanation?.problem.map { "<p class=\"banner problem\"><strong>Wrong:</strong> \($0)</p>" }
    return frame.page(
      title, place: frame.lesson == nil ? .conversations : .lessons,
      """
      <nav class="crumbs" aria-label="Path">\(crumbs) <span aria-hidden="true">/</span> <span>\(event.sequence)</span></nav>
      <div class="title"><div><h1>\(title)</h1>
      <p class="lead">\(frame.chip(info.dialect, encrypted: info.encrypted)) \(frame.hostLink(isOut ? own : peer)) <span aria-hidden="true">→</span><span class="visually-hidden">to</span> \(frame.hostLink(isOut ? peer : own)), \(event.kind.isPassage ? Phrase.grouped(event.length) + " bytes" : event.kind.rawValue) \(journey)\(event.text.isEmpty || !event.kind.isPassage ? "" : ", then the state of \(own) is “\(event.text)”")</p></div>
      \(neighbours)</div>
      \(problem)\(masked)
      \(event.kind.isPassage ? content(info) : "")
      """)
  }

  private var crumbs: HTML {
    if let lesson = frame.lesson { return "<a href=\"/lessons\">Lessons</a> <span aria-hidden=\"true\">/</span> <a href=\"\(lesson.path)&amp;seen=1\" data-up>\(lesson.id) \(lesson.title)</a>" }
    return "<a href=\"/conversations\">Conversations</a> <span aria-hidden=\"true\">/</span> <a href=\"/conversation/\(exchange.id.number)\" data-up>\(frame.clientName(exchange)) → \(frame.serverName(exchange))</a>"
  }

  private func content(_ info: ConversationInfo) -> HTML {
    """
    <div class="message">
    \(BytesView(event: event, info: info, fields: fields).html)
    \(table)
    </div>
    """
  }

  /// A long message is not kept whole.
  private var masked: HTML? {
    guard event.bytes.count < event.length else { return nil }
    return "<p class=\"banner\">Only the first \(Phrase.grouped(event.bytes.count)) of \(Phrase.grouped(event.length)) bytes were kept.</p>"
  }

  /// Where the message stands in the conversation.
  private var index: Int? { order.firstIndex { $0.event.sequence == event.sequence || $0.mirror?.sequence == event.sequence } }

  /// When it left and when it arrived, where both ends told.
  private var journey: HTML {
    guard let passage = index.map({ order[$0] }), let left = passage.sent, let arrived = passage.received else { return "at \(event.time.timeOfDay)" }
    return "left at \(left.timeOfDay), arrived at \(arrived.timeOfDay)"
  }

  private var neighbours: HTML {
    guard let index else { return "" }
    func link(_ index: Int, _ word: String, _ key: String, _ attribute: StaticString) -> HTML {
      guard order.indices.contains(index) else { return "" }
      return "<a class=\"button quiet\" href=\"\(frame.messagePath(order[index].event.sequence))\" \(attribute.description)><kbd class=\"script-only\">\(key)</kbd>\(word)</a>"
    }
    return """
      <nav class="tools" aria-label="Messages of this conversation">\(link(index - 1, "Before", "p", "data-previous"))<span class="small muted">\(index + 1) of \(order.count)</span>\(link(index + 1, "Next", "n", "data-next"))</nav>
      """
  }

  private var table: HTML {
    guard !fields.isEmpty else {
      return "<section class=\"card\"><h2>Fields</h2><p class=\"empty\">Nothing here explains \(exchange.best.info.dialect.rawValue) byte by byte.</p></section>"
    }
    return """
      <section class="card flush fields" aria-labelledby="fields-title"><h2 id="fields-title">Fields</h2>
      <table><caption class="visually-hidden">Fields of the message, in the order of its bytes</caption><thead><tr><th scope="col">Field</th><th scope="col">Value and meaning</th><th scope="col" class="num">Bytes</th></tr></thead><tbody>
      \(fields.map(row))</tbody></table></section>
      """
  }

  private func row(_ numbered: NumberedField) -> HTML {
    let field = numbered.field
    let place = field.range.isEmpty ? "" : field.range.count == 1 ? "\(field.range.lowerBound)" : "\(field.range.lowerBound)–\(field.range.upperBound - 1)"
    let swatch: HTML = numbered.colour.map { "<span class=\"swatch k\($0)\" aria-hidden=\"true\"></span>" } ?? ""
    let name: HTML = field.range.isEmpty ? "\(field.name)" : "<a href=\"#b\(numbered.number)\">\(field.name)</a>"
    return """
      <tr id="f\(numbered.number)" class="depth\(min(numbered.depth, 4))" data-field="\(numbered.number)"><th scope="row">\(swatch)\(name)</th><td>\(field.value.isEmpty ? "" : "<code class=\"value\">\(field.value)</code>")<p>\(field.meaning) \(Self.source(field.source))</p></td><td class="num">\(place)</td></tr>

      """
  }

  /// Where the citations' documents can be read.
  private static let documents = "www.rfc-editor.org"

  /// A citation, with a link to the document where it is an RFC.
  static func source(_ source: String) -> HTML {
    guard !source.isEmpty else { return "" }
    let words = source.split(separator: " ")
    guard words.count >= 2, words[0] == "RFC", let number = Int(words[1].prefix { $0.isNumber }) else { return "<cite>\(source)</cite>" }
    let section = words.count > 2 && words[2].hasPrefix("§") ? "#section-" + words[2].dropFirst().prefix { $0.isNumber || $0 == "." || $0.isLetter } : ""
    return "<cite><a href=\"https://\(documents)/rfc/rfc\(number)\(section)\" rel=\"noreferrer\">\(source)</a></cite>"
  }
}

/// A field with its number on the page, how deep it stands, and its colour if it has no parts.
struct NumberedField: Sendable {
  var number: Int
  var depth: Int
  var field: Field
  /// Numbers of the fields it is part of, and its own.
  var lineage: [Int]
  /// One of `colours`; nil: its parts have colours.
  var colour: Int?

  static var colours: Int { 8 }
  /// Most fields of one message that are shown. Unit: fields.
  private static var fieldsMax: Int { 1_000 }

  /// The fields and their parts in the order of reading.
  static func numbered(_ fields: [Field]) -> [NumberedField] {
    var all: [NumberedField] = []
    var colour = 0
    func add(_ fields: [Field], _ lineage: [Int]) {
      guard lineage.count < 12 else { return }
      for field in fields {
        guard all.count < fieldsMax else { return }
        let number = all.count
        let isLeaf = field.children.isEmpty && !field.range.isEmpty
        all.append(NumberedField(number: number, depth: lineage.count, field: field, lineage: lineage + [number], colour: isLeaf ? colour : nil))
        if isLeaf { colour = (colour + 1) % colours }
        add(field.children, lineage + [number])
      }
    }
    add(fields, [])
    return all
  }
}
