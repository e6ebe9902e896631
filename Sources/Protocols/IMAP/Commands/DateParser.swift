// Dates in commands and responses.
import Bytes
import World

extension Scanner {
  // RFC 3501 §9 date: with or without quotes.
  mutating func date() throws(SyntaxError) -> Day {
    let isQuoted = skip(UInt8(ascii: "\""))
    let start = index
    let day = try digits(1...2, "date-day")
    let found = try monthAndYear(day, from: start)
    if isQuoted { try expect("\"", "DQUOTE") }
    return found
  }

  /// `-Feb-1994` behind a day.
  private mutating func monthAndYear(_ day: Int, from start: Int) throws(SyntaxError) -> Day {
    try expect("-", "-")
    let place = index
    let letters = index + 3 <= bytes.count ? String(decoding: bytes[index..<(index + 3)], as: UTF8.self) : ""
    guard let month = Day.months.firstIndex(where: { Keyword.areSame($0, letters) }) else { throw failure("date-month") }
    index = place + 3
    try expect("-", "-")
    let year = try digits(4...4, "date-year")
    guard let found = Day(year: year, month: month + 1, day: day) else {
      index = start
      throw failure("a day there is")
    }
    return found
  }

  // RFC 3501 §9 date-time
  mutating func dateTime() throws(SyntaxError) -> InternalDate {
    try expect("\"", "DQUOTE")
    let start = index
    let dayOfMonth = skip(UInt8(ascii: " ")) ? try digits(1...1, "DIGIT") : try digits(2...2, "date-day-fixed")
    let day = try monthAndYear(dayOfMonth, from: start)
    try space()
    let hour = try part(0...23)
    try expect(":", ":")
    let minute = try part(0...59)
    try expect(":", ":")
    // A leap second is the second after 59.
    let second = try part(0...60)
    try space()
    let isWest = next == UInt8(ascii: "-")
    guard isWest || next == UInt8(ascii: "+") else { throw failure("zone") }
    index += 1
    let hours = try part(0...23)
    let minutes = try part(0...59)
    try expect("\"", "DQUOTE")
    let zone = (hours * 60 + minutes) * (isWest ? -1 : 1)
    return InternalDate(seconds: day.number * 86_400 + Int64(hour * 3_600 + minute * 60 + second - zone * 60), zone: Int16(zone))
  }

  /// Two digits in a range.
  private mutating func part(_ range: ClosedRange<Int>) throws(SyntaxError) -> Int {
    let start = index
    let number = try digits(2...2, "2DIGIT")
    guard range.contains(number) else {
      index = start
      throw failure("\(range.lowerBound) to \(range.upperBound)")
    }
    return number
  }

  private mutating func digits(_ count: ClosedRange<Int>, _ expected: String) throws(SyntaxError) -> Int {
    let start = index
    var value = 0
    while index - start < count.upperBound, let byte = next, CharacterClass.digits.contains(byte) {
      value = value * 10 + Int(byte - 0x30)
      index += 1
    }
    guard count.contains(index - start) else { throw failure(expected) }
    return value
  }
}
