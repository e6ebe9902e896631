// A response that a cache keeps: how old it is, how long it is fresh, and whether it may answer a request, as pure functions.
// Not here: whether it may be kept (CachePolicy.swift), its body, which request it is for (Vary.swift, the cache's key).
import Bytes
public import World

/// The head of a kept response with the times of its arrival.
public struct StoredResponse: Sendable {
  public let head: ResponseHead
  /// When the request for it (or for its last validation) left.
  public let requestedAt: Instant
  /// When it (or its last validation) arrived.
  public let receivedAt: Instant
  /// How old it was on arrival. Unit: nanoseconds.
  let initialAge: Int64
  /// How long it is fresh, from its making. Unit: seconds.
  public let lifetime: Int64
  /// Whether somebody said how long it is fresh.
  public let hasExplicitLifetime: Bool
  public let control: CacheControl
  private let policy: CachePolicy

  public init(head: ResponseHead, requestedAt: Instant, receivedAt: Instant, policy: CachePolicy) {
    self.head = head
    self.requestedAt = requestedAt
    self.receivedAt = receivedAt
    self.policy = policy
    let (control, areTargeted) = policy.control(of: head)
    self.control = control
    let date = head.value(of: .date).flatMap { DateText.instant(of: $0, now: receivedAt) }
    initialAge = Self.initialAge(head, date: date, requestedAt: requestedAt, receivedAt: receivedAt)
    let explicit = Self.explicitLifetime(head, control, areTargeted: areTargeted, date: date ?? receivedAt, policy, receivedAt)
    hasExplicitLifetime = explicit != nil
    lifetime = explicit ?? Self.heuristicLifetime(head, date: date ?? receivedAt, policy, receivedAt)
  }

  // RFC 9111 §4.2.3
  private static func initialAge(_ head: ResponseHead, date: Instant?, requestedAt: Instant, receivedAt: Instant) -> Int64 {
    // Dates are whole seconds: compared as such, a response of this very second is new.
    let apparent = date.map { max(0, receivedAt.secondsSince1970 &- $0.secondsSince1970) } ?? 0
    let delay = max(0, receivedAt.nanoseconds &- requestedAt.nanoseconds)
    let told = min(CacheControl.secondsMax, head.value(of: .age).flatMap(seconds) ?? 0) &* second &+ min(delay, CacheControl.secondsMax &* second)
    return max(min(apparent, CacheControl.secondsMax) &* second, told)
  }

  /// The first of a list counts; what is no number does not.
  // RFC 9111 §5.1
  private static func seconds(_ age: Buffer) -> Int64? {
    age.withUnsafeBytes { bytes in CacheControl.seconds(bytes, bytes.trimmed(0, bytes.first(0x2C, in: 0, bytes.count))) }
  }

  private static let second: Int64 = 1_000_000_000

  // RFC 9111 §4.2.1
  private static func explicitLifetime(
    _ head: ResponseHead, _ control: CacheControl, areTargeted: Bool, date: Instant, _ policy: CachePolicy, _ now: Instant
  ) -> Int64? {
    if policy.isShared, let shared = control.sharedMaxAge { return shared }
    if let maxAge = control.maxAge { return maxAge }
    // RFC 9213 §2.2: who is addressed by name does not look at Expires.
    guard !areTargeted, let value = head.value(of: .expires) else { return nil }
    // RFC 9111 §5.3: what is no date, `0` above all, lies in the past.
    guard let expires = DateText.instant(of: value, now: now) else { return 0 }
    return max(0, min(CacheControl.secondsMax, expires.secondsSince1970 &- date.secondsSince1970))
  }

  // RFC 9111 §4.2.2
  private static func heuristicLifetime(_ head: ResponseHead, date: Instant, _ policy: CachePolicy, _ now: Instant) -> Int64 {
    guard CachePolicy.isHeuristicallyCacheable(head.status), policy.heuristicPercent > 0,
      let changed = head.value(of: .lastModified).flatMap({ DateText.instant(of: $0, now: now) }), changed < date
    else { return 0 }
    let since = min(CacheControl.secondsMax, date.secondsSince1970 &- changed.secondsSince1970)
    return min(policy.heuristicSecondsMax, since &* Int64(min(100, policy.heuristicPercent)) / 100)
  }

