// Messages between peers explained: handshake, each kind of message, and what is inside extended ones.
// Not here: what goes over the wire without a length of its own, the bytes of a block that leaves straight from a file.
// Read next: PeerMessage.swift.
import Bytes
import Trace
import World

/// Explains one message between peers.
struct WireExplainer {
  let bytes: Buffer

  func explanation() -> Explanation {
    if bytes.isEmpty { return Explanation(title: "nothing", fields: []) }
    if bytes[0..<PeerHandshake.opening.count] == PeerHandshake.opening[0..<min(bytes.count, PeerHandshake.opening.count)], bytes.count > 4 { return handshake() }
    guard let length = bytes.number(at: 0) else { return strange("The beginning of a message: four bytes say how long it is.") }
    if length == 0, bytes.count == 4 {
      return Explanation(
        title: "keep-alive", fields: [Field("length", "0", 0..<4, meaning: "A message of nothing: the sender is still there.", source: "BEP 3")])
    }
    guard let number = bytes[at: 4] else { return strange("The beginning of a message: its kind is missing.") }
    let kind = PeerMessage.Kind(rawValue: number)
    guard let entry = kind.entry(WireLimits()) else {
      return length == bytes.count - 4 ? unknown(number, length) : strange("The bytes of a block, which leave by themselves, or no message.")
    }
    // A trace keeps the front of long messages, and blocks leave in parts.
    let problem = kind.refusal(of: length, WireLimits())?.description
    let isCut = problem == nil && length > bytes.count - 4 && (kind == .piece || kind == .bitfield || kind == .extended) && bytes.count > 5
    guard isCut || length == bytes.count - 4 else { return strange("The bytes of a block, which leave by themselves, or no message.") }
    let name = entry.name.description
    var fields = [
      Field("length", "\(length)", 0..<4, meaning: "How many bytes follow.", source: "BEP 3"),
      Field("kind", "\(number) \(name)", 4..<5, meaning: Self.meaning(of: kind), source: entry.source.description),
    ]
    guard problem == nil else { return Explanation(title: name, fields: fields + rest(from: 5), problem: problem) }
    var title = name
    let source = entry.source.description
    switch kind {
    case .have, .suggest, .allowedFast:
      title += " \(bytes.number(at: 5) ?? 0)"
      fields.append(field("piece", at: 5, "The index of the piece, from zero.", source))
    case .request, .cancel, .reject:
      title += " piece \(bytes.number(at: 5) ?? 0), \(bytes.number(at: 13) ?? 0) bytes at \(bytes.number(at: 9) ?? 0)"
      fields.append(field("piece", at: 5, "The index of the piece, from zero.", source))
      fields.append(field("begin", at: 9, "Where in the piece the block begins.", source))
      fields.append(field("length", at: 13, "How long the block is; by custom 16,384 bytes, the last one of a torrent less.", source))
    case .piece:
      title += " \(bytes.number(at: 5) ?? 0), \(length - 9) bytes at \(bytes.number(at: 9) ?? 0)"
      guard bytes.count >= Block.headLength else { return Explanation(title: name, fields: fields + rest(from: 5)) }
      fields.append(field("piece", at: 5, "The index of the piece, from zero.", source))
      fields.append(field("begin", at: 9, "Where in the piece the block begins.", source))
      if bytes.count > Block.headLength {
        fields.append(Field("block", "\(length - 9) bytes", Block.headLength..<bytes.count, meaning: "The bytes that were asked for.", source: source))
      }
    case .bitfield:
      let set = bytes[5..<bytes.count].array.reduce(0) { $0 + $1.nonzeroBitCount }
      title += " \(set) pieces"
      if length > 1 { fields.append(Field("bits", Bencode.shown(bytes[5..<bytes.count]), 5..<bytes.count, meaning: "A bit for each piece that the sender has, the first piece in the highest bit.", source: source)) }
    case .port:
      let port = (Int(bytes[at: 5] ?? 0) << 8) | Int(bytes[at: 6] ?? 0)
      title += " \(port)"
      fields.append(Field("port", "\(port)", 5..<7, meaning: "The UDP port of the sender's node in the hash table.", source: source))
    case .extended: return extended(fields)
    default: break
    }
    return Explanation(title: title, fields: fields)
  }

