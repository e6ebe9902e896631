// One uTP connection, either side of it: opening, both directions, both ways to end. Packets and orders in, packets and news out.
// What came in order is read by `read`; while nobody reads, the window closes and the peer waits.
// Read next: UTPSending.swift (what leaves when), UTPReceiver.swift, UTPFlight.swift, UTPWindow.swift. Not here: the port (Servers/Swarm/UTP).
public import Bytes
public import Trace
public import World

/// The state machine of one connection.
public struct UTPConnection: Conversation {
  public enum Input: Equatable, Sendable {
    /// A packet with this connection's number came from its peer.
    case received(UTPPacket)
    /// Queue these bytes.
    case write(Buffer)
    /// Nothing more comes in for now: what may leave leaves, what is owed is acknowledged, what nobody has read is kept. The caller's first one
    /// sends its SYN.
    case flush
    /// Nothing more is written; `.now` throws away what is queued, and tells the peer so.
    case close(Closing)
    case deadlineReached
  }

  public enum Action: Equatable, Sendable {
    case send(UTPPacket)
    /// Both sides know that the other one hears them.
    case opened
    /// The queue passed its bound, or has room again.
    case congested(Bool)
    /// It is over; nothing is sent or heard after this.
    case closed(Ending)
  }

  enum Phase {
    /// Our SYN is under way. Leaves by its acknowledgement.
    case calling
    /// A SYN has come and was answered by one STATE. Leaves by a packet that acknowledges our random number: only who hears us knows it.
    case called
    /// Both directions work; the peer's may have ended.
    case open
    /// We write nothing more; what is queued leaves, then our FIN, then the peer is listened to for a while.
    case finishing
    case closed
  }

  public let limits: UTPLimits
  /// The number in packets to us, and in packets from us.
  public let receiveID: UInt16
  public let sendID: UInt16

  var phase: Phase
  var receiver: UTPReceiver
  var flight: UTPFlight
  var window: UTPWindow
  var size: PacketSize
  var roundTrip: RoundTrip
  /// Delays of what we send, as the peer measures them; and of what it sends, as we do.
  var delays: DelayHistory
  var peerDelays: DelayHistory

  // What waits to leave.
  var chunks: [Buffer] = []
  var firstChunk = 0
  var unsentBytes = 0
  var closing: Closing?
  var finishIsSent = false
  var isCongested = false

  // What the peer said last.
  var peerWindow = 0
  /// Unit: microseconds.
  var lastDifference: UInt32 = 0
  var duplicates = 0
  /// Losses before this number belong to a round trip that has been answered for.
  var recoveryEnd: UInt16
  var isWindowLimited = false
  /// Times the clock ran out while nothing was acknowledged.
  var timeouts = 0

  // What we owe.
  var owedPackets = 0
  var owesNow = false
  var owesState = false
  var offeredWindow: Int

  // When what is due; `never`: not at all. Unit: nanoseconds.
  static let never = Int64.max
  var resendAt = never
  var acknowledgeAt = never
  var probeAt = never
  var patienceEnds = never
  var lastSentAt: Int64
  var progressAt: Int64
  var probeWait: Int64 = 0

  /// How often what was sent again. Unit: packets.
  public internal(set) var resent = 0
  /// How often a loss halved the window. Unit: times.
  public internal(set) var halvings = 0

  /// The caller's side. `number` names the connection, `sequence` is the SYN's own number: both drawn.
  public init(calling number: UInt16, sequence: UInt16, limits: UTPLimits, at now: Instant) {
    self.init(.calling, receiveID: number, sendID: number &+ 1, first: sequence, last: 0, limits, now)
  }

