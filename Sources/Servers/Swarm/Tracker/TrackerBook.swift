// A tracker's memory and its rules, for every thread and both protocols: which torrents are served, how often peers come, whom they are told.
// Read next: PeerTable.swift (torrents and peers), TrackerResponder.swift (over UDP), TrackerPages.swift (over HTTP).
package import BitTorrent
import Synchronization
package import World

/// Everything a tracker knows.
package final class TrackerBook: Sendable {
  /// A part of the table: torrents are spread over them by their hashes.
  private final class Part: Sendable {
    let table: Mutex<PeerTable>

    init(_ table: PeerTable) { self.table = Mutex(table) }
  }

  package let setting: TrackerSetting
  private let parts: [Part]
  private let start: Int64

  /// A tracker that knows nobody. `chance` chooses whom peers are told, and must not be guessed by those who could fill the table cleverly.
  package init(_ setting: TrackerSetting, since start: Instant, chance: SeededRandom) {
    self.setting = setting
    self.start = start.secondsSince1970
    let count = max(1, setting.limits.parts)
    var share = setting.limits
    share.torrentsMax = (share.torrentsMax + count - 1) / count
    share.peersMax = (share.peersMax + count - 1) / count
    parts = (0..<count).map { Part(PeerTable(limits: share, chance: chance.derived("part \($0)"))) }
  }

  /// Why a torrent is not served; nil: it is.
  func refusal(of infoHash: InfoHash) -> String? {
    setting.listed.map { $0.contains(infoHash) } == false ? "this tracker does not serve that torrent" : nil
  }

  /// Notes an announcement and writes others into `room`, in the compact form of the address's family.
  func announce(_ request: AnnounceRequest, from address: Address, wantedMax: Int, at now: Instant, into room: UnsafeMutableRawBufferPointer) -> Announced {
    let wanted = min(request.peersWanted ?? setting.protocolLimits.peersWantedDefault, wantedMax)
    return part(of: request.infoHash).table.withLock { $0.announce(request, from: address, wanted: wanted, at: second(at: now), into: room) }
  }

  /// How a torrent stands.
  package func scrape(_ infoHash: InfoHash, at now: Instant) -> ScrapeCounts {
    part(of: infoHash).table.withLock { $0.scrape(infoHash, at: second(at: now)) }
  }

  /// What is known and was done.
  package func statistics(at now: Instant) -> TrackerStatistics {
    parts.reduce(TrackerStatistics()) { sum, part in sum + part.table.withLock { $0.statistics(at: second(at: now)) } }
  }

  /// Most peers told at once to somebody at `address`. Unit: peers.
  func wantedMax(_ address: Address) -> Int {
    if case .v4 = address { setting.protocolLimits.replyPeersMax } else { setting.protocolLimits.replyPeersMax6 }
  }

  private func part(of infoHash: InfoHash) -> Part { parts[Int(infoHash.bits.firstByte) % parts.count] }

  private func second(at now: Instant) -> UInt32 { UInt32(clamping: now.secondsSince1970 - start) }
}

extension Bits160 {
  /// The first eight bits.
  fileprivate var firstByte: UInt8 { (0..<8).reduce(0) { $0 << 1 | (bit($1) ? 1 : 0) } }
}
