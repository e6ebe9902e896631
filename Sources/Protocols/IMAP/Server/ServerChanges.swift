// What happened to the selected mailbox while the client was not looking: kept, joined, and told where the client may hear it.
// A client that says nothing and does not idle is told nothing, however much happens; what is kept for it is three sets.
import Bytes
import World

extension ServerConversation {
  /// What the client has not been told.
  struct Pending: Sendable {
    var arrived = UIDSet()
    var recent = UIDSet()
    var expunged = UIDSet()
    /// Their flags are not what the client knows.
    var changed = UIDSet()
  }

  /// What may be told at a command's end.
  // RFC 3501 §7.4.1: no EXPUNGE while FETCH, STORE or SEARCH is answered, since their numbers would not be what they were.
  enum Permission: Sendable {
    case everything
    case noExpunge

    init(_ numbering: Command.Numbering) { self = numbering == .uid ? .everything : .noExpunge }
  }

  mutating func note(_ change: MailboxChange, _ ticket: Ticket, into actions: inout [Action]) {
    // What is told about a mailbox that was left meanwhile is too late.
    guard var selection, selection.ticket == ticket else { return }
    switch change {
    case .arrived(let messages, let recent):
      let unknown = messages.subtracting(selection.map.uids)
      selection.pending.arrived.formUnion(unknown)
      selection.pending.recent.formUnion(recent.intersection(unknown))
    case .expunged(let messages):
      // Who never heard of them need not hear that they are gone.
      selection.pending.arrived = selection.pending.arrived.subtracting(messages)
      selection.pending.recent = selection.pending.recent.subtracting(messages)
      selection.pending.expunged.formUnion(messages.intersection(selection.map.uids))
      selection.pending.changed = selection.pending.changed.subtracting(messages)
    case .flagsChanged(let messages):
      // Of a message that is not known yet the flags are fetched by the client itself.
      selection.pending.changed.formUnion(messages.intersection(selection.map.uids).subtracting(selection.pending.expunged))
    case .replaced: return finish("the mailbox is not what it was any more", into: &actions)
    }
    self.selection = selection
    tellIdler(into: &actions)
  }

  // MARK: Telling

  /// A command is done: tells what may be told, then says `OK`.
  mutating func complete(
    _ tag: String, code: ResponseCode? = nil, _ text: String, _ permission: Permission = .everything, into actions: inout [Action]
  ) {
    var line = ResponseWriter()
    line.status(tag, .ok, code, text)
    tellChanges(permission, then: .say(line.bytes), into: &actions)
  }

  /// A command is refused: tells what may be told, then says `NO`.
  mutating func refuse(_ tag: String?, _ refusal: Refusal, into actions: inout [Action]) {
    var line = ResponseWriter()
    line.status(tag, .no, refusal.code, refusal.text)
    tellChanges(.noExpunge, then: .say(line.bytes), into: &actions)
  }

  /// Tells what has happened, then does what is to be done at the end.
  private mutating func tellChanges(_ permission: Permission, then ending: Fetching.Ending, into actions: inout [Action]) {
    for alert in alerts { out.status(nil, .ok, .alert, alert) }
    alerts = []
    if permission == .everything, let expunged = selection?.pending.expunged, !expunged.isEmpty { tellExpunged(expunged, into: &actions) }
    if let arrived = selection?.pending.arrived, !arrived.isEmpty { tellArrived() }
    let changed = selection?.pending.changed ?? UIDSet()
    selection?.pending.changed = UIDSet()
    fetch(Fetching(left: changed, items: [.flags], showsUID: true, setsSeen: false, ending: ending), into: &actions)
  }

  /// Removes messages from what the client knows and tells it.
  mutating func tellExpunged(_ gone: UIDSet, into actions: inout [Action]) {
    guard var selection else { return }
    selection.pending.expunged = selection.pending.expunged.subtracting(gone)
    selection.pending.arrived = selection.pending.arrived.subtracting(gone)
    selection.pending.changed = selection.pending.changed.subtracting(gone)
    selection.pending.recent = selection.pending.recent.subtracting(gone)
    selection.recent = selection.recent.subtracting(gone)
    let known = selection.map.uids.intersection(gone)
    for number in selection.map.remove(known) { out.untagged("\(number) EXPUNGE") }
    self.selection = selection
    guard !known.isEmpty else { return }
    flush(into: &actions)
    actions.append(.ask(.forgotten(known)))
  }

  private mutating func tellArrived() {
    guard var selection else { return }
    selection.map.add(selection.pending.arrived)
    selection.recent.formUnion(selection.pending.recent)
    selection.pending.arrived = UIDSet()
    selection.pending.recent = UIDSet()
    // RFC 3501 §7.3.1, §7.3.2
    out.untagged("\(selection.map.count) EXISTS")
    out.untagged("\(selection.recent.count) RECENT")
    self.selection = selection
  }

  // MARK: IDLE

  // RFC 2177 §3
  mutating func beginIdle(_ tag: String, at now: Instant, into actions: inout [Action]) {
    exchange = .idle(tag: tag)
    reader.expectLine()
    stillHere = now + limits.stillHereInterval
    out.continuation("idling")
    tellIdler(into: &actions)
  }

  /// Tells a client that idles what has happened.
  mutating func tellIdler(into actions: inout [Action]) {
    guard case .idle = exchange, case .none = work, !isCongested else { return }
    let pending = selection?.pending
    let isNothing = alerts.isEmpty && pending.map { $0.arrived.isEmpty && $0.expunged.isEmpty && $0.changed.isEmpty } ?? true
    if !isNothing { tellChanges(.everything, then: .nothing, into: &actions) }
  }

  mutating func noteIdleEnd(_ line: Buffer, _ tag: String, into actions: inout [Action]) {
    endExchange()
    stillHere = nil
    guard Keyword.areSame(line.text, "DONE") else { return reject(tag, "expected DONE", into: &actions) }
    complete(tag, "IDLE completed", into: &actions)
  }
}
