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
private final class TunnelEnd: Sendable {
  /// Bounded by the conversation's `unaskedBytesMax`.
  private let pieces = Arrivals<Buffer, Never>()
  private let outgoing: SendGate
  private let answers = Mutex<Answers<TunnelConversation.Input>?>(nil)

  init(underWayBytesMax: Int) { outgoing = SendGate(bytesMax: underWayBytesMax) }

  func connect(_ answers: Answers<TunnelConversation.Input>) { self.answers.withLock { $0 = answers } }

  func take(_ question: TunnelConversation.Question) {
    switch question {
    case .received(let bytes): pieces.add(bytes)
    case .ended:
      pieces.end()
      outgoing.close()
    case .sent(let count): outgoing.leave(count)
    case .hold: outgoing.hold()
    case .resume: outgoing.resume()
    }
  }

  /// The next bytes from the far side; nil when it has ended.
  func next() async -> Buffer? {
    guard let piece = await pieces.next() else { return nil }
    give(.take(piece.count))
    return piece
  }

  /// Sends bytes to the far side; waits while it does not keep up. False: it has ended.
  func send(_ piece: Buffer) async -> Bool {
    guard await outgoing.pass(piece.count) else { return false }
    give(.send(piece))
    return true
  }

  /// The proxy is closing: from now on a silence longer than `silence` ends the tunnel.
  func retire(_ silence: Duration) { give(.retire(silence)) }

  /// Ends the far side when everything given has left.
  func finish() { give(.finish) }

  private func give(_ input: TunnelConversation.Input) { answers.withLock { $0 }?.give(input) }
}
