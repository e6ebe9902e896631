// What FETCH and SEARCH ask of most messages, taken from a message once, when it is kept: so that a list of a thousand messages reads none.
// Not here: reading messages (Mail), writing what is told (IMAP).
import Bytes

/// What is known of a content without reading it.
struct Summary: Sendable, Hashable {
  var record: Buffer

  init(record: Buffer) { self.record = record }

  /// Of a message.
  init(of message: MessageContent) { record = Buffer() }

  /// What keeping it in memory costs. Unit: bytes.
  var cost: Int { record.count + 64 }
}
