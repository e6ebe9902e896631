// One host's access to the simulated internet: the same ports as real sockets, over virtual links.
// Read next: SimulatedConnection.swift (a TCP connection), SimulatedPort.swift (a datagram port).
public import Bytes
public import Transport
public import World

/// A host of a simulated internet.
public final class SimulatedNetwork: Network, @unchecked Sendable {
  // Unchecked: all state is touched under the internet's lock only.

  public let name: String
  public let addresses: [Address]
  /// The internet it is part of. The internet keeps its hosts, not the other way round.
  unowned let internet: SimulatedInternet
  /// By what it, its ports and its connections go.
  let ownClock: SimulatedClock
  /// The same for those who only keep house.
  let backgroundClock: SimulatedClock
  private var chance: SeededRandom
  private var listeners: [Endpoint: SimulatedListener] = [:]
  private var ports: [Endpoint: SimulatedPort] = [:]
  private var connections: [Pair: SimulatedConnection] = [:]
  private var filters: [PacketFilter] = []

  typealias Accept = @Sendable (_ remote: Endpoint, _ local: Endpoint) -> (any StreamEnd)?

  struct Pair: Hashable {
    var local: Endpoint
    var remote: Endpoint
  }

  init(name: String, addresses: [Address], clock: HostClock, internet: SimulatedInternet, chance: SeededRandom) {
    self.name = name
    self.addresses = addresses
    self.internet = internet
    self.chance = chance
    ownClock = SimulatedClock(clock)
    backgroundClock = SimulatedClock(clock, isBackground: true)
    ownClock.internet = internet
    backgroundClock.internet = internet
  }

  public var clock: any WorldClock { ownClock }
  public var background: any Network { BackgroundNetwork(host: self) }

  public func start(_ work: @escaping @Sendable () async -> Void) { internet.start(work) }

  // MARK: The ports

  public func listen(
    at endpoint: Endpoint, options: ListenOptions, accept: @escaping @Sendable (_ remote: Endpoint, _ local: Endpoint) -> (any StreamEnd)?
  ) async throws(NetworkError) -> any Listener {
    try open(endpoint, options, isBackground: false, accept)
  }

  func open(
    _ endpoint: Endpoint, _ options: ListenOptions, isBackground: Bool, _ accept: @escaping Accept
  ) throws(NetworkError) -> any Listener {
    let accept = secured(accept, options)
    return try internet.locked { () throws(NetworkError) in
      let place = try free(endpoint) { listeners[$0] != nil }
      let listener = SimulatedListener(at: place, limits: options.limits, accept: accept, host: self, isBackground: isBackground)
      listeners[place] = listener
      return listener
    }
  }

  public func dial(_ endpoint: Endpoint, options: DialOptions, makeEnd: @escaping @Sendable () -> any StreamEnd) async throws(NetworkError) {
    try await call(endpoint, options, isBackground: false, makeEnd)
  }

  func call(_ endpoint: Endpoint, _ options: DialOptions, isBackground: Bool, _ makeEnd: @escaping @Sendable () -> any StreamEnd) async throws(NetworkError) {
    let outcome = await withCheckedContinuation { continuation in
      internet.locked { beginSecured(endpoint, options, isBackground, makeEnd) { continuation.resume(returning: $0) } }
    }
    try outcome.get()
  }

  public func bind(_ endpoint: Endpoint, options: BindOptions, makeEnd: @escaping @Sendable () -> any DatagramEnd) async throws(NetworkError)
    -> any Listener
  {
    try bind(endpoint, options, isBackground: false, makeEnd)
  }

  func bind(_ endpoint: Endpoint, _ options: BindOptions, isBackground: Bool, _ makeEnd: @escaping @Sendable () -> any DatagramEnd) throws(NetworkError)
    -> any Listener
  {
    try internet.locked { () throws(NetworkError) in
      let place = try free(endpoint) { ports[$0] != nil }
      let port = SimulatedPort(at: place, options: options, end: makeEnd(), host: self, isBackground: isBackground)
      ports[place] = port
      port.open()
      return port
    }
  }

