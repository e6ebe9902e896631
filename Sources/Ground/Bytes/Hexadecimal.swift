// Bytes in hexadecimal, both ways. Not here: base64 (Base64.swift).

/// Numbers and bytes in base 16.
// RFC 4648 §8
public enum Hexadecimal {
  /// The digit, in lower case, of the low four bits.
  @inlinable
  public static func digit(_ nibble: UInt8) -> UInt8 { nibble & 15 < 10 ? 0x30 + nibble & 15 : 0x57 + nibble & 15 }

  /// The value of a digit; nil for any other byte.
  @inlinable @inline(__always)
  public static func value(of digit: UInt8) -> UInt8? {
    if digit &- 0x30 < 10 { return digit &- 0x30 }
    let letter = (digit | 0x20) &- 0x61
    return letter < 6 ? letter &+ 10 : nil
  }

  /// Two digits in lower case for each byte.
  public static func text(_ bytes: some Sequence<UInt8>) -> String {
    var digits: [UInt8] = []
    digits.reserveCapacity(2 * bytes.underestimatedCount)
    for byte in bytes {
      digits.append(digit(byte >> 4))
      digits.append(digit(byte))
    }
    return String(decoding: digits, as: UTF8.self)
  }

  /// The same for one byte.
  public static func text(_ byte: UInt8) -> String { text(CollectionOfOne(byte)) }

  /// The bytes written as `text`; nil for anything but pairs of digits.
  public static func bytes(_ text: some Sequence<UInt8>) -> [UInt8]? {
    var bytes: [UInt8] = []
    bytes.reserveCapacity(text.underestimatedCount / 2)
    var high: UInt8?
    for byte in text {
      guard let value = value(of: byte) else { return nil }
      if let first = high { bytes.append(first << 4 | value) }
      high = high == nil ? value : nil
    }
    return high == nil ? bytes : nil
  }
}
