// A trace as people read it in a terminal: one mark and a space per line, the same for every protocol.
//   > sent   < received   * note   ! problem   ~> ~< inside TLS   ? explanation
// Not here: colours (the caller's, by the mark), the browser's view (Console). Read next: TranscriptWire.swift, the hexadecimal form.
import Bytes
import World

/// Turns events into lines, seen from one host.
public struct Transcript: Sendable {
  /// What is shown besides the messages.
  public struct Detail: OptionSet, Sendable {
    public var rawValue: Int
    public init(rawValue: Int) { self.rawValue = rawValue }
    /// Each field of each message in a sentence.
    public static let explain = Detail(rawValue: 1)
    /// The bytes in hexadecimal, one line per field.
    public static let wire = Detail(rawValue: 2)
    /// Seconds since the first event.
    public static let time = Detail(rawValue: 4)
    /// Which conversation each line belongs to, whenever that changes.
    public static let heads = Detail(rawValue: 8)
  }

  /// Whose `>` it is.
  public enum Viewpoint: Sendable, Hashable {
    /// The host that recorded the event.
    case recorder
    /// The client, whoever recorded the event.
    case client
    /// The host of this name: what another host recorded is seen from its peer.
    case host(String)
  }

  /// The mark at the beginning of a line.
  public enum Mark: String, Sendable, Hashable {
    case sent = ">"
    case received = "<"
    case sentInside = "~>"
    case receivedInside = "~<"
    case note = "*"
    case problem = "!"
    case explanation = "?"
  }

  /// One line.
  public struct Line: Sendable, Hashable, CustomStringConvertible {
    /// `+0.042`; nil without `Detail.time`.
    public var time: String?
    public var mark: Mark
    public var text: String

    public var description: String { (time.map { $0 + " " } ?? "") + mark.rawValue + (text.isEmpty ? "" : " " + text) }
  }

  /// Most lines shown of one message. Unit: lines. Past it: a note says how many more there are.
  public var linesMax = 200

  private let detail: Detail
  private let viewpoint: Viewpoint
  private let explain: ExplainMessage?
  private var start: Instant?
  private var current: ConversationID?
  /// Conversations in which TLS was begun.
  private var secured: Set<ConversationID> = []

  public init(_ detail: Detail = [], from viewpoint: Viewpoint = .recorder, explain: ExplainMessage? = nil) {
    self.detail = detail
    self.viewpoint = viewpoint
    self.explain = explain
  }

  /// The lines for the next event. Events come in the order of their times.
  public mutating func lines(for event: Event, in info: ConversationInfo) -> [Line] {
    if start == nil { start = event.time }
    let time = detail.contains(.time) ? start.map { (event.time - $0).offsetText } : nil
    func line(_ mark: Mark, _ text: String) -> Line { Line(time: time, mark: mark, text: text) }
    var lines: [Line] = []
    if detail.contains(.heads), current != event.conversation {
      lines.append(line(.note, head(event.conversation, info)))
      current = event.conversation
    }
    switch event.kind {
    case .opened:
      if !detail.contains(.heads) { lines.append(line(.note, head(event.conversation, info))) }
    case .continued: if let because = event.because { lines.append(line(.note, "because of #\(because.number) from here on")) }
    case .note: lines.append(line(.note, Self.clean(event.text)))
    case .problem: lines.append(line(.problem, Self.clean(event.text)))
    case .lost: lines.append(line(.problem, "link: " + Self.clean(event.text)))
    case .closed: lines.append(line(.note, "closed" + (event.text.isEmpty ? "" : ": " + Self.clean(event.text))))
    case .tlsBegun:
      secured.insert(event.conversation)
      lines.append(line(.note, "TLS begins"))
    case .sent, .received: lines += message(event, info).map { line($0.mark, $0.text) }
    case .wireSent, .wireReceived:
      if detail.contains(.wire) || detail.contains(.explain) { lines += wire(event, info).map { line($0.mark, $0.text) } }
    }
    return lines
  }

  private func head(_ id: ConversationID, _ info: ConversationInfo) -> String {
    let inside = info.encrypted ? " inside TLS" : ""
    let arrow = info.role == .client ? "→" : "←"
    let because = info.because.map { ", because of #\($0.number)" } ?? ""
    return "#\(id.number) \(info.host) \(info.local) \(arrow) \(info.remote), \(info.dialect.rawValue) over \(info.carrier.rawValue)\(inside)\(because)"
  }

