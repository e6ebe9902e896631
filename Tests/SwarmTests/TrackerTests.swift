// The tracker: its table under every kind of load, its two protocols over virtual links, and what it does to those who attack it.
import BitTorrent
import Bytes
import HTTP
import SimulatedTransport
import TestKit
import Testing
import Trace
import Transport
import World

@testable import Swarm

private func torrent(_ number: Int) -> InfoHash {
  var chance = SeededRandom(seed: UInt64(number))
  return InfoHash(.random(using: &chance))
}

private let peerID = PeerID(.zero)

private func announcement(of torrent: InfoHash, port: UInt16 = 6_881, left: UInt64 = 1, _ event: AnnounceEvent = .none) -> AnnounceRequest {
  var request = AnnounceRequest(infoHash: torrent, peerID: peerID, port: port)
  request.left = left
  request.event = event
  return request
}

private func address(_ number: Int) -> Address { .v4(0x0A00_0000 + UInt32(number)) }

/// A book, and a way to ask it.
private struct Desk {
  let book: TrackerBook
  var now = Instant.simulationStart

  init(_ change: (inout TrackerSetting) -> Void = { _ in }) {
    var setting = TrackerSetting()
    setting.limits.parts = 1
    change(&setting)
    book = TrackerBook(setting, since: .simulationStart, chance: SeededRandom(seed: 7))
  }

  /// Announces, and returns whom the peer is told.
  @discardableResult
  func announce(_ request: AnnounceRequest, from address: Address) -> (peers: [Endpoint], seeders: UInt32, leechers: UInt32) {
    withUnsafeTemporaryAllocation(byteCount: 4_096, alignment: 8) { room in
      let announced = book.announce(request, from: address, wantedMax: 200, at: now, into: room)
      return (TrackerPeer.peers(announced.written, in: room.bytes, like: address).map(\.endpoint), announced.seeders, announced.leechers)
    }
  }
}

