// How a connection ended: the words in which carriers tell it and traces keep it, and what they mean for a reader who needs more than words.
// Read next: PacketFlow.swift, which draws the last packets from it.

/// Why a connection is gone. The text of a `closed` event is one of these, or the words of an error met on the way, which count as `closed`.
public enum Ending: String, Sendable, Hashable, CaseIterable {
  /// This end said everything, and was the first to say so.
  case closed = "closed"
  /// The peer said everything first.
  case closedByPeer = "closed by the peer"
  /// This end broke it off.
  case reset = "closed with a reset"
  case resetByPeer = "reset by the peer"
  /// It ended without a word.
  case lost = "connection lost"
  case timedOut = "connection timed out"
  /// The listener closed, and its patience was over.
  case shutDown = "the server shuts down"
  /// The peer took nothing of what it was sent.
  case stalled = "the peer takes nothing"

  /// What the end looks like on the wire.
  public enum Farewell: Sendable, Hashable { case finish, reset, nothing }

  public var farewell: Farewell {
    switch self {
    case .closed, .closedByPeer, .shutDown, .stalled: .finish
    case .reset, .resetByPeer: .reset
    case .lost, .timedOut: .nothing
    }
  }

  /// Whether the peer was the first to end it.
  public var isByPeer: Bool {
    switch self {
    case .closedByPeer, .resetByPeer: true
    case .closed, .reset, .lost, .timedOut, .shutDown, .stalled: false
    }
  }
}
