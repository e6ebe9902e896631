// One uTP connection as a carrier: any `StreamEnd` speaks on it as on TCP. It turns the pure connection, and tells the end what happens.
// The law of all carriers: the end is never called from inside a call of its own. Here nothing is told before the port's batch is through.
// Read first: UTPExchange.swift. Read next: BitTorrent/UTP/UTPConnection.swift.
import BitTorrent
import Bytes
import Trace
import Transport
import World

/// Carries one connection's end.
final class UTPCarrier: Carrier, HeapMember, @unchecked Sendable {
  // Unchecked: touched on the port's loop only; `onLoop` is the way there.

  /// How it came about, until it is open.
  enum Role {
    case calling(makeEnd: @Sendable () -> any StreamEnd, done: @Sendable (Result<Void, NetworkError>) -> Void, patienceEnds: Instant)
    case called
  }

  let key: UTPExchange.Key
  let local: Endpoint
  let carriage = ConversationInfo.Carriage.utp
  let isEncrypted = false
  var heapIndex = -1
  var heapTime = Int64.max
  var isTouched = false
  /// Whether it counts for its peer's address. The exchange's own.
  var isCounted = false

  private var connection: UTPConnection
  private let exchange: UTPExchange
  private let role: Role
  private var end: (any StreamEnd)?
  private var actions: [UTPConnection.Action] = []
  private var isReading = true
  private var peerCloseTold = false
  private var deadlineNotBefore = Instant(nanoseconds: .min)
  private var conversation: ConversationID?

  // What has happened, and waits to be told.
  private var openIsDue = false
  private var congestionIsDue: Bool?
  private var retirementIsDue = false
  private var ending: Ending?
  /// Something of this came up while the end was being told.
  private var hasNews = false
  private var hasGone = false
  /// What it holds, as the port has counted it. Unit: bytes.
  private var countedBytes = 0

  init(_ connection: UTPConnection, key: UTPExchange.Key, exchange: UTPExchange, role: Role) {
    self.connection = connection
    self.key = key
    self.exchange = exchange
    self.role = role
    local = exchange.port?.local(towards: key.remote) ?? Endpoint(.any, 0)
    begin()
  }

  var now: Instant { exchange.now }
  var remote: Endpoint { key.remote }
  var sendID: UInt16 { connection.sendID }

  // MARK: In

  func received(_ packet: UTPPacket, _ bytes: Buffer) {
    record(.received, packet, bytes)
    // What cannot be handed on yet has to wait until there is room for it.
    if exchange.heldBytes >= exchange.limits.heldBytesMax, packet.kind == .data, !isReading || !connection.awaits(packet) { return }
    act(.received(packet))
    exchange.touch(self)
  }

  /// Whether its caller has not proved yet that it hears us.
  var isHalfOpen: Bool { if case .called = role { !connection.isOpen && !hasGone } else { false } }

  /// It is gone, and nobody is told: its caller may be nowhere.
  func vanish() { gone(.timedOut) }

  /// Something has to be done by the clock.
  func timePassed() {
    let now = now
    if case .calling(_, _, let patienceEnds) = role, !connection.isOpen, !hasGone, patienceEnds <= now {
      ending = .timedOut
      return
    }
    if let deadline = connection.deadline, deadline <= now { act(.deadlineReached) }
    guard let end, ending == nil, !connection.isClosed, let deadline = end.deadline, max(deadline, deadlineNotBefore) <= now else { return }
    // A deadline that does not move is tried again a little later, or time would stand still.
    deadlineNotBefore = now + .milliseconds(1)
    end.deadlineReached()
  }

  /// When to be woken. Unit: nanoseconds.
  var wakeTime: Int64 {
    guard !hasGone else { return .max }
    var time = connection.deadline?.nanoseconds ?? .max
    if case .calling(_, _, let patienceEnds) = role, !connection.isOpen { time = min(time, patienceEnds.nanoseconds) }
    if let deadline = end?.deadline { time = min(time, max(deadline, deadlineNotBefore).nanoseconds) }
    return time
  }

  // MARK: Telling

  /// Tells the end what has happened, then lets leave what may; again, if that led to something to be told.
  func settle() {
    var rounds = 0
    repeat {
      guard !hasGone else { return }
      hasNews = false
      if openIsDue {
        openIsDue = false
        opened()
      }
      tell()
      if !connection.isClosed { act(.flush) }
      if let ending { gone(ending) }
      rounds += 1
    } while hasNews && rounds < Self.roundsMax
  }

  /// Most rounds of telling in one batch: an end that answers itself for ever must not stop the port. Past it: it goes on with the next batch.
  private static let roundsMax = 100

