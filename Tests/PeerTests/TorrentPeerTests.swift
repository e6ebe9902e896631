// Other people's peers against our tool: aria2, Transmission and libtorrent get from us and seed to us, found through our own tracker or by hand, by
// torrent and by magnet link. And a download that is killed again and again, and torrents that mean harm.
import BitTorrent
import Bytes
import Foundation
import Glibc
import TestKit
import Testing
import Transport
import World

@testable import Swarm

@Suite("Swarms with other programs", .serialized)
struct TorrentPeerTests {
  private static let script = URL(fileURLWithPath: #filePath).deletingLastPathComponent().appendingPathComponent("Scripts/torrent_libtorrent.py").path

  /// A torrent, the folder of who has everything, that of who has nothing, and our tracker.
  private struct Scene {
    var environment: [String: String]
    var folder: String
    var data: Data
    var tracker: TrackerService
    var torrent: String { folder + "/data.bin.torrent" }
    var full: String { folder + "/full" }
    var empty: String { folder + "/empty" }

    /// What came.
    var result: Data? { try? Data(contentsOf: URL(fileURLWithPath: empty + "/data.bin")) }

    func tool(_ arguments: [String], timeout: Duration = .seconds(60)) async throws -> ProgramOutcome {
      try await executable().run(["torrent"] + arguments, environment: environment, timeout: timeout)
    }

    /// Our seed, until `work` is done.
    func seeding(_ options: [String] = [], _ work: (Int) async throws -> Void) async throws {
      let port = freePort()
      let seed = try Background(
        ["torrent", "seed", torrent, "--data", full, "--listen", "127.0.0.1:\(port)"] + options, environment: environment, in: folder, until: "seeding data.bin at")
      #expect(seed.said.contains("seeding data.bin at"), "\(seed.said)")
      let result: Result<Void, any Error>
      do { result = .success(try await work(port)) } catch { result = .failure(error) }
      #expect(seed.stop() == 0)
      try result.get()
    }
  }

  private func withScene(_ length: Int = 6_000_001, trackers: [String] = ["http", "udp"], _ work: (Scene) async throws -> Void) async throws {
    try await withRuntimeFolder { environment, folder in
      for name in ["full", "empty"] { try FileManager.default.createDirectory(atPath: "\(folder)/\(name)", withIntermediateDirectories: true) }
      var chance = SeededRandom(seed: UInt64(length))
      var data = Data(capacity: length + 8)
      while data.count < length { withUnsafeBytes(of: chance.next()) { data.append(contentsOf: $0) } }
      data = data.prefix(length)
      try data.write(to: URL(fileURLWithPath: "\(folder)/full/data.bin"))
      let network = SocketNetwork(loops: 1)
      let tracker = try await TrackerService.start(network: network, endpoints: [Endpoint(.loopback, 0)], chance: SystemRandomNumberGenerator())
      let scene = Scene(environment: environment, folder: folder, data: data, tracker: tracker)
      let urls = trackers.map { $0 == "udp" ? "udp://\(tracker.endpoints[0])" : "http://\(tracker.endpoints[0])/announce" }
      let made = try await scene.tool(["make", folder + "/full/data.bin", "-o", scene.torrent] + urls.flatMap { ["--tracker", $0] })
      #expect(made.status == 0 && made.text.hasPrefix("magnet:?xt=urn:btih:"), "\(made.errorText)")
      let result: Result<Void, any Error>
      do { result = .success(try await work(scene)) } catch { result = .failure(error) }
      await tracker.close(grace: .zero)
      await network.shutDown()
      try result.get()
    }
  }

  /// Python with libtorrent; nil, and one printed line, where there is none.
  private func python(_ test: String = #function) -> ProgramRunner? {
    guard let python = ProgramRunner("/usr/bin/python3", for: test) else { return nil }
    guard python.runBlocking(["-c", "import libtorrent"]).status == 0 else {
      skipped(test, because: "Python has no libtorrent")
      return nil
    }
    return python
  }

  /// A program in the background, ended when `work` is done.
  private func with(_ path: String, _ arguments: [String], in folder: String, until word: String?, _ work: () async throws -> Void) async throws {
    let process = Process()
    let log = folder + "/log-\(UUID().uuidString.prefix(8))"
    _ = FileManager.default.createFile(atPath: log, contents: nil)
    process.executableURL = URL(fileURLWithPath: path)
    process.arguments = arguments
    process.environment = ProcessInfo.processInfo.environment.merging(["HOME": folder, "XDG_CONFIG_HOME": folder]) { $1 }
    process.standardOutput = FileHandle(forWritingAtPath: log)
    process.standardError = FileHandle(forWritingAtPath: log)
    process.standardInput = FileHandle.nullDevice
    try process.run()
    defer {
      kill(process.processIdentifier, SIGKILL)
      process.waitUntilExit()
    }
    if let word {
      for _ in 0..<400 where process.isRunning {
        if try String(contentsOfFile: log, encoding: .utf8).contains(word) { break }
        try await Task.sleep(for: .milliseconds(50))
      }
      #expect(try String(contentsOfFile: log, encoding: .utf8).contains(word))
    }
    try await work()
  }

  // MARK: We seed

  @Test("libtorrent gets from us, by torrent through our tracker and by magnet link", .timeLimit(.minutes(3)), arguments: [false, true])
  func libtorrentGets(_ byMagnet: Bool) async throws { try await libtorrentGets("tcp", byMagnet) }

  @Test("the same over uTP", .timeLimit(.minutes(3)), arguments: [false, true])
  func libtorrentGetsOverUTP(_ byMagnet: Bool) async throws { try await libtorrentGets("utp", byMagnet) }

  private func libtorrentGets(_ carrier: String, _ byMagnet: Bool) async throws {
    guard let python = python() else { return }
    try await withScene { scene in
      let hash = try #require(try await infoHash(scene))
      try await scene.seeding { port in
        let source = byMagnet ? "magnet:?xt=urn:btih:\(hash)&tr=http://\(scene.tracker.endpoints[0])/announce" : scene.torrent
        let got = await python.run([Self.script, "get", source, scene.empty, "\(freePort())", carrier], timeout: .seconds(85))
        #expect(got.status == 0 && got.text.contains("infohash \(hash)"), "\(got.text) \(got.errorText)")
        #expect(scene.result == scene.data)
      }
    }
  }

  @Test("aria2 gets from us, by torrent and by magnet link", .timeLimit(.minutes(3)), arguments: [false, true])
  func ariaGets(_ byMagnet: Bool) async throws {
    guard let aria = ProgramRunner("aria2c") else { return }
    try await withScene(trackers: ["http"]) { scene in
      let hash = try #require(try await infoHash(scene))
      try await scene.seeding { _ in
        let source = byMagnet ? "magnet:?xt=urn:btih:\(hash)&tr=http://\(scene.tracker.endpoints[0])/announce" : scene.torrent
        let got = await aria.run(
          ["-d", scene.empty, "--listen-port=\(freePort())", "--enable-dht=false", "--seed-time=0", "--bt-external-ip=127.0.0.1", "--no-conf=true", source],
          environment: ["HOME": scene.folder], timeout: .seconds(80))
        #expect(got.status == 0, "\(got.text.suffix(800)) \(got.errorText)")
        #expect(scene.result == scene.data)
      }
    }
  }

  @Test("Transmission gets from us", .timeLimit(.minutes(3)))
  func transmissionGets() async throws {
    guard let transmission = ProgramRunner("transmission-cli") else { return }
    try await withScene { scene in
      let port = freePort()
      try await with(transmission.path, ["-g", scene.folder + "/config", "-w", scene.empty, "-p", "\(port)", "-M", scene.torrent], in: scene.folder, until: nil) {
        // It calls nobody on loopback, whatever a tracker says: it is called.
        try await scene.seeding(["--peer", "127.0.0.1:\(port)"]) { _ in
          for _ in 0..<1_200 where scene.result != scene.data { try await Task.sleep(for: .milliseconds(50)) }
          #expect(scene.result == scene.data)
        }
      }
    }
  }

  // MARK: We get

  private func infoHash(_ scene: Scene) async throws -> String? {
    try await scene.tool(["show", scene.torrent]).text.firstMatch(of: #/infohash  ([0-9a-f]{40})/#).map { String($0.1) }
  }

  /// Gets by torrent or magnet link, and compares.
  private func get(_ scene: Scene, byMagnet: Bool, _ options: [String]) async throws {
    let hash = try #require(try await infoHash(scene))
    let source = byMagnet ? "magnet:?xt=urn:btih:\(hash)&tr=http://\(scene.tracker.endpoints[0])/announce" : scene.torrent
    let got = try await scene.tool(["get", source, "--data", scene.empty, "--patience", "40s"] + options, timeout: .seconds(80))
    #expect(got.status == 0, "\(got.status) \(got.errorText)")
    #expect(got.text == "data.bin\n")
    #expect(scene.result == scene.data)
    // Nothing of ours stays beside it.
    #expect(try FileManager.default.contentsOfDirectory(atPath: scene.empty) == ["data.bin"])
  }

  @Test("libtorrent seeds to us, over TCP and uTP, by torrent and by magnet link", .timeLimit(.minutes(3)), arguments: ["tcp", "utp"], [false, true])
  func libtorrentSeeds(_ carrier: String, _ byMagnet: Bool) async throws {
    guard let python = python() else { return }
    try await withScene { scene in
      let port = freePort()
      try await with(python.path, [Self.script, "seed", scene.torrent, scene.full, "\(port)", carrier], in: scene.folder, until: "seeding") {
        try await get(scene, byMagnet: byMagnet, ["--over", carrier, "--peer", "127.0.0.1:\(port)"])
      }
    }
  }

  @Test("libtorrent seeds to us, found through our tracker", .timeLimit(.minutes(3)), arguments: [["http"], ["udp"]])
  func libtorrentFound(_ trackers: [String]) async throws {
    guard let python = python() else { return }
    try await withScene(trackers: trackers) { scene in
      try await with(python.path, [Self.script, "seed", scene.torrent, scene.full, "\(freePort())", "tcp"], in: scene.folder, until: "seeding") {
        try await get(scene, byMagnet: false, [])
      }
    }
  }

  @Test("aria2 seeds to us", .timeLimit(.minutes(3)), arguments: [false, true])
  func ariaSeeds(_ byMagnet: Bool) async throws {
    guard let aria = ProgramRunner("aria2c") else { return }
    try await withScene(trackers: ["http"]) { scene in
      let port = freePort()
      let arguments = [
        "-d", scene.full, "-V", "--seed-ratio=0.0", "--listen-port=\(port)", "--enable-dht=false", "--bt-external-ip=127.0.0.1", "--no-conf=true", "--summary-interval=1", scene.torrent,
      ]
      try await with(aria.path, arguments, in: scene.folder, until: "SEED") { try await get(scene, byMagnet: byMagnet, ["--peer", "127.0.0.1:\(port)"]) }
    }
  }

  @Test("Transmission seeds to us, over TCP and uTP", .timeLimit(.minutes(3)), arguments: ["tcp", "utp"])
  func transmissionSeeds(_ carrier: String) async throws {
    guard let daemon = ProgramRunner("transmission-daemon"), let remote = ProgramRunner("transmission-remote") else { return }
    try await withScene { scene in
      let (port, control) = (freePort(), freePort())
      let arguments = ["-f", "-g", scene.folder + "/config", "-p", "\(control)", "-P", "\(port)", "-w", scene.full, "-T", "-M", "-O", "-ep", "-et"]
      try await with(daemon.path, arguments + (carrier == "utp" ? ["--utp"] : ["--no-utp"]), in: scene.folder, until: nil) {
        var isSeeding = false
        for round in 0..<100 where !isSeeding {
          if round % 10 == 0 { _ = await remote.run(["\(control)", "-a", scene.torrent]) }
          isSeeding = await remote.run(["\(control)", "-t", "1", "-i"]).text.contains("Percent Done: 100%")
          try await Task.sleep(for: .milliseconds(100))
        }
        #expect(isSeeding)
        try await get(scene, byMagnet: false, ["--over", carrier, "--peer", "127.0.0.1:\(port)"])
      }
    }
  }

  // MARK: The hash table

  @Test("libtorrent finds us by the hash table alone: our node is where its own begins", .timeLimit(.minutes(3)))
  func libtorrentFindsUs() async throws {
    guard let python = python() else { return }
    try await withScene(trackers: []) { scene in
      let hash = try #require(try await infoHash(scene))
      try await scene.seeding(["--dht"]) { port in
        let got = await python.run([Self.script, "get", "magnet:?xt=urn:btih:\(hash)", scene.empty, "\(freePort())", "tcp", "\(port)"], timeout: .seconds(85))
        #expect(got.status == 0, "\(got.text) \(got.errorText)")
        #expect(scene.result == scene.data)
      }
    }
  }

  @Test("we find libtorrent by the hash table alone: its node is where ours begins", .timeLimit(.minutes(3)))
  func libtorrentIsFound() async throws {
    guard let python = python() else { return }
    try await withScene(trackers: []) { scene in
      let port = freePort()
      try await with(python.path, [Self.script, "seed", scene.torrent, scene.full, "\(port)", "tcp", "0"], in: scene.folder, until: "seeding") {
        let hash = try #require(try await infoHash(scene))
        let got = try await scene.tool(["get", "magnet:?xt=urn:btih:\(hash)", "--data", scene.empty, "--patience", "60s", "--node", "127.0.0.1:\(port)"], timeout: .seconds(100))
        #expect(got.status == 0 && scene.result == scene.data, "\(got.status) \(got.errorText)")
      }
    }
  }

  @Test("two of ours alone find one another by the hash table: one's node is where the other's begins", .timeLimit(.minutes(3)))
  func pair() async throws {
    try await withScene(trackers: []) { scene in
      let hash = try #require(try await infoHash(scene))
      try await scene.seeding(["--dht"]) { port in
        // `get` makes the folder.
        try FileManager.default.removeItem(atPath: scene.empty)
        let got = try await scene.tool(["get", "magnet:?xt=urn:btih:\(hash)", "--data", scene.empty, "--patience", "100s", "--node", "127.0.0.1:\(port)"], timeout: .seconds(120))
        #expect(got.status == 0 && scene.result == scene.data, "\(got.status) \(got.errorText)")
      }
    }
  }

  @Test("a private torrent, and a node that cannot be reached, are refused", arguments: [
    (["--dht"], true, 2), (["--node", "192.0.2.1:6881"], false, 2), (["--node", "nowhere"], false, 2),
  ])
  func refusedNodes(_ options: [String], _ isPrivate: Bool, _ status: Int32) async throws {
    try await withRuntimeFolder { environment, folder in
      try Data("x".utf8).write(to: URL(fileURLWithPath: folder + "/x"))
      let tool = try executable()
      let made = await tool.run(["torrent", "make", folder + "/x", "-o", folder + "/x.torrent"] + (isPrivate ? ["--private"] : []), environment: environment)
      #expect(made.status == 0)
      let outcome = await tool.run(["torrent", "seed", folder + "/x.torrent", "--data", folder, "--listen", "127.0.0.1:0"] + options, environment: environment, timeout: .seconds(30))
      #expect(outcome.status == status, "\(outcome.errorText)")
    }
  }

  // MARK: Bad times

  @Test("a download that is killed a hundred times ends whole", .timeLimit(.minutes(5)))
  func killed() async throws {
    try await withScene(40_000_000, trackers: []) { scene in
      try await scene.seeding { port in
        var chance = SeededRandom(seed: 5)
        var (kills, wholes, resumed) = (0, 0, 0)
        let arguments = ["torrent", "get", scene.torrent, "--data", scene.empty, "--peer", "127.0.0.1:\(port)", "--no-trackers"]
        while kills < 100 {
          let process = Process()
          process.executableURL = URL(fileURLWithPath: program)
          process.arguments = arguments
          process.environment = ProcessInfo.processInfo.environment.merging(scene.environment) { $1 }
          process.standardOutput = FileHandle.nullDevice
          process.standardError = FileHandle.nullDevice
          try process.run()
          usleep(UInt32.random(in: 20_000...400_000, using: &chance))
          if process.isRunning {
            kill(process.processIdentifier, SIGKILL)
            process.waitUntilExit()
            kills += 1
            if FileManager.default.fileExists(atPath: scene.empty + "/data.bin") { resumed += 1 }
            continue
          }
          #expect(process.terminationStatus == 0)
          #expect(scene.result == scene.data)
          wholes += 1
          try FileManager.default.removeItem(atPath: scene.empty)
          try FileManager.default.createDirectory(atPath: scene.empty, withIntermediateDirectories: true)
        }
        try await get(scene, byMagnet: false, ["--peer", "127.0.0.1:\(port)"])
        #expect(resumed > 20, "\(wholes) wholes, \(resumed) resumed")
      }
    }
  }

  @Test("torrents that mean harm are refused, and nothing is written", arguments: [
    "4:name2:..", "4:name7:/etc/pw", "4:name3:a/b", "4:name0:", "4:name3:a\\b",
  ])
  func hostile(_ name: String) async throws {
    try await withRuntimeFolder { environment, folder in
      let info = "d6:lengthi5e\(name)12:piece lengthi16384e6:pieces20:aaaaaaaaaaaaaaaaaaaae"
      try Data("d4:info\(info)e".utf8).write(to: URL(fileURLWithPath: folder + "/bad.torrent"))
      for command in [["show"], ["get", "--data", folder + "/out"], ["check", "--data", folder + "/out"], ["seed", "--data", folder + "/out"]] {
        try? FileManager.default.createDirectory(atPath: folder + "/out", withIntermediateDirectories: true)
        let outcome = await (try executable()).run(["torrent", command[0], folder + "/bad.torrent"] + command.dropFirst(), environment: environment)
        #expect(outcome.status == 2 && outcome.errorText.contains("bad.torrent"), "\(outcome.status) \(outcome.errorText)")
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder + "/out").isEmpty)
      }
    }
  }

