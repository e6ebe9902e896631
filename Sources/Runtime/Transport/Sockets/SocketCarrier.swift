// One TCP connection on its event loop: bytes in to the end that speaks on it, its orders out, one write per batch of reads.
// Not here: sending (SocketSending.swift), TLS itself (TLS/), deadlines of all connections together (SocketLoop.swift).
// The law: the end is never called from inside a call of its own; what happens meanwhile is told when that call has returned.
import Bytes
import CNetsteadSystem
import Glibc
import NIOCore
import Trace
import World

/// Carries one connection's end.
final class SocketCarrier: ChannelInboundHandler, Carrier, Sleeper, @unchecked Sendable {
  // Unchecked: all of it happens on the connection's loop; other threads only hand work there.
  typealias InboundIn = ByteBuffer
  typealias OutboundOut = IOData

  /// Makes the end once it is known who is there; nil refuses.
  typealias Maker = (_ remote: Endpoint, _ local: Endpoint) -> (any StreamEnd)?

  enum Phase {
    /// Not connected yet, or inside the TLS handshake.
    case connecting
    case open
    /// In the middle of the connection: what is queued leaves, then comes the TLS handshake.
    case securing
    /// Everything is said; what is queued is leaving.
    case finishing
    /// Our direction is shut; the peer's last bytes are read and thrown away.
    case lingering
    case closed
  }

  private let loop: SocketLoop
  let limits: StreamLimits
  private let ledger: ConnectionLedger?
  private let makeEnd: Maker
  /// Told once: established, or why not.
  private var whenEstablished: ((Result<Void, any Error>) -> Void)?
  private(set) var isEncrypted: Bool
  /// Puts TLS under this carrier, when the end asks for it; nil: it cannot, or has.
  private var tlsInstaller: ((SocketCarrier, any Channel) throws -> Void)?
  private(set) var negotiatedProtocol: String?
  private(set) var wasCutShort = false
  private(set) var local = Endpoint.unknown
  private(set) var remote = Endpoint.unknown

  private var end: (any StreamEnd)?
  var context: ChannelHandlerContext?
  var phase = Phase.connecting
  var queue = OutgoingQueue()
  var filing: Filing?

  /// How deep in calls of the end we are; what happens meanwhile waits in the fields below.
  var depth = 0
  private var held: ByteBuffer?
  private var peerHasClosed = false
  private var peerCloseIsDue = false
  private var congestionTold = false
  private var closedIsDue = false
  private var retirementIsDue = false
  var flushIsDue = false
  var isInBatch = false
  var isPumping = false

  private var wantsReading = true
  /// One batch is read ahead before not reading really stops the socket: an answer that comes soon costs no system call.
  private var hasReadAhead = false
  private var isStopped = false

  var reason: String?
  /// Why the last bytes could not leave.
  private var outputFailure: String?
  private var failure: (any Error)?
  /// The end of the handshake's, the queue's or the lingering's patience, by phase.
  private var patienceEnds: Instant?
  var queuedAtLastLook = 0
  private var lingeredBytes = 0
  private var lingers = true

  init(
    loop: SocketLoop, limits: StreamLimits, ledger: ConnectionLedger?, isEncrypted: Bool, patience: Duration,
    tlsInstaller: ((SocketCarrier, any Channel) throws -> Void)? = nil, whenEstablished: ((Result<Void, any Error>) -> Void)? = nil, makeEnd: @escaping Maker
  ) {
    self.loop = loop
    self.limits = limits
    self.ledger = ledger
    self.isEncrypted = isEncrypted
    self.tlsInstaller = tlsInstaller
    self.makeEnd = makeEnd
    self.whenEstablished = whenEstablished
    patienceEnds = loop.clock.now + patience
  }

  var now: Instant { loop.clock.now }

  // MARK: The connection comes

  func handlerAdded(context: ChannelHandlerContext) {
    self.context = context
  }

  func channelActive(context: ChannelHandlerContext) {
    guard phase == .connecting, attach(context.channel) else { return }
    loop.file(self)
    context.read()
    if !isEncrypted { establish() }
  }

