// The Range field: which bytes of a representation are wanted, judged against its length.
// Read before: Preconditions.swift, which says whether the field counts at all.
public import Bytes

/// What a Range field comes to for a representation of a known length.
public enum ByteRanges: Sendable, Hashable {
  /// Send everything: there is no usable range, or sending parts would cost more than the whole.
  case whole
  /// Send these, at least one: satisfiable, none overlapping another, together at most the whole.
  case parts([Range<Int64>])
  /// Answer 416.
  case unsatisfiable

  /// Most ranges of one request. Unit: ranges. Past it: the whole is sent.
  static var rangesMax: Int { 16 }

  /// Reads `value`. Anything that is not a list of byte ranges is ignored.
  // RFC 9110 §14.1.2, §14.2
  public init(parsing value: Buffer, length: Int64) {
    guard let specs = Self.specs(value) else {
      self = .whole
      return
    }
    var parts: [Range<Int64>] = []
    var sum: Int64 = 0
    for spec in specs {
      guard let part = spec.resolved(length) else { continue }
      parts.append(part)
      let (total, overflow) = sum.addingReportingOverflow(part.upperBound - part.lowerBound)
      sum = total
      // RFC 9110 §14.2: a server may ignore ranges that ask for more than there is.
      if parts.count > 1, overflow || sum > length {
        self = .whole
        return
      }
    }
    self = parts.isEmpty ? .unsatisfiable : .parts(Self.merged(parts))
  }

  /// Overlapping and touching parts become one; then they stand in the order of the bytes. Without any, the client's order stays.
  // RFC 9110 §15.3.7.2
  private static func merged(_ parts: [Range<Int64>]) -> [Range<Int64>] {
    var merged: [Range<Int64>] = []
    for part in parts.sorted(by: { $0.lowerBound < $1.lowerBound }) {
      if let last = merged.last, part.lowerBound <= last.upperBound {
        merged[merged.count - 1] = last.lowerBound..<Swift.max(last.upperBound, part.upperBound)
      } else {
        merged.append(part)
      }
    }
    return merged.count == parts.count ? parts : merged
  }

  /// One range as written.
  private enum Spec {
    case from(Int64, through: Int64?)
    case last(Int64)

    func resolved(_ length: Int64) -> Range<Int64>? {
      switch self {
      case .from(let first, let last):
        guard first < length else { return nil }
        // One past the last byte; a last byte beyond the end means the end.
        return first..<Swift.min(length, (last ?? (length - 1)).addingReportingOverflow(1).overflow ? length : (last ?? (length - 1)) + 1)
      case .last(let count):
        guard count > 0, length > 0 else { return nil }
        return Swift.max(0, length - count)..<length
      }
    }
  }

  private static func specs(_ value: Buffer) -> [Spec]? {
    value.withUnsafeBytes { bytes in
      let equals = bytes.first(UInt8(ascii: "="), in: 0, bytes.count)
      guard equals < bytes.count, bytes.spells("bytes", 0..<equals) else { return nil }
      var specs: [Spec]? = []
      bytes.eachElement(of: (equals + 1)..<bytes.count) { element in
        // RFC 9110 §5.6.1.2: empty elements of a list are passed over.
        if element.isEmpty { return true }
        guard let spec = spec(bytes, element), (specs?.count ?? 0) < rangesMax else {
          specs = nil
          return false
        }
        specs?.append(spec)
        return true
      }
      return specs?.isEmpty == true ? nil : specs
    }
  }

  // RFC 9110 §14.1.1 range-spec
  private static func spec(_ bytes: UnsafeRawBufferPointer, _ range: Range<Int>) -> Spec? {
    let dash = bytes.first(UInt8(ascii: "-"), in: range.lowerBound, range.upperBound)
    guard dash < range.upperBound else { return nil }
    let last = dash + 1 < range.upperBound ? number(bytes, (dash + 1)..<range.upperBound) : nil
    if dash + 1 < range.upperBound, last == nil { return nil }
    if dash == range.lowerBound { return last.map { .last($0) } }
    guard let first = number(bytes, range.lowerBound..<dash), last.map({ $0 >= first }) ?? true else { return nil }
    return .from(first, through: last)
  }

  private static func number(_ bytes: UnsafeRawBufferPointer, _ range: Range<Int>) -> Int64? {
    var value: Int64 = 0
    for index in range {
      guard Characters.isDigit(bytes[index]) else { return nil }
      let (product, overflow) = value.multipliedReportingOverflow(by: 10)
      let (sum, overflow2) = product.addingReportingOverflow(Int64(bytes[index] - 0x30))
      // A number too large for us is beyond every end.
      value = overflow || overflow2 ? .max : sum
    }
    return value
  }
}
