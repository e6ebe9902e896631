// The cookie that carries a session's name, with the attributes that keep it where it belongs; and the check that a form comes from here.
// Not here: sessions themselves (SessionStore.swift).
package import HTTP
package import Bytes

/// How a site's session cookie looks. Safe unless told otherwise: no script sees it, no other site's form sends it.
package struct SessionCookie: Sendable, Hashable {
  package var name = "session"
  /// How long the browser keeps it. Unit: seconds. Nil: until the browser is closed.
  package var maxAge: Int64? = 30 * 86_400
  package var sameSite = SetCookie.SameSite.lax

  package init() {}

  /// The cookie's name on such a connection.
  // RFC 6265bis §4.1.3.2: a browser takes a cookie called so only from the very host, over TLS, for all of it.
  private func name(isEncrypted: Bool) -> String { isEncrypted ? "__Host-" + name : name }

  /// The session the request's cookie names; nil: none that could ever have been one.
  package func id(in request: RequestHead, isEncrypted: Bool) -> SessionID? {
    Cookies(of: request)[name(isEncrypted: isEncrypted)].flatMap { SessionID($0) }
  }

  /// The Set-Cookie field that makes the browser remember `id`; nil as id: makes it forget.
  package func field(_ id: SessionID?, isEncrypted: Bool) -> Buffer {
    var set = SetCookie(Cookie(name: Buffer(name(isEncrypted: isEncrypted)), value: Buffer(id?.description ?? "")))
    set.maxAge = id == nil ? 0 : maxAge
    set.path = "/"
    set.isSecure = isEncrypted
    set.isHTTPOnly = true
    set.sameSite = sameSite
    return set.text ?? Buffer()
  }
}

/// Tells requests that another site made a browser send.
package enum CrossSite {
  /// Whether a request that changes something comes from another site's page. Programs that are no browsers send neither field, and carry
  /// nobody's cookies along.
  // Fetch Metadata §2.4 (Sec-Fetch-Site), RFC 6454 §7.2 (Origin)
  package static func isForeign(_ request: RequestHead) -> Bool { !request.method.isSafe && comesFromElsewhere(request) }

  /// The same for a request that changes something although its method says that it does not.
  package static func comesFromElsewhere(_ request: RequestHead) -> Bool {
    if let site = request.text(of: "Sec-Fetch-Site") { return site != "same-origin" && site != "none" }
    guard let origin = request.text(of: .origin) else { return false }
    guard let scheme = origin.firstRange(of: "://") else { return true }
    return origin[scheme.upperBound...].lowercased() != request.authority.text.lowercased()
  }
}
