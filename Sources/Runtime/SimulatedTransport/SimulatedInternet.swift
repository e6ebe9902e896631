// A whole internet in one process and one thread: hosts, links, virtual time, one seed. The same seed gives the same run, byte for byte.
// Drive it by `run`, `runUntilQuiet` or `step`; in between nothing moves. Everything that takes part must be started here: a task
// of another executor, a real timer or a thread would bring its own order in.
// Read next: SimulatedNetwork.swift (what one host sees), Transport/LinkDirection.swift (what links do), SimulatedConnection.swift (TCP).
public import Bytes
import Glibc
import Synchronization
public import Trace
public import Transport
public import World

/// The virtual network and its time. Keep it as long as any of its hosts is used.
public final class SimulatedInternet: @unchecked Sendable {
  // Unchecked: all state is touched under `lock` only, `posted` has its own.

  /// What the log of packets holds.
  public enum PacketDetail: Sendable, Hashable {
    /// Packets that were lost, repeated or held back.
    case losses
    /// Every packet.
    case everything
  }

  public let seed: UInt64
  public let limits: SimulationLimits
  public let executor: SeededExecutor
  /// The simulation's own clock, which is right.
  public let clock = SimulatedClock(HostClock())

  /// What all TLS here is made of.
  let contexts = TLSContexts(.ofFixedLength)

  private let lock = RecursiveLock()
  private let posted = Mutex<[@Sendable () -> Void]>([])
  private let chance: SeededRandom
  private let start: Instant
  private var time: Instant
  private var queue = EventQueue()
  private var hosts: [Address: SimulatedNetwork] = [:]
  private var hostsInOrder: [SimulatedNetwork] = []
  private var links: [Path: LinkAtWork] = [:]
  private let linkBetween: @Sendable (Address, Address) -> Link
  private var log: PacketLog?
  private var tampering: [Address: Tampering] = [:]

  /// What somebody on the way makes of a segment's bytes; nil, or another number of them: they stay as they are.
  public typealias Tampering = @Sendable (Buffer) -> Buffer?

  /// One direction of a link. All chance comes from a generator of its own, so that traffic on one link never changes what another link does.
  private struct LinkAtWork {
    var link: Link
    var chance: SeededRandom
    var direction = LinkDirection()
  }

  private struct Path: Hashable {
    var source: Address
    var destination: Address
  }

  /// An internet without hosts. Between two addresses lies what `links` says, until `setLink` says otherwise.
  public init(
    seed: UInt64, start: Instant = .simulationStart, limits: SimulationLimits = SimulationLimits(),
    links: @escaping @Sendable (_ source: Address, _ destination: Address) -> Link = { _, _ in .perfect }
  ) {
    self.seed = seed
    self.limits = limits
    self.start = start
    time = start
    linkBetween = links
    chance = SeededRandom(seed: seed)
    executor = SeededExecutor(chance: chance.derived("tasks"))
    clock.internet = self
  }

  // MARK: The world

  /// Adds a host. Its network listens, dials and binds at these addresses and at its own loopback.
  public func addHost(_ name: String, _ addresses: Address...) -> SimulatedNetwork { addHost(name, at: addresses) }

  /// Adds a host whose clock may be wrong: everything it is asked and everything it waits for goes by that clock, and nothing else does.
  public func addHost(_ name: String, at addresses: [Address], clock: HostClock = HostClock()) -> SimulatedNetwork {
    locked {
      let host = SimulatedNetwork(name: name, addresses: addresses, clock: clock, internet: self, chance: chance.derived("host \(name)"))
      for address in addresses { hosts[address] = host }
      hostsInOrder.append(host)
      return host
    }
  }

  /// Changes the link from `source` to `destination`; what is under way arrives as it would have.
  public func setLink(_ link: Link, from source: Address, to destination: Address) {
    locked {
      let path = Path(source: source, destination: destination)
      if links[path] == nil { links[path] = newLink(path, link) } else { links[path]?.link = link }
    }
  }

  /// Changes the link in both directions.
  public func setLink(_ link: Link, between one: Address, and other: Address) {
    setLink(link, from: one, to: other)
    setLink(link, from: other, to: one)
  }

  /// The link from `source` to `destination` as it is now.
  public func link(from source: Address, to destination: Address) -> Link {
    locked { links[Path(source: source, destination: destination)]?.link ?? linkBetween(source, destination) }
  }

  /// Cuts every link between the two groups, or mends them.
  public func partition(_ one: [Address], from other: [Address], isDown: Bool = true) {
    for a in one {
      for b in other {
        for (source, destination) in [(a, b), (b, a)] {
          var changed = link(from: source, to: destination)
          changed.isDown = isDown
          setLink(changed, from: source, to: destination)
        }
      }
    }
  }

