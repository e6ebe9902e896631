// What a node answers to the queries of others: pings, nodes, peers, and announcements of those who show a token of ours.
// Read before: DHTNode.swift. Read next: DHTItems.swift (what it says of items), PeerStore.swift, NodeTokens.swift, QueryMeters.swift.
import Bytes
import World

extension DHTNode {
  /// Our program, as others see it: two letters and two bytes of a version.
  // BEP 5
  static let version: Buffer = [0x4E, 0x53, 0x01, 0x00]

  mutating func answer(_ query: KRPCQuery, _ message: KRPCMessage, from remote: Endpoint, at now: Instant, into actions: inout [DatagramAction<Question>]) {
    // BEP 43: who only asks does not answer.
    guard !setting.isReadOnly else { return }
    guard meters.admits(remote.address, at: now) else {
      return actions.append(.note("ignored: queriesPerAddressMax or its ban", about: remote))
    }
    guard meters.mayAnswer(at: now) else { return actions.append(.note("not answered: replyBytesPerSecondMax", about: remote)) }
    var answer = KRPCReply(from: id)
    do throws(KRPCFailure) {
      switch query.method {
      case .ping: break
      case .findNode(let target): addNodes(target.bits, query, to: &answer)
      case .getPeers(let infoHash):
        addNodes(infoHash.bits, query, to: &answer)
        answer.token = tokens.token(for: remote.address, at: now)
        let most = setting.isV6 ? limits.replyPeersMax6 : limits.replyPeersMax
        let peers = store.peers(of: infoHash, count: most, at: now, using: &chance)
        if !peers.isEmpty { answer.peers = peers }
      case .announcePeer(let infoHash, let port, let impliesPort, let token):
        try keep(Endpoint(remote.address, impliesPort ? remote.port : port), of: infoHash, token, at: now)
      case .get(let target, let token): tell(of: target, token, query, remote.address, at: now, in: &answer)
      case .put(let item, let token): try keep(item, token, of: remote.address, at: now)
      case .other(let name): throw KRPCFailure(.unknownMethod, "no method is called \(name[0..<limits.methodBytesMax])")
      }
      reply(.reply(answer), to: message.transaction, at: remote, at: now, into: &actions)
    } catch {
      reply(.failure(error), to: message.transaction, at: remote, at: now, into: &actions)
    }
    meet(NodeContact(query.sender, remote), message, at: now, into: &actions)
  }

  func addNodes(_ target: Bits160, _ query: KRPCQuery, to answer: inout KRPCReply) {
    let nodes = table.nearest(to: target, count: limits.bucketNodesMax)
    // BEP 32
    if setting.isV6, query.wants.isEmpty || query.wants.contains(.v6) { answer.nodes6 = nodes }
    if !setting.isV6, query.wants.isEmpty || query.wants.contains(.v4) { answer.nodes = nodes }
  }

  /// BEP 5: only who shows a token that was given to his address is stored, and only at that address.
  private mutating func keep(_ peer: Endpoint, of infoHash: InfoHash, _ token: Buffer, at now: Instant) throws(KRPCFailure) {
    guard tokens.accepts(token, from: peer.address, at: now) else { throw KRPCFailure(.malformed, "bad token") }
    guard peer.port != 0 else { throw KRPCFailure(.malformed, "expected a port from 1 to 65535") }
    guard store.note(peer, of: infoHash, at: now) else { throw KRPCFailure(.server, "no room") }
  }

  /// Somebody asked. If he would be of use he is asked back: only who answers is there.
  private mutating func meet(_ contact: NodeContact, _ message: KRPCMessage, at now: Instant, into actions: inout [DatagramAction<Question>]) {
    table.noteQuery(contact, at: now)
    guard !message.isReadOnly, isAcceptable(contact), table.hasRoom(for: contact),
      pending.count(where: { $0.purpose == .acquaintance }) < limits.strangersMax, !pending.contains(where: { $0.endpoint == contact.endpoint })
    else { return }
    send(.ping, to: contact.endpoint, contact.id, for: .acquaintance, at: now, into: &actions)
  }

  /// BEP 42: whether a node may stand in the table and in look-ups.
  func isAcceptable(_ contact: NodeContact) -> Bool { !setting.requiresProperIDs || contact.id.belongs(to: contact.endpoint.address) }

  mutating func reply(_ body: KRPCMessage.Body, to transaction: Buffer, at remote: Endpoint, at now: Instant, into actions: inout [DatagramAction<Question>]) {
    var message = KRPCMessage(transaction: transaction, body)
    message.version = Self.version
    // BEP 42
    message.observed = remote
    let bytes = message.bytes
    guard meters.spend(bytes.count, at: now) else { return actions.append(.note("not answered: replyBytesPerSecondMax", about: remote)) }
    actions.append(.send(bytes, to: remote))
  }
}
