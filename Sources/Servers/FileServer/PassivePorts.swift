// Ports that listen for data connections. A port is one session's for one connection from its own client; after that another session may get it,
// which saves opening one for every file.
// The law: whoever else connects is refused; a port whose connection never came is closed, lest it come late to somebody else.
import FTP
import Synchronization
import Trace
import Transport
import World

/// The passive ports of one file server.
final class PassivePorts: Sendable {
  /// Where ports may be alike: the same address, inside TLS or not.
  private struct Kind: Hashable {
    var address: Address
    var isProtected: Bool
  }

  private struct State {
    var free: [Kind: [PassivePort]] = [:]
    var freeCount = 0
    var openCount = 0
    var isOver = false
    var chance: any RandomNumberGenerator & Sendable
  }

  private let state: Mutex<State>
  private let network: any Network
  private let range: ClosedRange<UInt16>?
  private let tls: TLSServerOptions?
  private let limits: ServerLimits

  /// Ports of `range`, or any where that is nil, in an order that `chance` gives.
  init(
    network: any Network, range: ClosedRange<UInt16>?, tls: TLSServerOptions?, limits: ServerLimits, chance: any RandomNumberGenerator & Sendable
  ) {
    self.network = network
    self.range = range
    self.tls = tls
    self.limits = limits
    state = Mutex(State(chance: chance))
  }

  /// A free port that is open already, for `claim`; nil: there is none.
  func takeFree(at address: Address, isProtected: Bool, for claim: PassivePort.Claim) -> PassivePort? {
    let port = state.withLock { state -> PassivePort? in
      let kind = Kind(address: address, isProtected: isProtected)
      guard let count = state.free[kind]?.count, count > 0 else { return nil }
      let index = Int(state.chance.next() % UInt64(count))
      state.freeCount -= 1
      return state.free[kind]?.remove(at: index)
    }
    port?.claim(claim)
    return port
  }

  /// Opens a port for `claim`; nil: none is to be had.
  func open(at address: Address, isProtected: Bool, for claim: PassivePort.Claim) async -> PassivePort? {
    let mayOpen = state.withLock { state in
      guard !state.isOver, state.openCount < limits.passivePortsMax else { return false }
      state.openCount += 1
      return true
    }
    guard mayOpen else { return nil }
    var options = ListenOptions(limits: ListenLimits(connectionsMax: 256, connectionsPerAddressMax: 256, backlogMax: 16))
    if isProtected { options.tls = tls }
    for number in candidates() {
      let port = PassivePort(limits: limits.session)
      do throws(NetworkError) {
        let listener = try await network.listen(at: Endpoint(address, number), options: options) { remote, _ in port.end(for: remote) }
        port.opened(listener, isProtected: isProtected)
        port.claim(claim)
        return port
      } catch {
        if case .addressInUse = error { continue }
        break
      }
    }
    state.withLock { $0.openCount -= 1 }
    return nil
  }

  /// The numbers to be tried, beginning somewhere in the range.
  private func candidates() -> [UInt16] {
    guard let range else { return [0] }
    let start = state.withLock { Int($0.chance.next() % UInt64(range.count)) }
    return (0..<min(range.count, limits.passiveTriesMax)).map { UInt16(Int(range.lowerBound) + (start + $0) % range.count) }
  }

  /// The session is done with `port`.
  func giveBack(_ port: PassivePort) {
    let isUsed = port.unclaim()
    guard let endpoint = port.endpoint else { return }
    let isKept = state.withLock { state in
      guard isUsed, !state.isOver, state.freeCount < limits.freePassivePortsMax else {
        state.openCount -= 1
        return false
      }
      state.free[Kind(address: endpoint.address, isProtected: port.isProtected), default: []].append(port)
      state.freeCount += 1
      return true
    }
    if !isKept { network.start { await port.close(grace: .seconds(60)) } }
  }

  /// Closes what is free; what is still used goes when it is given back.
  func close(grace: Duration) async {
    let free = state.withLock { state in
      defer { (state.free, state.freeCount) = ([:], 0) }
      state.isOver = true
      return state.free.values.flatMap { $0 }
    }
    for port in free { await port.close(grace: grace) }
  }
}

/// One listening port.
final class PassivePort: Sendable {
  /// Whose it is at the moment.
  struct Claim: Sendable {
    /// The only one who may connect.
    var peer: Address
    var slot: DataSlot
    var trace: TraceContext?
  }

  private struct State {
    var listener: (any Listener)?
    var isProtected = false
    var claim: Claim?
    var isUsed = false
  }

  private let state = Mutex(State())
  private let limits: FTP.Limits

  init(limits: FTP.Limits) { self.limits = limits }

  var endpoint: Endpoint? { state.withLock { $0.listener?.endpoint } }
  var isProtected: Bool { state.withLock { $0.isProtected } }

  func opened(_ listener: any Listener, isProtected: Bool) { state.withLock { ($0.listener, $0.isProtected) = (listener, isProtected) } }

  func claim(_ claim: Claim) { state.withLock { ($0.claim, $0.isUsed) = (claim, false) } }

  /// Nobody's any more; whether the connection had come.
  func unclaim() -> Bool {
    state.withLock { state in
      state.claim = nil
      return state.isUsed
    }
  }

  /// The end for a connection from `remote`; nil: it is not the one awaited.
  // RFC 2577 §5: only the client whose control connection it is may connect, and only once.
  func end(for remote: Endpoint) -> (any StreamEnd)? {
    let claim = state.withLock { state -> Claim? in
      guard let claim = state.claim, !state.isUsed, claim.peer == remote.address else { return nil }
      state.isUsed = true
      return claim
    }
    guard let claim else { return nil }
    return DataConnection(limits: limits, trace: claim.trace) { channel in
      if !claim.slot.put(channel) { channel.give(.abort) }
    }
  }

  func close(grace: Duration) async { await state.withLock { $0.listener }?.close(grace: grace) }
}
