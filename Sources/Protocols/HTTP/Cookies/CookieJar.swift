// A client's memory of cookies: what is stored, what replaces what, what is sent where and in which order.
// Not here: reading the field (SetCookie.swift), the file form (CookieJarText.swift), choosing a public-suffix list.
public import Bytes
public import World

/// Where a request goes, or went: what decides about its cookies.
public struct CookieOrigin: Sendable, Hashable {
  /// In lower case, without port; an IPv6 address without its brackets.
  public var host: String
  /// Without the query.
  public var path: Buffer
  /// Whether nobody on the way can read along.
  public var isSecure: Bool

  /// `target` may have a query, which does not count.
  public init(host: String, target: Buffer, isSecure: Bool) {
    self.host = host.lowercased()
    path = target[0..<(target.firstIndex(of: UInt8(ascii: "?")) ?? target.count)]
    self.isSecure = isSecure
  }

  /// The folder of the path: what a cookie without a Path attribute gets.
  // RFC 6265 §5.1.4
  var defaultPath: Buffer {
    let bytes = path.array
    guard bytes.first == UInt8(ascii: "/"), let last = bytes.lastIndex(of: UInt8(ascii: "/")), last > 0 else { return "/" }
    return path[0..<last]
  }
}

/// Who makes a request: what SameSite asks about.
// RFC 6265bis §5.2
public enum CookieContext: Sendable, Hashable {
  /// A page of the same site, or the user.
  case sameSite
  /// A page of another site leads the whole window here, by a method that changes nothing.
  case foreignNavigation
  /// A page of another site embeds this, or sends a form.
  case foreign

  /// Whether a cookie with this attribute goes along.
  // RFC 6265bis §5.8.3 step 1
  // Differs from RFC 6265bis §5.6.7: a cookie that says nothing counts as `None` and not as `Lax`, as the older document has it.
  func allows(_ sameSite: SetCookie.SameSite?) -> Bool {
    switch self {
    case .sameSite: true
    case .foreignNavigation: sameSite != .strict
    case .foreign: sameSite != .strict && sameSite != .lax
    }
  }
}

/// A cookie as it is remembered.
public struct StoredCookie: Sendable, Hashable {
  public var cookie: Cookie
  public var domain: String
  /// Whether only the very host gets it.
  public var isHostOnly: Bool
  public var path: Buffer
  /// Nil: until the client's session ends.
  public var expires: Instant?
  public var isSecure: Bool
  public var isHTTPOnly: Bool
  public var sameSite: SetCookie.SameSite?
  /// Grows with each cookie made; what replaces another keeps its place.
  var order: UInt64 = 0
  /// Grows with each use.
  var lastUse: UInt64 = 0

  func isExpired(at now: Instant) -> Bool { expires.map { $0 <= now } ?? false }
}

/// Remembers cookies.
public struct CookieJar: Sendable {
  /// Whether anybody can register names directly below `domain`: no cookie may be for all of them.
  public typealias PublicSuffixTest = @Sendable (_ domain: String) -> Bool

  /// In the order they were made.
  public private(set) var cookies: [StoredCookie] = []
  public let rules: CookieRules
  public let limits: CookieLimits
  private let isPublicSuffix: PublicSuffixTest
  private var counter: UInt64 = 0

  /// An empty jar. Without a list, names of one label are the public suffixes.
  public init(
    rules: CookieRules = .rfc6265bis, limits: CookieLimits = CookieLimits(), isPublicSuffix: @escaping PublicSuffixTest = { !$0.contains(".") }
  ) {
    self.rules = rules
    self.limits = limits
    self.isPublicSuffix = isPublicSuffix
  }

  // MARK: Storing

  /// Takes in the Set-Cookie fields of a response.
  public mutating func store(_ response: ResponseHead, from origin: CookieOrigin, at now: Instant) {
    for field in response.values(of: .setCookie) { store(field, from: origin, at: now) }
  }

  /// Takes in one Set-Cookie field. Returns whether the cookie counts (one that expires at once counts too: it removes).
  @discardableResult
  public mutating func store(_ field: Buffer, from origin: CookieOrigin, at now: Instant) -> Bool {
    guard let set = SetCookie(parsing: field, rules: rules, limits: limits) else { return false }
    return store(set, from: origin, at: now)
  }

  // RFC 6265 §5.3
  @discardableResult
  public mutating func store(_ set: SetCookie, from origin: CookieOrigin, at now: Instant) -> Bool {
    var domain = set.domain ?? ""
    // Step 5: no cookie for everybody below a public suffix; only the suffix's own host may have one, for itself.
    if !domain.isEmpty, isPublicSuffix(domain) {
      guard domain == origin.host else { return false }
      domain = ""
    }
    // Step 6
    guard domain.isEmpty || Self.host(origin.host, matches: domain) else { return false }
    let new = StoredCookie(
      cookie: set.cookie, domain: domain.isEmpty ? origin.host : domain, isHostOnly: domain.isEmpty, path: set.path ?? origin.defaultPath,
      expires: expiry(of: set, at: now), isSecure: set.isSecure, isHTTPOnly: set.isHTTPOnly, sameSite: set.sameSite)
    if rules == .rfc6265bis, !isAllowed(new, hasPath: set.path != nil, origin) { return false }
    insert(new, at: now)
    return true
  }

