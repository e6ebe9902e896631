// Numbers and hashes at fixed places of a datagram, as both ends of the UDP tracker read and write them.
// Not here: what stands where (UDPTrackerRequest.swift, UDPTrackerReply.swift).
import Bytes
import World

extension RawSpan {
  /// The number at `offset` in network order; nil past the end.
  func number<T: FixedWidthInteger & BitwiseCopyable>(at offset: Int, as type: T.Type = T.self) -> T? {
    guard offset >= 0, offset <= byteCount - MemoryLayout<T>.size else { return nil }
    return T(bigEndian: unsafeLoadUnaligned(fromByteOffset: offset, as: T.self))
  }

  /// The peer of six or eighteen bytes at `offset`; nil past the end.
  // BEP 23, BEP 7
  func compactPeer(at offset: Int, isV6: Bool) -> Endpoint? {
    if isV6 {
      guard let high: UInt64 = number(at: offset), let low: UInt64 = number(at: offset + 8), let port: UInt16 = number(at: offset + 16) else { return nil }
      return Endpoint(.v6(high, low), port)
    }
    guard let address: UInt32 = number(at: offset), let port: UInt16 = number(at: offset + 4) else { return nil }
    return Endpoint(.v4(address), port)
  }
}

extension Bits160 {
  /// The twenty bytes at `offset` of a datagram; nil past the end.
  init?(_ datagram: RawSpan, at offset: Int) {
    guard offset >= 0, offset <= datagram.byteCount - Bits160.byteCount,
      let bits = datagram.extracting(offset..<(offset + Bits160.byteCount)).withUnsafeBytes({ Bits160($0) })
    else { return nil }
    self = bits
  }
}

extension Buffer {
  /// Appends a peer in six or eighteen bytes.
  // BEP 23, BEP 7
  mutating func append(compact peer: Endpoint) {
    append(peer.address.bytes)
    append(integer: peer.port)
  }
}

extension Endpoint {
  /// Bytes that a peer of this kind takes in a list.
  static func compactBytes(isV6: Bool) -> Int { isV6 ? 18 : 6 }
}
