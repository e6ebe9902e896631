// The secret half of a zone's key: what a zone's owner signs with, blinded anew for each label.
// Read next: ZoneBlock.swift, which is what gets signed.
import Crypto

/// A zone's private key.
public struct ZoneSecret: Sendable, Hashable {
  public let kind: ZoneKind
  /// PKEY: the number d, the highest byte first, of which only the rest modulo the curve's order counts. EDKEY: the seed of RFC 8032.
  public let bytes: [UInt8]
  /// The zone this is the secret of.
  public let publicKey: ZoneKey
  /// What the base point is multiplied with.
  private let number: Scalar
  /// EDKEY: the second half of the seed's hash, which makes signatures unpredictable; empty for PKEY.
  private let prefix: [UInt8]

  /// Nil: not 32 bytes, or for PKEY a number that counts for nothing.
  public init?(_ kind: ZoneKind, _ bytes: some Collection<UInt8>) {
    guard bytes.count == 32 else { return nil }
    self.kind = kind
    self.bytes = Array(bytes)
    switch kind {
    case .pkey:
      number = Scalar(reducingBigEndian: self.bytes)
      guard !number.isZero else { return nil }
      prefix = []
    case .edkey:
      // RFC 8032 §5.1.5
      var hash = Array(SHA512.hash(data: self.bytes))
      hash[0] &= 0xF8
      hash[31] = hash[31] & 0x7F | 0x40
      number = Scalar(reducing: hash[0..<32])
      prefix = Array(hash[32...])
    }
    guard let publicKey = ZoneKey(kind, (number * CurvePoint.base).bytes) else { return nil }
    self.publicKey = publicKey
  }

  /// A new key from chance.
  public init(_ kind: ZoneKind, using chance: inout some RandomNumberGenerator) {
    while true {
      let bytes = (0..<32).map { _ in UInt8.random(in: .min ... .max, using: &chance) }
      if let secret = ZoneSecret(kind, bytes) {
        self = secret
        return
      }
    }
  }

  /// The signature of `message` with the key blinded for `label`.
  // RFC 9498 §5.1.1, §5.1.2
  func signature(of message: [UInt8], for label: ZoneLabel) -> [UInt8] {
    let blinding = publicKey.blinding(for: label)
    let blinded = Scalar(reducingBigEndian: blinding) * number
    return switch kind {
    case .pkey: CurveECDSA.sign(message, with: blinded)
    // The blinded prefix takes all 64 bytes of the blinding factor in, as they are before they are reduced.
    case .edkey: CurveEdDSA.sign(message, with: blinded, prefix: Array(SHA256.hash(data: prefix + blinding)))
    }
  }
}
