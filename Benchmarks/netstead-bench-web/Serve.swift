// Serves one folder over HTTP/1.1 on one loop: what bench_http.py compares with nginx where the whole of Netstead is not wanted.
import Storage
import Transport
import WebServer
import World

@main struct Serve {
  static func main() async throws {
    let arguments = CommandLine.arguments
    guard arguments.count == 3, let port = UInt16(arguments[1]) else {
      print("usage: netstead-bench-web PORT FOLDER")
      return
    }
    let site = Site(names: [], content: .files(DiskTree(try ServedFolder(path: arguments[2]))))
    let listener = try await WebService.start(
      network: SocketNetwork(loops: 1), endpoint: Endpoint(.loopback, port), sites: SiteSwitch(SiteSet([site])))
    print("serving \(arguments[2]) at http://\(listener.endpoint)/")
    try await Task.sleep(for: .seconds(86_400 * 365))
  }
}
