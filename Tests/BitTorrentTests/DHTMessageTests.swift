// The hash table's messages, ids, tokens, store and meters, each by itself.
@testable import BitTorrent
import Bytes
import TestKit
import Testing
import World

@Suite("DHT: messages")
struct DHTMessageTests {
  static let abc = NodeID("abcdefghij0123456789") ?? NodeID(.zero)
  static let mno = NodeID("mnopqrstuvwxyz123456") ?? NodeID(.zero)
  static var torrent: InfoHash { InfoHash(mno.bits) }

  static func reply(_ change: (inout KRPCReply) -> Void) -> KRPCReply {
    var reply = KRPCReply(from: mno)
    change(&reply)
    return reply
  }

  @Test("the document's own examples, written and read", .spec("BEP 5"), arguments: [
    ("d1:ad2:id20:abcdefghij0123456789e1:q4:ping1:t2:aa1:y1:qe", KRPCMessage.Body.query(KRPCQuery(from: abc, .ping))),
    ("d1:ad2:id20:abcdefghij01234567896:target20:mnopqrstuvwxyz123456e1:q9:find_node1:t2:aa1:y1:qe", .query(KRPCQuery(from: abc, .findNode(target: mno)))),
    ("d1:ad2:id20:abcdefghij01234567899:info_hash20:mnopqrstuvwxyz123456e1:q9:get_peers1:t2:aa1:y1:qe", .query(KRPCQuery(from: abc, .getPeers(torrent)))),
    ("d1:ad2:id20:abcdefghij012345678912:implied_porti1e9:info_hash20:mnopqrstuvwxyz1234564:porti6881e5:token8:aoeusnthe1:q13:announce_peer1:t2:aa1:y1:qe",
      .query(KRPCQuery(from: abc, .announcePeer(torrent, port: 6_881, impliesPort: true, token: "aoeusnth")))),
    ("d1:ad2:id20:abcdefghij01234567896:target20:mnopqrstuvwxyz123456e1:q3:get1:t2:aa1:y1:qe", .query(KRPCQuery(from: abc, .get(target: mno.bits, token: nil)))),
    ("d1:ad2:id20:abcdefghij01234567896:target20:mnopqrstuvwxyz1234565:token8:aoeusnthe1:q3:get1:t2:aa1:y1:qe",
      .query(KRPCQuery(from: abc, .get(target: mno.bits, token: "aoeusnth")))),
    ("d1:ad2:id20:abcdefghij01234567894:item5:block5:token8:aoeusnthe1:q3:put1:t2:aa1:y1:qe",
      .query(KRPCQuery(from: abc, .put(item: "block", token: "aoeusnth")))),
    ("d1:rd7:expiresi1700000000000001e2:id20:mnopqrstuvwxyz1234564:item5:blocke1:t2:aa1:y1:re", .reply(reply {
      $0.itemExpires = Instant(nanoseconds: 1_700_000_000_000_001_000)
      $0.item = "block"
    })),
    ("d1:rd2:id20:mnopqrstuvwxyz123456e1:t2:aa1:y1:re", .reply(KRPCReply(from: mno))),
    ("d1:rd2:id20:mnopqrstuvwxyz1234565:nodes0:e1:t2:aa1:y1:re", .reply(reply { $0.nodes = [] })),
    ("d1:rd2:id20:mnopqrstuvwxyz1234565:token8:aoeusnth6:valuesl6:axje.u6:idhtnmee1:t2:aa1:y1:re", .reply(reply {
      $0.token = "aoeusnth"
      $0.peers = [Endpoint(Address(0x61, 0x78, 0x6A, 0x65), 0x2E75), Endpoint(Address(0x69, 0x64, 0x68, 0x74), 0x6E6D)]
    })),
    ("d1:eli201e23:A Generic Error Ocurrede1:t2:aa1:y1:ee", .failure(KRPCFailure(.generic, "A Generic Error Ocurred"))),
  ])
  func examples(_ text: String, _ body: KRPCMessage.Body) throws {
    let message = KRPCMessage(transaction: "aa", body)
    #expect(message.bytes == Buffer(text))
    #expect(try KRPCMessage(Buffer(text)) == message)
  }

