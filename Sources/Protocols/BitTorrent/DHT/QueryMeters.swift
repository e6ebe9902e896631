// How much each address asks, so that none is answered more than its share, and all together not more than is good for the line.
// Not here: what is answered (DHTAnswering.swift).
import World

/// Counts queries by address, and bytes of all answers.
struct QueryMeters: Sendable {
  private struct Meter: Sendable {
    var address: Address
    var since: Instant
    var queries: Int
    /// When it last asked.
    var last: Instant
    var bannedUntil: Instant?
  }

  /// Over how long queries are counted.
  private static let window = Duration.seconds(10)

  private var meters: [Address: Meter] = [:]
  /// Bytes that may still be sent, and when that was so.
  private var allowance: (bytes: Double, at: Instant)?
  /// How many items were checked since when.
  private var checks: (count: Int, since: Instant)?
  private let limits: DHTLimits

  init(limits: DHTLimits) { self.limits = limits }

  /// Whether a query of `address` is answered now.
  mutating func admits(_ address: Address, at now: Instant) -> Bool {
    var meter = meters[address] ?? Meter(address: address, since: now, queries: 0, last: now)
    if let until = meter.bannedUntil {
      guard until <= now else { return false }
      meter = Meter(address: address, since: now, queries: 0, last: now)
    }
    if now - meter.since >= Self.window { (meter.since, meter.queries) = (now, 0) }
    meter.queries += 1
    meter.last = now
    let isTooMuch = meter.queries > limits.queriesPerAddressMax
    if isTooMuch { meter.bannedUntil = now + limits.banTime }
    if meters[address] == nil, meters.count >= limits.metersMax { forgetOldest() }
    meters[address] = meter
    return !isTooMuch
  }

  private mutating func forgetOldest() {
    let oldest = meters.values.min { ($0.bannedUntil ?? $0.last, $0.address) < ($1.bannedUntil ?? $1.last, $1.address) }
    if let oldest { meters[oldest.address] = nil }
  }

  /// Takes `count` bytes off what may be sent; false: they may not.
  mutating func spend(_ count: Int, at now: Instant) -> Bool {
    let bytes = allowed(at: now)
    guard bytes >= Double(count) else { return false }
    allowance = (bytes - Double(count), now)
    return true
  }

  /// Whether the shortest answer could be sent: what cannot is not worth making.
  func mayAnswer(at now: Instant) -> Bool { allowed(at: now) >= Self.answerBytesMin }

  /// Whether one more item may be checked now.
  mutating func mayCheck(at now: Instant) -> Bool {
    var (count, since) = checks ?? (0, now)
    if now - since >= .seconds(1) { (count, since) = (0, now) }
    guard count < limits.itemChecksPerSecondMax else { return false }
    checks = (count + 1, since)
    return true
  }

  /// What the answer to a ping has at least. Unit: bytes.
  private static let answerBytesMin = 50.0

  /// Unit: bytes.
  private func allowed(at now: Instant) -> Double {
    let most = Double(limits.replyBytesPerSecondMax)
    guard let allowance else { return most }
    let (seconds, attoseconds) = (now - allowance.at).components
    return min(most, allowance.bytes + most * (Double(seconds) + Double(attoseconds) / 1e18))
  }
}
