// An announcement and a scrape as the query of a URL, read and written. Hashes and names are raw bytes there, each escaped unless it is a
// letter, a digit or one of `-._~`.
// Not here: HTTP (its owner has it), the answer (TrackerReplyText.swift).
public import Bytes
public import World

/// An announcement over HTTP.
// BEP 3
public struct AnnounceQuery: Sendable, Hashable {
  public var request: AnnounceRequest
  /// Whether peers are wanted as runs of six or eighteen bytes.
  // BEP 23: a tracker may answer so unless it was told not to.
  public var isCompact = true
  /// Whether the long form may leave out what peers call themselves.
  public var omitsPeerIDs = false

  public init(_ request: AnnounceRequest) { self.request = request }

  /// Reads the query of a URL, without its `?`. Keys that nobody knows are passed over; one that is known stands once.
  public init(reading query: Buffer, limits: TrackerLimits = TrackerLimits()) throws(SyntaxError) {
    let pairs = try QueryPairs(query, limits)
    request = AnnounceRequest(
      infoHash: InfoHash(try pairs.bits("info_hash")), peerID: PeerID(try pairs.bits("peer_id")), port: try pairs.number("port") ?? 0)
    guard request.port != 0 else { throw SyntaxError(expected: "a port that you listen at as `port`", at: 0, rule: "BEP 3") }
    request.uploaded = try pairs.number("uploaded") ?? 0
    request.downloaded = try pairs.number("downloaded") ?? 0
    // BEP 3 has it in every announcement; who leaves it out has something to get.
    request.left = try pairs.number("left") ?? 1
    if let word = try pairs.value("event")?.text {
      guard let event = AnnounceEvent.allCases.first(where: { $0.word == word }) else {
        throw SyntaxError(expected: "started, stopped, completed or paused as `event`", at: 0, rule: "BEP 3")
      }
      request.event = event
    }
    if let wanted = try pairs.value("numwant")?.text, let number = Int32(wanted), number >= 0 { request.peersWanted = Int(number) }
    request.key = try pairs.value("key").flatMap { $0.count <= 8 ? UInt32($0.text, radix: 16) : nil }
    request.trackerID = try pairs.value("trackerid")?.array ?? []
    request.address = try pairs.value("ip").flatMap { Address($0.text) }
    isCompact = try pairs.value("compact") != "0"
    omitsPeerIDs = try pairs.value("no_peer_id") == "1"
  }

  /// The query, without its `?`.
  public var text: String {
    var text = "info_hash=\(QueryPairs.escaped(request.infoHash.bytes))&peer_id=\(QueryPairs.escaped(request.peerID.bytes))&port=\(request.port)"
    text += "&uploaded=\(request.uploaded)&downloaded=\(request.downloaded)&left=\(request.left)&compact=\(isCompact ? 1 : 0)"
    if omitsPeerIDs { text += "&no_peer_id=1" }
    if !request.event.word.isEmpty { text += "&event=\(request.event.word)" }
    if let wanted = request.peersWanted { text += "&numwant=\(wanted)" }
    if let key = request.key { text += "&key=\(String(key, radix: 16))" }
    if !request.trackerID.isEmpty { text += "&trackerid=\(QueryPairs.escaped(request.trackerID))" }
    if let address = request.address { text += "&ip=\(QueryPairs.escaped(Array(address.description.utf8)))" }
    return text
  }
}

/// A question over HTTP how torrents stand.
// BEP 48
public struct ScrapeQuery: Sendable, Hashable {
  public var infoHashes: [InfoHash]

  public init(_ infoHashes: [InfoHash]) { self.infoHashes = infoHashes }

  /// Reads the query of a URL, without its `?`. At least one torrent must be named: nobody is told everything.
  public init(reading query: Buffer, limits: TrackerLimits = TrackerLimits()) throws(SyntaxError) {
    let pairs = try QueryPairs(query, limits)
    infoHashes = []
    for value in pairs.values("info_hash") { infoHashes.append(InfoHash(try QueryPairs.bits(value, "info_hash"))) }
    guard (1...limits.scrapeHashesMax).contains(infoHashes.count) else {
      throw SyntaxError(expected: "1 to \(limits.scrapeHashesMax) times `info_hash`", found: "\(infoHashes.count)", at: 0, rule: "BEP 48")
    }
  }

  /// The query, without its `?`.
  public var text: String { infoHashes.map { "info_hash=\(QueryPairs.escaped($0.bytes))" }.joined(separator: "&") }