  private static func meaning(of kind: PeerMessage.Kind) -> String {
    switch kind {
    case .choke: "The sender serves requests no more."
    case .unchoke: "The sender serves requests from now on."
    case .interested: "The sender wants something that the receiver has."
    case .notInterested: "The sender wants nothing that the receiver has."
    case .have: "The sender has one piece more, and has checked it."
    case .bitfield: "What the sender has, said once, at the beginning."
    case .request: "The sender asks for a block."
    case .piece: "A block that was asked for."
    case .cancel: "The sender wants this block no more: it came from somebody else."
    case .port: "The sender has a node in the hash table."
    case .suggest: "The sender would like this piece to be asked for, since it has it at hand."
    case .haveAll: "The sender has every piece."
    case .haveNone: "The sender has no piece."
    case .reject: "This request will not be served."
    case .allowedFast: "This piece may be asked for even while the receiver is choked."
    default: "A message of an extension."
    }
  }

  // MARK: Parts

  private func field(_ name: String, at offset: Int, _ meaning: String, _ source: String) -> Field {
    Field(name, "\(bytes.number(at: offset) ?? 0)", offset..<(offset + 4), meaning: meaning, source: source)
  }

  private func rest(from start: Int) -> [Field] {
    start < bytes.count ? [Field("rest", Bencode.shown(bytes[start..<bytes.count]), start..<bytes.count, meaning: "What could not be read.", source: "BEP 3")] : []
  }

  private func strange(_ meaning: String) -> Explanation {
    Explanation(title: "\(bytes.count) bytes", fields: [Field("bytes", Bencode.shown(bytes), 0..<bytes.count, meaning: meaning, source: "BEP 3")])
  }

  private func unknown(_ number: UInt8, _ length: Int) -> Explanation {
    var fields = [
      Field("length", "\(length)", 0..<4, meaning: "How many bytes follow.", source: "BEP 3"),
      Field("kind", "\(number)", 4..<5, meaning: "A kind that this program does not know; it is passed over.", source: "BEP 3"),
    ]
    if length > 1 { fields.append(Field("content", Bencode.shown(bytes[5..<bytes.count]), 5..<bytes.count, meaning: "What only those know who speak it.", source: "BEP 3")) }
    return Explanation(title: "message \(number)", fields: fields)
  }

  // MARK: Handshake

  private func handshake() -> Explanation {
    var whole = bytes
    guard let said = try? PeerHandshake.next(from: &whole), whole.isEmpty else {
      return Explanation(
        title: "handshake", fields: [Field("bytes", Bencode.shown(bytes), 0..<bytes.count, meaning: "A handshake that is not whole, or more than one.", source: "BEP 3")],
        problem: "expected 68 bytes, found \(bytes.count) (BEP 3 peer protocol)")
    }
    var offers: [String] = []
    for (offer, name) in [(PeerHandshake.Offer.extensions, "extensions"), (.fast, "fast"), (.hashTable, "hash table"), (.version2, "version 2")] where said.offer.contains(offer) {
      offers.append(name)
    }
    return Explanation(
      title: "handshake \(said.infoHash.hex.prefix(8))… \(said.peer.program ?? said.peer.description)",
      fields: [
        Field("name length", "19", 0..<1, meaning: "How long the protocol's name is.", source: "BEP 3 peer protocol"),
        Field("name", "BitTorrent protocol", 1..<20, meaning: "The protocol.", source: "BEP 3 peer protocol"),
        Field(
          "reserved", offers.isEmpty ? "nothing" : offers.joined(separator: ", "), 20..<28, meaning: "A bit for each extension that the sender speaks.", source: "BEP 4",
          children: [
            Field("extensions", offers.contains("extensions") ? "yes" : "no", 25..<26, meaning: "The extension protocol, by which others are agreed on.", source: "BEP 10"),
            Field("fast", offers.contains("fast") ? "yes" : "no", 27..<28, meaning: "Each request gets a block or a reject.", source: "BEP 6"),
            Field("hash table", offers.contains("hash table") ? "yes" : "no", 27..<28, meaning: "The sender has a node in the hash table.", source: "BEP 5"),
            Field("version 2", offers.contains("version 2") ? "yes" : "no", 27..<28, meaning: "The torrent's other half could be spoken too.", source: "BEP 52"),
          ]),
        Field("info hash", said.infoHash.hex, 28..<48, meaning: "Which torrent: the SHA-1 of its info value.", source: "BEP 3 peer protocol"),
        Field("peer id", said.peer.description, 48..<68, meaning: said.peer.program.map { "What the sender calls itself: \($0)." } ?? "What the sender calls itself.", source: "BEP 20"),
      ])
  }

