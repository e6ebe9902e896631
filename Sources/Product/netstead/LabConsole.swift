// The lab's world as the console shows it. Not here: the pages (Console).
import Console
import Host
import Lab
import Trace
import World

/// Makes the console's model.
enum LabConsole {
  static func model(of world: WorldDescription, _ plan: AddressPlan, seed: UInt64, trace: TraceStore, servers: RaisedWorld) -> ConsoleModel {
    let site = world.sites.first?.name ?? "www.\(world.domain)"
    var model = ConsoleModel(
      title: world.title.isEmpty ? "The lab" : world.title,
      subtitle: plan.kind == .namespace ? "in a network of its own, seed \(seed)" : "on loopback addresses, ports + 8000, seed \(seed)",
      nets: world.nets.map { ConsoleModel.Net(name: $0.name, prefixes: $0.prefixes.map(\.description), attachment: text(of: $0.attachment)) },
      hosts: world.hosts.map { host in
        ConsoleModel.Host(
          name: host.name, role: host.role.rawValue, net: host.net, addresses: plan.addresses(of: host), services: services(of: host, world, servers),
          attachment: text(of: host.attachment))
      },
      links: world.links.map { ConsoleModel.Link($0.first, $0.second, quality: text(of: $0.change)) },
      hints: [
        ConsoleModel.Hint("netstead lab exec -- dig +trace \(site)", "a look-up, step by step"),
        ConsoleModel.Hint("netstead lab exec -- curl -v http://\(site)/", "a look-up and a page"),
        ConsoleModel.Hint("netstead lab exec -- nc srv 6789", "a socket program: what you type comes back in capitals"),
      ] + (world.edges.first.map { [ConsoleModel.Hint("netstead lab link \(world.client) \($0.host) rate 500kbit/s", "slows a link down")] } ?? []) + [
        ConsoleModel.Hint("netstead lab shell", "a shell on host \(world.client)"),
      ],
      trace: trace, explain: explainAnything)
    model.lessons = LabLessons.lessons()
    model.models = LabModels.models()
    if !world.mail.isEmpty { model.mail = LabTables.mail(of: servers) }
    model.caches = LabTables.caches(of: servers)
    if !world.swarms.isEmpty || !world.nodes.isEmpty || !world.trackers.isEmpty { model.peers = { await LabPeers.look(at: servers) } }
    return model
  }

  /// What runs on a host, each once however many addresses it has.
  private static func services(of host: HostDescription, _ world: WorldDescription, _ servers: RaisedWorld) -> [ConsoleModel.Service] {
    var services: [ConsoleModel.Service] = []
    for running in servers.assemblies.first(where: { $0.name == host.name })?.running ?? [] {
      let service = ConsoleModel.Service(running.name, port: "\(running.endpoint.port)/\(running.carriage)", detail: detail(of: running.name, at: host, world))
      if !services.contains(service) { services.append(service) }
    }
    return services
  }

  private static func detail(of service: String, at host: HostDescription, _ world: WorldDescription) -> String {
    switch service {
    case "DNS": world.zones.filter { $0.servers.contains(host.name) }.map(\.origin).joined(separator: " ")
    case "DNS resolver": "all names"
    case "HTTP", "HTTPS":
      (world.sites.filter { $0.host == host.name }.flatMap(\.allNames) + world.registrars.filter { $0.host == host.name }.map(\.name)
        + world.edges.filter { $0.host == host.name }.map { "\($0.names.joined(separator: " ")) (edge of \($0.originName))" }).joined(separator: " ")
    case "FTP": "ftp://\(world.domainName(of: host))/"
    case "BitTorrent tracker": "udp://\(world.domainName(of: host)):6969/announce"
    case "BitTorrent": world.swarms.filter { ($0.seeds + $0.peers).contains(host.name) }.map(\.file).joined(separator: " ")
    default: world.mail.filter { $0.host == host.name }.map(\.domain).joined(separator: " ")
    }
  }

  /// What differs from a perfect link, in words.
  private static func text(of change: LinkChange) -> String {
    var parts: [String] = []
    if change.isCut == true { parts.append("cut") }
    if let delay = change.delay { parts.append(delay.shortText) }
    if let jitter = change.jitter { parts.append("± \(jitter.shortText)") }
    if let loss = change.loss { parts.append("\(percent(loss)) loss") }
    if let duplicated = change.duplicated { parts.append("\(percent(duplicated)) twice") }
    if let reordered = change.reordered { parts.append("\(percent(reordered)) overtaken") }
    if let rate = change.rateDown { parts.append("\(rateText(rate)) down") }
    if let rate = change.rateUp { parts.append("\(rateText(rate)) up") }
    return parts.joined(separator: ", ")
  }

  private static func percent(_ share: Double) -> String {
    let tenths = Int(share * 1_000 + 0.5)
    return tenths % 10 == 0 ? "\(tenths / 10) %" : "\(tenths / 10).\(tenths % 10) %"
  }

  private static func rateText(_ rate: Int) -> String {
    switch rate {
    case 1_000_000...: "\(rate / 1_000_000) Mbit/s"
    case 1_000...: "\(rate / 1_000) kbit/s"
    default: "\(rate) bit/s"
    }
  }
}
