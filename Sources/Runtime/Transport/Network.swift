// The ports to the network: listen, dial, bind. Two things fill them: real sockets (Transport/Sockets) and virtual links
// (SimulatedTransport). Servers and clients are written against these ports only, and run unchanged on both.
// Read next: ConversationDriver.swift (what runs a stream conversation), DatagramDriver.swift (what runs a datagram conversation).
public import Bytes
public import Trace
public import World

/// A host's access to a network.
public protocol Network: Sendable {
  var clock: any WorldClock { get }

  /// Accepts connections at `endpoint` (port 0: any free port) until the listener is closed. `accept` makes the end that speaks for each
  /// connection, on that connection's loop, or returns nil to refuse it.
  func listen(
    at endpoint: Endpoint, options: ListenOptions, accept: @escaping @Sendable (_ remote: Endpoint, _ local: Endpoint) -> (any StreamEnd)?
  ) async throws(NetworkError) -> any Listener

  /// Connects to `endpoint` and hands the connection to the end that `makeEnd` makes (on the connection's loop). Returns when the
  /// connection, and TLS if asked for, is established.
  func dial(_ endpoint: Endpoint, options: DialOptions, makeEnd: @escaping @Sendable () -> any StreamEnd) async throws(NetworkError)

  /// Opens a datagram port at `endpoint` (port 0: a random free port).
  func bind(_ endpoint: Endpoint, options: BindOptions, makeEnd: @escaping @Sendable () -> any DatagramEnd) async throws(NetworkError)
    -> any Listener

  /// The same for work that only keeps house: listening for others, refreshing tables, asking whether somebody is still there. On real sockets nothing
  /// differs; a simulation does not go on for its deadlines and waits alone.
  var background: any Network { get }

  /// Runs `work` as a task of this network: on real sockets an ordinary task, in the simulator on its seeded executor.
  func start(_ work: @escaping @Sendable () async -> Void)
  /// The same, when called on a loop, as a task that stays there: what it awaits from that loop's connections costs no change of threads. For work
  /// that neither computes for long nor waits for a disk.
  func startOnLoop(_ work: @escaping @Sendable () async -> Void)
}

extension Network {
  public var background: any Network { self }
  public func startOnLoop(_ work: @escaping @Sendable () async -> Void) { start(work) }
}

/// Something that listens: a server socket or a datagram port.
public protocol Listener: Sendable {
  /// Where it really listens.
  var endpoint: Endpoint { get }
  /// Stops accepting. Open connections are told (`StreamEnd.retired`) and get until `grace` is over to finish, then are closed.
  func close(grace: Duration) async
  /// How much it carries.
  var load: ListenerLoad { get }
}

extension Listener {
  public var load: ListenerLoad { ListenerLoad(open: 0, refused: 0) }
}

/// What a listener carries now, and what it turned away.
public struct ListenerLoad: Sendable, Hashable {
  /// Unit: connections.
  public var open: Int
  /// Turned away because of the limits since the listener began. Unit: connections.
  public var refused: Int

  public init(open: Int, refused: Int) {
    self.open = open
    self.refused = refused
  }
}

/// How to listen.
public struct ListenOptions: Sendable {
  /// Inside TLS with these certificates; nil: in the clear.
  public var tls: TLSServerOptions?
  /// In the clear until the conversation orders `startTLS`, then inside TLS with these certificates; nil: that order cannot be obeyed.
  public var startTLS: TLSServerOptions?
  public var limits: ListenLimits
  /// One listening socket per loop (SO_REUSEPORT), for servers of many short connections.
  public var isSharded: Bool
  /// Whether bytes that the peer calls urgent come in their place among the others; otherwise they are lost. Telnet's way to interrupt.
  // RFC 9293 §3.8.5
  public var keepsUrgentBytes = false
  /// The descriptor of a socket that somebody bound before (the parent process, a service manager); nil: a new one is bound.
  public var boundSocket: Int32?

  public init(
    tls: TLSServerOptions? = nil, startTLS: TLSServerOptions? = nil, limits: ListenLimits = ListenLimits(), isSharded: Bool = false,
    boundSocket: Int32? = nil
  ) {
    self.tls = tls
    self.startTLS = startTLS
    self.limits = limits
    self.isSharded = isSharded
    self.boundSocket = boundSocket
  }
}

