// The node of the hash table that a host has by its settings: whom it begins at, whom it remembers, what is broken and stops nothing.
// Not here: the node itself (SwarmTests/NodeTests), reading the settings (HostSettingsTests).
import BitTorrent
import Bytes
import Foundation
import Swarm
import Testing
import Transport
import World

@testable import Host

@Suite("a host's node of the hash table", .serialized)
struct HomeNodeTests {
  /// Seeds what `nodes` and the torrents of `folder` say, waits until the host's node knows `wanted`, and tells what was warned of.
  private func seed(_ nodes: String, in folder: String, on network: SocketNetwork, knowing wanted: Endpoint) async throws -> (id: NodeID, warnings: [String]) {
    let settings = try HostSettings(file: folder + "/n.yaml", text: "torrents: {folder: torrents, nodes: [\(nodes)]}\n", isPrivileged: false)
    let assembly = Assembly(name: "home", network: network, recorder: nil)
    let warnings = try await assembly.seed(
      try #require(settings.torrents), at: [Endpoint(.loopback, 0)], dataDirectory: folder, lookUp: { _, _ in [.loopback] })
    let node = try #require(assembly.partners.nodes.first?.service)
    for _ in 0..<200 {
      if let state = await node.currentState(), state.contacts.contains(where: { $0.endpoint == wanted }) { break }
      try await Task.sleep(for: .milliseconds(50))
    }
    let state = try #require(await node.currentState())
    #expect(state.contacts.map(\.endpoint) == [wanted])
    await assembly.stop(grace: .zero)
    return (state.id, warnings)
  }

  @Test("it begins where the settings or a torrent say, remembers who it is and whom it knew, and begins anew when that is broken", .timeLimit(.minutes(1)))
  func remembers() async throws {
    let folder = NSTemporaryDirectory() + "/netstead-home-node-\(UInt32.random(in: 0 ... .max))"
    try FileManager.default.createDirectory(atPath: folder + "/torrents", withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(atPath: folder) }
    let network = SocketNetwork(loops: 1)
    let other = try await NodeService.start(
      network: network, endpoint: Endpoint(.loopback, 0), setting: DHTSetting(bootstrap: [], at: .loopback), chance: SystemRandomNumberGenerator())
    let place = try #require(other.endpoint)
    // The torrent names it, by a name.
    var maker = try #require(TorrentMaker(name: "data.bin", length: 5))
    maker.add("12345")
    let metainfo = Metainfo(try maker.finish(), nodes: [BitTorrent.Place(host: "node.test", port: place.port)])
    let file = folder + "/torrents/data.torrent"
    try Data(metainfo.encoded.array).write(to: URL(fileURLWithPath: file))
    let first = try await seed("", in: folder, on: network, knowing: place)
    try FileManager.default.removeItem(atPath: file)
    // Nobody names it any more.
    let second = try await seed("", in: folder, on: network, knowing: place)
    #expect(first.id == second.id && first.warnings.isEmpty && second.warnings.isEmpty)
    // The settings name it, and what was kept is garbage.
    for name in try FileManager.default.contentsOfDirectory(atPath: folder) where name.hasPrefix("nodes.sqlite") { try FileManager.default.removeItem(atPath: folder + "/" + name) }
    try Data("no database, and long enough to be looked at as one".utf8).write(to: URL(fileURLWithPath: folder + "/nodes.sqlite"))
    let third = try await seed("'\(place)'", in: folder, on: network, knowing: place)
    #expect(third.warnings.count == 1 && third.id != first.id, "\(third.warnings)")
    await other.close()
    await network.shutDown()
  }
}
