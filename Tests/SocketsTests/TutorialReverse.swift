// The protocol that docs/tutorial builds: a line comes in, the same line reversed goes out, an empty line ends it.
// The tutorial quotes this file; TutorialTests.swift checks that it quotes it truly.
import Bytes
import World

// tutorial: message
/// What a client can say.
enum Request: Equatable {
  case reverse(Buffer)
  case goodbye

  /// Reads one line, without its end.
  init(_ line: Buffer) { self = line.isEmpty ? .goodbye : .reverse(line) }
}
// tutorial: end

// tutorial: answer
/// What the server answers.
enum Answer: Equatable {
  case reversed(Buffer)
  case error(String)

  /// The bytes of the answer, with the line's end.
  var bytes: Buffer {
    switch self {
    case .reversed(let text): Buffer(text.array.reversed() + [13, 10])
    case .error(let why): Buffer("error: \(why)\r\n")
    }
  }
}
// tutorial: end

// tutorial: inputs
/// The server's half of one connection.
struct ReverseConversation: StreamConversation {
  /// It decides everything itself, so it asks nothing.
  typealias Question = Never

  enum Input: Sendable {
    case opened
    case line(Buffer)
    case lineTooLong
    case silentTooLong
    case peerClosed
  }
  // tutorial: end

  // tutorial: state
  private enum State {
    /// Requests are answered. Left by goodbye, by silence, or when the client closes.
    case serving
    /// Everything is said.
    case closed
  }

  private var state = State.serving
  private var framer = LineFramer(LineRules(lineBytesMax: 66, bareLineFeed: .endsLine, bareCarriageReturn: .isContent))
  private(set) var deadline: Instant?
  // tutorial: end

  // tutorial: entrance
  static var dialect: Dialect { Dialect(rawValue: "reverse") }

  mutating func next(from bytes: inout Buffer) -> Input? {
    switch framer.next(from: &bytes) {
    case .line(let line): .line(line)
    case .tooLong, .refused: .lineTooLong
    case nil: nil
    }
  }

  func input(for event: ConnectionEvent) -> Input? {
    switch event {
    case .opened: .opened
    case .peerClosed, .lost: .peerClosed
    case .deadlineReached: .silentTooLong
    case .congested, .relieved, .retired, .secured: nil
    }
  }
  // tutorial: end

  // tutorial: law
  mutating func handle(_ input: Input, at now: Instant, into actions: inout [StreamAction<Never>]) {
    switch (state, input) {
    case (.closed, _), (_, .opened):
      break
    case (.serving, .line(let line)):
      switch Request(line) {
      case .reverse(let text): actions.append(.send(Answer.reversed(text).bytes))
      case .goodbye: finish(into: &actions)
      }
    case (.serving, .lineTooLong):
      actions.append(.problem("expected the end of the line within 66 bytes"))
      actions.append(.send(Answer.error("at most 64 bytes").bytes))
    case (.serving, .silentTooLong), (.serving, .peerClosed):
      finish(into: &actions)
    }
    deadline = state == .serving ? now + .seconds(60) : nil
  }

  private mutating func finish(into actions: inout [StreamAction<Never>]) {
    state = .closed
    actions.append(.close(.afterFlush))
  }

  var acceptsBytes: Bool { state == .serving }
  var stateName: String { state == .serving ? "serving" : "closed" }
}
// tutorial: end
