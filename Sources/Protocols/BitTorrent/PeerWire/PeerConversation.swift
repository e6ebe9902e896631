// One end of a connection between two peers, the caller's or the called one's: who says what when, and what breaks the law.
// Not here: which pieces to ask for, whom to unchoke, where blocks are kept (the owner's: Servers/Swarm).
// Read next: PeerOrders.swift (what the owner may order), PeerReceiving.swift (what each message does), PeerServing.swift (requests of the peer),
// PeerExtending.swift (extensions).
public import Bytes
public import World

/// One end of a connection between peers.
public struct PeerConversation: StreamConversation {
  /// Who called whom.
  public enum Role: Sendable, Hashable {
    /// We called, because of this torrent.
    case caller(InfoHash)
    /// We were called; the peer says which torrent it wants.
    case called
  }

  /// What an end is told about itself.
  public struct Setting: Sendable, Hashable {
    public var peer: PeerID
    /// What is offered to everybody.
    public var offer: PeerHandshake.Offer
    /// What program we are.
    public var client: String
    public var limits: WireLimits

    public init(
      peer: PeerID, offer: PeerHandshake.Offer = [.extensions, .fast], client: String = "Netstead", limits: WireLimits = WireLimits()
    ) {
      self.peer = peer
      self.offer = offer
      self.client = client
      self.limits = limits
    }
  }

  public enum Input: Sendable {
    // From the peer's bytes.
    case handshake(PeerHandshake)
    case message(PeerMessage)
    /// What came is none.
    case refused(SyntaxError)
    // From the connection.
    case connection(ConnectionEvent)
    // From the owner.
    /// The peer is welcome.
    case accept(PeerTerms)
    /// It is not: nothing is said, the connection is closed.
    case refuse(String)
    case orders([PeerOrder])
  }

  /// What the owner is told. Only `handshake` waits for an answer (`accept` or `refuse`); `requested` is answered by an order, now or later.
  public enum Question: Sendable, Hashable {
    case handshake(PeerHandshake)
    /// The peer told more about itself.
    case extended(ExtensionHandshake)
    /// The peer serves us no more; requests that are lost by it come back as `rejected`.
    case choked
    case unchoked
    case interested
    case notInterested
    /// Everything the peer has, said at the beginning or when the number of pieces became known.
    case holds(PieceSet)
    /// One piece more.
    case has(Int)
    /// What was asked for.
    case received(Block)
    /// What was asked for will not come: the peer said so, or choked us, or it could not be asked for.
    case rejected(BlockRequest)
    /// The peer wants this; to be answered by `.block` or `.reject`.
    case requested(BlockRequest)
    /// It does not any more; an answer does no harm.
    case cancelled(BlockRequest)
    case suggested(Int)
    /// This piece may be asked for even while we are choked.
    case allowedFast(Int)
    /// A part of the torrent's description, and how long the whole is.
    case metadata(Int, Buffer, total: Int)
    case metadataRejected(Int)
    case exchanged(PeerExchange)
    /// Where the peer's node of the hash table listens.
    case port(UInt16)
    /// The connection has ended, and why; the last word.
    case ended(String)
  }

  public typealias Action = StreamAction<Question>

  public static var dialect: Dialect { .bittorrent }

  enum Phase: Sendable {
    /// Nothing was heard; the caller has said its handshake. Leaves by the peer's, or when it takes too long.
    case greeting(until: Instant?)
    /// The owner is asked whether this peer is welcome. Leaves by `accept` or `refuse`, or when that takes too long.
    case judging(PeerHandshake, until: Instant)
    /// Both have said their handshake.
    case talking
    /// Everything is said.
    case closed
  }

  /// What the peer said it has before the number of pieces was known.
  enum EarlyHoldings: Sendable {
    case bitfield(Buffer)
    case all
    case none
  }

  var phase = Phase.greeting(until: nil)
  let role: Role
  let setting: Setting
  var limits: WireLimits { setting.limits }
  /// What both ends offered.
  var offer: PeerHandshake.Offer = []
  var terms = PeerTerms()

