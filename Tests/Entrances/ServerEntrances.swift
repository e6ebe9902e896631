// Entrances of the servers: an authority over a zone with every trick in it, a resolver whose servers say anything, a site of files.
import Bytes
import DNS
import Glibc
import HTTP
import NameServer
import Synchronization
import Trace
import Transport
import WebServer
import World

let serverEntrances: [Entrance] = [
  Entrance("authority") { bytes in
    let overUDP = responder.answer(bytes, over: .udp)
    let overTCP = responder.answer(bytes, over: .tcp)
    must((overUDP == nil) == (overTCP == nil), "a query is answered over both or neither")
    guard let overUDP, let overTCP else { return }
    let query = try? Message(reading: bytes)
    must(overUDP.count <= max(512, min(1_232, Int(query?.edns?.payloadSize ?? 1_232))), "a datagram keeps to its size: \(overUDP.count)")
    for answer in [overUDP, overTCP] {
      must(answer[0..<2] == bytes[0..<2], "the identifier comes back")
      guard let message = try? Message(reading: answer) else { fatalError("broken promise: an answer can be read: \(answer)") }
      must(message.flags.isResponse, "an answer is an answer")
      if let query, message.responseCode == .noError || message.responseCode == .noSuchName {
        must(message.questions == query.questions, "the question comes back")
        must((message.edns == nil) == (query.edns == nil), "EDNS is answered with EDNS")
      }
    }
    // RFC 6891 §6.2.5: what fits is the same over both; RFC 8482 §4.1: but not to those who ask for everything.
    if overTCP.count <= 512, query?.questions.first?.type != .any { must(overUDP == overTCP, "a short answer is the same over UDP and TCP") }
  },
  Entrance("authority-edge") { bytes in
    // The query ends where no memory follows, and so does the room for the answer.
    guard bytes.count <= 4_096 else { return }
    let query = edge.query(bytes)
    let count = responder.answer(query, over: .udp, into: edge.room)
    must(count <= edge.room.count, "an answer keeps to its room")
  },
  Entrance("authority-steering") { bytes in
    // The first byte says which edges are down, the rest is the query.
    guard !bytes.isEmpty else { return }
    let query = bytes[1..<bytes.count]
    for index in 0..<3 { if Int(bytes[at: 0] ?? 0) >> index & 1 == 1 { steering.noteDown(index) } else { steering.note(load: Double(index), of: index) } }
    for carriage in [ConversationInfo.Carriage.udp, .tcp] {
      guard let answer = steeringResponder.answer(query, from: Address(10, 20, 1, 1), over: carriage) else { continue }
      guard let message = try? Message(reading: answer) else { fatalError("broken promise: an answer can be read: \(answer)") }
      must(carriage == .tcp || answer.count <= 1_232, "a datagram keeps to its size")
      guard let asked = try? Message(reading: query), message.responseCode == .noError else { continue }
      must(message.questions == asked.questions, "the question comes back")
      let (told, said) = (asked.edns?.option(.clientSubnet)?.clientSubnet, message.edns?.option(.clientSubnet)?.clientSubnet)
      must(said?.address == told?.address && said?.sourceLength == told?.sourceLength, "the client's network comes back, if it was told")
      if asked.questions.first?.name == steering.names[0].name, asked.questions.first?.type == .a, asked.questions.first?.class == .internet {
        must(message.answers.count == 1 && message.flags.isAuthoritative, "a steered name has an edge")
      }
    }
  },
  Entrance("authority-guarded") { bytes in
    // The first byte says how long it is since the last query and who asks, the rest is the query.
    guard !bytes.isEmpty else { return }
    let (first, query) = (bytes[at: 0] ?? 0, bytes[1..<bytes.count])
    passing.advance(by: .milliseconds(Int64(first & 15) * 40))
    let client = first & 16 == 0 ? Address(198, 51, 100, first >> 5) : .v6(0x2001_0DB8_0000_0000 | UInt64(first >> 5) << 8, 7)
    guard let answer = guardedResponder.answer(query, from: client, over: .udp) else { return }
    guard let message = try? Message(reading: answer) else { fatalError("broken promise: an answer can be read: \(answer)") }
    must(message.flags.isResponse && answer[0..<2] == query[0..<2], "an answer is an answer")
    guard let asked = try? Message(reading: query) else { return }
    must(answer.count <= max(512, min(1_232, Int(asked.edns?.payloadSize ?? 512))), "a datagram keeps to its size: \(answer.count)")
    let (shown, given) = (asked.edns?.option(.cookie), message.edns?.option(.cookie)?.cookie)
    // Several questions are not read as far as the cookie behind them.
    must(given == nil || shown?.cookie != nil, "nobody gets a cookie unasked")
    must(given != nil || shown?.cookie == nil || asked.questions.count > 1, "who shows a cookie gets one")
    if let given, let own = shown?.cookie {
      must(given.client == own.client && given.server.count == ServerCookie.size, "the client's half comes back, ours behind it")
      // Shown again, it is good.
      var again = asked
      if var edns = again.edns {
        edns.options = [.cookie(client: given.client, server: given.server)]
        again.edns = edns
      }
      guard let known = guardedResponder.answer(again.wire(), from: client, over: .udp), let read = try? Message(reading: known) else {
        fatalError("broken promise: who shows a good cookie is answered")
      }
      must(read.responseCode != .badCookie, "a good cookie is taken")
    }
  },
  Entrance("edge-report") { bytes in
    guard let report = try? EdgeReport(reading: bytes) else { return }
    must(report.load >= 0 && report.load.isFinite && !report.name.isEmpty, "a report has a name and a load")
    guard let again = try? EdgeReport(reading: Buffer(report.text)) else { fatalError("broken promise: a report reads back") }
    must(again.load == report.load, "a report reads back as it was")
  },
  Entrance("resolver-client") { bytes in
    var conversation = ResolverConversation(resolver(answering: Buffer()))
    var actions: [DatagramAction<ResolverConversation.Question>] = []
    for client in [Endpoint(.loopback, 4_000), Endpoint(Address(192, 0, 2, 1), 4_000)] {
      guard let input = conversation.input(for: .received(bytes, from: client)) else { continue }
      conversation.handle(input, at: .simulationStart, into: &actions)
    }
    for case .send(let answer, _) in actions {
      must(answer[0..<2] == bytes[0..<2], "the identifier comes back")
      must((try? Message(reading: answer)) != nil, "an answer can be read")
    }
  },
  Entrance("resolver-upstream") { bytes in
    let resolver = resolver(answering: bytes)
    guard let name = try? Name("www.a.test") else { return }
    let isOver = Atomic(false)
    // Nothing here really waits, so the task is over when this returns.
    Task.immediate {
      let answer = await resolver.resolve(Question(name, .a))
      must(answer.answers.allSatisfy { $0.class == .internet || $0.class.rawValue != 0 }, "answers have a class")
      let again = await resolver.resolve(Question(name, .a))
      // RFC 2308 §5: that there is nothing is kept as long as an SOA record says, and not at all without one.
      let isKept = (answer.answers.last?.type == .a || !answer.authorities.isEmpty) && !(answer.answers + answer.authorities).contains { $0.ttl == 0 }
      must(!isKept || again.code == answer.code || again.code == .serverFailure, "what was found stays found")
      isOver.store(true, ordering: .releasing)
    }
    while !isOver.load(ordering: .acquiring) {}
  },
  Entrance("resolver-datagram") { bytes in
    guard let name = try? Name("www.a.test") else { return }
    let server = Endpoint(Address(192, 0, 2, 1), 53)
    let query = Message.query(name, .a, id: 0x1234, recursionDesired: false, edns: nil)
    var conversation = UDPClientConversation(query, to: server, case: .exact, until: .simulationStart + .seconds(1))
    var actions: [DatagramAction<UDPClientConversation.Question>] = []
    for event in [DatagramEvent.opened, .received(bytes, from: Endpoint(Address(192, 0, 2, 9), 53)), .received(bytes, from: server), .deadlineReached] {
      if let input = conversation.input(for: event) { conversation.handle(input, at: .simulationStart, into: &actions) }
    }
    let told = actions.filter { if case .ask = $0 { true } else { false } }
    must(told.count == 1, "the owner is told once")
  },
  Entrance("site") { bytes in
    mustNotDependOnCuts(bytes) { pieces in
      var methods: [HTTP.Method] = []
      let driver = ConversationDriver(ServerConversation(), trace: nil) { question, _ in
        guard case .request(let ticket, let head) = question else { return nil }
        methods.append(head.method)
        return .respond(ticket, site.answer(head, at: .simulationStart))
      }
      var story = Story(of: Wire(driver), Told(), pieces)
      story.sent = withoutReasons(story.sent, answering: methods)
      return story
    }
  },
  Entrance("web-address") { bytes in
    let text = bytes.text
    if let address = WebAddress(text) {
      must(WebAddress(address.description) == address, "an address reads back from its text")
      must(address.target.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7F }, "a target fits into a request line")
    }
    guard let base = WebAddress("http://a.test/b/c?d"), let other = base.resolving(text) else { return }
    must(other.target.hasPrefix("/") && other.target.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7F }, "a target fits into a request line")
  },
]

