// Waiting: for Ctrl-C and its kin, and for calls that block a thread.
import Dispatch
import Lab
import Synchronization
#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#else
import Darwin
#endif

/// Signals as something to await.
enum Signals {
  /// Returns when SIGINT, SIGTERM or SIGHUP comes. A second one ends the process at once.
  static func interruption() async {
    let queue = DispatchQueue(label: "signals")
    let (arrivals, feed) = AsyncStream<Int32>.makeStream()
    // A hang-up that is ignored stays ignored: that is what `nohup` is for.
    var hangUp = sigaction()
    sigaction(SIGHUP, nil, &hangUp)
    let sources = ([SIGINT, SIGTERM] + (isIgnoring(hangUp) ? [] : [SIGHUP])).map { number in
      signal(number, SIG_IGN)
      let source = DispatchSource.makeSignalSource(signal: number, queue: queue)
      source.setEventHandler {
        signal(number, SIG_DFL)
        feed.yield(number)
      }
      source.resume()
      return source
    }
    for await _ in arrivals { break }
    for source in sources { source.cancel() }
  }

  /// Whether the process has a terminal that is still there.
  static var hasTerminal: Bool {
    let descriptor = open("/dev/tty", O_RDWR | O_NOCTTY | O_CLOEXEC)
    if descriptor >= 0 { close(descriptor) }
    return descriptor >= 0
  }

  /// Runs what blocks on a thread of its own.
  static func offLoop<Value: Sendable>(_ work: @escaping @Sendable () -> Value) async -> Value {
    await withCheckedContinuation { continuation in
      DispatchQueue.global().async { continuation.resume(returning: work()) }
    }
  }
}

/// Whether Ctrl-C came, for those who do something meanwhile.
final class InterruptionWatch: Sendable {
  private let flag = Atomic(false)

  /// Watches from now on.
  init() {
    Task {
      await Signals.interruption()
      flag.store(true, ordering: .relaxed)
    }
  }

  var hasCome: Bool { flag.load(ordering: .relaxed) }
}

/// Orders to a host that runs, as they come by signals: SIGINT and SIGTERM end it, and a second one ends the process at once; SIGHUP.
final class Orders {
  enum Order: Sendable {
    case end
    /// Read the settings again.
    case reload
    /// The terminal is gone, or the settings are to be read again: signal HUP means both.
    case hangUp
  }

  let arrivals: AsyncStream<Order>
  private let sources: [any DispatchSourceSignal]

  /// Listens from now on.
  init() {
    let queue = DispatchQueue(label: "orders")
    let (arrivals, feed) = AsyncStream<Order>.makeStream()
    self.arrivals = arrivals
    var hangUp = sigaction()
    sigaction(SIGHUP, nil, &hangUp)
    // Started by `nohup`, or without a terminal, there is nothing that may be gone.
    let hangUpOrder = isIgnoring(hangUp) || !Signals.hasTerminal ? Order.reload : .hangUp
    sources = [(SIGINT, Order.end), (SIGTERM, .end), (SIGHUP, hangUpOrder)].map { number, order in
      signal(number, SIG_IGN)
      let source = DispatchSource.makeSignalSource(signal: number, queue: queue)
      source.setEventHandler {
        if number != SIGHUP { signal(number, SIG_DFL) }
        feed.yield(order)
      }
      source.resume()
      return source
    }
  }

  func end() { for source in sources { source.cancel() } }
}
