// A torrent file: what a torrent describes and where to find those who have it.
// Read first: Torrent.swift (the part that is hashed). Read next: Magnet.swift (the same in one line), TorrentMaker.swift.
public import Bytes
public import World

/// A name or address with a port.
public struct Place: Sendable, Hashable, CustomStringConvertible {
  public var host: String
  public var port: UInt16

  public init(host: String, port: UInt16) {
    self.host = host
    self.port = port
  }

  /// `a.test:6881`, `[2001:db8::1]:6881`; nil for anything else.
  public init?(_ text: String) {
    guard let colon = text.lastIndex(of: ":"), let port = UInt16(text[text.index(after: colon)...]), port > 0,
      text[text.index(after: colon)...].utf8.allSatisfy({ $0 >= 0x30 && $0 <= 0x39 })
    else { return nil }
    var host = String(text[..<colon])
    if host.hasPrefix("["), host.hasSuffix("]") {
      host = String(host.dropFirst().dropLast())
      guard case .v6? = Address(host) else { return nil }
    } else {
      guard !host.isEmpty, host.utf8.allSatisfy(CharacterClass.unreserved.contains) else { return nil }
    }
    self.init(host: host, port: port)
  }

  public var description: String { host.utf8.contains(UInt8(ascii: ":")) ? "[\(host)]:\(port)" : "\(host):\(port)" }

  /// The endpoint; nil: the host is a name.
  public var endpoint: Endpoint? { Address(host).map { Endpoint($0, port) } }
}

/// What a torrent file says.
// BEP 3 metainfo files
public struct Metainfo: Sendable, Hashable {
  public var torrent: Torrent
  /// Addresses of trackers in tiers: all of one tier before any of the next.
  // BEP 12
  public var trackers: [[String]]
  /// Addresses of web servers that have the files.
  // BEP 19
  public var webSeeds: [String]
  /// Nodes of the hash table.
  // BEP 5 torrent file extensions
  public var nodes: [Place]
  public var comment: String?
  /// What program made it.
  public var creator: String?
  /// When it was made.
  public var created: Instant?

  public init(_ torrent: Torrent, trackers: [[String]] = [], webSeeds: [String] = [], nodes: [Place] = []) {
    self.torrent = torrent
    self.trackers = trackers
    self.webSeeds = webSeeds
    self.nodes = nodes
  }

  /// The torrent as a line of text, which names no more than twenty trackers and web seeds, and none with a long address: links are pasted.
  public var magnet: Magnet {
    func first(_ addresses: [String]) -> [String] {
      var found: [String] = []
      for address in addresses where found.count < 20 && address.utf8.count <= 512 && !found.contains(address) { found.append(address) }
      return found
    }
    return Magnet(torrent.infoHash, name: torrent.name, trackers: first(trackers.flatMap(\.self)), webSeeds: first(webSeeds))
  }

  /// The bytes of the file: the `info` value as it came, everything else in its one form.
  public var encoded: Buffer {
    var all = BencodeDictionary()
    all["announce"] = trackers.first?.first.map { .text($0) }
    if trackers.count > 1 || trackers.first.map({ $0.count > 1 }) == true { all["announce-list"] = .list(trackers.map { .list($0.map { .text($0) }) }) }
    all["comment"] = comment.map { .text($0) }
    all["created by"] = creator.map { .text($0) }
    all["creation date"] = created.map { .integer($0.secondsSince1970) }
    all["info"] = .integer(0)
    if !nodes.isEmpty { all["nodes"] = .list(nodes.map { .list([.text($0.host), .integer(Int64($0.port))]) }) }
    if !webSeeds.isEmpty { all["url-list"] = .list(webSeeds.map { .text($0) }) }
    var bytes = Buffer("d")
    for entry in all.entries {
      BencodeValue.bytes(entry.key).write(to: &bytes)
      if entry.key == "info" { bytes.append(torrent.bytes) } else { entry.value.write(to: &bytes) }
    }
    bytes.append(UInt8(ascii: "e"))
    return bytes
  }

  /// Reads a torrent file.
  public init(reading file: Buffer, limits: MetainfoLimits = MetainfoLimits()) throws(ReadingFailure) {
    guard case .metainfo(let metainfo) = try TorrentFile(reading: file, limits: limits) else {
      throw .syntax(SyntaxError(expected: "info", found: "magnet-info alone: this file is a magnet link", at: 0, rule: "BEP 3 metainfo files"))
    }
    self = metainfo
  }

