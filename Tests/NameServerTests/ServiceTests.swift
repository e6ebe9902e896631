// Authority and resolver on real sockets, on loopback addresses of their own: UDP, TCP, the fast loop, a resolver that walks the tree.
// Not here: what is answered (the other files).
import Bytes
import DNS
import Testing
import Trace
import Transport
import World

@testable import NameServer

private let root = head(".", "a.root.") + "a.root. 3600 A 127.53.0.1\ntest. 3600 NS ns.nic.test.\nns.nic.test. 3600 A 127.53.0.2\n"
private let test = head("test", "ns.nic.test.") + "ns.nic.test. 60 A 127.53.0.2\ngarnet.test. 60 NS ns.garnet.test.\nns.garnet.test. 60 A 127.53.0.3\n"
private let garnet = head("garnet.test", "ns.garnet.test.") + "ns.garnet.test. 60 A 127.53.0.3\nwww.garnet.test. 60 A 192.0.2.80\n"
  + (0..<60).map { "big.garnet.test. 60 TXT number-\($0)-\(String(repeating: "x", count: 20))\n" }.joined()

@Suite("services", .serialized)
struct ServiceTests {
  private func source(_ text: String) throws -> AuthoritySource { AuthoritySource(Authority(zones: [try Zone(records: records(text))])) }

  private func ask(
    _ name: String, _ type: RecordType, at server: Endpoint, over carriage: ConversationInfo.Carriage, _ network: SocketNetwork,
    recursion: Bool = false
  ) async throws -> Message? {
    let query = Message.query(try Name(name), type, id: 4_711, recursionDesired: recursion)
    let outcome = await NetworkUpstream(network, trace: nil).exchange(
      query, with: server, over: carriage, case: .exact, until: network.clock.now + .seconds(5), because: nil)
    guard case .answered(let message, _) = outcome else { return nil }
    return message
  }

  @Test("an authority answers over UDP and TCP at the same port, with and without the loop of its own", arguments: [true, false])
  func authority(hasLoop: Bool) async throws {
    let network = SocketNetwork(loops: 1)
    let source = try source(garnet)
    let endpoint = Endpoint(Address(127, 53, 0, 9), 0)
    let service = hasLoop
      ? try await AuthorityService.start(network: network, endpoint: endpoint, loop: DatagramLoopLimits(threads: 1), authority: source, trace: nil)
      : try await AuthorityService.start(network: network, endpoint: endpoint, authority: source, trace: nil)
    for carriage in [ConversationInfo.Carriage.udp, .tcp] {
      let answer = try #require(try await ask("www.garnet.test", .a, at: service.endpoint, over: carriage, network))
      #expect(answer.answers.first?.data.address == Address(192, 0, 2, 80))
      let big = try #require(try await ask("big.garnet.test", .txt, at: service.endpoint, over: carriage, network))
      #expect(big.flags.isTruncated == (carriage == .udp) && big.answers.count == (carriage == .udp ? 0 : 60))
    }
    source.publish(Authority(zones: []))
    #expect(try await ask("www.garnet.test", .a, at: service.endpoint, over: .udp, network)?.responseCode == .refused)
    await service.close(grace: .seconds(1))
    await network.shutDown()
  }

