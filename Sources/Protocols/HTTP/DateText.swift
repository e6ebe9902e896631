// HTTP's dates: written in one form, read in all three.
// Not here: the calendar (World/CivilDate.swift), the clock. Instants come in as values.
public import Bytes
public import World

/// Dates as HTTP writes them.
// RFC 9110 §5.6.7 HTTP-date
public enum DateText {
  static let days: [StaticString] = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"]
  static let longDays: [StaticString] = ["Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"]
  static let months: [StaticString] = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]

  /// `Sun, 06 Nov 1994 08:49:37 GMT`. Years past 9999 are written as 9999's last second, before 0 as its first.
  public static func bytes(of instant: Instant) -> Buffer {
    let seconds = min(max(instant.secondsSince1970, -62_167_219_200), 253_402_300_799)
    let (date, second) = CivilDate.at(secondsSince1970: seconds)
    var out = Buffer(capacity: 29)
    out.append(days[date.weekday])
    out.append(", " as StaticString)
    append(date.day, to: &out)
    out.append(" " as StaticString)
    out.append(months[date.month - 1])
    out.append(" " as StaticString)
    append(date.year / 100, to: &out)
    append(date.year % 100, to: &out)
    out.append(" " as StaticString)
    append(second / 3_600, to: &out)
    out.append(":" as StaticString)
    append(second / 60 % 60, to: &out)
    out.append(":" as StaticString)
    append(second % 60, to: &out)
    out.append(" GMT" as StaticString)
    return out
  }

  /// The instant that `text` names: IMF-fixdate, RFC 850's form, or asctime's. `now` decides the century of two-digit years.
  /// Nil for anything else.
  public static func instant(of text: Buffer, now: Instant) -> Instant? {
    text.withUnsafeBytes { bytes in
      guard bytes.count >= 24, bytes.count <= 33 else { return nil }
      if bytes[3] == UInt8(ascii: ",") { return fixed(bytes) }
      if bytes[3] == UInt8(ascii: " ") { return asctime(bytes) }
      return obsolete(bytes, now)
    }
  }

  private static func append(_ number: Int, to out: inout Buffer) {
    out.append(UInt8(truncatingIfNeeded: 0x30 + number / 10))
    out.append(UInt8(truncatingIfNeeded: 0x30 + number % 10))
  }

  // RFC 9110 §5.6.7 IMF-fixdate: `Sun, 06 Nov 1994 08:49:37 GMT`
  private static func fixed(_ bytes: UnsafeRawBufferPointer) -> Instant? {
    guard bytes.count == 29, index(of: bytes, at: 0, in: days) != nil, bytes[4] == 0x20, bytes[7] == 0x20, bytes[11] == 0x20, bytes[16] == 0x20,
      holds(bytes, " GMT", at: 25), let day = number(bytes, 5, 2), let month = index(of: bytes, at: 8, in: months), let year = number(bytes, 12, 4),
      let second = time(bytes, 17)
    else { return nil }
    return instant(year, month + 1, day, second)
  }

  // RFC 9110 §5.6.7 rfc850-date: `Sunday, 06-Nov-94 08:49:37 GMT`
  private static func obsolete(_ bytes: UnsafeRawBufferPointer, _ now: Instant) -> Instant? {
    guard let name = longDays.first(where: { holds(bytes, $0, at: 0) }) else { return nil }
    let at = name.utf8CodeUnitCount
    guard bytes.count == at + 24, holds(bytes, ", ", at: at), bytes[at + 4] == 0x2D, bytes[at + 8] == 0x2D, bytes[at + 11] == 0x20,
      holds(bytes, " GMT", at: at + 20), let day = number(bytes, at + 2, 2), let month = index(of: bytes, at: at + 5, in: months),
      let short = number(bytes, at + 9, 2), let second = time(bytes, at + 12)
    else { return nil }
    // RFC 9110 §5.6.7: a two-digit year more than 50 years ahead is the last such year in the past.
    let thisYear = CivilDate.at(secondsSince1970: now.secondsSince1970).date.year
    var year = thisYear / 100 * 100 + short
    if year > thisYear + 50 { year -= 100 }
    return instant(year, month + 1, day, second)
  }

  // RFC 9110 §5.6.7 asctime-date: `Sun Nov  6 08:49:37 1994`
  private static func asctime(_ bytes: UnsafeRawBufferPointer) -> Instant? {
    guard bytes.count == 24, index(of: bytes, at: 0, in: days) != nil, bytes[7] == 0x20, bytes[10] == 0x20, bytes[19] == 0x20,
      let month = index(of: bytes, at: 4, in: months), let day = bytes[8] == 0x20 ? number(bytes, 9, 1) : number(bytes, 8, 2),
      let second = time(bytes, 11), let year = number(bytes, 20, 4)
    else { return nil }
    return instant(year, month + 1, day, second)
  }

  /// The instant of a second of a day; nil when there is no such day.
  static func instant(_ year: Int, _ month: Int, _ day: Int, _ second: Int) -> Instant? {
    guard let date = CivilDate(year, month, day) else { return nil }
    let seconds = date.dayNumber * 86_400 + Int64(second)
    // An instant counts nanoseconds in 64 bits: the years 1678 to 2262 fit, what lies outside counts as its end.
    return Instant(secondsSince1970: min(max(seconds, -9_223_372_036), 9_223_372_036))
  }

  private static func time(_ bytes: UnsafeRawBufferPointer, _ at: Int) -> Int? {
    guard let hour = number(bytes, at, 2), let minute = number(bytes, at + 3, 2), let second = number(bytes, at + 6, 2), bytes[at + 2] == 0x3A,
      bytes[at + 5] == 0x3A, hour < 24, minute < 60, second <= 60
    else { return nil }
    // A leap second counts as the second before it.
    return hour * 3_600 + minute * 60 + min(second, 59)
  }

  private static func number(_ bytes: UnsafeRawBufferPointer, _ at: Int, _ length: Int) -> Int? {
    var value = 0
    for byte in bytes[at..<(at + length)] {
      guard Characters.isDigit(byte) else { return nil }
      value = value * 10 + Int(byte - 0x30)
    }
    return value
  }

  private static func holds(_ bytes: UnsafeRawBufferPointer, _ text: StaticString, at start: Int) -> Bool {
    guard bytes.count >= start + text.utf8CodeUnitCount else { return false }
    for offset in 0..<text.utf8CodeUnitCount where bytes[start + offset] != text.utf8Start[offset] { return false }
    return true
  }

  private static func index(of bytes: UnsafeRawBufferPointer, at start: Int, in names: [StaticString]) -> Int? {
    names.firstIndex { holds(bytes, $0, at: start) }
  }
}

/// The `Date` line of responses, made anew once a second.
struct DateLine: Sendable {
  private var second = Int64.min
  private var line = Buffer()

  /// `Date: …` with its CRLF, for `now`.
  // RFC 9110 §6.6.1
  @inline(__always)
  mutating func bytes(at now: Instant) -> Buffer {
    let current = now.secondsSince1970
    if current != second { renew(now, current) }
    return line
  }

  @inline(never)
  private mutating func renew(_ now: Instant, _ current: Int64) {
    second = current
    line = Buffer(capacity: 37)
    line.append("Date: " as StaticString)
    line.append(DateText.bytes(of: now))
    line.append("\r\n" as StaticString)
  }
}
