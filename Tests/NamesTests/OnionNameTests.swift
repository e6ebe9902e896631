// Names that are keys: known ones, every kind of wrong one, look-alikes; and base32 and SHA-3 beneath.
@testable import Names
import Bytes
import Crypto
import Testing
import World

@Suite struct OnionNameTests {
  /// Names of services that stand in Tor's own documents (rend-spec-v3 §6).
  private static let known = [
    "pg6mmjiyjmcrsslvykfwnntlaru7p5svn6y2ymmju6nubxndf4pscryd.onion", "sp3k262uwy4r2k3ycr5awluarykdpag6a7y33jxop4cs2lu5uz5sseqd.onion",
    "xa4r2iadxm55fbnqgwwi5mymqdcofiu3w6rpbtqn7b2dyn7mgwj64jyd.onion",
  ]

  @Test("names of Tor's own documents are valid and written back", arguments: known)
  func valid(_ text: String) throws {
    let name = try OnionName(text)
    #expect(name.description == text)
    #expect(OnionName(key: name.key) == name)
    #expect(try OnionName(text.uppercased()) == name)
    #expect(try OnionName("www.\(text)") == name)
    #expect(Base32.lower.bytes(name.digits.utf8) == name.key + OnionName.checksum(of: name.key) + [3])
  }

  @Test("a key's name and its expanded form (RFC 8032 §7.1, first vector)")
  func keys() throws {
    let seed = try #require(Hexadecimal.bytes("9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60".utf8))
    let key = try #require(OnionKey(seed: seed))
    #expect(Hexadecimal.text(key.name.key) == "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a")
    #expect(key.expanded.count == 64 && Hexadecimal.text(key.expanded.prefix(4)) == "307c8386")
    #expect(key.expanded[0] & 7 == 0 && key.expanded[31] & 0xC0 == 0x40)
    #expect(OnionKey(seed: seed.dropLast()) == nil)
    var random = SeededRandom(seed: 1)
    let made = OnionKey(using: &random)
    #expect(OnionKey(seed: made.seed) == made && made.name != key.name)
  }

  @Test("a digit changed anywhere is found by the checksum, or is no name at all", arguments: known)
  func changed(_ text: String) {
    for index in 0..<OnionName.digitCount {
      var digits = Array(text.utf8)
      digits[index] = digits[index] == UInt8(ascii: "a") ? UInt8(ascii: "b") : UInt8(ascii: "a")
      #expect(throws: OnionName.Problem.self, "digit \(index)") { try OnionName(String(decoding: digits, as: UTF8.self)) }
    }
  }

  @Test("why a text is no name")
  func problems() throws {
    let digits = String(Self.known[0].dropLast(6))
    func problem(_ text: String) -> OnionName.Problem? {
      do throws(OnionName.Problem) {
        _ = try OnionName(text)
        return nil
      } catch { return error }
    }
    #expect(problem("expyuzz4wqqyqhjn.onion") == .old)
    #expect(problem("abc.onion") == .length(3))
    #expect(problem("1" + digits.dropFirst()) == .digits)
    #expect(problem(String(digits.dropLast()) + "e") == .version(4))
    let key = try OnionName(digits).key
    #expect(problem(Base32.lower.text(key + [0, 0, 3])) == .checksum(found: "0000", expected: Hexadecimal.text(OnionName.checksum(of: key))))
    func named(_ key: [UInt8]) -> String { Base32.lower.text(key + OnionName.checksum(of: key) + [3]) }
    let zeros = [UInt8](repeating: 0, count: 31)
    #expect(problem(named([2] + zeros)) == .noKey)
    // The points of small order: the identity, and -1; and a key with the latter added.
    #expect(problem(named([1] + zeros)) == .torsion)
    let minusOne = [0xEC] + [UInt8](repeating: 0xFF, count: 30) + [0x7F]
    #expect(problem(named(minusOne)) == .torsion)
    let both = try #require(CurvePoint(key)) + (try #require(CurvePoint(minusOne)))
    #expect(problem(named(both.bytes)) == .torsion)
    #expect(OnionName(key: zeros) == nil)
  }

  @Test("look-alikes: how far two names are alike")
  func likeness() throws {
    let names = try Self.known.map { try OnionName($0) }
    #expect(names[0].likeness(to: names[0]).isSame)
    let other = names[0].likeness(to: names[1])
    #expect(other.commonPrefix == 0 && other.commonSuffix == 1 && !other.isDeceptive)
    var deceptive = OnionName.Likeness(commonPrefix: 5, commonSuffix: 1)
    #expect(deceptive.isDeceptive && deceptive.triesLog2 == 25)
    deceptive.commonPrefix = 56
    #expect(!deceptive.isDeceptive)
  }

  @Test("SHA3-256 as in FIPS 202's examples", arguments: [
    ("", "a7ffc6f8bf1ed76651c14756a061d662f580ff4de43b49fa82d80a4b80f8434a"), ("abc", "3a985da74fe225b2045c172d6bd390bd855f086e3e9d525b46bfe24511431532"),
  ])
  func sha3(_ text: String, _ hash: String) { #expect(Array(SHA3_256.hash(data: Array(text.utf8))) == hash.unhexed) }

  @Test("base32 as in RFC 4648 §10, and as GNS writes it", arguments: [
    ("", "", ""), ("f", "my", "CR"), ("fo", "mzxq", "CSQG"), ("foo", "mzxw6", "CSQPY"), ("foob", "mzxw6yq", "CSQPYRG"), ("fooba", "mzxw6ytb", "CSQPYRK1"), ("foobar", "mzxw6ytboi", "CSQPYRK1E8"),
  ])
  func base32(_ text: String, _ lower: String, _ zone: String) {
    let bytes = Array(text.utf8)
    #expect(Base32.lower.text(bytes) == lower && Base32.lower.bytes(lower.utf8) == bytes)
    #expect(Base32.zone.text(bytes) == zone && Base32.zone.bytes(zone.utf8) == bytes)
  }

  @Test("GNS reads letters that look like digits; nobody reads what is left over")
  func similar() {
    #expect(Base32.zone.bytes("CSQPYRKLE8".utf8) == Array("foobar".utf8))
    #expect(Base32.zone.bytes("csqpyrkie8".utf8) == Array("foobar".utf8))
    #expect(Base32.zone.bytes("OO".utf8) == [0] && Base32.zone.bytes("UW".utf8) == Base32.zone.bytes("VW".utf8))
    for bad in ["1", "mz-q", "mzxr", "mza", "abcdef"] { #expect(Base32.lower.bytes(bad.utf8) == nil, "\(bad)") }
  }
}
