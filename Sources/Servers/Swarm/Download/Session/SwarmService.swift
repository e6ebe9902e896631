// A peer that takes part in swarms: one port where others call, and a session for each torrent.
// Read next: TorrentSession.swift (one torrent), PeerLink.swift (one connection), Announcing/ (finding peers).
package import BitTorrent
import Bytes
package import Storage
import Synchronization
import Trace
package import Transport
package import World

/// What carries a conversation between peers.
package enum PeerCarrier: String, Sendable, Hashable, CaseIterable { case tcp, utp }

/// A peer that runs.
package final class SwarmService: Sendable {
  /// What it is told.
  package struct Setting: Sendable {
    /// What peers are called over, the preferred one first; those are listened at too.
    package var carriers: [PeerCarrier] = [.tcp, .utp]
    package var utp = UTPLimits()
    package var participation = Participation.Setting()
    package var listening = ListenLimits(connectionsMax: 1_024, connectionsPerAddressMax: 128, backlogMax: 512)
    package var wire = WireLimits()
    /// The address to call from; nil: the system chooses.
    package var source: Address?
    /// The node of the hash table that this peer runs, at the port of uTP or at that number; nil: none. Its family is that of the peer's address.
    package var node: DHTSetting?
    /// Where that node writes down whom it knows; nil: nowhere.
    package var nodeKept: NodeService.Kept?

    package init() {}

    /// What the node is told that lives at `place`.
    fileprivate func table(at place: Endpoint) -> DHTSetting? {
      var table = node
      if case .v6 = place.address { table?.isV6 = true }
      return table
    }
  }

  private struct State {
    /// One for each carrier; the first one's port is what others are told.
    var listeners: [any Listener] = []
    var sessions: [InfoHash: TorrentSession] = [:]
    var chance: SeededRandom
    var isOver = false
  }

  private let setting: Setting
  private let surroundings: TorrentSession.Surroundings
  private let sources: PeerSources
  /// The node of the hash table; nil: there is none.
  package let node: NodeService?
  private let state: Mutex<State>

  private init(setting: Setting, surroundings: TorrentSession.Surroundings, sources: PeerSources, node: NodeService?, chance: SeededRandom) {
    self.setting = setting
    self.surroundings = surroundings
    self.sources = sources
    self.node = node
    state = Mutex(State(chance: chance))
  }

  /// Listens at `endpoint`, over TCP and uTP at one port, until it is closed. `disk` does work that may wait for a disk, away from all loops.
  /// `chance` draws what strangers must not guess, too: connection numbers, tokens.
  package static func start(
    network: any Network, endpoint: Endpoint, setting: Setting = Setting(), sources: PeerSources = PeerSources(), trace: TraceContext? = nil,
    disk: @escaping PieceStore.Disk, chance: any RandomNumberGenerator & Sendable
  ) async throws(NetworkError) -> SwarmService {
    var chance = chance
    var peer = PeerConversation.Setting(peer: .random(using: &chance), limits: setting.wire)
    if setting.node != nil { peer.offer.insert(.hashTable) }
    let decisions = SeededRandom(seed: chance.next())
    let desk = Desk()
    let accept: @Sendable (Endpoint, Endpoint) -> (any StreamEnd)? = { remote, _ in desk.service?.end(for: remote) }
    var listeners: [PeerCarrier: any Listener] = [:]
    var networks: [PeerCarrier: any Network] = [:]
    var node: NodeService?
    var place = endpoint
    do throws(NetworkError) {
      // TCP first: its port is the one that uTP is to have as well.
      if setting.carriers.contains(.tcp) {
        let listener = try await network.listen(at: place, options: ListenOptions(limits: setting.listening), accept: accept)
        place.port = listener.endpoint.port
        (listeners[.tcp], networks[.tcp]) = (listener, network)
      }
      if setting.carriers.contains(.utp) {
        var shared: (service: NodeService, end: @Sendable () -> any DatagramEnd)?
        if let table = setting.table(at: place) {
          shared = await NodeService.make(network: network, setting: table, kept: setting.nodeKept, trace: trace, chance: chance)
        }
        node = shared?.service
        let port = try await UTPPort.open(at: place, on: network, chance: chance, limits: setting.utp, trace: trace, makeOther: shared?.end)
        (listeners[.utp], networks[.utp]) = (port, port)
        _ = try await port.listen(at: port.endpoint, accept: accept)
      } else if let table = setting.table(at: place) {
        node = try await NodeService.start(network: network, endpoint: place, setting: table, kept: setting.nodeKept, trace: trace, chance: chance)
      }
    } catch {
      await node?.close()
      for carrier in setting.carriers { await listeners[carrier]?.close(grace: .zero) }
      throw error
    }
    let surroundings = TorrentSession.Surroundings(
      network: network, carriers: setting.carriers.compactMap { networks[$0] }, source: setting.source, trace: trace, disk: disk, peer: peer)
    var sources = sources
    if let node { sources.add(node) }
    let service = SwarmService(setting: setting, surroundings: surroundings, sources: sources, node: node, chance: decisions)
    service.state.withLock { $0.listeners = setting.carriers.compactMap { listeners[$0] } }
    desk.service = service
    return service
  }

  /// Where connections find the service, which is made after the listeners.
  private final class Desk: Sendable {
    private struct Known: Sendable { weak var service: SwarmService? }
    private let known = Mutex(Known())
    var service: SwarmService? {
      get { known.withLock { $0.service } }
      set { known.withLock { $0.service = newValue } }
    }
  }

  /// What speaks with whoever calls.
  private func end(for remote: Endpoint) -> any StreamEnd {
    let link = PeerLink(from: remote) { [weak self] hash in self?.session(of: hash) }
    return ConversationDriver(PeerConversation(.called, setting: surroundings.peer), trace: surroundings.trace) { question, answers in
      link.take(question, answers)
    }
  }

  /// Where it listens.
  package var endpoint: Endpoint { state.withLock { $0.listeners.first?.endpoint } ?? Endpoint(.any, 0) }
  package var peer: PeerID { surroundings.peer.peer }

  package func session(of infoHash: InfoHash) -> TorrentSession? { state.withLock { $0.sessions[infoHash] } }
  /// All torrents, in the order of their hashes.
  package var sessions: [TorrentSession] { state.withLock { $0.sessions.values.sorted { $0.infoHash < $1.infoHash } } }

  // MARK: Torrents

  /// Takes part in the swarm of a torrent that is wholly known. Nil: it takes part already, or is being closed.
  package func add(
    _ torrent: Torrent, trackers: [[String]], peers: [Endpoint] = [], files: @escaping TorrentSession.FilesMaker
  ) async throws(FolderError) -> TorrentSession? {
    guard let session = make(torrent.infoHash, trackers, files) else { return nil }
    do throws(FolderError) { try await session.begin(torrent) } catch {
      state.withLock { $0.sessions[torrent.infoHash] = nil }
      throw error
    }
    run(session, peers)
    return session
  }

  /// Takes part in the swarm of a torrent of which only the hash is known.
  package func add(_ magnet: Magnet, peers: [Endpoint] = [], files: @escaping TorrentSession.FilesMaker) -> TorrentSession? {
    guard let session = make(magnet.infoHash, [magnet.trackers], files) else { return nil }
    session.heard(of: magnet.peers.compactMap(\.endpoint), from: .magnet)
    run(session, peers)
    return session
  }

  private func make(_ infoHash: InfoHash, _ trackers: [[String]], _ files: @escaping TorrentSession.FilesMaker) -> TorrentSession? {
    var participation = setting.participation
    participation.listeningPort = endpoint.port
    // One number for all: TCP, uTP, and the node.
    if node != nil { participation.nodePort = endpoint.port }
    return state.withLock { state in
      guard !state.isOver, state.sessions[infoHash] == nil else { return nil }
      let session = TorrentSession(
        infoHash: infoHash, setting: participation, trackers: trackers, sources: sources, surroundings: surroundings,
        chance: state.chance.derived("torrent \(infoHash)"), files: files)
      state.sessions[infoHash] = session
      return session
    }
  }

  private func run(_ session: TorrentSession, _ peers: [Endpoint]) {
    session.heard(of: peers, from: .asked)
    surroundings.network.start { await session.run() }
  }

  /// Leaves the swarm of a torrent.
  package func remove(_ infoHash: InfoHash) async {
    guard let session = state.withLock({ $0.sessions.removeValue(forKey: infoHash) }) else { return }
    await session.close()
  }

  /// Leaves all swarms, and listens no more.
  package func close(grace: Duration) async {
    let (listeners, sessions) = state.withLock { state in
      state.isOver = true
      return (state.listeners, state.sessions.values.sorted { $0.infoHash < $1.infoHash })
    }
    for session in sessions { await session.close() }
    await node?.close()
    for listener in listeners { await listener.close(grace: grace) }
  }
}
