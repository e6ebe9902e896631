// What the settings may say about names whose addresses take turns: which, how often each, and how it is found out that one is gone.
// Not here: the choice (NameServer/Steering), the other records of the zone (HomeZone.swift).
import DNS
import HTTP
import NameServer
import Settings
import Trace
import Transport
import WebServer
package import World

/// One name whose addresses take turns.
package struct BalancedName: Sendable, Hashable {
  /// Below the domain, or the domain itself (`@`), as the settings say it.
  package var label: String
  package var servers: [Server]
  /// A page that each server has to have; nil: all count as alive.
  package var check: String?
  /// Unit: seconds.
  package var timeToLive: Int

  package struct Server: Sendable, Hashable {
    package var address: Address
    /// Nil: as often as the others.
    package var weight: Int?
  }

  /// Reads the keys `name`, `addresses`, `check` and `ttl` of a mapping.
  init(_ reader: SettingsReader) {
    label = reader.required("name", .label)
    let listed = reader.list("addresses")
    servers = listed.compactMap { $0.value(.server) }
    check = reader.optional("check", .webPage)
    timeToLive = reader.value("ttl", .integer(0...86_400), default: 30)
    if listed.isEmpty { reader.problem(at: "addresses", "expected at least one address") }
  }

  /// Whether one is answered at a time, by weight; otherwise all are, another one first each time.
  var isWeighted: Bool { servers.contains { $0.weight != nil } }

  /// Lines of a master file.
  var records: String {
    servers.map { server in
      switch server.address {
      case .v4: "\(label) \(timeToLive) A \(server.address)\n"
      case .v6: "\(label) \(timeToLive) AAAA \(server.address)\n"
      }
    }.joined()
  }

  /// What the name server is told.
  func steered(in domain: String) -> SteeredName? {
    guard let name = try? Name(label == "@" ? domain : "\(label).\(domain)") else { return nil }
    return SteeredName(
      name: name, policy: isWeighted ? .weighted : .roundRobin, timeToLive: UInt32(timeToLive),
      edges: servers.map { SteeredEdge(name: "\(label) \($0.address)", addresses: [$0.address], weight: $0.weight ?? 1) })
  }
}

/// Makes the steering of a host.
enum Balance {
  /// How often servers are asked how they are, while somebody asks for their names; and for how long an answer counts.
  private static var limits: SteeringLimits {
    var limits = SteeringLimits()
    limits.checkInterval = .seconds(2)
    limits.reportAgeMax = .seconds(5)
    return limits
  }

  /// The steering of `settings`, with its watch over the servers; nil: no name is balanced.
  static func steering(_ settings: HostSettings, _ network: any Network, trace: TraceContext?) -> Steering? {
    let names = settings.balanced.compactMap { $0.steered(in: settings.domain) }
    guard !names.isEmpty else { return nil }
    let steering = Steering(names, clock: network.clock, limits: limits)
    var pages: [String: WebAddress] = [:]
    for balanced in settings.balanced {
      guard let page = balanced.check.flatMap({ WebAddress($0) }) else { continue }
      for server in balanced.servers { pages["\(balanced.label) \(server.address)"] = page }
    }
    guard !pages.isEmpty else { return steering }
    var client = WebClient(network: network) { _, _ in [] }
    client.connectTimeout = limits.checkInterval
    client.trace = trace
    HealthWatch.start(steering, on: network) { [client, pages] edge in
      // A name without a page: whoever cannot be asked is taken for well.
      guard let page = pages[edge.name] else { return 0 }
      guard let address = edge.addresses.first, let (fetched, _) = try? await client.get(page, at: Endpoint(address, page.port), redirectsMax: 0, bytesMax: 65_536)
      else { return nil }
      return fetched.head.status.rawValue < 400 ? 0 : nil
    }
    return steering
  }
}

extension SettingsForm where Value == String {
  /// A name below the domain, or `@`.
  static var label: Self {
    Self(expected: "a name below the domain such as www, or @ for the domain itself", standIn: "@") { text in
      text == "@" || SettingsForm<String>.domainName.read(text) != nil ? text.lowercased() : nil
    }
  }

  /// A page in the clear.
  static var webPage: Self {
    Self(expected: "a page such as http://www.example.org/health", standIn: "http://localhost/") { text in
      WebAddress(text).map { !$0.isSecure } == true ? text : nil
    }
  }
}

extension SettingsForm where Value == BalancedName.Server {
  /// An address, then perhaps `weight N`.
  static var server: Self {
    Self(expected: "an address such as 192.0.2.80, then perhaps `weight 3` (0 to 1000)", standIn: BalancedName.Server(address: .loopback)) { text in
      let words = text.split(separator: " ")
      guard let first = words.first, let address = Address(String(first)) else { return nil }
      if words.count == 1 { return BalancedName.Server(address: address) }
      guard words.count == 3, words[1] == "weight", let weight = Int(words[2]), (0...1_000).contains(weight) else { return nil }
      return BalancedName.Server(address: address, weight: weight)
    }
  }
}
