// Tells a torrent's trackers and the hash table that we are there, and hears of peers from them.
// Read before: AnnounceSchedule.swift (when), PeerSources.swift (how). Not here: the messages (BitTorrent/Tracker), asking (Swarm/Tracker, Swarm/Node).
import BitTorrent
import Synchronization
import Transport
import World

/// Where one torrent looks for peers.
final class Announcer: Sendable {
  /// How far we are, at the moment.
  struct Progress: Sendable {
    var uploaded: Int64 = 0
    var downloaded: Int64 = 0
    /// Nil: not known, as long as the torrent's description is not.
    var left: Int64?
    var isPrivate = false
    /// Whether no peer is connected.
    var isAlone = true
  }

  private struct State {
    var schedule: AnnounceSchedule
    /// What trackers said they want to hear again.
    var trackerIDs: [String: [UInt8]] = [:]
    var trouble: String?
    /// When the hash table was asked last; nil: never.
    var searchedAt: Instant?
    var searchPause = Duration.zero
    /// Whether a node heard that we are there, the last time.
    var wasHeard = false
    var isSearching = false
  }

  /// What is heard of goes there.
  typealias Found = @Sendable ([Endpoint], PeerSource) -> Void

  private let infoHash: InfoHash
  private let peer: PeerID
  private let network: any Network
  private let sources: PeerSources
  private let port: UInt16
  private let key: UInt32
  private let state: Mutex<State>

  /// Longest wait for an answer; for that to a farewell.
  private static let patience = Duration.seconds(30)
  private static let farewellPatience = Duration.seconds(5)
  private static let peersWanted = 80
  /// How often the hash table is asked. BEP 5 leaves it open; an announcement there lives about half an hour.
  private static let searchInterval = Duration.seconds(900)
  /// The same while no peer is connected, since whoever begins together finds nobody yet, or only itself, and while no node has heard that we are there.
  /// Twice as long each time, up to the other, or to `unheardPauseMax` while unheard.
  private static let searchPauseMin = Duration.seconds(10)
  private static let unheardPauseMax = Duration.seconds(60)

  init(_ infoHash: InfoHash, tiers: [[String]], port: UInt16, sources: PeerSources, peer: PeerID, network: any Network, chance: SeededRandom) {
    self.infoHash = infoHash
    self.peer = peer
    self.network = network
    self.sources = sources
    self.port = port
    var chance = chance
    key = UInt32(truncatingIfNeeded: chance.next())
    state = Mutex(State(schedule: AnnounceSchedule(tiers, at: network.clock.now, using: &chance)))
  }

  private var now: Instant { network.clock.now }
  /// What the last tracker that was asked had against it; nil: nothing.
  var trouble: String? { state.withLock { $0.trouble } }

  func completed() { state.withLock { $0.schedule.completed(at: now) } }

  /// Tells whoever is due.
  func announceIfDue(_ progress: Progress, found: @escaping Found) {
    searchIfDue(progress, found)
    guard sources.announce != nil, let (url, event) = state.withLock({ $0.schedule.due(at: now) }) else { return }
    network.start { [self] in
      do {
        let reply = try await announce(to: url, event, progress, patience: Self.patience)
        state.withLock { state in
          state.schedule.succeeded(interval: .seconds(Int64(max(reply.interval, reply.intervalMin ?? 0))), at: now)
          if !reply.trackerID.isEmpty { state.trackerIDs[url] = reply.trackerID }
          state.trouble = nil
        }
        found(reply.peers.map(\.endpoint), .tracker)
      } catch {
        state.withLock { state in
          state.schedule.failed(at: now)
          state.trouble = "\(url): \(error)"
        }
      }
    }
  }

  private func searchIfDue(_ progress: Progress, _ found: @escaping Found) {
    // BEP 27: a private torrent's peers come from its tracker alone.
    guard let search = sources.search, !progress.isPrivate else { return }
    let isDue = state.withLock { state in
      guard !state.isSearching else { return false }
      if let last = state.searchedAt, now - last < (progress.isAlone || !state.wasHeard ? state.searchPause : Self.searchInterval) { return false }
      state.isSearching = true
      return true
    }
    guard isDue else { return }
    network.start { [self] in
      let heard = await search(infoHash, port) { found($0, .dht) }
      state.withLock { state in
        state.isSearching = false
        state.searchedAt = now
        state.wasHeard = heard > 0
        state.searchPause = min(max(state.searchPause * 2, Self.searchPauseMin), heard > 0 ? Self.searchInterval : Self.unheardPauseMax)
      }
    }
  }

  /// Tells those that know us that we go.
  func farewell(_ progress: Progress) async {
    // One after the other: a torrent's trackers are few, and those that answer do it at once.
    for url in state.withLock({ $0.schedule.told }) { _ = try? await announce(to: url, .stopped, progress, patience: Self.farewellPatience) }
  }

  private func announce(to url: String, _ event: AnnounceEvent, _ progress: Progress, patience: Duration) async throws -> AnnounceReply {
    guard let announce = sources.announce else { throw TrackerFailure.unreachable("nobody asks trackers here") }
    var request = AnnounceRequest(infoHash: infoHash, peerID: peer, port: port)
    request.uploaded = UInt64(max(0, progress.uploaded))
    request.downloaded = UInt64(max(0, progress.downloaded))
    // Whoever does not know how much there is has something left.
    request.left = progress.left.map { UInt64(max(0, $0)) } ?? 1
    request.event = event
    request.key = key
    request.peersWanted = event == .stopped ? 0 : Self.peersWanted
    request.trackerID = state.withLock { $0.trackerIDs[url] } ?? []
    return try await announce(request, url, patience)
  }
}
