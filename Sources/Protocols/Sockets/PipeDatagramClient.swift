// The client without a protocol over UDP: each thing its owner says is a datagram, each datagram from the peer is delivered.
// Read next: PipeStreamClient.swift (the same over TCP).
public import Bytes
public import World

/// A datagram port that talks to one peer.
public struct PipeDatagramClient: DatagramConversation {
  /// What can happen.
  public enum Input: Sendable, Hashable {
    case opened
    case received(Buffer, from: Endpoint)
    /// The owner says this, in one datagram.
    case say(Buffer)
    /// The owner has nothing more to say.
    case finished
    /// The peer was silent for `lingerTime` after the owner had finished.
    case silentAfterwards
  }

  /// What it tells or asks its owner.
  public enum Question: Sendable, Hashable {
    /// Say something. Answered, now or later, by `say` or `finished`.
    case more
    /// This datagram came. Not answered.
    case deliver(Buffer)
    /// It is over. Not answered.
    case ended
  }

  private enum State { case talking, listening, closed }

  private var state = State.talking
  public private(set) var deadline: Instant?
  private let peer: Endpoint
  private let lingerTime: Duration

  /// A client of `peer` that stays for `lingerTime` after the last datagram once its owner has finished.
  public init(peer: Endpoint, lingerTime: Duration = .seconds(1)) {
    self.peer = peer
    self.lingerTime = lingerTime
  }

  public static var dialect: Dialect { .raw }

  public func input(for event: DatagramEvent) -> Input? {
    switch event {
    case .opened: .opened
    case .received(let bytes, let remote): .received(bytes, from: remote)
    case .deadlineReached: .silentAfterwards
    }
  }

  public mutating func handle(_ input: Input, at now: Instant, into actions: inout [DatagramAction<Question>]) {
    switch (state, input) {
    case (.closed, _): break
    case (_, .opened): actions.append(.ask(.more))
    case (_, .received(let bytes, let remote)):
      // A stranger's datagram is nothing to the owner, who talks to one peer.
      actions.append(remote == peer ? .ask(.deliver(bytes)) : .note("ignored: a datagram from \(remote)", about: remote))
    case (.talking, .say(let bytes)):
      actions.append(.send(bytes, to: peer))
      actions.append(.ask(.more))
    case (.talking, .finished): state = .listening
    case (_, .silentAfterwards):
      state = .closed
      actions.append(.ask(.ended))
    case (.listening, .say), (.listening, .finished): break
    }
    deadline = if case .listening = state { now + lingerTime } else { nil }
  }

  public var acceptsBytes: Bool { true }

  public var stateName: String {
    switch state {
    case .talking: "talking"
    case .listening: "listening"
    case .closed: "closed"
    }
  }
}
