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
    var continuation: CheckedContinuation<Void, Never>?
  }

  private init(_ delivery: SMTP.Delivery, _ network: any Network) {
    self.delivery = delivery
    self.network = network
  }

  /// Dials `exchanger` and hands `delivery` over.
  package static func send(
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
    await sending.end()
    return sending.state.withLock { $0.sent }
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
      state.withLock { $0.sent.fates = fates }
      return nil
    case .ended(let failure):
      let continuation = state.withLock { state -> CheckedContinuation<Void, Never>? in
        state.isOver = true
        if let failure { state.sent.failure = "\(failure)" }
        defer { state.continuation = nil }
        return state.continuation
      }
      continuation?.resume()
      return nil
    }
  }

  private func end() async {
    await withCheckedContinuation { continuation in
      let isOver = state.withLock { state in
        if !state.isOver { state.continuation = continuation }
        return state.isOver
      }
      if isOver { continuation.resume() }
    }
  }
}
