// A small shop that remembers its visitors: an application on the web server, like any that a user of this program would write.
// First visit: a session and its row. Later visits are recognised, the basket survives the browser's restart, a login gives a new name.
// Not here: what the pages look like (ShopPages.swift), what is sold (Stock.swift). Read next: WebServer/Sessions/SessionStore.swift.
package import Accounts
import Bytes
package import HTTP
package import Storage
import Synchronization
package import WebServer
package import World

/// What a shop is allowed.
package struct ShopLimits: Sendable, Hashable {
  /// Most pieces of one article in a basket. Unit: pieces. Past it: it stays at that.
  package var piecesMax = 99
  /// Most rows shown of the table of sessions. Unit: rows. Past it: the page says that there are more.
  package var rowsShownMax = 100
  /// Most pictures visitors may leave. Unit: pictures. Past it: the oldest goes.
  package var picturesMax = 24
  package var forms = FormLimits()

  package init() {
    forms.fileBytesMax = 1_048_576
    forms.filesBytesMax = 1_048_576
    forms.partsMax = 8
  }
}

/// The shop.
package final class Shop: Application {
  let sessions: SessionStore
  let users: PasswordBook
  let pictures: any BlobStore
  let limits: ShopLimits
  private let clock: any WorldClock
  private let cookie = SessionCookie()

  package init(sessions: SessionStore, users: PasswordBook, pictures: any BlobStore, clock: any WorldClock, limits: ShopLimits = ShopLimits()) {
    self.sessions = sessions
    self.users = users
    self.pictures = pictures
    self.clock = clock
    self.limits = limits
  }

  /// One request with what is known of who makes it.
  struct Visit: Sendable {
    var exchange: Exchange
    var id: SessionID
    var session: Session
    /// The session began with this request, or got a new name in it: the browser has to be told.
    var isNamed: Bool
  }

  package func answer(_ request: RequestHead, at now: Instant) -> ApplicationAnswer {
    guard let path = try? SafePath(request.path) else { return .response(Self.failure(.badRequest, "This is no address of the shop.")) }
    let place = "/" + path.segments.joined(separator: "/")
    switch (request.method, place) {
    case (.get, "/"), (.head, "/"): return .workflow { [self] in await run($0) { try await front($0) } }
    case (.get, "/search"), (.head, "/search"): return .workflow { [self] in await run($0) { try await search($0) } }
    case (.get, "/sessions"), (.head, "/sessions"), (.get, "/staff"), (.head, "/staff"): return .workflow { [self] in await run($0) { try await table($0) } }
    case (.post, "/basket"): return .workflow { [self] in await run($0) { try await fill($0) } }
    case (.post, "/login"): return .workflow { [self] in await run($0) { try await logIn($0) } }
    case (.post, "/logout"): return .workflow { [self] in await run($0) { try await logOut($0) } }
    case (.post, "/pictures"): return .workflow { [self] in await run($0) { try await takePicture($0) } }
    case (.get, _), (.head, _):
      guard path.segments.count == 2, path.segments[0] == "pictures", let name = BlobName(path.segments[1]) else {
        return .response(Self.failure(.notFound, "The shop has nothing at this address."))
      }
      return .workflow { [self] in await showPicture(name, $0) }
    default:
      var response = Self.failure(.methodNotAllowed, "This address does not take that method.")
      response.fields.append(.allow, ["/basket", "/login", "/logout", "/pictures"].contains(place) ? "POST" : "GET, HEAD")
      return .response(response)
    }
  }

  // MARK: Who is there

  /// Finds out who asks, lets `page` answer, and tells the browser a new name.
  private func run(_ exchange: Exchange, _ page: (Visit) async throws -> Response) async {
    // A form another site's page sent would spend this visitor's money.
    if CrossSite.isForeign(exchange.request) {
      return exchange.respond(Self.failure(.forbidden, "This form was sent by another site's page."))
    }
    do {
      exchange.respond(try await page(try await visit(exchange)))
    } catch let refusal as Refusal {
      exchange.respond(Self.failure(refusal.status, refusal.explanation))
    } catch is Abandoned {
      // Nobody waits for an answer any more.
    } catch StorageError.full {
      exchange.respond(Self.failure(.insufficientStorage, "There is no space left in the shop."))
    } catch {
      exchange.respond(Self.failure(.internalServerError, "The shop could not keep this. Nothing was changed."))
    }
  }

  /// The visitor's session; a new one for a first visit. A name that we did not give is never taken over.
  private func visit(_ exchange: Exchange) async throws(SessionError) -> Visit {
    if let id = cookie.id(in: exchange.request, isEncrypted: exchange.isEncrypted), let session = try await sessions.visit(id, at: clock.now) {
      return Visit(exchange: exchange, id: id, session: session, isNamed: false)
    }
    let (id, session) = try await sessions.make(at: clock.now)
    return Visit(exchange: exchange, id: id, session: session, isNamed: true)
  }

  // MARK: Pages

  private func front(_ visit: Visit) async throws -> Response {
    let shown = try await pictures.names().suffix(limits.picturesMax)
    return page(visit, ShopPages.front(visit.session, stock: Stock.articles, users: !users.isEmpty, pictures: Array(shown), received: received(visit), given: given(visit)))
  }

  private func search(_ visit: Visit) async throws -> Response {
    let fields = try FormFields(parsing: visit.exchange.request.query ?? Buffer(), limits: limits.forms)
    let words = fields["q"] ?? ""
    return page(visit, ShopPages.search(words, Stock.articles(matching: words)))
  }

  private func table(_ visit: Visit) async throws -> Response {
    let rows = try await sessions.all(limit: limits.rowsShownMax)
    return page(visit, ShopPages.table(rows, of: sessions.count, own: visit.id.key, received: received(visit), given: given(visit)))
  }

  /// What the browser sent as cookies, as it sent it.
  private func received(_ visit: Visit) -> String { visit.exchange.request.fields.joined(.cookie)?.text ?? "" }

  /// What this answer asks the browser to remember; nil: nothing new.
  private func given(_ visit: Visit) -> String? {
    visit.isNamed ? cookie.field(visit.id, isEncrypted: visit.exchange.isEncrypted).text : nil
  }

  // MARK: Forms

  /// Puts pieces of an article into the basket, or takes them out.
  private func fill(_ visit: Visit) async throws -> Response {
    let form = try await visit.exchange.form(limits: limits.forms).fields
    guard let article = Stock.articles.first(where: { $0.name == form["article"] }), let wanted = Int(form["pieces"] ?? "1"),
      (-limits.piecesMax...limits.piecesMax).contains(wanted)
    else { throw Refusal(.unprocessableContent, "The shop does not sell that.") }
    let piecesMax = limits.piecesMax
    let changed = try await sessions.change(visit.id, at: clock.now) { session in
      var basket = Basket(session)
      basket.add(wanted, of: article, max: piecesMax)
      basket.store(in: &session)
    }
    return back(changed == nil ? nil : visit)
  }

  /// A login gives the session a new name: who planted the old one is left outside.
  private func logIn(_ visit: Visit) async throws -> Response {
    let form = try await visit.exchange.form(limits: limits.forms).fields
    guard let credentials = BasicCredentials(user: form["user"] ?? "", password: form["password"] ?? "") else {
      throw Refusal(.unprocessableContent, "Neither name nor password may have control characters, nor the name a colon.")
    }
    switch await users.check(user: credentials.user, password: credentials.password, at: clock.now) {
    case .busy: throw Refusal(.serviceUnavailable, "Too many people log in at the moment. Please try again.")
    case .wrong: throw Refusal(.forbidden, "There is no such user, or the password is another one.")
    case .right: break
    }
    guard let (id, session) = try await sessions.rename(visit.id, at: clock.now, { $0.user = credentials.user }) else { return back(nil) }
    return back(Visit(exchange: visit.exchange, id: id, session: session, isNamed: true))
  }

  private func logOut(_ visit: Visit) async throws -> Response {
    _ = try await visit.exchange.form(limits: limits.forms)
    try await sessions.end(visit.id)
    var response = back(nil)
    response.fields.append(.setCookie, cookie.field(nil, isEncrypted: visit.exchange.isEncrypted))
    return response
  }

  // MARK: Pictures

  /// Takes a picture that a visitor leaves.
  private func takePicture(_ visit: Visit) async throws -> Response {
    let form = try await visit.exchange.form(into: pictures, limits: limits.forms)
    guard let file = form.files.first(where: { $0.field == "picture" }) else { throw Refusal(.unprocessableContent, "No picture was chosen.") }
    // What the sender says it is counts for nothing: a page with a script in it must not come back as one.
    guard let ending = PictureKind.ending(of: file.beginning) else { throw Refusal(.unsupportedMediaType, "This is no PNG, JPEG, GIF or WebP picture.") }
    // Named by time, so that the oldest comes first; the session's number keeps two of one moment apart.
    let digits = String(UInt64(bitPattern: clock.now.nanoseconds), radix: 16)
    let padded = String(repeating: "0", count: 16 - digits.utf8.count) + digits
    guard let name = BlobName("\(padded)-\(visit.session.number).\(ending)") else { throw Refusal(.internalServerError, "no name") }
    try await file.draft.keep(as: name)
    let names = try await pictures.names()
    for old in names.dropLast(limits.picturesMax) { try await pictures.remove(old) }
    return back(visit)
  }

  private func showPicture(_ name: BlobName, _ exchange: Exchange) async {
    guard let bytes = try? await pictures.bytes(of: name) else {
      return exchange.respond(Self.failure(.notFound, "This picture is not here, or no longer."))
    }
    var fields = FieldLines()
    fields.append(.contentType, MediaType.ofFile(named: name.description))
    fields.append(.contentTypeOptions, "nosniff")
    // A name is never used for another picture.
    fields.append(.cacheControl, "max-age=86400, immutable")
    exchange.respond(Response(.ok, fields: fields, body: .bytes(bytes)))
  }

  // MARK: Answers

  /// A page, and the session's name where the browser has to learn it.
  private func page(_ visit: Visit, _ html: String) -> Response {
    var response = Self.html(.ok, html)
    if let given = given(visit) { response.fields.append(.setCookie, given) }
    return response
  }

  /// Sends the browser back to the front page, so that loading it again does not send the form again.
  // RFC 9110 §15.4.4
  private func back(_ visit: Visit?) -> Response {
    var fields = FieldLines()
    fields.append(.location, "/")
    fields.append(.cacheControl, "no-store")
    if let given = visit.flatMap({ given($0) }) { fields.append(.setCookie, given) }
    return Response(.seeOther, fields: fields)
  }

  private static func failure(_ status: Status, _ sentence: String) -> Response { html(status, ShopPages.failure(status, sentence)) }

  private static func html(_ status: Status, _ html: String) -> Response {
    var fields = FieldLines()
    fields.append(.contentType, "text/html; charset=utf-8")
    // Pages are for one visitor only.
    fields.append(.cacheControl, "no-store")
    fields.append(.contentTypeOptions, "nosniff")
    fields.append(.contentSecurityPolicy, "default-src 'none'; style-src 'unsafe-inline'; img-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'")
    return Response(status, fields: fields, body: .bytes(Buffer(html)))
  }
}