  @Test("what other documents add", .spec("BEP 32"), .spec("BEP 42"), .spec("BEP 43"))
  func additions() throws {
    var query = KRPCQuery(from: Self.abc, .findNode(target: Self.mno))
    query.wants = [.v6, .v4]
    var message = KRPCMessage(transaction: "aa", .query(query))
    (message.isReadOnly, message.version, message.observed) = (true, "NS01", Endpoint(Address(203, 0, 113, 2), 6_881))
    var expected = Buffer("d1:ad2:id20:abcdefghij01234567896:target20:mnopqrstuvwxyz1234564:wantl2:n42:n6ee2:ip6:")
    expected.append([203, 0, 113, 2, 0x1A, 0xE1])
    expected.append("1:q9:find_node2:roi1e1:t2:aa1:v4:NS011:y1:qe" as StaticString)
    #expect(message.bytes == expected)
    #expect(try KRPCMessage(message.bytes) == message)
    let contact = NodeContact(Self.abc, Endpoint(.v6(0x2001_0DB8_0000_0000, 1), 1))
    let reply = KRPCMessage(transaction: "aa", .reply(Self.reply { $0.nodes6 = [contact] }))
    #expect(try KRPCMessage(reply.bytes) == reply)
  }

  @Test("a query without what it needs is refused with a code, not passed over", .spec("BEP 5"), arguments: [
    "d1:ad2:id20:abcdefghij0123456789e1:q9:find_node1:t2:aa1:y1:qe", "d1:ad2:id20:abcdefghij01234567896:target3:abce1:q9:find_node1:t2:aa1:y1:qe",
    "d1:ad2:id20:abcdefghij0123456789e1:q3:get1:t2:aa1:y1:qe", "d1:ad2:id20:abcdefghij01234567894:item1:ae1:q3:put1:t2:aa1:y1:qe",
    "d1:ad2:id20:abcdefghij01234567895:token1:a1:v1:be1:q3:put1:t2:aa1:y1:qe",
    "d1:ad2:id20:abcdefghij0123456789e1:q9:get_peers1:t2:aa1:y1:qe", "d1:ade1:q4:ping1:t2:aa1:y1:qe", "d1:ad2:id2:abe1:q4:ping1:t2:aa1:y1:qe", "d1:q4:ping1:t2:aa1:y1:qe",
    "d1:ad2:id20:abcdefghij01234567899:info_hash20:mnopqrstuvwxyz1234565:token1:ae1:q13:announce_peer1:t2:aa1:y1:qe",
    "d1:ad2:id20:abcdefghij01234567899:info_hash20:mnopqrstuvwxyz1234564:porti70000e5:token1:ae1:q13:announce_peer1:t2:aa1:y1:qe",
    "d1:ad2:id20:abcdefghij01234567899:info_hash20:mnopqrstuvwxyz1234564:porti1ee1:q13:announce_peer1:t2:aa1:y1:qe",
  ])
  func refused(_ text: String) {
    do throws(KRPCReadingFailure) {
      _ = try KRPCMessage(Buffer(text))
      Issue.record("was read")
    } catch {
      guard case .refused("aa", let failure) = error else {
        Issue.record("\(error)")
        return
      }
      #expect(failure.code == 203)
    }
  }

  @Test("what is no message has nobody to be answered", arguments: [
    "", "d", "de", "i5e", "d1:t2:aae", "d1:t2:aa1:y1:ze", "d1:t2:aa1:y1:re", "d1:rde1:t2:aa1:y1:re", "d1:ad2:id20:abcdefghij0123456789e1:q4:ping1:y1:qe",
    "d1:ad2:id20:abcdefghij0123456789e1:q4:ping1:t33:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa1:y1:qe", "d1:t2:aa1:y1:qeX",
  ])
  func unreadable(_ text: String) {
    do throws(KRPCReadingFailure) {
      _ = try KRPCMessage(Buffer(text))
      Issue.record("was read")
    } catch { if case .refused = error { Issue.record("\(error)") } }
  }

