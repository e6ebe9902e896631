// The UDP tracker's datagrams, its connection ids, its door and its client.
@testable import BitTorrent
import Bytes
import TestKit
import Testing
import Transport
import World

/// Values that these tests share.
enum TrackerCase {
  static let torrent = InfoHash(Bits160((1...20).map { UInt8($0) }) ?? .zero)
  static let other = InfoHash(Bits160((101...120).map { UInt8($0) }) ?? .zero)
  static let peer = PeerID(Bits160(Array("-NS0100-abcdefghijkl".utf8)) ?? .zero)
  static let client = Endpoint(Address(203, 0, 113, 2), 49_152)
  static let tracker = Endpoint(Address(192, 0, 2, 1), 6_969)

  static var announcement: AnnounceRequest {
    var request = AnnounceRequest(infoHash: torrent, peerID: peer, port: 6_881)
    (request.downloaded, request.left, request.uploaded) = (1, 2, 3)
    request.event = .started
    request.key = 0x0102_0304
    return request
  }

  static func bytes(_ hex: String) -> Buffer { Buffer(Hexadecimal.bytes(hex.utf8.filter { $0 != 0x20 && $0 != 0x0A }) ?? []) }
}

@Suite("UDP tracker: datagrams")
struct TrackerDatagramTests {
  @Test("requests are the bytes that the document draws", .spec("BEP 15"), arguments: [
    (UDPTrackerRequest.connect(transaction: 7), "0000041727101980 00000000 00000007"),
    (.announce(connection: 0x1122_3344_5566_7788, transaction: 9, TrackerCase.announcement), """
      1122334455667788 00000001 00000009 0102030405060708090a0b0c0d0e0f1011121314 2d4e53303130302d6162636465666768696a6b6c
      0000000000000001 0000000000000002 0000000000000003 00000002 00000000 01020304 ffffffff 1ae1
      """),
    (.scrape(connection: 1, transaction: 2, [TrackerCase.torrent]), "0000000000000001 00000002 00000002 0102030405060708090a0b0c0d0e0f1011121314"),
  ])
  func requests(_ request: UDPTrackerRequest, _ hex: String) throws {
    #expect(request.bytes == TrackerCase.bytes(hex))
    #expect(try UDPTrackerRequest(request.bytes) == request)
    for length in 0..<request.bytes.count where length < 16 || length % 20 != 16 {
      #expect(throws: SyntaxError.self) { try UDPTrackerRequest(request.bytes[0..<length]) }
    }
  }

