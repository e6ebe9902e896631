// The recorder of a whole process: the newest events and conversations in memory of fixed size, for the console, the tools and exports.
// Not here: the rings themselves (TraceRings.swift), waiting for what comes next (TraceFollower.swift), showing (Transcript, JSONLines).
import Bytes
import Synchronization
public import World

/// Keeps the newest events within its limits, from any thread, and counts what it had to forget.
public final class TraceStore: Recorder {
  /// How much is kept.
  public struct Limits: Sendable, Hashable {
    /// Most message bytes kept over all events. Unit: bytes. Past it: the oldest events are forgotten, and counted.
    public var bytesMax: Int
    /// Most events kept. Unit: events. Past it: the oldest events are forgotten, and counted.
    public var eventsMax: Int
    /// Most bytes kept of one event. Unit: bytes. Past it: the beginning is kept, `Event.length` tells the whole length.
    public var bytesPerEventMax: Int
    /// Most conversations kept. Unit: conversations. Past it: the oldest are forgotten; those still open move to the long-lived ones.
    public var conversationsMax: Int
    /// Most conversations kept because they are still open though old. Unit: conversations. Past it: the oldest of them are forgotten, and
    /// what they say afterwards is skipped.
    public var longLivedMax: Int
    /// Most messages recorded in one second of the trace's own time. Unit: events per second. Past it: the rest of that second is
    /// skipped, and counted; the openings and ends of conversations are always recorded. Nil: no bound.
    public var eventsPerSecondMax: Int?
    /// Most causes known of one conversation. Unit: conversations. Past it: the oldest are forgotten.
    public var causesMax: Int
    /// Most lines of the TLS key log kept. Unit: lines. Past it: the oldest are forgotten.
    public var secretsMax: Int

    public init(
      bytesMax: Int = 32 << 20, eventsMax: Int = 100_000, bytesPerEventMax: Int = 16 << 10, conversationsMax: Int = 16_384,
      longLivedMax: Int = 4_096, eventsPerSecondMax: Int? = 50_000, causesMax: Int = 32, secretsMax: Int = 8_192
    ) {
      self.bytesMax = max(1, bytesMax)
      self.eventsMax = max(1, eventsMax)
      self.bytesPerEventMax = max(0, min(bytesPerEventMax, bytesMax))
      self.conversationsMax = max(1, conversationsMax)
      self.longLivedMax = max(1, longLivedMax)
      self.eventsPerSecondMax = eventsPerSecondMax
      self.causesMax = max(1, causesMax)
      self.secretsMax = max(1, secretsMax)
    }
  }

  /// What passed, and what could not be kept.
  public struct Counters: Sendable, Hashable {
    /// Events recorded since the start.
    public var recorded: UInt64 = 0
    /// Recorded events that had to make room for newer ones.
    public var forgotten: UInt64 = 0
    /// Events never recorded, because there were too many in one second.
    public var skipped: UInt64 = 0
    /// Events of which only the beginning was kept.
    public var cut: UInt64 = 0
    /// Conversations opened since the start.
    public var conversations: UInt64 = 0
    /// Conversations that had to make room for newer ones.
    public var conversationsForgotten: UInt64 = 0
    /// Message bytes that passed since the start, kept or not.
    public var bytes: UInt64 = 0
  }

  /// A run of events, and how many between them a reader missed.
  public struct Batch: Sendable, Hashable {
    public var events: [Event]
    /// Events after the asked-for number that are no longer kept, or never were.
    public var lost: UInt64
  }

  public let limits: Limits
  private let on: Atomic<Bool>
  private let rings: Mutex<TraceRings>

  public init(limits: Limits = Limits(), isOn: Bool = true) {
    self.limits = limits
    on = Atomic(isOn)
    rings = Mutex(TraceRings(limits: limits))
  }

  deinit {
    rings.withLock { $0.release() }
  }

  // MARK: Recording

  public var isOn: Bool { on.load(ordering: .relaxed) }

  /// Switches recording on or off. What was recorded stays.
  public func setOn(_ isOn: Bool) { on.store(isOn, ordering: .relaxed) }

  public func open(_ info: ConversationInfo, at time: Instant) -> ConversationID {
    let (id, waiting) = rings.withLock { rings in
      let id = rings.open(info, at: time)
      return (id, rings.followersToWake())
    }
    for follower in waiting { follower.wake() }
    return id
  }

  public func carryOn(_ conversation: ConversationID, because cause: ConversationID, at time: Instant) {
    let waiting = rings.withLock { rings in
      rings.record(.continued, in: conversation.number, at: time, because: cause)
      return rings.followersToWake()
    }
    for follower in waiting { follower.wake() }
  }