// MARK: Names

/// A zone with delegations, glue, wildcards, empty names in between, aliases that lead everywhere, and a set too large for a datagram.
private let zoneText = """
  $ORIGIN a.test.
  $TTL 300
  @ SOA ns mail 1 2 3 4 5
  @ NS ns
  @ NS ns.b
  @ MX 10 mail
  @ MX 20 mail.elsewhere.test.
  ns A 192.0.2.1
  ns AAAA 2001:db8::1
  mail A 192.0.2.2
  www CNAME mail
  loop CNAME loop2
  loop2 CNAME loop
  out CNAME www.b.test.
  deep CNAME x.y.wild
  *.wild A 192.0.2.3
  *.wild TXT "wild"
  *.alias CNAME www
  e.m.p.t.y A 192.0.2.4
  b NS ns.b
  b NS ns.c.b
  b DS 1 8 2 0000000000000000000000000000000000000000000000000000000000000000
  ns.b A 192.0.2.5
  ns.c.b A 192.0.2.6
  old DNAME new
  x.new A 192.0.2.7
  self DNAME self2.self
  srv._tcp SRV 1 2 3 mail
  weird\\.dot\\000 A 192.0.2.8
  big TXT "\(String(repeating: "x", count: 250))" "\(String(repeating: "y", count: 250))"
  big TXT "\(String(repeating: "z", count: 250))" "\(String(repeating: "v", count: 250))"
  big TXT "\(String(repeating: "u", count: 250))"
  big A 192.0.2.9
  u TYPE65280 \\# 3 010203

  """