  /// The other side, on a SYN. `sequence` is drawn: knowing it proves that the caller hears us.
  public init(calledBy packet: UTPPacket, sequence: UInt16, limits: UTPLimits, at now: Instant) {
    self.init(.called, receiveID: packet.connectionID &+ 1, sendID: packet.connectionID, first: sequence, last: packet.sequence, limits, now)
    note(packet, at: now.nanoseconds)
    owesState = true
    patienceEnds = now.nanoseconds + limits.halfOpenTime.wholeNanoseconds
  }

  private init(_ phase: Phase, receiveID: UInt16, sendID: UInt16, first: UInt16, last: UInt16, _ limits: UTPLimits, _ now: Instant) {
    self.phase = phase
    self.limits = limits
    self.receiveID = receiveID
    self.sendID = sendID
    receiver = UTPReceiver(last: last, limits: limits)
    flight = UTPFlight(first: first)
    size = PacketSize(safe: limits.datagramBytesSafe, largest: limits.datagramBytesMax)
    window = UTPWindow(limits, packet: size.known - UTPPacket.headBytes)
    roundTrip = RoundTrip(limits)
    delays = DelayHistory(minutes: limits.baseDelayMinutes)
    peerDelays = DelayHistory(minutes: limits.baseDelayMinutes)
    recoveryEnd = first
    offeredWindow = limits.receiveBytesMax
    lastSentAt = now.nanoseconds
    progressAt = now.nanoseconds
  }

  // MARK: For the port

  public var isOpen: Bool { phase == .open || phase == .finishing }
  public var isClosed: Bool { phase == .closed }
  public var acceptsBytes: Bool { phase != .closed }

  public var stateName: String {
    switch phase {
    case .calling: "calling"
    case .called: "called"
    case .open: receiver.isWhole ? "open, peer finished" : "open"
    case .finishing: "finishing"
    case .closed: "closed"
    }
  }

  /// Whether this is the packet that everything beyond it waits for.
  public func awaits(_ packet: UTPPacket) -> Bool { packet.sequence == receiver.last &+ 1 }
  /// Whether `read` would return something.
  public var hasUnread: Bool { receiver.unreadBytes > 0 }
  /// Whether everything the peer ever said has come.
  public var peerHasFinished: Bool { receiver.isWhole }
  /// Bytes held in all. Unit: bytes.
  public var heldBytes: Int { receiver.heldBytes + unsentBytes + flight.bytes }
  /// How much may be under way. Unit: bytes.
  public var windowBytes: Int { window.bytes }
  /// How much is under way. Unit: bytes.
  public var flightBytes: Int { flight.bytes }
  /// How long our packets wait in queues. Unit: microseconds.
  public var queueing: Int { delays.queueing }
  /// The largest datagram known to pass. Unit: bytes.
  public var datagramBytes: Int { size.known }

  /// Takes what has come in order since the last call. The peer is told when that opens a window that had closed.
  public mutating func read() -> Buffer {
    let bytes = receiver.read()
    if offeredWindow < limits.datagramBytesMax, receiver.window >= min(limits.receiveBytesMax / 2, 2 * limits.datagramBytesMax) { owesNow = true }
    return bytes
  }

  public var deadline: Instant? {
    guard phase != .closed else { return nil }
    var soonest = min(min(resendAt, acknowledgeAt), min(probeAt, patienceEnds))
    if isOpen { soonest = min(soonest, lastSentAt &+ limits.keepAliveTime.wholeNanoseconds) }
    if isCongested || phase == .finishing { soonest = min(soonest, progressAt &+ limits.stallTime.wholeNanoseconds) }
    return soonest == Self.never ? nil : Instant(nanoseconds: soonest)
  }

  // MARK: The one entrance

  public mutating func handle(_ input: Input, at now: Instant, into actions: inout [Action]) {
    guard phase != .closed else { return }
    switch input {
    case .received(let packet):
      take(packet, at: now.nanoseconds, into: &actions)
    case .write(let bytes):
      guard phase != .finishing, !bytes.isEmpty else { return }
      if unsentBytes == 0, flight.isEmpty { progressAt = now.nanoseconds }
      chunks.append(bytes)
      unsentBytes += bytes.count
    case .flush:
      transmit(at: now.nanoseconds, into: &actions)
    case .close(let how):
      close(how, at: now.nanoseconds, into: &actions)
    case .deadlineReached:
      timePassed(at: now.nanoseconds, into: &actions)
    }
  }

