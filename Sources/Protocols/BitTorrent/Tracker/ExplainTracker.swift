// A UDP tracker's datagrams explained field by field, requests and replies; which of the two one is, its length and its action tell.
// Read first: UDPTrackerRequest.swift, UDPTrackerReply.swift, which read them.
import Bytes
import Trace
import World

/// Explains one datagram to or from a tracker.
struct TrackerExplainer {
  let bytes: Buffer
  private var fields: [Field] = []

  init(bytes: Buffer) { self.bytes = bytes }

  mutating func explanation() -> Explanation {
    if bytes.isEmpty { return Explanation(title: "nothing", fields: []) }
    if isRequest, let request = try? UDPTrackerRequest(bytes) { return explain(request) }
    // A list of peers that has whole ones of IPv6 only is one of those.
    let isV6 = bytes.count > 20 && (bytes.count - 20) % 18 == 0 && (bytes.count - 20) % 6 == 0 && looksLikeV6
    if let reply = try? UDPTrackerReply(bytes, isV6: isV6) { return explain(reply, isV6: isV6) }
    let whole = Field("bytes", "\(bytes.count) bytes", 0..<bytes.count, meaning: "No datagram to or from a tracker.", source: "BEP 15")
    return Explanation(title: "no tracker datagram", fields: [whole], problem: "expected at least 8 bytes with an action from 0 to 3")
  }

  private func number(_ offset: Int) -> UInt32 { bytes.span.number(at: offset) ?? 0 }

  private var isRequest: Bool {
    let connection: UInt64? = bytes.span.number(at: 0)
    switch (number(8), bytes.count) {
    case (0, 16): return connection == UDPTrackerRequest.magic
    case (1, UDPTrackerRequest.announceBytes...): return true
    case (2, 36...): return bytes.count % 20 == 16 && (bytes.count % 12 != 8 || number(0) != 2)
    default: return connection == UDPTrackerRequest.magic
    }
  }

  /// Addresses of the global unicast range begin with the bits 001.
  private var looksLikeV6: Bool { stride(from: 20, to: bytes.count, by: 18).allSatisfy { (bytes[at: $0] ?? 0) >> 5 == 1 } }

  private mutating func add(_ name: String, _ value: some CustomStringConvertible, _ range: Range<Int>, _ meaning: String, source: String = "BEP 15") {
    fields.append(Field(name, value.description, range, meaning: meaning, source: source))
  }

  // MARK: Requests

  private mutating func explain(_ request: UDPTrackerRequest) -> Explanation {
    let title: String
    switch request {
    case .connect:
      add("protocol id", "0x41727101980", 0..<8, "Stands where a connection id will stand: the client has none yet.")
      addAction(at: 8, "0 connect", "Asks for a connection id.")
      addRest(from: 16)
      title = "connect"
    case .announce(let connection, _, let announcement):
      addConnection(connection)
      addAction(at: 8, "1 announce", "Tells the tracker of a peer, and asks for others.")
      addAnnouncement(announcement)
      title = "announce \(announcement.infoHash.hex.prefix(8))… \(announcement.event == .none ? "again" : announcement.event.word)"
    case .scrape(let connection, _, let hashes):
      addConnection(connection)
      addAction(at: 8, "2 scrape", "Asks how torrents stand.")
      addList("info hashes", from: 16, each: 20, "The torrents asked about.") { bytes, offset in Bits160(bytes.span, at: offset)?.hex ?? "" }
      title = "scrape of \(hashes.count) \(hashes.count == 1 ? "torrent" : "torrents")"
    }
    return Explanation(title: title, fields: fields)
  }

  private mutating func addConnection(_ id: UInt64) {
    add("connection id", "0x" + String(id, radix: 16), 0..<8, "Given by the tracker to this address: proof that the client receives there.")
  }

  private mutating func addAction(at offset: Int, _ action: String, _ meaning: String) {
    add("action", action, offset..<(offset + 4), meaning)
    add("transaction id", number(offset + 4), (offset + 4)..<(offset + 8), "Chosen by the client by chance; the reply repeats it.")
  }

  private mutating func addAnnouncement(_ request: AnnounceRequest) {
    add("info hash", request.infoHash, 16..<36, "The torrent.")
    add("peer id", request.peerID, 36..<56, "What the peer calls itself.", source: "BEP 15, BEP 20")
    add("downloaded", request.downloaded, 56..<64, "Bytes it has got since it started.")
    add("left", request.left, 64..<72, request.isSeeder ? "It has everything: a seeder." : "Bytes that it has still to get.")
    add("uploaded", request.uploaded, 72..<80, "Bytes it has given since it started.")
    let event = number(80)
    let meaning =
      switch request.event {
      case .none: "It announces itself because the interval is over."
      case .completed: "It has just got the last piece."
      case .started: "It has just begun."
      case .stopped: "It leaves: it is told nobody, and nobody is told of it."
      case .paused: "It wants no more pieces although some are missing."
      }
    add("event", "\(event) \(request.event.word)", 80..<84, meaning, source: event == 4 ? "BEP 21" : "BEP 15")
    add("IP address", request.address?.description ?? "0", 84..<88, request.address == nil ? "The one the datagram comes from." : "The peer says it is there; trackers seldom believe it.")
    add("key", "0x" + String(number(88), radix: 16), 88..<92, "Shows that it is the same peer when its address has changed.")
    add("num_want", request.peersWanted?.description ?? "-1", 92..<96, request.peersWanted == nil ? "As many peers as the tracker likes." : "At most so many peers are wanted.")
    add("port", request.port, 96..<98, "Where the peer listens.")
    addOptions()
  }

