// TLS without a socket: ciphertext and plaintext go in and come out by calls. The simulator puts it between its own bytes and an end.
// It is the same BoringSSL with the same options as on sockets, driven by a channel that has no network; no time passes in it.
// Not here: who carries the ciphertext (SimulatedTransport/SimulatedTLS.swift). Read before: TLSContexts.swift.
package import Bytes
import NIOCore
import NIOEmbedded
import NIOSSL
package import World

/// One side of a TLS connection. Of one thread: everything is called on the thread that made it.
package final class TLSSession {
  /// What came of a call.
  package enum Event {
    /// The handshake is done, and what ALPN agreed on.
    case established(negotiatedProtocol: String?)
    /// Plaintext of the peer.
    case received(Buffer)
    /// The peer will send nothing more; `isClean`: it has said so inside TLS.
    case peerClosed(isClean: Bool)
    /// It is over, in a sentence.
    case failed(String)
  }

  private let channel = EmbeddedChannel()
  private let collector = Collector()

  /// The serving side.
  package init(server options: TLSServerOptions, _ contexts: TLSContexts) throws {
    try build(NIOSSLServerHandler(context: contexts.server(options)))
  }

  /// The calling side of a connection to `remote`.
  package init(client options: TLSClientOptions, to remote: Endpoint, _ contexts: TLSContexts) throws {
    try build(clientHandler(contexts.client(options), to: options.serverName))
    channel.remoteAddress = try SocketAddress(ipAddress: "\(remote.address)", port: Int(remote.port))
  }

  private func build(_ tls: any ChannelHandler) throws {
    channel.allowRemoteHalfClosure = true
    try channel.pipeline.syncOperations.addHandlers([tls, collector])
  }

  /// Begins the handshake.
  package func begin() throws { channel.connect(to: try SocketAddress(ipAddress: "192.0.2.1", port: 443), promise: nil) }

  /// Ciphertext has come.
  package func receive(_ ciphertext: Buffer) {
    channel.pipeline.syncOperations.fireChannelRead(NIOAny(ciphertext.storage))
    channel.pipeline.syncOperations.fireChannelReadComplete()
  }

  /// The connection below has come to its end.
  package func inputEnded() { channel.pipeline.syncOperations.fireUserInboundEventTriggered(ChannelEvent.inputClosed) }

  /// Plaintext to send at the next `flush`.
  package func send(_ plaintext: Buffer) { channel.write(plaintext.storage, promise: nil) }

  package func flush() { channel.flush() }

  /// Says farewell to the peer: nothing more is sent.
  package func finish() { channel.close(mode: .output, promise: nil) }

  /// Ciphertext to hand to the connection below.
  package func takeCiphertext() -> Buffer {
    channel.embeddedEventLoop.run()
    var all = Buffer()
    while let bytes = try? channel.readOutbound(as: ByteBuffer.self) { all.append(Buffer(storage: bytes)) }
    return all
  }

  /// The next thing that happened; nil: nothing more.
  package func nextEvent() -> Event? {
    collector.events.isEmpty ? nil : collector.events.removeFirst()
  }

  /// Lets go of everything.
  package func end() {
    // First the connection is gone, so that nothing waits for the peer's farewell.
    channel.pipeline.syncOperations.fireChannelInactive()
    channel.close(promise: nil)
    channel.embeddedEventLoop.run()
    collector.events = []
  }

  /// Above TLS: gathers what came of it.
  private final class Collector: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer

    var events: [Event] = []
    private var isUnclean = false

    func channelRead(context: ChannelHandlerContext, data: NIOAny) { events.append(.received(Buffer(storage: unwrapInboundIn(data)))) }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
      if let done = tlsHandshakeDone(event) {
        events.append(.established(negotiatedProtocol: done.negotiatedProtocol))
      } else if case ChannelEvent.inputClosed = event {
        events.append(.peerClosed(isClean: !isUnclean))
      }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
      if isUncleanTLSEnd(error) { isUnclean = true } else { events.append(.failed(tlsFailure(error) ?? "\(error)")) }
    }
  }
}
