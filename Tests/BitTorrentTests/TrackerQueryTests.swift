// The tracker over HTTP: queries and answers, both ways.
@testable import BitTorrent
import Bytes
import TestKit
import Testing
import World

@Suite("HTTP tracker: queries")
struct TrackerQueryTests {
  static let hash = "info_hash=%01%02%03%04%05%06%07%08%09%0A%0B%0C%0D%0E%0F%10%11%12%13%14"
  static let who = "peer_id=-NS0100-abcdefghijkl"

  @Test("every byte of a hash is escaped unless it is unreserved", .spec("RFC 3986", "2.3"))
  func escaping() throws {
    for start in stride(from: 0, to: 256, by: 20) {
      let bits = try #require(Bits160((start..<start + 20).map { UInt8(truncatingIfNeeded: $0) }))
      let text = ScrapeQuery([InfoHash(bits)]).text
      let allowed = Set("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._~%=".utf8)
      #expect(text.utf8.allSatisfy(allowed.contains))
      #expect(try ScrapeQuery(reading: Buffer(text)).infoHashes == [InfoHash(bits)])
    }
  }

  @Test("an announcement is read as it was written", .spec("BEP 3"))
  func roundTrip() throws {
    var query = AnnounceQuery(TrackerCase.announcement)
    #expect(query.text == "\(Self.hash)&\(Self.who)&port=6881&uploaded=3&downloaded=1&left=2&compact=1&event=started&key=1020304")
    #expect(try AnnounceQuery(reading: Buffer(query.text)) == query)
    (query.isCompact, query.omitsPeerIDs) = (false, true)
    query.request.peersWanted = 80
    query.request.trackerID = Array("a&b=c %".utf8)
    query.request.address = .v6(0x2001_0DB8_0000_0000, 1)
    for event in AnnounceEvent.allCases {
      query.request.event = event
      #expect(try AnnounceQuery(reading: Buffer(query.text)) == query)
    }
  }

  @Test("what other clients write is understood", arguments: [
    // Lower-case digits, raw bytes where they are allowed, keys in any order, keys nobody knows, no compact.
    ("port=6881&info_hash=%01%02%03%04%05%06%07%08%09%0a%0b%0c%0d%0e%0f%10%11%12%13%14&peer_id=-NS0100-abcdefghijkl&left=0&supportcrypto=1&corrupt=0", true),
    ("\(hash)&\(who)&port=6881&compact=0", false),
    ("&&\(hash)&\(who)&port=6881&x&=y&", true),
    ("\(hash)&\(who)&port=6881&key=something%20else&numwant=-1", true),
  ])
  func others(_ text: String, _ isCompact: Bool) throws {
    let query = try AnnounceQuery(reading: Buffer(text))
    #expect(query.request.infoHash == TrackerCase.torrent)
    #expect(query.request.peerID == TrackerCase.peer)
    #expect(query.isCompact == isCompact)
    #expect(query.request.peersWanted == nil)
    #expect(query.request.key == nil)
  }

  @Test("a plus is a plus")
  func plus() throws {
    let bits = try #require(Bits160(Array("++++++++++++++++++++".utf8)))
    #expect(try ScrapeQuery(reading: "info_hash=++++++++++++++++++++").infoHashes == [InfoHash(bits)])
  }

