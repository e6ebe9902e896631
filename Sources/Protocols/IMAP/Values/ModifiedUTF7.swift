// Mailbox names on the wire: ASCII as it is, everything else as UTF-16 in base64 between `&` and `-`.
// Read next: MailboxName.swift, which says what a name may be.
public import Bytes

/// International mailbox names in ASCII.
// RFC 3501 §5.1.3
public enum ModifiedUTF7 {
  private static let digits = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+,".utf8)
  private static let shift = UInt8(ascii: "&")
  private static let unshift = UInt8(ascii: "-")

  /// `text` as it stands on the wire.
  public static func bytes(_ text: some StringProtocol) -> Buffer {
    var out = Buffer(capacity: text.utf8.count)
    var pending: [UInt16] = []
    for scalar in text.unicodeScalars {
      guard (0x20...0x7E).contains(scalar.value) else {
        pending.append(contentsOf: UTF16.encode(scalar).map(Array.init) ?? [])
        continue
      }
      flush(&pending, into: &out)
      out.append(UInt8(truncatingIfNeeded: scalar.value))
      if scalar == "&" { out.append(unshift) }
    }
    flush(&pending, into: &out)
    return out
  }

  private static func flush(_ units: inout [UInt16], into out: inout Buffer) {
    guard !units.isEmpty else { return }
    out.append(shift)
    var group: UInt32 = 0
    var bits: UInt32 = 0
    for unit in units {
      group = group << 16 | UInt32(unit)
      bits += 16
      while bits >= 6 {
        bits -= 6
        out.append(digits[Int(group >> bits & 63)])
      }
      group &= (1 << bits) - 1
    }
    if bits > 0 { out.append(digits[Int(group << (6 - bits) & 63)]) }
    out.append(unshift)
    units.removeAll(keepingCapacity: true)
  }

  /// The text written as `bytes`; nil: it is not the one way to write a text.
  public static func text(_ bytes: Buffer) -> String? {
    let wire = bytes.array
    var units: [UInt16] = []
    var index = 0
    while index < wire.count {
      let byte = wire[index]
      index += 1
      guard byte == shift else {
        guard (0x20...0x7E).contains(byte) else { return nil }
        units.append(UInt16(byte))
        continue
      }
      guard let end = wire[index...].firstIndex(of: unshift) else { return nil }
      if end == index { units.append(UInt16(shift)) } else if !decode(wire[index..<end], into: &units) { return nil }
      index = end + 1
    }
    // Half a pair of surrogates, digits for ASCII, two runs where one would do, bits that belong to nothing: all of it would be written
    // differently, and two spellings of one name would be two names for a stranger.
    let text = String(decoding: units, as: UTF16.self)
    return self.bytes(text) == bytes ? text : nil
  }

  private static func decode(_ run: ArraySlice<UInt8>, into units: inout [UInt16]) -> Bool {
    var group: UInt32 = 0
    var bits: UInt32 = 0
    for digit in run {
      guard let value = value(of: digit) else { return false }
      group = group << 6 | value
      bits += 6
      guard bits >= 16 else { continue }
      bits -= 16
      units.append(UInt16(truncatingIfNeeded: group >> bits))
      group &= (1 << bits) - 1
    }
    return true
  }

  private static func value(of digit: UInt8) -> UInt32? {
    switch digit {
    case 0x41...0x5A: UInt32(digit) - 0x41
    case 0x61...0x7A: UInt32(digit) - 0x61 + 26
    case 0x30...0x39: UInt32(digit) - 0x30 + 52
    case UInt8(ascii: "+"): 62
    case UInt8(ascii: ","): 63
    default: nil
    }
  }
}
