// A tracker over UDP: from one datagram to the bytes that answer it, by a direct call, since nothing has to be waited for.
// Read next: BitTorrent/Tracker/UDPTrackerServer.swift (who is heard at all), TrackerBook.swift (what is answered).
package import BitTorrent
package import Bytes
package import World

/// Answers datagrams; one for each thread.
package struct TrackerResponder: Sendable {
  private let book: TrackerBook
  private let server: UDPTrackerServer
  private var chance: SeededRandom

  /// Longest answer. Unit: bytes.
  package static let answerBytesMax = 2_048

  /// `ids` is shared by all responders of one tracker; `chance` spreads the intervals.
  package init(_ book: TrackerBook, ids: ConnectionIDs, chance: SeededRandom) {
    self.book = book
    server = UDPTrackerServer(ids: ids, limits: book.setting.protocolLimits)
    self.chance = chance
  }

  /// Writes the answer to `datagram` into `room` and returns its length; 0: none.
  package mutating func answer(_ datagram: RawSpan, from client: Endpoint, at now: Instant, into room: UnsafeMutableRawBufferPointer) -> Int {
    switch server.judge(datagram, from: client, at: now) {
    case .ignored: return 0
    case .answered(let reply): return Self.write(reply, into: room)
    case .scraped(let transaction, let hashes):
      return Self.write(.scraped(transaction: transaction, hashes.map { book.refusal(of: $0) == nil ? book.scrape($0, at: now) : ScrapeCounts() }), into: room)
    case .announced(let transaction, let request):
      if let refusal = book.refusal(of: request.infoHash) { return Self.write(.failed(transaction: transaction, refusal), into: room) }
      return announce(request, transaction, from: client.address, at: now, into: room)
    }
  }

  /// The reply of BEP 15 with its peers written where they stay.
  private mutating func announce(
    _ request: AnnounceRequest, _ transaction: UInt32, from address: Address, at now: Instant, into room: UnsafeMutableRawBufferPointer
  ) -> Int {
    let head = 20
    guard room.count > head else { return 0 }
    let (peerBytes, isV6) = if case .v4 = address { (6, false) } else { (18, true) }
    let peers = UnsafeMutableRawBufferPointer(rebasing: room[head...])
    let announced = book.announce(request, from: address, wantedMax: book.wantedMax(address), at: now, into: peers)
    var reply = AnnounceReply(interval: interval())
    (reply.leechers, reply.seeders) = (announced.leechers, announced.seeders)
    _ = Self.write(.announced(transaction: transaction, reply), isV6: isV6, into: room)
    return head + announced.written * peerBytes
  }

  private mutating func interval() -> UInt32 {
    let setting = book.setting
    let jitter = setting.intervalJitter.components.seconds
    return UInt32(clamping: setting.interval.components.seconds + (jitter > 0 ? Int64(chance.next() % UInt64(jitter)) : 0))
  }

  private static func write(_ reply: UDPTrackerReply, isV6: Bool = false, into room: UnsafeMutableRawBufferPointer) -> Int {
    reply.bytes(isV6: isV6).withUnsafeBytes { bytes in
      guard bytes.count <= room.count else { return 0 }
      room.copyMemory(from: bytes)
      return bytes.count
    }
  }
}

/// The same as a conversation, for networks that carry conversations.
package struct TrackerConversation: DatagramConversation {
  package typealias Question = Never

  /// What can happen.
  package enum Input: Sendable { case received(Buffer, from: Endpoint) }

  private var responder: TrackerResponder

  package init(_ responder: TrackerResponder) { self.responder = responder }

  package static var dialect: Dialect { .udpTracker }
  package var stateName: String { "open" }
  package var acceptsBytes: Bool { true }
  package var deadline: Instant? { nil }

  package func input(for event: DatagramEvent) -> Input? {
    guard case .received(let bytes, let remote) = event else { return nil }
    return .received(bytes, from: remote)
  }

  package mutating func handle(_ input: Input, at now: Instant, into actions: inout [DatagramAction<Never>]) {
    switch input {
    case .received(let bytes, let remote):
      let answer = withUnsafeTemporaryAllocation(byteCount: TrackerResponder.answerBytesMax, alignment: 8) { room in
        let length = responder.answer(bytes.span, from: remote, at: now, into: room)
        return Buffer(room.prefix(length))
      }
      if !answer.isEmpty { actions.append(.send(answer, to: remote)) }
    }
  }
}