  @Test("replies are the bytes that the document draws", .spec("BEP 15"), arguments: [
    (UDPTrackerReply.connected(transaction: 7, connection: 0x1122_3344_5566_7788), "00000000 00000007 1122334455667788", false),
    (.announced(transaction: 9, Self.reply(Endpoint(Address(192, 0, 2, 7), 6_881))), "00000001 00000009 00000708 00000005 00000004 c0000207 1ae1", false),
    (.announced(transaction: 9, Self.reply(Endpoint(.v6(0x2001_0DB8_0000_0000, 7), 6_881))),
      "00000001 00000009 00000708 00000005 00000004 20010db8000000000000000000000007 1ae1", true),
    (.scraped(transaction: 1, [ScrapeCounts(seeders: 1, completed: 2, leechers: 3)]), "00000002 00000001 00000001 00000002 00000003", false),
    (.failed(transaction: 1, "no"), "00000003 00000001 6e6f", false),
  ])
  func replies(_ reply: UDPTrackerReply, _ hex: String, _ isV6: Bool) throws {
    #expect(reply.bytes(isV6: isV6) == TrackerCase.bytes(hex))
    #expect(try UDPTrackerReply(reply.bytes(isV6: isV6), isV6: isV6) == reply)
    for length in 0..<8 { #expect(throws: SyntaxError.self) { try UDPTrackerReply(reply.bytes(isV6: isV6)[0..<length], isV6: isV6) } }
  }

  static func reply(_ peer: Endpoint) -> AnnounceReply {
    var reply = AnnounceReply(interval: 1_800)
    (reply.leechers, reply.seeders, reply.peers) = (5, 4, [TrackerPeer(peer)])
    return reply
  }

  @Test("URL data comes in pieces between options that nobody knows", .spec("BEP 41"), arguments: [
    (options: "", data: ""), (options: "00", data: ""), (options: "01010100", data: ""), (options: "02 03 2f6162 00", data: "/ab"),
    (options: "02 03 2f6162 01 02 01 63 00 02 01 64", data: "/abc"), (options: "09 02 ffff 02 01 61", data: "a"),
    // Cut off in an option, behind a number, in front of a length.
    (options: "02 03 2f61", data: ""), (options: "02 01 61 02", data: "a"), (options: "02 01 61 03 ff 00", data: "a"),
  ])
  func urlData(_ options: String, _ data: String) throws {
    var bytes = UDPTrackerRequest.announce(connection: 1, transaction: 2, TrackerCase.announcement).bytes
    bytes.append(TrackerCase.bytes(options))
    guard case .announce(_, _, let read) = try UDPTrackerRequest(bytes) else { throw SyntaxError(expected: "an announcement", at: 8, rule: "BEP 15") }
    #expect(read.urlData == Array(data.utf8))
  }

  @Test("long URL data is cut into pieces and joined again", .spec("BEP 41"), arguments: [1, 255, 256, 600, 1_024])
  func longURLData(_ count: Int) throws {
    var request = TrackerCase.announcement
    request.urlData = (0..<count).map { UInt8(truncatingIfNeeded: $0) }
    let whole = UDPTrackerRequest.announce(connection: 1, transaction: 2, request)
    #expect(try UDPTrackerRequest(whole.bytes) == whole)
  }

  @Test("what is no request is refused with a reason", arguments: [
    "0000041727101981 00000000 00000007", "0000041727101980 00000003 00000007", "0000000000000001 00000002 00000002",
    "0000000000000001 00000002 00000002 0102030405060708090a0b0c0d0e0f10111213",
  ])
  func refused(_ hex: String) { #expect(throws: SyntaxError.self) { try UDPTrackerRequest(TrackerCase.bytes(hex)) } }

  @Test("an event that nobody has defined is none, and pausing is known", .spec("BEP 21"), arguments: [(UInt32(0), AnnounceEvent.none), (3, .stopped), (4, .paused), (9, .none)])
  func events(_ number: UInt32, _ event: AnnounceEvent) { #expect(AnnounceEvent(number: number) == event) }

  @Test("a scrape of more torrents than are answered is cut")
  func scrapeBound() throws {
    let request = UDPTrackerRequest.scrape(connection: 1, transaction: 2, Array(repeating: TrackerCase.torrent, count: 200))
    guard case .scrape(_, _, let hashes) = try UDPTrackerRequest(request.bytes) else { throw SyntaxError(expected: "a scrape", at: 8, rule: "BEP 15") }
    #expect(hashes.count == TrackerLimits().scrapeHashesMax)
  }

  @Test("the keyed hash is SipHash-2-4: its authors' vector")
  func sipHash() {
    var hash = KeyedHash(HashKey(0x0706_0504_0302_0100, 0x0F0E_0D0C_0B0A_0908))
    hash.add(0x0706_0504_0302_0100)
    #expect(hash.value(tail: 0x000E_0D0C_0B0A_0908, tailBytes: 7) == 0xA129_CA61_49BE_45E5)
  }
}

@Suite("UDP tracker: server's door")
struct TrackerDoorTests {
  static let start = Instant.simulationStart
  static let ids = ConnectionIDs(key: HashKey(1, 2), since: start)
  static let server = UDPTrackerServer(ids: ids)

  func judge(_ bytes: Buffer, from client: Endpoint = TrackerCase.client, at now: Instant = start) -> UDPTrackerServer.Verdict {
    Self.server.judge(bytes.span, from: client, at: now)
  }

  @Test("a connection id is good for two minutes, for the address it was given to, and nothing else is good", .spec("BEP 15"))
  func connectionIDs() {
    let now = Self.start + .seconds(1_000)
    let id = Self.ids.id(for: TrackerCase.client.address, at: now)
    for (age, isGood) in [(0, true), (1, true), (60, true), (120, true), (121, false), (100_000, false), (-1, false), (-100, false)] {
      #expect(Self.ids.accepts(id, from: TrackerCase.client.address, at: now + .seconds(age)) == isGood, "after \(age) s")
    }
    #expect(!Self.ids.accepts(id, from: Address(203, 0, 113, 3), at: now))
    #expect(!Self.ids.accepts(id, from: .v6(0, 0xCB00_7102), at: now))
    for bit in 0..<64 { #expect(!Self.ids.accepts(id ^ 1 << UInt64(bit), from: TrackerCase.client.address, at: now)) }
    #expect(!ConnectionIDs(key: HashKey(1, 3), since: Self.start).accepts(id, from: TrackerCase.client.address, at: now))
  }

  @Test("who has a connection id is heard", .spec("BEP 15"))
  func heard() {
    let id = Self.ids.id(for: TrackerCase.client.address, at: Self.start)
    #expect(judge(UDPTrackerRequest.connect(transaction: 5).bytes) == .answered(.connected(transaction: 5, connection: id)))
    #expect(judge(UDPTrackerRequest.announce(connection: id, transaction: 6, TrackerCase.announcement).bytes) == .announced(transaction: 6, TrackerCase.announcement))
    #expect(judge(UDPTrackerRequest.scrape(connection: id, transaction: 7, [TrackerCase.torrent]).bytes) == .scraped(transaction: 7, [TrackerCase.torrent]))
    var unreachable = TrackerCase.announcement
    unreachable.port = 0
    guard case .answered(.failed(transaction: 8, _)) = judge(UDPTrackerRequest.announce(connection: id, transaction: 8, unreachable).bytes) else {
      Issue.record("port 0 was taken")
      return
    }
  }

  @Test("nothing longer than the datagram is sent to who has not proved his address")
  func amplification() {
    var chance = SeededRandom(seed: 5)
    var answered = 0
    for turn in 0..<4_000 {
      var bytes = (0..<Int.random(in: 0...140, using: &chance)).map { _ in UInt8.random(in: 0...255, using: &chance) }
      if bytes.count >= 16, turn % 2 == 0 { bytes.replaceSubrange(8..<12, with: [0, 0, 0, UInt8.random(in: 0...3, using: &chance)]) }
      if bytes.count >= 16, turn % 3 == 0 { bytes.replaceSubrange(0..<8, with: [0, 0, 4, 0x17, 0x27, 0x10, 0x19, 0x80]) }
      if case .answered(let reply) = judge(Buffer(bytes)) {
        answered += 1
        #expect(reply.bytes(isV6: false).count <= bytes.count)
      }
    }
    #expect(answered > 200)
    #expect(judge(UDPTrackerRequest.connect(transaction: 5).bytes, from: Endpoint(TrackerCase.client.address, 0)) == .ignored("it comes from port 0"))
  }
}

@Suite("UDP tracker: client")
struct TrackerClientTests {
  /// A client at a port in memory, and what it told.
  final class Bench {
    var told: [UDPTrackerClient.Question] = []
    let ids = ConnectionIDs(key: HashKey(1, 2), since: .simulationStart)
    private(set) var port: MemoryPort?
    private var driver: DatagramDriver<UDPTrackerClient>?

    init(tracker: Endpoint = TrackerCase.tracker, limits: TrackerLimits = TrackerLimits()) {
      nonisolated(unsafe) let bench = self
      let driver = DatagramDriver(UDPTrackerClient(tracker: tracker, chance: SeededRandom(seed: 1), limits: limits), trace: nil) { question, _ in
        bench.told.append(question)
        return nil
      }
      self.driver = driver
      port = MemoryPort(driver, local: TrackerCase.client)
    }

    func ask(_ number: UInt64, _ request: UDPTrackerClient.Request, until: Instant? = nil) { driver?.answers.give(.asked(Ticket(number: number), request, until: until)) }
    func sent() throws -> [UDPTrackerRequest] { try (port?.takeSent() ?? []).map { try UDPTrackerRequest($0.bytes) } }
    func receive(_ reply: UDPTrackerReply, from remote: Endpoint = TrackerCase.tracker) { port?.receive(reply.bytes(isV6: remote.address.isV6), from: remote) }
    func advance(_ seconds: Int) { port?.advance(by: .seconds(seconds)) }

    /// Answers the connect that is out.
    func connect(_ id: UInt64 = 77) throws {
      guard case .connect(let transaction) = try sent().last else { throw Violation("no connect is out", in: "test", rule: "BEP 15") }
      receive(.connected(transaction: transaction, connection: id))
    }
  }

  static let reply: AnnounceReply = {
    var reply = AnnounceReply(interval: 900)
    reply.peers = [TrackerPeer(Endpoint(Address(198, 51, 100, 4), 6_881))]
    return reply
  }()

  @Test("connects, announces, uses the id for a minute, then asks for another", .spec("BEP 15"))
  func exchange() throws {
    let bench = Bench()
    bench.ask(1, .announce(TrackerCase.announcement))
    try bench.connect()
    guard case .announce(77, let transaction, TrackerCase.announcement) = try bench.sent().first else { throw Missing("no announcement") }
    bench.receive(.announced(transaction: transaction &+ 1, Self.reply))
    bench.receive(.announced(transaction: transaction, Self.reply), from: Endpoint(Address(192, 0, 2, 66), 6_969))
    bench.receive(.scraped(transaction: transaction, []))
    #expect(bench.told == [])
    bench.receive(.announced(transaction: transaction, Self.reply))
    bench.receive(.announced(transaction: transaction, Self.reply))
    #expect(bench.told == [.announced(Ticket(number: 1), Self.reply)])
    bench.advance(59)
    bench.ask(2, .scrape([TrackerCase.torrent]))
    guard case .scrape(77, let second, [TrackerCase.torrent]) = try bench.sent().first else { throw Missing("no scrape") }
    bench.receive(.scraped(transaction: second, [ScrapeCounts(seeders: 1)]))
    #expect(bench.told.last == .scraped(Ticket(number: 2), [ScrapeCounts(seeders: 1)]))
    bench.advance(2)
    bench.ask(3, .scrape([TrackerCase.torrent]))
    guard case .connect = try bench.sent().first else { throw Missing("the id was used too long") }
    #expect(bench.port?.deadline != nil)
  }

  @Test("asks again after 15, 30, 60 … seconds, eight times, then gives up", .spec("BEP 15"))
  func resends() throws {
    let bench = Bench()
    bench.ask(1, .scrape([TrackerCase.torrent]))
    var waits: [Int] = []
    var waited = 0
    _ = try bench.sent()
    while bench.told.isEmpty, waited < 20_000 {
      bench.advance(1)
      waited += 1
      if try !bench.sent().isEmpty { waits.append(waited) }
    }
    #expect(waits == [15, 45, 105, 225, 465, 945, 1_905, 3_825])
    #expect(waited == 7_665)
    #expect(bench.told == [.timedOut(Ticket(number: 1))])
    #expect(bench.port?.deadline == nil)
  }

  @Test("who does not want to wait so long is told when the time is over")
  func impatience() throws {
    let bench = Bench()
    bench.ask(1, .scrape([TrackerCase.torrent]), until: .simulationStart + .seconds(20))
    #expect(try bench.sent().count == 1)
    bench.advance(19)
    #expect(try bench.sent().count == 1)
    #expect(bench.told == [])
    bench.advance(1)
    #expect(bench.told == [.timedOut(Ticket(number: 1))])
  }

  @Test("an id that grows old while an announcement is repeated is asked for anew", .spec("BEP 15"))
  func oldID() throws {
    let bench = Bench()
    bench.ask(1, .scrape([TrackerCase.torrent]))
    try bench.connect()
    var kinds: [String] = []
    for _ in 0..<120 {
      for request in try bench.sent() {
        switch request {
        case .connect: kinds.append("connect")
        case .scrape: kinds.append("scrape")
        case .announce: kinds.append("announce")
        }
      }
      bench.advance(1)
    }
    #expect(kinds == ["scrape", "scrape", "scrape", "connect"])
  }

  @Test("a refusal is told, and the id is not used again")
  func refusal() throws {
    let bench = Bench()
    bench.ask(1, .announce(TrackerCase.announcement))
    try bench.connect()
    guard case .announce(_, let transaction, _) = try bench.sent().first else { throw Missing("no announcement") }
    bench.receive(.failed(transaction: transaction, "not you"))
    #expect(bench.told == [.refused(Ticket(number: 1), "not you")])
    bench.ask(2, .announce(TrackerCase.announcement))
    guard case .connect = try bench.sent().first else { throw Missing("the id was used again") }
  }

  @Test("many requests wait for one id, and no more than the bound")
  func many() throws {
    var limits = TrackerLimits()
    limits.pendingMax = 3
    let bench = Bench(limits: limits)
    for number in 1...4 { bench.ask(UInt64(number), .scrape([TrackerCase.torrent])) }
    try bench.connect()
    #expect(bench.told == [.tooMany(Ticket(number: 4))])
    #expect(try bench.sent().count == 3)
  }

  @Test("over IPv6 peers have eighteen bytes", .spec("BEP 15"))
  func v6() throws {
    let tracker = Endpoint(.v6(0x2001_0DB8_0000_0000, 1), 6_969)
    let bench = Bench(tracker: tracker)
    bench.ask(1, .announce(TrackerCase.announcement))
    guard case .connect(let first) = try bench.sent().first else { throw Missing("no connect") }
    bench.receive(.connected(transaction: first, connection: 1), from: tracker)
    guard case .announce(_, let transaction, _) = try bench.sent().first else { throw Missing("no announcement") }
    var reply = AnnounceReply(interval: 900)
    reply.peers = [TrackerPeer(Endpoint(.v6(0x2001_0DB8_0000_0000, 9), 6_881))]
    bench.receive(.announced(transaction: transaction, reply), from: tracker)
    #expect(bench.told == [.announced(Ticket(number: 1), reply)])
  }
}

/// What a test looked for and did not find.
struct Missing: Error, CustomStringConvertible {
  let description: String

  init(_ what: String) { description = what }
}