@Suite("tracker: table")
struct TrackerTableTests {
  @Test("peers are told each other, nobody is told himself, and who leaves is told to nobody", arguments: [1, 2, 5, 17, 100, 1_000])
  func meeting(_ count: Int) {
    let desk = Desk()
    for number in 0..<count { desk.announce(announcement(of: torrent(1)), from: address(number)) }
    var request = announcement(of: torrent(1))
    request.peersWanted = 200
    let found = desk.announce(request, from: address(0))
    #expect(found.peers.count == min(200, count - 1))
    #expect(Set(found.peers).count == found.peers.count)
    #expect(!found.peers.contains(Endpoint(address(0), 6_881)))
    #expect(found.leechers == UInt32(count))
    for number in 1..<count { #expect(desk.announce(announcement(of: torrent(1), .stopped), from: address(number)).peers.isEmpty) }
    #expect(desk.announce(request, from: address(0)).peers.isEmpty)
    #expect(desk.book.statistics(at: desk.now).peers == 1)
    desk.announce(announcement(of: torrent(1), .stopped), from: address(0))
    #expect(desk.book.statistics(at: desk.now).torrents == 0)
  }

  @Test("the table agrees with a plain one through many random announcements", arguments: [UInt64(1), 2])
  func model(_ seed: UInt64) {
    var desk = Desk { $0.limits.peerAgeMax = .seconds(900) }
    var chance = SeededRandom(seed: seed)
    /// Per torrent and endpoint: when it was heard of, and whether it has everything.
    var model: [Int: [Endpoint: (Instant, Bool)]] = [:]
    for turn in 0..<3_000 {
      if turn % 50 == 0 { desk.now = desk.now + .seconds(7) }
      let number = Int.random(in: 0..<6, using: &chance)
      let isV6 = Bool.random(using: &chance)
      let host = Int.random(in: 0..<(number == 0 ? 300 : 40), using: &chance)
      let from: Address = isV6 ? .v6(0x2001_0DB8_0000_0000, UInt64(host)) : address(host)
      let event = AnnounceEvent.allCases[Int.random(in: 0..<8, using: &chance) % 5]
      let left = UInt64.random(in: 0...1, using: &chance)
      let port = UInt16.random(in: 1...2, using: &chance)
      let endpoint = Endpoint(from, port)
      let found = desk.announce(announcement(of: torrent(number), port: port, left: left, event), from: from)
      model[number, default: [:]] = model[number, default: [:]].filter { desk.now - $0.value.0 <= .seconds(900) }
      model[number]?[endpoint] = event == .stopped ? nil : (desk.now, left == 0)
      let known = model[number] ?? [:]
      for peer in found.peers {
        #expect(known[peer] != nil && peer != endpoint && (left > 0 || event == .started || known[peer]?.1 == false))
      }
      let alike = known.keys.filter { if case .v4 = $0.address { !isV6 } else { isV6 } }.filter { $0 != endpoint && (left > 0 || event == .started || known[$0]?.1 == false) }.count
      #expect(found.peers.count == (event == .stopped ? 0 : min(50, alike)))
    }
    let statistics = desk.book.statistics(at: desk.now + .seconds(61))
    let alive = model.values.flatMap(\.values).filter { desk.now + .seconds(61) - $0.0 <= .seconds(900) }
    #expect(statistics.peers == alive.count)
    #expect(statistics.seeders == alive.filter(\.1).count)
  }

  @Test("who has everything is told those who have not; who begins is told all, for it may not know yet what is left")
  func seeders() {
    let desk = Desk()
    for number in 0..<40 { desk.announce(announcement(of: torrent(1), left: number < 30 ? 0 : 5), from: address(number)) }
    let found = desk.announce(announcement(of: torrent(1), left: 0), from: address(0))
    #expect(Set(found.peers) == Set((30..<40).map { Endpoint(address($0), 6_881) }))
    #expect((found.seeders, found.leechers) == (30, 10))
    #expect(desk.announce(announcement(of: torrent(1), left: 1), from: address(35)).peers.count == 39)
    #expect(desk.announce(announcement(of: torrent(1), left: 0, .started), from: address(50)).peers.count == 40)
  }

  @Test("a completed torrent is counted once for a peer, and not for who was complete before", .spec("BEP 48"))
  func completed() {
    let desk = Desk()
    desk.announce(announcement(of: torrent(1), left: 1, .started), from: address(1))
    for _ in 0..<3 { desk.announce(announcement(of: torrent(1), left: 0, .completed), from: address(1)) }
    desk.announce(announcement(of: torrent(1), left: 0, .completed), from: address(2))
    #expect(desk.book.scrape(torrent(1), at: desk.now) == ScrapeCounts(seeders: 2, completed: 1, leechers: 0))
    #expect(desk.book.scrape(torrent(2), at: desk.now) == ScrapeCounts())
  }

  @Test("who says nothing any more is forgotten, and not told even before that")
  func expiry() {
    var desk = Desk()
    desk.announce(announcement(of: torrent(1)), from: address(1))
    desk.now = desk.now + .seconds(1_920)
    #expect(desk.announce(announcement(of: torrent(1)), from: address(2)).peers.count == 1)
    desk.now = desk.now + .seconds(1)
    #expect(desk.announce(announcement(of: torrent(1)), from: address(2)).peers.isEmpty)
    desk.now = desk.now + .seconds(4_000)
    #expect(desk.book.statistics(at: desk.now).torrents == 0)
  }

  @Test("replies are drawn from everywhere in a long row")
  func chance() {
    let desk = Desk()
    for number in 0..<2_000 { desk.announce(announcement(of: torrent(1)), from: address(number)) }
    var told: Set<Endpoint> = []
    for _ in 0..<400 { told.formUnion(desk.announce(announcement(of: torrent(1)), from: address(0)).peers) }
    #expect(told.count > 1_990)
  }

  @Test("a flood of torrents and of peers stays inside the bounds, and honest peers are answered all the while")
  func flood() {
    let desk = Desk { setting in
      setting.limits.torrentsMax = 100
      setting.limits.peersMax = 1_000
      setting.limits.peersPerTorrentMax = 50
    }
    desk.announce(announcement(of: torrent(0)), from: address(1))
    // Two peers of each, so that none makes room for another.
    for number in 0..<5_000 { desk.announce(announcement(of: torrent(number / 2 % 500)), from: address(100 + number)) }
    for number in 0..<500 { desk.announce(announcement(of: torrent(0)), from: address(10_000 + number)) }
    let statistics = desk.book.statistics(at: desk.now)
    #expect(statistics.torrents <= 100)
    #expect(statistics.peers <= 1_000)
    #expect(statistics.notKept > 4_000)
    let found = desk.announce(announcement(of: torrent(0)), from: address(1))
    #expect(found.peers.count >= 9 && found.peers.count == Int(found.leechers) - 1)
  }

  @Test("torrents that one peer alone has spoken of make room, so that a flood of them keeps out nobody", arguments: [(100, 1_000_000), (1_000_000, 100)])
  func strangers(_ torrentsMax: Int, _ peersMax: Int) {
    let desk = Desk { setting in
      setting.limits.torrentsMax = torrentsMax
      setting.limits.peersMax = peersMax
      setting.limits.parts = 1
    }
    for number in 0..<10 { for peer in 1...2 { desk.announce(announcement(of: torrent(number)), from: address(peer)) } }
    for number in 0..<5_000 { desk.announce(announcement(of: torrent(1_000 + number)), from: address(100 + number)) }
    // What two spoke of is known still, and what is new is kept.
    for number in 0..<10 { #expect(desk.announce(announcement(of: torrent(number)), from: address(3)).peers.count == 2) }
    desk.announce(announcement(of: torrent(500)), from: address(1))
    #expect(desk.announce(announcement(of: torrent(500)), from: address(2)).peers.count == 1)
    let statistics = desk.book.statistics(at: desk.now)
    #expect(statistics.torrents <= torrentsMax && statistics.peers <= peersMax)
  }

  @Test("a peer of IPv4 costs at most 40 bytes of rows and index, one of IPv6 at most 80")
  func memory() {
    // A row doubles its room; an index of four bytes a slot is at least three tenths full.
    #expect(2 * MemoryLayout<PeerList<PeerKey4>.Peer>.stride + 14 <= 40)
    #expect(2 * MemoryLayout<PeerList<PeerKey6>.Peer>.stride + 14 <= 80)
  }
}

/// A tracker's UDP side in memory.
private final class Door {
  let port: MemoryPort
  let book: TrackerBook

  init(_ change: (inout TrackerSetting) -> Void = { _ in }) {
    var setting = TrackerSetting()
    change(&setting)
    book = TrackerBook(setting, since: .simulationStart, chance: SeededRandom(seed: 1))
    let ids = ConnectionIDs(key: HashKey(1, 2), since: .simulationStart)
    port = MemoryPort(DatagramDriver(TrackerConversation(TrackerResponder(book, ids: ids, chance: SeededRandom(seed: 2))), trace: nil))
  }

  func ask(_ bytes: Buffer, from client: Endpoint) -> Buffer? {
    port.receive(bytes, from: client)
    return port.takeSent().first?.bytes
  }

  func ask(_ request: UDPTrackerRequest, from client: Endpoint) -> UDPTrackerReply? {
    let isV6 = if case .v6 = client.address { true } else { false }
    return ask(request.bytes, from: client).flatMap { try? UDPTrackerReply($0, isV6: isV6) }
  }

  func connection(for client: Endpoint) -> UInt64 {
    guard case .connected(_, let id) = ask(.connect(transaction: 1), from: client) else { return 0 }
    return id
  }
}

@Suite("tracker: over UDP")
struct TrackerDatagramServiceTests {
  @Test("announce and scrape, over IPv4 and IPv6", .spec("BEP 15"), arguments: [false, true])
  func announces(_ isV6: Bool) throws {
    let door = Door()
    let peers = (1...3).map { Endpoint(isV6 ? .v6(0x2001_0DB8_0000_0000, UInt64($0)) : address($0), 50_000) }
    var reply: UDPTrackerReply?
    for peer in peers { reply = door.ask(.announce(connection: door.connection(for: peer), transaction: 9, announcement(of: torrent(1))), from: peer) }
    guard case .announced(9, let answer) = reply else { throw SyntaxError(expected: "an answer", at: 0, rule: "BEP 15") }
    #expect(Set(answer.peers.map(\.endpoint)) == Set(peers.prefix(2).map { Endpoint($0.address, 6_881) }))
    #expect((1_200..<1_320).contains(answer.interval))
    #expect(answer.leechers == 3)
    #expect(door.ask(.scrape(connection: door.connection(for: peers[0]), transaction: 4, [torrent(2), torrent(1)]), from: peers[0])
      == .scraped(transaction: 4, [ScrapeCounts(), ScrapeCounts(leechers: 3)]))
  }

  @Test("a flood under false addresses leaves nothing behind and is not made larger")
  func spoofed() {
    let door = Door()
    var chance = SeededRandom(seed: 3)
    var (came, went) = (0, 0)
    for number in 0..<4_000 {
      let client = Endpoint(.v4(UInt32.random(in: .min ... .max, using: &chance)), UInt16.random(in: .min ... .max, using: &chance))
      let request: UDPTrackerRequest = number % 2 == 0
        ? .announce(connection: UInt64.random(in: .min ... .max, using: &chance), transaction: 1, announcement(of: torrent(number)))
        : .scrape(connection: UInt64(number), transaction: 1, [torrent(1)])
      came += request.bytes.count
      went += door.ask(request.bytes, from: client)?.count ?? 0
    }
    #expect(went < came)
    let statistics = door.book.statistics(at: .simulationStart)
    #expect((statistics.torrents, statistics.peers, statistics.announcements, statistics.scrapes) == (0, 0, 0, 0))
  }

  @Test("only listed torrents are served when there is a list")
  func listed() {
    let door = Door { $0.listed = [torrent(1)] }
    let peer = Endpoint(address(1), 50_000)
    let id = door.connection(for: peer)
    guard case .announced = door.ask(.announce(connection: id, transaction: 1, announcement(of: torrent(1))), from: peer) else {
      Issue.record("refused what is listed")
      return
    }
    #expect(door.ask(.announce(connection: id, transaction: 1, announcement(of: torrent(2))), from: peer) == .failed(transaction: 1, "this tracker does not serve that torrent"))
  }

  @Test("a reply holds no more peers than pass in one datagram")
  func replyBound() {
    let door = Door()
    for number in 1...400 {
      let peer = Endpoint(address(number), 50_000)
      _ = door.ask(.announce(connection: door.connection(for: peer), transaction: 1, announcement(of: torrent(1))), from: peer)
    }
    var greedy = announcement(of: torrent(1))
    greedy.peersWanted = 100_000
    let peer = Endpoint(address(1), 50_000)
    #expect(door.ask(UDPTrackerRequest.announce(connection: door.connection(for: peer), transaction: 1, greedy).bytes, from: peer)?.count == 20 + 6 * 200)
  }
}

@Suite("tracker: over HTTP")
struct TrackerPagesTests {
  private static let book = TrackerBook(TrackerSetting(), since: .simulationStart, chance: SeededRandom(seed: 1))
  private let pages = TrackerPages(book)

