// XSalsa20-Poly1305: what is sealed cannot be read nor changed without its key. 16 bytes of authenticator stand before the ciphertext.
// Not here: the stream cipher (Salsa20.swift).

/// Sealing and opening with a key of 32 bytes and a nonce of 24.
enum SecretBox {
  static func seal(_ plain: [UInt8], key: [UInt8], nonce: [UInt8]) -> [UInt8] {
    let stream = XSalsa20.stream(key: key, nonce: nonce, count: 32 + plain.count)
    let cipher = zip(plain, stream.dropFirst(32)).map { $0 ^ $1 }
    return Poly1305.tag(of: cipher, key: Array(stream.prefix(32))) + cipher
  }

  /// What was sealed; nil: nothing was with this key and nonce, or it was changed since.
  static func open(_ box: [UInt8], key: [UInt8], nonce: [UInt8]) -> [UInt8]? {
    guard box.count >= 16 else { return nil }
    let cipher = Array(box.dropFirst(16))
    let stream = XSalsa20.stream(key: key, nonce: nonce, count: 32 + cipher.count)
    let tag = Poly1305.tag(of: cipher, key: Array(stream.prefix(32)))
    // All sixteen bytes are compared, so that the time does not tell where they differ.
    guard zip(tag, box).reduce(0, { $0 | ($1.0 ^ $1.1) }) == 0 else { return nil }
    return zip(cipher, stream.dropFirst(32)).map { $0 ^ $1 }
  }
}

/// The one-time authenticator.
// RFC 8439 §2.5
enum Poly1305 {
  /// The tag of `message` under a key of 32 bytes that is used once.
  static func tag(of message: [UInt8], key: [UInt8]) -> [UInt8] {
    func limbs(_ bytes: some Collection<UInt8>) -> (UInt64, UInt64) {
      var low: UInt64 = 0
      var high: UInt64 = 0
      for (index, byte) in bytes.enumerated() {
        if index < 8 { low |= UInt64(byte) << UInt64(8 * index) } else { high |= UInt64(byte) << UInt64(8 * (index - 8)) }
      }
      return (low, high)
    }
    var (r0, r1) = limbs(key[0..<16])
    r0 &= 0x0FFF_FFFC_0FFF_FFFF
    r1 &= 0x0FFF_FFFC_0FFF_FFFC
    // The sum in 130 bits: two limbs, and the few bits above them.
    var (h0, h1, h2): (UInt64, UInt64, UInt64) = (0, 0, 0)
    for start in stride(from: 0, to: message.count, by: 16) {
      let block = message[start..<min(start + 16, message.count)]
      // A one stands behind the block's last byte.
      let (b0, b1) = limbs(block.count == 16 ? Array(block) : block + [1])
      var sum = UInt128(h0) + UInt128(b0)
      h0 = UInt64(truncatingIfNeeded: sum)
      sum = UInt128(h1) + UInt128(b1) + sum >> 64
      h1 = UInt64(truncatingIfNeeded: sum)
      h2 += UInt64(truncatingIfNeeded: sum >> 64) + (block.count == 16 ? 1 : 0)
      // Times r, whose clamped bits leave room for h2's; then what lies at 2^130 and above comes back five times at the bottom.
      let p0 = UInt128(h0) * UInt128(r0)
      let p1 = UInt128(h0) * UInt128(r1) + UInt128(h1) * UInt128(r0)
      let p2 = UInt128(h1) * UInt128(r1) + UInt128(h2) * UInt128(r0)
      let p3 = h2 * r1
      let m0 = UInt64(truncatingIfNeeded: p0)
      let t1 = p1 + p0 >> 64
      let m1 = UInt64(truncatingIfNeeded: t1)
      let t2 = p2 + t1 >> 64
      let m2 = UInt64(truncatingIfNeeded: t2)
      let m3 = p3 + UInt64(truncatingIfNeeded: t2 >> 64)
      // m = (m3, m2, m1, m0); the part above 130 bits is (m3, m2) without m2's lowest two bits, once as it is (4/4) and once a quarter.
      let c = UInt128(m3) << 64 | UInt128(m2 & ~3)
      let five = c + c >> 2
      sum = UInt128(m0) + UInt128(UInt64(truncatingIfNeeded: five))
      h0 = UInt64(truncatingIfNeeded: sum)
      sum = UInt128(m1) + UInt128(UInt64(truncatingIfNeeded: five >> 64)) + sum >> 64
      h1 = UInt64(truncatingIfNeeded: sum)
      h2 = m2 & 3 + UInt64(truncatingIfNeeded: sum >> 64)
    }
    // Less 2^130 - 5 where it is not below it: adding five then reaches 2^130.
    var g = UInt128(h0) + 5
    let g0 = UInt64(truncatingIfNeeded: g)
    g = UInt128(h1) + g >> 64
    let g1 = UInt64(truncatingIfNeeded: g)
    let takes: UInt64 = h2 + UInt64(truncatingIfNeeded: g >> 64) >= 4 ? .max : 0
    let low = (h0 & ~takes) | (g0 & takes)
    let high = (h1 & ~takes) | (g1 & takes)
    let (s0, s1) = limbs(key[16..<32])
    let t0 = UInt128(low) + UInt128(s0)
    let t1 = UInt64(truncatingIfNeeded: UInt128(high) + UInt128(s1) + t0 >> 64)
    return [UInt64(truncatingIfNeeded: t0), t1].flatMap { word in (0..<8).map { UInt8(truncatingIfNeeded: word >> UInt64(8 * $0)) } }
  }
}