  /// What the successor document adds: insecure servers set nothing secure and cover nothing secure; prefixes hold what they promise.
  // RFC 6265bis §5.7 steps 12 to 21
  private func isAllowed(_ new: StoredCookie, hasPath: Bool, _ origin: CookieOrigin) -> Bool {
    if !origin.isSecure {
      if new.isSecure { return false }
      let isCovered = cookies.contains { old in
        old.isSecure && old.cookie.name == new.cookie.name && Self.path(new.path, matches: old.path)
          && (Self.host(old.domain, matches: new.domain) || Self.host(new.domain, matches: old.domain))
      }
      if isCovered { return false }
    }
    // A nameless cookie whose value begins like a prefix would look like the real one when it is sent.
    let prefix = new.cookie.bytes[0..<9].text.lowercased()
    if prefix == "__secure-" { return new.isSecure && !new.cookie.name.isEmpty }
    if prefix.hasPrefix("__host-") { return new.isSecure && new.isHostOnly && hasPath && new.path == "/" && !new.cookie.name.isEmpty }
    return true
  }

  // RFC 6265 §5.3 step 3: Max-Age goes before Expires.
  private func expiry(of set: SetCookie, at now: Instant) -> Instant? {
    let wanted: Instant? =
      if let seconds = set.maxAge { seconds <= 0 ? Instant(nanoseconds: .min) : now.advanced(by: .seconds(min(seconds, 1 << 40))) } else { set.expires }
    // RFC 6265bis §5.5
    return rules == .rfc6265bis ? wanted.map { min($0, now.advanced(by: limits.lifetimeMax)) } : wanted
  }

  // RFC 6265 §5.3 steps 11 and 12
  private mutating func insert(_ new: StoredCookie, at now: Instant) {
    var new = new
    counter += 1
    new.order = counter
    new.lastUse = counter
    if let index = cookies.firstIndex(where: { $0.cookie.name == new.cookie.name && $0.domain == new.domain && $0.path == new.path
      && (rules == .rfc6265 || $0.isHostOnly == new.isHostOnly) })
    {
      new.order = cookies[index].order
      cookies[index] = new
    } else {
      cookies.append(new)
    }
    cookies.removeAll { $0.isExpired(at: now) }
    if cookies.count(where: { $0.domain == new.domain }) > limits.cookiesPerDomainMax { forgetOldest { $0.domain == new.domain } }
    if cookies.count > limits.cookiesMax { forgetOldest { _ in true } }
  }

  // RFC 6265 §5.3: the one whose last use is longest ago; RFC 6265bis §5.7: insecure ones first.
  private mutating func forgetOldest(_ isMeant: (StoredCookie) -> Bool) {
    let oldest = cookies.indices.filter { isMeant(cookies[$0]) }.min { a, b in
      let (a, b) = (cookies[a], cookies[b])
      if rules == .rfc6265bis, a.isSecure != b.isSecure { return b.isSecure }
      return a.lastUse < b.lastUse
    }
    if let oldest { cookies.remove(at: oldest) }
  }

  /// Adds a cookie as it was remembered elsewhere, for example in a file.
  public mutating func restore(_ stored: StoredCookie, at now: Instant) {
    if !stored.isExpired(at: now) { insert(stored, at: now) }
  }

  /// Forgets every cookie that ends with the client's session.
  public mutating func endSession() { cookies.removeAll { $0.expires == nil } }

  // MARK: Sending

  /// The cookies for a request: longer paths first, then older cookies.
  // RFC 6265 §5.4
  public mutating func cookies(for origin: CookieOrigin, in context: CookieContext = .sameSite, at now: Instant) -> [Cookie] {
    cookies.removeAll { $0.isExpired(at: now) }
    let chosen = cookies.indices.filter { index in
      let stored = cookies[index]
      let isForHost = stored.isHostOnly ? stored.domain == origin.host : Self.host(origin.host, matches: stored.domain)
      return isForHost && Self.path(origin.path, matches: stored.path) && (origin.isSecure || !stored.isSecure)
        && context.allows(stored.sameSite)
    }
    counter += 1
    for index in chosen { cookies[index].lastUse = counter }
    return chosen.map { cookies[$0] }.sorted { a, b in
      a.path.count != b.path.count ? a.path.count > b.path.count : a.order < b.order
    }.map(\.cookie)
  }

  /// The value of the Cookie field for a request; nil: it gets none.
  public mutating func field(for origin: CookieOrigin, in context: CookieContext = .sameSite, at now: Instant) -> Buffer? {
    let all = cookies(for: origin, in: context, at: now)
    guard var field = all.first?.bytes else { return nil }
    for cookie in all.dropFirst() {
      field.append("; ")
      field.append(cookie.bytes)
    }
    return field
  }

  // MARK: Matching

  /// Whether `host` is `domain` or below it. An address is below nothing.
  // RFC 6265 §5.1.3
  static func host(_ host: String, matches domain: String) -> Bool {
    if host == domain { return true }
    return host.hasSuffix("." + domain) && !domain.isEmpty && Address(host) == nil
  }

  /// Whether `path` is `folder` or below it.
  // RFC 6265 §5.1.4
  static func path(_ path: Buffer, matches folder: Buffer) -> Bool {
    guard path.count >= folder.count, path[0..<folder.count] == folder else { return path.isEmpty && folder == "/" }
    return path.count == folder.count || folder[at: folder.count - 1] == UInt8(ascii: "/") || path[at: folder.count] == UInt8(ascii: "/")
  }
}