  private mutating func close(_ how: Closing, at now: Int64, into actions: inout [Action]) {
    guard how != .now, phase == .open else {
      guard how == .now || phase != .finishing else { return }
      // Who has not proved that it hears us is told nothing.
      if phase != .called { send(.reset, flight.next, at: now, into: &actions) }
      return end(.reset, into: &actions)
    }
    phase = .finishing
    closing = how
    progressAt = now
    _ = receiver.read()
    transmit(at: now, into: &actions)
  }

  mutating func end(_ ending: Ending, into actions: inout [Action]) {
    phase = .closed
    chunks = []
    unsentBytes = 0
    flight = UTPFlight(first: flight.next)
    receiver = UTPReceiver(last: receiver.last, limits: limits)
    actions.append(.closed(ending))
  }

  // MARK: Packets in

  private mutating func take(_ packet: UTPPacket, at now: Int64, into actions: inout [Action]) {
    if packet.kind == .reset { return reset(by: packet, into: &actions) }
    switch phase {
    case .calling:
      // Differs from BEP 29: only a STATE opens. The number in it is the one the peer's first DATA will have, as every known program counts.
      guard packet.kind == .state, packet.acknowledgement == flight.first else { return }
      note(packet, at: now)
      receiver = UTPReceiver(last: packet.sequence &- 1, limits: limits)
      if timeouts == 0 { roundTrip.note(now - lastSentAt) }
      flight = UTPFlight(first: flight.first &+ 1)
      recoveryEnd = flight.first
      // The peer sends nothing before it has heard this.
      owesNow = true
      open(at: now, into: &actions)
    case .called:
      if packet.kind == .open {
        // One STATE for each SYN, never more: nobody is flooded in a stranger's name.
        if packet.sequence == receiver.last { owesState = true }
        return
      }
      guard packet.acknowledgement == flight.first &- 1 else { return }
      open(at: now, into: &actions)
      take(inOrder: packet, at: now, into: &actions)
    case .open, .finishing:
      take(inOrder: packet, at: now, into: &actions)
    case .closed:
      return
    }
  }

  private mutating func open(at now: Int64, into actions: inout [Action]) {
    phase = .open
    timeouts = 0
    resendAt = Self.never
    patienceEnds = Self.never
    progressAt = now
    actions.append(.opened)
  }

  private mutating func reset(by packet: UTPPacket, into actions: inout [Action]) {
    // Who says RESET must know a number that we sent lately: a stranger would have to guess.
    let sent = phase == .calling ? flight.first : flight.next &- 1
    let distance = Int16(bitPattern: packet.acknowledgement &- sent)
    guard distance <= 1, Int(distance) >= -(flight.count + 2) else { return }
    // Everything but our FIN's answer had come: the peer has forgotten us already.
    let isDone = phase == .finishing && finishIsSent && flight.bytes == 0
    end(isDone ? .closed : .resetByPeer, into: &actions)
  }

  /// A packet of an open connection.
  private mutating func take(inOrder packet: UTPPacket, at now: Int64, into actions: inout [Action]) {
    guard packet.kind != .open else { return }
    // What acknowledges packets that were never sent is a lie, and so is everything else in it. What is older than anything we remember, too.
    let ahead = Int(Int16(bitPattern: packet.acknowledgement &- flight.next))
    guard ahead < 0, ahead >= -(flight.count + 1 + limits.packetsMax) else { return }
    note(packet, at: now)
    acknowledge(packet, at: now)
    if packet.kind == .data || packet.kind == .finish {
      let isFinish = packet.kind == .finish
      let hadGap = receiver.hasGap
      switch receiver.take(packet.sequence, packet.payload, isFinish: isFinish) {
      case .next:
        owedPackets += 1
        if owedPackets >= 2 || hadGap || receiver.isWhole { owesNow = true }
      case .early, .again, .refused:
        owesNow = true
      }
      // Nobody reads any more.
      if phase == .finishing, receiver.unreadBytes > 0 { _ = receiver.read() }
    }
    finishIfDone(at: now, into: &actions)
  }