  // MARK: TLS

  /// How long a server waits for a handshake's end, as on sockets. Past it: the connection is broken off.
  private static let handshakeTimeout = StreamLimits().handshakeTimeout

  private func secured(_ accept: @escaping Accept, _ options: ListenOptions) -> Accept {
    guard let tls = options.tls ?? options.startTLS else { return accept }
    let (contexts, isLater) = (internet.contexts, options.tls == nil)
    return { remote, local in
      accept(remote, local).map { SimulatedTLS(.server(tls), isLater: isLater, around: $0, patience: Self.handshakeTimeout, contexts) }
    }
  }

  /// Dials, and with TLS from the first byte on is not done before that stands.
  private func beginSecured(
    _ remote: Endpoint, _ options: DialOptions, _ isBackground: Bool, _ makeEnd: @escaping @Sendable () -> any StreamEnd, _ done: @escaping SimulatedTLS.Done
  ) {
    guard let tls = options.tls ?? options.startTLS else { return begin(remote, options, isBackground, makeEnd, done) }
    let (contexts, isLater) = (internet.contexts, options.tls == nil)
    begin(remote, options, isBackground) {
      SimulatedTLS(.client(tls), isLater: isLater, around: makeEnd(), patience: options.timeout, contexts, done: isLater ? nil : done)
    } _: { result in
      if case .success = result, !isLater { return }
      done(result)
    }
  }

  // MARK: Addresses and port numbers

  /// The endpoint itself if it is this host's and free; with port 0 a free one drawn at random.
  private func free(_ wanted: Endpoint, _ isTaken: (Endpoint) -> Bool) throws(NetworkError) -> Endpoint {
    guard isHere(wanted.address) || Self.isAny(wanted.address) else { throw .addressNotHere(wanted) }
    if wanted.port != 0 {
      let rivals = Self.isAny(wanted.address) ? addresses + [.loopback, .loopback6, wanted.address] : [wanted.address, Self.any(like: wanted.address)]
      for address in rivals where Self.isSameFamily(address, wanted.address) && isTaken(Endpoint(address, wanted.port)) {
        throw .addressInUse(wanted)
      }
      return wanted
    }
    guard let port = drawPort({ port in isTaken(Endpoint(wanted.address, port)) || isTaken(Endpoint(Self.any(like: wanted.address), port)) }) else {
      throw .addressInUse(wanted)
    }
    return Endpoint(wanted.address, port)
  }

  /// RFC 6335 §6: the dynamic ports. RFC 6056: drawn, not counted up.
  private func drawPort(_ isTaken: (UInt16) -> Bool) -> UInt16? {
    let dynamic = UInt16(49_152)...UInt16.max
    let first = UInt16.random(in: dynamic, using: &chance)
    return (0..<dynamic.count).lazy.map { dynamic.lowerBound + (first - dynamic.lowerBound &+ UInt16(truncatingIfNeeded: $0)) % UInt16(dynamic.count) }
      .first { !isTaken($0) }
  }

  private func isHere(_ address: Address) -> Bool { address.isLoopback || addresses.contains(address) }

  static func isAny(_ address: Address) -> Bool { address == .any || address == .v6(0, 0) }

  private static func any(like address: Address) -> Address {
    switch address {
    case .v4: .any
    case .v6: .v6(0, 0)
    }
  }

  private static func isSameFamily(_ one: Address, _ other: Address) -> Bool { any(like: one) == any(like: other) }

  /// The address this host speaks from when it speaks to `remote`; nil: it has none of that family.
  func source(towards remote: Address) -> Address? {
    remote.isLoopback ? remote : addresses.first { Self.isSameFamily($0, remote) }
  }

  // MARK: Dialling