/// How many connections a listener holds.
public struct ListenLimits: Sendable, Hashable {
  /// Most open connections of one listener.
  ///
  /// Unit: connections. Past it: the new connection is closed at once, and counted.
  public var connectionsMax: Int
  /// Most open connections from one peer address.
  ///
  /// Unit: connections. Past it: the new connection is closed at once, and counted. A sixteenth of `connectionsMax` unless told otherwise: more
  /// than the people behind one shared address need, and sixteen such addresses before anybody else is kept out.
  public var connectionsPerAddressMax: Int
  /// Longest queue of connections the kernel holds for us. Unit: connections. Past it: the kernel ignores SYNs.
  public var backlogMax: Int
  /// When the outgoing queue of one connection counts as congested. Unit: bytes. Past it: the conversation is told.
  public var outgoingBytesMax: Int

  public init(connectionsMax: Int = 16_384, connectionsPerAddressMax: Int = 1_024, backlogMax: Int = 4_096, outgoingBytesMax: Int = 262_144) {
    self.connectionsMax = connectionsMax
    self.connectionsPerAddressMax = connectionsPerAddressMax
    self.backlogMax = backlogMax
    self.outgoingBytesMax = outgoingBytesMax
  }
}

/// How to dial.
public struct DialOptions: Sendable {
  /// The address to call from; nil: the system chooses.
  public var from: Address?
  /// Give up after this long (connecting and TLS handshake together).
  public var timeout: Duration
  /// Inside TLS; nil: in the clear.
  public var tls: TLSClientOptions?
  /// In the clear until the conversation orders `startTLS`, then inside TLS; nil: that order cannot be obeyed.
  public var startTLS: TLSClientOptions?

  public init(from: Address? = nil, timeout: Duration = .seconds(10), tls: TLSClientOptions? = nil, startTLS: TLSClientOptions? = nil) {
    self.from = from
    self.timeout = timeout
    self.tls = tls
    self.startTLS = startTLS
  }
}

/// How to bind a datagram port.
public struct BindOptions: Sendable {
  /// Only datagrams from here are taken; nil: from anywhere.
  public var peer: Endpoint?
  /// What is to be expected. On real sockets `.bulk` gives the port a thread of its own, and many datagrams one system call.
  public var traffic: DatagramTraffic

  public init(peer: Endpoint? = nil, traffic: DatagramTraffic = .questions) {
    self.peer = peer
    self.traffic = traffic
  }
}

/// What a datagram port is for.
public enum DatagramTraffic: Sendable, Hashable {
  /// Questions and answers.
  case questions
  /// Streams of data, as uTP carries them.
  case bulk
}

/// How a datagram may travel.
public enum DatagramPassage: Sendable, Hashable {
  /// In fragments, where the path asks for it.
  case inParts
  /// Whole or not at all: to find out how large a datagram passes.
  case whole
}

/// Why a network operation failed.
public enum NetworkError: Error, Hashable, Sendable, CustomStringConvertible {
  case addressInUse(Endpoint)
  case addressNotHere(Endpoint)
  case permissionDenied(Endpoint)
  case refused(Endpoint)
  case timedOut(Endpoint)
  case unreachable(Endpoint)
  /// The handshake failed: why, in a sentence.
  case tls(Endpoint, String)
  case other(Endpoint, String)

  public var description: String {
    switch self {
    case .addressInUse(let endpoint): "\(endpoint) is in use by another program"
    case .addressNotHere(let endpoint): "\(endpoint.address) is not an address of this machine"
    case .permissionDenied(let endpoint): "no permission to listen at \(endpoint)"
    case .refused(let endpoint): "\(endpoint) refused the connection"
    case .timedOut(let endpoint): "no answer from \(endpoint) in time"
    case .unreachable(let endpoint): "no route to \(endpoint)"
    case .tls(let endpoint, let why): "TLS with \(endpoint) failed: \(why)"
    case .other(let endpoint, let why): "\(endpoint): \(why)"
    }
  }
}