  /// Makes the end, which may record from now on; false when the connection is refused. Called again it only says how it went.
  func attach(_ channel: any Channel) -> Bool {
    if end != nil { return true }
    guard phase == .connecting else { return false }
    remote = Endpoint(channel.remoteAddress) ?? .unknown
    local = Endpoint(channel.localAddress) ?? .unknown
    if let ledger, !ledger.admit(self, from: remote.address) {
      reason = "too many connections"
    } else {
      end = makeEnd(remote, local)
      if end == nil { reason = "refused" }
    }
    guard let end else {
      phase = .closed
      channel.close(promise: nil)
      return false
    }
    end.attached(to: self)
    return true
  }

  private func establish() {
    guard phase == .connecting else { return }
    phase = .open
    patienceEnds = nil
    inside { $0.opened(on: self) }
    whenEstablished?(.success(()))
    whenEstablished = nil
  }

  /// The TLS handshake is done.
  private func handshakeDone(protocol name: String?) {
    negotiatedProtocol = name
    guard phase == .securing else { return establish() }
    phase = .open
    patienceEnds = nil
    inside { $0.secured() }
  }

  // MARK: TLS in the middle

  var canStartTLS: Bool { phase == .open && tlsInstaller != nil }

  func startTLS() {
    guard canStartTLS else { return closeNow() }
    guard held == nil else {
      reason = "bytes in the clear where TLS was to begin"
      return closeNow()
    }
    phase = .securing
    patienceEnds = now + limits.handshakeTimeout
    loop.file(self)
    queue.isEmpty ? installTLS() : pump()
  }

  /// What was queued has left for the socket: what follows is encrypted.
  private func installTLS() {
    guard let context, let install = tlsInstaller else { return }
    tlsInstaller = nil
    flushIsDue = false
    // The batch that brought us here ends below TLS, which does not tell.
    isInBatch = false
    context.flush()
    do {
      try install(self, context.channel)
      isEncrypted = true
    } catch {
      reason = closingReason(error)
      return closeNow()
    }
    readAgain()
  }

  /// Ciphertext that passed.
  func wire(_ bytes: ByteBuffer, sent: Bool) { end?.wire(Buffer(storage: bytes), sent: sent) }

  var wantsWire: Bool { end?.wantsWire ?? false }

  // MARK: Calls into the end

  /// Calls the end, then does what came up during the call.
  @inline(__always)
  private func inside(_ call: (any StreamEnd) -> Void) {
    guard let end else { return }
    depth += 1
    call(end)
    depth -= 1
    if depth == 0 { settle() }
  }

  func settle() {
    while depth == 0, let end {
      depth += 1
      defer { depth -= 1 }
      if let bytes = held {
        held = nil
        if phase == .open { end.received(Buffer(storage: bytes)) }
      } else if peerCloseIsDue {
        peerCloseIsDue = false
        if phase == .open { end.peerClosed() }
      } else if retirementIsDue, phase == .open {
        retirementIsDue = false
        end.retired()
      } else if phase == .open, isCongested != congestionTold {
        congestionTold.toggle()
        queuedAtLastLook = 0
        patienceEnds = congestionTold ? now + limits.stallTimeout : nil
        end.congested(congestionTold)
      } else {
        break
      }
    }
    if closedIsDue { return finishClosing() }
    if flushIsDue, !isInBatch { reallyFlush() }
    loop.file(self)
  }

  private var isCongested: Bool { !queue.isEmpty || context.map { !$0.channel.isWritable } ?? false }

  func onLoop(_ work: @escaping @Sendable () -> Void) {
    // Always later, never at once, even on the loop itself: the end is not called from inside its own call.
    loop.eventLoop.execute {
      self.depth += 1
      work()
      self.depth -= 1
      if self.depth == 0 { self.settle() }
    }
  }

  /// Tells the end, from any thread, that the listener is closing; inside TLS after the handshake.
  var retirer: @Sendable () -> Void {
    let eventLoop = loop.eventLoop
    return {
      eventLoop.execute {
        self.retirementIsDue = true
        if self.depth == 0 { self.settle() }
      }
    }
  }

