// A recorder that forgets nothing, for tests: what was said, in order, as events and as text.
package import Bytes
import Synchronization
package import Trace
package import World

/// Keeps every event in memory.
package final class TestRecorder: Recorder {
  private struct Kept {
    var conversations: [ConversationInfo] = []
    var events: [Event] = []
    var secrets: [String] = []
  }

  private let kept = Mutex(Kept())
  package let isOn: Bool

  package init(isOn: Bool = true) { self.isOn = isOn }

  package func open(_ info: ConversationInfo, at time: Instant) -> ConversationID {
    kept.withLock { kept in
      kept.conversations.append(info)
      let id = ConversationID(UInt64(kept.conversations.count))
      kept.events.append(Event(sequence: UInt64(kept.events.count), time: time, conversation: id, kind: .opened, because: info.because))
      return id
    }
  }

  package func carryOn(_ conversation: ConversationID, because cause: ConversationID, at time: Instant) {
    kept.withLock { kept in
      kept.events.append(
        Event(sequence: UInt64(kept.events.count), time: time, conversation: conversation, kind: .continued, because: cause))
    }
  }

  package func record(_ kind: Event.Kind, in conversation: ConversationID, at time: Instant, bytes: RawSpan, length: Int, text: String) {
    let copy = Buffer(copying: bytes)
    kept.withLock { kept in
      kept.events.append(
        Event(sequence: UInt64(kept.events.count), time: time, conversation: conversation, kind: kind, bytes: copy, length: length, text: text))
    }
  }

  package func keep(tlsSecret line: String) { kept.withLock { $0.secrets.append(line) } }

  // MARK: Looking

  package var conversations: [ConversationInfo] { kept.withLock { $0.conversations } }
  package var events: [Event] { kept.withLock { $0.events } }
  package var tlsSecrets: [String] { kept.withLock { $0.secrets } }

  /// Who talks in a conversation; nil when there is none of this number.
  package func participants(of id: ConversationID) -> ConversationInfo? {
    kept.withLock { kept in
      id.number >= 1 && id.number <= UInt64(kept.conversations.count) ? kept.conversations[Int(id.number) - 1] : nil
    }
  }

  /// The bytes of all events of `kind`, in order, one after the other.
  package func bytes(_ kind: Event.Kind) -> Buffer {
    var all = Buffer()
    for event in events where event.kind == kind { all.append(event.bytes) }
    return all
  }

  /// The texts of all events of `kind`, in order.
  package func texts(_ kind: Event.Kind) -> [String] { events.filter { $0.kind == kind }.map(\.text) }

  /// One line per event: all there is to know of it. Two runs are the same when these lines are.
  package var lines: [String] {
    let (events, conversations) = kept.withLock { ($0.events, $0.conversations) }
    return events.map { event in
      let id = Int(event.conversation.number)
      let info = conversations.indices.contains(id - 1) ? conversations[id - 1] : nil
      let who = info.map { "\($0.host) \($0.role.rawValue) \($0.carrier.rawValue)/\($0.dialect.rawValue) \($0.local) \($0.remote)" } ?? "?"
      let time = Instant.simulationStart.duration(to: event.time)
      return "\(event.sequence) +\(time) #\(id) [\(who)] \(event.kind.rawValue) \(event.length) \"\(event.bytes)\" \(event.text)\(event.because.map { " because of #\($0.number)" } ?? "")"
    }
  }

  /// A 64-bit FNV-1a number over `lines`: the same in every process for the same trace.
  package var fingerprint: String {
    var hash: UInt64 = 0xCBF2_9CE4_8422_2325
    for line in lines {
      for byte in line.utf8 { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01B3 }
      hash = (hash ^ 10) &* 0x100_0000_01B3
    }
    return String(hash, radix: 16)
  }
}
