// Other people's programs with our tracker and our node of the hash table: aria2, Transmission and libtorrent announce themselves over UDP and HTTP
// and find each other; our client asks opentracker; libtorrent's node knows ours and ours knows it.
// Each is started here, on loopback, with a folder of its own.
import BitTorrent
import Bytes
import Foundation
import Glibc
import TestKit
import Testing
import Transport
import World

@testable import Swarm

@Suite("trackers and the hash table with other programs", .serialized)
struct TrackerPeerTests {
  private static let python = "/usr/bin/python3"
  private static var script: String { repositoryRoot + "/Tests/PeerTests/Scripts/tracker_libtorrent.py" }
  private static let schemes = ["udp", "http"]

  /// A tracker on loopback, a torrent that names it, and folders.
  private struct Scene {
    var folder: String
    var network: SocketNetwork
    var service: TrackerService
    var torrent: Torrent
    var url: String
    var endpoint: Endpoint { service.endpoints[0] }
    var statistics: TrackerStatistics { service.book.statistics(at: network.clock.now) }

    func path(_ name: String) -> String { folder + "/" + name }
    var client: TrackerClient { TrackerClient(network: network, resolve: { _ in [] }, chance: SystemRandomNumberGenerator()) }
    func content(_ name: String) -> Data? { try? Data(contentsOf: URL(fileURLWithPath: path(name))) }
  }

  private static let content: Data = {
    var chance = SeededRandom(seed: 5)
    return Data((0..<300_000).map { _ in UInt8.random(in: 0...255, using: &chance) })
  }()

  /// Writes the content as `seed/content.bin` and its torrent as `content.torrent`.
  private func makeTorrent(in folder: String, announce: String?) throws -> Torrent {
    for name in ["seed", "leech", "state1", "state2"] { try FileManager.default.createDirectory(atPath: "\(folder)/\(name)", withIntermediateDirectories: true) }
    try Self.content.write(to: URL(fileURLWithPath: "\(folder)/seed/content.bin"))
    var maker = try #require(TorrentMaker(name: "content.bin", length: Self.content.count))
    maker.add(Buffer(Self.content))
    let torrent = try maker.finish()
    var file = Buffer("d")
    if let announce { file.append("8:announce\(announce.utf8.count):\(announce)") }
    file.append("4:info")
    file.append(torrent.bytes)
    file.append("e")
    try Data(file.array).write(to: URL(fileURLWithPath: "\(folder)/content.torrent"))
    return torrent
  }

  private func withTracker(_ scheme: String, _ work: (Scene) async throws -> Void) async throws {
    try await withRuntimeFolder { _, folder in
      let network = SocketNetwork(loops: 1)
      let service = try await TrackerService.start(network: network, endpoints: [Endpoint(.loopback, 0)], loop: DatagramLoopLimits(), chance: SystemRandomNumberGenerator())
      let url = "\(scheme)://\(service.endpoints[0])/announce"
      let scene = Scene(folder: folder, network: network, service: service, torrent: try makeTorrent(in: folder, announce: url), url: url)
      let result: Result<Void, any Error>
      do { result = .success(try await work(scene)) } catch { result = .failure(error) }
      await service.close(grace: .zero)
      await network.shutDown()
      try result.get()
    }
  }

  /// A program in the background, ended with the value.
  private final class Running {
    let process = Process()

    init?(_ name: String, _ arguments: [String], in folder: String) throws {
      guard let program = ProgramRunner(name) else { return nil }
      process.executableURL = URL(fileURLWithPath: program.path)
      process.arguments = arguments
      process.currentDirectoryURL = URL(fileURLWithPath: folder)
      process.environment = ProcessInfo.processInfo.environment.merging(["HOME": folder]) { $1 }
      process.standardOutput = FileHandle.nullDevice
      process.standardError = FileHandle.nullDevice
      try process.run()
    }

    deinit {
      // It may have inherited a thread's mask that holds back every other signal.
      kill(process.processIdentifier, SIGKILL)
      process.waitUntilExit()
    }
  }

  /// Looks at something until it is so; false: it never was.
  private func waits(_ seconds: Int = 40, until isSo: () async throws -> Bool) async rethrows -> Bool {
    for _ in 0..<(seconds * 10) {
      if try await isSo() { return true }
      try? await Task.sleep(for: .milliseconds(100))
    }
    return false
  }

