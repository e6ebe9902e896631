// Where drivers put events. One recorder serves a whole process; it is bounded, and counts what it had to forget.
// Not here: showing (Transcript, JSONLines), exporting (PacketCapture), explaining (each protocol).
import Bytes
public import World

/// Takes events in from any thread, keeps the newest within its bounds, and hands them on.
public protocol Recorder: AnyObject, Sendable {
  /// Whether anybody wants events at all. Drivers ask before they build one.
  var isOn: Bool { get }
  /// A conversation begins; the number names it in later events.
  func open(_ info: ConversationInfo, at time: Instant) -> ConversationID
  /// From here on the conversation is carried on because of another one than before.
  func carryOn(_ conversation: ConversationID, because cause: ConversationID, at time: Instant)
  /// Something happened. `bytes` is copied before this returns.
  func record(_ kind: Event.Kind, in conversation: ConversationID, at time: Instant, bytes: RawSpan, length: Int, text: String)
  /// A line for the TLS key log (NSS format), so that an exported capture can be read.
  func keep(tlsSecret line: String)
}

extension Recorder {
  public func record(_ kind: Event.Kind, in conversation: ConversationID, at time: Instant, text: String) {
    let nothing = Buffer()
    record(kind, in: conversation, at: time, bytes: nothing.span, length: 0, text: text)
  }
}
