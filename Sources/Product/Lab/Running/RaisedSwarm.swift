// A world's swarms: hosts that have a torrent's file and hosts that want it, all of them the production peer.
// Not here: what a world's file says about them (World/SwarmReader.swift), what a scenario has peers do (SwarmDeeds.swift), taking part
// (Servers/Swarm/Download).
package import BitTorrent
import Bytes
import Host
import Swarm
import Synchronization
import Transport
import World

/// How a peer finds others, and what it speaks over.
package struct SwarmPart: Sendable, Hashable {
  var carriers: [PeerCarrier] = [.tcp, .utp]
  var asksTrackers = true
  /// Whether it has a node of the hash table, which shares its port.
  var asksTable = true
  /// Whether that node leaves out all whose ids do not belong to their addresses.
  var isGuarded = false
  var port = RaisedSwarm.port
}

/// Raises peers.
enum RaisedSwarm {
  /// Where peers listen.
  static let port: UInt16 = 6_881

  static func start(_ host: HostDescription, of world: WorldDescription, on assembly: Assembly, _ means: RaisedWorld.Means) async throws(NetworkError) {
    let mine = world.swarms.filter { $0.seeds.contains(host.name) || $0.peers.contains(host.name) }
    guard means.beginsSwarms, !mine.isEmpty else { return }
    let entrances = world.nodes.compactMap { means.runs($0.host) ? world.host($0.host) : nil }
    guard let service = try await serve(host, as: SwarmPart(), of: world, means.plan, entrances: entrances, misdeed: means.failures == nil ? nil : FailPeers.misdeed, on: assembly, chance: means.chance) else { return }
    assembly.network.start {
      for swarm in mine {
        guard let (content, torrent) = means.contents.content(of: swarm) else { continue }
        let length = torrent.sizes.totalLength
        let hasAll = swarm.seeds.contains(host.name)
        _ = try? await service.add(torrent, trackers: swarm.trackers(in: world).map { [$0] }) { _ in
          MemoryFiles(length: length, content: hasAll ? content : nil)
        }
      }
    }
  }

  /// Has a host take part as `part`; nil: it has no address in this lab. `entrances` are the nodes that its own begins at; without any it has none.
  /// `misdeed` is what it does on purpose to certain peers.
  static func serve(
    _ host: HostDescription, as part: SwarmPart, of world: WorldDescription, _ plan: AddressPlan, entrances: [HostDescription],
    misdeed: (@Sendable (PeerID) -> Misdeed?)? = nil, on assembly: Assembly, chance: SeededRandom
  ) async throws(NetworkError) -> SwarmService? {
    // The first family that this lab has: a peer is one address to its tracker.
    guard let endpoint = plan.endpoints(of: host, port: part.port).first else { return nil }
    let network = assembly.network.background
    let chance = chance.derived("peer of \(host.name) at \(part.port)")
    var setting = SwarmService.Setting()
    setting.source = endpoint.address
    setting.carriers = part.carriers
    setting.participation.misdeed = misdeed
    var sources = PeerSources()
    if part.asksTrackers {
      let client = TrackerClient(
        network: network, from: endpoint.address,
        resolve: { name in world.hosts.first { world.domainName(of: $0) == name }.map { plan.addresses(of: $0) } ?? [] }, trace: assembly.clientTrace,
        chance: chance.derived("trackers"))
      sources.announce = { request, url, timeout in
        // A world ends as a whole: nobody is left to hear a farewell, and nobody is to wait for that.
        guard request.event != .stopped else { throw TrackerFailure.unreachable("the world ends") }
        guard let tracker = TrackerURL(url) else { throw TrackerFailure.unreachable("\(url) is no tracker's address") }
        return try await client.announce(request, to: tracker, timeout: timeout)
      }
    }
    // The node lives at the port of uTP.
    if part.asksTable, !entrances.isEmpty, part.carriers.contains(.utp) {
      let begins = entrances.flatMap { plan.endpoints(of: $0, port: RaisedPeers.nodePort) }
      setting.node = RaisedPeers.setting(at: endpoint, isGuarded: part.isGuarded, entrances: begins, chance)
    }
    // What lies in memory waits for no disk.
    return try await assembly.serveTorrents(at: endpoint, setting: setting, sources: sources, disk: { work in network.start { work() } }, chance: chance)
  }
}

/// The bytes of a world's swarms: made by computation, the same in every run, once for all hosts.
package final class SwarmContents: Sendable {
  private let made = Mutex<[String: (content: [UInt8], torrent: Torrent)]>([:])

  package init() {}

  /// The bytes and the torrent of them; nil: its name is none.
  package func content(of swarm: SwarmDescription) -> (content: [UInt8], torrent: Torrent)? {
    made.withLock { made in
      let key = "\(swarm.file) \(swarm.length)"
      if made[key] == nil { made[key] = Self.make(swarm) }
      return made[key]
    }
  }

  private static func make(_ swarm: SwarmDescription) -> (content: [UInt8], torrent: Torrent)? {
    var chance = SeededRandom(seed: 0).derived(swarm.file)
    var content: [UInt8] = []
    content.reserveCapacity(swarm.length + 8)
    while content.count < swarm.length { withUnsafeBytes(of: chance.next().littleEndian) { content.append(contentsOf: $0) } }
    content.removeLast(content.count - swarm.length)
    guard var maker = TorrentMaker(name: swarm.file, length: swarm.length) else { return nil }
    maker.add(Buffer(content))
    return (try? maker.finish()).map { (content, $0) }
  }
}

extension SwarmDescription {
  /// The link by which other programs take part: its hash, and its trackers as they are found in `plan`. Nil: its name is none.
  package func magnet(in world: WorldDescription, _ plan: AddressPlan, _ contents: SwarmContents) -> String? {
    guard let torrent = contents.content(of: self)?.torrent else { return nil }
    let places = trackers.compactMap { world.host($0) }.compactMap { host in
      plan.kind == .namespace ? "\(world.domainName(of: host)):\(RaisedPeers.trackerPort)" : plan.endpoints(of: host, port: RaisedPeers.trackerPort).first?.description
    }
    // Not everybody speaks to trackers over UDP.
    return Magnet(torrent.infoHash, name: file, trackers: places.flatMap { ["udp://\($0)/announce", "http://\($0)/announce"] }).description
  }

  /// The addresses of its trackers.
  package func trackers(in world: WorldDescription) -> [String] {
    trackers.compactMap { name in world.host(name).map { "udp://\(world.domainName(of: $0)):\(RaisedPeers.trackerPort)/announce" } }
  }
}
