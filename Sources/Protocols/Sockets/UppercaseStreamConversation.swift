// The smallest stream service there is: a line comes in, the same line in upper case goes out. Read this one first.
// It shows all a conversation has: inputs, actions, states, a bound for everything, a question to its owner, a deadline.
// Read next: ServiceOrder.swift (who is served when), UppercaseStreamClient.swift (the other end), docs/tutorial.
public import Bytes
public import World

/// The server's half of one connection to the uppercase service.
public struct UppercaseStreamConversation: StreamConversation {
  /// What can happen.
  public enum Input: Sendable, Hashable {
    case opened
    /// The owner's answer: this client is served from now on.
    case turnCame
    /// The owner's answer: too many wait already.
    case turnRefused
    case line(Buffer)
    case lineTooLong
    /// The client does not read its answers, or reads them again.
    case congested, relieved
    case silentTooLong
    case peerClosed
    case retired
  }

  /// What it asks its owner, who knows the other clients.
  public enum Question: Sendable, Hashable {
    /// May this client be served? Answered, now or later, by `turnCame` or `turnRefused`.
    case turn
    /// This client is gone; who is next? Not answered.
    case leave
  }

  private enum State {
    /// Connected, and not served yet. Left by `turnCame` or `turnRefused`.
    case waitingForTurn
    /// Lines are answered. Left by silence, by a line too long, or when the client closes.
    case serving
    /// Answers pile up unread, so no further line is taken. Left by `relieved`.
    case congested
    /// Everything is said.
    case closed
  }

  private var state = State.waitingForTurn
  private var framer: LineFramer
  private let limits: Limits
  public private(set) var deadline: Instant?

  public init(limits: Limits = Limits()) {
    self.limits = limits
    // People type lines in `nc`, which ends them with a bare LF.
    framer = LineFramer(LineRules(lineBytesMax: limits.lineBytesMax, bareLineFeed: .endsLine, bareCarriageReturn: .isContent, pastTheBound: .fails))
  }

  public static var dialect: Dialect { .uppercase }

  public mutating func next(from bytes: inout Buffer) -> Input? {
    switch framer.next(from: &bytes) {
    case .line(let line): .line(line)
    // With these rules neither CR nor LF is ever refused.
    case .tooLong, .refused: .lineTooLong
    case nil: nil
    }
  }

  public func input(for event: ConnectionEvent) -> Input? {
    switch event {
    case .opened: .opened
    case .peerClosed, .lost: .peerClosed
    case .deadlineReached: .silentTooLong
    case .congested: .congested
    case .relieved: .relieved
    case .retired: .retired
    case .secured: nil
    }
  }

  public mutating func handle(_ input: Input, at now: Instant, into actions: inout [StreamAction<Question>]) {
    switch (state, input) {
    case (.closed, _):
      break
    case (_, .opened):
      actions.append(.ask(.turn))
    case (.waitingForTurn, .turnCame):
      state = .serving
    case (.waitingForTurn, .turnRefused):
      finish(because: "too many clients are waiting", into: &actions)
    case (_, .line(let line)):
      var answer = uppercase(line)
      answer.append("\r\n" as StaticString)
      actions.append(.send(answer))
    case (_, .lineTooLong):
      actions.append(.problem("expected the end of the line within \(limits.lineBytesMax) bytes, read more without one"))
      finish(because: nil, into: &actions)
    case (.serving, .congested):
      state = .congested
    case (.congested, .relieved):
      state = .serving
    case (_, .silentTooLong):
      finish(because: "nothing was said for \(limits.idleTimeMax)", into: &actions)
    case (_, .peerClosed):
      finish(because: nil, into: &actions)
    case (_, .retired):
      // Each line is answered at once, so none is under way.
      finish(because: "the service ends", into: &actions)
    case (_, .turnCame), (_, .turnRefused), (_, .congested), (_, .relieved):
      // Too late to matter.
      break
    }
    deadline = isServed ? now + limits.idleTimeMax : nil
  }

  private mutating func finish(because reason: String?, into actions: inout [StreamAction<Question>]) {
    if let reason { actions.append(.note(reason)) }
    state = .closed
    actions.append(.ask(.leave))
    actions.append(.close(.afterFlush))
  }

  private var isServed: Bool {
    switch state {
    case .serving, .congested: true
    case .waitingForTurn, .closed: false
    }
  }

  public var acceptsBytes: Bool { state == .serving }

  public var stateName: String {
    switch state {
    case .waitingForTurn: "waiting for its turn"
    case .serving: "serving"
    case .congested: "congested"
    case .closed: "closed"
    }
  }
}

/// The service itself: ASCII letters become upper case, every other byte stays.
public func uppercase(_ text: Buffer) -> Buffer {
  Buffer(text.array.map { (0x61...0x7A).contains($0) ? $0 - 0x20 : $0 })
}
