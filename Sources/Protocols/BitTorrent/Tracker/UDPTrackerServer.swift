// What a UDP tracker does with a datagram before anybody looks at a table: a function of the datagram, its sender and the time.
// Until a sender has shown a connection id that was sent to its address, nothing longer than its own datagram goes there.
// Not here: torrents and peers (Swarm/Tracker). Read next: ConnectionID.swift.
import Bytes
public import World

/// The door of a UDP tracker.
// BEP 15
public struct UDPTrackerServer: Sendable {
  /// What a datagram comes to.
  public enum Verdict: Sendable, Hashable {
    /// Nothing is sent: why.
    case ignored(String)
    case answered(UDPTrackerReply)
    /// The sender receives at its address and announces itself.
    case announced(transaction: UInt32, AnnounceRequest)
    /// The sender receives at its address and asks how these torrents stand.
    case scraped(transaction: UInt32, [InfoHash])
  }

  private let ids: ConnectionIDs
  private let limits: TrackerLimits

  public init(ids: ConnectionIDs, limits: TrackerLimits = TrackerLimits()) {
    self.ids = ids
    self.limits = limits
  }

  /// Judges one datagram.
  public func judge(_ datagram: RawSpan, from client: Endpoint, at now: Instant) -> Verdict {
    // Nobody can have sent from port 0 and wait for the answer there.
    guard client.port != 0 else { return .ignored("it comes from port 0") }
    if let action: UInt32 = datagram.number(at: 8), action == 1 || action == 2, let connection: UInt64 = datagram.number(at: 0),
      let transaction: UInt32 = datagram.number(at: 12), !ids.accepts(connection, from: client.address, at: now)
    {
      return Self.refused("connection id?", transaction, longest: datagram.byteCount)
    }
    let request: UDPTrackerRequest
    do throws(SyntaxError) { request = try UDPTrackerRequest(datagram, limits: limits) } catch { return .ignored(error.description) }
    switch request {
    case .connect(let transaction): return .answered(.connected(transaction: transaction, connection: ids.id(for: client.address, at: now)))
    case .announce(_, let transaction, let announcement) where announcement.port == 0:
      return .answered(.failed(transaction: transaction, "nobody can be reached at port 0"))
    case .announce(_, let transaction, let announcement): return .announced(transaction: transaction, announcement)
    case .scrape(_, let transaction, let hashes): return .scraped(transaction: transaction, hashes)
    }
  }

  /// An error for somebody who may not be where the datagram says: never longer than what came.
  private static func refused(_ message: String, _ transaction: UInt32, longest: Int) -> Verdict {
    guard 8 + message.utf8.count <= longest else { return .ignored(message) }
    return .answered(.failed(transaction: transaction, message))
  }
}