  @Test("a resolver walks from the root to the answer, for its clients over UDP and TCP, and for nobody else")
  func resolver() async throws {
    let network = SocketNetwork(loops: 1)
    // One port for all servers: the first one gets any, the others take the same.
    var services: [AuthorityService] = []
    var port: UInt16 = 0
    for (last, zone) in [(UInt8(1), root), (2, test), (3, garnet)] {
      let service = try await AuthorityService.start(
        network: network, endpoint: Endpoint(Address(127, 53, 0, last), port), authority: source(zone), trace: nil)
      port = service.endpoint.port
      services.append(service)
    }
    var settings = ResolverSettings(hints: [Delegation(zone: .root, servers: [.init(try Name("a.root"), [Address(127, 53, 0, 1)])])])
    settings.port = port
    settings.allowsLoopbackServers = true
    settings.mixesCase = true
    let resolver = Resolver(
      settings: settings, upstream: NetworkUpstream(network, trace: nil), clock: network.clock, random: SystemRandomNumberGenerator())
    let service = try await ResolverService.start(network: network, endpoint: Endpoint(.loopback, 0), resolver: resolver, trace: nil)
    for carriage in [ConversationInfo.Carriage.udp, .tcp, .udp] {
      let answer = try #require(try await ask("www.garnet.test", .a, at: service.endpoint, over: carriage, network, recursion: true))
      #expect(answer.answers.first?.data.address == Address(192, 0, 2, 80))
      #expect(answer.flags.recursionAvailable && !answer.flags.isAuthoritative && answer.edns != nil)
    }
    // Learnt over TCP, because it does not fit into a datagram; the client has to use TCP as well.
    #expect(try await ask("big.garnet.test", .txt, at: service.endpoint, over: .udp, network, recursion: true)?.flags.isTruncated == true)
    #expect(try await ask("big.garnet.test", .txt, at: service.endpoint, over: .tcp, network, recursion: true)?.answers.count == 60)
    // Without RD only what is known already.
    #expect(try await ask("www.garnet.test", .a, at: service.endpoint, over: .udp, network)?.answers.count == 1)
    #expect(try await ask("new.garnet.test", .a, at: service.endpoint, over: .udp, network)?.responseCode == .refused)
    await service.close(grace: .seconds(1))
    for service in services { await service.close(grace: .seconds(1)) }
    await network.shutDown()
  }
}

@Suite("clients' questions")
struct ClientQuestionTests {
  private let home = Endpoint(.loopback, 4_000)

  private func verdict(_ bytes: [UInt8], from client: Endpoint, _ resolver: Resolver) -> Message? {
    guard case .answer(let message, _) = ClientQuestion.judge(Buffer(bytes), from: client, resolver) else { return nil }
    return message
  }

  @Test("who is not served, and what is no question, is told so")
  func judges() throws {
    let resolver = try ScriptedWorld([:]).resolver()
    let query = Message.query(try Name("www.test"), .a, id: 9)
    let stranger = Endpoint(Address(198, 51, 100, 1), 4_000)
    let refused = try #require(verdict(query.wire().array, from: stranger, resolver))
    #expect(refused.responseCode == .refused && refused.edns?.option(.extendedError)?.extendedError?.code == .prohibited)
    guard case .resolve = ClientQuestion.judge(query.wire(), from: home, resolver) else { Issue.record(); return }
    for bytes in [[], [1, 2, 3], query.reply().wire().array] as [[UInt8]] {
      guard case .ignore = ClientQuestion.judge(Buffer(bytes), from: home, resolver) else { Issue.record("\(bytes)"); return }
    }
    guard case .ignore = ClientQuestion.judge(query.wire(), from: Endpoint(.loopback, 0), resolver) else { Issue.record(); return }
    #expect(verdict(Array(query.wire().array.dropLast()), from: home, resolver)?.responseCode == .formatError)
    var other = query
    other.flags.opcode = .status
    #expect(verdict(other.wire().array, from: home, resolver)?.responseCode == .notImplemented)
    other = query
    other.edns = EDNS(version: 3)
    #expect(verdict(other.wire().array, from: home, resolver)?.responseCode == .badVersion)
    other = query
    other.questions += query.questions
    #expect(verdict(other.wire().array, from: home, resolver)?.responseCode == .formatError)
    other = Message.query(try Name("www.test"), .any, id: 9)
    #expect(verdict(other.wire().array, from: home, resolver)?.answers.first?.type == .hinfo)
  }