  /// Lets somebody on the way change what these addresses send over TCP from now on.
  public func tamper(with addresses: [Address], _ change: @escaping Tampering) {
    locked { for address in addresses { tampering[address] = change } }
  }

  /// Puts what happens to packets into `recorder` as well, under the host name `link`.
  public func logPackets(_ detail: PacketDetail, into recorder: any Recorder) {
    locked { log = PacketLog(detail: detail, recorder: recorder, flowsMax: limits.flowsMax) }
  }

  /// What hosts are to record into, so that it stands in `recorder` by the simulation's time, whatever their own clocks say.
  public func recorder(into recorder: any Recorder) -> any Recorder { SimulationRecorder(recorder, of: self) }

  // MARK: Time

  public var now: Instant { locked { time } }

  /// What `clock` says now.
  func reading(of clock: HostClock) -> Instant { clock.reading(at: now, since: start) }

  /// When `clock` will say `reading`.
  func time(when reading: Instant, on clock: HostClock) -> Instant { clock.time(when: reading, since: start) }

  /// Does `work` when `delay` has passed from now.
  public func after(_ delay: Duration, do work: @escaping @Sendable () -> Void) {
    locked { queue.insert(at: time + max(delay, .zero), .run(work)) }
  }

  /// Runs `work` as a task on the seeded executor. Task groups and `async let` inside it stay there; a plain `Task { }` would leave the
  /// simulation, and its order would not repeat.
  public func start(_ work: @escaping @Sendable () async -> Void) {
    // The task is kept by its own continuations; nobody waits for it here.
    Task(executorPreference: executor) { await work() }
  }

  /// Does the next thing; false: there is nothing more to do.
  @discardableResult
  public func step() -> Bool {
    settle()
    return locked { stepEvent(until: Instant(nanoseconds: .max)) != .none }
  }

  /// Runs everything up to `end`, and moves the clock there. False: `eventsMax` came first.
  @discardableResult
  public func run(until end: Instant) -> Bool {
    var events = 0
    repeat {
      settle()
      events += 1
      guard events <= limits.eventsMax else { return false }
    } while locked({ stepEvent(until: end) }) != .none
    locked { time = max(time, end) }
    return true
  }

  /// Runs everything for `duration`.
  @discardableResult
  public func run(for duration: Duration) -> Bool { run(until: now + duration) }

  /// Runs until nothing is under way and nobody waits for a time. False: `atMost` (virtual time) or `eventsMax` came first.
  @discardableResult
  public func runUntilQuiet(atMost: Duration = .seconds(86_400)) -> Bool {
    let end = now + atMost
    var events = 0
    settle()
    while locked({ queue.foregroundCount > 0 }) {
      events += 1
      guard events <= limits.eventsMax, locked({ stepEvent(until: end) }) != .none else { return false }
      settle()
    }
    return true
  }

  /// Runs `work` to its end, and the internet as long as that takes. Throws `SimulationStuck` when all is quiet before it has ended.
  public func run<Value: Sendable>(atMost: Duration = .seconds(86_400), _ work: @escaping @Sendable () async throws -> Value) throws -> Value {
    let outcome = Outcome<Value>()
    start {
      do { outcome.set(.success(try await work())) } catch { outcome.set(.failure(error)) }
    }
    let end = now + atMost
    var events = 0
    settle()
    while !outcome.isSet {
      events += 1
      guard events <= limits.eventsMax, locked({ stepEvent(until: end) }) != .none else { throw SimulationStuck(at: now) }
      settle()
    }
    return try outcome.value(stuckAt: now).get()
  }

  /// Lets jobs run and posted work happen until neither is left at this time.
  private func settle() {
    var rounds = 0
    repeat {
      lock.acquire()
      executor.runUntilIdle(jobsMax: limits.eventsMax)
      let batch = posted.withLock { posted in
        defer { posted = [] }
        return posted
      }
      for work in batch { work() }
      lock.release()
      rounds += 1
    } while rounds < limits.eventsMax && (!executor.isIdle || posted.withLock { !$0.isEmpty })
  }

  private enum Step { case none, done }

  /// Does the first event, unless it lies after `end`.
  private func stepEvent(until end: Instant) -> Step {
    guard let first = queue.first, first.time <= end, let entry = queue.removeFirst() else { return .none }
    switch entry.kind {
    case .run(let work):
      time = max(time, entry.time)
      work()
    case .wake(let sleeper):
      // An entry that a nearer one has replaced.
      guard sleeper.scheduledWake == entry.time else { break }
      sleeper.scheduledWake = nil
      if let wanted = sleeper.nextWake, wanted <= entry.time {
        time = max(time, entry.time)
        sleeper.wake(at: time)
      }
      schedule(sleeper)
    }
    return .done
  }

  // MARK: For the parts of this module

