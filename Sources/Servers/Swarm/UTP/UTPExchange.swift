// All uTP connections of one datagram port, on that port's loop: which packet belongs to which, who may call, who has to be woken.
// What is no uTP packet goes to the other end that lives at the port (the DHT node).
// Read next: UTPCarrier.swift (one connection), BitTorrent/UTP/UTPConnection.swift. Read first: UTPPort.swift.
import BitTorrent
import Bytes
import Synchronization
import Trace
import Transport
import World

/// The port's end.
final class UTPExchange: DatagramEnd, @unchecked Sendable {
  // Unchecked: what is not behind `way` is touched on the port's loop only.

  /// How other threads get to the loop.
  private struct Way {
    var hop: (@Sendable (@escaping @Sendable () -> Void) -> Void)?
    /// Came before the port was open.
    var waiting: [@Sendable (UTPExchange) -> Void] = []
    var isClosed = false
  }

  /// What names a connection here.
  struct Key: Hashable {
    var remote: Endpoint
    /// The number in packets to us.
    var number: UInt16
  }

  typealias Accept = @Sendable (_ remote: Endpoint, _ local: Endpoint) -> (any StreamEnd)?

  let limits: UTPLimits
  let trace: TraceContext?
  private let other: (any DatagramEnd)?
  private var chance: any RandomNumberGenerator & Sendable
  private(set) var port: (any DatagramCarrier)?
  private var carriers: [Key: UTPCarrier] = [:]
  /// The connection that the last packet belonged to: the next one mostly does too.
  private var last: UTPCarrier?
  /// Connections that are not half-open, in all and by their peers' addresses.
  private var counted = 0
  private var perAddress: [Address: Int] = [:]
  private var halfOpen = 0
  /// Callers in the order they came, of whom the first ones from `firstCaller` on may not have proved that they hear us.
  private var callers: [Key] = []
  private var firstCaller = 0
  /// What all connections hold. Unit: bytes.
  var heldBytes = 0
  private var deadlines = DeadlineHeap<UTPCarrier>()
  private var touched: [UTPCarrier] = []
  private var isSettling = false
  private var head = Buffer(capacity: 512)
  private var resetsLeft: Int
  private var resetsSince = Instant(nanoseconds: .min)
  /// Who speaks for callers; nil: nobody may call.
  var accept: Accept?
  private(set) var refused = 0
  private let way = Mutex(Way())

  /// Most rounds of settling one batch: an end that answers itself for ever must not stop the port.
  private static let roundsMax = 1_000

  init(limits: UTPLimits, chance: any RandomNumberGenerator & Sendable, trace: TraceContext?, other: (any DatagramEnd)?) {
    self.limits = limits
    self.chance = chance
    self.trace = trace
    self.other = other
    resetsLeft = limits.resetsPerSecondMax
  }

  var count: Int { carriers.count }
  var now: Instant { port?.now ?? Instant(nanoseconds: 0) }

  /// Does `work` on the loop, soon. From any thread. When the port is closed, and with it every connection, it is done here and now.
  func perform(_ work: @escaping @Sendable (UTPExchange) -> Void) {
    let (hop, isClosed) = way.withLock { way in
      if !way.isClosed, way.hop == nil { way.waiting.append(work) }
      return (way.hop, way.isClosed)
    }
    if isClosed { return work(self) }
    hop? {
      work(self)
      self.settle()
    }
  }

  // MARK: The port's calls

  func opened(on carrier: any DatagramCarrier) {
    port = carrier
    other?.opened(on: carrier)
    // `onLoop` may be called from any thread.
    nonisolated(unsafe) let hop = carrier
    let waiting = way.withLock { way in
      way.hop = { hop.onLoop($0) }
      defer { way.waiting = [] }
      return way.waiting
    }
    for work in waiting { work(self) }
    settle()
  }

