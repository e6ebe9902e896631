// Two uTP connections and the link between them, in virtual time: what the tests of this folder play on.
import BitTorrent
import Bytes
import Testing
import Trace
import World

/// What the link does to packets.
struct PairLink: Sendable {
  var delay = Duration.milliseconds(20)
  /// Shares of packets, 0...1.
  var loss = 0.0
  var duplicate = 0.0
  var reorder = 0.0
  /// Unit: bytes per second. Nil: without bound.
  var rate: Int?
  /// Unit: bytes. Past it: dropped.
  var queueBytesMax = 64_000
  /// Larger datagrams are dropped. Unit: bytes.
  var datagramBytesMax = 1_472
}

/// One end, and what was read there.
struct PairEnd {
  var connection: UTPConnection
  var read = Buffer()
  var isOpen = false
  var sawFinish = false
  var ending: Ending?
  var isReading = true
  /// Largest number of bytes ever held.
  var heldMax = 0
  var packetsSent = 0
  var bytesSent = 0
  var sent: [UTPPacket] = []
}

/// A caller, a called one, and time.
struct UTPPair {
  private(set) var now = Instant.simulationStart
  var caller: PairEnd
  var called: PairEnd?
  var link: PairLink
  let limits: UTPLimits
  var chance: SeededRandom
  private var underWay: [(at: Instant, toCaller: Bool, bytes: Buffer)] = []
  private var busyUntil: [Instant] = [.simulationStart, .simulationStart]
  /// Clock of the called side, ahead of the caller's.
  var clockOffset = Duration.zero
  /// How much faster than the caller's it runs. Unit: parts per million.
  var clockDrift = 0
  private(set) var turns = 0
  private(set) var queueMax = Duration.zero
  var calledSequence: UInt16

  init(link: PairLink = PairLink(), limits: UTPLimits = UTPLimits(), seed: UInt64 = 1, sequences: (caller: UInt16, called: UInt16)? = nil) {
    self.link = link
    self.limits = limits
    chance = SeededRandom(seed: seed)
    let number = UInt16.random(in: 0...UInt16.max, using: &chance)
    let sequence = sequences?.caller ?? UInt16.random(in: 0...UInt16.max, using: &chance)
    calledSequence = sequences?.called ?? UInt16.random(in: 0...UInt16.max, using: &chance)
    caller = PairEnd(connection: UTPConnection(calling: number, sequence: sequence, limits: limits, at: now))
    give(.flush, toCaller: true)
  }

  /// The called side's clock.
  private func clock(ofCaller: Bool) -> Instant {
    if ofCaller { return now }
    let elapsed = now.nanoseconds - Instant.simulationStart.nanoseconds
    return now + clockOffset + .nanoseconds(elapsed / 1_000_000 * Int64(clockDrift))
  }

  private func trueTime(_ time: Instant, ofCaller: Bool) -> Instant {
    guard !ofCaller else { return time }
    return time + (now - clock(ofCaller: false))
  }

  mutating func give(_ input: UTPConnection.Input, toCaller: Bool) {
    var actions: [UTPConnection.Action] = []
    let time = clock(ofCaller: toCaller)
    if toCaller { caller.connection.handle(input, at: time, into: &actions) } else { called?.connection.handle(input, at: time, into: &actions) }
    perform(actions, ofCaller: toCaller)
  }

  private mutating func perform(_ actions: [UTPConnection.Action], ofCaller: Bool) {
    for action in actions {
      switch action {
      case .send(let packet): send(packet, ofCaller: ofCaller)
      case .opened: change(ofCaller) { $0.isOpen = true }
      case .congested: break
      case .closed(let ending):
        change(ofCaller) { end in
          #expect(end.ending == nil, "a connection ends once")
          end.ending = ending
        }
      }
    }
  }

  mutating func change(_ ofCaller: Bool, _ body: (inout PairEnd) -> Void) {
    if ofCaller { body(&caller) } else if var end = called.take() {
      body(&end)
      called = end
    }
  }

