// A trace file read back: what JSONLines (Trace) writes becomes events of a store again, so that every form can be made of it.
import Bytes
import FoundationEssentials
package import Trace
import World

/// A line of a trace file that is none.
package struct TraceFileError: Error, CustomStringConvertible {
  package var file: String
  /// Counts from 1.
  package var line: Int

  package var description: String { "\(file):\(line): expected an event of schema \(JSONLines.schema) as JSON" }
}

/// One event as JSON lines hold it.
private struct TraceLine: Decodable {
  var schema: Int
  var seq: UInt64
  var time: String
  var host: String
  var conversation: UInt64
  var role: String
  var carrier: String
  var dialect: String
  var encrypted: Bool
  var local: String
  var remote: String
  var kind: String
  var length: Int?
  var hex: String?
  var state: String?
  var note: String?
  var because: UInt64?
}

/// Puts lines back into a store.
package struct TraceReplay: Sendable {
  package let store = TraceStore(limits: TraceStore.Limits(bytesMax: 1_073_741_824, eventsMax: 4_194_304, eventsPerSecondMax: nil))
  private var conversations: [UInt64: ConversationID] = [:]
  /// The numbers of the file by those of the store.
  private var numbers: [ConversationID: UInt64] = [:]
  private var sequences: [UInt64: UInt64] = [:]
  /// The last line's number, so that lines seen before are passed over.
  package private(set) var last: UInt64 = 0

  package init() {}

  /// What a conversation of the file is called in the store.
  package func conversation(_ number: UInt64) -> ConversationID? { conversations[number] }

  /// The event with the numbers that it has in the file; nil: it is an opening that the file does not have any more.
  package func original(_ event: Event) -> Event? {
    guard let sequence = sequences[event.sequence], let conversation = numbers[event.conversation] else { return nil }
    var event = event
    (event.sequence, event.conversation) = (sequence, ConversationID(conversation))
    event.because = event.because.flatMap { numbers[$0] }.map { ConversationID($0) }
    return event
  }

  /// Adds the lines of `text` that are new. Throws on the first that is none.
  package mutating func add(_ text: String, file: String) throws(TraceFileError) {
    for (index, line) in text.split(separator: "\n").enumerated() {
      guard let event = try? JSONDecoder().decode(TraceLine.self, from: Data(line.utf8)), event.schema == JSONLines.schema else {
        throw TraceFileError(file: file, line: index + 1)
      }
      guard event.seq > last || last == 0 else { continue }
      last = event.seq
      add(event)
    }
  }

  private mutating func add(_ line: TraceLine) {
    guard let kind = Event.Kind(rawValue: line.kind), let time = Instant(timestamp: line.time), let local = Endpoint(line.local),
      let remote = Endpoint(line.remote)
    else { return }
    let before = store.lastSequence
    let cause = line.because.flatMap { conversations[$0] }
    let id = conversations[line.conversation] ?? store.open(
      ConversationInfo(
        host: line.host, role: .init(rawValue: line.role) ?? .server, carrier: .init(rawValue: line.carrier) ?? .tcp,
        dialect: Dialect(rawValue: line.dialect), local: local, remote: remote, encrypted: line.encrypted,
        because: kind == .opened ? cause : nil), at: time)
    conversations[line.conversation] = id
    numbers[id] = line.conversation
    // An opening that the file does not have has no number.
    let opened = kind == .opened ? before : store.lastSequence
    defer { if store.lastSequence > opened { sequences[store.lastSequence] = line.seq } }
    // Opening was recorded just now.
    if kind == .opened { return }
    if kind == .continued {
      if let cause { store.carryOn(id, because: cause, at: time) }
      return
    }
    let bytes = Buffer(Hexadecimal.bytes((line.hex ?? "").utf8) ?? [])
    store.record(kind, in: id, at: time, bytes: bytes.span, length: max(bytes.count, line.length ?? 0), text: line.state ?? line.note ?? "")
  }
}

extension Instant {
  /// The instant written as `2026-01-01T00:00:00.042000000Z`; nil: another form.
  fileprivate init?(timestamp: String) {
    let parts = timestamp.split(separator: ".")
    guard parts.count == 2, parts[1].utf8.count == 10, let fraction = Int64(parts[1].dropLast()),
      let whole = (try? Date(String(parts[0]) + "Z", strategy: .iso8601)).flatMap({ Int64(exactly: $0.timeIntervalSince1970) })
    else { return nil }
    // An instant past the range of 64 bits of nanoseconds counts as the end of it.
    self = Instant(nanoseconds: 0).advanced(by: .seconds(whole)).advanced(by: .nanoseconds(fraction))
  }
}
