// The event schema as JSON lines: one event, one line, one object, keys always in the same order. What `--jsonl`, `/events.jsonl` and reports write.
// Schema 1: keys may be added; none changes its meaning or disappears without a new number. Read next: JSONWriter.swift.
public import Bytes
import World

/// Writes events as JSON lines.
public struct JSONLines: Sendable {
  /// The schema's number, in every line.
  public static let schema = 1

  private let explain: ExplainMessage?

  /// With `explain`, messages carry their explanation with all fields, and so does what passed on the wire around TLS.
  public init(explain: ExplainMessage? = nil) { self.explain = explain }

  /// One line, with its line feed.
  public func line(for event: Event, in info: ConversationInfo) -> Buffer {
    var writer = JSONWriter()
    write(event, in: info, to: &writer)
    writer.endLine()
    return writer.bytes
  }

  /// All that a store still keeps, oldest first.
  public func lines(of store: TraceStore) -> Buffer {
    var writer = JSONWriter(capacity: 1 << 16)
    for event in store.events(after: 0).events {
      guard let info = store.conversation(event.conversation)?.info else { continue }
      write(event, in: info, to: &writer)
      writer.endLine()
    }
    return writer.bytes
  }

  /// The object alone.
  public func write(_ event: Event, in info: ConversationInfo, to writer: inout JSONWriter) {
    writer.object { object in
      object.value("schema", Self.schema)
      object.value("seq", event.sequence)
      object.value("time", event.time.timestamp)
      object.value("host", info.host)
      object.value("conversation", event.conversation.number)
      object.value("role", info.role.rawValue)
      object.value("carrier", info.carrier.rawValue)
      object.value("dialect", info.dialect.rawValue)
      object.value("encrypted", info.encrypted)
      object.value("local", info.local.description)
      object.value("remote", info.remote.description)
      object.value("kind", event.kind.rawValue)
      if event.kind.isPassage {
        object.value("direction", event.kind.isOutgoing ? "out" : "in")
        object.value("length", event.length)
        object.hex("hex", event.bytes)
        if let text = event.bytes.printableText { object.value("text", text) }
        object.value("state", event.text)
      } else {
        object.value("note", event.text)
        if let because = event.because { object.value("because", because.number) }
      }
      if event.kind.isPassage, let explanation = explain?(info.dialect, info, event.kind, event.bytes) {
        Self.write(explanation, to: &object)
      }
    }
  }

  /// An explanation as the members `title`, `problem` and `fields`.
  public static func write(_ explanation: Explanation, to writer: inout JSONWriter) {
    writer.value("title", explanation.title)
    if let problem = explanation.problem { writer.value("problem", problem) }
    write(explanation.fields, to: &writer)
  }

  private static func write(_ fields: [Field], to writer: inout JSONWriter) {
    writer.array("fields") { array in
      for field in fields {
        array.object { object in
          object.value("name", field.name)
          object.value("value", field.value)
          object.value("offset", field.range.lowerBound)
          object.value("length", field.range.count)
          object.value("meaning", field.meaning)
          object.value("source", field.source)
          if !field.children.isEmpty { write(field.children, to: &object) }
        }
      }
    }
  }
}

extension Buffer {
  /// The bytes as text when all of them are: UTF-8 without control characters other than tab and line ends. Nil otherwise.
  public var printableText: String? {
    withUnsafeBytes { bytes in
      guard bytes.allSatisfy({ $0 >= 0x20 && $0 != 0x7F || $0 == 0x09 || $0 == 0x0A || $0 == 0x0D }) else { return nil }
      return String(validating: bytes, as: UTF8.self)
    }
  }
}
