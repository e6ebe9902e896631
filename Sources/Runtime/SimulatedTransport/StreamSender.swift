// The sending half of one TCP connection in the model: what may be sent now, what must be sent again, and how fast.
// Slow start and congestion avoidance, fast retransmit with selective acknowledgement, retransmission timer with back-off, the peer's
// window and its probing. A value: it knows neither links nor the other half. Not modelled: delayed acknowledgement, Nagle's delay,
// path MTU discovery (the segment size is known from the start).
// Read next: StreamReceiver.swift, SimulatedConnection.swift.
import Bytes
import World

/// What one side has said and may say.
struct StreamSender {
  // Numbers as RFC 9293 §3.3.1 names them: SND.UNA, SND.NXT, and the highest number ever sent.
  private(set) var unacknowledged: Int64 = 0
  private(set) var next: Int64 = 0
  private var highest: Int64 = 0
  /// The number after the last byte queued.
  private var dataEnd: Int64 = 1
  /// The bytes from `max(unacknowledged, 1)` to `dataEnd`.
  private var outgoing = Buffer()
  private var hasFinish = false
  private var peerWindow = 0

  private let segmentSize: Int
  private let limits: SimulationLimits
  /// RFC 5681 §3.1, in bytes.
  private(set) var congestionWindow: Int
  private var slowStartThreshold = Int.max
  private var duplicates = 0
  /// During fast recovery: its end is the acknowledgement of this number.
  private var recoveryEnd: Int64?
  /// What the peer has beyond gaps, in order, without overlaps (RFC 2018).
  private var early: [Range<Int64>] = []
  /// During fast recovery: gaps before this number have been sent again.
  private var repaired: Int64 = 0
  /// Whether the congestion window, and not the data, ended the last burst.
  private var isCongestionLimited = false

  // RFC 6298 §2, in nanoseconds.
  private var smoothed: Int64?
  private var variation: Int64 = 0
  private var timeout: Int64 = 1_000_000_000
  private var retries = 0
  /// The segment being timed: when its end is acknowledged the round trip is known.
  private var timed: (end: Int64, sentAt: Instant)?
  /// When something has to be sent again.
  private(set) var timer: Instant?

  init(segmentSize: Int, limits: SimulationLimits) {
    self.segmentSize = segmentSize
    self.limits = limits
    congestionWindow = limits.initialSegments * segmentSize
  }

  /// Bytes not yet acknowledged, sent or not.
  var queuedBytes: Int { outgoing.count }
  /// Whether everything, the FIN included, has arrived.
  var isFinished: Bool { hasFinish && unacknowledged == dataEnd + 1 }
  private var flight: Int { Int(next - unacknowledged) }
  private var end: Int64 { dataEnd + (hasFinish ? 1 : 0) }

  mutating func queue(_ bytes: Buffer) {
    guard !hasFinish else { return }
    dataEnd += Int64(bytes.count)
    outgoing.append(bytes)
  }

  /// Nothing is queued after this.
  mutating func finish() { hasFinish = true }

  // MARK: Sending

  /// What may leave now, in order. Before the peer's SYN is known that is at most our own.
  mutating func transmit(at now: Instant, isOpen: Bool) -> [Segment] {
    var segments: [Segment] = []
    if next == 0 { segments.append(emit(0, at: now)) }
    guard isOpen else { return segments }
    let allowed = unacknowledged + Int64(min(congestionWindow, peerWindow))
    isCongestionLimited = false
    while next < end {
      let wanted = min(Int64(segmentSize), max(dataEnd - next, 1))
      // RFC 9293 §3.8.6.2.1: no small segment just because the window has a small rest, unless nothing is under way.
      let room = allowed - next
      guard room >= wanted || (room > 0 && flight == 0) else {
        isCongestionLimited = congestionWindow <= peerWindow
        break
      }
      segments.append(emit(next, upTo: room, at: now))
    }
    // RFC 9293 §3.8.6.1: while the peer's window is closed the timer runs too, for the probe.
    if timer == nil, next < end || flight > 0 { timer = now + .nanoseconds(timeout) }
    return segments
  }