  // What the peer said about its pieces.
  /// Whether it may still say everything it has.
  var mayTellHoldings = true
  var early = EarlyHoldings.none
  /// Single pieces named before the number of pieces was known, below `piecesMax`: one bit each, up to the last one that was named.
  var earlyPieces = PieceSet(pieceCount: 0)

  // Our requests.
  /// Whether the peer serves us.
  public internal(set) var isChoked = true
  /// Whether we said that we want something.
  public internal(set) var isInterested = false
  /// What we asked for, in that order. At most `requestsSentMax`.
  var sent: [BlockRequest] = []
  /// What of it we want no more; it may come all the same.
  var cancelled: [BlockRequest] = []
  /// How many requests the peer takes.
  var requestsTaken: Int
  /// Pieces that the peer serves even while we are choked.
  var allowed: [Int] = []

  // The peer's requests.
  var isChoking = true
  /// When we choked the peer; nil: it was never served.
  var choked: Instant?
  /// What the peer asked for and the owner has not been asked for. At most `requestsHeldMax` with those below.
  var held: [BlockRequest] = []
  /// What the owner is asked for. At most `requestsServedMax`.
  var served: [BlockRequest] = []
  /// Pieces that we serve even while the peer is choked, and how often each block of them was sent to it then.
  var granted: [Int] = []
  var fastServes: [BlockRequest: Int] = [:]
  var chokedRequests = 0
  var isCongested = false
  /// Refusals said since the network did not keep up.
  var refusalsWaiting = 0

  // Extensions.
  /// What the peer calls the extensions.
  var numbers = ExtensionNumbers()
  var extensionHandshakes = 0
  var peerMetadataSize: Int?
  /// Parts of the description that we asked for. At most `metadataAskedMax`.
  var metadataAsked: [Int] = []
  var metadataServes: [Int: Int] = [:]
  /// Parts that the peer asked for while the network did not keep up. At most `metadataHeldMax`.
  var metadataHeld: [Int] = []
  var exchangeSent: Instant?
  var exchangeHeard: Instant?
  var hasExchanged = false

  // The clock.
  var lastHeard = Instant.simulationStart
  var lastSaid = Instant.simulationStart
  public internal(set) var deadline: Instant?

  /// One end; nothing is said before `opened`.
  public init(_ role: Role, setting: Setting) {
    self.role = role
    self.setting = setting
    requestsTaken = min(setting.limits.requestsAssumedMax, setting.limits.requestsSentMax)
  }

  /// How many more requests could be made now. With the fast extension a cancelled one is answered too, so it still counts.
  public var requestRoom: Int { max(0, requestsTaken - sent.count - (offer.contains(.fast) ? cancelled.count : 0)) }

  public var acceptsBytes: Bool {
    switch phase {
    case .greeting, .talking: true
    case .judging, .closed: false
    }
  }

  public var stateName: String {
    switch phase {
    case .greeting: "greeting"
    case .judging: "judging"
    case .talking: "\(isChoked ? "choked" : "unchoked")\(isInterested ? ", interested" : "")\(isChoking ? ", choking" : ", serving")"
    case .closed: "closed"
    }
  }

  public mutating func next(from bytes: inout Buffer) -> Input? {
    do throws(SyntaxError) {
      switch phase {
      case .greeting: return try PeerHandshake.next(from: &bytes).map { .handshake($0) }
      case .talking: return try PeerMessage.next(from: &bytes, limits: limits).map { .message($0) }
      case .judging, .closed: return nil
      }
    } catch { return .refused(error) }
  }

  public func input(for event: ConnectionEvent) -> Input? { .connection(event) }

