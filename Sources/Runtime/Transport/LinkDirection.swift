// One direction of a link at work: its queue, its losses, its delays. Pure: time, chance and the link's properties are arguments.
// The simulator asks it about each packet, the shaped network about each datagram and each piece of a stream.
// Read next: Link.swift for the properties themselves.
public import World

/// The transmitter of a link: one packet after the other.
public struct LinkDirection: Sendable {
  /// What became of a packet.
  public enum Fate: Sendable, Equatable {
    /// It arrives at these times: one, or two when the link duplicated it.
    case arrives([Instant], remark: String?)
    case lost(because: String)
  }

  /// When the last packet accepted will have been put on the wire.
  private var busyUntil = Instant(nanoseconds: .min)
  /// Packets that are not reordered arrive in order; this is when the last of them does.
  private var lastArrival = Instant(nanoseconds: .min)

  public init() {}

  /// A packet of `size` bytes, its headers included, enters `link` at `now`.
  public mutating func carry(_ size: Int, over link: Link, at now: Instant, using chance: inout SeededRandom) -> Fate {
    if link.isDown { return .lost(because: "the link is down") }
    if size > link.mtu { return .lost(because: "\(size) bytes, and the link carries \(link.mtu)") }
    var departure = now
    if let bandwidth = link.bandwidth, bandwidth > 0 {
      let start = max(now, busyUntil)
      let queued = Self.seconds(now.duration(to: start)) * Double(bandwidth) / 8
      if queued > 0, queued + Double(size) > Double(link.queueBytesMax) { return .lost(because: "the link's queue is full") }
      busyUntil = start + link.transmissionTime(of: size)
      departure = busyUntil
    }
    if Self.draw(link.loss, &chance) { return .lost(because: "lost on the link") }
    var arrival = departure + Self.delay(of: link, &chance)
    var remark: String?
    if Self.draw(link.reorder, &chance) {
      // Late enough that packets sent within half a delay overtake it.
      arrival = max(arrival, lastArrival) + max(link.delay, .milliseconds(1)) * Double.random(in: 0.5...1.5, using: &chance)
      remark = "held back"
    } else {
      arrival = max(arrival, lastArrival)
      lastArrival = arrival
    }
    guard Self.draw(link.duplicate, &chance) else { return .arrives([arrival], remark: remark) }
    return .arrives([arrival, arrival + max(link.delay, .milliseconds(1)) * 0.5], remark: "duplicated")
  }

  /// Headers below a segment's bytes. Unit: bytes.
  private static let segmentOverhead = 40

  /// When a piece of a real stream, sent at `now`, has arrived whole: its segments and their repetitions are the system's, so losses are only
  /// waited for.
  mutating func arrival(ofStreamBytes bytes: Int, over link: Link, at now: Instant, using chance: inout SeededRandom) -> Instant {
    let segmentBytes = max(64, link.mtu - Self.segmentOverhead)
    let segments = max(1, (bytes + segmentBytes - 1) / segmentBytes)
    busyUntil = max(now, busyUntil) + link.transmissionTime(of: bytes + segments * Self.segmentOverhead)
    var arrival = busyUntil + Self.delay(of: link, &chance)
    if link.loss > 0 {
      // A lost segment comes one round trip later; a lost repetition, one more.
      let repetition = link.delay * 2 + .milliseconds(1)
      var lost = 0
      for _ in 0..<min(segments, 64) {
        while lost < 16, Self.draw(link.loss, &chance) { lost += 1 }
      }
      arrival = arrival + repetition * lost
    }
    lastArrival = max(arrival, lastArrival)
    return lastArrival
  }

  private static func delay(of link: Link, _ chance: inout SeededRandom) -> Duration {
    guard link.jitter > .zero else { return link.delay }
    return max(.zero, link.delay + link.jitter * Double.random(in: -1...1, using: &chance))
  }

  /// Draws only where there is something to decide, so that a perfect link uses no chance.
  private static func draw(_ share: Double, _ chance: inout SeededRandom) -> Bool { share > 0 && Double.random(in: 0..<1, using: &chance) < share }

  private static func seconds(_ duration: Duration) -> Double {
    Double(duration.components.seconds) + Double(duration.components.attoseconds) / 1e18
  }
}
