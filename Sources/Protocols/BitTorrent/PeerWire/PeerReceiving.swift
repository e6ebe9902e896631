// What each message of a peer does: the law of the wire, kind by kind. Whoever breaks it is left.
// Read next: PeerServing.swift (its requests), PeerExtending.swift (its extensions).
import Bytes
import World

extension PeerConversation {
  mutating func obey(_ message: PeerMessage, at now: Instant, into actions: inout [Action]) {
    // BEP 6: the fast messages are for those who both offered them.
    switch message {
    case .suggest, .haveAll, .haveNone, .reject, .allowedFast:
      guard offer.contains(.fast) else { return breach("a message of the fast extension, which was not agreed on (BEP 6)", into: &actions) }
    case .extended:
      guard offer.contains(.extensions) else { return breach("an extended message, which was not agreed on (BEP 10)", into: &actions) }
    default: break
    }
    switch message {
    case .keepAlive, .extended, .port, .unknown: break
    // A bitfield may come again: aria2 says one in place of many a have. It is what the peer has by then.
    case .bitfield: mayTellHoldings = false
    case .haveAll, .haveNone:
      guard mayTellHoldings else { return breach("have all or have none, said too late (BEP 6)", into: &actions) }
      mayTellHoldings = false
    default: mayTellHoldings = false
    }
    switch message {
    case .keepAlive: break
    case .choke: noteChoke(into: &actions)
    case .unchoke:
      isChoked = false
      actions.append(.ask(.unchoked))
    case .interested: actions.append(.ask(.interested))
    case .notInterested: actions.append(.ask(.notInterested))
    case .have(let piece): noteHave(piece, into: &actions)
    case .bitfield(let bits): noteHoldings(.bitfield(bits), into: &actions)
    case .haveAll: noteHoldings(.all, into: &actions)
    case .haveNone: noteHoldings(.none, into: &actions)
    case .request(let request): noteRequest(request, at: now, into: &actions)
    case .cancel(let request): noteCancel(request, at: now, into: &actions)
    case .piece(let block): noteBlock(block, into: &actions)
    case .reject(let request): noteReject(request, into: &actions)
    case .suggest(let piece): if isPiece(piece, "suggest", into: &actions) { actions.append(.ask(.suggested(piece))) }
    case .allowedFast(let piece): noteAllowed(piece, into: &actions)
    case .port(let port): if port > 0, !terms.isPrivate { actions.append(.ask(.port(port))) }
    case .extended(let number, let content): noteExtended(number, content, at: now, into: &actions)
    // A later document's message is no mistake.
    case .unknown: break
    }
  }

  /// Whether there is such a piece, as far as that is known; else the peer is left.
  private mutating func isPiece(_ piece: Int, _ message: String, into actions: inout [Action]) -> Bool {
    let most = terms.sizes?.count ?? limits.piecesMax
    if piece < most { return true }
    breach("\(message): expected a piece below \(most), found \(piece) (BEP 3)", into: &actions)
    return false
  }

  // MARK: What the peer has

  private mutating func noteHoldings(_ holdings: EarlyHoldings, into actions: inout [Action]) {
    early = holdings
    if terms.sizes != nil { noteEarlyHoldings(into: &actions) }
  }

  /// What the peer said it has, now that the number of pieces is known.
  mutating func noteEarlyHoldings(into actions: inout [Action]) {
    guard let count = terms.sizes?.count else { return }
    var set: PieceSet
    switch early {
    case .none: set = PieceSet(pieceCount: count)
    case .all: set = PieceSet(allOf: count)
    case .bitfield(let bits):
      guard let known = PieceSet(bits, pieceCount: count) else {
        return breach("expected a bitfield of \((count + 7) / 8) bytes with nothing behind piece \(count - 1), found another of \(bits.count) (BEP 3 bitfield)", into: &actions)
      }
      set = known
    }
    // Said once, then it is the owner's.
    early = .none
    let single = earlyPieces.pieces
    if let beyond = single.last, beyond >= count {
      return breach("have: expected a piece below \(count), found \(beyond) (BEP 3)", into: &actions)
    }
    for piece in single { set.insert(piece) }
    earlyPieces = PieceSet(pieceCount: 0)
    actions.append(.ask(.holds(set)))
  }

  private mutating func noteHave(_ piece: Int, into actions: inout [Action]) {
    guard isPiece(piece, "have", into: &actions) else { return }
    if terms.sizes != nil { actions.append(.ask(.has(piece))) } else { earlyPieces.insertGrowing(piece) }
  }

  // MARK: What we asked for

  private mutating func noteChoke(into actions: inout [Action]) {
    isChoked = true
    actions.append(.ask(.choked))
    // BEP 6: with the fast extension each request gets its own answer, and choke implies nothing.
    guard !offer.contains(.fast) else { return }
    // BEP 3: requests are forgotten by a choke. What is on its way may come all the same.
    let lost = sent
    sent = []
    cancelled = lost
    for request in lost { actions.append(.ask(.rejected(request))) }
  }

  private mutating func noteBlock(_ block: Block, into actions: inout [Action]) {
    let request = block.request
    if let place = sent.firstIndex(of: request) {
      sent.remove(at: place)
      actions.append(.ask(.received(block)))
    } else if let place = cancelled.firstIndex(of: request) {
      cancelled.remove(at: place)
    } else {
      breach("piece: nothing was asked for at byte \(block.offset) of piece \(block.piece) with \(block.bytes.count) bytes (BEP 6)", into: &actions)
    }
  }

  private mutating func noteReject(_ request: BlockRequest, into actions: inout [Action]) {
    if let place = sent.firstIndex(of: request) {
      sent.remove(at: place)
      actions.append(.ask(.rejected(request)))
    } else if let place = cancelled.firstIndex(of: request) {
      cancelled.remove(at: place)
    } else {
      breach("reject: nothing was asked for at byte \(request.offset) of piece \(request.piece) with \(request.length) bytes (BEP 6)", into: &actions)
    }
  }

  private mutating func noteAllowed(_ piece: Int, into actions: inout [Action]) {
    guard isPiece(piece, "allowed fast", into: &actions), !allowed.contains(piece), allowed.count < limits.allowedFastMax else { return }
    allowed.append(piece)
    actions.append(.ask(.allowedFast(piece)))
  }
}
