// Hosts of a world whose clocks are wrong, in a scenario: what they say goes by their clocks, what is told of them by the true time.
import Bytes
@testable import Lab
import Testing
import Trace
import World

@Suite("Wrong clocks in a world")
struct HostClockTests {
  /// A page is fetched. When each message passed, and the page's Date.
  private func fetched(_ clocks: String) throws -> (times: [Instant], date: String?) {
    let world = try WorldTests.builtIn().adding(file: "l.yaml", text: clocks)
    let store = TraceStore()
    let run = ScenarioRun(try Scenario(file: "s.txt", text: "world built-in\nat 1h pc gets http://www.garnet.test/\nexpect status 200\n"), in: world, seed: 1, store: store)
    #expect(try run.run().isEmpty)
    let events = store.events(after: 0).events.filter { $0.kind == .sent || $0.kind == .received }
    let head = events.last { $0.kind == .received && $0.bytes.text.hasPrefix("HTTP/1.1 200") }?.bytes.text
    return (events.map(\.time), head?.split(separator: "\r\n").first { $0.hasPrefix("Date: ") }.map(String.init))
  }

  @Test("a server dates by its own clock; the trace does not")
  func dated() throws {
    let (right, wrong) = (try fetched("clocks: {pc: {}}"), try fetched("clocks: {www.garnet.test: {offset: -2h, drift: 100000ppm}, pc: {offset: 1d, drift: -500ppm}, resolver: {drift: 300ppm}}"))
    #expect(right.times.count > 8 && right.times == wrong.times)
    // An hour later the fast clock has gained a tenth of one.
    #expect(right.date == "Date: Thu, 01 Jan 2026 01:00:00 GMT" && wrong.date == "Date: Wed, 31 Dec 2025 23:06:00 GMT")
  }
}
