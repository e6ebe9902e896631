// A tunnel: after CONNECT, bytes from the client go to a server and back, unread, each way at the pace of its taker.
// The near half is the client's own `ServerConversation` (its parts and its body are the two directions), the far half a `TunnelConversation`.
// Not here: who may open one and where to (Proxy.swift).
import Bytes
import HTTP
import Synchronization
import Trace
import Transport
import World

/// One tunnel.
struct Tunnel: Sendable {
  private let proxy: Proxy
  private let host: String
  private let port: UInt16

  init(_ proxy: Proxy, host: String, port: UInt16) {
    self.proxy = proxy
    self.host = host
    self.port = port
  }

  /// Opens it and stays until either side has ended.
  func run(_ exchange: Exchange) async {
    let far: TunnelEnd
    do throws(ProxyFailure) { far = try await connect(because: exchange.conversation) } catch {
      proxy.statistics.note { $0.failed += 1 }
      return exchange.respond(error.response(afterwards: .close))
    }
    proxy.statistics.note {
      $0.tunnels += 1
      $0.open += 1
    }
    defer { proxy.statistics.note { $0.open -= 1 } }
    exchange.openTunnel()
    exchange.whenAbandoned { far.finish() }
    // A tunnel has no end of its own: it may go on while bytes pass, but nobody waits for an idle one.
    exchange.whenRetired { [limits = proxy.settings.limits] in far.retire(limits.closingTunnelTimeout) }
    proxy.network.start {
      while let piece = try? await exchange.nextOfBody(), await far.send(piece) {}
      // RFC 9110 §9.3.6: what the side that ended has said still leaves; then both end.
      far.finish()
    }
    do throws(Abandoned) {
      while let piece = await far.next() { try await exchange.send(piece) }
      exchange.finish()
    } catch { far.finish() }
  }

  private func connect(because cause: ConversationID?) async throws(ProxyFailure) -> TunnelEnd {
    var failure = ProxyFailure(.badGateway, "There is no address for \(host).")
    let limits = proxy.settings.limits
    for endpoint in try await proxy.endpoints(host: host, port: port, known: [], because: cause) {
      let end = TunnelEnd(underWayBytesMax: limits.bufferBytesMax)
      do throws(NetworkError) {
        let conversation = TunnelConversation(unaskedBytesMax: limits.bufferBytesMax, timeout: limits.tunnelTimeout)
        let answers = try await proxy.network.connect(
          conversation, to: endpoint, options: DialOptions(timeout: limits.connectTimeout), trace: proxy.trace?.because(of: cause)
        ) { question, _ in
          end.take(question)
          return nil
        }
        end.connect(answers)
        return end
      } catch { failure = ProxyFailure(error) }
    }
    throw failure
  }
}

/// The far half in the hands of two workflows: one that sends, one that receives.
final class TunnelEnd: Sendable {
  private struct State {
    var answers: Answers<TunnelConversation.Input>?
    var pieces: [Buffer] = []
    var isEnded = false
    var isHeld = false
    var underWayBytes = 0
    var receiving: CheckedContinuation<Void, Never>?
    var sending: CheckedContinuation<Void, Never>?
  }

  private let state = Mutex(State())
  private let underWayBytesMax: Int

  init(underWayBytesMax: Int) { self.underWayBytesMax = underWayBytesMax }

  func connect(_ answers: Answers<TunnelConversation.Input>) { state.withLock { $0.answers = answers } }

  func take(_ question: TunnelConversation.Question) {
    let (receiving, sending) = state.withLock { state in
      switch question {
      case .received(let bytes): state.pieces.append(bytes)
      case .ended: state.isEnded = true
      case .sent(let count): state.underWayBytes -= count
      case .hold: state.isHeld = true
      case .resume: state.isHeld = false
      }
      defer {
        state.receiving = nil
        state.sending = nil
      }
      return (state.receiving, state.sending)
    }
    receiving?.resume()
    sending?.resume()
  }

  /// The next bytes from the far side; nil when it has ended.
  func next() async -> Buffer? {
    while true {
      let (piece, answers, isEnded) = state.withLock { state in
        (state.pieces.isEmpty ? nil : state.pieces.removeFirst(), state.answers, state.isEnded)
      }
      if let piece {
        answers?.give(.take(piece.count))
        return piece
      }
      if isEnded { return nil }
      await withCheckedContinuation { continuation in
        let isAlready = state.withLock { state in
          if !state.pieces.isEmpty || state.isEnded { return true }
          state.receiving = continuation
          return false
        }
        if isAlready { continuation.resume() }
      }
    }
  }

  /// Sends bytes to the far side; waits while it does not keep up. False: it has ended.
  func send(_ piece: Buffer) async -> Bool {
    while true {
      let (may, isEnded, answers) = state.withLock { state in
        let may = !state.isEnded && !state.isHeld && state.underWayBytes < underWayBytesMax
        if may { state.underWayBytes += piece.count }
        return (may, state.isEnded, state.answers)
      }
      if isEnded { return false }
      if may {
        answers?.give(.send(piece))
        return true
      }
      await withCheckedContinuation { continuation in
        let isAlready = state.withLock { state in
          if state.isEnded || (!state.isHeld && state.underWayBytes < underWayBytesMax) { return true }
          state.sending = continuation
          return false
        }
        if isAlready { continuation.resume() }
      }
    }
  }

  /// The proxy is closing: from now on a silence longer than `silence` ends the tunnel.
  func retire(_ silence: Duration) { state.withLock { $0.answers }?.give(.retire(silence)) }

  /// Ends the far side when everything given has left.
  func finish() { state.withLock { $0.answers }?.give(.finish) }
}
