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
    guard (3...4).contains(arguments.count), let port = UInt16(arguments[1]), let text = try SystemFiles().read(arguments[2]) else {
      print("usage: netstead-bench-dns PORT ZONE-FILE [ANSWERS-PER-SECOND]")
      return
    }
    let (records, problems) = MasterFileReader.records(text, file: arguments[2], origin: try Name("bench.test."))
    for problem in problems { print(problem) }
    let network = SocketNetwork(loops: 1)
    // With a rate there are guards, and nobody is exempt from them.
    let guards = arguments.dropFirst(3).first.flatMap { Int($0) }.map { rate in
      var (setting, chance) = (ResponseRateSetting(), SystemRandomNumberGenerator())
      (setting.responsesPerSecond, setting.exempt) = (rate, [])
      return AnswerGuards(rate: setting, clock: network.clock, chance: &chance)
    }
    let service = try await AuthorityService.start(
      network: network, endpoint: Endpoint(.loopback, port), loop: DatagramLoopLimits(threads: 1),
      authority: AuthoritySource(Authority(zones: [try Zone(records: records)])), guards: guards, trace: nil)
    print("answering for \(records.count) records at \(service.endpoint)")
    try await Task.sleep(for: .seconds(86_400 * 365))
  }
}
