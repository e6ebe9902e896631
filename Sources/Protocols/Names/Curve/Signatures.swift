// The two kinds of signatures made with keys of edwards25519: ECDSA for PKEY zones, EdDSA for EDKEY zones, with blinded keys.
// Not here: blinding itself (GNS/ZoneSecret.swift). Checking EdDSA is swift-crypto's.
import Crypto
import World

/// ECDSA over edwards25519 with SHA-512: r and s, each in 32 bytes, the highest first.
// RFC 9498 §5.1.1
enum CurveECDSA {
  /// The number a hash stands for. L has 253 bits: of the hash's 512 only the first 253 count.
  private static func number(_ hash: [UInt8]) -> Scalar { Scalar(reducingBigEndian: first253Bits(of: hash)) }

  /// The signature of `message`, always the same for the same key and message.
  // RFC 6979 §3.2
  static func sign(_ message: [UInt8], with secret: Scalar) -> [UInt8] {
    let hash = Array(SHA512.hash(data: message))
    let e = number(hash)
    let seed = secret.bigEndianBytes + e.bigEndianBytes
    var key = [UInt8](repeating: 0, count: 64)
    var value = [UInt8](repeating: 1, count: 64)
    func keyed(_ bytes: [UInt8]) -> [UInt8] { Array(HMAC<SHA512>.authenticationCode(for: bytes, using: SymmetricKey(data: key))) }
    for marker: UInt8 in [0, 1] {
      key = keyed(value + [marker] + seed)
      value = keyed(value)
    }
    // One in two numbers of 253 bits is below L; a run of a thousand that is not would be a broken hash.
    for _ in 0..<1_000 {
      value = keyed(value)
      if let k = Scalar(canonicalBigEndian: first253Bits(of: value)), !k.isZero {
        let r = Scalar(reducing: (k * CurvePoint.base).xBytes)
        let s = k.inverse * (e + secret * r)
        if !r.isZero, !s.isZero { return r.bigEndianBytes + s.bigEndianBytes }
      }
      key = keyed(value + [0])
      value = keyed(value)
    }
    Invariant.broken("no number below the order in a thousand")
    return [UInt8](repeating: 0, count: 64)
  }

  /// 512 - 253 = 259 bits fall off the end: 32 bytes and three bits.
  private static func first253Bits(of hash: [UInt8]) -> [UInt8] {
    var carry: UInt8 = 0
    return hash.prefix(32).map { byte in
      defer { carry = byte & 7 }
      return carry << 5 | byte >> 3
    }
  }

  /// Whether `signature` was made over `message` by whoever knows the number behind `key`.
  static func verifies(_ signature: [UInt8], _ message: [UInt8], by key: CurvePoint) -> Bool {
    guard signature.count == 64, let r = Scalar(canonicalBigEndian: signature[0..<32]), let s = Scalar(canonicalBigEndian: signature[32..<64]),
      !r.isZero, !s.isZero
    else { return false }
    let inverse = s.inverse
    let e = number(Array(SHA512.hash(data: message)))
    let point = CurvePoint.sum(e * inverse, .base, r * inverse, key)
    return Scalar(reducing: point.xBytes) == r
  }
}

/// EdDSA with a secret that is no seed but a number and a prefix: what blinding makes of an Ed25519 key.
enum CurveEdDSA {
  // RFC 8032 §5.1.6, from step 2 on
  static func sign(_ message: [UInt8], with secret: Scalar, prefix: [UInt8]) -> [UInt8] {
    let key = (secret * CurvePoint.base).bytes
    let r = Scalar(reducing: SHA512.hash(data: prefix + message).map { $0 })
    let commitment = (r * CurvePoint.base).bytes
    let k = Scalar(reducing: SHA512.hash(data: commitment + key + message).map { $0 })
    return commitment + (r + k * secret).bytes
  }

  /// Whether `signature` was made over `message` by whoever knows the number behind `key`.
  static func verifies(_ signature: [UInt8], _ message: [UInt8], by key: [UInt8]) -> Bool {
    guard let key = try? Curve25519.Signing.PublicKey(rawRepresentation: key) else { return false }
    return key.isValidSignature(signature, for: message)
  }
}
