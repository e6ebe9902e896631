// Drivers for conversations that ask nothing: they decide everything themselves, so nobody has to answer.
public import World

extension ConversationDriver where C.Question == Never {
  /// A driver for a conversation without questions.
  public convenience init(_ conversation: C, trace: TraceContext?) {
    self.init(conversation, trace: trace, owner: unanswered)
  }
}

extension DatagramDriver where C.Question == Never {
  /// A driver for a conversation without questions.
  public convenience init(_ conversation: C, trace: TraceContext?) {
    self.init(conversation, trace: trace, owner: unanswered)
  }
}

/// The owner of a conversation without questions. Generic, since a closure over `Never` is one that can never run.
private func unanswered<Question, Input>(_ question: Question, _ answers: Answers<Input>) -> Input? { nil }
