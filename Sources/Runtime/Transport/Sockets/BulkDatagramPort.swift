// A datagram port that carries streams (uTP): a thread and a socket of its own, trains of datagrams in one system call each way.
// Not here: ports for questions and answers (SocketDatagramPort.swift, DatagramLoop.swift). The system calls are in CNetsteadSystem/Bulk.c.
import Bytes
import CNetsteadSystem
import Glibc
import NIOCore
import Synchronization
import World

/// Carries one bulk port's end.
final class BulkDatagramPort: DatagramCarrier, Listener, @unchecked Sendable {
  // Unchecked: what is not behind `shared` is touched on the port's own thread only.

  /// What other threads hand in.
  private struct Shared {
    var work: [@Sendable () -> Void] = []
    var isOver = false
    var onEnd: [CheckedContinuation<Void, Never>] = []
  }

  /// Most peers whose way in is remembered at a wildcard port. Past it: all are forgotten, and learnt again at their next datagram.
  private static let waysMax = 4_096
  /// Most reads before deadlines and other threads' work have their turn. Unit: batches.
  private static let batchesMax = 4

  let endpoint: Endpoint
  private let bulk: OpaquePointer
  private let clock: SystemClock
  private let shared = Mutex(Shared())
  private var end: (any DatagramEnd)?
  private var isClosing = false
  /// The socket is there. A closed port gives it back at once, whoever still holds the port.
  private var isOpen = true
  /// At a wildcard port: which of our addresses each peer spoke to, for the answer must come from there.
  private var ways: [Endpoint: Address] = [:]
  private let remembersWays: Bool
  /// Before this no deadline is told again: one that does not move would be told for ever.
  private var deadlineNotBefore = Instant(nanoseconds: .min)

  init(at endpoint: Endpoint, clock: SystemClock, makeEnd: @escaping @Sendable () -> any DatagramEnd) throws(NetworkError) {
    var code: Int32 = 0
    guard let bulk = netstead_bulk_make(netstead_place(endpoint), &code) else { throw NetworkError(errno: code, at: endpoint) }
    self.bulk = bulk
    self.clock = clock
    self.endpoint = Endpoint(endpoint.address, netstead_bulk_port(bulk))
    remembersWays = endpoint.address.isWildcard
    shared.withLock { $0.work.append { self.begin(makeEnd()) } }
    var thread = pthread_t()
    let failure = pthread_create(
      &thread, nil,
      { raw in
        if let raw { Unmanaged<BulkDatagramPort>.fromOpaque(raw).takeRetainedValue().turn() }
        return nil
      }, Unmanaged.passRetained(self).toOpaque())
    guard failure == 0 else {
      Unmanaged.passUnretained(self).release()
      shared.withLock { $0 = Shared(isOver: true) }
      netstead_bulk_free(bulk)
      throw NetworkError(errno: failure, at: endpoint)
    }
    pthread_detach(thread)
  }

  // MARK: The thread

  private func begin(_ end: any DatagramEnd) {
    self.end = end
    end.opened(on: self)
  }

  private func turn() {
    while !isClosing {
      for work in shared.withLock({ shared in
        defer { shared.work = [] }
        return shared.work
      }) { work() }
      var batches = 0
      while !isClosing, batches < Self.batchesMax {
        let count = netstead_bulk_receive(bulk)
        guard count > 0 else { break }
        receive(Int(count))
        end?.settled()
        netstead_bulk_flush(bulk)
        batches += 1
      }
      if let deadline = end?.deadline, max(deadline, deadlineNotBefore) <= now, !isClosing {
        deadlineNotBefore = now + .milliseconds(1)
        end?.deadlineReached()
      }
      netstead_bulk_flush(bulk)
      if batches < Self.batchesMax, !isClosing { wait() }
    }
    let end = end
    self.end = nil
    end?.closed()
    netstead_bulk_flush(bulk)
    let last = shared.withLock { shared in
      defer { shared = Shared(isOver: true) }
      return shared
    }
    // Nobody wakes it any more, nothing is sent any more.
    isOpen = false
    netstead_bulk_free(bulk)
    // Whoever waits for its work to be done must not wait for ever.
    for work in last.work { work() }
    for continuation in last.onEnd { continuation.resume() }
  }

