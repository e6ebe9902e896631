// The calendar: a day's number as a date and back, counted here and nowhere else. Always UTC.
// Not here: how a date is written, which is each protocol's own (HTTP/DateText, Mail/MailDate, IMAP/Dates, FTP/CivilTime, Trace/Timestamp).

/// A date of the Gregorian calendar, also before there was one.
public struct CivilDate: Sendable, Hashable {
  public var year: Int
  /// From 1.
  public var month: Int
  /// From 1.
  public var day: Int

  /// Nil: there is no such day. Years are those a date has room for, 0 to 9999.
  public init?(_ year: Int, _ month: Int, _ day: Int) {
    guard (0...9_999).contains(year), (1...12).contains(month), day >= 1, day <= Self.length(of: month, in: year) else { return nil }
    (self.year, self.month, self.day) = (year, month, day)
  }

  /// The date of a day counted from 1970-01-01.
  public init(dayNumber: Int64) {
    // Counted in eras of 400 years that begin on 1 March, so that a leap day is the last of its year.
    let days = dayNumber &+ 719_468
    let era = (days >= 0 ? days : days - 146_096) / 146_097
    let dayOfEra = days - era * 146_097
    let yearOfEra = (dayOfEra - dayOfEra / 1_460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
    let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
    let shifted = (5 * dayOfYear + 2) / 153
    month = Int(shifted < 10 ? shifted + 3 : shifted - 9)
    day = Int(dayOfYear - (153 * shifted + 2) / 5 + 1)
    year = Int(yearOfEra + era * 400) + (month <= 2 ? 1 : 0)
  }

  /// Days since 1970-01-01.
  public var dayNumber: Int64 {
    let shifted = month <= 2 ? year - 1 : year
    let era = (shifted >= 0 ? shifted : shifted - 399) / 400
    let yearOfEra = shifted - era * 400
    let dayOfYear = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1
    return Int64(era * 146_097 + yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear - 719_468)
  }

  /// 0 is Sunday.
  public var weekday: Int { Int(((dayNumber + 4) % 7 + 7) % 7) }

  private static func length(of month: Int, in year: Int) -> Int {
    switch month {
    case 2: year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) ? 29 : 28
    case 4, 6, 9, 11: 30
    default: 31
    }
  }
}

extension CivilDate {
  /// The date, and the second of its day, of so many seconds since 1970.
  public static func at(secondsSince1970 seconds: Int64) -> (date: CivilDate, second: Int) {
    let (quotient, rest) = seconds.quotientAndRemainder(dividingBy: 86_400)
    let day = rest < 0 ? quotient - 1 : quotient
    return (CivilDate(dayNumber: day), Int(rest < 0 ? rest + 86_400 : rest))
  }
}
