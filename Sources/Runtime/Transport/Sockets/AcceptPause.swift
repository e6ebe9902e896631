// When the process has no descriptor left for one more connection, accepting would fail at once, again and again: so it pauses.
// Read next: SocketNetwork.swift, which puts this on each listening socket.
import Glibc
import NIOCore

/// Stops accepting for a moment when the system has nothing left.
final class AcceptPause: ChannelInboundHandler {
  typealias InboundIn = Any

  /// How long to pause; meanwhile new connections wait in the kernel's backlog.
  private static let pause = TimeAmount.milliseconds(100)
  private var isPausing = false

  func errorCaught(context: ChannelHandlerContext, error: any Error) {
    guard !isPausing, let error = error as? IOError, [EMFILE, ENFILE, ENOBUFS, ENOMEM].contains(error.errnoCode) else { return }
    isPausing = true
    try? context.channel.syncOptions?.setOption(.autoRead, value: false)
    context.eventLoop.assumeIsolated().scheduleTask(in: Self.pause) {
      self.isPausing = false
      try? context.channel.syncOptions?.setOption(.autoRead, value: true)
    }
  }
}
