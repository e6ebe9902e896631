// The two bytes of length that stand before each message on a stream (RFC 1035 §4.2.2, RFC 7766 §8).
public import Bytes

/// Messages on TCP, TLS and QUIC streams.
public enum StreamFraming {
  /// The message with its length before it: one piece, so that it can leave in one write (RFC 7766 §8).
  public static func framed(_ message: Buffer) -> Buffer {
    var framed = Buffer(capacity: 2 + message.count)
    framed.append(integer: UInt16(clamping: message.count))
    framed.append(message.count <= Limits.Format.messageMax ? message : message[0..<Limits.Format.messageMax])
    return framed
  }

  /// Takes the next whole message off the front of `bytes`, without its length; nil, and nothing taken: it is not all there.
  public static func next(from bytes: inout Buffer) -> Buffer? {
    guard let high = bytes[at: 0], let low = bytes[at: 1] else { return nil }
    let length = Int(high) << 8 | Int(low)
    guard bytes.count >= 2 + length else { return nil }
    bytes.drop(2)
    return bytes.take(length)
  }
}