  // MARK: Extensions

  private func extended(_ front: [Field]) -> Explanation {
    let number = bytes[at: 5] ?? 0
    let meaning = number == 0 ? "The handshake of the extension protocol." : "What the receiver calls the extension."
    let fields = front + [Field("extension", "\(number)", 5..<6, meaning: meaning, source: "BEP 10")]
    guard bytes.count > 6 else { return Explanation(title: "extended \(number)", fields: fields, problem: "expected bencoding behind the number (BEP 10)") }
    do throws(ReadingFailure) {
      var content = bytes[6..<bytes.count]
      let value = try Bencode.readFirst(from: &content, limits: .message, order: .any)
      // Only the receiver knows what its numbers mean: the content tells.
      let (title, words): (String, (String, Buffer?) -> BencodeWords) =
        if number == 0 { ("extensions" + (value["v"]?.textValue.map { " of \($0.prefix(40))" } ?? ""), Self.handshakeWords) } else if value["msg_type"] != nil {
          (Self.title(ofMetadata: value), Self.metadataWords)
        } else if ["added", "added6", "dropped", "dropped6"].contains(where: { (key: StaticString) in value[key] != nil }) {
          ("peers", Self.exchangeWords)
        } else { ("extended \(number)", { _, _ in BencodeWords("What only those know who speak it.", "BEP 10") }) }
      let (field, end) = try Bencode.explained(bytes, from: 6, name: "content", words: words)
      var all = fields + [field]
      if end < bytes.count { all.append(Field("part", "\(bytes.count - end) bytes", end..<bytes.count, meaning: "A part of the torrent's description.", source: "BEP 9")) }
      return Explanation(title: title, fields: all)
    } catch {
      let isCut = (bytes.number(at: 0) ?? 0) > bytes.count - 4
      return Explanation(
        title: "extended \(number)",
        fields: fields + [Field("content", Bencode.shown(bytes[6..<bytes.count]), 6..<bytes.count, meaning: isCut ? "The front of the content." : "What could not be read.", source: "BEP 10")],
        problem: isCut ? nil : error.description)
    }
  }

  private static func title(ofMetadata value: BencodeValue) -> String {
    let part = value["piece"]?.integerValue.map { " part \($0)" } ?? ""
    return switch value["msg_type"]?.integerValue {
    case 0: "metadata request" + part
    case 1: "metadata" + part
    case 2: "metadata reject" + part
    default: "metadata"
    }
  }

