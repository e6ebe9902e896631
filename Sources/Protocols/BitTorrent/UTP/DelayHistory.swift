// What LEDBAT knows about one direction's delay: the least there ever was lately, and how much more there is now.
// Clocks of two hosts differ by an unknown constant, so only differences of delays mean anything. Read next: UTPWindow.swift.
// Not here: what follows from a delay.

/// One-way delays, by one-minute minima.
struct DelayHistory: Sendable {
  /// The minimum of each of the last minutes, newest last.
  private var minutes: [UInt32] = []
  private var minuteEnds = Int64.min
  private let minutesMax: Int
  /// The least of `minutes`; meaningless while that is empty.
  private(set) var base: UInt32 = 0
  /// The last samples: their least is the delay now, so that one late packet is no queue. RFC 6817 §2.4.2, CURRENT_FILTER.
  private var recent: InlineArray<4, UInt32> = .init(repeating: 0)
  private var recentCount = 0

  private static let minute: Int64 = 60_000_000_000

  init(minutes: Int) { minutesMax = max(1, minutes) }

  var isEmpty: Bool { minutes.isEmpty }

  /// A packet was under way for `sample` microseconds, plus what the clocks differ by.
  mutating func note(_ sample: UInt32, at now: Int64) {
    recent[recentCount & 3] = sample
    recentCount &+= 1
    if minutes.isEmpty {
      base = sample
      minutes.append(sample)
      minuteEnds = now + Self.minute
    } else if now >= minuteEnds {
      // RFC 6817 §2.4.2: a minute is over; what was least before all of them is forgotten.
      if minutes.count >= minutesMax { minutes.removeFirst() }
      minutes.append(sample)
      minuteEnds = now + Self.minute
      base = minutes.dropFirst().reduce(minutes[0]) { Self.isLess($1, $0) ? $1 : $0 }
    } else if let last = minutes.last, Self.isLess(sample, last) {
      minutes[minutes.count - 1] = sample
      if Self.isLess(sample, base) { base = sample }
    }
  }

  /// How long packets wait in queues now. Unit: microseconds.
  var queueing: Int {
    guard !minutes.isEmpty else { return 0 }
    var least = recent[0]
    for index in 1..<max(1, min(4, recentCount)) where Self.isLess(recent[index], least) { least = recent[index] }
    // A base that was moved may lie above what is measured now.
    return Self.isLess(least, base) ? 0 : Int(least &- base)
  }

  /// The clocks run apart: what counted as the least is moved with them.
  mutating func shift(by offset: UInt32) {
    for index in minutes.indices { minutes[index] &+= offset }
    base &+= offset
  }

  /// Of two points on a circle of 2^32: whether `a` lies before `b`.
  static func isLess(_ a: UInt32, _ b: UInt32) -> Bool { Int32(bitPattern: a &- b) < 0 }
}
