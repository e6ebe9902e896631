// Numbers and orders of the queue, as tables: when to try again, how many connections, who is due.
@testable import MailServer
import Testing
import World

@Suite("retry schedule")
struct RetryScheduleTests {
  let schedule = RetrySchedule()

  @Test("waits grow to an hour, give or take a fifth", arguments: [(1, 5), (2, 10), (3, 20), (4, 40), (5, 60), (6, 60), (1_000, 60), (0, 5), (-3, 5)])
  func waits(attempts: Int, minutes: Int) {
    var chance = SeededRandom(seed: UInt64(bitPattern: Int64(attempts)))
    var seen: [Duration] = []
    for _ in 0..<200 { seen.append(schedule.wait(after: attempts, using: &chance)) }
    let middle = Duration.seconds(minutes * 60)
    #expect(seen.allSatisfy { $0 >= middle * 0.8 && $0 <= middle * 1.2 })
    #expect(seen.contains { $0 < middle * 0.9 } && seen.contains { $0 > middle * 1.1 })
  }

  @Test("messages are given up after five days, reports after two")
  func ends() {
    let arrival = Instant.simulationStart
    #expect(arrival.duration(to: schedule.end(of: arrival, isReport: false)) == .seconds(5 * 86_400))
    #expect(arrival.duration(to: schedule.end(of: arrival, isReport: true)) == .seconds(2 * 86_400))
  }

  @Test("word of a delay after four hours and after a day", arguments: [(3, 0), (4, 1), (23, 1), (24, 2), (100, 2)])
  func delays(hours: Int, count: Int) { #expect(schedule.delayReportsDue(at: .seconds(hours * 3_600)) == count) }
}

@Suite("due order")
struct DueOrderTests {
  @Test("whatever goes in comes out by its time", arguments: 1...20)
  func sorts(seed: UInt64) {
    var chance = SeededRandom(seed: seed)
    var order = DueOrder()
    var expected: [(Instant, QueueID)] = []
    let start = Instant.simulationStart
    for number in 0..<200 as Range<UInt64> {
      let time = start + .seconds(Int.random(in: 0..<50, using: &chance))
      order.insert(QueueID(number), at: time)
      expected.append((time, QueueID(number)))
    }
    expected.sort { $0 < $1 }
    #expect(order.earliest == expected[0].0)
    var out: [QueueID] = []
    for second in 0..<50 {
      let now = start + .seconds(second)
      while let (id, time) = order.take(at: now) {
        #expect(time <= now)
        out.append(id)
      }
    }
    #expect(out == expected.map(\.1))
    #expect(order.earliest == nil)
  }
}

@Suite("destination gate")
struct DestinationGateTests {
  let now = Instant.simulationStart
  let limits = TransferLimits()

  @Test("five at first, no more than twenty however well it goes")
  func grows() {
    var gate = DestinationGate(limits)
    for _ in 0..<5 {
      #expect(gate.opening(at: now) == .now)
      gate.begin()
    }
    #expect(gate.opening(at: now) == .afterAnother)
    for _ in 0..<2_000 {
      gate.end(wasAlive: true, at: now, limits: limits)
      while gate.opening(at: now) == .now { gate.begin() }
    }
    #expect(gate.busy == 20)
  }

  @Test("a destination that refuses everything is left alone for a while, then tried by one")
  func dies() {
    var gate = DestinationGate(limits)
    for _ in 0..<5 { gate.begin() }
    for _ in 0..<5 { gate.end(wasAlive: false, at: now, limits: limits) }
    #expect(gate.opening(at: now) == .at(now + limits.deadDestinationPause))
    #expect(!gate.isForgettable(at: now))
    let later = now + limits.deadDestinationPause
    #expect(gate.opening(at: later) == .now && gate.isForgettable(at: later))
    gate.begin()
    #expect(gate.opening(at: later) == .afterAnother)
    gate.end(wasAlive: true, at: later, limits: limits)
    #expect(gate.opening(at: later) == .now)
  }
}
