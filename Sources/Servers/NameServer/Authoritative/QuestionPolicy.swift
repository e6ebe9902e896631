// What a name server does at certain names instead of answering, because whoever runs it says so: for tests of those who ask.
// Not here: which names (Lab/Magic), plain answers (Answer.swift).
import Bytes
package import DNS
import World

/// Judges questions before they are answered.
package struct QuestionPolicy: Sendable {
  /// What becomes of a question.
  package enum Deed: Sendable, Equatable {
    /// This code, and no records.
    case refuse(ResponseCode)
    /// No answer.
    case silent
    /// Over UDP nothing but the word that the answer is too long; over TCP the answer.
    case cut
    /// The answer, so much later.
    case late(Duration)
  }

  /// Nil: the plain answer.
  private let deed: @Sendable (Name, RecordType) -> Deed?

  package init(_ deed: @escaping @Sendable (Name, RecordType) -> Deed?) { self.deed = deed }

  /// The deed that the message `query` calls for, with the message itself; nil: the plain answer.
  func judge(_ query: Buffer) -> (deed: Deed, message: Message)? {
    guard let message = try? Message(reading: query), !message.flags.isResponse, let question = message.questions.first,
      let deed = deed(question.name, question.type)
    else { return nil }
    return (deed, message)
  }

  /// An answer without records that says why, as far as the asker can be told.
  // RFC 8914 §2
  static func refusal(_ code: ResponseCode, of query: Message) -> Buffer {
    query.reply(code, edns: query.edns == nil ? nil : EDNS(options: [.extendedError(.other, "this name is answered so on purpose")])).wire()
  }

  /// An answer that says nothing but that it is too long.
  static func cut(_ query: Message) -> Buffer {
    var reply = query.reply(edns: query.edns == nil ? nil : EDNS())
    reply.flags.isTruncated = true
    return reply.wire()
  }
}

/// Answers that wait until they are late enough.
struct LateAnswers: Sendable {
  /// Most answers that wait. Unit: answers. Past it: the question gets none.
  private static let countMax = 1_000

  private var waiting: [(answer: Buffer, remote: Endpoint, due: Instant)] = []

  var deadline: Instant? { waiting.map(\.due).min() }

  mutating func add(_ answer: Buffer, to remote: Endpoint, due: Instant) {
    if waiting.count < Self.countMax { waiting.append((answer, remote, due)) }
  }

  /// Takes out what is due.
  mutating func take(at now: Instant) -> [(answer: Buffer, remote: Endpoint)] {
    let due = waiting.filter { $0.due <= now }.map { ($0.answer, $0.remote) }
    waiting.removeAll { $0.due <= now }
    return due
  }
}