  /// Ends the connection from any thread.
  var remoteCloser: @Sendable () -> Void {
    let eventLoop = loop.eventLoop
    return {
      eventLoop.execute {
        if self.reason == nil { self.reason = Ending.shutDown.rawValue }
        self.closeNow()
      }
    }
  }

  // MARK: Reading

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    isInBatch = true
    let bytes = unwrapInboundIn(data)
    switch phase {
    case .open:
      if depth > 0 {
        if held == nil { held = bytes } else { held?.writeImmutableBuffer(bytes) }
      } else {
        inside { $0.received(Buffer(storage: bytes)) }
      }
    case .finishing, .lingering:
      lingeredBytes += bytes.readableBytes
      if phase == .lingering, lingeredBytes > limits.lingerBytesMax { closeNow() }
    case .securing where isEncrypted:
      // The handshake is over before anything inside it comes.
      break
    case .securing:
      reason = "bytes in the clear where TLS was to begin"
      closeNow()
    case .connecting, .closed:
      break
    }
  }

  func channelReadComplete(context: ChannelHandlerContext) {
    isInBatch = false
    if flushIsDue, depth == 0 { reallyFlush() }
    switch phase {
    case .connecting, .securing: context.read()
    case .open: wantsReading || !hasReadAhead ? readOn(context) : stop()
    case .finishing: lingeredBytes <= limits.lingerBytesMax ? context.read() : stop()
    case .lingering: context.read()
    case .closed: break
    }
  }

  private func readOn(_ context: ChannelHandlerContext) {
    hasReadAhead = !wantsReading
    context.read()
  }

  private func stop() { isStopped = true }

  func setReading(_ isOn: Bool) {
    wantsReading = isOn
    guard isOn else { return }
    hasReadAhead = false
    readAgain()
  }

  func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
    if let done = tlsHandshakeDone(event) {
      handshakeDone(protocol: done.negotiatedProtocol)
    } else if case ChannelEvent.inputClosed = event {
      inputEnded()
    }
  }

  private func inputEnded() {
    guard !peerHasClosed else { return }
    peerHasClosed = true
    switch phase {
    case .open:
      peerCloseIsDue = true
      if depth == 0 { settle() }
    case .lingering, .securing: closeNow()
    case .connecting, .finishing, .closed: break
    }
  }

  func channelWritabilityChanged(context: ChannelHandlerContext) {
    if context.channel.isWritable, !queue.isEmpty, depth == 0 { pump() }
    if depth == 0 { settle() }
  }

  // MARK: Deadlines

  var deadline: Instant? {
    switch phase {
    case .connecting, .securing, .finishing, .lingering: return patienceEnds
    case .open:
      guard let deadline = end?.deadline else { return patienceEnds }
      if let patienceEnds { return min(deadline, patienceEnds) }
      return deadline
    case .closed: return nil
    }
  }

  func deadlineCame() {
    switch phase {
    case .connecting, .securing:
      reason = "no TLS handshake in time"
      failure = NetworkError.timedOut(remote)
      closeNow()
    case .open:
      if let deadline = end?.deadline, deadline <= now { inside { $0.deadlineReached() } }
      if phase == .open, let patienceEnds, patienceEnds <= now { lookForProgress() }
    case .finishing: lookForProgress()
    case .lingering: closeNow()
    case .closed: break
    }
  }

  /// Gives the peer more time while it takes something, however slowly; closes when it takes nothing.
  private func lookForProgress() {
    let buffered = try? context?.channel.syncOptions?.getOption(ChannelOptions.bufferedWritableBytes)
    let left = queue.bytes + (buffered ?? 0)
    if left == queuedAtLastLook {
      reason = Ending.stalled.rawValue
      return closeNow()
    }
    queuedAtLastLook = left
    patienceEnds = now + limits.stallTimeout
  }

  // MARK: The connection goes

  func close(_ how: Closing) {
    guard phase == .open || phase == .connecting || phase == .securing else { return }
    guard how != .now, phase == .open else { return closeNow() }
    if reason == nil { reason = (peerHasClosed ? Ending.closedByPeer : .closed).rawValue }
    phase = .finishing
    lingers = how == .afterFlush || isEncrypted
    patienceEnds = now + limits.stallTimeout
    queuedAtLastLook = -1
    readAgain()
    if queue.isEmpty { shutOutput() } else { pump() }
  }

  func queueMayBeEmpty() {
    guard queue.isEmpty else { return }
    if phase == .finishing { shutOutput() } else if phase == .securing { installTLS() }
  }

  /// Waits until everything has left for the socket, then shuts our direction.
  func shutOutput() {
    guard let context else { return }
    flushIsDue = false
    let promise = context.eventLoop.makePromise(of: Void.self)
    promise.futureResult.whenComplete { result in
      if case .failure(let error) = result { self.outputFailed(error) }
      guard self.isEncrypted else { return self.outputLeft() }
      // This is the inside of a flush: TLS's farewell, written here, would not be flushed before the close behind it.
      self.loop.eventLoop.execute { self.outputLeft() }
    }
    context.writeAndFlush(wrapOutboundOut(.byteBuffer(ByteBuffer())), promise: promise)
  }

  /// What was to leave did not: whoever was told nothing else must hear it.
  func outputFailed(_ error: any Error) {
    if phase == .open || phase == .finishing { outputFailure = closingReason(error) }
  }

  private func outputLeft() {
    guard phase == .finishing, outputFailure == nil, let context else { return }
    // RFC 9112 §9.6: read on for a while after the last response, else a reset could destroy it on its way.
    if peerHasClosed || lingeredBytes > limits.lingerBytesMax || !(lingers || hasUnreadBytes(context)) { return closeNow() }
    phase = .lingering
    patienceEnds = now + limits.lingerTime
    loop.file(self)
    context.close(mode: .output, promise: nil)
    readAgain()
  }

  /// Whether the peer, against its promise, has sent more: closing now would answer that with a reset.
  private func hasUnreadBytes(_ context: ChannelHandlerContext) -> Bool {
    let unread = try? context.pipeline.syncOperations.withUnsafeTransportIfAvailable(of: NIOBSDSocket.Handle.self) { descriptor in
      netstead_has_unread(descriptor) != 0
    }
    return unread != false
  }

  private func readAgain() {
    guard isStopped else { return }
    isStopped = false
    context?.read()
  }

  func closeNow() {
    guard phase != .closed else { return }
    if reason == nil { reason = Ending.closed.rawValue }
    phase = .closed
    context?.close(promise: nil)
  }

  func errorCaught(context: ChannelHandlerContext, error: any Error) {
    // A peer that leaves without TLS's farewell: what it said is known whole, or not, by the protocol inside.
    if isUncleanTLSEnd(error), phase != .securing {
      wasCutShort = true
      return
    }
    // While the last bytes leave, the reason known so far is only a wish.
    if reason == nil || phase == .finishing { reason = closingReason(error) }
    if failure == nil { failure = error }
    closeNow()
  }

  func channelInactive(context: ChannelHandlerContext) {
    if phase == .finishing {
      reason = outputFailure ?? Ending.lost.rawValue
    } else if reason == nil {
      reason = outputFailure ?? (peerHasClosed ? Ending.closedByPeer : .lost).rawValue
    }
    phase = .closed
    closedIsDue = true
    if depth == 0 { finishClosing() }
  }

  func handlerRemoved(context: ChannelHandlerContext) {
    phase = .closed
    closedIsDue = true
    if depth == 0 { finishClosing() }
    self.context = nil
  }

  private func finishClosing() {
    closedIsDue = false
    loop.forget(self)
    queue = OutgoingQueue()
    held = nil
    ledger?.release(self, from: remote.address)
    whenEstablished?(.failure(failure ?? NetworkError.other(remote, reason ?? Ending.closed.rawValue)))
    whenEstablished = nil
    guard let end else { return }
    self.end = nil
    end.closed(because: reason ?? Ending.closed.rawValue)
  }
}