  // MARK: Time

  /// How old it is. Unit: seconds.
  // RFC 9111 §4.2.3, §5.1
  public func age(at now: Instant) -> Int64 { max(0, ageInNanoseconds(at: now) / Self.second) }

  private func ageInNanoseconds(at now: Instant) -> Int64 {
    initialAge &+ min(Int64.max &- initialAge, max(0, now.nanoseconds.subtractingReportingOverflow(receivedAt.nanoseconds).partialValue))
  }

  /// How long it will stay fresh; negative: how long it has been stale. Unit: seconds.
  public func timeToLive(at now: Instant) -> Int64 { lifetime &- age(at: now) }

  /// Whether its freshness cannot be known, because it comes from what is now the future: the clock was set back.
  public func isFromFuture(at now: Instant) -> Bool { receivedAt.nanoseconds > now.nanoseconds }

  // MARK: Validators

  public var entityTag: EntityTag? { head.value(of: .etag).flatMap { EntityTag(parsing: $0) } }
  public var hasValidator: Bool { entityTag != nil || head.fields.contains(.lastModified) }

  /// What is known of it for judging a client's conditions.
  public func version(now: Instant) -> Preconditions.Current {
    Preconditions.Current(tag: entityTag, lastModified: head.value(of: .lastModified).flatMap { DateText.instant(of: $0, now: now) })
  }

  // MARK: Reuse

  /// Whether it may answer `request` now. That it was made for such a request (key, Vary) is known already.
  // RFC 9111 §4
  public func reuse(for request: RequestHead, at now: Instant) -> CacheReuse {
    guard request.method == .get || request.method == .head else { return .unusable }
    return reuse(demanding: CacheControl(of: request.fields, inRequest: true), at: now)
  }

  /// The same with the request's Cache-Control read before.
  public func reuse(demanding demand: CacheControl, at now: Instant) -> CacheReuse {
    if isFromFuture(at: now) { return .validate(.stale) }
    // RFC 9111 §5.2.2.4
    if control.isNoCache { return .validate(.responseDemands) }
    // RFC 9111 §5.2.1.4
    if demand.isNoCache { return .validate(.requestDemands) }
    let left = timeToLive(at: now)
    if let maxAge = demand.maxAge, age(at: now) > maxAge || maxAge == 0, demand.maxStale == nil || forbidsStale { return .validate(.requestDemands) }
    if let minFresh = demand.minFresh, left < minFresh { return .validate(.requestDemands) }
    if left > 0 { return .fresh }
    guard !forbidsStale else { return .validate(.stale) }
    // RFC 9111 §5.2.1.2
    if let maxStale = demand.maxStale, maxStale == .max || -left < maxStale { return .staleByRequest }
    // RFC 5861 §3
    if -left < control.staleWhileRevalidate ?? policy.staleWhileRevalidate { return .staleWhileRevalidating }
    return .validate(.stale)
  }

  /// Whether it may answer now that the origin has failed.
  // RFC 5861 §4, RFC 9111 §4.2.4
  public func isGoodEnoughOnError(demanding demand: CacheControl, at now: Instant) -> Bool {
    guard !isFromFuture(at: now), !control.isNoCache, !demand.isNoCache, !forbidsStale else { return false }
    let left = timeToLive(at: now)
    let allowed = max(demand.staleIfError ?? 0, control.staleIfError ?? policy.staleIfError)
    return left > 0 || -left < allowed
  }

  /// Whether it may never be used stale.
  // RFC 9111 §5.2.2.2, §5.2.2.8, §5.2.2.10
  private var forbidsStale: Bool {
    control.mustRevalidate || (policy.isShared && (control.proxyRevalidate || control.sharedMaxAge != nil))
  }
}

/// What a stored response is good for now.
public enum CacheReuse: Sendable, Hashable {
  /// It may be sent as it is.
  case fresh
  /// Stale, but the client takes it.
  case staleByRequest
  /// Stale, and good for as long as it takes to validate it.
  case staleWhileRevalidating
  /// The origin has to confirm it first.
  case validate(ValidationReason)
  /// It answers no such request.
  case unusable
}

/// Why a stored response has to be confirmed.
public enum ValidationReason: Sendable, Hashable {
  case stale, responseDemands, requestDemands
}
