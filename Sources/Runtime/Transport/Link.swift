// What a link does to what passes over it: a value that the simulator and the shaped network both obey.
// Not here: the obeying itself (SimulatedTransport for virtual links, ShapedNetwork.swift for real sockets).

/// The properties of one direction of a link.
public struct Link: Sendable, Hashable, Codable {
  /// How long a packet is under way, without its own transmission time.
  public var delay: Duration
  /// Added to or taken from `delay`, evenly spread, anew for each packet. Streams stay in order.
  public var jitter: Duration
  /// The share of packets that never arrive, 0...1. A stream feels each loss as a retransmission's wait.
  public var loss: Double
  /// Unit: bits per second. Nil: without bound.
  public var bandwidth: Int?
  /// Most bytes that wait for their turn to be transmitted.
  ///
  /// Unit: bytes. Past it: datagrams are dropped, streams are held back.
  public var queueBytesMax: Int
  /// The share of datagrams that are overtaken by later ones, 0...1.
  public var reorder: Double
  /// The share of datagrams that arrive twice, 0...1.
  public var duplicate: Double
  /// Largest packet, with its network and transport headers. Unit: bytes. Past it: a datagram is dropped.
  public var mtu: Int
  /// Cut: nothing passes.
  public var isDown: Bool

  public init(
    delay: Duration = .zero, jitter: Duration = .zero, loss: Double = 0, bandwidth: Int? = nil, queueBytesMax: Int = 262_144,
    reorder: Double = 0, duplicate: Double = 0, mtu: Int = 1_500, isDown: Bool = false
  ) {
    self.delay = delay
    self.jitter = jitter
    self.loss = loss
    self.bandwidth = bandwidth
    self.queueBytesMax = queueBytesMax
    self.reorder = reorder
    self.duplicate = duplicate
    self.mtu = mtu
    self.isDown = isDown
  }

  /// Whether nothing at all passes.
  public var isCut: Bool { isDown || loss >= 1 }

  /// No delay, no loss, no bound on speed.
  public static let perfect = Link()

  /// How long `bytes` take to be put on the wire at this bandwidth.
  public func transmissionTime(of bytes: Int) -> Duration {
    guard let bandwidth, bandwidth > 0 else { return .zero }
    let nanoseconds = Double(bytes) * 8 * 1_000_000_000 / Double(bandwidth)
    return .nanoseconds(Int64(min(nanoseconds, 9e18)))
  }
}