  private func begin(
    _ remote: Endpoint, _ options: DialOptions, _ isBackground: Bool, _ makeEnd: @escaping @Sendable () -> any StreamEnd,
    _ done: @escaping @Sendable (Result<Void, NetworkError>) -> Void
  ) {
    if let from = options.from, !isHere(from) { return done(.failure(.addressNotHere(Endpoint(from, 0)))) }
    guard let address = options.from ?? source(towards: remote.address), internet.host(at: remote.address, from: self) != nil else {
      return done(.failure(.unreachable(remote)))
    }
    let isTaken = { [self] (port: UInt16) in connections[Pair(local: Endpoint(address, port), remote: remote)] != nil }
    guard let port = drawPort(isTaken) else { return done(.failure(.addressInUse(Endpoint(address, 0)))) }
    let connection = SimulatedConnection(
      local: Endpoint(address, port), remote: remote, host: self, role: .dialling(makeEnd: makeEnd, done: done),
      patience: internet.now + options.timeout, outgoingBytesMax: ListenLimits().outgoingBytesMax, isBackground: isBackground)
    connections[Pair(local: connection.local, remote: remote)] = connection
    connection.start()
  }

  // MARK: Packets

  /// Puts `filters` in the place of those before.
  public func setFilters(_ filters: [PacketFilter]) { internet.locked { self.filters = filters } }

  /// Sends a datagram that claims to come from `source`, whoever that is. `isStopped`: its net finds out, and lets it go no further.
  public func forge(_ bytes: Buffer, from source: Endpoint, to destination: Endpoint, isStopped: Bool = false) {
    internet.locked {
      let packet = Packet(source: source, destination: destination, content: .datagram(bytes))
      if isStopped { internet.note(packet, lostBecause: "its source is no address of this net") } else { internet.send(packet, from: self) }
    }
  }

  /// A packet has come over the links to this host.
  func arrived(_ packet: Packet) {
    if filters.contains(where: { $0.stops(packet) }) { return internet.note(packet, lostBecause: "the packet filter of \(name) stops it") }
    switch packet.content {
    case .datagram(let bytes):
      guard let port = ports[packet.destination] ?? ports[Endpoint(Self.any(like: packet.destination.address), packet.destination.port)] else {
        return internet.note(packet, lostBecause: "nobody listens there")
      }
      port.arrived(bytes, from: packet.source)
    case .segment(let segment):
      arrived(segment, at: packet.destination, from: packet.source)
    }
  }

  private func arrived(_ segment: Segment, at local: Endpoint, from remote: Endpoint) {
    let pair = Pair(local: local, remote: remote)
    if let connection = connections[pair] { return connection.arrived(segment) }
    if segment.isReset { return }
    let listener = listeners[local] ?? listeners[Endpoint(Self.any(like: local.address), local.port)]
    guard segment.isSYN, segment.acknowledgement == nil, let listener, listener.admits(remote.address) else {
      // RFC 9293 §3.10.7.1: what belongs to no connection is answered by a reset.
      var reset = Segment(sequence: segment.acknowledgement ?? 0, acknowledgement: segment.sequence + segment.length)
      reset.isReset = true
      internet.send(Packet(source: local, destination: remote, content: .segment(reset)), from: self)
      return
    }
    let connection = SimulatedConnection(
      local: local, remote: remote, host: self, role: .accepting(listener), patience: internet.now + .seconds(60),
      outgoingBytesMax: listener.limits.outgoingBytesMax, isBackground: listener.isBackground)
    listener.began(connection)
    connections[pair] = connection
    connection.arrived(segment)
  }

  /// The connection is gone; a late packet for it is answered by a reset.
  func forget(_ connection: SimulatedConnection) { connections[Pair(local: connection.local, remote: connection.remote)] = nil }

  func forget(_ listener: SimulatedListener) { listeners[listener.endpoint] = nil }

  func forget(_ port: SimulatedPort) { ports[port.endpoint] = nil }
}