  @Test("the tool: makes a folder's torrent as libtorrent reads it, checks it, and says what is wrong") func tool() async throws {
    try await withRuntimeFolder { environment, folder in
      let tool = try executable()
      func run(_ arguments: [String]) async -> ProgramOutcome { await tool.run(["torrent"] + arguments, environment: environment) }
      try FileManager.default.createDirectory(atPath: folder + "/box/sub", withIntermediateDirectories: true)
      for (name, count) in [("a", 40_000), ("empty", 0), ("sub/b", 100_000), (".hidden", 5)] {
        try Data((0..<count).map { UInt8(truncatingIfNeeded: $0 &* 7) }).write(to: URL(fileURLWithPath: "\(folder)/box/\(name)"))
      }
      let made = await run(["make", folder + "/box", "-o", folder + "/box.torrent", "--private", "--comment", "a box", "--piece-length", "32768"])
      #expect(made.status == 0)
      let shown = await run(["show", folder + "/box.torrent"])
      #expect(shown.text.contains("file      sub/b  100000") && shown.text.contains("private   ") && !shown.text.contains("hidden"))
      let json = try #require(try JSONSerialization.jsonObject(with: Data(await run(["show", folder + "/box.torrent", "--json"]).output)) as? [String: Any])
      #expect(json["length"] as? Int == 140_000 && json["private"] as? Bool == true)
      if let python = python() {
        let read = await python.run(["-c", "import libtorrent,sys; t=libtorrent.torrent_info(sys.argv[1]); print(t.info_hash(), t.num_files(), t.num_pieces(), t.priv())", folder + "/box.torrent"])
        #expect(read.text == "\(json["infohash"] ?? "") 3 5 True\n", "\(read.text) \(read.errorText)")
      }
      let good = await run(["check", folder + "/box.torrent", "--data", folder])
      #expect(good.status == 0 && good.text == "box: 5 of 5 pieces are right\n")
      try Data(count: 10).write(to: URL(fileURLWithPath: folder + "/box/a"))
      let bad = await run(["check", folder + "/box.torrent", "--data", folder, "--json"])
      #expect(bad.status == 1 && bad.text.contains(#""whole":false"#))
      #expect(await run(["seed", folder + "/box.torrent", "--data", folder, "--listen", "127.0.0.1:0"]).status == 1)
      #expect(await run(["show", "/nowhere"]).status == 2)
      let nobody = await run(["get", folder + "/box.torrent", "--data", folder + "/box/sub", "--patience", "1s"])
      #expect(nobody.status == 4 && nobody.errorText.contains("nothing has come for 1 seconds"), "\(nobody.status) \(nobody.errorText)")
      try Data(count: 50_000).write(to: URL(fileURLWithPath: folder + "/box/a"))
      #expect(await run(["get", folder + "/box.torrent", "--data", folder, "--patience", "1s"]).status == 2)
    }
  }
}
