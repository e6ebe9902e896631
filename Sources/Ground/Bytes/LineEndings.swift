// The ends of a text's lines, looked after as the text passes in pieces: found where CR or LF stand alone, and mended as its user wants.
// Used by whoever takes in or sends out messages. Not here: lines one by one (LineFramer.swift), dots (DotStuffing.swift).

/// Watches the line ends of one text.
public struct LineEndings: Sendable {
  /// What becomes of a CR or LF that stands alone.
  public enum Rule: Sendable, Hashable, CaseIterable {
    /// It stays as it is.
    case kept
    /// It becomes CR LF.
    case completed
    /// It becomes a space.
    case blanked
  }

  private let rule: Rule
  /// The last piece ended in a CR, which has not been passed on yet.
  private var holdsCarriageReturn = false
  /// The line under way, its held CR included. Unit: bytes.
  private var lineBytes = 0
  private var longestEndedBytes = 0
  /// Whether a CR or an LF stood alone so far.
  public private(set) var hasBareOctets = false

  public init(_ rule: Rule) { self.rule = rule }

  /// The longest line so far, its end included, also of one that has not ended. Unit: bytes.
  public var longestLineBytes: Int { max(longestEndedBytes, lineBytes) }

  /// The next piece, mended. A CR at its end comes with the piece after it.
  public mutating func pass(_ bytes: Buffer) -> Buffer {
    guard !bytes.isEmpty else { return bytes }
    return bytes.withUnsafeBytes { raw in mended(raw, of: bytes) }
  }

  /// What is still to be passed at the text's end, so that its last line has an end.
  public mutating func finish() -> Buffer {
    var out = Buffer()
    if holdsCarriageReturn {
      holdsCarriageReturn = false
      lineBytes -= 1
      mendBare(carriageReturn, into: &out)
    }
    if lineBytes > 0 {
      out.append("\r\n" as StaticString)
      endLine(adding: 2)
    }
    return out
  }

  private mutating func mended(_ raw: UnsafeRawBufferPointer, of bytes: Buffer) -> Buffer {
    var out = Buffer()
    // Everything before `copied` is in `out`, or was thrown away; everything before `index` is understood.
    var copied = 0
    var index = 0
    if holdsCarriageReturn {
      holdsCarriageReturn = false
      if raw[0] == lineFeed {
        out.append("\r\n" as StaticString)
        endLine(adding: 1)
        (copied, index) = (1, 1)
      } else {
        lineBytes -= 1
        mendBare(carriageReturn, into: &out)
      }
    }
    while let end = raw.firstLineEndOctet(from: index) {
      if raw[end] == carriageReturn, end + 1 < raw.count, raw[end + 1] == lineFeed {
        endLine(adding: end + 2 - index)
        index = end + 2
        continue
      }
      lineBytes += end - index
      index = end + 1
      out.append(bytes[copied..<end])
      copied = index
      if raw[end] == carriageReturn, index == raw.count {
        holdsCarriageReturn = true
        lineBytes += 1
      } else {
        mendBare(raw[end], into: &out)
      }
    }
    lineBytes += raw.count - index
    if copied == 0, out.isEmpty { return bytes }
    out.append(bytes[copied..<raw.count])
    return out
  }

  /// Does with an octet that stands alone what the rule says.
  private mutating func mendBare(_ octet: UInt8, into out: inout Buffer) {
    hasBareOctets = true
    switch rule {
    case .kept:
      out.append(octet)
      lineBytes += 1
    case .blanked:
      out.append(UInt8(ascii: " "))
      lineBytes += 1
    case .completed:
      out.append("\r\n" as StaticString)
      endLine(adding: 2)
    }
  }

  private mutating func endLine(adding bytes: Int) {
    longestEndedBytes = max(longestEndedBytes, lineBytes + bytes)
    lineBytes = 0
  }
}

extension UnsafeRawBufferPointer {
  /// Where the first CR or LF at or after `start` stands; nil: nowhere. Looks at eight bytes at a time.
  func firstLineEndOctet(from start: Int) -> Int? {
    var index = start
    while index + 8 <= count {
      let word = UInt64(littleEndian: loadUnaligned(fromByteOffset: index, as: UInt64.self))
      // A byte of `word ^ pattern` is zero where the octet stands; subtracting one borrows there and nowhere before.
      let returns = word ^ 0x0D0D_0D0D_0D0D_0D0D
      let feeds = word ^ 0x0A0A_0A0A_0A0A_0A0A
      let ones: UInt64 = 0x0101_0101_0101_0101
      let found = ((returns &- ones) & ~returns | (feeds &- ones) & ~feeds) & 0x8080_8080_8080_8080
      if found != 0 { return index + found.trailingZeroBitCount / 8 }
      index += 8
    }
    while index < count {
      if self[index] == carriageReturn || self[index] == lineFeed { return index }
      index += 1
    }
    return nil
  }
}

private let carriageReturn = UInt8(ascii: "\r")
private let lineFeed = UInt8(ascii: "\n")
