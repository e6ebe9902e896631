// The dates in Set-Cookie: read token by token in whatever order they come, as browsers have always done.
// Not here: HTTP's own dates, which have three forms only (DateText.swift).
import Bytes
import World

/// Dates as Set-Cookie's Expires holds them.
// RFC 6265 §5.1.1
enum CookieDate {
  /// The instant that `text` names; nil when a part is missing or impossible.
  static func instant(of text: Buffer) -> Instant? {
    var found = Parts()
    text.withUnsafeBytes { bytes in
      var index = 0
      while index < bytes.count {
        while index < bytes.count, isDelimiter(bytes[index]) { index += 1 }
        let start = index
        while index < bytes.count, !isDelimiter(bytes[index]) { index += 1 }
        if index > start { found.take(UnsafeRawBufferPointer(rebasing: bytes[start..<index])) }
      }
    }
    return found.instant
  }

  // RFC 6265 §5.1.1 delimiter
  private static func isDelimiter(_ byte: UInt8) -> Bool {
    switch byte {
    case 0x09, 0x20...0x2F, 0x3B...0x40, 0x5B...0x60, 0x7B...0x7E: true
    default: false
    }
  }

  /// What was found so far. The first token that fits wins, in the order time, day, month, year.
  private struct Parts {
    var time: (hour: Int, minute: Int, second: Int)?
    var day: Int?
    var month: Int?
    var year: Int?

    mutating func take(_ token: UnsafeRawBufferPointer) {
      if time == nil, let time = Self.time(token) {
        self.time = time
      } else if day == nil, let (day, _) = Self.number(token, 0, 1...2) {
        self.day = day
      } else if month == nil, let month = Self.month(token) {
        self.month = month
      } else if year == nil, let (year, _) = Self.number(token, 0, 2...4) {
        self.year = year
      }
    }

    var instant: Instant? {
      guard let time, let day, let month, var year else { return nil }
      // RFC 6265 §5.1.1 steps 3 and 4
      if (70...99).contains(year) { year += 1_900 } else if (0...69).contains(year) { year += 2_000 }
      guard year >= 1_601, time.hour <= 23, time.minute <= 59, time.second <= 59 else { return nil }
      return DateText.instant(year, month, day, time.hour * 3_600 + time.minute * 60 + time.second)
    }

    /// So many digits from `start` on, followed by no further digit; the number, and where it ends.
    private static func number(_ token: UnsafeRawBufferPointer, _ start: Int, _ digits: ClosedRange<Int>) -> (value: Int, end: Int)? {
      var value = 0
      var index = start
      while index < token.count, Characters.isDigit(token[index]) {
        if index - start >= digits.upperBound { return nil }
        value = value * 10 + Int(token[index] - 0x30)
        index += 1
      }
      return index - start >= digits.lowerBound ? (value, index) : nil
    }

    // RFC 6265 §5.1.1 time
    private static func time(_ token: UnsafeRawBufferPointer) -> (hour: Int, minute: Int, second: Int)? {
      let colon = UInt8(ascii: ":")
      guard let hour = number(token, 0, 1...2), hour.end < token.count, token[hour.end] == colon,
        let minute = number(token, hour.end + 1, 1...2), minute.end < token.count, token[minute.end] == colon,
        let second = number(token, minute.end + 1, 1...2)
      else { return nil }
      return (hour.value, minute.value, second.value)
    }

    // RFC 6265 §5.1.1 month
    private static func month(_ token: UnsafeRawBufferPointer) -> Int? {
      let names: [StaticString] = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"]
      guard token.count >= 3 else { return nil }
      return names.firstIndex { token.spells($0, 0..<3) }.map { $0 + 1 }
    }
  }
}
