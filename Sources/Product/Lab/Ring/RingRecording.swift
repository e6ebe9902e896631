// Who looks on while a ring works. Read next: Models/ModelTrace.swift, which writes traces.

/// Sees everything that passes in a ring.
package protocol RingRecording: AnyObject {
  /// Whether messages are of interest, not only notes.
  var hearsMessages: Bool { get }
  /// Something went out.
  func sent(_ line: String, from: RingContact, to: RingContact, at: Int)
  /// Something came in.
  func received(_ line: String, from: RingContact, by: RingContact, at: Int)
  /// A node did something on its own account. The other is whom it is about.
  func note(_ sentence: String, by: RingContact, about: RingContact?, at: Int)
}

extension RingRecording {
  func sent(_ message: RingMessage, from: RingContact, to: RingContact, at time: Int) {
    if hearsMessages { sent(message.line, from: from, to: to, at: time) }
  }


  func received(_ message: RingMessage, from: RingContact, by: RingContact, at time: Int) {
    if hearsMessages { received(message.line, from: from, by: by, at: time) }
  }
}
