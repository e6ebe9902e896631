// One node of the distributed hash table, of one address family, as a conversation over one port: it answers others, and looks things up.
// It may share its port: datagrams that begin with `d` are its own (`KRPCMessage.begins`).
// Read next: DHTAnswering.swift (queries of others), DHTAsking.swift (our queries and look-ups), DHTItems.swift (items), RoutingTable.swift, LookUp.swift.
public import Bytes
public import World

/// What a node is told.
public struct DHTSetting: Sendable {
  /// Who it was before, and whom it knew; nil: it begins anew.
  public var restored: DHTState?
  /// Where to begin.
  public var bootstrap: [Endpoint] = []
  /// Whether it speaks IPv6; otherwise IPv4.
  // BEP 32: the families are two networks. Not done: telling nodes of the other one to who wants them.
  public var isV6 = false
  /// Which nodes it lets stand beside one another.
  public var spread = NodeSpread.strict
  /// Whether nodes whose id does not belong to their address are left out of table and look-ups.
  // BEP 42
  public var requiresProperIDs = false
  /// Whether it only asks: others do not get to know it.
  // BEP 43
  public var isReadOnly = false
  /// Which items it keeps for others, and takes from them; nil: none.
  public var items: (any DHTItemRule)?
  public var limits = DHTLimits()

  public init() {}
}

/// A node.
// BEP 5
public struct DHTNode: DatagramConversation {
  public enum Input: Sendable, Hashable {
    case opened
    case received(Buffer, from: Endpoint)
    case deadlineReached
    /// Nodes may be here: where to begin.
    case bootstrap([Endpoint])
    /// A peer's node is said to be here.
    case heard(Endpoint)
    /// The owner wants the peers of a torrent, and perhaps one of its own announced.
    case peersWanted(Ticket, InfoHash, announcing: PeerAnnouncement?)
    /// The owner wants the nodes nearest to an id.
    case nodesWanted(Ticket, NodeID)
    /// The owner wants what is kept there.
    case itemWanted(Ticket, Bits160)
    /// The owner wants this kept by the nearest nodes.
    case itemGiven(Ticket, Buffer)
    /// The owner wants nothing more of this.
    case withdrawn(Ticket)
    /// The owner wants to write down who this node is and whom it knows.
    case stateWanted
  }

  /// What it tells its owner. None of these is answered.
  public enum Question: Sendable, Hashable {
    /// Peers that this look-up has not told before.
    case peers(Ticket, [Endpoint])
    /// A look-up is over.
    case finished(Ticket, LookUpReport)
    case state(DHTState)
    /// Several nodes agree on our address, and the id that belongs to it is ours from now on.
    case renamed(NodeID, at: Address)
  }

  /// Why a query of ours was sent.
  enum Purpose: Sendable, Hashable {
    /// To see whether somebody is there.
    case acquaintance
    case lookUp(UInt64)
    case announcement
    /// An item is asked for or given, at the end of a look-up.
    case item(UInt64)
  }

  /// A query that is not answered yet.
  struct Pending: Sendable {
    var transaction: UInt32
    var endpoint: Endpoint
    /// Nil: it is not known yet.
    var id: NodeID?
    var purpose: Purpose
    var sent: Instant
    var isSlow = false
  }

  let setting: DHTSetting
  var table: RoutingTable
  var store: PeerStore
  var items: ItemStore
  var meters: QueryMeters
  let tokens: NodeTokens
  var chance: any RandomNumberGenerator & Sendable
  /// Oldest first.
  var pending: [Pending] = []
  /// Oldest first.
  var lookUps: [LookUp] = []
  var nextLookUp: UInt64 = 0
  /// What is done with items once the nearest nodes are known, oldest first.
  var errands: [ItemErrand] = []
  /// Where to begin again when nobody is left.
  var entrances: [Endpoint]
  /// When to begin again, and how long to wait the next time: twice as long each time, up to `freshMax`.
  var retryDue: Instant?
  var retryWait = Duration.seconds(15)
  /// What nodes said our address is, one of each, newest last.
  var votes: [(voter: Address, said: Address)] = []

