// One connection to one mail server, for one message: it answers what SMTP's ClientConversation asks, and tells at the end what became of
// each recipient.
// Read before: SMTP/ClientConversation.swift.
import Bytes
import Mail
package import SMTP
import Synchronization
import Trace
package import Transport
import World

/// What one connection came to.
package struct Sent: Sendable {
  /// For each recipient, in the order they were given; nil: the server was never asked.
  package var fates: [Fate]?
  /// Why the connection came to nothing, if it did.
  package var failure: String?
  /// Whether a mail server answered at all.
  package var wasAlive: Bool
  /// The server takes seven bits only, and the message has eight: it was not offered.
  package var wantsSevenBits = false
  /// The connection, which may still be saying goodbye; nil: there was none.
  package var connection: Sending?
}

/// Hands one message over.
package final class Sending: Sendable {
  private let delivery: SMTP.Delivery
  private let network: any Network
  private let state = Mutex(State())

  private struct State {
    var sent = Sent(wasAlive: false)
    var isHanded = false
    var isOver = false
    /// Who waits for the server's word, and who for the connection's end.
    var decision: CheckedContinuation<Void, Never>?
    var end: CheckedContinuation<Void, Never>?

    var isDecided: Bool { sent.fates != nil || isOver }

    /// Those that need wait no more.
    mutating func takeReady() -> [CheckedContinuation<Void, Never>] {
      var ready: [CheckedContinuation<Void, Never>] = []
      if isDecided, let decision = decision.take() { ready.append(decision) }
      if isOver, let end = end.take() { ready.append(end) }
      return ready
    }
  }

  private init(_ delivery: SMTP.Delivery, _ network: any Network) {
    self.delivery = delivery
    self.network = network
  }

  /// Dials `exchanger` and hands `delivery` over. Returns when the connection has ended.
  package static func send(
    _ delivery: SMTP.Delivery, to exchanger: Exchanger, as options: ClientOptions, limits: SMTP.Limits, network: any Network, tls: TLSClientOptions?,
    timeout: Duration, trace: TraceContext?
  ) async -> Sent {
    let sent = await decide(delivery, to: exchanger, as: options, limits: limits, network: network, tls: tls, timeout: timeout, trace: trace)
    await sent.connection?.end()
    return sent
  }

  /// The same, but returns when it is decided what became of the message, before the farewell: that is to be noted at once.
  static func decide(
    _ delivery: SMTP.Delivery, to exchanger: Exchanger, as options: ClientOptions, limits: SMTP.Limits, network: any Network, tls: TLSClientOptions?,
    timeout: Duration, trace: TraceContext?
  ) async -> Sent {
    let sending = Sending(delivery, network)
    var tls = tls
    tls?.serverName = exchanger.name
    do throws(NetworkError) {
      _ = try await network.connect(
        ClientConversation(options, limits: limits), to: exchanger.endpoint, options: DialOptions(timeout: timeout, startTLS: tls), trace: trace
      ) { question, answers in sending.answer(question, answers) }
    } catch {
      return Sent(failure: "\(error)", wasAlive: false)
    }
    await sending.wait { $0.isDecided } orAs: { $0.decision = $1 }
    var sent = sending.state.withLock { $0.sent }
    sent.connection = sending
    return sent
  }

  private func answer(_ question: ClientConversation.Question, _ answers: Answers<ClientConversation.Input>) -> ClientConversation.Input? {
    switch question {
    case .ready(let peer):
      return state.withLock { state in
        state.sent.wasAlive = true
        // RFC 6152 §3
        if delivery.isEightBit, !peer.takesEightBits {
          state.sent.wantsSevenBits = true
          return .quit
        }
        guard !state.isHanded else { return .quit }
        state.isHanded = true
        return .deliver(delivery)
      }
    case .read(let ticket, let slice):
      network.start { answers.give(.piece(ticket, slice.file.read(at: slice.offset, length: Int(clamping: slice.length)) ?? Buffer())) }
      return nil
    case .delivered(let fates):
      note { $0.sent.fates = fates }
      return nil
    case .ended(let failure):
      note { state in
        state.isOver = true
        if let failure { state.sent.failure = "\(failure)" }
      }
      return nil
    }
  }

  private func note(_ change: @Sendable (inout State) -> Void) {
    let ready = state.withLock { state in
      change(&state)
      return state.takeReady()
    }
    for continuation in ready { continuation.resume() }
  }

  /// Waits until the connection is gone.
  func end() async { await wait { $0.isOver } orAs: { $0.end = $1 } }

  private func wait(
    until holds: @Sendable (State) -> Bool, orAs enter: @Sendable (inout State, CheckedContinuation<Void, Never>) -> Void
  ) async {
    await withCheckedContinuation { continuation in
      let isReady = state.withLock { state in
        if !holds(state) { enter(&state, continuation) }
        return holds(state)
      }
      if isReady { continuation.resume() }
    }
  }
}