  private func aria2(_ scene: Scene, folder: String, _ more: [String]) async throws -> Running? {
    let (port, nodePort) = (freePort(), freePort())
    return try Running(
      "aria2c",
      [
        // It asks trackers over UDP only while it has a node of the hash table. This one knows nobody.
        "--enable-dht=true", "--dht-listen-port=\(nodePort)", "--dht-file-path=\(scene.path(folder))-nodes", "--interface=127.0.0.1",
        "--no-conf", "-d", scene.path(folder), "--listen-port=\(port)", "--enable-dht6=false", "--bt-enable-lpd=false", "--enable-peer-exchange=false",
        "--bt-external-ip=127.0.0.1", "--disable-ipv6", "--seed-ratio=0.0",
      ] + more + [scene.path("content.torrent")], in: scene.folder)
  }

  private func hasArrived(_ scene: Scene) async -> Bool { await waits { scene.content("leech/content.bin") == Self.content } }

  // MARK: Clients of our tracker

  @Test("aria2 seeds to aria2: they find each other by our tracker alone", .timeLimit(.minutes(2)), arguments: schemes)
  func aria2(_ scheme: String) async throws {
    guard ProgramRunner.isInstalled("aria2c") else { return skipped("aria2", because: "aria2c is not installed") }
    try await withTracker(scheme) { scene in
      let seed = try await aria2(scene, folder: "seed", ["-V"])
      #expect(await waits { scene.statistics.seeders == 1 })
      let leech = try await aria2(scene, folder: "leech", [])
      #expect(await hasArrived(scene))
      #expect(await waits { scene.statistics.peers == 2 })
      withExtendedLifetime((seed, leech)) {}
    }
  }

