// The connection id of BEP 15: proof that somebody receives at the address he sends from, so that nobody makes a tracker flood another.
// It holds the second it was made in and a keyed hash of that second and the address: the tracker keeps no table of them.
// Not here: the messages it stands in (UDPTrackerRequest.swift).
public import World

/// Makes and judges connection ids.
public struct ConnectionIDs: Sendable {
  private let key: HashKey
  private let start: Int64
  private let acceptedSeconds: Int64

  /// Ids of a tracker that began at `start`. All threads and addresses of one tracker share one value.
  public init(key: HashKey, since start: Instant, limits: TrackerLimits = TrackerLimits()) {
    self.key = key
    self.start = start.secondsSince1970
    acceptedSeconds = limits.connectionIDAcceptedMax.components.seconds
  }

  /// The id for `address`.
  public func id(for address: Address, at now: Instant) -> UInt64 { id(for: address, second: second(at: now)) }

  /// Whether `id` was given to `address` a short while ago.
  public func accepts(_ id: UInt64, from address: Address, at now: Instant) -> Bool {
    let second = UInt32(truncatingIfNeeded: id >> 32)
    let age = self.second(at: now) &- second
    // All of it is compared, whatever differs first: the time taken tells nothing.
    let difference = id ^ self.id(for: address, second: second)
    return difference == 0 && Int64(age) <= acceptedSeconds
  }

  private func id(for address: Address, second: UInt32) -> UInt64 {
    var hash = KeyedHash(key)
    hash.add(UInt64(second))
    hash.add(address)
    return UInt64(second) << 32 | hash.value() & 0xFFFF_FFFF
  }

  /// Unit: seconds since the tracker began. A later one than now is, as a difference, very old.
  private func second(at now: Instant) -> UInt32 { UInt32(truncatingIfNeeded: now.secondsSince1970 &- start) }
}
