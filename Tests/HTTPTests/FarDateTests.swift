// Dates that no instant can hold, in the fields where any client can send them.
import Bytes
import HTTP
import TestKit
import Testing
import World

@Suite("Far dates")
struct FarDateTests {
  static let dates = [
    "Sat, 01 Jan 0000 00:00:00 GMT", "Wed, 01 Jan 1000 00:00:00 GMT", "Tue, 20 Sep 1677 23:59:59 GMT", "Thu, 11 Apr 2263 00:00:00 GMT",
    "Fri, 31 Dec 9999 23:59:60 GMT", "Sat Jan  1 00:00:00 0000",
  ]

  @Test("count as the end of time that is nearer", .spec("RFC 9110", "5.6.7"), arguments: dates)
  func reading(_ date: String) {
    let instant = DateText.instant(of: Buffer(date), now: .simulationStart)
    #expect(instant != nil)
    #expect(abs(instant?.secondsSince1970 ?? 0) == 9_223_372_036)
  }

  @Test("are compared like any other", .spec("RFC 9110", "13.1.3"), arguments: dates, ["If-Modified-Since", "If-Unmodified-Since", "If-Range"])
  func comparing(_ date: String, _ field: String) throws {
    var reader = RequestReader()
    var bytes = Buffer("GET / HTTP/1.1\r\nHost: a\r\n\(field): \(date)\r\n\r\n")
    let head = try #require(try reader.next(from: &bytes))
    let current = Preconditions.Current(lastModified: .simulationStart)
    let isPast = DateText.instant(of: Buffer(date), now: .simulationStart).map { $0 < .simulationStart } ?? false
    let expected: Preconditions.Verdict = field == "If-Unmodified-Since" && isPast ? .failed : .proceed
    #expect(Preconditions.evaluate(head, current, now: .simulationStart) == expected)
    #expect(Preconditions.wantsRange(head, current, now: .simulationStart) == (field != "If-Range"))
  }
}
