// The master file of each zone of a world: what follows from the hosts (SOA, NS, delegations, glue, addresses, pointers); the
// records that the world's file adds come after it. Not here: reading master files (DNS), answering from them (NameServer).
import DNS
import Host
package import World

/// Writes zones so that parents and children always agree.
package struct ZoneText {
  private let world: WorldDescription
  private let plan: AddressPlan
  /// The texts of the keys with which a domain signs its mail, by selector.
  private let signingKeys: (String) -> [(selector: String, text: String)]

  package init(
    _ world: WorldDescription, _ plan: AddressPlan, signingKeys: @escaping (String) -> [(selector: String, text: String)] = { _ in [] }
  ) {
    self.world = world
    self.plan = plan
    self.signingKeys = signingKeys
  }

  /// The master file of `zone` without the records that the world's file adds.
  package func masterFile(of zone: ZoneDescription) -> String {
    let origin = dotted(zone.origin)
    let servers = names(of: zone)
    var lines = ["$ORIGIN \(origin)", "$TTL \(zone.timeToLive)"]
    // RFC 1035 §3.3.13: refresh, retry, expire and minimum after the serial.
    lines.append("@ SOA \(servers.first ?? ".") hostmaster.\(zone.origin == "." ? "" : origin) \(zone.serial) 7200 900 1209600 300")
    lines += servers.map { "@ NS \($0)" }
    for child in children(of: zone) { lines += names(of: child).map { "\(dotted(child.origin)) NS \($0)" } }
    lines += glue(in: zone)
    lines += addressRecords(in: zone)
    lines += pointers(in: zone)
    for mail in world.mail where mail.domain == zone.origin {
      lines.append(
        MailRecords.text(
          domain: mail.domain, name: mail.settings.name ?? mail.domain, preference: mail.preference, keys: signingKeys(mail.domain)))
    }
    return lines.joined(separator: "\n") + "\n"
  }

  /// The zones cut off from `zone`: those below it with none between.
  package func children(of zone: ZoneDescription) -> [ZoneDescription] {
    world.zones.filter { $0.isDelegated && $0.origin != zone.origin && parent(of: $0)?.origin == zone.origin }
  }

  /// The zone that delegates `zone`.
  package func parent(of zone: ZoneDescription) -> ZoneDescription? {
    world.zones.filter { $0.origin != zone.origin && ZoneText.name(zone.origin, isIn: $0.origin) }.max { $0.origin.count < $1.origin.count }
  }

  /// The zone that holds the records of `name`.
  package func zone(of name: String) -> ZoneDescription? {
    world.zones.filter { $0.isDelegated && ZoneText.name(name, isIn: $0.origin) }.max { depth($0.origin) < depth($1.origin) }
  }

  /// Whether `name` is `origin` or below it.
  static func name(_ name: String, isIn origin: String) -> Bool { origin == "." || name == origin || name.hasSuffix("." + origin) }

  /// The name under which an address's pointer stands.
  package static func reverseName(of address: Address) -> String {
    String("\(Name.reverse(of: address))".dropLast())
  }

  // MARK: Parts

  private func depth(_ origin: String) -> Int { origin == "." ? 0 : origin.split(separator: ".").count }

  private func dotted(_ name: String) -> String { name == "." ? "." : name + "." }

  private func names(of zone: ZoneDescription) -> [String] {
    zone.servers.compactMap { world.host($0) }.map { dotted(world.domainName(of: $0)) }
  }

  private func records(_ name: String, _ host: HostDescription) -> [String] {
    plan.addresses(of: host).map { address in
      switch address {
      case .v4: "\(dotted(name)) A \(address)"
      case .v6: "\(dotted(name)) AAAA \(address)"
      }
    }
  }

  /// RFC 1034 §4.2.1: addresses of the servers named here whose names lie below a cut, so that they can be found at all.
  private func glue(in zone: ZoneDescription) -> [String] {
    var seen: [String] = []
    var lines: [String] = []
    for host in ([zone] + children(of: zone)).flatMap(\.servers).compactMap({ world.host($0) }) {
      let name = world.domainName(of: host)
      guard !seen.contains(name), ZoneText.name(name, isIn: zone.origin), self.zone(of: name)?.origin != zone.origin else { continue }
      seen.append(name)
      lines += records(name, host)
    }
    return lines
  }

  private func addressRecords(in zone: ZoneDescription) -> [String] {
    var lines: [String] = []
    for host in world.hosts where self.zone(of: world.domainName(of: host))?.origin == zone.origin {
      lines += records(world.domainName(of: host), host)
    }
    for site in world.sites {
      guard let host = world.host(site.host) else { continue }
      for name in [site.name] + site.names where name != world.domainName(of: host) && self.zone(of: name)?.origin == zone.origin {
        lines += records(name, host)
      }
      for alias in site.aliases where self.zone(of: alias)?.origin == zone.origin { lines.append("\(dotted(alias)) CNAME \(dotted(site.name))") }
    }
    for registrar in world.registrars where self.zone(of: registrar.name)?.origin == zone.origin {
      guard let host = world.host(registrar.host), registrar.name != world.domainName(of: host) else { continue }
      lines += records(registrar.name, host)
    }
    // The zone knows every edge; the server chooses among them.
    for steering in world.steering where self.zone(of: steering.name)?.origin == zone.origin {
      for host in steering.edges.compactMap({ world.host($0) }) {
        lines += records(steering.name, host).map { $0.replacingFirst(" ", with: " \(steering.timeToLive) ") }
      }
    }
    return lines
  }

  private func pointers(in zone: ZoneDescription) -> [String] {
    world.hosts.flatMap { host in
      plan.addresses(of: host).map { ZoneText.reverseName(of: $0) }.filter { self.zone(of: $0)?.origin == zone.origin }
        .map { "\($0). PTR \(dotted(world.domainName(of: host)))" }
    }
  }
}

extension String {
  /// With the first `part` replaced.
  fileprivate func replacingFirst(_ part: Character, with other: String) -> String {
    guard let place = firstIndex(of: part) else { return self }
    return self[..<place] + other + self[index(after: place)...]
  }
}
