// How content is made fit for lines of seven bits, and read back: quoted-printable and base64, in pieces cut anywhere.
// Reading is lenient, since mail is as it is; what we write is strict. Not here: Bytes/Base64.swift, which reads one strict text.
public import Bytes

/// A Content-Transfer-Encoding.
// RFC 2045 §6
public enum TransferEncoding: String, Hashable, Sendable {
  case sevenBit = "7bit"
  case eightBit = "8bit"
  case binary
  case quotedPrintable = "quoted-printable"
  case base64
  /// `begin 644 name` … `end`: older than MIME.
  case uuencode = "x-uuencode"

  /// The encoding of this name; nil: nobody knows it.
  public init?(_ name: some StringProtocol) {
    let name = name.lowercased()
    guard let known = TransferEncoding(rawValue: name == "uuencode" || name == "x-uue" ? "x-uuencode" : name) else { return nil }
    self = known
  }
}

/// Reads content back, piece by piece.
// RFC 2045 §6.7, §6.8
public struct TransferDecoder: Sendable {
  private let encoding: TransferEncoding
  /// Base64: up to three digits of a group. Quoted-printable: an unfinished `=`, or blanks that count only if the line goes on.
  private var held: [UInt8] = []
  private var group: UInt32 = 0
  private var groupDigits = 0
  private var isEnded = false

  /// Most blanks at the end of a line that are held. Unit: bytes. Past it: they count as content. RFC 2045 §6.7 has lines of 76.
  private static let blanksMax = 1_000

  public init(_ encoding: TransferEncoding) { self.encoding = encoding }

  /// All of `bytes` read at once.
  public static func decoded(_ bytes: Buffer, _ encoding: TransferEncoding) -> Buffer {
    var decoder = TransferDecoder(encoding)
    var out = Buffer()
    decoder.decode(bytes, into: &out)
    decoder.finish(into: &out)
    return out
  }

  /// Reads `piece`; what it says is appended to `out`.
  public mutating func decode(_ piece: Buffer, into out: inout Buffer) {
    switch encoding {
    case .sevenBit, .eightBit, .binary: out.append(piece)
    case .base64: decodeBase64(piece, into: &out)
    case .quotedPrintable: piece.withUnsafeBytes { for byte in $0 { takeQuoted(byte, into: &out) } }
    case .uuencode: piece.withUnsafeBytes { for byte in $0 { takeUnix(byte, into: &out) } }
    }
  }

  /// To be called when nothing more comes.
  public mutating func finish(into out: inout Buffer) {
    switch encoding {
    case .sevenBit, .eightBit, .binary: break
    case .base64: flushGroup(into: &out)
    case .quotedPrintable:
      // A line's end is not in sight: a lone `=` at the very end is a soft break, blanks are dropped.
      if held.first == UInt8(ascii: "="), held.count > 1, held[1] != 0x0D, !held[1].isBlank { out.append(held) }
      if held.first == 0x0D { out.append(0x0D as UInt8) }
      held = []
    case .uuencode: takeUnix(0x0A, into: &out)
    }
  }

  // MARK: base64

  private mutating func decodeBase64(_ piece: Buffer, into out: inout Buffer) {
    var bytes: [UInt8] = []
    bytes.reserveCapacity(piece.count / 4 * 3 + 3)
    piece.withUnsafeBytes { all in
      for byte in all {
        let value = Self.base64Values[Int(byte)]
        if value < 64 {
          group = group << 6 | UInt32(value)
          groupDigits += 1
          guard groupDigits == 4 else { continue }
          bytes.append(UInt8(truncatingIfNeeded: group >> 16))
          bytes.append(UInt8(truncatingIfNeeded: group >> 8))
          bytes.append(UInt8(truncatingIfNeeded: group))
          group = 0
          groupDigits = 0
        } else if byte == UInt8(ascii: "=") {
          // The end of a text; another may follow, where two were joined.
          appendGroup(to: &bytes)
        }
        // RFC 2045 §6.8: all other characters are passed over.
      }
    }
    out.append(bytes)
  }

  private mutating func flushGroup(into out: inout Buffer) {
    var bytes: [UInt8] = []
    appendGroup(to: &bytes)
    out.append(bytes)
  }

