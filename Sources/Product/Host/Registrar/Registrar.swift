// A registrar: a web form at which names of a zone are registered, changed and given up. Each of these becomes one dynamic update (RFC 2136) of
// the zone at its first server, signed with a key (RFC 8945). Who registers a name gets a code, with which alone it is changed later.
// Read before: Registration.swift (what a form says). Not here: the pages (RegistrarPages.swift), the zone's server (NameServer/Changing).
import Bytes
package import DNS
package import HTTP
package import Storage
import Synchronization
package import WebServer
package import World

/// How a registrar is set up.
package struct RegistrarSetting: Sendable {
  package var zone: Name
  /// The zone's first server.
  package var server: Endpoint
  package var key: TransactionKey
  package var limits = RegistrarLimits()

  package init(zone: Name, server: Endpoint, key: TransactionKey) {
    self.zone = zone
    self.server = server
    self.key = key
  }
}

/// The registrar.
package final class Registrar: Application {
  private let setting: RegistrarSetting
  private let client: NameClient
  private let records: any RecordStore
  private let chance: Mutex<any RandomNumberGenerator & Sendable>

  /// Codes and identifiers are drawn from `chance`.
  package init(_ setting: RegistrarSetting, client: NameClient, records: any RecordStore, chance: any RandomNumberGenerator & Sendable) {
    self.setting = setting
    self.client = client
    self.records = records
    self.chance = Mutex(chance)
  }

  package func answer(_ request: RequestHead, at now: Instant) -> ApplicationAnswer {
    let path = request.path.text
    switch (request.method, path) {
    case (.get, "/"), (.head, "/"): return .response(Self.page(.ok, RegistrarPages.front(setting.zone)))
    case (.post, "/register"): return .workflow { [self] in await take($0) { try await register($0) } }
    case (.post, "/change"): return .workflow { [self] in await take($0) { try await change($0) } }
    case (.post, "/release"): return .workflow { [self] in await take($0) { try await release($0) } }
    case (_, "/"), (_, "/register"), (_, "/change"), (_, "/release"):
      var response = Self.page(.methodNotAllowed, RegistrarPages.failure(.methodNotAllowed, ["This address does not take that method."]))
      response.fields.append(.allow, path == "/" ? "GET, HEAD" : "POST")
      return .response(response)
    default: return .response(Self.page(.notFound, RegistrarPages.failure(.notFound, ["There is nothing here but the form at “/”."])))
    }
  }

  /// Reads the form, lets `work` answer, and says what went wrong.
  private func take(_ exchange: Exchange, _ work: (FormFields) async throws -> Response) async {
    // A form that another site's page sent would give somebody's name away.
    if CrossSite.isForeign(exchange.request) {
      return exchange.respond(Self.page(.forbidden, RegistrarPages.failure(.forbidden, ["This form was sent by another site's page."])))
    }
    var limits = FormLimits()
    (limits.textBytesMax, limits.valueBytesMax, limits.fieldsMax, limits.partsMax) = (setting.limits.formBytesMax, setting.limits.formBytesMax, 16, 16)
    do { exchange.respond(try await work(try await exchange.form(limits: limits).fields)) } catch let problems as Registration.Problems {
      exchange.respond(Self.page(.unprocessableContent, RegistrarPages.failure(.unprocessableContent, problems.all.map(\.sentence))))
    } catch let refusal as Refusal {
      exchange.respond(Self.page(refusal.status, RegistrarPages.failure(refusal.status, [refusal.explanation])))
    } catch is Abandoned {
      // Nobody waits for an answer any more.
    } catch {
      exchange.respond(Self.page(.internalServerError, RegistrarPages.failure(.internalServerError, ["The registrar could not keep this."])))
    }
  }

  // MARK: Deeds

  private func register(_ form: FormFields) async throws -> Response {
    let registration = try Registration(form, zone: setting.zone, limits: setting.limits)
    let made = registration.records(timeToLive: setting.limits.timeToLive)
    // RFC 2136 §2.4.5: whoever is first gets it, also when two ask at the same moment.
    switch try await update([.absent(registration.name)], made.map { .add($0) }) {
    case .noError: break
    case .nameExists: throw Refusal(.conflict, "\(registration.name) is taken.")
    case let code: throw Self.refused(code)
    }
    // As hard to guess as a session's name, and kept as one is: by its hash.
    let code = chance.withLock { chance in
      var random = OpenedRandom(chance)
      defer { chance = random.source }
      return SessionID(using: &random)
    }
    try await keep(Kept(hash: Hexadecimal.text(code.key.array), glue: registration.glue), of: registration.name)
    return Self.page(.created, RegistrarPages.registered(registration.name, made, code: code.description))
  }

  private func change(_ form: FormFields) async throws -> Response {
    let registration = try Registration(form, zone: setting.zone, limits: setting.limits)
    let kept = try await kept(form, registration.name)
    let made = registration.records(timeToLive: setting.limits.timeToLive)
    // RFC 2136 §3.4.2: changes are made in their order, and nobody sees the zone between two of them.
    let changes = Self.removal(of: registration.name, kept) + made.map { .add($0) }
    let code = try await update([], changes)
    guard code == .noError else { throw Self.refused(code) }
    try await keep(Kept(hash: kept.hash, glue: registration.glue), of: registration.name)
    return Self.page(.ok, RegistrarPages.registered(registration.name, made, code: nil))
  }

  private func release(_ form: FormFields) async throws -> Response {
    let name = try Registration(FormFields(form.all.filter { $0.name == "name" } + [FormFields.Field("servers", "any.invalid")]), zone: setting.zone).name
    let kept = try await kept(form, name)
    let code = try await update([], Self.removal(of: name, kept))
    guard code == .noError else { throw Self.refused(code) }
    try await records.apply([.remove(table: Self.table, key: Buffer(name.lowercased.wire))])
    return Self.page(.ok, RegistrarPages.released(name))
  }

  private static func removal(of name: Name, _ kept: Kept) -> [ZoneUpdate.Change] {
    [.deleteSet(name, .ns), .deleteSet(name, .ds)] + kept.glue.map { .deleteName($0) }
  }

  private func update(_ prerequisites: [ZoneUpdate.Prerequisite], _ changes: [ZoneUpdate.Change]) async throws(Refusal) -> ResponseCode {
    let id = chance.withLock { UInt16.random(in: 0...UInt16.max, using: &$0) }
    let update = ZoneUpdate(zone: setting.zone, prerequisites: prerequisites, changes: changes)
    switch await client.change(update, setting.server, key: setting.key, id: id) {
    case .answered(let answer): return answer.message.responseCode
    case .timedOut: throw Refusal(.gatewayTimeout, "The zone's server does not answer. Whether it heard, the zone will show.")
    case .unreachable: throw Refusal(.badGateway, "The zone's server cannot be reached, or does not know this registrar's key.")
    }
  }

  private static func refused(_ code: ResponseCode) -> Refusal { Refusal(.badGateway, "The zone's server says \(code). Nothing was changed.") }

  // MARK: Who may change a name

  private static let table = "registrations"

  /// What is kept of a name.
  private struct Kept {
    /// Of its code.
    var hash: String
    /// The names of its servers whose addresses stand in the zone.
    var glue: [Name]
  }

  private func keep(_ kept: Kept, of name: Name) async throws(StorageError) {
    let value = ([kept.hash] + kept.glue.map(\.description)).joined(separator: "\n")
    try await records.apply([.put(table: Self.table, key: Buffer(name.lowercased.wire), value: Buffer(value))])
  }

  /// What is kept of `name`, if the form has its code.
  private func kept(_ form: FormFields, _ name: Name) async throws -> Kept {
    let lines = try await records.value(in: Self.table, at: Buffer(name.lowercased.wire))?.text.split(separator: "\n").map(String.init) ?? []
    let code = SessionID(Buffer((form["code"] ?? "").filter { !$0.isWhitespace }))
    // The same word for a name that nobody registered here: who guesses learns nothing.
    guard let own = lines.first, let code, own == Hexadecimal.text(code.key.array) else { throw Refusal(.forbidden, "This is not the code of \(name).") }
    return Kept(hash: own, glue: lines.dropFirst().compactMap { try? Name($0) })
  }

  // MARK: Pages

  private static func page(_ status: Status, _ html: String) -> Response {
    var fields = FieldLines()
    fields.append(.contentType, "text/html; charset=utf-8")
    fields.append(.cacheControl, "no-store")
    fields.append(.contentTypeOptions, "nosniff")
    fields.append(.contentSecurityPolicy, "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'")
    return Response(status, fields: fields, body: .bytes(Buffer(html)))
  }
}

extension Registration {
  /// The names of its servers whose addresses stand in the zone above.
  fileprivate var glue: [Name] { servers.filter { !$0.addresses.isEmpty }.map(\.name) }
}
