// Between the socket and TLS: shows the ciphertext to the end that records it, from the handshake's first byte on.
// Where nobody records it takes itself out. Read next: TLSContexts.swift, which installs it.
import NIOCore

/// Shows what passes to the carrier above.
final class CiphertextTap: ChannelDuplexHandler, RemovableChannelHandler {
  typealias InboundIn = ByteBuffer
  typealias InboundOut = ByteBuffer
  typealias OutboundIn = ByteBuffer
  typealias OutboundOut = ByteBuffer

  private let carrier: SocketCarrier

  init(_ carrier: SocketCarrier) { self.carrier = carrier }

  func channelActive(context: ChannelHandlerContext) {
    guard carrier.attach(context.channel) else { return }
    context.fireChannelActive()
    if !carrier.wantsWire { context.pipeline.syncOperations.removeHandler(self, promise: nil) }
  }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    carrier.wire(unwrapInboundIn(data), sent: false)
    context.fireChannelRead(data)
  }

  func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
    let bytes = unwrapOutboundIn(data)
    if bytes.readableBytes > 0 { carrier.wire(bytes, sent: true) }
    context.write(data, promise: promise)
  }
}
