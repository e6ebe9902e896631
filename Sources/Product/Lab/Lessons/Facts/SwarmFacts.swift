// Peers as facts: their messages, announcements to trackers, messages between nodes of the hash table, packets of uTP.
// Read before: SwarmFactKinds.swift. Not here: the protocols (BitTorrent).
import BitTorrent
import Bytes
import Host
import Names
import Trace
import World

/// Reads what peers said as facts.
struct SwarmFacts {
  private let trace: TraceFacts

  init(_ trace: TraceFacts) { self.trace = trace }

  /// The members `torrent`, `dht` and `utp` of the whole.
  func facts(of passed: [TraceFacts.Passed]) -> [String: LessonValue] {
    let passed = passed.filter { $0.passage.fate != .repeated }.sorted { ($0.passage.time, $0.passage.event.sequence) < ($1.passage.time, $1.passage.event.sequence) }
    // What runs over uTP is heard at the same endpoints as its packets.
    let packets = passed.filter { $0.dialect == .utp }
    let overUTP = Set(packets.map { Pair($0) })
    let tracker = trackerFacts(passed.filter { $0.dialect == .udpTracker })
    return [
      "torrent": .fact(LessonFact(.torrent, [
        "message": TraceFacts.inOrder(peerFacts(passed.filter { $0.dialect == .bittorrent }, overUTP: overUTP)),
        "announcement": TraceFacts.inOrder(tracker.announcements), "reply": TraceFacts.inOrder(tracker.replies),
      ])),
      "dht": TraceFacts.inOrder(nodeFacts(passed)), "utp": TraceFacts.inOrder(packets.compactMap { packet($0) }),
    ]
  }

  private struct Pair: Hashable {
    var client: Endpoint
    var server: Endpoint

    init(_ passed: TraceFacts.Passed) { (client, server) = (passed.dialogue.exchange.clientEndpoint, passed.dialogue.exchange.serverEndpoint) }
  }

  // MARK: Peers

  /// One direction of a connection.
  private struct Way: Hashable {
    var connection: Int
    var direction: Passage.Direction
  }

  private func peerFacts(_ passed: [TraceFacts.Passed], overUTP: Set<Pair>) -> [TraceFacts.Draft] {
    // A block may have been sent in two pieces: its head, then its bytes, which begin with anything.
    var bodies: [Way: Int] = [:]
    return passed.compactMap { one in
      let way = Way(connection: one.connection, direction: one.passage.direction)
      let bytes = one.passage.event.bytes
      if let body = bodies.removeValue(forKey: way), one.passage.event.length == body { return nil }
      if let body = missingBody(of: bytes) { bodies[way] = body }
      return message(one, isUTP: overUTP.contains(Pair(one)))
    }
  }

  /// How many bytes of a block come after these, which are its head; nil: these are something else. Unit: bytes.
  private func missingBody(of bytes: Buffer) -> Int? {
    guard bytes.count == 13, bytes[at: 4] == PeerMessage.Kind.piece.rawValue else { return nil }
    let length = (0..<4).reduce(0) { $0 << 8 | Int(bytes[at: $1] ?? 0) } - 9
    return (1...BlockRequest.lengthMax).contains(length) ? length : nil
  }

  private func message(_ passed: TraceFacts.Passed, isUTP: Bool) -> TraceFacts.Draft? {
    var members = trace.members(of: passed)
    members["carrier"] = .text(isUTP ? "utp" : "tcp")
    var bytes = passed.passage.event.bytes
    if let body = missingBody(of: bytes) { bytes.append(Buffer(repeatElement(0, count: body))) }
    if bytes[at: 0] == 19, let handshake = try? PeerHandshake.next(from: &bytes) {
      members["kind"] = .text("handshake")
      members["hash"] = .text("\(handshake.infoHash)")
    } else if let message = try? PeerMessage.next(from: &bytes) {
      note(message, in: &members)
    } else {
      return nil
    }
    return TraceFacts.Draft(passed, LessonFact(.peerMessage, members, message: passed.passage.event.sequence))
  }

