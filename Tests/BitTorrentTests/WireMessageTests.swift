// The messages between peers: their bytes, both ways, and lengths that no message has.
import Bytes
import Testing
import TestKit
import World

@testable import BitTorrent

@Suite("peer messages")
struct WireMessageTests {
  struct Case: Sendable, CustomTestStringConvertible {
    var message: PeerMessage
    var hex: String
    var testDescription: String { "\(message)" }
  }

  static let block = BlockRequest(piece: 1, offset: 16_384, length: 16_384)

  static let cases = [
    Case(message: .keepAlive, hex: "00000000"), Case(message: .choke, hex: "0000000100"), Case(message: .unchoke, hex: "0000000101"),
    Case(message: .interested, hex: "0000000102"), Case(message: .notInterested, hex: "0000000103"), Case(message: .have(258), hex: "000000050400000102"),
    Case(message: .bitfield([0xA0]), hex: "0000000205a0"), Case(message: .bitfield([]), hex: "0000000105"),
    Case(message: .request(block), hex: "0000000d06000000010000400000004000"),
    Case(message: .piece(Block(piece: 2, offset: 3, bytes: "abc")), hex: "0000000c070000000200000003616263"),
    Case(message: .piece(Block(piece: 2, offset: 3, bytes: "")), hex: "00000009070000000200000003"),
    Case(message: .cancel(block), hex: "0000000d08000000010000400000004000"), Case(message: .port(6_881), hex: "00000003091ae1"),
    Case(message: .suggest(7), hex: "000000050d00000007"), Case(message: .haveAll, hex: "000000010e"), Case(message: .haveNone, hex: "000000010f"),
    Case(message: .reject(block), hex: "0000000d10000000010000400000004000"), Case(message: .allowedFast(4_294_967_295), hex: "0000000511ffffffff"),
    Case(message: .extended(0, "de"), hex: "0000000414006465"), Case(message: .extended(3, ""), hex: "000000021403"), Case(message: .unknown(99, "x"), hex: "000000026378"),
    Case(message: .unknown(21, ""), hex: "0000000115"),
  ]

