// Bytes as base64 text, both ways, strict in reading: one text for each run of bytes.
// Not here: hexadecimal (Hexadecimal.swift), and the variants with other digits.

/// Binary data in letters, digits, `+` and `/`.
// RFC 4648 §4
public enum Base64 {
  private static let digits = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)

  /// The text of `bytes`; with `=` to a multiple of four digits unless `isPadded` is false.
  public static func text(_ bytes: some Sequence<UInt8>, isPadded: Bool = true) -> String {
    var out: [UInt8] = []
    var group: UInt32 = 0
    var held = 0
    for byte in bytes {
      group = group << 8 | UInt32(byte)
      held += 1
      guard held == 3 else { continue }
      for shift: UInt32 in [18, 12, 6, 0] { out.append(digits[Int(group >> shift & 63)]) }
      group = 0
      held = 0
    }
    if held > 0 {
      group <<= UInt32(8 * (3 - held))
      for step in 0...held { out.append(digits[Int(group >> UInt32(18 - 6 * step) & 63)]) }
      if isPadded { for _ in held..<3 { out.append(UInt8(ascii: "=")) } }
    }
    return String(decoding: out, as: UTF8.self)
  }

  /// The bytes written as `text`; nil for anything but whole groups with zeros where no byte is. The `=` at the end may be left out.
  public static func bytes(_ text: some Sequence<UInt8>) -> [UInt8]? {
    var out: [UInt8] = []
    var group: UInt32 = 0
    var held = 0
    var pads = 0
    for digit in text {
      if digit == UInt8(ascii: "=") {
        pads += 1
        continue
      }
      guard pads == 0, let value = value(of: digit) else { return nil }
      group = group << 6 | UInt32(value)
      held += 1
      guard held == 4 else { continue }
      for shift: UInt32 in [16, 8, 0] { out.append(UInt8(truncatingIfNeeded: group >> shift)) }
      group = 0
      held = 0
    }
    guard held != 1, pads == 0 || (held > 1 && pads == 4 - held) else { return nil }
    if held > 1 {
      group <<= UInt32(6 * (4 - held))
      // RFC 4648 §3.5: bits that belong to no byte are zero, else two texts would mean the same.
      guard group & (held == 2 ? 0xFFFF : 0xFF) == 0 else { return nil }
      for step in 0..<(held - 1) { out.append(UInt8(truncatingIfNeeded: group >> UInt32(16 - 8 * step))) }
    }
    return out
  }

  /// The value of a digit; nil for any other byte.
  public static func value(of digit: UInt8) -> UInt8? {
    switch digit {
    case 0x41...0x5A: digit - 0x41
    case 0x61...0x7A: digit - 0x61 + 26
    case 0x30...0x39: digit - 0x30 + 52
    case UInt8(ascii: "+"): 62
    case UInt8(ascii: "/"): 63
    default: nil
    }
  }
}
