// Entrances of trackers and of the hash table: both ends of a tracker's two protocols, and a node.
import BitTorrent
import Bytes
import Host
import Swarm
import World

private let (asker, tracker) = (Endpoint(Address(203, 0, 113, 2), 49_152), Endpoint(Address(192, 0, 2, 1), 6_969))
private let ids = ConnectionIDs(key: HashKey(1, 2), since: .simulationStart)

/// A tracker that knows nobody and keeps little.
private func book() -> TrackerBook {
  var setting = TrackerSetting()
  setting.limits.parts = 1
  (setting.limits.torrentsMax, setting.limits.peersMax, setting.limits.peersPerTorrentMax) = (4, 8, 4)
  return TrackerBook(setting, since: .simulationStart, chance: SeededRandom(seed: 1))
}

/// Checks that a datagram is explained, every byte of it.
private func mustBeExplained(_ bytes: Buffer, as dialect: Dialect) {
  guard let explanation = BitTorrent.explain(bytes, as: dialect) else { fatalError("broken promise: every datagram is explained") }
  mustCover(bytes, explanation)
}

let trackerEntrances: [Entrance] = [
  // Datagrams of one sender, cut as the bytes say; the first eight bytes of every other one become the connection id that is his.
  Entrance("udp-tracker-server") { bytes in
    mustBeExplained(bytes, as: .udpTracker)
    if let request = try? UDPTrackerRequest(bytes), request.bytes.count >= 16 {
      let again = try? UDPTrackerRequest(request.bytes)
      must(again == request, "a request reads back from its bytes")
    }
    let book = book()
    var responder = TrackerResponder(book, ids: ids, chance: SeededRandom(seed: 2))
    for (number, piece) in bytes.datagrams.enumerated() {
      var datagram = piece
      if number % 2 == 1 { datagram.overwrite(at: 0, with: ids.id(for: asker.address, at: .simulationStart)) }
      let length = withUnsafeTemporaryAllocation(byteCount: TrackerResponder.answerBytesMax, alignment: 8) { room in
        responder.answer(datagram.span, from: asker, at: .simulationStart, into: room)
      }
      must(length <= 1_400, "an answer passes in one datagram")
      must(number % 2 == 1 || length <= max(datagram.count, 0), "nothing longer than the datagram goes to who has shown no connection id")
    }
    let statistics = book.statistics(at: .simulationStart)
    must(statistics.torrents <= 4 && statistics.peers <= 8, "the table keeps its bounds")
  },
  Entrance("udp-tracker-client") { bytes in
    var client = UDPTrackerClient(tracker: tracker, chance: SeededRandom(seed: 1))
    var actions: [DatagramAction<UDPTrackerClient.Question>] = []
    var announcement = AnnounceRequest(infoHash: InfoHash(.zero), peerID: PeerID(.zero), port: 1)
    announcement.urlData = Array("/announce".utf8)
    client.handle(.asked(Ticket(number: 1), .announce(announcement), until: nil), at: .simulationStart, into: &actions)
    client.handle(.asked(Ticket(number: 2), .scrape([InfoHash(.zero)]), until: nil), at: .simulationStart, into: &actions)
    var now = Instant.simulationStart
    for piece in bytes.datagrams {
      // With the transaction id that is awaited, so that more than the guard in front is reached.
      var datagram = piece
      if case .send(let sent, _)? = actions.last(where: { if case .send = $0 { true } else { false } }), let transaction = sent.transaction { datagram.overwrite(at: 4, with: transaction) }
      client.handle(.received(datagram, from: tracker), at: now, into: &actions)
      now = now + .milliseconds(100)
    }
    for _ in 0..<40 {
      guard let deadline = client.deadline else { break }
      client.handle(.waitedLongEnough, at: deadline, into: &actions)
    }
    must(client.deadline == nil, "a client comes to rest")
    for number in 1...2 as ClosedRange<UInt64> {
      let outcomes = actions.count { action in
        guard case .ask(let told) = action else { return false }
        return switch told {
        case .announced(let ticket, _), .scraped(let ticket, _), .refused(let ticket, _), .timedOut(let ticket), .tooMany(let ticket): ticket.number == number
        }
      }
      must(outcomes == 1, "every request has one outcome")
    }
    for isV6 in [false, true] {
      guard let reply = try? UDPTrackerReply(bytes, isV6: isV6) else { continue }
      let written = reply.bytes(isV6: isV6)
      must((try? UDPTrackerReply(written, isV6: isV6)) == reply, "a reply reads back from its bytes")
    }
  },
  Entrance("http-announce") { bytes in
    if let query = try? AnnounceQuery(reading: bytes) {
      must((try? AnnounceQuery(reading: Buffer(query.text))) == query, "an announcement reads back from its query")
    }
    if let query = try? ScrapeQuery(reading: bytes) {
      must((try? ScrapeQuery(reading: Buffer(query.text))) == query, "a scrape reads back from its query")
    }
    let pages = TrackerPages(book())
    for path in ["/announce", "/announce", "/scrape"] as [Buffer] {
      let answer = pages.answer(to: path, query: bytes, from: asker, at: .simulationStart)
      must((try? Bencode.read(answer, limits: .message))?.dictionaryValue != nil, "every answer is a dictionary in order")
    }
    _ = ScrapeQuery.path(forAnnouncingAt: bytes.text)
    if let url = TrackerURL(bytes.text) { must(TrackerURL(url.description) == url, "a tracker's URL reads back from its text") }
  },
  Entrance("tracker-reply") { bytes in
    if let reply = try? AnnounceReply(encoded: bytes) {
      must((try? AnnounceReply(encoded: reply.encoded(isCompact: false))) == reply, "an answer reads back from its long form: \(reply)")
      var short = reply
      for place in short.peers.indices { short.peers[place].id = nil }
      // In the compact form those of one family stand together.
      short.peers = short.peers.filter { $0.endpoint.address.bytes.count == 4 } + short.peers.filter { $0.endpoint.address.bytes.count == 16 }
      must((try? AnnounceReply(encoded: reply.encoded(isCompact: true))) == short, "an answer reads back from its compact form")
    }
    if let reply = try? ScrapeReply(encoded: bytes) { must((try? ScrapeReply(encoded: reply.encoded)) == reply, "a scrape's answer reads back from its bytes") }
  },
  Entrance("krpc") { bytes in
    mustBeExplained(bytes, as: .dht)
    if let explanation = explainNodes(bytes) { mustCover(bytes, explanation) }
    if let message = try? KRPCMessage(bytes) { must((try? KRPCMessage(message.bytes)) == message, "a message reads back from its bytes: \(message)") }
    if let state = DHTState(bytes) { must(DHTState(state.bytes)?.id == state.id, "a node's state reads back from its bytes") }
  },
  // Datagrams from several senders, some of them asked by a look-up; what is a reply gets the transaction id that its sender waits for.
  Entrance("dht-node") { bytes in
    var setting = DHTSetting()
    setting.bootstrap = [tracker]
    setting.limits.torrentsMax = 4
    setting.limits.peersPerTorrentMax = 4
    var node = DHTNode(setting, key: HashKey(1, 2), chance: SeededRandom(seed: 1), at: .simulationStart)
    var actions: [DatagramAction<DHTNode.Question>] = []
    var now = Instant.simulationStart
    node.handle(.opened, at: now, into: &actions)
    node.handle(.peersWanted(Ticket(), InfoHash(.zero), announcing: PeerAnnouncement(port: 1)), at: now, into: &actions)
    for piece in bytes.datagrams {
      var datagram = piece
      var from = asker
      if case .send(let sent, let to)? = actions.last(where: { if case .send = $0 { true } else { false } }), let query = try? KRPCMessage(sent), case .query = query.body {
        from = to
        if var reply = try? KRPCMessage(piece), case .reply = reply.body {
          reply.transaction = query.transaction
          datagram = reply.bytes
        }
      }
      let before = actions.count
      node.handle(.received(datagram, from: from), at: now, into: &actions)
      for action in actions[before...] { if case .send(let sent, _) = action { must(sent.count <= 1_200, "a datagram has at most 1,200 bytes") } }
      now = now + .milliseconds(200)
    }
    var turns = 0
    while let deadline = node.deadline, deadline < now + .seconds(120) {
      node.handle(.deadlineReached, at: max(now, deadline), into: &actions)
      now = max(now, deadline)
      turns += 1
      must(turns < 5_000, "a node comes to rest")
    }
    let ends = actions.count { if case .ask(.finished) = $0 { true } else { false } }
    must(ends == 1, "a look-up ends once")
    must(node.storedPeers <= 16, "the store keeps its bounds")
  },
  // The same with items: tokens that are `t` are made the ones that the node gave, so that what is put gets further.
  Entrance("dht-items") { bytes in
    var setting = DHTSetting()
    setting.bootstrap = [tracker]
    setting.items = AnyItem()
    (setting.limits.itemsMax, setting.limits.itemsPerAddressMax, setting.limits.queriesPerAddressMax) = (4, 3, 1_000)
    var node = DHTNode(setting, key: HashKey(1, 2), chance: SeededRandom(seed: 1), at: .simulationStart)
    var actions: [DatagramAction<DHTNode.Question>] = []
    var now = Instant.simulationStart
    node.handle(.opened, at: now, into: &actions)
    node.handle(.itemWanted(Ticket(number: 0), .zero), at: now, into: &actions)
    node.handle(.itemGiven(Ticket(number: 1), Buffer(repeatElement(1, count: 22))), at: now, into: &actions)
    var tokens: [Address: Buffer] = [:]
    for (place, piece) in bytes.datagrams.enumerated() {
      var (datagram, from) = (piece, Endpoint(Address(192, 0, 2, UInt8(place & 3)), 6_881))
      if var message = try? KRPCMessage(piece) {
        if case .query(var query) = message.body {
          switch query.method {
          case .get(let target, .some("t")): query.method = .get(target: target, token: tokens[from.address])
          case .put(let item, "t"): query.method = .put(item: item, token: tokens[from.address] ?? "t")
          default: break
          }
          message.body = .query(query)
        } else if case .send(let sent, let to)? = actions.last(where: { if case .send = $0 { true } else { false } }), let query = try? KRPCMessage(sent), case .query = query.body {
          (message.transaction, from) = (query.transaction, to)
        }
        datagram = message.bytes
      }
      let before = actions.count
      node.handle(.received(datagram, from: from), at: now, into: &actions)
      for case .send(let sent, let to) in actions[before...] {
        must(sent.count <= 1_200, "a datagram has at most 1,200 bytes")
        guard let message = try? KRPCMessage(sent), case .reply(let reply) = message.body else { continue }
        if let token = reply.token { tokens[to.address] = token }
        if reply.item != nil { must(tokens[to.address] != nil, "who gets an item has been given a token") }
      }
      must(node.storedItems <= 4, "the store keeps its bounds")
      now = now + .milliseconds(200)
    }
    var turns = 0
    while let deadline = node.deadline, deadline < now + .seconds(120) {
      now = max(now, deadline)
      node.handle(.deadlineReached, at: now, into: &actions)
      turns += 1
      must(turns < 5_000, "a node comes to rest")
    }
    for case .ask(.finished(_, let report)) in actions { if let item = report.item { must(AnyItem().isGenuine(item), "what is found is genuine") } }
    must(actions.count { if case .ask(.finished) = $0 { true } else { false } } == 2, "each errand ends once")
  },
]

