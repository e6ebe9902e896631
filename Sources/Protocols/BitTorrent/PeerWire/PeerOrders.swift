// What the owner of a peer connection tells it, and what each order says on the wire.
// Read next: PeerServing.swift.
public import Bytes
public import World

/// What one end knows about the torrent, told when the peer is welcome and again when there is more to know.
public struct PeerTerms: Sendable, Hashable {
  /// The pieces; nil: not known yet, only the torrent's hash is.
  public var sizes: PieceSizes?
  /// What we have; nil: nothing.
  public var holdings: PieceSet?
  /// The exact bytes of the `info` value, served to whoever asks; nil: not known, or not to be served.
  public var metadata: Buffer?
  /// Whether peers come from the tracker alone.
  // BEP 27
  public var isPrivate = false
  /// Where we can be called.
  public var listeningPort: UInt16?
  /// Where our node of the hash table listens.
  public var nodePort: UInt16?
  /// The peer's address as we see it.
  public var peerAddress: Address?
  /// Whether we want nothing.
  public var isUploadOnly = false

  public init(sizes: PieceSizes? = nil, holdings: PieceSet? = nil, metadata: Buffer? = nil) {
    self.sizes = sizes
    self.holdings = holdings
    self.metadata = metadata
  }
}

/// A part of a block, as the owner has it.
public enum BlockPart: Sendable, Equatable {
  case bytes(Buffer)
  case file(FileSlice)

  /// Unit: bytes.
  var length: Int {
    switch self {
    case .bytes(let bytes): bytes.count
    case .file(let slice): Int(clamping: slice.length)
    }
  }
}

/// What the owner orders.
public enum PeerOrder: Sendable, Equatable {
  /// Serve the peer no more; what it waits for is rejected, or forgotten where rejects are not spoken.
  case choke
  case unchoke
  /// Say that we want something.
  case interest
  /// Say that we want nothing.
  case disinterest
  /// We have this piece now.
  case have(Int)
  case request([BlockRequest])
  case cancel(BlockRequest)
  /// The answer to a request: its bytes, from a file or from memory, in one part or in several.
  case block(BlockRequest, [BlockPart])
  /// The other answer.
  case reject(BlockRequest)
  case suggest(Int)
  /// Serve these pieces even while the peer is choked.
  case allowFast([Int])
  /// Ask for a part of the torrent's description.
  case requestMetadata(Int)
  case exchange(PeerExchange)
  /// More is known about the torrent.
  case learn(PeerTerms)
  /// A remark for the trace: why something is done.
  case note(String)
  /// End the connection, and why.
  case close(String)
}

extension PeerConversation {
  mutating func obey(_ order: PeerOrder, at now: Instant, into actions: inout [Action]) {
    guard case .talking = phase else { return giveBack([order], into: &actions) }
    switch order {
    case .choke: choke(at: now, into: &actions)
    case .unchoke where isChoking:
      isChoking = false
      chokedRequests = 0
      send(.unchoke, at: now, into: &actions)
    case .interest where !isInterested:
      isInterested = true
      send(.interested, at: now, into: &actions)
    case .disinterest where isInterested:
      isInterested = false
      send(.notInterested, at: now, into: &actions)
    case .unchoke, .interest, .disinterest: break
    case .have(let piece): send(.have(piece), at: now, into: &actions)
    case .request(let requests): for request in requests { ask(request, at: now, into: &actions) }
    case .cancel(let request): cancel(request, at: now, into: &actions)
    case .block(let request, let parts): serve(request, parts, at: now, into: &actions)
    case .reject(let request): refuse(request, at: now, into: &actions)
    case .suggest(let piece): if offer.contains(.fast) { send(.suggest(piece), at: now, into: &actions) }
    case .allowFast(let pieces): grant(pieces, at: now, into: &actions)
    case .requestMetadata(let part): askMetadata(part, at: now, into: &actions)
    case .exchange(let exchange): tell(exchange, at: now, into: &actions)
    case .learn(let terms): learn(terms, at: now, into: &actions)
    case .note(let text): actions.append(.note(text))
    case .close(let why):
      actions.append(.note(why))
      end(why, into: &actions)
    }
  }

  /// Orders that nothing can be done about: nobody waits for what will not come.
  mutating func giveBack(_ orders: [PeerOrder], into actions: inout [Action]) {
    for order in orders {
      switch order {
      case .request(let requests): for request in requests { actions.append(.ask(.rejected(request))) }
      case .requestMetadata(let part): actions.append(.ask(.metadataRejected(part)))
      default: break
      }
    }
  }

  // MARK: Asking

  private mutating func ask(_ request: BlockRequest, at now: Instant, into actions: inout [Action]) {
    let isPossible = terms.sizes?.contains(request) == true && request.length <= BlockRequest.lengthMax && requestRoom > 0
      && (!isChoked || allowed.contains(request.piece)) && !sent.contains(request)
    guard isPossible else { return actions.append(.ask(.rejected(request))) }
    sent.append(request)
    send(.request(request), at: now, into: &actions)
  }

  private mutating func cancel(_ request: BlockRequest, at now: Instant, into actions: inout [Action]) {
    guard let place = sent.firstIndex(of: request) else { return }
    sent.remove(at: place)
    cancelled.append(request)
    // Without the fast extension nobody says what became of it: the oldest are forgotten.
    if !offer.contains(.fast), cancelled.count > limits.requestsSentMax { cancelled.removeFirst() }
    send(.cancel(request), at: now, into: &actions)
  }

  // MARK: Telling

  /// What we have, right behind the handshake.
  mutating func tellHoldings(at now: Instant, into actions: inout [Action]) {
    let holdings = terms.holdings
    // BEP 6: exactly one of bitfield, have all and have none.
    switch (offer.contains(.fast), holdings) {
    case (true, let holdings?) where holdings.isFull && !holdings.isEmpty: send(.haveAll, at: now, into: &actions)
    case (_, let holdings?) where !holdings.isEmpty: send(.bitfield(holdings.bitfield), at: now, into: &actions)
    case (true, _): send(.haveNone, at: now, into: &actions)
    // BEP 3 bitfield: downloaders which don't have anything yet may skip it.
    case (false, _): break
    }
  }

  private mutating func learn(_ terms: PeerTerms, at now: Instant, into actions: inout [Action]) {
    let knewSizes = self.terms.sizes != nil
    let hadMetadata = self.terms.metadata != nil
    self.terms = terms
    if !hadMetadata, terms.metadata != nil { tellExtensions(at: now, into: &actions) }
    if !knewSizes, terms.sizes != nil { noteEarlyHoldings(into: &actions) }
  }
}
