// A host that is a forward proxy: its cache, its rules, its resolver, its own page; all of them the production ones.
// Not here: what a world's file says about it (World/WorldReader.swift), proxying (WebServer/Proxy).
import DNS
import Host
import Synchronization
import Transport
import WebServer
import World

/// Raises a world's proxies.
enum RaisedProxy {
  static func start(_ host: HostDescription, of world: WorldDescription, on assembly: Assembly, _ means: RaisedWorld.Means)
    async throws(NetworkError)
  {
    for described in world.proxies where described.host == host.name {
      let proxy = proxy(described, host, of: world, on: assembly, means)
      assembly.note(proxy)
      let names = [host.name, world.domainName(of: host)] + means.plan.addresses(of: host).map { address in
        if case .v6 = address { "[\(address)]" } else { "\(address)" }
      }
      let page = ProxyStatusPage(proxy, name: "\(host.name):\(means.plan.port(described.port))")
      // Whoever names the proxy itself gets its page; everything else is a request to be passed on.
      let sites = SiteSwitch(SiteSet([Site(names: [], content: .proxy(proxy)), Site(names: names, content: .application(page))]))
      for endpoint in means.plan.endpoints(of: host, port: described.port) {
        try await assembly.serveProxy(sites, at: endpoint, limits: world.readingLimits(of: host.name))
      }
    }
  }

  private static func proxy(
    _ described: ProxyDescription, _ host: HostDescription, of world: WorldDescription, on assembly: Assembly, _ means: RaisedWorld.Means
  ) -> Proxy {
    let plan = means.plan
    let prefixes = described.clients.isEmpty ? world.nets.first { $0.name == host.net }?.prefixes ?? [] : described.clients
    var rules = ForwardRules()
    rules.clients = prefixes.compactMap { prefix in
      // Outside a namespace the same nets are parts of 127/8, and IPv6 has none.
      plan.address(prefix.address).map { AddressRange($0, length: plan.kind == .loopback ? max(8, prefix.length) : prefix.length) }
    }
    if plan.kind == .loopback {
      rules.clients += [.loopback, .loopback6]
      rules.reachesInside = true
    }
    rules.tunnelPorts = Set(described.tunnelPorts.map { UInt16(clamping: $0) })
    rules.ownEndpoints = plan.endpoints(of: host, port: described.port)
    rules.realPort = { plan.port($0) }
    var settings = ProxySettings(.forward(rules))
    settings.name = host.name
    var cache: WebCache?
    if described.cacheBytesMax > 0 {
      var settings = CacheSettings()
      settings.name = host.name
      settings.memoryBytesMax = described.cacheBytesMax
      // A world begins anew each time it is raised: in memory, so nothing can fail.
      cache = try? WebCache(settings)
    }
    return Proxy(settings, network: assembly.network, lookUp: lookUp(of: world, on: assembly, means), trace: assembly.clientTrace, cache: cache)
  }

  /// Asks the world's resolver; names of one word stand in the world's own zone.
  static func lookUp(of world: WorldDescription, on assembly: Assembly, _ means: RaisedWorld.Means) -> WebClient.LookUp {
    let resolvers = world.hosts(as: .resolver).flatMap { means.plan.endpoints(of: $0, port: 53) }
    let client = NameClient(assembly.network, timeout: .seconds(5), trace: assembly.clientTrace)
    let chance = Mutex(means.chance.derived("look-ups of \(assembly.name)"))
    let domain = world.domain
    return { host, cause in
      guard let resolver = resolvers.first else { return [] }
      let name = try Name(host.contains(".") ? host : host + "." + domain)
      for type in [RecordType.a, .aaaa] {
        let id = chance.withLock { UInt16.random(in: 0...UInt16.max, using: &$0) }
        guard case .answered(let answer) = await client.ask(.query(name, type, id: id), resolver, because: cause) else { continue }
        let addresses = answer.message.answers.compactMap { $0.data.address }
        if !addresses.isEmpty { return addresses }
      }
      return []
    }
  }
}
