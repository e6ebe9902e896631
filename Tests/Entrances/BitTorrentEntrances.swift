// Entrances of BitTorrent: bencoding, torrents, magnet links, messages between peers, and both ends of a connection between them.
import BitTorrent
import Bytes
import Trace
import Transport
import World

let bitTorrentEntrances: [Entrance] = [
  Entrance("bencode") { bytes in
    let limits = BencodeLimits(bytesMax: 65_536, depthMax: 32, tokensMax: 10_000)
    let strict = try? Bencode.read(bytes, limits: limits)
    if let strict { must(strict.encoded == bytes, "one text for each value") }
    let lenient = try? Bencode.read(bytes, limits: limits, order: .any)
    must(strict == nil || lenient == strict, "what is in order is read in any order")
    if let lenient { must((try? Bencode.read(lenient.encoded, limits: limits)) == lenient, "what is written is in order") }
    if let range = try? Bencode.range(of: "info", in: bytes, limits: limits) {
      // What is cut short is not seen before its end is looked for.
      must(range.lowerBound > 0 && range.upperBound <= bytes.count, "a value lies among its bytes")
      must(lenient == nil || range.upperBound < bytes.count, "a value lies in its dictionary")
      must((try? Bencode.read(bytes[range], limits: limits)) != nil, "the bytes of a value are a value")
    }
    var rest = bytes
    if let first = try? Bencode.readFirst(from: &rest, limits: limits) {
      must(first.encoded == bytes[0..<(bytes.count - rest.count)], "what follows a value stays")
    } else {
      must(rest == bytes, "nothing is taken of what is no value")
    }
  },
  Entrance("torrent") { bytes in
    let file = try? TorrentFile(reading: bytes)
    if case .magnet(let magnet) = file { must((try? Magnet(reading: magnet.description))?.infoHash == magnet.infoHash, "a link reads back") }
    guard case .metainfo(let metainfo) = file else { return }
    must((try? Metainfo(reading: metainfo.encoded)) == metainfo, "a torrent reads back: \(metainfo.encoded)")
    must((try? Magnet(reading: metainfo.magnet.description)) == metainfo.magnet, "its link reads back: \(metainfo.magnet)")
    let torrent = metainfo.torrent
    for file in torrent.files {
      for name in file.path {
        must(!name.isEmpty && name != "." && name != ".." && name.utf8.count <= 255 && !name.utf8.contains { $0 == 0 || $0 == 0x2F || $0 == 0x5C }, "no name leads elsewhere: \(name)")
      }
    }
    for piece in [0, torrent.sizes.count / 2, torrent.sizes.count - 1] {
      let length = torrent.layout.extents(ofPiece: piece).reduce(0) { $0 + $1.length }
      must(length == torrent.sizes.size(of: piece) && length > 0 && torrent.hash(of: piece) != nil, "a piece lies in files, and has a hash")
    }
  },
  Entrance("magnet") { bytes in
    guard let magnet = try? Magnet(reading: bytes.text) else { return }
    must((try? Magnet(reading: magnet.description)) == magnet, "a link reads back: \(magnet)")
  },
  Entrance("peer-message") { bytes in
    guard let explanation = BitTorrent.explain(bytes, as: .bittorrent) else { fatalError("broken promise: every message is explained") }
    mustCover(bytes, explanation)
    var rest = bytes
    if let handshake = try? PeerHandshake.next(from: &rest) { must(handshake.encoded == bytes[0..<68], "a handshake reads back") }
    rest = bytes
    while case let before = rest, let message = try? PeerMessage.next(from: &rest) {
      let own = before[0..<(before.count - rest.count)]
      must(message.encoded == own, "a message reads back: \(message)")
      if let explanation = BitTorrent.explain(own, as: .bittorrent) { mustCover(own, explanation) }
    }
  },
  Entrance("peer-extensions") { bytes in
    if let told = try? ExtensionHandshake(reading: bytes) { must((try? ExtensionHandshake(reading: told.encoded)) == told, "a handshake of extensions reads back: \(told)") }
    if let told = try? MetadataMessage(reading: bytes) {
      must((try? MetadataMessage(reading: told.encoded)) == told, "a message about the description reads back: \(told)")
      if case .data(let part, let total, let content) = told, var all = MetadataCollection(of: InfoHash(hashing: content), size: min(total, 65_536)) {
        if case .whole(let whole) = all.add(part, content) { must(whole == content, "a part that is the whole is the whole") }
      }
    }
    if let told = try? PeerExchange(reading: bytes, most: 50) {
      must(told.added.count <= 50 && told.dropped.count <= 50, "lists of peers are bounded")
      must((try? PeerExchange(reading: told.encoded, most: 50)) == told, "a list of peers reads back: \(told)")
    }
    if let set = PieceSet(bytes, pieceCount: bytes.count * 8 - 3) { must(set.bitfield == bytes && set.pieces.count == set.count, "a set of pieces reads back") }
  },
  Entrance("peer-called") { bytes in
    // The first byte says what is offered and what is known of the torrent.
    guard let choice = bytes[at: 0] else { return }
    mustNotDependOnCuts(bytes[1..<bytes.count]) { met(.called, choice, $0) }
  },
  Entrance("peer-caller") { bytes in
    guard let choice = bytes[at: 0] else { return }
    // So that chance does not have to find the handshake first.
    var said = PeerHandshake(infoHash: madeUpHash, peer: PeerID(.zero), offering: PeerHandshake.Offer(rawValue: UInt64(choice & 4) | UInt64(choice & 16) << 16)).encoded
    said.append(bytes[1..<bytes.count])
    mustNotDependOnCuts(said) { met(.caller(madeUpHash), choice, $0) }
  },
]

