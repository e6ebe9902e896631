// What the settings may say about a BitTorrent tracker. Not here: how it is started (Assembly), what it does (Servers/Swarm/Tracker).
import BitTorrent
package import Settings
package import Swarm
import World

/// The settings of a tracker.
package struct TrackerServing: Sendable, Hashable {
  /// Whether any torrent is served.
  package var isOpen = false
  /// The torrents served, in forty hexadecimal digits each.
  package var torrents: [String] = []
  /// How often a peer is to announce itself.
  package var interval: Duration

  /// Reads the keys `open`, `torrents` and `interval` of a mapping.
  package init(_ reader: SettingsReader) {
    isOpen = reader.value("open", .boolean, default: isOpen)
    torrents = reader.list("torrents", .infoHash)
    interval = reader.value("interval", .duration, default: TrackerSetting().interval)
    if !(Duration.seconds(60)...Duration.seconds(86_400)).contains(interval) { reader.problem(at: "interval", "expected a time from 1m to 1d") }
    if isOpen, !torrents.isEmpty { reader.problem(at: "open", "expected either `open: yes` or `torrents`, found both") }
    if !isOpen, torrents.isEmpty, reader.place(of: "torrents") == nil { reader.problem(at: "open", "expected `open: yes` or `torrents`: nothing would be served") }
  }

  /// What the tracker is told.
  package var setting: TrackerSetting {
    var setting = TrackerSetting()
    if !isOpen { setting.listed = Set(torrents.compactMap { InfoHash(hex: $0) }) }
    setting.interval = interval
    setting.intervalJitter = interval / 10
    // About one and a half intervals, jitter included.
    setting.limits.peerAgeMax = interval * 16 / 10
    return setting
  }
}

extension SettingsForm where Value == String {
  /// What a torrent is known by.
  package static var infoHash: Self {
    Self(expected: "an info hash of forty hexadecimal digits", standIn: String(repeating: "0", count: 40)) { InfoHash(hex: $0)?.hex }
  }
}
