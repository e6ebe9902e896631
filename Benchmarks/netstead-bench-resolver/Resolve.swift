// Resolves names of the zone bench.test, whose server is told, one thread for datagrams: what bench_resolver.py compares with Unbound.
// Not here: the loop (Transport/Sockets/DatagramLoop), the resolver (NameServer/Recursive).
import DNS
import NameServer
import Transport
import World

@main struct Resolve {
  static func main() async throws {
    let arguments = CommandLine.arguments
    guard arguments.count == 3, let port = UInt16(arguments[1]), let serverPort = UInt16(arguments[2]) else {
      print("usage: netstead-bench-resolver PORT SERVER-PORT")
      return
    }
    let network = SocketNetwork(loops: 1)
    var settings = ResolverSettings(hints: [Delegation(zone: try Name("bench.test"), servers: [Delegation.Server(try Name("ns.bench.test"), [.loopback])])])
    settings.port = serverPort
    settings.allowsLoopbackServers = true
    let resolver = Resolver(
      settings: settings, upstream: NetworkUpstream(network, trace: nil), clock: network.clock, random: SystemRandomNumberGenerator())
    let service = try await ResolverService.start(network: network, endpoint: Endpoint(.loopback, port), resolver: resolver, trace: nil)
    print("resolving at \(service.endpoint)")
    try await Task.sleep(for: .seconds(86_400 * 365))
  }
}