  private static func handshakeWords(_ path: String, _ run: Buffer?) -> BencodeWords {
    switch path {
    case "": BencodeWords("What the sender speaks and is.", "BEP 10")
    case "m": BencodeWords("The extensions that the sender speaks, each with the number it wants it called by.", "BEP 10")
    case "m.ut_metadata": BencodeWords("Parts of the torrent's description, for those who have a magnet link alone.", "BEP 9")
    case "m.ut_pex": BencodeWords("Lists of peers.", "BEP 11")
    case "m.lt_donthave": BencodeWords("Pieces that were lost.", "BEP 54")
    case "m.ut_holepunch": BencodeWords("How two peers behind translators reach one another.", "BEP 55")
    case "p": BencodeWords("Where the sender can be called.", "BEP 10")
    case "v": BencodeWords("What program the sender is.", "BEP 10")
    case "yourip": BencodeWords("The receiver's address as the sender sees it.", "BEP 10", value: address(run))
    case "ipv4": BencodeWords("The sender's address of IPv4.", "BEP 10", value: address(run))
    case "ipv6": BencodeWords("The sender's address of IPv6.", "BEP 10", value: address(run))
    case "reqq": BencodeWords("How many requests the sender takes at one time.", "BEP 10")
    case "metadata_size": BencodeWords("How long the torrent's description is, in bytes.", "BEP 9")
    case "upload_only": BencodeWords("1: the sender wants nothing.", "BEP 21")
    case "e": BencodeWords("1: the sender prefers encryption.", "BEP 10")
    default: BencodeWords(path.hasPrefix("m.") ? "An extension that is not spoken here." : "Not known here.", "BEP 10")
    }
  }

  private static func metadataWords(_ path: String, _ run: Buffer?) -> BencodeWords {
    switch path {
    case "": BencodeWords("A message about the torrent's description.", "BEP 9")
    case "msg_type": BencodeWords("0: a part is asked for. 1: here it is. 2: it is not to be had.", "BEP 9")
    case "piece": BencodeWords("The part, from zero; each is 16,384 bytes long but the last.", "BEP 9")
    case "total_size": BencodeWords("How long the whole is, in bytes.", "BEP 9")
    default: BencodeWords("Not known here.", "BEP 9")
    }
  }

  private static func exchangeWords(_ path: String, _ run: Buffer?) -> BencodeWords {
    switch path {
    case "": BencodeWords("Peers that came and went since the last list.", "BEP 11")
    case "added": BencodeWords("Peers that came: four bytes of address and two of port each.", "BEP 11", value: endpoints(run, 4))
    case "added6": BencodeWords("The same with addresses of IPv6.", "BEP 11", value: endpoints(run, 16))
    case "added.f", "added6.f":
      BencodeWords("A byte for each: 1 prefers encryption, 2 only sends, 4 speaks uTP, 8 can meet through a third, 16 was reached.", "BEP 11", value: run.map { Hexadecimal.text($0.array) })
    case "dropped": BencodeWords("Peers that went.", "BEP 11", value: endpoints(run, 4))
    case "dropped6": BencodeWords("The same with addresses of IPv6.", "BEP 11", value: endpoints(run, 16))
    default: BencodeWords("Not known here.", "BEP 11")
    }
  }

  private static func address(_ run: Buffer?) -> String? { run.flatMap { Address(bytes: $0.array) }?.description }

  private static func endpoints(_ run: Buffer?, _ addressLength: Int) -> String? {
    guard let run, let all = try? CompactPeers.endpoints(run, addressLength: addressLength, rule: "BEP 11") else { return nil }
    let shown = all.prefix(8).map(\.description).joined(separator: ", ")
    return all.isEmpty ? "none" : all.count > 8 ? "\(shown) and \(all.count - 8) more" : shown
  }
}

extension PeerID {
  /// What program calls itself so, and its version, where the name tells; nil: it does not.
  // BEP 20
  var program: String? {
    let bytes = bytes
    let text = String(decoding: bytes.prefix(8), as: UTF8.self)
    if text.hasPrefix("A2-") { return "aria2" }
    guard bytes[0] == UInt8(ascii: "-"), bytes[7] == UInt8(ascii: "-"), bytes[1..<7].allSatisfy({ CharacterClass.visible.contains($0) }) else { return nil }
    let programs = [
      "NS": "Netstead", "TR": "Transmission", "LT": "libtorrent", "lt": "rTorrent", "qB": "qBittorrent", "DE": "Deluge", "UT": "µTorrent", "AZ": "Vuze", "BI": "BiglyBT", "rQ": "rqbit",
    ]
    let letters = String(text.dropFirst().prefix(2))
    return "\(programs[letters] ?? letters) \(text.dropFirst(3).prefix(4).map(String.init).joined(separator: "."))"
  }
}
