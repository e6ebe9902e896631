// Points in time as FTP writes them: fourteen digits for programs, the columns of `ls` for people. Always UTC.
public import Bytes
public import World

/// A date and a time of day in UTC.
struct CivilTime: Sendable, Hashable {
  var year: Int
  /// From 1.
  var month: Int
  var day: Int
  var hour = 0
  var minute = 0
  var second = 0

  init(_ year: Int, _ month: Int, _ day: Int, _ hour: Int = 0, _ minute: Int = 0, _ second: Int = 0) {
    (self.year, self.month, self.day, self.hour, self.minute, self.second) = (year, month, day, hour, minute, second)
  }

  init(_ instant: Instant) {
    let (date, inDay) = CivilDate.at(secondsSince1970: instant.secondsSince1970)
    self.init(date.year, date.month, date.day, inDay / 3_600, inDay / 60 % 60, inDay % 60)
  }

  /// Nil for what is no date, or lies outside the years 1 to 9999.
  var instant: Instant? {
    guard year > 0, let date = CivilDate(year, month, day), (0...23).contains(hour), (0...59).contains(minute), (0...60).contains(second) else {
      return nil
    }
    let (nanoseconds, overflow) = (date.dayNumber * 86_400 + Int64(hour * 3_600 + minute * 60 + second)).multipliedReportingOverflow(by: 1_000_000_000)
    return overflow ? nil : Instant(nanoseconds: nanoseconds)
  }

  static let months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]

  static func padded(_ number: Int, _ width: Int) -> String {
    let text = String(number)
    return String(repeating: "0", count: max(0, width - text.utf8.count)) + text
  }
}

/// `20260314092653`
// RFC 3659 §2.3 time-val
public enum TimeValue {
  public static func text(_ instant: Instant) -> String {
    let time = CivilTime(instant)
    return CivilTime.padded(time.year, 4) + [time.month, time.day, time.hour, time.minute, time.second].map { CivilTime.padded($0, 2) }.joined()
  }

  /// Nil for what is none. A fraction after a point is passed over.
  public static func instant(_ text: Buffer) -> Instant? {
    guard text.count >= 14, text.count == 14 || text[at: 14] == UInt8(ascii: "."), CharacterClass.digits.containsAll(text[0..<14].array),
      text.count == 14 || (text.count > 15 && CharacterClass.digits.containsAll(text[15..<text.count].array))
    else { return nil }
    let digits = text[0..<14].array.map { Int($0 - 0x30) }
    func number(_ range: Range<Int>) -> Int { digits[range].reduce(0) { $0 * 10 + $1 } }
    return CivilTime(number(0..<4), number(4..<6), number(6..<8), number(8..<10), number(10..<12), number(12..<14)).instant
  }
}
