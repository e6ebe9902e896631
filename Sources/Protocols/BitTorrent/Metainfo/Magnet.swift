// A torrent named in one line of text: its hash, and perhaps where to find peers.
// Read next: MetadataCollection.swift (how the rest is learned from them).
import Bytes
import World

/// A magnet link.
// BEP 9 magnet URI format
public struct Magnet: Sendable, Hashable, CustomStringConvertible {
  public var infoHash: InfoHash
  /// What to show while nothing better is known.
  public var name: String?
  public var trackers: [String]
  public var webSeeds: [String]
  /// Peers to try first.
  public var peers: [Place]
  /// The files that are wanted, as ranges of indices; none: all.
  // BEP 53
  public var selected: [ClosedRange<Int>]

  public init(
    _ infoHash: InfoHash, name: String? = nil, trackers: [String] = [], webSeeds: [String] = [], peers: [Place] = [], selected: [ClosedRange<Int>] = []
  ) {
    self.infoHash = infoHash
    self.name = name
    self.trackers = trackers
    self.webSeeds = webSeeds
    self.peers = peers
    self.selected = selected
  }

  /// Reads a link. What is not understood is passed over, but for the hash: a link without one names nothing.
  public init(reading link: String, limits: MetainfoLimits = MetainfoLimits()) throws(ReadingFailure) {
    func failure(_ expected: String, _ found: String = "", at offset: Int) -> ReadingFailure {
      .syntax(SyntaxError(expected: expected, found: found, at: offset, rule: "BEP 9 magnet URI format"))
    }
    let bytes = Array(link.utf8)
    guard bytes.count <= limits.magnetBytesMax else { throw .tooMuch(LimitReached("magnetBytesMax", allowed: limits.magnetBytesMax, unit: "bytes")) }
    guard link.prefix(8).lowercased() == "magnet:?" else { throw failure("magnet:?", at: 0) }
    var found: InfoHash?
    var isOfVersion2 = false
    self.init(InfoHash(.zero))
    for part in bytes[8...].split(separator: UInt8(ascii: "&"), omittingEmptySubsequences: false) {
      guard let equals = part.firstIndex(of: UInt8(ascii: "=")) else { continue }
      let valueStart = equals + 1
      guard let value = Self.decoded(part[valueStart...]) else { throw failure("% and two hexadecimal digits", at: valueStart) }
      // `tr.1` is one of several `tr`; `x.pe` has its dot for itself.
      let word = String(decoding: part[..<equals], as: UTF8.self).lowercased()
      let key = word == "x.pe" ? word : String(word.prefix { $0 != "." })
      switch key {
      case "xt" where value.lowercased().hasPrefix("urn:btih:"):
        guard let hash = Self.hash(value.dropFirst(9)) else { throw failure("40 hexadecimal or 32 base32 digits", "\"\(value.dropFirst(9).prefix(80))\"", at: valueStart) }
        guard found == nil || found == hash else { throw failure("one torrent", "another", at: valueStart) }
        found = hash
      case "xt" where value.lowercased().hasPrefix("urn:btmh:"): isOfVersion2 = true
      case "dn" where name == nil && !value.isEmpty && value.utf8.count <= limits.textBytesMax: name = value
      case "tr" where Metainfo.isAddress(value, Metainfo.trackerSchemes, limits): Self.add(value, to: &trackers, limits)
      case "ws" where Metainfo.isAddress(value, Metainfo.webSchemes, limits): Self.add(value, to: &webSeeds, limits)
      case "x.pe": if let place = Place(value) { Self.add(place, to: &peers, limits) }
      case "so": selected = Self.ranges(value, limits)
      default: break
      }
    }
    guard let found else {
      throw isOfVersion2 ? failure("urn:btih:", "urn:btmh: alone: torrents of version 2 are not supported", at: 8) : failure("xt=urn:btih: and a hash", "none", at: 8)
    }
    infoHash = found
  }

  /// The link.
  public var description: String {
    var text = "magnet:?xt=urn:btih:\(infoHash.hex)"
    if let name { text += "&dn=" + Self.encoded(name) }
    for tracker in trackers { text += "&tr=" + Self.encoded(tracker) }
    for seed in webSeeds { text += "&ws=" + Self.encoded(seed) }
    for peer in peers { text += "&x.pe=" + Self.encoded(peer.description) }
    if !selected.isEmpty { text += "&so=" + selected.map { $0.count == 1 ? "\($0.lowerBound)" : "\($0.lowerBound)-\($0.upperBound)" }.joined(separator: ",") }
    return text
  }

  private static func add<T: Equatable>(_ item: T, to items: inout [T], _ limits: MetainfoLimits) {
    if items.count < limits.placesMax, !items.contains(item) { items.append(item) }
  }

  /// Hexadecimal, or base32 as older links have it.
  private static func hash(_ text: Substring) -> InfoHash? {
    if let hash = InfoHash(hex: text) { return hash }
    guard text.utf8.count == 32 else { return nil }
    var bytes: [UInt8] = []
    var group: UInt32 = 0
    var held: UInt32 = 0
    for digit in text.utf8 {
      // RFC 4648 §6
      let value: UInt8
      switch digit {
      case 0x41...0x5A: value = digit - 0x41
      case 0x61...0x7A: value = digit - 0x61
      case 0x32...0x37: value = digit - 0x32 + 26
      default: return nil
      }
      group = group << 5 | UInt32(value)
      held += 5
      if held >= 8 {
        held -= 8
        bytes.append(UInt8(truncatingIfNeeded: group >> held))
      }
    }
    return Bits160(bytes).map(InfoHash.init)
  }

  /// `0,2,4-6`; what is no range is passed over.
  private static func ranges(_ text: String, _ limits: MetainfoLimits) -> [ClosedRange<Int>] {
    func index(_ text: Substring) -> Int? { text.utf8.count <= 7 && text.utf8.allSatisfy { $0 >= 0x30 && $0 <= 0x39 } ? Int(text) : nil }
    return text.split(separator: ",").prefix(limits.placesMax).compactMap { part in
      let ends = part.split(separator: "-", maxSplits: 1, omittingEmptySubsequences: false)
      guard let low = ends.first.flatMap(index), let high = ends.last.flatMap(index), low <= high else { return nil }
      return low...high
    }
  }

  // RFC 3986 §2.1. A plus stands for a space, as forms have it and links are found with.
  private static func decoded(_ text: ArraySlice<UInt8>) -> String? {
    var bytes: [UInt8] = []
    var rest = text
    while let byte = rest.popFirst() {
      guard byte == UInt8(ascii: "%") else {
        bytes.append(byte == UInt8(ascii: "+") ? 0x20 : byte)
        continue
      }
      guard let high = rest.popFirst().flatMap(Hexadecimal.value), let low = rest.popFirst().flatMap(Hexadecimal.value) else { return nil }
      bytes.append(high << 4 | low)
    }
    return String(decoding: bytes, as: UTF8.self)
  }

  private static func encoded(_ text: String) -> String {
    var bytes: [UInt8] = []
    for byte in text.utf8 {
      if CharacterClass.unreserved.contains(byte) { bytes.append(byte) } else { bytes += Array("%\(Hexadecimal.text(byte).uppercased())".utf8) }
    }
    return String(decoding: bytes, as: UTF8.self)
  }
}