private let zones: [Zone] = {
  let other = "$ORIGIN b.test.\n$TTL 60\n@ SOA ns m 1 2 3 4 5\n@ NS ns\nns A 192.0.2.10\nwww CNAME w2\nw2 A 192.0.2.11\nback CNAME www.a.test.\n"
  return [("a.test", zoneText), ("b.test", other)].map { origin, text in
    guard let name = try? Name(origin) else { fatalError("no name") }
    let (records, problems) = MasterFileReader.records(Buffer(text), file: origin, origin: name)
    guard problems.isEmpty else { fatalError("\(problems)") }
    do { return try Zone(apex: name, records: records) } catch { fatalError("\(error)") }
  }
}()

private let responder = AuthorityResponder(AuthoritySource(Authority(zones: zones, completeness: .full)))

/// A clock that entrances move.
private final class PassingClock: WorldClock {
  private let time = Mutex(Instant.simulationStart)
  var now: Instant { time.withLock { $0 } }
  func sleep(until deadline: Instant) async throws {}
  func advance(by duration: Duration) { time.withLock { $0 = $0 + duration } }
}

private let passing = PassingClock()

/// Few answers a second, and a small table.
private let guardedResponder: AuthorityResponder = {
  var rate = ResponseRateSetting()
  (rate.responsesPerSecond, rate.exempt) = (5, [])
  var limits = NameServer.Limits()
  limits.ratesMax = 64
  var chance = SeededRandom(seed: 1)
  let guards = AnswerGuards(rate: rate, clock: passing, chance: &chance, limits: limits)
  return AuthorityResponder(AuthoritySource(Authority(zones: zones)), guards: guards)
}()