  private func wait() {
    var nanoseconds: Int64 = -1
    if let deadline = end?.deadline { nanoseconds = max(0, max(deadline, deadlineNotBefore).nanoseconds - now.nanoseconds) }
    netstead_bulk_wait(bulk, nanoseconds)
  }

  private func receive(_ count: Int) {
    guard let arrivals = netstead_bulk_arrivals(bulk) else { return }
    for index in 0..<count {
      let arrival = arrivals[index]
      let remote = Endpoint(arrival.sender)
      if remembersWays, arrival.hasDestination != 0 { remember(Endpoint(arrival.destination).address, for: remote) }
      // A copy of its own for all datagrams of one train: the reads' room is used again.
      let all = Buffer(copying: UnsafeRawBufferPointer(start: arrival.bytes, count: Int(arrival.length)).bytes)
      let segment = max(1, Int(arrival.segment))
      var start = 0
      repeat {
        guard let end, !isClosing else { return }
        end.received(all.count <= segment ? all : all[start..<min(start + segment, all.count)], from: remote)
        start += segment
      } while start < all.count
    }
  }

  private func remember(_ address: Address, for remote: Endpoint) {
    if ways[remote] == address { return }
    if ways.count >= Self.waysMax { ways.removeAll(keepingCapacity: true) }
    ways[remote] = address
  }

  // MARK: DatagramCarrier

  var now: Instant { clock.now }
  var local: Endpoint { endpoint }

  func local(towards remote: Endpoint) -> Endpoint { Endpoint(ways[remote] ?? endpoint.address, endpoint.port) }

  func send(_ bytes: Buffer, to remote: Endpoint) { send(bytes, Buffer(), to: remote, .inParts) }

  func send(_ head: Buffer, _ body: Buffer, to remote: Endpoint, _ passage: DatagramPassage) {
    guard isOpen else { return }
    head.withUnsafeBytes { head in
      body.withUnsafeBytes { body in
        let isWhole: Int32 = passage == .whole ? 1 : 0
        if remembersWays, let way = ways[remote] {
          var source = netstead_place(Endpoint(way, 0))
          netstead_bulk_add(bulk, netstead_place(remote), &source, head.baseAddress, head.count, body.baseAddress, body.count, isWhole)
        } else {
          netstead_bulk_add(bulk, netstead_place(remote), nil, head.baseAddress, head.count, body.baseAddress, body.count, isWhole)
        }
      }
    }
  }

  /// What is queued leaves when the batch, or the work, that led to it is done.
  func flush() {}

  func close() { isClosing = true }

  func onLoop(_ work: @escaping @Sendable () -> Void) {
    shared.withLock { shared in
      guard !shared.isOver else { return }
      shared.work.append(work)
      // Under the lock, for the port may be over right behind it.
      if shared.work.count == 1 { netstead_bulk_wake(bulk) }
    }
  }

  // MARK: Listener

  var isOver: Bool { shared.withLock { $0.isOver } }

  func close(grace: Duration) async {
    await withCheckedContinuation { continuation in
      let isOver = shared.withLock { shared in
        if !shared.isOver { shared.onEnd.append(continuation) }
        return shared.isOver
      }
      if isOver { continuation.resume() } else { onLoop { self.isClosing = true } }
    }
  }
}

extension netstead_place {
  init(_ endpoint: Endpoint) {
    switch endpoint.address {
    case .v4(let address): self.init(high: 0, low: UInt64(address), port: endpoint.port, isV6: 0)
    case .v6(let high, let low): self.init(high: high, low: low, port: endpoint.port, isV6: 1)
    }
  }
}

extension Endpoint {
  init(_ place: netstead_place) {
    self.init(place.isV6 != 0 ? .v6(place.high, place.low) : .v4(UInt32(truncatingIfNeeded: place.low)), place.port)
  }
}
