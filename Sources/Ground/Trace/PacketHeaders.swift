// IPv4, IPv6, UDP and TCP headers with their checksums, for captures. Written, never read.
import Bytes
import World

/// The headers of packets from one endpoint to another.
struct PacketHeaders {
  enum Carrier: UInt8 { case tcp = 6, udp = 17 }

  /// What a segment says besides its bytes. Raw value: the flag bits of RFC 9293 §3.1.
  enum Flags: UInt8 {
    case syn = 0x02
    case synAcknowledged = 0x12
    case acknowledged = 0x10
    case pushed = 0x18
    case finished = 0x11
    case reset = 0x14
  }

  let from: Endpoint
  let to: Endpoint

  /// Bytes before the payload.
  func overhead(_ carrier: Carrier) -> Int { ipLength + (carrier == .tcp ? 20 : 8) }

  private var ipLength: Int { if case .v4 = from.address { 20 } else { 40 } }

  func datagram(_ bytes: Buffer, length: Int, identification: UInt16) -> (captured: Buffer, length: Int) {
    let length = min(length, 65_535 - overhead(.udp))
    let bytes = bytes[0..<length]
    var header = Buffer(capacity: 8)
    header.append(integer: from.port)
    header.append(integer: to.port)
    header.append(integer: UInt16(truncatingIfNeeded: length + 8))
    header.append(integer: 0 as UInt16)
    let sum = checksum(.udp, header, bytes, length: length + 8)
    // RFC 768: a sum of zero is sent as all ones, since zero says that there is none.
    header.overwrite(at: 6, with: sum == 0 ? 0xFFFF : sum)
    return packet(.udp, header, bytes, length: length + 8, identification)
  }

  func segment(
    _ bytes: Buffer, length: Int, sequence: UInt32, acknowledging: UInt32, flags: Flags, identification: UInt16
  ) -> (captured: Buffer, length: Int) {
    // RFC 9293 §3.1. With SYN: largest segment (§3.7.1) and, by RFC 7323 §2, a window counted in units of 2^14 bytes, so that it never seems full.
    var options = Buffer()
    if flags == .syn || flags == .synAcknowledged {
      options.append([2, 4])
      options.append(integer: UInt16(truncatingIfNeeded: 1_500 - overhead(.tcp)))
      options.append([1, 3, 3, 14])
    }
    let headerLength = 20 + options.count
    var header = Buffer(capacity: headerLength)
    header.append(integer: from.port)
    header.append(integer: to.port)
    header.append(integer: sequence)
    header.append(integer: flags == .syn ? 0 : acknowledging)
    header.append(UInt8(truncatingIfNeeded: (headerLength / 4) << 4))
    header.append(flags.rawValue)
    header.append(integer: 0xFFFF as UInt16)
    header.append(integer: 0 as UInt32)
    header.append(options)
    header.overwrite(at: 16, with: checksum(.tcp, header, bytes, length: headerLength + length))
    return packet(.tcp, header, bytes, length: headerLength + length, identification)
  }

  /// The IP header before `header` and `bytes`; `length` counts both, also what of the bytes is not known.
  private func packet(_ carrier: Carrier, _ header: Buffer, _ bytes: Buffer, length: Int, _ identification: UInt16) -> (
    captured: Buffer, length: Int
  ) {
    var packet = Buffer(capacity: ipLength + header.count + bytes.count)
    if ipLength == 20 {
      // RFC 791 §3.1, without options, not to be fragmented.
      packet.append([0x45, 0])
      packet.append(integer: UInt16(truncatingIfNeeded: length + 20))
      packet.append(integer: identification)
      packet.append([0x40, 0, 64, carrier.rawValue, 0, 0])
      packet.append(from.address.bytes)
      packet.append(to.address.bytes)
      packet.overwrite(at: 10, with: Self.folded(Self.sum(packet)))
    } else {
      // RFC 8200 §3, without extension headers.
      packet.append([0x60, 0, 0, 0])
      packet.append(integer: UInt16(truncatingIfNeeded: length))
      packet.append([carrier.rawValue, 64])
      packet.append(from.address.bytes)
      packet.append(to.address.bytes)
    }
    packet.append(header)
    packet.append(bytes)
    return (packet, ipLength + length)
  }

  /// RFC 9293 §3.1 and RFC 8200 §8.1: over addresses, carrier, length, header and bytes. Bytes that are not known count as zeros.
  private func checksum(_ carrier: Carrier, _ header: Buffer, _ bytes: Buffer, length: Int) -> UInt16 {
    let addresses = Self.sum(Buffer(from.address.bytes)) + Self.sum(Buffer(to.address.bytes))
    return Self.folded(addresses + UInt64(carrier.rawValue) + UInt64(length) + Self.sum(header) + Self.sum(bytes))
  }

  /// The sum of the 16-bit words; an odd last byte counts as the high half of one. RFC 1071 §1.
  private static func sum(_ buffer: Buffer) -> UInt64 {
    buffer.withUnsafeBytes { bytes in
      var sum: UInt64 = 0
      var index = 0
      while index + 1 < bytes.count {
        sum &+= UInt64(bytes[index]) << 8 | UInt64(bytes[index + 1])
        index += 2
      }
      return index < bytes.count ? sum &+ UInt64(bytes[index]) << 8 : sum
    }
  }

  private static func folded(_ sum: UInt64) -> UInt16 {
    var sum = sum
    while sum > 0xFFFF { sum = (sum & 0xFFFF) + (sum >> 16) }
    return ~UInt16(truncatingIfNeeded: sum)
  }
}
