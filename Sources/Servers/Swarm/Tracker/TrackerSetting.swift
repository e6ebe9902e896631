// What a tracker is told and what it is prepared to hold. Not here: its protocols' own bounds (BitTorrent/Tracker/TrackerLimits.swift).
package import BitTorrent
import World

/// What a tracker is told.
package struct TrackerSetting: Sendable {
  /// The only torrents it serves; nil: any.
  package var listed: Set<InfoHash>?
  /// How often a peer is to announce itself.
  package var interval = Duration.seconds(1_200)
  /// Up to this much is added to each interval, so that peers that came together do not come together again.
  package var intervalJitter = Duration.seconds(120)
  package var limits = TrackerTableLimits()
  package var protocolLimits = TrackerLimits()

  package init() {}
}

/// How much a tracker remembers.
package struct TrackerTableLimits: Sendable, Hashable {
  /// Most torrents. Unit: torrents, about 250 bytes each. Past it: one that a single peer has spoken of makes room; while there is none, announcements
  /// of others are answered without peers, and not kept.
  package var torrentsMax = 500_000
  /// Most peers of all torrents. Unit: peers, at most 40 bytes each over IPv4 and 80 over IPv6. Past it: the same, and a further one of
  /// a known torrent gets peers and is not kept.
  package var peersMax = 2_000_000
  /// Most peers of one torrent and one address family. Unit: peers. Past it: a further one gets peers and is not kept.
  package var peersPerTorrentMax = 100_000
  /// How long a peer is remembered after its last announcement. About one and a half intervals. Past it: it is forgotten.
  package var peerAgeMax = Duration.seconds(1_920)
  /// Parts of the table, each with a lock of its own. Unit: parts.
  package var parts = 16
  /// Most peers looked at to find some for one reply. Unit: peers. Past it: fewer are told.
  package var lookedAtMax = 1_000

  package init() {}
}

/// What a tracker has done and holds.
package struct TrackerStatistics: Sendable, Hashable {
  package var torrents = 0
  package var peers = 0
  package var seeders = 0
  /// Since it began, over both protocols.
  package var announcements = 0
  package var scrapes = 0
  /// Announcements that were not kept because of a bound.
  package var notKept = 0

  package init() {}

  /// A line for each.
  var text: String {
    let lines = [("torrents", torrents), ("peers", peers), ("seeders", seeders), ("announcements", announcements), ("scrapes", scrapes), ("not kept", notKept)]
    return lines.map { "\($0): \($1)\n" }.joined()
  }

  static func + (a: TrackerStatistics, b: TrackerStatistics) -> TrackerStatistics {
    var sum = a
    sum.torrents += b.torrents
    sum.peers += b.peers
    sum.seeders += b.seeders
    sum.announcements += b.announcements
    sum.scrapes += b.scrapes
    sum.notKept += b.notKept
    return sum
  }
}