  public func record(_ kind: Event.Kind, in conversation: ConversationID, at time: Instant, bytes: RawSpan, length: Int, text: String) {
    let waiting = bytes.withUnsafeBytes { bytes in
      let source = BorrowedBytes(bytes: bytes)
      return rings.withLock { rings in
        rings.record(kind, in: conversation.number, at: time, bytes: source.bytes, length: length, text: text)
        return rings.followersToWake()
      }
    }
    for follower in waiting { follower.wake() }
  }

  public func keep(tlsSecret line: String) {
    rings.withLock { $0.keep(tlsSecret: line) }
  }

  // MARK: Asking

  public var counters: Counters { rings.withLock { $0.counters } }

  /// The number of the newest event; 0: none yet.
  public var lastSequence: UInt64 { rings.withLock { $0.lastSequence } }

  /// The lines of the TLS key log (NSS format), oldest first.
  public var tlsSecrets: [String] { rings.withLock { $0.secrets } }

  /// The newest conversations, newest first; with `before`, those older than it.
  public func conversations(limit: Int = .max, before: ConversationID? = nil) -> [ConversationRecord] {
    rings.withLock { $0.conversations(limit: limit, before: before?.number) }
  }

  /// One conversation; nil: unknown, or forgotten.
  public func conversation(_ id: ConversationID) -> ConversationRecord? {
    rings.withLock { $0.conversation(id.number) }
  }

  /// The events of one conversation that are still kept, oldest first; past `limit`, the newest of them.
  public func events(of conversation: ConversationID, limit: Int = .max) -> [Event] {
    rings.withLock { $0.events(of: conversation.number, limit: limit) }
  }

  /// The kept events with numbers above `sequence`, oldest first, at most `limit` of them.
  public func events(after sequence: UInt64, limit: Int = .max) -> Batch {
    rings.withLock { $0.events(after: sequence, limit: limit) }
  }

  /// One event; nil: unknown, or forgotten.
  public func event(_ sequence: UInt64) -> Event? {
    rings.withLock { $0.event(sequence) }
  }

  // MARK: Following

  /// Follows what is recorded from now on, or from after `sequence`. A slow reader loses events and is told how many; it never holds up
  /// a recorder. At most `batchMax` events come at once.
  public func follow(after sequence: UInt64? = nil, batchMax: Int = 1_024) -> TraceFollower {
    let (stream, continuation) = AsyncStream<Void>.makeStream(bufferingPolicy: .bufferingNewest(1))
    let bell = FollowerBell(continuation: continuation)
    let start = rings.withLock { rings in
      rings.followers.append(bell)
      return sequence ?? rings.lastSequence
    }
    continuation.onTermination = { [weak self] _ in self?.forget(bell) }
    return TraceFollower(store: self, bell: bell, bells: stream, start: start, batchMax: max(1, batchMax))
  }

  func forget(_ bell: FollowerBell) {
    rings.withLock { $0.followers.removeAll { $0 === bell } }
  }

  /// What a follower reads; from here on its bell rings again.
  func batch(for bell: FollowerBell, after sequence: UInt64, limit: Int) -> Batch {
    rings.withLock { rings in
      bell.isRung = false
      return rings.events(after: sequence, limit: limit)
    }
  }
}

/// Bytes that are good for as long as the call that lends them.
private struct BorrowedBytes: @unchecked Sendable {
  // Unchecked: only read, and only inside the lock that is taken inside the call.
  var bytes: UnsafeRawBufferPointer
}

/// What is known about one conversation.
public struct ConversationRecord: Sendable, Hashable {
  public var id: ConversationID
  public var info: ConversationInfo
  public var opened: Instant
  /// When something last happened.
  public var last: Instant
  /// Messages, not counting what was skipped.
  public var sent = 0
  public var received = 0
  /// Unit: bytes of whole messages.
  public var sentBytes = 0
  public var receivedBytes = 0
  public var problems = 0
  /// Datagrams that a link of the lab lost, repeated or held back.
  public var lost = 0
  /// Messages that were not recorded, because there were too many.
  public var skipped = 0
  /// The state's name after the newest message.
  public var state = ""
  /// Why it ended; nil: it is still open.
  public var closed: String?
  /// The numbers of the first and the newest message.
  public var firstMessage: UInt64?
  public var lastMessage: UInt64?
  /// The number of its opening.
  public var firstEvent: UInt64 = 0
  /// Because of which conversations it was opened and carried on, oldest first.
  public var causes: [Cause] = []

  /// Why it is spoken, from an event on.
  public struct Cause: Sendable, Hashable {
    public var conversation: ConversationID
    /// The number of the event from which on.
    public var from: UInt64
  }

  public init(id: ConversationID, info: ConversationInfo, opened: Instant) {
    self.id = id
    self.info = info
    self.opened = opened
    last = opened
  }
}
