// What the answers of the lessons about peers on the wire really are: from the bytes that hosts recorded, cut by hand.
// Read before: LessonTruthTests.swift.
import Bytes
@testable import Lab
import Testing
import Trace
import World

extension Truth {
  /// A stretch of bytes that a host sent or got.
  struct Said {
    var host: String
    var other: String
    var isSent: Bool
    var dialect: Dialect
    /// Of both ends.
    var ports: [UInt16]
    var bytes: [UInt8]
    var length: Int
    /// Since the start of the run. Unit: seconds.
    var at: Double
  }

  /// Everything of one protocol that `host` recorded, in its order.
  func said(_ dialect: Dialect, by host: String, _ variant: String = "") -> [Said] {
    guard let store = run.leg(variant)?.store else { return [] }
    return store.conversations().filter { $0.info.dialect == dialect && $0.info.host == host }.flatMap { record in
      store.events(of: record.id).filter { $0.kind == .sent || $0.kind == .received }.map { event in
        (event.sequence, Said(
          host: host, other: run.world.host(at: record.info.remote.address)?.name ?? "?", isSent: event.kind == .sent, dialect: dialect, ports: [record.info.local.port, record.info.remote.port],
          bytes: event.bytes.array, length: event.length, at: Double(event.time.nanoseconds - Instant.simulationStart.nanoseconds) / 1e9))
      }
    }.sorted { $0.0 < $1.0 }.map(\.1)
  }

  /// A message between peers: its kind's number, what follows that, when its last byte passed.
  struct Wire {
    var kind: UInt8
    var body: [UInt8]
    var at: Double
    var other: String

    func number(_ place: Int) -> Int { body.number(place * 4, 4) }
    /// The piece of a request or a block, and how many bytes the block has.
    var piece: Int { number(0) }
    var blockLength: Int { kind == 6 ? number(2) : body.count - 8 }
  }

  /// What `host` told its peers, or was told: each stream put together and cut at the lengths, the handshake left out.
  func wire(_ host: String, sent: Bool, _ variant: String = "") -> [Wire] {
    let all = said(.bittorrent, by: host, variant).filter { $0.isSent == sent }
    var rest: [String: [UInt8]] = [:]
    var messages: [Wire] = []
    for one in all {
      var bytes = (rest[one.other] ?? []) + one.bytes
      while true {
        let head = bytes.first == 19 && bytes.count >= 20 && Array(bytes[1..<20]) == Array("BitTorrent protocol".utf8)
        let length = head ? 68 : bytes.count < 4 ? Int.max : 4 + bytes.number(0, 4)
        guard bytes.count >= length else { break }
        if !head, length > 4 { messages.append(Wire(kind: bytes[4], body: Array(bytes[5..<length]), at: one.at, other: one.other)) }
        bytes.removeFirst(length)
      }
      rest[one.other] = bytes
    }
    return messages
  }

  /// The first piece of which all blocks came, from whomsoever.
  fileprivate func firstWhole(_ variant: String) -> Int {
    var got: [Int: Int] = [:]
    for block in wire("pc", sent: false, variant) where block.kind == 7 {
      got[block.piece, default: 0] += block.blockLength
      if got[block.piece]! >= min(32_768, number("size") - block.piece * 32_768) { return block.piece }
    }
    return -1
  }

  /// How long seed's data was really under way, what it sent in `range`. Unit: milliseconds.
  fileprivate func underWay(_ range: Range<Double>, _ variant: String = "") -> [Double] {
    let came = Dictionary(said(.utp, by: "pc", variant).filter { !$0.isSent }.map { (Array($0.bytes.prefix(20)), $0.at) }) { first, _ in first }
    return said(.utp, by: "seed", variant).filter { $0.isSent && $0.bytes[0] >> 4 == 0 && range.contains($0.at) }
      .compactMap { packet in came[Array(packet.bytes.prefix(20))].map { ($0 - packet.at) * 1_000 } }
  }

  fileprivate func name(_ compact: ArraySlice<UInt8>) -> String {
    let b = Array(compact)
    return run.world.host(at: Address(b[0], b[1], b[2], b[3]))?.name ?? "?"
  }
}

extension [UInt8] {
  /// A number of `count` bytes, the highest first.
  func number(_ offset: Int, _ count: Int) -> Int { offset + count <= self.count ? self[offset..<offset + count].reduce(0) { $0 << 8 | Int($1) } : 0 }