  func locked<R, E: Error>(_ work: () throws(E) -> R) throws(E) -> R {
    lock.acquire()
    defer { lock.release() }
    return try work()
  }

  /// Makes sure that `sleeper` is called at its time.
  func schedule(_ sleeper: any Wakeable) {
    guard let wanted = sleeper.nextWake else { return }
    if let scheduled = sleeper.scheduledWake, scheduled <= wanted { return }
    sleeper.scheduledWake = wanted
    queue.insert(at: wanted, isBackground: sleeper.wakesInBackground, .wake(sleeper))
  }

  /// Does `work` at this very time, after what is being done now.
  func soon(_ work: @escaping () -> Void) { queue.insert(at: time, .run(work)) }

  /// Does `work` later, without keeping a run going for it.
  func inBackground(after delay: Duration, _ work: @escaping () -> Void) { queue.insert(at: time + delay, isBackground: true, .run(work)) }

  /// From any thread: does `work` at the current time.
  func post(_ work: @escaping @Sendable () -> Void) { posted.withLock { $0.append(work) } }

  /// The host at `address`, seen from `host`; its own for a loopback address.
  func host(at address: Address, from host: SimulatedNetwork) -> SimulatedNetwork? { address.isLoopback ? host : hosts[address] }

  /// The largest packet that passes both ways between two addresses.
  func mtu(_ one: Address, _ other: Address) -> Int {
    one == other || one.isLoopback ? 65_536 : min(link(from: one, to: other).mtu, link(from: other, to: one).mtu)
  }

  /// Sends a packet of `sender` on its way. False: there is no such host.
  @discardableResult
  func send(_ packet: Packet, from sender: SimulatedNetwork) -> Bool {
    guard let receiver = host(at: packet.destination.address, from: sender) else {
      log?.lost(packet, because: "no host has the address \(packet.destination.address)", at: time)
      return false
    }
    let packet = tampered(packet)
    log?.sent(packet, at: time)
    guard receiver !== sender else {
      soon { receiver.arrived(packet) }
      return true
    }
    let path = Path(source: packet.source.address, destination: packet.destination.address)
    var work = links[path] ?? newLink(path, linkBetween(path.source, path.destination))
    let fate = work.direction.carry(packet.size, over: work.link, at: time, using: &work.chance)
    links[path] = work
    switch fate {
    case .lost(let why):
      log?.lost(packet, because: why, at: time)
    case .arrives(let times, let remark):
      if let remark { log?.lost(packet, because: remark, at: time) }
      for time in times { queue.insert(at: time, .run { receiver.arrived(packet) }) }
    }
    return true
  }

  private func tampered(_ packet: Packet) -> Packet {
    guard let change = tampering[packet.source.address], case .segment(var segment) = packet.content, let bytes = change(segment.payload),
      bytes.count == segment.payload.count, bytes != segment.payload
    else { return packet }
    var packet = packet
    segment.payload = bytes
    segment.isChanged = true
    packet.content = .segment(segment)
    return packet
  }

  func note(_ packet: Packet, lostBecause why: String) { log?.lost(packet, because: why, at: time) }

  private func newLink(_ path: Path, _ link: Link) -> LinkAtWork {
    // By name, so that the order in which links are first used does not matter.
    LinkAtWork(link: link, chance: chance.derived("link \(path.source) \(path.destination)"))
  }
}

/// All is quiet, and the work has not ended: it waits for something that will never happen.
public struct SimulationStuck: Error, Hashable, Sendable, CustomStringConvertible {
  public var at: Instant
  public var description: String { "nothing more happens, and the work has not ended" }
}

/// Where a workflow leaves its result.
private final class Outcome<Value: Sendable>: Sendable {
  private let result = Mutex<Result<Value, any Error>?>(nil)
  func set(_ value: Result<Value, any Error>) { result.withLock { $0 = value } }
  var isSet: Bool { result.withLock { $0 != nil } }
  func value(stuckAt time: Instant) -> Result<Value, any Error> { result.withLock { $0 } ?? .failure(SimulationStuck(at: time)) }
}

/// A lock that its holder may take again: ports are called from inside events, and before a run from any thread.
private final class RecursiveLock: @unchecked Sendable {
  // Unchecked: a pthread mutex may be used from every thread; its address does not move.
  private let mutex = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)

  init() {
    var attributes = pthread_mutexattr_t()
    pthread_mutexattr_init(&attributes)
    pthread_mutexattr_settype(&attributes, Int32(PTHREAD_MUTEX_RECURSIVE))
    pthread_mutex_init(mutex, &attributes)
    pthread_mutexattr_destroy(&attributes)
  }

  deinit {
    pthread_mutex_destroy(mutex)
    mutex.deallocate()
  }

  func acquire() { pthread_mutex_lock(mutex) }
  func release() { pthread_mutex_unlock(mutex) }
}
