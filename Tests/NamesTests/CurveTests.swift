// edwards25519 against RFC 8032 and against swift-crypto, and the laws of a group; XSalsa20-Poly1305 against its authors' vectors.
@testable import Names
import Bytes
import Crypto
import Testing
import World

@Suite struct CurveTests {
  private static func someScalars(_ count: Int) -> [Scalar] {
    var chance = SeededRandom(seed: 25_519)
    return (0..<count).map { _ in Scalar(reducing: (0..<64).map { _ in UInt8.random(in: .min ... .max, using: &chance) }) }
  }

  /// L in 32 bytes, the lowest first.
  private static let order = "edd3f55c1a631258d69cf7a2def9de1400000000000000000000000000000010".unhexed

  @Test("numbers modulo L: the laws of a field")
  func scalars() {
    let s = Self.someScalars(4)
    #expect(s[0] + s[1] == s[1] + s[0] && s[0] * s[1] == s[1] * s[0])
    #expect((s[0] + s[1]) * s[2] == s[0] * s[2] + s[1] * s[2])
    #expect((s[0] * s[1]) * s[2] == s[0] * (s[1] * s[2]))
    for x in s { #expect(x * x.inverse == .one && x + .zero == x && x * .one == x) }
    #expect(Scalar.zero.inverse == .zero)
    #expect(Scalar(reducing: Self.order) == .zero)
    #expect(Scalar(canonicalBigEndian: Self.order.reversed()) == nil)
    var below = Self.order
    below[0] -= 1
    #expect(Scalar(canonicalBigEndian: below.reversed()).map { $0 + .one } == .zero)
    // 2^256 as 33 bytes: 16 times 2^252.
    let sixteen = Scalar(reducing: [16])
    let top = Scalar(reducing: [UInt8](repeating: 0, count: 31) + [0x10])
    #expect(Scalar(reducing: [UInt8](repeating: 0, count: 32) + [1]) == sixteen * top)
    #expect(Scalar(reducing: [UInt8](repeating: 255, count: 64)) + .one == Scalar(reducing: [UInt8](repeating: 0, count: 32) + [1]) * Scalar(reducing: [UInt8](repeating: 0, count: 32) + [1]))
  }

  @Test("points: the laws of a group")
  func group() {
    let s = Self.someScalars(2)
    let (p, q, base) = (s[0] * CurvePoint.base, s[1] * CurvePoint.base, CurvePoint.base)
    #expect(p + q == q + p && (p + q) + base == p + (q + base))
    #expect(p + .identity == p && p + -p == .identity)
    #expect(p + p == p.doubled && base.doubled + base == Scalar(reducing: [3]) * base)
    #expect((s[0] + s[1]) * base == p + q)
    #expect((s[0] * s[1]) * base == s[0] * q)
    #expect(Scalar.zero * p == .identity && Scalar.one * p == p)
    // L times the base point is nothing: L - 1 times it is its opposite.
    var below = Self.order
    below[0] -= 1
    #expect(Scalar(reducing: below) * base == -base)
  }

  @Test("points in bytes: read back, and what is no point")
  func encoding() throws {
    for s in Self.someScalars(4) {
      let point = s * CurvePoint.base
      #expect(try #require(CurvePoint(point.bytes)) == point)
    }
    let zeros = [UInt8](repeating: 0, count: 32)
    let p = [0xED] + [UInt8](repeating: 0xFF, count: 30) + [0x7F]
    #expect(CurvePoint(p) == nil, "y = p is not written so")
    #expect(CurvePoint([0xEC] + p.dropFirst()) != nil, "y = p - 1")
    #expect(CurvePoint([1] + zeros.dropFirst(2) + [0x80]) == nil, "x = 0 is not odd")
    #expect(CurvePoint([1] + zeros.dropFirst()).map { $0 == .identity } == true)
    #expect(CurvePoint([2] + zeros.dropFirst()) == nil, "no point has y = 2")
    #expect(CurvePoint(zeros.dropLast()) == nil)
  }

  /// RFC 8032 §7.1, tests 1 to 3: secret, public key, message, signature.
  private static let eddsaVectors: [(String, String, String, String)] = [
    ("9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60", "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a", "",
      "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b"),
    ("4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb", "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c", "72",
      "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00"),
    ("c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7", "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025", "af82",
      "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a"),
  ]

  @Test("EdDSA as in RFC 8032", arguments: eddsaVectors)
  func eddsa(_ secret: String, _ key: String, _ message: String, _ signature: String) throws {
    let zone = try #require(ZoneSecret(.edkey, secret.unhexed))
    #expect(zone.publicKey.bytes == key.unhexed)
    let hash = Array(SHA512.hash(data: secret.unhexed))
    let number = Scalar(reducing: [hash[0] & 0xF8] + hash[1..<31] + [hash[31] & 0x7F | 0x40])
    #expect(CurveEdDSA.sign(message.unhexed, with: number, prefix: Array(hash[32...])) == signature.unhexed)
    #expect(CurveEdDSA.verifies(signature.unhexed, message.unhexed, by: key.unhexed))
    #expect(!CurveEdDSA.verifies(signature.unhexed, message.unhexed + [0], by: key.unhexed))
  }

  @Test("ECDSA: what was signed verifies, anything else does not")
  func ecdsa() {
    let secret = Self.someScalars(1)[0]
    let key = secret * CurvePoint.base
    let message = Array("a message".utf8)
    let signature = CurveECDSA.sign(message, with: secret)
    #expect(CurveECDSA.verifies(signature, message, by: key))
    #expect(!CurveECDSA.verifies(signature, message + [0], by: key))
    #expect(!CurveECDSA.verifies(signature, message, by: key + .base))
    #expect(!CurveECDSA.verifies([UInt8](repeating: 0, count: 64), message, by: key))
    #expect(!CurveECDSA.verifies(Array(signature.dropLast()), message, by: key))
    // r is refused when it is written with L added.
    var large = [UInt8](Self.order.reversed())
    var carry = 0
    for index in (0..<32).reversed() {
      let sum = Int(large[index]) + Int(signature[index]) + carry
      large[index] = UInt8(sum & 255)
      carry = sum >> 8
    }
    #expect(!CurveECDSA.verifies(large + signature[32...], message, by: key))
  }
}

@Suite struct CipherTests {
  @Test("Poly1305 as in RFC 8439 §2.5.2 and appendix A.3", arguments: [
    ("85d6be7857556d337f4452fe42d506a80103808afb0db2fd4abff6af4149f51b", Array("Cryptographic Forum Research Group".utf8), "a8061dc1305136c6c22b8baf0c0127a9"),
    // The sum is just 2^130 - 5, just above it, and the product carries through.
    ("0200000000000000000000000000000000000000000000000000000000000000", [UInt8](repeating: 0xFF, count: 16), "03000000000000000000000000000000"),
    ("02000000000000000000000000000000ffffffffffffffffffffffffffffffff", "02000000000000000000000000000000".unhexed, "03000000000000000000000000000000"),
    ("0100000000000000000000000000000000000000000000000000000000000000", "fffffffffffffffffffffffffffffffff0ffffffffffffffffffffffffffffff11000000000000000000000000000000".unhexed, "05000000000000000000000000000000"),
    ("0100000000000000000000000000000000000000000000000000000000000000", "fffffffffffffffffffffffffffffffffbfefefefefefefefefefefefefefefe01010101010101010101010101010101".unhexed, "00000000000000000000000000000000"),
    ("0200000000000000000000000000000000000000000000000000000000000000", "fdffffffffffffffffffffffffffffff".unhexed, "faffffffffffffffffffffffffffffff"),
  ])
  func poly1305(_ key: String, _ message: [UInt8], _ tag: String) { #expect(Poly1305.tag(of: message, key: key.unhexed) == tag.unhexed) }

  /// Made with libsodium 1.0.18: key and nonce are counted up from 0 and from 128, the message from 7.
  @Test("XSalsa20-Poly1305 as another program makes it", arguments: [
    (0, "94d2fe14bc4d0e7d3e6e36d5c2fcd965"),
    (1, "32f97882297d52104df8fd2b020e902323"),
    (31, "13dd642a0a969aa5ffac420b676bf6d5239bbe4aebb50402d3b89ff1b287cb0b2a5ef954b3b1d1f1194b038054ac89"),
    (32, "7559c69a81d8beb4aa13f94dbcfe9af3239bbe4aebb50402d3b89ff1b287cb0b2a5ef954b3b1d1f1194b038054ac891d"),
    (33, "975cf28a5a2d84b727315ad45bc40771239bbe4aebb50402d3b89ff1b287cb0b2a5ef954b3b1d1f1194b038054ac891d3c"),
    (64, "2ba02a9aab7b04d1d92e22242f851fd6239bbe4aebb50402d3b89ff1b287cb0b2a5ef954b3b1d1f1194b038054ac891d3c95dcdeba7cdd6febc97f9ba0f480f00a205cdfaff7bb1af54dd1d0f5cf545c"),
    (100, "3c2965b80a8357cbf68eeabb152daf44239bbe4aebb50402d3b89ff1b287cb0b2a5ef954b3b1d1f1194b038054ac891d3c95dcdeba7cdd6febc97f9ba0f480f00a205cdfaff7bb1af54dd1d0f5cf545c97fe950abdd26650d629b12a12dccb614e4575553378c45fbdab92be0bb261a30a7c0082"),
  ])
  func secretBox(_ count: Int, _ box: String) {
    let (key, nonce) = ((0..<32).map { UInt8($0) }, (128..<152).map { UInt8($0) })
    let message = (0..<count).map { UInt8($0 + 7) }
    #expect(SecretBox.seal(message, key: key, nonce: nonce) == box.unhexed)
    #expect(SecretBox.open(box.unhexed, key: key, nonce: nonce) == message)
    for index in [0, 15, box.unhexed.count - 1] {
      var changed = box.unhexed
      changed[index] ^= 0x10
      #expect(SecretBox.open(changed, key: key, nonce: nonce) == nil)
    }
    #expect(SecretBox.open(Array(box.unhexed.prefix(15)), key: key, nonce: nonce) == nil)
  }
}
