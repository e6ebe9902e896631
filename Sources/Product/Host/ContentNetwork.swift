// The two ends of a content network on one host: an edge that answers in an origin's place, and the watch that a steering server keeps over
// its edges. Not here: the choice (NameServer/Steering), the proxy (WebServer/Proxy).
import HTTP
package import NameServer
package import Storage
import Transport
package import WebServer
import World

/// An edge as a host is told.
package struct EdgeSettings: Sendable {
  /// The edge's own name, under which it says how it is.
  package var name: String
  /// The names it answers in the origin's place.
  package var names: [String]
  package var origin: UpstreamServer
  /// The content network, as it signs in CDN-Loop.
  // RFC 8586 §2
  package var network: String
  /// What it can carry. Unit: bits per second.
  package var capacity: Int

  package init(name: String, names: [String], origin: UpstreamServer, network: String, capacity: Int) {
    self.name = name
    self.names = names
    self.origin = origin
    self.network = network
    self.capacity = capacity
  }
}

extension Assembly {
  /// The sites of an edge: its own, and the origin's behind a cache in memory. Any other name is refused, so that nobody fills the cache by it.
  package func edgeSites(_ edge: EdgeSettings) throws(StorageError) -> SiteSwitch {
    var settings = ProxySettings(.reverse(edge.origin))
    settings.name = edge.name
    settings.networkToken = edge.network
    var memory = CacheSettings()
    memory.name = edge.name
    let proxy = Proxy(settings, network: network, lookUp: { _, _ in [] }, trace: clientTrace, cache: try WebCache(memory))
    note(proxy)
    let desk = EdgeDesk(name: edge.name, capacity: edge.capacity) { proxy.statistics.figures }
    return SiteSwitch(SiteSet([
      Site(names: [edge.name], content: .application(desk)), Site(names: edge.names, content: .proxy(proxy)),
    ], fallback: nil))
  }

  /// Asks each edge of `steering` again and again how it is, by HTTP at `port`, until this host is stopped.
  package func watchEdges(of steering: Steering, port: UInt16) {
    var client = WebClient(network: network) { _, _ in [] }
    client.connectTimeout = steering.limits.checkInterval
    client.trace = clientTrace
    let asking = client
    HealthWatch.start(steering, on: network) { edge in
      guard let address = edge.addresses.first, let page = WebAddress("http://\(edge.name)\(EdgeReport.path)") else { return nil }
      guard let (fetched, body) = try? await asking.get(page, at: Endpoint(address, port), redirectsMax: 0, bytesMax: EdgeReport.bytesMax),
        fetched.head.status == .ok
      else { return nil }
      return (try? EdgeReport(reading: body))?.load
    }
    note("edge watch", Endpoint(.any, port), over: "udp") { _ in steering.stop() }
  }
}
