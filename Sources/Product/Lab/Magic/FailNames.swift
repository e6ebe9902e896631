// The zone fail.test: names and sites at which something goes wrong on purpose, at a server that the world has already. What records can say they
// say; the rest is a policy of the name server, applications of the web server, certificates, and two hosts that know too little of TLS.
// Not here: obeying them (NameServer/Authoritative/QuestionPolicy.swift, WebServer).
import Bytes
import DNS
import HTTP
import Host
import NameServer
package import Transport
import WebServer
package import World

/// The zone of a world.
package struct FailNames: Sendable {
  package static let zone = "fail.test"
  /// Who serves the zone and its sites.
  let host: String
  private let clock: any WorldClock
  /// What is shown inside TLS; nil: the world has no certificates.
  private var shown: Shown?

  /// Adds the zone to `world`; nil: there is no zone above it, or one of its name.
  package init?(addedTo world: inout WorldDescription, clock: any WorldClock) {
    guard let above = world.zones.first(where: { $0.origin == "test" }), !world.zones.contains(where: { $0.origin == Self.zone }),
      let server = above.servers.first, let host = world.host(server), !world.sites.contains(where: { $0.host == server })
    else { return nil }
    self.host = server
    self.clock = clock
    for name in [Self.oldTLS, Self.noTLS] { if let neighbour = Self.neighbour(of: host, named: name, in: world) { world.hosts.append(neighbour) } }
    for (domain, server, name) in [(Self.zone, server, "mail.\(Self.zone)"), (Self.oldTLS, Self.oldTLS, Self.oldTLS), (Self.noTLS, Self.noTLS, Self.noTLS)] {
      guard world.host(server) != nil, !world.mail.contains(where: { $0.host == server }) else { continue }
      var settings = MailSettings()
      settings.name = name
      world.mail.append(MailDescription(domain: domain, host: server, settings: settings, preference: 10))
    }
    let stranger = world.rootServers.first { $0.name != server }.map { world.domainName(of: $0) } ?? "nowhere.invalid"
    world.zones.append(
      ZoneDescription(origin: Self.zone, servers: [server], timeToLive: 60, serial: 1, records: .text(Self.records(at: host.addresses, stranger: stranger))))
  }

  // MARK: Hosts

  /// Where only TLS 1.0 and 1.1 are spoken, and where none is: at addresses of their own, since a client names the host too late, or never.
  private static let oldTLS = "old-tls.\(zone)"
  private static let noTLS = "no-starttls.\(zone)"

  /// A host in the same net, at the last addresses there that are free; nil: none are.
  private static func neighbour(of host: HostDescription, named name: String, in world: WorldDescription) -> HostDescription? {
    let addresses = host.addresses.compactMap { address in
      (1...254).reversed().lazy.compactMap { Address(bytes: address.bytes.dropLast() + [$0]) }.first { world.host(at: $0) == nil }
    }
    return addresses.isEmpty ? nil : HostDescription(name: name, addresses: addresses, net: host.net, attachment: host.attachment)
  }

  /// Whether a host speaks TLS.
  func speaksTLS(_ host: String) -> Bool { host != Self.noTLS }

  /// In which versions it does.
  func versions(of host: String) -> ClosedRange<TLSVersion> { host == Self.oldTLS ? .v1_0 ... .v1_1 : TLSVersion.spoken }

  /// Names that are answered otherwise, by their first label.
  private static let deeds: [(label: String, deed: QuestionPolicy.Deed)] = [
    ("servfail", .refuse(.serverFailure)), ("refused", .refuse(.refused)), ("silent", .silent), ("slow-2s", .late(.seconds(2))), ("truncated", .cut),
  ]

  private static func records(at addresses: [Address], stranger: String) -> String {
    func all(_ label: String, _ ttl: String = "") -> String {
      addresses.map { address in if case .v6 = address { "\(label) \(ttl) AAAA \(address)\n" } else { "\(label) \(ttl) A \(address)\n" } }.joined()
    }
    return """
      nodata TXT "Here is no address, on purpose"
      cname-loop CNAME cname-loop-2
      cname-loop-2 CNAME cname-loop
      lame NS \(stranger).

      """ + all("ttl-1", "1") + (deeds.map(\.label) + hosts.map(\.label) + certificates + ["mail"]).map { all($0) }.joined()
  }

  /// What the zone's server does at its names.
  var policy: QuestionPolicy {
    let deeds = Dictionary(Self.deeds.compactMap { deed in (try? Name("\(deed.label).\(Self.zone)")).map { ($0, deed.deed) } }) { first, _ in first }
    return QuestionPolicy { name, _ in deeds[name] }
  }

  // MARK: Sites

  /// A site's deed.
  private enum Wrong: Sendable {
    case response(@Sendable (RequestHead) -> Response)
    /// So many bytes of a long answer, then the connection breaks; nil: nothing more comes.
    case stop(after: Int, breaks: Bool)
    /// The answer begins only so much later.
    case late(Duration)
    /// An interim answer comes first.
    case hints
  }

  private static let hosts: [(label: String, wrong: Wrong)] = [
    ("status-503", .response { _ in .text(.serviceUnavailable, "This site fails on purpose.\n") }),
    ("retry-after-30", .response { _ in with(.retryAfter, "30", .text(.serviceUnavailable, "This site fails for thirty seconds, on purpose.\n")) }),
    ("redirect-loop", .response { request in with(.location, request.path.text, Response(.found)) }),
    ("reset", .stop(after: 0, breaks: true)), ("stall-1k", .stop(after: 1_024, breaks: false)), ("slow-headers", .late(.seconds(10))),
    ("bad-chunk", .response { _ in badChunk }), ("early-hints", .hints),
  ]

  /// Names whose certificates are wrong.
  private static let certificates = wrong.map(\.label) + ["revoked"]
  private static let wrong: [(label: String, certificate: WrongCertificate)] = [
    ("expired-cert", .expired), ("wrong-name", .wrongName), ("self-signed", .selfSigned), ("unknown-root", .unknownRoot),
  ]

  /// What those names show inside TLS, and the list that takes one of them back.
  private struct Shown: Sendable {
    var identities: [TLSIdentity]
    var revocationList: [UInt8]
  }

  /// Where the list is, at the site of the name that it is about.
  private static let listPath = "/authority.crl"

  /// The certificates of those names; each is shown to whoever asks `host` for its name inside TLS.
  func identities(of host: String) -> [TLSIdentity] { host == self.host ? shown?.identities ?? [] : [] }

  /// Makes them.
  package mutating func certify(by authority: CertificateAuthority, at now: Instant) throws(CertificateError) {
    func name(_ label: String) -> String { "\(label).\(Self.zone)" }
    let revoked = try authority.issue(for: [name("revoked")], at: now, revocationList: "http://\(name("revoked"))\(Self.listPath)")
    var identities = [revoked]
    for (label, certificate) in Self.wrong { identities.append(try certificate.identity(for: name(label), by: authority, at: now)) }
    shown = Shown(identities: identities, revocationList: try authority.revocationList(of: [revoked], at: now))
  }

  private static func with(_ name: FieldName, _ value: String, _ response: Response) -> Response {
    var response = response
    response.fields.append(name, value)
    return response
  }

  /// An answer whose second chunk has no size.
  private static let badChunk: Response = {
    let head = "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nTransfer-Encoding: chunked\r\n"
    return .prepared(PreparedResponse(head: Buffer(head), content: .bytes(Buffer("6\r\nbroken\r\nno size\r\n"))))
  }()

  /// The sites of a host, with a name each.
  func sites(of host: String) -> [Site] {
    switch host {
    case self.host: Self.hosts.map { site($0.label, $0.wrong) }
    case Self.oldTLS: [site("old-tls", .response { _ in .text(.ok, "This site's TLS is old on purpose.\n") })]
    default: []
    }
  }

  /// Those whose certificates are wrong, and nothing else.
  func sitesOfWrongCertificates(of host: String) -> [Site] {
    guard host == self.host else { return [] }
    let list = Self.with(.contentType, "application/pkix-crl", Response(.ok, body: .bytes(Buffer(shown?.revocationList ?? []))))
    return Self.certificates.map { label in
      site(label, .response { $0.path == Buffer(Self.listPath) ? list : .text(.ok, "This certificate is wrong on purpose.\n") })
    }
  }

  private func site(_ label: String, _ wrong: Wrong) -> Site {
    Site(names: ["\(label).\(Self.zone)"], content: .application(WrongSite(wrong: wrong, clock: clock)))
  }

  private struct WrongSite: Application {
    let wrong: Wrong
    let clock: any WorldClock

    /// Longer than any of these sites sends. Unit: bytes.
    private static var promised: Int64 { 1 << 20 }
    /// The longest a connection is left hanging.
    private static var patience: Duration { .seconds(3_600) }

    func answer(_ request: RequestHead, at now: Instant) -> ApplicationAnswer {
      switch wrong {
      case .response(let response): return .response(response(request))
      case .hints:
        return .workflow { exchange in
          var fields = FieldLines()
          fields.append(.link, "</style.css>; rel=preload; as=style")
          exchange.inform(.earlyHints, fields)
          exchange.respond(.text(.ok, "Hints came first, on purpose.\n"))
        }
      case .late(let time):
        return .workflow { exchange in
          try? await clock.sleep(until: now + time)
          exchange.respond(.text(.ok, "Late on purpose.\n"))
        }
      case .stop(let count, let breaks):
        return .workflow { exchange in
          exchange.respond(Response(.ok, body: .parts(length: Self.promised)))
          if count > 0 { try? await exchange.send(Buffer(String(repeating: "x", count: count))) }
          if !breaks {
            let waiting = Task { try await clock.sleep(until: now + Self.patience) }
            exchange.whenAbandoned { waiting.cancel() }
            exchange.whenRetired { waiting.cancel() }
            _ = try? await waiting.value
          }
          exchange.breakOff()
        }
      }
    }
  }
}