  /// Where a tracker that announces at `path` is scraped; nil: nowhere.
  // BEP 48: the last part of the path begins with `announce`; that word becomes `scrape`.
  public static func path(forAnnouncingAt path: String) -> String? {
    let pathEnd = path.firstIndex(of: "?") ?? path.endIndex
    guard let slash = path[..<pathEnd].lastIndex(of: "/") else { return nil }
    let last = path[path.index(after: slash)...]
    return last.hasPrefix("announce") ? path[...slash] + "scrape" + last.dropFirst("announce".count) : nil
  }
}

/// The keys and values of a query.
private struct QueryPairs {
  private var pairs: [(key: Buffer, value: Buffer)] = []

  /// Most pairs. Unit: pairs. Past it: the query is refused.
  private static let pairsMax = 128

  init(_ query: Buffer, _ limits: TrackerLimits) throws(SyntaxError) {
    guard query.count <= limits.queryBytesMax else {
      throw SyntaxError(expected: "at most \(limits.queryBytesMax) bytes", found: "\(query.count)", at: limits.queryBytesMax, rule: "BEP 3")
    }
    var start = 0
    while start < query.count {
      let end = query.firstIndex(of: UInt8(ascii: "&"), from: start) ?? query.count
      let pair = query[start..<end]
      let equals = pair.firstIndex(of: UInt8(ascii: "=")) ?? pair.count
      guard pairs.count < Self.pairsMax else { throw SyntaxError(expected: "at most \(Self.pairsMax) keys", at: start, rule: "BEP 3") }
      if !pair.isEmpty { pairs.append((try Self.plain(pair[0..<equals], at: start), try Self.plain(pair[(equals + 1)..<max(equals + 1, pair.count)], at: start + equals + 1))) }
      start = end + 1
    }
  }

  /// The bytes that `text` stands for. A plus is a plus: trackers' clients escape spaces.
  private static func plain(_ text: Buffer, at offset: Int) throws(SyntaxError) -> Buffer {
    var bytes = Buffer(capacity: text.count)
    var index = 0
    while let byte = text[at: index] {
      index += 1
      guard byte == UInt8(ascii: "%") else {
        bytes.append(byte)
        continue
      }
      guard let high = text[at: index].flatMap(Hexadecimal.value), let low = text[at: index + 1].flatMap(Hexadecimal.value) else {
        throw SyntaxError(expected: "two hexadecimal digits behind %", at: offset + index, rule: "RFC 3986 §2.1")
      }
      bytes.append(high << 4 | low)
      index += 2
    }
    return bytes
  }

  func values(_ key: StaticString) -> [Buffer] {
    let wanted = Buffer(key)
    return pairs.filter { $0.key == wanted }.map(\.value)
  }

  /// The value of a key; nil: it is not there.
  func value(_ key: StaticString) throws(SyntaxError) -> Buffer? {
    let found = values(key)
    guard found.count <= 1 else { throw SyntaxError(expected: "`\(key)` once", found: "it \(found.count) times", at: 0, rule: "BEP 3") }
    return found.first
  }

  func bits(_ key: StaticString) throws(SyntaxError) -> Bits160 {
    guard let value = try value(key) else { throw SyntaxError(expected: "`\(key)`", at: 0, rule: "BEP 3") }
    return try Self.bits(value, key)
  }

  static func bits(_ value: Buffer, _ key: StaticString) throws(SyntaxError) -> Bits160 {
    guard let bits = Bits160(value) else { throw SyntaxError(expected: "20 bytes as `\(key)`", found: "\(value.count)", at: 0, rule: "BEP 3") }
    return bits
  }

  func number<T: FixedWidthInteger>(_ key: StaticString) throws(SyntaxError) -> T? {
    guard let value = try value(key) else { return nil }
    guard value.array.allSatisfy({ CharacterClass.digits.contains($0) }), let number = T(value.text) else {
      throw SyntaxError(expected: "a number as `\(key)`", at: 0, rule: "BEP 3")
    }
    return number
  }

  /// `bytes` as they stand in a query.
  // RFC 3986 §2.3
  static func escaped(_ bytes: [UInt8]) -> String {
    var text: [UInt8] = []
    for byte in bytes {
      switch byte {
      case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"), UInt8(ascii: "~"): text.append(byte)
      default:
        text.append(UInt8(ascii: "%"))
        text += Hexadecimal.text(byte).uppercased().utf8
      }
    }
    return String(decoding: text, as: UTF8.self)
  }
}
