// Cache-Status: what a cache did with a request, told to whoever reads the response.

/// One cache's member of Cache-Status.
// RFC 9211 §2
public struct CacheStatus: Sendable, Hashable {
  public var cache: String
  public var outcome: Outcome
  /// How long the response stays fresh; negative: how long it has been stale. Unit: seconds.
  public var timeToLive: Int64?
  /// A word for people.
  public var detail: String?

  public enum Outcome: Sendable, Hashable {
    case hit
    /// The request went on: why, what status came back when it is not the one sent, whether the response was stored, whether the request
    /// waited for another of its kind.
    case forwarded(Reason, status: Status? = nil, isStored: Bool = false, isCollapsed: Bool = false)
  }

  /// Why a request went on.
  // RFC 9211 §2.2
  public enum Reason: String, Sendable, Hashable {
    case bypass, method, request, stale, partial, miss
    case noSuchAddress = "uri-miss"
    case noSuchVariant = "vary-miss"
  }

  public init(_ cache: String, _ outcome: Outcome, timeToLive: Int64? = nil, detail: String? = nil) {
    self.cache = cache
    self.outcome = outcome
    self.timeToLive = timeToLive
    self.detail = detail
  }

  /// As in the field's value.
  public var text: String {
    var text = Self.word(cache)
    switch outcome {
    case .hit: text += "; hit"
    case .forwarded(let reason, let status, let isStored, let isCollapsed):
      text += "; fwd=\(reason.rawValue)"
      if let status { text += "; fwd-status=\(status.rawValue)" }
      if isStored { text += "; stored" }
      if isCollapsed { text += "; collapsed" }
    }
    if let timeToLive { text += "; ttl=\(timeToLive)" }
    if let detail { text += "; detail=\(Self.word(detail))" }
    return text
  }

  /// As a token where it is one, else as a string.
  // RFC 8941 §3.3.3, §3.3.4
  private static func word(_ text: String) -> String {
    let first = text.utf8.first ?? 0
    let isToken = ((first | 0x20) &- 0x61 < 26 || first == 0x2A) && text.utf8.allSatisfy { Characters.isToken($0) || $0 == 0x3A || $0 == 0x2F }
    if isToken { return text }
    var quoted = "\""
    for scalar in text.unicodeScalars where (0x20...0x7E).contains(scalar.value) {
      if scalar == "\"" || scalar == "\\" { quoted += "\\" }
      quoted.unicodeScalars.append(scalar)
    }
    return quoted + "\""
  }
}
