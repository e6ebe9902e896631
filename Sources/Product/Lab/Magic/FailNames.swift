// The zone fail.test: names and sites at which something goes wrong on purpose, at a server that the world has already. What records can say they
// say; the rest is a policy of the name server and applications of the web server.
// Not here: obeying them (NameServer/Authoritative/QuestionPolicy.swift, WebServer).
import Bytes
import DNS
import HTTP
import NameServer
import Transport
import WebServer
package import World

/// The zone of a world.
package struct FailNames: Sendable {
  package static let zone = "fail.test"
  /// Who serves the zone and its sites.
  let host: String
  private let clock: any WorldClock

  /// Adds the zone to `world`; nil: there is no zone above it, or one of its name.
  package init?(addedTo world: inout WorldDescription, clock: any WorldClock) {
    guard let above = world.zones.first(where: { $0.origin == "test" }), !world.zones.contains(where: { $0.origin == Self.zone }),
      let server = above.servers.first, let host = world.host(server), !world.sites.contains(where: { $0.host == server })
    else { return nil }
    self.host = server
    self.clock = clock
    let stranger = world.rootServers.first { $0.name != server }.map { world.domainName(of: $0) } ?? "nowhere.invalid"
    world.zones.append(
      ZoneDescription(origin: Self.zone, servers: [server], timeToLive: 60, serial: 1, records: .text(Self.records(at: host.addresses, stranger: stranger))))
  }

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

      """ + all("ttl-1", "1") + (deeds.map(\.label) + hosts.map(\.label) + certificates).map { all($0) }.joined()
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
  private static let certificates = wrong.map(\.label)
  private static let wrong: [(label: String, certificate: WrongCertificate)] = [
    ("expired-cert", .expired), ("wrong-name", .wrongName), ("self-signed", .selfSigned), ("unknown-root", .unknownRoot),
  ]

  /// The certificates of those names; each is shown to whoever asks for its name inside TLS.
  func identities(by authority: CertificateAuthority, at now: Instant) throws(CertificateError) -> [TLSIdentity] {
    var identities: [TLSIdentity] = []
    for (label, certificate) in Self.wrong { identities.append(try certificate.identity(for: "\(label).\(Self.zone)", by: authority, at: now)) }
    return identities
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

  /// The sites, with a name each.
  var sites: [Site] { Self.hosts.map { site($0.label, $0.wrong) } }

  /// Those whose certificates are wrong, and nothing else.
  var sitesOfWrongCertificates: [Site] { Self.certificates.map { site($0, .response { _ in .text(.ok, "This certificate is wrong on purpose.\n") }) } }

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
