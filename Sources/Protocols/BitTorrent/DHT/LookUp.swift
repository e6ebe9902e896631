// One search through the hash table: whom it knows, whom it has asked, when it is over. It sends nothing; the node does.
// Read before: DHTNode.swift. Not here: the queries' timers (DHTNode.swift).
public import Bytes
import World

/// What a look-up came to.
public struct LookUpReport: Sendable, Hashable {
  /// The nearest nodes that answered, nearest first.
  public var nodes: [NodeContact] = []
  /// Unit: queries.
  public var asked = 0
  public var answered = 0
  /// Unit: peers.
  public var peersFound = 0
  /// How many nodes in a row had to be asked to hear of the nearest one.
  public var hops = 0
  /// To how many nodes the own peer was announced.
  public var announcedTo = 0
  /// What is kept at the target: genuine, and of those that were found the one that holds longest.
  public var item: Buffer?
  /// How many nodes keep the item that was put.
  public var keptBy = 0
  /// What a node said that does not keep it.
  public var refusal: KRPCFailure?

  public init() {}
}

/// A peer that is announced at the end of a look-up.
public struct PeerAnnouncement: Sendable, Hashable {
  /// Where the peer listens.
  public var port: UInt16
  /// Whether others are to take the port that our datagrams come from instead.
  public var impliesPort: Bool

  public init(port: UInt16, impliesPort: Bool = false) {
    self.port = port
    self.impliesPort = impliesPort
  }
}

/// One search.
// BEP 5
struct LookUp: Sendable {
  /// What is searched for.
  enum Goal: Sendable, Hashable {
    case nodes
    case peers(InfoHash, announcing: PeerAnnouncement?)
    /// What is kept at the target, or who is to keep this there.
    case item(putting: Buffer?)
  }

  private enum State: Sendable, Hashable {
    case known
    case asked
    /// Asked a while ago; another one is asked meanwhile.
    case slow
    /// `expires`: it keeps an item that holds so long.
    case answered(token: Buffer?, expires: Instant?)
    case failed
  }

  private struct Candidate: Sendable {
    /// Nil: only its endpoint is known.
    var id: NodeID?
    var endpoint: Endpoint
    /// Nil: as far away as can be.
    var distance: Bits160?
    var depth: Int
    var state = State.known
  }

  let number: UInt64
  /// Nil: the node looks for itself.
  let ticket: Ticket?
  let target: Bits160
  let goal: Goal
  /// Who searches, and is not asked himself.
  private let own: NodeID
  private let limits: DHTLimits
  private let spread: NodeSpread
  /// Nearest first.
  private var candidates: [Candidate] = []
  private var peers: Set<Endpoint> = []
  private(set) var report = LookUpReport()

  init(number: UInt64, ticket: Ticket?, target: Bits160, goal: Goal, own: NodeID, spread: NodeSpread, limits: DHTLimits) {
    self.number = number
    self.ticket = ticket
    self.target = target
    self.goal = goal
    self.own = own
    self.spread = spread
    self.limits = limits
  }

  /// Somebody who may be asked.
  mutating func add(_ id: NodeID?, _ endpoint: Endpoint, depth: Int) {
    guard id != own else { return }
    let distance = id.map { $0.bits ^ target }
    for known in candidates {
      if known.endpoint == endpoint || (id != nil && known.id == id) { return }
      // Whoever has a network of his own cannot fill a search with it.
      if spread == .strict, known.endpoint.address.network == endpoint.address.network { return }
    }
    let place = candidates.firstIndex { Self.isNearer(distance, than: $0.distance) } ?? candidates.count
    guard place < limits.lookUpNodesMax else { return }
    candidates.insert(Candidate(id: id, endpoint: endpoint, distance: distance, depth: depth), at: place)
    if candidates.count > limits.lookUpNodesMax { candidates.removeLast() }
  }

  private static func isNearer(_ a: Bits160?, than b: Bits160?) -> Bool {
    switch (a, b) {
    case (let a?, let b?): a < b
    case (_?, nil): true
    case (nil, _): false
    }
  }

