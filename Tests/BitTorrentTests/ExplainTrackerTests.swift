// Explanations of a tracker's and of nodes' datagrams: every byte stands in a field, and the fields say what the datagram says.
@testable import BitTorrent
import Bytes
import TestKit
import Testing
import Trace
import World

@Suite("tracker and DHT datagrams explained")
struct ExplainTrackerTests {
  struct Case: Sendable, CustomTestStringConvertible {
    var bytes: Buffer
    var dialect = Dialect.udpTracker
    var title: String
    /// Name and value of fields that must be there.
    var fields: [[String]] = []
    var hasProblem = false
    var testDescription: String { title }
  }

  static let withURL: Buffer = {
    var request = TrackerCase.announcement
    request.urlData = Array("/announce".utf8)
    var bytes = UDPTrackerRequest.announce(connection: 5, transaction: 9, request).bytes
    bytes.append([1, 0])
    return bytes
  }()

  static let query = KRPCQuery(from: DHTMessageTests.abc, .announcePeer(DHTMessageTests.torrent, port: 6_881, impliesPort: false, token: "aoeusnth"))
  static let reply: KRPCMessage = {
    var reply = KRPCReply(from: DHTMessageTests.mno)
    reply.nodes = [NodeContact(DHTMessageTests.abc, Endpoint(Address(192, 0, 2, 7), 6_881))]
    reply.peers = [Endpoint(Address(192, 0, 2, 8), 6_882)]
    reply.token = "aoeusnth"
    var message = KRPCMessage(transaction: "aa", .reply(reply))
    message.observed = Endpoint(Address(203, 0, 113, 2), 6_881)
    return message
  }()

  static let cases = [
    Case(bytes: UDPTrackerRequest.connect(transaction: 7).bytes, title: "connect", fields: [["action", "0 connect"], ["transaction id", "7"]]),
    Case(
      bytes: withURL, title: "announce 01020304… started",
      fields: [["event", "2 started"], ["left", "2"], ["port", "6881"], ["num_want", "-1"], ["option", "2 /announce"], ["option", "1 nothing"], ["option", "0 end"]]),
    Case(bytes: UDPTrackerRequest.scrape(connection: 5, transaction: 9, [TrackerCase.torrent]).bytes, title: "scrape of 1 torrent", fields: [["0", TrackerCase.torrent.hex]]),
    Case(bytes: UDPTrackerReply.connected(transaction: 7, connection: 255).bytes(isV6: false), title: "connected", fields: [["connection id", "0xff"]]),
    Case(
      bytes: UDPTrackerReply.announced(transaction: 7, TrackerDatagramTests.reply(Endpoint(Address(192, 0, 2, 7), 6_881))).bytes(isV6: false),
      title: "1 peer, 4 seeding, again in 1800 s", fields: [["interval", "1800 s"], ["0", "192.0.2.7:6881"]]),
    Case(
      bytes: UDPTrackerReply.announced(transaction: 7, TrackerDatagramTests.reply(Endpoint(.v6(0x2001_0DB8_0000_0000, 7), 6_881))).bytes(isV6: true),
      title: "1 peer, 4 seeding, again in 1800 s", fields: [["0", "[2001:db8::7]:6881"]]),
    Case(bytes: UDPTrackerReply.scraped(transaction: 7, [ScrapeCounts(seeders: 1, completed: 2, leechers: 3)]).bytes(isV6: false), title: "scrape of 1 torrent", fields: [["0", "1 seeding, 2 completed, 3 downloading"]]),
    Case(bytes: UDPTrackerReply.failed(transaction: 7, "no\u{7}").bytes(isV6: false), title: "error: 6e6f07"),
    Case(bytes: [1, 2, 3], title: "no tracker datagram", hasProblem: true),
    Case(bytes: KRPCMessage(transaction: "aa", .query(KRPCQuery(from: DHTMessageTests.abc, .ping))).bytes, dialect: .dht, title: "ping", fields: [["q", "ping"], ["t", "6161"]]),
    Case(bytes: KRPCMessage(transaction: "aa", .query(query)).bytes, dialect: .dht, title: "announce_peer 6d6e6f70… at port 6881", fields: [["port", "6881"], ["token", "616f6575736e7468"]]),
    Case(
      bytes: reply.bytes, dialect: .dht, title: "reply of 6d6e6f70…, 1 peer, nodes: 1, a token",
      fields: [["nodes", "61626364… at 192.0.2.7:6881"], ["0", "192.0.2.8:6882"], ["ip", "203.0.113.2:6881"]]),
    Case(bytes: KRPCMessage(transaction: "aa", .failure(KRPCFailure(.malformed, "bad token"))).bytes, dialect: .dht, title: "error 203 bad token", fields: [["0", "203"], ["1", "bad token"]]),
    Case(bytes: "de", dialect: .dht, title: "no DHT message", hasProblem: true), Case(bytes: "x", dialect: .dht, title: "no DHT message", hasProblem: true),
  ]

  private func flat(_ fields: [Field]) -> [Field] { fields.flatMap { [$0] + flat($0.children) } }

  @Test("every byte is in a field, each field says what it is", arguments: cases)
  func explained(_ example: Case) throws {
    let whole = BitTorrent.explain(example.bytes, as: example.dialect)
    let explanation = try #require(whole)
    #expect(explanation.title == example.title)
    #expect((explanation.problem != nil) == example.hasProblem)
    var covered = 0
    for field in explanation.fields.sorted(by: { $0.range.lowerBound < $1.range.lowerBound }) {
      #expect(field.range.lowerBound <= covered && !field.meaning.isEmpty && field.source.hasPrefix("BEP"))
      covered = max(covered, field.range.upperBound)
    }
    #expect(covered == example.bytes.count)
    let all = flat(explanation.fields)
    for wanted in example.fields { #expect(all.contains { $0.name == wanted[0] && $0.value == wanted[1] }, "\(wanted) in \(all.map { [$0.name, $0.value] })") }
    // Whatever is cut off, the rest is explained to its end.
    for length in 0..<example.bytes.count {
      let cut = BitTorrent.explain(example.bytes[0..<length], as: example.dialect)
      #expect((cut?.fields.map(\.range.upperBound).max() ?? 0) == length)
    }
  }
}
