// How much of something may be done in a second, with a second's worth in advance. Read next: StoreNode.swift.
import World

/// So much a second.
struct Allowance: Sendable {
  private let perSecond: Int64
  private var left: Int64
  private var since: Instant?

  init(perSecond: Int) {
    self.perSecond = Int64(max(0, perSecond))
    left = self.perSecond
  }

  /// Takes `count` off what is left; false: there is not so much.
  mutating func spend(_ count: Int, at now: Instant) -> Bool {
    if let since {
      let passed = since.duration(to: now)
      // Time that gives nothing yet is not lost.
      let gained = passed >= .seconds(1) ? perSecond : perSecond * max(0, passed.components.attoseconds / 1_000_000_000) / 1_000_000_000
      if gained > 0 { (left, self.since) = (min(perSecond, left + gained), now) }
    } else {
      since = now
    }
    guard left >= Int64(count) else { return false }
    left -= Int64(count)
    return true
  }
}
