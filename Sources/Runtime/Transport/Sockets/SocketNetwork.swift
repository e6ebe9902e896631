// The network ports on real sockets: event loops shared by all hosts of the process, listening, dialling, datagrams.
// Not here: what happens on a connection (SocketCarrier.swift) or a datagram port (SocketDatagramPort.swift).
import CNetsteadSystem
import Glibc
import NIOCore
import NIOPosix
import Synchronization
public import World

/// Real sockets.
public final class SocketNetwork: Network {
  private let group: MultiThreadedEventLoopGroup
  private let loops: [SocketLoop]
  private let loopsByIdentity: [ObjectIdentifier: SocketLoop]
  private let limits: StreamLimits
  private let contexts = TLSContexts()
  private let realClock: SystemClock
  /// What is open, to be closed before the loops end.
  private let listeners = Mutex<[ObjectIdentifier: SocketListener]>([:])
  /// Datagram ports with threads of their own.
  private let bulkPorts = Mutex<[BulkDatagramPort]>([])

  /// A network with `loops` threads of its own; nil: as many as there are cores.
  public init(loops count: Int? = nil, limits: StreamLimits = StreamLimits(), clock: SystemClock = SystemClock()) {
    group = MultiThreadedEventLoopGroup(numberOfThreads: max(1, count ?? System.coreCount))
    loops = group.makeIterator().map { SocketLoop($0, clock: clock) }
    loopsByIdentity = Dictionary(uniqueKeysWithValues: loops.map { (ObjectIdentifier($0.eventLoop), $0) })
    self.limits = limits
    realClock = clock
  }

  public var clock: any WorldClock { realClock }

  /// How many event loops there are. Unit: threads.
  public var loopCount: Int { loops.count }

  public func start(_ work: @escaping @Sendable () async -> Void) { Task { await work() } }

  public func startOnLoop(_ work: @escaping @Sendable () async -> Void) {
    guard let here = MultiThreadedEventLoopGroup.currentEventLoop, let loop = loopsByIdentity[ObjectIdentifier(here)] else { return start(work) }
    Task(executorPreference: loop.executor) { await work() }
  }

  /// Lets this process hold as many connections as the system permits it. Returns how many descriptors that are.
  @discardableResult
  public static func allowManyConnections() -> Int {
    var limit = rlimit()
    let files = __rlimit_resource_t(RLIMIT_NOFILE.rawValue)
    guard getrlimit(files, &limit) == 0 else { return 0 }
    limit.rlim_cur = limit.rlim_max
    setrlimit(files, &limit)
    getrlimit(files, &limit)
    return Int(clamping: limit.rlim_cur)
  }

  /// Whether the loops have ended, or are about to.
  private let isOver = Mutex(false)

  /// Hands something to a loop, unless the network is over: a loop that has ended would never answer.
  private func begin<Begun>(_ endpoint: Endpoint, _ work: () -> Begun) throws(NetworkError) -> Begun {
    let begun = isOver.withLock { $0 ? nil : work() }
    guard let begun else { throw .other(endpoint, "this network has been shut down") }
    return begun
  }

  /// Ends all threads. Everything open is closed, and nothing is begun any more.
  public func shutDown() async {
    isOver.withLock { $0 = true }
    for listener in listeners.withLock({ Array($0.values) }) { await listener.close(grace: .zero) }
    for port in bulkPorts.withLock({ $0 }) { await port.close(grace: .zero) }
    for loop in loops { loop.executor.end() }
    try? await group.shutdownGracefully()
  }

  private func listener(at endpoint: Endpoint, _ channels: [any Channel], _ ledger: ConnectionLedger?) -> SocketListener {
    let made = SocketListener(at: endpoint, channels: channels, ledger: ledger) { [weak self] closed in
      self?.listeners.withLock { $0[ObjectIdentifier(closed)] = nil }
    }
    listeners.withLock { $0[ObjectIdentifier(made)] = made }
    return made
  }

  // MARK: Listening