  private func note(_ message: PeerMessage, in members: inout [String: LessonValue]) {
    func about(_ kind: String, _ request: BlockRequest) {
      members["kind"] = .text(kind)
      members["piece"] = .number(Double(request.piece))
      members["offset"] = .number(Double(request.offset))
      members["length"] = .number(Double(request.length))
    }
    func about(_ kind: String, _ piece: Int) {
      members["kind"] = .text(kind)
      members["piece"] = .number(Double(piece))
    }
    switch message {
    case .keepAlive: members["kind"] = .text("keep-alive")
    case .choke: members["kind"] = .text("choke")
    case .unchoke: members["kind"] = .text("unchoke")
    case .interested: members["kind"] = .text("interested")
    case .notInterested: members["kind"] = .text("not interested")
    case .have(let piece): about("have", piece)
    case .bitfield(let bits):
      members["kind"] = .text("bitfield")
      members["pieces"] = .number(Double((0..<bits.count).reduce(0) { $0 + (bits[at: $1]?.nonzeroBitCount ?? 0) }))
    case .request(let request): about("request", request)
    case .piece(let block): about("piece", block.request)
    case .cancel(let request): about("cancel", request)
    case .reject(let request): about("reject", request)
    case .port: members["kind"] = .text("port")
    case .suggest(let piece): about("suggest", piece)
    case .haveAll: members["kind"] = .text("have all")
    case .haveNone: members["kind"] = .text("have none")
    case .allowedFast(let piece): about("allowed fast", piece)
    case .extended: members["kind"] = .text("extended")
    case .unknown: members["kind"] = .text("unknown")
    }
  }

  private func packet(_ passed: TraceFacts.Passed) -> TraceFacts.Draft? {
    guard let packet = try? UTPPacket.read(passed.passage.event.bytes) else { return nil }
    var members = trace.members(of: passed)
    members["kind"] = .text("\(packet.kind)")
    members["sequence"] = .number(Double(packet.sequence))
    members["acknowledgement"] = .number(Double(packet.acknowledgement))
    members["timestamp"] = .duration(Double(packet.timestamp) * 1e3)
    members["difference"] = .duration(Double(packet.difference) * 1e3)
    members["window"] = .number(Double(packet.window))
    members["payload"] = .number(Double(packet.payload.count))
    return TraceFacts.Draft(passed, LessonFact(.utpPacket, members, message: passed.passage.event.sequence))
  }

  // MARK: Trackers

  /// An exchange of a client with a tracker, and what it was called.
  private struct Transaction: Hashable {
    var connection: Int
    var number: UInt32
  }

  private func trackerFacts(_ passed: [TraceFacts.Passed]) -> (announcements: [TraceFacts.Draft], replies: [TraceFacts.Draft]) {
    var asked: [Transaction: (passed: TraceFacts.Passed, request: AnnounceRequest)] = [:]
    var order: [Transaction] = []
    var answers: [Transaction: (passed: TraceFacts.Passed, reply: AnnounceReply)] = [:]
    for one in passed {
      if one.passage.direction == .toServer {
        guard case .announce(_, let number, let request)? = try? UDPTrackerRequest(one.passage.event.bytes) else { continue }
        let transaction = Transaction(connection: one.connection, number: number)
        if asked.updateValue((one, request), forKey: transaction) == nil { order.append(transaction) }
      } else {
        let isV6 = if case .v6 = one.dialogue.exchange.serverEndpoint.address { true } else { false }
        guard case .announced(let number, let reply)? = try? UDPTrackerReply(one.passage.event.bytes, isV6: isV6), !one.isLost else { continue }
        answers[Transaction(connection: one.connection, number: number)] = (one, reply)
      }
    }
    var drafts: (announcements: [TraceFacts.Draft], replies: [TraceFacts.Draft]) = ([], [])
    for transaction in order {
      guard let (one, request) = asked[transaction] else { continue }
      let announcement = self.announcement(one, request, isAnswered: answers[transaction] != nil)
      drafts.announcements.append(TraceFacts.Draft(one, announcement))
      guard let (other, reply) = answers[transaction] else { continue }
      var members = trace.members(of: other)
      members["interval"] = .number(Double(reply.interval))
      members["seeders"] = .number(Double(reply.seeders))
      members["leechers"] = .number(Double(reply.leechers))
      members["peers"] = .list(reply.peers.map { .text(trace.name($0.endpoint.address)) })
      members["announcement"] = .fact(announcement)
      drafts.replies.append(TraceFacts.Draft(other, LessonFact(.trackerReply, members, message: other.passage.event.sequence)))
    }
    return drafts
  }

  private func announcement(_ passed: TraceFacts.Passed, _ request: AnnounceRequest, isAnswered: Bool) -> LessonFact {
    var members = trace.members(of: passed)
    members["event"] = .text("\(request.event)")
    members["left"] = .number(Double(request.left))
    members["port"] = .number(Double(request.port))
    members["downloaded"] = .number(Double(request.downloaded))
    members["uploaded"] = .number(Double(request.uploaded))
    members["hash"] = .text("\(request.infoHash)")
    members["answered"] = .truth(isAnswered)
    return LessonFact(.announcement, members, message: passed.passage.event.sequence)
  }

