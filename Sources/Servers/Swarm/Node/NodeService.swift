// A node of the hash table on the network: on a port of its own, or at one that it shares with uTP; it writes down whom it knows.
// Not here: what it says (BitTorrent/DHT). Read next: NodeDesk.swift, which hands look-ups to workflows.
package import BitTorrent
package import Bytes
package import Storage
import Synchronization
package import Transport
package import World

extension DHTSetting {
  /// What a node at `address` is told. On loopback many live beside one another.
  package init(bootstrap: [Endpoint], at address: Address, items: (any DHTItemRule)? = nil) {
    self.init()
    self.bootstrap = bootstrap
    self.items = items
    isV6 = address.isV6
    guard address.isLoopback else { return }
    spread = .relaxed
    limits.queriesPerAddressMax = 10_000
    limits.itemsPerAddressMax = limits.itemsMax
  }
}

/// A node that runs.
package final class NodeService: Sendable {
  private let network: any Network
  private let desk = NodeDesk()
  private let kept: Kept?
  private let state = Mutex(State())

  private struct State {
    var listener: (any Listener)?
    var isClosed = false
  }

  /// Where the node's state is kept.
  package struct Kept: Sendable {
    package var store: any RecordStore
    /// The record's key: which node of several.
    package var name: String

    package init(store: any RecordStore, name: String) {
      self.store = store
      self.name = name
    }

    /// Why the node has to begin anew although something was written down; nil: nothing was, or it can be read.
    package func problem() async -> String? {
      do throws(StorageError) {
        guard let bytes = try await store.value(in: NodeService.table, at: Buffer(name)), DHTState(bytes) == nil else { return nil }
        return "what was kept of the node \(name) is no state of a node"
      } catch { return "what was kept of the node \(name) cannot be read: \(error)" }
    }
  }

  /// The table of the store that states lie in.
  private static let table = "dht"
  /// How often the state is written down.
  private static let saveWait = Duration.seconds(300)

  private init(_ network: any Network, _ kept: Kept?) {
    self.network = network
    self.kept = kept
  }

  /// A node at a port of its own.
  package static func start(
    network: any Network, endpoint: Endpoint, setting: DHTSetting = DHTSetting(), kept: Kept? = nil, trace: TraceContext? = nil,
    chance: any RandomNumberGenerator & Sendable
  ) async throws(NetworkError) -> NodeService {
    let (service, end) = await make(network: network, setting: setting, kept: kept, trace: trace, chance: chance)
    let listener = try await network.background.bind(endpoint, options: BindOptions(), makeEnd: end)
    service.state.withLock { $0.listener = listener }
    return service
  }

  /// A node without a port, and its end for the port it is to live at: for who shares it with something else. Datagrams of the node's are those
  /// that begin as `KRPCMessage.begins` says.
  package static func make(
    network: any Network, setting: DHTSetting, kept: Kept? = nil, trace: TraceContext? = nil, chance: any RandomNumberGenerator & Sendable
  ) async -> (service: NodeService, end: @Sendable () -> any DatagramEnd) {
    var (setting, chance) = (setting, chance)
    // What cannot be read is as good as nothing: the node begins anew.
    if let kept, let bytes = try? await kept.store.value(in: table, at: Buffer(kept.name)) { setting.restored = DHTState(bytes) }
    let service = NodeService(network, kept)
    let node = DHTNode(setting, key: HashKey(using: &chance), chance: chance, at: network.clock.now)
    let desk = service.desk
    service.saveNowAndThen()
    var trace = trace
    trace?.isBetweenPeers = true
    return (
      service,
      { [trace] in
        let driver = DatagramDriver(node, trace: trace) { question, _ in
          desk.take(question)
          return nil
        }
        desk.connect(driver.answers)
        return driver
      }
    )
  }

  /// Where the node is reached; nil: at somebody else's port.
  package var endpoint: Endpoint? { state.withLock { $0.listener?.endpoint } }

  // MARK: Asking

  /// Looks for the peers of a torrent, tells them as they come, and announces a peer of our own if there is one.
  @discardableResult
  package func findPeers(
    of torrent: InfoHash, announcing peer: PeerAnnouncement? = nil, found: @escaping @Sendable ([Endpoint]) -> Void = { _ in }
  ) async -> LookUpReport {
    await desk.ask({ .peersWanted($0, torrent, announcing: peer) }, found: found)
  }

  /// Looks for the nodes nearest to an id.
  package func findNodes(near id: NodeID) async -> LookUpReport { await desk.ask({ .nodesWanted($0, id) }, found: { _ in }) }

  /// Looks for the item that is kept at `target`.
  package func findItem(at target: Bits160) async -> LookUpReport { await desk.ask({ .itemWanted($0, target) }, found: { _ in }) }

  /// Has the nearest nodes keep an item, for two hours: who wants it kept longer gives it again.
  package func giveItem(_ item: Buffer) async -> LookUpReport { await desk.ask({ .itemGiven($0, item) }, found: { _ in }) }

  /// Nodes may be here: where to begin.
  package func meet(_ endpoints: [Endpoint]) { desk.give(.bootstrap(endpoints)) }

  /// A peer says that its node is here.
  package func heard(of endpoint: Endpoint) { desk.give(.heard(endpoint)) }

  /// Who the node is, and whom it knows; nil: it runs no more.
  package func currentState() async -> DHTState? { await desk.state() }

  // MARK: Keeping

  private func saveNowAndThen() {
    guard kept != nil else { return }
    network.start { [self] in
      while !state.withLock({ $0.isClosed }) {
        guard (try? await network.clock.sleep(until: network.clock.now + Self.saveWait)) != nil else { return }
        await save()
      }
    }
  }

  private func save() async {
    guard let kept, !state.withLock({ $0.isClosed }), let state = await desk.state() else { return }
    // A disk that is full takes nothing from the node but its memory of the next start.
    try? await kept.store.apply([.put(table: Self.table, key: Buffer(kept.name), value: state.bytes)])
  }

  /// Writes down whom the node knows, and ends it.
  package func close() async {
    await save()
    let listener = state.withLock { state in
      state.isClosed = true
      return state.listener
    }
    desk.close()
    await listener?.close(grace: .zero)
  }
}
