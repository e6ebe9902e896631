// uTP as a network: dial and listen as over TCP, over one datagram port that it shares with the DHT node.
// The story of a packet: the port (Transport) hands a batch of datagrams to UTPExchange, which finds each one's UTPCarrier, which hands it to its
// UTPConnection (pure); after the batch each carrier tells its end what came, and lets leave what may.
public import BitTorrent
public import Transport
public import World

/// A datagram port that speaks uTP. Whatever is written against `Network` runs over it.
public final class UTPPort: Network, Listener {
  private let below: any Network
  private let exchange: UTPExchange
  private let listener: any Listener

  private init(below: any Network, exchange: UTPExchange, listener: any Listener) {
    self.below = below
    self.exchange = exchange
    self.listener = listener
  }

  /// Opens a port at `endpoint` (port 0: any free one). `chance` draws connection numbers, which strangers must not guess. `makeOther` makes the end
  /// that gets every datagram which is no uTP packet.
  public static func open(
    at endpoint: Endpoint, on network: any Network, chance: any RandomNumberGenerator & Sendable, limits: UTPLimits = UTPLimits(),
    trace: TraceContext? = nil, makeOther: (@Sendable () -> any DatagramEnd)? = nil
  ) async throws(NetworkError) -> UTPPort {
    let exchange = UTPExchange(limits: limits, chance: chance, trace: trace, other: makeOther?())
    let listener = try await network.bind(endpoint, options: BindOptions(traffic: .bulk)) { exchange }
    return UTPPort(below: network, exchange: exchange, listener: listener)
  }

  /// What speaks at such a port, for whoever carries datagrams by other means.
  package static func end(
    limits: UTPLimits, chance: any RandomNumberGenerator & Sendable, accept: @escaping @Sendable (_ remote: Endpoint, _ local: Endpoint) -> (any StreamEnd)?
  ) -> any DatagramEnd {
    let exchange = UTPExchange(limits: limits, chance: chance, trace: nil, other: nil)
    exchange.accept = accept
    return exchange
  }

  // MARK: Network

  public var clock: any WorldClock { below.clock }

  public func start(_ work: @escaping @Sendable () async -> Void) { below.start(work) }

  /// Lets others call. `endpoint` is this port's own, or has port 0. What the port holds is bounded by its `UTPLimits`, not by `options`.
  public func listen(
    at endpoint: Endpoint, options: ListenOptions = ListenOptions(), accept: @escaping @Sendable (_ remote: Endpoint, _ local: Endpoint) -> (any StreamEnd)?
  ) async throws(NetworkError) -> any Listener {
    guard options.tls == nil, options.startTLS == nil else { throw .tls(endpoint, Self.noTLS) }
    guard endpoint.port == 0 || endpoint.port == self.endpoint.port else { throw .addressNotHere(endpoint) }
    await onLoop { $0.accept = accept }
    return self
  }

  public func dial(_ endpoint: Endpoint, options: DialOptions = DialOptions(), makeEnd: @escaping @Sendable () -> any StreamEnd) async throws(NetworkError) {
    guard options.tls == nil, options.startTLS == nil else { throw .tls(endpoint, Self.noTLS) }
    let outcome = await withCheckedContinuation { continuation in
      exchange.perform { $0.dial(endpoint, timeout: options.timeout, makeEnd: makeEnd) { continuation.resume(returning: $0) } }
    }
    try outcome.get()
  }

  public func bind(_ endpoint: Endpoint, options: BindOptions, makeEnd: @escaping @Sendable () -> any DatagramEnd) async throws(NetworkError)
    -> any Listener
  { try await below.bind(endpoint, options: options, makeEnd: makeEnd) }

  private static let noTLS = "uTP carries no TLS here"

  // MARK: Listener

  public var endpoint: Endpoint { listener.endpoint }

  /// Nobody new comes in, and the port is closed when the last connection is gone or `grace` is over.
  public func close(grace: Duration) async {
    let end = clock.now + grace
    await onLoop { $0.retire() }
    while await onLoop({ $0.count }) > 0, clock.now < end {
      do { try await clock.sleep(until: min(end, clock.now + .milliseconds(20))) } catch { break }
    }
    await onLoop { $0.abandon() }
    await listener.close(grace: .zero)
  }

  /// How many connections there are, half-open ones included.
  public func connectionCount() async -> Int { await onLoop { $0.count } }

  /// What all connections hold. Unit: bytes.
  func heldBytes() async -> Int { await onLoop { $0.heldBytes } }

  // MARK: The loop

  private func onLoop<Value: Sendable>(_ work: @escaping @Sendable (UTPExchange) -> Value) async -> Value {
    await withCheckedContinuation { continuation in exchange.perform { continuation.resume(returning: work($0)) } }
  }
}