  private func ask(_ path: Buffer, _ query: String, from client: Endpoint) -> Buffer {
    pages.answer(to: path, query: Buffer(query), from: client, at: .simulationStart)
  }

  @Test("peers find each other; the address is the one the request came from", .spec("BEP 3"))
  func announces() throws {
    var request = announcement(of: torrent(77))
    request.address = Address(192, 0, 2, 200)
    _ = ask("/announce", AnnounceQuery(request).text, from: Endpoint(address(1), 40_000))
    let reply = try AnnounceReply(encoded: ask("/announce", AnnounceQuery(request).text, from: Endpoint(address(2), 40_000)))
    #expect(reply.peers == [TrackerPeer(Endpoint(address(1), 6_881))])
    #expect(reply.externalAddress == address(2))
    var long = AnnounceQuery(request)
    long.isCompact = false
    #expect(try AnnounceReply(encoded: ask("/announce", long.text, from: Endpoint(address(2), 40_000))).peers == reply.peers)
    let scraped = try ScrapeReply(encoded: ask("/scrape", ScrapeQuery([torrent(77), torrent(78)]).text, from: Endpoint(address(1), 1)))
    #expect(scraped.files.first { $0.infoHash == torrent(77) }?.counts == ScrapeCounts(leechers: 2))
  }

