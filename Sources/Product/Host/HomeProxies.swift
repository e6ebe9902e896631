// The proxies of a hosted domain, made of its settings: sites in front of other servers, and a proxy for clients.
// Not here: the settings' form (HostSettings), proxying and keeping (WebServer/Proxy, WebServer/Cache).
import HTTP
import Storage
import Trace
import Transport
import WebServer
import World

/// Makes a host's proxies.
struct HomeProxies {
  let settings: HostSettings
  let dataDirectory: String
  let network: SocketNetwork
  let recorder: (any Recorder)?
  let lookUp: WebClient.LookUp

  private var trace: TraceContext? { recorder.map { TraceContext(recorder: $0, host: settings.domain, role: .client) } }

  /// The sites whose answers come from other servers.
  func reverseSites() throws(HomeHost.Failure) -> [Site] {
    var sites: [Site] = []
    for described in settings.reverseProxies {
      guard var upstream = UpstreamServer(described.upstream), let first = described.names.first else { continue }
      upstream.keepsHost = described.keepsHost
      var proxied = ProxySettings(.reverse(upstream))
      proxied.name = settings.domain
      let cache = try cache(described.cache, folder: "cache-\(first)")
      sites.append(Site(names: described.names, content: .proxy(Proxy(proxied, network: network, lookUp: lookUp, trace: trace, cache: cache))))
    }
    return sites
  }

  /// The proxy for clients; nil: there is none.
  func forwardSites() throws(HomeHost.Failure) -> SiteSwitch? {
    guard let described = settings.forwardProxy else { return nil }
    var rules = ForwardRules()
    if !described.clients.isEmpty { rules.clients = described.clients }
    rules.tunnelPorts = Set(described.tunnelPorts.map { UInt16(clamping: $0) })
    rules.ownEndpoints = settings.addresses.map { Endpoint($0, UInt16(clamping: described.port)) }
    var proxied = ProxySettings(.forward(rules))
    proxied.name = settings.domain
    let proxy = Proxy(proxied, network: network, lookUp: lookUp, trace: trace, cache: try cache(described.cache, folder: "cache-of-clients"))
    let page = ProxyStatusPage(proxy, name: "\(settings.domain):\(described.port)")
    let names = [settings.domain] + settings.addresses.map { address in if case .v6 = address { "[\(address)]" } else { "\(address)" } }
    return SiteSwitch(SiteSet([Site(names: [], content: .proxy(proxy)), Site(names: names, content: .application(page))]))
  }

  private func cache(_ described: HostSettings.Cache?, folder: String) throws(HomeHost.Failure) -> WebCache? {
    guard let described else { return nil }
    var kept = CacheSettings()
    kept.name = settings.domain
    kept.memoryBytesMax = described.memoryBytesMax
    kept.diskBytesMax = Int64(described.diskBytesMax)
    kept.objectBytesMax = Int64(described.objectBytesMax)
    kept.folder = described.diskBytesMax > 0 ? dataDirectory + "/" + folder : nil
    kept.policy.staleWhileRevalidate = described.staleWhileRevalidate.components.seconds
    kept.policy.staleIfError = described.staleIfError.components.seconds
    do throws(StorageError) { return try WebCache(kept) } catch { throw .file("\(dataDirectory)/\(folder) (\(error))") }
  }
}