  @Test("what is no announcement is refused with a reason", arguments: [
    "", hash, "\(hash)&\(who)", "\(hash)&\(who)&port=0", "\(hash)&\(who)&port=65536", "\(hash)&\(who)&port=+80", "\(hash)&\(who)&port=",
    "\(hash)&\(hash)&\(who)&port=1", "\(who)&port=1", "info_hash=%01&\(who)&port=1", "\(hash)%15&\(who)&port=1", "\(hash)&peer_id=a&port=1",
    "\(hash)&\(who)&port=1&left=-1", "\(hash)&\(who)&port=1&left=99999999999999999999", "\(hash)&\(who)&port=1&event=dead", "\(hash)&\(who)&port=1&x=%",
    "\(hash)&\(who)&port=1&x=%4", "\(hash)&\(who)&port=1&x=%4g", "\(hash)&\(who)&port=1" + String(repeating: "&a=b", count: 126),
    "\(hash)&\(who)&port=1&x=" + String(repeating: "a", count: 8_192),
  ])
  func refused(_ text: String) { #expect(throws: SyntaxError.self) { try AnnounceQuery(reading: Buffer(text)) } }

  @Test("a scrape names its torrents, and not too many", .spec("BEP 48"))
  func scrape() throws {
    let query = ScrapeQuery([TrackerCase.torrent, TrackerCase.other])
    #expect(try ScrapeQuery(reading: Buffer(query.text)) == query)
    #expect(throws: SyntaxError.self) { try ScrapeQuery(reading: "") }
    #expect(throws: SyntaxError.self) { try ScrapeQuery(reading: Buffer(ScrapeQuery(Array(repeating: TrackerCase.torrent, count: 75)).text)) }
  }

  @Test("where a tracker is scraped", .spec("BEP 48"), arguments: [
    ("/announce", "/scrape"), ("/x/announce", "/x/scrape"), ("/announce.php", "/scrape.php"), ("/announce?x2%0644", "/scrape?x2%0644"),
    ("/a", nil), ("/announce?x=2/4", "/scrape?x=2/4"), ("/x%064announce", nil), ("announce", nil),
  ] as [(String, String?)])
  func scrapePath(_ path: String, _ scrape: String?) { #expect(ScrapeQuery.path(forAnnouncingAt: path) == scrape) }
}

@Suite("HTTP tracker: answers")
struct TrackerReplyTests {
  static let peers = [
    TrackerPeer(Endpoint(Address(192, 0, 2, 7), 6_881), id: TrackerCase.peer), TrackerPeer(Endpoint(.v6(0x2001_0DB8_0000_0000, 7), 6_882), id: TrackerCase.peer),
  ]

  static func reply(_ peers: [TrackerPeer]) -> AnnounceReply {
    var reply = AnnounceReply(interval: 1_800)
    (reply.seeders, reply.leechers, reply.peers) = (4, 5, peers)
    return reply
  }

  @Test("the compact form", .spec("BEP 23"))
  func compact() throws {
    let reply = Self.reply(Self.peers.map { TrackerPeer($0.endpoint) })
    let bytes = reply.encoded(isCompact: true)
    var expected = Buffer("d8:completei4e10:incompletei5e8:intervali1800e5:peers6:")
    expected.append([192, 0, 2, 7, 0x1A, 0xE1])
    expected.append("6:peers618:" as StaticString)
    expected.append([0x20, 0x01, 0x0D, 0xB8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 7, 0x1A, 0xE2])
    expected.append(UInt8(ascii: "e"))
    #expect(bytes == expected)
    #expect(try AnnounceReply(encoded: bytes) == reply)
    #expect(Self.reply([]).encoded(isCompact: true) == "d8:completei4e10:incompletei5e8:intervali1800e5:peers0:e")
  }

  @Test("the long form, with names and without", .spec("BEP 3"))
  func long() throws {
    let reply = Self.reply(Self.peers)
    #expect(try AnnounceReply(encoded: reply.encoded(isCompact: false)) == reply)
    #expect(try AnnounceReply(encoded: reply.encoded(isCompact: false, omitsPeerIDs: true)) == Self.reply(Self.peers.map { TrackerPeer($0.endpoint) }))
  }

  @Test("everything else that a tracker may say", .spec("BEP 24"))
  func more() throws {
    var reply = Self.reply([])
    (reply.intervalMin, reply.warning, reply.trackerID, reply.externalAddress) = (60, "soon", [1, 2], Address(203, 0, 113, 2))
    #expect(try AnnounceReply(encoded: reply.encoded(isCompact: true)) == reply)
  }

  @Test("what trackers send that do not keep to the letter", arguments: [
    // Unsorted keys, a name instead of an address, a port that is none, a rest too short for a peer, numbers past every bound.
    ("d8:intervali900e8:completei-1e5:peersle", nil), ("d8:intervali900e8:completei-1e5:peerslee", 0), ("de", 0), ("d5:peers7:abcdefge", 1),
    ("d5:peersld2:ip9:some.test4:porti1eed2:ip9:192.0.2.14:porti99999eed2:ip9:192.0.2.14:porti1eei5eee", 1), ("d8:intervali99999999999e5:peersi5ee", 0),
    ("i5e", nil), ("", nil), ("d5:peers6:abcdef", nil), ("d5:peers6:abcdefeX", nil), ("<html>", nil),
  ] as [(String, Int?)])
  func careless(_ text: String, _ count: Int?) {
    #expect((try? AnnounceReply(encoded: Buffer(text)))?.peers.count == count)
  }

  @Test("a refusal is told in the tracker's words", .spec("BEP 3"))
  func refusal() {
    let bytes = TrackerReplyText.refusal("not here")
    #expect(bytes == "d14:failure reason8:not heree")
    #expect(throws: TrackerFailure.refused("not here")) { try AnnounceReply(encoded: bytes) }
    #expect(throws: TrackerFailure.refused("not here")) { try ScrapeReply(encoded: bytes) }
  }

  @Test("a scrape's answer", .spec("BEP 48"))
  func scrape() throws {
    let reply = ScrapeReply([.init(TrackerCase.other, ScrapeCounts(seeders: 1, completed: 2, leechers: 3)), .init(TrackerCase.torrent, ScrapeCounts())])
    var expected = Buffer("d5:filesd20:")
    expected.append(TrackerCase.torrent.bits)
    expected.append("d8:completei0e10:downloadedi0e10:incompletei0ee20:" as StaticString)
    expected.append(TrackerCase.other.bits)
    expected.append("d8:completei1e10:downloadedi2e10:incompletei3eeee" as StaticString)
    #expect(reply.encoded == expected)
    #expect(try ScrapeReply(encoded: expected) == reply)
  }

  @Test("an answer past its bounds is refused or cut")
  func bounds() throws {
    var limits = TrackerLimits()
    limits.replyBytesMax = 100
    #expect(throws: TrackerFailure.self) { try AnnounceReply(encoded: Self.reply(Array(repeating: Self.peers[0], count: 20)).encoded(isCompact: true), limits: limits) }
    limits.replyBytesMax = 1_048_576
    limits.replyPeersReadMax = 10
    for isCompact in [true, false] {
      let bytes = Self.reply(Array(repeating: Self.peers[0], count: 20)).encoded(isCompact: isCompact)
      #expect(try AnnounceReply(encoded: bytes, limits: limits).peers.count == 10)
    }
    #expect(throws: TrackerFailure.self) { try AnnounceReply(encoded: Buffer(String(repeating: "l", count: 1_000))) }
  }
}