  @Test("what cannot be answered is refused in words", arguments: ["", "info_hash=x", "%", "info_hash=%00&port=1"])
  func refused(_ query: String) {
    for path in ["/announce", "/scrape"] as [Buffer] {
      #expect(throws: TrackerFailure.self) { try AnnounceReply(encoded: ask(path, query, from: Endpoint(address(1), 1))) }
    }
  }
}

@Suite("tracker: on virtual links")
struct TrackerServiceTests {
  @Test("clients announce over both protocols and find each other", arguments: [UInt64(1), 2])
  func service(_ seed: UInt64) throws {
    func run() throws -> [String] {
      let recorder = TestRecorder()
      let internet = SimulatedInternet(seed: seed) { _, _ in Link(delay: .milliseconds(20)) }
      internet.logPackets(.everything, into: recorder)
      let (tracker, one, two) = (internet.addHost("tracker", address(1)), internet.addHost("one", address(2)), internet.addHost("two", address(3)))
      try internet.run {
        let service = try await TrackerService.start(
          network: tracker, endpoints: [Endpoint(address(1), 6_969)], trace: TraceContext(recorder: recorder, host: "tracker", role: .server), chance: SeededRandom(seed: seed))
        let clients = [one, two].map { network in
          TrackerClient(network: network, resolve: { $0 == "tracker.test" ? [address(1)] : [] }, chance: SeededRandom(seed: seed))
        }
        let urls = try ["udp://tracker.test:6969/announce", "http://tracker.test:6969/announce"].map { try #require(TrackerURL($0)) }
        for (url, other) in zip(urls, urls.reversed()) {
          let first = try await clients[0].announce(announcement(of: torrent(5), left: 0, .started), to: url)
          #expect(first.peers.isEmpty)
          let second = try await clients[1].announce(announcement(of: torrent(5), .started), to: other)
          #expect(second.peers == [TrackerPeer(Endpoint(address(2), 6_881))])
          #expect(try await clients[1].scrape([torrent(6), torrent(5)], at: url) == [ScrapeCounts(), ScrapeCounts(seeders: 1, leechers: 1)])
          _ = try await clients[1].announce(announcement(of: torrent(5), .stopped), to: url)
          _ = try await clients[0].announce(announcement(of: torrent(5), .stopped), to: other)
        }
        await #expect(throws: TrackerFailure.self) { try await clients[0].announce(announcement(of: torrent(5)), to: try #require(TrackerURL("udp://nobody.test:1/"))) }
        await #expect(throws: TrackerFailure.self) {
          try await clients[0].announce(announcement(of: torrent(5)), to: try #require(TrackerURL("udp://\(address(1)):6970/")), timeout: .seconds(40))
        }
        await #expect(throws: TrackerFailure.broken("its status is 404")) {
          try await clients[0].announce(announcement(of: torrent(5)), to: try #require(TrackerURL("http://tracker.test:6969/elsewhere")))
        }
        await service.close(grace: .zero)
      }
      return recorder.lines
    }
    let trace = try run()
    #expect(trace == (try run()))
    #expect(trace.contains { $0.contains("udp-tracker") })
  }

  @Test("its statistics stand at /stats, and count what was announced over UDP")
  func statistics() throws {
    let internet = SimulatedInternet(seed: 1) { _, _ in Link(delay: .milliseconds(20)) }
    let (tracker, one) = (internet.addHost("tracker", address(1)), internet.addHost("one", address(2)))
    let page = try internet.run {
      let service = try await TrackerService.start(network: tracker, endpoints: [Endpoint(address(1), 6_969)], chance: SeededRandom(seed: 1))
      let client = TrackerClient(network: one, resolve: { _ in [] }, chance: SeededRandom(seed: 1))
      let url = try #require(TrackerURL("udp://\(address(1)):6969/announce"))
      _ = try await client.announce(announcement(of: torrent(5), left: 0, .started), to: url)
      _ = try await client.announce(announcement(of: torrent(6), port: 7_000, .started), to: url)
      _ = try await client.scrape([torrent(5)], at: url)
      let end = ScriptedEnd()
      try await one.dial(Endpoint(address(1), 6_969), options: DialOptions()) { end }
      end.say("GET /stats HTTP/1.1\r\nHost: tracker.test\r\nConnection: close\r\n\r\n")
      let page = await end.hear(within: .seconds(5)) { _ in nil }
      await service.close(grace: .zero)
      return page.bytes.text
    }
    #expect(page.hasPrefix("HTTP/1.1 200 "))
    #expect(page.hasSuffix("\r\n\r\ntorrents: 2\npeers: 2\nseeders: 1\nannouncements: 2\nscrapes: 1\nnot kept: 0\n"), "\(page)")
  }

  @Test("a tracker's URL", arguments: [
    ("udp://tracker.test:6969/announce", "udp://tracker.test:6969/announce"), ("http://t.test/a?b=/c", "http://t.test:80/a?b=/c"), ("udp://[2001:db8::1]:1", "udp://[2001:db8::1]:1"),
    ("HTTP://t.test/#x", "http://t.test:80/"), ("udp://t.test", nil), ("https://t.test/", nil), ("http://u@t.test/", nil), ("http:///", nil), ("udp://t.test:0/", nil),
    ("http://t.test:x/", nil), ("http://[::1/", nil), ("http://t.test/a b", nil), ("", nil), ("/announce", nil), ("http://t.test:80:80/", nil),
  ] as [(String, String?)])
  func url(_ text: String, _ canonical: String?) { #expect(TrackerURL(text)?.description == canonical) }
}