  private func tell() {
    guard let end else { return }
    if isReading, connection.hasUnread { end.received(connection.read()) }
    if isReading, !connection.hasUnread, connection.peerHasFinished, !peerCloseTold, isSpeaking {
      peerCloseTold = true
      end.peerClosed()
    }
    if let isCongested = congestionIsDue, isSpeaking {
      congestionIsDue = nil
      end.congested(isCongested)
    }
    if retirementIsDue, isSpeaking {
      retirementIsDue = false
      end.retired()
    }
  }

  /// Whether the end has not closed, and the connection stands.
  private var isSpeaking: Bool { connection.isOpen && !hasClosed }
  private var hasClosed = false

  private func opened() {
    let made: (any StreamEnd)?
    switch role {
    case .calling(let makeEnd, _, _): made = makeEnd()
    case .called:
      exchange.noLongerHalfOpen()
      made = exchange.admit(self) ? exchange.accept?(remote, local) : nil
    }
    guard let made else {
      hasClosed = true
      return act(.close(.now))
    }
    end = made
    made.attached(to: self)
    made.opened(on: self)
    // Whoever dialled may speak to the end at once, so it hears of it last.
    if case .calling(_, let done, _) = role { done(.success(())) }
  }

  private func gone(_ ending: Ending) {
    hasGone = true
    exchange.heldBytes -= countedBytes
    countedBytes = 0
    let wasOpen = end != nil
    exchange.forget(self)
    if let conversation, let recorder = exchange.trace?.recorder { recorder.record(.closed, in: conversation, at: now, text: ending.rawValue) }
    switch role {
    case .calling(_, let done, _):
      if !wasOpen { done(.failure(ending == .resetByPeer ? .refused(remote) : .timedOut(remote))) }
    case .called:
      if !wasOpen, !hasClosed { exchange.noLongerHalfOpen() }
    }
    let end = end
    self.end = nil
    end?.closed(because: ending.rawValue)
  }

  // MARK: The connection

  private func act(_ input: UTPConnection.Input) {
    connection.handle(input, at: now, into: &actions)
    for action in actions {
      switch action {
      case .send(let packet):
        record(.sent, packet, nil)
        exchange.send(packet, to: key.remote)
      case .opened:
        openIsDue = true
        hasNews = true
      case .congested(let isCongested):
        congestionIsDue = isCongested
        hasNews = true
      case .closed(let how):
        if ending == nil { ending = how }
        hasNews = true
      }
    }
    actions.removeAll(keepingCapacity: true)
    guard !hasGone else { return }
    exchange.heldBytes += connection.heldBytes - countedBytes
    countedBytes = connection.heldBytes
  }

  /// The listener is closing.
  func retire() {
    guard end != nil else { return abandon() }
    retirementIsDue = true
    exchange.touch(self)
  }

  func abandon() {
    guard !hasGone else { return }
    act(.close(.now))
    if ending == nil { ending = .shutDown }
    exchange.touch(self)
  }

  // MARK: Carrier

  func send(_ bytes: Buffer) {
    guard isSpeaking else { return }
    act(.write(bytes))
    exchange.touch(self)
  }

  func send(_ file: FileSlice) {
    guard isSpeaking else { return }
    // Read in pieces: each is a chunk of its own, of which packets are slices.
    var offset = file.offset
    var left = file.length
    while left > 0 {
      let length = Int(min(left, Self.pieceBytes))
      guard let bytes = file.file.read(at: offset, length: length), bytes.count == length else {
        // The peer counts on the length it was told.
        return close(.now)
      }
      act(.write(bytes))
      offset += Int64(length)
      left -= Int64(length)
    }
    exchange.touch(self)
  }

  /// Unit: bytes.
  private static let pieceBytes: Int64 = 65_536

  func flush() { exchange.touch(self) }

  func setReading(_ isOn: Bool) {
    isReading = isOn
    hasNews = true
    exchange.touch(self)
  }

  func close(_ how: Closing) {
    guard isSpeaking else { return }
    hasClosed = true
    act(.close(how))
    exchange.touch(self)
  }

  func onLoop(_ work: @escaping @Sendable () -> Void) {
    exchange.perform { [self] exchange in
      work()
      exchange.touch(self)
    }
  }

  // MARK: The trace

  private func begin() {
    guard let trace = exchange.trace, trace.recorder.isOn else { return }
    let side: ConversationInfo.Role = if case .calling = role { .client } else { .server }
    conversation = trace.recorder.open(
      ConversationInfo(host: trace.host, role: side, carrier: .udp, dialect: .utp, local: local, remote: key.remote, because: trace.because), at: now)
  }

  func record(_ kind: Event.Kind, _ packet: UTPPacket, _ bytes: Buffer?) {
    guard let conversation, let trace = exchange.trace, trace.recorder.isOn else { return }
    let datagram = bytes ?? packet.bytes
    trace.recorder.record(kind, in: conversation, at: now, bytes: datagram.span, length: datagram.count, text: connection.stateName)
  }
}
