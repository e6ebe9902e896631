// A client's cookies, shared by its fetches. Not here: what a jar does (HTTP/Cookies/CookieJar), keeping it in a file (the tools).
import Bytes
package import HTTP
import Synchronization
import World

/// A jar that several fetches share.
package final class SharedCookieJar: Sendable {
  private let jar: Mutex<CookieJar>

  package init(_ jar: CookieJar = CookieJar()) { self.jar = Mutex(jar) }

  /// The jar as it is now.
  package var current: CookieJar { jar.withLock { $0 } }

  /// The value of the Cookie field for a request to `address`; nil: it gets none.
  func field(for address: WebAddress, in context: CookieContext, at now: Instant) -> Buffer? {
    jar.withLock { $0.field(for: Self.origin(address), in: context, at: now) }
  }

  /// Takes in what a response from `address` asks to be remembered.
  func store(_ head: ResponseHead, from address: WebAddress, at now: Instant) { jar.withLock { $0.store(head, from: Self.origin(address), at: now) } }

  private static func origin(_ address: WebAddress) -> CookieOrigin {
    CookieOrigin(host: address.host, target: Buffer(address.target), isSecure: address.isSecure)
  }
}