  @Test("a method that nobody knows keeps its name, and a reply without what it could have is read")
  func careless() throws {
    guard case .query(let query) = try KRPCMessage("d1:ad2:id20:abcdefghij0123456789e1:q4:vote1:t2:aa1:y1:qe").body else { throw Missing("a query") }
    #expect(query.method == .other("vote"))
    guard case .reply(let reply) = try KRPCMessage("d1:rd2:id20:mnopqrstuvwxyz1234565:nodes5:abcde7:expiresi-1e5:token0:6:valuesl1:ai5eee1:t2:aa1:y1:re").body else { throw Missing("a reply") }
    #expect(reply.nodes == [] && reply.peers == [] && reply.token == "" && reply.itemExpires == nil)
    guard case .failure(let failure) = try KRPCMessage("d1:e3:abc1:t2:aa1:y1:ee").body else { throw Missing("a failure") }
    #expect(failure.code == 0)
  }
}

@Suite("DHT: ids")
struct DHTIDTests {
  @Test("the checksum of the document's vectors, and ids that belong to an address", .spec("BEP 42"), arguments: [
    ("124.31.75.21", "5fbfbff10c5d6a4ec8a88e4c6ab4c28b95eee401"), ("21.75.31.124", "5a3ce9c14e7a08645677bbd1cfe7d8f956d53256"),
    ("65.23.51.170", "a5d43220bc8f112a3d426c84764f8c2a1150e616"), ("84.124.73.14", "1b0321dd1bb1fe518101ceef99462b947a01ff41"),
    ("43.213.53.83", "e56f6cbf5b7c4be0237986d5243b87aa6d51305a"),
  ])
  func vectors(_ text: String, _ hex: String) throws {
    let address = try #require(Address(text))
    let id = NodeID(try #require(Hexadecimal.bytes(hex.utf8).flatMap { Bits160($0) }))
    #expect(id.belongs(to: address))
    #expect(!id.belongs(to: Address(9, 9, 9, 9)))
    #expect(id.belongs(to: Address(192, 168, 1, 1)))
  }

  @Test("an id made for an address belongs there, and hardly anywhere else", arguments: [Address(8, 8, 8, 8), .v6(0x2A00_1450_4001_0000, 5)])
  func making(_ address: Address) {
    var chance = SeededRandom(seed: 1)
    for _ in 0..<200 {
      let id = NodeID.random(for: address, using: &chance)
      #expect(id.belongs(to: address))
      #expect(!id.belongs(to: Address(9, 9, 9, 9)))
    }
  }

  @Test("the checksum of iSCSI") func checksum() { #expect(CRC32C.checksum(of: "123456789".utf8) == 0xE306_9283) }
}

@Suite("DHT: tokens, store, meters")
struct DHTKeepingTests {
  let now = Instant.simulationStart

  @Test("a token is good for five to ten minutes at the address it was given to, and nowhere else", .spec("BEP 5"))
  func tokens() {
    let tokens = NodeTokens(key: HashKey(1, 2), limits: DHTLimits())
    let token = tokens.token(for: Address(203, 0, 113, 2), at: now)
    for (age, isGood) in [(0, true), (299, true), (300, true), (599, true), (600, false), (6_000, false)] {
      #expect(tokens.accepts(token, from: Address(203, 0, 113, 2), at: now + .seconds(age)) == isGood)
    }
    #expect(!tokens.accepts(token, from: Address(203, 0, 113, 3), at: now))
    #expect(!tokens.accepts("", from: Address(203, 0, 113, 2), at: now))
    #expect(!NodeTokens(key: HashKey(1, 3), limits: DHTLimits()).accepts(token, from: Address(203, 0, 113, 2), at: now))
  }

  @Test("the store keeps its bounds, forgets the old, and tells the rest")
  func store() {
    var limits = DHTLimits()
    (limits.torrentsMax, limits.peersPerTorrentMax, limits.torrentsPerAddressMax) = (10, 5, 4)
    var store = PeerStore(limits: limits)
    var chance = SeededRandom(seed: 1)
    func torrent(_ number: UInt8) -> InfoHash { InfoHash(Bits160(Array(repeating: number, count: 20)) ?? .zero) }
    func peer(_ number: UInt8, _ port: UInt16 = 1) -> Endpoint { Endpoint(Address(10, 0, 0, number), port) }
    for number in 0..<20 as Range<UInt8> {
      _ = store.note(peer(number), of: torrent(0), at: now + .seconds(Int(number)))
      let kept1 = store.note(peer(1), of: torrent(1), at: now)
      #expect(kept1)
    }
    #expect(Set(store.peers(of: torrent(0), count: 50, at: now + .seconds(20), using: &chance)) == Set((15..<20).map { peer($0) }))
    #expect(store.peers(of: torrent(1), count: 50, at: now, using: &chance) == [peer(1)])
    // Whoever has many ports takes the places of his own.
    var crowded = PeerStore(limits: limits)
    for number in 0..<4 as Range<UInt8> { _ = crowded.note(peer(number), of: torrent(0), at: now) }
    for port in 1..<50 as Range<UInt16> { _ = crowded.note(peer(9, port), of: torrent(0), at: now) }
    #expect(Set(crowded.peers(of: torrent(0), count: 50, at: now, using: &chance)) == Set((0..<4).map { peer($0) } + [peer(9, 49)]))
    // One address may not fill it, whatever its ports.
    for number in 1..<20 as Range<UInt8> {
      let kept2 = store.note(peer(99, UInt16(number)), of: torrent(number), at: now) == (number <= 4)
      #expect(kept2)
    }
    for number in 5..<20 as Range<UInt8> {
      let kept3 = store.note(peer(100 + number), of: torrent(number), at: now) == (number < 10)
      #expect(kept3)
    }
    #expect(store.torrentCount == 10)
    #expect(store.peerCount <= 50)
    // Everything is old by now: there is room again, also for that address.
    let kept4 = store.note(peer(99), of: torrent(50), at: now + .seconds(2_000))
    #expect(kept4)
    #expect(store.torrentCount == 1)
    #expect(store.peers(of: torrent(0), count: 50, at: now + .seconds(2_000), using: &chance) == [])
  }

  @Test("who asks too much is not answered for five minutes; others are")
  func meters() {
    var meters = QueryMeters(limits: DHTLimits())
    let (greedy, modest) = (Address(203, 0, 113, 2), Address(203, 0, 113, 3))
    var answered = 0
    for turn in 0..<1_000 {
      if meters.admits(greedy, at: now + .milliseconds(turn * 10)) { answered += 1 }
      if turn % 100 == 0 {
        let isAdmitted1 = meters.admits(modest, at: now + .milliseconds(turn * 10))
        #expect(isAdmitted1)
      }
    }
    #expect(answered == 50)
    let isAdmitted2 = meters.admits(greedy, at: now + .seconds(290))
    #expect(!isAdmitted2)
    let isAdmitted3 = meters.admits(greedy, at: now + .seconds(311))
    #expect(isAdmitted3)
    // A flood from many addresses keeps to its room.
    for number in 0..<1_000 { _ = meters.admits(.v4(UInt32(number)), at: now + .seconds(400)) }
  }

  @Test("all answers together keep to their bytes in a second")
  func bytes() {
    var meters = QueryMeters(limits: DHTLimits())
    var sent = 0
    for turn in 0..<10_000 where meters.spend(500, at: now + .milliseconds(turn)) { sent += 500 }
    #expect((350_000...353_000).contains(sent))
  }
}
