// The content network as other people's programs see it: dig is steered, curl is served by the right edge, an edge dies, ffmpeg decodes every
// segment, Chromium plays and changes quality when the link is slowed. On loopback addresses, or in the lab's namespace.
import Bytes
import DNS
import Foundation
import HTTP
import Host
import NameServer
import Storage
import TestKit
import Testing
import Trace
import Transport
import WebServer
import World

@testable import Lab
@testable import Video

/// The built-in world at 127.x.y.z and ports + 8000 for the length of `body`.
private func withWorld(_ body: (RaisedWorld, PacedNetworks, TraceStore) async throws -> Void) async throws {
  let world = try WorldDescription(file: DefaultWorld.name, text: DefaultWorld.text)
  let network = SocketNetwork(loops: 2)
  let store = TraceStore()
  let plan = AddressPlan(.loopback)
  let networks = PacedNetworks(network, world: world, plan: plan, seed: 1)
  let raised = try await RaisedWorld.raise(
    world, with: RaisedWorld.Means(plan: plan, recorder: store, chance: SeededRandom(seed: 1), network: { networks.network(of: $0) }))
  let outcome: Result<Void, any Error>
  do { outcome = .success(try await body(raised, networks, store)) } catch { outcome = .failure(error) }
  await raised.stop(grace: .zero)
  await network.shutDown()
  try outcome.get()
}

/// A folder of the test's own for the length of `body`.
private func withFolder<R>(_ body: (String) async throws -> R) async throws -> R {
  let folder = FileManager.default.temporaryDirectory.appendingPathComponent("netstead-video-\(UUID().uuidString.prefix(8))").path
  try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
  defer { try? FileManager.default.removeItem(atPath: folder) }
  return try await body(folder)
}

@Suite("the content network and the programs of other people", .serialized)
struct ContentNetworkPeerTests {
  /// ns1.cdn.test.
  private let server = ["@127.51.100.30", "-p", "8053", "+norec", "+noall", "+answer", "+comments"]

