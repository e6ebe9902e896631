// The listeners of swarms and of names' blocks in storms: thousands of connections, datagrams from everywhere and from nowhere, garbage, lies; and a
// download onto a disk without room. Memory and open files stay bounded, and somebody honest is served.
// Not here: other programs' peers (TorrentPeerTests, TrackerPeerTests).
import BitTorrent
import Bytes
import Foundation
import Host
import Names
import Swarm
import TestKit
import Testing
import Transport
import World

@Suite("swarms in storms", .serialized)
struct SwarmStormPeerTests {
  /// Lets the script's storm come to `port` of `process`.
  private func storm(_ process: Int32, _ kind: String, _ count: Int, _ port: Substring?, _ more: [String] = []) async throws {
    let (python, port) = (try #require(ProgramRunner("python3")), String(try #require(port)))
    let outcome = await python.run([scriptPath("swarm_storm.py"), "\(process)", kind, "\(count)", port] + more, timeout: .seconds(280))
    #expect(outcome.status == 0 && outcome.text.hasSuffix("\ngood\n"), "\(outcome.text)\(outcome.errorText)")
    print(outcome.text, terminator: "")
  }

  @Test("peers over TCP and uTP, and the tracker of netstead up", .timeLimit(.minutes(10)))
  func host() async throws {
    guard ProgramRunner("python3") != nil else { return }
    try await withRuntimeFolder { environment, folder in
      try FileManager.default.createDirectory(atPath: folder + "/torrents", withIntermediateDirectories: true)
      var chance = SeededRandom(seed: 1)
      try Data((0..<4_000_001).map { _ in UInt8.random(in: 0...255, using: &chance) }).write(to: URL(fileURLWithPath: folder + "/torrents/data.bin"))
      let torrent = folder + "/torrents/data.torrent"
      let made = try await executable().run(["torrent", "make", folder + "/torrents/data.bin", "-o", torrent, "--piece-length", "32768"])
      #expect(made.status == 0)
      try """
      domain: home.test
      ports: {dns: 0, http: 0, https: 0, console: 0, torrents: 0, tracker: 0}
      trace: {on: false}
      torrents: {folder: torrents}
      tracker: {open: yes}
      """.write(toFile: folder + "/netstead.yaml", atomically: true, encoding: .utf8)
      let host = try Background(
        ["up", "--settings", folder + "/netstead.yaml", "--data", folder + "/data"], environment: environment, in: folder, until: "stop by")
      let (peers, tracker) = (host.endpoint("BitTorrent")?.split(separator: ":").last, host.endpoint("BitTorrent tracker")?.split(separator: ":").last)
      try await storm(host.processIdentifier, "tcp", 5_000, peers, [torrent])
      try await storm(host.processIdentifier, "utp", 20_000, peers, [torrent])
      try await storm(host.processIdentifier, "tracker", 50_000, tracker)
      #expect(host.isRunning && host.residentBytes < 300 << 20, "\(host.residentBytes >> 20) MiB")
      #expect(host.stop() == 0)
    }
  }

  @Test("a node of the hash table", .timeLimit(.minutes(5)))
  func node() async throws {
    guard ProgramRunner("python3") != nil else { return }
    let network = SocketNetwork(loops: 1)
    let node = try await NodeService.start(network: network, endpoint: Endpoint(.loopback, 0), chance: SystemRandomNumberGenerator())
    let before = ownBytes
    try await storm(getpid(), "dht", 20_000, node.endpoint.map { "\($0.port)" })
    #expect(ownBytes - before < 60 << 20, "\((ownBytes - before) >> 20) MiB more")
    await node.close()
    await network.shutDown()
  }

  @Test("a node of the hash table that keeps blocks of names", .timeLimit(.minutes(5)))
  func blocks() async throws {
    guard ProgramRunner("python3") != nil else { return }
    try await withRuntimeFolder { _, folder in
      let network = SocketNetwork(loops: 1)
      let clock = network.clock
      var chance = SeededRandom(seed: 1)
      var lines = ""
      for number in 0..<40 {
        let secret = ZoneSecret(number % 2 == 0 ? .pkey : .edkey, using: &chance)
        let record = ZoneRecord(.a, [192, 0, 2, UInt8(number)], expiration: UInt64((clock.now + .seconds(3_600)).nanoseconds / 1_000))
        let block = try #require(ZoneBlock(RecordSet([record]), under: try ZoneLabel("www"), by: secret))
        lines += "\(block.query.target.hex) \(Hexadecimal.text(block.bytes))\n"
      }
      try lines.write(toFile: folder + "/blocks", atomically: true, encoding: .utf8)
      var setting = DHTSetting()
      setting.items = ZoneBlockRule()
      // This is about blocks: whoever asks much is turned away in the test above.
      setting.limits.queriesPerAddressMax = 100_000
      // Checking a signature takes a tenth of a second where the compiler has not optimised it.
      setting.limits.itemChecksPerSecondMax = 3
      let node = try await NodeService.start(network: network, endpoint: Endpoint(.loopback, 0), setting: setting, chance: SystemRandomNumberGenerator())
      let before = ownBytes
      try await storm(getpid(), "blocks", 5_000, node.endpoint.map { "\($0.port)" }, [folder + "/blocks"])
      #expect(ownBytes - before < 60 << 20, "\((ownBytes - before) >> 20) MiB more")
      await node.close()
      await network.shutDown()
    }
  }

  /// What this process has in memory. Unit: bytes.
  private var ownBytes: Int {
    let pages = (try? String(contentsOfFile: "/proc/self/statm", encoding: .utf8))?.split(separator: " ").dropFirst().first
    return (pages.flatMap { Int($0) } ?? 0) * Int(sysconf(Int32(_SC_PAGESIZE)))
  }

  @Test("a disk without room: said at once, nothing is lost, and the download goes on", .timeLimit(.minutes(4)))
  func full() async throws {
    guard let unshare = ProgramRunner("unshare"), ProgramRunner("python3") != nil else { return }
    guard await unshare.run(["--user", "--map-root-user", "--mount", "true"]).status == 0 else {
      return skipped("a disk without room", because: "no user namespaces here")
    }
    try await withRuntimeFolder { _, folder in
      let outcome = await unshare.run(
        ["--user", "--map-root-user", "--mount", "python3", scriptPath("swarm_full_disk.py"), program, folder], timeout: .seconds(200))
      #expect(outcome.status == 0 && outcome.text.hasPrefix("good "), "\(outcome.text)\(outcome.errorText)")
      print("torrents on a full disk: \(outcome.text)", terminator: "")
    }
  }
}