private let madeUpHash = InfoHash("aaaaaaaaaaaaaaaaaaaa") ?? InfoHash(.zero)

/// A conversation with a peer that says `pieces`, whose owner wants everything and serves everybody.
private func met(_ role: PeerConversation.Role, _ choice: UInt8, _ pieces: [Buffer]) -> Story {
  let told = Told()
  let sizes = PieceSizes(pieceLength: 20, totalLength: 50)
  var terms = PeerTerms(sizes: choice & 1 == 0 ? sizes : nil, holdings: choice & 2 == 0 ? PieceSet(allOf: 3) : nil, metadata: choice & 1 == 0 ? "0123456789" : nil)
  terms.isPrivate = choice & 8 != 0
  let setting = PeerConversation.Setting(peer: PeerID("-NS0100-aaaaaaaaaaaa") ?? PeerID(.zero), offer: PeerHandshake.Offer(rawValue: UInt64(choice & 4) | UInt64(choice & 16) << 16 | 1))
  var wanted: [BlockRequest: Int] = [:]
  let driver = ConversationDriver(PeerConversation(role, setting: setting), trace: nil) { question, _ in
    told.add(question)
    switch question {
    case .handshake(let handshake): return handshake.infoHash == madeUpHash ? .accept(terms) : .refuse("another torrent")
    case .interested: return .orders([.unchoke, .allowFast([1]), .exchange(PeerExchange(added: [.init(Endpoint(.loopback, 1))]))])
    case .notInterested: return .orders([.choke])
    case .unchoked:
      let requests = (0..<3).flatMap { piece in (0..<2).map { BlockRequest(piece: piece, offset: 10 * $0, length: 10) } }
      // What comes back at once was not asked for: only what may come is counted.
      for request in requests { wanted[request, default: 0] += 1 }
      return .orders([.interest, .request(requests), .cancel(requests[5])])
    case .received(let block):
      must(wanted[block.request, default: 0] > 0, "only what was asked for comes: \(block)")
      wanted[block.request, default: 0] -= 1
      return .orders([.have(block.piece)])
    case .rejected(let request):
      must(wanted[request, default: 0] > 0, "a request has one end: \(request)")
      wanted[request, default: 0] -= 1
      return nil
    case .requested(let request):
      must(sizes?.contains(request) == true, "nothing is served that there is not: \(request)")
      return .orders([request.length % 3 == 2 ? .reject(request) : .block(request, [.bytes(Buffer(repeatElement(UInt8(0), count: request.length)))])])
    case .extended: return .orders([.requestMetadata(0), .requestMetadata(1)])
    case .metadata:
      terms.sizes = sizes
      return .orders([.learn(terms)])
    case .exchanged(let exchange):
      must(choice & 8 == 0 && exchange.added.count <= 200 && exchange.dropped.count <= 200, "lists of peers are bounded, and none comes in private")
      return nil
    default: return nil
    }
  }
  let story = Story(of: Wire(driver), told, pieces)
  let endings = story.told.count { if case .ended? = $0.base as? PeerConversation.Question { true } else { false } }
  must(endings == 1, "a connection ends once: \(story.told)")
  var sent = story.sent
  if !sent.isEmpty { must((try? PeerHandshake.next(from: &sent)) != nil, "a handshake comes first") }
  while !sent.isEmpty { must((try? PeerMessage.next(from: &sent)) != nil, "what we say are messages: \(sent)") }
  return story
}
