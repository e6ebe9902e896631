// Points in time as text for traces: RFC 3339 for files, seconds since the start for people. Not here: HTTP's and DNS's own forms.
public import World

extension Instant {
  /// `2026-01-01T00:00:00.042000000Z`: RFC 3339 §5.6, in UTC with nanoseconds.
  public var timestamp: String {
    let (year, month, day) = calendarDay
    let second = secondsSince1970
    let inDay = second - Instant.floorDivide(second, 86_400) * 86_400
    let fraction = nanoseconds &- second &* 1_000_000_000
    return "\(Instant.padded(year, 4))-\(Instant.padded(month, 2))-\(Instant.padded(day, 2))T"
      + "\(Instant.padded(inDay / 3_600, 2)):\(Instant.padded(inDay / 60 % 60, 2)):\(Instant.padded(inDay % 60, 2)).\(Instant.padded(fraction, 9))Z"
  }

  /// `00:00:00.042`: the time of day in UTC, with milliseconds.
  public var timeOfDay: String { String(timestamp.dropFirst(11).prefix(12)) }

  /// Year, month and day in the Gregorian calendar, counted in eras of 400 years that begin on 1 March.
  private var calendarDay: (Int64, Int64, Int64) {
    let days = Instant.floorDivide(secondsSince1970, 86_400) + 719_468
    let era = Instant.floorDivide(days, 146_097)
    let dayOfEra = days - era * 146_097
    let yearOfEra = (dayOfEra - dayOfEra / 1_460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
    let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
    let shifted = (5 * dayOfYear + 2) / 153
    let day = dayOfYear - (153 * shifted + 2) / 5 + 1
    let month = shifted < 10 ? shifted + 3 : shifted - 9
    return (yearOfEra + era * 400 + (month <= 2 ? 1 : 0), month, day)
  }

  private static func floorDivide(_ a: Int64, _ b: Int64) -> Int64 { a >= 0 ? a / b : -((b - 1 - a) / b) }

  private static func padded(_ number: Int64, _ width: Int) -> String {
    let text = String(number)
    return String(repeating: "0", count: max(0, width - text.count)) + text
  }
}

extension Duration {
  /// `+0.042`: seconds with three digits after the point, with its sign.
  public var offsetText: String {
    let (seconds, attoseconds) = components
    let total = seconds.multipliedReportingOverflow(by: 1_000).partialValue &+ attoseconds / 1_000_000_000_000_000
    let thousandths = String(total.magnitude % 1_000)
    return (total < 0 ? "-" : "+") + "\(total.magnitude / 1_000)." + String(repeating: "0", count: 3 - thousandths.count) + thousandths
  }

  /// `0.4 ms`, `42 ms`, `1.50 s`: for people, three digits that matter.
  public var shortText: String {
    let (seconds, attoseconds) = components
    let microseconds = seconds.multipliedReportingOverflow(by: 1_000_000).partialValue &+ attoseconds / 1_000_000_000_000
    let size = microseconds.magnitude
    func tenths(_ value: UInt64, _ unit: UInt64, _ places: UInt64) -> String {
      let part = String(value % unit * places / unit)
      return "\(value / unit)." + String(repeating: "0", count: (places == 10 ? 1 : 2) - part.count) + part
    }
    let text =
      switch size {
      case 0..<1_000: "\(size) µs"
      case 0..<10_000: tenths(size, 1_000, 10) + " ms"
      case 0..<1_000_000: "\(size / 1_000) ms"
      case 0..<60_000_000: tenths(size, 1_000_000, 100) + " s"
      default: "\(size / 60_000_000) min \(size / 1_000_000 % 60) s"
      }
    return microseconds < 0 ? "-" + text : text
  }
}
