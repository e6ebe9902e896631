// A listening socket or datagram port, and the ledger of the connections that came in through it.
// Read next: SocketNetwork.swift, which makes both.
import NIOCore
import Synchronization
import World

/// Who is connected: bounds in all and per address, and the way to end them all.
final class ConnectionLedger: Sendable {
  private struct Book {
    var open: [ObjectIdentifier: SocketCarrier] = [:]
    var perAddress: [Address: Int] = [:]
    var refused = 0
    var isClosing = false
    var onEmpty: [CheckedContinuation<Void, Never>] = []
  }

  private let book = Mutex(Book())
  private let limits: ListenLimits

  init(limits: ListenLimits) { self.limits = limits }

  /// Enters a new connection; false, and counted as refused, past the limits.
  func admit(_ carrier: SocketCarrier, from address: Address) -> Bool {
    return book.withLock { book in
      let known = book.perAddress[address, default: 0]
      guard !book.isClosing, book.open.count < limits.connectionsMax, known < limits.connectionsPerAddressMax else {
        book.refused += 1
        return false
      }
      book.open[ObjectIdentifier(carrier)] = carrier
      book.perAddress[address] = known + 1
      return true
    }
  }

  func release(_ carrier: SocketCarrier, from address: Address) {
    let waiting = book.withLock { book -> [CheckedContinuation<Void, Never>] in
      guard book.open.removeValue(forKey: ObjectIdentifier(carrier)) != nil else { return [] }
      if let known = book.perAddress[address] { book.perAddress[address] = known > 1 ? known - 1 : nil }
      guard book.open.isEmpty else { return [] }
      defer { book.onEmpty = [] }
      return book.onEmpty
    }
    for continuation in waiting { continuation.resume() }
  }

  var load: ListenerLoad { book.withLock { ListenerLoad(open: $0.open.count, refused: $0.refused) } }

  /// Refuses everything new, tells all ends, waits until the last connection is gone or `grace` is over, then closes the rest.
  func drain(grace: Duration) async {
    let retirers = book.withLock { book in
      book.isClosing = true
      return book.open.values.map { $0.retirer }
    }
    if grace > .zero {
      for retire in retirers { retire() }
      await withTaskGroup(of: Void.self) { group in
        group.addTask { await self.empty() }
        group.addTask {
          try? await Task.sleep(for: grace)
          self.stopWaiting()
        }
        await group.next()
        group.cancelAll()
      }
    }
    let rest = book.withLock { book in book.open.values.map { $0.remoteCloser } }
    for close in rest { close() }
    await empty()
  }

  private func empty() async {
    await withCheckedContinuation { continuation in
      let isEmpty = book.withLock { book in
        if !book.open.isEmpty { book.onEmpty.append(continuation) }
        return book.open.isEmpty
      }
      if isEmpty { continuation.resume() }
    }
  }

  private func stopWaiting() {
    let waiting = book.withLock { book in
      defer { book.onEmpty = [] }
      return book.onEmpty
    }
    for continuation in waiting { continuation.resume() }
  }
}

/// What `listen` and `bind` return.
final class SocketListener: Listener {
  let endpoint: Endpoint
  private let channels: [any Channel]
  /// Nil for datagram ports.
  private let ledger: ConnectionLedger?
  private let whenClosed: @Sendable (SocketListener) -> Void

  init(at endpoint: Endpoint, channels: [any Channel], ledger: ConnectionLedger?, whenClosed: @escaping @Sendable (SocketListener) -> Void) {
    self.endpoint = endpoint
    self.channels = channels
    self.ledger = ledger
    self.whenClosed = whenClosed
  }

  var load: ListenerLoad { ledger?.load ?? ListenerLoad(open: 0, refused: 0) }

  func close(grace: Duration) async {
    for channel in channels { try? await channel.close().get() }
    await ledger?.drain(grace: grace)
    whenClosed(self)
  }
}
