// A short hash that nobody can compute without the key: connection ids and DHT tokens are made of it, so that nothing has to be remembered
// about whom they were given to. SipHash-2-4 (Aumasson and Bernstein, 2012), over whole words of eight bytes.
// Not here: hashes without a key (swift-crypto has them).
import World

/// A secret for `KeyedHash`.
public struct HashKey: Sendable, Hashable {
  var first: UInt64
  var second: UInt64

  public init(_ first: UInt64, _ second: UInt64) {
    self.first = first
    self.second = second
  }

  /// A key by chance. For secrets the generator must be the system's.
  public init(using random: inout some RandomNumberGenerator) {
    self.init(random.next(), random.next())
  }
}

/// SipHash-2-4 over words.
struct KeyedHash {
  private var v0: UInt64
  private var v1: UInt64
  private var v2: UInt64
  private var v3: UInt64
  private var words: UInt64 = 0

  init(_ key: HashKey) {
    v0 = key.first ^ 0x736F_6D65_7073_6575
    v1 = key.second ^ 0x646F_7261_6E64_6F6D
    v2 = key.first ^ 0x6C79_6765_6E65_7261
    v3 = key.second ^ 0x7465_6462_7974_6573
  }

  /// Adds eight bytes, the first one lowest.
  mutating func add(_ word: UInt64) {
    words &+= 1
    absorb(word)
  }

  /// Adds an address.
  mutating func add(_ address: Address) {
    switch address {
    case .v4(let value): add(UInt64(value))
    case .v6(let high, let low):
      add(high)
      add(low)
    }
  }

  /// The hash of what was added and of up to seven bytes more.
  consuming func value(tail: UInt64 = 0, tailBytes: UInt64 = 0) -> UInt64 {
    absorb((words &* 8 &+ tailBytes) << 56 | tail)
    v2 ^= 0xFF
    for _ in 0..<4 { round() }
    return v0 ^ v1 ^ v2 ^ v3
  }

  private mutating func absorb(_ word: UInt64) {
    v3 ^= word
    round()
    round()
    v0 ^= word
  }

  private mutating func round() {
    v0 = v0 &+ v1
    v2 = v2 &+ v3
    v1 = (v1 << 13 | v1 >> 51) ^ v0
    v3 = (v3 << 16 | v3 >> 48) ^ v2
    v0 = v0 << 32 | v0 >> 32
    v2 = v2 &+ v1
    v0 = v0 &+ v3
    v1 = (v1 << 17 | v1 >> 47) ^ v2
    v3 = (v3 << 21 | v3 >> 43) ^ v0
    v2 = v2 << 32 | v2 >> 32
  }
}
