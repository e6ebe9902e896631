// A proxy's own page: how often its cache answered, and what that saved, reckoned as for an access link.
// Not here: counting (ProxyStatistics.swift).
import Bytes
package import HTTP
import Trace
package import World

/// Shows what a proxy has done. For people at `/`, for programs at `/status.json`.
package struct ProxyStatusPage: Application {
  private let proxy: Proxy
  /// How clients name the proxy, `proxy:3128`.
  private let name: String

  package init(_ proxy: Proxy, name: String) {
    self.proxy = proxy
    self.name = name
  }

  package func answer(_ request: RequestHead, at now: Instant) -> ApplicationAnswer {
    guard request.method == .get || request.method == .head else {
      var fields = FieldLines()
      fields.append(.allow, "GET, HEAD")
      return .response(Response(.methodNotAllowed, fields: fields))
    }
    switch request.path.text {
    case "/": return .response(response("text/html; charset=utf-8", page(at: now)))
    case "/status.json": return .response(response("application/json", json()))
    default: return .response(ProxyFailure(.notFound, "The proxy itself has only one page.").response())
    }
  }

  private func response(_ type: String, _ text: String) -> Response {
    var fields = FieldLines()
    fields.append(.contentType, type)
    fields.append(.contentTypeOptions, "nosniff")
    fields.append(.cacheControl, "no-store")
    return Response(.ok, fields: fields, body: .bytes(Buffer(text)))
  }

  private func json() -> String {
    let figures = proxy.statistics.figures
    let load = proxy.cache?.load
    let numbers: [(String, String)] = [
      ("cacheable", "\(figures.cacheable)"), ("hits", "\(figures.hits)"), ("confirmed", "\(figures.confirmed)"), ("collapsed", "\(figures.collapsed)"),
      ("passed", "\(figures.passed)"), ("failed", "\(figures.failed)"), ("tunnels", "\(figures.tunnels)"), ("open", "\(figures.open)"),
      ("hitRate", "\(figures.hitRate)"), ("meanMissDelay", "\(figures.meanMissDelay)"), ("meanHitDelay", "\(figures.meanHitDelay)"),
      ("meanDelay", "\(figures.meanDelay)"), ("savedSeconds", "\(figures.savedSeconds)"), ("bytesToClients", "\(figures.bytesToClients)"),
      ("bytesFromOrigins", "\(figures.bytesFromOrigins)"), ("entries", "\(load?.entries ?? 0)"), ("memoryBytes", "\(load?.memoryBytes ?? 0)"),
      ("diskBytes", "\(load?.diskBytes ?? 0)"),
    ]
    return "{" + numbers.map { "\"\($0.0)\":\($0.1)" }.joined(separator: ",") + "}\n"
  }

  // MARK: The page

  private func page(at now: Instant) -> String {
    let figures = proxy.statistics.figures
    return """
      <!doctype html>
      <html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width"><meta http-equiv="refresh" content="5">
      <title>\(Markup.escaped(name))</title>
      <style>
      :root{color-scheme:light dark}body{font:1rem/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem}
      td,th{text-align:left;padding:.1rem 2rem .1rem 0;vertical-align:top}td.n{text-align:right;font-variant-numeric:tabular-nums}code{font-size:.95em}
      </style>
      <h1>The proxy \(Markup.escaped(name))</h1>
      <p>It stands between the clients of its network and the rest of the internet. Tell a program to use it:
      <code>curl -x http://\(Markup.escaped(name)) http://www.garnet.test/</code></p>
      \(table(figures))
      <h2>What the cache is worth</h2>
      <p>Of all requests that a cache may answer, the share <i>h</i> was a hit. A hit waits for the cache only, the others for the origin:
      mean delay = <i>h</i> · hit + (1 − <i>h</i>) · miss
      = \(Self.share(figures.hitRate)) · \(Self.time(figures.meanHitDelay)) + \(Self.share(1 - figures.hitRate)) · \(Self.time(figures.meanMissDelay))
      = <b>\(Self.time(figures.meanDelay))</b>. Without the cache all would have waited \(Self.time(figures.meanMissDelay)).
      So far it has saved <b>\(Self.time(figures.savedSeconds))</b> of waiting, and
      \(Self.bytes(max(0, figures.bytesToClients - figures.bytesFromOrigins))) on the access link.</p>
      \(contents(at: now))
      </html>

      """
  }

  private func table(_ figures: ProxyStatistics.Figures) -> String {
    var rows: [(String, String)] = [
      ("Requests a cache may answer", "\(figures.cacheable)"), ("answered from the cache", "\(figures.hits)"),
      ("hit rate", Self.share(figures.hitRate)), ("confirmed by the origin (304)", "\(figures.confirmed)"),
      ("answered by another's answer of the same moment", "\(figures.collapsed)"), ("Requests passed on", "\(figures.passed)"),
      ("Requests that failed", "\(figures.failed)"), ("Tunnels", "\(figures.tunnels)"), ("Content sent to clients", Self.bytes(figures.bytesToClients)),
      ("Content fetched from origins", Self.bytes(figures.bytesFromOrigins)), ("Mean time of a hit", Self.time(figures.meanHitDelay)),
      ("Mean time of a miss", Self.time(figures.meanMissDelay)),
    ]
    if let load = proxy.cache?.load {
      rows.append(("Responses kept", "\(load.entries)"))
      rows.append(("in memory", Self.bytes(Int64(load.memoryBytes))))
      if load.diskBytes > 0 { rows.append(("on disk", Self.bytes(load.diskBytes))) }
    }
    return "<table>\n" + rows.map { "<tr><td>\($0.0)<td class=n>\($0.1)\n" }.joined() + "</table>"
  }

  /// Most responses listed. Unit: responses.
  private static let listedMax = 50

  private func contents(at now: Instant) -> String {
    guard let newest = proxy.cache?.newest(Self.listedMax, at: now), !newest.isEmpty else { return "" }
    let rows = newest.map { item in
      let left = item.secondsLeft > 0 ? "\(item.secondsLeft) s" : "stale for \(-item.secondsLeft) s"
      return "<tr><td>\(Markup.escaped(item.address))<td>\(item.status.rawValue)<td class=n>\(item.bytes)<td class=n>\(left)\n"
    }
    return "<h2>What it has</h2>\n<table>\n<tr><th>Address<th>Status<th>Bytes<th>Fresh for\n\(rows.joined())</table>"
  }

  private static func share(_ share: Double) -> String { fixed(share, places: 2) }

  private static func time(_ seconds: Double) -> String { seconds < 1 ? fixed(seconds * 1_000, places: 1) + " ms" : fixed(seconds, places: 2) + " s" }

  private static func bytes(_ count: Int64) -> String {
    count < 10_000 ? "\(count) B" : count < 10_000_000 ? fixed(Double(count) / 1e3, places: 1) + " kB" : fixed(Double(count) / 1e6, places: 1) + " MB"
  }

  /// With this many digits after the point.
  private static func fixed(_ value: Double, places: Int) -> String {
    let scale = places == 1 ? 10.0 : 100.0
    let scaled = Int64(min(max((value * scale).rounded(), 0), 9e15))
    let rest = String(scaled % Int64(scale))
    return "\(scaled / Int64(scale))." + String(repeating: "0", count: places - rest.count) + rest
  }
}