  public func listen(
    at endpoint: Endpoint, options: ListenOptions, accept: @escaping @Sendable (_ remote: Endpoint, _ local: Endpoint) -> (any StreamEnd)?
  ) async throws(NetworkError) -> any Listener {
    let ledger = ConnectionLedger(limits: options.limits)
    var channels: [any Channel] = []
    var actual = endpoint
    do {
      // A mistake in the options is told now; later the context is looked up anew, since identities may be renewed while we listen.
      for tls in [options.tls, options.startTLS].compactMap({ $0 }) { _ = try contexts.server(tls) }
      let initialize: @Sendable (any Channel) throws -> Void = { channel in
        try self.configure(channel, outgoingBytesMax: options.limits.outgoingBytesMax)
        if options.keepsUrgentBytes { try channel.syncOptions?.setOption(.socketOption(.urgentInline), value: 1) }
        let carrier = SocketCarrier(
          loop: self.loop(of: channel), limits: self.limits, ledger: ledger, isEncrypted: options.tls != nil,
          patience: self.limits.handshakeTimeout,
          tlsInstaller: options.startTLS.map { tls in { try startTLS(server: self.contexts.server(tls), under: $0, in: $1) } }, makeEnd: accept)
        if let tls = options.tls {
          try installTLS(server: self.contexts.server(tls), under: carrier, in: channel)
        } else {
          try channel.pipeline.syncOperations.addHandler(carrier)
        }
      }
      for index in 0..<(options.isSharded && options.boundSocket == nil ? loops.count : 1) {
        let parent: any EventLoopGroup = options.isSharded ? loops[index].eventLoop : group
        let bootstrap = serverBootstrap(parent, endpoint, options, joins: index > 0)
          .childChannelInitializer { channel in channel.eventLoop.makeCompletedFuture { try initialize(channel) } }
        let bound = try begin(endpoint) { options.boundSocket.map { bootstrap.withBoundSocket($0) } ?? bootstrap.bind(to: SocketAddress(actual)) }
        let channel = try await bound.get()
        channels.append(channel)
        // The first socket shares its port only once it has it: thus a port that another program has is found to be in use.
        if options.isSharded, index == 0 { try await channel.setOption(.socketOption(.reusePort), value: 1).get() }
        actual = Endpoint(channel.localAddress) ?? actual
      }
    } catch {
      for channel in channels { try? await channel.close().get() }
      throw NetworkError(error, at: endpoint)
    }
    return listener(at: actual, channels, ledger)
  }

  private func serverBootstrap(_ parent: any EventLoopGroup, _ endpoint: Endpoint, _ options: ListenOptions, joins: Bool) -> ServerBootstrap {
    var bootstrap = ServerBootstrap(group: parent, childGroup: parent)
      .serverChannelInitializer { channel in
        channel.eventLoop.makeCompletedFuture { try channel.pipeline.syncOperations.addHandler(AcceptPause()) }
      }
      .serverChannelOption(.backlog, value: Int32(clamping: options.limits.backlogMax))
      .serverChannelOption(.maxMessagesPerRead, value: 32)
      .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
    if joins { bootstrap = bootstrap.serverChannelOption(.socketOption(.reusePort), value: 1) }
    if endpoint.address.isV6 { bootstrap = bootstrap.serverChannelOption(ChannelOptions.Types.SocketOption(level: .ipv6, name: .ipv6_v6only), value: 1) }
    return bootstrap
  }

  private func configure(_ channel: any Channel, outgoingBytesMax: Int) throws {
    guard let options = channel.syncOptions else { return }
    try options.setOption(.autoRead, value: false)
    try options.setOption(.allowRemoteHalfClosure, value: true)
    try options.setOption(.maxMessagesPerRead, value: 16)
    // Small at rest, so that ten thousand idle connections are cheap; grows while much comes in.
    try options.setOption(.recvAllocator, value: AdaptiveRecvByteBufferAllocator(minimum: 512, initial: 2_048, maximum: 65_536))
    let high = max(2, outgoingBytesMax)
    try options.setOption(.writeBufferWaterMark, value: .init(low: high / 2, high: high))
  }

  private func loop(of channel: any Channel) -> SocketLoop {
    loopsByIdentity[ObjectIdentifier(channel.eventLoop)] ?? loops[0]
  }

  // MARK: Dialling

