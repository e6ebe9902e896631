// Tells the other servers of a zone that it has changed (RFC 1996): each until it answers, for some times, or until there is something newer to tell.
// Not here: who is told (ZoneRights.swift), what a notified server does (SecondaryCopy.swift).
import DNS
import Synchronization
import Trace
import Transport
import World

/// The one who tells, for one zone.
final class ZoneNotifier: Sendable {
  private let apex: Name
  private let means: ZoneMeans
  private let state = Mutex(State())

  private struct State {
    /// Counts what there was to tell, so that telling of something older ends.
    var version = 0
    /// The SOA record of that version.
    var start: ResourceRecord?
    var tellings: [ZonePeer: Telling] = [:]
    var isStopped = false
  }

  private struct Telling {
    /// The newest version that somebody has begun to tell of.
    var version = 0
    /// How many are at it.
    var count = 0
  }

  init(_ apex: Name, _ means: ZoneMeans) {
    self.apex = apex
    self.means = means
  }

  func stop() { state.withLock { $0.isStopped = true } }

  /// Tells `peers` that the zone has the SOA record `start` now. `id` gives identifiers for messages.
  func tell(_ peers: [ZonePeer], _ start: ResourceRecord, id: @escaping @Sendable () -> UInt16) {
    state.withLock { state in
      state.version += 1
      state.start = start
    }
    for peer in peers {
      guard let version = versionToTell(peer) else { continue }
      means.network.start {
        var next: Int? = version
        while let version = next {
          await self.tell(peer, of: version, id)
          next = self.versionToTell(peer, after: version)
        }
      }
    }
  }

  /// The version that `peer` is to be told of now; nil: it is told already, or `Limits.notifiesPerPeerMax` are at it, of whom the first one to end goes on with
  /// it. `after`: one of them has ended.
  private func versionToTell(_ peer: ZonePeer, after ended: Int? = nil) -> Int? {
    state.withLock { state in
      var telling = state.tellings[peer] ?? Telling()
      if ended != nil { telling.count -= 1 }
      let isDue = !state.isStopped && state.version > telling.version && telling.count < means.limits.notifiesPerPeerMax
      if isDue { telling = Telling(version: state.version, count: telling.count + 1) }
      state.tellings[peer] = telling
      return isDue ? telling.version : nil
    }
  }

  // RFC 1996 §3.5, §3.6
  private func tell(_ peer: ZonePeer, of version: Int, _ id: @Sendable () -> UInt16) async {
    let clock = means.network.clock
    for attempt in 0..<means.limits.notifyAttemptsMax {
      guard let start = state.withLock({ !$0.isStopped && $0.version == version ? $0.start : nil }) else { return }
      let until = clock.now + means.limits.notifyWait * (1 << attempt)
      let message = Message.notification(apex, start: start, id: id())
      let outcome = await NetworkUpstream(means.network, trace: means.trace).exchange(message, with: peer.endpoint, signedWith: peer.key, until: until)
      if case .answered = outcome { return }
      do { try await clock.sleep(until: until) } catch { return }
    }
  }
}