  public mutating func handle(_ input: Input, at now: Instant, into actions: inout [Action]) {
    switch (phase, input) {
    case (.closed, _): break
    case (.talking, .message(let message)):
      lastHeard = now
      obey(message, at: now, into: &actions)
    case (.talking, .orders(let orders)): for order in orders { obey(order, at: now, into: &actions) }
    case (.greeting, .connection(.opened)):
      phase = .greeting(until: now + limits.handshakeTimeout)
      if case .caller(let infoHash) = role { send(PeerHandshake(infoHash: infoHash, peer: setting.peer, offering: setting.offer).encoded, at: now, into: &actions) }
    case (.greeting, .handshake(let handshake)): judge(handshake, at: now, into: &actions)
    case (.judging(let handshake, _), .accept(let terms)): accept(handshake, terms, at: now, into: &actions)
    case (.judging, .refuse(let why)):
      actions.append(.note(why))
      end(why, into: &actions)
    case (_, .refused(let error)): breach(error.description, into: &actions)
    case (_, .connection(.congested)): isCongested = true
    case (_, .connection(.relieved)):
      isCongested = false
      refusalsWaiting = 0
      serveMetadata(at: now, into: &actions)
      askOwner(into: &actions)
    case (_, .connection(.deadlineReached)): noteTime(at: now, into: &actions)
    case (_, .connection(.peerClosed)): end("the peer closed", into: &actions)
    case (_, .connection(.lost)): end("the connection was lost", into: &actions)
    case (_, .connection(.retired)): end("we are closing", into: &actions)
    case (_, .orders(let orders)): giveBack(orders, into: &actions)
    // Late answers, and events of TLS, which is not spoken here.
    case (_, _): break
    }
    setDeadline()
  }

  // MARK: Handshakes

  private mutating func judge(_ handshake: PeerHandshake, at now: Instant, into actions: inout [Action]) {
    // BEP 3 peer protocol: if both sides don't send the same value, they sever the connection.
    if case .caller(let wanted) = role, handshake.infoHash != wanted {
      return breach("expected the torrent \(wanted), found \(handshake.infoHash) (BEP 3 peer protocol)", into: &actions)
    }
    guard handshake.peer != setting.peer else {
      actions.append(.note("this is a connection to ourselves"))
      return end("this is a connection to ourselves", into: &actions)
    }
    phase = .judging(handshake, until: now + limits.handshakeTimeout)
    actions.append(.ask(.handshake(handshake)))
  }

  private mutating func accept(_ handshake: PeerHandshake, _ terms: PeerTerms, at now: Instant, into actions: inout [Action]) {
    phase = .talking
    self.terms = terms
    offer = handshake.offer.intersection(setting.offer)
    lastHeard = now
    if role == .called {
      send(PeerHandshake(infoHash: handshake.infoHash, peer: setting.peer, offering: setting.offer).encoded, at: now, into: &actions)
    }
    tellHoldings(at: now, into: &actions)
    tellExtensions(at: now, into: &actions)
    if offer.contains(.hashTable), let port = terms.nodePort { send(.port(port), at: now, into: &actions) }
  }

  // MARK: Time

  private mutating func noteTime(at now: Instant, into actions: inout [Action]) {
    switch phase {
    case .greeting(let end?) where now >= end, .judging(_, let end) where now >= end:
      actions.append(.note("nothing came of the handshake within \(limits.handshakeTimeout)"))
      self.end("no handshake in time", into: &actions)
    case .talking where now >= lastHeard + limits.silenceTimeout:
      actions.append(.note("the peer was silent for \(limits.silenceTimeout)"))
      end("the peer was silent", into: &actions)
    // BEP 3: keepalives are generally sent once every two minutes.
    case .talking where now >= lastSaid + limits.keepAliveInterval: send(.keepAlive, at: now, into: &actions)
    case _: break
    }
  }

  private mutating func setDeadline() {
    switch phase {
    case .greeting(let end): deadline = end
    case .judging(_, let end): deadline = end
    case .talking: deadline = min(lastHeard + limits.silenceTimeout, lastSaid + limits.keepAliveInterval)
    case .closed: deadline = nil
    }
  }

  // MARK: Saying

  mutating func send(_ message: PeerMessage, at now: Instant, into actions: inout [Action]) { send(message.encoded, at: now, into: &actions) }

  mutating func send(_ bytes: Buffer, at now: Instant, into actions: inout [Action]) {
    lastSaid = now
    actions.append(.send(bytes))
  }

  /// The peer broke the protocol.
  mutating func breach(_ what: String, into actions: inout [Action]) {
    actions.append(.problem(what))
    end(what, into: &actions)
  }

  mutating func end(_ why: String, into actions: inout [Action]) {
    phase = .closed
    sent = []
    held = []
    served = []
    actions.append(.ask(.ended(why)))
    actions.append(.close(.now))
  }
}
