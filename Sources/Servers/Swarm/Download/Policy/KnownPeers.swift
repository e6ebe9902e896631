// Peers we have heard of and whom to call next. Not here: connections (TorrentSession), who tells us of peers (trackers, DHT, other peers).
package import World

/// Where we heard of a peer.
package enum PeerSource: String, Sendable, Hashable, CaseIterable { case tracker, dht, exchange, magnet, incoming, asked }

/// The address book of one torrent.
package struct KnownPeers: Sendable {
  /// The bounds of it.
  package struct Rules: Sendable, Hashable {
    /// Most addresses. Unit: peers. Past it: who failed most is forgotten, or the new one is not taken.
    package var knownMax = 3_000
    /// Calls in one second. Unit: calls.
    package var callsPerSecond = 30
    /// Calls under way. Unit: calls.
    package var callsMax = 60
    /// After a failure a peer is left alone for so long, twice as long after each further one.
    package var pause = Duration.seconds(60)
    /// After so many failures a peer is forgotten.
    package var failuresMax = 3
    /// Somebody named by hand is tried again sooner, and is not forgotten.
    package var pauseOfAsked = Duration.seconds(1)
    /// A second call to one address within this time is not made, whatever else happened.
    package var pauseAfterGood = Duration.seconds(10)
    /// Nobody is called whose address is not a public one, unless it is of these.
    package var callsInnerAddresses = true

    package init() {}
  }

  struct Entry: Sendable {
    var source: PeerSource
    var failures = 0
    var notBefore: Instant
    var isConnected = false
    var isCalling = false
  }

  package var rules: Rules
  private var entries: [Endpoint: Entry] = [:]
  /// In the order they are to be called.
  private var waiting: [Endpoint] = []
  private var banned: Set<Address> = []
  private var callsThisSecond = 0
  private var second: Int64 = 0
  private var callsUnderWay = 0
  /// Peers that failed and wait for another call.
  private var failedCount = 0

  package init(rules: Rules = Rules()) { self.rules = rules }

  package var count: Int { entries.count }

  package func isBanned(_ address: Address) -> Bool { banned.contains(address) }

  /// Somebody told us of a peer. True: it is new.
  @discardableResult
  package mutating func heard(of endpoint: Endpoint, from source: PeerSource, at now: Instant) -> Bool {
    guard entries[endpoint] == nil, Self.isCallable(endpoint), !banned.contains(endpoint.address) else { return false }
    // Somebody elsewhere must not make us call our neighbours; a peer on this machine or named by hand may be anybody.
    if !rules.callsInnerAddresses, source != .asked, AddressRange.inner.contains(where: { $0.contains(endpoint.address) }) { return false }
    if entries.count >= rules.knownMax {
      guard failedCount > 0, let worst = waiting.last(where: { entries[$0]?.failures ?? 0 > 0 }) else { return false }
      forget(worst)
    }
    entries[endpoint] = Entry(source: source, notBefore: now)
    waiting.append(endpoint)
    return true
  }

  /// Whom to call now, at most `count`. They count as being called.
  package mutating func due(_ count: Int, at now: Instant) -> [Endpoint] {
    if now.secondsSince1970 != second { (second, callsThisSecond) = (now.secondsSince1970, 0) }
    var chosen: [Endpoint] = []
    var index = 0
    while index < waiting.count, chosen.count < count, callsThisSecond < rules.callsPerSecond, callsUnderWay < rules.callsMax {
      let endpoint = waiting[index]
      guard let entry = entries[endpoint], entry.notBefore <= now, !entry.isConnected else {
        index += 1
        continue
      }
      waiting.remove(at: index)
      entries[endpoint]?.isCalling = true
      callsThisSecond += 1
      callsUnderWay += 1
      chosen.append(endpoint)
    }
    return chosen
  }

  /// When somebody is to be called next; nil: nobody waits.
  package func nextCall(at now: Instant) -> Instant? {
    let next = waiting.compactMap { entries[$0].flatMap { $0.isConnected ? nil : $0.notBefore } }.min()
    return next.map { max($0, callsThisSecond >= rules.callsPerSecond ? now + .seconds(1) : $0) }
  }

  /// The call led to a connection on which the peer spoke.
  package mutating func connected(_ endpoint: Endpoint) {
    ended(endpoint)
    entries[endpoint]?.isConnected = true
    setFailures(of: endpoint, to: 0)
  }

  /// The call led to nothing.
  package mutating func failed(_ endpoint: Endpoint, at now: Instant) {
    ended(endpoint)
    guard let entry = entries[endpoint] else { return }
    let isAsked = entry.source == .asked
    guard isAsked || entry.failures + 1 < rules.failuresMax else { return forget(endpoint) }
    setFailures(of: endpoint, to: entry.failures + 1)
    entries[endpoint]?.isConnected = false
    entries[endpoint]?.notBefore = now + (isAsked ? rules.pauseOfAsked : rules.pause) * (1 << min(entry.failures, 5))
    if !waiting.contains(endpoint) { waiting.append(endpoint) }
  }

  /// A connection that worked has ended.
  package mutating func left(_ endpoint: Endpoint, at now: Instant) {
    ended(endpoint)
    guard entries[endpoint] != nil else { return }
    // Whoever was found out while he was connected.
    guard !banned.contains(endpoint.address) else { return forget(endpoint) }
    entries[endpoint]?.isConnected = false
    entries[endpoint]?.notBefore = now + rules.pauseAfterGood
    if !waiting.contains(endpoint) { waiting.append(endpoint) }
  }

  /// Never again: it turned out to be ourselves, or of no use.
  package mutating func forget(_ endpoint: Endpoint) {
    ended(endpoint)
    setFailures(of: endpoint, to: 0)
    entries[endpoint] = nil
    waiting.removeAll { $0 == endpoint }
  }

  /// Nobody at this address is called or let in again.
  package mutating func ban(_ address: Address) {
    // As many as are known at once; a flood of them would only be of addresses that are really connected.
    if banned.count < rules.knownMax { banned.insert(address) }
    for endpoint in waiting where endpoint.address == address { forget(endpoint) }
  }

  private mutating func setFailures(of endpoint: Endpoint, to count: Int) {
    guard let before = entries[endpoint]?.failures else { return }
    failedCount += (count > 0 ? 1 : 0) - (before > 0 ? 1 : 0)
    entries[endpoint]?.failures = count
  }

  private mutating func ended(_ endpoint: Endpoint) {
    guard entries[endpoint]?.isCalling == true else { return }
    entries[endpoint]?.isCalling = false
    callsUnderWay -= 1
  }

  /// Nobody listens at port 0, and these addresses are nobody's.
  private static func isCallable(_ endpoint: Endpoint) -> Bool {
    guard endpoint.port != 0 else { return false }
    switch endpoint.address {
    case .v4(let value): return value >> 24 != 0 && value >> 28 < 14
    case .v6(let high, let low): return high >> 56 != 0xFF && !(high == 0 && low == 0)
    }
  }
}
