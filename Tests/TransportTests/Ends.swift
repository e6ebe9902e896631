// What the transport's tests speak with: an echoing conversation, a client end that sends what it is told and keeps what comes.
// Not here: the tests.
import Bytes
import Synchronization
import Trace
import Transport
import World

/// Sends back what comes, and ends when the peer has ended.
struct Echo: StreamConversation {
  typealias Question = Never
  typealias Action = StreamAction<Never>
  enum Input: Sendable {
    case bytes(Buffer)
    case peerClosed
    case silentTooLong
  }

  static var dialect: Dialect { .raw }
  /// Closes by itself this long after the last thing that happened; nil: never.
  var patience: Duration?
  private(set) var deadline: Instant?
  private(set) var stateName = "open"
  var acceptsBytes: Bool { stateName == "open" }

  init(patience: Duration? = nil) { self.patience = patience }

  mutating func next(from bytes: inout Buffer) -> Input? { bytes.isEmpty ? nil : .bytes(bytes.takeAll()) }

  func input(for event: ConnectionEvent) -> Input? {
    switch event {
    case .opened: .bytes(Buffer())
    case .peerClosed, .lost: .peerClosed
    case .deadlineReached: .silentTooLong
    case .congested, .relieved, .retired, .secured: nil
    }
  }

  mutating func handle(_ input: Input, at now: Instant, into actions: inout [Action]) {
    switch input {
    case .bytes(let bytes):
      if !bytes.isEmpty { actions.append(.send(bytes)) }
      deadline = patience.map { now + $0 }
    case .silentTooLong:
      stateName = "closed"
      actions.append(.send("too slow"))
      actions.append(.close(.afterFlush))
    case .peerClosed:
      stateName = "closed"
      actions.append(.close(.afterFlush))
    }
  }
}

/// An end under a test's control; everything in it is behind one lock.
final class Probe: StreamEnd, @unchecked Sendable {
  // Unchecked: `carrier` is set on the loop before anybody can ask for it, and used through `onLoop`.
  struct Seen {
    var bytes = Buffer()
    var count = 0
    var isOpen = false
    var peerHasClosed = false
    var closedBecause: String?
    var congestions: [Bool] = []
    var wire: [Bool] = []
  }

  let seen = Mutex(Seen())
  private(set) var carrier: (any Carrier)?
  private let keepsBytes: Bool
  private let whenOpen: @Sendable (any Carrier) -> Void
  private let whenReceived: @Sendable (any Carrier, Buffer) -> Void
  let wantsWire: Bool
  let deadline: Instant? = nil

  init(
    keepsBytes: Bool = true, wantsWire: Bool = false, whenOpen: @escaping @Sendable (any Carrier) -> Void = { _ in },
    whenReceived: @escaping @Sendable (any Carrier, Buffer) -> Void = { _, _ in }
  ) {
    self.keepsBytes = keepsBytes
    self.wantsWire = wantsWire
    self.whenOpen = whenOpen
    self.whenReceived = whenReceived
  }

  func opened(on carrier: any Carrier) {
    self.carrier = carrier
    seen.withLock { $0.isOpen = true }
    whenOpen(carrier)
    carrier.flush()
  }

  func received(_ bytes: Buffer) {
    seen.withLock {
      $0.count += bytes.count
      if keepsBytes { $0.bytes.append(bytes) }
    }
    if let carrier {
      whenReceived(carrier, bytes)
      carrier.flush()
    }
  }

  func peerClosed() { seen.withLock { $0.peerHasClosed = true } }
  func deadlineReached() {}
  func congested(_ isCongested: Bool) { seen.withLock { $0.congestions.append(isCongested) } }
  func closed(because reason: String) { seen.withLock { $0.closedBecause = reason } }
  func wire(_ bytes: Buffer, sent: Bool) { seen.withLock { $0.wire.append(sent) } }

  /// Does something with the connection, on its loop.
  func act(_ work: @escaping @Sendable (any Carrier) -> Void) {
    guard let carrier else { return }
    nonisolated(unsafe) let inside = carrier
    carrier.onLoop {
      work(inside)
      inside.flush()
    }
  }

  func send(_ text: String) { act { $0.send(Buffer(text)) } }

  /// Waits, for a bounded time, until what was seen is as wanted; returns whether it came so.
  func waits(atMost seconds: Int = 20, until isSo: @Sendable (Seen) -> Bool) async -> Bool {
    await eventually(atMost: seconds) { self.seen.withLock { isSo($0) } }
  }

  var text: String { seen.withLock { $0.bytes.text } }
}

/// Asks again and again, for a bounded time.
func eventually(atMost seconds: Int = 20, _ isSo: () -> Bool) async -> Bool {
  for _ in 0..<(seconds * 200) {
    if isSo() { return true }
    try? await Task.sleep(for: .milliseconds(5))
  }
  return isSo()
}

/// A network that ends with the test.
func withNetwork<R>(
  loops: Int = 2, limits: StreamLimits = StreamLimits(), _ body: (SocketNetwork) async throws -> R
) async throws -> R {
  let network = SocketNetwork(loops: loops, limits: limits)
  do {
    let result = try await body(network)
    await network.shutDown()
    return result
  } catch {
    await network.shutDown()
    throw error
  }
}

extension Network {
  /// An echo server on a free port of the loopback address.
  func echo(options: ListenOptions = ListenOptions(), patience: Duration? = nil, trace: TraceContext? = nil) async throws -> any Listener {
    try await listen(at: Endpoint(.loopback, 0), options: options) { _, _ in
      ConversationDriver(Echo(patience: patience), trace: trace)
    }
  }

  func probe(_ probe: Probe, at endpoint: Endpoint, options: DialOptions = DialOptions()) async throws -> Probe {
    try await dial(endpoint, options: options) { probe }
    return probe
  }
}