  // MARK: Nodes

  /// A query between two nodes: transactions are the asker's own.
  private struct Question: Hashable {
    var asker: Endpoint
    var asked: Endpoint
    var transaction: Buffer
  }

  private func nodeFacts(_ passed: [TraceFacts.Passed]) -> [TraceFacts.Draft] {
    let messages = passed.filter { $0.dialect == .dht }
      .compactMap { one in (try? KRPCMessage(one.passage.event.bytes)).map { (one, $0) } }
    var queries: [Question: String] = [:]
    var answered: Set<Question> = []
    for (one, message) in messages {
      let (sender, receiver) = ends(of: one)
      if case .query(let query) = message.body {
        queries[Question(asker: sender, asked: receiver, transaction: message.transaction)] = name(of: query.method)
      } else {
        answered.insert(Question(asker: receiver, asked: sender, transaction: message.transaction))
      }
    }
    return messages.map { one, message in
      let (sender, receiver) = ends(of: one)
      var members = trace.members(of: one)
      members["blockBytes"] = .number(0)
      switch message.body {
      case .query(let query):
        members["kind"] = .text(name(of: query.method))
        note(query.sender, at: sender, in: &members)
        switch query.method {
        case .findNode(let target): members["target"] = .text("\(target)")
        case .getPeers(let hash): members["target"] = .text("\(hash)")
        case .announcePeer(let hash, _, _, let token):
          members["target"] = .text("\(hash)")
          members["token"] = .text(Hexadecimal.text(token.array))
        case .get(let target, let token):
          members["target"] = .text(target.hex)
          if let token { members["token"] = .text(Hexadecimal.text(token.array)) }
        case .put(let item, let token):
          members["token"] = .text(Hexadecimal.text(token.array))
          note(item, in: &members)
        case .ping, .other: break
        }
        members["answered"] = .truth(answered.contains(Question(asker: sender, asked: receiver, transaction: message.transaction)))
      case .reply(let reply):
        members["kind"] = .text("reply")
        note(reply.sender, at: sender, in: &members)
        members["nodes"] = .list(((reply.nodes ?? []) + (reply.nodes6 ?? [])).map { .text(trace.name($0.endpoint.address)) })
        members["peers"] = .list((reply.peers ?? []).map { .text(trace.name($0.address)) })
        if let item = reply.item { note(item, in: &members) }
        if let token = reply.token { members["token"] = .text(Hexadecimal.text(token.array)) }
      case .failure(let failure):
        members["kind"] = .text("error")
        members["code"] = .number(Double(failure.code))
      }
      if let kind = queries[Question(asker: receiver, asked: sender, transaction: message.transaction)] { members["answers"] = .text(kind) }
      return TraceFacts.Draft(one, LessonFact(.nodeMessage, members, message: one.passage.event.sequence))
    }
  }

  private func ends(of passed: TraceFacts.Passed) -> (sender: Endpoint, receiver: Endpoint) {
    let (client, server) = (passed.dialogue.exchange.clientEndpoint, passed.dialogue.exchange.serverEndpoint)
    return passed.passage.direction == .toServer ? (client, server) : (server, client)
  }

  private func note(_ id: NodeID, at sender: Endpoint, in members: inout [String: LessonValue]) {
    members["id"] = .text("\(id)")
    members["proper"] = .truth(id.belongs(to: sender.address))
  }

  /// What a block of the GNU Name System shows to everybody.
  private func note(_ item: Buffer, in members: inout [String: LessonValue]) {
    guard let block = try? ZoneBlock(reading: item.array) else { return }
    members["blockBytes"] = .number(Double(item.count))
    members["block"] = .text(Hexadecimal.text(item.array))
    members["key"] = .text(Hexadecimal.text(block.blindedKey.bytes))
    members["genuine"] = .truth(block.isGenuine)
    members["target"] = .text(block.query.target.hex)
  }

  private func name(of method: KRPCQuery.Method) -> String {
    switch method {
    case .ping: "ping"
    case .findNode: "find_node"
    case .getPeers: "get_peers"
    case .announcePeer: "announce_peer"
    case .get: "get"
    case .put: "put"
    case .other(let name): name.text
    }
  }
}
