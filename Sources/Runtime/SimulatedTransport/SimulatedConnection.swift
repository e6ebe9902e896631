// One side of a TCP connection in the model: handshake, data both ways, the two ways to close. It carries a `StreamEnd` exactly as a
// real socket does. Read first: StreamSender.swift and StreamReceiver.swift, which do the counting.
import Bytes
import Trace
import Transport
import World

/// A connection as one of its hosts sees it.
final class SimulatedConnection: Carrier, Wakeable, @unchecked Sendable {
  // Unchecked: all state is touched under the internet's lock only.

  /// How it came about, until it is open.
  enum Role {
    case dialling(makeEnd: @Sendable () -> any StreamEnd, done: @Sendable (Result<Void, NetworkError>) -> Void)
    case accepting(SimulatedListener)
  }

  private enum Phase {
    /// SYNs are under way.
    case handshake
    /// The end speaks.
    case open
    /// The end has said everything; what is queued leaves, what comes is thrown away.
    case finishing
    /// Gone for the end; a late FIN is still acknowledged.
    case timeWait
    case gone
  }

  let local: Endpoint
  let remote: Endpoint
  let isEncrypted = false
  var scheduledWake: Instant?

  private let host: SimulatedNetwork
  private var internet: SimulatedInternet { host.internet }
  private let role: Role
  private var phase = Phase.handshake
  private var end: (any StreamEnd)?
  private var sender: StreamSender
  private var receiver: StreamReceiver
  private let segmentSize: Int
  /// When the handshake, or the lingering after the close, is given up. This and all of TCP's own waits go by the simulation's time.
  private var patience: Instant?
  private var unflushed = Buffer()
  private var isReading = true
  private var peerFinishTold = false
  private var finishedFirst = false
  private let outgoingBytesMax: Int
  private var isCongested = false
  /// Nothing has been acknowledged to the peer since the last segment that needs it.
  private var owesAcknowledgement = false
  private var isDelivering = false
  /// The listener is closing, and the end has to be told once it is there.
  private var isRetiring = false
  /// In the simulation's time.
  private var deadlineNotBefore = Instant(nanoseconds: .min)
  private var lastWindow = 0
  /// Calls for the end's deadline where no run goes on for it; nil: the connection itself does.
  private var housekeeping: Housekeeping?

  init(local: Endpoint, remote: Endpoint, host: SimulatedNetwork, role: Role, patience: Instant, outgoingBytesMax: Int, isBackground: Bool) {
    self.local = local
    self.remote = remote
    self.host = host
    self.role = role
    self.patience = patience
    self.outgoingBytesMax = outgoingBytesMax
    segmentSize = max(64, host.internet.mtu(local.address, remote.address) - Packet.networkHeader(remote.address) - 20)
    sender = StreamSender(segmentSize: segmentSize, limits: host.internet.limits)
    receiver = StreamReceiver(bytesMax: host.internet.limits.receiveBytesMax)
    if isBackground { housekeeping = Housekeeping(self) }
  }

  /// Sends the first SYN.
  func start() { transmit() }

  // MARK: Segments in

  func arrived(_ segment: Segment) {
    if segment.isReset { return resetArrived() }
    switch phase {
    case .gone: return
    case .timeWait:
      // RFC 9293 §3.10.7.4: the peer's FIN again means that it has not heard our acknowledgement.
      if segment.isFIN { acknowledge() }
      return
    case .handshake where segment.isSYN: receiver.begin()
    case .handshake, .open, .finishing: break
    }
    if segment.length > 0 { owesAcknowledgement = true }
    if let number = segment.acknowledgement {
      let again = sender.acknowledged(number, window: segment.window, early: segment.early, isPure: segment.length == 0, at: internet.now)
      for segment in again { emit(segment) }
    }
    if phase == .handshake, !establish(by: segment) { return transmit() }
    receiver.take(segment)
    deliver()
    transmit()
    noteRoom()
    finishIfDone()
  }

