// A zone copied from another server: asked for again and again, and at once when the primary says that it changed (RFC 1034 §4.3.5,
// RFC 1995, RFC 1996). When the primary is gone, the copy answers until it expires.
// Not here: the copy itself (ChangingZone.swift), the transfer's messages (DNS/Transfers).
package import DNS
import Storage
import Synchronization
import Trace
import Transport
import World

/// Keeps a copy.
package final class SecondaryCopy: Sendable {
  package let zone: ChangingZone
  private let state: Mutex<State>

  private struct State {
    var primaries: [ZonePeer]
    /// When the primary last said that the copy is good; nil: never.
    var contact: Instant?
    var next: Instant
    var isRefreshing = false
    var isWithdrawn = false
    /// Somebody asked for another look while one was under way.
    var mustRepeat = false
    /// When the next alarm rings; nil: none is set.
    var alarm: Instant?
  }

  private init(_ zone: ChangingZone, _ primaries: [ZonePeer], contact: Instant?, next: Instant) {
    self.zone = zone
    state = Mutex(State(primaries: primaries, contact: contact, next: next))
  }

  /// Begins to keep a copy of `apex`, until it is stopped.
  package static func start(
    of apex: Name, from primaries: [ZonePeer], rights: ZoneRights, means: ZoneMeans
  ) async throws(ChangingZone.Failure) -> SecondaryCopy {
    let (zone, contact) = try await ChangingZone.openCopy(of: apex, rights: rights, means: means)
    let clock = means.network.clock
    let copy = SecondaryCopy(zone, primaries, contact: contact.map { Instant(secondsSince1970: $0) }, next: clock.now)
    if copy.hasExpired(at: clock.now) {
      copy.state.withLock { $0.isWithdrawn = true }
    } else {
      do throws(ZoneErrors) { try zone.publish() } catch { throw .zone(error) }
    }
    copy.refresh()
    return copy
  }

  /// The servers it is copied from, the best first.
  private var primaries: [ZonePeer] { state.withLock { $0.primaries } }

  /// Copies from `primaries` from now on.
  package func follow(_ primaries: [ZonePeer]) {
    let isNew = state.withLock { state in
      defer { state.primaries = primaries }
      return state.primaries != primaries
    }
    if isNew { refresh() }
  }

  /// Whether a notification from `address`, signed with `key`, comes from a primary.
  // RFC 1996 §3.10: from others it is ignored; here it is refused.
  func isPrimary(_ address: Address, _ key: Name?) -> Bool {
    primaries.contains { $0.endpoint.address == address && ($0.key == nil || $0.key?.name == key) }
  }

  /// Looks at once, or once more when a look is under way.
  package func refresh() { zone.means.network.start { await self.look() } }

  private func look() async {
    let isMine = state.withLock { state -> Bool in
      if state.isRefreshing { state.mustRepeat = true }
      defer { state.isRefreshing = true }
      return !state.isRefreshing
    }
    guard isMine else { return }
    while true {
      let isGood = await isCurrent()
      await note(isGood)
      let mustRepeat = state.withLock { state -> Bool in
        defer { state.mustRepeat = false }
        state.isRefreshing = state.mustRepeat
        return state.mustRepeat
      }
      guard mustRepeat else { return setAlarm() }
    }
  }

  // RFC 1034 §4.3.5: refresh after success, retry after failure, expire without any. A look that came between has moved the time: an alarm that is set
  // for later is left to ring in vain.
  private func setAlarm() {
    let time = state.withLock { state -> Instant? in
      if let alarm = state.alarm, alarm <= state.next { return nil }
      state.alarm = state.next
      return state.next
    }
    guard let time, !zone.isStopped else { return }
    let clock = zone.means.network.clock
    zone.means.network.start {
      guard (try? await clock.sleep(until: time)) != nil else { return }
      await self.ring(time)
    }
  }

  private func ring(_ time: Instant) async {
    let isDue = state.withLock { state -> Bool? in
      guard state.alarm == time else { return nil }
      state.alarm = nil
      // A look that is under way sets the alarm at its end.
      return state.isRefreshing ? nil : state.next <= time
    }
    guard let isDue, !zone.isStopped else { return }
    if isDue { await look() } else { setAlarm() }
  }

  private func note(_ isGood: Bool) async {
    let now = zone.means.network.clock.now
    let soa = zone.start?.startOfAuthority
    let limits = zone.means.limits
    let wait = soa.map { Duration.seconds(Int64(max(limits.refreshMin, isGood ? $0.refresh : $0.retry))) } ?? limits.firstCopyWait
    state.withLock { state in
      state.next = now + wait
      if isGood { state.contact = now }
      // Not later than the moment of its end, so that the end is not missed.
      if let contact = state.contact, let soa { state.next = min(state.next, max(now + .seconds(1), contact + .seconds(Int64(soa.expire)))) }
    }
    if isGood {
      // When it cannot be kept, a restart asks earlier: nothing worse.
      try? await ZoneJournal(zone.means.records, zone: zone.apex, limits: limits).noteContact(now.secondsSince1970)
    } else if hasExpired(at: now) {
      // Differs from RFC 1034 §4.3.5, where servers say SERVFAIL: what is not served any more is refused, as any other zone.
      state.withLock { $0.isWithdrawn = true }
      zone.withdraw()
    }
  }

  private func hasExpired(at now: Instant) -> Bool {
    guard let soa = zone.start?.startOfAuthority else { return false }
    guard let contact = state.withLock({ $0.contact }) else { return true }
    return now > contact + .seconds(Int64(soa.expire))
  }

  /// Asks the primaries one after the other; whether one of them was reached and its newest version is here.
  private func isCurrent() async -> Bool {
    for primary in primaries {
      guard !zone.isStopped else { return false }
      guard let theirs = await serial(at: primary) else { continue }
      let ours = zone.start?.startOfAuthority?.version
      if let ours, !theirs.isNewer(than: ours) {
        // Served again, should it have expired.
        if state.withLock({ $0.isWithdrawn }) { republish() }
        return true
      }
      if await transfer(from: primary, since: ours) {
        state.withLock { $0.isWithdrawn = false }
        return true
      }
      // RFC 1995 §4 leaves it to us: what came as steps and did not fit is asked for whole.
      if ours != nil, await transfer(from: primary, since: nil) { return true }
    }
    return false
  }

  private func republish() {
    state.withLock { $0.isWithdrawn = false }
    do throws(ZoneErrors) { try zone.publish() } catch { Invariant.broken("what was served makes no zone: \(error)") }
  }

  private func serial(at primary: ZonePeer) async -> Serial? {
    let means = zone.means
    let query = Message.query(zone.apex, .soa, id: zone.id(), recursionDesired: false)
    let upstream = NetworkUpstream(means.network, trace: means.trace)
    for carriage in [ConversationInfo.Carriage.udp, .tcp] {
      switch await upstream.exchange(
        query, with: primary.endpoint, over: carriage, signedWith: primary.key, until: means.network.clock.now + means.limits.streamTimeMax)
      {
      // RFC 1035 §4.2.1: what is cut is asked for over TCP; so is what somebody else may have answered.
      case .answered(let answer, _) where answer.flags.isTruncated: continue
      case .suspicious: continue
      case .answered(let answer, _):
        return answer.flags.isAuthoritative ? answer.answers.first { $0.name == zone.apex }?.startOfAuthority?.version : nil
      case .timedOut, .unreachable: return nil
      }
    }
    return nil
  }

  private func transfer(from primary: ZonePeer, since: Serial?) async -> Bool {
    let outcome: TransferClientConversation.Outcome
    let question = TransferQuestion(zone.apex, since: since)
    do throws(NetworkError) {
      outcome = try await NetworkUpstream(zone.means.network, trace: zone.means.trace).transfer(
        question, from: primary, id: zone.id(), timeout: zone.means.limits.streamTimeMax)
    } catch { return false }
    // Meanwhile somebody else may have become its primary.
    guard case .received(let transfer) = outcome, primaries.contains(primary) else { return false }
    return await zone.take(transfer)
  }
}
