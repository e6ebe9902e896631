// Sets of unique identifiers as runs: a mailbox of 100,000 messages is often a handful of them.
// Not here: `*` and sequence numbers (SequenceSet.swift, SequenceMap.swift).

/// Unique identifiers of messages in one mailbox, in ascending order.
// RFC 3501 §2.3.1.1: 32 bits, not zero.
public struct UIDSet: Sendable, Hashable {
  /// Ascending, with a gap before each.
  public private(set) var ranges: [ClosedRange<UInt32>] = []

  public init() {}

  /// The identifiers in `ranges`, which may come in any order and overlap. Zero is left out.
  public init(_ ranges: some Sequence<ClosedRange<UInt32>>) {
    let sorted = ranges.compactMap { $0.upperBound == 0 ? nil : Swift.max($0.lowerBound, 1)...$0.upperBound }.sorted { $0.lowerBound < $1.lowerBound }
    for range in sorted { append(range) }
  }

  /// These identifiers, in any order.
  public init(_ uids: some Sequence<UInt32>) { self.init(uids.map { $0...$0 }) }

  public init(_ uid: UInt32) { self.init([uid...uid]) }

  /// Adds a range that begins at or after the beginning of the last one.
  private mutating func append(_ range: ClosedRange<UInt32>) {
    guard let last = ranges.last else { return ranges.append(range) }
    if last.upperBound == .max || range.lowerBound <= last.upperBound + 1 {
      ranges[ranges.count - 1] = last.lowerBound...Swift.max(last.upperBound, range.upperBound)
    } else {
      ranges.append(range)
    }
  }

  public var isEmpty: Bool { ranges.isEmpty }

  /// How many identifiers there are.
  public var count: Int { ranges.reduce(0) { $0 + $1.count } }

  public var first: UInt32? { ranges.first?.lowerBound }
  public var last: UInt32? { ranges.last?.upperBound }

  /// The place of the first range that ends at or after `uid`.
  func place(of uid: UInt32) -> Int {
    var low = 0
    var high = ranges.count
    while low < high {
      let middle = (low + high) / 2
      if ranges[middle].upperBound < uid { low = middle + 1 } else { high = middle }
    }
    return low
  }

  public func contains(_ uid: UInt32) -> Bool {
    let place = place(of: uid)
    return place < ranges.count && ranges[place].contains(uid)
  }

  public mutating func insert(_ uid: UInt32) {
    guard uid != 0 else { return }
    if let last = ranges.last, uid < last.lowerBound { formUnion(UIDSet(uid)) } else { append(uid...uid) }
  }

  public mutating func remove(_ uid: UInt32) { if contains(uid) { self = subtracting(UIDSet(uid)) } }

  public mutating func formUnion(_ other: UIDSet) { self = union(other) }

  public func union(_ other: UIDSet) -> UIDSet {
    if other.isEmpty { return self }
    if isEmpty { return other }
    var result = UIDSet()
    var (mine, theirs) = (ranges[...], other.ranges[...])
    while let next = mine.first ?? theirs.first {
      if let theirsFirst = theirs.first, mine.isEmpty || theirsFirst.lowerBound < next.lowerBound {
        result.append(theirsFirst)
        theirs.removeFirst()
      } else {
        result.append(next)
        mine.removeFirst()
      }
    }
    return result
  }

  public func intersection(_ other: UIDSet) -> UIDSet {
    var result = UIDSet()
    var (i, j) = (0, 0)
    while i < ranges.count, j < other.ranges.count {
      let (a, b) = (ranges[i], other.ranges[j])
      let (low, high) = (Swift.max(a.lowerBound, b.lowerBound), Swift.min(a.upperBound, b.upperBound))
      if low <= high { result.append(low...high) }
      if a.upperBound < b.upperBound { i += 1 } else { j += 1 }
    }
    return result
  }

  public func subtracting(_ other: UIDSet) -> UIDSet {
    guard !isEmpty, !other.isEmpty else { return self }
    var result = UIDSet()
    var j = 0
    for range in ranges {
      var low = range.lowerBound
      var isUsedUp = false
      while j < other.ranges.count, other.ranges[j].upperBound < low { j += 1 }
      var k = j
      while k < other.ranges.count, other.ranges[k].lowerBound <= range.upperBound {
        if other.ranges[k].lowerBound > low { result.append(low...(other.ranges[k].lowerBound - 1)) }
        if other.ranges[k].upperBound >= range.upperBound {
          isUsedUp = true
          break
        }
        low = other.ranges[k].upperBound + 1
        k += 1
      }
      j = k
      if !isUsedUp { result.append(low...range.upperBound) }
    }
    return result
  }

  /// Takes up to `count` identifiers off the front.
  public mutating func takeFirst(_ count: Int) -> UIDSet {
    var taken = UIDSet()
    var left = count
    var whole = 0
    while left > 0, whole < ranges.count {
      let range = ranges[whole]
      if range.count <= left {
        taken.ranges.append(range)
        left -= range.count
        whole += 1
      } else {
        let end = range.lowerBound + UInt32(left) - 1
        taken.ranges.append(range.lowerBound...end)
        ranges[whole] = (end + 1)...range.upperBound
        left = 0
      }
    }
    ranges.removeFirst(whole)
    return taken
  }
}

extension UIDSet: Sequence {
  /// One identifier after the other.
  public func makeIterator() -> AnyIterator<UInt32> {
    var place = 0
    var next = ranges.first.map(\.lowerBound)
    return AnyIterator {
      guard let uid = next else { return nil }
      if uid < ranges[place].upperBound {
        next = uid + 1
      } else {
        place += 1
        next = place < ranges.count ? ranges[place].lowerBound : nil
      }
      return uid
    }
  }
}

extension UIDSet: CustomStringConvertible {
  // RFC 4315 §4 uid-set
  public var description: String {
    ranges.map { $0.count == 1 ? "\($0.lowerBound)" : "\($0.lowerBound):\($0.upperBound)" }.joined(separator: ",")
  }
}
