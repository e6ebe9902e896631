// When to tell which tracker what, as a value. Not here: telling it (Announcer.swift).
package import BitTorrent
package import World

/// A torrent's trackers and when the next one is due.
package struct AnnounceSchedule: Sendable {
  /// Shortest and longest time between two announcements, whatever the tracker says.
  package static let intervals = Duration.seconds(60)...Duration.seconds(3_600)
  /// After all trackers failed; twice as long each time, up to the longest.
  package static let pause = Duration.seconds(15)
  package static let pauseMax = Duration.seconds(1_800)

  // BEP 12: each tier is shuffled once; who answers moves to the front of its tier.
  private var tiers: [[String]]
  private var tier = 0
  private var place = 0
  private var rounds = 0
  private var nextAt: Instant
  private var isUnderWay = false
  /// What is to be said next.
  private var event = AnnounceEvent.started
  /// Everything was got while an announcement was under way.
  private var completesNext = false
  /// The trackers that know that we are there.
  package private(set) var told: [String] = []

  package init(_ tiers: [[String]], at now: Instant, using chance: inout some RandomNumberGenerator) {
    self.tiers = tiers.filter { !$0.isEmpty }.map { $0.shuffled(using: &chance) }
    nextAt = now
  }

  /// Whom to tell what now; it counts as under way.
  package mutating func due(at now: Instant) -> (url: String, event: AnnounceEvent)? {
    guard !isUnderWay, nextAt <= now, tier < tiers.count, place < tiers[tier].count else { return nil }
    isUnderWay = true
    let url = tiers[tier][place]
    // One that does not know us yet is told that we began, whatever else there is.
    return (url, told.contains(url) ? event : .started)
  }

  /// Everything that is wanted is here.
  package mutating func completed(at now: Instant) {
    guard !told.isEmpty || isUnderWay else { return }
    if isUnderWay { completesNext = true } else { (event, nextAt) = (.completed, now) }
  }

  /// The tracker answered.
  package mutating func succeeded(interval: Duration, at now: Instant) {
    isUnderWay = false
    let url = tiers[tier].remove(at: place)
    tiers[tier].insert(url, at: 0)
    if !told.contains(url) { told.append(url) }
    (tier, place, rounds) = (0, 0, 0)
    event = completesNext ? .completed : .none
    nextAt = completesNext ? now : now + max(Self.intervals.lowerBound, min(interval, Self.intervals.upperBound))
    completesNext = false
  }

  /// It did not, or said no.
  package mutating func failed(at now: Instant) {
    isUnderWay = false
    place += 1
    if place >= tiers[tier].count { (tier, place) = (tier + 1, 0) }
    guard tier >= tiers.count else { return nextAt = now }
    (tier, place) = (0, 0)
    nextAt = now + min(Self.pause * (1 << min(rounds, 16)), Self.pauseMax)
    rounds += 1
  }
}
