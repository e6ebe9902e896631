// The timer wheel in virtual time.
import Testing
@testable import Transport
import World

@Suite("timer wheel")
struct TimerWheelTests {
  static let start = Instant.simulationStart
  func at(_ milliseconds: Int) -> Instant { Self.start + .milliseconds(milliseconds) }

  @Test("hands out what is due, never early, at most a tick late")
  func due() {
    var wheel = TimerWheel<Int>(slots: 8, tick: .milliseconds(10), now: Self.start)
    // 250 lies several turns of the eight slots away; 90 and 10 share a slot.
    for due in [250, 90, 10, 11, 0, 170] { _ = wheel.file(due, at: at(due)) }
    var seen: [(time: Int, entry: Int)] = []
    for time in stride(from: 0, through: 300, by: 5) {
      var out: [Int] = []
      wheel.advance(to: at(time), into: &out)
      seen += out.map { (time, $0) }
    }
    #expect(seen.map(\.entry).sorted() == [0, 10, 11, 90, 170, 250])
    for (time, entry) in seen { #expect(time >= entry && time <= entry + 15, "\(entry) came at \(time)") }
    #expect(wheel.isEmpty)
    #expect(wheel.nextDue == nil)
  }

  @Test("a jump over many turns hands out everything due")
  func jump() {
    var wheel = TimerWheel<Int>(slots: 8, tick: .milliseconds(10), now: Self.start)
    for due in 1...100 { _ = wheel.file(due, at: at(due * 10)) }
    var out: [Int] = []
    wheel.advance(to: at(505), into: &out)
    #expect(out.sorted() == Array(1...50))
    #expect(wheel.count == 50)
    #expect(wheel.nextDue == at(510))
  }

  @Test("a removed entry never comes, and its key names nothing afterwards")
  func removal() {
    var wheel = TimerWheel<String>(slots: 4, tick: .milliseconds(10), now: Self.start)
    let first = wheel.file("first", at: at(20))
    _ = wheel.file("second", at: at(20))
    let third = wheel.file("third", at: at(20))
    wheel.remove(first)
    wheel.remove(first)
    // The freed place is used again; the old key must not reach the new entry.
    _ = wheel.file("fourth", at: at(20))
    wheel.remove(first)
    wheel.remove(third)
    var out: [String] = []
    wheel.advance(to: at(30), into: &out)
    #expect(out == ["second", "fourth"])
  }

  @Test("deadlines before now and at the end of time are no trouble")
  func extremes() {
    var wheel = TimerWheel<Int>(now: Self.start)
    _ = wheel.file(1, at: Instant(nanoseconds: .min))
    _ = wheel.file(2, at: Instant(nanoseconds: .max))
    var out: [Int] = []
    wheel.advance(to: at(10), into: &out)
    #expect(out == [1])
    #expect(wheel.count == 1)
  }

  @Test("a random life agrees with a sorted list")
  func agreesWithList() {
    var random = SeededRandom(seed: 11)
    var wheel = TimerWheel<Int>(slots: 16, tick: .milliseconds(10), now: Self.start)
    var list: [Int: (tick: Int, key: TimerKey)] = [:]
    var time = 0
    for entry in 0..<3_000 {
      let due = time + Int.random(in: -20...2_000, using: &random)
      // The model: rounded up to the tick, and never at a tick gone by.
      let tick = max(due <= 0 ? 0 : (due + 9) / 10, time / 10 + 1)
      list[entry] = (tick, wheel.file(entry, at: at(due)))
      if Int.random(in: 0..<4, using: &random) == 0, let key = list.removeValue(forKey: Int.random(in: 0...entry, using: &random))?.key {
        wheel.remove(key)
      }
      time += Int.random(in: 0...30, using: &random)
      var out: [Int] = []
      wheel.advance(to: at(time), into: &out)
      let expected = list.filter { $0.value.tick <= time / 10 }.keys.sorted()
      #expect(out.sorted() == expected)
      for entry in expected { list[entry] = nil }
      #expect(wheel.count == list.count)
    }
  }
}
