// The edge's own page: its text both ways, and the load that follows from what its proxy did. And the video's files.
import Bytes
import HTTP
import Storage
import Synchronization
import Testing
import Video
import World

@testable import WebServer

@Suite("edge")
struct EdgeTests {
  struct Case: Sendable, CustomTestStringConvertible {
    var page: String
    /// Nil: refused.
    var load: Double?
    var testDescription: String { page.split(separator: "\n").joined(separator: " | ") }
  }

  @Test("reads a report, refuses what is none", arguments: [
    Case(page: "edge e1\nload 0.25\n", load: 0.25), Case(page: "load 1\nedge e1", load: 1), Case(page: "edge e1\nload 0\nnew-word 7\n", load: 0),
    Case(page: "edge e1\nload 3\nload 4\n", load: 3), Case(page: "edge e1\nload -1\n"), Case(page: "edge e1\nload nan\n"), Case(page: "edge e1\nload inf\n"),
    Case(page: "edge e1\n"), Case(page: "load 1\n"), Case(page: "edge \nload 1\n"), Case(page: ""), Case(page: "<html>"),
    Case(page: "edge e1\nload 1\n" + String(repeating: "x", count: 4_096)),
  ])
  func reading(_ c: Case) {
    let report = try? EdgeReport(reading: Buffer(c.page))
    #expect(report?.load == c.load)
    if let report { #expect((try? EdgeReport(reading: Buffer(report.text))) == report) }
  }

  @Test("load follows from what is sent and what is open")
  func load() {
    let figures = Mutex(ProxyStatistics.Figures())
    let desk = EdgeDesk(name: "e1", capacity: 8_000_000) { figures.withLock { $0 } }
    let start = Instant.simulationStart
    #expect(desk.report(at: start).load == 0)
    figures.withLock { $0.bytesToClients = 500_000 }
    #expect(desk.report(at: start + .milliseconds(100)).load == 0, "too soon to say")
    #expect(desk.report(at: start + .seconds(1)).load == 0.5)
    figures.withLock {
      $0.open = 250
      $0.cacheable = 9
      $0.hits = 7
    }
    let report = desk.report(at: start + .seconds(2))
    #expect(report.load == 0.25 && report.open == 250 && report.requests == 9 && report.hits == 7 && report.name == "e1")
  }
}

@Suite("video files")
struct VideoTreeTests {
  private let tree = VideoTree(Clip(segmentCount: 2), modified: .simulationStart)

  @Test("every file that the lists name is there, no other is", arguments: [
    ("index.html", true), ("player.js", true), ("manifest.mpd", true), ("master.m3u8", true), ("low/index.m3u8", true), ("low/init.mp4", true),
    ("low/1.m4s", true), ("high/2.m4s", true), ("low/3.m4s", false), ("low/0.m4s", false), ("low/01.m4s", false), ("low/+1.m4s", false), ("low/1.m4s/", false),
    ("other/1.m4s", false), ("low/x.m4s", false), ("/low/1.m4s", false), ("low//1.m4s", false), ("low/99999999999999999999.m4s", false),
  ])
  func files(_ path: String, _ isThere: Bool) {
    let file = try? tree.open(Array(path.utf8))
    #expect((file != nil) == isThere)
    #expect(tree.status(Array(path.utf8))?.size == file?.status.size)
  }

  @Test("folders are folders, and list their files")
  func folders() throws {
    #expect(throws: FolderError.isFolder) { try tree.open(Array("low".utf8)) }
    #expect(try tree.items(in: Array("low".utf8), itemsMax: 100).map { String(decoding: $0.name, as: UTF8.self) } == ["1.m4s", "2.m4s", "index.m3u8", "init.mp4"])
    #expect(try tree.items(in: [], itemsMax: 2).count == 2)
    #expect(throws: FolderError.absent) { try tree.items(in: Array("none".utf8), itemsMax: 9) }
  }
}