  public func dial(_ endpoint: Endpoint, options: DialOptions, makeEnd: @escaping @Sendable () -> any StreamEnd) async throws(NetworkError) {
    // A certificate for an address is checked against the connection's own, so another one cannot be asked for.
    for tls in [options.tls, options.startTLS].compactMap({ $0 }) {
      guard !tls.acceptsAnything, let named = Address(tls.serverName), named != endpoint.address else { continue }
      throw .tls(endpoint, "a certificate for \(named) cannot be checked on a connection to \(endpoint.address)")
    }
    // Who dials on a loop is served there.
    let eventLoop = group.any()
    do {
      let context = try options.tls.map { try contexts.client($0) }
      let laterContext = try options.startTLS.map { (try contexts.client($0), $0.serverName) }
      let (connecting, established) = try begin(endpoint) {
        let established = eventLoop.makePromise(of: Void.self)
        var bootstrap = ClientBootstrap(group: eventLoop)
          .connectTimeout(.nanoseconds(Instant(nanoseconds: 0).advanced(by: options.timeout).nanoseconds))
          .channelInitializer { channel in
            channel.eventLoop.makeCompletedFuture {
              try self.configure(channel, outgoingBytesMax: ListenLimits().outgoingBytesMax)
              let carrier = SocketCarrier(
                loop: self.loop(of: channel), limits: self.limits, ledger: nil, isEncrypted: context != nil, patience: options.timeout,
                tlsInstaller: laterContext.map { context, name in { try startTLS(client: context, to: name, under: $0, in: $1) } },
                whenEstablished: { established.completeWith($0) }, makeEnd: { _, _ in makeEnd() })
              if let context, let tls = options.tls {
                try installTLS(client: context, to: tls.serverName, under: carrier, in: channel)
              } else {
                try channel.pipeline.syncOperations.addHandler(carrier)
              }
            }
          }
        if let from = options.from {
          bootstrap = bootstrap.bind(to: SocketAddress(Endpoint(from, 0)))
          // The port is chosen when the peer is known, so that one address can call more peers than it has ports.
          if !from.isV6 { bootstrap = bootstrap.channelOption(ChannelOptions.Types.SocketOption(level: .ip, name: .init(rawValue: IP_BIND_ADDRESS_NO_PORT)), value: 1) }
        }
        let connecting = bootstrap.connect(to: SocketAddress(endpoint))
        // On the loop, which may have ended by the time that we hear of it.
        connecting.cascadeFailure(to: established)
        return (connecting, established)
      }
      _ = try await connecting.get()
      try await established.futureResult.get()
    } catch {
      throw NetworkError(error, at: endpoint)
    }
  }

  // MARK: Datagrams

  public func bind(
    _ endpoint: Endpoint, options: BindOptions, makeEnd: @escaping @Sendable () -> any DatagramEnd
  ) async throws(NetworkError) -> any Listener {
    if options.traffic == .bulk, options.peer == nil {
      let port = try BulkDatagramPort(at: endpoint, clock: realClock, makeEnd: makeEnd)
      bulkPorts.withLock { ports in
        ports.removeAll { $0.isOver }
        ports.append(port)
      }
      return port
    }
    do {
      var bootstrap = DatagramBootstrap(group: group.next())
        .channelOption(.autoRead, value: false)
        .channelOption(.writeBufferWaterMark, value: .init(low: 524_288, high: 1_048_576))
        .channelOption(.recvAllocator, value: FixedSizeRecvByteBufferAllocator(capacity: DatagramBatch.bytes(for: options)))
        .channelInitializer { channel in
          channel.eventLoop.makeCompletedFuture {
            try channel.pipeline.syncOperations.addHandler(SocketDatagramPort(loop: self.loop(of: channel), options: options))
          }
        }
      if endpoint.address.isV6 { bootstrap = bootstrap.channelOption(ChannelOptions.Types.SocketOption(level: .ipv6, name: .ipv6_v6only), value: 1) }
      if options.peer == nil {
        bootstrap = bootstrap.channelOption(.datagramVectorReadMessageCount, value: DatagramBatch.messages)
          .channelOption(.socketOption(.so_rcvbuf), value: DatagramBatch.kernelBytes)
        if endpoint.address.isWildcard { bootstrap = bootstrap.channelOption(.receivePacketInfo, value: true) }
      }
      let channel = try await begin(endpoint) { bootstrap.bind(to: SocketAddress(endpoint)) }.get()
      if let peer = options.peer { try await channel.connect(to: SocketAddress(peer)).get() }
      try await channel.eventLoop.submit {
        try channel.pipeline.syncOperations.handler(type: SocketDatagramPort.self).begin(makeEnd())
      }.get()
      return listener(at: Endpoint(channel.localAddress) ?? endpoint, [channel], nil)
    } catch {
      throw NetworkError(error, at: options.peer ?? endpoint)
    }
  }
}

extension NIOBSDSocket.Option {
  fileprivate static let reusePort = NIOBSDSocket.Option(rawValue: SO_REUSEPORT)
  fileprivate static let urgentInline = NIOBSDSocket.Option(rawValue: SO_OOBINLINE)
}

/// How datagrams are read: many per system call at a server's port, one by one where one peer answers.
private enum DatagramBatch {
  static let messages = 64
  /// What we ask the kernel to hold for a server's port; it may hold less. Unit: bytes.
  static let kernelBytes: SocketOptionValue = 4 << 20
  /// Largest datagram there is. Unit: bytes.
  static let datagramBytesMax = 65_536

  /// Room for one read. Untouched pages of it cost nothing.
  static func bytes(for options: BindOptions) -> Int { options.peer == nil ? messages * datagramBytesMax : datagramBytesMax }
}
