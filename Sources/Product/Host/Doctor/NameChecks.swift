// What the doctor asks about names: our own servers, and what the rest of the world says of the domain.
// Not here: mail's records (MailChecks.swift).
import DNS
import Transport
import World

extension HostDoctor {
  func nameChecks(_ hasNames: Bool) async -> [Check] {
    var checks: [Check] = []
    for address in settings.addresses {
      let server = nameServer(address)
      let suffix = settings.addresses.count > 1 ? ".\(address)" : ""
      let overUDP = await records(settings.domain, .soa, at: server)
      checks.append(
        Check(
          "dns.answers\(suffix)", overUDP?.flags.isAuthoritative == true && overUDP?.texts(.soa).isEmpty == false, want: "\(server) answers for \(settings.domain)",
          have: overUDP.map { $0.flags.isAuthoritative ? "it does" : "\($0.responseCode), not as an authority" } ?? "no answer over UDP",
          fix: "start `netstead up` with these settings, and let UDP port \(server.port) through to \(address)"))
      guard overUDP != nil else { continue }
      let overTCP = await records(settings.domain, .soa, at: server, overStream: true)
      checks.append(
        Check(
          "dns.stream\(suffix)", overTCP != nil, want: "\(server) answers over TCP", have: overTCP == nil ? "no answer" : "it does",
          fix: "let TCP port \(server.port) through to \(address): long answers need it"))
      // RFC 5358 §4: who answers strangers about other domains floods third parties for them.
      let other = await records("www.example.com", .a, at: server, recursing: true)
      checks.append(
        Check(
          "dns.closed\(suffix)", other.map { $0.answers.isEmpty && !$0.flags.recursionAvailable } ?? true, want: "no recursion for strangers",
          have: other.map { $0.answers.isEmpty ? "\($0.responseCode)" : "it resolves www.example.com for us" } ?? "no answer",
          fix: "another resolver answers at \(server): keep it from the outside"))
    }
    if hasNames { checks += await addressChecks() }
    checks += await outsideChecks()
    return checks
  }

  /// Whether the zone says where we are.
  private func addressChecks() async -> [Check] {
    guard let first = settings.addresses.first else { return [] }
    var checks: [Check] = []
    for name in [settings.domain, "www.\(settings.domain)", "ns1.\(settings.domain)"] {
      var have: [String] = []
      for type in [RecordType.a, .aaaa] { have += await records(name, type, at: nameServer(first))?.texts(type) ?? [] }
      let want = published.map(\.description).sorted()
      // What the user wrote by hand may be meant.
      checks.append(
        Check(
          "dns.address.\(name)", have.sorted() == want, else: .warn, want: want.joined(separator: " "), have: have.isEmpty ? "no address" : have.joined(separator: " "),
          fix: "set `publish:` to the addresses at which \(name) is found, or take its own records out of `dns: records:`"))
    }
    return checks
  }

  /// What the rest of the world says.
  private func outsideChecks() async -> [Check] {
    guard isPublic else {
      return ["dns.delegation", "dns.reverse"].map { Check($0, .off, want: "known to the world", have: "\(settings.domain) is a name for local use") }
    }
    guard let resolver else {
      return [Check("dns.delegation", .warn, want: "a resolver to ask", have: "none is configured", fix: "name one in /etc/resolv.conf, or by --resolver")]
    }
    var checks: [Check] = []
    let servers = await records(settings.domain, .ns, at: resolver, recursing: true)?.texts(.ns) ?? []
    let own = "ns1.\(settings.domain)."
    checks.append(
      Check(
        "dns.delegation", servers.contains(own), want: "NS \(own)", have: servers.isEmpty ? "no delegation" : servers.joined(separator: " "),
        fix: "at the registrar of \(settings.domain), name \(own) as its server, with the glue \(published.map(\.description).joined(separator: " "))"))
    let glue = await records("ns1.\(settings.domain)", .a, at: resolver, recursing: true)?.texts(.a) ?? []
    let want = published.compactMap { if case .v4 = $0 { $0.description } else { nil } }.sorted()
    checks.append(
      Check(
        "dns.glue", glue == want, want: want.joined(separator: " "), have: glue.isEmpty ? "no address" : glue.joined(separator: " "),
        fix: "at the registrar, set \(own) to \(want.joined(separator: " "))"))
    for address in published {
      let names = await records(Self.reverseName(of: address), .ptr, at: resolver, recursing: true)?.texts(.ptr) ?? []
      // RFC 1912 §2.1: the name has to lead back.
      var isConfirmed = false
      let type = if case .v4 = address { RecordType.a } else { RecordType.aaaa }
      for name in names.prefix(4) where !isConfirmed {
        isConfirmed = await records(String(name.dropLast()), type, at: resolver, recursing: true)?.texts(type).contains(address.description) ?? false
      }
      checks.append(
        Check(
          "dns.reverse.\(address)", isConfirmed, else: .warn, want: "a name that leads back to \(address)", have: names.isEmpty ? "no PTR record" : names.joined(separator: " "),
          fix: "at the provider of \(address), point it to mail.\(settings.domain)"))
    }
    return checks
  }

  /// RFC 1035 §3.5, RFC 3596 §2.5
  static func reverseName(of address: Address) -> String {
    let bytes = address.bytes
    if case .v4 = address { return bytes.reversed().map { "\($0)" }.joined(separator: ".") + ".in-addr.arpa" }
    return bytes.reversed().flatMap { [$0 & 15, $0 >> 4] }.map { String($0, radix: 16) }.joined(separator: ".") + ".ip6.arpa"
  }
}