  /// Opens the end once the handshake is complete. False: it is not, or has failed.
  private func establish(by segment: Segment) -> Bool {
    guard segment.acknowledgement != nil, sender.unacknowledged >= 1, receiver.next >= 1 else { return false }
    let end: any StreamEnd
    switch role {
    case .dialling(let makeEnd, _): end = makeEnd()
    case .accepting(let listener):
      guard let accepted = listener.accept(remote, local) else {
        abort()
        return false
      }
      end = accepted
    }
    self.end = end
    phase = .open
    patience = nil
    isDelivering = true
    end.opened(on: self)
    if isRetiring, phase == .open { end.retired() }
    isDelivering = false
    if case .dialling(_, let done) = role { done(.success(())) }
    return true
  }

  private func resetArrived() {
    switch phase {
    case .handshake: fail(.refused(remote))
    case .open, .finishing: vanish(as: .resetByPeer)
    case .timeWait, .gone: break
    }
  }

  /// Hands what has come to the end, as far as it reads.
  private func deliver() {
    guard !isDelivering else { return }
    isDelivering = true
    defer { isDelivering = false }
    if phase == .finishing { _ = receiver.read() }
    while phase == .open, isReading, let end, !receiver.held.isEmpty { end.received(receiver.read()) }
    if phase == .open, isReading, receiver.held.isEmpty, receiver.hasFinished, !peerFinishTold, let end {
      peerFinishTold = true
      end.peerClosed()
    }
  }

  // MARK: Segments out

  /// Lets leave what may, and acknowledges what is owed.
  private func transmit() {
    guard phase != .gone else { return }
    for segment in sender.transmit(at: internet.now, isOpen: phase != .handshake) { emit(segment) }
    if owesAcknowledgement, receiver.next > 0, phase != .gone { acknowledge() }
    reschedule()
  }

  private func reschedule() {
    internet.schedule(self)
    if let housekeeping { internet.schedule(housekeeping) }
  }

  private func acknowledge() {
    emit(Segment(sequence: sender.next, acknowledgement: nil))
  }

  private func emit(_ segment: Segment) {
    var segment = segment
    segment.acknowledgement = receiver.next > 0 ? receiver.next : nil
    segment.early = receiver.earlyRanges
    segment.window = receiver.window
    segment.isCiphertext = (end as? SimulatedTLS)?.isEncrypted ?? false
    lastWindow = receiver.window
    owesAcknowledgement = false
    internet.send(Packet(source: local, destination: remote, content: .segment(segment)), from: host)
  }

  /// Tells the end when its queue has passed the bound or has room again; soon, since the end may be in the middle of something.
  private func noteRoom() {
    let queued = sender.queuedBytes + unflushed.count
    let wanted = isCongested ? queued > outgoingBytesMax / 2 : queued > outgoingBytesMax
    guard wanted != isCongested, phase == .open else { return }
    isCongested = wanted
    internet.soon { [self] in
      guard phase == .open else { return }
      end?.congested(wanted)
      reschedule()
    }
  }

  // MARK: Time

  var nextWake: Instant? {
    if phase == .gone || phase == .timeWait { return nil }
    return [sender.timer, patience, housekeeping == nil ? endWake : nil].compactMap { $0 }.min()
  }

  /// When the end wants to be called.
  private var endWake: Instant? { phase == .open ? end?.deadline.map { max(host.ownClock.time(when: $0), deadlineNotBefore) } : nil }

  func wake(at now: Instant) {
    if let patience, patience <= now { return phase == .finishing ? abort() : fail(.timedOut(remote)) }
    if let timer = sender.timer, timer <= now {
      guard let again = sender.timerReached(at: now, isOpen: phase != .handshake) else { return fail(.timedOut(remote)) }
      for segment in again { emit(segment) }
    }
    wakeEnd(at: now)
  }

  private func wakeEnd(at now: Instant) {
    guard let due = endWake, due <= now else { return }
    // A deadline that does not move is tried again a little later, or time would stand still.
    deadlineNotBefore = now + .milliseconds(1)
    end?.deadlineReached()
  }

  /// The deadline of an end that only keeps house: no run goes on for it, but for the rest of its connection.
  private final class Housekeeping: Wakeable {
    var scheduledWake: Instant?
    let wakesInBackground = true
    private weak var connection: SimulatedConnection?

