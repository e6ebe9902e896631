// A peer's requests: which are taken, in which order the owner is asked, what becomes of them when the peer is choked or the network is slow.
// Read next: AllowedFast.swift (what a choked peer gets all the same).
import Bytes
import World

extension PeerConversation {
  mutating func noteRequest(_ request: BlockRequest, at now: Instant, into actions: inout [Action]) {
    guard request.length <= BlockRequest.lengthMax else {
      return breach("request: expected at most \(BlockRequest.lengthMax) bytes, found \(request.length) (BEP 3 request)", into: &actions)
    }
    guard let sizes = terms.sizes, sizes.contains(request) else {
      return breach("request: there are no \(request.length) bytes at byte \(request.offset) of piece \(request.piece) (BEP 3 request)", into: &actions)
    }
    if isChoking, !mayHaveWhileChoked(request) {
      // What met our choke on the way is nobody's fault.
      if choked.map({ now >= $0 + limits.chokeGrace }) ?? true { chokedRequests += 1 }
      guard chokedRequests < limits.chokedRequestsMax else {
        return breach("\(limits.chokedRequestsMax) requests although it is choked (BEP 6)", into: &actions)
      }
      return refuseNow(request, at: now, into: &actions)
    }
    guard held.count + served.count < limits.requestsHeldMax else {
      guard offer.contains(.fast) else { return breach("more than \(limits.requestsHeldMax) requests at a time", into: &actions) }
      return refuseNow(request, at: now, into: &actions)
    }
    held.append(request)
    askOwner(into: &actions)
  }

  private func mayHaveWhileChoked(_ request: BlockRequest) -> Bool {
    granted.contains(request.piece) && fastServes[request, default: 0] < limits.allowedFastServesMax
  }

  /// Asks the owner for as many blocks as may be under way.
  mutating func askOwner(into actions: inout [Action]) {
    while !isCongested, served.count < limits.requestsServedMax, !held.isEmpty {
      let request = held.removeFirst()
      served.append(request)
      actions.append(.ask(.requested(request)))
    }
  }

  mutating func noteCancel(_ request: BlockRequest, at now: Instant, into actions: inout [Action]) {
    if let place = held.firstIndex(of: request) {
      held.remove(at: place)
    } else if let place = served.firstIndex(of: request) {
      served.remove(at: place)
      actions.append(.ask(.cancelled(request)))
    } else {
      // The block has left already.
      return
    }
    // BEP 6: a cancelled request too gets its block or a reject.
    refuseNow(request, at: now, into: &actions)
    askOwner(into: &actions)
  }

  // MARK: Answers of the owner

  mutating func serve(_ request: BlockRequest, _ parts: [BlockPart], at now: Instant, into actions: inout [Action]) {
    // An answer to what nobody waits for any more.
    guard let place = served.firstIndex(of: request) else { return }
    guard parts.reduce(0, { $0 + $1.length }) == request.length else {
      Invariant.broken("a block of \(request.length) bytes in parts of another length")
      return refuse(request, at: now, into: &actions)
    }
    served.remove(at: place)
    if isChoking { fastServes[request, default: 0] += 1 }
    lastSaid = now
    actions.append(.send(Block.head(for: request)))
    for part in parts {
      switch part {
      case .bytes(let bytes): actions.append(.send(bytes))
      case .file(let slice): actions.append(.sendFile(slice))
      }
    }
    askOwner(into: &actions)
  }

  mutating func refuse(_ request: BlockRequest, at now: Instant, into actions: inout [Action]) {
    guard let place = served.firstIndex(of: request) else { return }
    served.remove(at: place)
    refuseNow(request, at: now, into: &actions)
    askOwner(into: &actions)
  }

  /// Says no, where it can be said.
  private mutating func refuseNow(_ request: BlockRequest, at now: Instant, into actions: inout [Action]) {
    guard offer.contains(.fast), mayRefuse(into: &actions) else { return }
    send(.reject(request), at: now, into: &actions)
  }

  /// Whether one more refusal may wait for the network. Who asks on and on and takes no answer is left.
  mutating func mayRefuse(into actions: inout [Action]) -> Bool {
    guard case .talking = phase else { return false }
    if isCongested { refusalsWaiting += 1 }
    guard refusalsWaiting > limits.refusalsWaitingMax else { return true }
    breach("\(limits.refusalsWaitingMax) requests that had to be refused, while nothing of the answers is taken", into: &actions)
    return false
  }

  // MARK: Choking

  mutating func choke(at now: Instant, into actions: inout [Action]) {
    guard !isChoking else { return }
    isChoking = true
    choked = now
    send(.choke, at: now, into: &actions)
    // BEP 6: after a choke every request but those for allowed pieces is rejected. BEP 3: without it they are forgotten.
    let waiting = held
    let asked = served
    held = waiting.filter(mayHaveWhileChoked)
    served = asked.filter(mayHaveWhileChoked)
    for request in asked where !served.contains(request) { actions.append(.ask(.cancelled(request))) }
    for request in asked + waiting where !mayHaveWhileChoked(request) { refuseNow(request, at: now, into: &actions) }
    askOwner(into: &actions)
  }

  mutating func grant(_ pieces: [Int], at now: Instant, into actions: inout [Action]) {
    guard offer.contains(.fast), let sizes = terms.sizes else { return }
    for piece in pieces where sizes.size(of: piece) > 0 && !granted.contains(piece) && granted.count < limits.allowedFastMax {
      granted.append(piece)
      send(.allowedFast(piece), at: now, into: &actions)
    }
  }
}
