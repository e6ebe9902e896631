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
    let seconds = instant.secondsSince1970
    var inDay = seconds % 86_400
    if inDay < 0 { inDay += 86_400 }
    // Counted in eras of 400 years that begin on 1 March.
    let days = (seconds - inDay) / 86_400 + 719_468
    let era = (days >= 0 ? days : days - 146_096) / 146_097
    let dayOfEra = days - era * 146_097
    let yearOfEra = (dayOfEra - dayOfEra / 1_460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
    let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
    let shifted = (5 * dayOfYear + 2) / 153
    month = Int(shifted < 10 ? shifted + 3 : shifted - 9)
    day = Int(dayOfYear - (153 * shifted + 2) / 5 + 1)
    year = Int(yearOfEra + era * 400) + (month <= 2 ? 1 : 0)
    (hour, minute, second) = (Int(inDay / 3_600), Int(inDay / 60 % 60), Int(inDay % 60))
  }

  /// Nil for what is no date, or lies outside the years 1 to 9999.
  var instant: Instant? {
    guard (1...9_999).contains(year), (1...12).contains(month), (1...Self.days(in: month, of: year)).contains(day), (0...23).contains(hour),
      (0...59).contains(minute), (0...60).contains(second)
    else { return nil }
    let shiftedYear = month <= 2 ? year - 1 : year
    let era = shiftedYear / 400
    let yearOfEra = shiftedYear - era * 400
    let dayOfYear = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1
    let days = era * 146_097 + yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear - 719_468
    let (nanoseconds, overflow) = Int64(days * 86_400 + hour * 3_600 + minute * 60 + second).multipliedReportingOverflow(by: 1_000_000_000)
    return overflow ? nil : Instant(nanoseconds: nanoseconds)
  }

  private static func days(in month: Int, of year: Int) -> Int {
    switch month {
    case 2: (year % 4 == 0 && year % 100 != 0) || year % 400 == 0 ? 29 : 28
    case 4, 6, 9, 11: 30
    default: 31
    }
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
