// APPEND: a message comes in pieces, goes to the owner in pieces, and the owner's word decides.
import Bytes
import World

extension ServerConversation {
  /// An APPEND that is under way.
  struct Appending: Sendable {
    var tag: String
    /// Whether the client waits to be asked for the message.
    var isAwaited: Bool
    var lineEnds = LineEnds()
    /// Why it will not be stored; what still comes of it is thrown away.
    var refusal: Refusal?
    /// Whether the owner has taken it on.
    var isBegun = false
  }

  mutating func beginAppend(_ tag: String, _ head: AppendHead, _ size: Int64, isAwaited: Bool, into actions: inout [Action]) {
    let appending = Appending(tag: tag, isAwaited: isAwaited)
    guard size <= limits.messageBytesMax else {
      let refusal = Refusal(.tooBig, "a message has at most \(limits.messageBytesMax) bytes")
      if isAwaited { return noteAppendRefused(appending, refusal, into: &actions) }
      // RFC 7888 §4: what comes unasked and is too much cannot be skipped safely.
      out.status(tag, .no, refusal.code, refusal.text)
      return finish(refusal.text, into: &actions)
    }
    guard size > 0 else { return noteAppendRefused(appending, Refusal(.cannot, "a message has at least one byte"), into: &actions) }
    switch Self.name(head.mailbox) {
    case .success(let name):
      let order = AppendOrder(mailbox: name, flags: head.flags, date: head.date, size: size)
      ask(.append(appending), into: &actions) { .append($0, order) }
    case .failure(let refusal): noteAppendRefused(appending, refusal, into: &actions)
    }
  }

  mutating func noteAppendAccepted(_ appending: Appending) {
    var appending = appending
    appending.isBegun = true
    exchange = .appending(appending)
    if appending.isAwaited { out.continuation("send the message") }
  }

  mutating func noteAppendRefused(_ appending: Appending, _ refusal: Refusal, into actions: inout [Action]) {
    if appending.isAwaited {
      // RFC 3501 §7.5: a client that is not asked to go on does not send the literal.
      reader.forgetContent()
      return refuse(appending.tag, refusal, into: &actions)
    }
    var appending = appending
    appending.refusal = refusal
    exchange = .appending(appending)
  }

  mutating func noteContent(_ piece: Buffer, into actions: inout [Action]) {
    guard case .appending(var appending) = exchange, appending.refusal == nil else { return }
    guard piece.firstIndex(of: 0) == nil else {
      // RFC 3501 §9 CHAR8
      abandonAppending(into: &actions)
      appending.isBegun = false
      appending.refusal = Refusal(.cannot, "a message has no NUL")
      exchange = .appending(appending)
      return
    }
    let content = appending.lineEnds.take(piece)
    exchange = .appending(appending)
    if !content.isEmpty { ask(.appendContent(appending, isLast: false), into: &actions) { .appendContent($0, content) } }
  }

  mutating func noteContentTaken(_ appending: Appending, isLast: Bool, into actions: inout [Action]) {
    if isLast { endAppend(appending, into: &actions) }
  }

  mutating func noteContentRefused(_ appending: Appending, _ refusal: Refusal, isLast: Bool, into actions: inout [Action]) {
    var appending = appending
    appending.refusal = refusal
    appending.isBegun = false
    exchange = .appending(appending)
    if isLast { noteContentEnd(into: &actions) }
  }

  mutating func noteContentEnd(into actions: inout [Action]) {
    guard case .appending(var appending) = exchange else { return }
    if let refusal = appending.refusal {
      exchange = .commands
      return refuse(appending.tag, refusal, into: &actions)
    }
    let rest = appending.lineEnds.end()
    guard !rest.isEmpty else { return endAppend(appending, into: &actions) }
    ask(.appendContent(appending, isLast: true), into: &actions) { .appendContent($0, rest) }
  }

  private mutating func endAppend(_ appending: Appending, into actions: inout [Action]) {
    exchange = .commands
    ask(.appendEnd(appending), into: &actions) { .appendEnd($0) }
  }

  mutating func noteSpoiledContent(into actions: inout [Action]) {
    guard case .appending(let appending) = exchange else { return }
    abandonAppending(into: &actions)
    exchange = .commands
    reject(appending.tag, "expected CRLF behind the message", into: &actions)
  }

  /// Tells the owner that a message it has begun to take will not be finished.
  mutating func abandonAppending(into actions: inout [Action]) {
    guard case .appending(let appending) = exchange, appending.isBegun else { return }
    flush(into: &actions)
    actions.append(.ask(.appendAbandoned))
  }
}