  @Test("read and written, however they are cut", .spec("BEP 3"), arguments: cases)
  func bothWays(_ c: Case) throws {
    let bytes = Buffer(try #require(Hexadecimal.bytes(c.hex.utf8)))
    #expect(c.message.encoded == bytes)
    for pieces in Cutter.cuts(of: bytes) {
      var waiting = Buffer()
      for (index, piece) in pieces.enumerated() {
        #expect(try index == 0 || PeerMessage.next(from: &waiting) == nil)
        waiting.append(piece)
      }
      waiting.append("more")
      #expect(try PeerMessage.next(from: &waiting) == c.message)
      #expect(waiting == "more")
    }
  }

  @Test("lengths that no message has", arguments: [
    ("0000000200", "expected 1 bytes of choke, found 2"), ("0000000504", nil), ("0000000404", "expected 5 bytes of have, found 4"), ("0000000606", "expected 13 bytes of request, found 6"),
    ("0000000807", "expected 9 to 16393 bytes of piece, found 8"), ("0000400a07", "expected 9 to 16393 bytes of piece, found 16394"), ("0000000214", nil),
    ("0000000114", "expected 2 to 131073 bytes of extended, found 1"), ("ffffffff14", "of extended"), ("ffffffff05", "expected 1 to 262145 bytes of bitfield, found 4294967295"),
    ("ffffffff63", "expected 1 to 16385 bytes of message 99"), ("0000000409", "expected 3 bytes of port, found 4"), ("000000010d", "expected 5 bytes of suggest"),
    ("000000020e", "expected 1 bytes of have all"), ("000000020f", "expected 1 bytes of have none"), ("0000000e10", "expected 13 bytes of reject"),
    ("0000000e08", "expected 13 bytes of cancel"), ("0000000411", "expected 5 bytes of allowed fast"), ("00000002", nil), ("0000", nil),
  ])
  func lengths(_ hex: String, _ wanted: String?) throws {
    var bytes = Buffer(try #require(Hexadecimal.bytes(hex.utf8)))
    do throws(SyntaxError) {
      #expect(try PeerMessage.next(from: &bytes) == nil)
      #expect(wanted == nil)
    } catch { #expect(error.description.contains(wanted ?? "no failure"), "\(error)") }
  }

  @Test("handshakes, however they are cut", .spec("BEP 3"))
  func handshake() throws {
    let infoHash = try #require(InfoHash("aaaaaaaaaaaaaaaaaaaa"))
    let peer = try #require(PeerID("-XX0001-bbbbbbbbbbbb"))
    let handshake = PeerHandshake(infoHash: infoHash, peer: peer, offering: [.extensions, .fast, .hashTable])
    let bytes: Buffer = "\u{13}BitTorrent protocol\0\0\0\0\0\u{10}\0\u{5}aaaaaaaaaaaaaaaaaaaa-XX0001-bbbbbbbbbbbb"
    #expect(handshake.encoded == bytes && bytes.count == PeerHandshake.length)
    for length in 0...bytes.count {
      var front = bytes[0..<length]
      #expect(try PeerHandshake.next(from: &front) == (length == bytes.count ? handshake : nil))
    }
    for (wrong, offset) in [("\u{12}", 0), ("GET / HTTP/1.1\r\n", 0), ("\u{13}BitTorrent Protocol", 12), ("\u{13}BitTorrent protocom", 19)] {
      var bytes = Buffer(wrong)
      do throws(SyntaxError) {
        _ = try PeerHandshake.next(from: &bytes)
        Issue.record("\(wrong) passed")
      } catch { #expect(error.offset == offset) }
    }
  }

  @Test("sets of pieces", .spec("BEP 3"))
  func sets() throws {
    var set = PieceSet(pieceCount: 10)
    #expect(set.isEmpty && set.bitfield == [0, 0] && !set.isFull)
    #expect(set.insert(0) && set.insert(9) && !set.insert(9) && !set.insert(10) && !set.insert(-1))
    #expect(set.bitfield == [0x80, 0x40] && set.count == 2 && set.pieces == [0, 9] && PieceSet([0x80, 0x40], pieceCount: 10) == set)
    #expect(PieceSet([0x80, 0x20], pieceCount: 10) == nil && PieceSet([0x80], pieceCount: 10) == nil && PieceSet([0, 0, 0], pieceCount: 10) == nil)
    let full = PieceSet(allOf: 10)
    #expect(full.bitfield == [0xFF, 0xC0] && full.isFull && PieceSet([0xFF, 0xC0], pieceCount: 10) == full && PieceSet(allOf: 8).bitfield == [0xFF])
    #expect(set.lacksAny(of: full) && !full.lacksAny(of: set))
    #expect(set.remove(0) && !set.remove(0) && set.count == 1 && PieceSet([], pieceCount: 0)?.isFull == true)
  }

  @Test("the published allowed fast sets", .spec("BEP 6"))
  func allowedFast() throws {
    let infoHash = try #require(InfoHash(hex: String(repeating: "aa", count: 20)))
    let address = Address(80, 4, 4, 200)
    let published = [1_059, 431, 808, 1_217, 287, 376, 1_188, 353, 508, 1_246]
    for count in [7, 9, 10] { #expect(AllowedFast.pieces(count, for: address, of: infoHash, pieceCount: 1_313) == Array(published.prefix(count))) }
    #expect(AllowedFast.pieces(10, for: Address(80, 4, 4, 1), of: infoHash, pieceCount: 1_313) == published)
    #expect(AllowedFast.pieces(10, for: address, of: infoHash, pieceCount: 3).sorted() == [0, 1, 2])
    #expect(AllowedFast.pieces(10, for: .loopback6, of: infoHash, pieceCount: 3) == [] && AllowedFast.pieces(10, for: address, of: infoHash, pieceCount: 0) == [])
  }

  @Test("sizes of pieces and blocks")
  func sizes() throws {
    let sizes = try #require(PieceSizes(pieceLength: 40_000, totalLength: 100_000))
    #expect(sizes.count == 3 && [-1, 0, 1, 2, 3].map(sizes.size) == [0, 40_000, 40_000, 20_000, 0] && sizes.range(of: 2) == 80_000..<100_000)
    #expect(sizes.blockCount(of: 0) == 3 && sizes.block(2, of: 0) == BlockRequest(piece: 0, offset: 32_768, length: 7_232) && sizes.block(3, of: 0) == nil)
    for (request, isThere) in [((0, 0, 1), true), ((0, 39_999, 1), true), ((0, 39_999, 2), false), ((0, 0, 0), false), ((2, 0, 20_001), false), ((3, 0, 1), false), ((0, 4_294_967_295, 4_294_967_295), false)] {
      #expect(sizes.contains(BlockRequest(piece: request.0, offset: request.1, length: request.2)) == isThere)
    }
    #expect(PieceSizes(pieceLength: 0, totalLength: 1) == nil && PieceSizes(pieceLength: 1, totalLength: -1) == nil && PieceSizes(pieceLength: 1, totalLength: .max) == nil)
  }
}
