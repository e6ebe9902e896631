// TLS over a simulated connection: to the connection it is the end that speaks, to the real end it is what carries. The same BoringSSL runs in it as
// on sockets. Its bytes differ each time, their number does not: keys and signatures are of kinds that have one length. So times repeat from a seed;
// and of the bytes the trace gets those that repeat, with zeros for the rest.
// Not here: TLS itself (Transport/TLS/TLSSession.swift), what repeats (TLS/Record.swift).
import Bytes
import TLS
import Trace
import Transport
import World

/// The TLS of one connection.
final class SimulatedTLS: StreamEnd, Carrier, @unchecked Sendable {
  // Unchecked: all state is touched under the internet's lock only.

  /// Which side it is, with what.
  enum Role {
    case server(TLSServerOptions)
    case client(TLSClientOptions)
  }

  /// What is told to whoever dialled.
  typealias Done = @Sendable (Result<Void, NetworkError>) -> Void

  private enum Phase {
    /// Everything passes as it is, until the end asks for TLS.
    case clear
    case handshake
    case open
    /// The end has said everything, or it is over.
    case finishing
  }

  private let role: Role
  private let end: any StreamEnd
  private let contexts: TLSContexts
  private var done: Done?
  private var phase: Phase
  private var session: TLSSession?
  private var connection: (any Carrier)?
  /// Whether TLS begins in the middle.
  private let isLater: Bool
  private let patience: Duration
  private var patienceEnds: Instant?
  private var reader = WireReader()
  private var isRetiring = false
  /// Why the end is told that it is over.
  private var reason: String?
  private(set) var negotiatedProtocol: String?
  private(set) var wasCutShort = false

  /// TLS from the first byte, or `isLater`, when the end asks for it. `done` hears of the handshake's end.
  init(_ role: Role, isLater: Bool, around end: any StreamEnd, patience: Duration, _ contexts: TLSContexts, done: Done? = nil) {
    self.role = role
    self.isLater = isLater
    self.end = end
    self.patience = patience
    self.contexts = contexts
    self.done = done
    phase = isLater ? .clear : .handshake
  }

  // MARK: The handshake

  /// Calls the end for the trace at most: it may be in the middle of a call.
  private func begin() {
    guard let connection else { return }
    phase = .handshake
    patienceEnds = connection.now + patience
    do {
      let made: TLSSession
      switch role {
      case .server(var options):
        // The keys would differ each time, and open nothing: of the ciphertext only its lengths are kept.
        options.keyLog = nil
        made = try TLSSession(server: options, contexts)
      case .client(var options):
        options.keyLog = nil
        made = try TLSSession(client: options, to: connection.remote, contexts)
      }
      session = made
      try made.begin()
      pass()
    } catch { fail("\(error)") }
  }

  private func established(_ negotiated: String?) {
    negotiatedProtocol = negotiated
    patienceEnds = nil
    phase = .open
    if isLater { return end.secured() }
    end.opened(on: self)
    if isRetiring, phase == .open { end.retired() }
    finish(dialling: .success(()))
  }

  private func fail(_ why: String) {
    guard phase != .finishing else { return }
    if reason == nil { reason = why }
    if let connection { finish(dialling: .failure(.tls(connection.remote, why))) }
    phase = .finishing
    // What was said about it still leaves.
    pass()
    connection?.close(.afterFlush)
  }

  private func finish(dialling outcome: Result<Void, NetworkError>) {
    let done = done
    self.done = nil
    done?(outcome)
  }

  /// Hands ciphertext to the connection.
  private func pass() {
    guard let session, let connection else { return }
    let ciphertext = session.takeCiphertext()
    guard !ciphertext.isEmpty else { return }
    show(ciphertext, sent: true)
    connection.send(ciphertext)
    connection.flush()
  }