/// A steered name over three edges, in the zone above.
private let steering: Steering = {
  let edges = (1...3).map { SteeredEdge(name: "edge\($0)", addresses: [Address(192, 0, 2, UInt8($0))]) }
  let names = [Name.root].compactMap { try? $0.prepending(Array("test".utf8)) }.compactMap { try? $0.prepending(Array("a".utf8)) }
    .compactMap { try? $0.prepending(Array("edge".utf8)) }
  return Steering(
    names.map {
      SteeredName(name: $0, policy: .nearest, edges: edges, networks: [SteeringRow(AddressRange(Address(10, 0, 0, 0), length: 8), ranking: [2, 1])])
    }, clock: StillClock())
}()

/// A clock that stands still.
private struct StillClock: WorldClock {
  var now: Instant { .simulationStart }
  func sleep(until deadline: Instant) async throws {}
}

private let steeringResponder = AuthorityResponder(AuthoritySource(Authority(zones: zones, steering: steering)))

/// Memory that ends where the next page may not be touched: for a query, and for an answer of the smallest size.
private struct Edge: @unchecked Sendable {
  private let queryPages = Edge.pages()
  let room: UnsafeMutableRawBufferPointer

  init() {
    let pages = Edge.pages()
    let size = AuthorityResponder.replySizeMin
    room = UnsafeMutableRawBufferPointer(rebasing: pages[(pages.count - size)...])
  }

  func query(_ bytes: Buffer) -> UnsafeRawBufferPointer {
    let place = UnsafeMutableRawBufferPointer(rebasing: queryPages[(queryPages.count - bytes.count)...])
    bytes.withUnsafeBytes { place.copyMemory(from: $0) }
    return UnsafeRawBufferPointer(place)
  }

  private static func pages() -> UnsafeMutableRawBufferPointer {
    let size = 8_192
    guard let base = mmap(nil, size + 4_096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0), base != MAP_FAILED,
      mprotect(base + size, 4_096, PROT_NONE) == 0
    else { fatalError("no memory") }
    return UnsafeMutableRawBufferPointer(start: base, count: size)
  }
}

private let edge = Edge()

/// A world in which the next message of `bytes` (each after its length) answers whatever was asked, identifier and question put right
/// unless the length's highest bit is set.
private final class Oracle: Upstream {
  private let rest: Mutex<Buffer>

  init(_ bytes: Buffer) { rest = Mutex(bytes) }

  func exchange(
    _ query: Message, with server: Endpoint, over carriage: ConversationInfo.Carriage, case: LetterCase, until deadline: Instant,
    because cause: ConversationID?
  ) async -> UpstreamOutcome {
    let next = rest.withLock { rest -> (Buffer, Bool)? in
      guard let size = rest.take(2), let high = size[at: 0], let low = size[at: 1] else { return nil }
      return (rest.take(min(rest.count, Int(high & 0x7F) << 8 | Int(low))) ?? Buffer(), high >> 7 == 1)
    }
    guard let (bytes, isOdd) = next else { return .timedOut }
    if isOdd { return bytes.isEmpty ? .unreachable("gone") : .suspicious }
    guard var message = try? Message(reading: bytes) else { return .suspicious }
    message.id = query.id
    message.flags.isResponse = true
    message.questions = query.questions
    return .answered(message, byteCount: bytes.count)
  }
}

private struct StoppedClock: WorldClock {
  var now: Instant { .simulationStart }
  func sleep(until deadline: Instant) async throws {}
}

private func resolver(answering bytes: Buffer) -> Resolver {
  let server = Delegation.Server((try? Name("ns.root.test")) ?? .root, [Address(192, 0, 2, 1)])
  return Resolver(
    settings: ResolverSettings(hints: [Delegation(zone: .root, servers: [server])]), upstream: Oracle(bytes), clock: StoppedClock(),
    random: SeededRandom(seed: 1))
}

// MARK: Files

private let site: SiteResponder = {
  var site = Site(names: ["a.test"], content: .files(tree))
  site.listsFolders = true
  site.limits.severalRangesBytesMax = 1_024
  return SiteResponder(site, tree: tree)
}()

private let tree = MemoryTree(
  [
    "index.html": "<p>hello", "a.txt": "0123456789", "a.txt.gz": "gzip", "b/index.html": "b", "c/d e.txt": "", "c/<x>.txt": "x", ".hidden": "h",
    "c/.git/config": "g", ".well-known/ok": "ok", "large.bin": String(repeating: "0123456789", count: 200),
  ], modified: Instant(secondsSince1970: 784_111_777))