  /// The segment that begins at `sequence`, counted as sent.
  private mutating func emit(_ sequence: Int64, upTo room: Int64 = .max, at now: Instant) -> Segment {
    var segment = Segment(sequence: sequence, acknowledgement: nil)
    if sequence == 0 {
      segment.isSYN = true
    } else {
      let offset = Int(sequence - max(unacknowledged, 1))
      let length = max(0, min(segmentSize, Int(clamping: room), Int(dataEnd - sequence)))
      // A copy, so that the queue's own storage stays unshared and is added to in place.
      segment.payload = Buffer(copying: outgoing[offset..<(offset + length)].span)
      segment.isFIN = hasFinish && sequence + Int64(length) == dataEnd
    }
    segment.isRepeated = sequence < highest
    next = max(next, sequence + segment.length)
    // RFC 6298 §3: only what was sent once is timed.
    if !segment.isRepeated, timed == nil { timed = (next, now) }
    highest = max(highest, next)
    if timer == nil { timer = now + .nanoseconds(timeout) }
    return segment
  }

  // MARK: Acknowledgements

  /// The peer acknowledged all before `number`, and has `early` beyond it. Returns what must be sent again at once.
  mutating func acknowledged(_ number: Int64, window: Int, early ranges: [Range<Int64>], isPure: Bool, at now: Instant) -> [Segment] {
    guard number <= highest, number >= unacknowledged else { return [] }
    retries = 0
    for range in ranges where range.upperBound <= highest { note(range) }
    let windowMoved = window != peerWindow
    if peerWindow == 0, window > 0 {
      // The probing is over: what leaves now gets a timer of its own.
      timer = nil
      resetTimeout()
    }
    peerWindow = window
    if number > unacknowledged { return advance(to: number, at: now) }
    // RFC 5681 §2: a duplicate brings no data, moves no window, and something is under way.
    guard isPure, !windowMoved, flight > 0 else { return [] }
    duplicates += 1
    if recoveryEnd != nil {
      // RFC 6675 §5: each duplicate says that a segment has left the network, so one may enter it: a gap first.
      if let again = repair(at: now) { return [again] }
      congestionWindow += segmentSize
    } else if duplicates == 3 {
      return beginRecovery(at: now)
    }
    return []
  }

  private mutating func advance(to number: Int64, at now: Instant) -> [Segment] {
    let gained = Int(number - unacknowledged)
    outgoing.drop(Int(min(number, dataEnd) - min(max(unacknowledged, 1), dataEnd)))
    if outgoing.isEmpty { outgoing.clear() } else { outgoing.reclaim(past: limits.receiveBytesMax) }
    let wasHandshake = unacknowledged == 0
    unacknowledged = number
    next = max(next, number)
    early.removeAll { $0.upperBound <= number }
    duplicates = 0
    if let timed, number >= timed.end {
      learn(timed.sentAt.duration(to: now))
      self.timed = nil
    }
    // RFC 6298 §5.2, §5.3.
    timer = flight > 0 ? now + .nanoseconds(timeout) : nil
    if let recoveryEnd {
      guard number < recoveryEnd else {
        congestionWindow = slowStartThreshold
        self.recoveryEnd = nil
        return []
      }
      // RFC 6582 §3.2 step 3: a partial acknowledgement points at the next gap.
      congestionWindow = max(segmentSize, congestionWindow - gained + segmentSize)
      if let again = repair(at: now) { return [again] }
      guard repaired <= unacknowledged else { return [] }
      repaired = unacknowledged + Int64(segmentSize)
      return [emit(unacknowledged, at: now)]
    }
    if isCongestionLimited, !wasHandshake {
      // RFC 5681 §3.1: double each round trip below the threshold, one segment each round trip above it.
      congestionWindow +=
        congestionWindow < slowStartThreshold ? min(gained, segmentSize) : max(1, segmentSize * segmentSize / congestionWindow)
    }
    return []
  }