  private mutating func addOptions() {
    var offset = UDPTrackerRequest.announceBytes
    // Each turn takes at least one byte.
    while let option = bytes[at: offset] {
      let length = Int(bytes[at: offset + 1] ?? 0)
      let end = offset + 2 + length
      switch option {
      case UDPTrackerRequest.Option.nothing:
        add("option", "1 nothing", offset..<(offset + 1), "Fills a byte.", source: "BEP 41")
        offset += 1
      case UDPTrackerRequest.Option.end:
        add("option", "0 end", offset..<bytes.count, "No more options.", source: "BEP 41")
        return
      default:
        guard offset + 1 < bytes.count, end <= bytes.count else {
          return add("option", "\(option), cut off", offset..<bytes.count, "It says it is longer than what is left.", source: "BEP 41")
        }
        let isURL = option == UDPTrackerRequest.Option.urlData
        add("option", isURL ? "2 \(Bencode.shown(bytes[(offset + 2)..<end]))" : "\(option)", offset..<end,
          isURL ? "Path and query of the tracker's URL." : "An option that nobody knows.", source: "BEP 41")
        offset = end
      }
    }
  }

  // MARK: Replies

  private mutating func explain(_ reply: UDPTrackerReply, isV6: Bool) -> Explanation {
    let title: String
    switch reply {
    case .connected(_, let id):
      addAction(at: 0, "0 connect", "The client is heard.")
      add("connection id", "0x" + String(id, radix: 16), 8..<16, "To be shown with each request; clients use it for one minute, trackers accept it for two.")
      addRest(from: 16)
      title = "connected"
    case .announced(_, let answer):
      addAction(at: 0, "1 announce", "The peer is noted.")
      add("interval", "\(answer.interval) s", 8..<12, "When to announce again.")
      add("leechers", answer.leechers, 12..<16, "Peers that have not everything.")
      add("seeders", answer.seeders, 16..<20, "Peers that have everything.")
      addList("peers", from: 20, each: isV6 ? 18 : 6, "Some of them: address and port of each.") { bytes, offset in
        bytes.span.compactPeer(at: offset, isV6: isV6)?.description ?? ""
      }
      title = "\(answer.peers.count) \(answer.peers.count == 1 ? "peer" : "peers"), \(answer.seeders) seeding, again in \(answer.interval) s"
    case .scraped(_, let counts):
      addAction(at: 0, "2 scrape", "How the torrents stand, in the order asked.")
      addList("torrents", from: 8, each: 12, "Seeders, how often somebody got the last piece, leechers.") { bytes, offset in
        let numbers = [0, 4, 8].map { bytes.span.number(at: offset + $0, as: UInt32.self) ?? 0 }
        return "\(numbers[0]) seeding, \(numbers[1]) completed, \(numbers[2]) downloading"
      }
      title = "scrape of \(counts.count) \(counts.count == 1 ? "torrent" : "torrents")"
    case .failed(_, let message):
      addAction(at: 0, "3 error", "The request is refused.")
      if bytes.count > 8 { add("message", Bencode.shown(Buffer(message)), 8..<bytes.count, "Why, for people.") }
      title = "error: \(Bencode.shown(Buffer(message)))"
    }
    return Explanation(title: title, fields: fields)
  }

  /// Items of the same length up to the end; what is too short for one more stands behind them.
  private mutating func addList(_ name: String, from start: Int, each: Int, _ meaning: String, item: (Buffer, Int) -> String) {
    let count = max(0, (bytes.count - start) / each)
    guard count > 0 else { return addRest(from: start) }
    let end = start + count * each
    let items = (0..<count).map { index in
      Field("\(index)", item(bytes, start + index * each), (start + index * each)..<(start + (index + 1) * each), meaning: "", source: "BEP 15")
    }
    fields.append(Field(name, "\(count)", start..<end, meaning: meaning, source: "BEP 15", children: items))
    addRest(from: end)
  }

  private mutating func addRest(from start: Int) {
    if start < bytes.count { add("rest", "\(bytes.count - start) bytes", start..<bytes.count, "Nobody has said what it is for.") }
  }
}