    init(_ connection: SimulatedConnection) { self.connection = connection }

    var nextWake: Instant? { connection?.endWake }

    func wake(at now: Instant) {
      guard let connection else { return }
      connection.wakeEnd(at: now)
      connection.internet.schedule(connection)
    }
  }

  // MARK: The end of it

  private func finishIfDone() {
    guard phase == .finishing, sender.isFinished else { return }
    guard receiver.hasFinished else {
      // The peer may still send for a while; it is read from so that no reset destroys the answer.
      if patience == nil { patience = internet.now + internet.limits.lingerTime }
      return reschedule()
    }
    let end = end
    self.end = nil
    if finishedFirst {
      phase = .timeWait
      internet.inBackground(after: internet.limits.timeWait) { [self] in host.forget(self) }
    } else {
      phase = .gone
      host.forget(self)
    }
    leaveListener()
    end?.closed(because: (finishedFirst ? Ending.closed : .closedByPeer).rawValue)
  }

  /// Sends a reset and is gone.
  private func abort() {
    var reset = Segment(sequence: sender.next, acknowledgement: nil)
    reset.isReset = true
    emit(reset)
    vanish(as: .reset)
  }

  /// Is given up: the dialler hears `error`, an open end the reason.
  private func fail(_ error: NetworkError) {
    let wasHandshake = phase == .handshake
    vanish(as: .timedOut)
    if wasHandshake, case .dialling(_, let done) = role { done(.failure(error)) }
  }

  private func vanish(as ending: Ending) {
    guard phase != .gone else { return }
    phase = .gone
    host.forget(self)
    leaveListener()
    let end = end
    self.end = nil
    end?.closed(because: ending.rawValue)
  }

  /// The listener is closing.
  func retire() {
    isRetiring = true
    guard phase == .open else { return }
    internet.soon { [self] in
      guard phase == .open else { return }
      end?.retired()
      transmit()
    }
  }

  /// The listener's patience is over.
  func abandon() {
    if phase == .handshake || phase == .open || phase == .finishing { abort() }
  }

  private func leaveListener() {
    if case .accepting(let listener) = role { listener.ended(self) }
  }

  // MARK: Carrier

  var now: Instant { host.ownClock.now }

  func send(_ bytes: Buffer) { if phase == .open { unflushed.append(bytes) } }

  func send(_ file: FileSlice) {
    guard phase == .open else { return }
    // Read at once: the simulator's files are small, and a file that changes meanwhile would not repeat.
    guard let bytes = file.file.read(at: file.offset, length: Int(clamping: file.length)), bytes.count == Int(clamping: file.length) else {
      return abortSoon()
    }
    unflushed.append(bytes)
  }

  func flush() {
    guard phase == .open, !unflushed.isEmpty else { return }
    sender.queue(unflushed.takeAll())
    // While an arrival is being handed in, its handler transmits afterwards, with the acknowledgement on board.
    if !isDelivering { transmit() }
    noteRoom()
  }

  func setReading(_ isOn: Bool) {
    guard isOn != isReading else { return }
    isReading = isOn
    guard isOn else { return }
    internet.soon { [self] in
      deliver()
      // RFC 9293 §3.8.6.2.2: the window is told again once it has grown by a segment or half the buffer.
      if phase == .open, receiver.window - lastWindow >= min(segmentSize, internet.limits.receiveBytesMax / 2) { owesAcknowledgement = true }
      transmit()
      noteRoom()
      finishIfDone()
    }
  }

  func close(_ how: Closing) {
    guard phase == .open else { return }
    guard how != .now else { return abortSoon() }
    if !unflushed.isEmpty { sender.queue(unflushed.takeAll()) }
    finishedFirst = !receiver.hasFinished
    phase = .finishing
    sender.finish()
    internet.soon { [self] in
      deliver()
      transmit()
      finishIfDone()
    }
  }

  /// A reset, once the end's call is over.
  private func abortSoon() {
    phase = .finishing
    internet.soon { [self] in abort() }
  }

  func onLoop(_ work: @escaping @Sendable () -> Void) {
    internet.post { [self] in
      work()
      reschedule()
    }
  }
}
