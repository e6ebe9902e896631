// Bencoding: what is one value and what is none, what reads back, and that bombs stay inside their bounds.
import Bytes
import Testing
import World

@testable import BitTorrent

@Suite("bencode")
struct BencodeTests {
  struct Case: Sendable, CustomTestStringConvertible {
    var bytes: String
    /// Nil: it is one value, and written it is the same bytes.
    var failure: String?
    var testDescription: String { bytes }

    init(_ bytes: String, _ failure: String? = nil) {
      self.bytes = bytes
      self.failure = failure
    }
  }

  static let cases = [
    Case("i0e"), Case("i-1e"), Case("i42e"), Case("i9223372036854775807e"), Case("i-9223372036854775808e"), Case("0:"), Case("4:spam"), Case("le"), Case("de"),
    Case("l4:spami7ee"), Case("d3:cow3:moo4:spam4:eggse"), Case("d4:spaml1:a1:bee"), Case("d0:i1ee"), Case("lllleeee"), Case("d1:ad1:bleee"),
    Case("d1:\u{1}i1e2:\u{1}\u{1}i2ee"),
    Case("", "expected a value, found the end at byte 0"), Case("i", "expected a digit, found the end at byte 1"), Case("ie", "expected a digit, found \"e\" at byte 1"),
    Case("i-e", "expected a digit, found \"e\" at byte 2"), Case("i-0e", "without leading zeros and without minus zero"), Case("i03e", "without leading zeros"),
    Case("i00e", "without leading zeros"), Case("i-01e", "without leading zeros"), Case("i+1e", "expected a digit, found \"+\" at byte 1"),
    Case("i1", "expected a digit or e, found the end at byte 2"), Case("i1 e", "expected a digit or e, found \" \" at byte 2"),
    Case("i9223372036854775808e", "at most 64 bits"), Case("i-9223372036854775809e", "at most 64 bits"), Case("i99999999999999999999e", "at most 64 bits"),
    Case("4:spa", "expected 4 bytes, found 3 at byte 2"), Case("4", "expected a colon, found the end at byte 1"), Case("04:spam", "a length without leading zeros"),
    Case("00:", "a length without leading zeros"), Case("4x", "expected a digit or a colon, found \"x\" at byte 1"), Case("-1:", "expected a value, found \"-\" at byte 0"),
    Case("999999999999999999999:", "bytesMax"), Case("l", "expected a value or e, found the end at byte 1"), Case("d", "expected a key or e, found the end at byte 1"),
    Case("di1ei2ee", "expected a key or e, found \"i\" at byte 1"), Case("d1:ae", "expected a value, found \"e\" at byte 4"), Case("d1:a", "expected a value, found the end at byte 4"),
    Case("d1:bi1e1:ai2ee", "expected keys in the order of their bytes, each once, found \"a\" behind \"b\" at byte 7"),
    Case("d1:ai1e1:ai2ee", "expected keys in the order of their bytes, each once, found \"a\" behind \"a\" at byte 7"), Case("d2:aai1e1:ai2ee", "in the order"),
    Case("i1ei2e", "expected the end, found 3 bytes more at byte 3"), Case("i1e\n", "expected the end, found 1 bytes more at byte 3"), Case("e", "expected a value, found \"e\" at byte 0"),
    Case("x", "expected a value, found \"x\" at byte 0"), Case(String(repeating: "l", count: 17), "depthMax: at most 16 levels"), Case("li1ei2ei3ei4ei5ee", "tokensMax: at most 6 tokens"),
  ]

