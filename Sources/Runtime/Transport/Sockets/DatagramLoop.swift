// The fast loop for questions that need no state: one thread and one socket per core, batches of datagrams, an answer by a direct call.
// Not here: conversations over datagrams (DatagramDriver.swift). The system calls are in CNetsteadSystem/Datagrams.c.
public import Bytes
import CNetsteadSystem
import Glibc
import NIOCore
import Synchronization
import Trace
public import World

/// The bounds of a datagram loop.
public struct DatagramLoopLimits: Sendable, Hashable {
  /// Sockets and threads. The kernel spreads the peers over them.
  public var threads: Int = 1
  /// Most datagrams per system call. Unit: datagrams.
  public var batchMax: Int = 64
  /// Longest question. Unit: bytes. Past it: the datagram is dropped.
  public var queryBytesMax: Int = 4_096
  /// Longest answer. Unit: bytes. The room handed to `answer` is this large.
  public var answerBytesMax: Int = 4_096

  public init(threads: Int = 1) { self.threads = threads }
}

/// A port whose datagrams are answered by a direct call.
public final class DatagramLoop: Listener {
  /// Writes the answer to `query` into `room` and returns its length; 0: no answer. The pointers must not leave the call.
  public typealias Answer = (_ query: UnsafeRawBufferPointer, _ from: Endpoint, _ room: UnsafeMutableRawBufferPointer) -> Int

  /// Sends answers that were not there at once, from the loop's port; each is recorded as a conversation of its own.
  public final class Sender: Sendable {
    private struct Way {
      var descriptor: Int32
      var endpoint: Endpoint
      var clock: any WorldClock
      var dialect: Dialect
      var trace: TraceContext?
    }

    /// Nil: the loop has not begun, or has ended.
    private let way = Mutex<Way?>(nil)

    public init() {}

    /// Sends `bytes` to `remote`. At a port bound to any address the system chooses which one it comes from.
    public func send(_ bytes: Buffer, to remote: Endpoint) {
      way.withLock { way in
        guard let way else { return }
        let sent = SocketAddress(remote).withSockAddr { address, length in
          bytes.withUnsafeBytes { netstead_send_to(way.descriptor, $0.baseAddress, $0.count, address, UInt32(length)) }
        }
        guard let trace = way.trace, trace.recorder.isOn else { return }
        let now = way.clock.now
        let id = trace.recorder.open(
          ConversationInfo(host: trace.host, role: trace.role, carrier: .udp, dialect: way.dialect, local: way.endpoint, remote: remote), at: now)
        trace.recorder.record(.sent, in: id, at: now, bytes: bytes.span, length: bytes.count, text: "")
        trace.recorder.record(.closed, in: id, at: now, text: sent >= 0 ? "answered later" : "not sent")
      }
    }

    fileprivate func begin(_ descriptor: Int32, _ endpoint: Endpoint, _ clock: any WorldClock, _ dialect: Dialect, _ trace: TraceContext?) {
      way.withLock { $0 = Way(descriptor: dup(descriptor), endpoint: endpoint, clock: clock, dialect: dialect, trace: trace) }
    }

    fileprivate func end() {
      way.withLock { way in
        if let descriptor = way?.descriptor { Glibc.close(descriptor) }
        way = nil
      }
    }
  }

  public let endpoint: Endpoint
  private let sender: Sender?
  private let isStopping = Atomic(false)
  private let book: Mutex<Book>

  private struct Book {
    var running: Int
    var onEnd: [CheckedContinuation<Void, Never>] = []
  }

  /// How long a thread sleeps at most before it looks whether to stop. Unit: milliseconds.
  private static let waitMilliseconds: Int32 = 250

  /// Binds at `endpoint` (port 0: any free port) and begins. `makeAnswer` is called once per thread, so that what it returns may keep state
  /// without a lock; what it cannot answer at once it may hand to `sender` later. While the recorder of `trace` is on, each exchange is recorded as a conversation of its own.
  public convenience init(
    at endpoint: Endpoint, limits: DatagramLoopLimits = DatagramLoopLimits(), clock: any WorldClock, dialect: Dialect, trace: TraceContext?,
    sender: Sender? = nil, makeAnswer: @Sendable (_ thread: Int) -> Answer
  ) throws(NetworkError) {
    var sockets: [Int32] = []
    var actual = endpoint
    for _ in 0..<max(1, limits.threads) {
      let descriptor = SocketAddress(actual).withSockAddr {
        netstead_datagram_socket($0, UInt32($1), sockets.isEmpty ? 0 : 1, endpoint.address.isWildcard ? 1 : 0, Self.waitMilliseconds)
      }
      guard descriptor >= 0 else {
        for socket in sockets { Glibc.close(socket) }
        throw NetworkError(errno: -descriptor, at: endpoint)
      }
      sockets.append(descriptor)
      actual.port = actual.port == 0 ? UInt16(netstead_local_port(descriptor)) : actual.port
    }
    self.init(endpoint: actual, threads: sockets.count, sender: sender)
    if let socket = sockets.first { sender?.begin(socket, actual, clock, dialect, trace) }
    for (index, descriptor) in sockets.enumerated() {
      let turner = LoopTurner(
        loop: self, descriptor: descriptor, limits: limits, clock: clock, dialect: dialect, trace: trace, answer: makeAnswer(index))
      turner.start()
    }
  }

