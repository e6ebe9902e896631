// One direction of a link at work: its queue, its losses, its delays. All chance comes from a generator of its own, so that traffic
// on one link never changes what another link does.
// Read next: Transport/Link.swift for the properties themselves.
import Transport
import World

/// What the link does to packets from one address to another.
struct LinkDirection {
  /// What became of a packet.
  enum Fate {
    /// It arrives at these times: one, or two when the link duplicated it.
    case arrives([Instant], remark: String?)
    case lost(because: String)
  }

  var link: Link
  private var chance: SeededRandom
  /// When the last byte queued so far will have left.
  private var busyUntil: Instant
  /// Packets that are not reordered arrive in order; this is when the last of them does.
  private var lastArrival: Instant

  init(_ link: Link, chance: SeededRandom, at now: Instant) {
    self.link = link
    self.chance = chance
    busyUntil = now
    lastArrival = now
  }

  /// A packet of `size` bytes enters at `now`.
  mutating func carry(_ size: Int, at now: Instant) -> Fate {
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
    if draw(link.loss) { return .lost(because: "lost on the link") }
    var delay = link.delay
    if link.jitter > .zero { delay += link.jitter * Double.random(in: -1...1, using: &chance) }
    var arrival = departure + max(delay, .zero)
    var remark: String?
    if draw(link.reorder) {
      // Late enough that packets sent within half a delay overtake it.
      arrival = max(arrival, lastArrival) + max(link.delay, .milliseconds(1)) * Double.random(in: 0.5...1.5, using: &chance)
      remark = "held back"
    } else {
      arrival = max(arrival, lastArrival)
      lastArrival = arrival
    }
    guard draw(link.duplicate) else { return .arrives([arrival], remark: remark) }
    return .arrives([arrival, arrival + max(link.delay, .milliseconds(1)) * 0.5], remark: "duplicated")
  }

  /// Draws only where there is something to decide, so that a perfect link uses no chance.
  private mutating func draw(_ share: Double) -> Bool { share > 0 && Double.random(in: 0..<1, using: &chance) < share }

  private static func seconds(_ duration: Duration) -> Double {
    Double(duration.components.seconds) + Double(duration.components.attoseconds) / 1e18
  }
}
