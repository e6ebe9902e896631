// The production authority and resolver on virtual links in virtual time: bad links, a server that is cut off, the same seed twice.
// Not here: real sockets (ServiceTests.swift).
import DNS
import SimulatedTransport
import TestKit
import Testing
import Trace
import Transport
import World

@testable import NameServer

private let root = head(".", "a.root.") + "a.root. 3600 A 192.0.2.1\ntest. 3600 NS ns.nic.test.\nns.nic.test. 3600 A 192.0.2.10\n"
private let test = head("test", "ns.nic.test.") + """
  ns.nic.test. 3600 A 192.0.2.10
  home.test. 900 NS ns-a.home.test.
  home.test. 900 NS ns-b.home.test.
  ns-a.home.test. 900 A 198.51.100.1
  ns-b.home.test. 900 A 198.51.100.2
  """
private let home = head("home.test", "ns-a.home.test.") + """
  home.test. 60 NS ns-b.home.test.
  ns-a.home.test. 60 A 198.51.100.1
  ns-b.home.test. 60 A 198.51.100.2
  www.home.test. 60 A 192.0.2.80
  big.home.test. 60 TXT a
  """ + "\n" + (0..<60).map { "big.home.test. 60 TXT \(String(repeating: "y", count: 30))\($0)\n" }.joined()

private let resolverAddress = Address(203, 0, 113, 1)
private let userAddress = Address(203, 0, 113, 2)

@Suite("name servers over virtual links")
struct SimulatedTests {
  /// What came of one run.
  private struct Run {
    var answers: [Message?]
    var trace: [String]
    /// Queries per server, by address.
    var asked: [Address: Int]
    var took: Duration
  }

  private func run(
    seed: UInt64, loss: Double = 0, cut: [Address] = [], asking questions: [(String, RecordType)], over carriage: ConversationInfo.Carriage = .udp
  ) throws -> Run {
    let recorder = TestRecorder()
    let internet = SimulatedInternet(seed: seed) { source, destination in
      Link(delay: .milliseconds(10), loss: source == userAddress || destination == userAddress ? 0 : loss)
    }
    internet.logPackets(.everything, into: recorder)
    let servers = [(Address(192, 0, 2, 1), root), (Address(192, 0, 2, 10), test), (Address(198, 51, 100, 1), home), (Address(198, 51, 100, 2), home)]
      .map { (internet.addHost("\($0.0)", $0.0), $0.1) }
    let host = internet.addHost("resolver", resolverAddress)
    let user = internet.addHost("user", userAddress)
    if !cut.isEmpty { internet.partition(cut, from: [resolverAddress]) }
    var settings = ResolverSettings(hints: [Delegation(zone: .root, servers: [.init(try Name("a.root"), [Address(192, 0, 2, 1)])])])
    settings.clients = [AddressRange(userAddress, length: 24)]
    let speaking = TraceContext(recorder: recorder, host: "resolver", role: .client)
    let resolver = Resolver(
      settings: settings, upstream: NetworkUpstream(host, trace: speaking), clock: host.clock, random: SeededRandom(seed: seed))
    let (answers, took) = try internet.run {
      for (network, zone) in servers {
        let source = AuthoritySource(Authority(zones: [try Zone(records: records(zone))]))
        _ = try await AuthorityService.start(network: network, endpoint: Endpoint(network.addresses[0], 53), authority: source, trace: nil)
      }
      _ = try await ResolverService.start(network: host, endpoint: Endpoint(resolverAddress, 53), resolver: resolver, trace: nil)
      let start = user.clock.now
      var answers: [Message?] = []
      for (index, (name, type)) in questions.enumerated() {
        let outcome = await NetworkUpstream(user, trace: nil).exchange(
          Message.query(try Name(name), type, id: UInt16(index)), with: Endpoint(resolverAddress, 53), over: carriage, case: .exact,
          until: user.clock.now + .seconds(20), because: nil)
        if case .answered(let message, _) = outcome { answers.append(message) } else { answers.append(nil) }
      }
      return (answers, user.clock.now - start)
    }
    let asked = Dictionary(
      servers.map { server in
        (server.0.addresses[0], recorder.events.filter { $0.kind == .sent }.filter { recorder.participants(of: $0.conversation)?.remote.address == server.0.addresses[0] }.count)
      }, uniquingKeysWith: { $1 })
    return Run(answers: answers, trace: recorder.lines, asked: asked, took: took)
  }

  @Test("the first question walks the tree, a round trip for each zone; the second is answered at once")
  func cold() throws {
    let run = try run(seed: 1, asking: [("www.home.test", .a), ("www.home.test", .a)])
    #expect(run.answers.map { $0?.answers.first?.data.address } == [Address(192, 0, 2, 80), Address(192, 0, 2, 80)])
    #expect(run.took == .milliseconds(20 * 3 + 20 + 20))
  }

  @Test("RFC 1035 §7.2: one server silent, the other answers within the client's patience", arguments: 1...6 as ClosedRange<UInt64>)
  func oneSilent(_ seed: UInt64) throws {
    let run = try run(seed: seed, cut: [Address(198, 51, 100, 1)], asking: [("www.home.test", .a)])
    #expect(run.answers.first??.answers.first?.data.address == Address(192, 0, 2, 80))
    #expect(run.took < .milliseconds(1_900))
    #expect(run.asked[Address(198, 51, 100, 2)] == 1)
  }

  @Test("on links that lose every fifth packet names are still found", arguments: 1...4 as ClosedRange<UInt64>)
  func lossy(_ seed: UInt64) throws {
    let run = try run(seed: seed, loss: 0.2, asking: [("www.home.test", .a), ("big.home.test", .txt), ("no.home.test", .a)], over: .tcp)
    #expect(run.answers.map { $0?.responseCode } == [.noError, .noError, .noSuchName])
    #expect(run.answers[1]?.answers.count == 61)
  }

  @Test("with every server of the zone cut off the client learns why, over TCP, in time")
  func cutOff() throws {
    let run = try run(
      seed: 1, cut: [Address(198, 51, 100, 1), Address(198, 51, 100, 2)], asking: [("www.home.test", .a)], over: .tcp)
    let answer = try #require(run.answers[0])
    #expect(answer.responseCode == .serverFailure)
    #expect(answer.edns?.option(.extendedError)?.extendedError?.code == .noReachableAuthority)
    #expect(run.took < .seconds(12))
  }

  @Test("same seed, same trace; another seed, another trace")
  func sameSeed() throws {
    func trace(_ seed: UInt64) throws -> [String] {
      try run(seed: seed, loss: 0.1, asking: [("www.home.test", .a), ("big.home.test", .txt), ("x.y.z.home.test", .a)], over: .tcp).trace
    }
    let one = try trace(7)
    #expect(one.count > 50)
    #expect(try one == trace(7))
    #expect(try one != trace(8))
  }
}
