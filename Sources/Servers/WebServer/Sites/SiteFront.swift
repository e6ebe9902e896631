// What stands before a site, whatever answers in it: pages that moved, and areas only users may enter.
// Not here: the answers themselves (SiteResponder, applications), checking passwords (Sessions/PasswordBook).
package import Accounts
import Bytes
package import HTTP
import World

/// A page that moved.
package struct SiteRedirect: Sendable, Hashable {
  /// Exactly this path, decoded name by name.
  package var from: PathArea
  /// An address, or a path of the same site.
  package var target: String
  /// 301, 302, 303, 307 or 308.
  package var status: Status

  /// Nil for what is no path, no redirect's status, or would lead to another host by two slashes.
  package init?(from path: String, to target: String, status: Status = .movedPermanently) {
    let isKnown = [.movedPermanently, .found, .seeOther, .temporaryRedirect, .permanentRedirect].contains(status)
    guard let area = PathArea(path), isKnown, !target.isEmpty, !target.hasPrefix("//") else { return nil }
    from = area
    self.target = target
    self.status = status
  }
}

/// Areas of a site for users only.
package struct SiteProtection: Sendable {
  /// What the browser shows when it asks for the password.
  package var realm: String
  package var users: PasswordBook
  /// Where every request needs a user.
  package var areas: [PathArea]
  /// Where those do that change something.
  package var changingAreas: [PathArea]

  package init(realm: String, users: PasswordBook, areas: [PathArea], changingAreas: [PathArea] = []) {
    self.realm = realm
    self.users = users
    self.areas = areas
    self.changingAreas = changingAreas
  }

  func covers(_ path: SafePath, _ method: HTTP.Method) -> Bool {
    areas.contains { $0.contains(path) } || (!method.isSafe && changingAreas.contains { $0.contains(path) })
  }
}

/// A site behind its front.
final class SiteFront: Application {
  private let inner: SiteInterior
  private let doors: [(path: PathArea, application: any Application)]
  private let redirects: [SiteRedirect]
  private let protection: SiteProtection?

  init(_ inner: SiteInterior, doors: [(path: PathArea, application: any Application)], redirects: [SiteRedirect], protection: SiteProtection?) {
    self.inner = inner
    self.doors = doors
    self.redirects = redirects
    self.protection = protection
  }

  func answer(_ request: RequestHead, at now: Instant) -> ApplicationAnswer {
    // What has no safe path leads nowhere inside either.
    guard let path = try? SafePath(request.path) else { return inner.answer(request, at: now) }
    if !doors.isEmpty, let area = PathArea(of: path), let door = doors.first(where: { $0.path == area }) { return door.application.answer(request, at: now) }
    if let redirect = redirects.first(where: { $0.from == PathArea(of: path) }) {
      return .response(Self.response(redirect, query: request.query))
    }
    guard let protection, protection.covers(path, request.method) else { return inner.answer(request, at: now) }
    guard let credentials = request.value(of: .authorization).flatMap({ BasicCredentials(parsing: $0) }) else {
      return .response(challenge(protection, at: now))
    }
    if protection.users.remembers(user: credentials.user, password: credentials.password, at: now) { return inner.answer(request, at: now) }
    return .workflow { [self] exchange in
      switch await protection.users.check(user: credentials.user, password: credentials.password, at: now) {
      case .wrong: exchange.respond(challenge(protection, at: now))
      case .busy: exchange.respond(inner.failure(.serviceUnavailable, at: now))
      case .right:
        switch inner.answer(request, at: now) {
        case .response(let response): exchange.respond(response)
        case .workflow(_, let work): await work(exchange)
        }
      }
    }
  }

  // RFC 9110 §15.5.2, RFC 7617 §2
  private func challenge(_ protection: SiteProtection, at now: Instant) -> Response {
    var response = inner.failure(.unauthorized, at: now)
    response.fields.append(.wwwAuthenticate, BasicCredentials.challenge(realm: protection.realm))
    return response
  }

  private static func response(_ redirect: SiteRedirect, query: Buffer?) -> Response {
    var fields = FieldLines()
    fields.append(.location, redirect.target + (query.map { redirect.target.contains("?") ? "" : "?" + $0.text } ?? ""))
    fields.append(.contentType, "text/html; charset=utf-8")
    let page = Pages.message("\(redirect.status)", "This page is at another address: \(redirect.target)")
    return Response(redirect.status, fields: fields, body: .bytes(page))
  }
}

extension PathArea {
  /// The area that begins at exactly this path.
  init?(of path: SafePath) { self.init("/" + path.segments.joined(separator: "/")) }
}

/// What can stand behind a front: everything that answers for itself.
enum SiteInterior {
  case files(SiteResponder)
  case application(any Application)

  /// It without a front.
  var member: SiteSet.Member {
    switch self {
    case .files(let responder): .files(responder)
    case .application(let application): .application(application)
    }
  }

  /// The answer to a request for this site.
  func answer(_ request: RequestHead, at now: Instant) -> ApplicationAnswer {
    switch self {
    case .files(let responder): .response(responder.answer(request, at: now))
    case .application(let application): application.answer(request, at: now)
    }
  }

  /// The page for `status`: the site's own, or ours.
  func failure(_ status: Status, at now: Instant) -> Response {
    if case .files(let responder) = self { return responder.failure(status, at: now) }
    var fields = FieldLines()
    fields.append(.contentType, "text/html; charset=utf-8")
    fields.append(.contentTypeOptions, "nosniff")
    return Response(status, fields: fields, body: .bytes(Pages.message("\(status)", SiteResponder.sentence(for: status))))
  }
}
