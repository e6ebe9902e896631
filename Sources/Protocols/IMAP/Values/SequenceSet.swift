// The sets of numbers in commands, as the client writes them: `2,4:7,12:*`. What they mean depends on the mailbox (SequenceMap.swift).

/// Message numbers or unique identifiers as written.
// RFC 3501 §9 sequence-set
public struct SequenceSet: Sendable, Hashable {
  /// A number, or the largest one there is.
  public enum Bound: Sendable, Hashable {
    case number(UInt32)
    /// `*`
    case last
  }

  /// One element: a number, or two with everything between them, in either order.
  public struct Span: Sendable, Hashable {
    public var from: Bound
    public var to: Bound

    public init(_ from: Bound, _ to: Bound) {
      self.from = from
      self.to = to
    }
  }

  public var spans: [Span]

  public init(_ spans: [Span]) { self.spans = spans }

  /// The set that names `uids`.
  public init(_ uids: UIDSet) { spans = uids.ranges.map { Span(.number($0.lowerBound), .number($0.upperBound)) } }

  /// Everything: `1:*`.
  public static let all = SequenceSet([Span(.number(1), .last)])

  /// What the set comes to where the largest number is `last`, in order, each number once.
  // RFC 3501 §9 seq-range: 2:4 and 4:2 are the same, and 3:* includes the last one even when that is smaller than 3.
  public func numbers(last: UInt32) -> UIDSet {
    UIDSet(
      spans.map { span in
        let (from, to) = (span.from.value(last: last), span.to.value(last: last))
        return min(from, to)...max(from, to)
      })
  }

  /// Whether `*` stands in it.
  public var namesLast: Bool { spans.contains { $0.from == .last || $0.to == .last } }
}

extension SequenceSet.Bound: CustomStringConvertible {
  func value(last: UInt32) -> UInt32 {
    switch self {
    case .number(let number): number
    case .last: last
    }
  }

  public var description: String {
    switch self {
    case .number(let number): "\(number)"
    case .last: "*"
    }
  }
}

extension SequenceSet: CustomStringConvertible {
  public var description: String { spans.map { $0.from == $0.to ? "\($0.from)" : "\($0.from):\($0.to)" }.joined(separator: ",") }
}
