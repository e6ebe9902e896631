// A host's part in swarms: the peer, and the settings' torrents seeded by it. Read before: Assembly.swift, TorrentServing.swift.
import BitTorrent
import Storage
package import Swarm
package import Transport
import WebServer
package import World

extension Assembly {
  /// Takes part in swarms, over TCP and uTP at one port.
  @discardableResult
  package func serveTorrents(
    at endpoint: Endpoint, setting: SwarmService.Setting, sources: PeerSources, disk: @escaping PieceStore.Disk, chance: any RandomNumberGenerator & Sendable
  ) async throws(NetworkError) -> SwarmService {
    let service = try await SwarmService.start(
      network: network.background, endpoint: endpoint, setting: setting, sources: sources, trace: serverTrace, disk: disk, chance: chance)
    note("BitTorrent", service.endpoint, over: "udp+tcp") { await service.close(grace: $0) }
    note { partners in
      partners.swarms.append(service)
      if let node = service.node { partners.nodes.append((node, service.endpoint)) }
    }
    return service
  }

  /// Seeds what the settings name, at each of `endpoints`; returns what went wrong and stops nothing. What is not whole is looked at, and not given.
  func seed(_ serving: TorrentServing, at endpoints: [Endpoint], dataDirectory: String, lookUp: @escaping WebClient.LookUp) async throws(HomeHost.Failure) -> [String] {
    var warnings: [String] = []
    var records: SQLiteRecords?
    if serving.nodes != nil {
      do throws(StorageError) { records = try SQLiteRecords(path: dataDirectory + "/nodes.sqlite") } catch {
        warnings.append("nodes of the hash table are not remembered: \(error)")
      }
    }
    let (torrents, files) = (try serving.torrents(), try serving.files())
    let threads: DiskThreads
    do throws(StorageError) { threads = try DiskThreads(count: Self.seedThreads) } catch { throw .storage(error) }
    for endpoint in endpoints {
      var setting = SwarmService.Setting()
      setting.carriers = serving.carriers
      // Strangers do not make us call inside a network from a place that faces the world.
      setting.participation.calling.callsInnerAddresses = endpoint.address.isLoopback
      setting.nodeKept = records.map { NodeService.Kept(store: $0, name: "\(endpoint.address)") }
      if let problem = await setting.nodeKept?.problem() { warnings.append(problem) }
      setting.node = serving.nodes.map { DHTSetting(bootstrap: $0, at: endpoint.address, items: ZoneBlockRule()) }
      let client = TrackerClient(
        network: network, resolve: { name in (try? await lookUp(name, nil)) ?? [] }, trace: clientTrace, chance: SystemRandomNumberGenerator())
      let sources = PeerSources(announce: { request, url, timeout in
        guard let tracker = TrackerURL(url) else { throw TrackerFailure.unreachable("\(url) is no tracker's address") }
        return try await client.announce(request, to: tracker, timeout: timeout)
      })
      let service: SwarmService
      do throws(NetworkError) {
        service = try await serveTorrents(
          at: endpoint, setting: setting, sources: sources, disk: { threads.perform($0) }, chance: SystemRandomNumberGenerator())
      } catch { throw .network(error) }
      // Comparing what is on the disk may take minutes; nobody has to wait for it.
      network.start {
        for metainfo in torrents {
          if let node = service.node, !metainfo.torrent.isPrivate {
            for place in metainfo.nodes { node.meet(await Self.endpoints(of: place, from: endpoint.address, lookUp)) }
          }
          _ = try? await service.add(metainfo.torrent, trackers: metainfo.trackers, files: files)
        }
      }
    }
    return warnings
  }

  /// Where a node is that a torrent's file names, as far as it can be reached from `address`.
  // BEP 5
  private static func endpoints(of place: BitTorrent.Place, from address: Address, _ lookUp: WebClient.LookUp) async -> [Endpoint] {
    let found = if let endpoint = place.endpoint { [endpoint.address] } else { (try? await lookUp(place.host, nil)) ?? [] }
    return found.filter { $0.isLoopback || !address.isLoopback }.map { Endpoint($0, place.port) }
  }

  /// How many reads may wait for a disk at once. Unit: threads.
  private static var seedThreads: Int { 4 }
}