  /// Whether the viewpoint sees the message leave.
  private func isOutgoing(_ kind: Event.Kind, _ info: ConversationInfo) -> Bool {
    switch viewpoint {
    case .recorder: kind.isOutgoing
    case .client: kind.isOutgoing == (info.role == .client)
    case .host(let name): kind.isOutgoing == (info.host == name)
    }
  }

  private func message(_ event: Event, _ info: ConversationInfo) -> [(mark: Mark, text: String)] {
    let isInside = info.encrypted || secured.contains(event.conversation)
    let mark: Mark = isOutgoing(event.kind, info) ? (isInside ? .sentInside : .sent) : (isInside ? .receivedInside : .received)
    let explanation = explain?(info.dialect, info, event.kind, event.bytes)
    var lines: [(mark: Mark, text: String)] = []
    if let textual = Self.textLines(of: event, info.dialect, linesMax: linesMax) {
      lines += textual.shown.map { (mark, $0) }
      if textual.hidden > 0 { lines.append((.note, "\(textual.hidden) more lines")) }
    } else {
      lines.append((mark, explanation.map { Self.clean($0.title) } ?? "[\(event.length) bytes]"))
    }
    if let problem = explanation?.problem { lines.append((.problem, Self.clean(problem))) }
    if detail.contains(.wire) { lines += WireLines.lines(of: event.bytes, explanation).map { (mark, $0) } }
    if detail.contains(.explain), let explanation { Self.explain(explanation.fields, depth: 0, into: &lines) }
    return lines
  }

  /// What TLS made of it.
  private func wire(_ event: Event, _ info: ConversationInfo) -> [(mark: Mark, text: String)] {
    let explanation = explain?(info.dialect, info, event.kind, event.bytes)
    // Without an explanation it is of interest only to whoever wants the bytes.
    guard explanation != nil || detail.contains(.wire) else { return [] }
    let title = explanation.map { ": " + Self.clean($0.title) } ?? ", encrypted"
    var lines: [(mark: Mark, text: String)] = [(.note, "\(event.length) bytes \(isOutgoing(event.kind, info) ? "sent" : "received") on the wire\(title)")]
    if detail.contains(.explain), let explanation { Self.explain(explanation.fields, depth: 0, into: &lines) }
    return lines
  }

  private static func explain(_ fields: [Field], depth: Int, into lines: inout [(mark: Mark, text: String)]) {
    // RFC 1035's names and MIME's parts nest; what nests deeper than this is not for people.
    guard depth < 16 else { return }
    for field in fields {
      let indent = String(repeating: "  ", count: depth)
      let source = field.source.isEmpty ? "" : " (\(field.source))"
      lines.append((.explanation, clean("\(indent)\(field.name)\(field.value.isEmpty ? "" : " = " + field.value): \(field.meaning)\(source)")))
      explain(field.children, depth: depth + 1, into: &lines)
    }
  }

  /// The message as lines of text; nil when it does not begin as text. What follows a textual beginning and is no text is counted.
  private static func textLines(of event: Event, _ dialect: Dialect, linesMax: Int) -> (shown: [String], hidden: Int)? {
    // A binary message may begin like text by chance; a head of text may be followed by a picture.
    guard dialect == .http || (dialect != .dns && event.bytes.printableText != nil) else { return nil }
    var shown: [String] = []
    var hidden = 0
    var start = 0
    while start < event.bytes.count {
      let feed = event.bytes.firstIndex(of: 0x0A, from: start)
      var line = event.bytes[start..<(feed ?? event.bytes.count)]
      if line[at: line.count - 1] == 0x0D { line.dropLast(1) }
      guard let text = line.printableText else {
        if shown.isEmpty { return nil }
        shown.append("[\(event.length - start) bytes that are no text]")
        return (shown, hidden)
      }
      if shown.count < linesMax { shown.append(clean(text)) } else { hidden += 1 }
      start = (feed ?? event.bytes.count) + 1
    }
    if event.length > event.bytes.count { shown.append("[\(event.length - event.bytes.count) more bytes]") }
    return (shown, hidden)
  }

  /// Without control characters: what a peer sent must not steer the reader's terminal. A tab becomes a blank.
  static func clean(_ text: String) -> String {
    guard text.unicodeScalars.contains(where: isControl) else { return text }
    var clean = ""
    for scalar in text.unicodeScalars {
      if scalar == "\t" { clean += " " } else if isControl(scalar) { clean += "\\u{" + String(scalar.value, radix: 16) + "}" } else { clean.unicodeScalars.append(scalar) }
    }
    return clean
  }

  private static func isControl(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar.properties.generalCategory {
    case .control, .format, .lineSeparator, .paragraphSeparator: true
    default: false
    }
  }
}
