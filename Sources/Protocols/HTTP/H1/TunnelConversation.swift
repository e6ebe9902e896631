// The far half of a tunnel: one connection whose bytes are handed on as they are, in both directions, each at the pace of its taker.
// Not here: the near half, which is a `ServerConversation` after CONNECT (ServerBody.swift), and who joins the two (a proxy).
public import Bytes
public import World

/// A connection that a tunnel leads to.
// RFC 9110 §9.3.6
public struct TunnelConversation: StreamConversation {
  public enum Input: Sendable {
    case received(Buffer)
    case connection(ConnectionEvent)
    /// The owner hands bytes on.
    case send(Buffer)
    /// The owner takes this many more bytes.
    case take(Int)
    /// The other end of the tunnel has ended: what is queued leaves, then the connection ends.
    case finish
    /// Whoever keeps the tunnel is closing: it lasts only as long as no silence in it is longer than this.
    case retire(Duration)
  }

  public enum Question: Sendable, Hashable {
    case received(Buffer)
    /// The peer has ended; nothing more comes.
    case ended
    /// This many bytes have gone to the carrier.
    case sent(Int)
    /// The peer takes bytes more slowly than they come.
    case hold
    /// Bytes may come again.
    case resume
  }

  public typealias Action = StreamAction<Question>

  public static var dialect: Dialect { .raw }

  private var wantedBytes: Int
  private var isClosed = false
  public private(set) var deadline: Instant?
  private var timeout: Duration

  /// A tunnel that hands over `unaskedBytesMax` before its owner asks for more, and ends after a silence of `timeout`.
  public init(unaskedBytesMax: Int, timeout: Duration) {
    wantedBytes = unaskedBytesMax
    self.timeout = timeout
  }

  public func input(for event: ConnectionEvent) -> Input? { .connection(event) }

  public var acceptsBytes: Bool { !isClosed && wantedBytes > 0 }

  public var stateName: String { isClosed ? "closed" : "tunnelling" }

  public mutating func next(from bytes: inout Buffer) -> Input? {
    guard let data = bytes.take(min(bytes.count, wantedBytes)), !data.isEmpty else { return nil }
    wantedBytes -= data.count
    return .received(data)
  }

  public mutating func handle(_ input: Input, at now: Instant, into actions: inout [Action]) {
    guard !isClosed else { return }
    switch input {
    case .received(let bytes):
      deadline = now + timeout
      actions.append(.ask(.received(bytes)))
    case .send(let bytes):
      deadline = now + timeout
      actions.append(.send(bytes))
      actions.append(.ask(.sent(bytes.count)))
    case .take(let count):
      let (sum, overflow) = wantedBytes.addingReportingOverflow(max(0, count))
      wantedBytes = overflow ? .max : sum
    case .finish: end(.afterFlush, into: &actions)
    case .retire(let silence):
      timeout = min(timeout, silence)
      deadline = now + timeout
    case .connection(.opened): deadline = now + timeout
    case .connection(.peerClosed), .connection(.lost): end(.afterFlush, into: &actions)
    case .connection(.deadlineReached):
      guard let due = deadline, due <= now else { return }
      actions.append(.note("nothing passed through the tunnel for \(timeout)"))
      end(.afterFlush, into: &actions)
    // Our own end of a tunnel was not taken in by a listener.
    case .connection(.retired), .connection(.secured): break
    case .connection(.congested): actions.append(.ask(.hold))
    case .connection(.relieved): actions.append(.ask(.resume))
    }
  }

  private mutating func end(_ how: Closing, into actions: inout [Action]) {
    isClosed = true
    deadline = nil
    actions.append(.ask(.ended))
    actions.append(.close(how))
  }
}
