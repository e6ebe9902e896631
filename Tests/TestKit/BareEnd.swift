// A conversation without a driver: bytes and events in, what it orders and asks kept apart, TLS begun by a call. For what drivers hide:
// where TLS begins, whom a deadline is for, what is a secret. Read next: TranscriptPlayer.swift, which plays under the real driver.
package import Bytes
package import World

/// One end, and everything it has done.
package final class BareEnd<C: StreamConversation> {
  package private(set) var conversation: C
  package private(set) var now: Instant
  /// Sent and not yet taken.
  private var output = Buffer()
  package private(set) var questions: [C.Question] = []
  package private(set) var problems: [String] = []
  package private(set) var closing: Closing?
  /// Whether it waits for TLS.
  package private(set) var isSecuring = false
  /// What came in the clear behind the command that began TLS.
  package private(set) var hasPlaintextPending = false
  /// Each message that passed, as a trace would show it.
  package private(set) var shown: [Buffer] = []
  /// Answers questions at once; nil: not.
  private let owner: (C.Question) -> [C.Input]
  private var incoming = Buffer()

  package init(_ conversation: C, at now: Instant = .simulationStart, owner: @escaping (C.Question) -> [C.Input] = { _ in [] }) {
    self.conversation = conversation
    self.now = now
    self.owner = owner
    happen(.opened)
  }

  /// Bytes come from the peer.
  package func receive(_ bytes: Buffer) {
    incoming.append(bytes)
    settle()
  }

  /// The connection tells something.
  package func happen(_ event: ConnectionEvent) {
    if event == .secured { isSecuring = false }
    if let input = conversation.input(for: event) { give(input) } else { settle() }
  }

  /// The owner, or the connection, says something.
  package func give(_ input: C.Input) {
    obey(input)
    settle()
  }

  /// Time passes; deadlines on the way are reached.
  package func advance(by duration: Duration) {
    let target = now + duration
    var turns = 0
    while closing == nil, let deadline = conversation.deadline, deadline <= target, turns < 10_000 {
      now = max(now, deadline)
      happen(.deadlineReached)
      turns += 1
    }
    now = target
  }

  /// What was sent since the last call.
  package func takeOutput() -> Buffer { output.takeAll() }

  /// What was asked since the last call.
  package func takeQuestions() -> [C.Question] {
    defer { questions = [] }
    return questions
  }

  private func settle() {
    while closing == nil, !isSecuring, conversation.acceptsBytes {
      let before = incoming
      guard let input = conversation.next(from: &incoming) else { break }
      show(before[0..<(before.count - incoming.count)], sent: false)
      obey(input)
    }
  }

  private func obey(_ input: C.Input) {
    var waiting = [input]
    while !waiting.isEmpty, closing == nil {
      var actions: [StreamAction<C.Question>] = []
      conversation.handle(waiting.removeFirst(), at: now, into: &actions)
      for action in actions where closing == nil {
        switch action {
        case .send(let bytes):
          show(bytes, sent: true)
          output.append(bytes)
        case .sendFile(let slice): output.append(slice.file.read(at: slice.offset, length: Int(slice.length)) ?? Buffer())
        case .ask(let question):
          questions.append(question)
          waiting += owner(question)
        case .note: break
        case .problem(let text): problems.append(text)
        case .startTLS:
          isSecuring = true
          hasPlaintextPending = !incoming.isEmpty
        case .close(let how):
          if !incoming.isEmpty { show(incoming.takeAll(), sent: false) }
          closing = how
        }
      }
    }
  }

  private func show(_ bytes: Buffer, sent: Bool) {
    var array = bytes.array
    for range in conversation.secretsNow(in: bytes, sent: sent) { for index in range.clamped(to: 0..<array.count) { array[index] = UInt8(ascii: "*") } }
    shown.append(Buffer(array))
  }
}

/// Lets two ends talk until neither has anything to say; TLS begins when both want it.
package func converse<A, B>(_ a: BareEnd<A>, _ b: BareEnd<B>) {
  for _ in 0..<100_000 {
    let fromA = a.takeOutput()
    let fromB = b.takeOutput()
    if !fromA.isEmpty { b.receive(fromA) }
    if !fromB.isEmpty { a.receive(fromB) }
    guard fromA.isEmpty, fromB.isEmpty else { continue }
    if a.isSecuring, b.isSecuring {
      a.happen(.secured)
      b.happen(.secured)
      continue
    }
    if a.closing != nil, b.closing == nil {
      b.happen(.peerClosed)
      continue
    }
    if b.closing != nil, a.closing == nil {
      a.happen(.peerClosed)
      continue
    }
    return
  }
}
