// How servers answered so far, and which to ask next: mostly the quickest, now and then another, never one for ever "down".
// Not here: asking (Resolution.swift).
import DNS
import Trace
import World

/// What is remembered of servers. A pure value: time and chance are arguments.
struct ServerHistory: Sendable {
  /// One server.
  private struct Record: Sendable {
    /// The smoothed round-trip time. Unit: milliseconds.
    var time: Double
    /// How far it strays. Unit: milliseconds.
    var deviation: Double
    /// Time-outs in a row.
    var failures = 0
    var lastFailure: Instant?
    /// It does not understand EDNS (RFC 6891 §6.2.2).
    var lacksEDNS = false
    /// Our half of the cookie, then the server's if it has given one (RFC 7873); empty: none was sent yet.
    var cookie: [UInt8] = []
  }

  private var records: SieveTable<Endpoint, Record>
  private let limits: Limits
  /// When any server answered last.
  private var lastSuccess: Instant?

  init(limits: Limits) {
    self.limits = limits
    records = SieveTable(countMax: limits.serversKnownMax)
  }

  /// How long to wait for `server` the `attempt`-th time (from zero): its usual time and four deviations, doubled each time.
  mutating func patience(for server: Endpoint, attempt: Int) -> Duration {
    let first = records.find(server).map { Duration.milliseconds(Int64($0.time + 4 * $0.deviation)) } ?? limits.exchangeTimeFirst
    let base = max(limits.exchangeTimeMin, min(first, limits.exchangeTimeMax))
    return min(limits.exchangeTimeMax, base * (1 << min(attempt, 8)))
  }

  /// The smaller the sooner to be asked. Unit: milliseconds. An unknown server seems quick, so that it gets known.
  mutating func rank(of server: Endpoint, at now: Instant, using chance: inout some RandomNumberGenerator) -> Double {
    guard let record = records.find(server) else { return Double.random(in: 0..<64, using: &chance) }
    // One time in twenty another one gets its turn, so that a server that became quick is noticed.
    if UInt8.random(in: 0..<20, using: &chance) == 0 { return Double.random(in: 0..<32, using: &chance) }
    // Within a band all are alike, and the load is spread.
    var rank = record.time + Double.random(in: 0..<32, using: &chance)
    if record.failures > 0, let failure = record.lastFailure {
      // What a failure weighs halves every ten seconds: nobody stays down for long.
      let age = Double((now - failure).components.seconds)
      let weight = Double(1 << min(record.failures, 5)) * 400
      rank += weight / (1 + age / 10)
    }
    return rank
  }

  mutating func noteAnswer(from server: Endpoint, after time: Duration, at now: Instant) {
    let (seconds, attoseconds) = time.components
    let sample = Double(seconds) * 1_000 + Double(attoseconds) / 1e15
    lastSuccess = now
    var record = records.find(server) ?? Record(time: sample, deviation: sample / 2)
    record.deviation = record.deviation * 0.75 + abs(sample - record.time) * 0.25
    record.time = record.time * 0.875 + sample * 0.125
    record.failures = 0
    record.lastFailure = nil
    records.keep(record, for: server)
  }

  mutating func noteSilence(of server: Endpoint, at now: Instant) {
    var record = records.find(server) ?? Record(time: 400, deviation: 200)
    // Where nobody at all answers the fault is nearer to us: no server is blamed for it.
    let isOutage = lastSuccess.map { now - $0 > .seconds(10) } ?? false
    if !isOutage { record.failures = min(record.failures + 1, 5) }
    record.lastFailure = now
    records.keep(record, for: server)
  }

  mutating func lacksEDNS(_ server: Endpoint) -> Bool { records.find(server)?.lacksEDNS ?? false }

  /// The cookie for `server`: our half is drawn once for each, so that no two of them know us by it.
  // RFC 9018 §3
  mutating func cookie(for server: Endpoint, using chance: inout some RandomNumberGenerator) -> EDNSOption {
    var record = records.find(server) ?? Record(time: 100, deviation: 50)
    if record.cookie.isEmpty {
      record.cookie = (0..<ServerCookie.clientSize).map { _ in UInt8.random(in: 0...255, using: &chance) }
      records.keep(record, for: server)
    }
    return EDNSOption(.cookie, record.cookie)
  }

  /// Keeps the cookie that came with an answer, if it is one for us. An answer over TCP, which nobody forges, that has none says that its server gives none any
  /// more: who waited for one over UDP would wait for ever.
  // RFC 7873 §5.3
  mutating func noteCookie(_ option: EDNSOption?, from server: Endpoint, over carriage: ConversationInfo.Carriage) {
    guard var record = records.find(server) else { return }
    if let cookie = option?.cookie, !cookie.server.isEmpty {
      guard record.cookie.prefix(ServerCookie.clientSize) == cookie.client[...] else { return }
      record.cookie = cookie.client + cookie.server
    } else {
      guard option == nil, carriage == .tcp else { return }
      record.cookie = Array(record.cookie.prefix(ServerCookie.clientSize))
    }
    records.keep(record, for: server)
  }

  mutating func noteNoEDNS(at server: Endpoint) {
    var record = records.find(server) ?? Record(time: 100, deviation: 50)
    record.lacksEDNS = true
    records.keep(record, for: server)
  }
}
