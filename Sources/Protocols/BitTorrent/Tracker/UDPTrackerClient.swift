// The client's half of a UDP tracker's dialogue: gets a connection id, asks, asks again after 15 s, 30 s, 60 s …, and tells what came.
// Not here: finding the tracker's address, choosing among trackers (Swarm/Tracker).
public import Bytes
public import World

/// Speaks with one tracker; any number of requests may be open.
// BEP 15
public struct UDPTrackerClient: DatagramConversation {
  /// What is asked.
  public enum Request: Sendable, Hashable {
    case announce(AnnounceRequest)
    case scrape([InfoHash])
  }

  public enum Input: Sendable, Hashable {
    /// A request whose answer is of use until then; nil: for as long as the document lets it be repeated.
    case asked(Ticket, Request, until: Instant?)
    /// Its answer is no longer wanted.
    case withdrawn(Ticket)
    case received(Buffer, from: Endpoint)
    case waitedLongEnough
  }

  /// What it tells its owner, once for each request. None of these is answered.
  public enum Question: Sendable, Hashable {
    case announced(Ticket, AnnounceReply)
    case scraped(Ticket, [ScrapeCounts])
    /// The tracker refused: in its own words.
    case refused(Ticket, String)
    /// It never answered.
    case timedOut(Ticket)
    /// `pendingMax` requests are open already.
    case tooMany(Ticket)
  }

  /// One request that is not answered yet.
  private struct Pending: Sendable {
    var ticket: Ticket
    var request: Request
    var transaction: UInt32
    /// Whether what is out is a connect on its behalf.
    var isConnecting: Bool
    var resends = 0
    var due: Instant
    var until: Instant?
  }

  private let tracker: Endpoint
  private let limits: TrackerLimits
  private var chance: any RandomNumberGenerator & Sendable
  private var pending: [Pending] = []
  /// The connection id, and until when it may be used.
  private var connection: (id: UInt64, until: Instant)?

  /// A client of the tracker at `tracker`. `chance` makes transaction ids, which nobody must guess.
  public init(tracker: Endpoint, chance: any RandomNumberGenerator & Sendable, limits: TrackerLimits = TrackerLimits()) {
    self.tracker = tracker
    self.chance = chance
    self.limits = limits
  }

  public static var dialect: Dialect { .udpTracker }
  public var acceptsBytes: Bool { true }
  public var deadline: Instant? { pending.map { min($0.due, $0.until ?? $0.due) }.min() }
  public var stateName: String { pending.isEmpty ? "idle" : pending.contains { $0.isConnecting } ? "connecting" : "asking" }

  public func input(for event: DatagramEvent) -> Input? {
    switch event {
    case .opened: nil
    case .received(let bytes, let remote): .received(bytes, from: remote)
    case .deadlineReached: .waitedLongEnough
    }
  }

  public mutating func handle(_ input: Input, at now: Instant, into actions: inout [DatagramAction<Question>]) {
    switch input {
    case .asked(let ticket, _, _) where pending.count >= limits.pendingMax:
      actions.append(.ask(.tooMany(ticket)))
    case .asked(let ticket, let request, let until):
      pending.append(Pending(ticket: ticket, request: request, transaction: 0, isConnecting: false, due: now, until: until))
      send(pending.count - 1, at: now, into: &actions)
    case .withdrawn(let ticket):
      pending.removeAll { $0.ticket == ticket }
    case .received(let bytes, tracker):
      take(bytes, at: now, into: &actions)
    case .received(_, let remote):
      actions.append(.note("ignored: \(remote) was not asked", about: remote))
    case .waitedLongEnough:
      resend(at: now, into: &actions)
    }
  }

  /// Sends what is next for one request, under a transaction id of its own: a late answer to an earlier one is none.
  private mutating func send(_ index: Int, at now: Instant, into actions: inout [DatagramAction<Question>]) {
    let transaction = UInt32.random(in: .min ... .max, using: &chance)
    pending[index].transaction = transaction
    // BEP 15: 15 * 2 ^ n seconds.
    pending[index].due = now + limits.resendWait * (1 << min(pending[index].resends, 16))
    // BEP 15: a connection id is used for one minute.
    let id = connection.flatMap { now < $0.until ? $0.id : nil }
    pending[index].isConnecting = id == nil
    let message: UDPTrackerRequest =
      switch (id, pending[index].request) {
      case (nil, _): .connect(transaction: transaction)
      case (let id?, .announce(let announcement)): .announce(connection: id, transaction: transaction, announcement)
      case (let id?, .scrape(let hashes)): .scrape(connection: id, transaction: transaction, Array(hashes.prefix(limits.scrapeHashesMax)))
      }
    actions.append(.send(message.bytes, to: tracker))
  }

  private mutating func resend(at now: Instant, into actions: inout [DatagramAction<Question>]) {
    var index = 0
    while index < pending.count {
      let isOver = pending[index].until.map { $0 <= now } ?? false
      if !isOver, pending[index].due > now {
        index += 1
      } else if isOver || pending[index].resends >= limits.resendsMax {
        actions.append(.ask(.timedOut(pending.remove(at: index).ticket)))
      } else {
        pending[index].resends += 1
        send(index, at: now, into: &actions)
        index += 1
      }
    }
  }

  private mutating func take(_ bytes: Buffer, at now: Instant, into actions: inout [DatagramAction<Question>]) {
    let reply: UDPTrackerReply
    do throws(SyntaxError) {
      reply = try UDPTrackerReply(bytes, isV6: tracker.address.isV6, limits: limits)
    } catch {
      return actions.append(.note("ignored: \(error)", about: tracker))
    }
    guard let index = pending.firstIndex(where: { $0.transaction == reply.transaction }) else {
      return actions.append(.note("ignored: transaction \(reply.transaction) is not awaited", about: tracker))
    }
    let asked = pending[index]
    switch (reply, asked.request) {
    case (.connected(_, let id), _) where asked.isConnecting:
      connection = (id, now + limits.connectionIDUsedMax)
      for index in pending.indices where pending[index].isConnecting {
        pending[index].resends = 0
        send(index, at: now, into: &actions)
      }
    case (.announced(_, let reply), .announce) where !asked.isConnecting:
      pending.remove(at: index)
      actions.append(.ask(.announced(asked.ticket, reply)))
    case (.scraped(_, let counts), .scrape) where !asked.isConnecting:
      pending.remove(at: index)
      actions.append(.ask(.scraped(asked.ticket, counts)))
    case (.failed(_, let message), _):
      pending.remove(at: index)
      // Perhaps it is our connection id that it does not like.
      connection = nil
      actions.append(.ask(.refused(asked.ticket, message)))
    case (_, _):
      actions.append(.note("ignored: another answer than asked for", about: tracker))
    }
  }
}