  /// What every packet says about time and room.
  private mutating func note(_ packet: UTPPacket, at now: Int64) {
    lastDifference = Self.microseconds(now) &- packet.timestamp
    let before = peerDelays.isEmpty ? nil : peerDelays.base
    peerDelays.note(lastDifference, at: now)
    if let before, DelayHistory.isLess(peerDelays.base, before) {
      // The way back cannot have become shorter than it ever was: the clocks run apart, and our own delays seem to grow by as much.
      // RFC 6817 §A.2; bounded for each packet, since a peer could make us deaf to delay.
      let drift = before &- peerDelays.base
      if drift <= 10_000 { delays.shift(by: drift) }
    }
    let wasClosed = peerWindow == 0
    peerWindow = Int(packet.window)
    if peerWindow > 0 {
      probeAt = Self.never
      probeWait = 0
      if wasClosed { duplicates = 0 }
    } else {
      // It lives, and has no room: waiting for it is no failure.
      timeouts = 0
    }
  }

  private mutating func acknowledge(_ packet: UTPPacket, at now: Int64) {
    let flightBefore = flight.bytes
    let firstBefore = flight.first
    let gain = flight.acknowledged(upTo: packet.acknowledgement, selective: packet.selective, at: now)
    if flight.first != firstBefore {
      duplicates = 0
    } else if packet.kind == .state, packet.acknowledgement == flight.first &- 1, !flight.isEmpty {
      duplicates += 1
    }
    if gain.packets > 0 {
      timeouts = 0
      progressAt = now
      if let sample = gain.roundTrip { roundTrip.note(sample) }
      if let trial = gain.trial { size.passed(trial) }
      if packet.difference != 0 { delays.note(packet.difference, at: now) }
      window.acknowledged(
        gain.bytes, queueing: delays.queueing, isLimited: isWindowLimited || flightBefore * 2 > window.bytes, packet: payloadBytes)
      resendAt = flight.isEmpty ? Self.never : now + roundTrip.timeout
    }
    findLost()
  }

  private mutating func findLost() {
    guard !flight.isEmpty else { return }
    var isCongestion = false
    let recoveryEnd = recoveryEnd
    var lostTrial: Int?
    flight.findLost(duplicates: duplicates) { number, sent in
      // A trial too large for the path is no sign of congestion.
      if sent.trialBytes > 0 {
        lostTrial = sent.trialBytes
      } else if Int16(bitPattern: number &- recoveryEnd) >= 0 {
        isCongestion = true
      }
    }
    if let lostTrial { size.lost(lostTrial) }
    if isCongestion {
      window.halve(packet: payloadBytes)
      halvings += 1
      self.recoveryEnd = flight.next
    }
  }

  private mutating func finishIfDone(at now: Int64, into actions: inout [Action]) {
    guard phase == .finishing, finishIsSent, flight.isEmpty else { return }
    if receiver.isWhole || closing == .whenSent {
      // The last acknowledgement leaves before we do.
      transmit(at: now, into: &actions)
      return end(receiver.isWhole && closing != .whenSent ? .closedByPeer : .closed, into: &actions)
    }
    if patienceEnds == Self.never { patienceEnds = now + limits.lingerTime.wholeNanoseconds }
  }

  static func microseconds(_ now: Int64) -> UInt32 { UInt32(truncatingIfNeeded: now / 1_000) }
}
