// XSalsa20-Poly1305, the cipher of EDKEY zones: swift-crypto has ChaCha20-Poly1305, which is another one.
// Salsa20 and HSalsa20 are one function with two endings. Not here: whence keys and nonces come (GNS/ZoneKey.swift).

/// The Salsa20 stream cipher with the long nonce of XSalsa20.
enum XSalsa20 {
  /// "expand 32-byte k"
  private static let constants: [UInt32] = [0x6170_7865, 0x3320_646E, 0x7962_2D32, 0x6B20_6574]

  /// `count` bytes of the key stream of a key of 32 bytes and a nonce of 24.
  static func stream(key: [UInt8], nonce: [UInt8], count: Int) -> [UInt8] {
    let inner = words(key, nonce.prefix(16))
    let mixed = rounds(inner)
    // HSalsa20: the words where the constants and the nonce stood, without the last addition, are the key of the inner cipher.
    let subkey = bytes([0, 5, 10, 15, 6, 7, 8, 9].map { mixed[$0] })
    var stream: [UInt8] = []
    stream.reserveCapacity(count + 63)
    var block: UInt64 = 0
    while stream.count < count {
      let counter = (0..<8).map { UInt8(truncatingIfNeeded: block >> UInt64(8 * $0)) }
      let input = words(subkey, nonce.dropFirst(16) + counter)
      stream += bytes(zip(rounds(input), input).map { $0 &+ $1 })
      block += 1
    }
    return Array(stream.prefix(count))
  }

  /// The sixteen words: the constants on the diagonal, the key around, the nonce (or the short nonce and the block's number) in the middle.
  private static func words(_ key: [UInt8], _ middle: some Collection<UInt8>) -> [UInt32] {
    let k = words(key)
    let n = words(Array(middle))
    return [
      constants[0], k[0], k[1], k[2], k[3], constants[1], n[0], n[1], n[2], n[3], constants[2], k[4], k[5], k[6], k[7], constants[3],
    ]
  }

  private static func words(_ bytes: [UInt8]) -> [UInt32] {
    stride(from: 0, to: bytes.count, by: 4).map { start in
      (0..<4).reduce(0) { $0 | UInt32(bytes[start + $1]) << UInt32(8 * $1) }
    }
  }

  private static func bytes(_ words: [UInt32]) -> [UInt8] {
    words.flatMap { word in (0..<4).map { UInt8(truncatingIfNeeded: word >> UInt32(8 * $0)) } }
  }

  /// Twenty rounds: ten times down the columns and along the rows.
  private static func rounds(_ input: [UInt32]) -> [UInt32] {
    var x = input
    func quarter(_ a: Int, _ b: Int, _ c: Int, _ d: Int) {
      func turned(_ word: UInt32, _ bits: UInt32) -> UInt32 { word << bits | word >> (32 - bits) }
      x[b] ^= turned(x[a] &+ x[d], 7)
      x[c] ^= turned(x[b] &+ x[a], 9)
      x[d] ^= turned(x[c] &+ x[b], 13)
      x[a] ^= turned(x[d] &+ x[c], 18)
    }
    for _ in 0..<10 {
      quarter(0, 4, 8, 12)
      quarter(5, 9, 13, 1)
      quarter(10, 14, 2, 6)
      quarter(15, 3, 7, 11)
      quarter(0, 1, 2, 3)
      quarter(5, 6, 7, 4)
      quarter(10, 11, 8, 9)
      quarter(15, 12, 13, 14)
    }
    return x
  }
}