  private mutating func appendGroup(to bytes: inout [UInt8]) {
    let whole = group << UInt32(6 * (4 - groupDigits))
    if groupDigits >= 2 { bytes.append(UInt8(truncatingIfNeeded: whole >> 16)) }
    if groupDigits == 3 { bytes.append(UInt8(truncatingIfNeeded: whole >> 8)) }
    group = 0
    groupDigits = 0
  }

  /// The value of each digit; 255: no digit.
  private static let base64Values: [UInt8] = {
    var values = [UInt8](repeating: 255, count: 256)
    for (value, digit) in "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8.enumerated() { values[Int(digit)] = UInt8(value) }
    return values
  }()

  // MARK: quoted-printable

  /// `held` is: blanks; blanks and CR; `=`; `=` and a digit; `=`, blanks and CR.
  private mutating func takeQuoted(_ byte: UInt8, into out: inout Buffer) {
    switch held.first {
    case nil:
      if byte == UInt8(ascii: "=") || byte.isBlank || byte == 0x0D { held.append(byte) } else { out.append(byte) }
    case UInt8(ascii: "="):
      if held.count == 2, let high = Self.digit(held[1]), let low = Self.digit(byte) {
        out.append(high << 4 | low)
        held = []
      } else if byte == 0x0A {
        // A soft break: `=`, perhaps blanks, the line's end.
        if held.count > 1, Self.digit(held[1]) != nil { out.append(held) }
        if held.count > 1, Self.digit(held[1]) != nil { out.append(byte) }
        held = []
      } else if held.count == 1 ? Self.digit(byte) != nil || byte.isBlank || byte == 0x0D : Self.digit(held[1]) == nil && (byte.isBlank || byte == 0x0D) {
        held.append(byte)
        if held.count > Self.blanksMax { release(into: &out) }
      } else {
        // RFC 2045 §6.7: what is no code is left as it stands.
        release(into: &out)
        takeQuoted(byte, into: &out)
      }
    default:
      if byte == 0x0A {
        // RFC 2045 §6.7 rule 3: blanks at the end of a line were added on the way.
        if held.last == 0x0D { out.append(0x0D as UInt8) }
        out.append(byte)
        held = []
      } else if held.last != 0x0D, byte.isBlank || byte == 0x0D, held.count < Self.blanksMax {
        held.append(byte)
      } else {
        release(into: &out)
        takeQuoted(byte, into: &out)
      }
    }
  }

  private mutating func release(into out: inout Buffer) {
    out.append(held)
    held = []
  }

  private static func digit(_ byte: UInt8) -> UInt8? {
    switch byte {
    case 0x30...0x39: byte - 0x30
    case 0x41...0x46: byte - 0x41 + 10
    case 0x61...0x66: byte - 0x61 + 10
    default: nil
    }
  }

  /// `%XX` read; what is none stays.
  // RFC 2231 §7 ext-octet
  static func percentDecoded(_ bytes: some Collection<UInt8>) -> [UInt8] {
    var scanner = ByteScanner(Array(bytes))
    var out: [UInt8] = []
    while let byte = scanner.next() {
      if byte == UInt8(ascii: "%"), let a = scanner.peek, let b = scanner.peek(at: 1), let high = digit(a), let low = digit(b) {
        out.append(high << 4 | low)
        scanner.index += 2
      } else {
        out.append(byte)
      }
    }
    return out
  }

  // MARK: uuencode

  /// `held` is a line of at most 200 bytes; `group` says whether `begin` was seen.
  private mutating func takeUnix(_ byte: UInt8, into out: inout Buffer) {
    guard byte == 0x0A else {
      if held.count < 200 { held.append(byte) }
      return
    }
    if held.last == 0x0D { held.removeLast() }
    defer { held = [] }
    if group == 0 {
      if held.starts(with: "begin ".utf8) { group = 1 }
      return
    }
    guard !isEnded, let first = held.first, !held.elementsEqual("end".utf8) else {
      if !held.isEmpty { isEnded = true }
      return
    }
    // The first byte says how many the line holds; each of the others is six bits, and 32 more, a backquote standing for none.
    var left = Int((first &- 32) & 63)
    var index = 1
    while left > 0 {
      var bits: UInt32 = 0
      for place in 0..<4 {
        let digit = index + place < held.count ? UInt32((held[index + place] &- 32) & 63) : 0
        bits = bits << 6 | digit
      }
      for shift: UInt32 in [16, 8, 0].prefix(left) { out.append(UInt8(truncatingIfNeeded: bits >> shift)) }
      left -= 3
      index += 4
    }
  }
}

