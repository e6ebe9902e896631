// The key behind an onion name, as its owner keeps it. Read next: OnionName.swift.
import Crypto

/// An Ed25519 key pair (RFC 8032 §5.1.5).
public struct OnionKey: Sendable, Hashable {
  /// What everything else follows from, to be kept secret. Unit: 32 bytes.
  public let seed: [UInt8]
  /// The name that this key is.
  public let name: OnionName

  /// The key of a seed; nil: not 32 bytes.
  public init?(seed: some Collection<UInt8>) {
    guard let key = try? Curve25519.Signing.PrivateKey(rawRepresentation: Array(seed)), let name = OnionName(key: Array(key.publicKey.rawRepresentation)) else { return nil }
    self.seed = Array(seed)
    self.name = name
  }

  /// A new key.
  public init(using random: inout some RandomNumberGenerator) {
    while true {
      if let key = OnionKey(seed: (0..<32).map { _ in UInt8.random(in: 0...255, using: &random) }) {
        self = key
        return
      }
    }
  }

  /// The scalar and the prefix that the seed stands for, as tor keeps keys (ED25519-V3 of its control protocol). Unit: 64 bytes.
  public var expanded: [UInt8] {
    var bytes = Array(SHA512.hash(data: seed))
    bytes[0] &= 248
    bytes[31] = bytes[31] & 63 | 64
    return bytes
  }
}
