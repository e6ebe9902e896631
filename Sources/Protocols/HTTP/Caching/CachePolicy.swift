// Whether a response may be kept at all, and what a cache is told that no message says.
// Read next: StoredResponse.swift, which says how long what is kept may be used.
public import World

/// The choices that are a cache's own.
public struct CachePolicy: Sendable, Hashable {
  /// Whether it serves many users.
  public var isShared = true
  /// Whether CDN-Cache-Control is meant for it.
  // RFC 9213 §3.1
  public var isContentNetwork = false
  /// What share of the time since its last change a response without any lifetime counts as fresh. Unit: percent. Zero: never.
  // RFC 9111 §4.2.2
  public var heuristicPercent = 10
  /// Longest such lifetime. Unit: seconds.
  public var heuristicSecondsMax: Int64 = 86_400
  /// How long a stale response serves while it is validated, when the response does not say. Unit: seconds.
  public var staleWhileRevalidate: Int64 = 0
  /// How long a stale response serves when the origin fails, when the response does not say. Unit: seconds.
  public var staleIfError: Int64 = 0

  public init() {}

  /// Which directives of `response` count for this cache.
  public func control(of response: ResponseHead) -> (directives: CacheControl, areTargeted: Bool) {
    if isContentNetwork, let targeted = CacheControl(parsingTargeted: response.values(of: .cdnCacheControl)) { return (targeted, true) }
    return (CacheControl(of: response.fields, inRequest: false), false)
  }
}

extension CachePolicy {
  /// Whether a response that says this must not be kept here any longer.
  // RFC 9111 §5.2.2.5, §5.2.2.7
  public func forbidsKeeping(_ control: CacheControl) -> Bool { (control.isNoStore && !control.mustUnderstand) || (isShared && control.isPrivate) }
}

/// Why a response is not kept; `nil` from `refusal` means that it may be.
public enum StoringRefusal: String, Sendable, Hashable {
  case method = "the method is not one whose responses are kept"
  case requestForbids = "the request says no-store"
  case status = "the status does not allow it"
  case noStore = "the response says no-store"
  case isPrivate = "the response is private"
  case authorized = "the request had credentials and the response does not say that it is for everybody"
  case setsCookie = "the response sets a cookie and does not say that it is for everybody"
  case variesOnEverything = "the response varies on everything"
  case useless = "the response has neither a lifetime nor a validator"
}

extension CachePolicy {
  /// Why the response to `request` may not be kept; nil: it may.
  // RFC 9111 §3
  public func refusal(of response: ResponseHead, to request: RequestHead, receivedAt now: Instant) -> StoringRefusal? {
    // Differs from RFC 9111 §2: only responses to GET are kept, as nearly everywhere.
    guard request.method == .get else { return .method }
    guard !CacheControl(of: request.fields, inRequest: true).isNoStore else { return .requestForbids }
    let (control, _) = control(of: response)
    let status = response.status
    // Parts are not put together, and 304 answers a condition of ours.
    guard !status.isInterim, status != .partialContent, status != .notModified else { return .status }
    // RFC 9111 §5.2.2.3: a cache that knows the status goes by what else is said.
    if control.mustUnderstand, !Self.isUnderstood(status) { return .status }
    if control.isNoStore, !(control.mustUnderstand && Self.isUnderstood(status)) { return .noStore }
    if isShared, control.isPrivate { return .isPrivate }
    // RFC 9111 §3.5
    if isShared, request.fields.contains(.authorization), !control.isPublic, !control.mustRevalidate, control.sharedMaxAge == nil { return .authorized }
    if isShared, response.fields.contains(.setCookie), !control.isPublic { return .setsCookie }
    if Vary(of: response.fields).isEverything { return .variesOnEverything }
    let stored = StoredResponse(head: response, requestedAt: now, receivedAt: now, policy: self)
    guard stored.hasExplicitLifetime || control.isPublic || Self.isHeuristicallyCacheable(status) else { return .status }
    return stored.lifetime > 0 || stored.hasValidator ? nil : .useless
  }

  /// The statuses whose meaning for caches this library implements.
  static func isUnderstood(_ status: Status) -> Bool {
    isHeuristicallyCacheable(status) || [302, 303, 307, 400, 401, 402, 403, 406, 414, 429, 500, 502, 503, 504].contains(status.rawValue)
  }

  /// The statuses that may be kept without being told so.
  // RFC 9110 §15.1. Differs: 206 is not kept, and 414 could be provoked by anybody for everybody.
  static func isHeuristicallyCacheable(_ status: Status) -> Bool {
    [200, 203, 204, 300, 301, 308, 404, 405, 410, 501].contains(status.rawValue)
  }
}
