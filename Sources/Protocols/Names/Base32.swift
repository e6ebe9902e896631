// Bytes in digits of five bits, the way three name systems write them. Strict in reading: one text for each run of bytes, save where a
// document lets similar letters stand for digits.
// Not here: base64 (Bytes/Base64.swift).

/// An alphabet of thirty-two digits.
struct Base32: Sendable {
  private let digits: [UInt8]
  private let values: [UInt8?]

  /// `also`: letters that are read as the value of another digit.
  private init(_ digits: String, also: [(Character, Character)] = []) {
    self.digits = Array(digits.utf8)
    var values = [UInt8?](repeating: nil, count: 256)
    for (value, digit) in self.digits.enumerated() {
      values[Int(digit)] = UInt8(value)
      // Case is not told apart.
      if digit >= 0x61 { values[Int(digit) - 32] = UInt8(value) } else if digit >= 0x41 { values[Int(digit) + 32] = UInt8(value) }
    }
    for (letter, digit) in also {
      guard let letter = letter.asciiValue, let digit = digit.asciiValue else { continue }
      values[Int(letter)] = values[Int(digit)]
      values[Int(letter) + 32] = values[Int(digit)]
    }
    self.values = values
  }

  /// RFC 4648 §6 in lower case and without padding: onion names, and I2P's b32 names.
  static let lower = Base32("abcdefghijklmnopqrstuvwxyz234567")

  /// Crockford's digits, as GNS writes zone keys: I and L are read as 1, O as 0, U as V.
  // RFC 9498 §4.1, appendix C
  static let zone = Base32("0123456789ABCDEFGHJKMNPQRSTVWXYZ", also: [("I", "1"), ("L", "1"), ("O", "0"), ("U", "V")])

  /// The text of `bytes`; bits missing at the end are zeros.
  func text(_ bytes: some Sequence<UInt8>) -> String {
    var out: [UInt8] = []
    var group: UInt16 = 0
    var held: UInt16 = 0
    for byte in bytes {
      group = group << 8 | UInt16(byte)
      held += 8
      while held >= 5 {
        held -= 5
        out.append(digits[Int(group >> held & 31)])
      }
      group &= 1 << held - 1
    }
    if held > 0 { out.append(digits[Int(group << (5 - held) & 31)]) }
    return String(decoding: out, as: UTF8.self)
  }

  /// The bytes written as `text`; nil for other digits, digits too many, or ones where no byte is.
  func bytes(_ text: some Sequence<UInt8>) -> [UInt8]? {
    var out: [UInt8] = []
    var group: UInt16 = 0
    var held: UInt16 = 0
    for digit in text {
      guard let value = values[Int(digit)] else { return nil }
      group = group << 5 | UInt16(value)
      held += 5
      if held >= 8 {
        held -= 8
        out.append(UInt8(truncatingIfNeeded: group >> held))
      }
      group &= 1 << held - 1
    }
    return held < 5 && group == 0 ? out : nil
  }
}
