// The calendar both ways: every day of the years that dates are written in, and what is no day.
import Testing
import World

@Suite struct CivilDateTests {
  @Test func everyDayHasItsDate() throws {
    // Counted one by one, as people do.
    var (year, month, day, weekday) = (1, 1, 1, 1)
    let first = try #require(CivilDate(1, 1, 1)).dayNumber
    #expect(first == -719_162)
    for number in first...(first + 800_000) {
      let date = CivilDate(dayNumber: number)
      guard date.year == year, date.month == month, date.day == day, date.weekday == weekday, date.dayNumber == number,
        CivilDate(year, month, day) == date
      else {
        Issue.record("\(number): \(date), not \(year)-\(month)-\(day)")
        return
      }
      weekday = (weekday + 1) % 7
      day += 1
      guard CivilDate(year, month, day) == nil else { continue }
      (day, month) = (1, month + 1)
      if month == 13 { (month, year) = (1, year + 1) }
    }
    #expect(year == 2191)
  }

  @Test(arguments: [
    (2000, 2, 29, true), (1900, 2, 29, false), (2024, 2, 29, true), (2023, 2, 29, false), (2023, 4, 31, false), (2023, 12, 31, true), (2023, 0, 1, false),
    (2023, 13, 1, false), (2023, 1, 0, false), (2023, 1, 32, false), (10_000, 1, 1, false), (-1, 1, 1, false), (0, 1, 1, true),
  ])
  func daysThereAre(year: Int, month: Int, day: Int, isDay: Bool) { #expect((CivilDate(year, month, day) != nil) == isDay) }

  @Test func secondsOfADay() {
    func at(_ seconds: Int64) -> [Int] {
      let (date, second) = CivilDate.at(secondsSince1970: seconds)
      return [date.year, date.month, date.day, second]
    }
    #expect(at(0) == [1970, 1, 1, 0])
    #expect(at(-1) == [1969, 12, 31, 86_399])
    #expect(at(-86_400) == [1969, 12, 31, 0])
    #expect(at(1_767_225_600 + 3_661) == [2026, 1, 1, 3_661])
    // Far away nothing traps.
    for extreme in [Int64.min, .max] { #expect((0..<86_400).contains(CivilDate.at(secondsSince1970: extreme).second)) }
    _ = CivilDate(dayNumber: .max)
    _ = CivilDate(dayNumber: .min)
  }
}
