// Answers for the zone bench.test over DNS, one thread for datagrams: what bench_dns.py compares with NSD and Knot.
// Not here: the loop (Transport/Sockets/DatagramLoop), the answers (NameServer/Authoritative/Answer).
import Bytes
import DNS
import NameServer
import Storage
import Transport
import World

@main struct Serve {
  static func main() async throws {
    let arguments = CommandLine.arguments
    guard arguments.count == 3, let port = UInt16(arguments[1]), let text = try SystemFiles().read(arguments[2]) else {
      print("usage: netstead-bench-dns PORT ZONE-FILE")
      return
    }
    let (records, problems) = MasterFileReader.records(text, file: arguments[2], origin: try Name("bench.test."))
    for problem in problems { print(problem) }
    let service = try await AuthorityService.start(
      network: SocketNetwork(loops: 1), endpoint: Endpoint(.loopback, port), loop: DatagramLoopLimits(threads: 1),
      authority: AuthoritySource(Authority(zones: [try Zone(records: records)])), trace: nil)
    print("answering for \(records.count) records at \(service.endpoint)")
    try await Task.sleep(for: .seconds(86_400 * 365))
  }
}
