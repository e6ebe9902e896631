// Both ends of a peer connection: what each message does, what breaks the law, what is bounded, and the clock.
import Bytes
import Testing
import TestKit
import World

@testable import BitTorrent

/// Ends for tests: a torrent of four pieces of two blocks each, the last one short.
enum Ends {
  static let infoHash = InfoHash(hashing: "torrent")
  static let sizes = PieceSizes(pieceLength: 32_768, totalLength: 3 * 32_768 + 20_000)
  static let us = PeerID(Bits160(Array("-NS0100-aaaaaaaaaaaa".utf8)) ?? .zero)
  static let them = PeerID(Bits160(Array("-XX0100-bbbbbbbbbbbb".utf8)) ?? .zero)

  /// The bytes of a block: its piece and its place over and over.
  static func bytes(_ request: BlockRequest) -> Buffer { Buffer(repeatElement(UInt8(truncatingIfNeeded: request.piece * 16 + request.offset / 16_384), count: request.length)) }

  /// An end whose owner welcomes everybody, and answers requests when `serves`.
  static func end(
    _ role: PeerConversation.Role, offer: PeerHandshake.Offer = [.extensions, .fast], terms: PeerTerms = PeerTerms(sizes: sizes), serves: Bool = true, peer: PeerID? = nil,
    limits: WireLimits = WireLimits()
  ) -> BareEnd<PeerConversation> {
    let setting = PeerConversation.Setting(peer: peer ?? (role == .called ? them : us), offer: offer, client: "test", limits: limits)
    return BareEnd(PeerConversation(role, setting: setting)) { question in
      switch question {
      case .handshake: [.accept(terms)]
      case .requested(let request) where serves: [.orders([.block(request, [.bytes(bytes(request)[0..<1]), .bytes(bytes(request)[1..<request.length])])])]
      default: []
      }
    }
  }

  /// Two ends that have said hello; the called one has everything.
  static func pair(offer: PeerHandshake.Offer = [.extensions, .fast], serves: Bool = true) -> (BareEnd<PeerConversation>, BareEnd<PeerConversation>) {
    let a = end(.caller(infoHash), offer: offer)
    let b = end(.called, offer: offer, terms: PeerTerms(sizes: sizes, holdings: PieceSet(allOf: 4)), serves: serves)
    converse(a, b)
    return (a, b)
  }

  /// An end that has said hello to a peer played by hand; what it said so far is taken.
  static func talking(
    offer: PeerHandshake.Offer = [.extensions, .fast], terms: PeerTerms = PeerTerms(sizes: sizes), serves: Bool = true, limits: WireLimits = WireLimits()
  ) -> BareEnd<PeerConversation> {
    let end = end(.called, offer: offer, terms: terms, serves: serves, limits: limits)
    end.receive(PeerHandshake(infoHash: infoHash, peer: us, offering: offer).encoded)
    _ = end.takeOutput()
    _ = end.takeQuestions()
    return end
  }
}

extension BareEnd where C == PeerConversation {
  func hear(_ messages: PeerMessage...) { for message in messages { receive(message.encoded) } }
  func order(_ orders: PeerOrder...) { give(.orders(orders)) }

  /// The messages said since the last call.
  func said() throws -> [PeerMessage] {
    var bytes = takeOutput()
    var messages: [PeerMessage] = []
    while let message = try PeerMessage.next(from: &bytes) { messages.append(message) }
    #expect(bytes.isEmpty)
    return messages
  }
}

@Suite("peer conversations")
struct ConversationTests {
  static let first = BlockRequest(piece: 0, offset: 0, length: 16_384)
  static let second = BlockRequest(piece: 0, offset: 16_384, length: 16_384)