  private init(endpoint: Endpoint, threads: Int, sender: Sender?) {
    self.sender = sender
    self.endpoint = endpoint
    book = Mutex(Book(running: threads))
  }

  /// Stops all threads; what they were answering is answered.
  public func close(grace: Duration) async {
    isStopping.store(true, ordering: .relaxed)
    await withCheckedContinuation { continuation in
      let isOver = book.withLock { book in
        if book.running > 0 { book.onEnd.append(continuation) }
        return book.running == 0
      }
      if isOver { continuation.resume() }
    }
    sender?.end()
  }

  fileprivate var mustStop: Bool { isStopping.load(ordering: .relaxed) }

  fileprivate func ended() {
    let waiting = book.withLock { book -> [CheckedContinuation<Void, Never>] in
      book.running -= 1
      guard book.running == 0 else { return [] }
      defer { book.onEnd = [] }
      return book.onEnd
    }
    for continuation in waiting { continuation.resume() }
  }
}

/// One thread of a datagram loop.
private final class LoopTurner {
  private let loop: DatagramLoop
  private let descriptor: Int32
  private let limits: DatagramLoopLimits
  private let clock: any WorldClock
  private let dialect: Dialect
  private let trace: TraceContext?
  private let answer: DatagramLoop.Answer

  init(
    loop: DatagramLoop, descriptor: Int32, limits: DatagramLoopLimits, clock: any WorldClock, dialect: Dialect, trace: TraceContext?,
    answer: @escaping DatagramLoop.Answer
  ) {
    self.loop = loop
    self.descriptor = descriptor
    self.limits = limits
    self.clock = clock
    self.dialect = dialect
    self.trace = trace
    self.answer = answer
  }

  func start() {
    var thread = pthread_t()
    let code = pthread_create(
      &thread, nil,
      { raw in
        if let raw { Unmanaged<LoopTurner>.fromOpaque(raw).takeRetainedValue().turn() }
        return nil
      }, Unmanaged.passRetained(self).toOpaque())
    if code == 0 { pthread_detach(thread) } else { end(nil) }
  }

  private func end(_ batch: OpaquePointer?) {
    netstead_batch_free(batch)
    Glibc.close(descriptor)
    loop.ended()
  }

  private func turn() {
    guard let batch = netstead_batch_make(UInt32(limits.batchMax), UInt32(limits.queryBytesMax), UInt32(limits.answerBytesMax)),
      let exchanges = netstead_batch_exchanges(batch)
    else { return end(nil) }
    while !loop.mustStop {
      let count = Int(netstead_batch_receive(batch, descriptor))
      guard count > 0 else {
        // EAGAIN: nothing came; ECONNREFUSED: an earlier answer's peer is gone. Anything lasting must not become a busy loop.
        if count != -Int(EAGAIN), count != -Int(ECONNREFUSED), count != -Int(EINTR) { usleep(1_000) }
        continue
      }
      for index in 0..<count where exchanges[index].isCut == 0 {
        let query = UnsafeRawBufferPointer(start: exchanges[index].query, count: Int(exchanges[index].queryLength))
        let room = UnsafeMutableRawBufferPointer(start: exchanges[index].answer, count: limits.answerBytesMax)
        exchanges[index].answerLength = UInt32(clamping: min(answer(query, exchanges[index].sender, room), limits.answerBytesMax))
      }
      if let trace, trace.recorder.isOn { record(exchanges, count, trace) }
      _ = netstead_batch_send(batch, descriptor, Int32(count))
    }
    end(batch)
  }

  private func record(_ exchanges: UnsafeMutablePointer<netstead_exchange>, _ count: Int, _ trace: TraceContext) {
    let now = clock.now
    for index in 0..<count {
      let exchange = exchanges[index]
      let recorder = trace.recorder
      let id = recorder.open(
        ConversationInfo(
          host: trace.host, role: trace.role, carrier: .udp, dialect: dialect, local: loop.endpoint, remote: exchange.sender), at: now)
      let query = UnsafeRawBufferPointer(start: exchange.query, count: Int(exchange.queryLength))
      recorder.record(.received, in: id, at: now, bytes: query.bytes, length: query.count, text: "")
      if exchange.answerLength > 0 {
        let sent = UnsafeRawBufferPointer(start: exchange.answer, count: Int(exchange.answerLength))
        recorder.record(.sent, in: id, at: now, bytes: sent.bytes, length: sent.count, text: "")
      }
      let outcome = exchange.isCut != 0 ? "longer than this port takes" : exchange.answerLength > 0 ? "answered" : "not answered"
      recorder.record(.closed, in: id, at: now, text: outcome)
    }
  }
}

extension netstead_exchange {
  /// Who sent the question.
  fileprivate var sender: Endpoint { Endpoint(isV6 != 0 ? .v6(high, low) : .v4(UInt32(truncatingIfNeeded: low)), port) }
}
