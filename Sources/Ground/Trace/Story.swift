// A story: one conversation with those because of which it was opened, and those that were opened because of it, as one whole. So a page got
// through a proxy is one ladder from the client to the origin, with the resolver's walk between.
// Not here: who says what is because of what (the servers, by `TraceContext.because`), drawing (Ladder.swift).
import World

/// Related conversations, ready for one ladder.
public struct Story: Sendable, Hashable {
  /// The conversation whose story it is.
  public var subject: Exchange
  /// It and its relatives, in the order of their beginnings, each with the stretches that belong to the story.
  public var dialogues: [Dialogue]
  /// How many more relatives there are. Unit: conversations.
  public var leftOut: Int
}

/// Which conversations are because of which, among all that a store knows.
public struct Kinship: Sendable {
  private let records: [ConversationID: ConversationRecord]
  private let groups: [Exchange.Key: [ConversationRecord]]
  /// What is because of each conversation, newest last.
  private let effects: [ConversationID: [Effect]]

  /// A conversation that is carried on because of another one, from an event on.
  private struct Effect: Sendable {
    var conversation: ConversationID
    var from: UInt64
  }

  /// An exchange and the stretches of it that are told.
  struct Part {
    var exchange: Exchange
    var spans: [Range<UInt64>]
  }

  init(_ all: [ConversationRecord]) {
    records = Dictionary(all.map { ($0.id, $0) }) { first, _ in first }
    groups = Dictionary(grouping: all) { Exchange.Key($0.info) }
    var effects: [ConversationID: [Effect]] = [:]
    for record in all.sorted(by: { $0.id < $1.id }) {
      for cause in record.causes { effects[cause.conversation, default: []].append(Effect(conversation: record.id, from: cause.from)) }
    }
    self.effects = effects.mapValues { $0.sorted { $0.from < $1.from } }
  }

  /// The exchange that a conversation is part of.
  public func exchange(of id: ConversationID) -> Exchange? {
    guard let record = records[id] else { return nil }
    return Exchange.pairing(groups[Exchange.Key(record.info)] ?? []).first { $0.records.contains { $0.id == id } }
  }

  /// What `exchange` is because of, oldest first.
  public func causes(of exchange: Exchange) -> [Exchange] { distinct(exchange.records.flatMap(\.causes).map { ($0.from, $0.conversation) }) }

  /// What is because of `exchange`, oldest first.
  public func effects(of exchange: Exchange) -> [Exchange] {
    distinct(exchange.records.flatMap { effects[$0.id] ?? [] }.map { ($0.from, $0.conversation) })
  }

  private func distinct(_ found: [(from: UInt64, id: ConversationID)]) -> [Exchange] {
    var seen: Set<ConversationID> = []
    return found.sorted { $0.from < $1.from }.compactMap { self.exchange(of: $0.id) }.filter { seen.insert($0.id).inserted }
  }

  /// The relatives of `subject` and itself, itself and its causes first, then each cause's effects with all that follows of them, newest first.
  fileprivate func parts(of subject: Exchange) -> [Part] {
    var search = Search(kinship: self)
    search.climb(from: subject, 0..<UInt64.max)
    for id in search.order {
      guard let exchange = search.exchanges[id] else { continue }
      for span in search.spans[id] ?? [] { search.descend(from: exchange, span) }
    }
    return search.order.compactMap { id in search.exchanges[id].map { Part(exchange: $0, spans: search.spans[id] ?? []) } }
  }

  /// The search through the relatives. It ends because each stretch of each exchange is gone through once.
  private struct Search {
    let kinship: Kinship
    var exchanges: [ConversationID: Exchange] = [:]
    var spans: [ConversationID: [Range<UInt64>]] = [:]
    var order: [ConversationID] = []
    private var begun: Set<Begun> = []

    private struct Begun: Hashable {
      var exchange: ConversationID
      var from: UInt64
    }

    init(kinship: Kinship) { self.kinship = kinship }