  @Test("hello, interest, blocks, goodbye", arguments: [[], .fast, .extensions, [.extensions, .fast]] as [PeerHandshake.Offer])
  func whole(_ offer: PeerHandshake.Offer) {
    let (a, b) = Ends.pair(offer: offer)
    let hello = a.takeQuestions()
    #expect(hello.contains(.handshake(PeerHandshake(infoHash: Ends.infoHash, peer: Ends.them, offering: offer))))
    #expect(hello.contains(.holds(PieceSet(allOf: 4))))
    #expect(hello.contains { if case .extended(let told) = $0 { told.client == "test" && told.requestsMax == 2_000 } else { false } } == offer.contains(.extensions))
    a.order(.interest)
    converse(a, b)
    #expect(b.takeQuestions().contains(.interested))
    b.order(.unchoke)
    converse(a, b)
    #expect(a.takeQuestions() == [.unchoked])
    let wanted = (0..<4).flatMap { piece in (0..<2).compactMap { Ends.sizes?.block($0, of: piece) } }
    #expect(wanted.count == 8)
    a.order(.request(wanted))
    converse(a, b)
    #expect(a.takeQuestions() == wanted.map { .received(Block(piece: $0.piece, offset: $0.offset, bytes: Ends.bytes($0))) })
    #expect(a.conversation.requestRoom == (offer.contains(.extensions) ? 500 : 250))
    a.order(.have(0), .disinterest)
    converse(a, b)
    #expect(b.takeQuestions().suffix(2) == [.has(0), .notInterested])
    a.order(.close("done"))
    converse(a, b)
    #expect(a.takeQuestions() == [.ended("done")] && b.takeQuestions() == [.ended("the peer closed")])
    #expect(a.problems.isEmpty && b.problems.isEmpty)
  }

  @Test("the owner decides who is welcome")
  func judged() {
    let end = BareEnd(PeerConversation(.called, setting: .init(peer: Ends.us))) { question in
      if case .handshake = question { [.refuse("nobody has this torrent")] } else { [] }
    }
    end.receive(PeerHandshake(infoHash: Ends.infoHash, peer: Ends.them).encoded)
    #expect(end.takeOutput().isEmpty && end.closing == .now && end.takeQuestions().last == .ended("nobody has this torrent"))
    let undecided = BareEnd(PeerConversation(.called, setting: .init(peer: Ends.us)))
    undecided.receive(PeerHandshake(infoHash: Ends.infoHash, peer: Ends.them).encoded)
    undecided.advance(by: .seconds(9))
    #expect(undecided.closing == nil)
    undecided.advance(by: .seconds(1))
    #expect(undecided.closing == .now)
  }

  @Test("another torrent, ourselves, another protocol, nobody", .spec("BEP 3"))
  func handshakes() {
    let caller = Ends.end(.caller(Ends.infoHash))
    caller.receive(PeerHandshake(infoHash: InfoHash(hashing: "x"), peer: Ends.them).encoded)
    #expect(caller.closing == .now && caller.problems.count == 1)
    let mirror = Ends.end(.called, peer: Ends.us)
    mirror.receive(PeerHandshake(infoHash: Ends.infoHash, peer: Ends.us).encoded)
    #expect(mirror.closing == .now && mirror.problems.isEmpty && mirror.takeQuestions() == [.ended("this is a connection to ourselves")])
    let strange = Ends.end(.called)
    strange.receive("G")
    #expect(strange.closing == .now && strange.takeOutput().isEmpty && strange.problems.first?.contains("expected \\x13BitTorrent protocol") == true)
    let slow = Ends.end(.called)
    slow.receive("\u{13}BitTorrent")
    slow.advance(by: .seconds(9))
    #expect(slow.closing == nil)
    slow.advance(by: .seconds(1))
    #expect(slow.closing == .now)
  }

  struct Breach: Sendable, CustomTestStringConvertible {
    var name: String
    var messages: [PeerMessage]
    var problem: String?
    var offer: PeerHandshake.Offer = [.extensions, .fast]
    var testDescription: String { name }
  }