  @Test("Transmission seeds to aria2; our client hears of both", .timeLimit(.minutes(2)), arguments: schemes)
  func transmission(_ scheme: String) async throws {
    guard ProgramRunner.isInstalled("transmission-daemon"), ProgramRunner.isInstalled("aria2c") else { return skipped("transmission", because: "transmission-daemon or aria2c is not installed") }
    try await withTracker(scheme) { scene in
      let (rpc, port) = (freePort(), freePort())
      try FileManager.default.createDirectory(atPath: scene.path("state1/torrents"), withIntermediateDirectories: true)
      let daemon = try Running(
        "transmission-daemon",
        ["-f", "-g", scene.path("state1"), "-p", "\(rpc)", "-P", "\(port)", "-w", scene.path("seed"), "-T", "-M", "-O", "--no-utp", "-i", "127.0.0.1", "-r", "127.0.0.1"], in: scene.folder)
      let remote = try #require(ProgramRunner("transmission-remote"))
      #expect(await waits { await remote.run(["\(rpc)", "-a", scene.path("content.torrent")]).text.contains("success") })
      #expect(await waits { scene.statistics.seeders == 1 })
      let leech = try await aria2(scene, folder: "leech", [])
      #expect(await hasArrived(scene))
      let reply = try await scene.client.announce(request(scene.torrent.infoHash, port: 1), to: try #require(TrackerURL(scene.url)))
      #expect(reply.peers.contains { $0.endpoint == Endpoint(.loopback, UInt16(port)) })
      #expect(await remote.run(["\(rpc)", "-t", "all", "-S"]).status == 0)
      // Who stops says so.
      #expect(await waits { scene.statistics.peers == 2 })
      withExtendedLifetime((daemon, leech)) {}
    }
  }

  @Test("libtorrent seeds to libtorrent: they find each other by our tracker alone", .timeLimit(.minutes(2)), arguments: schemes)
  func libtorrent(_ scheme: String) async throws {
    guard let python = libtorrent() else { return }
    try await withTracker(scheme) { scene in
      let outcome = await python.run([Self.script, "tracker", scene.path("content.torrent"), scene.path("seed"), scene.path("leech")], timeout: .seconds(90))
      #expect(outcome.status == 0, "\(outcome.text) \(outcome.errorText)")
      #expect(scene.content("leech/content.bin") == Self.content)
      // It scrapes too.
      #expect(scene.statistics.scrapes >= 1)
    }
  }

  private func libtorrent() -> ProgramRunner? {
    guard let python = ProgramRunner(Self.python) else { return nil }
    guard python.runBlocking(["-c", "import libtorrent"]).status == 0 else {
      skipped("libtorrent", because: "python3-libtorrent is not installed")
      return nil
    }
    return python
  }

  private func request(_ torrent: InfoHash, port: UInt16, left: UInt64 = 1) -> AnnounceRequest {
    var chance = SystemRandomNumberGenerator()
    var request = AnnounceRequest(infoHash: torrent, peerID: .random(using: &chance), port: port)
    request.event = .started
    request.left = left
    return request
  }

  // MARK: Our client

  @Test("our client announces to opentracker and hears of the others", .timeLimit(.minutes(1)))
  func opentracker() async throws {
    guard ProgramRunner.isInstalled("opentracker") else { return skipped("opentracker", because: "it is not installed") }
    try await withRuntimeFolder { _, folder in
      let network = SocketNetwork(loops: 1)
      let torrent = try makeTorrent(in: folder, announce: nil).infoHash
      try "\(torrent.hex)\n".write(toFile: folder + "/list", atomically: true, encoding: .utf8)
      // It gives up its rights and reads the list as nobody.
      try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: folder)
      let port = freePort()
      let tracker = try Running("opentracker", ["-i", "127.0.0.1", "-p", "\(port)", "-P", "\(port)", "-d", folder, "-w", "list"], in: folder)
      let client = TrackerClient(network: network, resolve: { _ in [] }, chance: SystemRandomNumberGenerator())
      let urls = try Self.schemes.map { try #require(TrackerURL("\($0)://127.0.0.1:\(port)/announce")) }
      #expect(await waits(20) { (try? await client.announce(request(torrent, port: 1_001, left: 0), to: urls[0], timeout: .seconds(2))) != nil })
      for (number, url) in urls.enumerated() {
        let reply = try await client.announce(request(torrent, port: UInt16(2_001 + number)), to: url)
        #expect(reply.peers.contains { $0.endpoint == Endpoint(.loopback, 1_001) })
        #expect(reply.interval > 0)
        let counts = try await client.scrape([torrent], at: url)
        #expect(counts.first?.seeders == 1 && counts.first?.leechers == UInt32(number + 1))
      }
      await network.shutDown()
      withExtendedLifetime(tracker) {}
    }
  }

  // MARK: The hash table

  private func withNode(_ work: (NodeService, SocketNetwork, String) async throws -> Void) async throws {
    try await withRuntimeFolder { _, folder in
      let network = SocketNetwork(loops: 1)
      var setting = DHTSetting()
      setting.spread = .relaxed
      setting.limits.queriesPerAddressMax = 10_000
      let node = try await NodeService.start(network: network, endpoint: Endpoint(.loopback, 0), setting: setting, chance: SystemRandomNumberGenerator())
      let result: Result<Void, any Error>
      do { result = .success(try await work(node, network, folder)) } catch { result = .failure(error) }
      await node.close()
      await network.shutDown()
      try result.get()
    }
  }

  @Test("two of libtorrent find each other by our node alone", .timeLimit(.minutes(2)))
  func hashTable() async throws {
    guard let python = libtorrent() else { return }
    try await withNode { node, _, folder in
      _ = try makeTorrent(in: folder, announce: nil)
      let port = try #require(node.endpoint).port
      let outcome = await python.run([Self.script, "dht", "\(folder)/content.torrent", "\(folder)/seed", "\(folder)/leech", "\(port)"], timeout: .seconds(100))
      #expect(outcome.status == 0, "\(outcome.text) \(outcome.errorText)")
      #expect((try? Data(contentsOf: URL(fileURLWithPath: "\(folder)/leech/content.bin"))) == Self.content)
    }
  }

  @Test("libtorrent's node knows ours, stores what we announce, and finds it again", .timeLimit(.minutes(2)))
  func node() async throws {
    guard let python = libtorrent() else { return }
    try await withNode { node, network, _ in
      let own = try #require(node.endpoint)
      let other = Endpoint(.loopback, UInt16(freePort()))
      let torrent = InfoHash(NodeID.random(for: .loopback, using: &randomness).bits)
      async let outcome = python.run([Self.script, "node", "\(other.port)", "\(own.port)", torrent.hex], timeout: .seconds(90))
      #expect(await waits { await node.currentState()?.contacts.contains { $0.endpoint == other } == true })
      let report = await node.findPeers(of: torrent, announcing: PeerAnnouncement(port: 50_001))
      #expect(report.nodes.contains { $0.endpoint == other })
      #expect(report.announcedTo >= 1)
      let told = await outcome
      #expect(told.status == 0 && told.text.contains("127.0.0.1:50001"), "\(told.text) \(told.errorText)")
    }
  }
}

nonisolated(unsafe) private var randomness = SystemRandomNumberGenerator()