  /// The next one to be asked, who counts as asked from now on; nil: nobody now.
  mutating func next() -> (id: NodeID?, endpoint: Endpoint)? {
    guard candidates.count(where: { $0.state == .asked }) < limits.lookUpParallel, let place = nearest.first(where: { candidates[$0].state == .known }) else { return nil }
    candidates[place].state = .asked
    report.asked += 1
    return (candidates[place].id, candidates[place].endpoint)
  }

  /// The places of the nearest ones that have not failed.
  private var nearest: some Sequence<Int> { candidates.indices.lazy.filter { candidates[$0].state != .failed }.prefix(limits.bucketNodesMax) }

  /// Whether the nearest ones have all answered. For who has found an item, the slow ones do not count.
  var isOver: Bool {
    let mayHurry = goal == .item(putting: nil) && !holders.isEmpty
    return nearest.allSatisfy {
      switch candidates[$0].state {
      case .answered: true
      case .slow: mayHurry
      default: false
      }
    }
  }

  /// Who keeps an item at the target and gave a token, with until when it holds: the longest first, then the nearest.
  var holders: [(contact: NodeContact, token: Buffer, expires: Instant)] {
    let all = candidates.compactMap { candidate -> (contact: NodeContact, token: Buffer, expires: Instant)? in
      guard case .answered(let token?, let expires?) = candidate.state, let id = candidate.id else { return nil }
      return (NodeContact(id, candidate.endpoint), token, expires)
    }
    return all.enumerated().sorted { ($1.element.expires, $0.offset) < ($0.element.expires, $1.offset) }.map(\.element)
  }

  mutating func noteSlow(_ endpoint: Endpoint) {
    if let place = candidates.firstIndex(where: { $0.endpoint == endpoint && $0.state == .asked }) { candidates[place].state = .slow }
  }

  mutating func noteFailure(_ endpoint: Endpoint) {
    if let place = candidates.firstIndex(where: { $0.endpoint == endpoint }) { candidates[place].state = .failed }
  }

  /// An answer came; returns the peers in it that are new.
  mutating func note(_ reply: KRPCReply, from endpoint: Endpoint, isV6: Bool) -> [Endpoint] {
    guard let place = candidates.firstIndex(where: { $0.endpoint == endpoint }) else { return [] }
    let token = reply.token.flatMap { $0.count <= limits.tokenBytesMax ? $0 : nil }
    var candidate = candidates.remove(at: place)
    (candidate.id, candidate.distance, candidate.state) = (reply.sender, reply.sender.bits ^ target, .answered(token: token, expires: reply.itemExpires))
    candidates.insert(candidate, at: candidates.firstIndex { Self.isNearer(candidate.distance, than: $0.distance) } ?? candidates.count)
    report.answered += 1
    for node in (isV6 ? reply.nodes6 : reply.nodes) ?? [] where node.endpoint.port != 0 { add(node.id, node.endpoint, depth: candidate.depth + 1) }
    guard case .peers = goal else { return [] }
    return note(reply.peers ?? [], isV6: isV6)
  }

  /// Somebody keeps these peers; returns those of them that are new.
  mutating func note(_ found: [Endpoint], isV6: Bool) -> [Endpoint] {
    var new: [Endpoint] = []
    for peer in found where peer.port != 0 && peer.address.isV6 == isV6 && peers.count < limits.lookUpPeersMax {
      if peers.insert(peer).inserted { new.append(peer) }
    }
    report.peersFound = peers.count
    return new
  }

  /// The nearest ones that answered.
  private var answered: some Sequence<Candidate> {
    candidates.lazy.filter { if case .answered = $0.state { true } else { false } }.prefix(limits.bucketNodesMax)
  }

  /// What it came to, and who of the nearest gave a token: to whom something can be given.
  mutating func finish() -> (report: LookUpReport, tokens: [(contact: NodeContact, token: Buffer)]) {
    var tokens: [(contact: NodeContact, token: Buffer)] = []
    for (place, candidate) in answered.enumerated() {
      guard let id = candidate.id else { continue }
      let contact = NodeContact(id, candidate.endpoint)
      report.nodes.append(contact)
      if place == 0 { report.hops = candidate.depth + 1 }
      if case .answered(let token?, _) = candidate.state { tokens.append((contact, token)) }
    }
    if case .peers(_, announcing: _?) = goal { report.announcedTo = tokens.count }
    return (report, tokens)
  }
}
