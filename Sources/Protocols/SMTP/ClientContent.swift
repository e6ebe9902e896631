// The message itself: leave to send it, its pieces, its end, the verdict.
// Read before: ClientConversation.swift, ClientTransaction.swift.
import Bytes
import World

/// How much of a message has been sent.
struct ContentSending: Sendable {
  /// The part that comes next.
  var part = 0
  /// How much of that part has been sent. Unit: bytes.
  var offset: Int64 = 0
  /// What was asked of the owner, and how much of it; nil: nothing.
  var asked: (ticket: Ticket, bytes: Int)?
  /// A CR or LF that stands alone would be a line's end for some servers and not for others: it must not leave.
  private var lines = LineEndings(.blanked)
  private var dots = DotStuffing.Encoder()

  /// A stretch of the message as it goes over the wire.
  mutating func encoded(_ bytes: Buffer) -> Buffer {
    let passed = lines.pass(bytes)
    var out = Buffer(capacity: passed.count + 8)
    dots.encode(passed, into: &out)
    return out
  }

  /// The end as it goes over the wire.
  mutating func end() -> Buffer {
    var out = Buffer()
    dots.encode(lines.finish(), into: &out)
    dots.finish(into: &out)
    return out
  }
}

extension ClientConversation {
  /// The reply to DATA.
  mutating func noteLeave(_ reply: Reply, into actions: inout [Action]) {
    switch reply.outcome {
    case .wantsMore:
      state = .sending
      sendContent(into: &actions)
    case .temporary, .permanent:
      if let accepted = transfer?.accepted { transfer?.decide(accepted, Fate(refusedBy: reply)) }
      reset(into: &actions)
    case .done: breakOff("expected leave to send the message, found \(reply)", into: &actions)
    }
  }

  /// Sends as much as can be sent now.
  mutating func sendContent(into actions: inout [Action]) {
    guard case .sending = state, var progress = transfer?.progress, let parts = transfer?.delivery.content else { return }
    while !isCongested, progress.asked == nil {
      guard progress.part < parts.count else {
        actions.append(.send(progress.end()))
        state = .awaitingVerdict
        break
      }
      switch parts[progress.part] {
      case .bytes(let bytes):
        let wire = progress.encoded(bytes)
        if !wire.isEmpty { actions.append(.send(wire)) }
        progress.part += 1
      case .file(let slice) where progress.offset >= slice.length:
        progress.part += 1
        progress.offset = 0
      case .file(let slice):
        let length = min(Int64(limits.contentPieceBytes), slice.length - progress.offset)
        let ticket = nextTicket.taken()
        progress.asked = (ticket, Int(clamping: length))
        actions.append(.ask(.read(ticket, FileSlice(file: slice.file, offset: slice.offset + progress.offset, length: length))))
      }
    }
    transfer?.progress = progress
  }

  /// A piece of a file came from the owner.
  mutating func send(_ bytes: Buffer, for ticket: Ticket, into actions: inout [Action]) {
    guard case .sending = state, var progress = transfer?.progress, let asked = progress.asked, asked.ticket == ticket else { return }
    // Half a message must not look like a whole one: only the connection's end says so.
    guard bytes.count == asked.bytes else { return fail(.unreadable, into: &actions) }
    progress.asked = nil
    progress.offset += Int64(bytes.count)
    let wire = progress.encoded(bytes)
    transfer?.progress = progress
    if !wire.isEmpty { actions.append(.send(wire)) }
    sendContent(into: &actions)
  }

  /// The reply to the whole message.
  mutating func noteVerdict(_ reply: Reply, into actions: inout [Action]) {
    if reply.outcome == .wantsMore { return breakOff("expected a verdict on the message, found \(reply)", into: &actions) }
    decideAccepted(reply)
    finishTransfer(into: &actions)
  }

  /// A reply before the message's end: a server that has had enough. The rest is not sent, so the connection is of no more use.
  mutating func noteEarlyVerdict(_ reply: Reply, into actions: inout [Action]) {
    guard reply.isRefusal else { return breakOff("expected no \(reply) before the message's end", into: &actions) }
    decideAccepted(reply)
    if let transfer { actions.append(.ask(.delivered(transfer.fates(otherwise: .undecided(.refused(reply, at: .content)))))) }
    transfer = nil
    end(.refused(reply, at: .content), .now, into: &actions)
  }

  private mutating func decideAccepted(_ reply: Reply) {
    guard let accepted = transfer?.accepted else { return }
    transfer?.decide(accepted, reply.outcome == .done ? .accepted(reply) : Fate(refusedBy: reply))
  }
}
