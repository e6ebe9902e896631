// The proxies of a hosted domain, made of its settings: sites in front of other servers, and a proxy for clients. One that is told the same again
// stays as it is, with the connections it keeps.
// Not here: the settings' form (HostSettings), proxying and keeping (WebServer/Proxy, WebServer/Cache).
import HTTP
import Storage
import Trace
import Transport
import WebServer
import World

/// Makes a host's proxies.
struct HomeProxies: Sendable {
  let dataDirectory: String
  let network: SocketNetwork
  let trace: TraceContext?
  let lookUp: WebClient.LookUp

  /// A site in front of another server, as it was told.
  struct Reverse: Sendable {
    var told: HostSettings.ReverseProxy
    var proxy: Proxy

    var site: Site { Site(names: told.names, content: .proxy(proxy)) }
  }

  /// A proxy for clients, as it was told.
  struct Forward: Sendable {
    var told: HostSettings.ForwardProxy
    var proxy: Proxy
    var sites: SiteSet
  }

  /// The sites whose answers come from other servers; `known` are those of before.
  func reverse(_ settings: HostSettings, known: [Reverse] = []) throws(HomeHost.Failure) -> [Reverse] {
    var made: [Reverse] = []
    for told in settings.reverseProxies {
      if let same = known.first(where: { $0.told == told }) {
        made.append(same)
        continue
      }
      guard var upstream = UpstreamServer(told.upstream), let first = told.names.first else { continue }
      upstream.keepsHost = told.keepsHost
      var proxied = ProxySettings(.reverse(upstream))
      proxied.name = settings.domain
      let earlier = known.first { $0.told.names.first == first }
      let cache = try cache(told.cache, of: settings, folder: "cache-\(first)", known: earlier.flatMap { $0.proxy.cache })
      made.append(Reverse(told: told, proxy: Proxy(proxied, network: network, lookUp: lookUp, trace: trace, cache: cache)))
    }
    return made
  }

  /// The proxy for clients; nil: there is none. `known` is the one of before.
  func forward(_ settings: HostSettings, known: Forward? = nil) throws(HomeHost.Failure) -> Forward? {
    guard let told = settings.forwardProxy else { return nil }
    if let known, known.told == told { return known }
    var rules = ForwardRules()
    if !told.clients.isEmpty { rules.clients = told.clients }
    rules.tunnelPorts = Set(told.tunnelPorts.map { UInt16(clamping: $0) })
    rules.ownEndpoints = settings.addresses.map { Endpoint($0, UInt16(clamping: told.port)) }
    var proxied = ProxySettings(.forward(rules))
    proxied.name = settings.domain
    let cache = try cache(told.cache, of: settings, folder: "cache-of-clients", known: known.flatMap { $0.proxy.cache })
    let proxy = Proxy(proxied, network: network, lookUp: lookUp, trace: trace, cache: cache)
    let page = ProxyStatusPage(proxy, name: "\(settings.domain):\(told.port)")
    let names = [settings.domain] + settings.addresses.map { address in if case .v6 = address { "[\(address)]" } else { "\(address)" } }
    return Forward(
      told: told, proxy: proxy, sites: SiteSet([Site(names: [], content: .proxy(proxy)), Site(names: names, content: .application(page))]))
  }

  /// A cache, or the one that has the folder already: what is told of it anew holds after a restart.
  private func cache(_ told: HostSettings.Cache?, of settings: HostSettings, folder: String, known: WebCache?) throws(HomeHost.Failure) -> WebCache? {
    guard let told else { return nil }
    if let known, known.settings.folder != nil { return known }
    var kept = CacheSettings()
    kept.name = settings.domain
    kept.memoryBytesMax = told.memoryBytesMax
    kept.diskBytesMax = Int64(told.diskBytesMax)
    kept.objectBytesMax = Int64(told.objectBytesMax)
    kept.folder = told.diskBytesMax > 0 ? dataDirectory + "/" + folder : nil
    kept.policy.staleWhileRevalidate = told.staleWhileRevalidate.components.seconds
    kept.policy.staleIfError = told.staleIfError.components.seconds
    do throws(StorageError) { return try WebCache(kept) } catch { throw .file("\(dataDirectory)/\(folder) (\(error))") }
  }
}