    /// Takes a stretch in; false: it is known.
    @discardableResult
    private mutating func take(_ exchange: Exchange, _ span: Range<UInt64>) -> Bool {
      guard spans[exchange.id]?.contains(where: { $0.lowerBound <= span.lowerBound && $0.upperBound >= span.upperBound }) != true else { return false }
      if exchanges[exchange.id] == nil {
        exchanges[exchange.id] = exchange
        order.append(exchange.id)
      }
      spans[exchange.id, default: []].append(span)
      return true
    }

    /// To the causes of a stretch, and theirs.
    mutating func climb(from exchange: Exchange, _ span: Range<UInt64>) {
      var waiting = [(exchange, span)]
      while let (exchange, span) = waiting.popLast() {
        guard take(exchange, span) else { continue }
        for stretch in exchange.stretches where stretch.span.overlaps(span) {
          guard let cause = stretch.cause, let above = kinship.exchange(of: cause) else { continue }
          waiting.append((above, above.stretch(at: stretch.span.lowerBound)))
        }
      }
    }

    /// To the effects of a stretch, the newest first with all its own effects.
    mutating func descend(from exchange: Exchange, _ span: Range<UInt64>) {
      var waiting = [(exchange, span)]
      while let (exchange, span) = waiting.popLast() {
        guard begun.insert(Begun(exchange: exchange.id, from: span.lowerBound)).inserted else { continue }
        take(exchange, span)
        let effects = exchange.records.flatMap { kinship.effects[$0.id] ?? [] }.filter { span.contains($0.from) }
        for effect in effects.sorted(by: { $0.from < $1.from }) {
          guard let below = kinship.exchange(of: effect.conversation) else { continue }
          waiting.append((below, below.stretch(at: effect.from)))
        }
      }
    }
  }
}

extension Exchange {
  /// A run of events with one cause.
  fileprivate struct Stretch {
    var span: Range<UInt64>
    var cause: ConversationID?
  }

  /// The runs, in order, without a gap: each begins with a client's opening, or where a connection is carried on because of another one.
  fileprivate var stretches: [Stretch] {
    var beginnings: [UInt64: ConversationID?] = [:]
    for client in clients {
      beginnings[client.firstEvent] = .some(nil)
      for cause in client.causes { beginnings[cause.from] = cause.conversation }
    }
    let inOrder = beginnings.sorted { $0.key < $1.key }
    guard !inOrder.isEmpty else { return [Stretch(span: 0..<UInt64.max, cause: nil)] }
    return inOrder.indices.map { index in
      // The server may have recorded its beginning before the client did.
      let begin = index == 0 ? 0 : inOrder[index].key
      let end = index + 1 < inOrder.count ? inOrder[index + 1].key : UInt64.max
      return Stretch(span: begin..<end, cause: inOrder[index].value)
    }
  }

  /// The run in which event number `sequence` is.
  fileprivate func stretch(at sequence: UInt64) -> Range<UInt64> { stretches.first { $0.span.contains(sequence) }?.span ?? 0..<UInt64.max }
}

extension TraceStore {
  /// Which conversations are because of which.
  public func kinship() -> Kinship { Kinship(conversations()) }

  /// The story of a conversation; nil: it is not known. At most `conversationsMax` conversations are told, and of each the newest `eventsMax`
  /// events; those left out are counted.
  public func story(of id: ConversationID, conversationsMax: Int = 64, eventsMax: Int = 2_000) -> Story? {
    let kinship = kinship()
    guard let subject = kinship.exchange(of: id) else { return nil }
    let parts = kinship.parts(of: subject)
    let told = parts.prefix(max(1, conversationsMax)).sorted { ($0.exchange.opened, $0.exchange.id) < ($1.exchange.opened, $1.exchange.id) }
    let dialogues = told.map { part in
      var dialogue = dialogue(of: part.exchange, limit: eventsMax)
      dialogue.spans = part.spans
      return dialogue
    }
    return Story(subject: subject, dialogues: dialogues, leftOut: parts.count - dialogues.count)
  }
}
