// The client's half of the uppercase service over TCP: says one line, waits for its answer, says the next.
// Read next: UppercaseStreamConversation.swift (the server's half).
public import Bytes
public import World

/// Sends lines and delivers the answers to its owner.
public struct UppercaseStreamClient: StreamConversation {
  public enum Input: Sendable, Hashable {
    case opened
    case answer(Buffer)
    case answerTooLong
    case silentTooLong
    case peerClosed
  }

  /// What it tells its owner. None of these is answered.
  public enum Question: Sendable, Hashable {
    case deliver(line: String, answer: String)
    /// Every line was answered.
    case finished
    /// It ended before that: why, in a sentence.
    case failed(String)
  }

  private enum State {
    /// Not connected yet. Left by `opened`.
    case starting
    /// `said` was sent. Left by its answer, or when none comes.
    case awaitingAnswer(said: String)
    /// Everything is said.
    case closed
  }

  private var state = State.starting
  /// What is still to be said, in order.
  private var unsaid: ArraySlice<String>
  private var framer: LineFramer
  private let limits: Limits
  public private(set) var deadline: Instant?

  /// A client that says `lines`, each without a line end in it.
  public init(lines: [String], limits: Limits = Limits()) {
    unsaid = lines[...]
    self.limits = limits
    framer = LineFramer(LineRules(lineBytesMax: limits.lineBytesMax, bareLineFeed: .endsLine, bareCarriageReturn: .isContent, pastTheBound: .fails))
  }

  public static var dialect: Dialect { .uppercase }

  public mutating func next(from bytes: inout Buffer) -> Input? {
    switch framer.next(from: &bytes) {
    case .line(let line): .answer(line)
    case .tooLong, .refused: .answerTooLong
    case nil: nil
    }
  }

  public func input(for event: ConnectionEvent) -> Input? {
    switch event {
    case .opened: .opened
    case .peerClosed, .lost: .peerClosed
    case .deadlineReached: .silentTooLong
    // One line at a time never fills a queue.
    case .congested, .relieved, .retired, .secured: nil
    }
  }

  public mutating func handle(_ input: Input, at now: Instant, into actions: inout [StreamAction<Question>]) {
    switch (state, input) {
    case (.starting, .opened):
      sayNext(at: now, into: &actions)
    case (.awaitingAnswer(let said), .answer(let answer)):
      actions.append(.ask(.deliver(line: said, answer: answer.text)))
      sayNext(at: now, into: &actions)
    case (.awaitingAnswer, .answerTooLong):
      actions.append(.problem("expected an answer of at most \(limits.lineBytesMax) bytes, read more"))
      finish(.failed("the answer is too long"), into: &actions)
    case (.awaitingAnswer, .silentTooLong):
      finish(.failed("no answer within \(limits.answerTimeMax)"), into: &actions)
    case (.starting, .peerClosed), (.awaitingAnswer, .peerClosed):
      finish(.failed("the server closed before it had answered everything"), into: &actions)
    case (_, _):
      break
    }
  }

  private mutating func sayNext(at now: Instant, into actions: inout [StreamAction<Question>]) {
    guard let line = unsaid.popFirst() else { return finish(.finished, into: &actions) }
    state = .awaitingAnswer(said: line)
    deadline = now + limits.answerTimeMax
    actions.append(.send(Buffer(line + "\r\n")))
  }

  private mutating func finish(_ last: Question, into actions: inout [StreamAction<Question>]) {
    state = .closed
    deadline = nil
    actions.append(.ask(last))
    actions.append(.close(.afterFlush))
  }

  public var acceptsBytes: Bool { true }

  public var stateName: String {
    switch state {
    case .starting: "starting"
    case .awaitingAnswer: "awaiting the answer"
    case .closed: "closed"
    }
  }
}
