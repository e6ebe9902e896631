// One direction of a link in time: when what is sent now will arrive. Pure: time and chance are arguments.
// Read next: ShapedNetwork.swift, which makes real connections wait for it.
import World

/// What became of a datagram on its way.
enum DatagramFate: Equatable {
  /// Arrives at each of these times (two: it was duplicated).
  case arrives([Instant])
  /// Why it does not.
  case lost(String)
}

/// The transmitter of a link: one packet after the other.
struct LinkLane {
  /// When the last packet accepted will have been put on the wire.
  private var busyUntil = Instant(nanoseconds: .min)
  /// Streams stay in order: nothing arrives before this.
  private var lastArrival = Instant(nanoseconds: .min)

  /// Headers below a datagram's and a segment's bytes. Unit: bytes.
  private static let datagramOverhead = 28
  private static let segmentOverhead = 40

  /// When a piece of a stream, sent at `now`, has arrived whole.
  mutating func arrival(ofStreamBytes bytes: Int, over link: Link, at now: Instant, using random: inout SeededRandom) -> Instant {
    let segmentBytes = max(64, link.mtu - Self.segmentOverhead)
    let segments = max(1, (bytes + segmentBytes - 1) / segmentBytes)
    busyUntil = max(now, busyUntil) + link.transmissionTime(of: bytes + segments * Self.segmentOverhead)
    var arrival = busyUntil + delay(of: link, using: &random)
    if link.loss > 0 {
      // A lost segment comes one round trip later; a lost repetition, one more.
      let repetition = link.delay * 2 + .milliseconds(1)
      var lost = 0
      for _ in 0..<min(segments, 64) {
        while lost < 16, Double.random(in: 0..<1, using: &random) < link.loss { lost += 1 }
      }
      arrival = arrival + repetition * lost
    }
    lastArrival = max(arrival, lastArrival)
    return lastArrival
  }

  /// What becomes of a datagram sent at `now`.
  mutating func fate(ofDatagramBytes bytes: Int, over link: Link, at now: Instant, using random: inout SeededRandom) -> DatagramFate {
    let size = bytes + Self.datagramOverhead
    if link.isDown { return .lost("the link is down") }
    if size > link.mtu { return .lost("larger than the link's packets") }
    if link.loss > 0, Double.random(in: 0..<1, using: &random) < link.loss { return .lost("lost by the link") }
    let start = max(now, busyUntil)
    if let bandwidth = link.bandwidth {
      let waiting = Double(now.duration(to: start) / .nanoseconds(1)) / 1e9 * Double(bandwidth) / 8
      if waiting + Double(size) > Double(link.queueBytesMax) { return .lost("the link's queue is full") }
    }
    busyUntil = start + link.transmissionTime(of: size)
    var arrival = busyUntil + delay(of: link, using: &random)
    if link.reorder > 0, Double.random(in: 0..<1, using: &random) < link.reorder {
      // Late enough for the packets right behind it to pass.
      arrival = arrival + link.delay + link.jitter + .milliseconds(5)
    }
    if link.duplicate > 0, Double.random(in: 0..<1, using: &random) < link.duplicate {
      return .arrives([arrival, busyUntil + delay(of: link, using: &random)])
    }
    return .arrives([arrival])
  }

  private func delay(of link: Link, using random: inout SeededRandom) -> Duration {
    guard link.jitter > .zero else { return link.delay }
    return max(.zero, link.delay + link.jitter * Double.random(in: -1...1, using: &random))
  }
}

/// Things on their way, in the order they arrive.
struct InFlight<Thing> {
  private var queue: [(arrival: Instant, thing: Thing)] = []
  private var first = 0

  var isEmpty: Bool { first == queue.count }
  var next: Instant? { first < queue.count ? queue[first].arrival : nil }

  mutating func add(_ thing: Thing, arriving arrival: Instant) {
    var index = queue.count
    while index > first, queue[index - 1].arrival > arrival { index -= 1 }
    queue.insert((arrival, thing), at: index)
  }

  /// The first thing that has arrived by `now`.
  mutating func take(at now: Instant) -> Thing? {
    guard first < queue.count, queue[first].arrival <= now else { return nil }
    let thing = queue[first].thing
    first += 1
    if first == queue.count || first > 256 {
      queue.removeFirst(first)
      first = 0
    }
    return thing
  }
}
