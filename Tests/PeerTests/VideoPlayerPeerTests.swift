// Chromium plays the lab's video: over a good link in the best quality, over a slowed one in a lower one, without standing still for long.
// Not here: the decoders' judgement (ContentNetworkPeerTests.swift).
import Foundation
import TestKit
import Testing
import Trace
import Transport
import WebServer
import World

@testable import Lab

/// What the player writes down.
private struct PlayRecord: Decodable {
  var rule: String
  var startup: Int?
  var stalls: Int
  var switches: Int
  var state: String
  var segments: [Segment]

  struct Segment: Decodable {
    var number: Int
    var quality: String
    var bandwidth: Int
    var took: Int
    var measured: Int
    var buffer: Double
    var served: String
  }
}

@Suite("adaptive video in a browser", .serialized)
struct VideoPlayerPeerTests {
  /// Whether an ordinary process may make a network namespace here.
  private static let hasNamespaces: Bool = {
    guard let unshare = ProgramRunner("unshare", for: "namespaces") else { return false }
    return unshare.runBlocking(["--user", "--map-root-user", "--net", "--mount", "true"]).status == 0
  }()

  private func program() -> String {
    let bundle = ProcessInfo.processInfo.arguments[0]
    return URL(fileURLWithPath: bundle).deletingLastPathComponent().appendingPathComponent("netstead").path
  }

  /// An order to the running lab's links, so long after the browser began.
  private struct Order {
    var after: Duration
    var words: [String]
  }

  /// Raises a lab, plays its video in a browser inside, and gives `orders` meanwhile.
  private func play(rule: String, seconds: Int, orders: [Order]) async throws -> PlayRecord? {
    guard let netstead = ProgramRunner(program()), let chromium = ProgramRunner("chromium") else { return nil }
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent("netstead-play-\(UUID().uuidString.prefix(8))").path
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
    defer { try? FileManager.default.removeItem(atPath: folder) }
    let environment = ["XDG_RUNTIME_DIR": folder, "XDG_DATA_HOME": folder, "HOME": folder, "NO_COLOR": "1"]
    let lab = Process()
    lab.executableURL = URL(fileURLWithPath: program())
    lab.arguments = ["lab", "--console-port", "0", "--json"]
    lab.environment = ProcessInfo.processInfo.environment.merging(environment) { $1 }
    let output = Pipe()
    lab.standardOutput = output
    lab.standardError = FileHandle.nullDevice
    try lab.run()
    defer {
      kill(lab.processIdentifier, SIGINT)
      lab.waitUntilExit()
    }
    _ = output.fileHandleForReading.availableData
    let changing = Task {
      for order in orders {
        try await Task.sleep(for: order.after)
        let given = await netstead.run(["lab", "link"] + order.words, environment: environment)
        #expect(given.status == 0, "\(given.errorText)")
      }
    }
    // The player writes its record to the browser's log, again and again; the last one tells all.
    let shown = await netstead.run(
      [
        "lab", "exec", "--", "timeout", "\(seconds)", chromium.path, "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage",
        "--autoplay-policy=no-user-gesture-required", "--user-data-dir=\(folder)/chromium", "--enable-logging=stderr",
        "http://video.garnet.test/?rule=\(rule)",
      ], environment: environment, timeout: .seconds(seconds + 60))
    changing.cancel()
    guard let line = shown.errorText.split(separator: "\n").last(where: { $0.contains("\"record {") }), let start = line.range(of: "\"record {"),
      let end = line.range(of: "}\", source:")
    else {
      Issue.record("no record in the browser's log: \(shown.errorText.suffix(800))")
      return nil
    }
    return try JSONDecoder().decode(PlayRecord.self, from: Data(line[line.index(start.upperBound, offsetBy: -1)...end.lowerBound].utf8))
  }

  @Test("the bit rate falls when the link is slowed, and rises again", .enabled(if: hasNamespaces))
  func throttled() async throws {
    let orders = [
      Order(after: .seconds(9), words: ["pc", "edge1.cdn.test", "rate", "600kbit/s"]), Order(after: .seconds(10), words: ["pc", "edge1.cdn.test", "whole"]),
    ]
    guard let record = try await play(rule: "rate", seconds: 45, orders: orders) else { return }
    #expect(!record.state.hasPrefix("failed"), "\(record.state)")
    #expect(record.startup != nil && record.segments.count >= 10, "\(record.segments.count) segments, \(record.state)")
    let qualities = record.segments.map(\.quality)
    let top = try #require(qualities.firstIndex(of: "high"), "never the best quality: \(qualities)")
    let story = "\(qualities), measured \(record.segments.map(\.measured))"
    let low = try needed(qualities[top...].firstIndex { $0 != "high" }, "the quality did not fall: \(story)")
    #expect(qualities[low...].contains("high"), "the quality did not rise again: \(story)")
    #expect(record.switches >= 2)
    #expect(record.segments.allSatisfy { $0.served.hasPrefix("edge1.cdn.test") }, "\(record.segments.map(\.served))")
  }

  @Test("the buffer rule climbs with the buffer", .enabled(if: hasNamespaces))
  func buffered() async throws {
    guard let record = try await play(rule: "buffer", seconds: 30, orders: []) else { return }
    #expect(record.rule == "buffer" && record.segments.count >= 6, "\(record.segments.count) segments, \(record.state)")
    let qualities = record.segments.map(\.quality)
    #expect(qualities.first == "low" && qualities.contains("high"), "\(qualities)")
    #expect(record.stalls == 0, "\(record.stalls) stalls")
  }
}