  func received(_ bytes: Buffer, from remote: Endpoint) {
    guard UTPPacket.isLikely(bytes) else {
      other?.received(bytes, from: remote)
      return
    }
    let packet: UTPPacket
    do throws(SyntaxError) { packet = try UTPPacket.read(bytes) } catch { return }
    let key = Key(remote: remote, number: packet.kind == .open ? packet.connectionID &+ 1 : packet.connectionID)
    if let last, last.key == key { return last.received(packet, bytes) }
    if let carrier = carriers[key] {
      last = carrier
      return carrier.received(packet, bytes)
    }
    switch packet.kind {
    case .open: called(packet, bytes, key)
    case .reset: resetCame(packet, bytes, remote)
    case .data, .finish, .state: refuse(packet, remote)
    }
  }

  func settled() {
    other?.settled()
    settle()
  }

  func deadlineReached() {
    let now = now
    if let other, let deadline = other.deadline, deadline <= now { other.deadlineReached() }
    while let first = deadlines.first, first.heapTime <= now.nanoseconds {
      deadlines.remove(first)
      first.timePassed()
      touch(first)
    }
    settle()
  }

  var deadline: Instant? {
    let own = deadlines.first.map { Instant(nanoseconds: $0.heapTime) }
    guard let others = other?.deadline else { return own }
    return own.map { min($0, others) } ?? others
  }

  func closed() {
    abandon()
    port = nil
    way.withLock { $0 = Way(isClosed: true) }
    other?.closed()
  }

  // MARK: Callers

  private func called(_ packet: UTPPacket, _ bytes: Buffer, _ key: Key) {
    // Whoever may not come in is not answered: a SYN's sender is anybody.
    guard accept != nil, key.remote.port != 0 else { return }
    guard hasRoom(for: key.remote.address), halfOpen < limits.halfOpenMax || forgetCaller() else {
      refused += 1
      return
    }
    let connection = UTPConnection(
      calledBy: packet, sequence: UInt16.random(in: 0...UInt16.max, using: &chance), limits: limits(towards: key.remote), at: now)
    let carrier = UTPCarrier(connection, key: key, exchange: self, role: .called)
    halfOpen += 1
    carriers[key] = carrier
    noteCaller(key)
    carrier.record(.received, packet, bytes)
    touch(carrier)
  }

  private func noteCaller(_ key: Key) {
    callers.append(key)
    guard callers.count > 2 * limits.halfOpenMax + 16 else { return }
    callers = callers[firstCaller...].filter { carriers[$0]?.isHalfOpen == true }
    firstCaller = 0
  }

  /// Forgets the caller that has been waited for longest, who may be nowhere: a flood of SYNs from made-up addresses must not keep out those who
  /// answer at once. False: there is none.
  private func forgetCaller() -> Bool {
    while firstCaller < callers.count {
      let oldest = carriers[callers[firstCaller]]
      firstCaller += 1
      guard let oldest, oldest.isHalfOpen else { continue }
      oldest.vanish()
      return true
    }
    return false
  }

  /// Half-open ones have a bound of their own, and count for no address: a SYN's sender is anybody.
  private func hasRoom(for address: Address) -> Bool {
    counted < limits.connectionsMax && perAddress[address, default: 0] < limits.connectionsPerAddressMax
  }

  /// Counts a connection that was dialled, or whose caller has proved that it hears us. False: there is no room for it.
  func admit(_ carrier: UTPCarrier) -> Bool {
    guard hasRoom(for: carrier.key.remote.address) else {
      refused += 1
      return false
    }
    carrier.isCounted = true
    counted += 1
    perAddress[carrier.key.remote.address, default: 0] += 1
    return true
  }

  /// A called connection has become one, or has gone before.
  func noLongerHalfOpen() { halfOpen -= 1 }

  func forget(_ carrier: UTPCarrier) {
    guard carriers.removeValue(forKey: carrier.key) != nil else { return }
    if last === carrier { last = nil }
    deadlines.remove(carrier)
    guard carrier.isCounted else { return }
    counted -= 1
    let address = carrier.key.remote.address
    if let count = perAddress[address], count > 1 { perAddress[address] = count - 1 } else { perAddress[address] = nil }
  }

  /// A RESET may carry the number that we send with, when its sender knows only our packets.
  private func resetCame(_ packet: UTPPacket, _ bytes: Buffer, _ remote: Endpoint) {
    for number in [packet.connectionID &- 1, packet.connectionID &+ 1] {
      guard let carrier = carriers[Key(remote: remote, number: number)], carrier.sendID == packet.connectionID else { continue }
      return carrier.received(packet, bytes)
    }
  }

