// Where a router reports the address it got: the protocol of dyndns.org's members, version 2, that routers and ddclient speak:
// GET /nic/update?hostname=NAME&myip=ADDRESS with Basic credentials, inside TLS. It was never written down as a standard; these are its words.
// Not here: what follows from an address (HomeHost.swift).
import Accounts
import Bytes
import HTTP
import Synchronization
import WebServer
import World

/// The page that takes reports.
struct UpdateDoor: Application {
  /// The names that may be reported for: the domain and `www` below it.
  let domain: String
  let users: PasswordBook
  /// Publishes addresses; false: they were the ones already. Nil: it cannot be done now.
  let publish: @Sendable ([Address]) async -> Bool?

  static let path = "/nic/update"
  /// Most addresses of one report. Unit: addresses. Past it: the rest is passed over.
  private static let addressesMax = 4

  func answer(_ request: RequestHead, at now: Instant) -> ApplicationAnswer {
    guard request.method == .get || request.method == .head || request.method == .post else {
      return .response(.text(.methodNotAllowed, "badagent\n", afterwards: request.hasBody ? .close : .keepOpen))
    }
    // A browser that was told the password once sends it along with what any page makes it ask for.
    if CrossSite.comesFromElsewhere(request) { return .response(.text(.forbidden, "badagent\n", afterwards: request.hasBody ? .close : .keepOpen)) }
    return .workflow { exchange in
      // A password in the clear is everybody's.
      guard exchange.isEncrypted else { return exchange.respond(.text(.forbidden, "badauth: only inside TLS\n")) }
      guard let shown = request.value(of: .authorization).flatMap({ BasicCredentials(parsing: $0) }) else { return exchange.respond(challenge) }
      switch await users.check(user: shown.user, password: shown.password, at: now) {
      case .wrong: exchange.respond(challenge)
      case .busy: exchange.respond(.text(.serviceUnavailable, "911\n"))
      case .right: exchange.respond(.text(.ok, await report(request, from: exchange.remote.address) + "\n"))
      }
    }
  }

  private var challenge: Response {
    var response = Response.text(.unauthorized, "badauth\n")
    response.fields.append(.wwwAuthenticate, BasicCredentials.challenge(realm: domain))
    return response
  }

  /// One line for each name reported.
  private func report(_ request: RequestHead, from asker: Address) async -> String {
    let fields = request.query.flatMap { try? FormFields(parsing: $0) } ?? FormFields()
    let names = (fields["hostname"] ?? "").split(separator: ",").map { $0.lowercased() }
    guard !names.isEmpty else { return "notfqdn" }
    var texts: [String] = []
    for key in ["myip", "myipv6"] { texts += (fields[key] ?? "").split(separator: ",").map { String($0) } }
    // Without an address, or with one that is none (0.0.0.0 as some routers say it), the one it comes from is meant.
    var addresses = texts.prefix(Self.addressesMax).compactMap { Address($0) }.filter { $0 != .any && $0 != .v6(0, 0) }
    if addresses.isEmpty { addresses = [asker] }
    let shown = addresses.map(\.description).joined(separator: ",")
    var lines: [String] = []
    for name in names.prefix(Self.addressesMax) {
      guard name == domain || name == "www." + domain else {
        lines.append(name.contains(".") ? "nohost" : "notfqdn")
        continue
      }
      switch await publish(addresses) {
      case true?: lines.append("good \(shown)")
      case false?: lines.append("nochg \(shown)")
      case nil: lines.append("911")
      }
    }
    return lines.joined(separator: "\n")
  }
}