  @Test("address ranges", arguments: [
    ("10.0.0.0", 8, "10.255.0.1", true), ("10.0.0.0", 8, "11.0.0.1", false), ("0.0.0.0", 0, "198.51.100.1", true),
    ("192.0.2.1", 32, "192.0.2.1", true), ("192.0.2.1", 32, "192.0.2.0", false), ("2001:db8::", 32, "2001:db8:1::1", true),
    ("2001:db8::", 32, "2001:db9::", false), ("2001:db8::8", 125, "2001:db8::f", true), ("2001:db8::8", 125, "2001:db8::10", false),
    ("::", 0, "192.0.2.1", false), ("::", 0, "::1", true),
  ] as [(String, Int, String, Bool)])
  func ranges(_ c: (base: String, length: Int, address: String, isInside: Bool)) throws {
    let range = AddressRange(try #require(Address(c.base)), length: c.length)
    #expect(range.contains(try #require(Address(c.address))) == c.isInside)
  }

  @Test("an answer that comes too late is not sent, and one client cannot take all places")
  func late() throws {
    let resolver = try ScriptedWorld([:]).resolver { $0.limits.recursionsPerClientMax = 2 }
    var conversation = ResolverConversation(resolver)
    var actions: [DatagramAction<ResolverConversation.Question>] = []
    let now = Instant.simulationStart
    let query = Message.query(try Name("www.test"), .a, id: 9)
    for _ in 0..<3 { conversation.handle(.received(query.wire(), from: home), at: now, into: &actions) }
    var tickets: [Ticket] = []
    var codes: [ResponseCode] = []
    for action in actions {
      switch action {
      case .ask(let question): tickets.append(question.ticket)
      case .send(let bytes, let client):
        #expect(client == home)
        codes.append(try Message(reading: bytes).responseCode)
      case .note: break
      }
    }
    #expect(tickets.count == 2 && codes == [.serverFailure])
    actions = []
    conversation.handle(.resolved(tickets[0], query.reply()), at: now + .milliseconds(1_900), into: &actions)
    conversation.handle(.resolved(tickets[1], query.reply()), at: now + .milliseconds(1_901), into: &actions)
    conversation.handle(.resolved(tickets[1], query.reply()), at: now, into: &actions)
    let sent = actions.filter { if case .send = $0 { true } else { false } }
    #expect(sent.count == 1 && actions.count == 2)
  }
}

@Suite("UDP client conversation")
struct UDPClientTests {
  private let server = Endpoint(Address(192, 0, 2, 1), 53)

  private func play(_ datagrams: [(Buffer, Endpoint)], _ query: Message) -> (outcomes: [String], sent: Int) {
    var conversation = UDPClientConversation(query, to: server, case: .exact, until: .simulationStart + .seconds(1))
    var actions: [DatagramAction<UDPClientConversation.Question>] = []
    conversation.handle(.opened, at: .simulationStart, into: &actions)
    for (bytes, remote) in datagrams { conversation.handle(.received(bytes, from: remote), at: .simulationStart, into: &actions) }
    conversation.handle(.deadlineReached, at: .simulationStart, into: &actions)
    conversation.handle(.deadlineReached, at: .simulationStart, into: &actions)
    var outcomes: [String] = []
    var sent = 0
    for action in actions {
      switch action {
      case .ask(.answered): outcomes.append("answered")
      case .ask(.suspicious): outcomes.append("suspicious")
      case .ask(.timedOut): outcomes.append("timed out")
      case .ask(.unsigned(let failure)): outcomes.append("\(failure)")
      case .send: sent += 1
      case .note: break
      }
    }
    return (outcomes, sent)
  }

  @Test("only the right answer from the right place ends the wait well")
  func judges() throws {
    let query = Message.query(try Name("www.test"), .a, id: 9)
    let right = query.reply()
    var wrongID = right
    wrongID.id = 10
    var wrongCase = right
    wrongCase.questions = [Question(try Name("WWW.test"), .a)]
    var wrongQuestion = right
    wrongQuestion.questions = [Question(try Name("www.test"), .mx)]
    let stranger = Endpoint(Address(192, 0, 2, 2), 53)
    let cases: [([(Buffer, Endpoint)], String)] = [
      ([], "timed out"), ([(right.wire(), server)], "answered"), ([(right.wire(), stranger)], "timed out"),
      ([(right.wire(), Endpoint(server.address, 54)), (right.wire(), server)], "answered"), ([(wrongID.wire(), server)], "suspicious"),
      ([(wrongCase.wire(), server)], "suspicious"), ([(wrongQuestion.wire(), server)], "suspicious"), ([(query.wire(), server)], "suspicious"),
      ([("garbage", server)], "suspicious"), ([(right.wire(), server), (wrongID.wire(), server)], "answered"),
    ]
    for (datagrams, outcome) in cases {
      let (outcomes, sent) = play(datagrams, query)
      #expect(outcomes == [outcome] && sent == 1)
    }
  }
}
