// The player as a table: what is fetched in which quality when so much comes so quickly, and when the picture stands still.
@testable import Lab
import Testing
import Video
import World

@Suite("The player")
struct MediaPlayerTests {
  private static let manifest = MediaManifest(
    qualities: [.init(name: "low", bandwidth: 300_000), .init(name: "middle", bandwidth: 1_000_000), .init(name: "high", bandwidth: 2_000_000)],
    segmentCount: 6, segmentSeconds: 2)

  @Test("reads the manifest of our clips, and nothing else")
  func reads() {
    let clip = Clip(segmentCount: 7)
    let manifest = MediaManifest(clip.dashManifest)
    #expect(manifest?.segmentCount == 7 && manifest?.segmentSeconds == 2 && manifest?.qualities.map(\.name) == ["low", "middle", "high"])
    #expect(manifest?.qualities.map(\.bandwidth) == clip.rungs.map { clip.bandwidth(of: $0) })
    for other in ["", "<MPD >", "<MPD mediaPresentationDuration=\"PT9999999S\"><SegmentTemplate duration=\"2\"/>", clip.dashManifest.replacing("duration=\"2\"", with: "duration=\"0\"")] {
      #expect(MediaManifest(other) == nil)
    }
  }

  struct Case: Sendable, CustomTestStringConvertible {
    var rule: PlayerRule
    /// How long each fetch takes, beginnings and segments in turn as they are wished for. Unit: milliseconds.
    var milliseconds: [Int]
    /// Unit: bytes of a segment of each quality.
    var bytes = ["low": 75_000, "middle": 250_000, "high": 500_000]
    var fetched: String
    var report: String
    var testDescription: String { "\(rule) \(fetched)" }
  }

  @Test("fetches and reports", arguments: [
    // 0.1 s for everything: 6 Mbit/s and more are measured.
    Case(rule: .rate, milliseconds: [100], fetched: "low/init.mp4 low/1.m4s high/init.mp4 high/2.m4s high/3.m4s high/4.m4s high/5.m4s high/6.m4s", report: "began after 200 ms, 1 switch, no stall"),
    // 75,000 bytes in 1 s are 0.6 Mbit/s: never more than low.
    Case(rule: .rate, milliseconds: [1_000], fetched: "low/init.mp4 low/1.m4s low/2.m4s low/3.m4s low/4.m4s low/5.m4s low/6.m4s", report: "began after 2000 ms, 0 switches, no stall"),
    // Each piece takes half a second longer than it lasts: five times half a second.
    Case(rule: .rate, milliseconds: [2_500], fetched: "low/init.mp4 low/1.m4s low/2.m4s low/3.m4s low/4.m4s low/5.m4s low/6.m4s", report: "began after 5000 ms, 0 switches, 5 stalls of 2500 ms"),
    // Two seconds in hand are too few for more than low, however quick the line is; with 4.7 and more it dares.
    Case(rule: .buffer, milliseconds: [10], fetched: "low/init.mp4 low/1.m4s low/2.m4s low/3.m4s middle/init.mp4 middle/4.m4s high/init.mp4 high/5.m4s high/6.m4s", report: "began after 20 ms, 2 switches, no stall"),
  ])
  func plays(_ c: Case) {
    var now = Instant(nanoseconds: 0)
    var player = MediaPlayer(Self.manifest, rule: c.rule, at: now)
    var fetched: [String] = []
    while let wish = player.wish(at: now), fetched.count < 40 {
      switch wish {
      case .wait(let until):
        #expect(until > now)
        now = until
      case .fetch(let path):
        let begin = now
        now = now.advanced(by: .milliseconds(c.milliseconds[fetched.count % c.milliseconds.count]))
        player.note(bytes: c.bytes[String(path.prefix { $0 != "/" })] ?? 0, from: begin, at: now)
        fetched.append(path)
      }
    }
    #expect(fetched.joined(separator: " ") == c.fetched)
    #expect(player.report == c.report)
  }
}