  func place(of text: String) -> Int? {
    let wanted = Array<UInt8>(text.utf8)
    return indices.first { $0 + wanted.count <= count && self[$0..<$0 + wanted.count].elementsEqual(wanted) }
  }

  func has(_ text: String) -> Bool { place(of: text) != nil }

  /// The bytes behind `1:t4:`, which name a query and its reply.
  var transaction: [UInt8] { place(of: "1:t4:").map { Array(self[($0 + 5)..<($0 + 9)]) } ?? [] }

  /// Bytes of data in a packet of uTP: behind the head and its extensions.
  fileprivate var utpPayload: Int {
    var (next, offset) = (self[1], 20)
    while next != 0, offset + 1 < count { (next, offset) = (self[offset], offset + 2 + Int(self[offset + 1])) }
    return count - offset
  }
}

let peerTruths: [String: @Sendable (Truth) throws -> [String: String]] = [
  "P2": { try truthP2($0) },
  "P5": { try truthP5($0) },
  "P8": { try truthP8($0) },
]

private func truthP2(_ truth: Truth) throws -> [String: String] {
  let size = truth.number("size")
  let sent = truth.wire("pc", sent: true)
  let requests = sent.filter { $0.kind == 6 }
  var order: [Int] = []
  for request in requests where !order.contains(request.piece) { order.append(request.piece) }
  let handshake = truth.said(.bittorrent, by: "pc").first { $0.isSent }?.bytes ?? []
  let wanted = sent.first { $0.kind == 2 }?.at ?? 0
  let served = truth.wire("pc", sent: false).first { $0.kind == 1 }?.at ?? 0
  let wrong = truth.firstWhole("spoilt")
  let blocks = truth.wire("pc", sent: false, "right").filter { $0.kind == 7 }
  let wrongOne = truth.run.leg("right").map { leg in
    leg.store.events(after: 0).events.first { $0.kind == .note && $0.text.hasPrefix("banned: piece ") }?.text.split(separator: " ")[2] ?? "?"
  }
  return [
    "hash": Hexadecimal.text(handshake.dropFirst(28).prefix(20)), "handshake": "\(handshake.count)", "has": "have all", "left": "\(size)",
    "pieces": "\((size + 32_767) / 32_768)", "order": order.prefix(4).map { "\($0)" }.joined(separator: ", "), "waited": "\((served - wanted) * 1_000)",
    "requests": "\(requests.count)", "short": "\(size % 16_384)", "wrong": "\(wrong)", "got": "0",
    "wasted": "\(blocks.reduce(0) { $0 + $1.blockLength } - size)", "mended": blocks.last { "\($0.piece)" == wrongOne ?? "" }?.other ?? "?",
  ]
}

private func truthP5(_ truth: Truth) throws -> [String: String] {
  let answer = truth.said(.udpTracker, by: "pc").first { !$0.isSent && $0.bytes.number(0, 4) == 1 }?.bytes ?? []
  let peers = stride(from: 20, to: answer.count, by: 6).map { truth.name(answer[$0..<$0 + 6]) }
  func asked(_ variant: String) -> (queries: [Truth.Said], replies: [Truth.Said]) {
    let all = truth.said(.dht, by: "phone", variant)
    let queries = all.filter { $0.isSent && $0.bytes.has("1:q9:get_peers") }
    return (queries, all.filter { reply in !reply.isSent && reply.bytes.has("1:y1:r") && queries.contains { $0.bytes.transaction == reply.bytes.transaction } })
  }
  let (queries, replies) = asked("")
  let telling = replies.first { $0.bytes.has("6:valuesl") }?.bytes ?? []
  var named: [String] = []
  var place = (telling.place(of: "6:valuesl") ?? 0) + 9
  while place + 8 <= telling.count, telling[place] == UInt8(ascii: "6") {
    named.append(truth.name(telling[(place + 2)..<(place + 8)]))
    place += 8
  }
  let announcements = truth.said(.dht, by: "phone").filter { $0.isSent && $0.bytes.has("13:announce_peer") }
  let shown = announcements.first { $0.other == "dht1" }?.bytes ?? []
  let token = shown.place(of: "5:token").map { start in Array(shown[(start + 7)...]) } ?? []
  let length = Int(String(decoding: token.prefix { $0 != UInt8(ascii: ":") }, as: UTF8.self)) ?? 0
  return [
    "interval": "\(answer.number(8, 4))", "told": peers.joined(separator: ", "), "bytes": "\(20 + 6 * 2)",
    "asked": "\(truth.said(.udpTracker, by: "pc2").count { $0.isSent })", "queries": "\(queries.count)", "first": replies.first?.other ?? "?",
    "named": named.joined(separator: ", "), "announced": "\(announcements.count)",
    "token": Hexadecimal.text(token.drop { $0 != UInt8(ascii: ":") }.dropFirst().prefix(length)), "nothing": "0",
    "refused": "\(truth.said(.dht, by: "seed", "sybil").count { !$0.isSent && $0.bytes.has("1:y1:e") })",
    "false": "\(asked("sybil").replies.count { $0.other == "rogue" })", "saved": "\((truth.number("size") + 32_767) / 32_768)",
  ]
}

