// A line of a trace file read back: what JSONLines (Trace) writes becomes events of a store again, so that every form can be made of it.
import Bytes
import FoundationEssentials
import Trace
import World

/// One event as JSON lines hold it.
struct TraceLine: Decodable {
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
}

/// Puts lines back into a store.
struct TraceReplay {
  let store = TraceStore(limits: TraceStore.Limits(bytesMax: 1_073_741_824, eventsMax: 4_194_304))
  private var conversations: [UInt64: ConversationID] = [:]
  /// The last line's number, so that lines seen before are passed over.
  private(set) var last: UInt64 = 0

  /// Adds the lines of `text` that are new. Throws on the first that is none.
  mutating func add(_ text: String, file: String) throws {
    for (index, line) in text.split(separator: "\n").enumerated() {
      guard let event = try? JSONDecoder().decode(TraceLine.self, from: Data(line.utf8)), event.schema == JSONLines.schema else {
        throw ToolFailure(.usage, "\(file):\(index + 1): expected an event of schema \(JSONLines.schema) as JSON")
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
    let id = conversations[line.conversation] ?? store.open(
      ConversationInfo(
        host: line.host, role: .init(rawValue: line.role) ?? .server, carrier: .init(rawValue: line.carrier) ?? .tcp,
        dialect: Dialect(rawValue: line.dialect), local: local, remote: remote, encrypted: line.encrypted), at: time)
    conversations[line.conversation] = id
    // Opening was recorded just now.
    if kind == .opened { return }
    let bytes = Buffer(TraceReplay.bytes(line.hex ?? ""))
    store.record(kind, in: id, at: time, bytes: bytes.span, length: line.length ?? bytes.count, text: line.state ?? line.note ?? "")
  }

  private static func bytes(_ hex: String) -> [UInt8] {
    let digits = hex.utf8.compactMap { Character(Unicode.Scalar($0)).hexDigitValue }
    return stride(from: 0, to: digits.count - 1, by: 2).map { UInt8(digits[$0] << 4 | digits[$0 + 1]) }
  }
}

extension Instant {
  /// The instant written as `2026-01-01T00:00:00.042000000Z`; nil: another form.
  fileprivate init?(timestamp: String) {
    let parts = timestamp.split(separator: ".")
    guard parts.count == 2, let whole = try? Date(String(parts[0]) + "Z", strategy: .iso8601), let fraction = Int64(parts[1].dropLast()) else { return nil }
    self = Instant(secondsSince1970: Int64(whole.timeIntervalSince1970)).advanced(by: .nanoseconds(fraction))
  }
}
