// Serves one folder over HTTP/1.1 on one loop, takes forms, or passes another server's answers on, with a cache or without: what bench_http.py,
// bench_form.py and bench_proxy.py compare with nginx and Varnish where the whole of Netstead is not wanted.
import HTTP
import Storage
import Transport
import WebServer
import World

@main struct Serve {
  static func main() async throws {
    let arguments = CommandLine.arguments
    guard (3...4).contains(arguments.count), let port = UInt16(arguments[1]), let site = try site(arguments) else {
      print("usage: netstead-bench-web PORT FOLDER | PORT form | PORT proxy http://HOST:PORT | PORT cache http://HOST:PORT")
      return
    }
    let listener = try await WebService.start(network: network, endpoint: Endpoint(.loopback, port), sites: SiteSwitch(SiteSet([site])))
    print("serving \(arguments[2]) at http://\(listener.endpoint)/")
    try await Task.sleep(for: .seconds(86_400 * 365))
  }

  private static let network = SocketNetwork(loops: 1)

  private static func site(_ arguments: [String]) throws -> Site? {
    if arguments[2...] == ["form"] { return Site(names: [], content: .application(FormDesk())) }
    if arguments.count == 3 { return Site(names: [], content: .files(DiskTree(try ServedFolder(path: arguments[2])))) }
    guard let upstream = UpstreamServer(arguments[3]) else { return nil }
    let cache = arguments[2] == "cache" ? try WebCache(CacheSettings()) : nil
    return Site(names: [], content: .proxy(Proxy(ProxySettings(.reverse(upstream)), network: network, lookUp: { _, _ in [.loopback] }, cache: cache)))
  }
}

/// Answers each form with one of its fields.
private struct FormDesk: Application {
  func answer(_ request: RequestHead, at now: Instant) -> ApplicationAnswer {
    .workflow(staysOnLoop: true) { exchange in
      do { exchange.respond(.text(.ok, try await exchange.form().fields["article"] ?? "")) } catch { exchange.respond(Response(.badRequest)) }
    }
  }
}