  @Test("one value, or what is wrong with it", arguments: cases)
  func reads(_ c: Case) throws {
    let limits = BencodeLimits(bytesMax: 1_000, depthMax: 16, tokensMax: c.failure?.hasPrefix("tokens") == true ? 6 : 100)
    do throws(ReadingFailure) {
      let value = try Bencode.read(Buffer(c.bytes), limits: limits)
      #expect(c.failure == nil)
      #expect(value.encoded == Buffer(c.bytes))
    } catch { #expect(error.description.contains(c.failure ?? "no failure"), "\(error)") }
  }

  @Test("keys in any order where that is allowed, none twice")
  func unsorted() throws {
    let value = try Bencode.read("d1:bi1e1:ai2ee", limits: .message, order: .any)
    #expect(value.encoded == "d1:ai2e1:bi1ee")
    #expect(value["a"]?.integerValue == 2)
    #expect(throws: ReadingFailure.self) { try Bencode.read("d1:bi1e1:ai2e1:bi3ee", limits: .message, order: .any) }
  }

  @Test("the exact bytes of a value", arguments: [
    ("d4:infod1:ai1ee1:xi2ee", "d1:ai1ee"), ("d1:a4:info4:infoi7ee", "i7e"), ("d1:ad4:infoi1ee4:infole1:zi1ee", "le"), ("d1:ai1ee", nil), ("l4:infoe", nil),
    ("d4:infol1:a1:bee", "l1:a1:be"),
  ])
  func ranges(_ bytes: String, _ wanted: String?) throws {
    let range = try Bencode.range(of: "info", in: Buffer(bytes), limits: .message)
    #expect(range.map { Buffer(bytes)[$0] } == wanted.map { Buffer($0) })
  }

  @Test("what follows a value stays")
  func front() throws {
    var bytes: Buffer = "d1:ai1eerest"
    #expect(try Bencode.readFirst(from: &bytes, limits: .message)["a"]?.countValue == 1)
    #expect(bytes == "rest")
  }

  @Test("a dictionary keeps its order, however it is built")
  func dictionary() {
    var all: BencodeDictionary = ["b": .integer(1), "a": .integer(2), "ab": .list([])]
    all["aa"] = .text("x")
    all["b"] = nil
    all["none"] = nil
    #expect(all.encoded == "d1:ai2e2:aa1:x2:ablee")
    all["a"] = .integer(3)
    #expect(all["a"]?.integerValue == 3 && all["b"] == nil && all.count == 3)
  }

  @Test("depth and number of tokens cost no stack and no more memory than agreed")
  func bombs() {
    for bomb in [String(repeating: "l", count: 1_000_000), String(repeating: "d1:a", count: 1_000_000), "l" + String(repeating: "le", count: 400_000) + "e"] {
      #expect(throws: ReadingFailure.self) { try Bencode.read(Buffer(bomb), limits: .message) }
    }
    let deep = String(repeating: "l", count: 100) + String(repeating: "e", count: 100)
    #expect(throws: Never.self) { try Bencode.read(Buffer(deep), limits: .file) }
    #expect(throws: ReadingFailure.self) { try Bencode.read(Buffer("l" + deep + "e"), limits: .file) }
  }

  @Test("twenty bytes as a value")
  func bits() throws {
    let text = "000102030405060708090a0b0c0d0e0f10111213"
    let hash = try #require(InfoHash(hex: text))
    #expect(hash.hex == text && hash.bytes == Array(0...19) && Bits160(hash.bytes) == hash.bits)
    #expect(InfoHash(hex: String(text.dropLast())) == nil && InfoHash(hex: text + "00") == nil && InfoHash(hex: "x" + text.dropFirst()) == nil)
    #expect((hash.bits ^ hash.bits) == .zero && Bits160.zero.leadingZeroBitCount == 160 && hash.bits.leadingZeroBitCount == 15)
    for place in 0..<160 {
      var bytes = [UInt8](repeating: 0, count: 20)
      bytes[place / 8] = 0x80 >> UInt8(place % 8)
      let bits = try #require(Bits160(bytes))
      #expect(bits.leadingZeroBitCount == place && bits.bit(place) && !bits.bit((place + 1) % 160) && bits.bytes == bytes && bits > .zero)
    }
    #expect(InfoHash(hashing: "abc").hex == "a9993e364706816aba3e25717850c26c9cd0d89d")
    var chance = SeededRandom(seed: 1)
    #expect(PeerID.random(using: &chance).description.hasPrefix("-NS0100-"))
  }
}