/// Writes content for lines of seven bits, piece by piece.
public struct TransferEncoder: Sendable {
  private let encoding: TransferEncoding
  /// Base64: bytes of an unfinished line. Quoted-printable: a byte that only the next one decides about.
  private var held: [UInt8] = []
  private var column = 0

  /// Longest line that is written, without its end. Unit: bytes. RFC 2045 §6.7, §6.8.
  static let lineBytesMax = 76
  private static let base64LineBytes = 57

  public init(_ encoding: TransferEncoding) { self.encoding = encoding }

  /// All of `bytes` written at once.
  public static func encoded(_ bytes: Buffer, _ encoding: TransferEncoding) -> Buffer {
    var encoder = TransferEncoder(encoding)
    var out = Buffer(capacity: encoding == .base64 ? bytes.count / 57 * 78 + 80 : bytes.count + bytes.count / 8)
    encoder.encode(bytes, into: &out)
    encoder.finish(into: &out)
    return out
  }

  /// Writes `piece` to the end of `out`. For quoted-printable it is text, its line ends CR LF.
  public mutating func encode(_ piece: Buffer, into out: inout Buffer) {
    switch encoding {
    case .base64:
      piece.withUnsafeBytes { all in
        for byte in all {
          held.append(byte)
          if held.count == Self.base64LineBytes { flushLine(into: &out) }
        }
      }
    case .quotedPrintable: piece.withUnsafeBytes { for byte in $0 { takeQuoted(byte, into: &out) } }
    case .sevenBit, .eightBit, .binary, .uuencode: out.append(piece)
    }
  }

  /// Writes what is still to be written.
  public mutating func finish(into out: inout Buffer) {
    switch encoding {
    case .base64: if !held.isEmpty { flushLine(into: &out) }
    case .quotedPrintable:
      if let last = held.first { write(last, isCoded: true, into: &out) }
      held = []
    case .sevenBit, .eightBit, .binary, .uuencode: break
    }
  }

  private mutating func flushLine(into out: inout Buffer) {
    out.append(Base64.text(held))
    out.append("\r\n" as StaticString)
    held.removeAll(keepingCapacity: true)
  }

  /// A blank and a CR wait for the next byte: before a line's end a blank is coded, and only CR LF is a line's end.
  private mutating func takeQuoted(_ byte: UInt8, into out: inout Buffer) {
    if let waiting = held.first {
      held.removeAll(keepingCapacity: true)
      if waiting == 0x0D, byte == 0x0A {
        out.append("\r\n" as StaticString)
        column = 0
        return
      }
      write(waiting, isCoded: waiting == 0x0D || byte == 0x0D, into: &out)
    }
    if byte.isBlank || byte == 0x0D { held.append(byte) } else { write(byte, isCoded: !(0x21...0x7E).contains(byte) || byte == UInt8(ascii: "="), into: &out) }
  }

  private mutating func write(_ byte: UInt8, isCoded: Bool, into out: inout Buffer) {
    var isCoded = isCoded
    // RFC 2045 §6.7 rule 5: the soft break itself needs the last column.
    if column + (isCoded ? 3 : 1) > Self.lineBytesMax - 1 {
      out.append("=\r\n" as StaticString)
      column = 0
      // What was no line is none of a multipart's borders either.
      isCoded = isCoded || byte == UInt8(ascii: "-")
    }
    // A dot alone, and `From ` at a line's start, are changed by programs on the way.
    isCoded = isCoded || (column == 0 && (byte == UInt8(ascii: ".") || byte == UInt8(ascii: "F")))
    if isCoded {
      out.append("=" + FieldParameter.percent(byte).dropFirst())
      column += 3
    } else {
      out.append(byte)
      column += 1
    }
  }
}