  private mutating func beginRecovery(at now: Instant) -> [Segment] {
    // RFC 5681 §3.2 steps 2 and 3.
    slowStartThreshold = max(flight / 2, 2 * segmentSize)
    congestionWindow = slowStartThreshold + 3 * segmentSize
    recoveryEnd = next
    repaired = unacknowledged
    timed = nil
    timer = now + .nanoseconds(timeout)
    return [repair(at: now) ?? emit(unacknowledged, at: now)]
  }

  /// Sends again from the first gap that has not been sent again yet; nil: there is none below what the peer has.
  private mutating func repair(at now: Instant) -> Segment? {
    var start = max(unacknowledged, repaired)
    for range in early {
      if start < range.lowerBound {
        let again = emit(start, upTo: range.lowerBound - start, at: now)
        repaired = start + again.length
        return again
      }
      start = max(start, range.upperBound)
    }
    return nil
  }

  /// Adds to what the peer has beyond gaps.
  private mutating func note(_ range: Range<Int64>) {
    guard range.upperBound > unacknowledged, !early.contains(where: { $0.lowerBound <= range.lowerBound && $0.upperBound >= range.upperBound }) else { return }
    var merged = range
    early.removeAll { known in
      guard known.overlaps(merged) || known.upperBound == merged.lowerBound || known.lowerBound == merged.upperBound else { return false }
      merged = min(known.lowerBound, merged.lowerBound)..<max(known.upperBound, merged.upperBound)
      return true
    }
    early.insert(merged, at: early.firstIndex { $0.lowerBound > merged.lowerBound } ?? early.count)
  }

  // MARK: The timer

  /// The timer's time has come. Nil: it came too often, the connection is dead.
  mutating func timerReached(at now: Instant, isOpen: Bool) -> [Segment]? {
    retries += 1
    guard retries <= limits.retransmissionsMax else { return nil }
    timer = nil
    timed = nil
    // RFC 6298 §5.5.
    timeout = min(timeout * 2, nanoseconds(limits.retransmissionTimeMax))
    guard isOpen, peerWindow > 0 else {
      if !isOpen {
        next = 0
        return transmit(at: now, isOpen: false)
      }
      // RFC 9293 §3.8.6.1: one byte asks whether the window is still closed. It does not count as sent.
      guard unacknowledged < end else { return [] }
      let probe = emit(unacknowledged, upTo: 1, at: now)
      next = unacknowledged
      return [probe]
    }
    // RFC 5681 §3.1: back to one segment; RFC 6298 §5.4: the earliest first.
    slowStartThreshold = max(flight / 2, 2 * segmentSize)
    congestionWindow = segmentSize
    recoveryEnd = nil
    // RFC 2018 §8: the peer may have thrown away what it had beyond the gaps.
    early = []
    duplicates = 0
    next = unacknowledged
    return transmit(at: now, isOpen: true)
  }

  /// RFC 6298 §2.2, §2.3.
  private mutating func learn(_ roundTrip: Duration) {
    let sample = nanoseconds(roundTrip)
    if let old = smoothed {
      variation = (3 * variation + abs(old - sample)) / 4
      smoothed = (7 * old + sample) / 8
    } else {
      smoothed = sample
      variation = sample / 2
    }
    resetTimeout()
  }

  private mutating func resetTimeout() {
    guard let smoothed else { return }
    let wanted = smoothed + max(1_000_000, 4 * variation)
    timeout = min(max(wanted, nanoseconds(limits.retransmissionTimeMin)), nanoseconds(limits.retransmissionTimeMax))
  }

  private func nanoseconds(_ duration: Duration) -> Int64 {
    duration.components.seconds * 1_000_000_000 + duration.components.attoseconds / 1_000_000_000
  }
}