  /// A packet of a connection that is not here: its sender may stop. Never longer than what it answers, and not often.
  private func refuse(_ packet: UTPPacket, _ remote: Endpoint) {
    let now = now
    if resetsSince + .seconds(1) <= now {
      resetsSince = now
      resetsLeft = limits.resetsPerSecondMax
    }
    guard resetsLeft > 0, remote.port != 0 else { return }
    resetsLeft -= 1
    var reset = UTPPacket(.reset, connection: packet.connectionID, sequence: 0, acknowledgement: packet.sequence)
    reset.timestamp = UInt32(truncatingIfNeeded: now.nanoseconds / 1_000)
    send(reset, to: remote)
  }

  // MARK: Calling

  /// Calls `remote`; the carrier says how it went.
  func dial(_ remote: Endpoint, timeout: Duration, makeEnd: @escaping @Sendable () -> any StreamEnd, done: @escaping @Sendable (Result<Void, NetworkError>) -> Void) {
    guard port != nil else { return done(.failure(.unreachable(remote))) }
    guard hasRoom(for: remote.address), let number = freeNumber(towards: remote) else {
      return done(.failure(.other(remote, "this uTP port has no room for one more connection")))
    }
    let now = now
    let connection = UTPConnection(
      calling: number, sequence: UInt16.random(in: 0...UInt16.max, using: &chance), limits: limits(towards: remote), at: now)
    let carrier = UTPCarrier(
      connection, key: Key(remote: remote, number: number), exchange: self, role: .calling(makeEnd: makeEnd, done: done, patienceEnds: now + timeout))
    _ = admit(carrier)
    carriers[carrier.key] = carrier
    touch(carrier)
    settle()
  }

  private func freeNumber(towards remote: Endpoint) -> UInt16? {
    // With few of 65,536 numbers taken, sixteen draws find a free one.
    for _ in 0..<16 {
      let number = UInt16.random(in: 0...UInt16.max, using: &chance)
      if carriers[Key(remote: remote, number: number)] == nil { return number }
    }
    return nil
  }

  /// RFC 8200 §5: every path of IPv6 carries 1,280 bytes; its header is 20 bytes longer.
  private func limits(towards remote: Endpoint) -> UTPLimits {
    guard case .v6 = remote.address else { return limits }
    var longer = limits
    longer.datagramBytesMax -= 20
    longer.datagramBytesSafe = min(max(limits.datagramBytesSafe, 1_232), longer.datagramBytesMax)
    return longer
  }

  // MARK: Settling

  /// `carrier` has something to say or to tell; it will when the present batch is through.
  func touch(_ carrier: UTPCarrier) {
    guard !carrier.isTouched, port != nil else { return }
    carrier.isTouched = true
    touched.append(carrier)
  }

  /// Lets every connection that something happened to tell its end, and send.
  func settle() {
    guard !isSettling else { return }
    isSettling = true
    defer { isSettling = false }
    var rounds = 0
    while !touched.isEmpty, rounds < Self.roundsMax {
      let batch = touched
      touched.removeAll(keepingCapacity: true)
      for carrier in batch {
        carrier.settle()
        carrier.isTouched = false
        deadlines.file(carrier, at: carrier.wakeTime)
      }
      rounds += 1
    }
    port?.flush()
  }

  func send(_ packet: UTPPacket, to remote: Endpoint) {
    head.clear()
    packet.writeHead(to: &head)
    port?.send(head, packet.payload, to: remote, packet.padding > 0 ? .whole : .inParts)
  }

  // MARK: The end of it

  /// Nobody new comes in; who is here is told.
  func retire() {
    accept = nil
    for carrier in inOrder { carrier.retire() }
    settle()
  }

  /// Everything still open is broken off.
  func abandon() {
    accept = nil
    for carrier in inOrder { carrier.abandon() }
    settle()
  }

  /// By peer and number, so that the same run happens the same way again.
  private var inOrder: [UTPCarrier] {
    carriers.values.sorted { ($0.key.remote, $0.key.number) < ($1.key.remote, $1.key.number) }
  }
}
