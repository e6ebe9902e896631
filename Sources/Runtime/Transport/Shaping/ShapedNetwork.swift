// A network with links: wraps another network and lets everything wait, get lost, be repeated and be held back as the links say.
// Not here: virtual networks (SimulatedTransport), the fast datagram loop, which passes by it.
// Read next: Transport/LinkDirection.swift (when things arrive), ShapedStream.swift and ShapedPort.swift (connections and datagram ports).
public import World
import Synchronization

/// What shapes the traffic of a network.
struct Shaping: Sendable {
  /// The link from one address to another, asked for each packet, so that a link may change at any time.
  var link: @Sendable (_ from: Address, _ to: Address) -> Link
  /// Whether an address is a host of this process: such a host shapes what it sends, so that its peer must not shape it again.
  var isInside: @Sendable (Address) -> Bool
  /// Told of each datagram that did not arrive as it was sent: from, to, and what happened.
  var report: @Sendable (_ from: Endpoint, _ to: Endpoint, _ what: String) -> Void
}

/// Another network seen through links.
public final class ShapedNetwork: Network {
  private let inner: any Network
  private let shaping: Shaping
  private let chance: Mutex<SeededRandom>

  /// `link` gives the link from one address to another. With a host outside (`isInside` false) both directions are shaped here.
  public init(
    _ inner: any Network, seed: UInt64, link: @escaping @Sendable (_ from: Address, _ to: Address) -> Link,
    isInside: @escaping @Sendable (Address) -> Bool,
    report: @escaping @Sendable (_ from: Endpoint, _ to: Endpoint, _ what: String) -> Void = { _, _, _ in }
  ) {
    self.inner = inner
    shaping = Shaping(link: link, isInside: isInside, report: report)
    chance = Mutex(SeededRandom(seed: seed))
  }

  public var clock: any WorldClock { inner.clock }

  public func start(_ work: @escaping @Sendable () async -> Void) { inner.start(work) }
  public func startOnLoop(_ work: @escaping @Sendable () async -> Void) { inner.startOnLoop(work) }

  /// A generator for one connection or port.
  private func random() -> SeededRandom { SeededRandom(seed: chance.withLock { $0.next() }) }

  public func listen(
    at endpoint: Endpoint, options: ListenOptions, accept: @escaping @Sendable (_ remote: Endpoint, _ local: Endpoint) -> (any StreamEnd)?
  ) async throws(NetworkError) -> any Listener {
    try await inner.listen(at: endpoint, options: options) { remote, local in
      accept(remote, local).map { ShapedStream($0, shaping: self.shaping, random: self.random()) }
    }
  }

  public func dial(_ endpoint: Endpoint, options: DialOptions, makeEnd: @escaping @Sendable () -> any StreamEnd) async throws(NetworkError) {
    let local = options.from ?? (endpoint.address.isV6 ? .loopback6 : .loopback)
    let there = shaping.link(local, endpoint.address)
    let back = shaping.link(endpoint.address, local)
    let roundTrip = there.delay + back.delay
    // The opening of a connection is a round trip; over a link that is cut it never ends.
    let isCut = there.isCut || back.isCut || roundTrip >= options.timeout
    let wait = isCut ? options.timeout : roundTrip
    if wait > .zero {
      do { try await clock.sleep(until: clock.now + wait) } catch { throw .other(endpoint, "given up") }
    }
    if isCut { throw .timedOut(endpoint) }
    var options = options
    options.timeout = options.timeout - wait
    try await inner.dial(endpoint, options: options) { ShapedStream(makeEnd(), shaping: self.shaping, random: self.random()) }
  }

  public func bind(
    _ endpoint: Endpoint, options: BindOptions, makeEnd: @escaping @Sendable () -> any DatagramEnd
  ) async throws(NetworkError) -> any Listener {
    try await inner.bind(endpoint, options: options) { ShapedPort(makeEnd(), shaping: self.shaping, random: self.random()) }
  }
}
