// A tracker's answers over HTTP: dictionaries in bencoding, read and written. A refusal is such an answer too, under status 200.
// Not here: HTTP (its owner has it), what is asked (AnnounceQuery.swift).
public import Bytes
import World

/// Why a tracker's answer is none.
public enum TrackerFailure: Error, Sendable, Hashable, CustomStringConvertible {
  /// The tracker said no: in its own words.
  case refused(String)
  /// What it sent is no answer: why.
  case broken(String)
  /// It cannot be asked, or does not answer: why.
  case unreachable(String)

  public var description: String {
    switch self {
    case .refused(let reason): "the tracker refuses: \(reason)"
    case .broken(let why): "the tracker's answer cannot be read: \(why)"
    case .unreachable(let why): "the tracker is not reached: \(why)"
    }
  }
}

/// What a tracker says over HTTP.
public enum TrackerReplyText {
  /// The bytes of a refusal.
  // BEP 3: no other keys stand beside it.
  public static func refusal(_ reason: String) -> Buffer { BencodeDictionary(dictionaryLiteral: ("failure reason", .text(reason))).encoded }

  /// The dictionary that `bytes` are, unless it is a refusal.
  fileprivate static func read(_ bytes: Buffer, _ limits: TrackerLimits) throws(TrackerFailure) -> BencodeDictionary {
    let value: BencodeValue
    let bounds = BencodeLimits(bytesMax: limits.replyBytesMax, depthMax: 8, tokensMax: 100_000)
    do throws(ReadingFailure) { value = try Bencode.read(bytes, limits: bounds, order: .any) } catch { throw .broken(error.description) }
    guard let entries = value.dictionaryValue else { throw .broken("expected a dictionary") }
    if let reason = entries["failure reason"]?.bytesValue { throw .refused(reason.text) }
    return entries
  }
}

extension AnnounceReply {
  /// The bytes of an answer over HTTP. `isCompact`: peers as runs of bytes; otherwise each as a dictionary, without its name if `omitsPeerIDs`.
  // BEP 3, BEP 23 (peers), BEP 7 (peers6), BEP 24 (external ip)
  public func encoded(isCompact: Bool, omitsPeerIDs: Bool = false) -> Buffer {
    var entries: BencodeDictionary = [
      "interval": .integer(Int64(interval)), "complete": .integer(Int64(seeders)), "incomplete": .integer(Int64(leechers)),
    ]
    if let intervalMin { entries["min interval"] = .integer(Int64(intervalMin)) }
    if let externalAddress { entries["external ip"] = .bytes(Buffer(externalAddress.bytes)) }
    if let warning { entries["warning message"] = .text(warning) }
    if !trackerID.isEmpty { entries["tracker id"] = .bytes(Buffer(trackerID)) }
    guard isCompact else {
      entries["peers"] = .list(peers.map { peer in
        var entry: BencodeDictionary = ["ip": .text(peer.endpoint.address.description), "port": .integer(Int64(peer.endpoint.port))]
        if !omitsPeerIDs, let id = peer.id { entry["peer id"] = .bytes(Buffer(id.bytes)) }
        return .dictionary(entry)
      })
      return entries.encoded
    }
    var (runs, runs6) = (Buffer(), Buffer())
    for peer in peers {
      if peer.endpoint.address.isV6 { runs6.append(compact: peer.endpoint) } else { runs.append(compact: peer.endpoint) }
    }
    // Also when there is nobody: some clients take a missing key for a broken answer.
    entries["peers"] = .bytes(runs)
    if !runs6.isEmpty { entries["peers6"] = .bytes(runs6) }
    return entries.encoded
  }

  /// Reads an answer in either form.
  public init(encoded bytes: Buffer, limits: TrackerLimits = TrackerLimits()) throws(TrackerFailure) {
    let entries = try TrackerReplyText.read(bytes, limits)
    // BEP 3 asks for it; without one we come back as most trackers want it.
    interval = entries["interval"]?.integerValue.map { UInt32(clamping: $0) } ?? 1_800
    intervalMin = entries["min interval"]?.integerValue.map { UInt32(clamping: $0) }
    seeders = UInt32(clamping: entries["complete"]?.integerValue ?? 0)
    leechers = UInt32(clamping: entries["incomplete"]?.integerValue ?? 0)
    externalAddress = entries["external ip"]?.bytesValue.flatMap { Address(bytes: $0.array) }
    warning = entries["warning message"]?.bytesValue?.text
    trackerID = entries["tracker id"]?.bytesValue?.array ?? []
    switch entries["peers"] {
    case .bytes(let runs)?: addPeers(runs, isV6: false, limits)
    case .list(let items)?:
      for item in items.prefix(limits.replyPeersReadMax) {
        // A name instead of an address would have to be looked up: nobody is asked because a tracker says so.
        guard let address = item["ip"]?.textValue.flatMap({ Address($0) }), let port = item["port"]?.integerValue.flatMap({ UInt16(exactly: $0) }) else { continue }
        peers.append(TrackerPeer(Endpoint(address, port), id: item["peer id"]?.bytesValue.flatMap { PeerID($0) }))
      }
    default: break
    }
    if let runs = entries["peers6"]?.bytesValue { addPeers(runs, isV6: true, limits) }
  }

  private mutating func addPeers(_ runs: Buffer, isV6: Bool, _ limits: TrackerLimits) {
    var offset = 0
    while peers.count < limits.replyPeersReadMax, let peer = runs.span.compactPeer(at: offset, isV6: isV6) {
      peers.append(TrackerPeer(peer))
      offset += Endpoint.compactBytes(isV6: isV6)
    }
  }
}

/// How torrents stand, as told over HTTP.
// BEP 48
public struct ScrapeReply: Sendable, Hashable {
  /// One torrent of it.
  public struct File: Sendable, Hashable {
    public var infoHash: InfoHash
    public var counts: ScrapeCounts

    public init(_ infoHash: InfoHash, _ counts: ScrapeCounts) {
      self.infoHash = infoHash
      self.counts = counts
    }
  }

  /// In the order of their hashes.
  public private(set) var files: [File]

  /// Of a torrent that stands in `files` twice the first one counts.
  public init(_ files: [File]) {
    self.files = []
    for file in files.sorted(by: { $0.infoHash < $1.infoHash }) where self.files.last?.infoHash != file.infoHash { self.files.append(file) }
  }

  /// The bytes of the answer.
  public var encoded: Buffer {
    var entries = BencodeDictionary()
    for file in files {
      entries[bytes: Buffer(file.infoHash.bytes)] = .dictionary([
        "complete": .integer(Int64(file.counts.seeders)), "downloaded": .integer(Int64(file.counts.completed)),
        "incomplete": .integer(Int64(file.counts.leechers)),
      ])
    }
    return BencodeDictionary(dictionaryLiteral: ("files", .dictionary(entries))).encoded
  }

  /// Reads an answer. Keys that are no hash are passed over.
  public init(encoded bytes: Buffer, limits: TrackerLimits = TrackerLimits()) throws(TrackerFailure) {
    guard let entries = try TrackerReplyText.read(bytes, limits)["files"]?.dictionaryValue else { throw .broken("expected `files`") }
    self.init(entries.entries.prefix(limits.scrapeHashesMax).compactMap { entry in
      guard let infoHash = InfoHash(entry.key) else { return nil }
      func count(_ key: StaticString) -> UInt32 { UInt32(clamping: entry.value[key]?.integerValue ?? 0) }
      return File(infoHash, ScrapeCounts(seeders: count("complete"), completed: count("downloaded"), leechers: count("incomplete")))
    })
  }
}