  /// A node that is about to begin. `key` makes tokens, `chance` ids and transactions: nobody must guess either.
  public init(_ setting: DHTSetting, key: HashKey, chance: any RandomNumberGenerator & Sendable, at now: Instant) {
    var chance = chance
    self.setting = setting
    let own = setting.restored?.id ?? NodeID.random(using: &chance)
    table = RoutingTable(own: own, spread: setting.spread, limits: setting.limits, at: now)
    store = PeerStore(limits: setting.limits)
    items = ItemStore(limits: setting.limits)
    meters = QueryMeters(limits: setting.limits)
    tokens = NodeTokens(key: key, limits: setting.limits)
    entrances = setting.bootstrap
    self.chance = chance
  }

  public static var dialect: Dialect { .dht }
  public var acceptsBytes: Bool { true }
  public var stateName: String { lookUps.isEmpty && errands.isEmpty ? "idle" : "looking up" }

  /// The node's own id.
  public var id: NodeID { table.own }
  /// The nodes it knows that are not bad, from the farthest to the nearest.
  public var contacts: [NodeContact] { table.entries.filter { !$0.isBad(limits) }.map(\.contact) }
  /// How many peers it stores for others.
  public var storedPeers: Int { store.peerCount }
  /// How many items it keeps for others.
  public var storedItems: Int { items.count }

  var limits: DHTLimits { setting.limits }

  public var deadline: Instant? {
    let answers = pending.map { $0.sent + (isWaitedForShortly($0) ? limits.slowAfter : limits.answerTimeout) }.min()
    // With nobody in the table there is nothing to refresh.
    let refresh = table.count > 0 ? table.refreshDue : nil
    return [answers, refresh, retryDue].compactMap { $0 }.min()
  }

  func isWaitedForShortly(_ query: Pending) -> Bool {
    if case .lookUp = query.purpose { !query.isSlow } else { false }
  }

  public func input(for event: DatagramEvent) -> Input? {
    switch event {
    case .opened: .opened
    case .received(let bytes, let remote): .received(bytes, from: remote)
    case .deadlineReached: .deadlineReached
    }
  }

  public mutating func handle(_ input: Input, at now: Instant, into actions: inout [DatagramAction<Question>]) {
    switch input {
    case .opened: begin(at: now, into: &actions)
    // Nobody can have sent from port 0 and wait for the answer there.
    case .received(_, let remote) where remote.port == 0 || remote.address.isV6 != setting.isV6: break
    case .received(let bytes, let remote): receive(bytes, from: remote, at: now, into: &actions)
    case .deadlineReached: noteTime(at: now, into: &actions)
    case .bootstrap(let endpoints):
      retryWait = .seconds(15)
      entrances += endpoints.filter { !entrances.contains($0) }.prefix(max(0, Self.entrancesMax - entrances.count))
      begin(at: now, into: &actions)
    case .heard(let endpoint): hear(of: endpoint, at: now, into: &actions)
    case .peersWanted(let ticket, let infoHash, let announcement):
      lookUp(infoHash.bits, .peers(infoHash, announcing: announcement), for: ticket, at: now, into: &actions)
    case .nodesWanted(let ticket, let id): lookUp(id.bits, .nodes, for: ticket, at: now, into: &actions)
    case .itemWanted(let ticket, let target): lookUp(target, .item(putting: nil), for: ticket, at: now, into: &actions)
    case .itemGiven(let ticket, let item): give(item, for: ticket, at: now, into: &actions)
    case .withdrawn(let ticket):
      lookUps.removeAll { $0.ticket == ticket }
      errands.removeAll { $0.ticket == ticket }
    case .stateWanted: actions.append(.ask(.state(DHTState(id: id, contacts: contacts))))
    }
  }

  /// Most endpoints to begin at. Unit: endpoints. Past it: the rest is not used.
  static let entrancesMax = 64

  private mutating func receive(_ bytes: Buffer, from remote: Endpoint, at now: Instant, into actions: inout [DatagramAction<Question>]) {
    let message: KRPCMessage
    do throws(KRPCReadingFailure) {
      message = try KRPCMessage(bytes, limits: limits)
    } catch {
      if case .refused(let transaction, let failure) = error, !setting.isReadOnly, meters.admits(remote.address, at: now) {
        reply(.failure(failure), to: transaction, at: remote, at: now, into: &actions)
      } else {
        actions.append(.note("ignored: \(error)", about: remote))
      }
      return
    }
    switch message.body {
    case .query(let query): answer(query, message, from: remote, at: now, into: &actions)
    case .reply(let reply): take(reply, message, from: remote, at: now, into: &actions)
    case .failure(let failure): take(failure, message, from: remote, into: &actions, at: now)
    }
  }
}
