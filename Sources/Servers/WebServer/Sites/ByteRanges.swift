// The Range field: which stretches of a file are wanted, and whether that is reasonable.
// Not here: If-Range (Preconditions), the answer (SiteResponder).
import Bytes

/// What a Range field comes to for a file of a known size.
enum ByteRanges: Hashable, Sendable {
  /// Not for us to follow: another unit, not in the grammar, or more than is reasonable. The whole file is sent.
  case ignored
  /// In the grammar, but nothing of it lies in the file.
  case unsatisfiable
  /// At least one stretch, none empty, none overlapping.
  case wanted([Range<Int64>])

  /// Reads the field's value.
  // RFC 9110 §14.1.2: `bytes=0-99`, `bytes=100-`, `bytes=-50`, and lists of them.
  init(_ value: Buffer, size: Int64, rangesMax: Int) {
    let bytes = value.array
    guard bytes.count > 6, String(decoding: bytes[..<6], as: UTF8.self).lowercased() == "bytes=" else {
      self = .ignored
      return
    }
    var ranges: [Range<Int64>] = []
    var given = 0
    for element in bytes[6...].split(separator: UInt8(ascii: ","), omittingEmptySubsequences: true) {
      let words = Self.trimmed(element)
      if words.isEmpty { continue }
      given += 1
      guard given <= rangesMax, let range = Self.range(words, size: size) else {
        self = .ignored
        return
      }
      if !range.isEmpty { ranges.append(range) }
    }
    if given == 0 {
      self = .ignored
    } else if ranges.isEmpty {
      self = .unsatisfiable
    } else {
      self = Self.reasonable(ranges, size: size)
    }
  }

  /// Overlapping stretches are joined; a request for more than the whole gets the whole.
  // RFC 9110 §14.2, §17.15: many small or overlapping ranges are an attack.
  private static func reasonable(_ ranges: [Range<Int64>], size: Int64) -> ByteRanges {
    var sum: Int64 = 0
    for range in ranges {
      sum += range.upperBound - range.lowerBound
      if sum > size { return .ignored }
    }
    let sorted = ranges.sorted { $0.lowerBound < $1.lowerBound }
    var joined: [Range<Int64>] = []
    for range in sorted {
      if let last = joined.last, range.lowerBound <= last.upperBound {
        joined[joined.count - 1] = last.lowerBound..<max(last.upperBound, range.upperBound)
      } else {
        joined.append(range)
      }
    }
    // RFC 9110 §15.3.7.2: in the order asked for, where nothing had to be joined.
    return .wanted(joined.count == ranges.count ? ranges : joined)
  }

  /// One range; empty when it lies outside the file; nil when it is not in the grammar.
  private static func range(_ words: ArraySlice<UInt8>, size: Int64) -> Range<Int64>? {
    guard let dash = words.firstIndex(of: UInt8(ascii: "-")) else { return nil }
    let first = words[..<dash]
    let last = words[(dash + 1)...]
    if first.isEmpty {
      guard let length = number(last) else { return nil }
      return max(0, size - min(length, size))..<size
    }
    guard let low = number(first) else { return nil }
    guard let high = last.isEmpty ? Int64.max - 1 : number(last), high >= low else { return nil }
    return low < size ? low..<min(size, high + 1) : 0..<0
  }

  /// Digits only. What does not fit is as good as the largest number: no file is that long.
  private static func number(_ digits: ArraySlice<UInt8>) -> Int64? {
    guard !digits.isEmpty, digits.allSatisfy({ $0 >= 0x30 && $0 <= 0x39 }) else { return nil }
    let value = Int64(String(decoding: digits, as: UTF8.self)) ?? Int64.max
    return min(value, Int64.max - 1)
  }

  private static func trimmed(_ bytes: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
    let isBlank = { (byte: UInt8) in byte == 0x20 || byte == 0x09 }
    let rest = bytes.drop(while: isBlank)
    return rest.dropLast(rest.reversed().prefix(while: isBlank).count)
  }
}
