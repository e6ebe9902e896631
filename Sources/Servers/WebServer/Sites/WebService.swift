// A web server: listens, runs one HTTP conversation per connection, and routes each request to the site it is for.
// Read next: SiteSet.swift (which site), SiteResponder.swift (files), Application.swift (parts of this program).
package import HTTP
package import Transport
package import World

/// What every connection of one web server shares.
package final class WebService: Sendable {
  package let sites: SiteSwitch
  /// The names in the server's certificates, now; nil: in the clear, where every name may be asked for.
  private let names: @Sendable () -> [String]?
  private let trace: TraceContext?
  private let limits: HTTP.Limits
  private let start: Start

  /// Starts a task; `staysOnLoop`: on the loop it is called on.
  package typealias Start = @Sendable (_ staysOnLoop: Bool, _ work: @escaping @Sendable () async -> Void) -> Void

  /// `names` is asked again for each connection.
  package init(
    sites: SiteSwitch, names: @autoclosure @escaping @Sendable () -> [String]?, trace: TraceContext?, limits: HTTP.Limits = HTTP.Limits(),
    start: @escaping Start = { _, work in Task { await work() } }
  ) {
    self.sites = sites
    self.names = names
    self.trace = trace
    self.limits = limits
    self.start = start
  }

  /// Serves `sites` at `endpoint` of `network` until the listener is closed.
  package static func start(
    network: any Network, endpoint: Endpoint, sites: SiteSwitch, tls: TLSServerOptions? = nil, trace: TraceContext? = nil,
    limits: HTTP.Limits = HTTP.Limits(), listening: ListenLimits = ListenLimits(), isSharded: Bool = false,
    boundSocket: Int32? = nil
  ) async throws(NetworkError) -> any Listener {
    var tls = tls
    // RFC 7301 §3.1: said plainly, so that a client that offers HTTP/2 too knows where it is.
    if tls?.protocols.isEmpty == true { tls?.protocols = ["http/1.1"] }
    let secure = tls
    let service = WebService(
      sites: sites, names: secure.map { $0.identities.flatMap(\.names) }, trace: trace, limits: limits,
      start: { staysOnLoop, work in if staysOnLoop { network.startOnLoop(work) } else { network.start(work) } })
    return try await network.listen(at: endpoint, options: ListenOptions(tls: tls, limits: listening, isSharded: isSharded, boundSocket: boundSocket)) { _, _ in
      service.makeEnd()
    }
  }

  /// The end of a new connection.
  func makeEnd() -> any StreamEnd {
    WebConnection(limits: limits, trace: trace, routing: Routing(sites: sites, names: names(), start: start))
  }
}
