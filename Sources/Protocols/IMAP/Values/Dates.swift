// The two forms of dates in the protocol: a day, and a moment with its time zone.
public import World

/// A day, without a place.
// RFC 3501 §9 date
public struct Day: Sendable, Hashable, Comparable {
  /// Unit: days since 1970-01-01.
  public var number: Int64

  public init(number: Int64) { self.number = number }

  /// The day with this date; nil: there is no such day.
  public init?(year: Int, month: Int, day: Int) {
    guard year > 0, let date = CivilDate(year, month, day) else { return nil }
    number = date.dayNumber
  }

  /// Its date.
  public var date: CivilDate { CivilDate(dayNumber: number) }

  public static func < (a: Day, b: Day) -> Bool { a.number < b.number }

  static let months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
}

extension Day: CustomStringConvertible {
  /// `1-Feb-1994`
  public var description: String {
    let date = date
    return "\(date.day)-\(Self.months[date.month - 1])-\(padded(date.year, to: 4))"
  }
}

/// When a message came to the server, with the time zone it was told in.
// RFC 3501 §2.3.3
public struct InternalDate: Sendable, Hashable {
  /// Unit: seconds since 1970-01-01T00:00:00Z.
  public var seconds: Int64
  /// East of Greenwich. Unit: minutes.
  public var zone: Int16

  public init(seconds: Int64, zone: Int16 = 0) {
    self.seconds = seconds
    self.zone = zone
  }

  public init(_ instant: Instant) { self.init(seconds: instant.secondsSince1970) }

  /// The day it was where it was told; searches compare this one.
  // RFC 3501 §6.4.4: "disregarding time and timezone".
  public var day: Day { Day(number: floored(local, 86_400)) }

  private var local: Int64 { seconds &+ Int64(zone) * 60 }
}

extension InternalDate: CustomStringConvertible {
  /// `17-Jul-1996 02:44:25 -0700`, with a space before a day of one digit.
  // RFC 3501 §9 date-time
  public var description: String {
    // A year has four digits: what lies outside is shown as the nearest that can be.
    let range = Self.earliest...Self.latest
    let clamped = min(max(local, range.lowerBound), range.upperBound)
    let day = Day(number: floored(clamped, 86_400))
    let time = Int(clamped - day.number * 86_400)
    let text = day.description
    let minutes = Int(zone.magnitude)
    return (text.utf8.first == nil || day.date.day >= 10 ? text : " " + text)
      + " \(padded(time / 3_600, to: 2)):\(padded(time / 60 % 60, to: 2)):\(padded(time % 60, to: 2))"
      + " \(zone < 0 ? "-" : "+")\(padded(minutes / 60, to: 2))\(padded(minutes % 60, to: 2))"
  }

  /// 0001-01-01 and the end of 9999-12-31.
  private static let earliest: Int64 = -62_135_596_800
  private static let latest: Int64 = 253_402_300_799
}

private func floored(_ value: Int64, _ divisor: Int64) -> Int64 {
  let (quotient, rest) = value.quotientAndRemainder(dividingBy: divisor)
  return rest < 0 ? quotient - 1 : quotient
}

private func padded(_ number: Int, to digits: Int) -> String {
  let text = "\(number)"
  return String(repeating: "0", count: max(0, digits - text.utf8.count)) + text
}