  fileprivate init(_ torrent: Torrent, _ all: BencodeDictionary, _ limits: MetainfoLimits) {
    self.init(torrent)
    // BEP 12: where there is a list, the single address is not heeded.
    let tiers = all["announce-list"]?.listValue?.map { Self.addresses($0.listValue ?? [$0], Self.trackerSchemes, limits) } ?? []
    trackers = tiers.filter { !$0.isEmpty }
    if trackers.isEmpty, let single = all["announce"] { trackers = [Self.addresses([single], Self.trackerSchemes, limits)].filter { !$0.isEmpty } }
    trackers = Array(trackers.prefix(limits.placesMax))
    // BEP 19: one address, or a list of them.
    if let seeds = all["url-list"] { webSeeds = Self.addresses(seeds.listValue ?? [seeds], Self.webSchemes, limits) }
    nodes = (all["nodes"]?.listValue ?? []).prefix(limits.placesMax).compactMap { node in
      guard let pair = node.listValue, pair.count == 2, let host = pair[0].textValue, let port = pair[1].integerValue.flatMap({ UInt16(exactly: $0) })
      else { return nil }
      return Place(Place(host: host, port: port).description)
    }
    comment = Self.remark(all["comment.utf-8"] ?? all["comment"], limits)
    creator = Self.remark(all["created by"], limits)
    created = all["creation date"]?.countValue.flatMap { $0 < 1 << 33 ? Instant(secondsSince1970: Int64($0)) : nil }
  }

  static let trackerSchemes = ["http://", "https://", "udp://"]
  static let webSchemes = ["http://", "https://"]

  /// What of `values` are addresses of one of these schemes, each once.
  static func addresses(_ values: [BencodeValue], _ schemes: [String], _ limits: MetainfoLimits) -> [String] {
    var found: [String] = []
    for value in values.prefix(limits.placesMax) {
      guard let text = value.textValue, isAddress(text, schemes, limits), !found.contains(text) else { continue }
      found.append(text)
    }
    return found
  }

  /// Whether `text` is an address of one of these schemes, as far as can be told without resolving it.
  static func isAddress(_ text: String, _ schemes: [String], _ limits: MetainfoLimits) -> Bool {
    let lower = text.prefix(8).lowercased()
    return text.utf8.count <= limits.textBytesMax && text.utf8.allSatisfy { $0 > 0x20 && $0 != 0x7F }
      && schemes.contains { lower.hasPrefix($0) && text.utf8.count > $0.utf8.count }
  }

  private static func remark(_ value: BencodeValue?, _ limits: MetainfoLimits) -> String? {
    value?.textValue.flatMap { $0.utf8.count <= limits.textBytesMax ? $0 : nil }
  }
}

/// What lies in files called `.torrent`: most describe a torrent, some only name one.
public enum TorrentFile: Sendable, Hashable {
  case metainfo(Metainfo)
  /// A magnet link in the form of a file.
  case magnet(Magnet)

  /// Reads such a file. Line ends behind the value are passed over: real files have them.
  public init(reading file: Buffer, limits: MetainfoLimits = MetainfoLimits()) throws(ReadingFailure) {
    func failure(_ expected: String, _ found: String, at offset: Int) -> ReadingFailure {
      .syntax(SyntaxError(expected: expected, found: found, at: offset, rule: "BEP 3 metainfo files"))
    }
    var rest = file
    let value = try Bencode.readFirst(from: &rest, limits: limits.bencode, order: .any)
    guard rest.array.allSatisfy({ $0 == 0x0A || $0 == 0x0D }) else { throw failure("the end", "\(rest.count) bytes more", at: file.count - rest.count) }
    guard let all = value.dictionaryValue else { throw failure("a dictionary", "another value", at: 0) }
    if let range = try Bencode.range(of: "info", in: file, limits: limits.bencode, order: .any) {
      self = .metainfo(Metainfo(try Torrent(reading: file[range], limits: limits), all, limits))
      return
    }
    guard let magnet = all["magnet-info"] else { throw failure("info", "none", at: 0) }
    guard let infoHash = magnet["info_hash"]?.bytesValue.flatMap({ InfoHash($0) }) else { throw failure("info_hash of 20 bytes in magnet-info", "none", at: 0) }
    var link = Magnet(infoHash, name: magnet["display-name"]?.textValue)
    let tiers = (all["announce-list"]?.listValue ?? []).flatMap { $0.listValue ?? [$0] } + [all["announce"]].compactMap(\.self)
    link.trackers = Metainfo.addresses(tiers, Metainfo.trackerSchemes, limits)
    link.webSeeds = Metainfo.addresses(all["url-list"].map { $0.listValue ?? [$0] } ?? [], Metainfo.webSchemes, limits)
    self = .magnet(link)
  }
}