private func truthP8(_ truth: Truth) throws -> [String: String] {
  let when = Double(truth.draw("when").dropLast()) ?? 0
  func delays(_ range: Range<Double>, _ variant: String = "") -> [Double] {
    truth.said(.utp, by: "pc", variant).filter { $0.isSent && $0.bytes[0] >> 4 == 2 && range.contains($0.at) }.map { Double($0.bytes.number(8, 4)) / 1_000 }
  }
  func mean(_ numbers: [Double]) -> String { "\(numbers.reduce(0, +) / Double(numbers.count))" }
  func number(_ text: String) -> Double { Double(text) ?? 0 }
  func sent(_ range: Range<Double>, _ variant: String = "") -> String {
    "\(truth.said(.utp, by: "seed", variant).filter { $0.isSent && range.contains($0.at) }.reduce(0) { $0 + $1.bytes.utpPayload })"
  }
  // Who speaks over TCP alone listens at 6882 in a scenario, who speaks over uTP alone at 6883.
  let came = truth.said(.bittorrent, by: "pc").filter { !$0.isSent }
  let (before, after) = (when - 3..<when, when + 2..<when + 5)
  let lost = truth.said(.utp, by: "seed", "loss").count { $0.isSent } - truth.said(.utp, by: "pc", "loss").count { !$0.isSent }
  let alone = truth.said(.bittorrent, by: "pc", "loss").last { !$0.isSent }?.at ?? 0
  // Both files came: uTP gave way, and took the line back.
  let (much, little) = (number(sent(before)), number(sent(after)))
  #expect(little < much / 4)
  // So it did where clocks run apart: what waits at the line does not change, whatever pc tells of it.
  let (told, real) = (mean(delays(before, "drift")), mean(truth.underWay(before, "drift")))
  let (muchThere, littleThere) = (number(sent(before, "drift")), number(sent(after, "drift")))
  #expect(abs(muchThere - much) < much / 20 && littleThere < muchThere / 4 && littleThere > 0)
  let (more, longer) = (number(told) - number(mean(delays(before))), number(real) - number(mean(truth.underWay(before))))
  #expect(abs(longer) < 5 && abs(more - longer - Double(truth.number("gain")) * (when - 1.5) / 1_000) < 3, "\(more) ms more are told, \(longer) ms more are waited")
  let said = truth.said(.utp, by: "pc", "drift").filter(\.isSent)
  let (first, final) = (said.first, said.last)
  let rate = Double((final?.bytes.number(4, 4) ?? 0) - (first?.bytes.number(4, 4) ?? 0)) / 1e6 / ((final?.at ?? 0) - (first?.at ?? 0))
  return [
    "base": "\(delays(0..<3_600).filter { $0 > 0 }.min() ?? 0)", "alone": mean(delays(before)), "beside": mean(delays(after)), "much": sent(before), "little": sent(after),
    "quick": "\((came.last { $0.ports.contains(6_882) }?.at ?? 0) - when)", "last": "\((came.last { $0.ports.contains(6_883) }?.at ?? 0) - 1)",
    "room": "\(truth.said(.utp, by: "pc").first { $0.isSent }?.bytes.number(12, 4) ?? 0)", "lost": "\(lost)", "lonely": "\(alone - 1)",
    "gain": "\((rate - 1) * 1e6)", "told": told, "real": real, "still": sent(after, "drift"),
  ]
}
