// What peers do in a scenario: they share a file, get one, or pretend to be nodes of the hash table. All of them are the production peer, in the
// background: a run goes on for who waits for a file, and for nobody else.
// Not here: what a scenario may say of them (Scenario/SwarmWords.swift), peers that a world has by itself (RaisedSwarm.swift).
import BitTorrent
import Bytes
import Host
import SimulatedTransport
import Swarm
import Synchronization
import Transport
import World

extension ScenarioRun {
  /// One peer of a host: a host has one for each way of taking part.
  struct PeerKey: Hashable {
    var host: String
    var part: SwarmPart
  }

  /// How often who waits for a file looks whether it is there.
  private static var glance: Duration { .milliseconds(100) }

  func swarm(_ host: HostDescription, _ client: SimulatedNetwork, _ file: String, _ part: SwarmPart, _ deed: Scenario.SwarmDeed) async -> Result.Outcome {
    guard let swarm = world.swarms.first(where: { $0.file == file }), let (content, torrent) = contents.content(of: swarm) else {
      return .failed("`\(file)` is no torrent of the world")
    }
    if case .pose(let count) = deed { return await pose(host, client, count, near: torrent.infoHash) }
    do {
      guard let service = try await peer(host, client, part) else { return .failed("\(host.name) has no address") }
      let trackers = swarm.trackers(in: world).map { [$0] }
      switch deed {
      case .share(let isSpoilt):
        let files = MemoryFiles(length: content.count, content: content)
        guard try await service.add(torrent, trackers: trackers, files: { _ in files }) != nil else { return .failed("\(host.name) has it already") }
        if isSpoilt { for piece in 0..<torrent.sizes.count { files.spoil(at: torrent.sizes.range(of: piece).lowerBound) } }
        return .said("\(torrent.sizes.count) pieces")
      case .fetch(let patience):
        let files = MemoryFiles(length: content.count)
        guard let session = try await service.add(torrent, trackers: trackers, files: { _ in files }) else { return .failed("\(host.name) has it already") }
        return await wait(for: session, patience, client)
      case .pose: return .failed("")
      }
    } catch { return .failed("\(error)") }
  }

  private func wait(for session: TorrentSession, _ patience: Duration, _ client: SimulatedNetwork) async -> Result.Outcome {
    let begin = client.clock.now
    while session.status.phase != .seeding, client.clock.now < begin + patience {
      do { try await client.clock.sleep(until: client.clock.now + Self.glance) } catch { return .failed("\(error)") }
    }
    let status = session.status
    let sentence = "\(status.piecesHad) of \(status.pieces) pieces, \(status.downloaded) bytes, \(status.wasted) wasted"
    return status.phase == .seeding ? .said(sentence) : .failed(sentence)
  }

  private func peer(_ host: HostDescription, _ client: SimulatedNetwork, _ part: SwarmPart) async throws(NetworkError) -> SwarmService? {
    let key = PeerKey(host: host.name, part: part)
    if let known = peers.withLock({ $0[key] }) { return known.partners.swarms.first }
    let assembly = Assembly(name: host.name, network: client, recorder: recorder)
    peers.withLock { $0[key] = assembly }
    return try await RaisedSwarm.serve(host, as: part, of: world, AddressPlan(.namespace), entrances: entrances, on: assembly, chance: chance)
  }

  /// The nodes of the world that run.
  private var entrances: [HostDescription] { world.nodes.compactMap { running?.contains($0.host) == false ? nil : world.host($0.host) } }

  /// Nodes whose ids were not drawn but chosen, so that whoever looks for the torrent ends at them. They know no peers, and keep none.
  private func pose(_ host: HostDescription, _ client: SimulatedNetwork, _ count: Int, near infoHash: InfoHash) async -> Result.Outcome {
    guard let address = host.addresses.first else { return .failed("\(host.name) has no address") }
    let assembly = Assembly(name: host.name, network: client, recorder: recorder)
    let key = PeerKey(host: host.name, part: SwarmPart(carriers: []))
    peers.withLock { $0[key] = assembly }
    for number in 0..<count {
      let endpoint = Endpoint(address, RaisedPeers.nodePort + UInt16(number))
      var setting = RaisedPeers.setting(
        at: endpoint, isGuarded: false, entrances: entrances.flatMap { AddressPlan(.namespace).endpoints(of: $0, port: RaisedPeers.nodePort) }, chance)
      var bytes = infoHash.bits.bytes
      bytes[bytes.count - 1] ^= UInt8(number + 1)
      setting.restored = Bits160(bytes).map { DHTState(id: NodeID($0), contacts: []) }
      setting.limits.torrentsMax = 0
      // Whoever chose his id does not let others give him a better one.
      setting.limits.votesNeeded = 1_000_000
      do { try await assembly.serveHashTable(setting, at: endpoint, chance: chance.derived("posing \(number)")) } catch { return .failed("\(error)") }
    }
    return .said("\(count) nodes")
  }
}