/// Items whose first byte, twenty times, is their target; genuine are those that end with an odd one.
private struct AnyItem: DHTItemRule {
  func head(of item: Buffer) throws(SyntaxError) -> DHTItemHead {
    guard let first = item[at: 0], let target = Bits160(repeatElement(first, count: 20).map { $0 }), let second = item[at: 1] else {
      throw SyntaxError(expected: "two bytes", at: 0, rule: "test")
    }
    return DHTItemHead(target: target, expires: .simulationStart + .seconds(Int(second)))
  }

  func isGenuine(_ item: Buffer) -> Bool { (item[at: item.count - 1] ?? 0) & 1 == 1 }
}

extension Buffer {
  /// The transaction id of a request to a UDP tracker.
  fileprivate var transaction: UInt32? {
    count >= 16 ? self[12..<16].array.reduce(0) { $0 << 8 | UInt32($1) } : nil
  }

  /// The bytes as datagrams: two bytes say how long each one is, up to what is there.
  fileprivate var datagrams: [Buffer] {
    var datagrams: [Buffer] = []
    var rest = self
    while datagrams.count < 32, let high = rest[at: 0], let low = rest[at: 1] {
      rest.drop(2)
      let length = Swift.min(Int(high) << 8 | Int(low), rest.count)
      datagrams.append(rest.take(length) ?? Buffer())
    }
    return datagrams
  }
}
