// What a client sends to a UDP tracker, read and written.
//
//   connect    magic (8)       action 0 (4)  transaction (4)                                                               16 bytes
//   announce   connection (8)  action 1 (4)  transaction (4)  info_hash (20)  peer_id (20)  downloaded (8)  left (8)
//              uploaded (8)  event (4)  IP address (4)  key (4)  num_want (4)  port (2)  options (BEP 41)                   98 bytes and more
//   scrape     connection (8)  action 2 (4)  transaction (4)  info_hash (20) …                                             36 bytes and more
//
// Read next: UDPTrackerReply.swift, ConnectionID.swift.
public import Bytes
public import World

/// One datagram to a tracker.
// BEP 15
public enum UDPTrackerRequest: Sendable, Hashable {
  case connect(transaction: UInt32)
  case announce(connection: UInt64, transaction: UInt32, AnnounceRequest)
  case scrape(connection: UInt64, transaction: UInt32, [InfoHash])

  /// What stands where a connection id does while there is none.
  static let magic: UInt64 = 0x0417_2710_1980
  /// Bytes of an announcement without options.
  static let announceBytes = 98

  /// Reads a datagram.
  public init(_ datagram: RawSpan, limits: TrackerLimits = TrackerLimits()) throws(SyntaxError) {
    guard let connection: UInt64 = datagram.number(at: 0), let action: UInt32 = datagram.number(at: 8), let transaction: UInt32 = datagram.number(at: 12)
    else { throw SyntaxError(expected: "at least 16 bytes", found: "\(datagram.byteCount)", at: datagram.byteCount, rule: "BEP 15") }
    switch action {
    case 0:
      guard connection == Self.magic else { throw SyntaxError(expected: "the protocol id 0x41727101980", at: 0, rule: "BEP 15") }
      self = .connect(transaction: transaction)
    case 1:
      self = .announce(connection: connection, transaction: transaction, try Self.announcement(datagram, limits))
    case 2:
      self = .scrape(connection: connection, transaction: transaction, try Self.hashes(datagram, limits))
    default:
      throw SyntaxError(expected: "action 0, 1 or 2", found: "\(action)", at: 8, rule: "BEP 15")
    }
  }

  public init(_ datagram: Buffer, limits: TrackerLimits = TrackerLimits()) throws(SyntaxError) { try self.init(datagram.span, limits: limits) }

  private static func announcement(_ datagram: RawSpan, _ limits: TrackerLimits) throws(SyntaxError) -> AnnounceRequest {
    guard let infoHash = Bits160(datagram, at: 16), let peerID = Bits160(datagram, at: 36), let downloaded: UInt64 = datagram.number(at: 56),
      let left: UInt64 = datagram.number(at: 64), let uploaded: UInt64 = datagram.number(at: 72), let event: UInt32 = datagram.number(at: 80),
      let address: UInt32 = datagram.number(at: 84), let key: UInt32 = datagram.number(at: 88), let wanted: Int32 = datagram.number(at: 92),
      let port: UInt16 = datagram.number(at: 96)
    else { throw SyntaxError(expected: "at least 98 bytes", found: "\(datagram.byteCount)", at: datagram.byteCount, rule: "BEP 15") }
    var request = AnnounceRequest(infoHash: InfoHash(infoHash), peerID: PeerID(peerID), port: port)
    (request.downloaded, request.left, request.uploaded) = (downloaded, left, uploaded)
    request.event = AnnounceEvent(number: event)
    request.address = address == 0 ? nil : .v4(address)
    request.key = key
    request.peersWanted = wanted < 0 ? nil : Int(wanted)
    if datagram.byteCount > announceBytes { request.urlData = urlData(datagram, limits) }
    return request
  }

  /// BEP 41: the pieces of the URL data, joined. Options that nobody knows are passed over; what is cut off ends them.
  private static func urlData(_ datagram: RawSpan, _ limits: TrackerLimits) -> [UInt8] {
    var data: [UInt8] = []
    var offset = announceBytes
    while let option: UInt8 = datagram.number(at: offset) {
      offset += 1
      if option == Option.end { break }
      if option == Option.nothing { continue }
      guard let length: UInt8 = datagram.number(at: offset), offset + 1 + Int(length) <= datagram.byteCount else { break }
      if option == Option.urlData, data.count + Int(length) <= limits.urlDataBytesMax {
        for index in 0..<Int(length) { if let byte: UInt8 = datagram.number(at: offset + 1 + index) { data.append(byte) } }
      }
      offset += 1 + Int(length)
    }
    return data
  }

  private static func hashes(_ datagram: RawSpan, _ limits: TrackerLimits) throws(SyntaxError) -> [InfoHash] {
    let length = datagram.byteCount - 16
    guard length > 0, length % 20 == 0 else {
      throw SyntaxError(expected: "info hashes of 20 bytes", found: "\(length) bytes", at: 16, rule: "BEP 15")
    }
    var hashes: [InfoHash] = []
    for index in 0..<min(length / 20, limits.scrapeHashesMax) {
      if let hash = Bits160(datagram, at: 16 + 20 * index) { hashes.append(InfoHash(hash)) }
    }
    return hashes
  }

  /// The numbers of BEP 41's options.
  enum Option {
    static let end: UInt8 = 0
    static let nothing: UInt8 = 1
    static let urlData: UInt8 = 2
  }

  /// The datagram.
  public var bytes: Buffer {
    var bytes = Buffer(capacity: Self.announceBytes)
    switch self {
    case .connect(let transaction):
      bytes.append(integer: Self.magic)
      bytes.append(integer: UInt32(0))
      bytes.append(integer: transaction)
    case .announce(let connection, let transaction, let request):
      bytes.append(integer: connection)
      bytes.append(integer: UInt32(1))
      bytes.append(integer: transaction)
      Self.write(request, into: &bytes)
    case .scrape(let connection, let transaction, let hashes):
      bytes.append(integer: connection)
      bytes.append(integer: UInt32(2))
      bytes.append(integer: transaction)
      for hash in hashes { bytes.append(hash.bits) }
    }
    return bytes
  }

  private static func write(_ request: AnnounceRequest, into bytes: inout Buffer) {
    bytes.append(request.infoHash.bits)
    bytes.append(request.peerID.bits)
    bytes.append(integer: request.downloaded)
    bytes.append(integer: request.left)
    bytes.append(integer: request.uploaded)
    bytes.append(integer: request.event.number)
    // BEP 15: an address of IPv6 has no room here.
    if case .v4(let address) = request.address { bytes.append(integer: address) } else { bytes.append(integer: UInt32(0)) }
    bytes.append(integer: request.key ?? 0)
    bytes.append(integer: request.peersWanted.map { Int32(clamping: $0) } ?? -1)
    bytes.append(integer: request.port)
    var rest = request.urlData[...]
    while !rest.isEmpty {
      let piece = rest.prefix(255)
      bytes.append(Option.urlData)
      bytes.append(UInt8(truncatingIfNeeded: piece.count))
      bytes.append(piece)
      rest = rest.dropFirst(255)
    }
  }
}
