// What a UDP tracker answers, read and written.
//
//   connect    action 0 (4)  transaction (4)  connection (8)                                                               16 bytes
//   announce   action 1 (4)  transaction (4)  interval (4)  leechers (4)  seeders (4)  peers (6 each over IPv4, 18 over IPv6)
//   scrape     action 2 (4)  transaction (4)  (seeders (4)  completed (4)  leechers (4)) …
//   error      action 3 (4)  transaction (4)  message
//
// Read next: UDPTrackerServer.swift, UDPTrackerClient.swift.
public import Bytes
public import World

/// One datagram from a tracker.
// BEP 15
public enum UDPTrackerReply: Sendable, Hashable {
  case connected(transaction: UInt32, connection: UInt64)
  case announced(transaction: UInt32, AnnounceReply)
  case scraped(transaction: UInt32, [ScrapeCounts])
  case failed(transaction: UInt32, String)

  /// Reads a datagram. `isV6`: it came over IPv6, so that peers have 18 bytes.
  public init(_ datagram: RawSpan, isV6: Bool, limits: TrackerLimits = TrackerLimits()) throws(SyntaxError) {
    guard let action: UInt32 = datagram.number(at: 0), let transaction: UInt32 = datagram.number(at: 4)
    else { throw SyntaxError(expected: "at least 8 bytes", found: "\(datagram.byteCount)", at: datagram.byteCount, rule: "BEP 15") }
    switch action {
    case 0:
      guard let connection: UInt64 = datagram.number(at: 8) else {
        throw SyntaxError(expected: "a connection id", found: "\(datagram.byteCount) bytes", at: 8, rule: "BEP 15")
      }
      self = .connected(transaction: transaction, connection: connection)
    case 1:
      self = .announced(transaction: transaction, try Self.announcement(datagram, isV6, limits))
    case 2:
      self = .scraped(transaction: transaction, Self.counts(datagram, limits))
    case 3:
      var text: [UInt8] = []
      for index in 8..<max(8, datagram.byteCount) { if let byte: UInt8 = datagram.number(at: index) { text.append(byte) } }
      self = .failed(transaction: transaction, String(decoding: text, as: UTF8.self))
    default:
      throw SyntaxError(expected: "action 0, 1, 2 or 3", found: "\(action)", at: 0, rule: "BEP 15")
    }
  }

  public init(_ datagram: Buffer, isV6: Bool, limits: TrackerLimits = TrackerLimits()) throws(SyntaxError) {
    try self.init(datagram.span, isV6: isV6, limits: limits)
  }

  /// A rest too short for one more peer is passed over.
  private static func announcement(_ datagram: RawSpan, _ isV6: Bool, _ limits: TrackerLimits) throws(SyntaxError) -> AnnounceReply {
    guard let interval: UInt32 = datagram.number(at: 8), let leechers: UInt32 = datagram.number(at: 12), let seeders: UInt32 = datagram.number(at: 16)
    else { throw SyntaxError(expected: "at least 20 bytes", found: "\(datagram.byteCount)", at: datagram.byteCount, rule: "BEP 15") }
    var reply = AnnounceReply(interval: interval)
    (reply.leechers, reply.seeders) = (leechers, seeders)
    var offset = 20
    while reply.peers.count < limits.replyPeersReadMax, let peer = datagram.compactPeer(at: offset, isV6: isV6) {
      reply.peers.append(TrackerPeer(peer))
      offset += Endpoint.compactBytes(isV6: isV6)
    }
    return reply
  }

  private static func counts(_ datagram: RawSpan, _ limits: TrackerLimits) -> [ScrapeCounts] {
    var all: [ScrapeCounts] = []
    var offset = 8
    while all.count < limits.scrapeHashesMax, let seeders: UInt32 = datagram.number(at: offset), let completed: UInt32 = datagram.number(at: offset + 4),
      let leechers: UInt32 = datagram.number(at: offset + 8)
    {
      all.append(ScrapeCounts(seeders: seeders, completed: completed, leechers: leechers))
      offset += 12
    }
    return all
  }

  public var transaction: UInt32 {
    switch self {
    case .connected(let transaction, _), .announced(let transaction, _), .scraped(let transaction, _), .failed(let transaction, _): transaction
    }
  }

  /// The datagram. Peers of the other address family than `isV6` says are left out.
  public func bytes(isV6: Bool) -> Buffer {
    var bytes = Buffer(capacity: 32)
    switch self {
    case .connected(let transaction, let connection):
      bytes.append(integer: UInt32(0))
      bytes.append(integer: transaction)
      bytes.append(integer: connection)
    case .announced(let transaction, let reply):
      bytes.append(integer: UInt32(1))
      bytes.append(integer: transaction)
      bytes.append(integer: reply.interval)
      bytes.append(integer: reply.leechers)
      bytes.append(integer: reply.seeders)
      for peer in reply.peers where peer.endpoint.address.isV6 == isV6 { bytes.append(compact: peer.endpoint) }
    case .scraped(let transaction, let counts):
      bytes.append(integer: UInt32(2))
      bytes.append(integer: transaction)
      for count in counts {
        bytes.append(integer: count.seeders)
        bytes.append(integer: count.completed)
        bytes.append(integer: count.leechers)
      }
    case .failed(let transaction, let message):
      bytes.append(integer: UInt32(3))
      bytes.append(integer: transaction)
      bytes.append(message)
    }
    return bytes
  }
}
