// What a node asks others: pings of those it wants to know, and look-ups that come nearer to their target with each answer.
// Read before: DHTNode.swift. Read next: LookUp.swift, RoutingTable.swift.
import Bytes
import World

extension DHTNode {
  /// Gets to know the network: looks for the own id among everybody who might be there.
  mutating func begin(at now: Instant, into actions: inout [DatagramAction<Question>]) {
    retryDue = entrances.isEmpty ? nil : now + retryWait
    retryWait = min(retryWait * 2, limits.freshMax)
    let known = table.count == 0 ? setting.restored?.contacts.filter { $0.endpoint.address.isV6 == setting.isV6 } ?? [] : []
    guard !entrances.isEmpty || !known.isEmpty else { return }
    lookUp(id.bits, .nodes, for: nil, also: known, at: now, into: &actions)
  }

  /// BEP 5: a node that a peer tells of is pinged. While few are known it is a place to begin.
  mutating func hear(of endpoint: Endpoint, at now: Instant, into actions: inout [DatagramAction<Question>]) {
    guard endpoint.port != 0, endpoint.address.isV6 == setting.isV6, !pending.contains(where: { $0.endpoint == endpoint }) else { return }
    if table.count < limits.bucketNodesMax, !entrances.contains(endpoint), entrances.count < Self.entrancesMax {
      entrances.append(endpoint)
      begin(at: now, into: &actions)
    } else if pending.count(where: { $0.purpose == .acquaintance }) < limits.strangersMax {
      send(.ping, to: endpoint, nil, for: .acquaintance, at: now, into: &actions)
    }
  }

  mutating func lookUp(
    _ target: Bits160, _ goal: LookUp.Goal, for ticket: Ticket?, also known: [NodeContact] = [], at now: Instant, into actions: inout [DatagramAction<Question>]
  ) {
    guard lookUps.count + errands.count < limits.lookUpsMax else {
      if let ticket { actions.append(.ask(.finished(ticket, LookUpReport()))) }
      return
    }
    var lookUp = LookUp(number: nextLookUp, ticket: ticket, target: target, goal: goal, own: id, spread: setting.spread, limits: limits)
    nextLookUp += 1
    let nearest = table.nearest(to: target, count: 2 * limits.bucketNodesMax)
    for contact in nearest + known { lookUp.add(contact.id, contact.endpoint, depth: 0) }
    // Who knows few asks at the entrances too.
    if nearest.count < limits.bucketNodesMax {
      for endpoint in entrances where endpoint.address.isV6 == setting.isV6 { lookUp.add(nil, endpoint, depth: 0) }
    }
    if let ticket, case .peers(let infoHash, _) = goal {
      // Two nodes alone announce only to one another: what we keep ourselves counts, too.
      let kept = lookUp.note(store.peers(of: infoHash, count: limits.lookUpPeersMax, at: now, using: &chance), isV6: setting.isV6)
      if !kept.isEmpty { actions.append(.ask(.peers(ticket, kept))) }
    }
    lookUps.append(lookUp)
    advance(lookUp.number, at: now, into: &actions)
  }

  /// Asks whom a look-up wants asked, or ends it.
  private mutating func advance(_ number: UInt64, at now: Instant, into actions: inout [DatagramAction<Question>]) {
    guard let place = lookUps.firstIndex(where: { $0.number == number }) else { return }
    while pending.count < limits.pendingMax, let next = lookUps[place].next() {
      send(method(of: lookUps[place]), to: next.endpoint, next.id, for: .lookUp(number), at: now, into: &actions)
    }
    guard lookUps[place].isOver else { return }
    var lookUp = lookUps.remove(at: place)
    let (report, tokens) = lookUp.finish()
    switch lookUp.goal {
    case .nodes: break
    case .peers(let infoHash, let announcement):
      guard let announcement else { break }
      for (contact, token) in tokens {
        let method = KRPCQuery.Method.announcePeer(infoHash, port: announcement.port, impliesPort: announcement.impliesPort, token: token)
        send(method, to: contact.endpoint, contact.id, for: .announcement, at: now, into: &actions)
      }
    case .item(let item): return goOn(with: item, after: lookUp, report, tokens, at: now, into: &actions)
    }
    if let ticket = lookUp.ticket { actions.append(.ask(.finished(ticket, report))) }
  }

  private func method(of lookUp: LookUp) -> KRPCQuery.Method {
    switch lookUp.goal {
    case .nodes: .findNode(target: NodeID(lookUp.target))
    case .peers(let infoHash, _): .getPeers(infoHash)
    case .item: .get(target: lookUp.target, token: nil)
    }
  }

  mutating func send(
    _ method: KRPCQuery.Method, to endpoint: Endpoint, _ id: NodeID?, for purpose: Purpose, at now: Instant, into actions: inout [DatagramAction<Question>]
  ) {
    let transaction = UInt32.random(in: .min ... .max, using: &chance)
    pending.append(Pending(transaction: transaction, endpoint: endpoint, id: id, purpose: purpose, sent: now))
    var bytes = Buffer(capacity: 4)
    bytes.append(integer: transaction)
    var message = KRPCMessage(transaction: bytes, .query(KRPCQuery(from: self.id, method)))
    message.isReadOnly = setting.isReadOnly
    message.version = Self.version
    actions.append(.send(message.bytes, to: endpoint))
  }