  /// Tells the end what came of a call to TLS.
  private func settle() {
    pass()
    while phase != .finishing, let event = session?.nextEvent() {
      switch event {
      case .established(let negotiated): established(negotiated)
      case .received(let bytes): end.received(bytes)
      case .peerClosed(let isClean):
        wasCutShort = !isClean
        if phase == .open { end.peerClosed() } else { fail("the connection ended in the middle of the handshake") }
      case .failed(let why): fail(why)
      }
    }
    pass()
  }

  /// For the trace: one event for each record, of one direction of the network's pieces.
  private func show(_ ciphertext: Buffer, sent: Bool) {
    guard end.wantsWire else { return }
    let isClient = if case .client = role { true } else { false }
    for record in reader.take(ciphertext, sent == isClient ? .toServer : .toClient) { end.wire(record.repeatable, sent: sent) }
  }

  // MARK: The connection's end

  var deadline: Instant? { patienceEnds ?? (phase == .open || phase == .clear ? end.deadline : nil) }
  var wantsWire: Bool { false }

  func opened(on carrier: any Carrier) {
    connection = carrier
    guard !isLater else { return end.opened(on: self) }
    end.attached(to: self)
    begin()
  }

  func received(_ bytes: Buffer) {
    guard phase != .clear else { return end.received(bytes) }
    show(bytes, sent: false)
    session?.receive(bytes)
    settle()
  }

  func peerClosed() {
    guard phase != .clear else { return end.peerClosed() }
    session?.inputEnded()
    settle()
  }

  func deadlineReached() {
    guard let patienceEnds, let connection else { return end.deadlineReached() }
    guard patienceEnds <= connection.now else { return }
    self.patienceEnds = nil
    reason = "no TLS handshake in time"
    finish(dialling: .failure(.timedOut(connection.remote)))
    phase = .finishing
    connection.close(.now)
  }

  func congested(_ isCongested: Bool) { if phase == .open || phase == .clear { end.congested(isCongested) } }

  func retired() {
    isRetiring = true
    if phase == .open || phase == .clear { end.retired() }
  }

  func closed(because reason: String) {
    let isEarly = phase == .handshake
    phase = .finishing
    session?.end()
    session = nil
    if let connection { finish(dialling: .failure(.tls(connection.remote, self.reason ?? "the connection ended in the middle of the handshake"))) }
    end.closed(because: self.reason ?? (isEarly ? Ending.lost.rawValue : reason))
    connection = nil
  }

  func wire(_ bytes: Buffer, sent: Bool) {}

  // MARK: The end's carrier

  var now: Instant { connection?.now ?? .simulationStart }
  var local: Endpoint { connection?.local ?? Endpoint(.any, 0) }
  var remote: Endpoint { connection?.remote ?? Endpoint(.any, 0) }
  var isEncrypted: Bool { !isLater || phase != .clear }

  func send(_ bytes: Buffer) {
    switch phase {
    case .clear: connection?.send(bytes)
    case .open: session?.send(bytes)
    case .handshake, .finishing: break
    }
  }

  func send(_ file: FileSlice) {
    guard phase != .clear else { connection?.send(file); return }
    guard let bytes = file.file.read(at: file.offset, length: Int(clamping: file.length)), bytes.count == Int(clamping: file.length) else { return close(.now) }
    send(bytes)
  }

  func flush() {
    guard phase == .open else { connection?.flush(); return }
    session?.flush()
    pass()
  }

  func setReading(_ isOn: Bool) { connection?.setReading(isOn) }

  func close(_ how: Closing) {
    guard phase == .open || phase == .clear else { connection?.close(how); return }
    let wasOpen = phase == .open
    phase = .finishing
    if wasOpen, how != .now {
      session?.flush()
      session?.finish()
      pass()
    }
    connection?.close(how)
  }

  var canStartTLS: Bool { phase == .clear }

  func startTLS() {
    guard canStartTLS else { return close(.now) }
    connection?.flush()
    begin()
  }

  func onLoop(_ work: @escaping @Sendable () -> Void) { connection?.onLoop(work) }
}