  static let breaches = [
    Breach(name: "a bitfield too long", messages: [.bitfield([0, 0])], problem: "expected a bitfield of 1 bytes"), Breach(name: "a bitfield too short", messages: [.bitfield([])], problem: "bitfield"),
    Breach(name: "spare bits", messages: [.bitfield([0x08])], problem: "bitfield"), Breach(name: "a bitfield late", messages: [.have(1), .bitfield([0x80])], problem: nil),
    Breach(name: "a bitfield twice", messages: [.bitfield([0x80]), .bitfield([0x80])], problem: nil),
    Breach(name: "a later bitfield too long", messages: [.bitfield([0x80]), .bitfield([0x80, 0])], problem: "expected a bitfield of 1 bytes"),
    Breach(name: "have all after a bitfield", messages: [.bitfield([0x80]), .haveAll], problem: "said too late"),
    Breach(name: "have none after have all", messages: [.haveAll, .haveNone], problem: "said too late"),
    Breach(name: "a bitfield behind extensions", messages: [.extended(0, "de"), .keepAlive, .port(1), .bitfield([0x80])], problem: nil),
    Breach(name: "a piece that is none", messages: [.have(4)], problem: "have: expected a piece below 4, found 4"),
    Breach(name: "a suggestion of none", messages: [.suggest(4)], problem: "suggest: expected a piece below 4"),
    Breach(name: "allowed fast of none", messages: [.allowedFast(9)], problem: "allowed fast: expected a piece below 4"),
    Breach(name: "a block nobody asked for", messages: [.piece(Block(piece: 0, offset: 0, bytes: "x"))], problem: "nothing was asked for"),
    Breach(name: "a reject nobody asked for", messages: [.reject(first)], problem: "nothing was asked for"),
    Breach(name: "a request too long", messages: [.request(BlockRequest(piece: 0, offset: 0, length: 16_385))], problem: "expected at most 16384 bytes"),
    Breach(name: "a request of nothing", messages: [.request(BlockRequest(piece: 0, offset: 0, length: 0))], problem: "there are no 0 bytes"),
    Breach(name: "a request past the piece", messages: [.request(BlockRequest(piece: 3, offset: 16_384, length: 16_384))], problem: "there are no 16384 bytes"),
    Breach(name: "a request past the torrent", messages: [.request(BlockRequest(piece: 4, offset: 0, length: 1))], problem: "there are no 1 bytes"),
    Breach(name: "fast messages unasked", messages: [.haveAll], problem: "which was not agreed on", offer: []), Breach(name: "reject unasked", messages: [.reject(first)], problem: "which was not agreed on", offer: []),
    Breach(name: "extensions unasked", messages: [.extended(0, "de")], problem: "which was not agreed on", offer: [.fast]),
    Breach(name: "an unknown message", messages: [.unknown(77, "x"), .unknown(21, "")], problem: nil), Breach(name: "port 0", messages: [.port(0)], problem: nil),
    Breach(name: "an extension's message that is none", messages: [.extended(0, "x")], problem: "extended 0: expected a value"),
    Breach(name: "an extension's list", messages: [.extended(0, "le")], problem: "expected a dictionary"),
    Breach(name: "an extension nobody knows", messages: [.extended(99, "x")], problem: nil),
    Breach(name: "too large a description", messages: [.extended(0, "d13:metadata_sizei31457281ee")], problem: "metadataBytesMax"),
    Breach(name: "a part nobody asked for", messages: [.extended(2, MetadataMessage.data(0, total: 1, "x").encoded)], problem: "was not asked for"),
    Breach(name: "peers cut short", messages: [.extended(1, "d5:added5:12345e")], problem: "expected 6 bytes for each peer, found 5 bytes"),
  ]