  // MARK: Answers

  mutating func take(_ reply: KRPCReply, _ message: KRPCMessage, from remote: Endpoint, at now: Instant, into actions: inout [DatagramAction<Question>]) {
    guard let query = answered(message, from: remote) else { return actions.append(.note("ignored: no such query is open", about: remote)) }
    let contact = NodeContact(reply.sender, remote)
    if let id = query.id, id != reply.sender { table.noteFailure(NodeContact(id, remote), at: now) }
    guard isAcceptable(contact) else {
      actions.append(.note("left out: its id does not belong to its address", about: remote))
      return fail(query, at: now, into: &actions)
    }
    if case .spare(let doubted?) = table.noteAnswer(contact, at: now), pending.count < limits.pendingMax, !pending.contains(where: { $0.endpoint == doubted.endpoint }) {
      send(.ping, to: doubted.endpoint, doubted.id, for: .acquaintance, at: now, into: &actions)
    }
    if let said = message.observed?.address { vote(said, by: remote.address, at: now, into: &actions) }
    if case .item(let number) = query.purpose { return take(reply, ofErrand: number, from: remote, at: now, into: &actions) }
    guard case .lookUp(let number) = query.purpose, let place = lookUps.firstIndex(where: { $0.number == number }) else { return }
    let peers = lookUps[place].note(reply, from: remote, isV6: setting.isV6)
    if let ticket = lookUps[place].ticket, !peers.isEmpty { actions.append(.ask(.peers(ticket, peers))) }
    advance(number, at: now, into: &actions)
  }

  mutating func take(_ failure: KRPCFailure, _ message: KRPCMessage, from remote: Endpoint, into actions: inout [DatagramAction<Question>], at now: Instant) {
    guard let query = answered(message, from: remote) else { return actions.append(.note("ignored: no such query is open", about: remote)) }
    actions.append(.note("it cannot answer: \(failure.code) \(Buffer(failure.message))", about: remote))
    fail(query, failure, at: now, into: &actions)
  }

  /// The query that a message answers, which is open no longer. It must come from where the query went.
  private mutating func answered(_ message: KRPCMessage, from remote: Endpoint) -> Pending? {
    guard message.transaction.count == 4, let transaction: UInt32 = message.transaction.span.number(at: 0),
      let place = pending.firstIndex(where: { $0.transaction == transaction && $0.endpoint == remote })
    else { return nil }
    return pending.remove(at: place)
  }

  /// A look-up goes on without this answer.
  private mutating func fail(_ query: Pending, _ failure: KRPCFailure? = nil, at now: Instant, into actions: inout [DatagramAction<Question>]) {
    if case .item(let number) = query.purpose { return missAnswer(ofErrand: number, failure, at: now, into: &actions) }
    guard case .lookUp(let number) = query.purpose, let place = lookUps.firstIndex(where: { $0.number == number }) else { return }
    lookUps[place].noteFailure(query.endpoint)
    advance(number, at: now, into: &actions)
  }

  // MARK: Time

  mutating func noteTime(at now: Instant, into actions: inout [DatagramAction<Question>]) {
    // The oldest stand in front.
    let lost = pending.prefix { now - $0.sent >= limits.answerTimeout }
    pending.removeFirst(lost.count)
    for query in lost {
      if let id = query.id { table.noteFailure(NodeContact(id, query.endpoint), at: now) }
      fail(query, at: now, into: &actions)
    }
    for place in pending.indices where isWaitedForShortly(pending[place]) && now - pending[place].sent >= limits.slowAfter {
      pending[place].isSlow = true
      if case .lookUp(let number) = pending[place].purpose, let lookUp = lookUps.firstIndex(where: { $0.number == number }) {
        lookUps[lookUp].noteSlow(pending[place].endpoint)
      }
    }
    // Also those that could not go on because `pendingMax` was reached.
    for number in lookUps.map(\.number) { advance(number, at: now, into: &actions) }
    if let due = retryDue, due <= now {
      retryDue = nil
      // Those who begin together know nobody yet whom they could tell one another.
      if table.count < limits.bucketNodesMax { begin(at: now, into: &actions) }
    }
    if table.count > 0, let target = table.refresh(at: now, using: &chance) { lookUp(target.bits, .nodes, for: nil, at: now, into: &actions) }
  }

  // MARK: Who we are

  /// BEP 42: once enough nodes agree on our address, the id that belongs to it becomes ours.
  private mutating func vote(_ said: Address, by voter: Address, at now: Instant, into actions: inout [DatagramAction<Question>]) {
    guard !said.isLocal, said.isV6 == setting.isV6 else { return }
    votes.removeAll { $0.voter == voter }
    votes.append((voter, said))
    if votes.count > 4 * limits.votesNeeded { votes.removeFirst() }
    let count = votes.count(where: { $0.said == said })
    guard count >= limits.votesNeeded, 2 * count > votes.count, !id.belongs(to: said) else { return }
    let entries = table.entries
    table = RoutingTable(own: .random(for: said, using: &chance), spread: setting.spread, limits: limits, at: now)
    for entry in entries where entry.answered != nil { _ = table.noteAnswer(entry.contact, at: entry.answered ?? now) }
    actions.append(.ask(.renamed(id, at: said)))
    begin(at: now, into: &actions)
  }
}
