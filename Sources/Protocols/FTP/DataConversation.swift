// One end of a data connection, of either party: content goes one way, and the connection's end is its end.
// Not here: which content (the owner's), who may connect (the listener's), text's line ends (LineEnds.swift).
public import Bytes
public import World

/// One data connection in stream mode.
// RFC 959 §3.4.1: no marks inside; the sender closes when everything is said.
public struct DataConversation: StreamConversation {
  public enum Input: Sendable {
    case bytes(Buffer)
    case connection(ConnectionEvent)
    // From the owner.
    /// Take what comes; this many bytes before `take` says more.
    case receive(Int)
    /// This many bytes more are wanted.
    case take(Int)
    /// Send this and end.
    case sendFile(FileSlice)
    /// Send pieces, each asked for by `more`; `finish` is the end.
    case sendPieces
    case piece(Buffer)
    case finish
    /// End it, whatever is under way.
    case abort
  }

  public enum Question: Sendable, Hashable {
    /// The connection is there.
    case opened
    case received(Buffer)
    /// The peer said that this was all.
    case receivedAll
    /// The next piece may come.
    case more
    /// The connection broke, stood still, or was closed before anything was ordered.
    case broken
  }

  public static var dialect: Dialect { .ftpData }

  enum Phase: Sendable, Hashable {
    /// Connected; what is to be done is not known yet.
    case waiting
    /// Content comes; so many bytes are still taken.
    case receiving(Int)
    /// Pieces go out.
    case sending
    case closed
  }

  private var phase = Phase.waiting
  private var isCongested = false
  /// A piece was sent and the next one not asked for, since the peer does not keep up.
  private var owesQuestion = false
  public private(set) var deadline: Instant?
  private let limits: Limits

  public init(limits: Limits = Limits()) { self.limits = limits }

  public var acceptsBytes: Bool { if case .receiving(let wanted) = phase { wanted > 0 } else { false } }

  public var stateName: String {
    switch phase {
    case .waiting: "waiting"
    case .receiving: "receiving"
    case .sending: "sending"
    case .closed: "closed"
    }
  }

  public mutating func next(from bytes: inout Buffer) -> Input? { bytes.isEmpty ? nil : .bytes(bytes.takeAll()) }

  public func input(for event: ConnectionEvent) -> Input? { .connection(event) }

  public mutating func handle(_ input: Input, at now: Instant, into actions: inout [StreamAction<Question>]) {
    switch (phase, input) {
    case (.closed, _): break
    case (_, .connection(.opened)): actions.append(.ask(.opened))
    case (.waiting, .receive(let count)): phase = .receiving(count)
    case (.receiving(let wanted), .take(let count)): phase = .receiving(wanted + count)
    case (.receiving(let wanted), .bytes(let bytes)):
      phase = .receiving(wanted - bytes.count)
      actions.append(.ask(.received(bytes)))
    case (.receiving, .connection(.peerClosed)):
      actions.append(.ask(.receivedAll))
      close(.whenSent, into: &actions)
    case (.waiting, .sendFile(let slice)):
      if slice.length > 0 { actions.append(.sendFile(slice)) }
      close(.whenSent, into: &actions)
    case (.waiting, .sendPieces):
      phase = .sending
      actions.append(.ask(.more))
    case (.sending, .piece(let bytes)):
      actions.append(.send(bytes))
      if isCongested { owesQuestion = true } else { actions.append(.ask(.more)) }
    case (.sending, .finish): close(.whenSent, into: &actions)
    // While content goes out, what the peer says about its own direction means nothing.
    case (.sending, .connection(.peerClosed)): break
    case (_, .connection(.congested)): isCongested = true
    case (_, .connection(.relieved)):
      isCongested = false
      if owesQuestion {
        owesQuestion = false
        actions.append(.ask(.more))
      }
    case (_, .connection(.deadlineReached)), (_, .connection(.lost)), (.waiting, .connection(.peerClosed)):
      actions.append(.ask(.broken))
      close(.now, into: &actions)
    case (_, .abort): close(.now, into: &actions)
    case (_, _): break
    }
    // Whoever is awaited has so long; a peer that takes nothing is the carrier's to find out.
    if case .receiving(let wanted) = phase, wanted > 0 { deadline = now + limits.stallTimeout } else { deadline = nil }
  }

  private mutating func close(_ how: Closing, into actions: inout [StreamAction<Question>]) {
    phase = .closed
    actions.append(.close(how))
  }
}