  @Test("whoever breaks the law is left", arguments: breaches)
  func law(_ c: Breach) {
    let end = Ends.talking(offer: c.offer)
    for message in c.messages { end.hear(message) }
    #expect((end.closing != nil) == (c.problem != nil))
    #expect(end.problems.count == (c.problem == nil ? 0 : 1))
    if let problem = c.problem { #expect(end.problems.first?.contains(problem) == true, "\(end.problems)") }
  }

  @Test("a choke forgets what was asked, or each request gets its answer", .spec("BEP 6"))
  func choked() throws {
    let old = Ends.talking(offer: [])
    old.hear(.unchoke)
    old.order(.request([Self.first, Self.second]))
    #expect(try old.said() == [.request(Self.first), .request(Self.second)])
    old.hear(.choke)
    #expect(old.takeQuestions() == [.unchoked, .choked, .rejected(Self.first), .rejected(Self.second)])
    // What was on its way comes late, and is no lie; a third one is.
    old.hear(.piece(Block(piece: 0, offset: 0, bytes: Ends.bytes(Self.first))))
    #expect(old.closing == nil && old.takeQuestions().isEmpty)
    old.hear(.piece(Block(piece: 0, offset: 0, bytes: Ends.bytes(Self.first))))
    #expect(old.closing == .now)
    let fast = Ends.talking()
    fast.hear(.unchoke)
    fast.order(.request([Self.first, Self.second]))
    fast.hear(.choke)
    #expect(fast.takeQuestions() == [.unchoked, .choked])
    fast.hear(.reject(Self.first), .piece(Block(piece: 0, offset: 16_384, bytes: Ends.bytes(Self.second))))
    #expect(fast.takeQuestions() == [.rejected(Self.first), .received(Block(piece: 0, offset: 16_384, bytes: Ends.bytes(Self.second)))])
    // Once answered it is answered.
    fast.hear(.reject(Self.first))
    #expect(fast.closing == .now)
  }

  @Test("what cannot be asked for comes back at once")
  func unaskable() throws {
    let end = Ends.talking()
    end.order(.request([Self.first]))
    #expect(end.takeQuestions() == [.rejected(Self.first)])
    end.hear(.allowedFast(0), .allowedFast(0))
    end.order(.request([Self.first, Self.first, BlockRequest(piece: 1, offset: 0, length: 1), BlockRequest(piece: 0, offset: 0, length: 20_000)]))
    #expect(try end.said() == [.request(Self.first)])
    #expect(end.takeQuestions().count == 4)
    end.order(.close("x"), .request([Self.first]))
    #expect(end.takeQuestions() == [.ended("x")] || end.closing == .now)
  }

  @Test("no more requests than the peer takes")
  func room() throws {
    let end = Ends.talking(terms: PeerTerms(sizes: PieceSizes(pieceLength: 1, totalLength: 2_000)))
    end.hear(.unchoke, .extended(0, "d4:reqqi3ee"))
    let requests = (0..<5).map { BlockRequest(piece: $0, offset: 0, length: 1) }
    end.order(.request(requests))
    #expect(try end.said().count == 3)
    #expect(end.takeQuestions().filter { if case .rejected = $0 { true } else { false } } == [.rejected(requests[3]), .rejected(requests[4])])
    // A cancelled request is on its way all the same.
    end.order(.cancel(requests[0]), .request([requests[3]]))
    #expect(try end.said() == [.cancel(requests[0])])
    end.hear(.piece(Block(piece: 0, offset: 0, bytes: "x")))
    end.order(.request([requests[3]]))
    #expect(try end.said() == [.request(requests[3])])
    end.hear(.piece(Block(piece: 0, offset: 0, bytes: "x")))
    #expect(end.closing == .now)
    // Where nobody says what became of it, it does not count.
    let old = Ends.talking(offer: [], terms: PeerTerms(sizes: PieceSizes(pieceLength: 1, totalLength: 2_000)))
    old.hear(.unchoke)
    for request in requests { old.order(.request([request]), .cancel(request)) }
    #expect(old.conversation.requestRoom == 250)
    old.hear(.piece(Block(piece: 0, offset: 0, bytes: "x")))
    #expect(old.closing == nil && !old.takeQuestions().contains { if case .received = $0 { true } else { false } })
    let wide = Ends.talking(terms: PeerTerms(sizes: PieceSizes(pieceLength: 1, totalLength: 2_000)))
    wide.hear(.unchoke, .extended(0, "d4:reqqi1000000ee"))
    #expect(wide.conversation.requestRoom == 500)
    wide.hear(.extended(0, "d4:reqqi0ee"))
    #expect(wide.conversation.requestRoom == 1)
  }

  // MARK: Serving

  @Test("requests wait for the owner in bounded numbers, and for the network")
  func serving() throws {
    let end = Ends.talking(terms: PeerTerms(sizes: PieceSizes(pieceLength: 1, totalLength: 5_000), holdings: PieceSet(allOf: 5_000)), serves: false)
    end.order(.unchoke)
    func request(_ piece: Int) -> BlockRequest { BlockRequest(piece: piece, offset: 0, length: 1) }
    for piece in 0..<2_001 { end.hear(.request(request(piece))) }
    #expect(end.takeQuestions() == (0..<16).map { .requested(request($0)) })
    #expect(try end.said() == [.unchoke, .reject(request(2_000))])
    end.happen(.congested)
    end.order(.block(request(0), [.bytes("x")]), .reject(request(1)), .block(request(7_000), [.bytes("y")]), .block(request(20), [.bytes("z")]))
    #expect(try end.said() == [.piece(Block(piece: 0, offset: 0, bytes: "x")), .reject(request(1))])
    #expect(end.takeQuestions().isEmpty)
    end.happen(.relieved)
    #expect(end.takeQuestions() == [.requested(request(16)), .requested(request(17))])
    end.hear(.cancel(request(2)), .cancel(request(100)), .cancel(request(0)))
    #expect(try end.said() == [.reject(request(2)), .reject(request(100))])
    #expect(end.takeQuestions() == [.cancelled(request(2)), .requested(request(18))])
    end.order(.choke)
    #expect(try end.said().count == 1 + 1_996)
    #expect(end.takeQuestions().count == 16)
    end.order(.block(request(5), [.bytes("x")]))
    #expect(try end.said().isEmpty)
    let old = Ends.talking(offer: [], terms: PeerTerms(sizes: PieceSizes(pieceLength: 1, totalLength: 5_000)), serves: false)
    old.order(.unchoke)
    for piece in 0..<2_000 { old.hear(.request(request(piece))) }
    #expect(old.closing == nil)
    old.hear(.request(request(2_000)))
    #expect(old.closing == .now && old.problems.count == 1)
  }

  @Test("who asks on and on while it takes none of the answers is left", arguments: [
    [.request(first), .cancel(first)], [.extended(PeerExtension.metadata.rawValue, MetadataMessage.request(3).encoded)],
  ] as [[PeerMessage]])
  func congested(_ asking: [PeerMessage]) throws {
    let end = Ends.talking(terms: PeerTerms(sizes: Ends.sizes, holdings: PieceSet(allOf: 4)), serves: false)
    var handshake = ExtensionHandshake()
    handshake.numbers[.metadata] = 7
    end.hear(.extended(0, handshake.encoded))
    end.order(.unchoke)
    func ask(_ times: Int) { for _ in 0..<times where end.closing == nil { for message in asking { end.hear(message) } } }
    // As often as it likes, as long as it takes the answers.
    ask(5_000)
    #expect(end.closing == nil)
    end.happen(.congested)
    ask(4_000)
    end.happen(.relieved)
    ask(4_000)
    #expect(end.closing == nil)
    end.happen(.congested)
    _ = end.takeOutput()
    ask(50_000)
    #expect(end.closing == .now && end.problems.count == 1)
    #expect(end.takeOutput().count <= 4_000 * 40)
  }

  @Test("a block from a file, with its head in front")
  func file() throws {
    final class Zeros: FileReference {
      let descriptor: Int32 = -1
      func read(at offset: Int64, length: Int) -> Buffer? { Buffer(repeatElement(UInt8(0), count: length)) }
    }
    let end = Ends.talking(serves: false)
    end.order(.unchoke)
    end.hear(.request(Self.first))
    end.order(.block(Self.first, [.file(FileSlice(file: Zeros(), offset: 5, length: 16_384))]))
    #expect(try end.said() == [.unchoke, .piece(Block(piece: 0, offset: 0, bytes: Buffer(repeatElement(UInt8(0), count: 16_384))))])
  }

  @Test("whoever asks although choked is told fifty times, then left", .spec("BEP 6"))
  func askingWhileChoked() throws {
    for offer in [PeerHandshake.Offer.fast, []] {
      let end = Ends.talking(offer: offer)
      for _ in 0..<49 { end.hear(.request(Self.first)) }
      #expect(end.closing == nil)
      #expect(try end.said().count == (offer == .fast ? 49 : 0))
      end.order(.unchoke, .choke)
      for _ in 0..<50 { end.hear(.request(Self.first)) }
      #expect(end.closing == nil)
      end.advance(by: .seconds(10))
      for _ in 0..<50 { end.hear(.request(Self.first)) }
      #expect(end.closing == .now && end.problems.count == 1)
    }
  }

  @Test("a choked peer gets allowed blocks three times", .spec("BEP 6"))
  func allowedFast() throws {
    let end = Ends.talking()
    end.order(.allowFast([0, 0, 9, 2]))
    #expect(try end.said() == [.allowedFast(0), .allowedFast(2)])
    for _ in 0..<4 { end.hear(.request(Self.first)) }
    let block = PeerMessage.piece(Block(piece: 0, offset: 0, bytes: Ends.bytes(Self.first)))
    #expect(try end.said() == [block, block, block, .reject(Self.first)])
    // Allowed requests survive a choke.
    let slow = Ends.talking(serves: false)
    slow.order(.allowFast([0]), .unchoke)
    slow.hear(.request(Self.first), .request(BlockRequest(piece: 1, offset: 0, length: 1)))
    _ = slow.takeQuestions()
    slow.order(.choke)
    #expect(slow.takeQuestions() == [.cancelled(BlockRequest(piece: 1, offset: 0, length: 1))])
    #expect(try slow.said() == [.allowedFast(0), .unchoke, .choke, .reject(BlockRequest(piece: 1, offset: 0, length: 1))])
    slow.order(.block(Self.first, [.bytes(Ends.bytes(Self.first))]))
    #expect(try slow.said() == [block])
  }

  // MARK: Before the description is known

  @Test("a description is learned from a peer, then its pieces count", .spec("BEP 9"))
  func metadata() throws {
    let info = Buffer(repeatElement(UInt8(7), count: 40_000))
    let hash = InfoHash(hashing: info)
    let a = Ends.end(.caller(hash), terms: PeerTerms())
    let b = Ends.end(.called, terms: PeerTerms(sizes: Ends.sizes, holdings: PieceSet(allOf: 4), metadata: info))
    converse(a, b)
    let told = a.takeQuestions()
    #expect(told.contains { if case .extended(let said) = $0 { said.metadataSize == 40_000 && said.numbers[.metadata] == 2 } else { false } })
    #expect(!told.contains { if case .holds = $0 { true } else { false } })
    var collection = try #require(MetadataCollection(of: hash, size: 40_000))
    #expect(collection.missing == [0, 1, 2])
    a.order(.requestMetadata(0), .requestMetadata(2), .requestMetadata(1), .requestMetadata(1), .requestMetadata(3))
    converse(a, b)
    var outcome: MetadataCollection.Outcome?
    for question in a.takeQuestions() {
      if case .metadata(let part, let bytes, 40_000) = question { outcome = collection.add(part, bytes) } else {
        #expect(question == .metadataRejected(1) || question == .metadataRejected(3))
      }
    }
    #expect(outcome == .whole(info))
    a.order(.learn(PeerTerms(sizes: Ends.sizes, metadata: info)))
    #expect(a.takeQuestions() == [.holds(PieceSet(allOf: 4))])
    // Now it serves the description too.
    converse(a, b)
    #expect(b.takeQuestions().contains { if case .extended(let said) = $0 { said.metadataSize == 40_000 } else { false } })
    b.order(.requestMetadata(1))
    converse(a, b)
    #expect(b.takeQuestions() == [.metadata(1, info[16_384..<32_768], total: 40_000)])
    #expect(a.problems.isEmpty && b.problems.isEmpty)
  }

  @Test("a lie about a description costs the lot, and is told")
  func wrongMetadata() throws {
    var collection = try #require(MetadataCollection(of: InfoHash(hashing: "right"), size: 5))
    #expect(collection.add(1, "right") == .more && collection.add(0, "righ") == .more)
    #expect(collection.add(0, "wrong") == .wrong && collection.missing == [0] && collection.add(0, "right") == .whole("right"))
    #expect(MetadataCollection(of: Ends.infoHash, size: 31_457_281) == nil && MetadataCollection(of: Ends.infoHash, size: 0) == nil)
  }

  @Test("parts of another length, of another whole, served too often, while the network is slow")
  func metadataBounds() throws {
    let size = "d1:md11:ut_metadatai7ee13:metadata_sizei20000ee"
    for part in [MetadataMessage.data(1, total: 20_000, "short"), .data(1, total: 30_000, Buffer(repeatElement(UInt8(0), count: 3_616)))] {
      let end = Ends.talking(terms: PeerTerms())
      end.hear(.extended(0, Buffer(size)))
      end.order(.requestMetadata(1))
      #expect(try end.said() == [.extended(7, "d8:msg_typei0e5:piecei1ee")])
      end.hear(.extended(2, part.encoded))
      #expect(end.closing == .now)
    }
    let server = Ends.talking(terms: PeerTerms(sizes: Ends.sizes, metadata: "0123456789"))
    server.hear(.extended(2, MetadataMessage.request(0).encoded))
    #expect(try server.said().isEmpty)
    server.hear(.extended(0, "d1:md11:ut_metadatai7eee"))
    for _ in 0..<4 { server.hear(.extended(2, MetadataMessage.request(0).encoded)) }
    server.hear(.extended(2, MetadataMessage.request(1).encoded), .extended(2, MetadataMessage.unknown(9).encoded), .extended(2, MetadataMessage.reject(3).encoded))
    let part = PeerMessage.extended(7, "d8:msg_typei1e5:piecei0e10:total_sizei10ee0123456789")
    #expect(try server.said() == [part, part, part, .extended(7, "d8:msg_typei2e5:piecei0ee"), .extended(7, "d8:msg_typei2e5:piecei1ee")])
    let slow = Ends.talking(terms: PeerTerms(sizes: Ends.sizes, metadata: "0123456789"))
    slow.hear(.extended(0, "d1:md11:ut_metadatai7eee"))
    slow.happen(.congested)
    for _ in 0..<65 { slow.hear(.extended(2, MetadataMessage.request(0).encoded)) }
    #expect(try slow.said() == [.extended(7, "d8:msg_typei2e5:piecei0ee")])
    slow.happen(.relieved)
    #expect(try slow.said().count == 64)
  }

  @Test("pieces named before their number is known are held against it")
  func earlyPieces() {
    for (messages, holds) in [
      ([.haveNone, .have(2)], [2]), ([.haveAll], [0, 1, 2, 3]), ([.bitfield([0x90]), .have(1)], [0, 1, 3]), ([], []), ([.bitfield([0x90, 0])], nil), ([.have(4)], nil),
      ([.bitfield([0x98])], nil),
    ] as [([PeerMessage], [Int]?)] {
      let end = Ends.talking(terms: PeerTerms())
      for message in messages { end.hear(message) }
      #expect(end.closing == nil && end.takeQuestions().isEmpty)
      end.order(.learn(PeerTerms(sizes: Ends.sizes)))
      if let holds {
        #expect(end.takeQuestions().map { if case .holds(let set) = $0 { set.pieces } else { [-1] } } == [holds])
      } else {
        #expect(end.closing == .now)
      }
    }
    // However many they are, a bit each is remembered.
    var pieces = PieceSet(pieceCount: 0)
    for piece in [2_097_151, 0, 9, 2_097_151] { pieces.insertGrowing(piece) }
    #expect(pieces.pieces == [0, 9, 2_097_151] && pieces.bitfield.count == 262_144 && pieces.count == 3)
    let far = Ends.talking(terms: PeerTerms())
    far.hear(.have(2_097_152))
    #expect(far.closing == .now)
  }

  // MARK: Lists of peers

  @Test("lists of peers: how often, how many, and not in private", .spec("BEP 11"))
  func exchange() throws {
    let peers = (1...80).map { PeerExchange.Peer(Endpoint(Address(192, 0, 2, UInt8($0)), 6_881), flags: .seed) }
    let end = Ends.talking()
    end.order(.exchange(PeerExchange(added: peers)))
    #expect(try end.said().isEmpty)
    end.hear(.extended(0, "d1:md6:ut_pexi9eee"))
    end.order(.exchange(PeerExchange(added: peers)), .exchange(PeerExchange(added: peers)))
    #expect(try end.said() == [.extended(9, PeerExchange(added: Array(peers.prefix(50))).encoded)])
    end.advance(by: .seconds(60))
    end.hear(.keepAlive)
    end.order(.exchange(PeerExchange(dropped: [peers[0].endpoint])))
    #expect(try end.said().count == 1)
    _ = end.takeQuestions()
    let list = PeerMessage.extended(1, PeerExchange(added: peers).encoded)
    end.hear(list, list)
    #expect(end.takeQuestions() == [.exchanged(PeerExchange(added: peers))])
    end.advance(by: .seconds(60))
    end.hear(list)
    #expect(end.takeQuestions() == [.exchanged(PeerExchange(added: Array(peers.prefix(50))))])
    // An extension that is taken back is spoken no more.
    end.hear(.extended(0, "d1:md6:ut_pexi0eee"))
    end.advance(by: .seconds(60))
    end.order(.exchange(PeerExchange(added: peers)))
    #expect(try end.said().allSatisfy { $0 == .keepAlive })
    var secret = PeerTerms(sizes: Ends.sizes)
    secret.isPrivate = true
    let alone = Ends.end(.called, terms: secret)
    alone.receive(PeerHandshake(infoHash: Ends.infoHash, peer: Ends.us, offering: .extensions).encoded)
    var output = alone.takeOutput()
    output.drop(68)
    guard case .extended(0, let content)? = try PeerMessage.next(from: &output) else { return #expect(Bool(false)) }
    #expect(try ExtensionHandshake(reading: content).numbers == [.metadata: 2])
    alone.hear(.extended(0, "d1:md6:ut_pexi9eee"), list, .port(6_881))
    alone.order(.exchange(PeerExchange(added: peers)))
    #expect(alone.takeOutput().isEmpty)
    #expect(!alone.takeQuestions().contains { if case .exchanged = $0 { true } else if case .port = $0 { true } else { false } })
  }

  @Test("both families, flags, port 0, lengths", .spec("BEP 11"))
  func exchangeBytes() throws {
    let list = PeerExchange(
      added: [.init(Endpoint(Address(192, 0, 2, 1), 80), flags: [.seed, .utp]), .init(Endpoint(.loopback6, 6_881), flags: .reachable)], dropped: [Endpoint(Address(192, 0, 2, 9), 1), Endpoint(.loopback6, 2)])
    #expect(try PeerExchange(reading: list.encoded, most: 50) == list)
    #expect(try PeerExchange(reading: list.encoded, most: 1).added.count == 1)
    #expect(try PeerExchange(reading: "d5:added6:\u{1}\u{1}\u{1}\u{1}\0\0e", most: 50) == PeerExchange())
    for wrong in ["d6:added617:aaaaaaaaaaaaaaaaae", "d7:dropped1:ae", "d8:dropped66:aaaaaae", "le"] {
      #expect(throws: ReadingFailure.self) { try PeerExchange(reading: Buffer(wrong), most: 50) }
    }
  }

  @Test("handshakes of the extension protocol", .spec("BEP 10"))
  func extensionHandshake() throws {
    var told = ExtensionHandshake()
    told.numbers = [.metadata: 3, .exchange: 0]
    told.port = 6_881
    told.client = "Netstead"
    told.yourAddress = Address(192, 0, 2, 1)
    told.address4 = Address(192, 0, 2, 2)
    told.address6 = .loopback6
    told.requestsMax = 2_000
    told.metadataSize = 31_235
    told.isUploadOnly = true
    #expect(try ExtensionHandshake(reading: told.encoded) == told)
    // What is of a wrong kind is passed over.
    #expect(try ExtensionHandshake(reading: "d1:mle1:pi70000e4:reqqi-1e1:vi1e6:yourip3:abc4:ipv415:aaaaaaaaaaaaaaae") == ExtensionHandshake())
    #expect(try ExtensionHandshake(reading: "d1:v1:x1:md6:ut_pexi256eee").client == "x")
    #expect(try ExtensionHandshake(reading: Buffer("d1:v200:\(String(repeating: "v", count: 200))e")).client?.utf8.count == 100)
    var strange: Buffer = "d1:v99:"
    strange.append(Array(repeating: 0xFF, count: 99))
    strange.append("e")
    let cut = try ExtensionHandshake(reading: strange)
    #expect(cut.client?.utf8.count == 99 && cut.client?.unicodeScalars.count == 33)
    #expect(try ExtensionHandshake(reading: cut.encoded) == cut)
    let end = Ends.talking()
    for _ in 0..<100 { end.hear(.extended(0, "de")) }
    #expect(end.closing == nil)
    end.hear(.extended(0, "de"))
    #expect(end.closing == .now)
  }

  // MARK: Time

  @Test("keep-alives, and silence")
  func time() throws {
    let end = Ends.talking()
    end.advance(by: .seconds(100))
    #expect(try end.said() == [.keepAlive])
    end.hear(.keepAlive)
    end.advance(by: .seconds(129))
    #expect(try end.said() == [.keepAlive] && end.closing == nil)
    end.advance(by: .seconds(1))
    #expect(end.closing == .now && end.problems.isEmpty && end.takeQuestions() == [.ended("the peer was silent")])
  }

  @Test("a node's port is told where both have one", .spec("BEP 5"))
  func ports() throws {
    var terms = PeerTerms(sizes: Ends.sizes)
    terms.nodePort = 6_882
    for (offer, wanted) in [(PeerHandshake.Offer.hashTable, [PeerMessage.port(6_882)]), ([], [])] {
      let end = Ends.end(.called, offer: .hashTable, terms: terms)
      end.receive(PeerHandshake(infoHash: Ends.infoHash, peer: Ends.us, offering: offer).encoded)
      var output = end.takeOutput()
      output.drop(68)
      #expect(try PeerMessage.next(from: &output) == wanted.first && output.isEmpty)
      end.hear(.port(6_881))
      #expect(end.takeQuestions().last == .port(6_881))
    }
  }
}