/// The carrier's face towards the end that speaks on it. Called on the connection's own loop only, except `onLoop`.
public protocol Carrier: AnyObject {
  var now: Instant { get }
  var local: Endpoint { get }
  var remote: Endpoint { get }
  /// What carries the bytes, for the trace.
  var carriage: ConversationInfo.Carriage { get }
  var isEncrypted: Bool { get }
  /// What ALPN agreed on; nil: nothing.
  var negotiatedProtocol: String? { get }
  /// Whether the peer's end, once told, may have cut short what it said: TLS without its farewell.
  var wasCutShort: Bool { get }
  /// Queues bytes; they leave at the next `flush`.
  func send(_ bytes: Buffer)
  /// Queues a stretch of a file: sendfile in the clear, read in pieces inside TLS.
  func send(_ file: FileSlice)
  func flush()
  /// Whether to read from the peer. Not reading is felt by the peer as backpressure.
  func setReading(_ isOn: Bool)
  func close(_ how: Closing)
  /// Whether `startTLS` can be obeyed: it was provided for, and nothing is inside TLS yet.
  var canStartTLS: Bool { get }
  /// Lets what is queued leave in the clear, then begins TLS. The end is told by `secured`, or by `closed` when it fails. Bytes that came in the
  /// clear behind what led here end the connection.
  func startTLS()
  /// Runs `work` on this connection's loop, soon. From any thread.
  func onLoop(_ work: @escaping @Sendable () -> Void)
}

extension Carrier {
  public var carriage: ConversationInfo.Carriage { .tcp }
  public var negotiatedProtocol: String? { nil }
  public var wasCutShort: Bool { false }
  public var canStartTLS: Bool { false }
  public func startTLS() { close(.now) }
}

/// What speaks on a connection, seen from the carrier: a `ConversationDriver`. Called on the connection's own loop only, and never from
/// inside a call of its own to the carrier.
public protocol StreamEnd: AnyObject {
  /// The connection has come; inside TLS the handshake is still ahead. A recording begins here, so that it has the whole handshake.
  func attached(to carrier: any Carrier)
  /// The connection is established.
  func opened(on carrier: any Carrier)
  func received(_ bytes: Buffer)
  /// The peer will send nothing more.
  func peerClosed()
  func deadlineReached()
  /// TLS, begun by `Carrier.startTLS`, stands.
  func secured()
  /// The outgoing queue passed its bound, or has room again.
  func congested(_ isCongested: Bool)
  /// The listener that took the connection in is closing.
  func retired()
  /// The connection is gone; nothing is called after this.
  func closed(because reason: String)
  /// Read after each call: when to call `deadlineReached`.
  var deadline: Instant? { get }
  /// Ciphertext that passed, for the trace (TLS only).
  func wire(_ bytes: Buffer, sent: Bool)
  /// Whether `wire` is wanted.
  var wantsWire: Bool { get }
}

extension StreamEnd {
  public func attached(to carrier: any Carrier) {}
  public func secured() {}
  public func retired() {}
}

/// A datagram port's face towards its end. Called on the port's own loop only, except `onLoop`.
public protocol DatagramCarrier: AnyObject {
  var now: Instant { get }
  var local: Endpoint { get }
  /// Where datagrams to `remote` come from: `local`, or at a port bound to any address the one the network chooses.
  func local(towards remote: Endpoint) -> Endpoint
  /// Queues a datagram; it leaves at the next `flush`.
  func send(_ bytes: Buffer, to remote: Endpoint)
  /// The same for a datagram in two pieces, so that who sends many need not join them.
  func send(_ head: Buffer, _ body: Buffer, to remote: Endpoint, _ passage: DatagramPassage)
  func flush()
  func close()
  func onLoop(_ work: @escaping @Sendable () -> Void)
}

/// What speaks at a datagram port: a `DatagramDriver`.
public protocol DatagramEnd: AnyObject {
  func opened(on carrier: any DatagramCarrier)
  func received(_ bytes: Buffer, from remote: Endpoint)
  /// All datagrams that were there have been handed in: who answers many at once does it now.
  func settled()
  func deadlineReached()
  func closed()
  var deadline: Instant? { get }
}

extension DatagramCarrier {
  public func local(towards remote: Endpoint) -> Endpoint { local }

  public func send(_ head: Buffer, _ body: Buffer, to remote: Endpoint, _ passage: DatagramPassage) {
    var whole = Buffer(capacity: head.count + body.count)
    whole.append(head)
    whole.append(body)
    send(whole, to: remote)
  }
}

extension DatagramEnd {
  public func settled() {}
}
