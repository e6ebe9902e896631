// One UDP port on its event loop: datagrams in to the end that speaks there, its datagrams out, one system call per batch where it can.
// Not here: the loop for authoritative DNS (DatagramLoop.swift). Read next: Transport/DatagramDriver.swift.
import Bytes
import CNetsteadSystem
import NIOCore
import World

/// Carries one datagram port's end.
final class SocketDatagramPort: ChannelInboundHandler, DatagramCarrier, Sleeper, @unchecked Sendable {
  // Unchecked: all of it happens on the port's loop; other threads only hand work there.
  typealias InboundIn = AddressedEnvelope<ByteBuffer>
  typealias OutboundOut = AddressedEnvelope<ByteBuffer>

  /// Most peers whose way in is remembered at a wildcard port. Past it: all are forgotten, and learnt again at their next datagram.
  private static let waysMax = 4_096

  private let loop: SocketLoop
  private let options: BindOptions
  private var end: (any DatagramEnd)?
  private var context: ChannelHandlerContext?
  private(set) var local = Endpoint.unknown
  /// At a wildcard port: which of our addresses each peer spoke to, for the answer must come from there.
  private var ways: [Endpoint: SocketAddress] = [:]
  private var remembersWays = false
  private var depth = 0
  private var isInBatch = false
  private var flushIsDue = false
  var filing: Filing?

  init(loop: SocketLoop, options: BindOptions) {
    self.loop = loop
    self.options = options
  }

  var now: Instant { loop.clock.now }
  var deadline: Instant? { end?.deadline }

  func handlerAdded(context: ChannelHandlerContext) { self.context = context }

  /// The socket is bound, and connected if it has one peer: the conversation begins.
  func begin(_ end: any DatagramEnd) {
    guard let context, self.end == nil else { return end.closed() }
    self.end = end
    local = Endpoint(context.channel.localAddress) ?? .unknown
    remembersWays = options.peer == nil && local.address.isWildcard
    inside { $0.opened(on: self) }
    context.read()
  }

  private func inside(_ call: (any DatagramEnd) -> Void) {
    guard let end else { return }
    depth += 1
    call(end)
    depth -= 1
    if depth == 0 { settle() }
  }

  private func settle() {
    if flushIsDue, !isInBatch { reallyFlush() }
    loop.file(self)
  }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    isInBatch = true
    let envelope = unwrapInboundIn(data)
    guard let remote = Endpoint(envelope.remoteAddress) else { return }
    if remembersWays, let asked = envelope.metadata?.packetInfo?.destinationAddress {
      if ways.count >= Self.waysMax { ways.removeAll(keepingCapacity: true) }
      ways[remote] = asked
    }
    // A copy of its own: a datagram that is kept must not keep the storage of the whole batch.
    let bytes = envelope.data.withUnsafeReadableBytes { ByteBuffer(bytes: $0) }
    inside { $0.received(Buffer(storage: bytes), from: remote) }
  }

  func channelReadComplete(context: ChannelHandlerContext) {
    isInBatch = false
    inside { $0.settled() }
    if flushIsDue, depth == 0 { reallyFlush() }
    if end != nil { context.read() }
  }

  func send(_ bytes: Buffer, to remote: Endpoint) {
    // A full queue drops, as a full wire would.
    guard let context, end != nil, context.channel.isWritable else { return }
    if remembersWays, let way = ways[remote], sendDirectly(bytes, to: remote, from: way, context) { return }
    flushIsDue = true
    context.write(wrapOutboundOut(AddressedEnvelope(remoteAddress: SocketAddress(remote), data: bytes.storage)), promise: nil)
  }

  /// Sends one datagram from the address its peer asked; false when the socket cannot take it now.
  private func sendDirectly(_ bytes: Buffer, to remote: Endpoint, from way: SocketAddress, _ context: ChannelHandlerContext) -> Bool {
    let sent = try? context.pipeline.syncOperations.withUnsafeTransportIfAvailable(of: NIOBSDSocket.Handle.self) { descriptor in
      SocketAddress(remote).withSockAddr { target, targetLength in
        way.withSockAddr { source, _ in
          bytes.withUnsafeBytes { netstead_send_from(descriptor, $0.baseAddress, $0.count, target, UInt32(targetLength), source) }
        }
      }
    }
    return (sent ?? nil) ?? -1 >= 0
  }

  func flush() {
    flushIsDue = true
    if depth == 0, !isInBatch { reallyFlush() }
  }

  private func reallyFlush() {
    flushIsDue = false
    context?.flush()
  }

  func onLoop(_ work: @escaping @Sendable () -> Void) {
    loop.eventLoop.execute {
      self.depth += 1
      work()
      self.depth -= 1
      if self.depth == 0 { self.settle() }
    }
  }

  func deadlineCame() { inside { $0.deadlineReached() } }

  func close() { context?.close(promise: nil) }

  func errorCaught(context: ChannelHandlerContext, error: any Error) {
    // A peer that is not there (ECONNREFUSED) or a full buffer concerns one datagram, not the port.
  }

  func handlerRemoved(context: ChannelHandlerContext) {
    self.context = nil
    loop.forget(self)
    guard let end else { return }
    self.end = nil
    // Closing from inside a call of the end: it is told when that call has returned.
    nonisolated(unsafe) let gone = end
    if depth > 0 { loop.eventLoop.execute { gone.closed() } } else { gone.closed() }
  }
}
