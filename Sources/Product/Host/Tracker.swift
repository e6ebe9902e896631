// A site such as advertisers run: a picture on other people's pages, a number for everybody who sees it, and a list of who saw what where.
// It is here to be studied: what it learns is what any embedded object learns. Not here: the page that shows its picture (any other site).
import Bytes
package import HTTP
import Synchronization
package import WebServer
package import World

/// What a tracker keeps.
package struct TrackerLimits: Sendable, Hashable {
  /// Most sightings kept. Unit: sightings. Past it: the oldest goes.
  package var sightingsMax = 1_000
  /// Longest name of a page kept. Unit: bytes. Past it: cut.
  package var pageBytesMax = 200

  package init() {}
}

/// The tracker.
package final class Tracker: Application {
  private let limits: TrackerLimits
  private let state: Mutex<State>

  private struct State {
    var random: any RandomNumberGenerator & Sendable
    /// In their order: which number was seen on which page.
    var sightings: [(visitor: String, page: String)] = []
  }

  /// Numbers are drawn from `random`.
  package init(random: any RandomNumberGenerator & Sendable, limits: TrackerLimits = TrackerLimits()) {
    self.limits = limits
    state = Mutex(State(random: random))
  }

  private static let cookie = "visitor"
  private static let picture = "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"1\" height=\"1\"/>\n"

  package func answer(_ request: RequestHead, at now: Instant) -> ApplicationAnswer {
    guard request.method == .get || request.method == .head else {
      return .response(.text(.methodNotAllowed, "Only GET and HEAD.\n", afterwards: request.hasBody ? .close : .keepOpen))
    }
    switch request.path.text {
    case "/": return .response(.text(.ok, table))
    case "/pixel.svg": return .response(sight(request))
    default: return .response(.text(.notFound, "There is /pixel.svg, and / with what it has seen.\n"))
    }
  }

  /// Notes who saw the picture on which page, and numbers whoever has no number.
  private func sight(_ request: RequestHead) -> Response {
    let known = Cookies(of: request)[Self.cookie].flatMap { SessionID($0) }
    let page = String(decoding: (request.text(of: .referer) ?? "an unknown page").utf8.prefix(limits.pageBytesMax), as: UTF8.self)
    let visitor = state.withLock { state in
      var random = OpenedRandom(state.random)
      let visitor = known ?? SessionID(using: &random)
      state.random = random.source
      state.sightings.append((visitor.description, page))
      if state.sightings.count > limits.sightingsMax { state.sightings.removeFirst() }
      return visitor
    }
    var fields = FieldLines()
    fields.append(.contentType, "image/svg+xml")
    // Each view is to be counted.
    fields.append(.cacheControl, "no-store")
    if known == nil { fields.append(.setCookie, "\(Self.cookie)=\(visitor.description); Max-Age=31536000; Path=/") }
    return Response(.ok, fields: fields, body: .bytes(Buffer(Self.picture)))
  }

  /// What it has seen, a line each.
  private var table: String {
    let sightings = state.withLock { $0.sightings }
    return "Seen:\n" + sightings.map { "\($0.visitor) \($0.page)\n" }.joined()
  }
}
