// A connection without a network: a test plays the peer, hands bytes in, reads what comes out, and moves the clock itself.
// Not here: two ends talking to each other over links (SimulatedTransport).
package import Bytes
import Synchronization
package import Transport
package import World

/// Work handed over from any thread, until the test runs it.
final class PostedWork: Sendable {
  private let waiting = Mutex<[@Sendable () -> Void]>([])

  func append(_ work: @escaping @Sendable () -> Void) { waiting.withLock { $0.append(work) } }

  /// Runs what waits, also what that adds.
  func run() {
    while true {
      let batch = waiting.withLock { waiting in
        defer { waiting = [] }
        return waiting
      }
      if batch.isEmpty { return }
      for work in batch { work() }
    }
  }
}

/// A stream end on a carrier in memory.
package final class MemoryConnection: Carrier {
  package private(set) var now: Instant
  package let local: Endpoint
  package let remote: Endpoint
  package let isEncrypted: Bool
  /// How the end closed; nil: it has not.
  package private(set) var closing: Closing?
  /// Whether the end reads.
  package private(set) var isReading = true
  /// What the end was told last; nil: still connected.
  package private(set) var endedBecause: String?

  private let end: any StreamEnd
  private let posted = PostedWork()
  private var queued = Buffer()
  private var output = Buffer()
  private var held = Buffer()
  private var peerHasClosed = false
  private var peerClosedTold = false

  /// Connects `end`; it hears `opened` at once.
  package init(
    _ end: any StreamEnd, at now: Instant = .simulationStart, local: Endpoint = Endpoint(Address(192, 0, 2, 1), 80),
    remote: Endpoint = Endpoint(Address(203, 0, 113, 2), 49_152), isEncrypted: Bool = false
  ) {
    self.end = end
    self.now = now
    self.local = local
    self.remote = remote
    self.isEncrypted = isEncrypted
    end.opened(on: self)
    settle()
  }

  /// The peer sends `bytes`. While the end does not read they wait here.
  package func receive(_ bytes: Buffer) {
    held.append(bytes)
    settle()
  }

  /// The peer says that it sends nothing more.
  package func peerCloses() {
    peerHasClosed = true
    settle()
  }

  /// The connection breaks.
  package func reset(because reason: String = "connection reset by peer") {
    guard endedBecause == nil else { return }
    endedBecause = reason
    end.closed(because: reason)
  }

  /// Moves the clock on; every deadline on the way is reached at its own time.
  package func advance(by duration: Duration) {
    let target = now + duration
    // A conversation whose deadline does not move when it is reached would be called for ever.
    var callsLeft = 10_000
    while endedBecause == nil, let deadline = end.deadline, deadline <= target, callsLeft > 0 {
      now = max(now, deadline)
      end.deadlineReached()
      settle()
      callsLeft -= 1
    }
    now = target
  }

  /// When the end next wants to be woken.
  package var deadline: Instant? { end.deadline }

  /// What the end sent since the last call.
  package func takeOutput() -> Buffer {
    posted.run()
    settle()
    return output.takeAll()
  }

  /// Lets answers given from elsewhere arrive, and hands in what waits.
  package func settle() {
    posted.run()
    while endedBecause == nil, closing == nil, isReading, !held.isEmpty {
      end.received(held.takeAll())
      posted.run()
    }
    if peerHasClosed, !peerClosedTold, held.isEmpty, isReading, endedBecause == nil, closing == nil {
      peerClosedTold = true
      end.peerClosed()
      posted.run()
    }
    if let closing, endedBecause == nil {
      endedBecause = closing == .now ? "closed now" : "closed"
      end.closed(because: "closed")
    }
  }

  // MARK: Carrier

  package func send(_ bytes: Buffer) { if closing == nil { queued.append(bytes) } }

  package func send(_ file: FileSlice) {
    guard closing == nil, let bytes = file.file.read(at: file.offset, length: Int(clamping: file.length)) else { return }
    queued.append(bytes)
  }

  package func flush() { output.append(queued.takeAll()) }

  package func setReading(_ isOn: Bool) { isReading = isOn }

  package func close(_ how: Closing) {
    guard closing == nil else { return }
    if how != .now { flush() }
    queued.clear()
    closing = how
  }

  package func onLoop(_ work: @escaping @Sendable () -> Void) { posted.append(work) }
}

/// A datagram end on a carrier in memory.
package final class MemoryPort: DatagramCarrier {
  /// One datagram that the end sent.
  package struct Sent: Equatable {
    package var bytes: Buffer
    package var remote: Endpoint

    package init(bytes: Buffer, remote: Endpoint) {
      self.bytes = bytes
      self.remote = remote
    }
  }

  package private(set) var now: Instant
  package let local: Endpoint
  package private(set) var isClosed = false

  private let end: any DatagramEnd
  private let posted = PostedWork()
  private var sent: [Sent] = []

  /// Binds `end`; it hears `opened` at once.
  package init(_ end: any DatagramEnd, at now: Instant = .simulationStart, local: Endpoint = Endpoint(Address(192, 0, 2, 1), 53)) {
    self.end = end
    self.now = now
    self.local = local
    end.opened(on: self)
    posted.run()
  }

  /// A datagram arrives.
  package func receive(_ bytes: Buffer, from remote: Endpoint = Endpoint(Address(203, 0, 113, 2), 49_152)) {
    end.received(bytes, from: remote)
    posted.run()
  }

  /// Moves the clock on; every deadline on the way is reached at its own time.
  package func advance(by duration: Duration) {
    let target = now + duration
    var callsLeft = 10_000
    while !isClosed, let deadline = end.deadline, deadline <= target, callsLeft > 0 {
      now = max(now, deadline)
      end.deadlineReached()
      posted.run()
      callsLeft -= 1
    }
    now = target
  }

  package var deadline: Instant? { end.deadline }

  /// What the end sent since the last call.
  package func takeSent() -> [Sent] {
    posted.run()
    defer { sent = [] }
    return sent
  }

  // MARK: DatagramCarrier

  package func send(_ bytes: Buffer, to remote: Endpoint) { sent.append(Sent(bytes: bytes, remote: remote)) }
  package func flush() {}
  package func close() {
    guard !isClosed else { return }
    isClosed = true
    end.closed()
  }
  package func onLoop(_ work: @escaping @Sendable () -> Void) { posted.append(work) }
}
