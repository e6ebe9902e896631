// The client without a protocol: what its owner says goes out, what comes in is delivered. `netstead nc` is its owner.
// Read next: PipeDatagramClient.swift (the same over UDP).
public import Bytes
public import World

/// A connection as a pair of pipes.
public struct PipeStreamClient: StreamConversation {
  /// What can happen.
  public enum Input: Sendable, Hashable {
    case opened
    /// Bytes came from the peer.
    case received(Buffer)
    /// The owner says this.
    case say(Buffer)
    /// The owner has nothing more to say.
    case finished
    case congested, relieved
    /// The peer was silent for `lingerTime` after the owner had finished.
    case silentAfterwards
    case peerClosed
  }

  /// What it tells or asks its owner.
  public enum Question: Sendable, Hashable {
    /// The connection takes more: say something. Answered, now or later, by `say` or `finished`.
    case more
    /// These bytes came. Not answered.
    case deliver(Buffer)
    /// It is over. Not answered.
    case ended
  }

  private enum State {
    /// Both sides may speak. Left by `finished` or the peer's close.
    case talking
    /// The owner has finished: what the peer still says is delivered, until it is silent.
    case listening
    /// Everything is said.
    case closed
  }

  private var state = State.talking
  private var isCongested = false
  private var owesMore = false
  public private(set) var deadline: Instant?
  private let lingerTime: Duration

  /// A client that stays for `lingerTime` after the last byte once its owner has finished.
  public init(lingerTime: Duration = .seconds(1)) { self.lingerTime = lingerTime }

  public static var dialect: Dialect { .raw }

  public mutating func next(from bytes: inout Buffer) -> Input? { bytes.isEmpty ? nil : .received(bytes.takeAll()) }

  public func input(for event: ConnectionEvent) -> Input? {
    switch event {
    case .opened: .opened
    case .peerClosed, .lost: .peerClosed
    case .deadlineReached: .silentAfterwards
    case .congested: .congested
    case .relieved: .relieved
    case .retired, .secured: nil
    }
  }

  public mutating func handle(_ input: Input, at now: Instant, into actions: inout [StreamAction<Question>]) {
    switch (state, input) {
    case (.closed, _): break
    case (_, .opened): actions.append(.ask(.more))
    case (_, .received(let bytes)): actions.append(.ask(.deliver(bytes)))
    case (.talking, .say(let bytes)):
      actions.append(.send(bytes))
      if isCongested { owesMore = true } else { actions.append(.ask(.more)) }
    case (.talking, .finished): state = .listening
    case (_, .congested): isCongested = true
    case (_, .relieved):
      isCongested = false
      if owesMore { actions.append(.ask(.more)) }
      owesMore = false
    case (_, .peerClosed), (_, .silentAfterwards):
      state = .closed
      actions.append(.ask(.ended))
      actions.append(.close(.afterFlush))
    case (.listening, .say), (.listening, .finished): break
    }
    deadline = if case .listening = state { now + lingerTime } else { nil }
  }

  public var acceptsBytes: Bool { if case .closed = state { false } else { true } }

  public var stateName: String {
    switch state {
    case .talking: "talking"
    case .listening: "listening"
    case .closed: "closed"
    }
  }
}
