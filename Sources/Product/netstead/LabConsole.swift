// The lab's world as the console shows it. Not here: the pages (Console).
import Console
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
          name: host.name, role: host.role.rawValue, net: host.net, addresses: plan.addresses(of: host), services: services(of: host, world, plan),
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
    if !world.swarms.isEmpty || !world.nodes.isEmpty || !world.trackers.isEmpty { model.peers = { await LabPeers.look(at: servers) } }
    return model
  }

  private static func services(of host: HostDescription, _ world: WorldDescription, _ plan: AddressPlan) -> [ConsoleModel.Service] {
    var services: [ConsoleModel.Service] = []
    let zones = world.zones.filter { $0.servers.contains(host.name) }.map(\.origin)
    if !zones.isEmpty { services.append(ConsoleModel.Service("DNS", port: "\(plan.port(53))/udp+tcp", detail: zones.joined(separator: " "))) }
    if host.role == .resolver { services.append(ConsoleModel.Service("DNS resolver", port: "\(plan.port(53))/udp+tcp", detail: "all names")) }
    let sites = world.sites.filter { $0.host == host.name }.flatMap(\.allNames)
    if !sites.isEmpty {
      services.append(ConsoleModel.Service("HTTP", port: "\(plan.port(80))/tcp", detail: sites.joined(separator: " ")))
      services.append(ConsoleModel.Service("HTTPS", port: "\(plan.port(443))/tcp", detail: sites.joined(separator: " ")))
    }
    for edge in world.edges where edge.host == host.name {
      let detail = "edge of \(edge.originName) for \(edge.names.joined(separator: " "))"
      services.append(ConsoleModel.Service("HTTP", port: "\(plan.port(80))/tcp", detail: detail))
      services.append(ConsoleModel.Service("HTTPS", port: "\(plan.port(443))/tcp", detail: detail))
    }
    if world.files.contains(where: { $0.host == host.name }) {
      services.append(ConsoleModel.Service("FTP", port: "\(plan.port(21))/tcp", detail: "ftp://\(world.domainName(of: host))/"))
    }
    if world.trackers.contains(where: { $0.host == host.name }) {
      services.append(ConsoleModel.Service("BitTorrent tracker", port: "6969/udp+tcp", detail: "udp://\(world.domainName(of: host)):6969/announce"))
    }
    for swarm in world.swarms where swarm.seeds.contains(host.name) || swarm.peers.contains(host.name) {
      services.append(ConsoleModel.Service("BitTorrent", port: "6881/tcp+udp", detail: swarm.file))
    }
    if world.nodes.contains(where: { $0.host == host.name }) { services.append(ConsoleModel.Service("DHT node", port: "6881/udp")) }
    for program in world.programs where program.host == host.name {
      services.append(ConsoleModel.Service(program.kind.rawValue, port: "\(plan.port(program.port))/\(program.kind.isDatagram ? "udp" : "tcp")"))
    }
    return services
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