  @Test("dig is told the edge of its network, or of the network it tells of; an edge that dies is gone within seconds")
  func steering() async throws {
    guard let dig = ProgramRunner("dig") else { return }
    try await withWorld { raised, _, store in
      func ask(_ arguments: String...) async -> String { await dig.run(server + arguments).text }
      for (subnet, edge, scope) in [("127.0.113.0/24", "127.18.10.1", "24"), ("127.18.20.0/24", "127.18.20.1", "24"), ("127.18.30.0/24", "127.18.30.1", "24")] {
        let answer = await ask("+subnet=\(subnet)", "video.cdn.test")
        #expect(answer.contains("video.cdn.test.\t\t5\tIN\tA\t\(edge)\n") && answer.contains("CLIENT-SUBNET: \(subnet)/\(scope)"), "\(answer)")
        #expect(answer.contains("ANSWER: 1,") && answer.contains("flags: qr aa"), "\(answer)")
      }
      let ranked = await ask("+subnet=127.18.30.0/24", "ranked.cdn.test")
      let order = ranked.matches(of: #/A\t(127\.18\.[0-9.]+)/#).map { String($0.1) }
      #expect(order == ["127.18.30.1", "127.18.20.1", "127.18.10.1"], "\(ranked)")
      #expect(await ask("+subnet=127.18.20.0/24", "ns1.cdn.test").contains("CLIENT-SUBNET: 127.18.20.0/24/0"))
      // The alias of another organisation, through the resolver.
      let through = await dig.run(["@127.0.113.53", "-p", "8053", "+short", "video.garnet.test"]).text
      #expect(through == "video.cdn.test.\n127.18.10.1\n", "\(through)")

      // The name server has asked the edges how they are, and that is in the trace.
      try await Task.sleep(for: .seconds(3))
      let asked = store.conversations().filter { $0.info.host == "ns1.cdn.test" && $0.info.role == .client }
      let said = asked.flatMap { store.events(of: $0.id) }.filter { $0.kind == .received }.map(\.bytes.text).joined()
      #expect(said.contains("edge edge1.cdn.test\nload "), "\(asked.count) edges were asked: \(said.prefix(400))")
      let edge = try needed(raised.assemblies.first { $0.name == "edge1.cdn.test" })
      await edge.stop(grace: .zero)
      var answer = ""
      for _ in 0..<40 where !answer.contains("127.18.20.1") {
        try await Task.sleep(for: .milliseconds(250))
        answer = await ask("+subnet=127.0.113.0/24", "video.cdn.test")
      }
      #expect(answer.contains("127.18.20.1") && !answer.contains("127.18.10.1"), "the dead edge is still answered:\n\(answer)")
    }
  }

  @Test("curl gets a segment from the origin once, then from the edge; a request that goes in a circle is refused")
  func edges() async throws {
    guard let curl = ProgramRunner("curl") else { return }
    try await withWorld { _, _, store in
      func get(_ more: String...) async -> ProgramOutcome {
        await curl.run(["-sS", "-D", "-", "-o", "/dev/null", "--resolve", "video.garnet.test:8080:127.18.10.1"] + more)
      }
      let first = await get("http://video.garnet.test:8080/low/1.m4s")
      #expect(first.text.contains("200 OK") && first.text.lowercased().contains("cache-status: edge1.cdn.test; fwd"), "\(first.text)\(first.errorText)")
      let second = await get("http://video.garnet.test:8080/low/1.m4s")
      #expect(second.text.lowercased().contains("cache-status: edge1.cdn.test; hit"), "\(second.text)")
      let requests = store.conversations().filter { $0.info.host == "origin.garnet.test" && $0.info.role == .server }
        .flatMap { store.events(of: $0.id) }.filter { $0.kind == .received && $0.bytes.text.contains("GET /low/1.m4s") }
      #expect(requests.count == 1, "the origin was asked \(requests.count) times")
      #expect(requests.first?.bytes.text.lowercased().contains("cdn-loop: cdn.test") == true, "\(requests.first?.bytes.text ?? "")")
      let circle = await get("-H", "CDN-Loop: \(Array(repeating: "cdn.test", count: 11).joined(separator: ", "))", "http://video.garnet.test:8080/low/2.m4s")
      #expect(circle.text.contains(" 508 "), "\(circle.text)")
      let report = await curl.run(["-sS", "--resolve", "edge1.cdn.test:8080:127.18.10.1", "http://edge1.cdn.test:8080\(EdgeReport.path)"])
      let read = try EdgeReport(reading: Buffer(report.output))
      #expect(read.name == "edge1.cdn.test" && read.hits >= 1 && read.originBytes > 10_000, "\(report.text)")
    }
  }

  /// Serves `tree` on a free port of loopback for the length of `body`.
  private func withSite(_ tree: any FileTree, _ body: (_ base: String) async throws -> Void) async throws {
    let network = SocketNetwork(loops: 1)
    let sites = SiteSwitch(SiteSet([Site(names: ["localhost"], content: .files(tree))]))
    let listener = try await WebService.start(network: network, endpoint: Endpoint(.loopback, 0), sites: sites)
    let outcome: Result<Void, any Error>
    do { outcome = .success(try await body("http://127.0.0.1:\(listener.endpoint.port)/")) } catch { outcome = .failure(error) }
    await listener.close(grace: .zero)
    await network.shutDown()
    try outcome.get()
  }

  @Test("ffmpeg decodes every picture of every segment, and reads both kinds of manifest")
  func decoding() async throws {
    guard let ffmpeg = ProgramRunner("ffmpeg"), let ffprobe = ProgramRunner("ffprobe") else { return }
    let clip = Clip(segmentCount: 4)
    try await withFolder { folder in
      for rung in clip.rungs {
        for number in 1...clip.segmentCount {
          // One segment alone behind its beginning: nothing of the others is needed.
          let file = folder + "/\(rung.name)\(number).mp4"
          let segment = try #require(clip.segment(number, of: rung))
          let bytes = clip.initialization(of: rung).array + segment.array
          try Data(bytes).write(to: URL(fileURLWithPath: file))
          let decoded = await ffmpeg.run(["-v", "warning", "-xerror", "-err_detect", "explode", "-i", file, "-f", "framecrc", "-"], timeout: .seconds(60))
          let frames = decoded.text.split(separator: "\n").count { !$0.hasPrefix("#") }
          #expect(decoded.status == 0 && decoded.errorText.isEmpty, "\(rung.name) \(number): \(decoded.errorText)")
          #expect(frames == rung.framesPerSecond * Clip.segmentSeconds, "\(rung.name) \(number): \(frames) pictures")
        }
        // What is decoded is what was drawn, sample for sample.
        let drawn = Scene(scale: rung.scale, quality: clip.rungs.firstIndex(of: rung)! + 1, tenths: 18)
        let raw = await ffmpeg.run(
          ["-v", "error", "-i", folder + "/\(rung.name)1.mp4", "-vf", "select=eq(n\\,\(18 * rung.framesPerSecond / 10))", "-vframes", "1", "-f", "rawvideo", "-"],
          timeout: .seconds(60))
        let block = drawn.samples(of: 0)
        #expect(raw.output.count == rung.width * rung.height * 3 / 2, "\(raw.errorText)")
        for row in 0..<16 where raw.output.count > row * rung.width + 16 {
          #expect(raw.output[(row * rung.width)..<(row * rung.width + 16)] == block.dropFirst(row * 16).prefix(16), "row \(row) of \(rung.name)")
        }
      }
    }
    try await withSite(VideoTree(clip, modified: .simulationStart)) { base in
      for (list, streams) in [("manifest.mpd", 3), ("master.m3u8", 3), ("middle/index.m3u8", 1)] {
        let probe = await ffprobe.run(["-v", "error", "-show_entries", "stream=codec_name,width,height", "-of", "csv=p=0", base + list], timeout: .seconds(60))
        let found = Set(probe.text.split(separator: "\n").filter { $0.contains("h264") }.map { $0.split(separator: ",").suffix(2).joined(separator: ",") })
        #expect(probe.status == 0 && found.count == streams, "\(list): \(probe.text)\(probe.errorText)")
      }
      let counted = await ffprobe.run(
        ["-v", "error", "-count_frames", "-show_entries", "stream=nb_read_frames", "-of", "csv=p=0", base + "high/index.m3u8"], timeout: .seconds(60))
      #expect(counted.text.contains("80"), "\(counted.text)\(counted.errorText)")
    }
  }

  @Test("a clip that ffmpeg made is served as well, and ffprobe finds all of it")
  func foreignClip() async throws {
    guard let ffmpeg = ProgramRunner("ffmpeg"), let ffprobe = ProgramRunner("ffprobe") else { return }
    try await withFolder { folder in
      let made = await ffmpeg.run(
        [
          "-v", "error", "-f", "lavfi", "-i", "testsrc=size=160x96:rate=5", "-t", "8", "-c:v", "libx264", "-preset", "ultrafast", "-g", "10", "-pix_fmt", "yuv420p",
          "-f", "dash", "-seg_duration", "2", "-use_template", "1", "-use_timeline", "0", "-hls_playlist", "1", folder + "/manifest.mpd",
        ], timeout: .seconds(90))
      #expect(made.status == 0, "\(made.errorText)")
      let served = try ServedFolder(path: folder)
      try await withSite(DiskTree(served)) { base in
        for list in ["manifest.mpd", "master.m3u8"] {
          let probe = await ffprobe.run(
            ["-v", "fatal", "-count_frames", "-show_entries", "stream=codec_name,nb_read_frames", "-of", "csv=p=0", base + list], timeout: .seconds(60))
          let frames = probe.text.firstMatch(of: #/h264,([0-9]+)/#).flatMap { Int($0.1) } ?? 0
          #expect((39...40).contains(frames), "\(list): \(probe.text)\(probe.errorText)")
        }
      }
    }
  }
}
