// The token that a node gives to who asks for peers, and wants back from who announces one: proof that he receives at his address.
// It is a keyed hash of the address and of the time in steps of five minutes: nothing is remembered about whom it was given to.
import Bytes
import World

/// Makes and judges tokens.
// BEP 5
struct NodeTokens: Sendable {
  private let key: HashKey
  private let ageSeconds: Int64

  init(key: HashKey, limits: DHTLimits) {
    self.key = key
    ageSeconds = max(1, limits.tokenAge.components.seconds)
  }

  func token(for address: Address, at now: Instant) -> Buffer { token(for: address, step: now.secondsSince1970 / ageSeconds) }

  /// Whether `token` was given to `address` in this step of time or in the one before.
  func accepts(_ token: Buffer, from address: Address, at now: Instant) -> Bool {
    let step = now.secondsSince1970 / ageSeconds
    return isSame(token, self.token(for: address, step: step)) || isSame(token, self.token(for: address, step: step - 1))
  }

  private func token(for address: Address, step: Int64) -> Buffer {
    var hash = KeyedHash(key)
    hash.add(UInt64(bitPattern: step))
    hash.add(address)
    var token = Buffer(capacity: 8)
    token.append(integer: hash.value())
    return token
  }

  /// Compares all bytes, whatever differs first: the time taken tells nothing.
  private func isSame(_ a: Buffer, _ b: Buffer) -> Bool {
    guard a.count == b.count else { return false }
    return zip(a.array, b.array).reduce(0) { $0 | ($1.0 ^ $1.1) } == 0
  }
}
