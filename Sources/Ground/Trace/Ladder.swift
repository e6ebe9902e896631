// A ladder diagram: one lane per host, one arrow per message, in the order of their times. The model; pictures and texts are made from it.
// Read next: LadderDrawing.swift (SVG), LadderText.swift (Mermaid).
import Bytes
public import World

/// Who said what to whom, ready to be drawn.
public struct Ladder: Sendable, Hashable {
  /// A host.
  public struct Lane: Sendable, Hashable {
    public var name: String
    /// The address it was first seen with.
    public var address: Address
  }

  /// A message from one lane to another.
  public struct Arrow: Sendable, Hashable {
    public var from: Int
    public var to: Int
    public var label: String
    /// Something is wrong with the message.
    public var problem: String?
    public var dialect: Dialect
    public var isEncrypted: Bool
    public var fate: Passage.Fate
    public var sent: Instant?
    public var received: Instant?
    /// Unit: bytes.
    public var length: Int
    /// The number of the event to open.
    public var sequence: UInt64
    public var conversation: ConversationID
  }

  /// Something that one host noted.
  public struct Remark: Sendable, Hashable {
    public var lane: Int
    public var text: String
    public var isProblem: Bool
    public var sequence: UInt64
    public var conversation: ConversationID
  }

  /// One rung.
  public struct Row: Sendable, Hashable {
    public var time: Instant
    public var content: Content
    public enum Content: Sendable, Hashable { case arrow(Arrow), remark(Remark) }
  }

  public private(set) var lanes: [Lane] = []
  public private(set) var rows: [Row] = []
  /// How many older rows are left out.
  public private(set) var hidden = 0

  /// The time that counts as zero.
  public var start: Instant { rows.first?.time ?? Instant(nanoseconds: 0) }

  /// The ladder of `dialogues`. `names` knows hosts that recorded nothing themselves. Past `rowsMax` rows the oldest are left out.
  public init(_ dialogues: [Dialogue], names: (Address) -> String?, explain: ExplainMessage?, rowsMax: Int = 400) {
    var drafts: [Draft] = []
    for (index, dialogue) in dialogues.enumerated() {
      drafts += dialogue.passages().map { Draft(time: $0.time, dialogue: index, passage: $0) }
      drafts += dialogue.best.filter { $0.isRemark && dialogue.holds($0) }.map { Draft(time: $0.time, dialogue: index, remark: $0) }
    }
    drafts.sort { ($0.time, $0.order) < ($1.time, $1.order) }
    hidden = max(0, drafts.count - rowsMax)
    for draft in drafts.dropFirst(hidden) {
      let exchange = dialogues[draft.dialogue].exchange
      // Lanes stand in the order in which hosts first take part, the asking one first.
      let client = lane(exchange.clients.first?.info.host, exchange.clientEndpoint.address, names)
      let server = lane(exchange.server?.info.host, exchange.serverEndpoint.address, names)
      if let passage = draft.passage {
        rows.append(row(passage, dialogues[draft.dialogue], client: client, server: server, explain))
      } else if let event = draft.remark {
        let isServer = exchange.info(for: event).role == .server
        let remark = Remark(
          lane: isServer ? server : client, text: event.remark, isProblem: event.kind == .problem || event.kind == .lost,
          sequence: event.sequence, conversation: exchange.id)
        rows.append(Row(time: draft.time, content: .remark(remark)))
      }
    }
  }

  /// A row before its lanes are known.
  private struct Draft {
    var time: Instant
    var dialogue: Int
    var passage: Passage?
    var remark: Event?
    var order: UInt64 { passage?.event.sequence ?? remark?.sequence ?? 0 }
  }

  private mutating func lane(_ host: String?, _ address: Address, _ names: (Address) -> String?) -> Int {
    let name = host ?? names(address) ?? address.description
    if let index = lanes.firstIndex(where: { $0.name == name }) { return index }
    lanes.append(Lane(name: name, address: address))
    return lanes.count - 1
  }

  private func row(_ passage: Passage, _ dialogue: Dialogue, client: Int, server: Int, _ explain: ExplainMessage?) -> Row {
    let exchange = dialogue.exchange
    let isToServer = passage.direction == .toServer
    let info = exchange.best.info
    let explanation = exchange.explanation(of: passage.event, by: explain)
    let arrow = Arrow(
      from: isToServer ? client : server, to: isToServer ? server : client, label: explanation?.title ?? passage.event.plainTitle,
      problem: explanation?.problem, dialect: info.dialect, isEncrypted: dialogue.isInsideTLS(passage.event), fate: passage.fate, sent: passage.sent,
      received: passage.received, length: passage.event.length, sequence: passage.event.sequence, conversation: exchange.id)
    return Row(time: passage.time, content: .arrow(arrow))
  }
}

extension Dialogue {
  /// Whether a message went inside TLS: the whole conversation did, or TLS had been begun.
  fileprivate func isInsideTLS(_ event: Event) -> Bool {
    exchange.best.info.encrypted || best.contains { $0.kind == .tlsBegun && $0.sequence < event.sequence }
  }
}

extension Event {
  /// Whether it is worth a row that is no message.
  fileprivate var isRemark: Bool { kind == .note || kind == .problem || kind == .lost || kind == .tlsBegun || (kind == .closed && !text.isEmpty) }

  fileprivate var remark: String {
    switch kind {
    case .closed: "closed: \(text)"
    case .lost: "link: \(text)"
    case .tlsBegun: "TLS begins"
    default: text
    }
  }

  /// A title for a message that nothing explains: its first line if it is text, its size if not.
  public var plainTitle: String {
    guard let text = bytes[0..<256].printableText, let line = text.split(whereSeparator: \.isNewline).first else { return "\(length) bytes" }
    return line.count > 80 ? line.prefix(79) + "…" : String(line)
  }
}