  private mutating func send(_ packet: UTPPacket, ofCaller: Bool) {
    change(ofCaller) {
      $0.packetsSent += 1
      $0.bytesSent += packet.count
      if $0.sent.count < 1_000 { $0.sent.append(packet) }
    }
    #expect(packet.count <= max(limits.datagramBytesMax, limits.datagramBytesSafe))
    guard packet.count <= link.datagramBytesMax, !draw(link.loss) else { return }
    var arrival = now
    if let rate = link.rate {
      let lane = ofCaller ? 0 : 1
      let start = max(now, busyUntil[lane])
      let waiting = start - now
      guard Double(waiting.components.attoseconds) / 1e18 + Double(waiting.components.seconds) <= Double(link.queueBytesMax) / Double(rate) else { return }
      queueMax = max(queueMax, waiting)
      busyUntil[lane] = start + .nanoseconds(Int64(packet.count + 28) * 1_000_000_000 / Int64(rate))
      arrival = busyUntil[lane]
    }
    arrival = arrival + link.delay
    if draw(link.reorder) { arrival = arrival + link.delay * Double.random(in: 0.5...2, using: &chance) }
    for _ in 0..<(draw(link.duplicate) ? 2 : 1) {
      // In the order of arrival, what was sent first before what arrives with it.
      let index = underWay.lastIndex { $0.at <= arrival }.map { $0 + 1 } ?? 0
      underWay.insert((arrival, !ofCaller, packet.bytes), at: index)
    }
  }

  private mutating func draw(_ share: Double) -> Bool { share > 0 && Double.random(in: 0..<1, using: &chance) < share }

  /// Hands in a datagram, as a port does.
  mutating func arrive(_ bytes: Buffer, toCaller: Bool) {
    guard let packet = try? UTPPacket.read(bytes) else { return }
    if !toCaller, called == nil {
      guard packet.kind == .open else { return }
      called = PairEnd(connection: UTPConnection(calledBy: packet, sequence: calledSequence, limits: limits, at: clock(ofCaller: false)))
      return settle(false)
    }
    give(.received(packet), toCaller: toCaller)
    settle(toCaller)
  }

  /// Reads what can be read and lets leave what may.
  mutating func settle(_ ofCaller: Bool) {
    change(ofCaller) { end in
      end.heldMax = max(end.heldMax, end.connection.heldBytes)
      guard end.isReading else { return }
      if end.connection.hasUnread { end.read.append(end.connection.read()) }
      if end.connection.peerHasFinished { end.sawFinish = true }
    }
    give(.flush, toCaller: ofCaller)
  }

  mutating func write(_ bytes: Buffer, ofCaller: Bool = true) {
    give(.write(bytes), toCaller: ofCaller)
    settle(ofCaller)
  }

  /// Runs until nothing is under way and no deadline is nearer than `end`, or `until` holds. False: too many turns.
  @discardableResult
  mutating func run(for duration: Duration, until: (UTPPair) -> Bool = { _ in false }) -> Bool {
    let end = now + duration
    while turns < 5_000_000 {
      turns += 1
      if until(self) { return true }
      let packetTime = underWay.first?.at ?? Instant(nanoseconds: .max)
      let callerTime = caller.connection.deadline ?? Instant(nanoseconds: .max)
      let calledTime = called?.connection.deadline.map { trueTime($0, ofCaller: false) } ?? Instant(nanoseconds: .max)
      let next = min(packetTime, callerTime, calledTime)
      guard next <= end else {
        now = end
        return true
      }
      now = max(now, next)
      if packetTime == next {
        let arrived = underWay.removeFirst()
        arrive(arrived.bytes, toCaller: arrived.toCaller)
      } else {
        let isCaller = callerTime == next
        let before = isCaller ? caller.connection.deadline : called?.connection.deadline
        give(.deadlineReached, toCaller: isCaller)
        settle(isCaller)
        let after = isCaller ? caller.connection.deadline : called?.connection.deadline
        // The clocks' rounding may make a deadline come a moment early.
        if before == after { now = now + .microseconds(1) }
      }
    }
    return false
  }
}

/// `count` bytes that tell where they stand.
func pattern(_ count: Int) -> Buffer {
  var bytes = [UInt8](repeating: 0, count: count)
  var random = SeededRandom(seed: 5)
  var index = 0
  while index < count {
    var word = random.next()
    for _ in 0..<8 where index < count {
      bytes[index] = UInt8(truncatingIfNeeded: word)
      word >>= 8
      index += 1
    }
  }
  return Buffer(bytes)
}
