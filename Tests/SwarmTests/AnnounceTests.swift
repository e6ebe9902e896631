// When which tracker is told what, by tables.
import BitTorrent
import Testing
import World

@testable import Swarm

@Suite("When trackers are told")
struct AnnounceTests {
  let start = Instant.simulationStart

  private func schedule(_ tiers: [[String]]) -> AnnounceSchedule {
    var chance = SeededRandom(seed: 1)
    return AnnounceSchedule(tiers, at: start, using: &chance)
  }

  @Test("started first, then at the interval, within bounds", arguments: [(5, 60), (1_800, 1_800), (90_000, 3_600)])
  func interval(_ said: Int, _ kept: Int) {
    var schedule = schedule([["a"]])
    #expect(schedule.due(at: start)?.event == .started)
    #expect(schedule.due(at: start) == nil)
    schedule.succeeded(interval: .seconds(said), at: start)
    #expect(schedule.due(at: start + .seconds(kept - 1)) == nil)
    #expect(schedule.due(at: start + .seconds(kept))?.event == AnnounceEvent.none)
  }

  @Test("tiers in order, the answering one to the front; all failing: pauses that double") func tiers() {
    var schedule = schedule([["a"], ["b"]])
    #expect(schedule.due(at: start)?.url == "a")
    schedule.failed(at: start)
    #expect(schedule.due(at: start)?.url == "b")
    schedule.failed(at: start)
    #expect(schedule.due(at: start + .seconds(14)) == nil)
    #expect(schedule.due(at: start + .seconds(15))?.url == "a")
    schedule.failed(at: start + .seconds(15))
    _ = schedule.due(at: start + .seconds(15))
    schedule.failed(at: start + .seconds(15))
    #expect(schedule.due(at: start + .seconds(44)) == nil)
    let next = schedule.due(at: start + .seconds(45))
    #expect(next?.url == "a" && next?.event == .started)
    schedule.failed(at: start + .seconds(45))
    #expect(schedule.due(at: start + .seconds(45))?.url == "b")
    schedule.succeeded(interval: .seconds(60), at: start + .seconds(45))
    #expect(schedule.told == ["b"])
    // The first tier is tried first again, and does not know us yet.
    let again = schedule.due(at: start + .seconds(105))
    #expect(again?.url == "a" && again?.event == .started)
  }

  @Test("one of a tier answers: it comes first from now on") func front() {
    var schedule = schedule([["a", "b", "c"]])
    guard let first = schedule.due(at: start)?.url else { return #expect(Bool(false)) }
    schedule.failed(at: start)
    guard let second = schedule.due(at: start)?.url else { return #expect(Bool(false)) }
    #expect(first != second)
    schedule.succeeded(interval: .seconds(60), at: start)
    #expect(schedule.due(at: start + .seconds(60))?.url == second)
  }

  @Test("completed at once, or after what is under way; never to who does not know us") func completed() {
    var one = schedule([["a"]])
    one.completed(at: start)
    #expect(one.due(at: start)?.event == .started)
    one.completed(at: start)
    one.succeeded(interval: .seconds(1_800), at: start)
    #expect(one.due(at: start)?.event == .completed)
    one.succeeded(interval: .seconds(1_800), at: start)
    #expect(one.due(at: start) == nil)
    var two = schedule([["a"]])
    _ = two.due(at: start)
    two.succeeded(interval: .seconds(1_800), at: start)
    two.completed(at: start + .seconds(5))
    #expect(two.due(at: start + .seconds(5))?.event == .completed)
  }

  @Test("no trackers") func none() {
    var schedule = schedule([[], []])
    #expect(schedule.due(at: start) == nil)
  }

  @Test("a torrent does not make us ask this machine's other services, whatever it calls it", arguments: [
    ("http://tracker.test/x", "192.0.2.1", true), ("http://127.0.0.1:6969/announce", "127.0.0.1", true), ("http://127.0.0.1/admin?x=1", "127.0.0.1", false),
    ("http://localhost.:8000/", "127.0.0.1", false), ("http://localhost/announce", "127.0.0.1", true), ("http://[::1]:1/y", "::1", false),
    ("http://[::1]:1/announce", "::1", true), ("http://innocent.test/z", "127.0.0.5", false), ("http://127.0.0.1/announce?passkey=1", "127.0.0.1", false),
    ("http://0.0.0.0/z", "0.0.0.0", false), ("http://[::]/z", "::", false), ("http://[::ffff:127.0.0.1]/z", "::ffff:127.0.0.1", false),
    ("http://[::ffff:192.0.2.1]/z", "::ffff:192.0.2.1", true), ("http://[2001:db8::1]/z", "2001:db8::1", true),
  ])
  func harmless(_ url: String, _ address: String, _ isHarmless: Bool) throws {
    #expect(TrackerClient.isHarmless(try #require(TrackerURL(url)), at: try #require(Address(address))) == isHarmless)
  }
}
