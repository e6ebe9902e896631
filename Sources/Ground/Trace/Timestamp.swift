// Points in time as text for traces: RFC 3339 for files, seconds since the start for people. Not here: HTTP's and DNS's own forms.
public import World

extension Instant {
  /// `2026-01-01T00:00:00.042000000Z`: RFC 3339 §5.6, in UTC with nanoseconds.
  public var timestamp: String {
    let (date, second) = CivilDate.at(secondsSince1970: secondsSince1970)
    let fraction = Int(nanoseconds &- secondsSince1970 &* 1_000_000_000)
    return "\(Instant.padded(date.year, 4))-\(Instant.padded(date.month, 2))-\(Instant.padded(date.day, 2))T"
      + "\(Instant.padded(second / 3_600, 2)):\(Instant.padded(second / 60 % 60, 2)):\(Instant.padded(second % 60, 2)).\(Instant.padded(fraction, 9))Z"
  }

  /// `00:00:00.042`: the time of day in UTC, with milliseconds.
  public var timeOfDay: String { String(timestamp.dropFirst(11).prefix(12)) }

  private static func padded(_ number: Int, _ width: Int) -> String {
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
